"""Public holidays from the library `holidays`, which computes them: nothing is asked over a network, and they roll forward by themselves.

Invariant: a year that the library does not know is not a year without holidays.
"""

import asyncio
from datetime import date

from bot.holiday_codes import calendar
from guards.holiday import Holidays
from guards.unread import Unread


class HolidayCalendars:
    """Implements the `Calendars` port. What was computed is kept: a calendar does not change while the program runs."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], Holidays] = {}

    async def holidays(self, code: str, first: int, last: int) -> Holidays | Unread:
        """See the port."""
        key = (code, first, last)
        if key not in self._known:
            try:
                found = await asyncio.to_thread(_compute, code, first, last)  # the library takes a tenth of a second at first
            except Exception as error:  # whatever a calendar's own code runs into
                return Unread(f"the public holidays of {code}", f"the library fails: {type(error).__name__}")
            if isinstance(found, Unread):
                return found
            self._known[key] = found
        return self._known[key]


def _compute(code: str, first: int, last: int) -> Holidays | Unread:
    span = calendar(code)
    first, last = max(first, span.start_year), min(last, span.end_year)
    if first > last:
        return Unread(f"the public holidays of {code}", f"the library knows them from {span.start_year} to {span.end_year}")
    days = {day: str(name) for day, name in calendar(code, range(first, last + 1)).items() if first <= day.year <= last}
    return Holidays(code, dict(sorted(days.items())), date(first, 1, 1), date(last, 12, 31))
