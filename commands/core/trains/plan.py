"""Plans the runs of trains ahead of the present, and sets the timers of their moments (TRN-04, TRN-22, TRN-24).

Invariant: every open run has a timer for each moment that it has not reached; changing its schedule replaces them in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from commands.core import record
from commands.core.cards import note
from commands.core.tell import alert
from commands.core.text import worded
from commands.core.trains.bodies import run_body
from commands.core.trains.keys import CUTOFF, KIND, MOMENTS, key_of, moment_of
from commands.core.trains.remind import reminder_keys, set_reminders
from commands.core.trains.tell import train_card_of
from guards.decision import Refuse, Unsure
from guards.facts import Facts
from guards.moments import cutoffs, schedule
from guards.sections import Person
from guards.train import AHEAD, Milestone, Schedule, Stage, Train, TrainRun
from storage import timers, trains
from storage.database import Tx

_TRIES = 8
"""Cutoffs that are tried when one after the other finds no window."""


def plan_ahead(tx: Tx, train: Train, facts: Facts, correlation: str) -> tuple[TrainRun, ...]:
    """Plan runs until as many lie ahead as the policy says.

    Args:
        train: published.
        facts: gives the moment, the policy and the captains' names.

    Returns:
        The runs that were planned now.
    """
    trains.planning(tx, train.id)
    known = trains.runs(tx, train.id, 100)
    live = [run for run in known if run.stage is not Stage.SKIPPED]
    skipped = {run.schedule.cutoff for run in known if run.stage is Stage.SKIPPED}
    lacking = facts.policy.trains.ahead - sum(run.stage in AHEAD and run.schedule.cutoff > facts.at for run in live)
    after = max([facts.at, *(run.schedule.cutoff for run in live)])
    captain = _next_captain(train, live)
    made: list[TrainRun] = []
    for cutoff in islice((c for c in cutoffs(train.rule, after) if c not in skipped), _TRIES):
        if len(made) >= lacking:
            break
        found = schedule(train.rule, train.services, facts, cutoff)
        if not isinstance(found, Schedule):
            _unplanned(tx, train, found, facts, correlation)
            continue
        who = train.captains[(captain + len(made)) % len(train.captains)]
        taken = {run.id for run in (*known, *made)}
        made.append(_add(tx, train, _id(train, cutoff, taken), who, found, facts, correlation))
    return tuple(made)


def _next_captain(train: Train, live: Sequence[TrainRun]) -> int:
    """Whose turn it is: after whoever leads the newest run; the first when that one is not in the rotation."""
    last = max(live, key=lambda run: run.schedule.cutoff, default=None)
    return train.captains.index(last.captain) + 1 if last and last.captain in train.captains else 0


def _id(train: Train, cutoff: datetime, taken: set[str]) -> str:
    """By the local day of the first cutoff; where a run that was moved has that name, with a number."""
    name = f"{train.id}-{cutoff.astimezone(ZoneInfo(train.rule.zone)).date().isoformat()}"
    return next(each for each in (name, *(f"{name}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)


def name_of(person: str, facts: Facts) -> str:
    """The name that people read, as far as it is known."""
    found = facts.people.get(person, facts.policy.by_id.get(person))
    return found.name if isinstance(found, Person) else person


def _add(tx: Tx, train: Train, id: str, captain: str, found: Schedule, facts: Facts, correlation: str) -> TrainRun:  # noqa: A002
    planned = replace(found, publish=max(found.publish, facts.at))
    run = TrainRun(id, train.id, train.revision, Stage.PLANNED, captain, name_of(captain, facts), planned)
    trains.add_run(tx, run)
    set_timers(tx, run, facts)
    record.write(tx, "train:planned", record.CLOCK, facts, correlation, subject=run.id, **run_body(run))
    return run


def _unplanned(tx: Tx, train: Train, found: Refuse | Unsure, facts: Facts, correlation: str) -> None:
    """A cutoff without a window to depart in: the policy file changed after the train was published, or holidays cannot be told."""
    why, remedy = (
        (found.why, found.remedy) if isinstance(found, Refuse)
        else (f"Could not read {found.missing}.", f"Once it can be read, type `/release train amend {train.id}`.")
    )  # fmt: skip
    record.write(tx, "train:unplanned", record.CLOCK, facts, correlation, subject=train.id, why=why)
    alert(tx, facts, note(f"⚠️ A run of {train.id} cannot be planned", worded(why), ("→ ", *worded(remedy))), correlation)


def replan(tx: Tx, run: TrainRun, train: Train, cutoff: datetime, facts: Facts, correlation: str) -> TrainRun:
    """Give a run that lies ahead another cutoff, with all that follows from it.

    Args:
        run: before its cutoff.
        train: whose rule counts now.
        cutoff: UTC, one for which there is a schedule.
    """
    found = schedule(train.rule, train.services, facts, cutoff)
    assert isinstance(found, Schedule), "the guards looked at it"
    published = run.schedule.publish if run.stage is not Stage.PLANNED else max(found.publish, facts.at)
    moved = trains.move(tx, run, revision=train.revision, schedule=replace(found, publish=published))
    unset_timers(tx, run)
    set_timers(tx, moved, facts)
    record.write(tx, "train:replanned", record.CLOCK, facts, correlation, subject=run.id, **run_body(moved))
    if run.stage is not Stage.PLANNED:
        train_card_of(tx, moved, train, facts, correlation)
    return moved


def replan_all(tx: Tx, train: Train, facts: Facts, correlation: str) -> tuple[TrainRun, ...]:
    """After an amendment: what lies ahead takes the cutoffs of the new rule in turn; what was cut off keeps its schedule (TRN-24).

    Returns:
        The runs that follow the new definition.
    """
    ahead = [run for run in trains.open_runs(tx, train.id) if run.stage in AHEAD and run.schedule.cutoff > facts.at]
    fitting = (c for c in cutoffs(train.rule, facts.at) if isinstance(schedule(train.rule, train.services, facts, c), Schedule))
    moved = [replan(tx, run, train, cutoff, facts, correlation) for run, cutoff in zip(ahead, fitting, strict=False)]
    for run in ahead[len(moved) :]:  # the new rule has fewer dates
        skip(tx, run, "the train was amended, and has no such date any more", facts)
    return (*moved, *plan_ahead(tx, train, facts, correlation))


def skip(tx: Tx, run: TrainRun, why: str, facts: Facts) -> TrainRun:
    """Take a run out: none of its moments comes."""
    unset_timers(tx, run)
    return trains.move(tx, run, Stage.SKIPPED, why=why)


def set_timers(tx: Tx, run: TrainRun, facts: Facts) -> None:
    """A timer for each moment that is still to come, and for each reminder before it."""
    for milestone, name in MOMENTS.items():
        if milestone is Milestone.PUBLISH and run.stage is not Stage.PLANNED:
            continue
        key = key_of(run.id, milestone.value)
        timers.set(tx, timers.Timer(key, KIND, moment_of(run, name), {"run": run.id, "milestone": milestone.value}))
    set_reminders(tx, run, facts)


def unset_timers(tx: Tx, run: TrainRun) -> None:
    """Cancel all of them."""
    timers.cancel_all(
        tx, [*(key_of(run.id, milestone.value) for milestone in MOMENTS), key_of(run.id, "draw"), f"{CUTOFF}:{run.id}", *reminder_keys(run)]
    )
