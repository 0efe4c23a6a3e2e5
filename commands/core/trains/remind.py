"""Reminds whoever must act, of what is missing from them, with the button that does it (TRN-23).

Invariant: nobody is reminded of what is done, at most once for one cause at one time, and in quiet hours only of cutoffs and windows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from commands.core.text import Button, Card, Code, Line, Moment, Part
from commands.core.trains.keys import KIND, key_of, moment_of
from commands.core.trains.standing import candidate_of
from guards.checklist import Area
from guards.facts import Facts
from guards.policy import Policy
from guards.retrospective import OVER
from guards.train import AHEAD, Stage, Train, TrainRun
from storage import decisions, obligations, timers
from storage.database import Tx


class Cause(StrEnum):
    """What people are reminded of; each is a moment of the schedule. The retrospective is owed, so `obligations` reminds of it."""

    CUTOFF = "cutoff"
    DECISION = "decision"
    OPENS = "opens"
    CLOSES = "closes"
    CLOSING = "closing"


LOUD = frozenset({Cause.CUTOFF, Cause.OPENS, Cause.CLOSES})
"""Come in quiet hours too: the train does not wait."""

ESCALATED = frozenset({Cause.CUTOFF, Cause.DECISION, Cause.CLOSING})
"""Told to the captain and the release managers when nobody acted."""

_MOST = 8
"""Offsets that the policy can name for one cause."""

_TITLES = {
    Cause.CUTOFF: "✂️ The cutoff of {run} comes near",
    Cause.DECISION: "🗳️ The go/no-go of {run} comes near",
    Cause.OPENS: "🚪 The window of {run} opens soon",
    Cause.CLOSES: "🏁 The window of {run} closes soon",
    Cause.CLOSING: "📦 {run} is to be closed",
}
_SILENT = {
    Cause.CUTOFF: "✂️ {run} was not cut",
    Cause.DECISION: "🗳️ {run} was not decided",
    Cause.CLOSING: "📦 {run} is not closed",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """What one person has to do.

    Args:
        person: corporate id.
        line: exactly what is missing from them.
        button: what does it, if a command does.
    """

    person: str
    line: Line
    button: Button | None = None


Duties = Callable[[Tx, Train, TrainRun, Facts], Sequence[Duty]]
"""Reads what is missing from whom for one cause, in a transaction; nothing when all is done."""


def _before_cutoff(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage not in AHEAD:
        return ()
    if run.stage is Stage.HELD:
        line: Line = (f"It is held: {run.why}. Without a cut it does not run.",)
        return (Duty(run.captain, line, Button("Go on", "train resume", {"run": run.id}, "primary")),)
    if facts.at < run.schedule.cutoff:
        line = ("What is on the branch then rides. Until then the run can be skipped or moved.",)
        return (Duty(run.captain, line, Button("Skip this run", "train skip", {"run": run.id})),)
    return (Duty(run.captain, ("Its cutoff is over, and nothing was cut.",)),)


def _before_decision(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage not in {Stage.PUBLISHED, Stage.HELD, Stage.STABILIZING, Stage.DECIDING}:
        return ()
    candidate = candidate_of(tx, run, train)
    call = decisions.call_about(tx, run.id, candidate.hash) if candidate else None
    silent = {area: people for area, people in train.attendees.items() if call is None or call.of(Area(area)) is None}
    mine = [Duty(person, *_asked(run, area, called=call is not None)) for area, people in silent.items() for person in people]
    names = ", ".join(f"{area} ({' or '.join(_name(person, facts) for person in people)})" for area, people in silent.items())
    lead = f"No answer yet from {names}." if silent else "Each area has answered: a release manager decides."
    return (*mine, Duty(run.captain, (lead if call else "You lead it: see that each area answers.",)))


def _asked(run: TrainRun, area: str, *, called: bool) -> tuple[Line, Button | None]:
    """What is missing from whoever owns an area; there is something to answer once the roll was called."""
    if not called:
        return (f"You answer for {area}.",), None
    return (f"You have not answered for {area}.",), Button(f"Answer for {area}", "go answer", {"run": run.id, "area": area}, "primary")


def _in_window(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage is Stage.GO:
        return (Duty(run.captain, ("It has its go and has not departed.",)),)
    if run.stage in {Stage.DEPARTING, Stage.STOPPED}:
        return (Duty(run.captain, (f"It is {run.stage}, and not in production with everything.",)),)
    if run.stage in {Stage.STABILIZING, Stage.DECIDING}:
        return (Duty(run.captain, ("It has no go, so it cannot depart.",)),)
    return ()


def _not_closed(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage not in OVER:
        return ()
    left = [one for one in obligations.about(tx, run.id) if one.done is None]
    if not left:
        return (
            Duty(run.captain, ("Nothing of it is owed any more.",), Button("Close the run", "train close", {"train": run.id}, "primary")),
        )
    show = Button("Show what is owed", "follow-up list", {"about": run.id})
    lines: list[Line] = [("Still owed: ", Code(one.id), f" {one.text} ({one.owner_name})") for one in left]
    return tuple(Duty(run.captain, line, show if line is lines[0] else None) for line in lines)


DUTIES: dict[Cause, Duties] = {
    Cause.CUTOFF: _before_cutoff,
    Cause.DECISION: _before_decision,
    Cause.OPENS: _in_window,
    Cause.CLOSES: _in_window,
    Cause.CLOSING: _not_closed,
}
"""Cause → who has to do what."""


def offsets(cause: Cause, policy: Policy) -> tuple[timedelta, ...]:
    """How long before its moment it is reminded of, the longest first; the escalation comes after the moment."""
    rules = policy.trains
    before = {
        Cause.CUTOFF: rules.reminders.cutoff,
        Cause.DECISION: rules.reminders.decision,
        Cause.OPENS: rules.reminders.window,
        Cause.CLOSES: rules.reminders.window,
    }.get(cause, (timedelta(0),))
    silent = (-rules.escalate,) if cause in ESCALATED else ()
    return (*sorted(before, reverse=True), *silent)


def set_reminders(tx: Tx, run: TrainRun, facts: Facts) -> None:
    """A timer for each reminder that is still to come."""
    for cause in Cause:
        for number, offset in enumerate(offsets(cause, facts.policy)):
            if (due := moment_of(run, cause.value) - offset) > facts.at:
                body = {"run": run.id, "remind": cause.value, "before": int(offset.total_seconds())}
                timers.set(tx, timers.Timer(_key(run, cause, number), KIND, due, body))


def remind_again(tx: Tx, run: TrainRun, cause: Cause, before: timedelta, facts: Facts) -> None:
    """Of a run that is not closed people are reminded until it is (TRN-18).

    Args:
        before: of the reminder that was sent now; negative, as its moment is over.
    """
    if cause is not Cause.CLOSING or before >= timedelta(0):
        return
    due = facts.at + facts.policy.obligations.again
    body = {"run": run.id, "remind": cause.value, "before": int((moment_of(run, cause.value) - due).total_seconds())}
    timers.set(tx, timers.Timer(_key(run, cause, _MOST), KIND, due, body))


def reminder_keys(run: TrainRun) -> Iterator[str]:
    """The keys of all timers that a run's reminders can have, but those of people who are left alone for the night."""
    return (_key(run, cause, number) for cause in Cause for number in range(_MOST + 1))


def _key(run: TrainRun, cause: Cause, number: int) -> str:
    return key_of(run.id, f"remind:{cause}:{number}")


def postpone(tx: Tx, run: TrainRun, cause: Cause, before: timedelta, person: str, until: datetime) -> None:
    """Remind one person when their quiet hours end."""
    who = blake2s(person.encode(), digest_size=6).hexdigest()
    body = {"run": run.id, "remind": cause.value, "before": int(before.total_seconds()), "person": person}
    timers.set(tx, timers.Timer(key_of(run.id, f"remind:{cause}:{who}"), KIND, until, body))


def pointless(run: TrainRun, cause: Cause, before: timedelta, facts: Facts) -> str:
    """Why a reminder that is carried out now is not sent; "" when it is."""
    target = moment_of(run, cause.value)
    if target - before > facts.at:
        return "its moment was moved"
    later = [each for each in offsets(cause, facts.policy) if each < before and target - each <= facts.at]
    if later:
        return "a later one is due as well"
    return "its moment is over" if before > timedelta(0) and facts.at >= target else ""


def by_person(duties: Sequence[Duty]) -> Mapping[str, tuple[Duty, ...]]:
    """What each person has to do, so that each is told once."""
    found: dict[str, tuple[Duty, ...]] = {}
    for duty in duties:
        found[duty.person] = (*found.get(duty.person, ()), duty)
    return found


def reminder_card(run: TrainRun, train: Train, cause: Cause, duties: Sequence[Duty]) -> Card:
    """What one person is reminded of."""
    when: Line = (f"{cause.value.capitalize()}: ", Moment(moment_of(run, cause.value), train.rule.zone))
    return Card(
        _TITLES[cause].format(run=run.id),
        parts=(Part((when, *(duty.line for duty in duties))),),
        buttons=tuple(duty.button for duty in duties if duty.button),
    )


def silence_card(run: TrainRun, train: Train, cause: Cause, duties: Sequence[Duty], facts: Facts) -> Card:
    """What the captain and the release managers are told when nobody acted."""
    when: Line = ("It was due ", Moment(moment_of(run, cause.value), train.rule.zone), ".")
    lacking = tuple((f"{_name(person, facts)}: ", *duty.line) for person, own in by_person(duties).items() for duty in own)
    return Card(
        _SILENT[cause].format(run=run.id), parts=(Part((when, *lacking)),), buttons=(Button("Show", "train show", {"train": train.id}),)
    )


def _name(person: str, facts: Facts) -> str:
    known = facts.policy.by_id.get(person)
    return known.name if known else person
