"""The nouns of a hotfix's record: its eight items, what shows each, and what is lacking (HOT-12, record shape 9).

Invariant: an item is complete when nothing of it is lacking; what is owed besides is chased elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Evidenced(StrEnum):
    """The eight items of a hotfix's record (HOT-12, record shape 9), in its order."""

    INCIDENT = "Incident and severity"
    PULLS = "Pull requests"
    CI = "CI run and gates"
    TAG = "Tag and commit"
    ARTIFACT = "Artifact"
    APPROVALS = "Approvals"
    ROLLBACK = "The way back"
    FINDINGS = "What was found out"


BY_THE_ROAD = frozenset({Evidenced.PULLS, Evidenced.CI, Evidenced.APPROVALS})
"""What only a promotion by the bot leaves behind; of what CI deployed past it somebody says where it is on record."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that shows an item.

    Args:
        text: for people, as it is.
        at: when it came about, UTC; None where that says nothing.
    """

    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of a hotfix's record.

    Args:
        item: which one.
        found: what shows it.
        lacking: what is lacking of it, a noun phrase; "" when it is complete.
        owed: what else belongs into it, for which somebody is reminded.
    """

    item: Evidenced
    found: tuple[Proof, ...]
    lacking: str = ""
    owed: str = ""
