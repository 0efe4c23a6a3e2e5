"""The nouns that guards judge: people, artifacts, deployments, changes, approvals, freezes; `Request` and `Facts` hold them.

Invariant: a fact that could not be read is `Unread`, never empty and never a default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from guards.assessment import UNSAID, Assessment, Declared
from guards.codeowners import CodeOwners
from guards.content import Content
from guards.exemption import Exemption
from guards.identity import Delegation, Link, Linking, OnBehalf
from guards.lifecycle import State
from guards.policy import Policy
from guards.provenance import Proof
from guards.release import Promotion, RecordText, ReleaseNotes
from guards.sections import Person
from guards.vcs import Check, Protection, Span, Tag
from guards.vocabulary import Action, Blocked, ChangeType, Migration, Role


@dataclass(frozen=True, slots=True)
class Unread:
    """A read that failed.

    Args:
        what: a noun phrase that fits "could not read …" ("the artifact registry").
        why: what happened, for people ("no answer within 5 s"); never a secret, never a stack trace.
    """

    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """A read that worked and found nothing.

    Args:
        what: a noun phrase that fits "there is no …".
    """

    what: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody with a Slack account who is nobody here (RBAC-01, SOD-14).

    Args:
        slack: the Slack user id.
        name: the name that Slack shows, if it told one.
        why: a sentence: a guest, a bot, from another workspace, deactivated, or not in the policy file.
    """

    slack: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A pull request that a version adds to what its target runs (EVD-13): what an approver decides about.

    Args:
        number, title, url: as people know it.
        author: login of who opened it; None when the account was deleted.
        tickets: references to work items, each once.
    """

    number: int
    title: str
    url: str
    author: str | None
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """What was built for one version: the thing itself is its digest (PRM-04, PRM-06).

    Args:
        service: name in the policy file.
        version: `vMAJOR.MINOR.PATCH`, possibly with a pre-release part.
        digest: `sha256:` and 64 hex digits.
        commit: 40 hex digits.
        authors: corporate ids, e-mails or VCS logins of everyone whose work is in it; None when the source does not tell.
        reviewers: the same for those who approved its pull requests; None when the source does not tell.
        merged: the pull requests in it, newest last; None when the source does not tell.
        unlinked: how many commits came without a pull request.
        tag: id of the tag object of the version; None when nobody read it (PRM-05).
    """

    service: str
    version: str
    digest: str
    commit: str
    authors: frozenset[str] | None = None
    reviewers: frozenset[str] | None = None
    merged: tuple[Merged, ...] | None = None
    unlinked: int = 0
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What runs, or ran, in an environment (PRM-13, PRM-14).

    Args:
        service, environment, version, digest, commit: what and where.
        at: when it was finished, UTC.
        change: the id of our change, or None when CI deployed by itself (PRM-17).
    """

    service: str
    environment: str
    version: str
    digest: str
    commit: str
    at: datetime
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """Another repository whose work is in a version (SOD-13).

    Args:
        repository: `owner/name`, as the policy writes it.
        tag: the version's tag there.
        work: between the tag of what the target runs and this one.
        owners: the CODEOWNERS file at the tag's commit; None when the policy does not ask for it.
    """

    repository: str
    tag: Tag | Absent | Unread
    work: Span | Absent | Unread
    owners: CodeOwners | Absent | Unread | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read to prove a version; a part that the policy does not ask for is None.

    Args:
        tag: the release tag as it stands now.
        work: everything between what the target runs and the version.
        beside: the same of each other repository that the policy names for the service.
        checks: of exactly the artifact's commit (EVD-16).
        owners: the CODEOWNERS file at that commit.
        protection: of the branch that releases come from.
        proof: what is attached to exactly the artifact's digest.
        retrievable: whether what runs in the target now can still be pulled, to go back to (RBK-14).
    """

    tag: Tag | Absent | Unread | None = None
    work: Span | Absent | Unread | None = None
    beside: tuple[Beside, ...] = ()
    checks: tuple[Check, ...] | Absent | Unread | None = None
    owners: CodeOwners | Absent | Unread | None = None
    protection: Protection | Absent | Unread | None = None
    proof: Proof | Absent | Unread | None = None
    retrievable: bool | Unread | None = None


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


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which a place stands still (FRZ-01, FRZ-02).

    Args:
        id: `FRZ-2026-1121-001`.
        kind: a name from the policy's `freeze_kinds`.
        blocks, passes: copied from the kind when it was declared.
        services: None for all.
        environments: canonical names.
        start, end: UTC, half-open `[start, end)`.
        reason, exit_criteria, plan: why; what must be true to lift it; how work resumes.
        by, by_name: who declared it.
        approver: who answers for it (corporate id).
        lifted: when it was lifted early, UTC.
    """

    id: str
    kind: str
    blocks: tuple[Blocked, ...]
    passes: tuple[ChangeType, ...]
    services: tuple[str, ...] | None
    environments: tuple[str, ...]
    start: datetime
    end: datetime
    reason: str
    exit_criteria: str
    plan: str
    by: str
    by_name: str
    approver: str
    lifted: datetime | None = None

    def holds(self, request: "Request") -> bool:
        """Whether it stops this request while it is active; unknown classification is restricted (FRZ-05)."""
        placed = request.environment in self.environments and (self.services is None or request.service in self.services)
        blocked = Blocked.DEPLOYMENTS in self.blocks or (Blocked.MIGRATIONS in self.blocks and request.migration is not Migration.NONE)
        return placed and blocked and request.change_type not in self.passes

    @property
    def until(self) -> datetime:
        """When it ends to count, UTC: lifted, or by itself."""
        return min(self.end, self.lifted or self.end)

    def active(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.start <= at < self.until


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


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for. Guards read it together with `Facts`.

    Args:
        action: what the command is, for authorization.
        by: who asks, resolved to a person of the policy file, or why not.
        service, environment, version: canonical names; None where the command has none.
        digest: the digest that the person named, if any.
        change_type: an emergency only by its own record, never by a word (EMG-05).
        entry: for a standard change, its name in the policy's catalogue.
        migration: what it does to its database; None when nobody said.
        declared: what the asker says about its risk.
        seen: hash of the content that was on the card that was clicked, if any.
        rationale: the reason that the person gave.
        freeze: the freeze to declare, for the freeze commands.
        exception: the exception to ask for.
        delegation: the delegation to record.
        login: the GitHub login that the person confirms.
        record: what is to be written into the release record; a field left open is "".
        notes: what is to be written as release notes or as an erratum, if anything.
    """

    action: Action
    by: Person | Stranger | Unread
    service: str | None = None
    environment: str | None = None
    version: str | None = None
    digest: str | None = None
    change_type: ChangeType = ChangeType.NORMAL
    entry: str | None = None
    migration: Migration | None = None
    declared: Declared = UNSAID
    seen: str | None = None
    rationale: str = ""
    freeze: Freeze | None = None
    exception: Exemption | None = None
    delegation: Delegation | None = None
    login: str | None = None
    record: RecordText | None = None
    notes: str | None = None


_NOT_ASKED = "nobody asked for it"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read for one judgement, stamped with one moment and frozen; what nobody read is `Unread`.

    Args:
        at: UTC; the only "now" that a guard knows.
        policy: the policy that the bot runs with.
        groups: Slack user group → its members' Slack ids.
        people: corporate id → the person as they stand now: the requester, each approver, whoever delegated, and authors
            who are known by their address only (RBAC-09).
        artifact: what the registry says that the version names now.
        evidence: what was read to prove it.
        registered: what the version named when it was first seen; None when it is new (PRM-04).
        before: the newest success of this version in the environment before; None when there is none (PRM-01).
        running: what runs in the target now.
        change: the change in question; Absent when the id names none, None while there is none yet.
        approvals: decisions about the change.
        in_flight: the claim that holds the place, if any.
        duplicate: id of an open change that asks for the same.
        freezes: all that have not ended.
        freeze: the freeze in question, for lifting.
        exceptions: those that are approved, and reach the place; of a change that was handed to CI, those that it went out by.
        exception: the exception in question, for decisions about it.
        delegations: all that have not ended (RBAC-06).
        delegation: the delegation in question, for ending.
        accounts: GitHub login, lower case → the account's number, for logins that only a link can give to somebody.
        links: GitHub login, lower case → corporate id, by what people linked; the policy file goes before it.
        link: the account that the asker linked.
        linking: the asker's attempt to link one.
        record: what people wrote into the version's release record, its newest revision; None when nobody did.
        notes: the version's release notes; None when nobody wrote any.
        promotions: where the version ran, oldest first (PRM-12).
    """

    at: datetime
    policy: Policy
    groups: Mapping[str, frozenset[str] | Unread] = field(default_factory=dict)
    people: Mapping[str, Person | Stranger | Unread] = field(default_factory=dict)
    artifact: Artifact | Absent | Unread = Unread("the artifact", _NOT_ASKED)
    evidence: Evidence = Evidence()
    registered: Artifact | Unread | None = Unread("what the version named first", _NOT_ASKED)
    before: Deployment | Unread | None = Unread("what ran in the environment before", _NOT_ASKED)
    running: Deployment | Unread | None = Unread("what runs there", _NOT_ASKED)
    change: Change | Absent | Unread | None = None
    approvals: tuple[Approval, ...] | Unread = Unread("the approvals", _NOT_ASKED)
    in_flight: Claim | Unread | None = Unread("what is in flight", _NOT_ASKED)
    duplicate: str | Unread | None = Unread("the open changes", _NOT_ASKED)
    freezes: tuple[Freeze, ...] | Unread = Unread("the freeze calendar", _NOT_ASKED)
    freeze: Freeze | Absent | None = None
    exceptions: tuple[Exemption, ...] | Unread = Unread("the exceptions", _NOT_ASKED)
    exception: Exemption | Absent | None = None
    delegations: tuple[Delegation, ...] | Unread = Unread("the delegations", _NOT_ASKED)
    delegation: Delegation | Absent | None = None
    accounts: Mapping[str, int | Absent | Unread] = field(default_factory=dict)
    links: Mapping[str, str | Unread] | Unread = Unread("the linked GitHub accounts", _NOT_ASKED)
    link: Link | None = None
    linking: Linking | None = None
    record: RecordText | Unread | None = Unread("the release record", _NOT_ASKED)
    notes: ReleaseNotes | Unread | None = Unread("the release notes", _NOT_ASKED)
    promotions: tuple[Promotion, ...] | Unread = Unread("the promotion log", _NOT_ASKED)
