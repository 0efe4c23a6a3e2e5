"""Freezes as they were declared (FRZ-01, FRZ-02).

Invariant: a freeze is never removed. Approving and lifting it add when and by whom, once; extending it moves its end; one of a shared
calendar follows that until it is lifted. The ledger has each of these.
"""

from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from guards.freeze_record import Freeze
from guards.vocabulary import Blocked, ChangeType, Fate
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.rules import FreezeRow

_T = table(FreezeRow)
_C = _T.c
_SELECT = select(*(_C[f.name] for f in fields(Freeze)))
_GET = _SELECT.where(_C.id == bindparam("id"))
_OPEN = (_C.id == bindparam("which"), _C.lifted.is_(None), _C.end > bindparam("now"))
_LIFT = _T.update().where(*_OPEN).values(lifted=bindparam("now", type_=_C.end.type), lifted_by=bindparam("who"))
_APPROVE = (
    _T.update()
    .where(*_OPEN, _C.approved.is_(None))
    .values(
        approved=bindparam("now", type_=_C.end.type),
        approved_by=bindparam("who"),
        in_force=func.coalesce(_C.in_force, bindparam("now", type_=_C.end.type)),
    )
)
_EXTEND = _T.update().where(*_OPEN, _C.end == bindparam("was", type_=_C.end.type)).values(end=bindparam("until", type_=_C.end.type))
_OF_CALENDAR = _SELECT.where(_C.calendar == bindparam("of"), _C.end > bindparam("now")).order_by(_C.start, _C.id)
_FOLLOW = (
    _T.update()
    .where(_C.id == bindparam("which"), _C.lifted.is_(None))
    .values(start=bindparam("begins", type_=_C.end.type), end=bindparam("ends", type_=_C.end.type), reason=bindparam("said"))
)
_CURRENT = (
    _SELECT.where(_C.end > bindparam("now"), or_(_C.lifted.is_(None), _C.lifted > bindparam("now"))).order_by(_C.start, _C.id)
)  # fmt: skip


def next_id(tx: Tx, day: date) -> str:
    """A new id like `FRZ-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "FRZ", day)


def add(tx: Tx, freeze: Freeze) -> None:
    """Remember a new freeze.

    Raises:
        Conflict: the id is taken, or it ends before it starts.
    """
    tx.run(_T.insert(), asdict(freeze))


def get(tx: Tx, id: str) -> Freeze | None:  # noqa: A002
    """The freeze with this id."""
    row = tx.run(_GET, {"id": id}).one_or_none()
    return None if row is None else _freeze(row)


def lift(tx: Tx, id: str, at: datetime, by: str) -> Freeze:  # noqa: A002
    """End a freeze early.

    Args:
        at: now, UTC.
        by: corporate id.

    Returns:
        The freeze as it is now.

    Raises:
        LostRace: there is none with this id, it has ended, or somebody else lifted it.
    """
    if tx.run(_LIFT, {"which": id, "now": at, "who": by}).rowcount != 1:
        raise LostRace(f"{id} is not a freeze that can be lifted any more")
    return _surely(tx, id)


def approve(tx: Tx, id: str, at: datetime, by: str) -> Freeze:  # noqa: A002
    """Record that somebody approved a freeze; from now on it counts, if it did not before.

    Args:
        at: now, UTC.
        by: corporate id.

    Raises:
        LostRace: there is none with this id, it has ended, or somebody else approved it.
    """
    if tx.run(_APPROVE, {"which": id, "now": at, "who": by}).rowcount != 1:
        raise LostRace(f"{id} is not a freeze that can be approved any more")
    return _surely(tx, id)


def extend(tx: Tx, freeze: Freeze, until: datetime, at: datetime) -> Freeze:
    """Move the end of a freeze.

    Args:
        freeze: as it was read.
        until: its new end, UTC.
        at: now, UTC.

    Raises:
        LostRace: it has ended, or somebody else moved its end.
    """
    if tx.run(_EXTEND, {"which": freeze.id, "now": at, "was": freeze.end, "until": until}).rowcount != 1:
        raise LostRace(f"{freeze.id} does not end then any more")
    return _surely(tx, freeze.id)


def _surely(tx: Tx, id: str) -> Freeze:  # noqa: A002
    found = get(tx, id)
    assert found is not None
    return found


def current(tx: Tx, at: datetime) -> tuple[Freeze, ...]:
    """All that have neither ended nor been lifted, those to come included, by their start.

    Args:
        at: now, UTC.
    """
    return tuple(_freeze(row) for row in tx.run(_CURRENT, {"now": at}))


def of_calendar(tx: Tx, calendar: str, at: datetime) -> tuple[Freeze, ...]:
    """Those of a shared calendar that would not have ended by themselves, the lifted ones included, by their start.

    Args:
        calendar: its name in the policy.
        at: now, UTC.
    """
    return tuple(_freeze(row) for row in tx.run(_OF_CALENDAR, {"of": calendar, "now": at}))


def follow(tx: Tx, freeze: Freeze) -> None:
    """Have a freeze of a shared calendar say what stands there now: its times and its reason.

    Raises:
        LostRace: it was lifted meanwhile.
    """
    moved = {"which": freeze.id, "begins": freeze.start, "ends": freeze.end, "said": freeze.reason}
    if tx.run(_FOLLOW, moved).rowcount != 1:
        raise LostRace(f"{freeze.id} is lifted")


def _freeze(row: Any) -> Freeze:
    values = dict(row._mapping)
    values["blocks"] = tuple(Blocked(value) for value in row.blocks)
    values["passes"] = tuple(ChangeType(value) for value in row.passes)
    values["services"] = None if row.services is None else tuple(row.services)
    values["environments"] = tuple(row.environments)
    values["branches"] = None if row.branches is None else tuple(row.branches)
    values["fate"] = Fate(row.fate or Fate.HOLD)  # of before it could be chosen
    return Freeze(**values)
