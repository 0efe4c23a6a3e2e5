"""Writes calendar files that Google Calendar, Outlook and others subscribe to (RFC 5545, RFC 7986).

Invariant: every moment is in UTC, so no reader needs our zones; lines are folded and end as the RFC says (the library does both).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from commands.core.feed import Event

if TYPE_CHECKING:
    import icalendar

REFRESH = timedelta(hours=1)
"""How often readers are asked to look again; each decides for itself (Google: several hours)."""


class ICal:
    """Events as an iCalendar file."""

    def write(self, name: str, events: tuple[Event, ...], at: datetime) -> bytes:
        """The file, UTF-8."""
        import icalendar  # eighty modules, for whoever subscribes to a calendar

        calendar = icalendar.Calendar()
        calendar.add("prodid", "-//Signalbox//releases//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", f"PT{REFRESH // timedelta(hours=1)}H")
        for event in events:
            calendar.add_component(_event(event, at))
        return bytes(calendar.to_ical())


def _event(event: Event, at: datetime) -> "icalendar.Event":
    import icalendar

    drawn = icalendar.Event()
    drawn.add("uid", f"{event.uid}@signalbox")
    drawn.add("dtstamp", at)
    drawn.add("dtstart", event.start)
    drawn.add("dtend", event.end)
    drawn.add("sequence", event.sequence)
    drawn.add("summary", event.summary)
    if event.text:
        drawn.add("description", event.text)
    drawn.add("transp", "TRANSPARENT")  # nobody is busy because a window is open
    return drawn
