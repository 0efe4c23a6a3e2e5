"""The company of `world.py` without a network: the same bot and the same small Slack call each other inside one process.

Invariant: what people type and click enters by the listeners that Slack's deliveries enter by, and what the bot says is taken by the Web
API that the small Slack answers with; only the signature and HTTP itself are left out. A model test plays thousands of steps a minute in it.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import aiohttp
import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from typing_extensions import override

from bot import build
from bot.adapters.directory import SlackDirectory
from bot.slack.intake import Intake
from bot.tracing import TracedStore
from bot.workspace import Exchange, Workspace
from bot.workspace.api import Api
from bot.workspace.settle import settle
from bot.workspace.text import Json
from storage.database import Tx, _transact
from tests.world.company import TUESDAY
from tests.world.world import APP, World

T = TypeVar("T")


class Direct(Workspace):
    """A small Slack that hands deliveries to the bot's listeners.

    Attributes:
        intake: of the bot that runs; None while there is none.
    """

    intake: Intake | None = None

    @override
    async def _send(self, kind: str, payload: Json, retry: int = 0) -> Exchange:
        assert self.intake, "the bot is stopped"
        # without a response URL, which is for HTTP: the bot then answers by the Web API
        payload = {name: value for name, value in payload.items() if name != "response_url"}
        answer = await self.intake.bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
        exchange = Exchange(kind, payload, b"", answer.status, answer.body or "", 0.0, retry, None if answer.status == 200 else "failed")
        settle(self._state, exchange)
        return exchange


class Client(AsyncWebClient):
    """Slack's Web API, answered by a small Slack in this process.

    Args:
        slack: which.
    """

    def __init__(self, slack: Direct) -> None:
        super().__init__(token=slack.bot_token)
        self._api = Api(slack.state, slack.bot_token, None, str)

    @override
    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        said = given.get("json") or given.get("params") or given.get("data") or {}
        arguments = {name: value for name, value in said.items() if value is not None}
        data = self._api.answer(api_method, self.token, json.loads(json.dumps(arguments)))
        answer = AsyncSlackResponse(
            client=self, http_verb="POST", api_url=api_method, req_args={}, data=data, headers={}, status_code=200
        )  # fmt: skip
        if not data["ok"]:
            raise SlackApiError(data["error"], answer)
        return answer


class Inline(TracedStore):
    """A store whose transactions run on the loop itself, one after the other: what happens in which order hangs on no thread."""

    @override
    async def _in_thread(self, line: object, call: Callable[[], T], *, ahead: bool = False) -> T:
        await asyncio.sleep(0)  # others go on where they would while a thread works
        return call()

    def peek(self, work: Callable[[Tx], T]) -> T:
        """Read at once: nothing happens in between."""
        return _transact(self._engines.read, work)


class Embedded(World):
    """A company in one process; see `World` for what people do in it.

    Args: as for `World`.
    """

    def __init__(self, database_url: str, data: Mapping[str, Any] | None = None, at: datetime = TUESDAY) -> None:
        super().__init__(database_url, data, at)
        self.slack: Direct = Direct(self.clock.now, app=APP, stamps=lambda: self.clock.now().timestamp())

    @override
    async def _start(self) -> build.House:
        with _inside(self.slack):
            house = await super()._start()
        self.slack.intake = house.intake
        return house

    def peek(self, work: Callable[[Tx], T]) -> T:
        """Read what the bot has stored, while nothing else happens."""
        store = self.house.store
        assert isinstance(store, Inline)
        return store.peek(work)

    @override
    async def knock(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        raise NotImplementedError("nothing is sent by HTTP here; see `hear`")


@contextmanager
def _inside(slack: Direct) -> Iterator[None]:
    """While this lasts, a bot that is built calls this Slack, and asks it anew each time who people are."""

    def client(settings: object, session: aiohttp.ClientSession) -> Client:
        return Client(slack)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "_slack", client)
        patch.setattr(build, "TracedStore", Inline)
        patch.setattr(build, "SlackDirectory", partial(SlackDirectory, keep=0))
        yield
