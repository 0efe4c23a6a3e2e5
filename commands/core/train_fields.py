"""The types of words that the commands about trains take: names, runs, cadences, local times, people, channels.

Invariant: what passes here has the right shape; whether a train can run by it is what guards say.
"""

import re
from datetime import date, time
from typing import Annotated

from pydantic import AfterValidator, TypeAdapter, ValidationInfo

from commands.core.fields import colleague
from commands.core.past import YEARS
from commands.core.words import policy_of, shown
from guards.checklist import Area
from guards.consistency import nearest
from guards.values import Zone

AREAS = tuple(area.value for area in Area)
"""The areas of the go/no-go checklist that somebody answers for (GNG-03)."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", re.ASCII)
_RUN = re.compile(r"(.+)-[0-9]{4}-[0-9]{2}-[0-9]{2}(-[0-9]{1,2})?", re.ASCII)
_CHANNEL = re.compile(r"(?:<#)?([CG][A-Z0-9]{2,20})(?:\|[^>]*)?>?", re.ASCII)
_CLOCK = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_LONGEST_STAY = 60
_ZONE = TypeAdapter(Zone)


def is_run(word: str) -> bool:
    """Whether a word names a run, not a train."""
    return bool(_RUN.fullmatch(word))


def _either(word: str) -> str:
    lowered = word.lower()
    found = _RUN.fullmatch(lowered)
    if not _NAME.fullmatch(found.group(1) if found else lowered):
        raise ValueError(f"{shown(word)} is no train; its name has letters, digits and inner hyphens, like weekly")
    return lowered


def _train(word: str) -> str:
    if is_run(word.lower()):
        raise ValueError(f"{shown(word)} is a run of a train; name the train")
    return _either(word)


def _run(word: str) -> str:
    if not is_run(word.lower()):
        raise ValueError(f"{shown(word)} is no run; write one like weekly-2026-12-01, as it stands on its card")
    return _either(word)


def _clock(word: str) -> str:
    if not _CLOCK.fullmatch(word):
        raise ValueError(f"{shown(word)} is no time of day; write one like 12:00")
    return word.rjust(5, "0")


def _dates(words: str) -> str:
    found = []
    for word in filter(None, re.split(r"[,\s]+", words)):
        try:
            found.append(date.fromisoformat(word) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", word) else None)
        except ValueError:
            found.append(None)
        if found[-1] is None:
            raise ValueError(f"{shown(word)} is no date; write dates like 2026-12-01, with commas between")
        if found[-1].year not in YEARS:
            raise ValueError(f"{shown(word)} is too far away; name days in the years {YEARS[0]} to {YEARS[-1]}")
    return ",".join(str(day) for day in sorted({day for day in found if day}))


def _days(word: str) -> str:
    if not (word.isascii() and word.isdigit() and int(word[:4]) <= _LONGEST_STAY and len(word) <= 2):
        raise ValueError(f"{shown(word)} is no number of days; write one from 0 to {_LONGEST_STAY}")
    return str(int(word))


def _zone(word: str) -> str:
    try:
        return _ZONE.validate_python(word)
    except ValueError as error:
        raise ValueError(f"{shown(word)} is no IANA time zone; write one like Europe/Berlin") from error


def _window(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).windows
    if word not in known:
        raise ValueError(f"there is no window {shown(word)}{nearest(word, known)}")
    return word


def _channel(word: str) -> str:
    found = _CHANNEL.fullmatch(word)
    if not found:
        raise ValueError(f"{shown(word)} is no channel's id; write one like C024BE91L (channel name → About, at the end), or use the form")
    return found.group(1)


def _people(words: str, info: ValidationInfo) -> str:
    each = [word for word in re.split(r"[,;\s]+", words) if word]
    return ",".join(dict.fromkeys(colleague(word, info) for word in each))


def _attendees(words: str, info: ValidationInfo) -> str:
    """`artifact: ada@example.com; quality: …`, one area in a line or between semicolons."""
    found: dict[str, str] = {}
    for line in filter(str.strip, re.split(r"[;\n]", words)):
        area, colon, people = (part.strip() for part in line.partition(":"))
        if not colon or area.lower() not in AREAS:
            raise ValueError(f"{shown(line.strip())} names no area; write lines like `artifact: ada@example.com` for {', '.join(AREAS)}")
        found[area.lower()] = _people(people, info)
    return ";".join(f"{area}:{found[area]}" for area in AREAS if found.get(area))


TrainName = Annotated[str, AfterValidator(_train)]
RunId = Annotated[str, AfterValidator(_run)]
TrainOrRun = Annotated[str, AfterValidator(_either)]
ClockWord = Annotated[str, AfterValidator(_clock)]
DatesWord = Annotated[str, AfterValidator(_dates)]
DaysWord = Annotated[str, AfterValidator(_days)]
ZoneWord = Annotated[str, AfterValidator(_zone)]
WindowName = Annotated[str, AfterValidator(_window)]
ChannelWord = Annotated[str, AfterValidator(_channel)]
ColleagueWords = Annotated[str, AfterValidator(_people)]
AttendeesWord = Annotated[str, AfterValidator(_attendees)]


def dates_of(word: str) -> tuple[date, ...]:
    """The days of a `DatesWord`."""
    return tuple(date.fromisoformat(day) for day in word.split(",") if day)


def time_of(word: str) -> time:
    """The time of a `ClockWord`."""
    return time.fromisoformat(word)


def people_of(word: str) -> tuple[str, ...]:
    """The corporate ids of `ColleagueWords`."""
    return tuple(filter(None, word.split(",")))


def attendees_of(word: str) -> dict[str, tuple[str, ...]]:
    """Area → corporate ids, of an `AttendeesWord`."""
    lines = (line.partition(":") for line in word.split(";") if line)
    return {area: people_of(people) for area, _, people in lines}
