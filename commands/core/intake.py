"""What a source of incidents said, carried out: its incident is opened, changed, closed or reopened here (INC-04, INC-07).

Invariant: an older word never replaces a newer one, and the same word twice changes nothing; what the source says in words that the policy
does not name counts as the gravest and as touching every service, unless the policy says otherwise.
"""

from dataclasses import replace

from commands.core import incidents as steps
from commands.core import record
from commands.core.invocation import IncidentsTold
from commands.core.ports.incidents import Told
from commands.core.record import Actor
from guards.facts import Facts
from guards.incident import Incident
from guards.incident_rules import AnyIntake
from guards.policy import Policy
from storage import incidents
from storage.database import Tx

KIND = "incidents"
"""The kind of its deliveries."""


def heard(tx: Tx, said: IncidentsTold, facts: Facts, correlation: str) -> None:
    """Carry out one delivery; that it came is remembered, whatever it says."""
    incidents.hear(tx, said.intake, facts.at)
    actor, rules = Actor(f"incidents:{said.intake}", said.intake), facts.policy.incidents.intake.get(said.intake)
    for told in said.told:
        if rules is None:  # the policy file lost the source after the delivery was remembered
            record.write(tx, "incident:unplaced", actor, facts, correlation, source=said.intake, known_as=told.known_as, title=told.title)
            continue
        known = incidents.from_source(tx, said.intake, told.known_as)
        if known is None:
            draft = _draft(told, said.intake, actor, facts)
            known = steps.opened(tx, _as_told(draft, told, rules, facts.policy), actor, facts, correlation)
        if told.at >= known.heard_at:
            _follow(tx, known, told, rules, actor, facts, correlation)


def _follow(tx: Tx, was: Incident, told: Told, rules: AnyIntake, actor: Actor, facts: Facts, correlation: str) -> None:
    now = replace(_as_told(was, told, rules, facts.policy), heard_at=told.at)
    if told.ended is None:
        now = replace(now, closed_at=None, closed_by=None)
    elif was.closed_at is None:  # one that people closed before stays closed as they said
        now = replace(now, closed_at=min(max(told.ended, was.opened_at), max(facts.at, was.opened_at)), closed_by=actor.id)
    if replace(now, heard_at=was.heard_at) != was:
        steps.changed(tx, was, now, actor, facts, correlation)
    elif now != was:
        incidents.update(tx, now)


def _draft(told: Told, intake: str, actor: Actor, facts: Facts) -> Incident:
    """A new one; a source whose clock is ahead does not postpone what it tells of."""
    began = min(told.began, facts.at)
    return Incident("", told.title, 1, None, began, actor.id, intake, intake, told.known_as, told.at)


def _as_told(one: Incident, told: Told, rules: AnyIntake, policy: Policy) -> Incident:
    """The incident with what its source says; who leads it stays when the source does not say."""
    lead = _person(told.commander, policy) if told.commander else None
    return replace(
        one, title=told.title, severity=_severity(told, rules, policy), services=_services(told, rules, policy), link=told.link,
        commander=lead[0] if lead else one.commander, commander_name=lead[1] if lead else one.commander_name,
    )  # fmt: skip


def _person(address: str, policy: Policy) -> tuple[str, str] | None:
    if person := policy.by_email.get(address.lower()):
        return person.id, person.name
    ours = policy.of_ours(address)
    return (ours, ours) if ours else None


def _severity(told: Told, rules: AnyIntake, policy: Policy) -> int:
    known = {word.lower(): name for word, name in rules.severities.items()}
    named = next((known[word.lower()] for word in told.severity if word.lower() in known), rules.severity)
    return policy.incidents.number(named)


def _services(told: Told, rules: AnyIntake, policy: Policy) -> tuple[str, ...] | None:
    known = {word.lower(): names for word, names in rules.services.items()}
    placed = [known[word.lower()] for word in told.services if word.lower() in known]
    if not placed:
        return None if rules.others == "all" else ()
    named = {name for names in placed for name in names}
    return tuple(name for name in policy.services if name in named)
