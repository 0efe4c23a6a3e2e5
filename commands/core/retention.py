"""Removes what is past its time: from the ledger to tombstones, and copies of logs (AUD-02, AUD-13).

Invariant: what goes is judged and recorded in the transaction in which it goes: by whom, by which rules, which numbers, how many. Nothing
can be begun or owed meanwhile for what is being removed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands.core import record
from commands.core.ports.clock import Clock
from commands.core.record import Actor
from guards.facts import Facts
from guards.ledger_rules import RetentionRules
from guards.policy import Policy
from guards.retention import Keeps, Kind, Old, kept_by, kind_of, period_of
from guards.values import written_duration
from storage import inbox, retention, timers
from storage.chain import PURGED, Row
from storage.database import Store, Tx
from storage.retention import OldLog, Place

KIND = "purge"
"""Of the timer, and of its delivery."""

EVERY = timedelta(days=1)
AT_ONCE = 1_000
"""Entries that one transaction looks at: other writers of the ledger wait for it."""

_WHY_NOT = "it was removed after its retention period"


@dataclass(frozen=True, slots=True)
class Gone:
    """What one transaction removed, or would remove.

    Args:
        place: how far it looked.
        more: whether there may be more beyond.
        entries: rows of the ledger.
        logs: copies of logs.
        kept: what is past a period and stays all the same, by the reason.
    """

    place: Place
    more: bool
    entries: tuple[Row, ...] = ()
    logs: tuple[OldLog, ...] = ()
    kept: Counter[Keeps] = field(default_factory=Counter)


def look(tx: Tx, policy: Policy, at: datetime, after: Place) -> Gone:
    """What may be removed next; nothing is.

    Args:
        policy: in force.
        at: now, UTC.
        after: how far somebody looked before; logs are looked at from the beginning only.
    """
    rules, unfinished = policy.ledger.retention, retention.unfinished(tx, at)
    rows = retention.old(tx, at - min(rules.records, rules.words), after, AT_ONCE)
    why = {row.seq: kept_by(_entry(row), rules, unfinished, at) for row in rows}
    logs = [] if after != Place() else retention.old_logs(tx, at - rules.logs)
    held = {log.key: kept_by(Old(Kind.LOGS, log.at, log.service, log.change), rules, unfinished, at) for log in logs}
    return Gone(
        Place(rows[-1].at, rows[-1].seq) if rows else after,
        len(rows) == AT_ONCE,
        tuple(row for row in rows if why[row.seq] is None),
        tuple(log for log in logs if held[log.key] is None),
        Counter(reason for reason in (*why.values(), *held.values()) if reason),
    )


def _entry(row: Row) -> Old:
    return Old(kind_of(row.tag), datetime.fromisoformat(row.at), row.service, row.subject, row.tag)


def purge(tx: Tx, by: Actor, facts: Facts, correlation: str, after: Place) -> Gone:
    """Remove what may be removed next, and record it.

    Args:
        by: who has it done.
        facts: give the moment and the policy.
        after: how far somebody went before.
    """
    retention.stand_still(tx)
    gone = look(tx, facts.policy, facts.at, after)
    if gone.entries or gone.logs:
        retention.bury(tx, gone.entries)
        retention.empty(tx, [log.key for log in gone.logs], _WHY_NOT)
        counted = Counter(kind_of(row.tag) for row in gone.entries) + Counter({Kind.LOGS: len(gone.logs)})
        moments = [row.at for row in gone.entries]
        record.write(
            tx, PURGED, by, facts, correlation, removed=_spans(row.seq for row in gone.entries), logs=[log.key for log in gone.logs],
            counts={kind.value: counted[kind] for kind in Kind if counted[kind]}, rules=_rules(facts.policy.ledger.retention),
            oldest=min(moments, default=None), newest=max(moments, default=None),
            kept={why.value: number for why, number in sorted(gone.kept.items())},
        )  # fmt: skip
    return gone


def _rules(rules: RetentionRules) -> dict[str, str]:
    return {kind.value: written_duration(period_of(kind, rules)) for kind in Kind}


def _spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as first and last of what follows without a gap."""
    spans: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


# ---------------------------------------------------------------- by itself


def begin(tx: Tx, policy: Policy, at: datetime) -> None:
    """Remove from now on what is past its time, where the policy wants that done by itself; else never."""
    if policy.ledger.retention.by_itself:
        timers.ensure(tx, timers.Timer(KIND, KIND, at, {}))
    else:
        timers.cancel(tx, KIND)


class Purge:
    """Carries out the timer.

    Args:
        policy: in force.
        store: the database.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, clock: Clock) -> None:
        self._policy, self._store, self._clock = policy, store, clock

    async def carry(self, taken: inbox.Taken) -> None:
        """Remove a batch, and set the timer for the next: at once where there is more, else for the next day."""
        payload = taken.delivery.payload
        after = Place(str(payload.get("at", "")), int(payload.get("seq", 0)))

        def work(tx: Tx) -> None:
            facts = Facts(at=self._clock.now(), policy=self._policy)
            if self._policy.ledger.retention.by_itself:
                gone = purge(tx, record.CLOCK, facts, taken.delivery.correlation, after)
                onward = {"at": gone.place.at, "seq": gone.place.seq} if gone.more else {}
                timers.set(tx, timers.Timer(KIND, KIND, facts.at + (timedelta(seconds=1) if gone.more else EVERY), onward))
            inbox.done(tx, taken.id, None)

        await self._store.write(work)
