"""Draws cards and forms as Block Kit, within Slack's limits (https://docs.slack.dev/reference/block-kit).

Invariant: text that a person typed is data: it goes into rich text elements, which know no markup, or is escaped with its
formatting characters defused (SEC-09).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    DateTimePickerElement,
    HeaderBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextSectionElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.blocks.block_elements import InputInteractiveElement
from slack_sdk.models.views import View

from commands.core.text import Bold, Button, Card, Code, Form, Input, Line, Link, Mention, Moment, Part, Span, plain

_DATE = "{date_short_pretty} {time}"
_DEFUSED = str.maketrans({c: c + "\u200b" for c in "*_~`"})
_PART_LINES = 25
"""Lines of one part; what is beyond is counted, not shown: a card that scrolls is not read."""

Json = dict[str, Any]
_P = RichTextElementParts


def blocks(card: Card) -> list[Json]:
    """The card as Block Kit, validated by the SDK's models.

    Args:
        card: what to show.

    Raises:
        SlackObjectFormationError: for a card beyond Slack's limits; the builders in `commands` keep within them.
    """
    drawn: list[Block] = []
    if card.title:
        drawn.append(HeaderBlock(text=PlainTextObject(text=_cut(card.title, 150), emoji=True)))
    if card.facts:
        drawn.append(
            SectionBlock(fields=[MarkdownTextObject(text=_cut(f"*{label}*\n{mrkdwn(line)}", 2000)) for label, line in card.facts[:10]])
        )
    for part in card.parts[:30]:
        drawn += _part(part)
    if card.buttons:
        drawn.append(ActionsBlock(elements=[_button(b, i) for i, b in enumerate(card.buttons)]))
    if card.footer:
        drawn.append(ContextBlock(elements=[MarkdownTextObject(text=_cut(mrkdwn(card.footer), 2000))]))
    return [block.to_dict() for block in drawn[:50]]


def fallback(card: Card) -> str:
    """The card in one line of plain text, for notifications and screen readers."""
    first = plain(card.parts[0].lines[0]) if card.parts and card.parts[0].lines else ""
    return escape(_cut(card.title or first or "Signalbox", 300))


def view(form: Form, place: Json) -> Json:
    """The form as a modal.

    Args:
        form: what to ask.
        place: where an answer shall be told: the channel, if any.
    """
    drawn: list[Block] = []
    if form.lines:
        drawn.append(RichTextBlock(elements=[_section(form.lines)]))
    drawn += [_input(i) for i in form.inputs]
    return View(
        type="modal",
        callback_id=form.word,
        title=PlainTextObject(text=_cut(form.title, 24)),
        submit=PlainTextObject(text=_cut(form.submit, 24)),
        close=PlainTextObject(text="Not now"),
        private_metadata=json.dumps({"known": form.known, **place}, separators=(",", ":")),
        blocks=drawn,
    ).to_dict()


def mrkdwn(line: Line) -> str:
    """A line as Slack's mrkdwn, for the places where rich text cannot stand."""
    return "".join(map(_span, line))


def escape(text: str) -> str:
    """Slack's three escapes: nothing in the text can become a mention, a channel or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _span(span: str | Span) -> str:
    match span:
        case str():
            return escape(span).translate(_DEFUSED)
        case Mention(slack=slack):
            return f"<@{slack}>"
        case Moment():
            return f"<!date^{int(span.at.timestamp())}^{_DATE}|{_own(span)}> ({_own(span)})"
        case Code(text=text):
            return f"`{escape(text).replace('`', 'ˋ')}`"
        case Bold(text=text):
            return f"*{escape(text).translate(_DEFUSED)}*"
        case Link(url=url, text=text):
            return f"<{escape(url).replace('|', '%7C')}|{escape(text).replace('|', '¦')}>"


def _own(moment: Moment) -> str:
    """The service's own time, beside the reader's."""
    return f"{moment.at.astimezone(ZoneInfo(moment.zone)):%a %H:%M} {moment.zone}"


def _part(part: Part) -> list[Block]:
    lines: Sequence[Line] = part.lines[:_PART_LINES]
    if len(part.lines) > _PART_LINES:
        lines = (*lines, (f"… and {len(part.lines) - _PART_LINES} more",))
    heading: tuple[Line, ...] = ((Bold(part.heading),),) if part.heading else ()
    return [RichTextBlock(elements=[_section((*heading, *lines))])]


def _section(lines: Iterable[Line]) -> RichTextSectionElement:
    elements: list[Any] = []
    for index, line in enumerate(lines):
        if index:
            elements.append(_P.Text(text="\n"))
        elements += [element for span in line for element in _rich(span)]
    return RichTextSectionElement(elements=elements or [_P.Text(text=" ")])


def _rich(span: str | Span) -> list[Any]:
    match span:
        case str():
            return [_P.Text(text=_cut(span, 2500))] if span else []
        case Mention(slack=slack):
            return [_P.User(user_id=slack)]
        case Moment():
            date = _P.Date(timestamp=int(span.at.timestamp()), format=_DATE, fallback=_own(span))
            return [date, _P.Text(text=f" ({_own(span)})")]
        case Code(text=text):
            return [_P.Text(text=_cut(text, 2500) or " ", style=_P.TextStyle(code=True))]
        case Bold(text=text):
            return [_P.Text(text=_cut(text, 2500) or " ", style=_P.TextStyle(bold=True))]
        case Link(url=url, text=text):
            return [_P.Link(url=url, text=text)]


def _button(button: Button, index: int) -> ButtonElement:
    confirm = None
    if button.confirm:
        confirm = ConfirmObject(
            title=PlainTextObject(text="Are you sure?"),
            text=PlainTextObject(text=_cut(button.confirm, 300)),
            confirm=PlainTextObject(text="Yes"),
            deny=PlainTextObject(text="No"),
        )
    return ButtonElement(
        text=PlainTextObject(text=_cut(button.label, 75)),
        action_id=f"{button.word}#{index}",
        value=json.dumps(button.fields, separators=(",", ":")),
        style=button.style or None,
        confirm=confirm,
    )


def _input(question: Input) -> InputBlock:
    element: InputInteractiveElement
    match question.kind:
        case "choice":
            options = [Option(value=value, text=PlainTextObject(text=_cut(label, 75))) for value, label in question.options[:100]]
            initial = next((o for o in options if o.value == question.initial), None)
            element = StaticSelectElement(action_id=question.name, options=options, initial_option=initial)
        case "moment":
            initial_moment = int(datetime.fromisoformat(question.initial).timestamp()) if _is_moment(question.initial) else None
            element = DateTimePickerElement(action_id=question.name, initial_date_time=initial_moment)
        case _:
            element = PlainTextInputElement(
                action_id=question.name,
                multiline=question.kind == "text",
                initial_value=question.initial[: question.longest] or None,
                min_length=question.shortest or None,
                max_length=question.longest,
            )
    return InputBlock(
        block_id=question.name,
        label=PlainTextObject(text=_cut(question.label, 2000)),
        element=element,
        hint=PlainTextObject(text=_cut(question.hint, 2000)) if question.hint else None,
        optional=question.optional,
    )


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
