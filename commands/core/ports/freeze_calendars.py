"""What the machinery needs to know of shared calendars of freezes: `bot/adapters/freeze_calendars.py` implements it."""

from datetime import datetime
from typing import Protocol

from guards.freeze_record import CalendarEvent
from guards.unread import Unread


class FreezeCalendars(Protocol):
    """Shared calendars, as iCalendar files. It never raises for one that cannot be read, and never answers with half of one."""

    async def events(self, name: str, at: datetime) -> tuple[CalendarEvent, ...] | Unread:
        """What has not ended and begins within a year and a month, each occurrence of what repeats for itself, by its start.

        Args:
            name: of the calendar in the policy's `freeze_calendars`.
            at: now, UTC.
        """
        ...


class NoFreezeCalendars:
    """Where the policy names none."""

    async def events(self, name: str, at: datetime) -> tuple[CalendarEvent, ...] | Unread:  # noqa: ARG002 - the port's
        """See the port."""
        return Unread(f"the freeze calendar {name}", "the policy file does not name it")
