"""/release exception approve | reject | revoke: people who neither want nor made it decide about an exception (SOD-09, EXC-05)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import bodies, exempt, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, FormBuilder, Reply, Work
from commands.core.exempt_card import exception_lines, flag, title
from commands.core.tell import alert, exception_card_of
from commands.core.text import Card, Form, Part, reason
from commands.core.words import Arguments, ExceptionId, Rest
from guards.authorization import authorized
from guards.decision import Refusal
from guards.exceptions import enough, revocable, undecided_exception, waivable
from guards.exemption import Exemption, ExemptionDecision, ExemptionState, Ruling
from guards.facts import Facts
from guards.independence import independent
from guards.record import reasoned
from guards.releasable import unreleasable
from guards.sections import Person
from guards.vocabulary import Action
from storage import exceptions, timers


class DecideException(Arguments):
    """An exception and the reason."""

    exception: ExceptionId
    rationale: Annotated[str, Rest()] = ""


def ask(args: DecideException, asker: Asker) -> Ask:
    """A decision is about one exception."""
    return Ask(exception=args.exception, rationale=args.rationale)


def approve(work: Work[DecideException]) -> Reply:
    """Record the approval; with enough of them it counts from now on."""
    exemption = _decide(work, Ruling.APPROVED)
    if not enough(exemption.approvals, work.policy):
        exception_card_of(work.tx, exemption, work.facts, work.correlation)
        return Reply(note(f"✅ Your approval of {exemption.id} is recorded", ("It takes more people.",)))
    exemption = _end(work, exemption, ExemptionState.APPROVED)
    flagged = flag(exemption, work.facts)
    if flagged and isinstance(halted := unreleasable(exemption, work.facts), tuple):
        actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
        record.write(
            work.tx, "exception:main-not-releasable", actor, work.facts, work.correlation, subject=exemption.id, services=list(halted)
        )
        card = Card(f"⚠️ {exemption.id} leaves main unreleasable", parts=(Part(((title(exemption, work.policy),),)), *flagged))
        alert(work.tx, work.facts, card, work.correlation)
    return Reply(Card(f"✅ {exemption.id} counts from now on", parts=(Part(((title(exemption, work.policy),),)), *flagged)))


def reject(work: Work[DecideException]) -> Reply:
    """One rejection of somebody who may approve ends the request."""
    exemption = _end(work, _decide(work, Ruling.REJECTED), ExemptionState.REJECTED)
    return Reply(note(f"⛔ {exemption.id} is rejected"))


def revoke(work: Work[DecideException]) -> Reply:
    """Take it back: nothing goes out by it from now on, and what waits is judged again."""
    exemption = _end(work, _decide(work, Ruling.REVOKED), ExemptionState.REVOKED)
    exempt.judge_again(work.tx, exemption, work.facts, work.correlation)
    return Reply(note(f"⛔ {exemption.id} is revoked", ("Changes in its scope are judged again now.",)))


def _decide(work: Work[DecideException], ruling: Ruling) -> Exemption:
    """Record the decision; the exception with it."""
    exemption, person = work.facts.exception, work.asker.person
    assert isinstance(exemption, Exemption)
    reason, roles = work.request.rationale.strip(), exempt.roles_of(person, exemption, work.facts)
    exceptions.decide(work.tx, exemption.id, ExemptionDecision(person.id, person.name, roles, ruling, reason, work.at))
    if ruling is Ruling.APPROVED:
        actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
        record.write(work.tx, "exception:approval", actor, work.facts, work.correlation, subject=exemption.id, rationale=reason)
    decided = exceptions.get(work.tx, exemption.id)
    assert decided is not None
    return decided


def _end(work: Work[DecideException], exemption: Exemption, state: ExemptionState) -> Exemption:
    """Move it on, with its ledger entry and its card."""
    exemption = exceptions.move(work.tx, exemption, state)
    if state is not ExemptionState.APPROVED:
        for kind in (exempt.REVIEW, exempt.EXPIRE):
            timers.cancel(work.tx, f"{kind}:{exemption.id}")
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    reason = work.request.rationale.strip()
    record.write(
        work.tx, f"exception:{state.value}", actor, work.facts, work.correlation, subject=exemption.id, rationale=reason,
        **bodies.exception_body(exemption),
    )  # fmt: skip
    exception_card_of(work.tx, exemption, work.facts, work.correlation)
    return exemption


def _form(heading: str, word: str, label: str) -> FormBuilder:
    """A form that shows once more what is decided on, and asks for the reason."""

    def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
        exemption = facts.exception
        assert isinstance(exemption, Exemption)
        return Form(
            title=heading,
            word=f"exception {word}",
            submit=word.capitalize(),
            inputs=(reason("rationale", label),),
            known={"exception": exemption.id},
            lines=((title(exemption, facts.policy),), *exception_lines(exemption, facts)),
        )

    return form


_NO_REASON = frozenset({Refusal.NO_RATIONALE})

exception_approve = Command(
    name="exception approve",
    summary="Approve an exception that somebody else asked for.",
    examples=("exception approve EXC-2026-1121-001 one wording, reviewed twice, and it ends on Friday",),
    action=Action.APPROVE_EXCEPTION,
    guards=(authorized, undecided_exception, waivable, independent, reasoned),
    arguments=DecideException,
    ask=ask,
    run=approve,
    form=_form("Approve the exception", "approve", "Why is the risk acceptable?"),
    form_after=_NO_REASON,
)

exception_reject = Command(
    name="exception reject",
    summary="Reject an exception that waits for approval.",
    examples=("exception reject EXC-2026-1121-001 link the ticket instead",),
    action=Action.APPROVE_EXCEPTION,
    guards=(authorized, undecided_exception, reasoned),
    arguments=DecideException,
    ask=ask,
    run=reject,
    form=_form("Reject the exception", "reject", "Why not?"),
    form_after=_NO_REASON,
)

exception_revoke = Command(
    name="exception revoke",
    summary="Take an exception back that counts: nothing more goes out by it.",
    examples=("exception revoke EXC-2026-1121-001 the scanner works again",),
    action=Action.APPROVE_EXCEPTION,
    guards=(authorized, revocable, reasoned),
    arguments=DecideException,
    ask=ask,
    run=revoke,
    form=_form("Revoke the exception", "revoke", "Why does it no longer hold?"),
    form_after=_NO_REASON,
)
