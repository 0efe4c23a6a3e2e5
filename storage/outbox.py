"""What is to be told to the world, in order, and known to be told.

Invariant: a message is marked as sending, and that is committed, before it is sent. One lane has one message on its way at a time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import and_, bindparam, exists, func, or_, select

from storage.database import Tx, insert
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.machinery import OutboxRow

QUEUE = "outbox"
"""Woken when something may be taken; see `Tx.wake`."""

_T = table(OutboxRow)
_C = _T.c


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell.

    Args:
        kind: which sender it is for.
        payload: JSON values only.
        key: a pending message with the same key is replaced by this one and keeps its turn.
        due: not before this moment, UTC; None: at once. In a lane it takes its turn when it is due.
        lane: messages of one lane are sent in order, one at a time; "" for no order.
        correlation: id that ties log lines and ledger entries together.
    """

    kind: str
    payload: dict[str, Any]
    key: str | None = None
    due: datetime | None = None
    lane: str = ""
    correlation: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that a sender has on lease.

    Args:
        id: for `done`, `retry` and `dead`.
        message: what to send.
        attempts: how often it was taken, this time included.
        was_sending: a former sender died, or lost its lease, after it had marked the message: whether it was sent is not known.
    """

    id: int
    message: Message
    attempts: int
    was_sending: bool


_ADD = insert(
    _T,
    lambda new: (
        new.values(state="pending", attempts=0)
        .on_conflict_do_update(
            index_elements=["key"],
            index_where=sa.text("state = 'pending'"),
            # a message that waits for its next attempt keeps waiting: a rate limit holds for the new text too
            set_={
                **{name: new.excluded[name] for name in ("kind", "payload", "lane", "correlation")},
                # and one that is due keeps its turn, or what comes after it in its lane would overtake it
                "due": sa.case((sa.or_(_C.attempts > 0, _C.due < new.excluded["due"]), _C.due), else_=new.excluded["due"]),
            },
        )
        .returning(_C.id)
    ),
)


def add(tx: Tx, message: Message, at: datetime) -> int:
    """Put a message into the outbox.

    Args:
        at: now, UTC.

    Returns:
        Its id; the replaced message's when it took its turn.
    """
    tx.wake(QUEUE)
    return int(tx.run(_ADD, _row(message, at)).scalar_one())


_ADD_TAKEN = _T.insert().values(state="sending", attempts=1).returning(_C.id)


def add_first(tx: Tx, message: Message, at: datetime) -> None:
    """Put a message into the outbox that goes out right after the commit, before all that wait, where its sender has a place for it.

    It is marked as sending by this transaction then, as `take` does it; without a place it is taken like all others.

    Args:
        message: due at once, in no lane, with a key that no other message has.
        at: now, UTC.
    """
    lease = tx.lease(QUEUE)
    if lease is None:
        add(tx, message, at)
        return
    values = {**_row(message, at), "until": lease.until, "worker": lease.worker}
    tx.hand(QUEUE, Sending(int(tx.run(_ADD_TAKEN, values).scalar_one()), message, attempts=1, was_sending=False))


def _row(message: Message, at: datetime) -> dict[str, Any]:
    return {
        "kind": message.kind,
        "payload": message.payload,
        "key": message.key,
        "lane": message.lane,
        "correlation": message.correlation,
        "added": at,
        "due": message.due or at,
    }


_OPEN = sa.text("outbox.state IN ('pending', 'sending')")  # as text: bound values would hide the partial index from the planner
_NOW = bindparam("now", type_=_C.due.type)
_other = _T.alias("other")
_o = _other.c
# What stands in the way in the same lane: a message on its way, or one before it that is due, was tried, or was due when it was added:
# the clock of whoever looks may be behind that of whoever added it. A message whose sender died goes before those that wait, or the two
# would wait for each other.
_BEFORE = exists().where(
    _o.lane == _C.lane,
    _o.id != _C.id,
    sa.text("other.state IN ('pending', 'sending')"),
    or_(
        and_(_o.state == "sending", or_(_C.state == "pending", _o.id < _C.id, _o.until > _NOW)),
        and_(_C.state == "pending", _o.id < _C.id, or_(_o.attempts > 0, _o.due <= _NOW, _o.due <= _o.added)),
    ),
)
_TAKE = (
    select(_C.id, _C.kind, _C.payload, _C.key, _C.due, _C.lane, _C.correlation, _C.attempts, _C.state)
    .where(
        _OPEN,
        or_(and_(_C.state == "pending", _C.due <= _NOW), and_(_C.state == "sending", _C.until <= _NOW)),
        or_(_C.lane == "", ~_BEFORE),
    )
    .order_by(_C.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=_T)
)
_MARK = (
    _T.update()
    .where(_C.id.in_(bindparam("ids", expanding=True)))
    .values(state="sending", attempts=_C.attempts + 1, until=bindparam("ends"), worker=bindparam("by"))
)


def take(tx: Tx, at: datetime, limit: int, lease: timedelta, worker: str) -> list[Sending]:
    """Take what is due, oldest first, and mark it as sending. Send only after the commit.

    Args:
        at: now, UTC.
        limit: how many at most.
        lease: after this time without an end, others take it again, with `was_sending`.
        worker: who takes it, for people who look at the rows.
    """
    rows = tx.run(_TAKE, {"now": at, "limit": limit}).all()
    if rows:
        tx.run(_MARK, {"ids": [row.id for row in rows], "ends": at + lease, "by": worker})
    return [
        Sending(
            row.id,
            Message(row.kind, row.payload, row.key, row.due, row.lane, row.correlation),
            row.attempts + 1,
            row.state == "sending",
        )
        for row in rows
    ]


_END = (
    _T.update()
    .where(_C.id == bindparam("which"), _C.state == "sending")
    .values(state=bindparam("as"), until=None, why=bindparam("reason"))
    .returning(_C.lane)
)


def done(tx: Tx, id: int) -> None:  # noqa: A002
    """The message was sent.

    Raises:
        LostRace: it is not on its way.
    """
    _end(tx, id, "done", None)


def dead(tx: Tx, id: int, why: str) -> None:  # noqa: A002
    """The message will never be sent; it stays for people to see.

    Args:
        why: a sentence without secrets.

    Raises:
        LostRace: it is not on its way.
    """
    _end(tx, id, "dead", why)


def _end(tx: Tx, id_: int, state: str, why: str | None) -> None:
    lane = tx.run(_END, {"which": id_, "as": state, "reason": why}).scalar_one_or_none()
    if lane is None:
        raise LostRace(f"message {id_} is not on its way")
    if lane:
        tx.wake(QUEUE)  # the next one of its lane may go


_GET = select(_C.key).where(_C.id == bindparam("id"), _C.state == "sending")
_NEWER = (
    select(_C.id, _C.kind, _C.payload, _C.lane, _C.correlation)
    .where(_C.key == bindparam("key"), sa.text("outbox.state = 'pending'"))
    .with_for_update()
)
_REMOVE = _T.delete().where(_C.id == bindparam("which"))
_RETRY = (
    _T.update()
    .where(_C.id == bindparam("which"), _C.state == "sending")
    .values(state="pending", until=None, worker=None, due=bindparam("again"), why=bindparam("reason"))
)
_TAKE_OVER = (
    _T.update()
    .where(_C.id == bindparam("which"))
    .values(kind=bindparam("a_kind"), payload=bindparam("a_payload"), lane=bindparam("a_lane"), correlation=bindparam("a_correlation"))
)


def retry(tx: Tx, id: int, why: str, due: datetime) -> None:  # noqa: A002
    """The message was not sent; it keeps its turn, and takes over the text of a newer message with its key.

    Args:
        why: a sentence without secrets.
        due: not before this moment, UTC.

    Raises:
        LostRace: it is not on its way.
    """
    key = tx.run(_GET, {"id": id}).scalar_one_or_none()
    newer = None if key is None else tx.run(_NEWER, {"key": key}).one_or_none()
    if newer is not None:
        tx.run(_REMOVE, {"which": newer.id})
    if tx.run(_RETRY, {"which": id, "reason": why, "again": due}).rowcount != 1:
        raise LostRace(f"message {id} is not on its way")
    if newer is not None:
        part = {f"a_{name}": getattr(newer, name) for name in ("kind", "payload", "lane", "correlation")}
        tx.run(_TAKE_OVER, {"which": id, **part})


_PENDING = select(func.count()).select_from(_T).where(_OPEN)
_PRUNE = _T.delete().where(sa.text("outbox.state = 'done'"), _C.added < bindparam("before"))


def pending(tx: Tx) -> int:
    """How many messages are neither sent nor dead."""
    return int(tx.run(_PENDING).scalar_one())


def prune(tx: Tx, before: datetime) -> int:
    """Forget messages that were sent and had been added before a moment; the dead stay for people.

    Args:
        before: UTC.

    Returns:
        How many.
    """
    return tx.run(_PRUNE, {"before": before}).rowcount
