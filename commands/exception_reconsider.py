"""/release exception reconsider <exception> until=<moment> <why>: people say that a permanent exception still holds (EXC-10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from commands.core import bodies, exempt, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.exempt_card import exception_lines, title
from commands.core.fields import MomentWord
from commands.core.tell import exception_card_of
from commands.core.text import Form, Input, reason
from commands.core.words import Arguments, ExceptionId, Named, Rest
from guards.authorization import authorized
from guards.decision import Refusal
from guards.exceptions import enough, reconsiderable, waivable
from guards.exemption import Exemption, Reconsideration
from guards.facts import Facts
from guards.independence import independent
from guards.record import reasoned
from guards.sections import Person
from guards.standing import end_of, this_time
from guards.vocabulary import Action
from storage import exceptions


class Reconsider(Arguments):
    """An exception, the next day on which it is reconsidered, and why it still holds."""

    exception: ExceptionId
    until: Annotated[MomentWord | None, Named()] = None
    rationale: Annotated[str, Rest()] = ""


def ask(args: Reconsider, asker: Asker) -> Ask:
    """Reconsidering is about one exception, and about how long it shall count."""
    return Ask(
        exception=args.exception, until=datetime.fromisoformat(args.until) if args.until else None, rationale=args.rationale
    )  # fmt: skip


def reconsider(work: Work[Reconsider]) -> Reply:
    """Record what the person says; with enough of them it counts until the earliest day that they named."""
    exemption, person, until = work.facts.exception, work.asker.person, work.request.until
    assert isinstance(exemption, Exemption)
    assert until is not None
    end, reason = end_of(exemption, work.policy), work.request.rationale.strip()
    roles = exempt.roles_of(person, exemption, work.facts)
    exceptions.reconsider(work.tx, exemption.id, Reconsideration(person.id, person.name, roles, reason, work.at, end, until))
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "exception:reconsideration", actor, work.facts, work.correlation, subject=exemption.id, rationale=reason,
        was=end.isoformat(), until=until.isoformat(),
    )  # fmt: skip
    said = exceptions.get(work.tx, exemption.id)
    assert said is not None
    words = this_time(said, work.policy)
    if not enough(words, work.policy):
        exception_card_of(work.tx, said, work.facts, work.correlation)
        return Reply(note(f"🔁 Your word on {exemption.id} is recorded", ("It takes more people.",)))
    _extend(work, said, min(word.until for word in words), end)
    return Reply(note(f"🔁 {exemption.id} counts on", (title(exemption, work.policy),)))


def _extend(work: Work[Reconsider], exemption: Exemption, until: datetime, end: datetime) -> None:
    """Have it count until then, with its ledger entry, its card, and those of the changes that may go by it."""
    longer = exceptions.extend(work.tx, exemption, until, exempt.review_before(work.at, until), end)
    exempt.set_timers(work.tx, longer)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "exception:reconsidered", actor, work.facts, work.correlation, subject=longer.id, was=end.isoformat(),
        **bodies.exception_body(longer),
    )  # fmt: skip
    exception_card_of(work.tx, longer, work.facts, work.correlation)
    exempt.judge_again(work.tx, longer, work.facts, work.correlation)


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Shows once more what is reconsidered, and under which criteria; asks for the next day and the reason."""
    exemption = facts.exception
    assert isinstance(exemption, Exemption)
    return Form(
        title="Reconsider the exception",
        word="exception reconsider",
        submit="It still holds",
        inputs=(
            Input("until", "Reconsider it again on", "moment", initial=fields.get("until", "")),
            reason("rationale", "Why does it still hold?", fields.get("rationale", "")),
        ),
        known={"exception": exemption.id},
        lines=(
            (title(exemption, facts.policy),),
            *exception_lines(exemption, facts),
            (f"It was to be reconsidered on: {exemption.reconsider}",),
            (f"It cannot end because: {exemption.infeasible}",),
        ),
    )  # fmt: skip


command = Command(
    name="exception reconsider",
    summary="Say that a permanent exception still holds, and until when.",
    examples=("exception reconsider EXC-2026-1121-001 until=2027-06-30T18:00 the vendor still keeps no images",),
    action=Action.APPROVE_EXCEPTION,
    guards=(authorized, reconsiderable, waivable, independent, reasoned),
    arguments=Reconsider,
    ask=ask,
    run=reconsider,
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE, Refusal.INCOMPLETE}),
)
