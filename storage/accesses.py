"""Break-glass access as it was asked for, granted and ended (EMG-18).

Invariant: nothing is removed, and of two that grant or end one, one does it.
"""

from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import TypedDict, Unpack

from sqlalchemy import bindparam, select, text

from guards.access import Grant, GrantState
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.accesses import OPEN_GRANTS, AccessGrantRow
from storage.tables.base import table

_T = table(AccessGrantRow)
_C = _T.c
_FIELDS = tuple(f.name for f in fields(Grant))
_SELECT = select(*(_C[name] for name in _FIELDS))
_GET = _SELECT.where(_C.id == bindparam("id"))
_LOCK = _GET.with_for_update()
# as text: a bound value would hide the partial index from the planner
_OPEN = _SELECT.where(text(f"access_grant.{OPEN_GRANTS}")).order_by(_C.requested.desc(), _C.id.desc())
_OF = _SELECT.where(_C.emergency == bindparam("record")).order_by(_C.id)
_WRITE = (
    _T.update()
    .where(_C.id == bindparam("which"), _C.state == bindparam("was"))
    .values({name: bindparam(f"new_{name}", type_=_C[name].type) for name in _FIELDS if name != "id"})
)


class Updates(TypedDict, total=False):
    """What changes with a step; what is left out stays. As in `Grant`."""

    state: GrantState
    approver: str
    approver_name: str
    rationale: str
    granted: datetime
    until: datetime
    ended: datetime
    ended_by: str
    opening: str
    closing: str


def next_id(tx: Tx, day: date) -> str:
    """A new id like `BGL-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "BGL", day)


def add(tx: Tx, grant: Grant) -> None:
    """Remember a new one.

    Raises:
        Conflict: the id is taken, or there is no such emergency.
    """
    tx.run(_T.insert(), asdict(grant))


def get(tx: Tx, id: str) -> Grant | None:  # noqa: A002
    """The grant with this id."""
    row = tx.run(_GET, {"id": id}).one_or_none()
    return None if row is None else Grant(**row._mapping)


def lock(tx: Tx, id: str) -> Grant | None:  # noqa: A002
    """The same, and nobody else grants or ends it until this transaction ends."""
    row = tx.run(_LOCK, {"id": id}).one_or_none()
    return None if row is None else Grant(**row._mapping)


def still_open(tx: Tx) -> tuple[Grant, ...]:
    """Those that wait or are open, the newest first."""
    return tuple(Grant(**row._mapping) for row in tx.run(_OPEN))


def of_emergency(tx: Tx, record: str) -> tuple[Grant, ...]:
    """All of an emergency, the first asked for first.

    Args:
        record: the emergency's id.
    """
    return tuple(Grant(**row._mapping) for row in tx.run(_OF, {"record": record}))


def change(tx: Tx, grant: Grant, **updates: Unpack[Updates]) -> Grant:
    """Write a step, if it still stands as the caller saw it.

    Returns:
        The grant as it is now.

    Raises:
        LostRace: somebody else moved it.
        Conflict: who gets it would grant it, or it would end before it began.
    """
    now = replace(grant, **updates)
    values = {f"new_{name}": value for name, value in asdict(now).items() if name != "id"}
    if tx.run(_WRITE, {"which": grant.id, "was": grant.state, **values}).rowcount != 1:
        raise LostRace(f"{grant.id} is not {grant.state} any more")
    return now
