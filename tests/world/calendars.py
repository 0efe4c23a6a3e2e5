"""Public holidays and freezes that a test invents; they pass the same contract tests as the real adapters."""

from collections.abc import Mapping
from datetime import date, datetime

from guards.freeze_record import CalendarEvent
from guards.holiday import Holidays
from guards.unread import Unread


class FakeCalendars:
    """Implements the `Calendars` port.

    Attributes:
        days: code → day → name, as many as a test tells; a code that is not here has no calendar.
        away: what every question is answered with while it is set.
        known: the years that are known.
    """

    def __init__(self, days: Mapping[str, Mapping[date, str]] | None = None) -> None:
        self.days = dict(days or {})
        self.away: Unread | None = None
        self.known = (1990, 2099)

    async def holidays(self, code: str, first: int, last: int) -> Holidays | Unread:
        first, last = max(first, self.known[0]), min(last, self.known[1])
        if self.away or code not in self.days or first > last:
            return self.away or Unread(f"the public holidays of {code}", "nobody knows them")
        days = {day: name for day, name in self.days[code].items() if first <= day.year <= last}
        return Holidays(code, days, date(first, 1, 1), date(last, 12, 31))


class FakeFreezeCalendars:
    """Implements the `FreezeCalendars` port.

    Attributes:
        known: name → what stands in that calendar; one that is not here cannot be read.
        away: what every question is answered with while it is set.
    """

    def __init__(self) -> None:
        self.known: dict[str, list[CalendarEvent]] = {}
        self.away: Unread | None = None

    async def events(self, name: str, at: datetime) -> tuple[CalendarEvent, ...] | Unread:
        if self.away or name not in self.known:
            return self.away or Unread(f"the freeze calendar {name}", "nobody knows it")
        found = [event for event in self.known[name] if event.end > at]
        return tuple(sorted(found, key=lambda event: (event.start, event.uid)))
