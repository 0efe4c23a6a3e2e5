"""What the world delivered: remembered before it is acknowledged, worked on until it is done (OPS-07, OPS-12).

Invariant: a key is remembered once. A delivery that `put` answered for is on disk; it is taken again until a worker's own transaction
says `done`, so what that transaction did is done exactly once.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, func, select, text

from storage.database import Store, Tx, insert
from storage.errors import Closed, Full, LostRace
from storage.tables.base import table
from storage.tables.machinery import InboxRow

BATCH = 256
"""Deliveries in one transaction at most: a few milliseconds of work."""

TURNS = 6
"""Turns of the event loop in which deliveries gather for one transaction: one in which the batch before is answered, and the five that a
new connection takes until its delivery is here. A commit costs as much as twenty rows; for a delivery that comes alone, these turns
cost microseconds."""

QUEUE = "inbox"
"""Woken when something may be taken; see `Tx.wake`."""

_T = table(InboxRow)
_C = _T.c
_PUT = insert(_T, lambda new: new.values(state="open").on_conflict_do_nothing(index_elements=["key"]).returning(_C.id, _C.key))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that was delivered.

    Args:
        key: the same for each repetition of the same delivery, at most 255 characters.
        kind: which handler it is for.
        payload: JSON values only.
        correlation: id that ties log lines and ledger entries together.
    """

    key: str
    kind: str
    payload: dict[str, Any]
    correlation: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that a worker has on lease.

    Args:
        id: for `done` and `failed`.
        delivery: what was delivered.
        received: when, UTC.
        attempts: how often it was taken, this time included.
    """

    id: int
    delivery: Delivery
    received: datetime
    attempts: int


def _row(delivery: Delivery, received: datetime) -> dict[str, Any]:
    """The row of a delivery; whatever cannot be stored is refused here, where it harms nobody else."""
    texts = (delivery.key, delivery.kind, delivery.correlation)
    if any("\0" in text for text in texts) or not 0 < len(delivery.key) <= 255:
        raise ValueError("a delivery's key, kind and correlation are text without NUL, the key of 1 to 255 characters")
    "".join(texts).encode()  # half a surrogate pair is no text: UnicodeEncodeError is a ValueError
    payload = json.dumps(delivery.payload, separators=(",", ":"), allow_nan=False)
    return {
        "key": delivery.key,
        "kind": delivery.kind,
        "payload": payload,
        "correlation": delivery.correlation,
        "received": received,
        "due": received,
        "attempts": 0,
        "worker": None,
    }


def remember(tx: Tx, delivery: Delivery, at: datetime) -> bool:
    """Put a delivery into the inbox as a part of a larger transaction.

    Args:
        at: now, UTC.

    Returns:
        False when its key was remembered before.

    Raises:
        ValueError: it cannot be stored.
    """
    return _remember(tx, [_row(delivery, at)])[0]


def remember_all(tx: Tx, deliveries: Sequence[Delivery], at: datetime) -> list[bool]:
    """The same for many, in one statement; those that were remembered before are left as they are.

    Returns:
        For each whether it is new.

    Raises:
        ValueError: one cannot be stored.
    """
    return _remember(tx, [_row(delivery, at) for delivery in deliveries]) if deliveries else []


def _remember(tx: Tx, rows: list[dict[str, Any]]) -> list[bool]:
    """One statement for all rows: whoever is acknowledged in a burst waits for the database once, not once for each row.

    Those for which whoever works on them in this process has a place are taken for it at once, so that nobody has to look for them.
    """
    taken: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["key"] not in taken:
            lease = tx.lease(QUEUE)
            if lease is None:
                break
            taken[row["key"]] = row | {"due": lease.until, "attempts": 1, "worker": lease.worker}
    new = {row.key: row.id for row in tx.run(_PUT, [taken.get(row["key"], row) for row in rows])}
    answers = []
    for row in rows:
        id_ = new.pop(row["key"], None)  # the same key twice in one batch: the second one is a repetition
        answers.append(id_ is not None)
        if id_ is not None and row["key"] in taken:
            delivery = Delivery(row["key"], row["kind"], json.loads(row["payload"]), row["correlation"])
            tx.hand(QUEUE, Taken(id_, delivery, row["received"], attempts=1))
        elif id_ is not None:
            tx.wake(QUEUE)
    return answers


class Inbox:
    """The front of the inbox: deliveries that come at the same time, or while a transaction is being committed, share the next one.

    Args:
        store: where to.
        now: the present moment, aware, in UTC (the clock port's `now`).
        room: how many deliveries may wait for their commit.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], room: int = 2_000) -> None:
        self._store = store
        self._now = now
        self._room = room
        self._waiting: deque[tuple[dict[str, Any], asyncio.Future[bool]]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._closed = False

    async def put(self, delivery: Delivery) -> bool:
        """Remember a delivery; returns after it was committed.

        Returns:
            True when it is new, False when its key was remembered before.

        Raises:
            Full: too many wait already; the sender shall try again (OPS-08).
            Closed: the inbox was closed.
            ValueError: it cannot be stored.
            StorageError: the transaction failed; nothing of it was kept.
        """
        if self._closed:
            raise Closed("the inbox is closed")
        if len(self._waiting) >= self._room:
            raise Full(f"{self._room} deliveries wait to be written")
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((_row(delivery, self._now()), answer))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._write(), name="inbox")
        return await answer

    async def close(self) -> None:
        """Take no more, and return when all that waits is written and answered."""
        self._closed = True
        if self._pump is not None:
            await asyncio.wait([self._pump])

    async def _write(self) -> None:
        while self._waiting:
            batch: list[tuple[dict[str, Any], asyncio.Future[bool]]] = []
            try:
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                answers = await self._store.write(partial(_remember, rows=[row for row, _ in batch]), ahead=True)
            except Exception as error:  # whatever it was, each sender hears of it and tries again
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
            except BaseException:  # the loop is being torn down: nobody may wait for ever
                for _, answer in (*batch, *self._waiting):
                    answer.cancel()
                raise
            else:
                for (_, answer), new in zip(batch, answers, strict=True):
                    if not answer.done():  # a sender that left takes its delivery's answer with it, nothing else
                        answer.set_result(new)


_OPEN = text("inbox.state = 'open'")  # as text: a bound value would hide the partial index from the planner
_TAKE = (
    select(_C.id, _C.key, _C.kind, _C.payload, _C.correlation, _C.received, _C.attempts)
    .where(_OPEN, _C.due <= bindparam("now"))
    .order_by(_C.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    _T.update()
    .where(_C.id.in_(bindparam("ids", expanding=True)))
    .values(due=bindparam("until"), attempts=_C.attempts + 1, worker=bindparam("by"))
)  # fmt: skip


def take(tx: Tx, at: datetime, limit: int, lease: timedelta, worker: str) -> list[Taken]:
    """Take what is due, oldest first, each for one worker only.

    Args:
        at: now, UTC.
        limit: how many at most.
        lease: after this time without `done` or `failed`, others may take it again.
        worker: who takes it, for people who look at the rows.
    """
    rows = tx.run(_TAKE, {"now": at, "limit": limit}).all()
    if rows:
        tx.run(_LEASE, {"ids": [row.id for row in rows], "until": at + lease, "by": worker})
    return [
        Taken(row.id, Delivery(row.key, row.kind, json.loads(row.payload), row.correlation), row.received, row.attempts + 1) for row in rows
    ]


_DONE = _T.update().where(_C.id == bindparam("which"), _OPEN).values(state="done", answer=bindparam("said"), worker=None)
_FAILED = _T.update().where(_C.id == bindparam("which"), _OPEN).values(due=bindparam("again"), why=bindparam("reason"), worker=None)


def done(tx: Tx, id: int, answer: dict[str, Any] | None) -> None:  # noqa: A002
    """Finish a delivery, in the transaction that holds what was done for it.

    Args:
        answer: what a repetition of the same delivery is told.

    Raises:
        LostRace: it is finished already (the lease ran out and another worker was faster): nothing of this transaction may be kept.
    """
    if tx.run(_DONE, {"which": id, "said": answer}).rowcount != 1:
        raise LostRace(f"delivery {id} is done already")


def failed(tx: Tx, id: int, why: str, retry_at: datetime) -> None:  # noqa: A002
    """Give a delivery back.

    Args:
        why: for people who look at the rows.
        retry_at: not before this moment, UTC.

    Raises:
        LostRace: it is finished already.
    """
    if tx.run(_FAILED, {"which": id, "reason": why, "again": retry_at}).rowcount != 1:
        raise LostRace(f"delivery {id} is done already")
    tx.wake(QUEUE)


_ANSWER = select(_C.answer).where(_C.key == bindparam("key"))
_BACKLOG = select(func.count()).select_from(_T).where(_OPEN)
_PRUNE = _T.delete().where(text("inbox.state = 'done'"), _C.received < bindparam("before"))


def answered(tx: Tx, key: str) -> dict[str, Any] | None:
    """What was answered to a delivery with this key; None when it is not done, or had no answer."""
    found: dict[str, Any] | None = tx.run(_ANSWER, {"key": key}).scalar_one_or_none()
    return found


def backlog(tx: Tx) -> int:
    """How many deliveries are not done."""
    return int(tx.run(_BACKLOG).scalar_one())


def prune(tx: Tx, before: datetime) -> int:
    """Forget deliveries that are done and were received before a moment; longer ago than any sender repeats itself.

    Args:
        before: UTC.

    Returns:
        How many.
    """
    return tx.run(_PRUNE, {"before": before}).rowcount
