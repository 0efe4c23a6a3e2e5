"""The arguments of one Web API call, read as Slack reads them; and how a call is refused.

Invariant: a method sees typed values or is not run; a refusal is an answer, never an exception that reaches the server.
"""

import json
from dataclasses import dataclass
from typing import Any

from bot.workspace.text import Json


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """Slack's `{"ok": false, "error": …}`.

    Args:
        error: Slack's error code.
        more: further keys of the answer.
    """

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Json = {"ok": False, "error": error, **more}


def invalid(messages: list[str], error: str = "invalid_arguments") -> Refused:
    """A refusal that explains itself in `response_metadata.messages`, as Slack does."""
    return Refused(error, errors=[m.removeprefix("[ERROR] ") for m in messages], response_metadata={"messages": messages})


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments as they came: strings from a form or a query, any JSON value from a JSON body."""

    raw: Json

    def text(self, name: str, default: str | None = None) -> str:
        """A string; refused when it is missing and has no default."""
        value = self.raw.get(name, default)
        if value in (None, "") and default is None:
            raise invalid([f"[ERROR] missing required field: {name}"])
        return "" if value is None else str(value)

    def maybe(self, name: str) -> str | None:
        """A string, or None when it was not given."""
        value = self.raw.get(name)
        return None if value in (None, "") else str(value)

    def flag(self, name: str) -> bool:
        """A boolean: true, "true" or 1."""
        return str(self.raw.get(name, "")).lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        try:
            return int(self.raw.get(name) or default)
        except (TypeError, ValueError):
            raise invalid([f"[ERROR] must be an integer [json-pointer:/{name}]"]) from None

    def data(self, name: str) -> Any:
        """A JSON value, which a form carries as a string; None when it was not given."""
        value = self.raw.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise invalid([f"[ERROR] must be valid JSON [json-pointer:/{name}]"]) from None
