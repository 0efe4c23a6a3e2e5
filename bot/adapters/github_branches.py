"""Reads what GitHub knows about branches: their heads, now and earlier, where they part, what a commit changes, what is still open.

Invariant: what a branch named earlier is told by GitHub's own record of pushes and merges alone, and only when that record leads without
a gap from then to now. The dates on commits are never looked at: whoever makes a commit writes them.

Source: GitHub REST API: "Git references", "List repository activities", "Compare two commits" (at most 300 files, all on the first page),
"List commits", "Get a commit", "List pull requests".
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Annotated, TypeVar
from urllib.parse import quote, unquote

from pydantic import BaseModel, Field, RootModel

from bot.adapters.answers import said
from bot.adapters.github_api import PER_PAGE, GitHubApi
from bot.adapters.github_graphql import Sha
from bot.adapters.github_vcs_wire import Listed, Refs, named_ref
from bot.adapters.moment import Moment
from bot.adapters.reading import UnreadError, parsed
from bot.adapters.tickets import tickets
from guards.cut import OpenPull
from guards.unread import Absent, Unread

_MOST_PAGES = 10
_NEXT = re.compile(r'[?&]after=([^&>]+)[^>]*>; rel="next"')
_NOTHING = "0" * 40
_MOST_COMPARED = 300


class Activity(BaseModel):
    """One move of a branch."""

    before: Sha
    after: Sha
    ref: str
    timestamp: Moment


class Activities(RootModel[list[Activity]]):
    """A page of moves, the newest first."""


class BaseOf(BaseModel):
    """A comparison, as far as it says where two commits part."""

    base_commit: Listed
    merge_base_commit: Listed


class _Parent(BaseModel):
    sha: Sha


class Parented(BaseModel):
    """A commit in a history."""

    sha: Sha
    parents: list[_Parent]


class History(RootModel[list[Parented]]):
    """A page of a history, the newest first."""


class ChangedFile(BaseModel):
    """What a commit does to one file; `patch` is left out for what is not text, or too long."""

    filename: str
    status: str
    sha: str | None = None
    additions: Annotated[int, Field(ge=0)]
    deletions: Annotated[int, Field(ge=0)]
    previous_filename: str | None = None
    patch: str | None = None

    def whole(self) -> bool:
        """Whether each line that it adds and takes away is told."""
        lines = (self.patch or "").splitlines()
        return (self.additions, self.deletions) == (sum(x.startswith("+") for x in lines), sum(x.startswith("-") for x in lines))

    def told(self) -> str:
        """What counts when two commits are compared: neither line numbers nor blanks (git-patch-id)."""
        lines = [re.sub(r"\s", "", line) for line in (self.patch or "").splitlines() if not line.startswith("@@")]
        # without lines, the content itself: a binary file is the same when it becomes the same
        return "\n".join((self.filename, self.previous_filename or "", self.status, *(lines or [self.sha or ""])))


class CommitFiles(BaseModel):
    """A commit with a page of its files."""

    sha: Sha
    files: list[ChangedFile]


C = TypeVar("C", bound=BaseOf)


class Compared(BaseOf):
    """A comparison with what changed; only its first page has the files, at most `_MOST_COMPARED`."""

    files: list[ChangedFile]


class _Login(BaseModel):
    login: str


class _Label(BaseModel):
    name: str


class _Head(BaseModel):
    ref: str


class OpenPullBody(BaseModel):
    """An open pull request in a list."""

    number: int
    title: str
    html_url: str
    body: str | None
    user: _Login | None
    labels: list[_Label]
    head: _Head
    base: _Head

    def value(self, repository: str, key: str) -> OpenPull:
        """The guards' own noun; `key` as for `tickets`."""
        return OpenPull(
            number=self.number,
            title=self.title,
            url=self.html_url,
            body=self.body or "",
            author=self.user.login if self.user else None,
            labels=frozenset(label.name for label in self.labels),
            tickets=tickets(repository, self.title, self.head.ref, self.body or "", key=key),
        )


class OpenPulls(RootModel[list[OpenPullBody]]):
    """A page of open pull requests."""


class BranchReading:
    """One question each; all raise `UnreadError` when there is no complete answer.

    Args:
        api: where from.
        ticket: pattern of a work item's key.
    """

    def __init__(self, api: GitHubApi, ticket: str) -> None:
        self._api, self._ticket = api, ticket

    async def head(self, what: str, repository: str, branch: str) -> str | Absent:
        """What a branch names now. The list of branches that begin alike is read, since it tells "none" and "not allowed" apart."""
        answer = await self._api.get(what, repository, f"git/matching-refs/heads/{quote(branch, safe='')}")
        ref = named_ref(what, parsed(Refs, what, answer), f"refs/heads/{branch}")
        return Absent(f"branch {branch} in {repository}") if ref is None else ref.object.sha

    async def head_at(self, what: str, repository: str, branch: str, at: datetime) -> str | Absent:
        """What a branch named at a moment: followed back from now, move by move."""
        now = await self.head(what, repository, branch)
        if isinstance(now, Absent):
            return now
        after: str | None = None
        for _ in range(_MOST_PAGES):
            params: dict[str, str | int] = {"ref": f"refs/heads/{branch}", "direction": "desc", "per_page": PER_PAGE}
            answer = await self._api.get(what, repository, "activity", {**params, **({"after": after} if after else {})})
            for move in parsed(Activities, what, answer).root:
                if move.ref != f"refs/heads/{branch}" or move.after != now:
                    raise UnreadError(Unread(what, "GitHub's record of its moves has a gap"))
                if move.timestamp <= at:
                    return move.after
                now = move.before
                if now == _NOTHING:
                    return Absent(f"branch {branch} in {repository} at that time")
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                break
            after = unquote(following[1])
        raise UnreadError(Unread(what, "GitHub's record of its moves does not reach back to then"))

    async def merge_base(self, what: str, repository: str, one: str, other: str) -> str | Absent:
        """Where two commits part."""
        answer = await self._api.get(what, repository, f"compare/{one}...{other}", {"per_page": 1}, also={404})
        if answer.status == 404:
            reason = said(answer, "message")
            if reason.startswith("No common ancestor"):
                return Absent(f"common history of {one[:12]} and {other[:12]} in {repository}")
            raise UnreadError(Unread(what, f"it answered with status 404: {reason}"))
        return _of(what, one, parsed(BaseOf, what, answer)).merge_base_commit.sha

    async def line(self, what: str, repository: str, head: str, most: int) -> tuple[str, ...]:
        """First parents, as far as one page of the history has them."""
        answer = await self._api.get(what, repository, "commits", {"sha": head, "per_page": PER_PAGE, "page": 1})
        known = {commit.sha: commit for commit in parsed(History, what, answer).root}
        found: list[str] = []
        following: str | None = head
        while following in known and len(found) < most:
            assert following is not None
            found.append(following)
            parents = known[following].parents
            following = parents[0].sha if parents else None
        if not found:
            raise UnreadError(Unread(what, "it told another history than it was asked for"))
        return tuple(found)

    async def patch(self, what: str, repository: str, commit: str) -> str | Absent:
        """An id of all that a commit changes."""
        files: list[ChangedFile] = []
        for page in range(1, _MOST_PAGES + 1):
            answer = await self._api.get(what, repository, f"commits/{commit}", {"per_page": PER_PAGE, "page": page}, also={422})
            if answer.status == 422:
                if said(answer, "message").startswith("No commit found"):
                    return Absent(f"commit {commit[:12]} in {repository}")
                raise UnreadError(Unread(what, f"it answered with status 422: {said(answer, 'message')}"))
            told = parsed(CommitFiles, what, answer)
            if told.sha != commit:
                raise UnreadError(Unread(what, "it told another commit than it was asked for"))
            files += told.files
            if len(told.files) < PER_PAGE:
                return _id(what, files)
        raise UnreadError(Unread(what, f"it changes more than {_MOST_PAGES * PER_PAGE} files"))

    async def patch_since(self, what: str, repository: str, base: str, commit: str) -> str:
        """An id of all that changed from an ancestor to a commit."""
        answer = await self._api.get(what, repository, f"compare/{base}...{commit}", {"per_page": 1, "page": 1})
        told = _of(what, base, parsed(Compared, what, answer))
        if told.merge_base_commit.sha != base:
            raise UnreadError(Unread(what, "it does not descend from there"))
        if len(told.files) >= _MOST_COMPARED:
            raise UnreadError(Unread(what, f"it changes {_MOST_COMPARED} files or more, and GitHub compares no more"))
        return _id(what, told.files)

    async def open_pulls(self, what: str, repository: str, base: str) -> tuple[OpenPull, ...]:
        """All that are open into a branch."""
        pages = await self._api.pages(what, repository, "pulls", _MOST_PAGES, {"state": "open", "base": base, "sort": "created"})
        found = list(chain.from_iterable(parsed(OpenPulls, what, page).root for page in pages))
        if any(one.base.ref != base for one in found):
            raise UnreadError(Unread(what, "it told of pull requests to another branch"))
        return tuple(sorted((one.value(repository, self._ticket) for one in found), key=lambda pull: pull.number))


def _of(what: str, base: str, told: C) -> C:
    if told.base_commit.sha != base:
        raise UnreadError(Unread(what, "it compared with another commit"))
    return told


def _id(what: str, files: Iterable[ChangedFile]) -> str:
    listed = sorted(files, key=lambda file: file.filename)
    if lacking := next((file for file in listed if not file.whole()), None):
        raise UnreadError(Unread(what, f"GitHub does not tell all lines of {lacking.filename[:100]}"))
    return hashlib.sha256("\0".join(file.told() for file in listed).encode()).hexdigest()
