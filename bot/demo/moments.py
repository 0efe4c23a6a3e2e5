"""Where the demo's clock can be moved to: the next hour, the next morning, a weekday, the night in which the clocks change.

Invariant: pure; each moment lies after the one that it is reckoned from.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(10)
_SEARCHED = 400
"""Days in which a zone that changes its clocks does so."""


def morning(at: datetime, zone: str) -> datetime:
    """10:00 of the next day there, UTC.

    Args:
        at: aware.
        zone: IANA name.
    """
    local = at.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=1), MORNING, ZoneInfo(zone)).astimezone(UTC)


def following(at: datetime, zone: str, weekday: int, to: time) -> datetime:
    """The next such weekday and time there after a moment, UTC.

    Args:
        at: aware.
        zone: IANA name.
        weekday: 0 is Monday.
        to: local; one that every day has.
    """
    there = ZoneInfo(zone)
    day = at.astimezone(there).date()
    day += timedelta(days=(weekday - day.weekday()) % 7)
    found = datetime.combine(day, to, there)
    return (found if found > at else datetime.combine(day + timedelta(days=7), to, there)).astimezone(UTC)


def before_the_clocks_change(at: datetime, zone: str) -> datetime | None:
    """Half an hour before the next clock change there, UTC; None where there is none."""
    there = ZoneInfo(zone)
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for _ in range(_SEARCHED * 24):
        following = hour + timedelta(hours=1)
        if hour.astimezone(there).utcoffset() != following.astimezone(there).utcoffset() and following - timedelta(minutes=30) > at:
            return following - timedelta(minutes=30)
        hour = following
    return None
