"""Draws cards and forms as Block Kit, within Slack's limits (https://docs.slack.dev/reference/block-kit).

Invariant: text that a person typed is data: it goes into rich text elements (`rich`), or is escaped with its formatting characters
defused (SEC-09).
"""

import json
from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.slack.markup import cut, escape, marked
from bot.slack.rich import Json, Room, preformatted, rich_text, section
from commands.core.text import Bold, Button, Card, Line, Part, plain

_LINES = 25
"""Lines of one part; what is beyond is counted, not shown: a card that scrolls is not read."""

_PARTS = 30
_FIELD, _FIELDS = 600, 10
_BUTTONS, _VALUE, _WORD = 25, 2000, 200
_LABELS = 30
"""Characters of a button that asks first: its question's title and its two answers."""


def blocks(card: Card) -> list[Json]:
    """The card as Block Kit, validated by the SDK's models where those check anything; what is too long is cut, and the cut shows.

    Args:
        card: what to show.

    Raises:
        SlackObjectFormationError: for what cannot be cut to fit; nothing that the builders in `commands` make.
    """
    drawn: list[Block | Json] = []
    room = Room()
    buttons = _buttons(card.buttons, room)
    if card.title:
        drawn.append(HeaderBlock(text=PlainTextObject(text=cut(card.title, 150), emoji=True)))
    if card.facts:
        fields = [_field(label, line, room) for label, line in card.facts]
        drawn += [SectionBlock(fields=fields[at : at + _FIELDS]) for at in range(0, len(fields), _FIELDS)]
    shown = card.parts[:_PARTS]
    for number, part in enumerate(shown):
        if room.is_full():
            shown = card.parts[:number]
            break
        drawn.append(_part(part, room))
    if len(shown) < len(card.parts):
        drawn.append(_small((f"… and {len(card.parts) - len(shown)} more, cut",)))
    if buttons:
        drawn.append(ActionsBlock(elements=buttons))
    if len(buttons) < len(card.buttons):
        drawn.append(_small(("… not every button fits; type the command instead",)))
    if card.footer:
        drawn.append(_small(card.footer))
    return [block if isinstance(block, dict) else block.to_dict() for block in drawn]


def fallback(card: Card) -> str:
    """The card in one line of plain text, for notifications and screen readers."""
    first = plain(card.parts[0].lines[0]) if card.parts and card.parts[0].lines else ""
    return escape(cut(card.title.strip() or first.strip() or "Signalbox", 300))


def _field(label: str, line: Line, room: Room) -> MarkdownTextObject:
    field = marked((Bold(label), "\n", *line), max(min(_FIELD, room.left), len(label) + 10))
    room.left -= len(field.text)
    return field


def _small(line: Line) -> ContextBlock:
    return ContextBlock(elements=[marked(line, _FIELD)])


def _part(part: Part, room: Room) -> Json:
    if part.literal:
        return _literal(part, room)
    lines: Sequence[Line] = part.lines[:_LINES]
    if len(part.lines) > _LINES:
        lines = (*lines, (f"… and {len(part.lines) - _LINES} more",))
    heading: tuple[Line, ...] = ((Bold(part.heading),),) if part.heading else ()
    return rich_text(section((*heading, *lines), room))


def _literal(part: Part, room: Room) -> Json:
    """Text as it is; the cut of what has no room shows."""
    text = cut("\n".join(plain(line) for line in part.lines), max(room.left, 1))
    room.left -= len(text)
    heading = [section(((Bold(part.heading),),), room)] if part.heading else []
    return rich_text(*heading, preformatted(text))


def _value(button: Button) -> str:
    return json.dumps(button.fields, separators=(",", ":"))


def _buttons(buttons: Sequence[Button], room: Room) -> list[ButtonElement]:
    """As many as Slack takes; one whose words are too long for a button is typed instead."""
    fitting = [b for b in buttons if len(_value(b)) <= _VALUE and len(b.word) <= _WORD][:_BUTTONS]
    drawn = [_button(b, i) for i, b in enumerate(fitting)]
    room.left -= sum(_LABELS + min(len(b.label), 75) + min(len(b.confirm), 300) for b in fitting)
    return drawn


def _button(button: Button, index: int) -> ButtonElement:
    confirm = None
    if button.confirm:
        confirm = ConfirmObject(
            title=PlainTextObject(text="Are you sure?"),
            text=PlainTextObject(text=cut(button.confirm, 300)),
            confirm=PlainTextObject(text="Yes"),
            deny=PlainTextObject(text="No"),
        )
    return ButtonElement(
        text=PlainTextObject(text=cut(button.label or button.word, 75)),
        action_id=f"{button.word}#{index}",
        value=_value(button),
        style=button.style or None,
        confirm=confirm,
    )
