"""The HTTP side of the workspace: Web API, response URLs, websockets for Socket Mode.

Invariant: it listens on 127.0.0.1 only; a fault that is switched on happens to exactly the call it was meant for.
"""

import json
import secrets
from typing import Any

from aiohttp import WSMsgType, web

from bot.workspace.api import Api
from bot.workspace.api_files import take
from bot.workspace.deliver import Courier
from bot.workspace.faults import Fail, Faults, Hang, LoseAnswer, Status
from bot.workspace.responses import use_response_url
from bot.workspace.state import APP_ID, Call, State
from bot.workspace.text import Json

HOST = "127.0.0.1"


class Server:
    """Serves one workspace.

    Args:
        state, faults, courier: what it works on; acknowledgements from websockets go to the courier.
        bot_token, app_token: see `Api`.
    """

    def __init__(self, state: State, faults: Faults, courier: Courier, bot_token: str, app_token: str | None) -> None:
        self._state, self._faults, self._courier = state, faults, courier
        self._api = Api(state, bot_token, app_token, self._new_socket_url)
        self._tickets: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.origin = ""

    async def start(self, port: int) -> None:
        """Listen; port 0 takes a free one. `origin` is then `http://127.0.0.1:PORT`."""
        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_post("/respond/{path:.+}", self._respond)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/link/", self._link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, port).start()
        self.origin = f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Release what hangs, close the websockets, stop listening."""
        self._faults.clear()
        await self._courier.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _new_socket_url(self) -> str:
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{self.origin.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        in_body = str(arguments.pop("token", ""))  # never kept: what is on record is shown to people
        token = token if scheme == "Bearer" else in_body
        fault = self._faults.take(method)
        if isinstance(fault, Hang):
            self._state.tell(f"{method} hangs")
            fault.reached.set()
            await fault.released.wait()
        if isinstance(fault, Status):
            self._record(method, arguments, {"status": fault.status})
            return _status(fault)
        answer = {"ok": False, "error": fault.error} if isinstance(fault, Fail) else self._api.answer(method, token, arguments)
        if "upload_url" in answer:
            answer["upload_url"] = f"{self.origin}{answer['upload_url']}"
        self._record(method, arguments, answer)
        if isinstance(fault, LoseAnswer):
            return _drop(request)
        return web.json_response(answer)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        try:
            payload = await request.json()
        except ValueError:
            payload = None
        fault = self._faults.take("response_url")
        if isinstance(fault, Hang):
            fault.reached.set()
            await fault.released.wait()
        if isinstance(fault, Status):
            self._record("response_url", payload, {"status": fault.status})
            return _status(fault)
        status, body = (404, fault.error) if isinstance(fault, Fail) else use_response_url(self._state, request.path, payload)
        self._record("response_url", payload, {"ok": status == 200, "status": status, "body": body})
        if isinstance(fault, LoseAnswer):
            return _drop(request)
        return web.Response(status=status, text=body)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        fault = self._faults.take("upload")
        if isinstance(fault, Status):
            return _status(fault)
        content = bytearray()  # a file may be larger than the body of any call
        async for chunk in request.content.iter_any():
            content += chunk
        status, body = take(self._state, request.match_info["id"], bytes(content))
        self._record("upload", {"id": request.match_info["id"], "length": len(content)}, {"ok": status == 200, "status": status})
        if isinstance(fault, LoseAnswer):
            return _drop(request)
        return web.Response(status=status, text=body)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="the ticket is unknown or used")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        with self._courier.connected(socket) as count:
            await socket.send_json({"type": "hello", "num_connections": count, "connection_info": {"app_id": APP_ID}})
            self._state.tell(f"Socket Mode: {count} connected")
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._courier.acknowledged(json.loads(message.data))
        self._state.tell("Socket Mode: one disconnected")
        return socket

    def _record(self, method: str, arguments: Any, answer: Json) -> None:
        self._state.calls.append(Call(method, arguments, answer, self._state.now()))
        self._state.tell(f"{method} → {'ok' if answer.get('ok') else answer}")


async def _arguments(request: web.Request) -> Json:
    """Query, form and JSON body, as Slack takes them."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            body = None
        arguments |= body if isinstance(body, dict) else {}
    elif request.can_read_body:
        arguments |= dict(await request.post())
    return arguments


def _status(fault: Status) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == 429:
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    return web.Response(status=fault.status, headers=headers)


def _drop(request: web.Request) -> web.Response:
    """Cut the connection: the answer that is returned here reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
