"""What the machinery needs from the version control system: `bot/adapters/github_vcs.py` implements it.

Invariant: it is only read; a call that fails is an `Unread` and never raises, and every call has one deadline (EVD-31).
"""

from typing import Protocol

from guards.codeowners import CodeOwners
from guards.facts import Absent, Unread
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
