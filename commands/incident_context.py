"""/release incident link | context | timeline: what belongs to it, what ran when it began, what was done since (INC-01 … INC-04)."""

from typing import Annotated

from commands.core import incident_story as story
from commands.core import incidents as steps
from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import IncidentWord, PastWord, RecordId
from commands.core.incident_card import incident_line
from commands.core.past import past
from commands.core.text import Card, Code
from commands.core.words import Arguments, EnvironmentName, Named, ServiceName
from guards.authorization import authorized
from guards.incident import Incident
from guards.incidents import has_been, known_incident, known_record
from guards.vocabulary import Action


class Link(Arguments):
    """An incident, and the id of what belongs to it."""

    incident: IncidentWord
    record: RecordId


class Context(Arguments):
    """An incident; left open, the moment is its beginning, the services its own, and the environment production."""

    incident: IncidentWord
    at: Annotated[PastWord | None, Named()] = None
    service: Annotated[ServiceName | None, Named()] = None
    environment: Annotated[EnvironmentName | None, Named()] = None


class Timeline(Arguments):
    """An incident."""

    incident: IncidentWord


def ask_link(args: Link, asker: Asker) -> Ask:
    """Linking is about one incident and one record."""
    return Ask(incident=args.incident, bound=args.record)


def ask_context(args: Context, asker: Asker) -> Ask:
    """The moment is read in the policy's zone."""
    return Ask(incident=args.incident, moment=past(args.at, asker.at, asker.policy.zone) if args.at else None)


def link(work: Work[Link]) -> Reply:
    """Bind the record; its entries are part of the incident's story from now on."""
    one = work.facts.incident
    assert isinstance(one, Incident)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    if not steps.bound(work.tx, one, work.args.record, actor, work.facts, work.correlation):
        return Reply(note(f"🔗 {work.args.record} belongs to {one.reference} already"))
    return Reply(note(f"🔗 {work.args.record} belongs to {one.reference}", incident_line(one, work.policy)))


def context(work: Work[Context]) -> Reply:
    """What ran then, what had changed, what is on its way, and what the record of the incident still lacks."""
    one = work.facts.incident
    assert isinstance(one, Incident)
    at = work.request.moment or one.opened_at
    services = story.services_of(one, work.args.service, work.policy)
    environments = [work.args.environment] if work.args.environment else sorted(work.policy.production)
    parts = story.context_parts(work.tx, one, at, services, environments, work.facts)
    return Reply(Card(f"🔎 {one.reference}: what ran", parts=parts, footer=(Code(one.reference),)))


def timeline(work: Work[Timeline]) -> Reply:
    """What the ledger knows of it, in order; decisions by themselves."""
    one = work.facts.incident
    assert isinstance(one, Incident)
    return Reply(Card(f"🕰️ {one.reference}: timeline", parts=story.timeline_parts(work.tx, one, work.facts), footer=(Code(one.reference),)))


incident_link = Command(
    name="incident link",
    summary="Say that a change, a freeze, an exception or a run of a train belongs to an incident.",
    examples=("incident link INC-2026-1121-001 CR-2026-1121-001",),
    action=Action.INCIDENT,
    guards=(authorized, known_incident, known_record),
    arguments=Link,
    ask=ask_link,
    run=link,
)

incident_context = Command(
    name="incident context",
    summary="Which tag, commit and digest ran when an incident began, or at another moment, and what changed before it.",
    examples=("incident context INC-2026-1121-001", "incident context INC-2026-1121-001 at=14:30 service=api"),
    action=Action.READ,
    guards=(authorized, known_incident, has_been),
    arguments=Context,
    ask=ask_context,
    run=context,
)

incident_timeline = Command(
    name="incident timeline",
    summary="What was done about an incident, and what was decided, from the ledger.",
    examples=("incident timeline INC-2026-1121-001",),
    action=Action.READ,
    guards=(authorized, known_incident),
    arguments=Timeline,
    ask=lambda args, asker: Ask(incident=args.incident),
    run=timeline,
)
