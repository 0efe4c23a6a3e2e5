"""Reads what an HTTP neighbour answered: status, headers and body become values and sentences for people.

Invariant: nothing here raises for what a neighbour wrote, and no sentence carries a secret or a URL's credentials.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from commands.core.ports.ci import TurnedDown, Unknown
from guards.unread import Unread

M = TypeVar("M", bound=BaseModel)

MAX_SAID = 200  # characters of a neighbour's own words that are passed on
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_NOT_TAKEN_REDIRECTS = frozenset({307, 308})  # RFC 9110 15.4.8: "repeat it there", so it was not carried out here


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer.

    Args:
        status: the HTTP status.
        headers: keys in lower case.
        body: at most the transport's size limit.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300


def parse(model: type[M], what: str, answer: Answer) -> M | Unread:
    """The body as `model`, or what is wrong with it.

    Args:
        model: the shape that is needed; surplus fields are ignored.
        what: a noun phrase that fits "could not read …".
        answer: a complete answer.
    """
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        return Unread(what, _defect(answer, error))


def _defect(answer: Answer, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        if not answer.body.strip():
            return "its answer is empty"
        if answer.body.lstrip()[:1] == b"<" or "html" in answer.headers.get("content-type", ""):
            return "it answered with a web page instead of data"
        return "its answer is not valid JSON"
    place = ".".join(str(part) for part in first["loc"])
    if not place:
        return "its answer has another shape than agreed"
    return f"its answer lacks “{place}”" if first["type"] == "missing" else f"“{place}” in its answer is not what was agreed"


def said(answer: Answer, field: str) -> str:
    """The neighbour's own sentence from a JSON error body, made fit to be shown, or "".

    Args:
        answer: an error answer.
        field: where the sentence stands, `message` or `error`.
    """
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    text = body.get(field) if isinstance(body, dict) else None
    return plain(text) if isinstance(text, str) else ""


def plain(text: str) -> str:
    """One printable line of at most `MAX_SAID` characters, without credentials in URLs."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: MAX_SAID * 10]).split())
    line = _CREDENTIALS.sub("", line)
    return line if len(line) <= MAX_SAID else line[: MAX_SAID - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `Retry-After` (RFC 9110 10.2.3: a number, or a date compared with the answer's own `Date`), else None."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:9]), 86_400))
    try:
        then, now = parsedate_to_datetime(value), parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError, IndexError):
        return None
    return min(max((_aware(then) - _aware(now)).total_seconds(), 0.0), 86_400.0)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def status_words(answer: Answer) -> str:
    """Why a read with this status failed, as a clause whose subject is "it"."""
    match answer.status:
        case 401:
            return "it does not accept our credentials (401)"
        case 403:
            return "our credentials may not read it (403)"
        case 404:
            return "it is not there, or our credentials may not see it (404)"
        case 429:
            wait = retry_after(answer.headers)
            return "it asks us to wait (429)" if wait is None else f"it asks us to wait {wait:g} s (429)"
        case status if status >= 500:
            return f"it failed with status {status}"
        case status:
            return f"it answered with status {status}"


def not_taken(whom: str, answer: Answer, *, words: str = "", wait: float | None = None) -> TurnedDown | Unknown:
    """What a sender concludes from an answer that is not 2xx (PRM-20).

    A 4xx is a refusal. A 5xx, a 408 or a redirect may come from something between us and a neighbour that did take the order.

    Args:
        whom: the neighbour's name for people ("GitHub").
        answer: a complete answer with another status than 2xx.
        words: the neighbour's own sentence, already `plain`.
        wait: seconds after which it may be tried again; `Retry-After` when None.
    """
    tail = f": {words}" if words else "."
    if 400 <= answer.status < 500 and answer.status != 408:
        reason = f"{whom} refused with status {answer.status}{tail}"
        return TurnedDown(reason, retry_after(answer.headers) if wait is None else wait)
    if answer.status in _NOT_TAKEN_REDIRECTS:
        return TurnedDown(f"{whom} says that the address has moved (status {answer.status}); correct the configured name.")
    return Unknown(f"{whom} answered with status {answer.status}, so the order may or may not have been taken{tail}")
