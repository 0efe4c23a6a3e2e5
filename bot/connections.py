"""A listening port: how many connections it has, how long each may keep it waiting, and what somebody hears who speaks no HTTP (SEC-02).

Invariant: a connection that sends nothing, sends slowly or does not read is closed after its time; where there are too many, the one that
never said anything whole goes first. So whoever was let in yesterday is heard today, and memory has a bound: `MOST` small bodies and
`LARGE` large ones.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from typing_extensions import override

from bot.log import log
from bot.metrics import REFUSED

MOST = 512
"""Connections at one time; below the 1,024 files that a process may often open."""

LARGEST, SMALL = 1024 * 1024, 64 * 1024
"""Bytes of one body at most; and up to which one is read at once."""

LARGE = 16
"""Bodies that are larger than small, or do not say how large they are, and are read at one time."""

FIRST, IDLE, BODY, ANSWER = 10.0, 75.0, 5.0, 30.0
"""Seconds: until the first request is there, between two of a connection (proxies let go after 60), for a body, and until an answer that
is larger than small was taken."""

_LINGER = 2.0
"""Seconds in which what is left of a body that nobody reads may still come."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Connection(web.RequestHandler):
    """One connection.

    Args:
        server: what answers requests.
    """

    def __init__(self, server: web.Server) -> None:
        # nobody who calls us compresses, and signatures are over the bytes that came
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None, auto_decompress=False, keepalive_timeout=IDLE, lingering_time=_LINGER)  # type: ignore[arg-type]
        self.busy = False
        self.served = 0.0
        """When it was answered last, in the loop's seconds; 0 before."""
        self._silent: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._silent = asyncio.get_running_loop().call_later(FIRST, self._let_go)

    def _let_go(self) -> None:
        REFUSED.labels("http", "slow").inc()
        self.force_close()

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        self.heard()
        super().connection_lost(exc)

    def heard(self) -> None:
        """Its first request is whole, but for its body."""
        if self._silent:
            self._silent.cancel()
            self._silent = None

    def unread(self) -> None:
        """Nobody took what was answered."""
        if self.transport and self.transport.get_write_buffer_size():
            self.transport.abort()

    @override
    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is no HTTP, and what broke where nothing catches it; neither is told more."""
        if status >= 500:
            log.error("request failed", route="none", exc_info=exc)
        else:
            REFUSED.labels("http", "malformed").inc()
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        answer = web.json_response({"error": "malformed" if status < 500 else "something broke"}, status=status)
        answer.force_close()
        return answer

    @override
    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:  # fmt: skip
        """The last place that every answer passes, also those that no middleware sees (an `Expect` that nobody knows)."""
        if isinstance(resp, web.HTTPException):
            kept = {name: resp.headers[name] for name in ("Allow", "Retry-After") if name in resp.headers}
            resp = web.json_response({"error": resp.reason.lower()}, status=resp.status, headers=kept)
        resp.headers["Server"] = "signalbox"  # instead of the names and versions of what we are made of
        return await super().finish_response(request, resp, start_time)


class Port(web.BaseSite):
    """Listens on one address.

    Args:
        runner: set up, of the application.
        host, port: where; port 0 takes a free one.
    """

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        super().__init__(runner)
        self._host, self._port = host, port

    @property
    @override
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    @override
    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is in use, or the address is not this machine's.
        """
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(self._arrived, self._host, self._port)

    def _arrived(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        assert server is not None
        connections = [one for one in server.connections if isinstance(one, Connection)]
        if len(connections) < MOST:
            return Connection(server)
        REFUSED.labels("http", "crowded").inc()
        idle = [one for one in connections if not one.busy]
        if not idle:
            return _Unheard()
        min(idle, key=lambda one: one.served).force_close()  # those that never were served first, the oldest of them
        return Connection(server)


class _Unheard(asyncio.Protocol):
    """There is no room, and nobody can be asked to go."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@web.middleware
async def attended(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware: whoever is being answered is not asked to go, and whoever takes no answer is let go."""
    connection: Any = request.protocol
    if not isinstance(connection, Connection):
        return await handler(request)
    connection.heard()
    connection.busy = True
    try:
        answer = await handler(request)
    finally:
        connection.busy, loop = False, asyncio.get_running_loop()
        connection.served = loop.time()
    if (answer.content_length or 0) > SMALL:
        loop.call_later(ANSWER, connection.unread)
    return answer


class Bodies:
    """Reads bodies, within limits of size, time and number."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(LARGE)

    async def of(self, request: web.Request) -> bytes:
        """The body of a request, as it came.

        Raises:
            web.HTTPRequestEntityTooLarge, web.HTTPRequestTimeout: it is larger than `LARGEST`, or was not there in time.
            web.HTTPTooManyRequests: too many large ones are being read; the sender shall try again.
            web.RequestPayloadError: it is malformed, or its sender went away.
        """
        size = request.content_length
        if size is not None and size > LARGEST:
            raise web.HTTPRequestEntityTooLarge(LARGEST, size)
        if size is not None and size <= SMALL and request.content.is_eof():
            return await request.read()  # it is here already, as those of slash commands are: there is nothing to time
        try:
            async with asyncio.timeout(BODY):
                if size is not None and size <= SMALL:
                    return await request.read()
                return await self._one_of_few(request)
        except TimeoutError:
            REFUSED.labels("http", "slow").inc()
            raise web.HTTPRequestTimeout from None
        except ConnectionResetError as gone:
            raise web.RequestPayloadError("the sender went away") from gone

    async def _one_of_few(self, request: web.Request) -> bytes:
        if self._large.locked():
            raise web.HTTPTooManyRequests(headers={"Retry-After": "5"})
        async with self._large:
            return await request.read()
