"""/release incident action: what is to change so that an incident does not come again, and which control it becomes (INC-05)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, get_args

from commands.core import obligations as owing
from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import IncidentWord, ListedPerson, MomentWord
from commands.core.incident_card import incident_line
from commands.core.text import Form, Input
from commands.core.words import Arguments, Named
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts
from guards.incident import Incident
from guards.incidents import known_incident
from guards.obligation import Obligation, Owed
from guards.obligations import owed
from guards.sections import Person
from guards.vocabulary import Action
from storage import obligations

Control = Literal["test", "monitor", "runbook", "gate", "flag-default", "rollout-policy"]


class Act(Arguments):
    """An incident, the control that comes of it, what it is, and who makes it until when."""

    incident: IncidentWord
    control: Annotated[Control, Named()]
    what: Annotated[str, Named()]
    owner: Annotated[ListedPerson, Named()]
    due: Annotated[MomentWord, Named()]


def ask(args: Act, asker: Asker) -> Ask:
    """The corrective action as it would stand; its id and the incident's reference come when it is recorded."""
    owner = asker.policy.by_id[args.owner]
    wanted = Obligation(
        "", Owed.CORRECTIVE_ACTION, args.incident, None, f"{args.control}: {args.what}", owner.id, owner.name,
        datetime.fromisoformat(args.due), asker.at, asker.person.id,
    )  # fmt: skip
    return Ask(incident=args.incident, owed=wanted)


def act(work: Work[Act]) -> Reply:
    """Record it: its owner is reminded until something shows that the control is there."""
    one, draft = work.facts.incident, work.request.obligation
    assert isinstance(one, Incident)
    assert draft is not None
    service = one.services[0] if one.services and one.services[0] in work.policy.services else None
    action = replace(draft, id=obligations.next_id(work.tx, work.at.date()), about=one.reference, service=service)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    owing.owe(work.tx, action, actor, work.facts, work.correlation)
    if action.owner != work.asker.person.id:
        owing.tell_owner(work.tx, action, work.facts, work.correlation)
    return Reply(note(f"📌 {action.owner_name} owes {one.reference} a control", owing.line_of(action, work.facts)))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks for every field of a corrective action."""
    if not fields.get("incident"):
        return None
    one, controls = facts.incident, tuple((word, word) for word in get_args(Control))
    people = tuple((p.id, p.name) for p in facts.policy.people[:100])
    return Form(
        title="A corrective action",
        word="incident action",
        submit="Record",
        inputs=(
            Input("control", "Which control does it become?", "choice", controls, fields.get("control", "")),
            Input("what", "What is to be done?", "text", initial=fields.get("what", ""), shortest=3),
            Input("owner", "Who does it?", "choice", people, fields.get("owner", person.id)),
            Input("due", "Until", "moment", initial=fields.get("due", "")),
        ),
        known={"incident": fields["incident"]},
        lines=(incident_line(one, facts.policy),) if isinstance(one, Incident) else (),
    )


command = Command(
    name="incident action",
    summary="Record which control an incident leads to: a test, a monitor, a runbook, a gate, a flag's default, a rollout policy.",
    examples=('incident action INC-2026-1121-001 control=monitor what="alert on the queue" owner=rita@example.com due=2026-11-27T18:00',),
    action=Action.FOLLOW_UP,
    guards=(authorized, known_incident, owed),
    arguments=Act,
    ask=ask,
    run=act,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
