"""Who carries out what nobody typed: reports, and timers whose moment came; by the kind of the delivery."""

from collections.abc import Mapping

from commands.core import checkpoints, record_links, retention, sign_in
from commands.core.due import Carry, Due
from commands.core.gather import Gather
from commands.core.hotfixes import hotfix_work
from commands.core.hotfixes.look import HotfixLook
from commands.core.ports.ci import CI
from commands.core.ports.clock import Clock
from commands.core.ports.links import Links
from commands.core.ports.people import SignIn
from commands.core.ports.signer import Signer
from commands.core.ports.vcs import Vcs
from commands.core.trains import keys
from commands.core.trains.fire import Trains
from commands.core.trains.work import TrainWork
from guards.policy import Policy
from storage.database import Store


def carriers(
    policy: Policy, store: Store, gather: Gather, clock: Clock, ci: Mapping[str, CI], histories: Mapping[str, Vcs], links: Links,
    accounts: SignIn, signer: Signer | None,
) -> Mapping[str, Carry]:  # fmt: skip
    """Kind of delivery → who carries it out.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts.
        clock: the present.
        ci: name in the policy's `ci` → the system that deploys.
        histories: kind in a service's `history` → the version control system.
        links: looks at the links in records.
        accounts: proves whose GitHub account is whose.
        signer: the bot's key, where it has one.
    """
    return {
        **Due(policy, store, gather, ci, clock).kinds(),
        **TrainWork(policy, store, histories, clock).kinds(),
        keys.KIND: Trains(policy, store, gather, clock).carry,
        hotfix_work.KIND: HotfixLook(policy, store, histories, clock).carry,
        record_links.KIND: record_links.LookAtLinks(policy, store, links, clock).carry,
        checkpoints.KIND: checkpoints.Sign(policy, store, signer, clock).carry,
        retention.KIND: retention.Purge(policy, store, clock).carry,
        sign_in.KIND: sign_in.SignInSteps(policy, store, accounts, clock).carry,
    }
