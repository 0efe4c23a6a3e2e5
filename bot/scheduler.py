"""The tick: APScheduler rings once a second, and the rows say what is due (OPS-09).

Invariant: nothing is stored in the scheduler; a tick that is late or missed is made up by the next.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger


class Scheduler:
    """Calls one function at an interval, never twice at once.

    Args:
        tick: what to call; handles its own failures.
        seconds: the interval.
    """

    def __init__(self, tick: Callable[[], Awaitable[None]], seconds: float = 1.0) -> None:
        self._tick = tick
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(self._once, IntervalTrigger(seconds=seconds), coalesce=True, max_instances=1, misfire_grace_time=None)

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more; nothing when it never began. A tick that is under way is cancelled: what it began in the database is whole."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def _once(self) -> None:
        with suppress(asyncio.CancelledError):  # by `stop` alone; to the scheduler's log it would be a failure
            await self._tick()
