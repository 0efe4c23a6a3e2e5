"""Shared calendars of freezes: the adapter's and the fake's answers alike, and files as the world writes them, the broken ones too (FRZ-08)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.freeze_calendars import AHEAD, MOST, ICalFreezes
from bot.adapters.ical import ICal
from bot.adapters.transport import Limits, Transport
from commands.core.feed import Event
from guards.calendar_rules import FreezeCalendar
from guards.freeze_record import CalendarEvent
from guards.unread import Unread
from tests.world.calendars import FakeFreezeCalendars
from tests.world.neighbours import answer, raw_server, silence

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SALE = CalendarEvent("sale", NOW + HOUR, NOW + 2 * DAY, "Black Friday", "all shops")
YEAR_END = CalendarEvent("xmas", NOW + 20 * DAY, NOW + 40 * DAY, "Christmas")
RUNS = CalendarEvent("runs", NOW - HOUR, NOW + HOUR, "a fair")
OVER = CalendarEvent("over", NOW - DAY, NOW, "over at this moment")


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=0.3, total=1.5, wait=0.001))
    yield made
    await made.close()


def adapter(transport, url) -> ICalFreezes:
    known = FreezeCalendar(
        url=f"{url.rstrip('/')}/freezes.ics", kind="holiday", environments=("production",), approver="rita@acme.example", exit="back",
        plan="resume",
    )  # fmt: skip
    return ICalFreezes(transport, {"company": known}, "Europe/Berlin")


async def read(transport, reply, at=NOW):
    async with raw_server(reply) as url:
        return await adapter(transport, url).events("company", at)


def written(*lines: str) -> bytes:
    """A calendar with these lines."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//acme//calendar//EN", *lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "sale") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT")


async def understood(transport, *lines: str):
    return await read(transport, answer(200, written(*lines), "Content-Type: text/calendar"))


# ---------------------------------------------------------------- what both answer


@pytest.fixture(params=["ical", "fake"])
async def told(request, transport):
    """Asks for a calendar that has these events."""

    async def ask(*events: CalendarEvent):
        if request.param == "fake":
            fake = FakeFreezeCalendars()
            fake.known["company"] = list(events)
            return await fake.events("company", NOW)
        body = "".join(
            f"BEGIN:VEVENT\r\nUID:{e.uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:{e.start:%Y%m%dT%H%M%SZ}\r\nDTEND:{e.end:%Y%m%dT%H%M%SZ}\r\n"
            f"SUMMARY:{e.summary}\r\n" + (f"DESCRIPTION:{e.text}\r\n" if e.text else "") + "END:VEVENT\r\n"
            for e in events
        )
        return await understood(transport, *body.splitlines())

    return ask


async def test_what_has_not_ended_is_told_by_its_start(told):
    assert await told(YEAR_END, OVER, SALE, RUNS) == (RUNS, SALE, YEAR_END)
    assert await told() == ()


async def test_one_that_nobody_knows_is_unread(transport):
    fake, real = FakeFreezeCalendars(), adapter(transport, "http://127.0.0.1:1")
    for one in (fake, real):
        found = await one.events("nobody", NOW)
        assert isinstance(found, Unread)
        assert found.what == "the freeze calendar nobody"


# ---------------------------------------------------------------- how files are written


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        pytest.param(("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"), "2026-12-23T23:00", "2026-12-26T23:00", id="whole days"),
        pytest.param(("DTSTART;VALUE=DATE:20261224",), "2026-12-23T23:00", "2026-12-24T23:00", id="one whole day"),
        pytest.param(("DTSTART:20261224T100000", "DURATION:PT2H"), "2026-12-24T09:00", "2026-12-24T11:00", id="without a zone"),
        pytest.param(
            ("DTSTART;TZID=America/New_York:20261224T100000", "DTEND;TZID=America/New_York:20261224T120000"),
            "2026-12-24T15:00", "2026-12-24T17:00", id="in a zone",
        ),
        pytest.param(("DTSTART:20261224T100000Z", "DTEND:20261224T120000Z"), "2026-12-24T10:00", "2026-12-24T12:00", id="in UTC"),
    ],
)  # fmt: skip
async def test_times_are_read_as_they_are_meant(transport, lines, start, end):
    (found,) = await understood(transport, *event(*lines, "SUMMARY:Christmas"))
    assert (f"{found.start:%Y-%m-%dT%H:%M}", f"{found.end:%Y-%m-%dT%H:%M}", found.summary) == (start, end, "Christmas")


async def test_what_repeats_is_told_one_by_one_and_a_moved_occurrence_keeps_its_name(transport):
    weekly = event("DTSTART;TZID=Europe/Berlin:20261201T100000", "DURATION:PT2H", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:Closing", uid="w")
    plain = await understood(transport, *weekly)
    assert [f"{one.start:%m-%d %H:%M}" for one in plain] == ["12-01 09:00", "12-08 09:00", "12-15 09:00"]
    assert len({one.uid for one in plain}) == 3

    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261208T100000", "DTSTART;TZID=Europe/Berlin:20261209T140000", "DURATION:PT2H", "SUMMARY:Later",
        uid="w",
    )  # fmt: skip
    second = (await understood(transport, *weekly, *moved))[1]
    assert (second.uid, f"{second.start:%m-%d %H:%M}", second.summary) == (plain[1].uid, "12-09 13:00", "Later")


async def test_what_was_called_off_is_left_out(transport):
    assert await understood(transport, *event("DTSTART:20261224T100000Z", "DURATION:PT2H", "STATUS:CANCELLED")) == ()


async def test_it_is_looked_for_a_year_and_a_month_ahead(transport):
    yearly = event("DTSTART;VALUE=DATE:20201224", "RRULE:FREQ=YEARLY", "SUMMARY:Christmas")
    assert [one.start.year for one in await understood(transport, *yearly)] == [2026, 2027]
    assert timedelta(days=366) < AHEAD < timedelta(days=730)


async def test_our_own_feed_can_be_read(transport):
    """What the bot publishes is a calendar that it understands itself."""
    body = ICal().write("freezes", (Event("FRZ-1", SALE.start, SALE.end, "🧊 holiday", "all shops", 0),), NOW)
    (found,) = await read(transport, answer(200, body))
    assert (found.start, found.end, found.summary, found.text) == (SALE.start, SALE.end, "🧊 holiday", "all shops")


# ---------------------------------------------------------------- what is no calendar

BROKEN = [
    pytest.param(written(*event("DTSTART:20261224T120000Z", "DTEND:20261224T100000Z")), "ends before it begins", id="ends first"),
    pytest.param(written(*event("DTSTART:20261224T120000Z", "DTEND:20261224T120000Z")), "ends before it begins", id="no time"),
    pytest.param(written(*event("SUMMARY:when?")), "has no start", id="no start"),
    pytest.param(written(*event("DTSTART:next tuesday", "DURATION:PT2H")), "cannot be read", id="no date"),
    pytest.param(written("BEGIN:VEVENT", "DTSTART:20261224T120000Z", "END:VEVENT"), "an event has no id", id="no id"),
    pytest.param(
        written(*event("DTSTART;TZID=Mars/Olympus:20261224T120000", "DURATION:PT2H")), "time zone that is not known: Mars/Olympus", id="zone"
    ),
    pytest.param(
        written(*event("DTSTART:20261124T120000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")), "more often than once a day", id="each second"
    ),
    pytest.param(written(*event("DTSTART:20261124T120000Z", "DURATION:PT1S", "RRULE:FREQ=NEVER")), "", id="no rule"),
    pytest.param(
        written(*(line for n in range(MOST + 1) for line in event("DTSTART:20261224T120000Z", "DURATION:PT2H", uid=f"e{n}"))),
        "more than 1000 events", id="too many",
    ),
    pytest.param(
        written(*(line for n in range(3) for line in event("DTSTART:20261124T120000Z", "DURATION:PT2H", "RRULE:FREQ=DAILY", uid=f"e{n}"))),
        "more than 1000 events", id="too many occurrences",
    ),
    pytest.param(written(*event("DTSTART:20261224T120000Z", "DURATION:PT2H"))[:-30], "it is no calendar", id="cut short"),
    pytest.param(b"<!DOCTYPE html><html><body>Sign in</body></html>", "it is a web page, not a calendar", id="a web page"),
    pytest.param(b"", "it is no calendar", id="nothing"),
    pytest.param(b"\xff\xfe\x00\x01" * 100, "it is no calendar", id="bytes"),
    pytest.param(b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n", "it is no calendar", id="another component"),
    pytest.param(b'{"events": []}', "it is no calendar", id="JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "why"), BROKEN)
async def test_what_is_not_understood_makes_the_whole_calendar_unread(transport, body, why):
    found = await read(transport, answer(200, body, "Content-Type: text/calendar"))
    assert isinstance(found, Unread)
    assert found.what == "the freeze calendar company"
    assert why in found.why


# ---------------------------------------------------------------- who does not answer as they should


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """50 MB, if anybody read so far."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n")
    for _n in range(800):
        writer.write(b"X" * 65536)
        await writer.drain()


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        pytest.param(endless, "its answer is larger than 4096 KiB", id="50 MB"),
        pytest.param(silence, "", id="no answer"),
        pytest.param(answer(302, b"", "Location: http://elsewhere.example/freezes.ics"), "it redirects to another host", id="elsewhere"),
        pytest.param(answer(302, b"", "Location: /freezes.ics"), "it redirects in circles", id="in circles"),
        pytest.param(answer(404, b"gone"), "404", id="gone"),
        pytest.param(answer(401, b"sign in"), "401", id="not let in"),
        pytest.param(answer(500, b"oops"), "500", id="a fault"),
        pytest.param(answer(200, b"\x1f\x8b\x08", "Content-Encoding: gzip"), "compressed", id="compressed"),
    ],
)
async def test_an_answer_that_is_none_is_unread(transport, reply, why):
    found = await read(transport, reply)
    assert isinstance(found, Unread)
    assert why in found.why


async def test_nobody_there_is_unread(transport):
    assert isinstance(await adapter(transport, "http://127.0.0.1:1").events("company", NOW), Unread)
