"""Reminds whoever must act, of what is missing from them, with the button that does it (TRN-23).

Invariant: nobody is reminded of what is done, at most once for one cause at one time, and in quiet hours only of cutoffs and windows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2s

from commands.core.text import Button, Card, Line, Moment, Part
from commands.core.trains.duties import Cause, Duty, name_of
from commands.core.trains.keys import KIND, key_of, moment_of
from guards.checklist import Area
from guards.facts import Facts
from guards.policy import Policy
from guards.train import Stage, Train, TrainRun
from storage import timers
from storage.database import Tx

LOUD = frozenset({Cause.CUTOFF, Cause.OPENS, Cause.CLOSES})
"""Come in quiet hours too: the train does not wait."""

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
    Cause.OPENS: "🚪 {run} has not departed",
    Cause.CLOSES: "🏁 {run} did not depart in its window",
    Cause.CLOSING: "📦 {run} is not closed",
}


def offsets(cause: Cause, policy: Policy) -> tuple[timedelta, ...]:
    """How long before its moment it is reminded of, the longest first; the escalation comes after the moment."""
    rules = policy.trains
    before = {
        Cause.CUTOFF: rules.reminders.cutoff,
        Cause.DECISION: rules.reminders.decision,
        Cause.OPENS: rules.reminders.window,
        Cause.CLOSES: rules.reminders.window,
    }.get(cause, (timedelta(0),))
    return (*sorted(before, reverse=True), -rules.escalate)


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
    if before > timedelta(0) and facts.at >= target:
        return "its moment is over"
    return _told_otherwise(run, cause, facts) if before < timedelta(0) else ""


def _told_otherwise(run: TrainRun, cause: Cause, facts: Facts) -> str:
    """Which other message says what nobody did; "" where none does."""
    if cause is Cause.OPENS and facts.at >= run.schedule.closes:
        return "its window is over as well"
    if cause is Cause.OPENS and run.stage not in {Stage.GO, Stage.DEPARTING, Stage.STOPPED}:
        return "that it has no go is told of its go/no-go"
    return "the roll call tells who is silent" if cause is Cause.DECISION and _told_there(run, facts) else ""


def _told_there(run: TrainRun, facts: Facts) -> bool:
    """Whether the deadline of the roll call, which is no earlier than the go/no-go, tells captain and deciders who is silent."""
    call = facts.go.call if facts.go else None
    return call is not None and call.deadline >= run.schedule.decision and any(call.of(area) is None for area in Area)


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
        buttons=_once(duty.button for duty in duties),
    )


def silence_card(run: TrainRun, train: Train, cause: Cause, duties: Sequence[Duty], reader: str, facts: Facts) -> Card:
    """What the captain and the release managers are told when nobody acted, with the buttons for what is missing from the reader."""
    when: Line = ("It was due ", Moment(moment_of(run, cause.value), train.rule.zone), ".")
    lacking: dict[Line, list[str]] = {}
    for duty in duties:
        lacking.setdefault(duty.line, []).append(name_of(duty.person, facts))
    lines = tuple((f"{', '.join(people)}: ", *line) for line, people in lacking.items())
    buttons = (*_once(duty.button for duty in duties if duty.person == reader), Button("Show", "train show", {"train": train.id}))
    return Card(_SILENT[cause].format(run=run.id), parts=(Part((when, *lines)),), buttons=buttons)


def _once(buttons: Iterable[Button | None]) -> tuple[Button, ...]:
    found: list[Button] = []
    for button in buttons:
        if button and button not in found:
            found.append(button)
    return tuple(found)
