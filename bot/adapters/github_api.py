"""How GitHub is read: REST with conditional requests, GraphQL, and its rate limits.

Invariant: only reads leave from here, and while GitHub asks us to wait, nothing is asked at all.

Source: GitHub, "Best practices for using the REST API", "Troubleshooting the REST API", "Rate limits and query limits for the GraphQL API".
"""

import asyncio
import json
import re
from collections.abc import Collection, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from bot.adapters.answers import Answer, plain, retry_after, said
from bot.adapters.etags import Tagged
from bot.adapters.github_auth import API_HEADERS, Auth
from bot.adapters.reading import UnreadError, parsed
from bot.adapters.transport import Transport
from commands.core.ports.clock import Clock
from guards.unread import Unread

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

PER_PAGE = 100
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9._-]+/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_NAMED = re.compile(r"/repos/([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)/")
_LIMITED = "rate limit"
_UNSAID_WAIT = 60.0  # "otherwise, wait for at least one minute"
_ROOM = 16 * 1024 * 1024


class _Problem(BaseModel):
    message: str = ""
    type: str | None = None


class _Reply(BaseModel, Generic[M]):
    data: M


class _Problems(BaseModel):
    errors: list[_Problem] | None = None


class GitHubApi:
    """One GitHub, read-only.

    Args:
        transport: shared by all neighbours.
        auth: see `github_auth`.
        clock: for rate limits.
        api_url: `https://api.github.com`, or `https://HOST/api/v3` for GitHub Enterprise Server.
        deadline: seconds for everything that one question takes.

    Raises:
        ValueError: when the address cannot be right.
    """

    def __init__(
        self, transport: Transport, auth: Auth, *, clock: Clock, api_url: str = "https://api.github.com", deadline: float = 15.0
    ) -> None:
        parts = urlsplit(api_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("GitHub's API URL must be http(s)://host[/path], without credentials and query")
        self._transport, self._auth, self._clock, self._deadline = transport, auth, clock, deadline
        self._api = api_url.rstrip("/")
        self._graphql = f"{self._api.removesuffix('/v3')}/graphql"
        self._kept = Tagged(_ROOM)
        self._quiet: dict[str, datetime] = {}

    async def answer(self, what: str, repository: str, reading: Coroutine[Any, Any, T]) -> T | Unread:
        """What `reading` comes to, within the deadline.

        Args:
            what: a noun phrase that fits "could not read …".
            repository: `owner/name`; a name that cannot be one is not asked for.
            reading: raises `UnreadError` and nothing else.
        """
        if not _REPOSITORY.fullmatch(repository):
            reading.close()
            return Unread(what, "the repository's name is not owner/name")
        try:
            async with asyncio.timeout(self._deadline):
                return await reading
        except TimeoutError:
            return Unread(what, f"GitHub did not tell all of it within {self._deadline:g} s")
        except UnreadError as failed:
            return failed.unread

    async def get(
        self, what: str, repository: str, path: str, params: Mapping[str, str | int] | None = None, *, also: Collection[int] = ()
    ) -> Answer:
        """GET below `/repos/owner/name/`; unchanged answers cost GitHub's 304 only.

        Args:
            what: a noun phrase that fits "could not read …".
            repository: `owner/name`.
            path: with quoted parts.
            params: the query.
            also: other statuses than 200 that are an answer when GitHub says a sentence with them.

        Raises:
            UnreadError: for everything else.
        """
        url = f"{self._api}/repos/{repository}/{path}"
        key = json.dumps([url, sorted((params or {}).items())])
        kept, headers = self._kept.get(key), await self._headers(what, repository)
        if kept:
            headers["If-None-Match"] = kept.headers["etag"]
        answer = await self._transport.read(what, url, params=params, headers=headers, expect={200, 304, 401, 403, 404, 429, *also})
        if isinstance(answer, Answer) and answer.status == 304 and kept:
            return kept
        if isinstance(answer, Answer) and answer.status in also and said(answer, "message"):
            return answer
        good = self._checked(what, repository, answer)
        self._kept.put(key, good)
        return good

    async def download(self, what: str, repository: str, path: str, size: int, *, also: Collection[int] = ()) -> Answer:
        """A file that GitHub keeps elsewhere: one redirect to another host is followed, without our token.

        Args:
            what, repository, path, also: see `get`.
            size: bytes that it may have.

        Raises:
            UnreadError: for everything else than 200 and `also`.
        """
        answer = await self._transport.read(
            what,
            f"{self._api}/repos/{repository}/{path}",
            headers=await self._headers(what, repository),
            expect={200, 401, 403, 404, 429, *also},
            elsewhere=True,
            size=size,
        )
        return answer if isinstance(answer, Answer) and answer.status in also else self._checked(what, repository, answer)

    async def pages(
        self, what: str, repository: str, path: str, most: int, params: Mapping[str, str | int] | None = None
    ) -> list[Answer]:  # fmt: skip
        """All pages of a list that does not say how long it is.

        Args:
            what, repository, path, params: see `get`.
            most: pages; a longer list is not read.
        """
        found: list[Answer] = []
        for page in range(1, most + 1):
            answer = await self.get(what, repository, path, {**(params or {}), "per_page": PER_PAGE, "page": page})
            found.append(answer)
            # A proxy may drop the Link header, so a full page is never taken for the last one.
            if 'rel="next"' not in answer.headers.get("link", "") and _length(answer) < PER_PAGE:
                return found
        raise UnreadError(Unread(what, f"there are more than {most * PER_PAGE}"))

    async def query(self, what: str, repository: str, model: type[M], query: str, variables: Mapping[str, object]) -> M:
        """Ask by GraphQL; an answer with any error in it is none.

        Args:
            what: a noun phrase that fits "could not read …".
            repository: `owner/name`, for whom the token is.
            model: the shape of `data`.
            query: one of `github_graphql`.
            variables: for the query; nothing is ever written into its text.

        Raises:
            UnreadError: when there is no complete answer.
        """
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {**await self._headers(what, repository), "Content-Type": "application/json"}
        answer = self._checked(
            what,
            repository,
            await self._transport.read(what, self._graphql, method="POST", body=body, headers=headers, expect={200, 401, 403, 404, 429}),
        )
        for problem in parsed(_Problems, what, answer).errors or ():
            if problem.type == "RATE_LIMITED":
                raise self._limited(what, repository, answer, _reset(answer, self._clock.now()) or _UNSAID_WAIT)
            raise UnreadError(Unread(what, plain(problem.message) or "it reported an error without a word"))
        return parsed(_Reply[model], what, answer).data  # type: ignore[valid-type]

    # ------------------------------------------------------------ one call each

    async def _headers(self, what: str, repository: str) -> dict[str, str]:
        until = self._quiet.get(_owner(repository))
        if until and self._clock.now() < until:
            raise UnreadError(Unread(what, f"GitHub asked us to wait until {until:%H:%M:%S} UTC"))
        token = await self._auth.token(repository)
        if isinstance(token, Unread):
            raise UnreadError(Unread(what, f"could not get {token.what}: {token.why}"))
        return {**API_HEADERS, "Authorization": f"Bearer {token}"}

    def _checked(self, what: str, repository: str, answer: Answer | Unread) -> Answer:
        if isinstance(answer, Unread):
            raise UnreadError(answer)
        if answer.status == 200:
            return answer
        if answer.status == 401:
            self._auth.refused(repository)
        if (wait := asked_wait(answer, self._clock.now())) is not None:
            raise self._limited(what, repository, answer, wait)
        reason = said(answer, "message") or "no reason given"
        raise UnreadError(Unread(what, f"it answered with status {answer.status}: {reason}"))

    def _limited(self, what: str, repository: str, answer: Answer, wait: float) -> UnreadError:
        self._quiet[_owner(repository)] = self._clock.now() + timedelta(seconds=min(wait, 3600.0))
        return UnreadError(Unread(what, f"it asks us to wait {wait:.0f} s (status {answer.status})"))


def asked_wait(answer: Answer, now: datetime) -> float | None:
    """Seconds to wait when this answer is a rate limit (GitHub, "Troubleshooting the REST API"), else None.

    Args:
        answer: any.
        now: UTC.
    """
    if answer.status not in {403, 429}:
        return None
    for wait in (retry_after(answer.headers), _reset(answer, now)):
        if wait is not None:
            return wait
    return _UNSAID_WAIT if answer.status == 429 or _LIMITED in said(answer, "message").lower() else None


def _reset(answer: Answer, now: datetime) -> float | None:
    reset = answer.headers.get("x-ratelimit-reset", "")
    if answer.headers.get("x-ratelimit-remaining") != "0" or not (reset.isascii() and reset.isdigit()):
        return None
    return max(int(reset[:12]) - now.timestamp(), 1.0)


def named(url: str, asked: str) -> str:
    """The repository's name as GitHub writes it in one of its own URLs.

    Args:
        url: `…/repos/owner/name/…`.
        asked: the name that was asked for, when the URL names none.
    """
    found = _NAMED.search(url)
    return found[1] if found else asked


def _owner(repository: str) -> str:
    return repository.partition("/")[0].lower()


def _length(answer: Answer) -> int:
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return 0  # what it is instead is said when it is parsed
    return len(value) if isinstance(value, list) else 0
