"""The demo's CI as a process of its own, and a bot that takes its callbacks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.generic_wire import ArtifactBody
from bot.demo.ci_runs import Shop
from tests.world.forked import Forked
from tests.world.neighbours import COMMIT, CONTENT, DIGEST

SECRET = "the-demo-ci-secret-of-the-test"


class Listener:
    """Where callbacks arrive. `status` is what it answers next, then 200."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        self.statuses: list[int] = []
        self.requests = 0

    async def take(self, request: web.Request) -> web.Response:
        self.requests += 1
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        self.heard.put_nowait(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
        return web.Response()


class Process:
    """A running demo CI.

    Attributes:
        root: its folder.
        url: its base URL.
        listener: takes its callbacks.
    """

    def __init__(self, root: Path, listener: Listener, callback: str) -> None:
        self.root, self.listener, self._callback = root, listener, callback
        self.url = ""
        self._process: Forked | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        secret = self.root / "secret"
        secret.write_text(SECRET + "\n")
        self._process = Forked("--root", str(self.root), "--secret-file", str(secret), "--callback", self._callback, "--name", "demo")
        ready = json.loads(await self._process.line())
        self.url = f"http://127.0.0.1:{ready['port']}"

    async def stop(self, *, kill: bool = False) -> int:
        """End it, politely or not; its exit code."""
        assert self._process is not None
        return await self._process.end(kill=kill)

    async def control(self, path: str, **body: object) -> int:
        """Ask for a fault, or for a deployment of its own."""
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/demo/{path}", json=body) as answer:
            return answer.status

    def deployed(self, environment: str = "production", service: str = "api") -> bytes | None:
        """The bytes that lie in an environment."""
        path = self.root / environment / service / "artifact.tar.gz"
        return path.read_bytes() if path.exists() else None


@asynccontextmanager
async def demo_ci(root: Path) -> AsyncIterator[Process]:
    """A demo CI that knows api v1.4.0."""
    shop = Shop(root, frozenset())
    digest = shop.registry("api").push(CONTENT, commit=COMMIT, tag="v1.4.0")
    assert digest == DIGEST
    people = {"authors": frozenset({"dana@example.com"}), "reviewers": frozenset()}
    shop.register(ArtifactBody(service="api", version="v1.4.0", digest=digest, commit=COMMIT, **people))
    listener = Listener()
    app = web.Application()
    app.router.add_post("/webhooks/ci/demo", listener.take)
    async with TestServer(app, host="127.0.0.1") as bot:
        process = Process(root, listener, str(bot.make_url("/")))
        await process.start()
        try:
            yield process
        finally:
            await process.stop()
