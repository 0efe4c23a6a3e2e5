"""Delegations as they were recorded (RBAC-06).

Invariant: a delegation is never edited or removed; ending it early adds when and by whom, once.
"""

from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, or_, select

from guards.identity import Delegation
from guards.vocabulary import Role
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.people import DelegationRow

_T = table(DelegationRow)
_C = _T.c
_SELECT = select(*(_C[f.name] for f in fields(Delegation)))
_GET = _SELECT.where(_C.id == bindparam("id"))
_END = (
    _T.update()
    .where(_C.id == bindparam("which"), _C.ended.is_(None), _C.end > bindparam("now"))
    .values(ended=bindparam("now", type_=_C.end.type), ended_by=bindparam("who"))
)
_CURRENT = (
    _SELECT.where(_C.end > bindparam("now"), or_(_C.ended.is_(None), _C.ended > bindparam("now"))).order_by(_C.start, _C.id)
)  # fmt: skip


def next_id(tx: Tx, day: date) -> str:
    """A new id like `DLG-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "DLG", day)


def add(tx: Tx, delegation: Delegation) -> None:
    """Remember a new delegation.

    Raises:
        Conflict: the id is taken, it ends before it starts, or it goes to its giver.
    """
    tx.run(_T.insert(), asdict(delegation))


def get(tx: Tx, id: str) -> Delegation | None:  # noqa: A002
    """The delegation with this id."""
    row = tx.run(_GET, {"id": id}).one_or_none()
    return None if row is None else _delegation(row)


def end(tx: Tx, id: str, at: datetime, by: str) -> Delegation:  # noqa: A002
    """End a delegation early.

    Args:
        at: now, UTC.
        by: corporate id.

    Returns:
        The delegation as it is now.

    Raises:
        LostRace: there is none with this id, it is over, or somebody else ended it.
    """
    if tx.run(_END, {"which": id, "now": at, "who": by}).rowcount != 1:
        raise LostRace(f"{id} is not a delegation that can be ended any more")
    ended = get(tx, id)
    assert ended is not None
    return ended


def current(tx: Tx, at: datetime) -> tuple[Delegation, ...]:
    """All that are not over, those to come included, by their start.

    Args:
        at: now, UTC.
    """
    return tuple(_delegation(row) for row in tx.run(_CURRENT, {"now": at}))


def _delegation(row: Any) -> Delegation:
    return Delegation(**{**row._mapping, "role": Role(row.role)})
