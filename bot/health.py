"""Whether the bot lives, is ready, has started; and for operators, with what (OPS-01, OPS-02).

Invariant: `live` depends on nothing; `ready` names each neighbour that does not answer.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web

from bot.log import log
from bot.metrics import BACKLOG
from commands.core.ports.clock import Clock
from storage.errors import StorageError

Probe = Callable[[], Awaitable[str | None]]
"""Answers None when the neighbour is fine, else a sentence."""

UNKNOWN = "unknown"
KEEP = timedelta(seconds=5)
LIMIT = 4.0


class Health:
    """The health routes.

    Args:
        probes: neighbour → how to ask it.
        clock: the present.
        backlog: rows that wait, by table.
        policy: hash of the policy in force.
        git_sha: the commit that runs; None when nobody told.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        clock: Clock,
        backlog: Callable[[], Awaitable[Mapping[str, int]]],
        policy: str,
        git_sha: str | None,
    ) -> None:
        self._probes = probes
        self._clock = clock
        self._backlog = backlog
        self._policy = policy
        self._git_sha = git_sha
        self._begun = clock.now()
        self._seen: tuple[datetime, dict[str, str | None]] | None = None
        self._asking = asyncio.Lock()
        self.started = False
        self.stopping = False

    def routes(self, app: web.Application) -> None:
        """Add the three probes."""
        app.router.add_get("/health/live", self.live)
        app.router.add_get("/health/ready", self.ready)
        app.router.add_get("/health/startup", self.startup)

    async def live(self, _: web.Request) -> web.Response:
        """200 as long as the loop turns."""
        return web.json_response({"status": "live"})

    async def startup(self, _: web.Request) -> web.Response:
        """200 once everything was started."""
        return web.json_response({"status": "started" if self.started else "starting"}, status=200 if self.started else 503)

    async def ready(self, _: web.Request) -> web.Response:
        """200 when every neighbour answers, 503 with those that do not."""
        failing = {name: why for name, why in (await self._ask()).items() if why}
        fine = self.started and not self.stopping and not failing
        body = {"status": "ready" if fine else "stopping" if self.stopping else "not ready", "failing": failing}
        return web.json_response(body, status=200 if fine else 503)

    async def details(self, _: web.Request) -> web.Response:
        """Version, commit, age, policy, neighbours and backlog, for the internal port only (OPS-02)."""
        now = self._clock.now()
        seen = await self._ask()
        waiting = await self.measure()
        return web.json_response({
            "version": program_version(),
            "git_sha": self._git_sha or UNKNOWN,
            "policy": self._policy,
            "uptime_seconds": round((now - self._begun).total_seconds()),
            "timestamp": now.isoformat(),
            "neighbours": {name: why or "fine" for name, why in seen.items()},
            "backlog": waiting,
        })  # fmt: skip

    async def measure(self) -> dict[str, int]:
        """How many rows wait, by table, set for the metrics too; nothing when the database does not answer in time."""
        try:
            async with asyncio.timeout(LIMIT):
                waiting = dict(await self._backlog())
        except (StorageError, TimeoutError):  # the database is among the neighbours, which say so
            return {}
        for table, rows in waiting.items():
            BACKLOG.labels(table).set(rows)
        return waiting

    async def _ask(self) -> dict[str, str | None]:
        """Every neighbour's answer, asked at once and kept for a few seconds: probes must not become load."""
        async with self._asking:
            now = self._clock.now()
            if self._seen is None or now - self._seen[0] >= KEEP or now < self._seen[0]:
                answers = await asyncio.gather(*(_in_time(probe) for probe in self._probes.values()))
                self._seen = now, dict(zip(self._probes, answers, strict=True))
            return self._seen[1]


async def _in_time(probe: Probe) -> str | None:
    try:
        async with asyncio.timeout(LIMIT):
            return await probe()
    except TimeoutError:
        return f"no answer within {LIMIT:g} s"
    except Exception as error:  # one probe that breaks must not hide what the others say
        log.error("probe failed", exc_info=True)
        return f"cannot be asked ({type(error).__name__})"


@functools.cache
def program_version() -> str:
    """Of this program, also when it runs from its source tree."""
    try:
        return version("signalbox")
    except PackageNotFoundError:
        return UNKNOWN
