"""The nouns of a hotfix: what production ran when it was begun, what it is for, and where its fix has to be brought (HOT-01 … HOT-14).

Invariant: base tag, base digest and new version are recorded, never inferred from the name of the branch (CF-03).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guards.unread import Absent, Unread
from guards.vcs import Tag
from guards.version import Artifact, Deployment


class Ships(StrEnum):
    """Whether a hotfix goes by its own approvals, or with the next run of a train (HOT-20)."""

    NOW = "now"
    TRAIN = "train"


class HotfixState(StrEnum):
    """Where a hotfix stands."""

    ORDERED = "ordered"
    OPEN = "open"
    SHIPPED = "shipped"
    CLOSED = "closed"
    FAILED = "failed"
    GIVEN_UP = "given-up"


UNDER_WAY = frozenset({HotfixState.ORDERED, HotfixState.OPEN})
"""Begun, and not in production: of a service there is one at a time."""

LIVE = UNDER_WAY | {HotfixState.SHIPPED}
"""Something is still to be done about it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a hotfix is for, in the words of whoever began it (HOT-14, HOT-20, EXC-12).

    Args:
        ticket: the work item.
        severity: of what it mends, a name from `incidents.severities`; "" while nobody said.
        incident: link or id of the incident; the ticket's own where that is it.
        scope: the least that is changed.
        impact: who is hurt, and how, by what it mends and while it goes out.
        rollback: how to go back, or keep the damage small.
        ships: now, or with a train; None while nobody said.
        delay: why then: what waiting costs.
        mitigation: what eases it meanwhile.
        signed_off: who agreed, a corporate id; severity and impact are the other two criteria.
    """

    ticket: str = ""
    severity: str = ""
    incident: str = ""
    scope: str = ""
    impact: str = ""
    rollback: str = ""
    ships: Ships | None = None
    delay: str = ""
    mitigation: str = ""
    signed_off: str = ""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What was written down once production worked again (HOT-13, HOT-21).

    Args:
        verified: what shows that production works.
        cause: the root cause.
        timeline: where timeline and decisions are to be found.
        regression: which test would catch it now.
        prevention: which work items keep it from coming back.
        by, by_name: who wrote it.
        at: UTC.
    """

    verified: str
    cause: str
    timeline: str
    regression: str
    prevention: str
    by: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hotfix:
    """One hotfix of one service.

    Args:
        id: `HOT-2026-1121-001`; CI carries it as the key of the order that makes the branch.
        service, environment: whose production.
        repository: `owner/name`.
        base, base_digest, base_commit: the tag, digest and commit that production ran when it was begun (HOT-02).
        version: the one that it makes: the next free PATCH (HOT-03).
        branch: `hotfix/1.4.1-PAY-12`.
        scope: what it is for.
        state: where it stands.
        by, by_name: who began it.
        at: when, UTC.
        why: what a person should know of it.
        commits: of the fix, as they went to production; empty until that was read.
        change: the change that brought it there.
        shipped: when, UTC.
        afterwards: set once it was written down.
        ended: when it was closed, failed or was given up, UTC.
        warned: whether it was told that its branch lives too long (HOT-19).
    """

    id: str
    service: str
    environment: str
    repository: str
    base: str
    base_digest: str
    base_commit: str
    version: str
    branch: str
    scope: Scope
    state: HotfixState
    by: str
    by_name: str
    at: datetime
    why: str = ""
    commits: tuple[str, ...] = ()
    change: str | None = None
    shipped: datetime | None = None
    afterwards: Afterwards | None = None
    ended: datetime | None = None
    warned: bool = False


class How(StrEnum):
    """How a fix got onto a branch (HOT-10)."""

    MERGED = "merged"
    WAS_THERE = "was-there"
    PICKED = "picked"
    SAME_CHANGE = "same-change"
    EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True)
class Port:
    """A branch that has to have the fix too (HOT-09, record shape 10).

    Args:
        hotfix: its id.
        service: whose.
        branch: main, or a release branch.
        obligation: id of what is owed for it.
        commit: the commit on that branch that brings the fix, the last one of several; None while it is not there.
        how: None while it is not there.
        pulls: numbers of the pull requests that brought it.
        done: when the bot found it, UTC.
        why: what is lacking, or could not be read, at the last look.
    """

    hotfix: str
    service: str
    branch: str
    obligation: str
    commit: str | None = None
    how: How | None = None
    pulls: tuple[int, ...] = ()
    done: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What production runs, read anew, and where a branch of it would begin (HOT-01, HOT-02).

    Args:
        running: what production ran when it was read; None when nothing does.
        tag: of the running version, as version control has it.
        artifact: the running version, as the registry has it.
        version: the next free PATCH; None when nothing runs.
        branch: of the hotfix; "" while nobody named a ticket or a branch.
        there: the commit that the branch names already.
        begins: where that commit and production's part.
        parts: where that commit and main part.
        line: where production's commit and main part.
    """

    running: Deployment | None
    tag: Tag | Absent | Unread | None = None
    artifact: Artifact | Absent | Unread | None = None
    version: str | Unread | None = None
    branch: str = ""
    there: str | Absent | Unread | None = None
    begins: str | Absent | Unread | None = None
    parts: str | Absent | Unread | None = None
    line: str | Absent | Unread | None = None


@dataclass(frozen=True, slots=True)
class HotfixFacts:
    """What the hotfixes of a service say about a version of it.

    Args:
        of_version: the newest hotfix that makes this version, whatever became of it.
        live: those that something is still to be done about, oldest first.
        ports: the branches that still lack a fix which production has.
        twin: another version that was built to the same digest before; None when the digest is new.
    """

    of_version: Hotfix | None = None
    live: tuple[Hotfix, ...] = ()
    ports: tuple[Port, ...] = ()
    twin: str | None = None
