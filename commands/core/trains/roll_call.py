"""What becomes of a roll call: opened, answered, silent at its deadline, decided; and who is told (GNG-01, GNG-03, GNG-10, GNG-14).

Invariant: what happens stands in the ledger in the same transaction, and the run's card is drawn anew.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from commands.core import bodies, record
from commands.core.dispatch import judge_again
from commands.core.record import Actor
from commands.core.tell import alert, reply_to
from commands.core.text import Card
from commands.core.trains.roll_call_card import asked_card, decided_card, objection_card, silent_card
from commands.core.trains.standing import candidate_of
from commands.core.trains.tell import announce, roll_call_card_of
from guards.authorization import who_may
from guards.checklist import Area
from guards.deciding import acting_for, newest
from guards.facts import Facts, GoFacts
from guards.go import Acceptance, Answer, GoDecision, Outcome, RollCall, Say
from guards.identity import OnBehalf
from guards.readiness import findings, open_risks
from guards.release import RecordText, is_said
from guards.roles import own_roles
from guards.sections import Person
from guards.train import Stage, Train, TrainRun
from guards.vocabulary import Action, Role
from storage import decisions, timers, trains
from storage.database import Tx

SILENT = "roll-call"
"""Kind of the timer at a deadline."""


def opened(tx: Tx, by: Actor, facts: Facts, correlation: str) -> RollCall:
    """Ask every area about the run's candidate.

    Args:
        tx: open; the run's row is held.
        by: who opens it, or the clock.
        facts: with the run and its candidate.
    """
    run, train, go = facts.run, facts.train, facts.go
    assert isinstance(run, TrainRun)
    assert isinstance(train, Train)
    assert go is not None
    assert go.candidate is not None
    deadline = facts.at + facts.policy.gng.answer_within
    call = decisions.open_call(tx, run.id, go.candidate, facts.at, deadline, by.name)
    if run.stage is not Stage.DECIDING:
        run = trains.move(tx, run, Stage.DECIDING)
    timers.set(tx, timers.Timer(f"{SILENT}:{run.id}", SILENT, deadline, {"run": run.id}))
    record.write(
        tx, "decision:opened", by, facts, correlation, subject=run.id, roll_call=call.id, candidate=call.candidate.hash,
        entries=[asdict(entry) for entry in call.candidate.entries], deadline=deadline.isoformat(),
        attendees={area: list(who) for area, who in train.attendees.items()},
    )  # fmt: skip
    for area in Area:
        for person in train.attendees.get(area, ()):
            _tell(tx, person, asked_card(run, call, area, facts), facts, correlation)
    roll_call_card_of(tx, run, train, facts, correlation)
    return call


def at_decision(tx: Tx, run_id: str, facts: Facts, correlation: str) -> None:
    """What the clock does when the moment of the decision has come, and the run is cut: it opens the roll call that nobody opened before.

    Args:
        tx: open.
        run_id: the run's id.
        facts: gives moment and policy; what lies outside is read when the card is drawn.
    """
    run = trains.lock_run(tx, run_id)
    train = trains.get(tx, run.train) if run else None
    if run is None or train is None or run.stage not in {Stage.STABILIZING, Stage.DECIDING}:
        return
    if run.stage is Stage.STABILIZING:
        run = trains.move(tx, run, Stage.DECIDING)
    candidate = candidate_of(tx, run, train)
    if candidate is None:
        record.write(tx, "decision:no-candidate", record.CLOCK, facts, correlation, subject=run.id)
        _tell(tx, run.captain, silent_card(run, None, facts), facts, correlation)
    elif decisions.call_about(tx, run.id, candidate.hash) is None:
        opened(tx, record.CLOCK, replace(facts, run=run, train=train, go=GoFacts(candidate, None, (), {})), correlation)


def answered(tx: Tx, call: RollCall, answer: Answer, by: Actor, facts: Facts, correlation: str) -> None:
    """Remember what somebody answered for an area."""
    assert isinstance(facts.run, TrainRun)
    assert isinstance(facts.train, Train)
    decisions.answer(tx, call.id, answer)
    record.write(
        tx, "decision:answered", by, facts, correlation, subject=facts.run.id, roll_call=call.id, candidate=call.candidate.hash,
        area=answer.area, answer=answer.say, words=answer.words, confirmed=list(answer.confirmed), link=answer.link,
        late=answer.at >= call.deadline,
    )  # fmt: skip
    last = newest(facts)
    if last and facts.run.stage is Stage.GO and answer.say is Say.NO_GO:  # the go stands until its decider takes it back
        _tell(tx, last.by, objection_card(last, answer), facts, correlation)
    if all(area is answer.area or call.of(area) for area in Area):
        timers.cancel(tx, f"{SILENT}:{facts.run.id}")
    roll_call_card_of(tx, facts.run, facts.train, facts, correlation)


def silent(tx: Tx, run_id: str, facts: Facts, correlation: str) -> None:
    """At the deadline: who has not answered is shown as silent, and captain and release managers are told."""
    run = trains.lock_run(tx, run_id)
    train = trains.get(tx, run.train) if run else None
    candidate = candidate_of(tx, run, train) if run and train else None
    call = decisions.call_about(tx, run_id, candidate.hash) if candidate else None
    if run is None or train is None or call is None or run.stage is not Stage.DECIDING:
        return
    areas = [area for area in Area if call.of(area) is None]
    if not areas or facts.at < call.deadline:
        return
    record.write(tx, "decision:silent", record.CLOCK, facts, correlation, subject=run.id, roll_call=call.id, areas=[*areas])
    asked = {person for area in areas for person in train.attendees.get(area, ())}
    service = train.services[0]
    deciders = who_may(Action.DECIDE, service, facts.policy.bound_for(service) if service in facts.policy.services else None, facts)
    for person in sorted({run.captain, *(p.id for p in deciders), *asked}):
        _tell(tx, person, silent_card(run, call, facts), facts, correlation)
    roll_call_card_of(tx, run, train, facts, correlation)


def decide(
    tx: Tx, outcome: Outcome, said: Acceptance, by: Person, actor: Actor, facts: Facts, correlation: str
) -> GoDecision:  # fmt: skip
    """Record a decision with everything that was seen, and have what it lets go, or stops, judged again (GNG-01, GNG-14).

    Args:
        tx: open; the run's row is held.
        outcome: what was decided.
        said: by the decider.
        by, actor: who decided.
        facts: all guards allowed it on these.
    """
    run, train, go = facts.run, facts.train, facts.go
    assert isinstance(run, TrainRun)
    assert isinstance(train, Train)
    assert go is not None
    about = go.decisions[-1].candidate if outcome is Outcome.WITHDRAWN else go.candidate
    assert about is not None
    under, judged = acting_for(by, facts), outcome is not Outcome.WITHDRAWN  # a withdrawal says nothing about what was judged then
    decision = GoDecision(
        id=decisions.next_id(tx, facts.at.date()), run=run.id, candidate=about, outcome=outcome, by=by.id, name=by.name,
        roles=_roles(by, train, facts), on_behalf=OnBehalf(under.id, under.by, under.by_name, under.role, under.until) if under else None,
        risks=(*open_risks(facts), *filter(is_said, said.risks.splitlines())) if judged else (), residual=said.residual.strip(),
        rollback=said.rollback.strip() or (_way_back(train, facts) if judged else ""), notes=said.notes.strip(),
        items=tuple(_items(facts)) if judged else (), attendees=tuple(_attendees(go.call)) if judged else (), at=facts.at,
    )  # fmt: skip
    decisions.add(tx, decision)
    stage = {Outcome.GO: Stage.GO, Outcome.NO_GO: Stage.NO_GO, Outcome.WITHDRAWN: Stage.DECIDING}[outcome]
    run = trains.move(tx, run, stage, why=decision.notes if outcome is not Outcome.GO else "")
    timers.cancel(tx, f"{SILENT}:{run.id}")
    _written(tx, decision, actor, facts, correlation)
    for entry in about.entries:
        judge_again(tx, entry.service, entry.version, facts, correlation)
    announce(tx, train, decided_card(decision, facts), facts, correlation)
    roll_call_card_of(tx, run, train, facts, correlation)
    return decision


def _written(tx: Tx, decision: GoDecision, actor: Actor, facts: Facts, correlation: str) -> None:
    """The decision in the ledger: as a whole, and once for each version, so that its record and its evidence have it (GNG-14)."""
    tag = {Outcome.GO: "decision:go", Outcome.NO_GO: "decision:no-go", Outcome.WITHDRAWN: "decision:withdrawn"}[decision.outcome]
    whole: dict[str, Any] = {
        "decision": decision.id, "candidate": decision.candidate.hash, "on_behalf": bodies.on_behalf_body(decision.on_behalf),
        "risks": list(decision.risks), "residual": decision.residual, "rollback": decision.rollback, "notes": decision.notes,
        "items": list(map(dict, decision.items)), "attendees": list(map(dict, decision.attendees)),
        "entries": [asdict(entry) for entry in decision.candidate.entries],
    }  # fmt: skip
    record.write(tx, tag, actor, facts, correlation, subject=decision.run, **whole)
    for entry in decision.candidate.entries:
        place = facts.policy.bound_for(entry.service) if entry.service in facts.policy.services else None
        record.write(
            tx, "decision:recorded", actor, facts, correlation, subject=decision.id, service=entry.service, environment=place,
            version=entry.version, digest=entry.digest, commit=entry.commit, tag_object=entry.tag, outcome=decision.outcome,
            run=decision.run, candidate=decision.candidate.hash,
        )  # fmt: skip


def _roles(by: Person, train: Train, facts: Facts) -> frozenset[Role]:
    """What the decider holds in their own right for the train's services."""
    held: set[Role] = set()
    for service in train.services:
        place = facts.policy.bound_for(service) if service in facts.policy.services else None
        held |= own_roles(by, service, place, facts)[0]
    return frozenset(held)


def _way_back(train: Train, facts: Facts) -> str:
    """How to go back, as the train and the release records say (GNG-01)."""
    entries = facts.go.candidate.entries if facts.go and facts.go.candidate else ()
    records = [(entry, own.record) for entry in entries if facts.go and (own := facts.go.of(entry))]
    said = [f"{entry.service} {entry.version}: {text.rollback}" for entry, text in records if isinstance(text, RecordText)]
    return "\n".join(filter(None, (train.rollback, *said)))


def _items(facts: Facts) -> Iterable[dict[str, str]]:
    for one in findings(facts):
        yield {"item": one.item, "outcome": one.mark, "why": one.why, "link": " ".join(one.links), "evaluated_by": one.by}


def _attendees(call: RollCall | None) -> Iterable[dict[str, str]]:
    for area in Area:
        answer = call.of(area) if call else None
        if answer is None:
            yield {"area": area, "answer": "silent"}
        else:
            yield {
                "area": area, "by": answer.by, "name": answer.name, "answer": answer.say, "words": answer.words,
                "at": answer.at.isoformat(),
            }  # fmt: skip


def _tell(tx: Tx, person: str, card: Card, facts: Facts, correlation: str) -> None:
    """Somebody privately; where nobody can be told, the alert channel is."""
    known = facts.policy.by_id.get(person)
    if known and known.slack:
        reply_to(tx, known.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
    else:
        alert(tx, facts, card, correlation)
