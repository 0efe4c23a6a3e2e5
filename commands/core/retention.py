"""Removes what is past its time: entries of the ledger, copies of logs, messages that never arrived (AUD-02, AUD-13).

Invariant: what goes is judged and recorded in the transaction in which it goes: by whom, by which rules, which numbers, how many. Nothing
can be begun or owed meanwhile for what is being removed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

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
from storage.retention import OldLog, Place, Unsent

KIND = "purge"
"""Of the timer, and of its delivery."""

EVERY = timedelta(days=1)
AT_ONCE = 2_000
"""Entries that one transaction removes: other writers of the ledger wait for it."""

_WHY_NOT = "it was removed after its retention period"


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked at and is past its period.

    Args:
        place: how far.
        more: whether there may be more beyond.
        entries: rows of the ledger that may go.
        logs: copies of logs that may go.
        messages: messages that were given up, which may go.
        kept: what stays all the same, by the reason.
    """

    place: Place
    more: bool
    entries: tuple[Row, ...] = ()
    logs: tuple[OldLog, ...] = ()
    messages: tuple[Unsent, ...] = ()
    kept: Counter[Keeps] = field(default_factory=Counter)


def look(tx: Tx, policy: Policy, at: datetime, after: Place) -> Found:
    """What may be removed next; nothing is.

    Args:
        policy: in force.
        at: now, UTC.
        after: how far somebody looked before; logs and messages are looked at from the beginning only.
    """
    rules = policy.ledger.retention
    rows = retention.old(tx, at - rules.records, at - rules.words, after, AT_ONCE)
    first = after == Place()
    logs = retention.old_logs(tx, at - rules.logs) if first else []
    messages = retention.unsent(tx, at - rules.words) if first else []
    place = Place(rows[-1].at, rows[-1].seq) if rows else after
    return _judged(tx, Found(place, len(rows) == AT_ONCE, tuple(rows), tuple(logs), tuple(messages)), policy, at)


def _judged(tx: Tx, found: Found, policy: Policy, at: datetime) -> Found:
    rules, unfinished, kept = policy.ledger.retention, retention.unfinished(tx, at), Counter[Keeps]()

    def goes(one: Old) -> bool:
        if why := kept_by(one, rules, unfinished, at):
            kept[why] += 1
        return why is None

    entries = tuple(row for row in found.entries if goes(_entry(row)))
    logs = tuple(log for log in found.logs if goes(Old(Kind.LOGS, log.at, log.service, log.change)))
    messages = tuple(one for one in found.messages if goes(Old(Kind.WORDS, one.added, None, None)))
    return replace(found, entries=entries, logs=logs, messages=messages, kept=kept)


def _entry(row: Row) -> Old:
    return Old(kind_of(row.tag), datetime.fromisoformat(row.at), row.service, row.subject, row.tag)


def purge(tx: Tx, found: Found, by: Actor, facts: Facts, correlation: str) -> Found:
    """Remove what was found, unless something keeps it now, and record it.

    Args:
        found: by `look`.
        by: who has it done.
        facts: give the moment and the policy.

    Returns:
        What went.
    """
    retention.stand_still(tx)
    there = replace(found, entries=tuple(retention.standing(tx, [row.seq for row in found.entries])))
    gone = replace(_judged(tx, there, facts.policy, facts.at), kept=found.kept)
    logs = retention.empty(tx, [log.key for log in gone.logs], _WHY_NOT)
    messages = retention.forget(tx, [one.id for one in gone.messages])
    if gone.entries or logs or messages:
        retention.bury(tx, gone.entries)
        counted = Counter(kind_of(row.tag) for row in gone.entries) + Counter({Kind.LOGS: len(logs)})
        moments = [row.at for row in gone.entries]
        record.write(
            tx, PURGED, by, facts, correlation, removed=_spans(row.seq for row in gone.entries), logs=logs, messages=messages,
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
        payload, policy = taken.delivery.payload, self._policy
        after = Place(str(payload.get("at", "")), int(payload.get("seq", 0)))
        asked = policy.ledger.retention.by_itself
        found = await self._store.read(partial(look, policy=policy, at=self._clock.now(), after=after)) if asked else None

        def work(tx: Tx) -> None:
            facts = Facts(at=self._clock.now(), policy=policy)
            if found:
                purge(tx, found, record.CLOCK, facts, taken.delivery.correlation)
                onward = {"at": found.place.at, "seq": found.place.seq} if found.more else {}
                timers.set(tx, timers.Timer(KIND, KIND, facts.at + (timedelta(seconds=1) if found.more else EVERY), onward))
            inbox.done(tx, taken.id, None)

        await self._store.write(work)
