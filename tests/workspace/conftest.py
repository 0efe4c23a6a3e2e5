"""A workspace with two people and a channel, a clock that stands still until moved, and a bot that answers as told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Workspace


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
    ws.aim(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
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
