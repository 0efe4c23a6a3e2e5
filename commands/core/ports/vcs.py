"""What the machinery needs from the version control system: `bot/adapters/github_vcs.py` and `github_releases.py` implement it.

Invariant: nothing is written but release notes; a call that fails never raises, and every call has one deadline (EVD-31).
"""

from dataclasses import dataclass
from typing import Protocol

from commands.core.ports.chat import Unposted
from guards.codeowners import CodeOwners
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
