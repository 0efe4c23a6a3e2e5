"""The audit ledger: append-only and hash-chained (AUD-01, AUD-06).

Invariant: no function here changes or removes an entry, and triggers refuse it in the database. Each entry's hash covers the one before
and every column as it is stored, so nobody changes the past without `chain.verify` showing where.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, func, or_, select
from sqlalchemy.engine import CursorResult

from storage.chain import GENESIS, Row, Withheld, content_hash, digest
from storage.columns import iso
from storage.database import Tx
from storage.tables.base import table
from storage.tables.ledger import LedgerHeadRow, LedgerRow

_T = table(LedgerRow)
_C = _T.c
_HEAD = table(LedgerHeadRow)
_COLUMNS = tuple(_C[name] for name in Row._fields)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Args:
        at: when, aware.
        tag: what, like `promote:refused`.
        actor, actor_name: corporate id (or what stands for it), and the name as it was then.
        roles: held then.
        subject: id of the change or freeze that it is about.
        service, environment: where.
        correlation: id that ties it to log lines.
        policy: hash of the policy file in force.
        body: before and after, rationale, facts seen; JSON values only. Retained for years: no more about people than is needed (AUD-13).
    """

    at: datetime
    tag: str
    actor: str
    actor_name: str
    roles: tuple[str, ...]
    subject: str | None
    service: str | None
    environment: str | None
    correlation: str
    policy: str
    body: dict[str, Any]


_READ_HEAD = select(_HEAD.c.seq, _HEAD.c.hash).where(_HEAD.c.id == 1)
_LOCK_HEAD = _READ_HEAD.with_for_update()
_SET_HEAD = _HEAD.update().where(_HEAD.c.id == 1).values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))


def append(tx: Tx, entry: Entry) -> None:
    """Write an entry at the end: the first has number 1, and there are no gaps.

    Writers wait for each other from a transaction's first entry to its commit: what is read after it stays so until then. Its entries are
    written together, as its last thing.

    Raises:
        ValueError: the body is no JSON.
    """
    row = Row(
        seq=0,
        at=iso(entry.at),
        tag=entry.tag,
        actor=entry.actor,
        actor_name=entry.actor_name,
        roles=",".join(entry.roles),
        subject=entry.subject,
        service=entry.service,
        environment=entry.environment,
        correlation=entry.correlation,
        policy=entry.policy,
        body=json.dumps(entry.body, sort_keys=True, separators=(",", ":"), allow_nan=False),
        prev="",
        hash="",
    )
    if not tx.waiting(_chain):
        tx.at_end(_chain, tx.run(_LOCK_HEAD).one())
    tx.at_end(_chain, row)


def unmoved(tx: Tx, end: tuple[int, str]) -> bool:
    """Whether nobody else has written since the ledger ended like that; from now on nobody does until this transaction ends.

    Whatever a transaction with an entry changes was then read as it is now, though it was read before.

    Args:
        end: from `head`, read earlier in this transaction.
    """
    waiting = tx.waiting(_chain)
    now = waiting[0] if waiting else tx.run(_LOCK_HEAD).one()
    return (now.seq, now.hash) == end


def _chain(tx: Tx, loose: list[Any]) -> None:
    """Number the entries of a transaction, and chain them to the end of the ledger, which was locked before the first."""
    head, *entries = loose
    chained: list[Row] = []
    prev = head.hash
    for seq, row in enumerate(entries, head.seq + 1):
        linked = row._replace(seq=seq, prev=prev)
        prev = digest(linked)
        chained.append(linked._replace(hash=prev))
    tx.run(_T.insert(), [row._asdict() for row in chained])
    tx.run(_SET_HEAD, [{"new_seq": row.seq, "new_hash": row.hash} for row in chained])  # the database lets it go forward by one only


def _read(tx: Tx, statement: Executable, values: dict[str, Any] | None = None) -> CursorResult[Any]:
    """What stands there, the entries of this transaction included."""
    tx.early(_chain)
    return tx.run(statement, values)


_PAGE = 2_000
_ROWS = select(*_COLUMNS).where(_C.seq > bindparam("after")).order_by(_C.seq).limit(bindparam("limit"))


_BEFORE_ALL = -(2**63)
"""Below the first number: an entry that somebody put there is read like all others."""


def rows(tx: Tx, after: int = _BEFORE_ALL, limit: int | None = None) -> Iterator[Row]:
    """Entries in order, read in pages; to be used up inside the transaction.

    Args:
        after: leave out entries up to this number.
        limit: how many at most; None for all.
    """
    left = limit
    while left is None or left > 0:
        page = _read(tx, _ROWS, {"after": after, "limit": _PAGE if left is None else min(left, _PAGE)}).all()
        yield from map(Row._make, page)
        if not page:
            return
        after = page[-1][0]
        left = None if left is None else left - len(page)


def refused(tx: Tx, subjects: Collection[str]) -> dict[str, int]:
    """How often something was refused about these subjects: tag → count, by tag."""
    counted = select(_C.tag, func.count().label("times")).where(_C.subject.in_(sorted(subjects)), _C.tag.endswith(":refused"))
    return {row.tag: row.times for row in tx.run(counted.group_by(_C.tag).order_by(_C.tag))}


def show(
    tx: Tx,
    *,
    subject: str | None = None,
    actor: str | None = None,
    tag_prefix: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
) -> list[Row]:
    """The newest entries that fit, newest first.

    Args:
        subject: id of a change, freeze or exception.
        actor: corporate id.
        tag_prefix: like `promote:`.
        since: not before this moment, aware.
        limit: how many at most.
    """
    found = select(*_COLUMNS).limit(limit)
    if subject is not None:
        found = found.where(_C.subject == subject)
    if actor is not None:
        found = found.where(_C.actor == actor)
    if tag_prefix is not None:
        found = found.where(_C.tag.startswith(tag_prefix, autoescape=True))
    if since is not None:
        found = found.where(_C.at >= iso(since)).order_by(_C.at.desc())  # by the index on `at`, not back through the whole ledger
    found = found.order_by(_C.seq.desc())
    return [Row._make(row) for row in _read(tx, found)]


_ABOUT = (
    select(_C.seq, _C.subject, _C.body)
    .where(
        or_(
            _C.subject.in_(bindparam("subjects", expanding=True)),
            # the body is canonical JSON, so this finds every entry that names the version anywhere; `_names` says which are about it
            (_C.service == bindparam("service")) & _C.body.contains(bindparam("named"), autoescape=False),
        )
    )
    .order_by(_C.seq)
)


def about(tx: Tx, service: str, version: str, changes: Collection[str], exceptions: Collection[str] = ()) -> list[int]:
    """The numbers of the entries about one version of a service, refusals among them, in order.

    Args:
        service, version: names.
        changes: ids of its changes; whatever their entries say, they are about it.
        exceptions: ids of those by which its changes went out; what another change did with them is not about it.
    """
    given = {"subjects": sorted({*changes, *exceptions}), "service": service, "named": f'"version":{json.dumps(version)}'}

    def shown(subject: str | None, body: Any) -> bool:
        used_by = body.get("change") if isinstance(body, dict) else None
        return subject in changes or (subject in exceptions and (used_by is None or used_by in changes)) or _names(body, version)

    return [row.seq for row in _read(tx, _ABOUT, given) if shown(row.subject, json.loads(row.body))]


def _names(body: Any, version: str) -> bool:
    """Whether an entry is about the version, and does not only mention what ran before; a body that was tampered with names nothing."""
    if not isinstance(body, dict):
        return False
    seen = body.get("seen")
    asked = seen.get("request") if isinstance(seen, dict) else None
    return version == body.get("version") or (isinstance(asked, dict) and version == asked.get("version"))


@dataclass(frozen=True, slots=True)
class Extract:
    """A part of the ledger with some entries shown and all others withheld, up to its end.

    Args:
        after: number and hash of the entry before the first; 0 and the genesis hash at the beginning.
        entries: in order and without gaps.
        head: number and hash of the last.
    """

    after: tuple[int, str]
    entries: tuple[Row | Withheld, ...]
    head: tuple[int, str]


def extract(tx: Tx, shown: Collection[int]) -> Extract:
    """What proves some entries against the ledger's head, and tells nothing of the others.

    Args:
        shown: numbers of entries; when there are none, the extract is empty and only names the head.
    """
    end = head(tx)
    if not shown:
        return Extract(end, (), end)
    wanted = frozenset(shown)
    found: list[Row | Withheld] = []
    before = (0, GENESIS)
    for row in rows(tx, min(wanted) - 1):
        if not found:
            before = (row.seq - 1, row.prev)
        found.append(row if row.seq in wanted else Withheld(row.seq, content_hash(row)))
    return Extract(before, tuple(found), end)


_STORY = (
    select(*_COLUMNS)
    .where(
        or_(
            _C.subject.in_(bindparam("subjects", expanding=True)),
            (_C.at >= bindparam("since"))
            & (_C.at <= bindparam("until"))
            & or_(_C.service.is_(None), _C.service.in_(bindparam("services", expanding=True))),
        )
    )
    .order_by(_C.seq)
)


def story(tx: Tx, subjects: Collection[str], services: Collection[str], since: datetime, until: datetime) -> Iterator[Row]:
    """The entries about some subjects, and those of a span about some services or about no single one, in order (INC-04).

    Args:
        subjects: ids; their entries are told whenever they were written.
        services: names.
        since, until: aware; both moments count.
    """
    given = {"subjects": sorted(subjects), "services": sorted(services), "since": iso(since), "until": iso(until)}
    yield from map(Row._make, _read(tx, _STORY, given))


_TAGGED = (
    select(*_COLUMNS)
    .where(_C.at >= bindparam("since"), _C.at < bindparam("until"), _C.tag.in_(bindparam("tags", expanding=True)))
    .order_by(_C.at, _C.seq)  # by the index on `at`
)


def tagged(tx: Tx, tags: Collection[str], since: datetime, until: datetime) -> Iterator[Row]:
    """The entries of a span with one of some tags, in order.

    Args:
        tags: whole ones.
        since, until: aware; half-open.
    """
    yield from map(Row._make, _read(tx, _TAGGED, {"tags": sorted(tags), "since": iso(since), "until": iso(until)}))


_COUNT = select(func.count()).where(_T.c.subject == bindparam("about"), _T.c.tag == bindparam("which"))


def count(tx: Tx, subject: str, tag: str) -> int:
    """How many entries with a tag there are about a subject."""
    return int(_read(tx, _COUNT, {"about": subject, "which": tag}).scalar_one())


_HASH_OF = select(_C.hash).where(_C.seq == bindparam("number"))


def hash_of(tx: Tx, seq: int) -> str | None:
    """The hash of one entry; None when there is none with this number."""
    found: str | None = _read(tx, _HASH_OF, {"number": seq}).scalar_one_or_none()
    return found


def head(tx: Tx) -> tuple[int, str]:
    """The number and the hash of the last entry; 0 and the genesis hash when there is none."""
    last = _read(tx, _READ_HEAD).one()
    return last.seq, last.hash
