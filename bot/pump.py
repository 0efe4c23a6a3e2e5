"""Takes rows as places are free and has each carried out in a task of its own, whenever it is rung.

Invariant: every task is tracked; a pump stops only when it is drained, whatever a row or a look for rows runs into. It looks when it is
rung, and when a place becomes free that a row may be waiting for: each look is a transaction. Whoever was promised a place hands over a
row that nobody has to look for; there are never more rows than places.
"""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from bot.log import log
from storage.errors import StorageError

AT_ONCE = 16


class _Row(Protocol):
    @property
    def id(self) -> int: ...


R = TypeVar("R", bound=_Row)


class Pump(Generic[R]):
    """Takes rows as places are free, whenever it is rung.

    Args:
        name: for tasks and logs.
        take: takes up to so many rows.
        carry: carries one out; never raises for what a row can cause.
        give_back: lets others take a row at once that was cancelled; None where only its lease may bring it back.
        at_once: places.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[int], Awaitable[Sequence[R]]],
        carry: Callable[[R], Awaitable[None]],
        give_back: Callable[[R], Awaitable[None]] | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._name = name
        self._take = take
        self._carry = carry
        self._give_back = give_back
        self._free = at_once
        self._promised = 0
        self._lock = threading.Lock()
        """Holds the two counts of places."""
        self._settled = asyncio.Event()
        self._bell = asyncio.Event()
        self._looking = False
        self._full = False
        self._at_work: dict[asyncio.Task[None], R] = {}
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        self.resting = asyncio.Event()
        """Set while nothing is at work, and nothing was rung for since the last look that worked."""

    def start(self) -> None:
        """Begin to take rows."""
        self._context = contextvars.copy_context()
        self._loop = asyncio.create_task(self._run(), name=f"{self._name}-pump")
        self.ring()

    def ring(self) -> None:
        """There may be rows."""
        self.resting.clear()
        self._bell.set()

    def promise(self) -> bool:
        """Whether a place was free, which is kept until `handed` is told of it; none is while rows may be waiting. Safe in any thread."""
        if self._loop is None or self._stopping or self._full or not self._places(1):
            return False
        with self._lock:
            self._promised += 1
        return True

    def handed(self, promised: int, rows: Sequence[R]) -> None:
        """Carry out what was taken for places that were promised.

        Args:
            promised: how many they were.
            rows: as many at most; the other places are free again.
        """
        with self._lock:
            self._promised -= promised
        self._begin(rows, promised)
        if self._full:
            self.ring()
        self._settled.set()

    async def empty(self) -> None:
        """Wait until nothing is left to take and nothing is at work; a pump that was never started has nothing."""
        if self._loop:
            self.ring()
            await self.resting.wait()

    async def drain(self, seconds: float) -> None:
        """Take nothing more, and wait for those at work.

        Args:
            seconds: how long; whoever is not done then is cancelled, and its row given back, or taken again after its lease.
        """
        self._stopping = True
        self.ring()
        if self._loop:
            await self._loop
        while self._promised:  # transactions on their way, which have time limits of their own
            self._settled.clear()
            await self._settled.wait()
        if self._at_work:
            rows = dict(self._at_work)
            _, late = await asyncio.wait(rows, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            if late:
                log.warning("cancelled while at work", pump=self._name, rows=len(late))
            if self._give_back:
                await asyncio.gather(*(self._give_back(rows[task]) for task in late if task.cancelled()))

    async def _run(self) -> None:
        while not self._stopping:
            await self._bell.wait()
            self._bell.clear()
            free = self._places()
            if not free or self._stopping:
                self._begin((), free)
                self._full = True
                continue
            self._looking = True
            rows: Sequence[R] = ()
            try:
                rows = await self._take(free)
            except StorageError as error:
                log.error("rows not taken", pump=self._name, why=type(error).__name__)
                continue  # the next tick rings again
            except Exception:  # a pump that stops would leave every later row lying
                log.error("rows not taken", pump=self._name, exc_info=True)
                continue
            finally:
                self._begin(rows, free)
            self._looking, self._full = False, len(rows) == free
            self._rest()

    def _places(self, most: int | None = None) -> int:
        """Take free places, so many at most, and say how many."""
        with self._lock:
            taken = self._free if most is None else min(most, self._free)
            self._free -= taken
        return taken

    def _begin(self, rows: Sequence[R], places: int) -> None:
        """Have rows carried out in places that were taken for them, and give the other places back."""
        with self._lock:
            self._free += places - len(rows)
        for row in rows:
            self.resting.clear()
            # in the pump's own context: a row is no part of what handed it over
            task = asyncio.create_task(self._one(row), name=f"{self._name}-{row.id}", context=self._context.copy())
            self._at_work[task] = row
            task.add_done_callback(self._done)

    async def _one(self, row: R) -> None:
        try:
            await self._carry(row)
        except Exception:  # its lease brings it back
            log.error("row not settled", pump=self._name, row=row.id, exc_info=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._at_work[task]
        with self._lock:
            self._free += 1
        if self._full:
            self.ring()
        self._rest()

    def _rest(self) -> None:
        if not (self._at_work or self._looking or self._full or self._bell.is_set()):
            self.resting.set()
