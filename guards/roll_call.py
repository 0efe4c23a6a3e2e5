"""A roll call is opened about a candidate after the cutoff, and each area is answered by those who own it (GNG-03, GNG-05, GNG-10, GNG-11).

Invariant: nobody ticks what the bot found failing, or what another area owns.
"""

from guards.checklist import AREA_OF, BY_PEOPLE, Area, Item
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.go import Say
from guards.readiness import Mark, findings
from guards.release import is_said
from guards.sections import Person
from guards.timetable import no_such_train
from guards.train import Stage, Train, TrainRun, TrainState
from guards.unread import Unread

_BEFORE = frozenset({Stage.PLANNED, Stage.PUBLISHED, Stage.HELD})
ASKABLE = frozenset({Stage.STABILIZING, Stage.DECIDING, Stage.GO, Stage.NO_GO, Stage.STOPPED})
"""Stages in which a roll call can be opened and answered."""


def no_such_run(facts: Facts) -> Refuse:
    """What is said where there is no run to decide about."""
    nothing = Refuse(Refusal.NO_SUCH_TRAIN, "No run of a train was named.", "`/release train list` shows those that there are.")
    return no_such_train(facts) or nothing


def on_track(request: Request, facts: Facts) -> Decision:
    """Whether the run exists, and stands where people are asked about it: after its cutoff, before it departs."""
    run, train = facts.run, facts.train
    if not isinstance(run, TrainRun) or not isinstance(train, Train):
        return no_such_run(facts)
    if train.state is not TrainState.PUBLISHED:
        return Refuse(Refusal.WRONG_STATE, f"The train {train.id} is {train.state}.", "Only a published train runs.")
    if run.stage in _BEFORE:
        return Refuse(
            Refusal.WRONG_STATE,
            f"{run.id} is {run.stage}: its cutoff is still to come.",
            f"The roll call comes after it; `/release train readiness {run.id}` shows the gaps already.",
        )
    if run.stage not in ASKABLE:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}; nothing is decided about it any more.", "Look at the next run.")
    return Allow(f"{run.id} is {run.stage}")


def known_run(request: Request, facts: Facts) -> Decision:
    """Whether the run exists."""
    run = facts.run
    return Allow(f"{run.id} is {run.stage}") if isinstance(run, TrainRun) else no_such_run(facts)


def has_candidate(request: Request, facts: Facts) -> Decision:
    """Whether it is pinned what the run would bring (GNG-08)."""
    if facts.go is None or facts.go.candidate is None:
        name = facts.run.id if isinstance(facts.run, TrainRun) else "the run"
        several = isinstance(facts.train, Train) and len(facts.train.services) > 1
        return Refuse(
            Refusal.NO_CANDIDATE,
            f"Nothing is pinned yet that {name} would bring, so there is nothing to decide about.",
            f"Build its manifest: `/release manifest build {name}`." if several else "Bring the version that it makes to staging.",
        )
    candidate = facts.go.candidate
    return Allow(f"{', '.join(f'{e.service} {e.version}' for e in candidate.entries)} ({candidate.hash[:12]})")


def uncalled(request: Request, facts: Facts) -> Decision:
    """Whether nobody was asked about this candidate yet: one roll call is enough."""
    call = facts.go.call if facts.go else None
    if call is None:
        return Allow("nobody was asked about this candidate")
    silent = [area.value for area in Area if call.of(area) is None]
    return Refuse(
        Refusal.ALREADY_DECIDED,
        f"{call.id} asks about this candidate already" + (f"; silent so far: {', '.join(silent)}." if silent else "; all have answered."),
        f"`/release go answer {call.run} <area> go` answers it.",
    )


def called(request: Request, facts: Facts) -> Decision:
    """Whether the areas were asked about exactly what the run would bring now (GNG-08)."""
    go = facts.go
    if go is not None and go.call is not None:
        return Allow(f"{go.call.id} asks about it")
    name = facts.run.id if isinstance(facts.run, TrainRun) else "<run>"
    return Refuse(
        Refusal.NOT_CALLED,
        "Nobody was asked about this candidate"
        + ("; what was answered and decided before is about another one." if go and go.decisions else "."),
        f"The captain types `/release go call {name}`.",
    )


def owns_area(request: Request, facts: Facts) -> Decision:
    """Whether the train names the asker for the area that they answer."""
    by, given, train = request.by, request.answer, facts.train
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    if not isinstance(train, Train) or given is None:
        return no_such_run(facts)
    owners = train.attendees.get(given.area, ())
    if isinstance(by, Person) and by.id in owners:
        return Allow(f"{by.name} answers for {given.area}")
    named = " or ".join(_name(owner, facts) for owner in owners)
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"{by.name} does not answer for {given.area} of {train.id}.",
        f"Ask {named}." if named else f"The train names nobody for {given.area}: its captain amends `attendees`.",
    )


def _name(person: str, facts: Facts) -> str:
    known = facts.policy.by_id.get(person)
    return known.name if known else person


def tickable(request: Request, facts: Facts) -> Decision:
    """Whether what is confirmed is for people to confirm, by this area, and a go says nothing that the bot found otherwise (GNG-05)."""
    given = request.answer
    if given is None:
        return Refuse(Refusal.INCOMPLETE, "Nothing was answered.", "Type `/release go answer <run> <area> go`.")
    if by_bot := [item for item in given.confirmed if item not in BY_PEOPLE]:
        found = {finding.item: finding for finding in findings(facts)}
        said = "; ".join(f"{item} {found[item].mark}" for item in by_bot)
        return Refuse(
            Refusal.NOT_TICKABLE,
            f"Nobody ticks what the bot checks: {said}.",
            f"People confirm {', '.join(_theirs(given.area)) or 'nothing'}.",
        )
    if others := [item for item in given.confirmed if AREA_OF[item] is not given.area]:
        return Refuse(
            Refusal.NOT_TICKABLE,
            f"{', '.join(others)} is not for {given.area} to confirm.",
            f"{AREA_OF[others[0]].capitalize()} confirms it; {given.area} confirms {', '.join(_theirs(given.area)) or 'nothing'}.",
        )
    if given.say is not Say.GO:
        return Allow(f"{given.area} says {given.say}")
    mine = [f for f in findings(facts) if AREA_OF[f.item] is given.area]
    if failing := [f for f in mine if f.mark is Mark.FAILED]:
        return Refuse(
            Refusal.NOT_TICKABLE,
            f"The bot found failing what {given.area} says go to: " + "; ".join(f"{f.item}: {f.why}" for f in failing),
            "Have it mended or excepted, or answer no-go or condition.",
        )
    if lost := next((f for f in mine if f.mark is Mark.UNREAD), None):
        return Unsure(f"{lost.item} of the candidate", lost.why)
    return Allow(f"nothing of {given.area} fails")


def _theirs(area: Area) -> list[Item]:
    return [item for item in BY_PEOPLE if AREA_OF[item] is area]


def worded_answer(request: Request, facts: Facts) -> Decision:
    """Whether a no-go says why, and a condition what (GNG-01)."""
    given = request.answer
    if given is not None and given.say is not Say.GO and not is_said(given.words):
        what = "why not" if given.say is Say.NO_GO else "on which condition"
        return Refuse(Refusal.NO_RATIONALE, f"A {given.say} says {what}.", "Say it in a sentence.")
    return Allow("the answer says what it has to")
