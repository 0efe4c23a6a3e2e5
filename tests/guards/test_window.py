"""Production changes only inside a window: half-open, in its own zone, Friday closed by default (WIN-01…-04, WIN-14, CF-18)."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from inline_snapshot import snapshot

from guards.calendar_rules import Estimate, Window
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.holiday import Holidays
from guards.opening import Opening, gated, local, open_now, openings, rules_of
from guards.policy import Policy
from guards.slot import next_slot
from guards.unread import Unread
from guards.vocabulary import Nth, Weekday
from guards.window import in_window
from tests.guards.cases import (
    AT,
    DAY,
    FACTS,
    HOUR,
    MARA,
    MINUTE,
    POLICY,
    REQUEST,
    WEEKDAYS,
    Expected,
    facts,
    freeze,
    policy,
    request,
    said,
    told,
    utc,
    window,
    windowed,
)

SPAN = (date(2024, 1, 1), date(2033, 12, 31))
"""The days that the calendars of these tests know."""
WORKDAY = window("10:00", "16:00", Weekday.TUE)  # Berlin: 09:00 to 15:00 UTC in winter
NIGHT = window("22:00", "02:00", Weekday.TUE, Weekday.THU)
NEW_YORK = window("10:00", "16:00", Weekday.TUE, zone="America/New_York")
ON_CHRISTMAS_EVE = window("10:00", "16:00", dates=(date(2026, 12, 24),))
IN_NOVEMBER = window("10:00", "16:00", Weekday.TUE, valid_from=date(2026, 11, 10), valid_to=date(2026, 11, 24))
ALL_DAY = window("00:00", "00:00", Weekday.TUE)
LEAP = window("10:00", "16:00", dates=(date(2028, 2, 29),))
YEAR_END = window("22:00", "02:00", dates=(date(2025, 12, 31),))


def monthly(*nth: Nth) -> Window:
    return window("10:00", "16:00", Weekday.TUE, of_month=nth)


def fortnightly(week: str, **more: Any) -> Window:
    return window("10:00", "16:00", Weekday.TUE, every_weeks=2, week_of=date.fromisoformat(week), **more)


@pytest.mark.parametrize(
    ("windows", "at", "is_open"),
    [
        # half-open edges; 24 November 2026 is a Tuesday
        pytest.param((WORKDAY,), "2026-11-24 08:59", False, id="a minute before it opens"),
        pytest.param((WORKDAY,), "2026-11-24 09:00", True, id="as it opens"),
        pytest.param((WORKDAY,), "2026-11-24 14:59", True, id="a minute before it closes"),
        pytest.param((WORKDAY,), "2026-11-24 15:00", False, id="as it closes"),
        pytest.param((WORKDAY,), "2026-11-25 12:00", False, id="on another weekday"),
        pytest.param((WORKDAY,), "2026-11-17 12:00", True, id="a week earlier"),
        pytest.param((WORKDAY,), "2026-07-21 08:00", True, id="in summer it opens an hour earlier in UTC"),
        pytest.param((WORKDAY,), "2026-07-21 07:59", False, id="in summer a minute before"),
        pytest.param((), "2026-11-24 12:00", False, id="no window at all"),
        # the fourth and last Tuesday of November 2026, of four; December has five, 1st to 29th
        pytest.param((monthly(Nth.LAST),), "2026-11-24 12:00", True, id="the last of the month"),
        pytest.param((monthly(Nth.FOURTH),), "2026-11-24 12:00", True, id="which is the fourth too"),
        pytest.param((monthly(Nth.FIRST, Nth.THIRD),), "2026-11-24 12:00", False, id="neither first nor third"),
        pytest.param((monthly(Nth.LAST),), "2026-12-22 12:00", False, id="the fourth of five is not the last"),
        pytest.param((monthly(Nth.FIFTH),), "2026-12-29 12:00", True, id="the fifth"),
        pytest.param((fortnightly("2026-11-23"),), "2026-11-24 12:00", True, id="each second week, this one by its Monday"),
        pytest.param((fortnightly("2026-11-29"),), "2026-11-24 12:00", True, id="and by its Sunday"),
        pytest.param((fortnightly("2026-11-22"),), "2026-11-24 12:00", False, id="the other one"),
        pytest.param((fortnightly("2027-01-05"),), "2026-11-24 12:00", True, id="counted backwards over the end of the year"),
        pytest.param(
            (fortnightly("2026-11-16", of_month=(Nth.FIRST,)),), "2026-12-01 12:00", True, id="both: a first one in a week that counts"
        ),
        pytest.param(
            (fortnightly("2026-11-23", of_month=(Nth.FIRST,)),), "2026-12-01 12:00", False, id="both: a first one in another week"
        ),
        # across midnight, Berlin 22:00 to 02:00
        pytest.param((NIGHT,), "2026-11-24 20:59", False, id="before a window across midnight"),
        pytest.param((NIGHT,), "2026-11-24 21:00", True, id="it opens in the evening"),
        pytest.param((NIGHT,), "2026-11-24 23:30", True, id="it stays open after midnight"),
        pytest.param((NIGHT,), "2026-11-25 00:59", True, id="a minute before it closes in the night"),
        pytest.param((NIGHT,), "2026-11-25 01:00", False, id="it closes in the night"),
        pytest.param((NIGHT,), "2026-11-24 00:30", False, id="the night before is not its own"),
        pytest.param((NIGHT,), "2026-11-26 22:59", True, id="Thursday night, a minute before Friday"),
        pytest.param((NIGHT,), "2026-11-26 23:00", False, id="Thursday night is cut at midnight: Friday is closed (WIN-03)"),
        pytest.param((ALL_DAY,), "2026-11-23 22:59", False, id="before a whole day"),
        pytest.param((ALL_DAY,), "2026-11-23 23:00", True, id="a whole day begins at midnight"),
        pytest.param((ALL_DAY,), "2026-11-24 22:59", True, id="and lasts to midnight"),
        pytest.param((ALL_DAY,), "2026-11-24 23:00", False, id="and no longer"),
        # closed weekdays
        pytest.param((window("10:00", "16:00", Weekday.FRI),), "2026-11-27 12:00", False, id="Friday is closed whatever a window says"),
        pytest.param((window("10:00", "16:00", dates=(date(2026, 11, 27),)),), "2026-11-27 12:00", False, id="Friday by date as well"),
        pytest.param((window("10:00", "16:00", Weekday.THU),), "2026-11-26 12:00", True, id="Thursday is open"),
        pytest.param((window("10:00", "16:00", Weekday.SAT),), "2026-11-28 12:00", True, id="Saturday is open when a window says so"),
        pytest.param((window("22:00", "00:00", Weekday.THU),), "2026-11-26 22:59", True, id="Thursday to midnight"),
        # dates
        pytest.param((ON_CHRISTMAS_EVE,), "2026-12-24 12:00", True, id="a single date"),
        pytest.param((ON_CHRISTMAS_EVE,), "2026-12-23 12:00", False, id="the day before it"),
        pytest.param((ON_CHRISTMAS_EVE,), "2027-12-24 12:00", False, id="a year later"),
        pytest.param((IN_NOVEMBER,), "2026-11-03 12:00", False, id="a Tuesday before it counts"),
        pytest.param((IN_NOVEMBER,), "2026-11-10 12:00", True, id="the first day on which it counts"),
        pytest.param((IN_NOVEMBER,), "2026-11-24 12:00", True, id="the last day on which it counts"),
        pytest.param((IN_NOVEMBER,), "2026-12-01 12:00", False, id="a Tuesday after it counted"),
        pytest.param((LEAP,), "2028-02-29 12:00", True, id="leap day"),
        pytest.param((LEAP,), "2028-03-01 12:00", False, id="the day after leap day"),
        pytest.param((YEAR_END,), "2025-12-31 22:59", True, id="the last minute of the year in Berlin"),
        pytest.param((YEAR_END,), "2026-01-01 00:59", True, id="into the new year"),
        pytest.param((YEAR_END,), "2026-01-01 01:00", False, id="until two o'clock"),
        # zones
        pytest.param((NEW_YORK,), "2026-11-24 14:59", False, id="New York has not opened"),
        pytest.param((NEW_YORK,), "2026-11-24 15:00", True, id="New York opens"),
        pytest.param((NEW_YORK,), "2026-11-24 20:59", True, id="New York is open while Berlin is closed"),
        pytest.param((NEW_YORK,), "2026-11-24 21:00", False, id="New York closes"),
        pytest.param(
            (window("20:00", "23:00", Weekday.TUE, zone="America/New_York"),),
            "2026-11-25 02:00",
            True,
            id="Tuesday there, Wednesday in UTC",
        ),
        pytest.param(
            (window("08:00", "09:00", Weekday.WED, zone="Asia/Tokyo"),), "2026-11-24 23:30", True, id="Wednesday there, Tuesday in UTC"
        ),
        # several
        pytest.param((WORKDAY, NEW_YORK), "2026-11-24 15:00", True, id="one closes as another is open"),
        pytest.param((WORKDAY, NEW_YORK), "2026-11-24 21:00", False, id="after both"),
    ],
)
def test_when_production_may_change(windows: tuple[Window, ...], at: str, is_open: bool) -> None:
    expected = Allow if is_open else Refusal.OUTSIDE_WINDOW
    assert said(in_window(REQUEST, facts(windowed(*windows), at=utc(at)))) == expected


SUN, SAT = Weekday.SUN, Weekday.SAT


@pytest.mark.parametrize(
    ("start", "end", "at", "is_open"),
    [
        # 29 March 2026: 02:00 becomes 03:00 in Berlin at 01:00 UTC
        pytest.param("02:30", "06:00", "2026-03-29 01:29", False, id="opens in a skipped hour: late"),
        pytest.param("02:30", "06:00", "2026-03-29 01:30", True, id="opens in a skipped hour: an hour of doubt later"),
        pytest.param("00:00", "02:30", "2026-03-29 00:29", True, id="closes in a skipped hour: open before the doubt"),
        pytest.param("00:00", "02:30", "2026-03-29 00:30", False, id="closes in a skipped hour: early"),
        pytest.param("02:10", "02:50", "2026-03-29 01:15", False, id="lies in a skipped hour: never"),
        pytest.param("02:10", "02:50", "2026-03-29 00:55", False, id="lies in a skipped hour: nor the hour before"),
        pytest.param("01:00", "04:00", "2026-03-29 00:00", True, id="around a skipped hour: opens as ever"),
        pytest.param("01:00", "04:00", "2026-03-29 01:59", True, id="around a skipped hour: two hours long"),
        pytest.param("01:00", "04:00", "2026-03-29 02:00", False, id="around a skipped hour: closes as ever"),
        pytest.param("02:00", "06:00", "2026-03-29 00:59", False, id="opens at the skip itself: not before"),
        pytest.param("02:00", "06:00", "2026-03-29 01:00", True, id="opens at the skip itself: right after it"),
        pytest.param("03:00", "06:00", "2026-03-29 01:00", True, id="opens right after the skip: no doubt"),
        # 25 October 2026: 03:00 becomes 02:00 in Berlin at 01:00 UTC
        pytest.param("02:30", "06:00", "2026-10-25 00:30", False, id="opens in a repeated hour: not the first time"),
        pytest.param("02:30", "06:00", "2026-10-25 01:29", False, id="opens in a repeated hour: late"),
        pytest.param("02:30", "06:00", "2026-10-25 01:30", True, id="opens in a repeated hour: the second time"),
        pytest.param("00:00", "02:30", "2026-10-25 00:29", True, id="closes in a repeated hour: open before it"),
        pytest.param("00:00", "02:30", "2026-10-25 00:30", False, id="closes in a repeated hour: the first time"),
        pytest.param("00:00", "02:30", "2026-10-25 01:15", False, id="closes in a repeated hour: and stays closed"),
        pytest.param("02:15", "02:45", "2026-10-25 00:20", False, id="lies in a repeated hour: not the first time"),
        pytest.param("02:15", "02:45", "2026-10-25 01:20", False, id="lies in a repeated hour: nor the second"),
        pytest.param("01:00", "04:00", "2026-10-24 23:00", True, id="around a repeated hour: opens as ever"),
        pytest.param("01:00", "04:00", "2026-10-25 02:59", True, id="around a repeated hour: four hours long"),
        pytest.param("01:00", "04:00", "2026-10-25 03:00", False, id="around a repeated hour: closes as ever"),
    ],
)
def test_a_doubtful_minute_is_closed(start: str, end: str, at: str, is_open: bool) -> None:
    assert (open_now("api", "production", facts(windowed(window(start, end, SUN)), at=utc(at))) is not None) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        pytest.param("2026-03-29 00:29", True, id="into the skipped hour: open before the doubt"),
        pytest.param("2026-03-29 00:30", False, id="into the skipped hour: early"),
        pytest.param("2026-10-25 00:29", True, id="into the repeated hour: open before it"),
        pytest.param("2026-10-25 00:30", False, id="into the repeated hour: the first time"),
    ],
)
def test_a_window_across_midnight_closes_early_too(at: str, is_open: bool) -> None:
    assert (open_now("api", "production", facts(windowed(window("22:00", "02:30", SAT)), at=utc(at))) is not None) is is_open


STAGING = request(environment="staging")
OUTSIDE = AT + 12 * HOUR  # Wednesday in Berlin, Tuesday evening in New York
FOR_WEB = {"services": ("web",)}
ON_STAGING = {"environments": ("staging",)}


@pytest.mark.parametrize(
    ("asked", "window_parts", "expected"),
    [
        pytest.param(REQUEST, {}, Refusal.OUTSIDE_WINDOW, id="production outside its window"),
        pytest.param(STAGING, {}, Allow, id="staging needs no window (WIN-14)"),
        pytest.param(STAGING, ON_STAGING, Refusal.OUTSIDE_WINDOW, id="staging when a window names it (CF-18)"),
        pytest.param(STAGING, ON_STAGING | FOR_WEB, Allow, id="staging when a window names it for another service"),
        pytest.param(request(environment="staging", service="web"), ON_STAGING | FOR_WEB, Refusal.OUTSIDE_WINDOW, id="for this service"),
        pytest.param(request(environment="staging", service=None), ON_STAGING | FOR_WEB, Refusal.OUTSIDE_WINDOW, id="for whatever service"),
    ],
)
def test_which_places_open_by_windows_only(asked: Request, window_parts: dict[str, Any], expected: Expected) -> None:
    known = facts(windowed(window("10:00", "16:00", Weekday.TUE, **window_parts)), at=OUTSIDE)
    assert said(in_window(asked, known)) == expected
    assert gated(known.policy, asked.service, str(asked.environment)) is (expected is not Allow)


@pytest.mark.parametrize(
    ("asked", "window_parts", "expected"),
    [
        pytest.param(REQUEST, {}, Allow, id="a window of all services"),
        pytest.param(REQUEST, FOR_WEB, Refusal.OUTSIDE_WINDOW, id="a window of another service"),
        pytest.param(REQUEST, {"services": ("web", "api")}, Allow, id="a window of this service and another"),
        pytest.param(request(service=None), FOR_WEB, Allow, id="whatever service"),
        pytest.param(REQUEST, {"environments": ("production",)}, Allow, id="a window that names production"),
        pytest.param(REQUEST, ON_STAGING, Refusal.OUTSIDE_WINDOW, id="a window of another environment"),
        pytest.param(STAGING, ON_STAGING, Allow, id="a window of staging, in staging"),
        pytest.param(request(service="web"), {}, Refusal.OUTSIDE_WINDOW, id="the hours of a service in New York"),
        pytest.param(request(service="web"), {"zone": "Europe/Berlin"}, Allow, id="the window's own zone goes before the service's"),
    ],
)
def test_which_windows_open_a_place(asked: Request, window_parts: dict[str, Any], expected: Expected) -> None:
    assert said(in_window(asked, facts(windowed(window("10:00", "16:00", Weekday.TUE, **window_parts))))) == expected


TUESDAY = utc("2026-11-24 09:00")  # it opens; AT is two hours later
WEEK = 7 * DAY
CLOSED = TUESDAY + 6 * HOUR
FAR = 1830 * DAY
"""Five years, each with a leap day."""


@pytest.mark.parametrize(
    ("windows", "at", "freezes", "slot"),
    [
        pytest.param((WORKDAY,), AT, (), AT, id="now, when it is open"),
        pytest.param((WORKDAY,), TUESDAY - MINUTE, (), TUESDAY, id="as it opens"),
        pytest.param((WORKDAY,), CLOSED - MINUTE, (), CLOSED - MINUTE, id="now, in its last minute"),
        pytest.param((WORKDAY,), CLOSED, (), TUESDAY + WEEK, id="next week, when it has closed"),
        pytest.param((), AT, (), None, id="never, without a window"),
        pytest.param((WORKDAY, NEW_YORK), CLOSED, (), CLOSED, id="now, when another is open"),
        pytest.param((NEW_YORK, WORKDAY), TUESDAY - HOUR, (), TUESDAY, id="the first of two to open, whatever their order"),
        pytest.param((window("10:00", "16:00", Weekday.MON, Weekday.WED),), AT, (), TUESDAY + DAY, id="tomorrow"),
        pytest.param((YEAR_END,), utc("2025-12-31 12:00"), (), utc("2025-12-31 21:00"), id="tonight"),
        pytest.param((LEAP,), utc("2027-02-28 12:00"), (), utc("2028-02-29 09:00"), id="on leap day, a year ahead"),
        # freezes
        pytest.param((WORKDAY,), AT, (freeze(),), AT + HOUR, id="when the freeze ends"),
        pytest.param((WORKDAY,), TUESDAY - DAY, (freeze(end=TUESDAY),), TUESDAY, id="the freeze ends as it opens"),
        pytest.param((WORKDAY,), AT, (freeze(end=CLOSED),), TUESDAY + WEEK, id="the freeze ends as it closes"),
        pytest.param((WORKDAY,), AT, (freeze(end=CLOSED - MINUTE),), CLOSED - MINUTE, id="the freeze leaves a minute"),
        pytest.param((WORKDAY,), AT, (freeze(start=AT + HOUR, end=AT + DAY),), AT, id="the freeze comes later"),
        pytest.param(
            (WORKDAY,), AT, (freeze(), freeze(start=AT + HOUR, end=AT + 2 * HOUR)), AT + 2 * HOUR, id="two freezes one after the other"
        ),
        pytest.param((WORKDAY,), AT, (freeze(start=AT + HOUR, end=AT + 2 * HOUR), freeze()), AT + 2 * HOUR, id="the same in another order"),
        pytest.param((WORKDAY,), AT, (freeze(end=AT + 2 * HOUR), freeze()), AT + 2 * HOUR, id="one freeze within another"),
        pytest.param((WORKDAY,), AT, (freeze(end=AT + DAY, lifted=AT + MINUTE),), AT + MINUTE, id="the freeze is lifted"),
        pytest.param((WORKDAY,), AT, (freeze(services=("web",)),), AT, id="another service is frozen"),
        pytest.param((WORKDAY,), AT, (freeze(end=AT + FAR + DAY),), None, id="frozen for longer than anybody looks ahead"),
        pytest.param(
            (WORKDAY,), CLOSED, Unread("the freeze calendar"), Unread("the freeze calendar"), id="nobody can tell while freezes are unread"
        ),
        pytest.param(
            (window("04:00", "04:30", Weekday.SUN),),
            utc("2026-03-28 00:00"),
            (
                freeze(start=utc("2026-03-28 01:00"), end=utc("2026-03-29 00:30")),
                freeze(start=utc("2026-03-29 02:15"), end=utc("2026-04-02 00:00")),
            ),
            utc("2026-03-29 02:00"),
            id="between two freezes, an hour earlier because clocks go forward",
        ),
        # recurrence
        pytest.param((monthly(Nth.FIRST),), AT, (), utc("2026-12-01 09:00"), id="on the first Tuesday of the next month"),
        pytest.param(
            (monthly(Nth.FIFTH),), utc("2026-12-29 16:00"), (), utc("2027-03-30 08:00"), id="three months on: the next fifth Tuesday"
        ),
        pytest.param((fortnightly("2026-11-23"),), CLOSED, (), TUESDAY + 2 * WEEK, id="in two weeks"),
        # how far ahead
        pytest.param((window("10:00", "16:00", dates=(AT.date() + FAR,)),), AT, (), TUESDAY + FAR, id="on the last day in sight"),
        pytest.param((window("10:00", "16:00", dates=(AT.date() + FAR + DAY,)),), AT, (), None, id="a day beyond"),
    ],
)
def test_the_next_slot(windows: tuple[Window, ...], at: datetime, freezes: Any, slot: datetime | None) -> None:
    assert next_slot(REQUEST, facts(windowed(*windows, closed=()), at=at, freezes=freezes)) == slot


@pytest.mark.parametrize(
    ("freezes", "slot"),
    [
        pytest.param((), OUTSIDE, id="now"),
        pytest.param((freeze(environments=("staging",), end=OUTSIDE + DAY),), OUTSIDE + DAY, id="when the freeze ends"),
        pytest.param((freeze(end=OUTSIDE + DAY),), OUTSIDE, id="now, while production is frozen"),
    ],
)
def test_the_next_slot_of_a_place_without_windows(freezes: Any, slot: datetime) -> None:
    assert next_slot(STAGING, facts(at=OUTSIDE, freezes=freezes)) == slot


def opened(known: Policy, after: datetime, days: int, environment: str = "production") -> list[Opening]:
    """What is open on these days."""
    rules = rules_of("api", environment, facts(known, at=after))
    assert not isinstance(rules, Unread)
    return list(openings(rules, after, after + days * DAY))


def test_an_opening_that_doubt_leaves_empty_is_none() -> None:
    skipped = windowed(window("02:30", "03:30", SUN))  # from 03:30 at the latest to 03:30
    assert opened(skipped, utc("2026-03-29 00:00"), 1) == []
    assert len(opened(skipped, utc("2026-03-22 00:00"), 1)) == 1


def test_openings_come_in_the_order_of_their_start_each_with_its_name_and_zone() -> None:
    known = windowed(NEW_YORK, WORKDAY)
    assert opened(known, AT, 8) == [
        Opening("w1", TUESDAY, CLOSED, "Europe/Berlin"),
        Opening("w0", utc("2026-11-24 15:00"), utc("2026-11-24 21:00"), "America/New_York"),
        Opening("w1", TUESDAY + WEEK, CLOSED + WEEK, "Europe/Berlin"),
        Opening("w0", utc("2026-12-01 15:00"), utc("2026-12-01 21:00"), "America/New_York"),
    ]
    assert [o.window for o in opened(known, CLOSED, 6)] == ["w0"]
    assert opened(known, AT, 7, "staging") == []


@pytest.mark.parametrize(
    ("windows", "until"),
    [
        pytest.param((WORKDAY, window("11:00", "15:00", Weekday.TUE)), "15:00", id="of two that overlap the one that lasts longer"),
        pytest.param((window("11:00", "15:00", Weekday.TUE), WORKDAY), "15:00", id="in either order"),
        pytest.param(
            (window("10:00", "12:00", Weekday.TUE), window("12:00", "14:00", Weekday.TUE)), "13:00", id="the second of two that adjoin"
        ),
        pytest.param(
            (window("10:00", "13:00", Weekday.TUE), window("13:00", "14:00", Weekday.TUE)), "12:00", id="the first of two that adjoin"
        ),
    ],
)
def test_the_opening_that_holds_now_is_the_one_that_lasts_longest(windows: tuple[Window, ...], until: str) -> None:
    held = open_now("api", "production", facts(windowed(*windows)))
    assert isinstance(held, Opening)
    assert held.start <= AT
    assert held.end == utc(f"2026-11-24 {until}")


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(REQUEST, FACTS, snapshot(("window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin",)), id="open"),
        pytest.param(STAGING, FACTS, snapshot(("staging is open at all times",)), id="no window needed"),
        pytest.param(
            REQUEST,
            facts(at=OUTSIDE),
            snapshot(
                (
                    "No change window of api in production is open now (Wed 25 Nov 00:00 Europe/Berlin).",
                    "Wait for the next window: Wed 25 Nov 10:00 Europe/Berlin.",
                    "from Wed 2026-11-25 09:00 UTC",
                )
            ),
            id="closed",
        ),
        pytest.param(
            request(service="web"),
            facts(),
            snapshot(
                (
                    "No change window of web in production is open now (Tue 24 Nov 06:00 America/New_York).",
                    "Wait for the next window: Tue 24 Nov 10:00 America/New_York.",
                    "from Tue 2026-11-24 15:00 UTC",
                )
            ),
            id="closed, in the zone of the service",
        ),
        pytest.param(
            request(service=None),
            facts(at=OUTSIDE),
            snapshot(
                (
                    "No change window of any service in production is open now (Wed 25 Nov 00:00 Europe/Berlin).",
                    "Wait for the next window: Wed 25 Nov 10:00 Europe/Berlin.",
                    "from Wed 2026-11-25 09:00 UTC",
                )
            ),
            id="closed for all",
        ),
        pytest.param(
            REQUEST,
            facts(at=OUTSIDE, freezes=(freeze(end=AT + 5 * DAY),)),
            snapshot(
                (
                    "No change window of api in production is open now (Wed 25 Nov 00:00 Europe/Berlin).",
                    "Wait for the next window: Mon 30 Nov 10:00 Europe/Berlin.",
                    "from Mon 2026-11-30 09:00 UTC",
                )
            ),
            id="closed, then frozen",
        ),
        pytest.param(
            REQUEST,
            facts(at=OUTSIDE, freezes=(freeze(end=utc("2026-11-25 11:30")),)),
            snapshot(
                (
                    "No change window of api in production is open now (Wed 25 Nov 00:00 Europe/Berlin).",
                    "Wait until Wed 25 Nov 12:30 Europe/Berlin: window weekdays is open then, and what else holds it (a freeze, lead time, soak) is over.",
                    "from Wed 2026-11-25 11:30 UTC",
                )
            ),
            id="closed, and frozen until the middle of the next window",
        ),
        pytest.param(
            REQUEST,
            facts(policy(windows={})),
            snapshot(
                (
                    "No change window of api in production is open now (Tue 24 Nov 12:00 Europe/Berlin).",
                    "Wait for a window. No time is in sight at which it may go: not within five years, or not as far as its holidays are known.",
                )
            ),
            id="closed for ever",
        ),
    ],
)
def test_what_people_read(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(in_window(asked, known)) == sentence


def test_a_moment_in_a_sentence_has_its_weekday_day_time_and_zone() -> None:
    assert local(utc("2026-12-03 09:05"), "Europe/Berlin") == "Thu 3 Dec 10:05 Europe/Berlin"
    years = [local(utc("2026-12-03 09:05"), "Europe/Berlin", utc(seen)) for seen in ("2025-12-03", "2026-01-03", "2027-01-03")]
    assert years == ["Thu 3 Dec 2026 10:05 Europe/Berlin", "Thu 3 Dec 10:05 Europe/Berlin", "Thu 3 Dec 2026 10:05 Europe/Berlin"]


def test_by_default_friday_is_closed() -> None:
    assert POLICY.closed_weekdays == (Weekday.FRI,)
    assert POLICY.windows == {"weekdays": WEEKDAYS}


# ---------------------------------------------------------------- public holidays

CHRISTMAS = Holidays("DE", {date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): "Second Day of Christmas"}, *SPAN)
FOUNDERS = Holidays("XNYS", {date(2026, 11, 24): "Founders' Day"}, *SPAN)
EVERY_DAY = {"days": tuple(Weekday), "start": time(10), "end": time(16), "owner": MARA.id}
CLOSED_ON = {"DE": CHRISTMAS, "XNYS": FOUNDERS}


def daily(**more: Any) -> Window:
    """A window of every day."""
    return Window(**(EVERY_DAY | more))


def shut(*windows: Window, **sections: Any) -> Policy:
    """The policy with these windows, no closed weekdays, and holidays."""
    return windowed(*windows, closed=(), **sections)


WEB_IN_NEW_YORK = {**POLICY.services, "web": POLICY.services["web"].model_copy(update={"holidays": ("XNYS",)})}


@pytest.mark.parametrize(
    ("known", "asked", "at", "expected"),
    [
        pytest.param(shut(daily()), REQUEST, "2026-12-25 11:00", Allow, id="no calendar is named"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2026-12-25 11:00", Refusal.OUTSIDE_WINDOW, id="a holiday of the window"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2026-12-24 11:00", Allow, id="the day before it"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2026-12-27 11:00", Allow, id="the day after them"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2027-12-25 11:00", Allow, id="a year that has none"),
        pytest.param(shut(daily(), holidays=("DE",)), REQUEST, "2026-12-25 11:00", Refusal.OUTSIDE_WINDOW, id="a holiday of the policy"),
        pytest.param(shut(daily(holidays=()), holidays=("DE",)), REQUEST, "2026-12-25 11:00", Allow, id="a window that works on holidays"),
        pytest.param(shut(daily(holidays=("DE", "XNYS"))), REQUEST, "2026-11-24 11:00", Refusal.OUTSIDE_WINDOW, id="of the second of two"),
        pytest.param(
            shut(daily(), services=WEB_IN_NEW_YORK, holidays=("DE",)), request(service="web"), "2026-11-24 16:00", Refusal.OUTSIDE_WINDOW,
            id="a holiday of the service",
        ),
        pytest.param(
            shut(daily(), services=WEB_IN_NEW_YORK, holidays=("DE",)), request(service="web"), "2026-12-25 16:00", Allow,
            id="the service's calendar stands for the policy's",
        ),
        pytest.param(shut(daily(), services=WEB_IN_NEW_YORK), REQUEST, "2026-11-24 11:00", Allow, id="a holiday of another service"),
        pytest.param(
            shut(daily(dates=(date(2026, 12, 25),), holidays=("DE",))), REQUEST, "2026-12-25 11:00", Refusal.OUTSIDE_WINDOW,
            id="a date that is a holiday",
        ),
        pytest.param(
            shut(daily(start=time(22), end=time(4), holidays=("DE",))), REQUEST, "2026-12-24 22:59", Allow, id="Christmas Eve until midnight"
        ),
        pytest.param(
            shut(daily(start=time(22), end=time(4), holidays=("DE",))), REQUEST, "2026-12-24 23:00", Refusal.OUTSIDE_WINDOW,
            id="a window past midnight is cut where the holiday begins",
        ),
        pytest.param(shut(daily(holidays=("FR",))), REQUEST, "2026-11-24 11:00", Unsure, id="a calendar that nobody read (WIN-13)"),
        pytest.param(shut(daily(holidays=("GB",))), REQUEST, "2026-11-24 11:00", Unsure, id="one that could not be read (WIN-13)"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2024-01-02 11:00", Unsure, id="before the first day that it knows"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2024-01-03 11:00", Allow, id="its first day that counts"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2033-12-28 11:00", Allow, id="its last day that counts"),
        pytest.param(shut(daily(holidays=("DE",))), REQUEST, "2033-12-29 00:00", Unsure, id="after the last day that it knows"),
        pytest.param(shut(daily(holidays=("GB",))), STAGING, "2026-11-24 11:00", Allow, id="staging needs no calendar"),
    ],
)  # fmt: skip
def test_public_holidays_keep_windows_closed(known: Policy, asked: Request, at: str, expected: Expected) -> None:
    holidays: dict[str, Holidays | Unread] = {**CLOSED_ON, "GB": Unread("the public holidays of GB", "the library fails")}
    assert said(in_window(asked, facts(known, at=utc(at), holidays=holidays))) == expected


@pytest.mark.parametrize(
    ("known", "at", "slot"),
    [
        pytest.param(shut(daily(holidays=("DE",))), "2026-12-24 15:00", "2026-12-27 09:00", id="after the holidays"),
        pytest.param(shut(daily(holidays=("DE",)), daily(holidays=())), "2026-12-24 15:00", "2026-12-25 09:00", id="the one that works"),
        pytest.param(
            shut(window("10:00", "16:00", Weekday.FRI, holidays=("DE",))), "2026-12-24 15:00", "2027-01-01 09:00", id="into the new year"
        ),
        pytest.param(
            shut(window("10:00", "16:00", dates=(date(2033, 12, 30),), holidays=("DE",))), "2033-12-01 00:00", None, id="not known"
        ),
        pytest.param(shut(daily(holidays=("DE",))), "2034-01-01 00:00", Unread, id="past what is known"),
    ],
)
def test_the_next_slot_passes_over_holidays(known: Policy, at: str, slot: Any) -> None:
    found = next_slot(REQUEST, facts(known, at=utc(at), holidays=CLOSED_ON))
    assert found == (utc(slot) if isinstance(slot, str) else slot) or (isinstance(found, Unread) and slot is Unread)


def test_a_holiday_is_named() -> None:
    known = facts(shut(daily(holidays=("DE",))), at=utc("2026-12-25 11:00"), holidays=CLOSED_ON)
    assert told(in_window(REQUEST, known)) == snapshot(
        (
            "No change window of api in production is open now (Fri 25 Dec 12:00 Europe/Berlin): today is Christmas Day (DE).",
            "Wait for the next window: Sun 27 Dec 10:00 Europe/Berlin.",
            "from Sun 2026-12-27 09:00 UTC",
        )
    )
    assert told(in_window(REQUEST, replace(known, freezes=Unread("the freeze calendar", "it is locked")))) == snapshot(
        (
            "No change window of api in production is open now (Fri 25 Dec 12:00 Europe/Berlin): today is Christmas Day (DE).",
            "Wait for a window. When it may go next cannot be told: could not read the freeze calendar.",
        )
    )
    assert told(in_window(REQUEST, replace(known, holidays={}))) == snapshot(
        ("could not read the public holidays of DE", "nobody asked for them")
    )


def test_a_slot_in_another_year_says_the_year() -> None:
    known = facts(shut(LEAP), at=utc("2026-12-25 11:00"))
    assert told(in_window(REQUEST, known)) == snapshot(
        (
            "No change window of api in production is open now (Fri 25 Dec 12:00 Europe/Berlin).",
            "Wait for the next window: Tue 29 Feb 2028 10:00 Europe/Berlin.",
            "from Tue 2028-02-29 09:00 UTC",
        )
    )


# ---------------------------------------------------------------- what is left of it

ESTIMATE = Estimate(deployment=20 * MINUTE, observation=HOUR / 2)
IN_HALF_AN_HOUR = freeze(start=AT + HOUR / 2, end=AT + DAY)


@pytest.mark.parametrize(
    ("known", "at", "warned"),
    [
        pytest.param(windowed(WORKDAY), CLOSED - MINUTE, None, id="nobody said how long it takes"),
        pytest.param(windowed(WORKDAY, estimate=ESTIMATE), CLOSED - 50 * MINUTE, None, id="just enough"),
        pytest.param(windowed(WORKDAY, estimate=ESTIMATE), CLOSED - 49 * MINUTE, 49, id="a minute too few"),
        pytest.param(
            windowed(WORKDAY, window("16:00", "17:00", Weekday.TUE), estimate=ESTIMATE), CLOSED - MINUTE, None, id="another follows at once"
        ),
        pytest.param(
            windowed(WORKDAY, window("15:00", "17:00", Weekday.TUE), estimate=ESTIMATE), CLOSED - MINUTE, None, id="another began before"
        ),
        pytest.param(
            windowed(WORKDAY, window("15:00", "17:00", Weekday.TUE), estimate=Estimate(deployment=HOUR, observation=HOUR)),
            CLOSED - 61 * MINUTE, None, id="another begins while it is open",
        ),
        pytest.param(windowed(WORKDAY, window("16:01", "17:00", Weekday.TUE), estimate=ESTIMATE), CLOSED - MINUTE, 1, id="after a minute"),
        pytest.param(
            windowed(WORKDAY, services={**POLICY.services, "api": POLICY.services["api"].model_copy(update={"estimate": ESTIMATE})}),
            CLOSED - MINUTE, 1, id="the service's own",
        ),
        pytest.param(windowed(WORKDAY, estimate=ESTIMATE), AT, 30, id="a freeze begins before it is over"),
        pytest.param(windowed(WORKDAY, estimate=ESTIMATE), AT - HOUR, None, id="a freeze begins later"),
    ],
)  # fmt: skip
def test_a_window_shorter_than_the_change_is_told(known: Policy, at: datetime, warned: int | None) -> None:
    """WIN-10."""
    seen = facts(known, at=at, freezes=(IN_HALF_AN_HOUR, freeze(services=("web",))) if at <= AT else Unread("the freeze calendar"))
    answer = in_window(REQUEST, seen)
    assert isinstance(answer, Allow)
    tail = f"; only {warned} min are left, and the change takes 20m and 30m of observation" if warned is not None else "Europe/Berlin"
    assert answer.why.endswith(tail)


@pytest.mark.parametrize(
    ("lasts", "tail"),
    [
        pytest.param({"start": AT - HOUR, "end": AT}, "Europe/Berlin", id="it is over at this moment"),
        pytest.param({"start": AT - HOUR, "end": AT - MINUTE}, "Europe/Berlin", id="it was over a minute ago"),
        pytest.param({"start": AT - HOUR}, "; only 0 min are left, and the change takes 20m and 30m of observation", id="it holds"),
    ],
)
def test_a_freeze_that_is_over_takes_nothing_of_the_window(lasts: dict[str, Any], tail: str) -> None:
    answer = in_window(REQUEST, facts(windowed(WORKDAY, estimate=ESTIMATE), freezes=(freeze(**lasts),)))
    assert isinstance(answer, Allow)
    assert answer.why.endswith(tail)


def test_minutes_have_sixty_seconds() -> None:
    hours = windowed(WORKDAY, estimate=Estimate(deployment=HOUR, observation=HOUR))
    answer = in_window(REQUEST, facts(hours, at=CLOSED - 118 * MINUTE))
    assert isinstance(answer, Allow)
    assert "only 118 min are left" in answer.why


def test_the_opening_that_holds_cannot_be_told_without_its_calendar() -> None:
    known = facts(shut(daily(holidays=("FR",))))
    assert open_now("api", "production", known) == Unread("the public holidays of FR", "nobody asked for them")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (WORKDAY, "Tue"),
        (ON_CHRISTMAS_EVE, "2026-12-24"),
        (monthly(Nth.FIRST, Nth.LAST), "first, last Tue of the month"),
        (
            fortnightly("2026-11-23", dates=(date(2026, 12, 24),), of_month=(Nth.LAST,)),
            "last Tue of the month every 2 weeks (the week of 2026-11-23 is one), 2026-12-24",
        ),
    ],
)
def test_how_a_recurrence_reads(one: Window, words: str) -> None:
    assert one.recurrence == words
