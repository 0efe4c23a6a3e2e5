"""The small Slack's answers against the types of Slack's own SDK (@slack/web-api): it answers nothing that Slack does not (issue 6).

The types say of no key that it must be there. What must be there is what the bot reads, as its own shapes of the answers have it.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import BaseModel, create_model
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters import directory
from bot.slack import chat
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
    "users.lookupByEmail user is_workflow_bot": "the user object of users.info, whose type has it",
}
"""Keys that Slack's reference documents and the SDK's types, which are made from samples, do not have."""


SOCKET = "apps.connections.open"
"""Answered beside `METHODS`: it takes the other token."""

READ: dict[str, type[BaseModel]] = {
    "chat.postMessage": chat._Posted,
    "chat.postEphemeral": chat._Shown,
    "conversations.open": chat._Opened,
    "conversations.history": chat._Messages,
    "conversations.replies": chat._Messages,
    "files.getUploadURLExternal": chat._Upload,
    "users.info": create_model("UserInfo", user=(directory._User, ...)),
    "users.lookupByEmail": directory._Found,
    "usergroups.users.list": directory._Users,
    "conversations.info": create_model("ChannelInfo", channel=(directory._Channel, ...)),
    SOCKET: create_model("Opened", url=(str, ...)),  # read by Slack's SDK
}
"""Method → what the bot reads of its answer; of the others whether it worked, and that alone."""


def shapes_of(module: Any) -> set[type[BaseModel]]:
    """The shapes of answers, and of their parts, in a module."""
    found = (each for each in vars(module).values() if isinstance(each, type) and issubclass(each, BaseModel))
    return {each for each in found if each.__module__ == module.__name__}


def keys_of(shape: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Where each key stands that a shape has."""
    schema = shape.model_json_schema()

    def below(part: dict[str, Any], at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for each in (part, *part.get("anyOf", ()), part.get("items", {})):
            inner = schema["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for key, value in inner.get("properties", {}).items():
                yield (*at, key)
                yield from below(value, (*at, key)) if key not in DATA else ()

    yield from below(schema, ())


def has(value: Any, keys: tuple[str, ...]) -> bool:
    """Whether something stands there; in a list, in one of its parts."""
    if isinstance(value, list):
        return any(has(each, keys) for each in value)
    return not keys or (isinstance(value, dict) and keys[0] in value and has(value[keys[0]], keys[1:]))


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
    SOCKET: lambda c: c.slack.apps_connections_open(app_token=c.ws.app_token),
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


@pytest.mark.parametrize("method", [*METHODS, SOCKET])
async def test_an_answer_has_no_key_that_slack_does_not_have(ws, method):
    calls = Calls(ws)
    answer = await (CALLS[method](calls) if method in CALLS else after(calls, method))
    types = types_of(method)
    assert answer.data["ok"] is True
    assert list(types.unknown(answer.data, types.answer, method)) == []


@pytest.mark.parametrize("method", READ)
async def test_an_answer_has_every_key_that_the_bot_reads(ws, method):
    calls = Calls(ws)
    answers = [(await (CALLS[method](calls) if method in CALLS else after(calls, method))).data]
    if method == "users.info":
        answers.append((await calls.slack.users_info(user=calls.carla.id)).data)  # a stranger's account shows less
    assert [keys for keys in keys_of(READ[method]) if not any(has(answer, keys) for answer in answers)] == []


@pytest.mark.parametrize("method", READ)
def test_the_bot_reads_no_key_that_slack_does_not_have(method):
    types, lost = types_of(method), []
    for keys in keys_of(READ[method]):
        kind = types.answer
        for key in keys[:-1]:
            kind = types.kinds.get(kind[key].removesuffix("[]"), {})
        if keys[-1] not in kind and " ".join((method, *keys)) not in ONLY_IN_THE_REFERENCE:
            lost.append(keys)
    assert lost == []


def test_each_shape_that_the_bot_has_of_an_answer_is_held_against_one():
    held = {name for each in READ.values() for name in (each.__name__, *each.model_json_schema().get("$defs", {}))}
    assert {each.__name__ for each in shapes_of(chat) | shapes_of(directory)} - held == {"_Answer"}


async def test_a_key_that_slack_does_not_have_is_seen():
    types = types_of("views.open")
    made_up = {"ok": True, "view": {"id": "V1", "mood": "good"}, "extra": 1}
    assert list(types.unknown(made_up, types.answer, "views.open")) == ["views.open view mood", "views.open extra"]
