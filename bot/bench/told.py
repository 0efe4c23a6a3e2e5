"""What Cedar is told of a promotion: the request, and the facts as its context.

Invariant: it is told everything that decides the bench's cases. What it cannot work out itself (how many of a list, which pattern fits a
path, what the risk is) it is told as our guards found it.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.bench.promotion import SERVICE, Case
from commands.core.requests import at_dispatch
from guards.assessment import Assessment
from guards.change import Claim, Verdict
from guards.codeowners import CodeOwners
from guards.freeze_record import Freeze
from guards.go import of_manifest
from guards.manifest import SetStanding
from guards.notes import lacking
from guards.provenance import Proof
from guards.release import RecordText, ReleaseNotes
from guards.risk import assess, told_by_work
from guards.vcs import CheckState, Protection, Pull, ReviewState, Span, Tag
from guards.verified import Verification
from guards.version import Artifact, Deployment
from guards.vocabulary import Question


def request_of(given: Case) -> dict[str, Any]:
    """What Cedar is asked, and told as context."""
    return {
        "principal": {"type": "Person", "id": given.change.requester},
        "action": {"type": "Action", "id": "promote"},
        "resource": {"type": "Environment", "id": given.change.content.environment},
        "context": _core(given) | _around(given) | (_evidence(given) if given.facts.evidence.tag else {}),
    }


def _person(handle: str) -> dict[str, Any]:
    return {"__entity": {"type": "Person", "id": handle if "@" in handle else f"{handle}@bench.example"}}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _core(given: Case) -> dict[str, Any]:
    """The change, its artifact, where it ran and runs, and who approved it."""
    facts, change, content = given.facts, given.change, given.change.content
    assert isinstance(facts.artifact, Artifact)
    assert isinstance(facts.registered, Artifact)
    assert isinstance(facts.running, Deployment)
    assert isinstance(facts.approvals, tuple)
    approval, local = facts.approvals[0], facts.at.astimezone(ZoneInfo(facts.policy.zone))
    required = facts.policy.required(content.service, content.environment)
    found = assess(at_dispatch(change, facts), facts) if required else None
    known: dict[str, Any] = {
        "at": _seconds(facts.at), "weekday": f"{local:%a}", "minute": local.hour * 60 + local.minute,
        "weekdays": ["Mon", "Tue", "Wed", "Thu"], "weekend": ["Sat", "Sun"], "required": sorted(required),
        "service": content.service, "version": content.version, "change": change.id, "content": content.hash, "policy": content.policy,
        "type": content.change_type.value, "entry": content.entry or "", "catalogue": sorted(facts.policy.risk.catalogue),
        "manifest": content.manifest or "", "requester": _person(change.requester),
        "artifact": {
            "digest": facts.artifact.digest, "commit": facts.artifact.commit,
            "authors": [_person(h) for h in facts.artifact.authors or ()],
            "reviewers": [_person(h) for h in facts.artifact.reviewers or ()],
        },
        "registered": {"digest": facts.registered.digest, "commit": facts.registered.commit},
        "running": {"version": facts.running.version, "digest": facts.running.digest, "commit": facts.running.commit},
        "rejected": any(a.verdict is Verdict.REJECTED for a in facts.approvals),
        "approval": {
            "by": _person(approval.by), "content": approval.content, "policy": facts.policy.hash, "at": _seconds(approval.at),
            "expires": _seconds(approval.expires), "roles": sorted(approval.roles),
        },
        "demands": sorted({role for each in found.demands for role in each.roles}) if isinstance(found, Assessment) else [],
    }  # fmt: skip
    if isinstance(found, Assessment):
        known["risk"] = found.level.rank
    if isinstance(facts.before, Deployment):
        before = facts.before
        known["before"] = {
            "version": before.version, "environment": before.environment, "digest": before.digest, "at": _seconds(before.at)
        }  # fmt: skip
    return known


def _around(given: Case) -> dict[str, Any]:
    """What else goes on: claims, freezes, incidents, trains, hotfixes, sets."""
    facts = given.facts
    assert isinstance(facts.freezes, tuple)
    assert isinstance(facts.incidents, tuple)

    def freeze(one: Freeze) -> dict[str, Any]:
        places = [{"__entity": {"type": "Environment", "id": name}} for name in one.environments]
        return {"environments": places, "start": _seconds(one.start), "until": _seconds(one.until)}

    known: dict[str, Any] = {
        "freeze1": freeze(facts.freezes[0]), "freeze2": freeze(facts.freezes[1]), "rides": bool(facts.rides),
        "holds": facts.policy.incidents.number(facts.policy.incidents.blocks["production"]),
    }  # fmt: skip
    if isinstance(facts.rides, tuple) and (gone := [(ride, *each) for ride in facts.rides for each in ride.decisions]):
        ((ride, decision, now),) = gone
        schedule = ride.runs[decision.run].schedule
        known["go"] = {"candidate": decision.candidate.hash, "now": now or "", "set": of_manifest(decision.candidate)}
        known["slot"] = {"opens": _seconds(schedule.opens), "closes": _seconds(schedule.closes)}
    if facts.duplicate:
        known["duplicate"] = facts.duplicate
    if isinstance(facts.in_flight, Claim):
        known["claim"] = facts.in_flight.change
    if facts.incidents:
        (one,) = facts.incidents
        known["incident"] = {"open": one.open(facts.at), "severity": one.severity, "services": list(one.services or ())}
    hotfix = getattr(facts.hotfixes, "of_version", None)
    if hotfix:
        known["hotfix"] = {"state": hotfix.state.value, "digest": hotfix.base_digest, "commit": hotfix.base_commit}
    if isinstance(facts.set, SetStanding):
        known["set"] = _set(given, facts.set)
    return known


def _set(given: Case, standing: SetStanding) -> dict[str, Any]:
    """The set that the change is an entry of."""
    manifest, promotion, suite = standing.manifest, standing.promotion, standing.integration
    assert manifest is not None
    assert promotion is not None
    entry = manifest.entry(SERVICE)
    return {
        "hash": manifest.hash, "sealed": manifest.sealed, "newest": standing.newest, "state": promotion.state.value,
        "digest": entry.digest if entry else "", "tested": suite.manifest if suite else "", "suite": suite.state.value if suite else "",
        "ahead": [each.state.value for each in standing.ahead_of(given.change.id)],
    }  # fmt: skip


def _evidence(given: Case) -> dict[str, Any]:
    """What proves the version."""
    facts, evidence, policy = given.facts, given.facts.evidence, given.facts.policy
    assert isinstance(facts.artifact, Artifact)
    assert isinstance(evidence.tag, Tag)
    assert isinstance(evidence.work, Span)
    assert isinstance(evidence.checks, tuple)
    assert isinstance(evidence.protection, Protection)
    assert isinstance(evidence.proof, Proof)
    declared, rules, proof = given.change.content.declared, policy.risk, evidence.proof
    said = {"answers": declared.answers, "customers": declared.customers, "downtime": declared.downtime, "data": declared.data}
    known: dict[str, Any] = {
        "tag": {
            "annotated": evidence.tag.annotated, "verified": evidence.tag.verified, "commit": evidence.tag.commit,
            "by": evidence.tag.tagger.id if evidence.tag.tagger else "",
        },
        "taggers": list(policy.evidence.taggers), "checks": list(policy.checks(SERVICE)),
        "items": [name for item in policy.items(SERVICE, "production").values() for name in item.checks],
        "passed": [check.name for check in evidence.checks if check.state is CheckState.PASSED],
        "pulls": [pull.number for pull in evidence.work.pulls], "commit": {"pulls": list(evidence.work.commits[0].pulls)},
        "pull": _pull(given, evidence.work.pulls[0]), "reviews": policy.evidence.reviews,
        "protection": {"reviews": evidence.protection.required_reviews, "checks": sorted(evidence.protection.required_checks)},
        "boms": [each.digest for each in proof.sboms if each.named or each.signer],
        "provenances": [{"digest": each.digest, "commit": each.commit, "source": each.repository} for each in proof.provenances],
        "signatures": [each.digest for each in proof.signatures] + [each.digest for each in proof.provenances],
        "source": policy.services[SERVICE].address,
        "retrievable": bool(evidence.retrievable), "telling": sorted(name for name, label in rules.labels.items() if label.level),
        "declared": [name for name, each in said.items() if each is not None] + (["migration"] if given.change.content.migration else []),
        "lead": {"risk": rules.lead_time.risk.rank, "seconds": int(rules.lead_time.normal.total_seconds())},
        "known": _seconds(given.change.amended or given.change.requested), "soak": int(policy.evidence.soak.total_seconds()),
        "ports": [port.branch for port in getattr(facts.hotfixes, "ports", ())],
    }  # fmt: skip
    if isinstance(facts.record, RecordText):
        known["record"] = {"issues": facts.record.issues, "rollback": facts.record.rollback}
    if isinstance(facts.notes, ReleaseNotes):
        known["notes"] = {"lacks": list(lacking(facts.notes.text, getattr(facts.running, "version", None)))}
    if isinstance(facts.looked, Verification):
        known["looked"] = facts.looked.at is not None
    return known


def _pull(given: Case, pull: Pull) -> dict[str, Any]:
    """The pull request, with what patterns and questions say of it."""
    facts, rules = given.facts, given.facts.policy.risk
    assert isinstance(facts.evidence.owners, CodeOwners)
    approvers = sorted({r.login for r in pull.reviews if r.state is ReviewState.APPROVED and r.commit == pull.head and r.login})
    roles = {
        role.value
        for role, grants in facts.policy.roles.items()
        for grant in grants
        if {f"{login}@bench.example" for login in approvers} & set(grant.people)
    }
    told = {what for each in told_by_work(SERVICE, facts) for _, what in each.findings if isinstance(what, Question)}
    specialists = {role.value for what in told & rules.reviewers.keys() for role in rules.reviewers[what].roles}
    return {
        "tickets": list(pull.tickets), "approvals": len(approvers), "approvers": approvers, "labels": sorted(pull.labels),
        "owners": [owner.removeprefix("@") for path in pull.paths or () for owner in facts.evidence.owners.owners(path)],
        "roles": sorted(roles), "specialists": sorted(specialists),
    }  # fmt: skip
