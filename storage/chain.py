"""The hash chain of the audit ledger, checked without a database (AUD-01, AUD-08).

Invariant: pure. A row is sound when its hash is that of its own columns and its `prev` is the hash of the row before; the first row's
`prev` is `GENESIS`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

GENESIS = hashlib.sha256(b"signalbox ledger 1").hexdigest()
"""What the first entry follows."""


class Row(NamedTuple):
    """An entry as it is stored: all text but its number, in the order in which it is hashed.

    Args:
        seq: 1, 2, 3 …
        at: ISO 8601 in UTC, 27 characters.
        tag, actor, actor_name: as in `audit.Entry`.
        roles: joined by commas.
        subject, service, environment, correlation, policy: as in `audit.Entry`.
        body: canonical JSON, exactly as hashed.
        prev, hash: sha256, hex.
    """

    seq: int
    at: str
    tag: str
    actor: str
    actor_name: str
    roles: str
    subject: str | None
    service: str | None
    environment: str | None
    correlation: str
    policy: str
    body: str
    prev: str
    hash: str


_encode = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: the same bytes whatever the encoding of a database or a file
_MAY_BE_NONE = frozenset({"subject", "service", "environment"})
_TEXTS = tuple((name, name in _MAY_BE_NONE) for name in Row._fields[1:])


def digest(row: Row) -> str:
    """The hash that a row must have: sha256 over the canonical JSON list of `prev` and all its columns but `hash`."""
    return hashlib.sha256(_encode((row.prev, *row[:-2])).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Sound:
    """The chain holds.

    Args:
        count: number of the last entry.
        head: its hash; worth keeping somewhere else.
    """

    count: int
    head: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The chain is broken.

    Args:
        seq: number of the first entry that is wrong or missing.
        why: a sentence.
    """

    seq: int
    why: str


def verify(rows: Iterable[Row], head: tuple[int, str] | None = None, start: tuple[int, str] = (0, GENESIS)) -> Sound | Broken:
    """Walk the chain and name the first entry that is not as it was written.

    Args:
        rows: all entries after `start`, in order; streamed.
        head: number and hash that the last entry must have, from the head row or from a note kept elsewhere; without it a cut tail of an
            export cannot be seen.
        start: number and hash of an entry that is known to be sound; all from the beginning when left out.
    """
    seq, prev = start
    for row in rows:
        seq += 1
        if why := _wrong(row, seq, prev):
            return Broken(seq, why)
        prev = row.hash
    if head is not None and (seq, prev) != head:
        if seq < head[0]:
            return Broken(seq + 1, f"entry {seq + 1} is missing: the ledger ends at {seq} and had {head[0]} entries")
        if seq > head[0]:
            return Broken(head[0] + 1, f"entry {head[0] + 1} is not known to the head, which says {head[0]}")
        return Broken(seq, f"entry {seq} is not the one that the head names")
    return Sound(seq, prev)


def _wrong(row: Row, seq: int, prev: str) -> str | None:
    if type(row.seq) is not int:
        return f"entry {seq} has a number that is none"
    if row.seq != seq:
        return f"entry {seq} is missing: {row.seq} stands in its place" if row.seq > seq else f"entry {seq}: {row.seq} stands in its place"
    for value, (name, may_be_none) in zip(row[1:], _TEXTS, strict=True):
        if type(value) is not str and not (value is None and may_be_none):
            return f"entry {seq} has no text as its {name}"
    if row.prev != prev:
        return f"entry {seq} does not follow entry {seq - 1}" if seq > 1 else "entry 1 does not begin this ledger"
    if digest(row) != row.hash:
        return f"entry {seq} was changed: its hash does not fit"
    return None


def export_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One JSON object for each entry, without line ends (JSONL, AUD-08)."""
    return (_encode(row._asdict()) for row in rows)


def parse_line(line: str) -> Row:
    """Read a line of an export back; what it says is judged by `verify`.

    Raises:
        ValueError: the line is not an entry.
    """
    try:
        value: Any = json.loads(line)
    except RecursionError:
        raise ValueError("a line of an export is not nested") from None
    if not isinstance(value, dict) or set(value) != set(Row._fields):
        raise ValueError("a line of an export is a JSON object with exactly the columns of the ledger")
    return Row(**value)
