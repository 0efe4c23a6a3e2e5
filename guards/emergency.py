"""An emergency change: the one audited way past window, freeze, lead time, soak and go/no-go, for one action (EMG-01 … EMG-05, EMG-22).

Invariant: what its declarer said never changes. It covers one version in one place, or one other change there, is used once, and ends by
itself.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guards.vocabulary import Role


class Criterion(StrEnum):
    """What makes it an emergency; there is nothing else (EMG-04)."""

    PRODUCTION_DOWN = "production-down"
    SECURITY_INCIDENT = "security-incident"
    DATA_AT_RISK = "data-at-risk"
    SLA_BREACH = "sla-breach"


class Classification(StrEnum):
    """What kind of event it is, said before anything is changed (EMG-02)."""

    HOTFIX = "hotfix"
    EMERGENCY = "emergency"
    BOTH = "both"


class EmergencyKind(StrEnum):
    """What kind of production change it covers: CI carries out deployments, people the others (EMG-05, EMG-22, EMG-24)."""

    DEPLOYMENT = "deployment"
    CONFIGURATION = "configuration"
    FLAG = "flag"
    DEPRECATION = "api-deprecation"


_NOUNS = {
    EmergencyKind.CONFIGURATION: "the setting", EmergencyKind.FLAG: "the flag", EmergencyKind.DEPRECATION: "the deprecation window of",
}  # fmt: skip


class EmergencyState(StrEnum):
    """Where an emergency stands."""

    DECLARED = "declared"
    APPROVED = "approved"
    USED = "used"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


UNUSED = frozenset({EmergencyState.DECLARED, EmergencyState.APPROVED})
"""What can still be approved, used or withdrawn."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What somebody said aloud, before they confirm it in the channel (EMG-16).

    Args:
        by, name: corporate id of who said it, and the name as it was then.
        words: what was said, as it was heard.
        heard_by, heard_by_name: who wrote it down, as above.
        at: UTC; when it was written down.
    """

    by: str
    name: str
    words: str
    heard_by: str
    heard_by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EmergencyApproval:
    """One person's recorded approval of an emergency.

    Args:
        by, name, roles: corporate id, and the name and the roles as they were then.
        reason: why, in the person's words.
        digest: of the artifact that was approved.
        at: UTC.
        spoken: whether it confirms what the person had said aloud.
    """

    by: str
    name: str
    roles: frozenset[Role]
    reason: str
    digest: str
    at: datetime
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Execution:
    """That a change which CI does not carry out was made (EMG-22).

    Args:
        by, by_name: corporate id of who says so, and the name as it was then.
        reference: by what it is found again: a link or a number, with words.
        at: UTC.
    """

    by: str
    by_name: str
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """What is said when an emergency is closed (EMG-25).

    Args:
        resolution: how it was resolved, and what verified it.
        happened: what happened.
        prevention: what keeps it from happening again.
    """

    resolution: str
    happened: str
    prevention: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency as it was declared, with what people decided about it and what became of it.

    Args:
        id: `EMG-2026-1121-001`.
        declarer, declarer_name: corporate id, and the name as it was then.
        declared: UTC.
        criterion: what makes it one.
        classification: hotfix, emergency, or both.
        severity: of the incident, 1 is the worst.
        service, environment, version: the one action that it covers (EMG-05); what is no deployment has the name of what is changed as
            its version: a setting, a flag, an API.
        digest, commit: the artifact, once it is known; approvals bind to it.
        reason: what is wrong, and what the change does about it.
        waiting: why waiting for the next window costs more than the risk of going now (EMG-03).
        rollback: how it is rolled back.
        follow_ups: what is to be done afterwards.
        incident: its reference (EMG-14).
        until: UTC; it covers nothing from that moment on.
        state: where it stands.
        approvals: of people, in order.
        spoken: approvals that were said aloud, in order.
        change: id of the change that went out by it; it covers no other.
        used: when that was handed to CI, UTC.
        ending: what was said when it was closed.
        ended: when it was closed, withdrawn or found expired, UTC.
        ended_by: corporate id, or `signalbox`.
        kind: what kind of change it covers.
        action: how it is changed, in people's words; "" for a deployment.
        executed: that it was made; None for a deployment, and before.
    """

    id: str
    declarer: str
    declarer_name: str
    declared: datetime
    criterion: Criterion
    classification: Classification
    severity: int
    service: str
    environment: str
    version: str
    digest: str | None
    commit: str | None
    reason: str
    waiting: str
    rollback: str
    follow_ups: str
    incident: str
    until: datetime
    state: EmergencyState = EmergencyState.DECLARED
    approvals: tuple[EmergencyApproval, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    change: str | None = None
    used: datetime | None = None
    ending: Ending | None = None
    ended: datetime | None = None
    ended_by: str | None = None
    kind: EmergencyKind = EmergencyKind.DEPLOYMENT
    action: str = ""
    executed: Execution | None = None

    @property
    def deploys(self) -> bool:
        """Whether it covers a version that CI deploys."""
        return self.kind is EmergencyKind.DEPLOYMENT

    @property
    def what(self) -> str:
        """`api v1.4.1 in production`, `the flag new-checkout of api in production`."""
        if self.deploys:
            return f"{self.service} {self.version} in {self.environment}"
        return f"{_NOUNS[self.kind]} {self.version} of {self.service} in {self.environment}"

    @property
    def binds(self) -> str | None:
        """What approvals bind to: the artifact's digest, of any other change the hash of what is changed and how."""
        if self.deploys:
            return self.digest
        said = "\0".join((self.kind, self.service, self.environment, self.version, self.action))
        return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"

    def covers(self, service: str | None, environment: str | None, version: str | None) -> bool:
        """Whether it is about exactly this deployment (EMG-05)."""
        return self.deploys and (service, environment, version) == (self.service, self.environment, self.version)

    def counts(self, at: datetime, change: str | None) -> bool:
        """Whether it is approved, has begun and is not over, and was not used by another change.

        Args:
            at: UTC.
            change: id of the change that would go out by it; None while there is none yet.
        """
        if not self.declared <= at < self.until:
            return False
        return self.state is EmergencyState.APPROVED or (self.state is EmergencyState.USED and change is not None and change == self.change)

    def over(self, at: datetime) -> bool:
        """Whether it ended unused, whether or not that is recorded yet."""
        return self.state in {EmergencyState.WITHDRAWN, EmergencyState.EXPIRED} or (self.state in UNUSED and at >= self.until)
