"""What people owe until a moment (EMG-08 … EMG-11, TRN-17).

Invariant: an obligation is never removed; it is done once, and what it asks for is never edited.
"""

from dataclasses import asdict, fields
from datetime import date, datetime

from sqlalchemy import bindparam, select, text

from guards.obligation import Obligation, Owed
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.obligations import OPEN_OBLIGATIONS, ObligationRow

_T = table(ObligationRow)
_C = _T.c
_SELECT = select(*(_C[f.name] for f in fields(Obligation)))
_GET = _SELECT.where(_C.id == bindparam("id"))
_LOCK = _GET.with_for_update()
_ABOUT = _SELECT.where(_C.about == bindparam("record")).order_by(_C.id)
# as text: a bound value would hide the partial index from the planner
_OPEN = _SELECT.where(text(f"obligation.{OPEN_OBLIGATIONS}")).order_by(_C.due, _C.id).limit(bindparam("limit"))
_SAME = (_C.kind == bindparam("of"), _C.service == bindparam("whose"))
_OPEN_OF = _SELECT.where(text(f"obligation.{OPEN_OBLIGATIONS}"), *_SAME).order_by(_C.id)
_DONE = (
    _T.update()
    .where(_C.id == bindparam("which"), _C.done.is_(None))
    .values(done=bindparam("now", type_=_C.due.type), done_by=bindparam("who"), evidence=bindparam("shown"))
)
_HAND_ON = _T.update().where(_C.id == bindparam("which"), _C.done.is_(None)).values(owner=bindparam("to"), owner_name=bindparam("to_name"))


def next_id(tx: Tx, day: date) -> str:
    """A new id like `OBL-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "OBL", day)


def add(tx: Tx, obligation: Obligation) -> None:
    """Remember a new one.

    Raises:
        Conflict: the id is taken, or it is due before it was made.
    """
    tx.run(_T.insert(), asdict(obligation))


def get(tx: Tx, id: str) -> Obligation | None:  # noqa: A002
    """The obligation with this id."""
    row = tx.run(_GET, {"id": id}).one_or_none()
    return None if row is None else Obligation(**row._mapping)


def lock(tx: Tx, id: str) -> Obligation | None:  # noqa: A002
    """The same, and nobody else ends it or hands it on until this transaction ends."""
    row = tx.run(_LOCK, {"id": id}).one_or_none()
    return None if row is None else Obligation(**row._mapping)


def about(tx: Tx, record: str) -> tuple[Obligation, ...]:
    """Everything that is or was owed for a record, the first made first.

    Args:
        record: id of a change, an emergency, a run of a train, an incident.
    """
    return tuple(Obligation(**row._mapping) for row in tx.run(_ABOUT, {"record": record}))


def still_open(tx: Tx, limit: int) -> tuple[Obligation, ...]:
    """What is still owed, the first due first.

    Args:
        limit: how many at most.
    """
    return tuple(Obligation(**row._mapping) for row in tx.run(_OPEN, {"limit": limit}))


def open_of(tx: Tx, kind: Owed, service: str) -> tuple[Obligation, ...]:
    """What of one kind is still owed for a service, the first made first."""
    return tuple(Obligation(**row._mapping) for row in tx.run(_OPEN_OF, {"of": kind, "whose": service}))


def discharge(tx: Tx, id: str, at: datetime, by: str, evidence: str) -> Obligation:  # noqa: A002
    """Record that it is done.

    Args:
        at: now, UTC.
        by: corporate id, or `signalbox`.
        evidence: what shows it.

    Raises:
        LostRace: it is done already, or there is none with this id.
    """
    return _changed(tx, id, tx.run(_DONE, {"which": id, "now": at, "who": by, "shown": evidence}).rowcount)


def hand_on(tx: Tx, id: str, to: str, name: str) -> Obligation:  # noqa: A002
    """Have somebody else owe it.

    Args:
        to, name: corporate id, and the name as it is now.

    Raises:
        LostRace: it is done already, or there is none with this id.
    """
    return _changed(tx, id, tx.run(_HAND_ON, {"which": id, "to": to, "to_name": name}).rowcount)


def _changed(tx: Tx, id: str, count: int) -> Obligation:  # noqa: A002
    found = get(tx, id) if count == 1 else None
    if found is None:
        raise LostRace(f"{id} is not owed any more")
    return found
