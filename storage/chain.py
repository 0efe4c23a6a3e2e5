"""The hash chain of the audit ledger, checked without a database (AUD-01, AUD-08).

Invariant: pure. A row is sound when its hash is that of its own columns and its `prev` is the hash of the row before; the first row's
`prev` is `GENESIS`. The columns are hashed on their own first, so an entry can be withheld from an extract without breaking its chain.
"""

import hashlib
import json
import re
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


class Withheld(NamedTuple):
    """An entry that an extract keeps to itself: it proves its place in the chain and tells nothing else.

    Args:
        seq: its number.
        content: the hash of its columns, see `content_hash`.
    """

    seq: int
    content: str


_HASH = re.compile(r"[0-9a-f]{64}")
_encode = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: the same bytes whatever the encoding of a database or a file
_MAY_BE_NONE = frozenset({"subject", "service", "environment"})
_TEXTS = tuple((name, name in _MAY_BE_NONE) for name in Row._fields[1:])


def content_hash(row: Row) -> str:
    """sha256 over the canonical JSON list of all its columns but `prev` and `hash`, hex."""
    return hashlib.sha256(_encode(row[:-2]).encode()).hexdigest()


def _link(prev: str, content: str) -> str:
    return hashlib.sha256(f"{prev}{content}".encode()).hexdigest()


def digest(row: Row) -> str:
    """The hash that a row must have: sha256 over the hash before it and the hash of its content, both in hex."""
    return _link(row.prev, content_hash(row))


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


def verify(rows: Iterable[Row | Withheld], head: tuple[int, str] | None = None, start: tuple[int, str] = (0, GENESIS)) -> Sound | Broken:
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
        if why := _misplaced(row, seq) or (_wrong(row, prev) if isinstance(row, Row) else None):
            return Broken(seq, why)
        prev = row.hash if isinstance(row, Row) else _link(prev, row.content)
    if head is not None and (seq, prev) != head:
        if seq < head[0]:
            return Broken(seq + 1, f"entry {seq + 1} is missing: the ledger ends at {seq} and had {head[0]} entries")
        if seq > head[0]:
            return Broken(head[0] + 1, f"entry {head[0] + 1} is not known to the head, which says {head[0]}")
        return Broken(seq, f"entry {seq} is not the one that the head names")
    return Sound(seq, prev)


def _misplaced(row: Row | Withheld, seq: int) -> str | None:
    if type(row.seq) is not int:
        return f"entry {seq} has a number that is none"
    if row.seq != seq:
        return f"entry {seq} is missing: {row.seq} stands in its place" if row.seq > seq else f"entry {seq}: {row.seq} stands in its place"
    return None


def _wrong(row: Row, prev: str) -> str | None:
    seq = row.seq
    for value, (name, may_be_none) in zip(row[1:], _TEXTS, strict=True):
        if type(value) is not str and not (value is None and may_be_none):
            return f"entry {seq} has no text as its {name}"
    if row.prev != prev:
        return f"entry {seq} does not follow entry {seq - 1}" if seq > 1 else "entry 1 does not begin this ledger"
    if digest(row) != row.hash:
        return f"entry {seq} was changed: its hash does not fit"
    return None


def export_lines(rows: Iterable[Row | Withheld]) -> Iterator[str]:
    """One JSON object for each entry, without line ends (JSONL, AUD-08)."""
    return (_encode(row._asdict()) for row in rows)


def parse_line(line: str) -> Row:
    """Read a line of an export back; what it says is judged by `verify`.

    Raises:
        ValueError: the line is not an entry.
    """
    value = _object(line)
    if set(value) != set(Row._fields):
        raise ValueError("a line of an export is a JSON object with exactly the columns of the ledger")
    return Row(**value)


def parse_extract_line(line: str) -> Row | Withheld:
    """Read a line of an extract back, in which entries may be withheld.

    Raises:
        ValueError: the line is neither an entry nor a withheld one.
    """
    value = _object(line)
    if set(value) != set(Withheld._fields):
        return parse_line(line)
    if not (isinstance(value["content"], str) and _HASH.fullmatch(value["content"])):
        raise ValueError("a withheld entry has a hash of its content, in hex")
    return Withheld(**value)


def _object(line: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(line)
    except RecursionError:
        raise ValueError("a line of an export is not nested") from None
    return value if isinstance(value, dict) else {}
