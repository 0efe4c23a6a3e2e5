"""The one place from which this program calls the HTTP servers that its policy and settings name (`links` looks at what people wrote).

Invariant: a call never raises for what a neighbour does and never outlasts its deadline; only reads are ever repeated, and a neighbour that
does not answer is left alone (PRM-20, OPS-08).
"""

import asyncio
import functools
import os
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import httpx
import stamina

from bot.adapters.answers import Answer, retry_after, status_words
from bot.adapters.breaker import Breakers
from bot.adapters.failures import failure_words
from commands.core.ports.ci import TurnedDown, Unknown
from guards.unread import Unread

OK = frozenset({200})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({429, 500, 502, 503, 504})
_MAX_REDIRECTS = 3
_ANSWERS = range(200, 500)
_SECRET = 8
"""Characters of the shortest credentials that are looked for in answers; anything shorter stands there by chance."""

_AGAIN = 5.0
"""Seconds after which an order that certainly never left may be sent again."""

# Never by way of a proxy from the environment: the demo and a side-car live on this machine.
_LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much.

    Args:
        connect: seconds for a connection.
        read: seconds without a byte.
        total: seconds for the whole call, repetitions and waits included.
        size: bytes of an answer.
        attempts: how often a read is tried.
        wait: seconds before the second attempt; later waits double, each with as much jitter again.
        at_once: calls under way to one host.
    """

    connect: float = 3.0
    read: float = 10.0
    total: float = 20.0
    size: int = 5 * 1024 * 1024
    attempts: int = 3
    wait: float = 0.2
    at_once: int = 8


class _FailedError(Exception):
    """An attempt that got no usable answer; never leaves this module.

    Args:
        why: a clause whose subject is "it", for people.
        sent: whether the request may have arrived.
        passing: whether trying a read again makes sense.
        after: seconds that the neighbour asked us to wait.
        status: the status, when one arrived before the answer broke.
    """

    def __init__(
        self, why: str, *, sent: bool = True, passing: bool = False, after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(why)
        self.why, self.sent, self.passing, self.after, self.status = why, sent, passing, after, status


class Transport:
    """An HTTP client for all neighbours: one connection pool, one set of limits, a gate for each host.

    `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE` are honoured as httpx documents them. Cookies are never kept.

    Args:
        limits: see `Limits`.
        tls: for a private certificate authority; the usual public ones when None.
        breakers: who does not answer; only this transport's own experience when None.
    """

    def __init__(self, limits: Limits | None = None, *, tls: ssl.SSLContext | None = None, breakers: Breakers | None = None) -> None:
        self.limits, self.breakers = limits or Limits(), breakers or Breakers()
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(self.limits.read, connect=self.limits.connect, pool=self.limits.connect),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=15),
            headers={"User-Agent": "signalbox", "Accept-Encoding": "identity"},
            mounts=dict.fromkeys(_LOOPBACK),
            verify=tls or _authorities(*map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))),
        )
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._gates: dict[str, asyncio.Semaphore] = {}

    async def close(self) -> None:
        """Close the connections. The transport cannot be used afterwards."""
        await self._client.aclose()

    async def lost(self, url: str) -> str | None:
        """Why a neighbour is left alone, for /health/ready; None while it is not. One that is due for a call gets it here.

        Args:
            url: of the neighbour, to be read by anybody; any answer but a 5xx will do.
        """
        breaker = self.breakers.of(url)
        if breaker.open and breaker.due:
            await self.read(breaker.name, url, expect=_ANSWERS)
        return breaker.lost

    async def read(
        self,
        what: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = OK,
        method: str = "GET",
        body: bytes = b"",
        elsewhere: bool = False,
        size: int | None = None,
    ) -> Answer | Unread:
        """Read something; passing failures are tried again until the deadline (EVD-31).

        Args:
            what: a noun phrase that fits "could not read …".
            url: absolute, without credentials in it.
            params: the query.
            headers: never sent to another host than the URL's.
            expect: the statuses that are an answer; every other one is `Unread`.
            method: of a request that changes nothing, or nothing that matters.
            body: the raw bytes of a question that is asked by POST.
            elsewhere: follow one redirect to another https host, without any headers; only for content whose digest is checked, or
                that is kept as it came and never acted on. From there only 200 is an answer.
            size: bytes that the answer may have; the transport's own limit when None.
        """
        request = (method, url, dict(params or {}), dict(headers or {}), body)
        last: _FailedError | None = None
        try:
            async with asyncio.timeout(self.limits.total) as deadline:

                def again(error: Exception) -> bool | float:
                    nonlocal last
                    if not isinstance(error, _FailedError) or not error.passing:
                        return False
                    last = error
                    if error.after is None:
                        return True
                    left = (deadline.when() or 0.0) - asyncio.get_running_loop().time()
                    return error.after if error.after < left else False

                wait = self.limits.wait
                async for attempt in stamina.retry_context(
                    on=again, attempts=self.limits.attempts, timeout=None, wait_initial=wait, wait_max=wait * 10, wait_jitter=wait
                ):
                    with attempt:
                        return await self._read_once(*request, expect=expect, elsewhere=elsewhere, size=size or self.limits.size)
        except TimeoutError:
            if last is None:
                self.breakers.of(url).failed(f"no answer within {self.limits.total:g} s")
            return Unread(what, last.why if last else f"no answer within {self.limits.total:g} s")
        except _FailedError as failed:
            return Unread(what, failed.why)
        except httpx.InvalidURL:
            return Unread(what, "its address is not a valid URL")
        raise AssertionError("the loop above returns or raises")

    async def send(
        self, whom: str, url: str, *, body: bytes, headers: Mapping[str, str], method: str = "POST"
    ) -> Answer | TurnedDown | Unknown:
        """Send something that must not happen twice: once, without following a redirect (PRM-20).

        Args:
            whom: the neighbour's name for people ("GitHub").
            url: absolute, without credentials in it.
            body: the raw bytes.
            headers: as they are sent.
            method: POST, or PATCH.

        Returns:
            The answer of any status when it is complete; `TurnedDown` when the request certainly never left, with when to send it again;
            else `Unknown`.
        """
        sending = False
        try:
            async with asyncio.timeout(self.limits.total), self._gate(url):
                sending = True
                return await self._exchange(method, url, {}, dict(headers), body, self.limits.size)
        except TimeoutError:
            if not sending:
                return TurnedDown(f"Too many calls to {whom} were under way; this one was not sent.", _AGAIN)
            self.breakers.of(url).failed(f"no answer within {self.limits.total:g} s")
            return Unknown(f"{whom} gave no answer within {self.limits.total:g} s, so the order may have arrived.")
        except _FailedError as failed:
            if not failed.sent:
                return TurnedDown(f"{whom} could not be reached: {failed.why}.", _AGAIN if failed.after is None else failed.after)
            if failed.status is not None and 400 <= failed.status < 500:
                return Answer(failed.status, {}, b"")
            return Unknown(f"The order may have reached {whom}: {failed.why}.")
        except httpx.InvalidURL:
            return TurnedDown(f"{whom} could not be reached: its address is not a valid URL.")

    async def _read_once(
        self,
        method: str,
        url: str,
        params: dict[str, str | int],
        headers: dict[str, str],
        body: bytes,
        *,
        expect: Collection[int],
        elsewhere: bool,
        size: int,
    ) -> Answer:
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._gate(url):
                answer = await self._exchange(method, url, params, headers, body, size)
            if answer.status in expect:
                return answer
            if answer.status not in _REDIRECTS:
                raise _FailedError(status_words(answer), passing=answer.status in _PASSING, after=retry_after(answer.headers))
            target = _target(url, answer)
            if not _same_origin(url, target):
                if not elsewhere or httpx.URL(target).scheme != "https":
                    raise _FailedError("it redirects to another host")
                # A challenge from there must never be taken for the neighbour's own: our password would go where it says.
                headers, elsewhere, expect = {}, False, OK
            url, params = target, {}
        raise _FailedError("it redirects in circles")

    async def _exchange(
        self, method: str, url: str, params: dict[str, str | int], headers: dict[str, str], body: bytes, size: int
    ) -> Answer:
        status: int | None = None
        breaker = self.breakers.of(url)
        if held := breaker.held():
            raise _FailedError(held.why, sent=False, after=held.wait)
        try:
            request = self._client.build_request(method, url, params=params or None, headers=headers, content=body or None)
            response = await self._client.send(request, stream=True)
            status = response.status_code
            try:
                content = await self._content(response, size)
            finally:
                await response.aclose()
        except _FailedError:  # it answered, if not what we can use
            breaker.answered()
            raise
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            breaker.failed(why := failure_words(error, connect=self.limits.connect, read=self.limits.read))
            raise _FailedError(why, sent=not isinstance(error, (*_NOT_SENT, httpx.InvalidURL)), passing=True, status=status) from error
        if status >= 500:
            breaker.failed(f"it failed with status {status}")
        else:
            breaker.answered()
        return Answer(status, {key.lower(): value for key, value in response.headers.items()}, _unrepeated(headers, content))

    async def _content(self, response: httpx.Response, size: int) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _FailedError("it sent a compressed answer, which was not asked for", status=response.status_code)
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > size:
                raise _FailedError(f"its answer is larger than {size // 1024} KiB", status=response.status_code)
        return bytes(content)

    def _gate(self, url: str) -> asyncio.Semaphore:
        return self._gates.setdefault(httpx.URL(url).host, asyncio.Semaphore(self.limits.at_once))


@functools.cache
def _authorities(*_environment: str | None) -> ssl.SSLContext:
    """The certificate authorities that httpx would take; reading them takes longer than most calls, so it happens once.

    Args:
        _environment: what `SSL_CERT_FILE` and `SSL_CERT_DIR` say now, which httpx reads by itself.
    """
    return httpx.create_ssl_context()


def _unrepeated(headers: Mapping[str, str], content: bytes) -> bytes:
    """An answer without the credentials of its question: what a neighbour repeats of them must reach neither people nor the ledger."""
    given = headers.get("Authorization", "").partition(" ")[2].encode()
    return content.replace(given, b"***") if len(given) >= _SECRET else content


def _target(url: str, answer: Answer) -> str:
    try:
        return str(httpx.URL(url).join(answer.headers.get("location", "")))
    except httpx.InvalidURL as error:
        raise _FailedError("it redirects to an address that is not valid") from error


def _same_origin(one: str, other: str) -> bool:
    a, b = httpx.URL(one), httpx.URL(other)
    return (a.scheme, a.host, a.port) == (b.scheme, b.host, b.port)
