"""What is missing from whom as a moment of a run comes near, with the button that does it (TRN-23).

Invariant: it is read when it is told; nobody is told of what is done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from commands.core.text import Button, Code, Line
from guards.authorization import held_roles, who_may
from guards.checklist import AREA_OF, BY_PEOPLE, Area
from guards.cutting import CUTTABLE
from guards.facts import Facts
from guards.lifecycle import State
from guards.moments import place_of
from guards.readiness import Finding, findings
from guards.retrospective import OVER
from guards.train import AHEAD, Stage, Train, TrainRun
from guards.vocabulary import Action, Role
from storage import changes, manifests, obligations, sets
from storage.database import Tx

_LONG = 300
"""Of one finding: the checklist has all of it."""


class Cause(StrEnum):
    """What people are reminded of; each is a moment of the schedule. The retrospective is owed, so `obligations` reminds of it."""

    CUTOFF = "cutoff"
    DECISION = "decision"
    OPENS = "opens"
    CLOSES = "closes"
    CLOSING = "closing"


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


def managers(train: Train, facts: Facts) -> list[str]:
    """The release managers of a train's services, as far as they are listed by name or in a group that was read."""
    places = [(service, place_of(facts.policy, service)) for service in train.services]
    return [p.id for p in facts.policy.people if any(Role.RELEASE_MANAGER in held_roles(p, *place, facts)[0] for place in places)]


def name_of(person: str, facts: Facts) -> str:
    """The name that people read, as far as it is known."""
    known = facts.policy.by_id.get(person)
    return known.name if known else person


# ---------------------------------------------------------------- the cutoff


def _before_cutoff(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage not in AHEAD:
        return ()
    if run.stage is Stage.HELD:
        line: Line = (f"It is held: {run.why}. Without a cut it does not run.",)
        return (Duty(run.captain, line, Button("Go on", "train resume", {"run": run.id}, "primary")),)
    if facts.at < run.schedule.cutoff:
        line = ("What is on the branch then rides. Until then the run can be skipped or moved.",)
        return (Duty(run.captain, line, Button("Skip this run", "train skip", {"run": run.id})),)
    return (Duty(run.captain, ("Its cutoff is over, and nothing was cut.",), _cut(run)),)


def _cut(run: TrainRun) -> Button | None:
    return Button("Cut now", "train cut", {"run": run.id}, "primary") if run.stage in CUTTABLE else None


# ---------------------------------------------------------------- the go/no-go


def _before_decision(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage not in {Stage.PUBLISHED, Stage.HELD, Stage.STABILIZING, Stage.DECIDING}:
        return ()
    go = facts.go
    call = go.call if go else None
    unmet = [found for found in findings(facts) if not found.met] if go and go.candidate else []
    silent = {area: people for area, people in train.attendees.items() if call is None or call.of(Area(area)) is None}
    mine = [
        duty for area, people in silent.items() for person in people for duty in _of_area(run, area, person, unmet, called=call is not None)
    ]
    return (*mine, *_leads(train, run, silent, unmet, facts), *(_decides(train, run, unmet, facts) if call and not silent else ()))


def _of_area(run: TrainRun, area: str, person: str, unmet: Sequence[Finding], *, called: bool) -> Iterator[Duty]:
    """What is missing from whoever owns an area; there is something to answer once the roll was called."""
    known = {"run": run.id, "area": area}
    answer = Button(f"Answer for {area}", "go answer", known, "primary") if called else None
    yield Duty(person, (f"You have not answered for {area}." if called else f"You answer for {area}.",), answer)
    yield from (Duty(person, _lacks(found)) for found in unmet if AREA_OF[found.item].value == area)


def _lacks(found: Finding) -> Line:
    why = found.why if len(found.why) <= _LONG else found.why[: _LONG - 1] + "…"
    return (f"{found.item}: {why}" if found.item in BY_PEOPLE else f"{found.item} {found.mark}: {why}",)


def _leads(train: Train, run: TrainRun, silent: Mapping[str, Sequence[str]], unmet: Sequence[Finding], facts: Facts) -> Iterator[Duty]:
    """What is missing from the captain: each step in its turn, and what the bot found failing."""
    known, go = {"run": run.id}, facts.go
    names = ", ".join(f"{area} ({' or '.join(name_of(person, facts) for person in people)})" for area, people in silent.items())
    if run.stage in AHEAD:
        yield Duty(run.captain, ("It is not cut, so there is nothing to decide about yet.",), _cut(run))
    elif go is None or go.candidate is None:
        several = len(train.services) > 1
        what = "No manifest is built that says what it would bring." if several else "The version that it makes was not seen yet."
        build = Button("Build the manifest", "manifest build", known, "primary")
        yield Duty(run.captain, (what,), build if several else Button("Show the checklist", "train readiness", known))
    elif go.call is None:
        yield Duty(run.captain, ("The roll is not called: no area was asked yet.",), Button("Call the roll", "go call", known, "primary"))
    elif silent:
        yield Duty(run.captain, (f"No answer yet from {names}.",))
    else:
        yield Duty(run.captain, ("Each area has answered: a release manager decides.",))
    failing = [found for found in unmet if found.item not in BY_PEOPLE]
    show = Button("Show the checklist", "train readiness", known)
    yield from (Duty(run.captain, _lacks(found), show if found is failing[0] else None) for found in failing)


def _decides(train: Train, run: TrainRun, unmet: Sequence[Finding], facts: Facts) -> Iterator[Duty]:
    """All were heard: it is for the release managers, but not for one who leads the run."""
    show, go = Button("Show the checklist", "train readiness", {"run": run.id}), Button("Go", "go", {"run": run.id}, "primary")
    for person in managers(train, facts):
        if person != run.captain:
            yield Duty(person, ("Each area has answered: it waits for your decision.",), show if unmet else go)


# ---------------------------------------------------------------- the window


def _in_window(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Sequence[Duty]:
    if run.stage in AHEAD:
        return (Duty(run.captain, ("It was not cut, so it cannot depart.",), _cut(run)),)
    if run.stage in {Stage.STABILIZING, Stage.DECIDING}:
        if facts.at >= run.schedule.closes:
            return (Duty(run.captain, ("Its window is over, and it has no go.",), _postpone(run)),)
        show = Button("Show the checklist", "train readiness", {"run": run.id})
        people = dict.fromkeys((run.captain, *managers(train, facts)))
        return tuple(Duty(person, ("It has no go, so it cannot depart.",), show) for person in people)
    if run.stage not in {Stage.GO, Stage.DEPARTING, Stage.STOPPED}:
        return ()
    if run.stage is Stage.GO and facts.at >= run.schedule.closes:
        return (Duty(run.captain, ("It has its go, and did not depart in its window.",), _postpone(run)),)
    waiting = tuple(_approvals(tx, train, run, facts))
    said = "It has its go and has not departed." if run.stage is Stage.GO else f"It is {run.stage}, and not in production with everything."
    on_its_way = waiting or run.stage is Stage.DEPARTING
    return (Duty(run.captain, (said,), None if on_its_way else _depart(tx, train, run, facts)), *waiting)


def _postpone(run: TrainRun) -> Button:
    return Button("Have it depart in the next one", "train postpone", {"run": run.id}, "primary")


def _depart(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Button | None:
    """Asks for what the run brings, in production: its set, or the one version of a train that needs no manifest."""
    service = train.services[0]
    if not (place := place_of(facts.policy, service)):
        return None
    if manifests.manifest_of_run(tx, run.id):
        return Button("Ask for the set", "train promote", {"run": run.id, "environment": place}, "primary")
    return Button("Ask for it", "promote", {"service": service, "version": run.version, "environment": place}, "primary")


def _approvals(tx: Tx, train: Train, run: TrainRun, facts: Facts) -> Iterator[Duty]:
    """Whoever may approve what of the run is asked for in production, where it waits for approval."""
    for one in sets.open_of_run(tx, run.id):
        waits = [change for change in sets.parts(tx, one.id) if change.state is State.AWAITING]
        if waits and one.environment in facts.policy.production:
            yield from _approve(one.id, waits[0].content.service, one.environment, one.requester, facts)
    service = train.services[0]
    for change in changes.undecided(tx, service):
        alone = change.content.manifest is None and change.content.version == run.version
        if alone and change.state is State.AWAITING and change.content.environment in facts.policy.production:
            yield from _approve(change.id, service, change.content.environment, change.requester, facts)


def _approve(subject: str, service: str, environment: str, requester: str, facts: Facts) -> Iterator[Duty]:
    button = Button("Approve", "approve", {"change": subject}, "primary")
    for person in who_may(Action.APPROVE, service, environment, facts):
        if person.id != requester:
            yield Duty(person.id, (Code(subject), " waits for approval."), button)


# ---------------------------------------------------------------- afterwards


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


DUTIES: Mapping[Cause, Duties] = {
    Cause.CUTOFF: _before_cutoff,
    Cause.DECISION: _before_decision,
    Cause.OPENS: _in_window,
    Cause.CLOSES: _in_window,
    Cause.CLOSING: _not_closed,
}
"""Cause → who has to do what."""
