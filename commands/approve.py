"""/release approve <change> <reason …>: let a change go, after looking at it (CMD-08)."""

from collections.abc import Mapping

from commands.core import record
from commands.core.cards import note
from commands.core.change_card import in_place_of
from commands.core.command import Command, Reply, Work
from commands.core.decide import Decision, ask, decision_of, reason_form
from commands.core.dispatch import advance
from commands.core.queue import BY_TIME, QueueWord
from commands.core.tell import log_of
from commands.core.text import Form, Line, Moment, plain
from guards.artifact import same_artifact
from guards.authorization import authorized
from guards.change import Change, Verdict
from guards.classify import catalogued
from guards.decision import Refusal
from guards.duties import separated
from guards.facts import Facts
from guards.flight import alone
from guards.freeze import not_frozen
from guards.lifecycle import UNDECIDED
from guards.order import in_order
from guards.record import as_seen, reasoned, undecided, undecided_by_asker
from guards.requirements import EVIDENCE
from guards.sections import Person
from guards.vocabulary import Action
from guards.window import in_window
from storage import approvals


class Approving(Decision):
    """A decision that may be about a change whose time has not come."""

    queue: QueueWord = None


def approve(work: Work[Approving]) -> Reply:
    """Record the approval, then judge at once whether the change can go out."""
    change = work.facts.change
    assert isinstance(change, Change)
    person = work.asker.person
    approval = decision_of(person, Verdict.APPROVED, work.request, work.facts)
    approvals.withdraw(work.tx, change.id, person.id, work.at)  # an earlier one that no longer counts gives way to this one
    approvals.add(work.tx, change.id, approval)
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "change:approval", actor, work.facts, work.correlation, subject=change.id, service=change.content.service,
        environment=change.content.environment, rationale=approval.rationale, content=approval.content,
        expires=approval.expires.isoformat(), on_behalf=record.on_behalf_body(approval.on_behalf),
    )  # fmt: skip
    by = plain((person.name, *in_place_of(approval, work.policy.zone_of(change.content.service))))
    log_of(work.tx, change, work.facts, work.correlation, f"{by} approved: {approval.rationale}")
    now = advance(work.tx, change, work.facts, work.correlation)
    until: Line = ("Your approval counts until ", Moment(approval.expires, work.policy.zone_of(change.content.service)), ".")
    waits = () if now.state not in UNDECIDED else (until,)
    return Reply(note(f"✅ Your approval of {change.id} is recorded", (f"It is {now.state} now. {now.why}".strip(),), *waits))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the reason."""
    return reason_form("Approve", "approve", "Approve", "What did you look at, and why may it go?", fields, facts)


command = Command(
    name="approve",
    summary="Approve a change that somebody else asked for.",
    examples=("approve CR-2026-1121-001 tests and diff read, rollback is v1.3.2",),
    action=Action.APPROVE,
    guards=(
        authorized,
        undecided,
        separated,
        as_seen,
        undecided_by_asker,
        same_artifact,
        catalogued,
        *EVIDENCE,
        in_order,
        alone,
        not_frozen,
        in_window,
        reasoned,
    ),
    arguments=Approving,
    ask=ask,
    run=approve,
    # an approval may come before its window, or while another change is at work (WIN-09)
    heals=frozenset({Refusal.OUTSIDE_WINDOW, Refusal.IN_FLIGHT, Refusal.LEAD_TIME}),
    queues=BY_TIME,
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
