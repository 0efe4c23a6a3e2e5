"""Neighbours that answer at once: a Slack Web API that says yes, a CI and a build index in memory.

Invariant: they cost as little as they can; what is measured is the bot.
"""

import asyncio
import itertools
from collections.abc import Mapping
from datetime import datetime
from time import perf_counter

from aiohttp import web

from bot.bench.company import TEAM, built
from commands.core.ports.ci import AccessOrder, BranchOrder, Heard, NoRun, Order, Run, RunLog, RunState, Started, TurnedDown
from guards.version import Artifact


class SlackPeer:
    """Slack's Web API and response URLs.

    Attributes:
        url: base of the Web API, once started.
        opened: when the newest form was opened (perf_counter), set by `views.open`.
        calls: how many calls came.
    """

    def __init__(self) -> None:
        self.url = ""
        self.calls = 0
        self.opened: asyncio.Future[float] | None = None
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        app = web.Application()
        app.router.add_post("/api/{method}", self._method)
        app.router.add_get("/api/{method}", self._method)
        app.router.add_post("/respond", self._respond)
        app.router.add_get("/ci/{rest:.*}", self._respond)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api"

    async def stop(self) -> None:
        """Close."""
        await self._runner.cleanup()

    async def _respond(self, _: web.Request) -> web.Response:
        self.calls += 1
        return web.json_response({"ok": True})

    async def _method(self, request: web.Request) -> web.Response:
        self.calls += 1
        match request.match_info["method"]:
            case "users.info":
                user = str((await request.post()).get("user") or request.query.get("user"))
                flags = dict.fromkeys(("deleted", "is_bot", "is_restricted", "is_ultra_restricted"), False)
                return web.json_response({"ok": True, "user": {"id": user, "team_id": TEAM, **flags, "profile": {"display_name": user}}})
            case "usergroups.users.list":
                return web.json_response({"ok": True, "users": []})
            case "views.open":
                if self.opened and not self.opened.done():
                    self.opened.set_result(perf_counter())
                return web.json_response({"ok": True, "view": {}})
            case "conversations.history" | "conversations.replies":
                return web.json_response({"ok": True, "messages": []})
            case _:
                ts = f"1700000000.{next(self._numbers):06}"
                return web.json_response({"ok": True, "channel": "C0RELEASES", "ts": ts, "message_ts": ts})


class BenchCI:
    """Implements the `CI` port: takes every order, and notes when it was asked."""

    def __init__(self) -> None:
        self.called: asyncio.Future[tuple[float, Order]] | None = None
        self._runs = itertools.count(1)

    async def start(self, order: Order) -> Started:
        """Note the moment."""
        if self.called and not self.called.done():
            self.called.set_result((perf_counter(), order))
        return Started(f"run-{next(self._runs)}")

    async def branch(self, order: BranchOrder) -> Started:  # noqa: ARG002
        """Taken."""
        return Started()

    async def access(self, order: AccessOrder) -> Started:  # noqa: ARG002
        """Taken."""
        return Started()

    async def cancel(self, order: Order, run: str | None) -> TurnedDown:  # noqa: ARG002
        """No run of a measurement is ended."""
        return TurnedDown("nothing is ended here")

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun:  # noqa: ARG002
        """Every run is on its way."""
        return Run(order.key, run or "run", None, RunState.RUNNING)

    async def log(self, order: Order, run: str | None) -> RunLog:  # noqa: ARG002
        """Nothing was written."""
        return RunLog(b"", "text/plain")

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard:  # noqa: ARG002
        """Nothing that matters."""
        return Heard("nothing", ())

    async def alive(self) -> None:
        """Always."""


class BenchArtifacts:
    """Implements the `Artifacts` port: every version was built."""

    async def find(self, service: str, version: str) -> Artifact:
        """Known by its name."""
        what = built(version)
        return Artifact(service, version, what.digest, what.commit, frozenset({"person-20"}), frozenset({"person-21"}))
