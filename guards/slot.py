"""The next allowed time: the first moment that windows, holidays, freezes, lead time and soak let pass together (WIN-09, CMD-13).

Invariant: exact within five years. No earlier moment is allowed, and none is promised that the facts do not carry: where a calendar
cannot be read there is no answer, and where the search ends without one it says so.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guards.assessment import Assessment
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.freezing import holding
from guards.go import Outcome
from guards.lead import held_back_until
from guards.opening import Rule, gated, known_until, rules_of
from guards.soak import soaks_until
from guards.train import Stage, TrainRun
from guards.unread import Unread

HORIZON = timedelta(days=5 * 366)
"""How far ahead an opening is looked for."""

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_WEEK = 7 * 24 * 60
"""Minutes."""


def next_slot(request: Request, facts: Facts, known: Assessment | None = None) -> datetime | Unread | None:
    """The first moment from now on at which nothing that time heals holds a request back; None when there is none within the horizon.

    Args:
        request, facts: what is judged.
        known: the risk, where it is not to be told anew.
    """
    begins, soaked = held_back_until(request, facts, known), soaks_until(request, facts)
    if isinstance(begins, Unread):
        return begins
    if isinstance(soaked, Unread):
        return soaked
    opens = [run.schedule.opens for run in to_depart(facts)] if request.environment in facts.policy.production else []
    return first_slot(request, facts, max(begins, soaked, min(opens, default=begins)))


def to_depart(facts: Facts) -> tuple[TrainRun, ...]:
    """The runs that a version has its go by, and that have not begun to depart: it goes in the window of one of them (TRN-30)."""
    rides = facts.rides
    if isinstance(rides, Unread) or not rides:
        return ()
    about = ((ride.runs.get(one.run), one, now) for ride in rides for one, now in ride.decisions)
    gone = (run for run, one, now in about if run and one.outcome is Outcome.GO and now == one.candidate.hash)
    return tuple(run for run in gone if run.stage is Stage.GO)


def first_slot(request: Request, facts: Facts, begins: datetime) -> datetime | Unread | None:
    """The same without lead time and soak, from a moment on.

    Args:
        request: gives the place, and what freezes look at.
        facts: windows, holidays and freezes.
        begins: UTC, not before the moment of the facts.
    """
    held = holding(request, facts)
    if isinstance(held, Unread):
        return held
    environment, end = request.environment or "", facts.at + HORIZON
    if not gated(facts.policy, request.service, environment):
        return next((begin for begin, _ in _gaps(held, begins, end)), None)
    rules = rules_of(request.service, environment, facts)
    if isinstance(rules, Unread):
        return rules
    known = {calendar.code: known_until(calendar) for rule in rules for calendar in rule.holidays}
    return _earliest(rules, _gaps(held, begins, min((end, *known.values()))))


def no_slot(slot: datetime | Unread | None) -> str:
    """What is said where there is no next slot, as a sentence after another one; nothing where there is one."""
    match slot:
        case Unread():
            return f" When it may go next cannot be told: could not read {slot.what}."
        case None:
            return " No time is in sight at which it may go: not within five years, or not as far as its holidays are known."
        case _:
            return ""


def _gaps(freezes: Iterable[Freeze], begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What the freezes leave of `[begin, end)`, in order."""
    for start, until in sorted((f.start, f.until) for f in freezes):
        if begin < min(start, end):
            yield begin, min(start, end)
        begin = max(begin, until)
    if begin < end:
        yield begin, end


def _earliest(rules: tuple[Rule, ...], gaps: Iterable[tuple[datetime, datetime]]) -> datetime | None:
    week: _Week | None = None  # most searches end in the first gap
    for begin, end in gaps:
        if week is None or week.may_open(begin, end):
            best = end
            for rule in rules:
                opening = next(rule.within(begin, best), None)
                best = max(opening.start, begin) if opening else best
            if best < end:
                return best
        week = week or _Week(rules)
    return None


class _Week:
    """The minutes of a week, by the wall clock, in which some window may open: what lets a search pass over most gaps between freezes.

    It takes too many minutes rather than too few: holidays, the weeks of a month and the days on which a window counts are left out of it.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._dates = sorted(day for rule in rules for day in rule.window.dates)
        spans: dict[str, list[tuple[int, int]]] = {}
        for rule in rules:
            window = rule.window
            opens, closes = (at.hour * 60 + at.minute for at in (window.start, window.end))
            length = (closes - opens - 1) % (24 * 60) + 1
            of_zone = spans.setdefault(rule.zone, [])
            for day in window.weekdays:
                start = day * 24 * 60 + opens
                of_zone += [(start + shift, start + length + shift) for shift in (-_WEEK, 0, _WEEK)]
        self._zones = [(ZoneInfo(zone), *_merged(found)) for zone, found in spans.items()]

    def may_open(self, begin: datetime, end: datetime) -> bool:
        """Whether some window may be open in `[begin, end)`; False is certain."""
        first, last = begin.date() - 2 * _DAY, end.date() + 2 * _DAY  # a date is one of the window's zone, and may last past midnight
        if bisect_left(self._dates, first) < bisect_right(self._dates, last):
            return True
        minutes = (end - begin) // _MINUTE + 1
        for zone, starts, ends in self._zones:
            wall = begin.astimezone(zone)
            if wall.utcoffset() != end.astimezone(zone).utcoffset():
                return True
            now = (wall.weekday() * 24 + wall.hour) * 60 + wall.minute
            nearest = bisect_right(ends, now)
            if nearest < len(starts) and starts[nearest] <= now + minutes:
                return True
        return False


def _merged(spans: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Starts and ends of the spans, those that touch made one."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(spans):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends
