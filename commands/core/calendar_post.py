"""A calendar that stands in a channel: one pinned message with what the next days bring, drawn anew as things move (WIN-16, FRZ-08).

Invariant: there is one message, in the channel that the policy names; without one nothing is posted. What could not be read is said.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from commands.core.feed import Event, events
from commands.core.text import Bold, Card, Line, Moment, Part
from guards.facts import Facts
from guards.opening import rules_of
from guards.unread import Unread
from storage import outbox, timers
from storage.database import Tx

KIND = "posted-calendar"
"""Of its timer, and of the message that draws it; the card is found by the same name and its channel."""

EVERY = timedelta(hours=1)
"""How often it is drawn anew when nothing else asks for it; a freeze that moves does at once."""

DAYS = timedelta(days=14)
_MOST = 60
"""Events that one message shows; the rest is counted."""


def begin(tx: Tx, facts: Facts) -> None:
    """Draw it, and go on doing so; where the policy names no channel, never."""
    if facts.policy.slack.calendar is None:
        timers.cancel(tx, KIND)
    else:
        due(tx, facts, "start")


def due(tx: Tx, facts: Facts, correlation: str) -> None:
    """Have it drawn anew now, and again after a while."""
    channel = facts.policy.slack.calendar
    if channel is not None:
        outbox.add(tx, outbox.Message(KIND, {"channel": channel}, key=KIND, lane=channel, correlation=correlation), facts.at)
        timers.set(tx, timers.Timer(KIND, KIND, facts.at + EVERY, {}))


def subject_of(channel: str) -> str:
    """By which the message is found again; another channel gets a message of its own."""
    return f"{KIND}@{channel}"


def calendar_card(tx: Tx, facts: Facts) -> Card:
    """What the next two weeks bring, day by day.

    Args:
        facts: give the moment, the policy, freezes and holidays.
    """
    zone = facts.policy.zone
    found = sorted((e for e in events(tx, None, facts) if e.start < facts.at + DAYS and e.end > facts.at), key=lambda e: (e.start, e.uid))
    parts = [
        Part(tuple(_line(event, zone) for event in ours), heading=f"{day:%A %-d %B}")
        for day, ours in groupby(found[:_MOST], key=lambda e: max(e.start, facts.at).astimezone(ZoneInfo(zone)).date())
    ]
    if len(found) > _MOST:
        parts.append(Part(((f"{len(found) - _MOST} more are left out: ", Bold("/release calendar add"), " has all."),)))
    parts += [Part(lost, heading="⚠️ Not all could be read")] if (lost := tuple(_unread(facts))) else []
    shown = tuple(parts) or (Part((("Nothing is planned.",),)),)
    return Card("📅 Windows, trains and freezes of the next two weeks", parts=shown, footer=("as of ", Moment(facts.at, zone)))


def _line(event: Event, zone: str) -> Line:
    return (f"{event.summary} ", Moment(event.start, zone), " to ", Moment(event.end, zone), f": {event.text}"[:200])


def _unread(facts: Facts) -> Iterator[Line]:
    """The places whose windows are left out because their holidays could not be read."""
    lost: dict[str, list[str]] = {}
    for service in facts.policy.services:
        for environment in sorted(facts.policy.production.intersection(facts.policy.chain(service))):
            if isinstance(rules := rules_of(service, environment, facts), Unread):
                lost.setdefault(rules.what, []).append(f"{service} in {environment}")
    for what, places in lost.items():
        yield (f"{what}: the windows of {', '.join(places)} are left out"[:300],)
