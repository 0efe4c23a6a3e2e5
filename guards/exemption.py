"""An exception from one requirement, as it is asked for and approved (EXC-01); an `Exemption`, as Python's exceptions are another thing.

Invariant: what it says never changes; only its state, its decisions and its uses do, and the day of reconsideration of a permanent one.
It counts for the requirement, places and version that it names, and for nothing else (EXC-06).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guards.vocabulary import Requirement, Role

STANDS_FOR: Mapping[Requirement, str] = {
    Requirement.TAG: "EVD-12",
    Requirement.CHECKS: "EVD-01",
    Requirement.PULL_REQUESTS: "EVD-13",
    Requirement.TICKETS: "EVD-13",
    Requirement.REVIEWS: "EVD-14",
    Requirement.CODE_OWNERS: "EVD-13",
    Requirement.SPECIALISTS: "RSK-06",
    Requirement.PROTECTION: "EVD-15",
    Requirement.SBOM: "EVD-09",
    Requirement.PROVENANCE: "EVD-10",
    Requirement.SIGNATURE: "EVD-11",
    Requirement.ROLLBACK: "RBK-14",
    Requirement.RECORD: "REC-01",
    Requirement.NOTES: "REC-03",
    Requirement.RISK_LABEL: "RSK-09",
    Requirement.RISK: "RSK-02",
    Requirement.LEAD_TIME: "RSK-01",
    Requirement.FORWARD_PORTS: "HOT-09",
    Requirement.VERIFIED_BEFORE: "PRM-08",
    Requirement.SOAK: "PRM-09",
    Requirement.ITEMS: "EVD-02",
}
"""The rule that each requirement stands for: an exception's policy reference."""


class ExemptionKind(StrEnum):
    """How long an exception is meant to last, and whether it stands in for security gates (EXC-04, EVD-20)."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    EMERGENCY = "emergency"


class ExemptionState(StrEnum):
    """Where an exception stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Ruling(StrEnum):
    """What a person decided about an exception."""

    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ExemptionDecision:
    """One person's recorded decision about an exception.

    Args:
        by: corporate id.
        name, roles: as they were then.
        ruling: what was decided.
        reason: why, in the person's words.
        at: UTC.
    """

    by: str
    name: str
    roles: frozenset[Role]
    ruling: Ruling
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reconsideration:
    """One person's word that a permanent exception still holds (EXC-04, EXC-10).

    Args:
        by, name, roles, reason, at: as in a decision.
        was: the end that it had then, UTC; words about the same end count together.
        until: how long it shall count instead, UTC.
    """

    by: str
    name: str
    roles: frozenset[Role]
    reason: str
    at: datetime
    was: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ExemptionUse:
    """A change that went out by an exception (EXC-07).

    Args:
        change: its id.
        at: when it was handed to CI, UTC.
    """

    change: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception with its eleven fields (EXC-02): what it is, for how long, for what, at which risk, and who stands for it.

    Args:
        id: `EXC-2026-1121-001`, never given twice (EXC-03).
        requester, requester_name: corporate id, and the name as it was then.
        requested: UTC.
        owner, owner_name: who answers for it, as above.
        owner_roles: what the owner held in its first place then.
        kind: temporary, permanent or emergency.
        requirement: what it stands in for; `STANDS_FOR` has the rule.
        services, environments: canonical names, environments in promotion order.
        version: the one version that it is for; None for all.
        risk: impact and likelihood.
        controls: what is done instead.
        containment: how to go back, or keep the damage small (EXC-12).
        evidence: links to pull requests, builds, incidents.
        remediation: how the deviation ends, step by step and by whom; of one that is not permanent.
        infeasible: why it cannot end; of a permanent one.
        reconsider: what would make people think again; of a permanent one.
        until: UTC; when it expires, or the day of reconsideration of a permanent one: it counts before that moment (EXC-05).
        review: UTC; when its owner is asked to look at it again.
        once: whether it is used up by the first change that goes out by it.
        emergency: id of the emergency for which it is; of one of that kind, and of no other (EVD-20).
        state: where it stands.
        confirmed: UTC; the end that people set aside when they last reconsidered it; None when they never did (EXC-10).
        decisions: of people, in order.
        reconsidered: what people said when it was reconsidered, in order.
        uses: changes that went out by it, in order.
    """

    id: str
    requester: str
    requester_name: str
    requested: datetime
    owner: str
    owner_name: str
    owner_roles: tuple[Role, ...]
    kind: ExemptionKind
    requirement: Requirement
    services: tuple[str, ...]
    environments: tuple[str, ...]
    version: str | None
    risk: str
    controls: str
    containment: str
    evidence: str
    remediation: str
    infeasible: str
    reconsider: str
    until: datetime
    review: datetime
    once: bool
    emergency: str | None = None
    state: ExemptionState = ExemptionState.REQUESTED
    confirmed: datetime | None = None
    decisions: tuple[ExemptionDecision, ...] = ()
    reconsidered: tuple[Reconsideration, ...] = ()
    uses: tuple[ExemptionUse, ...] = ()

    @property
    def approvals(self) -> tuple[ExemptionDecision, ...]:
        """The decisions of those who approved it."""
        return tuple(d for d in self.decisions if d.ruling is Ruling.APPROVED)

    def reaches(self, service: str | None, environment: str | None) -> bool:
        """Whether a place is in its scope."""
        return service in self.services and environment in self.environments

    def covers(self, requirement: Requirement, service: str | None, environment: str | None, version: str | None) -> bool:
        """Whether it stands in for exactly this (EXC-06)."""
        return requirement is self.requirement and self.reaches(service, environment) and self.version in {None, version}

    def counts(self, at: datetime, change: str | None) -> bool:
        """Whether it is approved, not over, and not used up by another change.

        Args:
            at: UTC.
            change: id of the change that would use it; None while there is none yet.
        """
        used_up = self.once and any(use.change != change for use in self.uses)
        return self.state is ExemptionState.APPROVED and at < self.until and not used_up
