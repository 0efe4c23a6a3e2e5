"""Reads the public holidays of every calendar that the policy names, for as far ahead as a slot is looked for (WIN-13)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from commands.core.deadline import Deadline
from commands.core.ports.calendars import Calendars
from guards.holiday import Holidays
from guards.slot import HORIZON
from guards.unread import Unread

_AROUND = timedelta(days=8)
"""The new year begins at another moment in each zone, and what is open now may have opened yesterday."""


async def read_holidays(calendars: Calendars, codes: Sequence[str], now: datetime, deadline: Deadline) -> dict[str, Holidays | Unread]:
    """Code of a calendar → its days; what cannot be told is `Unread`."""
    first, last = (now - _AROUND).year, (now + HORIZON + _AROUND).year
    what = (deadline.read(f"the public holidays of {code}", calendars.holidays, code, first, last) for code in codes)
    return dict(zip(codes, await asyncio.gather(*what), strict=True))
