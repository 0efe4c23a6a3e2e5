"""A version control system of the tests' own making, for stories."""

from guards.codeowners import CodeOwners
from guards.unread import Absent, Unread
from guards.vcs import Check, Protection, Span, Tag


class FakeVcs:
    """Implements the `Vcs` port from what a test puts into it; what it was not told, there is not.

    Attributes:
        tags: (repository, version) → answer.
        spans: (repository, base, head) → answer.
        checked: (repository, commit) → answer.
        protected: (repository, branch) → answer.
        owned: (repository, commit) → answer.
        away: what every question is answered with while it is set.
        closed: whether the bot has let go of it.
    """

    def __init__(self) -> None:
        self.tags: dict[tuple[str, str], Tag | Unread] = {}
        self.spans: dict[tuple[str, str | None, str], Span | Unread] = {}
        self.checked: dict[tuple[str, str], tuple[Check, ...] | Unread] = {}
        self.protected: dict[tuple[str, str], Protection | Unread] = {}
        self.owned: dict[tuple[str, str], CodeOwners | Unread] = {}
        self.away: Unread | None = None
        self.closed = False

    async def tag(self, repository: str, version: str) -> Tag | Absent | Unread:
        return self.away or self.tags.get((repository, version)) or Absent(f"tag {version} in {repository}")

    async def span(self, repository: str, base: str | None, head: str) -> Span | Absent | Unread:
        return self.away or self.spans.get((repository, base, head)) or Absent(f"commit {head[:12]} in {repository}")

    async def checks(self, repository: str, commit: str) -> tuple[Check, ...] | Absent | Unread:
        return self.away or self.checked.get((repository, commit), ())

    async def protection(self, repository: str, branch: str) -> Protection | Absent | Unread:
        return self.away or self.protected.get((repository, branch)) or Absent(f"protection of branch {branch} in {repository}")

    async def codeowners(self, repository: str, commit: str) -> CodeOwners | Absent | Unread:
        return self.away or self.owned.get((repository, commit)) or Absent(f"CODEOWNERS file at {commit[:12]} in {repository}")

    async def close(self) -> None:
        self.closed = True
