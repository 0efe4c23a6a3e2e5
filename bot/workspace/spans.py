"""Slack's formatted text as spans: what is bold, code, a link or a name, and what is only characters.

Invariant: a span's text is what people see and is never read again; only an address that begins with http, https or mailto is a link.
Source: Slack, "Formatting message text"; Block Kit reference, "Rich text block".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from bot.workspace.text import Json, Reader, date, emoji, unescape

Style = Literal["bold", "italic", "strike", "code"]

_TOKEN = re.compile(
    r"```(?P<preformatted>.+?)```|`(?P<code>[^`\n]+)`|<(?P<control>[^<>\n]+)>"
    # what stands between two marks may hold code and links, whose characters are no marks; it does not leave its line
    r"|(?<![\w*_~])(?P<mark>[*_~])(?=\S)(?P<marked>(?>`[^`\n]+`|<[^<>\n]+>|[^\n])+?)(?<=\S)(?P=mark)(?![\w*_~])",
    re.DOTALL,
)
_MARKS: dict[str, Style] = {"*": "bold", "_": "italic", "~": "strike"}
_WEB = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text that looks the same.

    Args:
        text: as people see it.
        styles: how it looks.
        url: where it leads, or "".
        named: the id of the person, group or channel that is named, or "".
    """

    text: str
    styles: frozenset[Style] = frozenset()
    url: str = ""
    named: str = ""


def of_mrkdwn(text: str, reader: Reader) -> list[Span]:
    """What `mrkdwn` says, in order."""
    return list(_parsed(text, reader))


def of_text(value: object, reader: Reader) -> list[Span]:
    """What a text object says, `plain_text` or `mrkdwn`; nothing for what is none."""
    if not isinstance(value, dict):
        return []
    text = str(value.get("text", ""))
    if value.get("type") == "plain_text":
        return [Span(unescape(emoji(text) if value.get("emoji", True) else text))]
    return of_mrkdwn(text, reader)


def of_rich(element: Json, reader: Reader) -> Span:
    """One element of a rich text section. Its text knows no markup and no entities."""
    style = element.get("style") or {}
    styles: frozenset[Style] = frozenset(each for each in (*_MARKS.values(), "code") if style.get(each))
    match element.get("type"):
        case "link":
            url = str(element.get("url", ""))
            return replace(_link(url, str(element.get("text") or "")), styles=styles)
        case "user" | "usergroup" | "channel" as kind:
            named = str(element.get(f"{kind}_id", ""))
            return Span(reader.names.get(named, named), styles, named=named)
        case "date":
            said = date(str(element.get("timestamp")), str(element.get("format", "")), reader)
            return Span(said or str(element.get("fallback") or ""), styles)
        case "emoji":
            return Span(emoji(f":{element.get('name')}:"), styles)
        case _:
            return Span(str(element.get("text", "")), styles)


def _parsed(text: str, reader: Reader) -> Iterator[Span]:
    at = 0
    for found in _TOKEN.finditer(text):
        yield from _characters(text[at : found.start()])
        at = found.end()
        if code := found["preformatted"] or found["code"]:
            yield Span(_unmarked(code, reader), frozenset({"code"}))
        elif found["control"]:
            yield _control(found["control"], reader)
        else:
            inside = _parsed(found["marked"], reader)
            yield from (replace(each, styles=each.styles | {_MARKS[found["mark"]]}) for each in inside)
    yield from _characters(text[at:])


def _characters(text: str) -> Iterator[Span]:
    if text:
        yield Span(unescape(emoji(text)))


def _unmarked(code: str, reader: Reader) -> str:
    """Code keeps its characters; only names and links are read in it."""
    parts = re.split(r"<([^<>\n]+)>", code)  # every second one is a name or a link
    return "".join(_control(part, reader).text if index % 2 else unescape(part) for index, part in enumerate(parts))


def _control(inside: str, reader: Reader) -> Span:
    """What stands between `<` and `>`."""
    target, _, label = inside.partition("|")
    label = unescape(label)
    if target.startswith("!date^"):
        _, timestamp, form, *_ = (*target.split("^"), "")
        return Span(date(timestamp, unescape(form), reader) or label or f"<{target}>")
    if target.startswith("!subteam^"):
        group = target.removeprefix("!subteam^")
        return Span(reader.names.get(group, label or f"@{group}"), named=group)
    if target.startswith("!"):
        return Span(label or f"@{target[1:]}", named=target[1:])
    if target.startswith(("@", "#")):
        return Span(reader.names.get(target[1:], f"{target[0]}{label}" if label else target), named=target[1:])
    return _link(unescape(target), label)


def _link(url: str, label: str) -> Span:
    if not url.startswith(_WEB):
        return Span(f"{label} ({url})" if label else url)
    return Span(label or url.removeprefix("mailto:"), url=url)
