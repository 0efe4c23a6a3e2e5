"""How a complaint about a message or a view is made: in Slack's own form, pointing at its place.

Invariant: checking never raises; whatever was sent, the answer is a list of complaints.
"""

from collections.abc import Callable
from typing import Any

from bot.workspace.text import Json


def kind_of(part: Any) -> str | None:
    """The `type` of a block, an element or a text object; None when there is none that could be one."""
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else None


class Check:
    """Collects complaints in Slack's own form: `[ERROR] … [json-pointer:/blocks/0/text]`."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, what: str, where: str) -> None:
        self.problems.append(f"[ERROR] {what} [json-pointer:{where}]")

    def length(self, value: Any, where: str, most: int, *, least: int = 0) -> None:
        if value is None:
            return
        if not isinstance(value, str):
            self.say("must be a string", where)
        elif len(value) > most:
            self.say(f"must be less than {most + 1} characters", where)
        elif len(value) < least:
            self.say(f"must be more than {least - 1} characters", where)

    def between(self, value: Any, where: str, least: int, most: int) -> None:
        if value is not None and (not isinstance(value, int) or not least <= value <= most):
            self.say(f"must be a number between {least} and {most}", where)

    def text(self, value: Any, where: str, most: int, *, plain: bool = False) -> None:
        if not isinstance(value, dict):
            self.say("missing or malformed text object", where)
            return
        kind = kind_of(value)
        if kind not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
            self.say(f"unsupported type: {kind}", f"{where}/type")
        self.unknown(value, {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}, where)
        if "text" not in value:
            self.say("missing required field: text", where)
        self.length(value.get("text"), f"{where}/text", most, least=1)

    def plain(self, value: Any, where: str, most: int) -> None:
        self.text(value, where, most, plain=True)

    def unknown(self, value: Json, allowed: set[str] | frozenset[str], where: str) -> None:
        for key in value.keys() - allowed:
            self.say(f"invalid additional property: {key}", where)

    def unique(self, ids: list[Any], what: str, where: str) -> None:
        given = [each for each in ids if each and isinstance(each, str)]
        for repeated in {each for each in given if given.count(each) > 1}:
            self.say(f"`{what}` already exists: {repeated}", where)

    def several(self, value: Any, where: str, most: int, each: Callable[[Any, str], None], *, least: int = 1) -> None:
        if not isinstance(value, list):
            self.say("must be an array", where)
            return
        if len(value) > most:
            self.say(f"no more than {most} items allowed", where)
        if len(value) < least:
            self.say(f"no fewer than {least} items allowed", where)
        for at, item in enumerate(value):
            each(item, f"{where}/{at}")
