"""The end of a run of a train: its retrospective, with the facts that are known of it, and its closing (TRN-17, TRN-18, MET-08).

Invariant: a run is closed when nothing of it is owed any more; what is still owed is named, all of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guards.decision import Allow, Decision, Refusal, Refuse
from guards.facts import Facts, Request
from guards.obligation import Aftermath, Obligation, Owed
from guards.roll_call import no_such_run
from guards.timetable import unclosed
from guards.train import Stage, TrainRun

OVER = frozenset({Stage.DEPARTED, Stage.STOPPED})
"""Stages after production: the run is looked back on, and closed."""


@dataclass(frozen=True, slots=True)
class Spans:
    """What a run cost in time (MET-08); None where one of its moments is not known.

    Args:
        stabilization: from the cutoff to the go: the overhead of the train.
        waiting: from the go to the end of the departure.
        lead: from the cutoff to the end of the departure: what the train added to the lead time of what was merged last.
        roll_call: from the question to the areas to the go.
        changes: pull request → from its merge to the end of the departure; nothing until then.
    """

    stabilization: timedelta | None
    waiting: timedelta | None
    lead: timedelta | None
    roll_call: timedelta | None
    changes: Mapping[str, timedelta] = field(default_factory=dict)


def spans(after: Aftermath) -> Spans:
    """How long the parts of a run took."""
    return Spans(
        stabilization=_between(after.cut, after.decided),
        waiting=_between(after.decided, after.departed),
        lead=_between(after.cut, after.departed),
        roll_call=_between(after.called, after.decided),
        changes={name: after.departed - merged for name, merged in after.merged} if after.departed else {},
    )


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    return end - start if start and end else None


def average(found: Iterable[timedelta | None]) -> timedelta | None:
    """Of those that are known; None when none is."""
    known = [span for span in found if span is not None]
    return sum(known, timedelta(0)) / len(known) if known else None


def over(request: Request, facts: Facts) -> Decision:
    """Whether the run has been in production, wholly or in part, and is not closed."""
    run = facts.run
    if not isinstance(run, TrainRun):
        return no_such_run(facts)
    if run.stage is Stage.CLOSED:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is closed.", "Nothing is left to do.")
    if run.stage not in OVER:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}: it has not departed.", "Wait for its end, or skip it.")
    return Allow(f"{run.id} is {run.stage}")


def not_looked_back(request: Request, facts: Facts) -> Decision:
    """Whether the run has no retrospective yet."""
    held = next((one for one in _owed(facts) if one.kind is Owed.RETROSPECTIVE and one.done), None)
    if held:
        return Refuse(Refusal.WRONG_STATE, f"{held.about} has its retrospective: {held.evidence}", "Record what follows as a follow-up.")
    return Allow("there is no retrospective yet")


def looked_back(request: Request, facts: Facts) -> Decision:
    """Whether it is said both what went well and what is to improve."""
    if not request.rationale.strip():
        return Refuse(
            Refusal.INCOMPLETE, "A retrospective says what went well, and what is to improve.", "Fill in both, a sentence each at least."
        )
    return Allow("it says what went well, and what is to improve")


def closable(request: Request, facts: Facts) -> Decision:
    """Whether a train is not closed; whether nothing of a run is owed any more, where a run is named (TRN-18)."""
    run = facts.run
    if run is None:
        return unclosed(request, facts)
    if not isinstance(run, TrainRun) or run.stage not in OVER:
        return over(request, facts)
    left = [f"{one.id} of {one.owner_name}: {one.text}" for one in _owed(facts) if one.done is None]
    if not any(one.kind is Owed.RETROSPECTIVE for one in _owed(facts)):
        left.insert(0, f"its retrospective (`/release train retro {run.id}`)")
    if left:
        return Refuse(
            Refusal.STILL_OWED, f"{run.id} is not over. Still owed: {'; '.join(left)}", f"`/release follow-up list {run.id}` shows it."
        )
    return Allow(f"nothing of {run.id} is owed any more")


def _owed(facts: Facts) -> tuple[Obligation, ...]:
    return facts.after.owed if facts.after else ()
