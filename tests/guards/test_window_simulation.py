"""Windows and freezes against a slow simulation that looks at the clock on the wall, minute by minute (WIN-01, WIN-03, FRZ-03).

The wall says in which minutes a window is open. Where an edge falls into a skipped or a repeated hour the guard may only close
more than the wall says, never less; everywhere else both say the same.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from guards.decision import Allow
from guards.facts import Freeze
from guards.freeze import not_frozen
from guards.sections import Window
from guards.vocabulary import Weekday
from guards.window import in_window, next_slot, open_now, openings
from tests.guards.cases import DAY, HOUR, MARA, MINUTE, REQUEST, facts, freeze, said, utc, windowed

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",  # 5:45
    "Australia/Lord_Howe",  # moves by half an hour
    "Africa/Cairo",  # skips midnight
    "America/Havana",  # repeats midnight
    "America/Santiago",  # repeats the hour before midnight
    "Pacific/Auckland",
    "Pacific/Kiritimati",  # 14:00
)
FIRST, YEAR = utc("2025-12-28 00:00"), timedelta(days=370)
LOOK = 2 * DAY


@cache
def clock_changes(zone: str) -> list[datetime]:
    hours = [FIRST + n * HOUR for n in range(YEAR // HOUR)]
    return [a for a, b in pairwise(hours) if a.astimezone(ZoneInfo(zone)).utcoffset() != b.astimezone(ZoneInfo(zone)).utcoffset()]


def wall(moment: datetime, zone: str) -> datetime:
    """What the clock on the wall shows."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def shown_once(day: date, at: time, zone: str) -> bool:
    """Whether the wall shows this time in one minute exactly: neither skipped nor repeated."""
    shown = datetime.combine(day, at)
    around = [shown.replace(tzinfo=FIRST.tzinfo) + n * timedelta(minutes=15) for n in range(-15 * 4, 15 * 4 + 1)]
    return sum(wall(moment, zone) == shown for moment in around) == 1


def opens_on(window: Window, day: date, closed: tuple[Weekday, ...]) -> bool:
    listed = day in window.dates or Weekday.of(day) in window.days
    after = window.valid_from is None or window.valid_from <= day
    before = window.valid_to is None or day <= window.valid_to
    return listed and after and before and Weekday.of(day) not in closed


def days_open_at(window: Window, shown: datetime, closed: tuple[Weekday, ...]) -> Iterator[date]:
    """The days whose opening of the window is open while the wall shows this."""
    today, now = shown.date(), shown.time()
    if Weekday.of(today) in closed:
        return
    overnight = window.end <= window.start
    if opens_on(window, today, closed) and window.start <= now and (overnight or now < window.end):
        yield today
    if overnight and opens_on(window, today - DAY, closed) and now < window.end:
        yield today - DAY


def doubtful(window: Window, day: date, closed: tuple[Weekday, ...]) -> bool:
    """Whether an edge of that day's opening is skipped or repeated."""
    last = day + DAY if window.end <= window.start else day
    end = time(0) if Weekday.of(last) in closed else window.end
    return not (shown_once(day, window.start, str(window.zone)) and shown_once(last, end, str(window.zone)))


def by_the_wall(windows: list[Window], closed: tuple[Weekday, ...], moment: datetime) -> tuple[bool, bool]:
    """Whether some window may be open, and whether one is without any doubt."""
    open_days = [(w, day) for w in windows for day in days_open_at(w, wall(moment, str(w.zone)), closed)]
    return bool(open_days), any(not doubtful(w, day, closed) for w, day in open_days)


EDGES = st.one_of(
    st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15)),
    st.sampled_from([time(0), time(0, 30), time(1), time(1, 45), time(2), time(2, 15), time(2, 30), time(3), time(23), time(23, 30)]),
)
"""Times of the day, often those at which clocks change."""
SOME_DAYS = st.lists(st.sampled_from(Weekday), max_size=7, unique=True).map(tuple)
DAYS = st.one_of(st.just(tuple(Weekday)), SOME_DAYS)
CLOSED = st.one_of(st.just((Weekday.FRI,)), st.just(()), st.lists(st.sampled_from(Weekday), max_size=3, unique=True).map(tuple))


@st.composite
def moments(draw: st.DrawFn, zones: tuple[str, ...]) -> datetime:
    """A minute of a year, mostly near a clock change of one of the zones."""
    changes = [change for zone in zones for change in clock_changes(zone)]
    if changes and draw(st.integers(0, 3)):
        return draw(st.sampled_from(changes)) + draw(st.integers(-24 * 60, 2 * 60)) * MINUTE
    return FIRST + draw(st.integers(0, YEAR // MINUTE)) * MINUTE


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Window], tuple[Weekday, ...], datetime]:
    """One or two windows, the closed weekdays, and a moment."""
    zones = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2)))
    at = draw(moments(zones))
    near = st.integers(-2, 2).map(lambda n: at.date() + n * DAY)
    seldom = st.one_of(st.none(), st.none(), st.none(), near)
    windows = [
        Window(days=draw(DAYS), dates=(draw(near),), start=draw(EDGES), end=draw(EDGES), zone=zone, valid_from=draw(seldom), owner=MARA.id)
        for zone in zones
    ]
    return [w.model_copy(update={"valid_to": draw(seldom)}) for w in windows], draw(CLOSED), at


@settings(max_examples=100)
@given(worlds())
def test_the_wall_and_the_guard_agree_in_every_minute(world: tuple[list[Window], tuple[Weekday, ...], datetime]) -> None:
    windows, closed, at = world
    known = windowed(*windows, closed=closed)
    found = list(openings(known, "api", "production", at, LOOK.days + 1))
    assert found == sorted(found, key=lambda opening: opening.start)
    for n in range(LOOK // MINUTE):
        moment = at + n * MINUTE
        is_open = any(opening.start <= moment < opening.end for opening in found)
        perhaps, certainly = by_the_wall(windows, closed, moment)
        assert certainly <= is_open <= perhaps, moment
    now = open_now(known, "api", "production", at)
    held = [opening for opening in found if opening.start <= at]
    assert now in held if held else now is None
    assert now is None or now.end == max(opening.end for opening in held)


@st.composite
def freezes(draw: st.DrawFn, at: datetime) -> Freeze:
    start = at + draw(st.integers(-60, 60 * 48)) * MINUTE
    end = start + draw(st.integers(1, 60 * 24)) * MINUTE
    lifted = start + draw(st.integers(1, 60 * 24)) * MINUTE if draw(st.booleans()) else None
    return freeze(start=start, end=end, lifted=lifted)


@settings(max_examples=100)
@given(worlds(), st.data())
def test_the_next_slot_is_the_first_minute_in_which_window_and_freezes_let_it_pass(
    world: tuple[list[Window], tuple[Weekday, ...], datetime], data: st.DataObject
) -> None:
    windows, closed, at = world
    held = tuple(data.draw(st.lists(freezes(at), max_size=3)))
    known = windowed(*windows, closed=closed)

    def passes(moment: datetime) -> bool:
        then = facts(known, at=moment, freezes=held)
        return said(in_window(REQUEST, then)) is Allow and said(not_frozen(REQUEST, then)) is Allow

    def frozen(moment: datetime) -> bool:
        return any(f.start <= moment < f.end and not (f.lifted and f.lifted <= moment) for f in held)

    slot = next_slot(REQUEST, facts(known, at=at, freezes=held))
    if slot is not None:
        assert slot >= at
        assert passes(slot)
        assert slot == at or not passes(slot - MINUTE)
    until = at + LOOK if slot is None else min(slot, at + LOOK)
    for n in range((until - at) // MINUTE):
        moment = at + n * MINUTE
        assert frozen(moment) or not by_the_wall(windows, closed, moment)[1], moment
