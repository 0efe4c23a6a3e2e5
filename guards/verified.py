"""The noun of a verification: that somebody is to look whether a change does in production what it should, and that they did (REC-10)."""

from dataclasses import dataclass
from datetime import datetime

from guards.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Verification:
    """What closes a change after its success.

    Args:
        change: the change's id.
        obligation: id of what is owed for it.
        asked: when CI was done, UTC.
        due: UTC.
        at: when somebody verified it, UTC; None while nobody did.
        by, name: corporate id, and the name as it was then.
        roles: held then, for the place of the change.
        looked_at: in the person's words.
    """

    change: str
    obligation: str
    asked: datetime
    due: datetime
    at: datetime | None = None
    by: str | None = None
    name: str | None = None
    roles: frozenset[Role] = frozenset()
    looked_at: str = ""
