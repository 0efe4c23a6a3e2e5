"""The noun of a service that is released on its own, outside trains (TRN-20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

CRITERIA: Mapping[str, str] = {
    "frequency": "how often it is released",
    "windows": "which windows it goes out in",
    "approvers": "who approves it",
    "rollback": "how it is taken back",
}
"""What the record of such a service says beside why, by its field, in words."""


@dataclass(frozen=True, slots=True)
class Alone:
    """How and why a service is released outside trains.

    Args:
        service: its name in the policy file.
        frequency, windows, approvers, rollback: see `CRITERIA`.
        rationale: why it rides no train.
        by, by_name: who said so.
        at: UTC.
        number: 1 for the first word on it, one more with each other one.
        ended: UTC; since then something else counts, another word or a train. None while it counts.
    """

    service: str
    frequency: str
    windows: str
    approvers: str
    rollback: str
    rationale: str
    by: str
    by_name: str
    at: datetime
    number: int = 1
    ended: datetime | None = None

    def same(self, other: "Alone") -> bool:
        """Whether both say the same, whoever said it."""
        return self.rationale == other.rationale and all(getattr(self, name) == getattr(other, name) for name in CRITERIA)
