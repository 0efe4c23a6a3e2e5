"""What is past its time leaves the ledger: a tombstone stands in its place, and the chain goes on through it (AUD-02).

Invariant: nothing here says what may go; a tombstone is the only change that the database lets through, and the entry that answers for it
is written in the same transaction.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam, or_, select

from guards.retention import WORDS
from storage import deployments, exceptions, freezes, incidents, open_work
from storage.chain import Row, tombstone
from storage.columns import iso
from storage.database import Tx
from storage.tables.base import table
from storage.tables.changes import ChangeRow, RunLogRow
from storage.tables.ledger import LedgerHeadRow, LedgerRow
from storage.tables.machinery import OutboxRow
from storage.tables.obligations import OPEN_OBLIGATIONS, ObligationRow

_T = table(LedgerRow)
_C = _T.c
_HEAD = table(LedgerHeadRow)
_LOCK = select(_HEAD.c.seq).where(_HEAD.c.id == 1).with_for_update()
_COLUMNS = tuple(_C[name] for name in Row._fields)
# a tombstone has no moment, so none is found here
_OLD = (
    select(*_COLUMNS)
    .where(
        _C.at > "",
        _C.at <= bindparam("latest"),
        or_(_C.at <= bindparam("until"), (_C.at <= bindparam("words_until")) & or_(*(_C.tag.startswith(tag) for tag in WORDS))),
        sa.tuple_(_C.at, _C.seq) > sa.tuple_(bindparam("after_at"), bindparam("after_seq")),
    )
    .order_by(_C.at, _C.seq)  # by the index on `at`
    .limit(bindparam("limit"))
)
_STANDING = select(*_COLUMNS).where(_C.seq.in_(bindparam("numbers", expanding=True)), _C.at > "").order_by(_C.seq)
_KEPT = tuple(name for name in Row._fields if name not in {"seq", "prev", "hash"})
_BURY = _T.update().where(_C.seq == bindparam("which")).values({name: bindparam(f"a_{name}") for name in _KEPT})


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody looked.

    Args:
        at, seq: of the last entry that was looked at.
    """

    at: str = ""
    seq: int = 0


def stand_still(tx: Tx) -> None:
    """Until this transaction ends nobody else writes an entry, so nothing is begun or owed that was not: each of these is recorded."""
    tx.run(_LOCK)


def old(tx: Tx, until: datetime, words_until: datetime, after: Place, limit: int) -> list[Row]:
    """Entries that were written up to a moment, the oldest first.

    Args:
        until, words_until: UTC; the second is for entries of the class `words`.
        after: where to go on.
        limit: how many at most.
    """
    given = {"until": iso(until), "words_until": iso(words_until), "latest": iso(max(until, words_until)), "limit": limit}
    return [Row._make(row) for row in tx.run(_OLD, {**given, "after_at": after.at, "after_seq": after.seq})]


def standing(tx: Tx, numbers: Collection[int]) -> list[Row]:
    """Those of these entries that nobody removed, in order."""
    return [Row._make(row) for row in tx.run(_STANDING, {"numbers": sorted(numbers)})]


def bury(tx: Tx, rows: Sequence[Row]) -> None:
    """Put tombstones in the place of entries; to be recorded in this transaction, under their numbers.

    Raises:
        Conflict: one is not there as it was read.
    """
    if rows:
        graves = [tombstone(row) for row in rows]
        tx.run(_BURY, [{"which": grave.seq, **{f"a_{name}": getattr(grave, name) for name in _KEPT}} for grave in graves])


_O = table(ObligationRow).c
_OWED = select(_O.id, _O.about).where(sa.text(f"obligation.{OPEN_OBLIGATIONS}"))


def unfinished(tx: Tx, at: datetime) -> frozenset[str]:
    """Ids of everything that is owed, under way, in force or running, and of what is owed for it.

    Args:
        at: now, UTC.
    """
    return frozenset(_unfinished(tx, at))


def _unfinished(tx: Tx, at: datetime) -> Iterator[str]:
    for row in tx.run(_OWED):
        yield from row
    yield from (work.id for work in open_work.all_of(tx))
    yield from (one.id for one in exceptions.current(tx, at))
    yield from (one.id for one in freezes.current(tx, at))
    for incident in incidents.still_open(tx):
        yield incident.reference
    yield from (runs.change for runs in deployments.overview(tx, None) if runs.change)


# ---------------------------------------------------------------- messages that were never sent

_M = table(OutboxRow).c
_DEAD = (_M.state == "dead", _M.added <= bindparam("until", type_=_M.added.type))
_DEAD_ONES = select(_M.id, _M.added).where(*_DEAD).order_by(_M.id)
_FORGET = table(OutboxRow).delete().where(_M.id.in_(bindparam("ids", expanding=True)), _M.state == "dead")


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that was given up; those that were sent are forgotten after a week anyway.

    Args:
        id: its number.
        added: UTC.
    """

    id: int
    added: datetime


def unsent(tx: Tx, until: datetime) -> list[Unsent]:
    """Messages that were added up to a moment and given up."""
    return [Unsent(**row._mapping) for row in tx.run(_DEAD_ONES, {"until": until})]


def forget(tx: Tx, ids: Collection[int]) -> int:
    """Forget messages that were given up.

    Returns:
        How many.
    """
    return tx.run(_FORGET, {"ids": sorted(ids)}).rowcount


# ---------------------------------------------------------------- copies of logs

_L, _CHANGE = table(RunLogRow).c, table(ChangeRow).c
_LOGS = (
    select(_L.key, _L.change, _L.at, _CHANGE.service)
    .join_from(table(RunLogRow), table(ChangeRow), _CHANGE.id == _L.change)
    .where(_L.packed.is_not(None), _L.at <= bindparam("until", type_=_L.at.type))
    .order_by(_L.at, _L.key)
)
_EMPTY = (
    table(RunLogRow)
    .update()
    .where(_L.key.in_(bindparam("keys", expanding=True)), _L.packed.is_not(None))
    .values(packed=None, why=bindparam("reason"))
    .returning(_L.key)
)


@dataclass(frozen=True, slots=True)
class OldLog:
    """A copy of a run's log.

    Args:
        key: of the order.
        change, service: whose run.
        at: when it was copied, UTC.
    """

    key: str
    change: str
    at: datetime
    service: str


def old_logs(tx: Tx, until: datetime) -> list[OldLog]:
    """Copies that were made up to a moment, the oldest first."""
    return [OldLog(**row._mapping) for row in tx.run(_LOGS, {"until": until})]


def empty(tx: Tx, keys: Collection[str], why: str) -> list[str]:
    """Remove copies of logs; that there were some stays, with their hash.

    Args:
        why: the reason, as a clause.

    Returns:
        The keys of those that were there.
    """
    return sorted(row.key for row in tx.run(_EMPTY, {"keys": sorted(keys), "reason": why}))
