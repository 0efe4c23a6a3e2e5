"""/release reject <change> <reason …>: stop a change; it stays on record with the reason (RSK-13)."""

from collections.abc import Mapping

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.change_card import in_place_of
from commands.core.command import Command, Reply, Work
from commands.core.decide import Decision, ask, decision_of, reason_form
from commands.core.tell import card_of, log_of
from commands.core.text import Form, plain
from commands.core.trains import departure
from guards.authorization import authorized
from guards.change import Change, Verdict
from guards.decision import Refusal
from guards.facts import Facts, Request
from guards.lifecycle import State
from guards.record import as_seen, reasoned, undecided
from guards.sections import Person
from guards.set_promotion import open_set, set_as_seen
from guards.vocabulary import Action
from storage import approvals, changes, timers


def reject(work: Work[Decision]) -> Reply:
    """One rejection of somebody who may approve ends the change; of a set, it ends every entry that has not gone out."""
    ended = [_end(work, request, facts) for request, facts in work.cases]
    departure.ended(work.tx, ended[0], work.facts, work.correlation)
    return Reply(note(f"⛔ {work.args.change} is rejected", ("The requester sees your reason on its card.",)))


def _end(work: Work[Decision], request: Request, facts: Facts) -> Change:
    """Record the rejection of one change, and end it."""
    change = facts.change
    assert isinstance(change, Change)
    person = work.asker.person
    approvals.withdraw(work.tx, change.id, person.id, work.at)
    decision = decision_of(person, Verdict.REJECTED, request, facts)
    approvals.add(work.tx, change.id, decision)
    by = plain((person.name, *in_place_of(decision, work.policy.zone_of(change.content.service))))
    why = f"{by} rejected it: {decision.rationale}"
    change = changes.move(work.tx, change, State.REJECTED, why=why, finished=work.at)
    for timer in ("advance", "expire"):
        timers.cancel(work.tx, f"{timer}:{change.id}")
    actor = record.actor_of(person, work.asker.slack, request, facts)
    record.write(
        work.tx, "change:rejected", actor, facts, work.correlation, subject=change.id, service=change.content.service,
        environment=change.content.environment, rationale=decision.rationale,
        on_behalf=bodies.on_behalf_body(decision.on_behalf),
    )  # fmt: skip
    log_of(work.tx, change, facts, work.correlation, why)
    card_of(work.tx, change, facts, work.correlation)
    return change


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the reason."""
    return reason_form("Reject", "reject", "Reject", "Why must it not go?", fields, facts)


command = Command(
    name="reject",
    summary="Stop a change that waits for approval.",
    examples=("reject CR-2026-1121-001 the migration was not tested on staging",),
    action=Action.APPROVE,
    guards=(authorized, undecided, as_seen, reasoned),
    arguments=Decision,
    ask=ask,
    run=reject,
    whole=(open_set, set_as_seen),
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
