"""What the demo asks of its CI beside the contract: misbehave, deploy unasked, call the bot elsewhere, set the clock.

Invariant: these routes are unsigned, so they exist on the loopback interface only and reach nothing that the contract protects.
"""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from bot.adapters.generic_wire import DeployedReport, OrderBody
from bot.demo.answering import answer, read, refused
from bot.demo.ci_faults import Fault, Faults
from bot.demo.ci_reports import Reports
from bot.demo.ci_runs import Shop
from bot.demo.clock import StoryClock


class OwnDeployment(BaseModel):
    """Something that this CI deploys without being asked by the bot (`POST /demo/deploy`)."""

    service: str
    environment: str
    version: str


class Callback(BaseModel):
    """Where the bot is, when that was not known at the start (`POST /demo/callback`)."""

    url: str = Field(pattern=r"^http://127\.0\.0\.1:[0-9]+$")


class Ahead(BaseModel):
    """How far this CI's clock is ahead of the machine's, in seconds (`POST /demo/clock`)."""

    ahead: float = Field(allow_inf_nan=False, ge=-1e10, le=1e10)


class Call(BaseModel):
    """One call of the contract, as it was answered (`POST /demo/calls` lists them).

    Args:
        at: the CI's time, ISO 8601.
        method, path: as asked.
        status: HTTP.
    """

    at: str
    method: str
    path: str
    status: int


class Calls(BaseModel):
    """All that are remembered, oldest first."""

    calls: list[Call]


class Controls:
    """The routes of the demo.

    Args:
        shop: the CI's folder.
        faults: what goes wrong next.
        reports: the way to the bot.
        clock: the CI's own.
        spawn: starts a task that the server ends with itself.
        calls: what was asked so far.
    """

    def __init__(
        self, shop: Shop, faults: Faults, reports: Reports, clock: StoryClock,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]], calls: Callable[[], list[Call]],
    ) -> None:  # fmt: skip
        self._shop, self._faults, self._reports, self._clock, self._spawn = shop, faults, reports, clock, spawn
        self._calls = calls

    def routes(self) -> list[web.RouteDef]:
        """To be added to the application."""
        return [
            web.post("/demo/faults", self._set_fault),
            web.post("/demo/deploy", self._deploy_unasked),
            web.post("/demo/callback", self._aim),
            web.post("/demo/clock", self._set_clock),
            web.post("/demo/calls", self._list_calls),
        ]

    async def _set_fault(self, request: web.Request) -> web.Response:
        fault = await read(Fault, request)
        self._faults.set(fault)
        return answer(200, fault)

    async def _list_calls(self, _: web.Request) -> web.Response:
        return answer(200, Calls(calls=self._calls()))

    async def _aim(self, request: web.Request) -> web.Response:
        callback = await read(Callback, request)
        self._reports.aim(callback.url)
        return answer(200, callback)

    async def _set_clock(self, request: web.Request) -> web.Response:
        wanted = await read(Ahead, request)
        self._clock.ahead = timedelta(seconds=wanted.ahead)
        return answer(200, wanted)

    async def _deploy_unasked(self, request: web.Request) -> web.Response:
        wanted = await read(OwnDeployment, request)
        found = await asyncio.to_thread(self._shop.artifact, wanted.service, wanted.version)
        if found is None or wanted.environment not in self._shop.environments:
            return refused(404, "There is no such artifact or environment here.")
        run = f"own-{uuid.uuid4().hex[:12]}"
        order = OrderBody(
            **wanted.model_dump(), key=run, change=run, commit=found.commit, digest=found.digest, repository="demo/demo", workflow="own"
        )
        digest = await asyncio.to_thread(self._shop.deploy, order)
        report = DeployedReport(type="deployed", **wanted.model_dump(), digest=digest, commit=found.commit, run=run, at=self._clock.now())
        await asyncio.shield(self._spawn(self._reports.send(report)))  # whoever asked may rely on the bot having been told
        return answer(200, report)
