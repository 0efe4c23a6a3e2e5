"""What Slack's text is made of: entities, emoji, names and dates, as a reader in a zone sees them.

Invariant: reading never changes what was said; an unknown emoji stays visible as it was written, and a date that is none says its fallback.
Source: Slack, "Formatting message text" (escaping, `<!date^…>`).
"""

import re
from collections.abc import Mapping
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
_EMOJI = re.compile(r":([a-z0-9_+'-]+):")


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


def emoji(text: str) -> str:
    """The text with `:white_check_mark:` as ✅."""
    return _EMOJI.sub(lambda m: EMOJI.get(m[1], m[0]), text)


def date(timestamp: str, form: str, reader: Reader) -> str | None:
    """A moment in the reader's zone, or None for what is no moment.

    Args:
        timestamp: seconds since 1970.
        form: Slack's, `{date_short_pretty} {time}`.
        reader: who reads.
    """
    try:
        moment = datetime.fromtimestamp(int(timestamp), UTC).astimezone(ZoneInfo(reader.zone))
    except (ValueError, OverflowError):
        return None
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
    return re.sub(r"\{(\w+)\}", lambda m: {**plain, **smart}.get(m[1], m[0]), form)


def _ago(age: timedelta) -> str:
    seconds = abs(int(age.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size or unit == "second":
            count = seconds // size
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if age >= timedelta(0) else f"in {words}"
    raise AssertionError("the last unit always answers")
