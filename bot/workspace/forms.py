"""Views as people see them: modals with their inputs, and the App Home.

Invariant: what a person could not send in Slack (a required field left empty, a text too long) is not sent here either;
`NotSent` says which field and why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.workspace.blocks import TEXT_INPUTS
from bot.workspace.inputs import STATE, Input, entered, plain_value, visible
from bot.workspace.plain import blocks_text, text_object
from bot.workspace.text import Json, Reader

REQUIRED = "Please complete this required field."
TROUBLE = "We had some trouble connecting. Try again?"


class NotSent(ValueError):  # noqa: N818 - named for what happened to the form
    """Slack's client would not have sent this form.

    Args:
        errors: block_id to the sentence that the person sees under the field.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{block}: {why}" for block, why in errors.items()))
        self.errors = dict(errors)


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
                lines[-1] = f"{shown.label}: {visible(shown, reader)}"
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
                STATE[target.kind][0]: entered(target, value, self.reads("UTC")),
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
