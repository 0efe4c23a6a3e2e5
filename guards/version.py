"""The nouns of a version: what was built for it, what proves it, and where it runs."""

from dataclasses import dataclass, field
from datetime import datetime

from guards.codeowners import CodeOwners
from guards.memo import Memo
from guards.provenance import Proof
from guards.unread import Absent, Unread
from guards.vcs import Check, Protection, Span, Tag


@dataclass(frozen=True, slots=True)
class Merged:
    """A pull request that a version adds to what its target runs (EVD-13): what an approver decides about.

    Args:
        number, title, url: as people know it.
        author: login of who opened it; None when the account was deleted.
        tickets: references to work items, each once.
        declared: what its text declares, as pairs of topic and text (REC-15).
        repository: `owner/name` of another repository than the service's own, which is None.
    """

    number: int
    title: str
    url: str
    author: str | None
    tickets: tuple[str, ...] = ()
    declared: tuple[tuple[str, str], ...] = ()
    repository: str | None = None

    @property
    def name(self) -> str:
        """As people write it: `#12`, `acme/config#12`."""
        return f"{self.repository or ''}#{self.number}"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a version's tag was in another repository of the service when it was first seen (PRM-05).

    Args:
        repository: `owner/name`, as the policy writes it.
        commit: 40 hex digits.
        object: id of the tag object.
    """

    repository: str
    commit: str
    object: str


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
        pins: its tags in the other repositories of the service, as far as they were read, by repository.
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
    pins: tuple[Pin, ...] = ()


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
        owners_before: the same at the commit from which the work is counted; None also when it is all history.
        checks: of exactly the tag's commit (EVD-16); None when the policy does not ask for them.
        protection: of the branch that releases come from there; None when the policy does not ask for it.
    """

    repository: str
    tag: Tag | Absent | Unread
    work: Span | Absent | Unread
    owners: CodeOwners | Absent | Unread | None = None
    owners_before: CodeOwners | Absent | Unread | None = None
    checks: tuple[Check, ...] | Absent | Unread | None = None
    protection: Protection | Absent | Unread | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read to prove a version; a part that the policy does not ask for is None.

    Args:
        tag: the release tag as it stands now.
        work: everything between what the target runs and the version.
        beside: the same of each other repository that the policy names for the service.
        checks: of exactly the artifact's commit (EVD-16).
        owners: the CODEOWNERS file at that commit.
        owners_before: the same at the commit that the target runs; None also when nothing runs there.
        protection: of the branch that releases come from.
        proof: what is attached to exactly the artifact's digest.
        retrievable: whether what runs in the target now can still be pulled, to go back to (RBK-14).
        memo: what guards concluded from exactly this evidence, under a policy that is named by its hash.
    """

    tag: Tag | Absent | Unread | None = None
    work: Span | Absent | Unread | None = None
    beside: tuple[Beside, ...] = ()
    checks: tuple[Check, ...] | Absent | Unread | None = None
    owners: CodeOwners | Absent | Unread | None = None
    owners_before: CodeOwners | Absent | Unread | None = None
    protection: Protection | Absent | Unread | None = None
    proof: Proof | Absent | Unread | None = None
    retrievable: bool | Unread | None = None
    memo: Memo = field(default_factory=Memo, init=False, repr=False, compare=False)
