"""GitHub releases: the page of a tag, on which release notes stand (REC-04).

Invariant: a tag that is not there is never made, and what others wrote on the page stays: ours is between two marks. The same notes again
change nothing.

Source: GitHub, "REST API endpoints for releases" ("Get a release by tag name", "Create a release", "Update a release").
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field

from bot.adapters.answers import Answer, not_taken, parse, said
from bot.adapters.github_api import GitHubApi, asked_wait
from bot.adapters.github_auth import API_HEADERS, Auth
from bot.adapters.reading import parsed
from bot.adapters.transport import Transport
from commands.core.ports.chat import Unposted
from commands.core.ports.ci import TurnedDown, Unknown
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Published
from guards.unread import Absent, Unread

BEGIN, END = "<!-- signalbox: release notes -->", "<!-- /signalbox -->"
_ABSENT = frozenset({404})


class Release(BaseModel):
    """The parts of a release that are used."""

    id: int = Field(gt=0)
    html_url: str = Field(min_length=1)
    body: str | None = None


class GitHubReleases:
    """Implements the `Releases` port for one GitHub.

    Args:
        transport: shared by all neighbours.
        auth: with *contents: write*.
        clock: for rate limits.
        api_url: as for `GitHubApi`.
    """

    def __init__(self, transport: Transport, auth: Auth, *, clock: Clock, api_url: str = "https://api.github.com") -> None:
        self._transport, self._auth, self._clock = transport, auth, clock
        self._reads = GitHubApi(transport, auth, clock=clock, api_url=api_url)
        self._api = api_url.rstrip("/")

    async def publish(self, repository: str, tag: str, name: str, text: str) -> Published | Unposted:
        """See `Releases.publish`."""
        what = f"the release {tag} of {repository}"
        found = await self._reads.answer(what, repository, self._found(what, repository, tag))
        match found:
            case Unread():
                return Unposted(f"could not read {found.what}: {found.why}", retry_after=None)
            case Absent():
                return Unposted(f"there is no {found.what}, or our credentials may not see it", final=True)
            case Release():
                body = merged(found.body or "", text)
                if body == (found.body or "").replace("\r\n", "\n"):
                    return Published(found.html_url)
                return await self._send("PATCH", repository, f"releases/{found.id}", {"body": body})
            case None:
                return await self._send("POST", repository, "releases", {"tag_name": tag, "name": name, "body": merged("", text)})

    async def _found(self, what: str, repository: str, tag: str) -> Release | Absent | None:
        """The page; `Absent` when not even the tag is there: GitHub would make one at the head of the branch."""
        pointer = await self._reads.get(f"the tag {tag} of {repository}", repository, f"git/ref/tags/{quote(tag)}", also=_ABSENT)
        if pointer.status == 404:
            return Absent(f"tag {tag} in {repository}")
        answer = await self._reads.get(what, repository, f"releases/tags/{quote(tag)}", also=_ABSENT)
        return None if answer.status == 404 else parsed(Release, what, answer)

    async def _send(self, method: str, repository: str, path: str, body: Mapping[str, Any]) -> Published | Unposted:
        token = await self._auth.token(repository)
        if isinstance(token, Unread):
            return Unposted(f"could not get {token.what}: {token.why}")
        headers = {**API_HEADERS, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        url = f"{self._api}/repos/{repository}/{path}"
        answer = await self._transport.send("GitHub", url, body=json.dumps(body).encode(), headers=headers, method=method)
        if not isinstance(answer, Answer):
            return _unposted(answer)
        if answer.good:
            release = parse(Release, "the release", answer)
            return Published(release.html_url) if isinstance(release, Release) else Unposted(release.why, maybe=True)
        if answer.status == 401:
            self._auth.refused(repository)
        wait = asked_wait(answer, self._clock.now())
        outcome = not_taken("GitHub", answer, words=said(answer, "message"), wait=wait)
        # 422: somebody else made the page meanwhile, and the next attempt finds it; a token may be renewed
        return _unposted(outcome, final=wait is None and answer.status in {403, 404})


def _unposted(outcome: TurnedDown | Unknown, *, final: bool = False) -> Unposted:
    if isinstance(outcome, TurnedDown):
        return Unposted(outcome.why.rstrip("."), retry_after=outcome.retry_after, final=final)
    return Unposted(outcome.why.rstrip("."), maybe=True)


def merged(page: str, text: str) -> str:
    """The page with our text between its marks; what stands around it stays.

    Args:
        page: as it is now.
        text: the notes; marks in them would end them early and are taken out.
    """
    ours = f"{BEGIN}\n{text.replace(BEGIN, '').replace(END, '').strip()}\n{END}"
    page = page.replace("\r\n", "\n")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        return before + ours + after
    return f"{page.rstrip()}\n\n{ours}" if page.strip() else ours
