"""Who must approve a change: the union of what its environment, its risk, its release type and its questions ask for (CF-11, CF-12).

Invariant: a finding only ever adds. One person may fill several roles, but counts once toward the number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from guards.as_hotfix import hotfix_of, untold
from guards.assessment import Assessment, Demand
from guards.change import Change
from guards.content import Content
from guards.decision import Unsure
from guards.facts import Facts, Request
from guards.matrix import Board
from guards.parts import Parts
from guards.policy import Policy
from guards.risk import assess
from guards.vocabulary import Requirement, Role


@dataclass(frozen=True)
class Need:
    """What approving a change takes.

    Args:
        demands: each with who asks for it, the environment's own first.
        board: the change advisory board of the policy.
    """

    demands: tuple[Demand, ...]
    board: Board

    @cached_property
    def roles(self) -> tuple[Role, ...]:
        """Each must be held by somebody who approved."""
        return tuple(dict.fromkeys(role for demand in self.demands for role in demand.roles))

    @property
    def seats(self) -> Mapping[str, tuple[Role, ...]]:
        """Seat of the board → roles that can take it; empty when the board is not asked for."""
        return self.board.seats if self._cab else {}

    @property
    def quorum(self) -> int:
        """So many people on seats of the board must have approved; 0 when it is not asked for."""
        return self.board.quorum if self._cab else 0

    @cached_property
    def _cab(self) -> bool:
        return any(demand.cab for demand in self.demands)

    @property
    def wanted(self) -> tuple[Role, ...]:
        """Every role that fills something: those that must be held, and those that can take a seat."""
        return tuple(dict.fromkeys((*self.roles, *(role for takes in self.seats.values() for role in takes))))

    @cached_property
    def count(self) -> int:
        """How many people it takes: a wanted role takes somebody who holds it, whatever the counts say."""
        count = self.quorum
        for demand in self.demands:
            count = max(count, demand.count, 1 if demand.roles else 0)
        return count

    @property
    def sentence(self) -> str:
        """Who asks for what: `production takes qa, release_manager; high risk takes tech_lead, product`."""
        said = {d.by: [*d.roles, *(["the CAB"] if d.cab else [])] for d in self.demands}
        return "; ".join(f"{by} takes {', '.join(wanted)}" for by, wanted in said.items() if wanted)


def need_of(subject: Request | Change, facts: Facts) -> Need | Unsure:
    """What approving takes, for a change or for what somebody asks for.

    Args:
        subject: a change counts as it is recorded, whatever is asked.
        facts: what its risk is derived from.
    """
    what = subject.content if isinstance(subject, Change) else subject
    environment, asked = what.environment or "", facts.policy.required(what.service, what.environment)
    if lost := untold(what, facts):
        return lost
    also = for_hotfix(what, facts)
    if Requirement.RISK not in asked:
        return needed(environment, None, facts.policy, also)
    found = assess(subject, facts)
    return found if isinstance(found, Unsure) else needed(environment, found, facts.policy, also)


def for_hotfix(what: Request | Content, facts: Facts) -> tuple[Demand, ...]:
    """A hotfix takes a release manager, whatever its risk (HOT-07, SOD-07)."""
    return (Demand("a hotfix", 1, (Role.RELEASE_MANAGER,)),) if hotfix_of(what, facts) else ()


def needed(environment: str, found: Assessment | None, policy: Policy, also: tuple[Demand, ...] = ()) -> Need:
    """The union for a risk that is known, or that the policy does not ask for.

    Args:
        also: what is asked for whatever the risk is.
    """
    own = policy.of_place(_own_need, None, environment)
    return Need((*own.demands, *(found.demands if found else ()), *also), own.board) if found or also else own


def _own_need(policy: Parts, service: str | None, environment: str | None) -> Need:
    """What the environment asks for by itself."""
    rule = policy.approval_rule(environment or "")
    return Need((Demand(environment or "", rule.count, rule.roles),), policy.risk.cab)
