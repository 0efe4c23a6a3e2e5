"""A workspace with two people and a channel, a clock that stands still until moved, and a bot that answers as told."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from aiohttp import ClientSession, web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Workspace
from bot.workspace.page import Page
from tests.workspace.parts import Tab


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **much) -> None:
        self.at += timedelta(**much)


@dataclass
class Heard:
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


async def _nothing(_: Heard) -> web.Response:
    return web.Response()


@dataclass
class Bot:
    """The other end: records what it hears and answers with `answer`."""

    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], Awaitable[web.Response]] = _nothing
    address: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(dict(request.headers), await request.read()))
        return await self.answer(self.heard[-1])

    def answers(self, **response) -> None:
        async def answer(_: Heard) -> web.Response:
            return web.json_response(response)

        self.answer = answer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def ws(clock):
    async with Workspace(clock, app_token="xapp-signalbox-test") as workspace:
        yield workspace


@pytest.fixture
async def bot(ws):
    bot = Bot()
    site = web.Application()
    site.router.add_post("/slack/events", bot.handle)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.address = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    ws.aim(bot.address)
    yield bot
    await runner.cleanup()


@pytest.fixture
def slack(ws):
    return AsyncWebClient(token=ws.bot_token, base_url=ws.url, retry_handlers=[])


@pytest.fixture
def carla(ws):
    return ws.add_person("carla", name="Carla Captain", email="carla@bank.example")


@pytest.fixture
def otto(ws):
    return ws.add_person("otto", name="Otto Approver")


@pytest.fixture
def releases(ws, carla, otto):
    return ws.add_channel("releases", members=[carla, otto])


@pytest.fixture
def refused():
    """`await refused(call)` gives Slack's answer to a call that it refused."""

    async def refused(call: Awaitable[object]) -> dict:
        with pytest.raises(SlackApiError) as caught:
            await call
        return caught.value.response.data

    return refused


@pytest.fixture
async def page(ws, carla, otto, releases):
    async with Page(ws) as page:
        yield page


@pytest.fixture
async def browser():
    async with ClientSession() as session:
        yield session


@pytest.fixture
def opened(page, browser):
    """`async with opened("carla") as tab` is Carla's page."""

    @asynccontextmanager
    async def opened(handle: str):
        async with browser.get(f"{page.address}news", params={"as": handle}) as stream:
            assert stream.status == 200
            yield Tab(stream)

    return opened


@pytest.fixture
def does(page, browser):
    """`await does(carla, "say", …)` gives what went wrong, or None."""

    async def does(person, do: str, **what) -> str | None:
        async with browser.post(f"{page.address}deeds", json={"person": person.id, "do": do, **what}) as answer:
            assert answer.status == 200, await answer.text()
            return (await answer.json())["problem"]

    return does
