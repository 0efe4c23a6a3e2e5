"""Serves the page: its files, what is new as server-sent events, and what people do.

Invariant: it listens on 127.0.0.1 only, every route lies below a random token, and a browser runs nothing but the page's own files.
"""

import asyncio
import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from aiohttp import web
from pydantic import ValidationError

from bot.workspace.forms import NotSent
from bot.workspace.nouns import Message, Person
from bot.workspace.page import deeds
from bot.workspace.page.beside import Beside, NothingBeside
from bot.workspace.page.sight import Sight, content, picture
from bot.workspace.server import HOST
from bot.workspace.workspace import Workspace

FILES = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the token stands in the address
    "Cache-Control": "no-store",
}
_LAST = 5.0
"""Seconds that a deed may still take when the page is closed: longer than the bot may take to acknowledge."""

_BEAT = 15.0
"""Seconds after which a page that heard nothing is told the time: so a closed one is noticed."""


class Page:
    """The page of one workspace, served while the block lasts.

    Args:
        workspace: what it shows.
        beside: what stands beside it.
    """

    def __init__(self, workspace: Workspace, beside: Beside | None = None) -> None:
        self._workspace, self._beside = workspace, beside or NothingBeside()
        self._seen: dict[str, Message] = {}
        self._open: set[asyncio.Task[object]] = set()
        self._token = secrets.token_urlsafe(16)
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def __aenter__(self) -> Self:
        root = f"/{self._token}"
        app = web.Application(client_max_size=2**16)
        app.router.add_get(f"{root}/", self._index)
        app.router.add_get(f"{root}/news", self._news)
        app.router.add_get(f"{root}/words", self._words)
        app.router.add_get(f"{root}/files/{{id}}", self._file)
        app.router.add_get(f"{root}/pictures/{{name}}", self._picture)
        app.router.add_post(f"{root}/deeds", self._deed)
        app.router.add_static(f"{root}/static", FILES)
        app.on_response_prepare.append(_harden)
        app.on_shutdown.append(self._leave)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self.address = f"http://{HOST}:{self._runner.addresses[0][1]}{root}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(FILES / "index.html")

    async def _words(self, _: web.Request) -> web.StreamResponse:
        """What the message box completes."""
        return web.json_response(self._beside.words())

    async def _news(self, request: web.Request) -> web.StreamResponse:
        """What one person sees, and whatever of it changes, until the browser leaves."""
        state, person = self._workspace.state, self._somebody(request)
        self._workspace.dm(person)  # everyone has the bot among their conversations
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await stream.prepare(request)
            sight = Sight(state, person, self._seen)
            while True:
                told = len(state.told)
                news = sight.news() | {"beside": await self._beside.look(person)}
                await stream.write(f"data: {json.dumps(news)}\n\n".encode())
                with suppress(TimeoutError):
                    async with asyncio.timeout(_BEAT):
                        while len(state.told) == told:
                            await state.changed()
        finally:
            self._open.discard(task)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """A file that somebody was sent, to be kept: a browser never shows it in the page's own place."""
        found = content(self._workspace.state, self._somebody(request), request.match_info["id"])
        if found is None:
            return _refused(404, "there is no such file for you")
        name, data = found
        kept = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        return web.Response(body=data, content_type="application/octet-stream", headers={"Content-Disposition": kept})

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        """A picture that somebody sees, shown where it stands."""
        found = await picture(self._workspace.state, self._somebody(request), request.match_info["name"])
        if found is None:
            return _refused(404, "there is no such picture for you")
        return web.Response(body=found[1], content_type=found[0])

    def _somebody(self, request: web.Request) -> Person:
        """Who looks: the person with the handle in the address, or the first where none is named."""
        wanted = request.query.get("as")
        for each in self._workspace.state.people.values():
            if wanted in (None, each.handle):
                return each
        raise web.HTTPNotFound(text="nobody here has that name")

    async def _deed(self, request: web.Request) -> web.StreamResponse:
        """Do what a person asks for. That it cannot be done is an answer like any other: its problem is for the person."""
        problem = told = None
        try:
            deed = deeds.Deed.validate_json(await request.read())
            if isinstance(deed, deeds.Aside):
                told = await self._beside.act(deeds.somebody(self._workspace.state, deed.person), deed.what)
            else:
                await deeds.carry_out(deed, self._workspace, self._seen)
        except ValidationError as wrong:
            return _refused(400, str(wrong.errors()[0]["msg"]))
        except NotSent:
            problem = "The form is not complete."
        except (LookupError, ValueError) as wrong:
            problem = str(wrong.args[0])
        return web.json_response({"problem": problem, "told": told})

    async def _leave(self, _: web.Application) -> None:
        """End the streams, which would go on for ever."""
        for task in self._open:
            task.cancel()


async def _harden(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
