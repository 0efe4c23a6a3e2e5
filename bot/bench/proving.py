"""Proving the ledger: how long `audit verify` takes, on a database and on an export.

Invariant: a chain that is not found sound to its end gives no figure.
"""

from functools import partial
from pathlib import Path
from time import perf_counter

from bot.bench.figures import Figure
from storage import audit, chain
from storage.database import Store, Tx

GROUP = "Proving the ledger, entry by entry"
_LIMIT = 15.0
"""Seconds for the whole of it."""


async def measure(url: str, entries: int, folder: Path) -> list[Figure]:
    """Prove a ledger, then an export of it; how the first grows is a curve (`growth.py`).

    Args:
        url: of a database with so many entries.
        entries: how many.
        folder: for the export.
    """
    store, export = await Store.open(url), folder / "ledger.jsonl"
    try:
        figures = [await _database(store, entries)]
        await store.read(partial(_write, export))
    finally:
        await store.close()
    figures.append(_export(export, entries))
    export.unlink()
    return figures


async def _database(store: Store, entries: int) -> Figure:
    begun = perf_counter()
    sound = await store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx)))
    seconds = perf_counter() - begun
    return Figure(GROUP, f"SQLite, {_counted(sound, entries):,} entries", seconds, "s", below=_LIMIT)


def _write(path: Path, tx: Tx) -> None:
    with path.open("w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in chain.export_lines(audit.rows(tx)))


def _export(path: Path, entries: int) -> Figure:
    begun = perf_counter()
    with path.open("rb") as file:
        sound = chain.verify(map(chain.parse_line, file))
    seconds = perf_counter() - begun
    megabytes = path.stat().st_size / 1e6
    note = f"JSONL, {megabytes:,.0f} MB, read and proved in one process that needs no database."
    return Figure(GROUP, f"export, {_counted(sound, entries):,} entries", seconds, "s", below=_LIMIT, note=note)


def _counted(answer: chain.Sound | chain.Broken, wanted: int) -> int:
    if not isinstance(answer, chain.Sound) or answer.count != wanted:
        raise RuntimeError("the bench's ledger is not sound: the figures would tell of less")
    return answer.count
