"""/release break-glass request | grant | refuse | end | list: time-boxed production access in an emergency (EMG-18, EMG-19)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, FormBuilder, Reply, Work
from commands.core.emergency import access, redraw
from commands.core.emergency.card import grant_line
from commands.core.fields import EmergencyId, GrantId
from commands.core.tell import alert, reply_to
from commands.core.text import Button, Card, Code, Form, Input, Line, Part
from commands.core.words import Arguments, Named, NoArguments, Rest, shown
from guards.access import Grant
from guards.accesses import accessible, endable_grant, grants_to_others, pending_grant
from guards.authorization import authorized, who_may
from guards.decision import Refusal
from guards.facts import Facts
from guards.record import reasoned
from guards.sections import Person
from guards.vocabulary import Action
from storage import accesses

_MINUTES = {"m": 1, "h": 60}


def _minutes(word: str) -> str:
    number, unit = word[:-1], word[-1:].lower()
    if unit not in _MINUTES or not (number.isascii() and number.isdigit()) or not 1 <= int(number) <= 10_000:
        raise ValueError(f"{shown(word)} is no time span; write one like 90m or 2h")
    return str(timedelta(minutes=int(number) * _MINUTES[unit]) // timedelta(minutes=1))


class RequestAccess(Arguments):
    """An emergency, which access, for how long, and what for."""

    emergency: EmergencyId
    scope: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    lasts: Annotated[str, AfterValidator(_minutes), Named()]
    reason: Annotated[str, Rest()] = ""


class DecideAccess(Arguments):
    """An access and the reason."""

    grant: GrantId
    rationale: Annotated[str, Rest()] = ""


class EndAccess(Arguments):
    """An access."""

    grant: GrantId


def ask_request(args: RequestAccess, asker: Asker) -> Ask:
    """The access as it would stand; its place is that of the emergency."""
    wanted = Grant(
        "", args.emergency, asker.person.id, asker.person.name, asker.at, "", "", args.scope, args.reason.strip(), int(args.lasts)
    )
    return Ask(emergency=args.emergency, access=wanted)


def ask_decide(args: DecideAccess, asker: Asker) -> Ask:
    """A decision is about one access."""
    return Ask(grant=args.grant, rationale=args.rationale)


def ask_end(args: EndAccess, asker: Asker) -> Ask:
    """Ending is about one access."""
    return Ask(grant=args.grant)


def request(work: Work[RequestAccess]) -> Reply:
    """Record it and ask those who may grant it; nothing is opened by it."""
    draft, facts = work.request.grant, work.facts
    assert draft is not None
    grant = replace(draft, id=accesses.next_id(work.tx, work.at.date()), requested=work.at)
    accesses.add(work.tx, grant)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, facts)
    record.write(
        work.tx, "access:requested", actor, facts, work.correlation, subject=grant.id, service=grant.service,
        environment=grant.environment, **bodies.grant_body(grant),
    )  # fmt: skip
    redraw.card_of(work.tx, grant.emergency, grant.service, facts, work.correlation)
    known = {"grant": grant.id}
    card = Card(
        f"🔐 {grant.requester_name} asks for break-glass access",
        parts=(Part(_lines(grant, facts)),),
        buttons=(Button("Grant", "break-glass grant", known, "primary"), Button("Refuse", "break-glass refuse", known, "danger")),
    )
    able = [p for p in who_may(Action.GRANT_ACCESS, grant.service, grant.environment, facts) if p.id != grant.requester]
    for person in able:
        if person.slack:
            reply_to(work.tx, person.slack[0], card, work.at, work.correlation, channel=None, answer_to=None)
    alert(work.tx, facts, card, work.correlation)
    asked = ", ".join(p.name for p in able)
    return Reply(note(f"🔐 {grant.id} is asked for", (f"Asked: {asked}." if asked else "⚠️ Nobody may grant it: it takes `grant-access`.",)))


def grant(work: Work[DecideAccess]) -> Reply:
    """Grant it: the configured workflow opens it, and it ends by itself."""
    now = access.granted(
        work.tx, _grant(work), _actor(work), work.request.rationale.strip(), work.facts, work.correlation
    )  # fmt: skip
    return Reply(note(f"🔓 {now.id} is granted", grant_line(now, work.policy.zone_of(now.service))))


def refuse(work: Work[DecideAccess]) -> Reply:
    """Refuse it."""
    now = access.refused(work.tx, _grant(work), _actor(work), work.request.rationale.strip(), work.facts, work.correlation)
    return Reply(note(f"⛔ {now.id} is refused"))


def end(work: Work[EndAccess]) -> Reply:
    """End it before its time: the configured workflow closes it."""
    now = access.end(work.tx, _grant(work), _actor(work), work.facts, work.correlation)
    return Reply(note(f"🔒 {now.id} has ended", ("CI is asked to close it; its follow-ups say what is left.",)))


def listed(work: Work[NoArguments]) -> Reply:
    """What waits or is open."""
    found = accesses.still_open(work.tx)
    lines = [grant_line(one, work.policy.zone_of(one.service)) for one in found[:20]]
    return Reply(note("🔐 Break-glass access" if found else "🔒 No break-glass access", *lines))


def _grant(work: Work[Any]) -> Grant:
    held = work.facts.grant
    assert isinstance(held, Grant)
    return held


def _actor(work: Work[Any]) -> record.Actor:
    return record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)


def _lines(one: Grant, facts: Facts) -> tuple[Line, ...]:
    return (
        (Code(one.id), f" {one.what} for {one.requester_name}, {one.minutes} min, in ", Code(one.emergency)),
        ("For: ", one.reason),
    )


def _form(heading: str, word: str, label: str) -> FormBuilder:
    def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
        held = facts.grant
        if not isinstance(held, Grant):
            return None
        return Form(
            title=heading,
            word=f"break-glass {word}",
            submit=word.capitalize(),
            inputs=(Input("rationale", label, "text", hint="It stands in the record, with your name.", shortest=3, longest=1000),),
            known={"grant": held.id},
            lines=_lines(held, facts),
        )

    return form


_NO_REASON = frozenset({Refusal.NO_RATIONALE})

access_request = Command(
    name="break-glass request",
    summary="Ask for production access in an emergency, for a while.",
    examples=("break-glass request EMG-2026-1121-001 database-read lasts=2h look which rows are locked",),
    action=Action.REQUEST_ACCESS,
    guards=(authorized, accessible),
    arguments=RequestAccess,
    ask=ask_request,
    run=request,
)

access_grant = Command(
    name="break-glass grant",
    summary="Grant break-glass access that somebody else asked for.",
    examples=("break-glass grant BGL-2026-1121-001 read only, two of us watch",),
    action=Action.GRANT_ACCESS,
    guards=(authorized, pending_grant, grants_to_others, reasoned),
    arguments=DecideAccess,
    ask=ask_decide,
    run=grant,
    form=_form("Grant the access", "grant", "Why is it needed, and who watches?"),
    form_after=_NO_REASON,
)

access_refuse = Command(
    name="break-glass refuse",
    summary="Refuse break-glass access.",
    examples=("break-glass refuse BGL-2026-1121-001 the dashboard shows it",),
    action=Action.GRANT_ACCESS,
    guards=(authorized, pending_grant, grants_to_others, reasoned),
    arguments=DecideAccess,
    ask=ask_decide,
    run=refuse,
    form=_form("Refuse the access", "refuse", "Why not?"),
    form_after=_NO_REASON,
)

access_end = Command(
    name="break-glass end",
    summary="End break-glass access before its time.",
    examples=("break-glass end BGL-2026-1121-001",),
    action=Action.END_ACCESS,
    guards=(authorized, endable_grant),
    arguments=EndAccess,
    ask=ask_end,
    run=end,
)

access_list = Command(
    name="break-glass list",
    summary="The break-glass access that waits or is open.",
    examples=("break-glass list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=listed,
)
