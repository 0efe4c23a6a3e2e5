"""What responders are told of an incident: what ran, what had changed, what is on its way, what was done since (INC-01 … INC-04).

Invariant: everything is read from rows and from the ledger when it is asked for; nobody keeps a timeline by hand.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from commands.core import obligations as owed
from commands.core.change_card import STATES
from commands.core.incident_card import incident_line
from commands.core.text import Bold, Code, Line, Moment, Part
from guards.change import Change
from guards.emergency import EmergencyKind
from guards.facts import Facts
from guards.incident import Incident
from guards.policy import Policy
from guards.version import Deployment
from storage import approvals, audit, changes, deployments, emergencies, incidents, obligations, trains
from storage.chain import Row
from storage.database import Tx

_BEFORE = 3
"""Deployments of a place that are told before the one that ran."""

_SERVICES = 10
_MOST = 40
"""Entries that a timeline shows, the newest; the ledger has all."""

_LEAD = timedelta(hours=24)
"""What happened so long before an incident may have to do with it."""

_FLAGS = timedelta(days=7)
"""So long before a moment a flag or a setting was changed to be told."""

_TOLD = frozenset(
    {"access", "blocker", "change", "cut", "decision", "deployment", "dispatch", "emergency", "exception", "freeze", "hotfix",
     "incident", "integration", "manifest", "obligation", "set", "window"}
)  # fmt: skip
"""Beginnings of the tags that are part of a story; what people only asked or were refused is not."""

_UNTOLD = frozenset({"obligation:reminded", "decision:silent"})
_DECIDED = frozenset(
    {"change:approval", "change:approval-withdrawn", "change:rejected", "decision:go", "decision:no-go", "decision:withdrawn",
     "exception:approval", "freeze:declared", "freeze:lifted", "incident:closed", "incident:opened", "incident:reopened",
     "obligation:done"}
)  # fmt: skip
"""What belongs into the decision log; whatever an emergency's or a hotfix's record says is a decision too."""

_DECIDING = frozenset({"access", "emergency", "hotfix"})


def services_of(one: Incident, asked: str | None, policy: Policy) -> Sequence[str]:
    """The services that a question about an incident is about."""
    if asked:
        return (asked,)
    return [name for name in policy.services if one.touches(name)][:_SERVICES]


# ---------------------------------------------------------------- what ran


def context_parts(
    tx: Tx, one: Incident, at: datetime, services: Sequence[str], environments: Sequence[str], facts: Facts
) -> tuple[Part, ...]:  # fmt: skip
    """All that a responder asks for first.

    Args:
        at: the moment in question, UTC.
        services, environments: the places.
    """
    zone = facts.policy.zone
    places = [(service, environment) for service in services for environment in environments]
    ran = [(place, deployments.until(tx, *place, at, _BEFORE + 1)) for place in places]
    return (
        Part((incident_line(one, facts.policy), ("As of ", Moment(at, zone))), heading="Incident"),
        Part(tuple(_ran(ran, facts.policy)) or (("no service that is released here",),), heading="What ran then"),
        Part(tuple(_before(ran, facts.policy)) or (("nothing that is known",),), heading="What had changed before"),
        Part(tuple(_on_its_way(tx, services, facts)) or (("nothing",),), heading="On its way now"),
        Part(tuple(_by_hand(tx, at, services, facts)), heading="Flags and settings"),
        Part(tuple(_record(tx, one, ran, facts)), heading="Record of the incident"),
    )


Ran = Sequence[tuple[tuple[str, str], list[Deployment]]]


def _ran(ran: Ran, policy: Policy) -> Iterator[Line]:
    for (service, environment), found in ran:
        place = f"{service} in {environment}"
        yield (Bold(place), ": ", *(_of(found[0], policy) if found else ("nothing that is known",)))


def _of(one: Deployment, policy: Policy) -> Line:
    by = (f", by {one.change}",) if one.change else ()
    zone = policy.zone_of(one.service)
    return (Code(one.version), ", commit ", Code(one.commit), ", ", Code(one.digest), ", since ", Moment(one.at, zone), *by)


def _before(ran: Ran, policy: Policy) -> Iterator[Line]:
    for (service, environment), found in ran:
        for now, was in zip(found[:_BEFORE], [*found[1:], None], strict=False):
            came = f" after {was.version}" if was else ", the first that is known"
            yield (f"{service} in {environment}: ", Code(now.version), f"{came}, ", Moment(now.at, policy.zone_of(service)))


def _on_its_way(tx: Tx, services: Sequence[str], facts: Facts) -> Iterator[Line]:
    """Changes and runs of trains that are open, with what is risky about them (INC-03)."""
    for change in (*changes.claimed(tx), *changes.undecided(tx, None, limit=100)):
        content = change.content
        if content.service in services:
            emoji, words = STATES[change.state]
            what = f" {content.service} {content.version} → {content.environment}: {words}{_risky(change)}"
            yield (f"{emoji} ", Code(change.id), what)
    for train in trains.all_of(tx):
        for run in trains.open_runs(tx, train.id) if set(train.services) & set(services) else ():
            yield ("🚆 ", Code(run.id), f" is {run.stage}, with {', '.join(train.services)}")


def _by_hand(tx: Tx, at: datetime, services: Sequence[str], facts: Facts) -> Iterator[Line]:
    """Flags and settings that an emergency changed by a moment, the newest first; the bot knows of no others (INC-03)."""
    found = [one for one in emergencies.since(tx, at - _FLAGS) if one.executed and one.executed.at <= at and one.service in services]
    for one in [one for one in found if one.kind is not EmergencyKind.DEPRECATION][:_BEFORE]:
        assert one.executed
        zone = facts.policy.zone_of(one.service)
        said = f": {one.executed.reference}"
        yield (Code(one.id), f" {one.what}: {one.action}; {one.executed.by_name}, ", Moment(one.executed.at, zone), said)
    yield ("Others are not known here: the bot changes none.",)


def _risky(change: Change) -> str:
    found, content = change.assessed, change.content
    risk = [f"risk {found.level}"] + [str(factor) for factor in found.factors] if found else []
    migrates = change.migrates or content.migration  # as it was weighed, once it went
    migration = [f"migration {migrates}"] if migrates and migrates != "no" else []
    return f" ({'; '.join(risk + migration)})" if risk or migration else ""


def _record(tx: Tx, one: Incident, ran: Ran, facts: Facts) -> Iterator[Line]:
    """The fields of an incident's record that stand elsewhere than on its card (INC-02)."""
    for _, found in ran:
        change = changes.get(tx, found[0].change) if found and found[0].change else None
        if change:
            names = ", ".join(a.name for a in approvals.of(tx, change.id) if a.withdrawn is None) or "nobody"
            yield (Code(change.id), f": approved by {names}; {_window(tx, change)}")
    yield (f"Rollback mechanism: {one.mechanism or 'not yet said'}",)
    yield (f"Verification: {one.verification or 'not yet said'}",)
    due = obligations.about(tx, one.reference)
    yield from (owed.line_of(each, facts) for each in due)
    if not due:
        yield ("Follow-ups: none yet; ", Code(f"/release follow-up add {one.reference} …"))


def _window(tx: Tx, change: Change) -> str:
    """In which window a change went out, as the ledger says it."""
    for row in audit.show(tx, subject=change.id, tag_prefix="dispatch:ordered", limit=1):
        seen = json.loads(row.body).get("seen") or {}
        window = seen.get("window") or {}
        if name := window.get("name"):
            return f"it went out in the window {name}"
        return "no window gates that place" if not window else "its window could not be read"
    return "it did not go out from here"


# ---------------------------------------------------------------- what was done


def timeline_parts(tx: Tx, one: Incident, facts: Facts) -> tuple[Part, ...]:
    """What the ledger knows of an incident: from a day before it until it was closed, and all about what belongs to it (INC-04)."""
    rows = list(_rows(tx, one, facts))
    decided = [row for row in rows if row.tag in _DECIDED or row.tag.partition(":")[0] in _DECIDING]
    left = [(f"and {len(rows) - _MOST} before that: `signalbox audit show` has all of them",)] if len(rows) > _MOST else []
    return (
        Part((incident_line(one, facts.policy),)),
        Part((*left, *(_told(row, facts.policy) for row in rows[-_MOST:])), heading="Timeline"),
        Part(tuple(_told(row, facts.policy) for row in decided[-_MOST:]) or (("nothing yet",),), heading="Decisions"),
    )


def _rows(tx: Tx, one: Incident, facts: Facts) -> Iterator[Row]:
    own = {one.reference, *(each.record for each in incidents.bound_to(tx, one.reference))}
    own |= {each.id for each in obligations.about(tx, one.reference)}
    services = [name for name in facts.policy.services if one.touches(name)]
    for row in audit.story(tx, own, services, one.opened_at - _LEAD, one.closed_at or facts.at):
        told = row.tag.partition(":")[0] in _TOLD and row.tag not in _UNTOLD
        if told and (row.subject in own or row.environment in facts.policy.production):
            yield row


def _told(row: Row, policy: Policy) -> Line:
    body: Mapping[str, Any] = json.loads(row.body)
    where = " ".join(filter(None, (row.service, _word(body, "version"), f"→ {row.environment}" if row.environment else "")))
    why = next((text for key in ("rationale", "reason", "why", "record", "title", "text") if (text := _word(body, key))), "")
    said = f" {row.tag.replace(':', ' ').replace('-', ' ')}, {row.actor_name}{f': {where}' if where else ''}{f' – {why}' if why else ''}"
    return (Moment(datetime.fromisoformat(row.at), policy.zone), *((" ", Code(row.subject)) if row.subject else ()), said)


def _word(body: Mapping[str, Any], key: str) -> str:
    found = body.get(key)
    return found if isinstance(found, str) else ""
