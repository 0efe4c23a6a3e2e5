"""The card of a run: its timeline with "you are here", who leads it, what rides and what blocks (TRN-01, TRN-25).

Invariant: the picture is a function of the run and the moment, so drawing it again changes nothing but where "here" is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from commands.core.text import Bold, Button, Card, Code, Line, Moment, Part
from guards.facts import Facts
from guards.train import AHEAD, OPEN_RUN, Milestone, Schedule, Stage, Train, TrainRun
from storage.moments import Reached

STAGES: Mapping[Stage, tuple[str, str]] = {
    Stage.PLANNED: ("🗓️", "planned"),
    Stage.PUBLISHED: ("📣", "before the cutoff"),
    Stage.HELD: ("✋", "held before the cutoff"),
    Stage.STABILIZING: ("🔧", "stabilizing"),
    Stage.DECIDING: ("🗳️", "go or no-go?"),
    Stage.GO: ("🟢", "go"),
    Stage.NO_GO: ("⛔", "no-go"),
    Stage.DEPARTING: ("🚂", "departing"),
    Stage.DEPARTED: ("🏁", "departed"),
    Stage.STOPPED: ("🛑", "stopped on its way"),
    Stage.SKIPPED: ("⏭️", "skipped"),
    Stage.CLOSED: ("📦", "closed"),
}
"""Stage of a run → its emoji, and its words."""

STATIONS: tuple[tuple[Milestone, str, str, str], ...] = (
    (Milestone.PUBLISH, "publish", "📣", "Schedule posted"),
    (Milestone.CUTOFF, "cutoff", "✂️", "Cutoff"),
    (Milestone.DECISION, "decision", "🗳️", "Go/no-go"),
    (Milestone.OPENS, "opens", "🚪", "Window opens"),
    (Milestone.CLOSES, "closes", "🏁", "Window closes"),
)
"""What the picture shows: milestone, its field in the schedule, its emoji, its words."""

_CELLS = 8
"""Cells of the track between two stations, whatever time lies between them: a picture to scale would show one long line and four dots."""


_UNTIL: Mapping[Stage, str] = {
    **dict.fromkeys(AHEAD, "cutoff"), **dict.fromkeys((Stage.STABILIZING, Stage.DECIDING, Stage.NO_GO), "decision")
}  # fmt: skip
"""Stage → the station that a run does not pass while it stands there, whatever the time is."""


def here(run: TrainRun, at: datetime) -> datetime:
    """The moment of the schedule at which a run is: what was not cut, or not let go, waits before that, however late it is."""
    station = _UNTIL.get(run.stage)
    return min(at, getattr(run.schedule, station) - timedelta(microseconds=1)) if station else at


def picture(schedule: Schedule, at: datetime) -> str:
    """The track of a run with the train on it: done is drawn solid, what is to come dotted."""
    drawn: list[str] = []
    for (_, name, emoji, _), cells in zip(STATIONS, (*_tracks(schedule, at), ""), strict=True):
        here = name == "publish" and at < schedule.publish
        drawn += ["🚆" if here else "", emoji, cells]
    return "".join(drawn) + ("🚆" if at >= schedule.closes else "")


def _tracks(schedule: Schedule, at: datetime) -> Iterator[str]:
    for start, end in _legs(schedule):
        cells = _CELLS if end > start else 1
        if at >= end:
            yield "━" * cells
        elif at < start:
            yield "┄" * cells
        else:
            done = int((at - start) / (end - start) * _CELLS)
            yield "━" * done + "🚆" + "┄" * (_CELLS - 1 - done)


def _legs(schedule: Schedule) -> list[tuple[datetime, datetime]]:
    moments = [getattr(schedule, name) for _, name, _, _ in STATIONS]
    return list(pairwise(moments))


def next_move(schedule: Schedule, at: datetime) -> datetime | None:
    """When the picture looks otherwise than now, UTC; None when the run's window is over."""
    steps = (start + (end - start) * cell / _CELLS for start, end in _legs(schedule) for cell in range(1, _CELLS + 1) if end > start)
    return next((step for step in steps if step > at), None)


def where_now(run: TrainRun, at: datetime) -> str:
    """Where the run is, in words: by its stage, and where that does not tell, by the schedule."""
    schedule = run.schedule
    if run.stage in AHEAD:
        waits = "held at the cutoff" if run.stage is Stage.HELD else "at the cutoff"
        return "before the cutoff" if at < schedule.cutoff else waits
    if run.stage in _UNTIL:
        return "stabilization" if at < schedule.decision else "waiting for its go"
    if run.stage is Stage.DEPARTED:
        return "in production"
    if at < schedule.opens:
        return "waiting for the window"
    return "in the window" if at < schedule.closes else "after the window"


def train_card(run: TrainRun, train: Train, reached: Mapping[Milestone, Reached], details: Sequence[Part], facts: Facts) -> Card:
    """The one card of a run.

    Args:
        run, train: as they stand.
        reached: which milestones it has reached, and when.
        details: what others have to say.
        facts: gives the moment and the policy.
    """
    zone = train.rule.zone
    emoji, words = STAGES[run.stage]
    rows: tuple[tuple[str, Line], ...] = (
        ("Captain", (run.captain_name,)),
        ("Departs", (Moment(run.schedule.opens, zone), f" ({train.rule.window})")),
        ("Services", (", ".join(train.services),)),
        *((("Release", (Code(run.version),)),) if run.version else ()),
    )
    return Card(
        f"{emoji} {run.id}: {words}",
        facts=rows,
        parts=(_timeline(run, zone, reached, facts), *_contents(run, train), *details),
        buttons=_buttons(run, facts),
        footer=(Code(run.id), f" · {train.id}, revision {run.revision} · details in thread"),
    )


def _timeline(run: TrainRun, zone: str, reached: Mapping[Milestone, Reached], facts: Facts) -> Part:
    at, over = facts.at, run.stage in {Stage.SKIPPED, Stage.CLOSED}
    lines: list[Line] = [] if over else [(picture(run.schedule, here(run, at)),), ("🚆 you are here: ", Bold(where_now(run, at)))]
    for milestone, name, emoji, words in STATIONS:
        due: datetime = getattr(run.schedule, name)
        done = reached.get(milestone) if facts.at >= due else None  # one that was reached can be moved later
        lines.append((f"{'✅' if done else '▫️'} {emoji} {words} ", Moment(due, zone), *_lateness(done, zone, facts)))
    return Part(tuple(lines))


def _lateness(done: Reached | None, zone: str, facts: Facts) -> Line:
    if done is None or done.at - done.due <= facts.policy.trains.late:
        return ()
    return (" ⚠️ late: ", Moment(done.at, zone))


def _contents(run: TrainRun, train: Train) -> Iterator[Part]:
    if run.why:
        yield Part(((run.why,),), heading="Take note")
    if train.excluded:
        yield Part(((", ".join(train.excluded),),), heading="Does not ride")


def _buttons(run: TrainRun, facts: Facts) -> tuple[Button, ...]:
    """What a captain does next, where the run stands."""
    known, lead = {"run": run.id}, {"train": run.id}
    other = Button("Another captain", "train captain", lead)
    if run.stage is Stage.SKIPPED:
        back = Button("Take that back", "train resume", known, confirm=f"Let {run.id} run after all?")
        return (back,) if facts.at < run.schedule.cutoff else ()
    if run.stage in {Stage.DEPARTED, Stage.STOPPED}:
        return (Button("Show what is owed", "follow-up list", {"about": run.id}), Button("Close the run", "train close", lead))
    if run.stage is Stage.HELD:
        at_once = "Its cutoff is over: it is cut at once." if facts.at >= run.schedule.cutoff else "It is cut at its cutoff."
        cut, _, extend = captains_buttons(run)
        return (Button("Go on", "train resume", known, "primary", confirm=at_once), replace(cut, style=""), extend, other)
    if run.stage in AHEAD and facts.at < run.schedule.cutoff:
        return (*_captains(run), Button("Skip this run", "train skip", known), other)
    return (*_captains(run), other) if run.stage in OPEN_RUN - {Stage.DEPARTING} else ()


def captains_buttons(run: TrainRun) -> tuple[Button, ...]:
    """What a captain can do before the cutoff; the card of the run and what tells of a cut that failed have them."""
    fields = {"run": run.id}
    return (
        Button("Cut now", "train cut", fields, "primary"),
        Button("Hold", "train hold", fields),
        Button("Extend", "train extend", fields),
    )


def _captains(run: TrainRun) -> tuple[Button, ...]:
    """What its captain can do until it is cut."""
    return captains_buttons(run) if run.stage in AHEAD - {Stage.PLANNED} else ()


def train_lines(train: Train, runs: Sequence[TrainRun], at: datetime) -> tuple[Line, ...]:
    """A train in a few lines, for lists."""
    zone = train.rule.zone
    lines: list[Line] = [
        (Bold(train.id), f" ({train.state}): {', '.join(train.services)}, led by {', '.join(train.captains) or 'nobody'}"),
    ]
    for run in runs:
        emoji, words = STAGES[run.stage]
        ahead = at < run.schedule.cutoff
        what, moment = ("cutoff", run.schedule.cutoff) if ahead else ("window", run.schedule.opens)
        lines.append((f"    {emoji} ", Code(run.id), f" {words}, {what} ", Moment(moment, zone)))
    return tuple(lines)
