"""Ends a request that nobody decided or that never found its time (policy: `limits.request`).

Invariant: only an undecided change expires; one that CI works on never does.
"""

from datetime import datetime

from commands.core import record
from commands.core.tell import card_of, log_of
from commands.core.trains import departure
from guards.change import Change
from guards.facts import Facts, Request
from guards.lifecycle import UNDECIDED, State
from guards.slot import next_slot
from storage import changes, timers
from storage.database import Tx


def expires(tx: Tx, change: Change, request: Request, facts: Facts) -> None:
    """Set when a request ends by itself: so long after it was made, but never before the time that it waits for.

    Args:
        tx: open.
        change: as it stands.
        request, facts: as it was judged last.
    """
    slot, due = next_slot(request, facts), change.requested + facts.policy.limits.request
    if isinstance(slot, datetime) and slot >= max(due, facts.at):
        due = slot + facts.policy.limits.request
    timers.set(tx, timers.Timer(f"expire:{change.id}", "expire", due, {"change": change.id}))


def expired(tx: Tx, change_id: str, facts: Facts, correlation: str) -> None:
    """The request's last moment came."""
    change = changes.lock(tx, change_id)
    if change is None or change.state not in UNDECIDED:
        return
    why = f"Nobody brought it to an end since {change.requested:%Y-%m-%d %H:%M} UTC."
    change = changes.move(tx, change, State.EXPIRED, why=why, finished=facts.at)
    timers.cancel(tx, f"advance:{change.id}")
    content = change.content
    record.write(
        tx, "change:expired", record.CLOCK, facts, correlation, subject=change.id, service=content.service, environment=content.environment
    )
    log_of(tx, change, facts, correlation, f"Expired. {why} Ask again if it is still wanted.")
    card_of(tx, change, facts, correlation)
    departure.ended(tx, change, facts, correlation)
