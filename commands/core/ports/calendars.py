"""What the machinery needs to know of public holidays: `bot/adapters/holiday_calendars.py` implements it."""

from typing import Protocol

from guards.holiday import Holidays
from guards.unread import Unread


class Calendars(Protocol):
    """Public holidays by country, subdivision or exchange. It never raises for a calendar that cannot be told (WIN-13)."""

    async def holidays(self, code: str, first: int, last: int) -> Holidays | Unread:
        """The holidays of some years; of fewer, where nobody knows them all: the answer says from when to when.

        Args:
            code: `DE`, `DE-BY` or `XNYS`, as the policy file writes it.
            first, last: years, both included.
        """
        ...
