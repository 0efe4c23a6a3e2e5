"""The next allowed time over a calendar of the size of a large company: 50 windows, 200 freezes, five years.

Invariant: the search has to pass every freeze to find its answer, and what it finds is checked before anything is measured.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from statistics import median
from time import process_time

from bot.bench.company import email, policy
from bot.bench.figures import Figure
from bot.bench.promotion import AT, DAY, case
from commands.core.requests import at_dispatch
from guards import opening
from guards.calendar_rules import Window
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.holiday import Holidays
from guards.policy import Policy
from guards.slot import next_slot
from guards.unread import Unread
from guards.vocabulary import Blocked, Fate, Weekday

GROUP = "Finding the next allowed time: 50 windows, 200 freezes, 5 years"
WINDOWS = 50
LONG, SHORT = 130, 70
"""Freezes of nearly two weeks, one after the other for five years, and of two days within them."""

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo", "America/Sao_Paulo")
DAYS = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU)
FORTNIGHT = 14 * DAY


def calendar() -> tuple[Request, Facts]:
    """A promotion, and what is known: every second weekend lies between two freezes, and no window opens on a weekend.

    Each window opens at other hours, in one of five zones; some days are holidays. The last freeze ends
    shortly before the search would.
    """
    change, known = case().change, case().facts
    windows = {
        f"window-{n:02}": Window(
            days=DAYS, start=time(8 + n % 8), end=time(17 + n % 6), zone=ZONES[n % len(ZONES)], holidays=("XX",), owner=email(32)
        )
        for n in range(WINDOWS)
    }
    holidays = Holidays(
        "XX", {AT.date() + n * 23 * DAY: "a holiday" for n in range(100)}, date(AT.year - 1, 1, 1), date(AT.year + 8, 12, 31)
    )
    sunday = datetime.combine(AT.date() - 2 * DAY, time(0), AT.tzinfo)

    def freeze(number: int, start: datetime, length: timedelta) -> Freeze:
        return Freeze(
            f"FRZ-2026-1124-{number:03}", "holiday", (Blocked.DEPLOYMENTS,), (), None, ("production",), start, start + length,
            "quarter end", "the books are closed", "promote what waits", email(32), "Person 32", email(33), Fate.HOLD,
            in_force=start,
        )  # fmt: skip

    freezes = tuple(freeze(n, sunday + n * FORTNIGHT, FORTNIGHT - 1.5 * DAY) for n in range(LONG))
    freezes += tuple(freeze(LONG + n, sunday + n * FORTNIGHT + 3 * DAY, 2 * DAY) for n in range(SHORT))
    under = Policy.model_validate(policy().model_dump() | {"windows": windows, "closed_weekdays": (Weekday.FRI,)})
    facts = replace(known, policy=under, freezes=freezes, holidays={"XX": holidays})
    return at_dispatch(change, facts), facts


def measure(rounds: int) -> list[Figure]:
    """Search again and again: once with nothing kept from an earlier search, then as a running bot does.

    Args:
        rounds: searches of each kind.
    """
    request, facts = calendar()
    assert not isinstance(facts.freezes, Unread)
    found, last = next_slot(request, facts), max(freeze.end for freeze in facts.freezes)
    if not isinstance(found, datetime) or not last <= found < last + 3 * DAY:
        raise RuntimeError("the search does not find the opening after the last freeze")
    fresh: list[float] = []
    kept: list[float] = []
    for _ in range(rounds):
        opening._instants.cache_clear()
        for spent in (fresh, kept):
            begun = process_time()
            again = next_slot(request, facts)
            spent.append((process_time() - begun) * 1e3)
            if again != found:
                raise RuntimeError("the search does not find the same twice")
    note = "no window opens between the freezes, so the search passes each of them; whatever an earlier search left behind is forgotten."
    return [
        Figure(GROUP, "CPU", median(fresh), "ms", below=5, note=note),
        Figure(GROUP, "CPU, when it was asked for before", median(kept), "ms", below=5),
    ]
