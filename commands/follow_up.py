"""/release follow-up add | list | done | pass: what people owe after a change, an emergency, a train or an incident, until it is done."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from commands.core import obligations as owing
from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import ListedPerson, MomentWord, ObligationId
from commands.core.gather_incident import subject_of
from commands.core.text import Form, Input
from commands.core.words import Arguments, Named, Rest, ServiceName
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts
from guards.incidents import known_record
from guards.obligation import TO_BE_FOUND, Obligation, Owed
from guards.obligations import dischargeable, evidenced, owed
from guards.sections import Person
from guards.vocabulary import Action
from storage import obligations

_LONGEST = 20
"""Follow-ups that a list names."""

_BUTTONS = 5

_KINDS = (("follow-up", "A follow-up"), ("corrective-action", "A corrective action, so that it does not come again"))


class Add(Arguments):
    """What is owed, by whom, until when."""

    about: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,80}$")]
    what: Annotated[str, Named()]
    owner: Annotated[ListedPerson, Named()]
    due: Annotated[MomentWord, Named()]
    service: Annotated[ServiceName | None, Named()] = None
    kind: Annotated[Literal["follow-up", "corrective-action"], Named()] = "follow-up"


class List(Arguments):
    """What belongs to one record, or everything that is open."""

    about: str | None = None


class Done(Arguments):
    """A follow-up, and what shows that it is done."""

    obligation: ObligationId
    shown: Annotated[str, Rest()] = ""


class Pass(Arguments):
    """A follow-up, and who owes it from now on."""

    obligation: ObligationId
    owner: ListedPerson


def ask_add(args: Add, asker: Asker) -> Ask:
    """The follow-up as it would stand; its id comes when it is recorded."""
    owner = asker.policy.by_id[args.owner]
    wanted = Obligation(
        "", Owed(args.kind), args.about, args.service, args.what, owner.id, owner.name, datetime.fromisoformat(args.due), asker.at,
        asker.person.id,
    )  # fmt: skip
    return Ask(service=args.service, owed=wanted, bound=args.about)


def ask_done(args: Done, asker: Asker) -> Ask:
    """What ends a follow-up is what shows that it is done."""
    return Ask(obligation=args.obligation, rationale=args.shown)


def ask_pass(args: Pass, asker: Asker) -> Ask:
    """Handing on is about one follow-up."""
    return Ask(obligation=args.obligation)


def add(work: Work[Add]) -> Reply:
    """Record it; its owner is reminded until it is done."""
    draft, about = work.request.obligation, subject_of(work.tx, work.args.about)
    assert draft is not None
    assert isinstance(about, str)
    one = replace(draft, id=obligations.next_id(work.tx, work.at.date()), about=about)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    owing.owe(work.tx, one, actor, work.facts, work.correlation)
    if one.owner != work.asker.person.id:
        owing.tell_owner(work.tx, one, work.facts, work.correlation)
    return Reply(note(f"📌 {one.owner_name} owes it", owing.line_of(one, work.facts)))


def done(work: Work[Done]) -> Reply:
    """End it: what shows that it is done stands on record with the name of whoever says so."""
    one = work.facts.obligation
    assert isinstance(one, Obligation)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    ended = owing.discharge(work.tx, one, work.request.rationale.strip(), actor, work.facts, work.correlation)
    return Reply(note(f"✅ {ended.id} is done", owing.line_of(ended, work.facts)))


def hand_on(work: Work[Pass]) -> Reply:
    """Have somebody else owe it; when it is due does not change."""
    one = work.facts.obligation
    assert isinstance(one, Obligation)
    owner = work.policy.by_id[work.args.owner]
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    now = owing.hand_on(work.tx, one, owner.id, owner.name, actor, work.facts, work.correlation)
    return Reply(note(f"📌 {now.owner_name} owes it now", owing.line_of(now, work.facts)))


def listed(work: Work[List]) -> Reply:
    """What is open, the first due first; of one record also what is done."""
    about = work.args.about
    named = subject_of(work.tx, about) if about else None
    about = named if isinstance(named, str) else about  # of what is no record, nothing is owed
    found = obligations.about(work.tx, about) if about else obligations.still_open(work.tx, _LONGEST + 1)
    lines = [owing.line_of(one, work.facts) for one in found[:_LONGEST]]
    if len(found) > _LONGEST:
        lines.append(("and others that are due later: name the record that they belong to",))
    mine = ((one, owing.done_button(one)) for one in found if one.done is None and one.owner == work.asker.person.id)
    buttons = tuple(replace(button, label=f"Done: {one.id}") for one, button in mine if button)[:_BUTTONS]
    title = f"📌 Follow-ups of {about}" if about else "📌 Open follow-ups"
    return Reply(replace(note(title if found else "📌 Nothing is owed", *lines), buttons=buttons))


def add_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for every field of a follow-up."""
    people, services = tuple((p.id, p.name) for p in facts.policy.people[:100]), tuple((s, s) for s in facts.policy.services)
    return Form(
        title="Record a follow-up",
        word="follow-up add",
        submit="Record",
        inputs=(
            Input("about", "What does it belong to?", initial=fields.get("about", ""), hint="An id, like CR-2026-1121-001."),
            Input("what", "What is to be done?", "text", initial=fields.get("what", ""), shortest=3),
            Input("kind", "What is it?", "choice", _KINDS, fields.get("kind", "follow-up")),
            Input("owner", "Who does it?", "choice", people, fields.get("owner", person.id)),
            Input("due", "Until", "moment", initial=fields.get("due", "")),
            Input(
                "service",
                "Service",
                "choice",
                services,
                fields.get("service", ""),
                hint="Its owners are told when it is late.",
                optional=True,
            ),
        ),
        known={},
    )  # fmt: skip


def done_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks what shows that it is done."""
    one = facts.obligation
    if not isinstance(one, Obligation):
        return None
    hint = "A link, or the number of a record." if one.kind in TO_BE_FOUND else "A link, a number or a sentence."
    return Form(
        title="It is done",
        word="follow-up done",
        submit="Done",
        inputs=(Input("shown", "What shows it?", "text", hint=hint, shortest=3, longest=1000),),
        known={"obligation": one.id},
        lines=(owing.line_of(one, facts),),
    )


follow_up_add = Command(
    name="follow-up add",
    summary="Record what somebody owes until a moment.",
    examples=('follow-up add CR-2026-1121-001 what="alert on the queue length" owner=rita@example.com due=2026-11-27T18:00',),
    action=Action.FOLLOW_UP,
    guards=(authorized, known_record, owed),
    arguments=Add,
    ask=ask_add,
    run=add,
    form=add_form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

follow_up_list = Command(
    name="follow-up list",
    summary="What is owed, by whom, until when.",
    examples=("follow-up list", "follow-up list CR-2026-1121-001"),
    action=Action.READ,
    guards=(authorized,),
    arguments=List,
    ask=lambda args, asker: Ask(),
    run=listed,
)

follow_up_done = Command(
    name="follow-up done",
    summary="Say that a follow-up is done, and what shows it.",
    examples=("follow-up done OBL-2026-1121-001 the alert is live, runbook 12",),
    action=Action.FOLLOW_UP,
    guards=(authorized, dischargeable, evidenced),
    arguments=Done,
    ask=ask_done,
    run=done,
    form=done_form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)

follow_up_pass = Command(
    name="follow-up pass",
    summary="Have somebody else owe a follow-up.",
    examples=("follow-up pass OBL-2026-1121-001 rita@example.com",),
    action=Action.FOLLOW_UP,
    guards=(authorized, dischargeable),
    arguments=Pass,
    ask=ask_pass,
    run=hand_on,
)
