"""Looks at hotfixes: whether the branch is where it belongs, how long it lives, whether the fix is everywhere (HOT-01, HOT-09, HOT-19).

Invariant: a webhook only tells when to look; what is found is what version control says then, and what could not be read is read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from commands.core.cards import missing
from commands.core.hotfixes import branch, owing
from commands.core.hotfixes.ground import read_branch
from commands.core.hotfixes.hotfix_work import HotfixWork
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Vcs
from commands.core.trains.read import Branches, Look
from guards.decision import Decision, Unsure
from guards.facts import Facts
from guards.forward_port import WHOLE, Lacking, Landed, landed, parts_of, to_compare
from guards.hotfix import UNDER_WAY, Ground, Hotfix, HotfixState, Port
from guards.hotfixing import rooted
from guards.obligation import Owed
from guards.policy import Policy
from guards.unread import Absent, Unread
from guards.vcs import Span
from storage import deployments, hotfixes, inbox
from storage.database import Store, Tx


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found.

    Args:
        rooted: whether the branch of an ordered hotfix is where it belongs.
        commits: of the fix, once it runs.
        ports: branch → whether the fix is there.
        gone: what is known of the branch's removal; None when nobody looked.
    """

    rooted: Decision | None = None
    commits: tuple[str, ...] = ()
    ports: Mapping[str, Landed | Lacking | Unread] | None = None
    gone: bool | Unread | None = None


class HotfixLook:
    """Carries out the timers of hotfixes.

    Args:
        policy: in force.
        store: the database.
        histories: kind in a service's `history` → the version control system.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, histories: Mapping[str, Vcs], clock: Clock) -> None:
        self._policy, self._store, self._clock = policy, store, clock
        self._branches = Branches(policy, histories)

    async def carry(self, taken: inbox.Taken) -> None:
        """One look; its delivery is marked done in the transaction of its effects."""
        id, correlation = str(taken.delivery.payload["hotfix"]), taken.delivery.correlation  # noqa: A001
        hotfix = await self._store.read(lambda tx: hotfixes.get(tx, id))
        seen = await self._seen(hotfix) if hotfix and hotfix.service in self._policy.services else Seen()

        def work(tx: Tx) -> None:
            about = HotfixWork.begin(tx, id, Facts(at=self._clock.now(), policy=self._policy), correlation)
            if about and hotfix and about.hotfix.state is hotfix.state and about.hotfix.service in self._policy.services:
                settle(about, seen)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def _seen(self, hotfix: Hotfix) -> Seen:
        look = self._branches.look()
        if hotfix.state is HotfixState.ORDERED:
            ground = await read_branch(look, self._policy, Ground(None, branch=hotfix.branch), hotfix.service, hotfix.base_commit)
            return Seen(rooted(hotfix.branch, hotfix.base_commit, ground))
        if hotfix.state is not HotfixState.SHIPPED:
            return Seen()
        runs, ports, branches = await self._store.read(
            lambda tx: (
                deployments.proof(tx, hotfix.service, hotfix.environment, hotfix.version), hotfixes.ports(tx, hotfix.id),
                owing.targets(tx, hotfix, self._policy),
            )
        )  # fmt: skip
        there = await look.head(hotfix.service, hotfix.branch)
        gone = there if isinstance(there, Unread) else isinstance(there, Absent)
        own = await look.span(hotfix.service, hotfix.base_commit, runs.commit) if runs else None
        done = {port.branch for port in ports if port.done}
        left = dict.fromkeys(name for name in (*(port.branch for port in ports), *branches) if name not in done)
        if not isinstance(own, Span):
            lost = own if isinstance(own, Unread) else Unread(f"the commits of {hotfix.id}", f"there is no {own.what}" if own else "")
            return Seen(ports=dict.fromkeys(left, lost), gone=gone)
        found = {name: await _there(look, hotfix, name, own) for name in left}
        return Seen(commits=tuple(part.sha for part in parts_of(own)), ports=found, gone=gone)


async def _there(look: Look, hotfix: Hotfix, name: str, own: Span) -> Landed | Lacking | Unread:
    """Whether the fix is on a branch."""
    service = hotfix.service
    head = await look.head(service, name)
    if not isinstance(head, str):
        return head if isinstance(head, Unread) else Lacking(f"there is no {head.what}")
    target = await look.span(service, hotfix.base_commit, head)
    if not isinstance(target, Span):
        return target if isinstance(target, Unread) else Unread(f"the work on {name}", f"there is no {target.what}")
    patches = {sha: await look.patch(service, sha) for sha in to_compare(hotfix, own, target)}
    if patches and len(parts_of(own)) > 1:
        patches[WHOLE] = await look.patch(service, own.head, hotfix.base_commit)
    return landed(hotfix, name, own, target, patches)


# ---------------------------------------------------------------- what follows


def settle(work: HotfixWork, seen: Seen) -> None:
    """Keep what a look found, tell what is new, and have it looked at again."""
    if work.hotfix.state is HotfixState.ORDERED and seen.rooted is not None:
        branch.verified(work, seen.rooted)
        return
    if work.hotfix.state in UNDER_WAY:
        _under_way(work).look(work.facts.policy.hotfix.look_again)
    elif work.hotfix.state is HotfixState.SHIPPED:
        _shipped(work, seen).look(work.facts.policy.hotfix.look_again)


def _under_way(work: HotfixWork) -> HotfixWork:
    """Production may run something else by now, and the branch may live too long (HOT-01, HOT-19)."""
    one = work.hotfix
    work = _lives(work)
    runs = deployments.running(work.tx, one.service, one.environment)
    if runs and runs.commit != one.base_commit:
        why = f"{one.environment} runs {runs.version} by now: this one begins at {one.base} and cannot go out"
        if why != one.why:
            work.record("hotfix:overtaken", runs=runs.version, commit=runs.commit)
            work = work.change(why=why)
            work.log(f"{why}. Give it up, and begin another one.")
    return work


def _lives(work: HotfixWork) -> HotfixWork:
    limit = work.facts.policy.hotfix.branch_lifetime
    if work.hotfix.warned or work.facts.at - work.hotfix.at < limit:
        return work
    hours = limit.total_seconds() / 3600
    work.record("hotfix:branch-old", branch=work.hotfix.branch, hours=hours)
    work = work.change(warned=True)
    work.log(f"{work.hotfix.branch} lives longer than {hours:g} hours. Ship it, or give it up.")
    return work


def _shipped(work: HotfixWork, seen: Seen) -> HotfixWork:
    if seen.commits and seen.commits != work.hotfix.commits:
        work = work.change(commits=seen.commits)
    owing.owe_ports(work)
    found = seen.ports or {}
    for port in hotfixes.ports(work.tx, work.hotfix.id):
        if port.done is None and port.branch in found:
            _port(work, port, found[port.branch])
    if seen.gone is True:
        owing.discharge_kind(work, Owed.BRANCH_REMOVAL, f"{work.hotfix.branch} is gone")
    elif seen.gone is False:
        work = _lives(work)
    return work


def _port(work: HotfixWork, port: Port, found: Landed | Lacking | Unread) -> None:
    if isinstance(found, Landed):
        owing.landed(work, port, found)
        return
    why = found.why if isinstance(found, Lacking) else f"could not read {missing(Unsure(found.what, found.why))}"
    if why != port.why:
        hotfixes.change_port(work.tx, port, why=why)
        work.draw()
