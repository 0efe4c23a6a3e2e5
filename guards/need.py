"""Who must approve a change: the union of what its environment, its risk, its release type and its questions ask for (CF-11, CF-12).

Invariant: a finding only ever adds. One person may fill several roles, but counts once toward the number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Need:
    """What approving a change takes.

    Args:
        demands: each with who asks for it, the environment's own first.
        board: the change advisory board of the policy.
        roles: each must be held by somebody who approved.
        seats: seat of the board → roles that can take it; empty when the board is not asked for.
        quorum: so many people on seats of the board must have approved; 0 when it is not asked for.
        count: how many people it takes: a wanted role takes somebody who holds it, whatever the counts say.
    """

    demands: tuple[Demand, ...]
    board: Board
    roles: tuple[Role, ...] = field(init=False)
    seats: Mapping[str, tuple[Role, ...]] = field(init=False)
    quorum: int = field(init=False)
    count: int = field(init=False)

    def __post_init__(self) -> None:
        roles: dict[Role, None] = {}
        cab, most = False, 0
        for demand in self.demands:
            roles |= dict.fromkeys(demand.roles)
            cab, most = cab or demand.cab, max(most, demand.count)
        quorum = self.board.quorum if cab else 0
        object.__setattr__(self, "roles", tuple(roles))
        object.__setattr__(self, "seats", self.board.seats if cab else {})
        object.__setattr__(self, "quorum", quorum)
        object.__setattr__(self, "count", max(quorum, 1 if roles else 0, most))

    @property
    def wanted(self) -> tuple[Role, ...]:
        """Every role that fills something: those that must be held, and those that can take a seat."""
        return tuple(dict.fromkeys((*self.roles, *(role for takes in self.seats.values() for role in takes))))

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
