"""`signalbox audit verify | checkpoint | export`: the ledger, for those who have to prove what happened (AUD-01, AUD-08).

Invariant: nothing here writes to the ledger. An export is proved from its own lines, without settings and without a database.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.text import Text

from bot.adapters.clock import MachineClock
from bot.evidence.keys import KeyProblem, public, signer_of
from bot.settings import Settings
from bot.signed import Known, NotSigned, known_of, read_lines
from storage import audit, checkpoints
from storage.chain import Broken, Row, Sound, export_lines, parse_line
from storage.chain import verify as walk
from storage.checkpoints import Checkpoint
from storage.database import Store, Tx
from storage.errors import StorageError

T = TypeVar("T")

_BROKEN, _UNUSABLE = 1, 2


def verify(
    settings: Settings | None, *, export_file: Path | None, checkpoints_file: Path | None = None, key_files: Sequence[Path] = ()
) -> int:
    """Prove the chain, and name the first entry that is not as it was written.

    Args:
        settings: where the database is; None when a file is proved.
        export_file: made by `export`.
        checkpoints_file: lines of `signalbox audit checkpoint`, or of the channel in which they were posted. Without it the database's
            own count, as far as its own key signed them.
        key_files: PEM public keys of whoever signed them; left out: the bot's own.

    Returns:
        0 for a sound ledger, 1 for a broken one, 2 when it cannot be read.
    """
    own = settings and signer_of(settings.signing_key)
    try:
        keys = [public(file.read_bytes()) for file in key_files] or ([own.public] if own else [])
        if checkpoints_file and not keys:
            return unusable("nothing shows who signed the checkpoints: give --key")
        known = known_of(_lines(checkpoints_file), keys) if checkpoints_file else Known({})
        if export_file:
            return _told(_of_file(export_file, known), str(export_file), known)
        assert settings is not None
        answer = read(
            settings, lambda tx: _of_database(tx, known if checkpoints_file else known_of(checkpoints.all_of(tx), keys, others=True))
        )
    except NotSigned as bad:
        return _told(Broken(0, str(bad)), "what was signed", Known({}))
    except KeyProblem as problem:
        return unusable(f"a key that was given {problem}")
    except OSError as error:
        return unusable(f"{error.filename} cannot be read: {error.strerror or type(error).__name__}")
    return answer if isinstance(answer, int) else _told(answer[0], "the ledger", answer[1])


def _of_database(tx: Tx, known: Known) -> tuple[Sound | Broken, Known]:
    return walk(audit.rows(tx), audit.head(tx), known=known.heads), known


def _lines(path: Path) -> list[Checkpoint]:
    with path.open("rb") as file:
        return read_lines(file)


def checkpoint(settings: Settings) -> int:
    """Sign the ledger as it is now, and print the line: a file that is committed elsewhere gets one after the other.

    Args:
        settings: where the database is, and the key.

    Returns:
        0, or 2 when there is no key, no entry, or no database.
    """
    signer = signer_of(settings.signing_key)
    if signer is None:
        return unusable("SIGNALBOX_SIGNING_KEY is not set; make a key with `signalbox evidence keygen`")
    at = MachineClock().now()
    made = _run(settings, lambda store: store.write(lambda tx: checkpoints.sign(tx, signer.key, signer.sign, at)))
    if made is None:
        return unusable("the ledger is empty: there is nothing to sign")
    if isinstance(made, int):
        return made
    print(checkpoints.line_of(made))  # noqa: T201  alone on standard output, to be appended to a file
    return 0


def export(settings: Settings, *, to: Path, checkpoints_to: Path | None = None) -> int:
    """Write every entry as a line of JSON, and say what proves that none was cut off.

    Args:
        settings: where the database is.
        to: a file that is not there yet; it is complete, or it is not there.
        checkpoints_to: the same for the checkpoints; left out: they are not written.

    Returns:
        0, or 2 when the database cannot be read or the file cannot be written.
    """

    def write(tx: Tx) -> tuple[int, str]:
        _written(to, export_lines(audit.rows(tx)))
        if checkpoints_to:
            _written(checkpoints_to, map(checkpoints.line_of, checkpoints.all_of(tx)))
        return audit.head(tx)

    try:
        head = read(settings, write)
    except OSError as error:
        return unusable(f"{error.filename or to} cannot be written: {error.strerror or type(error).__name__}")
    if isinstance(head, int):
        return head
    out = Console(highlight=False)
    out.print(Text(f"Wrote {_counted(head[0])} to {to}."))
    out.print(Text(f"The last one is {head[1]}: keep this elsewhere, it shows later whether the end was cut off."), soft_wrap=True)
    return 0


def _written(to: Path, lines: Iterable[str]) -> None:
    """A file that is complete, or not there; it never replaces one."""
    part = to.with_name(f".{to.name}.part")
    try:
        with part.open("w", encoding="ascii", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, to)  # unlike a rename, this never replaces a file that came meanwhile
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(to)) from None
    finally:
        part.unlink(missing_ok=True)


# ---------------------------------------------------------------- reading


def read(settings: Settings, work: Callable[[Tx], T]) -> T | int:
    """Run one reading transaction; an exit code when the database cannot be used."""
    return _run(settings, lambda store: store.read(work))


def _run(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T | int:
    async def run() -> T:
        store = await Store.open(settings.database_url.get_secret_value())
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StorageError as error:
        return unusable(str(error))


def _of_file(path: Path, known: Known) -> Sound | Broken | str:
    try:
        with path.open("rb") as file:
            return walk(_rows(file), known=known.heads)
    except _BadLineError as line:
        return Broken(line.number, f"entry {line.number} cannot be read: {line}")
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or type(error).__name__}"


class _BadLineError(Exception):
    """A line of an export that is no entry."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number


def _rows(lines: Iterable[bytes]) -> Iterator[Row]:
    number = 0
    try:
        for line in lines:
            number += 1
            yield parse_line(line)
    except ValueError:
        raise _BadLineError(number, "the line is not one JSON object with the columns of the ledger") from None


# ---------------------------------------------------------------- telling


def _told(answer: Sound | Broken | str, what: str, known: Known) -> int:
    out = Console(highlight=False)
    match answer:
        case Sound(count=count, head=head):
            out.print(Text(f"✅ {_counted(count)} of {what} are as they were written.", style="bold green"), soft_wrap=True)
            out.print(Text(f"The last one is {head}."), soft_wrap=True)
            out.print(Text(_agreed(known)), soft_wrap=True)
            return 0
        case Broken(why=why):
            out.print(Text(f"⛔ {what} is broken: {why}.", style="bold red"), soft_wrap=True)
            return _BROKEN
        case str():
            return unusable(answer)


def _agreed(known: Known) -> str:
    passed = f" {known.others} of other keys were not looked at." if known.others else ""
    if known.last is None:
        return f"No checkpoint was held against it: nothing shows that its end was not cut off, or its past written anew.{passed}"
    agreed = "1 checkpoint agrees" if len(known.heads) == 1 else f"{len(known.heads):,} checkpoints agree, the last one"
    return f"{agreed}: entry {known.last.size:,}, signed {known.last.at:%Y-%m-%d %H:%M} UTC by {known.last.key}.{passed}"


def unusable(why: str) -> int:
    Console(stderr=True, highlight=False).print(Text(f"signalbox: {why}"), soft_wrap=True)
    return _UNUSABLE


def _counted(number: int) -> str:
    return "1 entry" if number == 1 else f"{number:,} entries"
