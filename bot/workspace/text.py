"""Slack's text as a person reads it: entities, mentions, links, dates, emoji and blocks, rendered to plain text.

Invariant: rendering never changes what was said; an unknown token or emoji stays visible as it was written.
Source: Slack, "Formatting message text" (escaping, `<@U…>`, `<!date^…>`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

EMOJI = {
    "alarm_clock": "⏰", "arrow_right": "➡️", "arrow_up": "⬆️", "arrows_counterclockwise": "🔄", "bell": "🔔", "black_square_for_stop": "⏹️",
    "bust_in_silhouette": "👤", "calendar": "📆", "checkered_flag": "🏁", "construction": "🚧", "double_vertical_bar": "⏸️",
    "exclamation": "❗", "eyes": "👀", "fire": "🔥", "fire_engine": "🚒", "grey_question": "❔", "heavy_check_mark": "✔️",
    "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "information_source": "ℹ️", "large_blue_circle": "🔵", "large_green_circle": "🟢",
    "large_yellow_circle": "🟡", "link": "🔗", "lock": "🔒", "mag": "🔍", "memo": "📝", "no_entry": "⛔", "no_entry_sign": "🚫",
    "octagonal_sign": "🛑", "package": "📦", "pushpin": "📌", "question": "❓", "raised_hand": "✋", "red_circle": "🔴",
    "rewind": "⏪", "rocket": "🚀", "rotating_light": "🚨", "snowflake": "❄️", "steam_locomotive": "🚂", "thumbsdown": "👎",
    "thumbsup": "👍", "tada": "🎉", "train": "🚋", "vertical_traffic_light": "🚦", "warning": "⚠️", "white_check_mark": "✅",
    "white_circle": "⚪", "wrench": "🔧", "x": "❌",
}  # fmt: skip
_CONTROL = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_MARKS = re.compile(r"(?<![\w*_~])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\w*_~])")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):")
_HELD = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: whose names are known, where the clock stands, in which zone.

    Args:
        names: id to visible name, with its sign: `U…` → `@Carla Captain`, `C…` → `#releases`, `S…` → `@release-managers`.
        now: the present moment, aware; for "today" and "3 minutes ago".
        zone: IANA name of the reader's zone.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    zone: str = "UTC"


def unescape(text: str) -> str:
    """Undo Slack's three entities, and only those."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    """Slack's three entities, as its clients write what a person typed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str, reader: Reader) -> str:
    """Slack's `mrkdwn` as plain text; code keeps its characters, formatting marks go."""
    held: list[str] = []

    def hold(rendered: str) -> str:
        held.append(rendered)
        return f"\ue000{len(held) - 1}\ue001"

    text = _CONTROL.sub(lambda m: hold(_control(m[1], reader)), text)
    text = _CODE.sub(lambda m: hold(unescape(m[1] or m[2])), text)
    for _ in range(3):  # bold, italic and strike may be nested in one another
        text = _MARKS.sub(r"\2", text)
    text = unescape(_emoji(text))
    while _HELD.search(text):  # code may contain a link
        text = _HELD.sub(lambda m: held[int(m[1])], text)
    return text


def text_object(value: Any, reader: Reader) -> str:
    """A text object, `plain_text` or `mrkdwn`."""
    if not isinstance(value, dict):
        return ""
    text = str(value.get("text", ""))
    if value.get("type") == "plain_text":
        return unescape(_emoji(text) if value.get("emoji", True) else text)
    return mrkdwn(text, reader)


def blocks_text(blocks: list[Json], reader: Reader) -> str:
    """Blocks from top to bottom, one line for each text, buttons as `[Label]`."""
    return "\n".join(line for block in blocks for line in _block(block, reader) if line)


def _emoji(text: str) -> str:
    return _EMOJI.sub(lambda m: EMOJI.get(m[1], m[0]), text)


def _control(inside: str, reader: Reader) -> str:
    target, _, label = inside.partition("|")
    label = unescape(label)
    if target.startswith("!date^"):
        return _date(target, label, reader)
    if target.startswith("!subteam^"):
        group = target.removeprefix("!subteam^")
        return reader.names.get(group, label or f"@{group}")
    if target.startswith("!"):
        return label or f"@{target[1:]}"
    if target[0] in "@#":
        return reader.names.get(target[1:], f"{target[0]}{label}" if label else target)
    url = unescape(target)
    return f"{label} ({url})" if label and label != url else url.removeprefix("mailto:")


def _date(target: str, fallback: str, reader: Reader) -> str:
    parts = target.split("^")
    try:
        moment = datetime.fromtimestamp(int(parts[1]), UTC).astimezone(ZoneInfo(reader.zone))
        form = parts[2]
    except (IndexError, ValueError, OverflowError):
        return fallback or f"<{target}>"
    day = f"{moment.day}{'th' if 10 < moment.day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(moment.day % 10, 'th')}"
    plain = {
        "date_num": f"{moment:%Y-%m-%d}",
        "date": f"{moment:%B} {day}, {moment.year}",
        "date_short": f"{moment:%b} {moment.day}, {moment.year}",
        "date_long": f"{moment:%A}, {moment:%B} {day}, {moment.year}",
        "time": f"{moment:%H:%M}",  # Slack shows the reader's choice of 12 or 24 hours; ours have chosen 24
        "time_secs": f"{moment:%H:%M:%S}",
        "ago": _ago(reader.now - moment),
    }
    days = (moment.date() - reader.now.astimezone(moment.tzinfo).date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    smart = {f"{name}_pretty": near or plain[name] for name in ("date", "date_short", "date_long")}
    return re.sub(r"\{(\w+)\}", lambda m: {**plain, **smart}.get(m[1], m[0]), unescape(form))


def _ago(age: timedelta) -> str:
    seconds = abs(int(age.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size or unit == "second":
            count = seconds // size
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if age >= timedelta(0) else f"in {words}"
    raise AssertionError("the last unit always answers")


def _block(block: Json, reader: Reader) -> Iterator[str]:
    match block.get("type"):
        case "header":
            yield text_object(block.get("text"), reader)
        case "section":
            yield text_object(block.get("text"), reader)
            yield from (text_object(each, reader) for each in block.get("fields") or ())
            yield _element(block.get("accessory") or {}, reader)
        case "context" | "actions" as kind:
            drawn = [_element(each, reader) for each in block.get("elements") or ()]
            yield (" · " if kind == "context" else " ").join(each for each in drawn if each)
        case "input":
            yield f"{text_object(block.get('label'), reader)}: {_element(block.get('element') or {}, reader)}"
            yield text_object(block.get("hint"), reader)
        case "divider":
            yield "———"
        case "image":
            yield f"[image: {block.get('alt_text', '')}]"
        case "markdown":
            yield str(block.get("text", ""))
        case "rich_text":
            yield "".join(_rich(block, reader)).rstrip("\n")
        case unknown:
            yield f"[{unknown}]"


def _element(element: Json, reader: Reader) -> str:
    match element.get("type"):
        case None:
            return ""
        case "mrkdwn" | "plain_text":
            return text_object(element, reader)
        case "button":
            return f"[{text_object(element.get('text'), reader)}]"
        case "image":
            return f"[image: {element.get('alt_text', '')}]"
        case "overflow" | "radio_buttons" | "checkboxes":
            return " ".join(f"[{text_object(option.get('text'), reader)}]" for option in element.get("options") or ())
        case _:
            return f"[{text_object(element.get('placeholder'), reader) or element['type']}]"


def _rich(part: Json, reader: Reader) -> Iterator[str]:
    match part.get("type"):
        case "text":
            yield str(part.get("text", ""))
        case "link":
            yield _control(f"{part.get('url')}|{part.get('text') or ''}", reader)
        case "user" | "usergroup" | "channel" as kind:
            reference = str(part.get(f"{kind}_id", ""))
            yield reader.names.get(reference, reference)
        case "date":
            yield _control(f"!date^{part.get('timestamp')}^{part.get('format')}|{part.get('fallback') or ''}", reader)
        case "emoji":
            yield _emoji(f":{part.get('name')}:")
        case kind:
            for each in part.get("elements") or ():
                yield from ("- " if kind == "rich_text_list" else "", *_rich(each, reader), "\n" if kind == "rich_text_list" else "")
            if kind in {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}:
                yield "\n"
