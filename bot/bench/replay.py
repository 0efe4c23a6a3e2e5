"""A neighbour that answers again what another one answered, after a fixed time: so that round trips can be counted in time.

Invariant: it makes nothing up; what it was not told before it passes on, and answers at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

_PASSED_ON = ("Authorization", "Accept", "Content-Type")
_TOLD = ("ETag", "Content-Type", "Docker-Content-Digest")


@dataclass
class Replay:
    """One neighbour.

    Attributes:
        url: its base address, once it listens.
        delay: seconds before each answer that it knows.
        asked: requests since `begin`.
        unconditional: those of them that named no ETag.
    """

    url: str = ""
    delay: float = 0.0
    asked: int = 0
    unconditional: int = 0
    _known: dict[tuple[str, str, bytes], tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)

    def begin(self, delay: float) -> None:
        """Count anew, and answer after so many seconds."""
        self.delay, self.asked, self.unconditional = delay, 0, 0

    @asynccontextmanager
    async def before(self, url: str) -> AsyncIterator["Replay"]:
        """Stand before a server.

        Args:
            url: its base address.
        """
        async with aiohttp.ClientSession(auto_decompress=False) as session:

            async def answer(request: web.Request) -> web.StreamResponse:
                key = (request.method, request.path_qs, await request.read())
                if key not in self._known:
                    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
                    async with session.request(*key[:1], url + key[1], data=key[2] or None, headers=headers) as told:
                        kept = {name: told.headers[name] for name in _TOLD if name in told.headers}
                        self._known[key] = (told.status, await told.read(), kept)
                status, body, kept = self._known[key]
                self.asked += 1
                self.unconditional += "If-None-Match" not in request.headers
                await asyncio.sleep(self.delay)
                if kept.get("ETag") and request.headers.get("If-None-Match") == kept["ETag"]:
                    return web.Response(status=304, headers={"ETag": kept["ETag"]})
                return web.Response(status=status, body=body, headers=kept)

            app = web.Application(client_max_size=16 * 1024 * 1024)
            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                yield self
            finally:
                await runner.cleanup()
