"""A version control system of the tests' own making, for stories."""

from datetime import datetime

from guards.codeowners import CodeOwners
from guards.cut import OpenPull
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
        moves: (repository, branch) → when it moved and to which commit, oldest first.
        parents: commit → its first parent.
        patches: (repository, commit) → answer; (repository, `base..commit`) for all since a base.
        waiting: (repository, base) → open pull requests.
        asked: the name of each question about branches, in order.
        past: what every question about an earlier moment is answered with while it is set.
        away: what every question is answered with while it is set.
        closed: whether the bot has let go of it.
    """

    def __init__(self) -> None:
        self.tags: dict[tuple[str, str], Tag | Unread] = {}
        self.spans: dict[tuple[str, str | None, str], Span | Unread] = {}
        self.checked: dict[tuple[str, str], tuple[Check, ...] | Unread] = {}
        self.protected: dict[tuple[str, str], Protection | Unread] = {}
        self.owned: dict[tuple[str, str], CodeOwners | Unread] = {}
        self.moves: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        self.parents: dict[str, str] = {}
        self.patches: dict[tuple[str, str], str | Unread] = {}
        self.waiting: dict[tuple[str, str], tuple[OpenPull, ...] | Unread] = {}
        self.asked: list[str] = []
        self.past: Unread | None = None
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

    async def head(self, repository: str, branch: str, at: datetime | None = None) -> str | Absent | Unread:
        self.asked.append("head")
        found = [sha for moment, sha in self.moves.get((repository, branch), ()) if at is None or moment <= at]
        return self.away or (self.past if at else None) or (found[-1] if found else Absent(f"branch {branch} in {repository}"))

    async def merge_base(self, repository: str, one: str, other: str) -> str | Absent | Unread:
        self.asked.append("merge_base")
        before = self._line(other)
        found = next((sha for sha in self._line(one) if sha in before), None)
        return self.away or found or Absent(f"common history of {one[:12]} and {other[:12]} in {repository}")

    async def line(self, repository: str, head: str, most: int) -> tuple[str, ...] | Unread:
        self.asked.append("line")
        return self.away or tuple(self._line(head)[:most])

    async def patch(self, repository: str, commit: str, base: str | None = None) -> str | Absent | Unread:
        self.asked.append("patch")
        which = commit if base is None else f"{base}..{commit}"
        return self.away or self.patches.get((repository, which), which)

    async def open_pulls(self, repository: str, base: str) -> tuple[OpenPull, ...] | Unread:
        self.asked.append("open_pulls")
        return self.away or self.waiting.get((repository, base), ())

    def _line(self, commit: str) -> list[str]:
        found = [commit]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return found

    async def close(self) -> None:
        self.closed = True
