"""The nouns of a change: the unit that moves, what people decided about it, and the place that it takes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guards.assessment import Assessment
from guards.content import Content
from guards.identity import OnBehalf
from guards.lifecycle import State
from guards.vocabulary import Migration, Role


class Verdict(StrEnum):
    """What a person decided about a change."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's recorded decision about one change (CMD-08, RBAC-08).

    Args:
        by: corporate id.
        name: as it was then.
        roles: held then, for the place of the change.
        verdict: approved or rejected.
        rationale: why, in the person's words (PRM-10).
        content: hash of what the person saw; an approval of other content counts for nothing (RSK-12).
        at, expires: UTC; counts in the half-open `[at, expires)`.
        withdrawn: when the person took it back, UTC.
        on_behalf: the delegation under which it was given; None in the person's own right (RBAC-06).
    """

    by: str
    name: str
    roles: frozenset[Role]
    verdict: Verdict
    rationale: str
    content: str
    at: datetime
    expires: datetime
    withdrawn: datetime | None = None
    on_behalf: OnBehalf | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """The unit that moves: one version into one environment.

    Args:
        id: `CR-2026-1121-001` (REC-09).
        content: everything that an approver saw.
        state: where it stands in the lifecycle.
        requester, requester_name: corporate id, and the name as it was then.
        requested: UTC.
        attempt: how often it was dispatched; part of the claim's key.
        run, run_url: CI's run, once known.
        dispatched, finished: UTC.
        why: the last reason that a person should know ("waits for the window").
        amended: when its requester last edited it, UTC (RSK-12).
        implementer: what carried it out, `ci:<name>`; None before it was dispatched (REC-10).
        migrates: what it does to the database as that was weighed when it was dispatched; None before, or when nobody could say (FRZ-03).
        assessed: its risk when it was last judged; None where the policy does not ask for it.
    """

    id: str
    content: Content
    state: State
    requester: str
    requester_name: str
    requested: datetime
    attempt: int = 0
    run: str | None = None
    run_url: str | None = None
    dispatched: datetime | None = None
    finished: datetime | None = None
    why: str = ""
    amended: datetime | None = None
    assessed: Assessment | None = None
    implementer: str | None = None
    migrates: Migration | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The one place that a change takes while CI works on it: unique for a service and environment (PRM-21).

    Args:
        key: what CI carries, `CR-2026-1121-001.1`.
        change: the change's id.
        at: since when, UTC.
    """

    key: str
    change: str
    at: datetime
