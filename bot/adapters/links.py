"""Looks at links that people wrote (REC-19). These are no neighbours of ours, so the rules are stricter than those of `transport`.

Invariant: only http and https, only addresses on the public internet, and the address that was checked is the one that is asked (a name
cannot be bent to another address between the two); no credentials, no cookies, no proxy; nothing of an answer but its status is read.
"""

import asyncio
import functools
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx

from commands.core.ports.links import Broken, Leads
from guards.unread import Unread

TOTAL, CONNECT, READ = 10.0, 3.0, 5.0
"""Seconds: for one link in all, for a connection, without a byte."""

_MAX_REDIRECTS = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host and a port to its addresses; raises OSError when there are none."""


class _CannotReadError(Exception):
    """Nothing can be said about the link."""


def public(address: str) -> bool:
    """Whether an address is one that anybody could ask: not of this machine, this network, or a cloud's own services."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = found.ipv4_mapped or found.sixtofour if isinstance(found, ipaddress.IPv6Address) else None
    if isinstance(found, ipaddress.IPv6Address) and found in _TRANSLATED:
        inner = ipaddress.IPv4Address(found.packed[-4:])
    return found.is_global and not found.is_multicast and (inner is None or (inner.is_global and not inner.is_multicast))


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""NAT64: the last four bytes are an IPv4 address."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as this machine resolves them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class HttpLinks:
    """Implements the `Links` port.

    Args:
        resolve: finds the addresses of a host.
        allowed: whether an address may be asked; another one for tests only.
        tls: for a private certificate authority; the usual public ones when None.
        hiding: hosts that answer 404 also for what is there, to whoever has not signed in, as GitHub does for private repositories
            (GitHub, "Troubleshooting the REST API", "404 Not Found for an existing resource").
        seconds: for one link in all.
    """

    def __init__(
        self, resolve: Resolve = resolved, allowed: Callable[[str], bool] = public, tls: ssl.SSLContext | None = None,
        hiding: frozenset[str] = frozenset(), seconds: float = TOTAL,
    ) -> None:  # fmt: skip
        self._resolve, self._allowed, self._tls, self.hiding, self._seconds = resolve, allowed, tls, hiding, seconds

    async def look(self, url: str) -> Leads | Broken | Unread:
        try:
            async with asyncio.timeout(self._seconds):
                status, host = await self._follow(url)
        except TimeoutError:
            return Unread("the link", f"no answer within {self._seconds:g} s")
        except _CannotReadError as error:
            return Unread("the link", str(error))
        if status in _GONE and host in self.hiding:
            return Unread("the link", f"{host} says {status} also for what is there, to whoever has not signed in")
        if status in _GONE:
            return Broken(f"its server says {status}")
        if 200 <= status < 300:
            return Leads()
        return Unread("the link", f"its server says {status}")  # a sign-in, a limit, a fault: it may well be there

    async def _follow(self, url: str) -> tuple[int, str]:
        """The status at the end of the redirects, and the host that said so."""
        timeout = httpx.Timeout(READ, connect=CONNECT)
        async with httpx.AsyncClient(
            timeout=timeout, trust_env=False, verify=self._tls or _authorities(), follow_redirects=False
        ) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                status, target = await self._ask(client, "HEAD", url)
                if status >= 400:  # many servers answer HEAD with something else than GET
                    status, target = await self._ask(client, "GET", url)
                if status not in _REDIRECTS or not target:
                    return status, httpx.URL(url).host
                try:
                    url = str(httpx.URL(url).join(target))
                except httpx.InvalidURL as error:
                    raise _CannotReadError("it redirects to what is no address") from error
        raise _CannotReadError("it redirects in circles")

    async def _ask(self, client: httpx.AsyncClient, method: str, url: str) -> tuple[int, str]:
        """Ask once, at an address that was checked; the status, and where it redirects to."""
        try:
            link = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise _CannotReadError("it is no address") from error
        if link.scheme not in _PORTS or not link.host or link.userinfo:
            raise _CannotReadError("only http and https without credentials are looked at")
        address = await self._address(link.host, link.port or _PORTS[link.scheme])
        host = link.netloc.decode("ascii")
        headers = {"Host": host, "User-Agent": "signalbox", "Accept": "*/*", "Accept-Encoding": "identity"}
        request = client.build_request(
            method, link.copy_with(host=address, fragment=None), headers=headers, extensions={"sni_hostname": link.host}
        )
        try:
            response = await client.send(request, stream=True)
            await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise _CannotReadError(_words(error)) from error
        return response.status_code, response.headers.get("location", "")

    async def _address(self, host: str, port: int) -> str:
        """The address to ask: every one of the host's has to be public, or somebody could choose."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _CannotReadError("its name could not be resolved") from error
        if not addresses:
            raise _CannotReadError("its name could not be resolved")
        if not all(self._allowed(address) for address in addresses):
            raise _CannotReadError("it is not on the public internet, so it is not looked at")
        return addresses[0]


def _words(error: Exception) -> str:
    match error:
        case httpx.TimeoutException():
            return "its server gave no answer in time"
        case httpx.ConnectError():
            return "no connection could be made"
        case _:
            return "the connection broke off"


@functools.cache
def _authorities() -> ssl.SSLContext:
    """Read once; it takes longer than most looks."""
    return httpx.create_ssl_context(trust_env=False)
