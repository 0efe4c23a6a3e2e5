"""The small Slack's answers against the types of Slack's own SDK (@slack/web-api): it answers nothing that Slack does not (issue 6)."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Workspace
from bot.workspace.api import METHODS
from tests.peers.described import PEERS

pytestmark = pytest.mark.peers

TYPES = PEERS.parent / "@slack" / "web-api" / "dist" / "types" / "response"

DATA = {"blocks", "event_payload", "values"}
"""What the bot or people put there: it is theirs."""

ONLY_IN_THE_REFERENCE = {
    "pins.list items channel": "docs.slack.dev, pins.list, its typical response",
    "pins.list items message": "the same",
    "users.info user is_stranger": "docs.slack.dev, user object: people of other workspaces",
}
"""Keys that Slack's reference documents and the SDK's types, which are made from samples, do not have."""


class Types:
    """The interfaces of one method's answer.

    Args:
        file: a `.d.ts`.
    """

    def __init__(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        self.kinds = {
            name: dict(re.findall(r'^    "?(\w+)"?\??: (.+);$', body, re.MULTILINE))
            for name, body in re.findall(r"export (?:interface|type) (\w+) (?:= WebAPICallResult & )?\{\n(.*?)\n\};?", text, re.DOTALL)
        }
        self.answer = self.kinds[file.name.removesuffix(".d.ts")]

    def unknown(self, value: Any, kind: dict[str, str], at: str) -> Iterator[str]:
        """Keys in a value that its type does not have."""
        for key, inside in value.items():
            where = f"{at} {key}"
            if key not in kind:
                if where not in ONLY_IN_THE_REFERENCE:
                    yield where
            elif key not in DATA:
                inner = self.kinds.get(kind[key].removesuffix("[]"))
                for each in inside if isinstance(inside, list) else [inside]:
                    if inner is not None and isinstance(each, dict):
                        yield from self.unknown(each, inner, where)


def types_of(method: str) -> Types:
    return Types(TYPES / ("".join(part[0].upper() + part[1:] for part in method.split(".")) + "Response.d.ts"))


@pytest.fixture
async def ws():
    async with Workspace(app_token="xapp-signalbox-1") as ws:
        yield ws


class Calls:
    """Calls each method once, with what it needs.

    Args:
        ws: the small Slack.
    """

    def __init__(self, ws: Workspace) -> None:
        self.ws = ws
        self.carla = ws.add_person("carla", email="carla@bank.example")
        self.stranger = ws.add_person("nora", external=True)
        self.group = ws.add_group("managers", [self.carla])
        self.channel = ws.add_channel("releases", [self.carla])
        self.slack = AsyncWebClient(token=ws.bot_token, base_url=ws.url, retry_handlers=[])

    async def posted(self) -> str:
        answer = await self.slack.chat_postMessage(
            channel=self.channel.id, text="card", metadata={"event_type": "card", "event_payload": {"subject": "CR-1"}}
        )
        return str(answer["ts"])

    def view(self, kind: str) -> dict[str, Any]:
        more = {"title": {"type": "plain_text", "text": "Ask"}} if kind == "modal" else {}
        return {"type": kind, "blocks": [{"type": "divider"}], **more}

    def trigger(self) -> str:
        return self.ws.state.new_trigger(self.carla.id)

    async def opened(self) -> str:
        return str((await self.slack.views_open(trigger_id=self.trigger(), view=self.view("modal")))["view"]["id"])

    async def uploaded(self) -> str:
        begun = await self.slack.files_getUploadURLExternal(filename="a.txt", length=1)
        async with aiohttp.ClientSession() as session, session.post(begun["upload_url"], data=b"x"):
            pass
        return str(begun["file_id"])

    async def pinned(self) -> str:
        ts = await self.posted()
        await self.slack.pins_add(channel=self.channel.id, timestamp=ts)
        return ts


CALLS: dict[str, Callable[[Calls], Awaitable[Any]]] = {
    "auth.test": lambda c: c.slack.auth_test(),
    "chat.postMessage": lambda c: c.slack.chat_postMessage(
        channel=c.channel.id, text="x", metadata={"event_type": "a", "event_payload": {}}
    ),
    "chat.postEphemeral": lambda c: c.slack.chat_postEphemeral(channel=c.channel.id, user=c.carla.id, text="x"),
    "users.info": lambda c: c.slack.users_info(user=c.stranger.id),
    "users.lookupByEmail": lambda c: c.slack.users_lookupByEmail(email="carla@bank.example"),
    "usergroups.list": lambda c: c.slack.usergroups_list(include_users=True),
    "usergroups.users.list": lambda c: c.slack.usergroups_users_list(usergroup=c.group.id),
    "conversations.open": lambda c: c.slack.conversations_open(users=c.carla.id),
    "conversations.info": lambda c: c.slack.conversations_info(channel=c.channel.id),
    "files.getUploadURLExternal": lambda c: c.slack.files_getUploadURLExternal(filename="a.txt", length=1),
    "views.open": lambda c: c.slack.views_open(trigger_id=c.trigger(), view=c.view("modal")),
    "views.publish": lambda c: c.slack.views_publish(user_id=c.carla.id, view=c.view("home")),
}


async def after(c: Calls, method: str) -> Any:
    """The methods that need something first."""
    match method:
        case "chat.update":
            return await c.slack.chat_update(channel=c.channel.id, ts=await c.posted(), text="y")
        case "chat.delete":
            return await c.slack.chat_delete(channel=c.channel.id, ts=await c.posted())
        case "chat.getPermalink":
            return await c.slack.chat_getPermalink(channel=c.channel.id, message_ts=await c.posted())
        case "conversations.history":
            await c.posted()
            return await c.slack.conversations_history(channel=c.channel.id, include_all_metadata=True)
        case "conversations.replies":
            return await c.slack.conversations_replies(channel=c.channel.id, ts=await c.posted(), include_all_metadata=True)
        case "files.completeUploadExternal":
            file = await c.uploaded()
            return await c.slack.files_completeUploadExternal(files=[{"id": file, "title": "A"}], channel_id=c.channel.id)
        case "views.update":
            return await c.slack.views_update(view_id=await c.opened(), view=c.view("modal"))
        case "views.push":
            await c.opened()
            return await c.slack.views_push(trigger_id=c.trigger(), view=c.view("modal"))
        case "pins.add":
            return await c.slack.pins_add(channel=c.channel.id, timestamp=await c.posted())
        case "pins.list":
            await c.pinned()
            return await c.slack.pins_list(channel=c.channel.id)
        case "pins.remove":
            return await c.slack.pins_remove(channel=c.channel.id, timestamp=await c.pinned())
    raise AssertionError(f"nobody wrote down how {method} is called")


@pytest.mark.parametrize("method", METHODS)
async def test_an_answer_has_no_key_that_slack_does_not_have(ws, method):
    calls = Calls(ws)
    answer = await (CALLS[method](calls) if method in CALLS else after(calls, method))
    types = types_of(method)
    assert answer.data["ok"] is True
    assert list(types.unknown(answer.data, types.answer, method)) == []


async def test_a_key_that_slack_does_not_have_is_seen():
    types = types_of("views.open")
    made_up = {"ok": True, "view": {"id": "V1", "mood": "good"}, "extra": 1}
    assert list(types.unknown(made_up, types.answer, "views.open")) == ["views.open view mood", "views.open extra"]
