"""/release incident open | update | close | list: what goes wrong in production, how grave it is, and that it is over (INC-02, INC-07)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from commands.core import incidents as steps
from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import Colleague, IncidentWord, MomentWord, ServiceNames, SeverityWord
from commands.core.incident_card import incident_line
from commands.core.text import Button, Code, Form, Input, Line, Moment
from commands.core.words import Arguments, Named, NoArguments
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts
from guards.incident import HERE, Incident, IncidentEdit
from guards.incidents import complete_incident, otherwise, restored, still_open
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action
from storage import incidents

_LISTED = 20
_CLOSED = 5
_BUTTONS = 5


class Open(Arguments):
    """What fails, how gravely, where and since when."""

    severity: SeverityWord
    title: Annotated[str, Named()]
    services: Annotated[ServiceNames | None, Named()] = None
    since: Annotated[MomentWord | None, Named()] = None
    commander: Annotated[Colleague | None, Named()] = None


class Update(Arguments):
    """An incident, and what is otherwise."""

    incident: IncidentWord
    severity: Annotated[SeverityWord | None, Named()] = None
    title: Annotated[str | None, Named()] = None
    services: Annotated[ServiceNames | None, Named()] = None
    commander: Annotated[Colleague | None, Named()] = None


class Close(Arguments):
    """An incident, how service was restored, and what shows it."""

    incident: IncidentWord
    mechanism: Annotated[str, Named()] = ""
    verification: Annotated[str, Named()] = ""
    cause: Annotated[str, Named()] = ""
    until: Annotated[MomentWord | None, Named()] = None


def ask_open(args: Open, asker: Asker) -> Ask:
    """The incident as it would stand; its reference comes when it is recorded."""
    person, policy = asker.person, asker.policy
    draft = Incident(
        reference="", title=args.title, severity=policy.incidents.number(args.severity), services=_services(args.services),
        opened_at=datetime.fromisoformat(args.since) if args.since else asker.at, opened_by=person.id, opened_by_name=person.name,
        source=HERE, known_as="", heard_at=asker.at, commander=args.commander, commander_name=_name(args.commander, policy),
    )  # fmt: skip
    return Ask(opened=draft)


def ask_update(args: Update, asker: Asker) -> Ask:
    """What is to be otherwise."""
    severity = asker.policy.incidents.number(args.severity) if args.severity else None
    lead = _name(args.commander, asker.policy) if args.commander else None
    return Ask(incident=args.incident, incident_edit=IncidentEdit(args.title, severity, _services(args.services), args.commander, lead))


def ask_close(args: Close, asker: Asker) -> Ask:
    """The incident as it would stand once it is closed."""
    ended = datetime.fromisoformat(args.until) if args.until else asker.at
    edit = IncidentEdit(
        closed_at=ended, closed_by=asker.person.id, mechanism=args.mechanism, verification=args.verification, cause=args.cause or None
    )
    return Ask(incident=args.incident, incident_edit=edit)


def _services(words: str | None) -> tuple[str, ...] | None:
    return tuple(words.split(",")) if words else None


def _name(id: str | None, policy: Policy) -> str:  # noqa: A002
    known = policy.by_id.get(id or "")
    return known.name if known else id or ""


def open_incident(work: Work[Open]) -> Reply:
    """Record it, and post its card; what it holds is judged again."""
    draft = work.request.incident
    assert draft is not None
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    one = steps.opened(work.tx, draft, actor, work.facts, work.correlation)
    return Reply(
        note(
            f"🚨 {one.reference} is open",
            incident_line(one, work.policy),
            ("What ran when it began: ", Code(f"/release incident context {one.reference}")),
            ("What belongs to it: ", Code(f"/release incident link {one.reference} <id>")),
        )
    )


def update(work: Work[Update]) -> Reply:
    """Have it stand otherwise."""
    one = _step(work)
    return Reply(note(f"🚨 {one.reference} stands otherwise", incident_line(one, work.policy)))


def close(work: Work[Close]) -> Reply:
    """End it: what it held is judged again, and what it still asks for is owed."""
    one = _step(work)
    return Reply(note(f"✅ {one.reference} is closed", incident_line(one, work.policy), ("What it held is judged again now.",)))


def _step(work: Work[Update] | Work[Close]) -> Incident:
    was, now = work.facts.incident, work.request.incident
    assert isinstance(was, Incident)
    assert now is not None
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    steps.changed(work.tx, was, now, actor, work.facts, work.correlation)
    return now


def listed(work: Work[NoArguments]) -> Reply:
    """Those that are open, the gravest first; those that ended last; and when each source was heard."""
    facts, policy = work.facts, work.policy
    assert not isinstance(facts.incidents, Unread)
    lines = [incident_line(one, policy) for one in facts.incidents[:_LISTED]]
    if len(facts.incidents) > _LISTED:
        lines.append((f"and {len(facts.incidents) - _LISTED} more",))
    lines += [incident_line(one, policy) for one in incidents.recent(work.tx, _CLOSED)]
    lines += [_heard(name, facts) for name in policy.incidents.intake]
    buttons = tuple(Button(f"What ran: {one.reference}", "incident context", {"incident": one.reference}) for one in facts.incidents)
    card = note("🚨 Open incidents" if facts.incidents else "🌤️ No open incident", *lines)
    return Reply(replace(card, buttons=buttons[:_BUTTONS]))


def _heard(name: str, facts: Facts) -> Line:
    """When a source was heard last: silence is not peace."""
    last, limit = facts.heard.get(name), facts.policy.incidents.intake[name].silent_after
    if last is None:
        return (f"⚠️ {name} was never heard",)
    mark = "⚠️ " if limit and facts.at - last > limit else "📡 "
    return (f"{mark}{name} was last heard ", Moment(last, facts.policy.zone))


def open_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks what fails."""
    policy, since = facts.policy, fields.get("since", "")
    severities = tuple((each.name, f"{each.name}: {each.meaning}"[:75]) for each in policy.incidents.severities)
    people = tuple((p.id, p.name) for p in policy.people[:100])
    known = {"services": fields["services"]} if "," in fields.get("services", "") else {}
    service = Input(
        "services", "Service", "choice", tuple((s, s) for s in policy.services), fields.get("services", ""),
        hint="Left open: nobody knows, so all of them.", optional=True,
    )  # fmt: skip
    return Form(
        title="Open an incident",
        word="incident open",
        submit="Open",
        inputs=(
            Input("severity", "How grave is it?", "choice", severities, fields.get("severity", "")),
            Input("title", "What fails?", initial=fields.get("title", ""), shortest=3, longest=150),
            *(() if known else (service,)),
            Input("since", "Impact since", "moment", initial=since, hint="Left open: now.", optional=True),
            Input("commander", "Who leads it?", "choice", people, fields.get("commander", ""), optional=True),
        ),
        known=known,
    )


def close_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks how service was restored, and what shows it."""
    one = facts.incident
    if not isinstance(one, Incident):
        return None
    return Form(
        title="Close an incident",
        word="incident close",
        submit="Close",
        inputs=(
            Input("mechanism", "How was service restored?", "text", initial=fields.get("mechanism", ""), shortest=3, longest=1000),
            Input("verification", "What shows that it is?", "text", initial=fields.get("verification", ""), shortest=3, longest=1000),
            Input("cause", "Why did it happen, as far as is known?", "text", initial=fields.get("cause", ""), longest=1000, optional=True),
            Input("until", "Impact until", "moment", initial=fields.get("until", ""), hint="Left open: now.", optional=True),
        ),
        known={"incident": one.reference},
        lines=(incident_line(one, facts.policy),),
    )


incident_open = Command(
    name="incident open",
    summary="Record that something goes wrong in production.",
    examples=('incident open SEV-1 title="checkout fails" services=api commander=rita@example.com',),
    action=Action.INCIDENT,
    guards=(authorized, complete_incident),
    arguments=Open,
    ask=ask_open,
    run=open_incident,
    form=open_form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

incident_update = Command(
    name="incident update",
    summary="Change an open incident's severity, services, title or commander.",
    examples=("incident update INC-2026-1121-001 severity=SEV-1 commander=rita@example.com",),
    action=Action.INCIDENT,
    guards=(authorized, still_open, otherwise),
    arguments=Update,
    ask=ask_update,
    run=update,
)

incident_close = Command(
    name="incident close",
    summary="Say that an incident is over: how service was restored, and what shows it.",
    examples=('incident close INC-2026-1121-001 mechanism="went back to v1.3.2" verification="error rate below 0.1 % for 30 min"',),
    action=Action.INCIDENT,
    guards=(authorized, still_open, restored),
    arguments=Close,
    ask=ask_close,
    run=close,
    form=close_form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

incident_list = Command(
    name="incident list",
    summary="The incidents that are open, those that ended last, and when each source of them was heard.",
    examples=("incident list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=listed,
)
