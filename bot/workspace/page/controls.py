"""What can be chosen or filled in, ready to be drawn: every interactive element of Block Kit but those that ask the bot for options.

Invariant: what is offered here is what Slack's client would offer; an element that the page cannot draw is named, not left out.
"""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.workspace.inputs import STATE, Input, plain_value
from bot.workspace.spans import of_text
from bot.workspace.state import BOT_USER, SLACKBOT
from bot.workspace.text import Json, Reader

LOCAL = "%Y-%m-%dT%H:%M"
"""How a browser's field for date and time writes a moment, in the reader's zone."""

_SHAPES: Final = {
    **dict.fromkeys(("static_select", "users_select", "channels_select", "conversations_select"), "select"),
    **dict.fromkeys(("multi_static_select", "multi_users_select", "multi_channels_select", "multi_conversations_select"), "several"),
    "overflow": "menu",
    "radio_buttons": "radio",
    "checkboxes": "boxes",
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
}
"""Element type → what the page draws for it."""


def label(value: Any, reader: Reader) -> str:
    """A text object as plain text."""
    return "".join(each.text for each in of_text(value, reader))


def control(element: Json, block: Json, state: Json | None, reader: Reader) -> Json | None:
    """An element to choose in or to fill in; None for one that the page cannot draw.

    Args:
        element: as the bot sent it.
        block: that it stands in.
        state: what stands in it now, in the form of `view.state.values`; None for what the bot set.
        reader: who sees it.
    """
    shape = _SHAPES.get(element["type"])
    if shape is None:
        return None
    field = Input(block["block_id"], element["action_id"], "", element["type"], True, element, None)
    drawn: Json = {
        "type": "control",
        "shape": shape,
        "block_id": field.block_id,
        "action_id": field.action_id,
        "placeholder": label(element.get("placeholder"), reader),
        "value": _standing(element, state),
    }
    if shape in {"select", "several", "menu", "radio", "boxes"}:
        drawn["options"] = _offered(field, reader)
    if shape == "text":
        drawn["multiline"] = bool(element.get("multiline"))
    if shape == "datetime-local":
        at = datetime.fromtimestamp(drawn["value"], ZoneInfo(reader.zone)) if drawn["value"] else None
        drawn |= {"value": at.strftime(LOCAL) if at else None, "zone": reader.zone}
    return drawn


def _standing(element: Json, state: Json | None) -> Any:
    if state is not None:
        return plain_value(state)
    key, initial = STATE[element["type"]]
    return plain_value({"type": element["type"], key: element.get(initial, [] if key.endswith("s") else None)})


def _offered(field: Input, reader: Reader) -> list[list[str]]:
    """Value and label of each option; people and channels are those of the workspace."""
    kind = field.kind.removeprefix("multi_")
    if kind in {"users_select", "channels_select", "conversations_select"}:
        first = "U" if kind == "users_select" else "C"
        return [[each, name] for each, name in reader.names.items() if each.startswith(first) and each not in {BOT_USER, SLACKBOT}]
    return [[value, label(each["text"], reader)] for value, each in field.options.items()]
