"""What people are told about a definition: the first runs, what an amendment changed, the post in the channel (TRN-24).

Invariant: what is announced is what was saved.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from commands.core.cards import note
from commands.core.text import Bold, Code, Line, Moment
from commands.core.trains.bodies import changes_between
from commands.core.trains.tell import announce
from guards.facts import Facts
from guards.moments import cutoffs, schedule
from guards.train import Schedule, Train, TrainRun
from storage.database import Tx


def first_runs(train: Train, facts: Facts) -> Iterator[Line]:
    """When the next runs would be."""
    zone = train.rule.zone
    for cutoff in islice(cutoffs(train.rule, facts.at), facts.policy.trains.ahead):
        found = schedule(train.rule, train.services, facts, cutoff)
        if isinstance(found, Schedule):
            yield ("✂️ ", Moment(found.cutoff, zone), " 🗳️ ", Moment(found.decision, zone), " 🚪 ", Moment(found.opens, zone))


def amendment_lines(was: Train, now: Train, runs: Sequence[TrainRun], kept: Sequence[TrainRun]) -> tuple[Line, ...]:
    """What is otherwise, which runs follow it, and which keep their schedule because they are cut off."""
    zone, changed = now.rule.zone, changes_between(was, now)
    return (
        *((Bold(name), f": {before or 'nothing'} → {after or 'nothing'}") for name, before, after in changed),
        *(dated(run, zone) for run in runs),
        *((Code(run.id), " keeps its schedule: its cutoff is over") for run in kept),
    )


def dated(run: TrainRun, zone: str) -> Line:
    """When a run is cut off, and when it departs."""
    return (Code(run.id), ": cutoff ", Moment(run.schedule.cutoff, zone), ", departs ", Moment(run.schedule.opens, zone))


def announce_amendment(
    tx: Tx, was: Train, now: Train, runs: Sequence[TrainRun], by: str, facts: Facts, correlation: str
) -> None:  # fmt: skip
    """Post the schedule anew; the pinned cards of the runs are redrawn beside it."""
    announce(tx, now, note(f"✏️ {by} amended the train {now.id}", *amendment_lines(was, now, runs, ())), facts, correlation)
