"""How the bot grows with its history: an empty database beside longer and longer ones, in turns (OPS-15).

Invariant: every size is measured in the same program, round by round, with the same requests.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from bot.bench.approving import Approvals, Company, company
from bot.bench.curves import Curve
from bot.bench.load import percentile
from storage import audit, chain
from storage.database import Store

MB = 1024 * 1024


@dataclass
class Measured:
    """One size of the history.

    Args:
        approvals: from the clicks on.
        judged: seconds for a judgement in its transaction, committed.
        answered: seconds from typing `/release status` until it is answered.
    """

    approvals: Approvals = field(default_factory=Approvals)
    judged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)


async def measure(databases: Mapping[int, str], approvals: int, judged: int) -> dict[int, Measured]:
    """Approve, judge and ask, on each database in turns.

    Args:
        databases: ledger entries → a migrated database that has them.
        approvals: on each; as often the status is asked for.
        judged: judgements in their transaction, on each.
    """
    found = {entries: Measured() for entries in databases}
    async with AsyncExitStack() as stack:
        bots: dict[int, Company] = {}
        for entries, url in databases.items():
            bots[entries] = await stack.enter_async_context(company(url))
            await bots[entries].approve(Approvals())  # whatever is done only once
        for _ in range(approvals):
            for entries, bot in bots.items():
                await bot.approve(found[entries].approvals)
                found[entries].answered.append(await bot.answer("status"))
        waiting = {entries: await bot.awaiting() for entries, bot in bots.items()}
        for _ in range(judged):
            for entries, bot in bots.items():
                found[entries].judged += await bot.judge(waiting[entries], 1)
    return found


async def curves(databases: Mapping[int, str], found: Mapping[int, Measured]) -> list[Curve]:
    """What was measured, the ledger's verification and the size of the file, by size of the history.

    Args:
        databases: as for `measure`; SQLite.
        found: what it answered.
    """
    called = {entries: one.approvals.called for entries, one in found.items()}
    judged = {entries: one.judged for entries, one in found.items()}
    answered = {entries: one.answered for entries, one in found.items()}
    return [
        _median("form sent → CI called, p50", called, "level: nothing on this road looks at what is over."),
        _median("judging in its transaction, committed, p50", judged),
        _median("/release status, typed → answered, p50", answered),
        Curve(
            "verifying the ledger", "s", tuple([(entries, await _verified(url)) for entries, url in databases.items()]),
            "every entry is hashed anew, so it grows with their number.",
        ),
        Curve(
            "database file", "MB", tuple((entries, _file(url).stat().st_size / MB) for entries, url in databases.items()),
            "SQLite, with a tenth as many changes as entries, and what was posted about them.",
        ),
    ]  # fmt: skip


def _median(name: str, seconds: Mapping[int, list[float]], note: str = "") -> Curve:
    return Curve(name, "ms", tuple((entries, percentile(many, 0.5) * 1000) for entries, many in seconds.items()), note)


async def _verified(url: str) -> float:
    store = await Store.open(url)
    try:
        begun = perf_counter()
        outcome = await store.read(lambda tx: chain.verify(audit.rows(tx)))
        seconds = perf_counter() - begun
    finally:
        await store.close()
    if not isinstance(outcome, chain.Sound):
        raise RuntimeError("the ledger of the sample is not sound: the figure would tell of less")  # noqa: TRY004 - no mistake of a type
    return seconds


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))
