"""What people say about the risk of a change, and what the rules make of it (RSK-02, RSK-10, RSK-11).

Invariant: what nobody said is None, which is neither a yes nor a no.
"""

from dataclasses import dataclass, fields, replace

from guards.vocabulary import Question, Risk, Role


@dataclass(frozen=True, slots=True)
class Declared:
    """What the requester says.

    Args:
        answers: the questions answered with yes, all others with no; None when they were not answered.
        level: the risk as the requester sees it.
        customers, downtime, data: whom it affects and how, what is down for how long, which data it touches.
    """

    answers: frozenset[Question] | None = None
    level: Risk | None = None
    customers: str | None = None
    downtime: str | None = None
    data: str | None = None

    def over(self, was: "Declared") -> "Declared":
        """What was said before, with what is said anew in its place."""
        if self is UNSAID or self == UNSAID:
            return was
        return replace(was, **{f.name: said for f in fields(self) if (said := getattr(self, f.name)) is not None})


UNSAID = Declared()
"""Nobody said anything."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Approvers that one finding asks for.

    Args:
        by: the finding, as a noun phrase: `high risk`, `a major release`, `security`.
        count: distinct people.
        roles: each must be held by somebody who approved.
        cab: whether the change advisory board must have approved.
    """

    by: str
    count: int = 0
    roles: tuple[Role, ...] = ()
    cab: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a change's risk is, and why.

    Args:
        level: the highest of declared and derived (RSK-10).
        because: what makes it this high; empty for a change that nothing raises.
        factors: everything that was found, each with its level: `high: #12 is labelled risk:high` (RSK-11).
        demands: who must approve because of it.
    """

    level: Risk
    because: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()

    @property
    def sentence(self) -> str:
        """The level and what makes it, for cards and records."""
        named = "; ".join(self.because[:3]) + (f" and {len(self.because) - 3} more" if len(self.because) > 3 else "")
        return f"{self.level}: {named or 'nothing raises it'}"
