"""How far production kept to its change windows: each deployment of a period, in a window or not (WIN-17).

Invariant: what is not known is told as not known; it counts neither as kept nor as broken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kept(StrEnum):
    """How a deployment stood to its windows."""

    INSIDE = "inside"
    OVERRIDDEN = "outside, by an emergency"
    OUTSIDE = "outside"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Deployed:
    """One deployment to production, as the ledger has it.

    Args:
        at: when CI got the order; for one past the road, when it was seen. UTC.
        service, environment, version: what went where.
        change: the change's id; None when CI deployed past the road.
        kept: how it stood to its windows.
        window: the window's name; "" in none.
        why: the emergency, or what could not be read.
    """

    at: datetime
    service: str
    environment: str
    version: str
    change: str | None
    kept: Kept
    window: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Adherence:
    """The same for a period.

    Args:
        inside: how many went in a window.
        judged: how many could have: those whose windows are known.
        outside: each that did not, by an emergency or not, in order.
        unknown: each of which it is not known, in order.
    """

    inside: int
    judged: int
    outside: tuple[Deployed, ...]
    unknown: tuple[Deployed, ...]

    @property
    def share(self) -> str:
        """The part that kept to its windows; rounded down, so that only all of them are 100 %."""
        return f"{self.inside * 100 // self.judged} %" if self.judged else "nothing to judge"


def adherence(found: Sequence[Deployed]) -> Adherence:
    """What a period's deployments say.

    Args:
        found: each, in order.
    """
    outside = tuple(one for one in found if one.kept in {Kept.OVERRIDDEN, Kept.OUTSIDE})
    inside = sum(one.kept is Kept.INSIDE for one in found)
    unknown = tuple(one for one in found if one.kept is Kept.UNKNOWN)
    return Adherence(inside, inside + len(outside), outside, unknown)
