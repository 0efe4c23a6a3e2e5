"""Completes facts with the database's own, in the transaction that acts on them.

Invariant: what was true when it was judged is true when it is written (CMD-12): the rows that are acted on are locked first.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from commands.core.command import Ask
from commands.core.covers import cover_of
from commands.core.freeze_shared import shared
from commands.core.gather_incident import incident_facts, open_incidents, owed_for, subject_facts
from commands.core.gather_set import goes_alone, key_of, parts_of, set_facts
from commands.core.hotfixes.evidence import pieces_of
from commands.core.trains import after, standing
from guards.access import Grant
from guards.change import Change
from guards.cut import Blocker
from guards.exemption import Exemption
from guards.facts import Facts
from guards.hotfix import HotfixFacts
from guards.lifecycle import UNDECIDED
from guards.manifest import SetStanding
from guards.order import environment_before
from guards.train import TrainRun
from guards.unread import Absent, Unread
from guards.version import Artifact
from guards.vocabulary import Requirement
from storage import (
    accesses,
    approvals,
    artifacts,
    attestations,
    cadence,
    changes,
    claims,
    cuts,
    delegations,
    deployments,
    emergencies,
    exceptions,
    freezes,
    hotfixes,
    incidents,
    links,
    obligations,
    releases,
    trains,
    verifications,
)
from storage.database import Tx


def inside(tx: Tx, ask: Ask, outside: Facts, *, only_reading: bool = False) -> Facts:
    """The outside facts completed with the database's, read in this transaction.

    Args:
        tx: open.
        ask: what it is about; of a set, each entry's facts are completed too.
        outside: as gathered before.
        only_reading: leaves the rows of the change, the exception or the set unlocked, for a transaction that will not write.
    """
    facts = set_facts(tx, ask, _inside(tx, ask, outside, only_reading=only_reading), only_reading=only_reading)
    whole = facts.set if isinstance(facts.set, SetStanding) and facts.set.promotion else None
    parts = {}
    for one in () if goes_alone(ask, facts) else parts_of(tx, ask, outside.policy):
        # one that nobody read for stays unread: it stops the others, and is never left out
        read = replace(outside.parts.get(key_of(one)) or Facts(outside.at, outside.policy), at=outside.at)
        part = _inside(tx, one, read, only_reading=only_reading)
        parts[key_of(one)] = set_facts(tx, one, part, only_reading=only_reading, whole=whole if one.change else None)
    return replace(facts, parts=parts)


def _inside(tx: Tx, ask: Ask, outside: Facts, *, only_reading: bool) -> Facts:
    """The same without what is known of sets."""
    facts = replace(
        outside,
        freezes=freezes.current(tx, outside.at),
        shared=shared(tx, outside),
        delegations=delegations.current(tx, outside.at) if outside.policy.delegation else (),
        links=_links(tx, outside.accounts),
    )
    facts = open_incidents(tx, ask, facts)
    service, environment, version = ask.service, ask.environment, ask.version
    if ask.change:
        change = changes.get(tx, ask.change) if only_reading else changes.lock(tx, ask.change)
        facts = replace(facts, change=change or Absent(f"change {ask.change}"))
        if change is None:
            return facts
        facts = replace(facts, approvals=approvals.of(tx, change.id), verification=verifications.of(tx, change.id))
        service, environment, version = change.content.service, change.content.environment, change.content.version
    grant = accesses.get(tx, ask.grant) if ask.grant else None
    if grant and not only_reading:
        grant = accesses.lock(tx, grant.id)
    if ask.grant:
        facts = replace(facts, grant=grant or Absent(f"access {ask.grant}"))
    if isinstance(facts.grant, Grant):
        facts = replace(facts, emergency=emergencies.get(tx, facts.grant.emergency))
    urgent = ask.emergency or (facts.change.content.emergency if isinstance(facts.change, Change) else None)
    if urgent:
        record = emergencies.get(tx, urgent) if only_reading else emergencies.lock(tx, urgent)
        facts = replace(facts, emergency=record or Absent(f"emergency {urgent}"), owed=owed_for(tx, record) if record else ())
        if record:
            facts = replace(facts, cited=incidents.by_reference(tx, record.incident) or Absent(f"incident {record.incident}"))
        if record and not ask.change:
            service, environment, version = record.service, record.environment, record.version
    if ask.urgent:
        cited = incidents.by_reference(tx, ask.urgent.incident) or Absent(f"incident {ask.urgent.incident}")
        facts = replace(facts, cited=cited, alike=emergencies.alike(tx, ask.urgent, lock=not only_reading))
    if ask.freeze:
        facts = replace(facts, freeze=freezes.get(tx, ask.freeze) or Absent(f"freeze {ask.freeze}"))
    if ask.exception:
        exemption = exceptions.get(tx, ask.exception) if only_reading else exceptions.lock(tx, ask.exception)
        facts = replace(facts, exception=exemption or Absent(f"exception {ask.exception}"))
    if ask.delegation:
        facts = replace(facts, delegation=delegations.get(tx, ask.delegation) or Absent(f"delegation {ask.delegation}"))
    if ask.alone:
        own = ask.alone.service
        facts = replace(facts, riding=trains.carrying(tx, own), alone=cadence.current(tx).get(own))
    if ask.train or ask.run or ask.blocker:
        facts = _train_facts(tx, ask, facts)
    if ask.go and ask.run:
        facts = standing.of_run(tx, ask.run, facts, partial(inside, only_reading=True), lock=not only_reading)
    if ask.after and isinstance(facts.run, TrainRun):
        facts = replace(facts, after=after.of_run(tx, facts.run, facts.policy))
    if ask.obligation:
        facts = replace(facts, obligation=obligations.get(tx, ask.obligation) or Absent(f"follow-up {ask.obligation}"))
    if ask.incident:
        facts = incident_facts(tx, ask, facts, only_reading=only_reading)
    elif ask.bound:
        facts = subject_facts(tx, ask, facts)
    if ask.hotfix or ask.begun:
        return _hotfix_facts(tx, ask, facts)
    if ask.linking:
        facts = replace(facts, link=links.of(tx, ask.linking), linking=links.attempt(tx, ask.linking))
    if not (service and environment and version):
        return facts
    if Requirement.ITEMS in facts.policy.required(service, environment):
        facts = replace(facts, attestations=attestations.of(tx, service, version, facts.at))
    return replace(
        _before(tx, service, environment, version, facts),
        registered=artifacts.registered(tx, service, version),
        running=deployments.running(tx, service, environment),
        in_flight=claims.held(tx, service, environment),
        duplicate=changes.open_like(tx, service, environment, version),
        record=releases.record(tx, service, version),
        notes=releases.notes(tx, service, version),
        promotions=releases.promotions(tx, service, version),
        hotfixes=_hotfixes(tx, service, version, facts),
        cover=cover_of(tx, service, environment, facts),
        exceptions=_exceptions(tx, facts, service, environment),
        rides=standing.rides_of(tx, service, version, pin=not only_reading) if environment in facts.policy.production else (),
    )


def _before(tx: Tx, service: str, environment: str, version: str, facts: Facts) -> Facts:
    """What the version went through in the environment before (PRM-01, PRM-08, PRM-09)."""
    name, asked = environment_before(facts.policy, service, environment), facts.policy.required(service, environment)
    before = deployments.proof(tx, service, name, version) if name else None
    facts = replace(facts, before=before)
    if before is None:
        return facts
    if Requirement.VERIFIED_BEFORE in asked:
        facts = replace(facts, looked=verifications.given(tx, before))
    return replace(facts, replaced=deployments.replaced(tx, before)) if Requirement.SOAK in asked else facts


def _train_facts(tx: Tx, ask: Ask, facts: Facts) -> Facts:
    """The train, its run, and what is known of the run's cut."""
    blocker = (cuts.blocker(tx, ask.blocker) or Absent(f"blocker {ask.blocker}")) if ask.blocker else None
    run_id = blocker.run if isinstance(blocker, Blocker) else ask.run
    run = (trains.run(tx, run_id) or Absent(f"run {run_id} of a train")) if run_id else None
    name = run.train if isinstance(run, TrainRun) else ask.train
    train = trains.get(tx, name) if name else None
    fix = (cuts.fix(tx, run_id or "", ask.fix) or Absent(f"commit {ask.fix[:12]} that was judged")) if ask.fix else None
    return replace(
        facts, run=run, train=train or (Absent(f"train {name}") if name else None), ridden=trains.open_runs(tx, train.id) if train else (),
        blocker=blocker, fix=fix, cuts=cuts.of_run(tx, run_id) if run_id else (),
    )  # fmt: skip


def _hotfix_facts(tx: Tx, ask: Ask, facts: Facts) -> Facts:
    """The hotfix in question with what is owed for it; of one to be begun, what runs and which others there are."""
    if ask.hotfix is None:
        service, environment = ask.service or "", ask.environment or ""
        live = HotfixFacts(live=hotfixes.live(tx, service))
        return replace(facts, running=deployments.running(tx, service, environment), hotfixes=live)
    one = hotfixes.get(tx, ask.hotfix)
    if one is None:
        return replace(facts, hotfix=Absent(f"hotfix {ask.hotfix}"))
    waived = exceptions.reaching(tx, one.service, one.environment, facts.at)
    return replace(facts, hotfix=one, owed=obligations.about(tx, one.id), pieces=pieces_of(tx, one, facts.policy), exceptions=waived)


def _hotfixes(tx: Tx, service: str, version: str, facts: Facts) -> HotfixFacts:
    """What the hotfixes of a service say about a version of it (HOT-01, HOT-03, HOT-09)."""
    making, live = hotfixes.around(tx, service, version)
    twin = artifacts.twin(tx, facts.artifact) if making and isinstance(facts.artifact, Artifact) else None
    return HotfixFacts(making, live, hotfixes.owed(tx, service), twin)


def _exceptions(tx: Tx, facts: Facts, service: str, environment: str) -> tuple[Exemption, ...]:
    """Those that reach the place while people decide; afterwards those that the change went out by."""
    if isinstance(facts.change, Change) and facts.change.state not in UNDECIDED:
        return exceptions.used_by(tx, facts.change.id)
    return exceptions.reaching(tx, service, environment, facts.at)


def _links(tx: Tx, accounts: Mapping[str, int | Absent | Unread]) -> dict[str, str | Unread]:
    """Whose the accounts are that were looked up; one that could not be read stays unread."""
    owners = links.owners(tx, [number for number in accounts.values() if isinstance(number, int)])
    found: dict[str, str | Unread] = {}
    for login, number in accounts.items():
        if isinstance(number, Unread):
            found[login] = number
        elif isinstance(number, int) and number in owners:
            found[login] = owners[number]
    return found
