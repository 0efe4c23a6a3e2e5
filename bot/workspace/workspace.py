"""The workspace as stories use it: people who type, click and fill in forms, and what they see.

Invariant: a person can do here only what Slack's client would let them do; everything reaches the bot over real HTTP or
a real websocket, and everything the bot says was accepted by the same limits as Slack's.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Self, TypeVar

from bot.workspace import payloads
from bot.workspace.api import APP_TOKENS, BOT_TOKENS, mint, ours
from bot.workspace.api_views import close_top
from bot.workspace.deliver import EVENT, INTERACTIVE, SLASH, Courier, Exchange
from bot.workspace.faults import Faults
from bot.workspace.forms import NotSent, View
from bot.workspace.inputs import as_state, choice
from bot.workspace.manifest import EVERYTHING, App
from bot.workspace.nouns import Button, Channel, Group, Message, Person, buttons_of
from bot.workspace.server import Server
from bot.workspace.settle import settle
from bot.workspace.state import BOT_USER, Call, State, stable_id, wall_clock
from bot.workspace.text import Json, escape

T = TypeVar("T")


class Workspace:
    """A small Slack on this machine, for one bot.

    Args:
        now: the story's clock, aware UTC; None for the machine's own. Triggers, response URLs and timestamps follow it.
        signing_secret: None to make one up; the bot needs the same.
        bot_token: `xoxb-signalbox-…`, None to make one up.
        app_token: `xapp-signalbox-…` to offer Socket Mode, else None.
        app: what the bot may do and hears of; `manifest.installed` reads it from a manifest.
        team: the workspace's id.
        ack_seconds: how long the bot may take to acknowledge; Slack's limit is 3.
        stamps: seconds since 1970 for `X-Slack-Request-Timestamp`. The machine's time by default, because Bolt judges the
            age of a request by that; give the story's clock where the bot judges by its own.

    Raises:
        ValueError: a token that could be a real one.
    """

    def __init__(
        self,
        now: Callable[[], datetime] | None = None,
        *,
        signing_secret: str | None = None,
        bot_token: str | None = None,
        app_token: str | None = None,
        app: App = EVERYTHING,
        team: str = "T0SIGNAL",
        ack_seconds: float = 3.0,
        stamps: Callable[[], float] = time.time,
    ) -> None:
        self.signing_secret = signing_secret or secrets.token_hex(16)
        self.bot_token = ours(bot_token, BOT_TOKENS) if bot_token else mint(BOT_TOKENS)
        self.app_token = ours(app_token, APP_TOKENS) if app_token else None
        self.faults = Faults()
        self._last: dict[str, Exchange] = {}
        self._state = State(now or wall_clock, team, app)
        self._courier = Courier(self.signing_secret, ack_seconds, stamps)
        self._server = Server(self._state, self.faults, self._courier, self.bot_token, self.app_token)

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        await self._server.start(port)

    async def stop(self) -> None:
        """Release what hangs, disconnect everyone, stop listening."""
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT/api/`, the `base_url` for the bot's Web API client."""
        return f"{self._server.origin}/api/"

    @property
    def state(self) -> State:
        """What the workspace remembers, to be read; it is changed by what people and the bot do."""
        return self._state

    @property
    def calls(self) -> list[Call]:
        """Every Web API call and response URL post, oldest first."""
        return self._state.calls

    @property
    def websockets(self) -> int:
        """How many the bot has open, in Socket Mode."""
        return self._courier.websockets

    @property
    def request_url(self) -> str | None:
        """Where deliveries go while no websocket is connected."""
        return self._courier.request_url

    def aim(self, url: str) -> None:
        """Tell Slack the bot's request URL (on this machine); used while no websocket is connected."""
        self._courier.aim(url)

    # ------------------------------------------------------------ who and where

    def add_person(
        self,
        handle: str,
        *,
        name: str | None = None,
        email: str | None = None,
        tz: str = "Europe/Berlin",
        guest: bool = False,
        bot: bool = False,
        deleted: bool = False,
        external: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> Person:
        """Add an account; its id depends on the handle alone unless one is given. `tz` is an IANA name."""
        person = Person(id or stable_id("U", handle), handle, name or handle, email, tz, guest, bot, deleted, external)
        self._state.people[person.id] = person
        self._state.names[person.id] = f"@{person.name}"
        return person

    def add_channel(
        self, name: str, members: Iterable[Person] = (), *, bot: bool = True, private: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> Channel:  # fmt: skip
        """Add a channel; the bot is a member unless `bot=False`."""
        ids = {person.id for person in members} | ({BOT_USER} if bot else set())
        channel = Channel(id or stable_id("C", name), name, ids, "private" if private else "channel")
        self._state.channels[channel.id] = channel
        self._state.names[channel.id] = f"#{name}"
        return channel

    def add_group(self, handle: str, members: Iterable[Person] = (), *, id: str | None = None) -> Group:  # noqa: A002
        """Add a user group."""
        group = Group(id or stable_id("S", handle), handle, [person.id for person in members])
        self._state.groups[group.id] = group
        self._state.names[group.id] = f"@{handle}"
        return group

    def dm(self, person: Person) -> Channel:
        """The person's direct message channel with the bot."""
        self._state.names.setdefault(stable_id("D", person.id), f"DM with {self._state.names[person.id]}")
        return self._state.dm(person.id)

    # ------------------------------------------------------------ what people do

    def post(self, person: Person, channel: Channel, text: str, *, thread: str | None = None) -> Message:
        """A person writes an ordinary message, below another one when its timestamp is given; nothing is sent to the bot."""
        self._inside(person, channel)
        if thread is not None and self._state.find_message(channel.id, thread) is None:
            raise LookupError("the message above this thread is not there any more")
        return self._state.add_message(channel.id, person.id, escape(text), [], thread_ts=thread)

    async def say(self, person: Person, channel: Channel, text: str) -> Exchange:
        """A person types a slash command.

        Args:
            person: who types.
            channel: where; they must be a member, the bot need not be.
            text: as typed, `/release promote api v1.4.0 production`; names as `@carla`.

        Returns:
            The delivery. When it failed, the person also sees Slack's own sentence (see `private`).
        """
        self._inside(person, channel)
        word, _, rest = text.partition(" ")
        if not word.startswith("/"):
            raise ValueError("say() types a slash command; post() writes an ordinary message")
        self._state.tell(f"[{self._state.names[channel.id]}] {self._state.names[person.id]} types: {text}")
        escaped = payloads.typed(self._state, rest.strip(), mentions=self._state.app.should_escape)
        return await self._send(SLASH, payloads.command(self._state, person, channel, word, escaped, self._server.origin))

    async def press(self, person: Person, surface: Message | View, button: str) -> Exchange:
        """A person presses a button (and confirms, where it asks).

        Args:
            person: who presses.
            surface: a message, a modal or a home. `copy.copy(message)` made before an edit is a screen not yet refreshed.
            button: visible text or action_id.

        Raises:
            LookupError: no such button, or this person does not see the message; the buttons that exist are named.
        """
        self._sees(person, surface)
        buttons = buttons_of(surface.blocks, self._state.reader())
        found = [each for each in buttons if button in {each.text, each.action_id}]
        if len(found) != 1:
            known = ", ".join(f"{each.text} ({each.action_id})" for each in buttons) or "no buttons"
            raise LookupError(f"{'several buttons are' if found else 'no button is'} named {button!r}; there are: {known}")
        return await self._act(person, surface, _pressed(found[0]), f"presses {found[0].text!r}")

    async def double_click(self, person: Person, surface: Message | View, button: str) -> tuple[Exchange, Exchange]:
        """Two clicks on one button, both under way at once."""
        first, second = await asyncio.gather(self.press(person, surface, button), self.press(person, surface, button))
        return first, second

    async def choose(self, person: Person, surface: Message | View, action_id: str, value: Any) -> Exchange:
        """A person chooses in a menu, an overflow, radio buttons or checkboxes outside a form's submission.

        Args:
            person: who chooses.
            surface: a message, a modal or a home.
            action_id: the element's.
            value: an option's value or visible text; a list where several may be chosen.
        """
        self._sees(person, surface)
        block_id, action = choice(surface.blocks, action_id, value, self._state.reader())
        if isinstance(surface, View) and action_id in surface.state.get(block_id, {}):
            surface.state[block_id][action_id] = as_state(action)
        return await self._act(person, surface, action, f"chooses {value!r}")

    async def shortcut(self, person: Person, callback_id: str) -> Exchange:
        """A person starts a global shortcut."""
        self._state.tell(f"{self._state.names[person.id]} starts the shortcut {callback_id}")
        return await self._send(INTERACTIVE, payloads.shortcut(self._state, person, callback_id))

    async def submit(self, person: Person, values: Mapping[str, Any] | None = None) -> Exchange:
        """A person fills in the open form and submits it.

        Args:
            person: who has the form open.
            values: see `View.fill`; fields not named keep what stands in them.

        Raises:
            LookupError: no form is open, or a field or option does not exist.
            NotSent: Slack's client would not send it; the sentences also stand in `modal(person).errors`.
        """
        view = self._open(person)
        if view.payload.get("submit") is None:
            raise LookupError(f"the form {view.title!r} has no submit button")
        view.fill(values or {})
        try:
            view.check()
        except NotSent as refused:
            view.errors = refused.errors
            self._state.tell(f"{self._state.names[person.id]} cannot submit: {refused}")
            raise
        self._state.tell(f"{self._state.names[person.id]} submits: {view.as_text()}")
        return await self._send(INTERACTIVE, payloads.view_submission(self._state, person, view))

    async def close_modal(self, person: Person, *, everything: bool = False) -> Exchange | None:
        """A person closes the form on top (or the whole stack); the bot hears of it only when it asked to."""
        closed = self._open(person)
        cleared = everything or bool(closed.payload.get("clear_on_close"))
        payload = payloads.view_closed(self._state, person, closed, cleared=cleared)
        close_top(self._state, person.id)
        while cleared and self._state.stacks[person.id]:
            close_top(self._state, person.id)
        return await self._send(INTERACTIVE, payload) if closed.payload.get("notify_on_close") else None

    async def event(self, person: Person, inner: Json) -> Exchange:
        """Slack sends an event, `{"type": "app_home_opened"}`; what it lacks is filled in from the person.

        Raises:
            LookupError: the app does not subscribe to it.
        """
        if not self._hears(inner["type"]):
            raise LookupError(f"the app does not subscribe to {inner['type']}")
        return await self._send(EVENT, payloads.event(self._state, person, inner))

    async def open_home(self, person: Person, tab: str = "home") -> Exchange | None:
        """A person opens the App Home; the bot hears of it when it subscribes to `app_home_opened`.

        Args:
            person: who looks.
            tab: `home` or `messages`.

        Raises:
            LookupError: the app has no Home tab.
        """
        if tab == "home" and not self._state.app.home_tab:
            raise LookupError("the app has no Home tab")
        self._state.tell(f"{self._state.names[person.id]} opens the App Home ({tab})")
        return await self.event(person, {"type": "app_home_opened", "tab": tab}) if self._hears("app_home_opened") else None

    async def redeliver(self, exchange: Exchange) -> Exchange:
        """Send the very same payload again, signed anew, with Slack's retry headers."""
        return await self._send(exchange.kind, exchange.payload, exchange.retries + 1)

    def last(self, person: Person) -> Exchange | None:
        """The last command, click or form of a person, to be delivered again; None when there was none."""
        return self._last.get(person.id)

    # ------------------------------------------------------------ what people see

    def messages(self, channel: Channel) -> list[Message]:
        """What everyone in the channel sees, thread replies included, oldest first."""
        return [message for message in self._state.messages if message.channel == channel.id and message.ephemeral_to is None]

    def private(self, person: Person) -> list[Message]:
        """What only this person sees: ephemeral messages and answers, direct messages, Slack's own notices; oldest first."""
        direct = self._state.dm(person.id).id
        return [m for m in self._state.messages if m.ephemeral_to == person.id or (m.channel == direct and m.ephemeral_to is None)]

    def file(self, message: Message, number: int = 0) -> bytes:
        """The bytes of a file that a message shares."""
        content = self._state.uploads[message.files[number]["id"]].content
        assert content is not None
        return content

    def pins(self, channel: Channel) -> list[Message]:
        """The channel's pinned messages, oldest pin first."""
        return [message for ts in channel.pins if (message := self._state.find_message(channel.id, ts)) is not None]

    def modal(self, person: Person) -> View | None:
        """The form that the person has on top, or None."""
        stack = self._state.stacks[person.id]
        return stack[-1] if stack else None

    def home(self, person: Person) -> View | None:
        """The person's App Home, or None when the bot never published one."""
        return self._state.homes.get(person.id)

    def transcript(self) -> str:
        """Everything that happened, one line each, oldest first."""
        return "\n".join(self._state.told)

    def notify(self, line: str) -> None:
        """Write a line into the transcript and let `until` look again: for what happens outside the workspace."""
        self._state.tell(line)

    async def until(self, predicate: Callable[[], T], timeout: float = 5) -> T:  # noqa: ASYNC109 - it is raised with the transcript
        """Wait until something is so; looked at after every change in the workspace.

        Args:
            predicate: what to wait for; its first true value is returned.
            timeout: seconds.

        Raises:
            TimeoutError: with the transcript.
        """
        try:
            async with asyncio.timeout(timeout):
                while not (found := predicate()):
                    await self._state.changed()
                return found
        except TimeoutError:
            raise TimeoutError(f"it was not so within {timeout} s; what happened:\n{self.transcript()}") from None

    # ------------------------------------------------------------ inside

    def _inside(self, person: Person, channel: Channel) -> None:
        # a deactivated account is not stopped here: its last click may still be under way, and the bot must see to it
        if person.id not in channel.members:
            raise LookupError(f"{person.name} is not in {self._state.names[channel.id]}")

    def _hears(self, event: str) -> bool:
        events = self._state.app.events
        return events is None or event in events

    def _sees(self, person: Person, surface: Message | View) -> None:
        if isinstance(surface, View):
            if surface.person != person.id:
                raise LookupError(f"{person.name} does not see this view")
        else:
            self._inside(person, self._state.channels[surface.channel])
            if surface.ephemeral_to not in (None, person.id):
                raise LookupError(f"{person.name} does not see this message")

    def _open(self, person: Person) -> View:
        view = self.modal(person)
        if view is None:
            raise LookupError(f"{person.name} has no form open; what happened:\n{self.transcript()}")
        return view

    async def _act(self, person: Person, surface: Message | View, action: Json, what: str) -> Exchange:
        self._state.tell(f"{self._state.names[person.id]} {what}")
        return await self._send(INTERACTIVE, payloads.block_actions(self._state, person, surface, action, self._server.origin))

    async def _send(self, kind: str, payload: Json, retry: int = 0) -> Exchange:
        exchange = await self._courier.deliver(kind, payload, retry)
        self._state.tell(f"the bot answered {kind}: {exchange.error or exchange.status} {exchange.body[:200]}".rstrip())
        settle(self._state, exchange)
        self._last[str(payload.get("user_id") or (payload.get("user") or {}).get("id"))] = exchange
        return exchange


def _pressed(button: Button) -> Json:
    """A button's entry in `actions`."""
    kept: Json = {key: button.element[key] for key in ("type", "action_id", "text", "value", "style") if key in button.element}
    return {"block_id": button.block_id, **kept}
