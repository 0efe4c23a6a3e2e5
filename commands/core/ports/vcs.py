"""What the machinery needs from version control: `github_vcs.py`, `github_releases.py` and `github_statuses.py` in `bot/adapters`.

Invariant: nothing is written but release notes and the status of a merge freeze; a call that fails never raises, and every call has one
deadline (EVD-31).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from commands.core.ports.chat import Unposted
from guards.codeowners import CodeOwners
from guards.cut import OpenPull
from guards.unread import Absent, Unread
from guards.vcs import Check, Protection, Span, Tag


class Vcs(Protocol):
    """The version control system, read-only. It never raises for a failed call and every call has one deadline (EVD-31)."""

    async def tag(self, repository: str, version: str) -> Tag | Absent | Unread:
        """What a version's tag names at this moment; never from a cache, since tags can be moved (PRM-05).

        Args:
            repository: `owner/name`.
            version: the tag, `v1.4.0`.
        """
        ...

    async def span(self, repository: str, base: str | None, head: str) -> Span | Absent | Unread:
        """The work between two commits.

        Args:
            repository: `owner/name`.
            base: what the target runs, 40 hex digits; None when it runs nothing.
            head: what shall run there, 40 hex digits.
        """
        ...

    async def checks(self, repository: str, commit: str) -> tuple[Check, ...] | Absent | Unread:
        """All checks of exactly this commit, by name; an empty tuple when it has none (EVD-16)."""
        ...

    async def protection(self, repository: str, branch: str) -> Protection | Absent | Unread:
        """What protects a branch; `Absent` when nothing does."""
        ...

    async def codeowners(self, repository: str, commit: str) -> CodeOwners | Absent | Unread:
        """The owners of paths as the CODEOWNERS file at this commit has them."""
        ...

    async def head(self, repository: str, branch: str, at: datetime | None = None) -> str | Absent | Unread:
        """The commit that a branch names; never from a cache (TRN-06).

        Args:
            repository: `owner/name`.
            branch: its name.
            at: UTC; the commit as of that moment instead of now, by the VCS's own record of when the branch moved. Times that stand on
                commits are no proof: whoever makes a commit writes them. `Unread` when the record does not reach from then to now (TRN-22).
        """
        ...

    async def merge_base(self, repository: str, one: str, other: str) -> str | Absent | Unread:
        """The best common ancestor of two commits; `Absent` when they share no history (TRN-08).

        Args:
            repository: `owner/name`.
            one, other: 40 hex digits.
        """
        ...

    async def line(self, repository: str, head: str, most: int) -> tuple[str, ...] | Unread:
        """A commit and its first parents, newest first: what a branch named one after the other (TRN-07).

        Args:
            repository: `owner/name`.
            head: 40 hex digits.
            most: commits, 1 to 100; fewer are told when merges lie between them.
        """
        ...

    async def patch(self, repository: str, commit: str, base: str | None = None) -> str | Absent | Unread:
        """An id of what a commit changes, apart from where in the file and from blanks, as `git patch-id` has it (TRN-09).

        Two changes with one id are the same. `Unread` when not every change of it is told.

        Args:
            repository: `owner/name`.
            commit: 40 hex digits.
            base: 40 hex digits, an ancestor of it: then of all that changed since that, which is what a squash of it changes (HOT-09).
        """
        ...

    async def open_pulls(self, repository: str, base: str) -> tuple[OpenPull, ...] | Unread:
        """The pull requests that are open into a branch, by number (TRN-13)."""
        ...

    async def close(self) -> None:
        """End the calls under way."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """Release notes stand at the VCS as they were given.

    Args:
        url: where people read them.
    """

    url: str


class Releases(Protocol):
    """The VCS's page of a release (REC-04). It never raises for a failed call."""

    async def publish(self, repository: str, tag: str, name: str, text: str) -> Published | Unposted:
        """Have the notes of a tag stand there; the same again changes nothing, so it may be repeated.

        What others wrote on that page stays. A tag that is not there is never made.

        Args:
            repository: `owner/name`.
            tag: `v1.4.0`.
            name: the page's title, when it has none yet.
            text: Markdown.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """The pull requests carry what they should.

    Args:
        changed: how many did not before.
    """

    changed: int


class MergeStatuses(Protocol):
    """A status on what would be merged (FRZ-13). It never raises for a failed call; the same again changes nothing."""

    async def show(self, repository: str, branch: str, held: str | None) -> Shown | Unposted:
        """Have each open pull request into a branch say whether the branch takes merges.

        Args:
            repository: `owner/name`.
            branch: that they are to be merged into.
            held: why it takes none, at most 140 characters; None when it takes some.
        """
        ...
