"""What follows when an incident is opened, changed or closed: it is recorded and drawn, and what it holds judged again (INC-04, INC-07).

Invariant: each step is one ledger entry in the transaction of the step, whoever took it: a person, or a source of incidents.
"""

from dataclasses import replace

from commands.core import bodies, record
from commands.core import obligations as owing
from commands.core.record import Actor
from commands.core.tell import card_of, incident_channel, incident_log_of
from guards.facts import Facts
from guards.incident import Bound, Incident
from guards.obligation import Obligation, Owed
from guards.vocabulary import Role
from storage import changes, emergencies, incidents, obligations, outbox, timers
from storage.database import Tx


def opened(tx: Tx, draft: Incident, actor: Actor, facts: Facts, correlation: str) -> Incident:
    """Record a new one under a reference of ours; the draft brings none."""
    one = replace(draft, reference=incidents.next_id(tx, facts.at.date()))
    incidents.add(tx, one)
    _record(tx, "opened", one, actor, facts, correlation)
    _judge_again(tx, one, facts, correlation)
    return one


def changed(tx: Tx, was: Incident, now: Incident, actor: Actor, facts: Facts, correlation: str) -> None:
    """Have it stand otherwise; closed, it owes a postmortem where its severity asks for one, or that of an emergency used for it."""
    incidents.update(tx, now)
    closing, reopening = was.closed_at is None and now.closed_at is not None, was.closed_at is not None and now.closed_at is None
    _record(tx, "closed" if closing else "reopened" if reopening else "changed", now, actor, facts, correlation)
    if closing and any(facts.policy.incidents.named(severity).postmortem for severity in (now.severity, *_used_for(tx, now))):
        _owe_postmortem(tx, now, actor, facts, correlation)
    _judge_again(tx, now if was.services == now.services else replace(now, services=None), facts, correlation)


def bound(tx: Tx, one: Incident, id: str, actor: Actor, facts: Facts, correlation: str) -> bool:  # noqa: A002
    """Have a record belong to it; False when it did already."""
    new = incidents.bind(tx, Bound(one.reference, id, facts.at, actor.id, actor.name))
    if new:
        record.write(tx, "incident:linked", actor, facts, correlation, subject=one.reference, record=id)
        _draw(tx, one, facts, correlation)
        incident_log_of(tx, one, f"{id} belongs to it ({actor.name})", facts, correlation)
    return new


def _record(tx: Tx, step: str, one: Incident, actor: Actor, facts: Facts, correlation: str) -> None:
    record.write(tx, f"incident:{step}", actor, facts, correlation, subject=one.reference, **bodies.incident_body(one))
    _draw(tx, one, facts, correlation)
    severity = facts.policy.incidents.named(one.severity).name
    lead = f", led by {one.commander_name}" if one.commander else ""
    incident_log_of(tx, one, f"{step.capitalize()} by {actor.name}: {severity}{lead}, {one.title}", facts, correlation)


def _draw(tx: Tx, one: Incident, facts: Facts, correlation: str) -> None:
    lane, body = incident_channel(facts.policy), {"incident": one.reference}
    outbox.add(tx, outbox.Message("incident", body, key=f"incident:{one.reference}", lane=lane, correlation=correlation), facts.at)


def _used_for(tx: Tx, one: Incident) -> list[int]:
    """The severities of the emergencies that were used for it: it may have been called milder since (EMG-17)."""
    found = [emergencies.get(tx, each.record) for each in incidents.bound_to(tx, one.reference) if each.record.startswith("EMG-")]
    return [record.severity for record in found if record and record.used]


def _owe_postmortem(tx: Tx, one: Incident, actor: Actor, facts: Facts, correlation: str) -> None:
    """Once for an incident, however often it is reopened (INC-09)."""
    if any(each.kind is Owed.POSTMORTEM for each in obligations.about(tx, one.reference)):
        return
    policy = facts.policy
    leading = [p for grant in policy.roles.get(Role.INCIDENT_COMMANDER, ()) for p in grant.people]
    touched = [name for name in (*(one.services or ()), *policy.services) if name in policy.services]
    owners = [owner for name in touched for owner in policy.services[name].owners]
    owner = next(policy.by_id[p] for p in (one.commander or "", actor.id, *leading, *owners) if p in policy.by_id)
    text = f"Write the blameless postmortem of {one.reference}: {one.title}"
    owed = Obligation(
        obligations.next_id(tx, facts.at.date()), Owed.POSTMORTEM, one.reference, touched[0] if one.services else None, text,
        owner.id, owner.name, facts.at + policy.incidents.postmortem_within, facts.at, actor.id,
    )  # fmt: skip
    owing.owe(tx, owed, actor, facts, correlation)
    owing.tell_owner(tx, owed, facts, correlation)


def _judge_again(tx: Tx, one: Incident, facts: Facts, correlation: str) -> None:
    """What people can still decide about the services is judged again: it waits now, or waits no more."""
    for change in changes.undecided(tx, None, limit=200):
        if change.content.environment in facts.policy.incidents.blocks and one.touches(change.content.service):
            card_of(tx, change, facts, correlation)
            timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))
