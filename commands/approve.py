"""/release approve <change> <reason …>: let a change, or a whole set, go, after looking at it (CMD-08)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.change_card import in_place_of
from commands.core.command import Command, Reply, Work
from commands.core.decide import Decision, ask, decision_of, reason_form
from commands.core.dispatch import advance, advance_set
from commands.core.queue import BY_TIME, QueueWord
from commands.core.tell import log_of, set_log_of
from commands.core.text import Form, Line, Moment, plain
from guards.artifact import same_artifact
from guards.authorization import authorized
from guards.change import Change, Verdict
from guards.classify import catalogued
from guards.decision import Refusal
from guards.duties import separated
from guards.facts import Facts, Request
from guards.flight import alone
from guards.freeze import not_frozen
from guards.hotfixed import hotfixed
from guards.incidents import no_incident
from guards.lifecycle import UNDECIDED
from guards.manifest import SetStanding
from guards.order import in_order
from guards.record import as_seen, reasoned, undecided, undecided_by_asker
from guards.references import references_of, referring
from guards.requirements import EVIDENCE
from guards.sections import Person
from guards.set_promotion import integrated, manifested, open_set, set_as_seen
from guards.vocabulary import Action
from guards.window import in_window
from storage import approvals, audit


class Approving(Decision):
    """A decision that may be about a change whose time has not come."""

    queue: QueueWord = None


def approve(work: Work[Approving]) -> Reply:
    """Record the approval, of a set that of each entry, then judge at once whether it can go out."""
    if work.args.change.startswith("SET-"):
        return _approve_set(work)
    change, by, expires = _record(work, work.request, work.facts)
    log_of(work.tx, change, work.facts, work.correlation, f"{by} approved: {work.request.rationale.strip()}")
    # where nobody else wrote since the facts were read, only this approval is new in them
    known = audit.unmoved(work.tx, work.end)
    facts = replace(work.facts, approvals=approvals.of(work.tx, change.id)) if known else work.facts
    now = advance(work.tx, change, facts, work.correlation, known=known)
    until: Line = ("Your approval counts until ", Moment(expires, work.policy.zone_of(change.content.service)), ".")
    waits = () if now.state not in UNDECIDED else (until,)
    return Reply(note(f"✅ Your approval of {change.id} is recorded", (f"It is {now.state} now. {now.why}".strip(),), *waits))


def _approve_set(work: Work[Approving]) -> Reply:
    """One click, one transaction: the approval of each entry is its own, bound to that entry's content and to the manifest (MAN-04)."""
    standing = work.facts.set
    assert isinstance(standing, SetStanding)
    promotion = standing.promotion
    assert promotion is not None
    recorded = [(*_record(work, request, facts), facts) for request, facts in work.cases]
    what = ", ".join(f"{change.content.service} {change.content.version}" for change, *_ in recorded)
    said = f"{recorded[0][1]} approved {what}: {work.request.rationale.strip()}"
    set_log_of(work.tx, promotion, work.facts, work.correlation, said)
    advance_set(work.tx, promotion.id, {change.id: facts for change, _, _, facts in recorded}, work.correlation)
    return Reply(note(f"✅ Your approval of {promotion.id} is recorded", (f"It counts for {what}.",)))


def _record(work: Work[Approving], request: Request, facts: Facts) -> tuple[Change, str, datetime]:
    """The change whose approval was recorded, the name by which it was given, and until when it counts."""
    change, person = facts.change, work.asker.person
    assert isinstance(change, Change)
    approval = decision_of(person, Verdict.APPROVED, request, facts)
    approvals.withdraw(work.tx, change.id, person.id, work.at)  # an earlier one that no longer counts gives way to this one
    approvals.add(work.tx, change.id, approval)
    actor, refers = record.actor_of(person, work.asker.slack, request, facts), references_of(request, facts)
    record.write(
        work.tx, "change:approval", actor, facts, work.correlation, subject=change.id, service=change.content.service,
        environment=change.content.environment, rationale=approval.rationale, content=approval.content, manifest=change.content.manifest,
        expires=approval.expires.isoformat(), on_behalf=bodies.on_behalf_body(approval.on_behalf),
        references=list(refers) if isinstance(refers, tuple) else None,
    )  # fmt: skip
    by = plain((person.name, *in_place_of(approval, work.policy.zone_of(change.content.service))))
    return change, by, approval.expires


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
        hotfixed,
        catalogued,
        *EVIDENCE,
        in_order,
        manifested,
        integrated,
        alone,
        not_frozen,
        no_incident,
        in_window,
        reasoned,
        referring,
    ),
    arguments=Approving,
    ask=ask,
    run=approve,
    whole=(open_set, set_as_seen),
    skips=(undecided_by_asker,),
    # an approval may come before its window, or while another change is at work (WIN-09)
    heals=frozenset({Refusal.OUTSIDE_WINDOW, Refusal.IN_FLIGHT, Refusal.LEAD_TIME, Refusal.NOT_SOAKED}),
    queues=BY_TIME,
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
