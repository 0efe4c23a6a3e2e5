"""The hash chain of the audit ledger, checked without a database (AUD-01, AUD-08).

Invariant: pure. A row is sound when its hash is that of its own columns and its `prev` is the hash of the row before; the first row's
`prev` is `GENESIS`. The columns are hashed on their own first, so an entry can be withheld from an extract without breaking its chain,
and removed after its retention by a tombstone, which a later entry has to answer for (AUD-02).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic_core import from_json

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


TOMBSTONE = "ledger:tombstone"
"""Tag of what stands in the place of an entry that was removed."""

PURGED = "ledger:purged"
"""Tag of the entry that says which ones were removed: its body has their numbers under `removed`, as pairs of first and last."""


def tombstone(row: Row) -> Row:
    """What is left of an entry that is removed: its place in the chain, and the hash of what it said."""
    return Row(row.seq, "", TOMBSTONE, "", "", "", None, None, None, "", "", content_hash(row), row.prev, row.hash)


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
_quoted = json.encoder.encode_basestring_ascii  # as `_encode` does it
_MAY_BE_NONE = frozenset({"subject", "service", "environment"})
_always = itemgetter(*(place for place, name in enumerate(Row._fields) if name not in _MAY_BE_NONE))
_TYPES = frozenset({str, type(None)})


def content_hash(row: Row) -> str:
    """sha256 over the canonical JSON list of all its columns but `prev` and `hash`, hex; of a tombstone that of the entry that it was."""
    if row.tag == TOMBSTONE:
        return row.body
    texts = ",".join(["null" if value is None else _quoted(value) for value in row[1:-2]])  # a JSON encoder takes three times as long
    return hashlib.sha256(f"[{row.seq},{texts}]".encode()).hexdigest()


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


_NOTHING: Mapping[int, str] = MappingProxyType({})


def verify(
    rows: Iterable[Row | Withheld],
    head: tuple[int, str] | None = None,
    start: tuple[int, str] = (0, GENESIS),
    known: Mapping[int, str] = _NOTHING,
) -> Sound | Broken:
    """Walk the chain and name the first entry that is not as it was written.

    Args:
        rows: all entries after `start`, in order; streamed.
        head: number and hash that the last entry must have, from the head row or from a note kept elsewhere; without it, and without
            checkpoints, a cut tail of an export cannot be seen.
        start: number and hash of an entry that is known to be sound; all from the beginning when left out.
        known: number → hash that the entry must have, from checkpoints: a history that was written anew shows only against them.
    """
    seq, prev = start
    removed, explained = list[int](), list[tuple[int, int]]()
    for row in rows:
        seq += 1
        if why := _misplaced(row, seq) or (_wrong(row, prev) if isinstance(row, Row) else None):
            return Broken(seq, why)
        if isinstance(row, Row):
            prev = row.hash
            if row.tag == TOMBSTONE:
                removed.append(seq)
            elif row.tag == PURGED:
                explained += _explained(row)
        else:
            prev = _link(prev, row.content)
        if seq in known and known[seq] != prev:
            return Broken(seq, f"entry {seq} is not the one that a checkpoint names: it, or one before it, was written anew")
    return _end(seq, prev, head, known) or _unexplained(removed, explained) or Sound(seq, prev)


def _end(seq: int, prev: str, head: tuple[int, str] | None, known: Mapping[int, str]) -> Broken | None:
    """Whether the last entry is the one that should be."""
    if head is not None and (seq, prev) != head:
        if seq < head[0]:
            return Broken(seq + 1, f"entry {seq + 1} is missing: the ledger ends at {seq} and had {head[0]} entries")
        if seq > head[0]:
            return Broken(head[0] + 1, f"entry {head[0] + 1} is not known to the head, which says {head[0]}")
        return Broken(seq, f"entry {seq} is not the one that the head names")
    if known and seq < (size := max(known)):
        return Broken(
            seq + 1, f"entry {seq + 1} is missing: the ledger ends at {seq}, and when a checkpoint was signed it had {size} entries"
        )
    return None


def _explained(row: Row) -> Iterator[tuple[int, int]]:
    """Which entries before it a purge says that it removed; what it says in another form it does not say."""
    try:
        said = json.loads(row.body)["removed"]
        yield from ((first, last) for first, last in said if type(first) is type(last) is int and 0 < first <= last < row.seq)
    except (ValueError, TypeError, KeyError, RecursionError):
        return


def _unexplained(removed: list[int], explained: list[tuple[int, int]]) -> Broken | None:
    """The first tombstone that no purge answers for."""
    spans = iter(sorted(explained))
    first, last = next(spans, (0, 0))
    for seq in removed:
        while last < seq and first:
            first, last = next(spans, (0, 0))
        if not first <= seq <= last:
            return Broken(seq, f"entry {seq} was removed, and no entry says who did it and by which rule")
    return None


def _misplaced(row: Row | Withheld, seq: int) -> str | None:
    if type(row.seq) is not int:
        return f"entry {seq} has a number that is none"
    if row.seq != seq:
        return f"entry {seq} is missing: {row.seq} stands in its place" if row.seq > seq else f"entry {seq}: {row.seq} stands in its place"
    return None


def _wrong(row: Row, prev: str) -> str | None:
    seq = row.seq
    if not _TYPES.issuperset(map(type, row[1:])) or None in _always(row):
        name = next(
            n for n, v in zip(Row._fields[1:], row[1:], strict=True) if type(v) is not str and (v is not None or n not in _MAY_BE_NONE)
        )
        return f"entry {seq} has no text as its {name}"
    if row.prev != prev:
        return f"entry {seq} does not follow entry {seq - 1}" if seq > 1 else "entry 1 does not begin this ledger"
    if row.tag == TOMBSTONE and row != tombstone(row):
        return f"entry {seq} was removed, and something was written in its place"
    if digest(row) != row.hash:
        return f"entry {seq} was changed: its hash does not fit"
    return None


def export_lines(rows: Iterable[Row | Withheld]) -> Iterator[str]:
    """One JSON object for each entry, without line ends (JSONL, AUD-08)."""
    return (_encode(row._asdict()) for row in rows)


def parse_line(line: str | bytes) -> Row:
    """Read a line of an export back; what it says is judged by `verify`.

    Raises:
        ValueError: the line is not an entry.
    """
    value = _object(line)
    if tuple(value) == Row._fields:  # as they were written
        return Row._make(value.values())
    if set(value) != set(Row._fields):
        raise ValueError("a line of an export is a JSON object with exactly the columns of the ledger")
    return Row(**value)


def parse_extract_line(line: str | bytes) -> Row | Withheld:
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


def _object(line: str | bytes) -> dict[str, Any]:
    value: Any = from_json(line, cache_strings="keys")  # Python's own takes twice as long, and a million lines are read
    return value if isinstance(value, dict) else {}
