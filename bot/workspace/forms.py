"""Views as people see them: modals with their inputs, and the App Home.

Invariant: what a person could not send in Slack (a required field left empty, a text too long, an option that is not
offered) is not sent here either; `NotSent` says which field and why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from bot.workspace.blocks import TEXT_INPUTS
from bot.workspace.text import Json, Reader, blocks_text, text_object

REQUIRED = "Please complete this required field."
TROUBLE = "We had some trouble connecting. Try again?"

# element type → (key in view.state.values, key of the initial value)
_STATE = {
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


class NotSent(ValueError):  # noqa: N818 - named for what happened to the form
    """Slack's client would not have sent this form.

    Args:
        errors: block_id to the sentence that the person sees under the field.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{block}: {why}" for block, why in errors.items()))
        self.errors = dict(errors)


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


@dataclass(slots=True)
class View:
    """A modal or an App Home, as one person has it before them.

    Args:
        id, hash: as Slack gives them; the hash changes with every update.
        person: the viewer's user id.
        payload: the view as the bot sent it, with ids filled in.
        state: what is in the inputs, in the form of `view.state.values`.
        errors: block_id to the sentence under that field, from the bot's last answer.
        notice: what Slack itself shows at the top when the bot did not answer as it should, else None.
        reads: makes a reader for a zone, now.
        root, previous: ids of the first view of the stack and the one underneath.
    """

    id: str
    hash: str
    person: str
    payload: Json
    reads: Callable[[str], Reader] = field(repr=False)
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notice: str | None = None
    root: str = ""
    previous: str | None = None

    @property
    def title(self) -> str:
        """The visible title."""
        return text_object(self.payload.get("title"), self.reads("UTC"))

    @property
    def blocks(self) -> list[Json]:
        """The blocks, as the bot sent them (with block ids)."""
        blocks: list[Json] = self.payload["blocks"]
        return blocks

    @property
    def inputs(self) -> list[Input]:
        """The fields, from top to bottom."""
        found = []
        for block in self.blocks:
            if block["type"] != "input":
                continue
            element, block_id = block["element"], block["block_id"]
            value = plain_value(self.state[block_id][element["action_id"]])
            label = text_object(block["label"], self.reads("UTC"))
            found.append(Input(block_id, element["action_id"], label, element["type"], bool(block.get("optional")), element, value))
        return found

    @property
    def values(self) -> dict[str, Any]:
        """What stands in the fields now, by block_id."""
        return {each.block_id: each.value for each in self.inputs}

    def as_text(self, zone: str = "UTC") -> str:
        """The view as plain readable text: title, blocks, values, errors, buttons at the bottom."""
        reader = self.reads(zone)
        lines = [self.title, f"({self.notice})" if self.notice else ""]
        fields = {each.block_id: each for each in self.inputs}
        for block in self.blocks:
            lines.append(blocks_text([block], reader))
            if (shown := fields.get(block["block_id"])) is not None and shown.value not in (None, []):
                lines[-1] = f"{shown.label}: {_visible(shown, reader)}"
            if block["block_id"] in self.errors:
                lines.append(f"  ! {self.errors[block['block_id']]}")
        buttons = [text_object(self.payload.get(each), reader) for each in ("close", "submit")]
        lines.append(" ".join(f"[{each}]" for each in buttons if each))
        return "\n".join(line for line in lines if line)

    def fill(self, values: Mapping[str, Any]) -> None:
        """Write into fields, named by block_id, action_id or label.

        Args:
            values: text for text fields; an option's value or visible text for selects; lists for those that take several;
                a person's or channel's id (or the object) for their selects; ISO dates and times.

        Raises:
            LookupError: no such field or no such option; the message names those that exist.
        """
        for name, value in values.items():
            found = [each for each in self.inputs if name in {each.block_id, each.action_id, each.label}]
            if len(found) != 1:
                known = ", ".join(f"{each.block_id} ({each.label})" for each in self.inputs)
                raise LookupError(
                    f"{'several fields are' if found else 'no field is'} named {name!r}; the form has: {known or 'no fields'}"
                )
            target = found[0]
            self.state[target.block_id][target.action_id] = {
                "type": target.kind,
                _STATE[target.kind][0]: _entered(target, value, self.reads("UTC")),
            }

    def check(self) -> None:
        """What Slack's client checks before it sends a form; raises `NotSent`."""
        errors = {}
        for each in self.inputs:
            if each.value in (None, "", []):
                if not each.optional:
                    errors[each.block_id] = REQUIRED
            elif each.kind in TEXT_INPUTS:
                least, most = each.element.get("min_length") or 0, each.element.get("max_length") or 3000
                if not least <= len(each.value) <= most:
                    errors[each.block_id] = f"Use between {least} and {most} characters; this has {len(each.value)}."
        if errors:
            raise NotSent(errors)


def initial_state(blocks: list[Json], kept: Mapping[str, Mapping[str, Json]]) -> dict[str, dict[str, Json]]:
    """`view.state.values` for these blocks: what was typed is kept where block_id and action_id stayed the same.

    Source: Slack, "Updating views", preserving input entry.
    """
    state: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in (block.get("element"), block.get("accessory"), *(block.get("elements") or ())):
            if isinstance(element, dict) and element.get("type") in _STATE and element["type"] != "overflow":
                key, initial = _STATE[element["type"]]
                value = element.get(initial, [] if key.endswith("s") else None)
                before = kept.get(block["block_id"], {}).get(element["action_id"])
                same = before is not None and before["type"] == element["type"]
                state.setdefault(block["block_id"], {})[element["action_id"]] = (
                    dict(before) if same and before else {"type": element["type"], key: value}
                )
    return state


def plain_value(state: Json) -> Any:
    """One element's state reduced to what was chosen or typed."""
    value = state[_STATE[state["type"]][0]]
    if isinstance(value, dict):
        return value["value"]
    if isinstance(value, list):
        return [each["value"] if isinstance(each, dict) else each for each in value]
    return value


def _visible(shown: Input, reader: Reader) -> str:
    values = shown.value if isinstance(shown.value, list) else [shown.value]
    options = shown.options
    return ", ".join(
        text_object(options[str(each)].get("text"), reader) if str(each) in options else reader.names.get(str(each), str(each))
        for each in values
    )


def _entered(target: Input, value: Any, reader: Reader) -> Any:
    key = _STATE[target.kind][0]
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
    chosen = {"type": target.kind, _STATE[target.kind][0]: _entered(target, value, reader)}
    return target.block_id, {**chosen, "action_id": action_id, "block_id": target.block_id}
