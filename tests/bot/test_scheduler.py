"""The tick that APScheduler rings: a stop in the middle of one is no failure (OPS-09)."""

import asyncio
import logging

from bot.scheduler import Scheduler


async def test_a_stop_in_the_middle_of_a_tick_is_no_failure(caplog):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def tick():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    scheduler = Scheduler(tick, seconds=0.01)
    scheduler.start()
    async with asyncio.timeout(20):
        await begun.wait()
        scheduler.stop()
        await ended.wait()
    await asyncio.sleep(0)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
