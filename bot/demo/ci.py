"""The demo's CI: speaks docs/generic-ci.md and really deploys files. `servers.py` serves it.

`POST /demo/faults` {"mode": …, "times": n} makes it misbehave; the other routes of the demo are in `ci_controls.py`.

Invariant: one key runs at most once, also over restarts.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr, ValidationError

from bot.adapters.generic_wire import OrderBody
from bot.adapters.signing import checked, verify
from bot.demo.answering import answer, refused
from bot.demo.ci_branches import Branches
from bot.demo.ci_controls import Call, Controls
from bot.demo.ci_faults import Faults
from bot.demo.ci_reports import Reports
from bot.demo.ci_runs import OVER, Record, Shop
from bot.demo.clock import StoryClock
from commands.core.ports.ci import RunState

_CALLS = 200
"""Calls that are remembered, to be looked at."""


class DemoCI:
    """The server.

    Args:
        shop: its folder.
        secret: shared with the bot.
        callback: the bot's base URL, or None: then it never calls back.
        name: callbacks go to `/webhooks/ci/<name>`.
        clock: its own, as another company's server has one; the demo sets it to the story's time.
        repositories: `owner/name` → where it makes release branches.
    """

    def __init__(
        self, shop: Shop, *, secret: SecretStr, callback: str | None, name: str, clock: StoryClock,
        repositories: Mapping[str, Path] | None = None,
    ) -> None:  # fmt: skip
        self._branches = Branches(shop.root / "branches", repositories or {}, clock)
        self._shop, self._secret, self._clock = shop, checked(secret), clock
        self._reports = Reports(callback, f"/webhooks/ci/{name}", secret, clock.now)
        self.faults = Faults()
        self._calls: deque[Call] = deque(maxlen=_CALLS)
        self._one_at_a_time = asyncio.Lock()
        self._stops: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, app: web.Application) -> None:
        """Add the routes of the contract and those of the demo; what was under way is carried on when the application starts."""
        app.add_routes(
            [
                web.get("/health", self._down_or(self._health)),
                web.post("/runs", self._down_or(self._signed(self._take))),
                web.post("/branches", self._down_or(self._signed(self._branches.take))),
                web.get("/runs/{key}", self._down_or(self._signed(self._look_up))),
                web.post("/runs/{key}/cancel", self._down_or(self._signed(self._cancel))),
                web.get("/runs/{key}/log", self._down_or(self._signed(self._log))),
                web.get("/artifacts/{service}/{version}", self._down_or(self._signed(self._artifact))),
                *Controls(self._shop, self.faults, self._reports, self._clock, self._spawn, lambda: list(self._calls)).routes(),
            ]
        )
        app.on_startup.append(self._begin)
        app.on_cleanup.append(self._end)

    async def _begin(self, _app: web.Application) -> None:
        await self._reports.open()
        for record in await asyncio.to_thread(self._shop.records):
            if record.state not in OVER or (record.told != record.state and not record.silent):
                self._set_to_work(record)

    async def _end(self, _: web.Application) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._reports.close()

    def _spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # ------------------------------------------------------------ the contract

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _take(self, request: web.Request) -> web.Response:
        try:
            order = OrderBody.model_validate_json(await request.read())
        except ValidationError as error:
            return refused(422, f"The order is not valid: {'.'.join(str(p) for p in error.errors()[0]['loc'])}.")
        if request.headers.get("Idempotency-Key") != order.key:
            return refused(422, "Idempotency-Key and the key in the body differ.")
        async with self._one_at_a_time:
            if known := await asyncio.to_thread(self._shop.record, order.key):
                same = known.order == order
                return answer(200, known.body()) if same else refused(409, "Another order has this key.")
            if objection := await asyncio.to_thread(self._shop.objection, order):
                return refused(422, objection)
            fault = self.faults.order()
            record = Record(
                order=order,
                run=f"run-{uuid.uuid4().hex[:12]}",
                silent=fault.mode == "silent",
                fail=fault.mode == "fail",
                slow=fault.seconds if fault.mode == "slow" else 0.0,
            )
            await asyncio.to_thread(self._shop.keep, record)
        taken = answer(201, record.body())
        self._set_to_work(record)
        if fault.mode == "drop_answer" and request.transport is not None:
            request.transport.abort()
        return taken

    async def _look_up(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        record = await asyncio.to_thread(self._shop.record, key)
        return answer(200, record.body()) if record else web.json_response({"absent": key}, status=404)

    async def _cancel(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        if key not in self._stops:
            return refused(409, "No such run is at work.")
        self._stops[key].set()
        return web.json_response({"key": key}, status=202)

    async def _log(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        record = await asyncio.to_thread(self._shop.record, key)
        return web.Response(text=record.log()) if record else web.json_response({"absent": key}, status=404)

    async def _artifact(self, request: web.Request) -> web.Response:
        service, version = request.match_info["service"], request.match_info["version"]
        found = await asyncio.to_thread(self._shop.artifact, service, version)
        return answer(200, found) if found else web.json_response({"absent": f"{service}/{version}"}, status=404)

    # ------------------------------------------------------------ the work

    def _set_to_work(self, record: Record) -> None:
        if record.state not in OVER:
            self._stops[record.order.key] = asyncio.Event()  # from the moment at which the order is taken, it can be ended
        _ = self._spawn(self._carry_out(record))

    async def _carry_out(self, record: Record) -> None:
        running: asyncio.Task[None] | None = None
        if record.state not in OVER:
            record = await self._move(record, state=RunState.RUNNING)
            if not record.silent:
                running = self._spawn(self._reports.send(record.report()))
            ended = await self._slowly(record)
            record = await self._move(record, **({"state": RunState.CANCELLED} if ended else await self._deploy(record)))
        if record.silent:
            return
        if running:  # reports of one run arrive in their order
            await running
        await self._reports.send(record.report())
        await self._move(record, told=record.state)

    async def _slowly(self, record: Record) -> bool:
        """Take the run's time; whether somebody asked for its end meanwhile."""
        try:
            await asyncio.wait_for(self._stops[record.order.key].wait(), record.slow)
        except TimeoutError:
            return False
        finally:
            del self._stops[record.order.key]
        return True

    async def _deploy(self, record: Record) -> dict[str, object]:
        if record.fail:
            return {"state": RunState.FAILED}
        if record.order.manifest is not None:
            return await self._integrate(record)
        try:
            digest = await asyncio.to_thread(self._shop.deploy, record.order)
        except OSError:
            return {"state": RunState.FAILED}
        return {"state": RunState.SUCCEEDED if digest == record.order.digest else RunState.FAILED, "digest": digest}

    async def _integrate(self, record: Record) -> dict[str, object]:
        """A run of the integration suite; what it says that it tested is the set of the order."""
        try:
            passed = await asyncio.to_thread(self._shop.integrate, record.order)
        except OSError:
            passed = False
        return {"state": RunState.SUCCEEDED, "digest": record.order.digest} if passed else {"state": RunState.FAILED}

    async def _move(self, record: Record, **update: object) -> Record:
        record = record.model_copy(update=update)
        await asyncio.to_thread(self._shop.keep, record)
        return record

    # ------------------------------------------------------------ what stands before each route

    def _down_or(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            given = await answered(request)
            at = self._clock.now().isoformat()
            self._calls.append(Call(at=at, method=request.method, path=request.path, status=given.status))
            return given

        async def answered(request: web.Request) -> web.Response:
            if self.faults.down():
                body = {"error": "The demo CI is down for a moment.", "taken": False}
                return web.json_response(body, status=503, headers={"Retry-After": "2"})
            return await handler(request)

        return handle

    def _signed(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            headers = {key.lower(): value for key, value in request.headers.items()}
            why = verify([self._secret], headers, request.method, request.rel_url.raw_path, await request.read(), self._clock.now())
            return refused(401, f"Not accepted: {why}.") if why else await handler(request)

        return handle
