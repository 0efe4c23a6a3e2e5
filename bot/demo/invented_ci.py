"""A CI that deploys nothing, for a policy that is only being tried.

Invariant: it takes each order once, and what it tells is signed, as any CI's word is.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import aiohttp
from pydantic import SecretStr, ValidationError

from bot.adapters.generic_wire import Callback
from bot.adapters.signing import sign, verify
from bot.demo.ci_faults import Fault, Faults
from commands.core.ports.ci import (
    AccessOrder,
    BranchOrder,
    Deployed,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Order,
    Run,
    RunLog,
    RunState,
    Started,
    Stopping,
    TurnedDown,
    Unknown,
)  # fmt: skip
from commands.core.ports.clock import Clock
from guards.unread import Absent, Unread

_TAKES = 2.0
"""Seconds for a run."""


class Place(Protocol):
    """Where it is: the story's clock, the faults in force, the bot's address, and what happens to calls and tasks."""

    clock: Clock
    faults: Faults
    bot: str

    def note(self, method: str, path: str, status: int) -> None:
        """Remember a call."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that is ended with the place."""
        ...


class InventedCI:
    """Implements the `CI` port: takes each order, and tells over HTTP what became of it, as any CI does.

    Args:
        place: where it is.
        path: the bot's route for its callbacks; GitHub has one for all of its kind.
        services: what it deploys.
    """

    def __init__(self, place: Place, path: str, services: Collection[str]) -> None:
        self._services = services
        self._place, self._path, self._secret = place, path, SecretStr("invented-" + path * 4)
        self._runs: dict[str, Run] = {}
        self.branches: dict[tuple[str, str], str] = {}

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        """Take an order, unless a fault says otherwise."""
        if self._place.faults.down():
            self._place.note("POST", "/runs", 503)
            return TurnedDown("CI answered 503", 2.0)
        fault = self._place.faults.order()
        run = f"run-{order.key}"
        self._runs[order.key] = Run(order.key, run, None, RunState.RUNNING, commit=order.commit)
        self._place.note("POST", "/runs", 201)
        self._place.spawn(self._carry_out(order, fault))
        return Unknown("CI gave no answer") if fault.mode == "drop_answer" else Started(run)

    async def access(self, order: AccessOrder) -> Started | TurnedDown | Unknown:
        """Note it; nobody here has a production that access could be opened to."""
        if self._place.faults.down():
            self._place.note("POST", "/access", 503)
            return TurnedDown("CI answered 503", 2.0)
        self._place.note("POST", "/access", 201)
        return Started(order.key)

    async def branch(self, order: BranchOrder) -> Started | TurnedDown | Unknown:
        """Make the branch at once; it stands in `branches`, by repository and name."""
        if self._place.faults.down():
            self._place.note("POST", "/branches", 503)
            return TurnedDown("CI answered 503", 2.0)
        self.branches.setdefault((order.repository, order.branch), order.commit)
        self._place.note("POST", "/branches", 201)
        return Started()

    async def cancel(self, order: Order, run: str | None) -> Stopping | TurnedDown | Unknown:  # noqa: ARG002 - the port's
        """No run here lasts long enough to be ended."""
        self._place.note("POST", f"/runs/{order.key}/cancel", 409)
        return TurnedDown("The run is over")

    async def _carry_out(self, order: Order, fault: Fault) -> None:
        await asyncio.sleep(fault.seconds if fault.mode == "slow" else _TAKES)
        failed = fault.mode == "fail"
        done = replace(
            self._runs[order.key],
            state=RunState.FAILED if failed else RunState.SUCCEEDED,
            digest=None if failed else order.digest,
        )
        self._runs[order.key] = done
        if fault.mode != "silent":
            await self.report(done)

    async def report(self, *reports: Run | Deployed) -> None:
        """Call the bot back, signed."""
        kinds = [{"type": "run" if isinstance(r, Run) else "deployed", **{f: getattr(r, f) for f in r.__slots__}} for r in reports]
        delivery = sha256(repr(kinds).encode()).hexdigest()[:16]
        body = Callback.model_validate({"delivery": delivery, "reports": kinds}).model_dump_json().encode()
        headers = sign(self._secret, "POST", self._path, body, self._place.clock.now())
        async with aiohttp.ClientSession() as session, session.post(f"{self._place.bot}{self._path}", data=body, headers=headers) as answer:
            await answer.read()

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun | Unread:  # noqa: ARG002 - the port's
        """A run, by its order's key."""
        down = self._place.faults.down()
        self._place.note("GET", f"/runs/{order.key}", 503 if down else 200 if order.key in self._runs else 404)
        return Unread("CI", "it answers 503") if down else self._runs.get(order.key) or NoRun(sure=True)

    async def log(self, order: Order, run: str | None) -> RunLog | Absent | Unread:  # noqa: ARG002 - the port's
        """A line."""
        return RunLog(f"{order.key}: invented, nothing was deployed\n".encode(), "text/plain")

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard | Forged | Malformed:
        """Verify what `report` sent, and read what is of this CI's own services."""
        if why := verify([self._secret], headers, "POST", self._path, body, at):
            return Forged(why)
        try:
            callback = Callback.model_validate_json(body)
        except ValidationError as error:
            return Malformed(str(error.errors()[0]["msg"]))
        told = (report.value() for report in callback.reports)
        return Heard(callback.delivery, tuple(one for one in told if self._mine(one)))

    def _mine(self, report: Run | Deployed) -> bool:
        return report.key in self._runs if isinstance(report, Run) else report.service in self._services

    async def alive(self) -> Unread | None:
        """It is this process."""
        return None
