"""What a page asks for in the name of a person, carried out in the workspace.

Invariant: what somebody presses is what they had before them, however it looks by now; what is not there any more is not pressed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.workspace.forms import View
from bot.workspace.nouns import Message, Person
from bot.workspace.state import State
from bot.workspace.workspace import Workspace

Word = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Value = Text | tuple[Word, ...] | None


class _Deed(BaseModel):
    """What every deed has: whose it is, by Slack id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: Word


class Say(_Deed):
    """Send what stands in the box: a command, or an ordinary message; below a message, by its timestamp, when `thread` names one."""

    do: Literal["say"]
    channel: Word
    text: Text
    thread: Word | None = None


class Press(_Deed):
    """Press a button on a message, by the version that was seen, or on a view, by its id; `twice` is a double click."""

    do: Literal["press"]
    on: Word
    action_id: Word
    twice: bool = False


class Choose(_Deed):
    """Choose in a menu, among boxes or a date, on a message or in a view."""

    do: Literal["choose"]
    on: Word
    action_id: Word
    value: Value


class Visit(_Deed):
    """Open a tab of the App Home."""

    do: Literal["visit"]
    tab: Literal["home", "messages"]


class Aside(_Deed):
    """Something that is done beside the workspace."""

    do: Literal["aside"]
    what: dict[Word, Word]


class Submit(_Deed):
    """Send a form; values by block_id."""

    do: Literal["submit"]
    view: Word
    values: dict[Word, Value]


class Close(_Deed):
    """Close a form unsent."""

    do: Literal["close"]
    view: Word


AnyDeed = Say | Press | Choose | Visit | Submit | Close
Deed = TypeAdapter[AnyDeed | Aside](Annotated[AnyDeed | Aside, Field(discriminator="do")])


async def carry_out(deed: AnyDeed, workspace: Workspace, seen: Mapping[str, Message]) -> None:
    """Do it; returns when the bot has acknowledged. What it leads to is seen in the workspace.

    Args:
        deed: what is asked for.
        workspace: where.
        seen: messages as they were shown, by version.

    Raises:
        LookupError: a person, channel, message or form that is not there, with a sentence for the person.
        ValueError: no such command.
        NotSent: fields of the form are not as Slack's client wants them.
    """
    state = workspace.state
    person = somebody(state, deed.person)
    match deed:
        case Say():
            await _say(deed, person, workspace)
        case Press():
            press = workspace.double_click if deed.twice else workspace.press
            _ = await press(person, _surface(deed.on, person, state, seen), deed.action_id)
        case Choose():
            surface = _surface(deed.on, person, state, seen)
            await workspace.choose(person, surface, deed.action_id, _chosen(surface, deed, person.tz))
        case Visit():
            await workspace.open_home(person, deed.tab)
        case Submit():
            view = _form(deed.view, person, state)
            kinds = {each.block_id: each.kind for each in view.inputs}
            await workspace.submit(person, {block: _entered(kinds.get(block), value, person.tz) for block, value in deed.values.items()})
        case Close():
            _form(deed.view, person, state)
            await workspace.close_modal(person)


async def _say(deed: Say, person: Person, workspace: Workspace) -> None:
    channel = workspace.state.channels.get(deed.channel)
    if channel is None:
        raise LookupError("this conversation is not there any more")
    word = deed.text.partition(" ")[0]
    if not word.startswith("/"):
        workspace.post(person, channel, deed.text, thread=deed.thread)
    elif deed.thread is not None:
        raise ValueError(f"{word} is not supported in threads. Sorry!")  # in Slack's own words
    elif word not in (known := workspace.state.app.commands):
        raise ValueError(f"{word} is not a valid command; there is {', '.join(sorted(known))}")
    else:
        await workspace.say(person, channel, deed.text)


def somebody(state: State, wanted: str) -> Person:
    """Who has this id; LookupError when nobody does."""
    person = state.people.get(wanted)
    if person is None:
        raise LookupError(f"nobody here has the id {wanted}")
    return person


def _surface(on: str, person: Person, state: State, seen: Mapping[str, Message]) -> Message | View:
    shown = seen.get(on)
    home = state.homes.get(person.id)
    if home is not None and home.id == on:
        return home
    if shown is None:
        return _form(on, person, state)
    if not any((each.channel, each.ts) == (shown.channel, shown.ts) for each in state.messages):
        raise LookupError("this message is not there any more")
    return shown


def _form(wanted: str, person: Person, state: State) -> View:
    """The form that the person has on top, if it is the wanted one."""
    stack = state.stacks[person.id]
    if not stack or stack[-1].id != wanted:
        raise LookupError("this form is not open any more")
    return stack[-1]


def _chosen(surface: Message | View, deed: Choose, zone: str) -> Any:
    elements = (each for block in surface.blocks for each in (block.get("accessory"), *(block.get("elements") or ())))
    kind = next((each["type"] for each in elements if isinstance(each, dict) and each.get("action_id") == deed.action_id), None)
    return _entered(kind, deed.value, zone)


def _entered(kind: str | None, value: str | tuple[str, ...] | None, zone: str) -> Any:
    """A browser writes a moment without a zone: it is meant in the person's own."""
    if isinstance(value, str) and value and kind == "datetimepicker":
        return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(zone))
    return value or None
