"""A long history, written quickly: what years of work leave behind, for benchmarks on a scratch database.

Invariant: it can only begin an empty ledger, and its entries go through the real hash chain: `chain.verify` holds it sound.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import bindparam

from guards.content import Content
from guards.lifecycle import State
from guards.vocabulary import ChangeType, Migration
from storage.audit import head
from storage.chain import GENESIS, Row, digest
from storage.columns import iso
from storage.database import Store, Tx
from storage.tables.base import Base, table
from storage.tables.changes import ApprovalRow, ChangeRow
from storage.tables.ledger import LedgerHeadRow, LedgerRow
from storage.tables.machinery import CardRow, InboxRow, OutboxRow
from storage.tables.versions import ArtifactRow, DeploymentRow, TargetRow

STEP = 5_000
"""Changes in one transaction."""

_STATES = (*(State.SUCCEEDED,) * 16, State.FAILED, State.REJECTED, State.CANCELLED, State.EXPIRED)
_TAGS = (
    "promote:accepted", "approve:accepted", "change:approval", "dispatch:ordered", "dispatch:started", "run:running", "run:succeeded",
    "words:refused", "promote:refused", "explain:accepted",
)  # fmt: skip
_JUDGED = frozenset({"promote:accepted", "approve:accepted", "dispatch:ordered", "promote:refused"})


@dataclass(frozen=True, slots=True)
class Size:
    """How much.

    Args:
        changes: decided changes; each with its approval, its card, two deliveries and four messages, and its deployment if it succeeded.
        entries: ledger entries, about these changes in turn.
    """

    changes: int
    entries: int


async def fill(store: Store, size: Size, services: Sequence[str], policy: str, until: datetime) -> None:
    """Write a history that ends at a moment.

    Args:
        store: with an empty ledger.
        size: how much.
        services: whose history it is.
        policy: hash that stands in the records.
        until: the last moment, UTC.

    Raises:
        ValueError: the ledger is not empty.
    """
    if (await store.read(head))[0]:
        raise ValueError("a sample history needs an empty ledger")
    ledger = _ledger(size, services, policy, until)
    targets = [{"service": service, "environment": "production"} for service in services]
    await store.write(lambda tx: _add(tx, TargetRow, targets))
    for start in range(0, size.changes, STEP):
        numbers = range(start, min(start + STEP, size.changes))
        share = size.entries * numbers.stop // size.changes - size.entries * start // size.changes
        rows = list(islice(ledger, share))
        await store.write(lambda tx, numbers=numbers, rows=rows: _write(tx, numbers, rows, services, policy, until, size))  # type: ignore[misc]


def _id(number: int) -> str:
    return f"CR-2020-{100 + number // 1000:04}-{number % 1000:03}"


def _write(tx: Tx, numbers: range, rows: list[Row], services: Sequence[str], policy: str, until: datetime, size: Size) -> None:
    changes: list[dict[str, Any]] = []
    approvals: list[dict[str, Any]] = []
    deployments: list[dict[str, Any]] = []
    artifacts: list[dict[str, Any]] = []
    cards: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for number in numbers:
        at = _moment(number, size.changes, until)
        change = _change(number, services, policy, at)
        changes.append(change)
        place = {name: change[name] for name in ("service", "environment", "version", "digest", "commit")}
        thing = {name: change[name] for name in ("service", "version", "digest", "commit")}
        artifacts.append({**thing, "authors": ["person-20"], "reviewers": ["person-21"], "seen": at})
        approvals.append({
            "change": change["id"], "by": "person-32@bench.example", "name": "Person 32", "roles": ["release_manager"],
            "verdict": "approved", "rationale": "diff read, alerts are quiet", "content": "0" * 64, "at": at,
            "expires": at + timedelta(hours=24), "withdrawn": None,
        })  # fmt: skip
        if change["state"] is State.SUCCEEDED:
            deployments.append({**place, "at": at, "change": change["id"]})
        cards.append({"subject": change["id"], "channel": "C0RELEASES", "ts": f"{1_500_000_000 + number}.000100", "thread": None})
        deliveries += [
            {
                "key": f"slack:{kind}:{number}.sample", "kind": "asked", "payload": _ASKED, "correlation": f"{number:012x}", "received": at,
                "state": "done", "due": at, "attempts": 1, "worker": None, "why": None, "answer": {"outcome": "allowed"},
            }
            for kind in ("command", "form")
        ]  # fmt: skip
        messages += [
            {
                "kind": kind, "payload": {"change": change["id"], "text": "x" * 300}, "key": None, "lane": "C0RELEASES",
                "correlation": f"{number:012x}", "added": at, "due": at, "state": "done", "attempts": 1, "until": None, "worker": None,
                "why": None,
            }
            for kind in ("order", "card", "log", "reply")
        ]  # fmt: skip
    for row, values in (
        (ChangeRow, changes), (ArtifactRow, artifacts), (ApprovalRow, approvals), (DeploymentRow, deployments),
        (CardRow, cards), (InboxRow, deliveries), (OutboxRow, messages),
        (LedgerRow, [row._asdict() for row in rows]),
    ):  # fmt: skip
        _add(tx, row, values)
    if rows:
        tx.run(_FORWARD, [{"new_seq": row.seq, "new_hash": row.hash} for row in rows])  # the head moves on by one, here too


_FORWARD = table(LedgerHeadRow).update().values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
_ASKED = json.dumps({"user": "U0BENCH001", "team": "T0BENCH", "text": "promote svc-00 v1.4.0 production", "channel": "C0RELEASES"})


def _add(tx: Tx, row: type[Base], values: list[dict[str, Any]]) -> None:
    if values:
        tx.run(table(row).insert(), values)


def _moment(number: int, of: int, until: datetime) -> datetime:
    """Spread over five years."""
    return until - timedelta(days=5 * 365) * ((of - number) / of)


def _change(number: int, services: Sequence[str], policy: str, at: datetime) -> dict[str, Any]:
    version = f"v1.{number // len(services)}.0"
    sha = f"{number:064x}"
    content = Content(
        services[number % len(services)], "production", version, f"sha256:{sha}", sha[:40], ChangeType.NORMAL, Migration.NONE, policy
    )
    return {
        "id": _id(number), **{name: getattr(content, name) for name in content.__slots__}, "declared": None,
        "state": _STATES[number % len(_STATES)],
        "requester": "person-0@bench.example", "requester_name": "Person 0", "requested": at, "attempt": 1, "run": f"run-{number}",
        "run_url": f"https://ci.bench.example/runs/{number}", "dispatched": at, "finished": at, "why": "",
        "amended": None, "assessed": None,
    }  # fmt: skip


def _ledger(size: Size, services: Sequence[str], policy: str, until: datetime) -> Iterator[Row]:
    """Entries of real lengths, chained."""
    answers = [{"guard": f"guard_{n}", "answer": "allow", "why": "v1.4.0 is what ran in staging before"} for n in range(9)]
    seen = {"artifact": {"version": "v1.4.0", "digest": "sha256:" + "1f" * 32, "commit": "9f" * 20}, "freezes": [], "window": "weekdays"}
    long = json.dumps({"answers": answers, "seen": seen}, sort_keys=True, separators=(",", ":"))
    short = json.dumps({"key": "CR-2020-0100-001.1", "run": "run-1", "why": "CI reported it"}, sort_keys=True, separators=(",", ":"))
    prev = GENESIS
    for seq in range(1, size.entries + 1):
        number = (seq - 1) * size.changes // size.entries
        tag = _TAGS[seq % len(_TAGS)]
        unsigned = Row(
            seq, iso(_moment(number, size.changes, until)), tag, f"person-{seq % 40}@bench.example", f"Person {seq % 40}",
            "developer,everyone", _id(number), services[number % len(services)], "production", f"{seq:012x}", policy,
            long if tag in _JUDGED else short, prev, "",
        )  # fmt: skip
        prev = digest(unsigned)
        yield unsigned._replace(hash=prev)
