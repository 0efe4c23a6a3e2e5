"""Interactive elements as people use them: what can be entered, and how Slack writes it into `view.state.values`.

Invariant: an option that is not offered cannot be chosen.
Source: Slack, Block Kit reference (block elements); "View interaction payloads", `state.values`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from bot.workspace.blocks import TEXT_INPUTS
from bot.workspace.plain import text_object
from bot.workspace.text import Json, Reader

# element type → (key in view.state.values, key of the initial value)
STATE = {
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    **dict.fromkeys(TEXT_INPUTS, ("value", "initial_value")),
}


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form.

    Args:
        block_id, action_id: where Slack puts its value in `view.state.values`.
        label: what the person sees.
        kind: element type (`plain_text_input`, `static_select` …).
        optional: whether it may be left empty.
        element: the whole element, as the bot sent it.
        value: what stands in it now: text, an option's value, a list of them, or None.
    """

    block_id: str
    action_id: str
    label: str
    kind: str
    optional: bool
    element: Json
    value: Any

    @property
    def options(self) -> dict[str, Json]:
        """Option objects by value, groups flattened."""
        groups = self.element.get("option_groups") or [{"options": self.element.get("options") or []}]
        return {str(option["value"]): option for group in groups for option in group["options"]}


def initial_state(blocks: list[Json], kept: Mapping[str, Mapping[str, Json]]) -> dict[str, dict[str, Json]]:
    """`view.state.values` for these blocks: what was typed is kept where block_id and action_id stayed the same.

    Source: Slack, "Updating views", preserving input entry.
    """
    state: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in (block.get("element"), block.get("accessory"), *(block.get("elements") or ())):
            if isinstance(element, dict) and element.get("type") in STATE and element["type"] != "overflow":
                key, initial = STATE[element["type"]]
                value = element.get(initial, [] if key.endswith("s") else None)
                before = kept.get(block["block_id"], {}).get(element["action_id"])
                same = before is not None and before["type"] == element["type"]
                state.setdefault(block["block_id"], {})[element["action_id"]] = (
                    dict(before) if same and before else {"type": element["type"], key: value}
                )
    return state


def plain_value(state: Json) -> Any:
    """One element's state reduced to what was chosen or typed."""
    value = state[STATE[state["type"]][0]]
    if isinstance(value, dict):
        return value["value"]
    if isinstance(value, list):
        return [each["value"] if isinstance(each, dict) else each for each in value]
    return value


def visible(shown: Input, reader: Reader) -> str:
    """What a person sees in a field: the options' texts, people's names."""
    values = shown.value if isinstance(shown.value, list) else [shown.value]
    options = shown.options
    return ", ".join(
        text_object(options[str(each)].get("text"), reader) if str(each) in options else reader.names.get(str(each), str(each))
        for each in values
    )


def entered(target: Input, value: Any, reader: Reader) -> Any:
    """What Slack's client makes of a value that a story gives; raises LookupError for an option that is not offered."""
    key = STATE[target.kind][0]
    if key.startswith("selected_option"):
        if value is None:
            return [] if key.endswith("s") else None
        chosen = [_option(target, each, reader) for each in (value if isinstance(value, list | tuple | set) else [value])]
        return chosen if key.endswith("s") else chosen[0]
    if isinstance(value, list | tuple | set):
        return [getattr(each, "id", each) for each in value]
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, date | time):
        return value.isoformat()[: 5 if isinstance(value, time) else None]
    value = getattr(value, "id", value)
    return str(value) if target.kind in TEXT_INPUTS and value not in (None, "") else value or None


def _option(target: Input, value: Any, reader: Reader) -> Json:
    for each in target.options.values():
        if value in (each["value"], text_object(each["text"], reader)):
            return each
    offered = ", ".join(f"{each['value']} ({text_object(each['text'], reader)})" for each in target.options.values())
    raise LookupError(f"{target.label!r} does not offer {value!r}; it offers: {offered}")


def choice(blocks: list[Json], action_id: str, value: Any, reader: Reader) -> tuple[str, Json]:
    """What a person chose in one interactive element: its block_id and its entry in `actions`.

    Raises:
        LookupError: no such element or no such option; the message names those that exist.
    """
    found = {
        element["action_id"]: (block, element)
        for block in blocks
        for element in (block.get("element"), block.get("accessory"), *(block.get("elements") or ()))
        if isinstance(element, dict) and "action_id" in element and element["type"] != "button"
    }
    if action_id not in found:
        raise LookupError(f"nothing to choose is named {action_id!r}; there are: {', '.join(found) or 'none'}")
    block, element = found[action_id]
    target = Input(block["block_id"], action_id, action_id, element["type"], True, element, None)
    chosen = {"type": target.kind, STATE[target.kind][0]: entered(target, value, reader)}
    return target.block_id, {**chosen, "action_id": action_id, "block_id": target.block_id}


def as_state(action: Json) -> Json:
    """An entry of `actions` as it stands in `state.values`."""
    return {key: value for key, value in action.items() if key not in {"action_id", "block_id"}}
