"""The audit ledger: append-only and hash-chained (AUD-01, AUD-06).

Invariant: no function here changes or removes an entry, and triggers refuse it in the database. Each entry's hash covers the one before
and every column as it is stored, so nobody changes the past without `chain.verify` showing where.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from storage.chain import Row, digest
from storage.columns import iso
from storage.database import Tx
from storage.tables import LedgerHeadRow, LedgerRow, table

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


def append(tx: Tx, entry: Entry) -> int:
    """Write an entry at the end. Writers wait for each other from here to their commit: append late in a transaction.

    Returns:
        Its number; the first is 1 and there are no gaps.
    """
    last = tx.run(_LOCK_HEAD).one()
    unsigned = Row(
        seq=last.seq + 1,
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
        prev=last.hash,
        hash="",
    )
    row = unsigned._replace(hash=digest(unsigned))
    tx.run(_T.insert(), row._asdict())
    tx.run(_SET_HEAD, {"new_seq": row.seq, "new_hash": row.hash})
    return row.seq


_PAGE = 2_000
_ROWS = select(*_COLUMNS).where(_C.seq > bindparam("after")).order_by(_C.seq).limit(bindparam("limit"))


def rows(tx: Tx, after: int = 0, limit: int | None = None) -> Iterator[Row]:
    """Entries in order, read in pages; to be used up inside the transaction.

    Args:
        after: leave out entries up to this number.
        limit: how many at most; None for all.
    """
    left = limit
    while left is None or left > 0:
        page = tx.run(_ROWS, {"after": after, "limit": _PAGE if left is None else min(left, _PAGE)}).all()
        yield from map(Row._make, page)
        if not page:
            return
        after = page[-1][0]
        left = None if left is None else left - len(page)


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
    return [Row._make(row) for row in tx.run(found)]


def head(tx: Tx) -> tuple[int, str]:
    """The number and the hash of the last entry; 0 and the genesis hash when there is none."""
    last = tx.run(_READ_HEAD).one()
    return last.seq, last.hash
