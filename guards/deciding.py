"""Who takes a go/no-go, and when a go can be taken (GNG-02, GNG-06, GNG-09, GNG-13; RBAC-05, SOD-02).

Invariant: a go takes every item met, every area asked and heard, every open risk accepted; silence is never a go.
"""

from collections.abc import Iterable
from dataclasses import replace

from guards.authorization import allowed_roles
from guards.checklist import Area
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.delegation import delegated
from guards.duties import authors_of
from guards.facts import Facts, Request
from guards.go import GoDecision, Outcome, Pinned, Say
from guards.identity import Delegation
from guards.readiness import Mark, findings, standing_hash
from guards.release import is_said
from guards.roles import own_roles
from guards.roll_call import no_such_run
from guards.sections import Person
from guards.train import STAGES, Stage, TrainRun
from guards.unread import Unread
from guards.version import Deployment
from guards.vocabulary import Action


def newest(facts: Facts) -> GoDecision | None:
    """The decision about the run that counts."""
    return facts.go.decisions[-1] if facts.go and facts.go.decisions else None


def open_to_go(request: Request, facts: Facts) -> Decision:
    """Whether the run waits for a decision, or was given a no-go."""
    return _open_to(Stage.GO, facts)


def open_to_no_go(request: Request, facts: Facts) -> Decision:
    """Whether a no-go would change anything: it also ends a go that was given (GNG-07)."""
    return _open_to(Stage.NO_GO, facts)


def _open_to(stage: Stage, facts: Facts) -> Decision:
    run = facts.run
    if not isinstance(run, TrainRun):
        return no_such_run(facts)
    if stage not in STAGES[run.stage]:
        last = newest(facts)
        by = f" by {last.name} ({last.id})" if last and run.stage in {Stage.GO, Stage.NO_GO} else ""
        return Refuse(
            Refusal.WRONG_STATE, f"{run.id} is {run.stage}{by}; it cannot become {stage} now.", f"See `/release train readiness {run.id}`."
        )
    return Allow(f"{run.id} is {run.stage}")


def withdrawable(request: Request, facts: Facts) -> Decision:
    """Whether a go stands that can still be taken back: something of it was not handed to CI yet (GNG-13)."""
    run, last = facts.run, newest(facts)
    if not isinstance(run, TrainRun):
        return no_such_run(facts)
    if last is None or last.outcome is not Outcome.GO or run.stage not in {Stage.GO, Stage.STOPPED}:
        may = Stage.NO_GO in STAGES[run.stage]
        return Refuse(
            Refusal.WRONG_STATE,
            f"{run.id} is {run.stage}: no go stands that could be withdrawn.",
            f"`/release no-go {run.id} <reason>` says no." if may else "Go back with a promotion of the version before.",
        )
    if facts.go is None or facts.go.candidate is None or facts.go.candidate.hash != last.candidate.hash:
        return Refuse(
            Refusal.WRONG_STATE, f"{last.id} is void: the candidate changed since.", "Nothing goes out by it; call the roll anew."
        )
    own = {entry: facts.go.of(entry) for entry in last.candidate.entries}
    for entry, seen in own.items():
        if seen is None or isinstance(seen.running, Unread) or isinstance(seen.in_flight, Unread):
            return Unsure(f"whether {entry.service} {entry.version} was handed to CI")
    if all(seen is not None and _gone(entry, seen) for entry, seen in own.items()):
        return Refuse(
            Refusal.WRONG_STATE, f"All that {last.id} let go was handed to CI.", "Go back with a promotion of the version before."
        )
    return Allow(f"{last.id} by {last.name} can be withdrawn")


def _gone(entry: Pinned, facts: Facts) -> bool:
    running = facts.running
    return facts.in_flight is not None or (isinstance(running, Deployment) and running.digest == entry.digest)


def as_shown(request: Request, facts: Facts) -> Decision:
    """Whether candidate, answers and risks are still what the decider was shown (GNG-08, GNG-09)."""
    if request.seen is not None and request.seen != standing_hash(facts):
        return Refuse(
            Refusal.STALE_CARD, "Candidate, answers or risks changed since this was shown.", "Look at the newest card, and decide there."
        )
    return Allow("decided on what is true now")


def impartial(request: Request, facts: Facts) -> Decision:
    """Whether the asker neither leads the run nor wrote a part of it, themselves or for whom they act (RBAC-05, SOD-02, SOD-13)."""
    by = request.by
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    if not isinstance(by, Person) or not isinstance(facts.run, TrainRun):
        return Allow("there is nobody, or no run, to keep apart")  # `authorized` and `on_track` turn these away
    if no := _part_in(by.id, by.name, facts):
        return no
    against = [_part_in(one.by, one.by_name, facts) for one in deciding_for(by, facts)]
    if not against or None in against:
        return Allow(f"{by.name} neither leads {facts.run.id} nor wrote a part of it")
    worst = next((no for no in against if isinstance(no, Unsure)), against[0])
    assert worst is not None
    return replace(worst, why=f"A delegate cannot decide in their place: {worst.why}") if isinstance(worst, Refuse) else worst


def deciding_for(person: Person, facts: Facts) -> tuple[Delegation, ...]:
    """The delegations by which a person decides; empty when they do in their own right, in every place of the candidate (RBAC-06)."""
    found: list[Delegation] = []
    for service, environment in _places(facts):
        allowed = frozenset(allowed_roles(Action.DECIDE, environment, facts) or ())
        if own_roles(person, service, environment, facts)[0].isdisjoint(allowed):
            found += [one for one in delegated(person, service, environment, facts)[0] if one.role in allowed]
    return tuple(dict.fromkeys(found))


def acting_for(person: Person, facts: Facts) -> Delegation | None:
    """The delegation that a decision is recorded under: one of somebody who has no part in the run."""
    return next((one for one in deciding_for(person, facts) if _part_in(one.by, one.by_name, facts) is None), None)


def _places(facts: Facts) -> Iterable[tuple[str, str]]:
    for entry in _entries(facts):
        if entry.service in facts.policy.services:
            yield entry.service, facts.policy.bound_for(entry.service)


def _entries(facts: Facts) -> tuple[Pinned, ...]:
    return facts.go.candidate.entries if facts.go and facts.go.candidate else ()


def _part_in(person: str, name: str, facts: Facts) -> Refuse | Unsure | None:
    """Which part somebody has in the run that keeps them from deciding about it."""
    assert isinstance(facts.run, TrainRun)
    if person == facts.run.captain:
        return Refuse(
            Refusal.NOT_PERMITTED,
            f"{name} is the captain of {facts.run.id}, who prepares the decision and never takes it.",
            "Ask another release manager.",
        )
    for entry in _entries(facts):
        own = facts.go.of(entry) if facts.go else None
        if own is None:
            return Unsure(f"the authors of {entry.service} {entry.version}", "nobody asked for them")
        authors = authors_of(entry.service, facts.policy.bound_for(entry.service), own)
        if isinstance(authors, Unread):
            return Unsure(authors.what, authors.why)
        if person in authors:
            return Refuse(
                Refusal.OWN_WORK,
                f"{name} wrote a part of {entry.service} {entry.version}; authors never decide about their own work.",
                "Ask another release manager.",
            )
    return None


def answered(request: Request, facts: Facts) -> Decision:
    """Whether each area said go, be it with a condition: silence never counts as go (GNG-03, GNG-10)."""
    call = facts.go.call if facts.go else None
    if call is None:
        return Refuse(Refusal.NOT_CALLED, "Nobody was asked about this candidate.", "The captain types `/release go call <run>`.")
    if against := [a for area in Area if (a := call.of(area)) and a.say is Say.NO_GO]:
        said = "; ".join(f"{a.area}: {a.words} ({a.name})" for a in against)
        return Refuse(
            Refusal.NOT_ANSWERED, f"No-go by {said}.", f"Settle it with {' and '.join(a.name for a in against)}, who can answer anew."
        )
    if silent := [area for area in Area if call.of(area) is None]:
        return Refuse(
            Refusal.NOT_ANSWERED,
            f"Silent: {', '.join(silent)}. Silence never counts as go.",
            f"They answer with `/release go answer {call.run} {silent[0]} go`.",
        )
    return Allow("every area said go")


def ready(request: Request, facts: Facts) -> Decision:
    """Whether each item of the checklist is met, or stands by an approved exception (GNG-04, GNG-06, GNG-11)."""
    found = findings(facts)
    if lacking := [f for f in found if f.mark in {Mark.FAILED, Mark.OPEN}]:
        said = "\n".join(f"{f.item} {f.mark}: {f.why}" for f in lacking)
        return Refuse(
            Refusal.NOT_READY,
            f"Not ready:\n{said}",
            "Mend it, have it confirmed by its area, or ask for an exception: `/release exception request`.",
        )
    if lost := next((f for f in found if f.mark is Mark.UNREAD), None):
        return Unsure(f"{lost.item} of the candidate", lost.why)
    return Allow(f"{len(found)} items are met")


def accepted(request: Request, facts: Facts) -> Decision:
    """Whether the decider says why the risk that is left is acceptable (GNG-09)."""
    said = request.acceptance
    if said is None or not is_said(said.residual):
        return Refuse(
            Refusal.INCOMPLETE, "A go says why the risk that is left is acceptable.", "Say it in a sentence; `none` needs a why too."
        )
    return Allow("the residual risk is accepted")
