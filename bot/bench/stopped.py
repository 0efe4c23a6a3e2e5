"""The promotion of the benchmark with one fact changed for each guard.

Invariant: with any one of the changed facts it must not go, because of the guard by whose name the change is known.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.bench.company import SERVICES, built, email
from bot.bench.promotion import AT, DAY, HOUR, ITEM, SERVICE, VERSION, Case, approval_of
from guards.assessment import UNSAID
from guards.change import Change, Claim
from guards.codeowners import CodeOwners
from guards.go import Candidate, GoDecision, Outcome, Pinned, Ride, content_hash
from guards.hotfix import Hotfix, HotfixFacts, HotfixState, Port, Scope, Ships
from guards.incident import Incident
from guards.lifecycle import State
from guards.manifest import Entry, Integration, Manifest, SetPromotion, SetStanding, SetState, SuiteState
from guards.provenance import Proof
from guards.train import Schedule, Stage, TrainRun
from guards.vcs import CheckState, Protection, Span, Tag
from guards.version import Artifact, Deployment
from guards.vocabulary import ChangeType, Role


def stopped(given: Case) -> dict[str, Case]:
    """Guard → the same with one fact changed, so that this guard stops it; of the guards of evidence those that the policy asks for."""
    facts, change = given.facts, given.change
    assert isinstance(facts.artifact, Artifact)
    assert isinstance(facts.before, Deployment)
    assert isinstance(facts.freezes, tuple)
    assert isinstance(facts.approvals, tuple)
    other, incident = built("v9.9.9"), Incident(
        "INC-2026-1124-001", "Sums are wrong", 1, (SERVICE,), AT - HOUR, email(0), "Person 0", "signalbox", "", AT - HOUR
    )  # fmt: skip

    def but(**changed: Any) -> Case:
        return replace(given, facts=replace(facts, **changed))

    def asked(**changed: Any) -> Case:
        """Another content, approved as it is."""
        content = replace(change.content, **changed)
        mine = replace(change, content=content)
        return Case(mine, replace(facts, change=mine, approvals=(approval_of(content),)))

    found = {
        "authorized": _by(given, email(5)),
        "pinned": asked(version="v1.4.0-rc.1"),
        "in_order": but(before=None),
        "same_artifact": but(artifact=replace(facts.artifact, digest=other.digest)),
        "hotfixed": but(hotfixes=HotfixFacts(of_version=_hotfix(other.digest, other.commit))),
        "manifested": _in_a_set(given, newest="another"),
        "integrated": _in_a_set(given, integration=None),
        "in_turn": _in_a_set(given, State.WAITING),
        "catalogued": asked(change_type=ChangeType.STANDARD, entry="copy-change"),
        "asked_once": but(duplicate="CR-2026-1124-002"),
        "alone": but(in_flight=Claim("CR-2026-1124-002.1", "CR-2026-1124-002", AT)),
        "not_frozen": but(freezes=(replace(facts.freezes[0], start=AT - DAY), facts.freezes[1])),
        "no_incident": but(incidents=(incident,)),
        "in_window": but(at=AT + 8 * HOUR),
        "decided": but(rides=(Ride("weekly", None),)),
        "in_its_slot": _with_a_go(given, opens=AT + HOUR),
        "in_its_set": _with_a_go(given, opens=AT - HOUR, manifest="c0" * 32),
        "approved": but(approvals=(replace(facts.approvals[0], by=change.requester),)),
    }  # fmt: skip
    return found | (_unproven(given) if facts.evidence.tag else {})


def _by(given: Case, person: str) -> Case:
    """Asked for by somebody who may not."""
    change = replace(given.change, requester=person)
    known = {each.id: each for each in given.facts.policy.people if each.id in (person, email(32))}
    return Case(change, replace(given.facts, change=change, people=known))


def _in_a_set(given: Case, ahead: State = State.SUCCEEDED, **changed: Any) -> Case:
    """The change as the second entry of a set that may go; but for what is changed.

    Args:
        ahead: where the first entry stands.
        **changed: fields of `SetStanding`.
    """
    content, first = given.change.content, SERVICES[1]

    def entry(service: str) -> Entry:
        return Entry(service, "bench/service", VERSION, content.commit, content.digest, content.digest)

    manifest = Manifest("weekly-2026-11-24", "weekly", 1, (entry(first), entry(SERVICE)), email(32), "", email(0), "Person 0", AT - DAY)
    manifest = replace(manifest, sealed=manifest.hash)
    mine = replace(given.change, content=replace(content, manifest=manifest.hash))
    other = Change("CR-2026-1124-000", replace(mine.content, service=first), ahead, mine.requester, mine.requester_name, AT - HOUR)
    by = (email(0), "Person 0", AT - HOUR)
    standing = SetStanding(
        manifest, manifest.hash, changes=(other, mine),
        running={first: Deployment(first, "production", VERSION, content.digest, content.commit, AT)},
        promotion=SetPromotion("SET-2026-1124-001", manifest.hash, manifest.run, "weekly", "production", "C0", False, SetState.OPEN, *by),
        integration=Integration("INT-2026-1124-001", manifest.hash, SERVICE, SuiteState.PASSED, *by),
    )  # fmt: skip
    facts = replace(given.facts, set=replace(standing, **changed), change=mine, approvals=(approval_of(mine.content),))
    return Case(mine, facts)


def _with_a_go(given: Case, opens: datetime, manifest: str = "") -> Case:
    """The version with a go of a run that departs from `opens` on; of a manifest, when its hash is given."""
    content = given.change.content
    entries = (Pinned(SERVICE, VERSION, content.commit, content.digest),)
    candidate, by = Candidate(entries, manifest or content_hash(entries)), (email(32), "Person 32")
    go = GoDecision(
        "GNG-2026-1124-001", "weekly-2026-11-24", candidate, Outcome.GO, *by, frozenset({Role.RELEASE_MANAGER}), None, (), "small", "", "",
        (), (), AT - HOUR,
    )  # fmt: skip
    schedule = Schedule(AT - 5 * DAY, AT - 2 * DAY, AT - DAY, opens, opens + 4 * HOUR, AT + DAY, AT + 2 * DAY)
    run = TrainRun(go.run, "weekly", 1, Stage.GO, *by, schedule)
    return replace(given, facts=replace(given.facts, rides=(Ride("weekly", run, ((go, candidate.hash),), {run.id: run}),)))


def _hotfix(digest: str, commit: str) -> Hotfix:
    """One that makes the version, and was begun from what production runs no more."""
    scope = Scope("PAY-13", "SEV-3", "", "one line", "two customers", "v1.3.9", Ships.NOW, "it hurts")
    return Hotfix(
        "HOT-2026-1124-001", SERVICE, "production", "bench/service", "v1.3.9", digest, commit, VERSION, "hotfix/1.4.0-PAY-13", scope,
        HotfixState.OPEN, email(0), "Person 0", AT - HOUR,
    )  # fmt: skip


def _unproven(given: Case) -> dict[str, Case]:
    """Guard of evidence → the same without what it asks for."""
    facts, evidence = given.facts, given.facts.evidence
    assert isinstance(evidence.tag, Tag)
    assert isinstance(evidence.work, Span)
    assert isinstance(evidence.checks, tuple)
    assert isinstance(evidence.protection, Protection)
    assert isinstance(evidence.proof, Proof)
    assert isinstance(facts.before, Deployment)
    (pull,), work = evidence.work.pulls, evidence.work

    def but(**changed: Any) -> Case:
        return replace(given, facts=replace(facts, **changed))

    def read(**changed: Any) -> Case:
        return but(evidence=replace(evidence, **changed))

    def pulled(**changed: Any) -> Case:
        return read(work=replace(work, pulls=(replace(pull, **changed),)))

    untold = replace(given.change.content, declared=UNSAID)
    unassessed = replace(given.change, content=untold)
    port = Port("HF-2026-1101-001", SERVICE, "main", "OBL-2026-1101-001")
    return {
        "tagged": read(tag=replace(evidence.tag, verified=False, reason="unsigned")),
        "checked": read(checks=(*evidence.checks[1:], replace(evidence.checks[0], state=CheckState.FAILED))),
        "pulled": read(work=replace(work, commits=(replace(work.commits[0], pulls=()),))),
        "itemized": read(checks=tuple(each for each in evidence.checks if each.name != ITEM)),
        "ticketed": pulled(tickets=()),
        "reviewed": pulled(reviews=()),
        "owned": read(owners=CodeOwners.read("CODEOWNERS", "* @person-23\n")),
        "specialised": pulled(body="## Security\nyes\n", labels=frozenset({"risk:low", "security"})),
        "protected": read(protection=replace(evidence.protection, required_reviews=0)),
        "listed": read(proof=replace(evidence.proof, sboms=())),
        "proven": read(proof=replace(evidence.proof, provenances=())),
        "signed": read(proof=replace(evidence.proof, signatures=(), provenances=())),
        "revertible": read(retrievable=False),
        "recorded": but(record=None),
        "noted": but(notes=None),
        "labelled": pulled(labels=frozenset()),
        "assessed": Case(unassessed, replace(facts, change=unassessed, approvals=(approval_of(untold),))),
        "announced": pulled(labels=frozenset({"risk:high"})),
        "forward_ported": but(hotfixes=HotfixFacts(ports=(port,))),
        "verified_before": but(looked=None),
        "soaked": but(before=replace(facts.before, at=AT - timedelta(minutes=1))),
    }
