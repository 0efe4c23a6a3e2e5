"""Writes ledger entries: who did what to what, and what was seen when it was decided (AUD-01, AUD-06, RBAC-08).

Invariant: an entry is written in the transaction of what it records, and refusals are recorded like deeds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commands.core import bodies
from guards.authorization import held_roles
from guards.decision import Allow, Refuse, Unsure
from guards.delegation import delegated
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.judge import Judgement
from guards.need import need_of
from guards.opening import Opening, open_now
from guards.proof import signed_by
from guards.provenance import Proof
from guards.release import RecordText, ReleaseNotes
from guards.risk import assess
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.vcs import Check, Contributor, Span, Tag
from guards.version import Artifact, Beside, Deployment
from guards.vocabulary import Requirement
from storage import audit
from storage.database import Tx

_CHECKS = 100
"""Checks that an entry names; a commit that has more is rare, and its entry would be a book."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who stands in the ledger.

    Args:
        id: corporate id, `slack:U…` for a stranger, `signalbox` for the clock, `ci:<name>` for CI.
        name: as it was then.
        roles: held then, in that place.
    """

    id: str
    name: str
    roles: tuple[str, ...] = ()


CLOCK = Actor("signalbox", "Signalbox")


def actor_of(by: Person | Stranger | Unread, slack: str, request: Request | None, facts: Facts) -> Actor:
    """The ledger's actor for whoever asked."""
    match by:
        case Person():
            place = (request.service, request.environment) if request else (None, None)
            return Actor(by.id, by.name, tuple(sorted(held_roles(by, *place, facts)[0])))
        case Stranger():
            return Actor(f"slack:{by.slack}", by.name)
        case Unread():
            return Actor(f"slack:{slack}", "unread")


def write(
    tx: Tx,
    tag: str,
    actor: Actor,
    facts: Facts,
    correlation: str,
    *,
    subject: str | None = None,
    service: str | None = None,
    environment: str | None = None,
    **body: Any,
) -> None:
    """Append one entry.

    Args:
        tx: the transaction of what is recorded.
        tag: `<what>:<outcome>`, e.g. `promote:refused`.
        actor: who did it.
        facts: gives the moment and the policy.
        correlation: ties it to log and CI.
        subject: id of the change, freeze or exception.
        service, environment: the place.
        body: what else is to be known; JSON values only.
    """
    audit.append(
        tx,
        audit.Entry(
            at=facts.at, tag=tag, actor=actor.id, actor_name=actor.name, roles=actor.roles, subject=subject,
            service=service, environment=environment, correlation=correlation, policy=facts.policy.hash, body=body,
        ),
    )  # fmt: skip


def service_of(request: Request) -> str | None:
    """The service that a request is about, so that what was asked for it is found again: of an exception, the only one that it names."""
    wanted = request.exception
    return wanted.services[0] if request.service is None and wanted and len(wanted.services) == 1 else request.service


def judgement_body(judgement: Judgement, request: Request, facts: Facts) -> dict[str, Any]:
    """The answers and the facts that led to them, as the ledger keeps them, with the delegations that the asker has there (RBAC-06)."""
    mine = delegated(request.by, request.service, request.environment, facts)[0] if isinstance(request.by, Person) else ()
    body = {"answers": judgement_answers(judgement), "seen": _seen(request, facts)}
    return body | {"delegations": [{"id": d.id, "role": d.role.value, "from": d.by, "until": d.until.isoformat()} for d in mine]}


def judgement_answers(judgement: Judgement) -> list[dict[str, Any]]:
    """What each guard said, as the ledger keeps it."""
    return [_answer(a.guard, a.decision) | ({"about": a.about} if a.about else {}) for a in judgement.answers]


def _answer(guard: str, decision: Allow | Refuse | Unsure) -> dict[str, Any]:
    match decision:
        case Allow(why=why, exception=exception):
            return {"guard": guard, "answer": "allow", "why": why} | ({"exception": exception} if exception else {})
        case Refuse():
            until = decision.until.isoformat() if decision.until else None
            return {"guard": guard, "answer": "refuse", "code": decision.code.value, "why": decision.why, "until": until}
        case Unsure():
            return {"guard": guard, "answer": "unsure", "missing": decision.missing, "why": decision.why}


def _seen(request: Request, facts: Facts) -> dict[str, Any]:
    wanted = request.exception
    return {
        "request": {
            "service": service_of(request),
            "environment": request.environment,
            "version": request.version or (wanted and wanted.version),
            "digest": request.digest,
        },
        **({"exception": bodies.exception_body(wanted)} if wanted else {}),
        "artifact": _fact(facts.artifact),
        "registered": _fact(facts.registered),
        "before": _fact(facts.before),
        "running": _fact(facts.running),
        "window": window_body(request, facts),
        "evidence": evidence_body(request, facts),
        "declared": bodies.declared_body(request.declared),
        "risk": _risk_body(request, facts),
        "release": {
            "record": facts.record.hash if isinstance(facts.record, RecordText) else None,
            "notes": facts.notes.hash if isinstance(facts.notes, ReleaseNotes) else None,
        },
        "freezes": facts.freezes.what if isinstance(facts.freezes, Unread) else [f.id for f in facts.freezes if f.active(facts.at)],
        **({"shared": {name: _shared(read) for name, read in facts.shared.items()}} if facts.shared else {}),
        "in_flight": facts.in_flight.change if facts.in_flight and not isinstance(facts.in_flight, Unread) else None,
    }


def _shared(read: datetime | Unread) -> str:
    """When a shared calendar was read last, or that what was read is not good enough."""
    return read.isoformat() if isinstance(read, datetime) else f"unread: {read.why}"


def window_body(request: Request, facts: Facts) -> dict[str, Any] | None:
    """The window that is open, as the ledger keeps it (WIN-02); what could not be read, where its calendar could not."""
    now = open_now(request.service, request.environment, facts) if request.environment else None
    if isinstance(now, Opening):
        return {"name": now.window, "start": now.start.isoformat(), "end": now.end.isoformat()}
    return {"unread": now.what, "why": now.why} if now else None


def evidence_body(request: Request, facts: Facts) -> dict[str, Any]:
    """What was read to prove the version, each with what it is found by again, and what the policy does not ask for (EVD-11, EVD-17)."""
    evidence, asked = facts.evidence, facts.policy.required(request.service, request.environment)
    left = [r for r in Requirement if r not in asked]
    told: dict[str, Any] = {"not_required": [r.value for r in left]}
    if reasons := {r.value: facts.policy.evidence.reasons[r] for r in left if r in facts.policy.evidence.reasons}:
        told["not_required_because"] = reasons
    if isinstance(evidence.tag, Tag):
        tag = evidence.tag
        told["tag"] = {"name": tag.name, "object": tag.object, "commit": tag.commit, "signature": tag.reason, "tagger": _id(tag.tagger)}
    if isinstance(evidence.work, Span):
        told["work"] = {"base": evidence.work.base, "commits": len(evidence.work.commits), "pulls": [p.number for p in evidence.work.pulls]}
        if migrating := {str(p.number): p.declared.migration for p in evidence.work.pulls if p.declared.migration}:
            told["work"]["migrations"] = migrating
    if isinstance(evidence.checks, tuple):
        told["checks"] = _checks(evidence.checks)
    if evidence.beside:
        told["beside"] = [_beside(other) for other in evidence.beside]
    if isinstance(evidence.proof, Proof):
        proof = evidence.proof
        told["sboms"] = [{"format": s.format.value, "hash": s.hash, "url": s.url} for s in proof.sboms]
        told["provenance"] = [
            {"commit": p.commit, "builder": p.builder, "run": p.run, "hash": p.hash, "url": p.url} for p in proof.provenances
        ]
        told["signatures"] = [{"signer": signed_by(s.signer), "hash": s.hash, "url": s.url} for s in proof.signatures]
    if evidence.retrievable is not None and not isinstance(evidence.retrievable, Unread):
        told["rollback_target_retrievable"] = evidence.retrievable
    return told


def _checks(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    return [{"name": c.name, "state": c.state.value, "url": c.url, "by": c.by} for c in checks[:_CHECKS]]


def _beside(other: Beside) -> dict[str, Any]:
    """What another repository brought, as far as it was read (SOD-13)."""
    told: dict[str, Any] = {"repository": other.repository}
    if isinstance(other.tag, Tag):
        told |= {"tag": other.tag.object, "commit": other.tag.commit}
    if isinstance(other.work, Span):
        told |= {"base": other.work.base, "commits": len(other.work.commits), "pulls": [p.number for p in other.work.pulls]}
    if isinstance(other.checks, tuple):
        told["checks"] = _checks(other.checks)
    return told


def _id(who: Contributor | None) -> str | None:
    return who.id if who else None


def _fact(fact: object) -> Any:
    match fact:
        case Unread():
            return {"unread": fact.what, "why": fact.why}
        case Absent():
            return {"absent": fact.what}
        case Artifact() | Deployment():
            return {"version": fact.version, "digest": fact.digest, "commit": fact.commit}
        case _:
            return None


def _risk_body(request: Request, facts: Facts) -> dict[str, Any] | None:
    if Requirement.RISK not in facts.policy.required(request.service, request.environment):
        return None
    found, need = assess(request, facts), need_of(request, facts)
    if isinstance(found, Unsure) or isinstance(need, Unsure):
        return {"unread": found.missing if isinstance(found, Unsure) else None}
    return {"level": found.level, "factors": list(found.factors), "approvers": need.sentence, "count": need.count, "quorum": need.quorum}
