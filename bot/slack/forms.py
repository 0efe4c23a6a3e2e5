"""Draws forms as modals, within Slack's limits (https://docs.slack.dev/reference/views).

Invariant: whatever a form asks, it opens: what is too long is cut, and what cannot be chosen can be typed.
"""

import json
from datetime import datetime

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ConversationFilter,
    ConversationSelectElement,
    DateTimePickerElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.blocks.block_elements import InputInteractiveElement
from slack_sdk.models.views import View

from bot.slack.markup import cut
from bot.slack.rich import Json, Room, rich_text, section
from commands.core.text import Form, Input

_OPTIONS, _BOXES, _HIDDEN = 100, 10, 3000


def view(form: Form, place: Json) -> Json:
    """The form as a modal.

    Args:
        form: what to ask.
        place: where an answer shall be told: the channel, if any.
    """
    drawn: list[Block | Json] = []
    if form.lines:
        drawn.append(rich_text(section(form.lines, Room())))
    drawn += [_input(i) for i in form.inputs]
    return View(
        type="modal",
        callback_id=form.word,
        title=PlainTextObject(text=cut(form.title, 24)),
        submit=PlainTextObject(text=cut(form.submit, 24)),
        close=PlainTextObject(text="Not now"),
        private_metadata=_hidden(form.known, place),
        blocks=drawn,
    ).to_dict()


def _hidden(known: dict[str, str], place: Json) -> str:
    """What the form knows without asking. Words too long to be carried are left out: then they are missing, and asked for again."""
    carried = dict(known)
    while len(text := json.dumps({"known": carried, **place}, separators=(",", ":"))) > _HIDDEN and carried:
        del carried[max(carried, key=lambda name: len(carried[name]))]
    return text


def _input(question: Input) -> InputBlock:
    element: InputInteractiveElement
    hint = question.hint
    offered = [(value, label or value) for value, label in question.options if 0 < len(value) <= 150]
    match question.kind:
        case "choice" if offered:
            options = [Option(value=value, text=PlainTextObject(text=cut(label, 75))) for value, label in offered[:_OPTIONS]]
            initial = next((o for o in options if o.value == question.initial), None)
            element = StaticSelectElement(action_id=question.name, options=options, initial_option=initial)
            if len(offered) > _OPTIONS:
                hint = f"The first {_OPTIONS} of {len(offered)}; for the others type the command. {hint}".strip()
        case "choices" if offered:
            boxes = [Option(value=value, text=PlainTextObject(text=cut(label, 75))) for value, label in offered[:_BOXES]]
            ticked = [box for box in boxes if box.value in question.initial.split(",")]
            element = CheckboxesElement(action_id=question.name, options=boxes, initial_options=ticked or None)
        case "moment":
            element = DateTimePickerElement(action_id=question.name, initial_date_time=_moment(question.initial))
        case "channel":
            channels = ConversationFilter(include=["public", "private"], exclude_bot_users=True, exclude_external_shared_channels=True)
            element = ConversationSelectElement(action_id=question.name, initial_conversation=question.initial or None, filter=channels)
        case _:  # a choice without anything to choose from is typed
            longest = min(max(question.longest, 1), 3000)
            element = PlainTextInputElement(
                action_id=question.name,
                multiline=question.kind == "text",
                initial_value=question.initial[:longest] or None,
                min_length=min(question.shortest, longest) or None,
                max_length=longest,
            )
    return InputBlock(
        block_id=question.name,
        label=PlainTextObject(text=cut(question.label or question.name, 2000)),
        element=element,
        hint=PlainTextObject(text=cut(hint, 2000)) if hint else None,
        optional=question.optional,
    )


def _moment(text: str) -> int | None:
    """Seconds since 1970 as Slack takes them, 10 digits; None for what is no such moment."""
    try:
        at = datetime.fromisoformat(text)
        seconds = int(at.timestamp()) if at.tzinfo else 0
    except (ValueError, OverflowError):
        return None
    return seconds if 10**9 <= seconds < 10**10 else None
