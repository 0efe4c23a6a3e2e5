"""Has what inbox and outbox hold carried out, a bounded number at a time, and fires timers.

Invariant: a row is taken with a lease and settled in the transaction of its effects, so a worker may die at any line.
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from bot.log import log
from bot.metrics import CARRIED, SENT
from bot.pump import Pump
from bot.tracing import failed, span
from commands.core.invocation import ASKED, REPORTED
from commands.core.ports.clock import Clock
from commands.core.road import Road
from commands.core.send import Send
from storage import inbox, outbox, timers
from storage.database import Store, Tx
from storage.desk import Lease
from storage.errors import CommitUnknown, LostRace, StorageError, Unavailable

LEASE = timedelta(seconds=60)
ATTEMPTS = 4
"""After so many failures a row is given up."""

PASSING = (Unavailable, CommitUnknown, LostRace)
PATIENCE = timedelta(minutes=10)
"""What the database and other replicas cause says nothing about a row: it is given up only when it came so long ago."""

LONGEST_WAIT = 60  # seconds between two attempts

BATCH_SECONDS = 45.0
"""The longest that one row may take: below the lease, so that nobody else has taken it meanwhile."""

FIRED = 200
"""Timers that one transaction fires; the others go on with the next one, and other replicas take theirs."""

SWEEP = timedelta(hours=1)
KEEP = timedelta(days=7)
"""Done rows of inbox and outbox are kept so long, to recognise deliveries that come again; the ledger keeps everything."""

WORKER = f"{socket.gethostname()}:{os.getpid()}"


class _Desk:
    """A pump as transactions know it, in their threads; implements `Desk`."""

    def __init__(self, pump: Pump[Any], loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._pump, self._loop, self._clock = pump, loop, clock

    def ring(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the next process takes the row
            self._loop.call_soon_threadsafe(self._pump.ring)

    def promise(self) -> Lease | None:
        return Lease(WORKER, self._clock.now() + LEASE) if self._pump.promise() else None

    def settle(self, promised: int, rows: Sequence[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the next process takes the rows when their lease is over
            self._loop.call_soon_threadsafe(self._pump.handed, promised, rows)


class Workers:
    """The two pumps and the clock's tick.

    Args:
        store: the database.
        road: carries deliveries.
        send: sends messages.
        clock: the present.
    """

    def __init__(self, store: Store, road: Road, send: Send, clock: Clock) -> None:
        self._store = store
        self._road = road
        self._send = send
        self._clock = clock
        self._swept: datetime | None = None
        self.inbox = Pump("inbox", self._take_deliveries, self._carry, self._release)
        self.outbox = Pump("outbox", self._take_messages, self._deliver)

    def start(self) -> None:
        """Begin to work, on what this process's transactions add from now on at once; what others add is found by the next tick.

        Whatever an earlier process left is taken when its lease is over.
        """
        loop = asyncio.get_running_loop()
        self._store.listen(inbox.QUEUE, _Desk(self.inbox, loop, self._clock))
        self._store.listen(outbox.QUEUE, _Desk(self.outbox, loop, self._clock))
        self.inbox.start()
        self.outbox.start()

    async def drain(self, seconds: float = 20.0) -> None:
        """Finish what is at work, first the deliveries, then the messages that they wrote.

        Args:
            seconds: how long for all of it; what is left then is taken up by the next start.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        await self.inbox.drain(seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                await self.outbox.empty()
        await self.outbox.drain(max(end - loop.time(), 0))

    async def quiet(self) -> None:
        """Wait until everything that is due now is done; what waits for a later moment is not waited for."""
        while True:
            for pump in (self.inbox, self.outbox):
                pump.ring()
                await pump.resting.wait()
            if self.inbox.resting.is_set():
                return

    async def tick(self) -> None:
        """Fire due timers into the inbox, and look for rows that others left (TRN-22, OPS-09)."""
        now = self._clock.now()
        try:
            if self._swept is None or now - self._swept >= SWEEP:
                self._swept = now
                await self._store.write(lambda tx: (inbox.prune(tx, now - KEEP), outbox.prune(tx, now - KEEP)))
            due = await self._store.read(timers.next_due)
            if due and due <= now:
                while len(await self._store.write(lambda tx: timers.fire(tx, now, FIRED))) == FIRED:
                    pass  # many fall due at one time, like all cutoffs on Tuesdays at noon
        except StorageError as error:
            log.error("timers not fired", why=type(error).__name__)
        self.inbox.ring()
        self.outbox.ring()

    # ------------------------------------------------------------ inbox

    async def _take_deliveries(self, free: int) -> Sequence[inbox.Taken]:
        now = self._clock.now()
        return await self._store.write(lambda tx: inbox.take(tx, now, free, LEASE, WORKER))

    async def _carry(self, taken: inbox.Taken) -> None:
        kind = taken.delivery.kind if taken.delivery.kind in {ASKED, REPORTED} else "timer"
        with span("carry", taken.delivery.correlation, kind=kind) as traced:
            begun = perf_counter()
            try:
                async with asyncio.timeout(BATCH_SECONDS):
                    await self._road.carry(taken)
            except Exception as error:  # whatever one row causes must not stop the others
                CARRIED.labels(kind, "failed").observe(perf_counter() - begun)
                failed(traced, error)
                await self._failed(taken, error)
            else:
                CARRIED.labels(kind, "done").observe(perf_counter() - begun)
                log.info("carried", kind=kind, attempts=taken.attempts)

    async def _release(self, taken: inbox.Taken) -> None:
        """Give back a delivery that was cancelled: its transaction was rolled back, or is done and says so."""
        now = self._clock.now()
        try:
            await self._store.write(lambda tx: inbox.failed(tx, taken.id, "the bot was stopped", now))
        except LostRace:
            return
        except StorageError as error:
            log.error("delivery not given back; its lease will bring it back", why=type(error).__name__)

    async def _failed(self, taken: inbox.Taken, error: Exception) -> None:
        correlation = taken.delivery.correlation
        now, first_ones = self._clock.now(), taken.attempts < ATTEMPTS
        again = first_ones or (isinstance(error, PASSING) and now - taken.received < PATIENCE)
        quietly = isinstance(error, LostRace | TimeoutError)
        log.error("delivery failed", attempts=taken.attempts, again=again, why=type(error).__name__, exc_info=None if quietly else error)
        at_once = isinstance(error, LostRace) and first_ones
        due = now + timedelta(seconds=0 if at_once else min(2 ** (taken.attempts - 1), LONGEST_WAIT))
        why = f"{type(error).__name__} ({correlation})"

        def later(tx: Tx) -> None:
            inbox.failed(tx, taken.id, why, due)

        try:
            if again:
                await self._store.write(later)
            else:
                await self._road.give_up(taken)
        except StorageError as lost:
            log.error("failure not recorded; the lease will bring it back", why=type(lost).__name__)

    # ------------------------------------------------------------ outbox

    async def _take_messages(self, free: int) -> Sequence[outbox.Sending]:
        now = self._clock.now()
        return await self._store.write(lambda tx: outbox.take(tx, now, free, LEASE, WORKER))

    async def _deliver(self, sending: outbox.Sending) -> None:
        kind = sending.message.kind
        with span("send", sending.message.correlation, kind=kind) as traced:
            begun = perf_counter()
            try:
                async with asyncio.timeout(BATCH_SECONDS):
                    await self._send.send(sending)
            except Exception as error:  # whatever one row causes must not stop the others
                SENT.labels(kind, "failed").observe(perf_counter() - begun)
                failed(traced, error)
                await self._unsent(sending, error)
            else:
                SENT.labels(kind, "done").observe(perf_counter() - begun)
                log.info("sent", kind=kind, attempts=sending.attempts)

    async def _unsent(self, sending: outbox.Sending, error: Exception) -> None:
        kind, correlation = sending.message.kind, sending.message.correlation
        log.error("message failed", kind=kind, attempts=sending.attempts, why=type(error).__name__, exc_info=error)
        due = self._clock.now() + timedelta(seconds=min(2**sending.attempts, LONGEST_WAIT))
        why = f"{type(error).__name__} ({correlation})"

        def settle(tx: Tx) -> None:
            if kind != "order" and sending.attempts >= 2 * ATTEMPTS and not isinstance(error, PASSING):
                outbox.dead(tx, sending.id, why)
            elif kind != "order":
                outbox.retry(tx, sending.id, why, due)

        if kind == "order":
            return  # CI may have it: it stays marked as sending, and its lease brings it back to be looked up
        try:
            await self._store.write(settle)
        except StorageError as lost:
            log.error("failure not recorded; the lease will bring it back", why=type(lost).__name__)
