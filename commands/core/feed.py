"""What stands in the calendars that people subscribe to: the moments of trains, windows, freezes (TRN-25, WIN-16, FRZ-08).

Invariant: an event keeps its name as long as it is the same thing, whatever moves; what is not planned any more is not in the feed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from commands.core.freeze_card import where
from commands.core.trains.card import STAGES
from guards.facts import Facts
from guards.opening import openings, rules_of
from guards.train import Train, TrainRun, TrainState
from guards.unread import Unread
from storage import audit, trains
from storage.database import Tx

AHEAD = timedelta(days=60)
"""How far ahead openings of windows are written out; the freezes and runs that are planned are all in it."""

MOST = 1000
"""Events of one feed: a calendar that has more is not read, and some programs refuse it."""

_REPLANNED = "train:replanned"
_REVISED = ("freeze:approved", "freeze:extended", "freeze:moved", "freeze:lifted")
_A_MOMENT = timedelta(minutes=15)
"""How long a moment is shown: calendars draw nothing for an event without length."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a calendar.

    Args:
        uid: the same for the same thing, for ever.
        start, end: UTC, half-open.
        summary, text: what people read.
        sequence: one more each time that it was moved.
    """

    uid: str
    start: datetime
    end: datetime
    summary: str
    text: str = ""
    sequence: int = 0


class Calendar(Protocol):
    """How events become a file."""

    def write(self, name: str, events: tuple[Event, ...], at: datetime) -> bytes:
        """The file of a feed.

        Args:
            name: of the calendar.
            events: at most `MOST`.
            at: when it was made, UTC.
        """
        ...


def events(tx: Tx, train: str | None, facts: Facts) -> tuple[Event, ...]:
    """All that stands in a feed now.

    Args:
        train: the only one; None for all.
        facts: give the moment, the policy, freezes and holidays.
    """
    ridden = [one for one in trains.all_of(tx) if train in {None, one.id}]
    services = frozenset(service for one in ridden for service in one.services) if train else frozenset(facts.policy.services)
    found = (*_runs(tx, ridden), *_freezes(tx, services, facts), *_windows(services, facts))
    return tuple(islice(found, MOST))


def _runs(tx: Tx, ridden: list[Train]) -> Iterator[Event]:
    for train in ridden:
        if train.state is not TrainState.DRAFT:
            for run in trains.open_runs(tx, train.id):
                yield from _moments(run, train, audit.count(tx, run.id, _REPLANNED))


def _moments(run: TrainRun, train: Train, moved: int) -> Iterator[Event]:
    plan, words = run.schedule, f"{STAGES[run.stage][1]}; led by {run.captain_name}; {', '.join(train.services)}"
    points = (
        ("cutoff", plan.cutoff, "✂️ cutoff"),
        ("decision", plan.decision, "🗳️ go/no-go"),
        ("retrospective", plan.retrospective, "🔎 retrospective due"),
        ("closing", plan.closing, "📦 to be closed"),
    )
    for name, at, what in points:
        yield Event(f"{run.id}.{name}", at, at + _A_MOMENT, f"{what}: {run.id}", words, moved)
    if plan.cutoff < plan.decision:
        yield Event(f"{run.id}.stabilization", plan.cutoff, plan.decision, f"🔧 stabilization: {run.id}", words, moved)
    yield Event(f"{run.id}.departure", plan.opens, plan.closes, f"🚆 departure: {run.id}", words, moved)


def _freezes(tx: Tx, services: frozenset[str], facts: Facts) -> Iterator[Event]:
    for freeze in () if isinstance(facts.freezes, Unread) else facts.freezes:
        if freeze.services is None or services.intersection(freeze.services):
            waits = "" if freeze.in_force else ", waits for approval"
            moved = sum(audit.count(tx, freeze.id, tag) for tag in _REVISED)
            yield Event(freeze.id, freeze.start, freeze.until, f"🧊 {freeze.kind} freeze: {where(freeze)}{waits}", freeze.reason, moved)


def _windows(services: frozenset[str], facts: Facts) -> Iterator[Event]:
    """Each opening once, with the services that it is for; one whose holidays could not be read is left out, never guessed."""
    policy, found = facts.policy, dict[tuple[datetime, datetime, str], list[str]]()
    for service in sorted(services.intersection(policy.services)):
        for environment in sorted(policy.production.intersection(policy.chain(service))):
            rules = rules_of(service, environment, facts)
            for opening in () if isinstance(rules, Unread) else openings(rules, facts.at, facts.at + AHEAD):
                found.setdefault((opening.start, opening.end, opening.window), []).append(f"{service} in {environment}")
    for (start, end, window), places in sorted(found.items()):
        yield Event(f"window-{window}-{start:%Y%m%dT%H%M}-{end:%Y%m%dT%H%M}", start, end, f"🚪 window {window}", ", ".join(places))
