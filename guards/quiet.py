"""When somebody is left alone: quiet hours in the reader's own time zone (TRN-23).

Invariant: the end of quiet hours is a moment that comes; a clock change in the night moves it, never away.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from guards.moments import instant
from guards.train_rules import QuietHours


def quiet_until(at: datetime, zone: str, quiet: QuietHours | None) -> datetime | None:
    """When the quiet hours end in which a moment lies, UTC; None when it lies in none.

    Args:
        at: UTC.
        zone: IANA, the reader's.
        quiet: half-open `[start, end)` in that zone; None for no quiet hours.
    """
    if quiet is None or quiet.start == quiet.end:
        return None
    wall = at.astimezone(ZoneInfo(zone))
    overnight = quiet.end < quiet.start
    early, late = wall.time() < quiet.end, wall.time() >= quiet.start
    if not ((early or late) if overnight else (early and late)):
        return None
    day = wall.date() + timedelta(days=1) if overnight and late else wall.date()
    return max(instant(day, quiet.end, zone), at.astimezone(UTC))
