"""What timers and webhooks want done with the runs of trains; `due` hands it here.

Invariant: each delivery ends in one transaction with its effects.
"""

from collections.abc import Awaitable, Callable, Mapping

from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Vcs
from commands.core.trains import branch, closing, cut, prospect
from commands.core.trains.branch import Branching
from commands.core.trains.closing import Removal
from commands.core.trains.cut import Cutting
from commands.core.trains.on_branches import OnBranches
from commands.core.trains.prospect import Prospects
from commands.core.trains.read import Branches
from commands.core.trains.stabilize import Stabilize
from guards.facts import Facts
from guards.policy import Policy
from storage import inbox
from storage.database import Store


class TrainWork:
    """Carries out the timers of runs.

    Args:
        policy: in force.
        store: the database.
        histories: kind in a service's `history` → the version control system.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, histories: Mapping[str, Vcs], clock: Clock) -> None:
        branches = Branches(policy, histories)
        self._policy, self._clock = policy, clock
        self._doers: Mapping[str, OnBranches] = {
            cut.KIND: Cutting(store, branches),
            branch.KIND: Branching(store, branches),
            branch.WATCH: Stabilize(store, branches),
            closing.KIND: Removal(store, branches),
            prospect.KIND: Prospects(store, branches),
        }

    def kinds(self) -> Mapping[str, Callable[[inbox.Taken], Awaitable[None]]]:
        """Kind of delivery → who carries it out."""
        return dict.fromkeys(self._doers, self._carry)

    async def _carry(self, taken: inbox.Taken) -> None:
        facts = Facts(at=self._clock.now(), policy=self._policy)
        await self._doers[taken.delivery.kind].carry(taken, taken.delivery.payload, facts, taken.delivery.correlation)
