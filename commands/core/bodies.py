"""Nouns as the ledger keeps them: JSON values only, and no more about people than is needed (AUD-13)."""

from dataclasses import asdict
from typing import Any

from guards.access import Grant
from guards.assessment import Declared
from guards.content import Content
from guards.emergency import Emergency
from guards.exemption import STANDS_FOR, Exemption
from guards.freeze_record import Freeze
from guards.identity import Delegation, OnBehalf
from guards.incident import Incident
from guards.obligation import Obligation
from guards.vocabulary import Question


def content_body(content: Content) -> dict[str, Any]:
    """A change's content as the ledger keeps it."""
    return {
        "version": content.version,
        "digest": content.digest,
        "commit": content.commit,
        "type": content.change_type.value,
        "entry": content.entry,
        "migration": content.migration,
        "declared": declared_body(content.declared),
        "base": content.base,
        "record": content.record,
        "manifest": content.manifest,
        **({"emergency": content.emergency} if content.emergency else {}),
        "hash": content.hash,
    }


def declared_body(declared: Declared) -> dict[str, Any]:
    """What the requester says about the risk, as the ledger keeps it (RSK-02, RSK-11)."""
    return {
        "answers": None if declared.answers is None else {question.value: question in declared.answers for question in Question},
        "risk": declared.level,
        "customers": declared.customers,
        "downtime": declared.downtime,
        "data": declared.data,
    }


def delegation_body(one: Delegation) -> dict[str, Any]:
    """A delegation as the ledger keeps it (RBAC-06)."""
    return {
        "role": one.role.value,
        "from": one.by,
        "to": one.to,
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "ended": one.ended.isoformat() if one.ended else None,
        "reason": one.reason,
    }


def emergency_body(record: Emergency) -> dict[str, Any]:
    """An emergency as the ledger keeps it (EMG-01 … EMG-05)."""
    return {
        **{name: getattr(record, name) for name in (
            "version", "digest", "commit", "severity", "reason", "waiting", "rollback", "follow_ups", "incident", "declarer", "change",
            "action",
        )},
        "kind": record.kind.value,
        "executed": {**asdict(record.executed), "at": record.executed.at.isoformat()} if record.executed else None,
        "criterion": record.criterion.value,
        "classification": record.classification.value,
        "until": record.until.isoformat(),
        "approvers": [approval.by for approval in record.approvals],
        "ending": asdict(record.ending) if record.ending else None,
    }  # fmt: skip


def grant_body(grant: Grant) -> dict[str, Any]:
    """Break-glass access as the ledger keeps it (EMG-18)."""
    moments = {name: getattr(grant, name) for name in ("granted", "until", "ended")}
    return {
        **{name: getattr(grant, name) for name in (
            "emergency", "requester", "scope", "reason", "minutes", "approver", "rationale", "opening", "closing",
        )},
        **{name: at.isoformat() if at else None for name, at in moments.items()},
    }  # fmt: skip


def obligation_body(one: Obligation) -> dict[str, Any]:
    """What somebody owes, as the ledger keeps it."""
    return {
        "kind": one.kind.value,
        "about": one.about,
        "text": one.text,
        "owner": one.owner,
        "due": one.due.isoformat(),
        "evidence": one.evidence,
    }


def incident_body(one: Incident) -> dict[str, Any]:
    """An incident as the ledger keeps it (INC-02)."""
    return {
        "title": one.title,
        "severity": one.severity,
        "services": None if one.services is None else list(one.services),
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "commander": one.commander,
        "source": one.source,
        "known_as": one.known_as,
        "link": one.link,
        "mechanism": one.mechanism,
        "verification": one.verification,
        "cause": one.cause,
    }


def on_behalf_body(under: OnBehalf | None) -> dict[str, Any] | None:
    """Under which delegation a decision was taken, as the ledger keeps it (RBAC-06)."""
    return {"delegation": under.delegation, "role": under.role.value, "from": under.by, "until": under.until.isoformat()} if under else None


def freeze_body(freeze: Freeze) -> dict[str, Any]:
    """A freeze as the ledger keeps it."""
    return {
        "kind": freeze.kind,
        "blocks": [what.value for what in freeze.blocks],
        "passes": [kind.value for kind in freeze.passes],
        "services": list(freeze.services) if freeze.services else None,
        "environments": list(freeze.environments),
        "start": freeze.start.isoformat(),
        "end": freeze.end.isoformat(),
        "reason": freeze.reason,
        "exit_criteria": freeze.exit_criteria,
        "plan": freeze.plan,
        "approver": freeze.approver,
        "fate": freeze.fate.value,
        "branches": None if freeze.branches is None else list(freeze.branches),
        "in_force": freeze.in_force.isoformat() if freeze.in_force else None,
        "approved_by": freeze.approved_by,
        "calendar": freeze.calendar,
        **({"lapses": freeze.lapses.isoformat()} if freeze.lapses else {}),
        **({"passes_risk": freeze.passes_risk.value} if freeze.passes_risk else {}),
    }


def exception_body(exemption: Exemption) -> dict[str, Any]:
    """An exception as the ledger keeps it (EXC-02)."""
    return {
        "requirement": exemption.requirement.value,
        "rule": STANDS_FOR[exemption.requirement],
        "kind": exemption.kind.value,
        "owner": exemption.owner,
        "owner_roles": [role.value for role in exemption.owner_roles],
        "services": list(exemption.services),
        "environments": list(exemption.environments),
        "version": exemption.version,
        "risk": exemption.risk,
        "controls": exemption.controls,
        "containment": exemption.containment,
        "evidence": exemption.evidence,
        "remediation": exemption.remediation,
        "infeasible": exemption.infeasible,
        "reconsider": exemption.reconsider,
        "until": exemption.until.isoformat(),
        "confirmed": exemption.confirmed.isoformat() if exemption.confirmed else None,
        "review": exemption.review.isoformat(),
        "once": exemption.once,
        **({"emergency": exemption.emergency} if exemption.emergency else {}),
        "approvers": [decision.by for decision in exemption.approvals],
        "uses": [use.change for use in exemption.uses],
    }
