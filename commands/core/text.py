"""Text for people, as spans instead of markup, so that nothing that a person typed can act as markup (SEC-09).

Invariant: a plain `str` in a line is data and is escaped by whoever renders it; mentions, links and dates exist as types only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field


@dataclass(frozen=True, slots=True)
class Mention:
    """A person who is pinged where the text is shown; `slack` is a Slack user id."""

    slack: str
    kind: Literal["mention"] = "mention"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, shown in the reader's own zone with the service's zone beside it (OPS-13).

    Args:
        at: UTC.
        zone: IANA zone of the rule that the moment belongs to.
    """

    at: datetime
    zone: str
    kind: Literal["moment"] = "moment"


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type or compare: a command, a digest, a version."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class Bold:
    """A word that must be seen."""

    text: str
    kind: Literal["bold"] = "bold"


@dataclass(frozen=True, slots=True)
class Link:
    """A link whose address the bot knows from CI or VCS, never from chat."""

    url: str
    text: str
    kind: Literal["link"] = "link"


NONE = "none"
"""What is said where there is nothing to say: no box is ticked, no downtime, no data."""

Span = Annotated[Mention | Moment | Code | Bold | Link, Field(discriminator="kind")]
Line = tuple[str | Span, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button that stands for a command with some of its words filled in.

    Args:
        label: what people read, at most 75 characters.
        word: the command's name.
        fields: the words that the button knows, e.g. the change and the hash of what the card shows.
        style: `primary`, `danger` or none.
        confirm: a question that is asked first, or "".
    """

    label: str
    word: str
    fields: dict[str, str]
    style: Literal["primary", "danger", ""] = ""
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A block of lines under an optional heading.

    Args:
        lines: what it says.
        heading: shown in bold above.
        literal: shown exactly as it is, to be copied: the text of a file.
    """

    lines: tuple[Line, ...]
    heading: str = ""
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A message: what a person needs to see and can do, without any of Slack's own words.

    Args:
        title: plain text, with one emoji first.
        facts: label and value, shown in two columns.
        parts: what follows, top to bottom.
        buttons: what the reader can do.
        footer: small print.
    """

    title: str
    facts: tuple[tuple[str, Line], ...] = ()
    parts: tuple[Part, ...] = ()
    buttons: tuple[Button, ...] = ()
    footer: Line = ()


@dataclass(frozen=True, slots=True)
class Input:
    """One question of a form.

    Args:
        name: the command's word that it fills.
        label: the question.
        kind: a line of text, many lines, a choice, boxes to tick, a date with time, or a channel.
        options: value and label, for a choice or for boxes; at most 10 boxes.
        initial: the value that it is prefilled with; for boxes the values of those that are ticked, with commas between.
        hint: help below it.
        optional: whether it may stay empty.
        shortest, longest: bounds of a text, in characters.
    """

    name: str
    label: str
    kind: Literal["line", "text", "choice", "choices", "moment", "channel"] = "line"
    options: tuple[tuple[str, str], ...] = ()
    initial: str = ""
    hint: str = ""
    optional: bool = False
    shortest: int = 0
    longest: int = 500


REASON_HINT = "It stands in the record, with your name."


def reason(name: str, label: str, initial: str = "") -> Input:
    """The question why: what is answered is kept with who answered it (PRM-10).

    Args:
        name: the command's word that it fills.
        label: the question.
        initial: what was typed before.
    """
    return Input(name, label, "text", initial=initial, hint=REASON_HINT, shortest=3, longest=1000)


@dataclass(frozen=True, slots=True)
class Form:
    """A form whose submission is a command.

    Args:
        title: at most 24 characters.
        word: the command's name.
        submit: the button's label.
        inputs: the questions.
        known: words that need no question.
        lines: what to read before answering.
    """

    title: str
    word: str
    submit: str
    inputs: tuple[Input, ...]
    known: dict[str, str]
    lines: tuple[Line, ...] = ()


def worded(sentence: str) -> Line:
    """A sentence of a guard or of the grammar as a line: what stands between backticks is something to type, so it is code.

    Rich text knows no markup: Slack would show the backticks. What people wrote stays as they wrote it and does not come here.
    """
    parts = sentence.split("`")
    if len(parts) % 2 == 0:  # one of them has no partner: they are characters like others
        return (sentence,)
    return tuple(Code(part) if index % 2 else part for index, part in enumerate(parts) if part)


def plain(line: Line, zone: str | None = None) -> str:
    """A line as people read it, without markup; moments in their own zone or the one given."""
    from zoneinfo import ZoneInfo  # only cards that are read on a terminal take it

    def say(span: str | Span) -> str:
        match span:
            case str():
                return span
            case Mention(slack=slack):
                return f"@{slack}"
            case Moment(at=at, zone=own):
                where = zone or own
                return f"{at.astimezone(ZoneInfo(where)):%a %-d %b %H:%M} {where}"
            case Code(text=text):
                return f"`{text}`"
            case Bold(text=text) | Link(text=text):
                return text

    return "".join(map(say, line))
