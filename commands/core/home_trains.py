"""What of trains waits for somebody, on the App Home: an area to answer for, a run to decide about, what a run lacks (CMD-14, GNG-03).

Invariant: nobody is asked for what they may not do; what takes more to be known is judged when they do it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from commands.core.text import Button, Code, Line, Moment
from commands.core.trains import checklist
from commands.core.trains.card import train_lines
from commands.core.trains.standing import candidate_of
from guards.authorization import authorized
from guards.captaincy import captained
from guards.checklist import Area
from guards.cut import Gates, flawed, unseen
from guards.cutting import STABILIZING
from guards.decision import Allow, Refuse
from guards.facts import Facts, Request
from guards.retrospective import OVER
from guards.roll_call import ASKABLE
from guards.sections import Person
from guards.timetable import described, timely
from guards.train import Stage, Train, TrainRun, TrainState
from guards.vocabulary import Action
from storage import cuts, decisions, obligations, trains
from storage.database import Tx

Waiting = tuple[Line, tuple[Button, ...]]
"""Something that waits for a person, and the buttons that do it."""

_RUNS = 3
"""Runs of one train that are told: that which is on its way, and those ahead."""


def roll_calls(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """The areas that this person answers for, of runs whose roll call waits for them."""
    for train in trains.all_of(tx):
        mine = [area for area in Area if person.id in train.attendees.get(area, ())]
        for run in trains.open_runs(tx, train.id) if mine and train.state is TrainState.PUBLISHED else ():
            candidate = candidate_of(tx, run, train) if run.stage in ASKABLE else None
            call = decisions.call_about(tx, run.id, candidate.hash) if candidate else None
            for area in mine if call else ():
                if call and call.of(area) is None:
                    line: Line = ("🚦 ", Code(run.id), f" asks {area}: go or no-go? Until ", Moment(call.deadline, train.rule.zone))
                    yield line, (Button(f"Answer for {area} of {run.id}", "go answer", {"run": run.id, "area": area.value}, "primary"),)


def to_decide(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """Runs that wait for a go or no-go by this person: each area answered, or its time is over, and they may decide."""
    for train in trains.all_of(tx):
        for run in trains.open_runs(tx, train.id) if train.state is TrainState.PUBLISHED and _decides(person, train, facts) else ():
            candidate = candidate_of(tx, run, train) if run.stage is Stage.DECIDING and run.captain != person.id else None
            call = decisions.call_about(tx, run.id, candidate.hash) if candidate else None
            silent = [area for area in Area if call and call.of(area) is None]
            if call and (not silent or call.deadline <= facts.at):
                said = f"silent: {', '.join(silent)}" if silent else "every area answered"
                line: Line = ("🚦 ", Code(run.id), f" waits for your decision: {said}")
                yield (
                    line,
                    (
                        Button(f"Checklist of {run.id}", "train readiness", {"run": run.id}),
                        *((Button(f"Go for {run.id}", "go", {"run": run.id}, "primary"),) if not silent else ()),
                        Button(f"No-go for {run.id}", "no-go", {"run": run.id}, "danger"),
                    ),
                )


def _decides(person: Person, train: Train, facts: Facts) -> bool:
    """Whether somebody may decide about each service of a train."""
    places = [(service, facts.policy.bound_for(service)) for service in train.services if service in facts.policy.services]
    return bool(places) and all(isinstance(authorized(Request(Action.DECIDE, person, *place), facts), Allow) for place in places)


# ---------------------------------------------------------------- what somebody leads


def trains_of(tx: Tx, person: Person, facts: Facts) -> tuple[tuple[Line, ...], tuple[Button, ...]]:
    """The trains that this person leads or defined, the runs that are theirs, what each lacks, and what they can do about it."""
    lines: list[Line] = []
    buttons: list[Button] = []
    for train in trains.all_of(tx):
        runs = trains.open_runs(tx, train.id)
        if train.state is TrainState.CLOSED or person.id not in {*train.captains, train.by, *(run.captain for run in runs)}:
            continue
        lines += train_lines(train, runs[:_RUNS], facts.at)
        lines += [("    ⚠️ ", Code(run.id), f": {run.why}") for run in runs[:_RUNS] if run.why]
        for run in runs[:_RUNS]:
            lines += [("    ⚠️ ", Code(run.id), f" lacks {what}") for what in run_lacks(tx, train, run)]
            candidate = candidate_of(tx, run, train) if run.stage in STABILIZING else None
            lines += checklist.lacks(tx, run, candidate, train.rule.zone) if candidate else ()
        lines += [(f"    ⚠️ {why}",) for why in _lacks(train, person, facts)]
        buttons += _leading(tx, train, runs[:_RUNS])
    return tuple(lines), tuple(buttons)


def _leading(tx: Tx, train: Train, runs: Sequence[TrainRun]) -> Iterator[Button]:
    """What a captain does next: publish a draft, let a held run go on, close one of which nothing is owed any more."""
    if train.state is TrainState.DRAFT:
        yield Button(f"Describe {train.id}", "train describe", {"train": train.id})
        yield Button(f"Publish {train.id}", "train publish", {"train": train.id}, "primary")
    for run in runs:
        if run.stage in STABILIZING:
            yield Button(f"Checklist of {run.id}", "train readiness", {"run": run.id})
        elif run.stage is Stage.HELD:
            yield Button(f"Let {run.id} go on", "train resume", {"run": run.id}, confirm=f"Is {run.id} to go on?")
        elif run.stage in OVER and (owed := obligations.about(tx, run.id)) and all(one.done for one in owed):
            yield Button(f"Close {run.id}", "train close", {"train": run.id}, "primary")


def _lacks(train: Train, person: Person, facts: Facts) -> Iterator[str]:
    """Why a draft could not be published, and why a published train's next runs could not be planned."""
    asks, here = Request(Action.TRAIN, person), replace(facts, train=train, people={**facts.policy.by_id, **facts.people})
    for guard in (captained, described, timely) if train.state is TrainState.DRAFT else (captained, timely):
        answer = guard(asks, here)
        if isinstance(answer, Refuse):
            yield answer.why


def run_lacks(tx: Tx, train: Train, run: TrainRun) -> Iterator[str]:
    """What a run lacks between its cutoff and its departure, as far as the database knows; the checklist judges the rest."""
    if run.stage not in STABILIZING:
        return
    if open_ones := [one for one in cuts.blockers(tx, run.id) if one.resolved is None]:
        yield f"open blockers: {', '.join(f'{one.id} ({one.ticket})' for one in open_ones)}"
    if wrong := flawed(cuts.fixes(tx, run.id)):
        yield f"commits that do not belong on the release branch: {', '.join(fix.sha[:12] for fix in wrong)}"
    for cut in cuts.of_run(tx, run.id):
        if unseen(cut):
            yield f"{cut.repository}: {cut.why}"
        elif cut.gates is not Gates.PASSED:
            yield f"{cut.repository}: {cut.gates_why}"
    candidate = candidate_of(tx, run, train)
    call = decisions.call_about(tx, run.id, candidate.hash) if candidate else None
    if candidate is None:
        yield "a manifest of what it would bring" if len(train.services) > 1 else "a version of what it would bring"
    elif call is None:
        yield "its roll call: no area was asked about what it would bring"
    elif silent := [area for area in Area if call.of(area) is None]:
        yield f"an answer from {', '.join(silent)}"
