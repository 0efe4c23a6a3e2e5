"""What the workspace remembers: who and what is in it, which triggers are open, and every call that was made.

Invariant: every change goes through a method that tells those who wait for it; ids depend on names alone, so that two
runs of a story read the same; a message timestamp is never given twice.
"""

import asyncio
import itertools
import time
from base64 import b32encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import Any

from bot.workspace.forms import View
from bot.workspace.manifest import App
from bot.workspace.nouns import Channel, Group, Message, Person
from bot.workspace.text import Json, Reader

BOT_USER, BOT_ID, APP_ID, SLACKBOT = "U0SIGNALBOT", "B0SIGNALBOT", "A0SIGNALBOT", "USLACKBOT"
TEAM_DOMAIN = "signalbox"
TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_LIFE, RESPONSE_USES = timedelta(minutes=30), 5


def wall_clock() -> datetime:
    """The machine's own time, aware, in UTC: the default where no clock is given."""
    return datetime.fromtimestamp(time.time(), UTC)


def stable_id(prefix: str, name: str) -> str:
    """An id in Slack's form (`U…`, `C…`) that depends on the name alone."""
    return prefix + b32encode(blake2s(f"{prefix}{name}".encode(), digest_size=5).digest()).decode()


@dataclass(frozen=True, slots=True)
class Call:
    """One Web API call (or post to a response URL).

    Args:
        method: `chat.postMessage`, or `response_url`. arguments: as parsed.
        answer: the JSON answered; `{"status": 429}` for a bare HTTP status.
        at: when, UTC.
    """

    method: str
    arguments: Json
    answer: Json
    at: datetime


@dataclass(slots=True)
class Trigger:
    """A `trigger_id`: opens one view for one person within three seconds."""

    person: str
    born: datetime
    used: bool = False


@dataclass(slots=True)
class Upload:
    """A file on its way: an address was given for it, then its bytes came, then it is shared."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    shared: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """What a response URL may still do, and for whom."""

    person: str
    channel: str
    born: datetime
    message: Message | None
    uses: int = 0


class State:
    """Everything that the workspace knows. Methods that change it wake the waiters."""

    def __init__(self, now: Callable[[], datetime], team: str, app: App) -> None:
        self.now, self.team, self.app = now, team, app
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, Group] = {}
        self.messages: list[Message] = []
        self.views: dict[str, View] = {}
        self.stacks: defaultdict[str, list[View]] = defaultdict(list)
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.uploads: dict[str, Upload] = {}
        self.calls: list[Call] = []
        self.told: list[str] = []
        self.names: dict[str, str] = {BOT_USER: "@Signalbox", SLACKBOT: "@Slackbot"}
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self._waiters: set[asyncio.Future[None]] = set()

    def number(self) -> int:
        """A number never given before."""
        return next(self._numbers)

    def ts(self) -> str:
        """A message timestamp: Slack's form, unique and rising even when the clock stands still."""
        self._last_ts = max(self._last_ts + 1, int(self.now().timestamp() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def reader(self, zone: str = "UTC") -> Reader:
        """A reader in this workspace, now, in `zone`."""
        return Reader(self.names, self.now(), zone)

    def tell(self, line: str) -> None:
        """Write a line into the transcript and wake those who wait for a change."""
        self.told.append(line)
        for waiter in tuple(self._waiters):
            if not waiter.done():
                waiter.set_result(None)

    async def changed(self) -> None:
        """Return at the next change."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def dm(self, person: str) -> Channel:
        """The direct message channel of the bot with a person, opened when it is not."""
        channel = Channel(stable_id("D", person), "directmessage", {person, BOT_USER}, "im")
        return self.channels.setdefault(channel.id, channel)

    def add_message(self, channel: str, user: str, text: str, blocks: list[Json], **more: Any) -> Message:
        """Post a message; blocks without an id get one, as in Slack."""
        message = Message(self.ts(), channel, user, text, self.with_ids(blocks), self.reader, **more)
        self.messages.append(message)
        where = self.names.get(channel, channel)
        seen = f"{where}, only to {self.names[message.ephemeral_to]}" if message.ephemeral_to else where
        self.tell(f"[{seen}] {self.names.get(user, user)}: {message.as_text()}")
        return message

    def find_message(self, channel: str, ts: str) -> Message | None:
        """A message that everyone in the channel sees, by its timestamp."""
        return next((m for m in self.messages if (m.channel, m.ts) == (channel, ts) and m.ephemeral_to is None), None)

    def with_ids(self, blocks: list[Json]) -> list[Json]:
        """The same blocks with the ids that Slack fills in where the bot gave none."""
        done = []
        for block in blocks:
            filled = {**block, "block_id": block.get("block_id") or f"b{self.number()}"}
            if isinstance(block.get("elements"), list) and block["type"] == "actions":
                filled["elements"] = [{**each, "action_id": each.get("action_id") or f"a{self.number()}"} for each in block["elements"]]
            for part in ("accessory", "element"):
                if isinstance(block.get(part), dict) and block[part].get("type") != "image":
                    filled[part] = {**block[part], "action_id": block[part].get("action_id") or f"a{self.number()}"}
            done.append(filled)
        return done

    def new_trigger(self, person: str) -> str:
        """A fresh `trigger_id` for a person."""
        number = self.number()
        trigger = f"{number}.{len(self.team)}.{blake2s(str(number).encode(), digest_size=16).hexdigest()}"
        self.triggers[trigger] = Trigger(person, self.now())
        return trigger

    def new_response_url(self, person: str, channel: str, message: Message | None) -> str:
        """The path of a fresh response URL."""
        path = f"/respond/{self.team}/{self.number()}"
        self.response_urls[path] = ResponseUrl(person, channel, self.now(), message)
        return path

    def message_json(self, message: Message, *, metadata: bool = False) -> Json:
        """A message as the Web API and the payloads show it."""
        shown: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": self.team}
        if message.user == BOT_USER:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if message.blocks:
            shown["blocks"] = message.blocks
        if message.thread_ts:
            shown["thread_ts"] = message.thread_ts
        if message.edited:
            shown["edited"] = {"user": message.user, "ts": message.ts}
        if metadata and message.metadata:
            shown["metadata"] = message.metadata
        return shown
