"""The value types of the policy file: names, zones, durations, addresses and the ids of Slack and GitHub (POL-01).

Invariant: a value is read in one way only. Times, dates and durations are text with their unit, never bare numbers whose unit
would have to be guessed; each pattern has its meaning in plain words in `IN_WORDS`.
"""

import re
from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

_NAME: Final = r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$"
_EMAIL: Final = r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$"
_DOMAIN: Final = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
_SLACK_USER: Final = r"^[UW][A-Z0-9]{2,20}$"
_SLACK_GROUP: Final = r"^S[A-Z0-9]{2,20}$"
_SLACK_CHANNEL: Final = r"^[CG][A-Z0-9]{2,20}$"
_SLACK_TEAM: Final = r"^[TE][A-Z0-9]{2,20}$"
_GITHUB_LOGIN: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$"
_REPOSITORY: Final = r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$"
_WORKFLOW: Final = r"^[A-Za-z0-9_.-]{1,100}$"
_URL: Final = r"^https?://[^\s@/?#]+(?:/[^\s@/?#]+)*$"
_VARIABLE: Final = r"^[A-Z][A-Z0-9_]{2,60}$"
_HOLIDAYS: Final = r"^(?:[A-Z]{2}(?:-[A-Z0-9]{1,3})?|[A-Z0-9]{4})$"
_DURATION: Final = r"^[0-9]{1,6}[smhd]$"
_CLOCK_TIME: Final = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

IN_WORDS: Final[Mapping[str, str]] = {
    _NAME: "lower-case letters, digits and inner hyphens, at most 40 characters, like `billing-api`",
    _EMAIL: "an e-mail address, like `ada@example.com`",
    _DOMAIN: "the part of an e-mail address after the @, in lower case, like `example.com`",
    _SLACK_USER: "a Slack user id, like `U024BE7LH` (profile → ⋮ → Copy member ID)",
    _SLACK_GROUP: "a Slack user group id, like `S0614TZR7`",
    _SLACK_CHANNEL: "a Slack channel id, like `C024BE91L` (channel name → About, at the end)",
    _SLACK_TEAM: "a Slack workspace id, like `T024BE7LD`, or an organisation id, like `E024BE7LD`",
    _GITHUB_LOGIN: "a GitHub login, like `ada-l`",
    _REPOSITORY: "`owner/name`, like `example/api`",
    _WORKFLOW: "the file name of a workflow, like `deploy.yml`",
    _URL: "an address that begins with http:// or https://, without a user name, a query or a slash at the end",
    _VARIABLE: "the name of a variable, like `CI_SECRET`, never the secret itself",
    _HOLIDAYS: "a country (`DE`), a country with its subdivision (`DE-BY`), or an exchange by its ISO 10383 code (`XNYS`)",
    _DURATION: "a number and its unit (s, m, h or d), like `30m`",
    _CLOCK_TIME: "a time of day, like `10:00` or `09:30`",
    _DAY: "a date, like `2026-12-24`",
}
"""Each pattern of this file → what it asks for, in words that fit after "write"."""

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is no IANA time zone; write one like `Europe/Berlin`") from error
    return name


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and re.fullmatch(_DURATION, value):
        return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})
    raise ValueError(f"write {IN_WORDS[_DURATION]}")


def _clock_time(value: object) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(_CLOCK_TIME, value):
        return time.fromisoformat(value)
    raise ValueError(f"write {IN_WORDS[_CLOCK_TIME]}")


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(_DAY, value):
            return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"the calendar has no {value}") from None
    raise ValueError(f"write {IN_WORDS[_DAY]}")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


def written_duration(value: timedelta) -> str:
    """As the policy file writes it, in the largest unit that fits."""
    seconds = int(value.total_seconds())
    size, unit = next((size, unit) for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")) if seconds % size == 0)
    return f"{seconds // size}{unit}"


def _written_time(value: time) -> str:
    return value.strftime("%H:%M")


def address(text: str) -> str | None:
    """An e-mail address as identities are compared, in lower case; None for what is none."""
    return text.lower() if len(text) <= 254 and re.fullmatch(_EMAIL, text) else None


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


Name = Annotated[str, StringConstraints(pattern=_NAME)]
Zone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[
    timedelta, BeforeValidator(_duration), Field(gt=timedelta(0)), PlainSerializer(written_duration, when_used="json"), _text(_DURATION)
]
ClockTime = Annotated[time, BeforeValidator(_clock_time), PlainSerializer(_written_time, when_used="json"), _text(_CLOCK_TIME)]
Day = Annotated[date, BeforeValidator(_day), _text(_DAY)]
Pattern = Annotated[str, AfterValidator(_pattern)]
HolidayCode = Annotated[str, StringConstraints(pattern=_HOLIDAYS)]
Email = Annotated[str, StringConstraints(pattern=_EMAIL, to_lower=True, max_length=254)]
Domain = Annotated[str, StringConstraints(pattern=_DOMAIN, max_length=253)]
SlackUser = Annotated[str, StringConstraints(pattern=_SLACK_USER)]
SlackGroup = Annotated[str, StringConstraints(pattern=_SLACK_GROUP)]
SlackChannel = Annotated[str, StringConstraints(pattern=_SLACK_CHANNEL)]
SlackTeam = Annotated[str, StringConstraints(pattern=_SLACK_TEAM)]
GitHubLogin = Annotated[str, StringConstraints(pattern=_GITHUB_LOGIN)]
Repository = Annotated[str, StringConstraints(pattern=_REPOSITORY)]
Workflow = Annotated[str, StringConstraints(pattern=_WORKFLOW)]
Url = Annotated[str, StringConstraints(pattern=_URL)]
SecretName = Annotated[str, StringConstraints(pattern=_VARIABLE)]
