"""When the windows of a place are open: weekdays, dates, public holidays, zones and clock changes (WIN-03, WIN-04).

Invariant: a doubtful minute is closed. A clock change that repeats or skips a window's edge opens it late and closes it early, and
a day whose holidays are not known opens nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

from guards.calendar_rules import Window
from guards.facts import Facts
from guards.holiday import Holidays
from guards.parts import Parts
from guards.policy import Policy
from guards.unread import Unread
from guards.vocabulary import Weekday

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """One concrete opening.

    Args:
        window: its name in the policy file (WIN-02).
        start, end: UTC, half-open `[start, end)`.
        zone: IANA zone in which the rule is written.
    """

    window: str
    start: datetime
    end: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A window as it holds for one place, with everything that keeps it closed.

    Args:
        name: in the policy file.
        window: what the file says.
        zone: IANA zone in which its days and times hold.
        closed: weekdays on which no window is open.
        holidays: calendars on whose days it stays closed.
    """

    name: str
    window: Window
    zone: str
    closed: frozenset[Weekday]
    holidays: tuple[Holidays, ...] = ()

    def is_closed(self, day: date) -> bool:
        """Whether the weekday or a holiday keeps it closed on a local day."""
        return Weekday.of(day) in self.closed or any(day in calendar.days for calendar in self.holidays)

    def on(self, day: date) -> Opening | None:
        """The opening that begins on a local day, cut where the next day is closed."""
        window = self.window
        if not window.begins_on(day) or self.is_closed(day):
            return None
        zone, last, until = ZoneInfo(self.zone), day, window.end
        if window.overnight:
            last += _DAY
            until = time(0) if self.is_closed(last) else until
        start, end = _instants(day, window.start, zone)[1], _instants(last, until, zone)[0]
        return Opening(self.name, start, end, self.zone) if start < end else None

    def at(self, moment: datetime, today: date) -> Opening | None:
        """The opening that is open at a moment, on this local day, and lasts longest: yesterday's may last past midnight."""
        opening = self.on(today)
        if opening and opening.start <= moment < opening.end:
            return opening
        opening = self.on(today - _DAY) if self.window.overnight else None
        return opening if opening and opening.start <= moment < opening.end else None

    def within(self, begin: datetime, end: datetime) -> Iterator[Opening]:
        """The openings that are open at some moment of `[begin, end)`, in order of their start."""
        zone, window = ZoneInfo(self.zone), self.window
        first, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
        if window.overnight:
            first -= _DAY
        for day in self._days(max(first, window.valid_from or first), min(last, window.valid_to or last)):
            opening = self.on(day)
            if opening and opening.end > begin:
                if opening.start >= end:
                    return
                yield opening

    def _days(self, first: date, last: date) -> Iterable[date]:
        if self.window.days:
            return (first + n * _DAY for n in range((last - first).days + 1))
        dates = self.window.ordered_dates
        return dates[bisect_left(dates, first) : bisect_left(dates, last + _DAY)]


@lru_cache(maxsize=4096)  # the same few edges are asked for with each judgement
def _instants(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of a local time, earlier and later in UTC; the same twice but on a clock change."""
    readings = [datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(readings), max(readings)


def applies(policy: Parts, window: Window, service: str | None, environment: str | None) -> bool:
    """Whether a window is about this place; one that names no environments is about production (WIN-14)."""
    environments = policy.production if window.environments is None else window.environments
    return environment in environments and (window.services is None or service is None or service in window.services)


def gated(policy: Policy, service: str | None, environment: str) -> bool:
    """Whether a place opens by windows only: production always, others when a window is about them (WIN-14, CF-18)."""
    return environment in policy.production or any(applies(policy, window, service, environment) for window in policy.windows.values())


def rules_of(service: str | None, environment: str, facts: Facts) -> tuple[Rule, ...] | Unread:
    """The windows of a place; unread when the holidays of one cannot be told for this moment (WIN-13)."""
    return facts.memo.once((rules_of, service, environment), lambda: _with_holidays(service, environment, facts))


def _with_holidays(service: str | None, environment: str, facts: Facts) -> tuple[Rule, ...] | Unread:
    read: dict[tuple[str, ...], tuple[Holidays, ...]] = {(): ()}
    rules: list[Rule] = []
    for rule, codes in facts.policy.of_place(_of_file, service, environment):
        if codes not in read:
            calendars = _calendars(codes, facts)
            if isinstance(calendars, Unread):
                return calendars
            read[codes] = calendars
        rules.append(replace(rule, holidays=read[codes]) if codes else rule)
    return tuple(rules)


def _of_file(policy: Parts, service: str | None, environment: str | None) -> tuple[tuple[Rule, tuple[str, ...]], ...]:
    """The same as the file alone tells it: each without its holidays, beside the codes of their calendars."""
    closed, usual, zone = frozenset(policy.closed_weekdays), policy.holidays_of(service), policy.zone_of(service)
    return tuple(
        (Rule(name, window, window.zone or zone, closed), usual if window.holidays is None else window.holidays)
        for name, window in policy.windows.items()
        if applies(policy, window, service, environment)
    )


def _calendars(codes: tuple[str, ...], facts: Facts) -> tuple[Holidays, ...] | Unread:
    found: list[Holidays] = []
    for code in codes:
        calendar = facts.holidays.get(code) or Unread(f"the public holidays of {code}", "nobody asked for them")
        if isinstance(calendar, Unread):
            return calendar
        if not (calendar.first + 2 * _DAY <= facts.at.date() and facts.at < known_until(calendar)):
            return Unread(f"the public holidays of {code}", f"they are known from {calendar.first} to {calendar.last}")
        found.append(calendar)
    return tuple(found)


def known_until(calendar: Holidays) -> datetime:
    """The moment, UTC, up to which a calendar tells every day that matters: two days are for zones and for windows past midnight."""
    return datetime.combine(calendar.last - 2 * _DAY, time(0), UTC)


def openings(rules: Iterable[Rule], begin: datetime, end: datetime) -> Iterator[Opening]:
    """What is open at some moment of `[begin, end)`, in order of the start."""
    yield from merge(*(rule.within(begin, end) for rule in rules), key=lambda opening: opening.start)


def open_at(rules: Iterable[Rule], moment: datetime) -> Opening | None:
    """The opening of several windows that is open at a moment and lasts longest."""
    last: Opening | None = None
    days: dict[str, date] = {}
    for rule in rules:
        if rule.zone not in days:
            days[rule.zone] = moment.astimezone(ZoneInfo(rule.zone)).date()
        opening = rule.at(moment, days[rule.zone])
        if opening and (last is None or opening.end > last.end):
            last = opening
    return last


def open_now(service: str | None, environment: str, facts: Facts) -> Opening | Unread | None:
    """The same for a place, at the moment of the facts."""
    rules = rules_of(service, environment, facts)
    return rules if isinstance(rules, Unread) else facts.memo.once((open_now, service, environment), lambda: open_at(rules, facts.at))


def holiday_on(rules: Iterable[Rule], at: datetime) -> str | None:
    """What keeps windows closed at a moment: `Christmas Day (DE)`; None when it is no holiday where they hold."""
    for rule in rules:
        day = at.astimezone(ZoneInfo(rule.zone)).date()
        for calendar in rule.holidays:
            if day in calendar.days:
                return f"{calendar.days[day]} ({calendar.code})"
    return None


@lru_cache(maxsize=1024)  # the same end of the same opening is told with each judgement
def local(moment: datetime, zone: str, seen: datetime | None = None) -> str:
    """A moment for sentences: `Tue 24 Nov 10:00 Europe/Berlin`.

    Args:
        moment: UTC.
        zone: IANA zone in which it is shown.
        seen: where it may lie years ahead, from when it is seen: the year is then said when it is another.
    """
    there = moment.astimezone(ZoneInfo(zone))
    year = " %Y" if seen and seen.astimezone(ZoneInfo(zone)).year != there.year else ""
    return f"{there.strftime(f'%a %-d %b{year} %H:%M')} {zone}"
