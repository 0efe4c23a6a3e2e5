"""The one door to the database: a transaction is a function of a `Tx`, run whole in a worker thread.

Invariant: what a function did is kept whole or not at all. It may be run again after a serialization failure, a deadlock or a connection
lost before the commit, so it does nothing but read and write rows; a cancelled caller leaves a transaction that is complete or never began.
"""

import asyncio
import contextvars
import functools
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from storage.desk import Desk, Lease
from storage.engines import Engines, open_engines
from storage.errors import Closed, CommitUnknown, Conflict, StorageError, Unavailable

T = TypeVar("T")
Statement = sa.Executable | Mapping[str, sa.Executable]
"""One statement for both databases, or one for each by the dialect's name."""

_NOBODY: Mapping[str, Desk] = MappingProxyType({})
ATTEMPTS = 5
_AGAIN = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected (PostgreSQL, appendix A)


class Tx:
    """One transaction; lives only while its function runs. Only `storage` calls its methods.

    Args:
        connection: begun by the store, which also ends it.
        desks: queue → who works on it in this process.
    """

    __slots__ = ("_connection", "_desks", "_dialect", "_failed", "_handed", "_last", "_woken", "wrote")

    def __init__(self, connection: sa.Connection, desks: Mapping[str, Desk] = _NOBODY) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._failed: DBAPIError | None = None
        self._last: dict[Callable[[Tx, list[Any]], None], list[Any]] = {}
        self._desks = desks
        self._woken: set[str] = set()
        self.wrote = False
        """Whether there is anything to commit."""
        self._handed: dict[str, tuple[int, list[Any]]] = {}
        """Queue → places that were promised, and the rows that were taken for them."""

    def run(self, statement: Statement, values: Any = None) -> CursorResult[Any]:
        """Execute one statement.

        Args:
            statement: best a module constant with bind parameters: compiled once.
            values: a mapping, or a list of mappings for many rows.
        """
        chosen = statement[self._dialect] if isinstance(statement, Mapping) else statement
        self.wrote = self.wrote or not chosen.is_select
        try:
            return self._connection.execute(chosen, values)
        except DBAPIError as error:
            self._failed = error
            raise

    def at_end(self, write: Callable[["Tx", list[Any]], None], row: Any) -> None:
        """Have a row written together with the others of its kind, as the last thing before the commit.

        Args:
            write: writes them all; a function of a module.
        """
        self._last.setdefault(write, []).append(row)

    def waiting(self, write: Callable[["Tx", list[Any]], None]) -> Sequence[Any]:
        """What waits for the end, in the order of its coming."""
        return self._last.get(write, ())

    def early(self, write: Callable[["Tx", list[Any]], None]) -> None:
        """Write now what waits for the end, since somebody wants to read it."""
        if rows := self._last.pop(write, None):
            write(self, rows)

    def wake(self, queue: str) -> None:
        """After the commit, whoever works on a queue looks for what is there to take; see `Store.listen`."""
        self._woken.add(queue)

    def lease(self, queue: str) -> Lease | None:
        """Take the next row that is written for a queue for whoever works on it in this process; None when they have no place now."""
        desk = self._desks.get(queue)
        found = desk.promise() if desk else None
        if found is not None:
            promised, rows = self._handed.get(queue, (0, []))
            self._handed[queue] = (promised + 1, rows)
        return found

    def hand(self, queue: str, row: Any) -> None:
        """After the commit, whoever works on a queue gets a row that was written with their lease, without looking for it."""
        self._handed[queue][1].append(row)

    def over(self, *, kept: bool) -> None:
        """Tell those who work on the queues. To be called by the store, after the end.

        Args:
            kept: whether it was committed.
        """
        for queue, (promised, rows) in self._handed.items():
            self._desks[queue].settle(promised, rows if kept else ())
        for queue in self._woken & self._desks.keys() if kept else ():
            self._desks[queue].ring()

    def finish(self) -> None:
        """Write what waited for the end. To be called by the store.

        Raises:
            DBAPIError: a statement failed and was swallowed; PostgreSQL would answer the commit with a silent roll-back.
        """
        if self._failed is not None:
            raise self._failed
        for write in tuple(self._last):
            self.early(write)


def insert(table: sa.Table, finish: Callable[[Any], sa.Executable]) -> Statement:
    """An INSERT with ON CONFLICT, which SQLAlchemy spells once for each database.

    Args:
        table: where to.
        finish: adds the ON CONFLICT and RETURNING parts.
    """
    return {"sqlite": finish(sqlite.insert(table)), "postgresql": finish(postgresql.insert(table))}


class Store:
    """Memory: `write` and `read` run functions as transactions.

    SQLite: one writer thread (`BEGIN IMMEDIATE`) and a few readers, each with a snapshot. PostgreSQL: a pool, READ COMMITTED with row locks
    for writing, a read-only snapshot for reading.

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite://` (memory, migrated at once) or `postgresql://…`.

    Raises:
        ValueError: the URL is of no kind that is known.
        WrongSchema: the database is not at this program's schema; the sentence names `signalbox db upgrade` (OPS-10).
        Unavailable: the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self._engines: Engines = open_engines(url)
        if self._engines.in_memory:
            from storage.migrations import upgrade_engine  # alembic is heavy, and all others are migrated before

            upgrade_engine(self._engines.write)
        self._desks: dict[str, Desk] = {}
        self._writers = _Line(self._engines.writers, "storage-write")
        self._readers = _Line(self._engines.readers, "storage-read") if self._engines.readers else self._writers

    @classmethod
    async def open(cls, url: str) -> Self:
        """The same as `Store(url)`, without holding up the event loop while the database answers."""
        return await asyncio.to_thread(cls, url)

    async def write(self, work: Callable[[Tx], T], *, ahead: bool = False) -> T:
        """Run `work` as one transaction and commit it.

        Args:
            work: reads and writes rows through the modules of this room, nothing else; may be run again.
            ahead: goes before all that wait and are not ahead: for whoever has seconds to answer, as Slack gives for its deliveries.

        Returns:
            What `work` returned, after the commit.

        Raises:
            Conflict: a constraint said no.
            Unavailable: the database does not answer; nothing was kept.
            CommitUnknown: the connection broke during the commit.
            Closed: the store was closed.
            Exception: whatever `work` raised, after the roll-back.
        """
        return await self._in_thread(self._writers, functools.partial(_transact, self._engines.write, work, self._desks), ahead=ahead)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a read-only transaction: all its reads see one moment.

        Args and errors: as for `write`.
        """
        return await self._in_thread(self._readers, functools.partial(_transact, self._engines.read, work))

    def listen(self, queue: str, desk: Desk) -> None:
        """Have somebody hear of this store's transactions that wrote to a queue; of rows that others add nobody hears.

        Args:
            queue: as for `Tx.wake`, `Tx.lease` and `Tx.hand`.
            desk: works on it in this process.
        """
        self._desks[queue] = desk

    async def alive(self, limit: float = 3.0) -> str | None:
        """Whether the database answers (OPS-01).

        Args:
            limit: seconds to wait.

        Returns:
            None when it does, else a sentence.
        """
        try:
            async with asyncio.timeout(limit):
                await self.read(lambda tx: tx.run(_ONE).scalar_one())
        except TimeoutError:
            return f"the database did not answer within {limit:g} s"
        except StorageError as error:
            return str(error)
        return None

    async def close(self) -> None:
        """End: what was begun is finished first, then the connections are closed. A second call does nothing."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writers.shutdown()
        self._readers.shutdown()
        self._engines.dispose()

    async def _in_thread(self, line: "_Line", call: Callable[[], T], *, ahead: bool = False) -> T:
        context = contextvars.copy_context()  # correlation ids and traces go along
        try:
            # a cancelled caller cancels a call that has not begun; one that has begun runs to its end in its thread
            future = line.submit(functools.partial(context.run, call), ahead=ahead)
        except RuntimeError as error:
            raise Closed("the store is closed") from error
        return await asyncio.wrap_future(future)


class _Line:
    """Threads that run calls in the order of their coming, those that are ahead first.

    Args:
        threads: how many.
        name: of the threads.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, name)
        self._lock = threading.Lock()
        self._ahead: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._others: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def submit(self, call: Callable[[], T], *, ahead: bool) -> "Future[T]":
        """Have it run.

        Raises:
            RuntimeError: after `shutdown`.
        """
        future: Future[T] = Future()
        with self._lock:
            self._pool.submit(self._next)  # one turn for each call; which call takes it is decided when the turn comes
            (self._ahead if ahead else self._others).append((future, call))
        return future

    def shutdown(self) -> None:
        """Take no more, and return when all that was submitted has run."""
        self._pool.shutdown(wait=True)

    def _next(self) -> None:
        with self._lock:
            future, call = (self._ahead or self._others).popleft()
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = call()
        except BaseException as error:  # it is the caller's
            future.set_exception(error)
        else:
            future.set_result(result)


_ONE = sa.text("SELECT 1")


def _transact(engine: sa.Engine, work: Callable[[Tx], T], desks: Mapping[str, Desk] = _NOBODY) -> T:
    """Run one transaction, again where that is safe and of use."""
    for attempt in range(1, ATTEMPTS + 1):
        committing = kept = False
        tx: Tx | None = None
        try:
            with engine.connect() as connection:
                transaction = connection.begin()
                try:
                    tx = Tx(connection, desks)
                    result = work(tx)
                    tx.finish()
                    committing = tx.wrote
                    if tx.wrote:
                        transaction.commit()
                    else:
                        transaction.rollback()  # PostgreSQL would sync the locks of rows to disk, which nobody needs after a crash
                    kept = True
                except BaseException:
                    if not connection.invalidated:
                        transaction.rollback()
                    raise
        except DBAPIError as error:
            if committing and error.connection_invalidated:
                raise CommitUnknown("the connection to the database broke during a commit") from error
            if attempt == ATTEMPTS or not _passes(error):
                raise _in_our_words(error) from (None if isinstance(error, IntegrityError | DataError) else error)
            time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - in the worker's thread, so that two that collided part
        except StatementError as error:  # a value that was refused before it got to the database: a naive moment, no JSON
            raise (error.orig or error) from None
        else:
            return result
        finally:
            if tx is not None:
                tx.over(kept=kept)
    raise AssertionError("unreachable")


def _passes(error: DBAPIError) -> bool:
    """Whether the same transaction may work in a moment."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _AGAIN


def _in_our_words(error: DBAPIError) -> StorageError:
    """Name the constraint, never the values: they are people's words."""
    if isinstance(error, DataError):
        return Conflict(f"a value does not fit: {type(error.orig).__name__}")
    if not isinstance(error, IntegrityError):
        return Unavailable(f"the database refused: {type(error.orig).__name__}")
    said = getattr(error.orig, "diag", None)
    if said is None:
        return Conflict(str(error.orig))  # SQLite names constraints and columns only: "UNIQUE constraint failed: claim.key"
    return Conflict(said.constraint_name or said.column_name or "a constraint")
