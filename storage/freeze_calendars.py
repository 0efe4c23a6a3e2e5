"""How reading the shared calendars of freezes went. The last good copy of one is the freezes that come from it.

Invariant: what was read well stays as it was until the calendar is read well again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.rules import FreezeCalendarRow

_T = table(FreezeCalendarRow)
_GET = select(_T).where(_T.c.name == bindparam("which")).with_for_update()
_ALL = select(_T)
_PUT = insert(
    _T,
    lambda new: new.on_conflict_do_update(
        index_elements=["name"], set_={column: new.excluded[column] for column in ("read", "failed", "why")}
    ),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How reading a calendar went.

    Args:
        name: in the policy.
        read: when it was read well last, UTC; None for never.
        failed: since when it cannot be read, UTC; None while it can.
        why: not.
    """

    name: str
    read: datetime | None = None
    failed: datetime | None = None
    why: str | None = None


def lock(tx: Tx, name: str) -> Reading | None:
    """How it went with one calendar; nobody else changes that meanwhile. None before it was read first."""
    row = tx.run(_GET, {"which": name}).one_or_none()
    return None if row is None else Reading(**row._mapping)


def every(tx: Tx) -> dict[str, Reading]:
    """Name → how it went, for all that were ever read."""
    return {row.name: Reading(**row._mapping) for row in tx.run(_ALL)}


def put(tx: Tx, name: str, read: datetime | None, failed: datetime | None = None, why: str | None = None) -> None:
    """Remember how it went; the arguments are those of `Reading`."""
    tx.run(_PUT, {"name": name, "read": read, "failed": failed, "why": why})
