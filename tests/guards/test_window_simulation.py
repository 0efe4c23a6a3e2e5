"""Windows, holidays, freezes and lead time against a slow simulation that looks at the clock on the wall, minute by minute.

The wall says in which minutes a window is open. Where an edge falls into a skipped or a repeated hour the guard may only close
more than the wall says, never less; everywhere else both say the same. The next slot is then the first minute in which a window is
open, no freeze holds and the lead time is over (WIN-01, WIN-03, WIN-13, FRZ-03, RSK-01).
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from guards.calendar_rules import Window
from guards.classify import announced
from guards.decision import Allow
from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.facts import Facts
from guards.freeze import not_frozen
from guards.freeze_record import Freeze
from guards.holiday import Holidays
from guards.matrix import LeadTime, RiskRules
from guards.opening import Opening, open_now, openings, rules_of
from guards.slot import next_slot
from guards.unread import Unread
from guards.vocabulary import Blocked, Nth, Profile, Requirement, Risk, Weekday
from guards.window import in_window
from tests.guards.cases import DAY, HOUR, MARA, MINUTE, REQUEST, change, facts, freeze, said, utc, windowed
from tests.world.examples import examples

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


@dataclass(frozen=True)
class Closed:
    """What keeps every window closed for a whole local day."""

    weekdays: tuple[Weekday, ...] = ()
    holidays: frozenset[date] = frozenset()

    def on(self, day: date) -> bool:
        return Weekday.of(day) in self.weekdays or day in self.holidays


def by_the_calendar(window: Window, day: date) -> bool:
    """Whether a weekday is one of those of its month, in a week that counts: by writing down the month, and the weeks that count."""
    if window.of_month:
        month = [date(day.year, day.month, n) for n in range(1, monthrange(day.year, day.month)[1] + 1)]
        alike = [one for one in month if one.weekday() == day.weekday()]
        if day not in [alike[-1] if nth is Nth.LAST else (*alike, None)[ORDER.index(nth)] for nth in window.of_month]:
            return False
    if window.week_of is None:
        return True
    counting = (window.week_of + n * window.every_weeks * 7 * DAY for n in range(-60, 61))
    return any(one.isocalendar()[:2] == day.isocalendar()[:2] for one in counting)


ORDER = [Nth.FIRST, Nth.SECOND, Nth.THIRD, Nth.FOURTH, Nth.FIFTH]


@cache
def opens_on(window: Window, day: date, closed: Closed) -> bool:
    listed = day in window.dates or (Weekday.of(day) in window.days and by_the_calendar(window, day))
    after = window.valid_from is None or window.valid_from <= day
    before = window.valid_to is None or day <= window.valid_to
    return listed and after and before and not closed.on(day)


def days_open_at(window: Window, shown: datetime, closed: Closed) -> Iterator[date]:
    """The days whose opening of the window is open while the wall shows this."""
    today, now = shown.date(), shown.time()
    if closed.on(today):
        return
    overnight = window.end <= window.start
    if opens_on(window, today, closed) and window.start <= now and (overnight or now < window.end):
        yield today
    if overnight and opens_on(window, today - DAY, closed) and now < window.end:
        yield today - DAY


def doubtful(window: Window, day: date, closed: Closed) -> bool:
    """Whether an edge of that day's opening is skipped or repeated."""
    last = day + DAY if window.end <= window.start else day
    end = time(0) if closed.on(last) else window.end
    return not (shown_once(day, window.start, str(window.zone)) and shown_once(last, end, str(window.zone)))


def by_the_wall(windows: list[Window], closed: Closed, moment: datetime) -> tuple[bool, bool]:
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


@dataclass(frozen=True)
class World:
    """What there is to judge by: one to three windows, what closes them, and a moment."""

    windows: list[Window]
    closed: Closed
    at: datetime

    def facts(self, **parts: Any) -> Facts:
        """As guards get them."""
        days = dict.fromkeys(self.closed.holidays, "a holiday")
        known = Holidays("DE", days, self.at.date() - 400 * DAY, self.at.date() + 2400 * DAY)
        under = windowed(*self.windows, closed=self.closed.weekdays, holidays=("DE",), **parts.pop("under", {}))
        return facts(under, **({"at": self.at, "holidays": {"DE": known}} | parts))

    def openings(self, days: int) -> list[Opening]:
        rules = rules_of("api", "production", self.facts())
        assert not isinstance(rules, Unread)
        return list(openings(rules, self.at, self.at + days * DAY))


@st.composite
def recurrences(draw: st.DrawFn, around: date) -> dict[str, Any]:
    """Every week mostly; else some weeks of the month, each second or third week, or both."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["of_month"] = tuple(draw(st.lists(st.sampled_from(Nth), min_size=1, max_size=3, unique=True)))
    if draw(st.integers(0, 2)) == 2:
        found |= {"every_weeks": draw(st.integers(2, 3)), "week_of": around + draw(st.integers(-40, 40)) * DAY}
    return found if draw(st.booleans()) else {}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    zones = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3)))
    at = draw(moments(zones))
    near = st.integers(-2, 2).map(lambda n: at.date() + n * DAY)
    seldom = st.one_of(st.none(), st.none(), st.none(), near)
    windows = [
        Window(
            days=(days := draw(DAYS)), dates=(draw(near),), start=draw(EDGES), end=draw(EDGES), zone=zone, valid_from=draw(seldom),
            owner=MARA.id, **(draw(recurrences(at.date())) if days else {}),
        )
        for zone in zones
    ]  # fmt: skip
    windows = [w.model_copy(update={"valid_to": draw(seldom)}) for w in windows]
    return World(windows, Closed(draw(CLOSED), draw(st.frozensets(near, max_size=2))), at)


@settings(max_examples=examples(100))
@given(worlds())
def test_the_wall_and_the_guard_agree_in_every_minute(world: World) -> None:
    at, found = world.at, world.openings(LOOK.days + 1)
    assert found == sorted(found, key=lambda opening: opening.start)
    for n in range(LOOK // MINUTE):
        moment = at + n * MINUTE
        is_open = any(opening.start <= moment < opening.end for opening in found)
        perhaps, certainly = by_the_wall(world.windows, world.closed, moment)
        assert certainly <= is_open <= perhaps, moment
    now = open_now("api", "production", world.facts())
    held = [opening for opening in found if opening.start <= at]
    assert now in held if held else now is None
    assert not isinstance(now, Opening) or now.end == max(opening.end for opening in held)


@st.composite
def freezes(draw: st.DrawFn, at: datetime) -> Freeze:
    start = at + draw(st.integers(-60, 60 * 48)) * MINUTE
    end = start + draw(st.integers(1, 60 * 24)) * MINUTE
    lifted = start + draw(st.integers(1, 60 * 24)) * MINUTE if draw(st.booleans()) else None
    counts = draw(st.sampled_from([start - DAY, start - DAY, None]))
    blocks = draw(st.sampled_from([(Blocked.DEPLOYMENTS,), (Blocked.DEPLOYMENTS, Blocked.MERGES), (Blocked.MERGES,), (Blocked.FLAGS,)]))
    return freeze(start=start, end=end, lifted=lifted, in_force=counts, blocks=blocks)


LEAD = {
    "evidence": Evidence(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.LEAD_TIME,))}),
    "risk": RiskRules(lead_time=LeadTime(normal=DAY, risk=Risk.LOW)),
}
"""A day, whatever the risk is."""


def passes(known: Facts) -> bool:
    return all(said(guard(REQUEST, known)) is Allow for guard in (in_window, not_frozen, announced))


@settings(max_examples=examples(100))
@given(worlds(), st.booleans(), st.data())
def test_the_next_slot_is_the_first_minute_that_the_judge_lets_pass(world: World, lead: bool, data: st.DataObject) -> None:
    at, found = world.at, world.openings(LOOK.days + 1)
    held = tuple(data.draw(st.lists(freezes(at), max_size=3)))
    asked = at - data.draw(st.integers(0, 30 * 60)) * MINUTE

    def seen(moment: datetime) -> Facts:
        return world.facts(under=LEAD if lead else {}, at=moment, freezes=held, change=change(requested=asked), exceptions=())

    def free(moment: datetime) -> bool:
        is_open = any(opening.start <= moment < opening.end for opening in found)
        counting = [f for f in held if f.in_force and Blocked.DEPLOYMENTS in f.blocks]
        frozen = any(f.start <= moment < f.end and not (f.lifted and f.lifted <= moment) for f in counting)
        return is_open and not frozen and (not lead or moment >= asked + DAY)

    first = next((moment for n in range(LOOK // MINUTE) if free(moment := at + n * MINUTE)), None)
    slot = next_slot(REQUEST, seen(at))
    if first is not None:
        assert slot == first
    if slot is not None:
        assert isinstance(slot, datetime)
        assert slot >= (at if first else at + LOOK)
        assert passes(seen(slot))
        assert slot == at or not passes(seen(slot - MINUTE))


def quarters(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda n: n * timedelta(minutes=15))


@st.composite
def rare_windows(draw: st.DrawFn) -> World:
    """Windows that open seldom: on one or two weekdays, or on single dates."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
    at = draw(moments(tuple(zones))).replace(minute=0)
    windows = []
    for zone in zones:
        days = draw(st.lists(st.sampled_from(Weekday), max_size=2, unique=True).map(tuple))
        dates = tuple(at.date() + n * DAY for n in draw(st.lists(st.integers(0, 60), min_size=0 if days else 1, max_size=6)))
        how = draw(recurrences(at.date())) if days else {}
        windows.append(Window(days=days, dates=dates, start=draw(EDGES), end=draw(EDGES), zone=zone, owner=MARA.id, **how))
    return World(windows, Closed((), draw(st.frozensets(st.integers(0, 60).map(lambda n: at.date() + n * DAY), max_size=3))), at)


@settings(max_examples=examples(300))
@given(rare_windows(), st.data())
def test_the_next_slot_is_exact_behind_many_freezes(world: World, data: st.DataObject) -> None:
    """A freeze lies over each of the first openings, and now and then leaves a quarter of an hour of one."""
    found = world.openings(90)
    covered = found[: data.draw(st.integers(0, len(found)))]
    over = st.one_of(quarters(0, 40), quarters(0, 40), quarters(0, 40), quarters(-1, 0))
    held = [freeze(start=o.start - data.draw(over), end=max(o.end + data.draw(over), o.start), in_force=FIRST) for o in covered]
    held = [f for f in held if f.start < f.end]

    def free(opening: Opening) -> Iterator[datetime]:
        """Every edge lies at a quarter of an hour, so nothing changes in between."""
        moment = max(opening.start, world.at)
        while moment < opening.end:
            if not any(f.start <= moment < f.end for f in held):
                yield moment
            moment += HOUR / 4

    slot = next_slot(REQUEST, world.facts(freezes=tuple(held), change=None))
    first = min((moment for opening in found for moment in free(opening)), default=None)
    if first:
        assert slot == first
    else:
        assert slot is None or (isinstance(slot, datetime) and slot >= world.at + 90 * DAY)
