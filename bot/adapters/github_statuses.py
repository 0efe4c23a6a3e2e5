"""GitHub commit statuses: whether a branch takes merges, on the last commit of each open pull request into it (FRZ-13).

Invariant: only our own context is read and written, and only where it does not say already what it should. Where the branch demands that
context, a pull request without it cannot be merged: a failed call never opens a branch.

Source: GitHub, "REST API endpoints for commit statuses" ("Create a commit status", "Get the combined status for a specific reference").
"""

import json
from typing import Literal

from pydantic import BaseModel, Field, RootModel

from bot.adapters.answers import Answer, not_taken, parse, said
from bot.adapters.github_api import GitHubApi, asked_wait
from bot.adapters.github_auth import API_HEADERS, Auth
from bot.adapters.reading import parsed
from bot.adapters.transport import Transport
from commands.core.ports.chat import Unposted
from commands.core.ports.ci import TurnedDown
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Shown
from guards.unread import Unread

CONTEXT = "signalbox/freeze"
"""What a protected branch demands."""

_PASSES = "no freeze holds this branch"
_MOST_PAGES = 10
State = Literal["success", "failure"]


class _Head(BaseModel):
    sha: str = Field(pattern=r"^[0-9a-f]{40}$")


class _Pull(BaseModel):
    head: _Head


class _Pulls(RootModel[list[_Pull]]):
    pass


class _Status(BaseModel):
    context: str
    state: str
    description: str | None = None


class _Combined(BaseModel):
    statuses: list[_Status]


class GitHubStatuses:
    """Implements the `MergeStatuses` port for one GitHub.

    Args:
        transport: shared by all neighbours.
        auth: with *commit statuses: read and write* and *pull requests: read*.
        clock: for rate limits.
        api_url: as for `GitHubApi`.
    """

    def __init__(self, transport: Transport, auth: Auth, *, clock: Clock, api_url: str = "https://api.github.com") -> None:
        self._transport, self._auth, self._clock = transport, auth, clock
        self._reads = GitHubApi(transport, auth, clock=clock, api_url=api_url)
        self._api = api_url.rstrip("/")

    async def show(self, repository: str, branch: str, held: str | None) -> Shown | Unposted:
        """See `MergeStatuses.show`."""
        state: State = "failure" if held else "success"
        text = (held or _PASSES)[:140]
        what = f"the open pull requests into {branch} of {repository}"
        wrong = await self._reads.answer(what, repository, self._wrong(what, repository, branch, state, text))
        if isinstance(wrong, Unread):
            return Unposted(f"could not read {wrong.what}: {wrong.why}")
        for sha in wrong:
            if lost := await self._mark(repository, sha, state, text):
                return lost
        return Shown(len(wrong))

    async def _wrong(self, what: str, repository: str, branch: str, state: State, text: str) -> list[str]:
        """The commits that do not say it yet."""
        pages = await self._reads.pages(what, repository, "pulls", _MOST_PAGES, {"state": "open", "base": branch, "sort": "created"})
        heads = dict.fromkeys(pull.head.sha for page in pages for pull in parsed(_Pulls, what, page).root)
        return [sha for sha in heads if await self._said(repository, sha) != (state, text)]

    async def _said(self, repository: str, sha: str) -> tuple[str, str | None] | None:
        what = f"the status of {sha[:12]} in {repository}"
        pages = await self._reads.pages(what, repository, f"commits/{sha}/status", _MOST_PAGES, {})
        known = (one for page in pages for one in parsed(_Combined, what, page).statuses if one.context == CONTEXT)
        return next(((one.state, one.description) for one in known), None)

    async def _mark(self, repository: str, sha: str, state: State, text: str) -> Unposted | None:
        token = await self._auth.token(repository)
        if isinstance(token, Unread):
            return Unposted(f"could not get {token.what}: {token.why}")
        headers = {**API_HEADERS, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = json.dumps({"state": state, "context": CONTEXT, "description": text}).encode()
        answer = await self._transport.send("GitHub", f"{self._api}/repos/{repository}/statuses/{sha}", body=body, headers=headers)
        if not isinstance(answer, Answer):
            return Unposted(answer.why.rstrip("."), maybe=not isinstance(answer, TurnedDown))
        if answer.good:
            made = parse(_Status, "the status", answer)
            right = isinstance(made, _Status) and (made.context, made.state) == (CONTEXT, state)
            return None if right else Unposted("GitHub did not say that it took the status", maybe=True)
        if answer.status == 401:
            self._auth.refused(repository)
        wait = asked_wait(answer, self._clock.now())
        why = not_taken("GitHub", answer, words=said(answer, "message"), wait=wait).why.rstrip(".")
        return Unposted(why, retry_after=wait, final=wait is None and answer.status in {403, 404, 422})
