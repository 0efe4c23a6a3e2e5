"""What the version control system knows about a release: its tag, the work in it, who did and reviewed it, and how it was checked.

Invariant: every noun here is complete and frozen. A list is whole, or there is an `Unread` in its place; what nobody told is None and
never empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from guards.declarations import Declarations, declared_in


@dataclass(frozen=True, slots=True)
class Contributor:
    """Somebody whose name stands on a tag, a commit or a pull request (SOD-02, SOD-12).

    Args:
        login: the account's name, when the VCS knows it; None for unknown e-mail addresses and deleted accounts.
        email: as written into the git object, lower case; None where the VCS tells a login only.
        name: as it is shown.
        bot: an app or the VCS itself, no person.
    """

    login: str | None
    email: str | None = None
    name: str = ""
    bot: bool = False

    @property
    def id(self) -> str | None:
        """What a person is found by: the login, else the e-mail address; None for a deleted account."""
        return self.login or self.email


@dataclass(frozen=True, slots=True)
class Tag:
    """A release tag as it stands now (PRM-05, EVD-11, EVD-12).

    Args:
        repository: `owner/name` as the VCS writes it now; another than was asked for after a rename or a transfer.
        name: `v1.4.0`.
        object: id of the tag object; of the commit when the tag is not annotated.
        commit: 40 hex digits, what it names in the end.
        annotated: False for a tag that is a mere pointer: it carries no name and no signature.
        verified: whether the VCS verified the signature and the tag object was made under this very name.
        reason: the VCS's word for it (`valid`, `unsigned`, `unknown_key`, …), or `not_annotated`, or `made_for_another_name`.
        tagger: who says to have made it, None when not annotated; believe it only when `verified`.
        at: when the tagger says to have made it, UTC.
    """

    repository: str
    name: str
    object: str
    commit: str
    annotated: bool
    verified: bool
    reason: str
    tagger: Contributor | None
    at: datetime | None = None


class ReviewState(StrEnum):
    """What a review says."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Review:
    """One submitted review (EVD-13, EVD-14).

    Args:
        login: of the reviewer; None when the account was deleted.
        state: as it stands now; a dismissed approval is `dismissed`.
        commit: what it was given on; None when that commit is gone.
        at: when it was submitted, UTC.
        bot: given by an app.
    """

    login: str | None
    state: ReviewState
    commit: str | None
    at: datetime
    bot: bool = False


@dataclass(frozen=True, slots=True)
class Pull:
    """A merged pull request (EVD-13, REC-15, RSK-09).

    Args:
        number, title, url: as people know it.
        base: name of the branch that it was merged into.
        merged_commit: the commit that merging made on the base branch.
        merged: when, UTC.
        head: the last commit of its own branch, which reviews should be on.
        author: who opened it; None when the account was deleted.
        committers: authors, committers and co-authors of its own commits, the squashed ones too; each once.
        reviews: all that were submitted, oldest first.
        labels: their names.
        body: Markdown, with the declarations of the template.
        merged_by: who merged it; None when the account was deleted.
        tickets: references in title, branch and body, in that order, each once: `PAY-12`, `octo/api#7`.
        paths: every changed path; None when the VCS does not list them all.
        branch: name of its own branch, which people may have renamed since; empty when it is not told.
        declared: what the body declares under the template's headings, read once.
    """

    number: int
    title: str
    url: str
    base: str
    merged_commit: str
    merged: datetime
    head: str
    author: Contributor | None
    committers: tuple[Contributor, ...]
    reviews: tuple[Review, ...]
    labels: frozenset[str]
    body: str
    merged_by: Contributor | None
    tickets: tuple[str, ...]
    paths: tuple[str, ...] | None
    branch: str = ""
    declared: Declarations = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "declared", declared_in(self.body))

    @property
    def verdicts(self) -> Mapping[str, Review]:
        """Login → the review that stands for this person: the last one that approves, asks for changes or was dismissed."""
        return {r.login: r for r in self.reviews if r.login and r.state is not ReviewState.COMMENTED}

    @property
    def approvers(self) -> frozenset[str]:
        """Logins whose approval stands and was given on the last commit (EVD-14)."""
        return frozenset(who for who, r in self.verdicts.items() if r.state is ReviewState.APPROVED and r.commit == self.head)

    @property
    def reviewers(self) -> frozenset[str]:
        """Logins of everybody who ever approved it, on whatever commit and whatever they said later, apps left out (SOD-03).

        What a dismissed review said before is not told any more, so it counts as an approval.
        """
        gave = {ReviewState.APPROVED, ReviewState.DISMISSED}
        return frozenset(r.login for r in self.reviews if r.login and not r.bot and r.state in gave)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit between two versions.

    Args:
        sha: 40 hex digits.
        title: the first line of its message.
        url: where a person can read it.
        author, committer: as git has them; None when git has neither name nor address.
        co_authors: from the trailers of its message.
        verified: whether the VCS verified its signature. Without one, author and committer are only what somebody wrote.
        pulls: numbers of the merged pull requests that brought it, among those of the span.
        message: all of it, with its trailers.
        parents: how many; more than 1 for a merge.
    """

    sha: str
    title: str
    url: str
    author: Contributor | None
    committer: Contributor | None
    co_authors: tuple[Contributor, ...]
    verified: bool
    pulls: tuple[int, ...]
    message: str = ""
    parents: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Everything that a version adds to what the target runs (EVD-13, SOD-02).

    Args:
        repository: `owner/name` as the VCS writes it now; another than was asked for after a rename or a transfer.
        base: the commit that the target runs; None when it runs nothing, so that all history counts.
        head: the version's commit.
        commits: reachable from `head` and not from `base`, oldest first.
        pulls: the merged pull requests that brought them, by number.
        removed: how many commits of `base` are not in `head`: more than 0 for a rollback or another branch.
    """

    repository: str
    base: str | None
    head: str
    commits: tuple[Commit, ...]
    pulls: tuple[Pull, ...]
    removed: int = 0

    @property
    def unlinked(self) -> tuple[Commit, ...]:
        """The commits that no merged pull request brought."""
        return tuple(commit for commit in self.commits if not commit.pulls)

    @property
    def contributors(self) -> tuple[Contributor, ...]:
        """Everybody whose work is in it, bots too, each once: authors, committers, co-authors and who opened pull requests."""
        on_commits = (who for c in self.commits for who in (c.author, c.committer, *c.co_authors))
        on_pulls = (who for p in self.pulls for who in (p.author, *p.committers))
        return tuple(dict.fromkeys(who for group in (on_commits, on_pulls) for who in group if who is not None))


class CheckState(StrEnum):
    """Where a check stands; only `passed` is a yes."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of exactly one commit: a check run or a commit status, as it stands now (EVD-01, EVD-16, EVD-21).

    The same name can stand more than once: made by several apps, or by several suites of one app. A name passed when all of them did.

    Args:
        name: of the check run, or the context of the status.
        state: of the newest attempt.
        url: where a person can read it, when told.
        at: when it ended, else began, else was created; None when it did not begin, UTC.
        attempts: how often it was run or, for a status, how often it came to an end.
        by: the app's slug, or the login of whoever wrote the status; anybody who may push can write a status.
        suite: the id of the check suite; None for a status.
    """

    name: str
    state: CheckState
    url: str | None
    at: datetime | None
    attempts: int
    by: str | None
    suite: int | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """What a branch demands before anything gets onto it: branch protection and rulesets together (EVD-15).

    Args:
        branch: its name.
        required_checks: names that must pass.
        required_reviews: approving reviews, 0 when none is required.
        code_owner_reviews: whether an owner of each changed path must approve.
        dismiss_stale: whether new commits void approvals.
        enforce_admins: whether administrators are bound too; None when rulesets apply, whose exceptions a reader is not told.
    """

    branch: str
    required_checks: frozenset[str] = field(default_factory=frozenset)
    required_reviews: int = 0
    code_owner_reviews: bool = False
    dismiss_stale: bool = False
    enforce_admins: bool | None = False
