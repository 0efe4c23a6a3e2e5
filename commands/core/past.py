"""Reads how people name a moment that has been: `14:30`, `yesterday 14:30`, `2h`, `20 min ago`, or in full (INC-01).

Invariant: a time of day is the last one that has been; a moment without an offset is one in the zone given.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

YEARS = range(2000, 2200)
"""Years that somebody can name: what lies further away is a slip, and cannot be counted with at the ends of the calendar."""

_AGO = re.compile(r"([0-9]{1,4}) ?(m|min|minutes?|h|hours?|d|days?)(?: ago)?")
_CLOCK = re.compile(r"(yesterday |today )?([01]?[0-9]|2[0-3]):([0-5][0-9])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def past(words: str, now: datetime, zone: str) -> datetime | None:
    """The moment that somebody means, UTC; None when it cannot be told.

    Args:
        words: as typed.
        now: UTC.
        zone: IANA.
    """
    said = " ".join(words.lower().split())
    if said == "now":
        return now
    if ago := _AGO.fullmatch(said):
        return now - timedelta(**{_UNITS[ago[2][0]]: int(ago[1])})
    if clock := _CLOCK.fullmatch(said):
        return _last(clock, now, ZoneInfo(zone))
    try:
        found = datetime.fromisoformat(words.strip())
    except ValueError:
        return None
    if found.year not in YEARS:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _last(clock: re.Match[str], now: datetime, zone: ZoneInfo) -> datetime:
    here = now.astimezone(zone)
    day = here.date() - timedelta(days=1 if clock[1] == "yesterday " else 0)
    found = datetime(day.year, day.month, day.day, int(clock[2]), int(clock[3]), tzinfo=zone)
    if clock[1] is None and found > here:
        found = (found.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone)
    return found.astimezone(UTC)
