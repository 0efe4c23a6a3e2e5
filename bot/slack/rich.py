"""Draws text as rich text elements, which know no markup (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block).

Invariant: text that a person typed is data: it is the value of an element, and never read as markup (SEC-09). The elements are plain JSON:
the SDK's models of them check nothing, and take half a millisecond for twenty.
"""

from collections.abc import Sequence
from typing import Any

from bot.slack.markup import DATE, cut, is_web, own
from commands.core.text import Bold, Code, Line, Link, Mention, Moment, Span

_ALL = 11_500
"""Characters of a whole card: Slack answers `msg_blocks_too_long` at about 13,200 (measured, not documented)."""

_ELEMENTS = 200
"""Spans of one part, far below Slack's limit."""

_SPAN = 2500

Json = dict[str, Any]


class Room:
    """How many characters a card or a form has left."""

    def __init__(self, left: int = _ALL) -> None:
        self.left = left

    def is_full(self) -> bool:
        return self.left <= 0

    def take(self, text: str) -> str:
        """The text, or as much of it as there is room for."""
        taken = cut(text, min(_SPAN, max(self.left, 1)))
        self.left -= len(taken)
        return taken


def rich_text(*elements: Json) -> Json:
    """The block that holds sections and preformatted text."""
    return {"elements": list(elements), "type": "rich_text"}


def preformatted(text: str) -> Json:
    """Text as it is, in a box of its own."""
    return {"elements": [_text(text or " ")], "type": "rich_text_preformatted"}


def section(lines: Sequence[Line], room: Room) -> Json:
    """Lines as rich text, as far as there is room."""
    elements: list[Json] = []
    for index, line in enumerate(lines):
        if room.is_full() or len(elements) > _ELEMENTS:
            elements.append(_text(f"\n… and {len(lines) - index} more lines, cut"))
            room.left = 0
            break
        if index:
            elements.append(_text("\n"))
        for number, span in enumerate(line):
            if room.is_full() or number > _ELEMENTS:
                elements.append(_text("…"))
                break
            elements += _rich(span, room)
    return {"elements": elements or [_text(" ")], "type": "rich_text_section"}


def _text(text: str, style: str = "") -> Json:
    return {"style": {style: True}, "text": text, "type": "text"} if style else {"text": text, "type": "text"}


def _rich(span: str | Span, room: Room) -> list[Json]:
    match span:
        case str():
            return [_text(room.take(span))] if span else []
        case Mention(slack=slack):
            return [{"type": "user", "user_id": slack}]
        case Moment():
            date = {"fallback": own(span), "format": DATE, "timestamp": int(span.at.timestamp()), "type": "date"}
            return [date, _text(room.take(f" ({own(span)})"))]
        case Code(text=text):
            return [_text(room.take(text or " "), "code")]
        case Bold(text=text):
            return [_text(room.take(text or " "), "bold")]
        case Link(url=url, text=text):
            return [{"text": room.take(text or url), "type": "link", "url": url}] if is_web(url) else [_text(room.take(text or url or " "))]
