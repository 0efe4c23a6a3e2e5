"""Reads shared calendars of freezes: iCalendar files over HTTP (RFC 5545).

Invariant: a calendar is read whole or not at all. What is not understood, is too large, repeats too often or is no calendar makes the
whole of it unread; a freeze is never left out in silence.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import icalendar

from bot.adapters.transport import Transport
from guards.calendar_rules import FreezeCalendar
from guards.freeze_record import CalendarEvent
from guards.unread import Unread

AHEAD = timedelta(days=396)
SIZE = 4 * 1024 * 1024
"""Bytes of a file; a company's calendar of ten years has a tenth of that."""
MOST = 1000
"""Events, and occurrences of events."""
SECONDS = 10.0
"""For understanding a file that has arrived."""

_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_LONGEST = 400
"""Characters of an event's text that are kept."""


class _BrokenError(Exception):
    """Why a file is not read; a clause whose subject is "it"."""


class ICalFreezes:
    """Implements the `FreezeCalendars` port.

    Args:
        transport: shared; redirects to other hosts are refused, and nothing outlasts its limits.
        calendars: the policy's, by name.
        zone: IANA zone of whole days and of times without a zone.
    """

    def __init__(self, transport: Transport, calendars: Mapping[str, FreezeCalendar], zone: str) -> None:
        self._transport, self._calendars, self._zone = transport, calendars, ZoneInfo(zone)

    async def events(self, name: str, at: datetime) -> tuple[CalendarEvent, ...] | Unread:
        """See the port."""
        what, known = f"the freeze calendar {name}", self._calendars.get(name)
        if known is None:
            return Unread(what, "the policy file does not name it")
        answer = await self._transport.read(what, known.url, headers={"Accept": "text/calendar"}, size=SIZE)
        if isinstance(answer, Unread):
            return answer
        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.to_thread(_understood, answer.body, at, self._zone)
        except TimeoutError:
            return Unread(what, "it takes too long to be understood")
        except _BrokenError as broken:
            return Unread(what, str(broken))


def _understood(content: bytes, at: datetime, zone: ZoneInfo) -> tuple[CalendarEvent, ...]:
    """The events of a file; raises `_BrokenError`."""
    try:
        found = _expanded(icalendar.Calendar.from_ical(content), at, zone)
    except _BrokenError:
        raise
    except Exception as error:  # whatever a library runs into over a file of strangers
        html = content.lstrip()[:1] == b"<"
        raise _BrokenError("it is a web page, not a calendar" if html else f"it is no calendar ({type(error).__name__})") from error
    return tuple(sorted((one for one in found if one.end > at), key=lambda one: (one.start, one.uid)))


def _expanded(calendar: icalendar.Component, at: datetime, zone: ZoneInfo) -> list[CalendarEvent]:
    import recurring_ical_events  # half a second, beside the loop, and only where a calendar is read

    if calendar.name != "VCALENDAR":
        raise _BrokenError("it is no calendar")
    repeated = _checked(calendar, zone)
    occurrences = recurring_ical_events.of(calendar).between(at.astimezone(zone), (at + AHEAD).astimezone(zone))
    if len(occurrences) > MOST:
        raise _BrokenError(f"it has more than {MOST} events")
    return [_event(one, repeated, zone) for one in occurrences if str(one.get("STATUS", "")).upper() != "CANCELLED"]


def _checked(calendar: icalendar.Component, zone: ZoneInfo) -> frozenset[str]:
    """The ids of events that repeat; raises `_BrokenError` for one that cannot be told."""
    events = calendar.walk("VEVENT")
    if len(events) > MOST:
        raise _BrokenError(f"it has more than {MOST} events")
    for event in events:
        if not str(event.get("UID", "")).strip():
            raise _BrokenError("an event has no id")
        if event.errors:
            raise _BrokenError(f"the event {_short(event)!r} cannot be read: {event.errors[0][0]}")
        if "DTSTART" not in event:
            raise _BrokenError(f"the event {_short(event)!r} has no start")
        start, end = (_zoned(event, event.get(name)) for name in ("DTSTART", "DTEND"))
        # what expands events would turn it round
        if start and end and _moment(end, zone) <= _moment(start, zone):
            raise _BrokenError(f"the event {_short(event)!r} ends before it begins")
        for rule in _rules(event):
            if _TOO_OFTEN.intersection(str(word).upper() for word in rule.get("FREQ", [])):
                raise _BrokenError(f"the event {_short(event)!r} repeats more often than once a day")
    return frozenset(str(e["UID"]) for e in events if "RRULE" in e or "RDATE" in e or "RECURRENCE-ID" in e)


def _zoned(event: icalendar.Component, given: Any) -> date | None:
    """The day or the time, if there is one; one in a zone that nobody knows would be read as one without a zone."""
    if given is not None and isinstance(given.dt, datetime) and given.dt.tzinfo is None and "TZID" in given.params:
        raise _BrokenError(f"the event {_short(event)!r} is in a time zone that is not known: {str(given.params['TZID'])[:60]}")
    return None if given is None else cast("date", given.dt)


def _rules(event: icalendar.Component) -> Iterable[Mapping[str, list[object]]]:
    found = event.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def _event(one: icalendar.Event, repeated: frozenset[str], zone: ZoneInfo) -> CalendarEvent:
    uid, start, end = str(one["UID"]), _moment(one.start, zone), _moment(one.end, zone)
    if end <= start:
        raise _BrokenError(f"the event {_short(one)!r} ends before it begins")
    if uid in repeated:  # which occurrence it is, though it may have been moved
        original: Any = one["RECURRENCE-ID"]  # each occurrence has one
        uid = f"{uid}#{original.to_ical().decode()}"
    summary, text = str(one.get("SUMMARY", "")).strip(), str(one.get("DESCRIPTION", "")).strip()
    return CalendarEvent(uid[:300], start, end, (summary or "no title")[:_LONGEST], text[:_LONGEST])


def _moment(found: date, zone: ZoneInfo) -> datetime:
    """UTC. A whole day is one of the policy's zone, and so is a time without a zone."""
    if not isinstance(found, datetime):
        found = datetime.combine(found, time())
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _short(event: icalendar.Component) -> str:
    return str(event.get("SUMMARY", event.get("UID", "")))[:60]
