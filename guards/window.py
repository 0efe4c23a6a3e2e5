"""Production changes only inside a defined window: half-open, in the service's own zone, Friday closed by default (WIN-01…-04).

Invariant: a doubtful minute is closed. A clock change that repeats or skips a window's edge opens it late and closes it early.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from itertools import chain
from zoneinfo import ZoneInfo

from guards.decision import Allow, Decision, Refusal, Refuse
from guards.facts import Facts, Request
from guards.migration import weighed
from guards.policy import Policy
from guards.sections import Window
from guards.unread import Unread
from guards.vocabulary import Weekday

HORIZON = timedelta(days=400)
"""How far ahead an opening is looked for."""

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


def applies(policy: Policy, window: Window, service: str | None, environment: str) -> bool:
    """Whether a window is about this place; one that names no environments is about production (WIN-14)."""
    environments = policy.production if window.environments is None else window.environments
    return environment in environments and (window.services is None or service is None or service in window.services)


def gated(policy: Policy, service: str | None, environment: str) -> bool:
    """Whether a place opens by windows only: production always, others when a window is about them (WIN-14, CF-18)."""
    return environment in policy.production or any(applies(policy, window, service, environment) for window in policy.windows.values())


@lru_cache(maxsize=4096)  # the same few edges are asked for with each judgement
def _instants(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of a local time, earlier and later in UTC; the same twice but on a clock change."""
    readings = [datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(readings), max(readings)


def _opening(name: str, window: Window, day: date, zone_name: str, closed: frozenset[Weekday]) -> Opening | None:
    """The opening that begins on a local day, cut where the next day is closed."""
    if not (day in window.dates or Weekday.of(day) in window.days) or Weekday.of(day) in closed:
        return None
    if (window.valid_from and day < window.valid_from) or (window.valid_to and day > window.valid_to):
        return None
    zone = ZoneInfo(zone_name)
    last = day if window.end > window.start else day + _DAY
    until = time(0) if Weekday.of(last) in closed else window.end
    start, end = _instants(day, window.start, zone)[1], _instants(last, until, zone)[0]
    return Opening(name, start, end, zone_name) if start < end else None


def openings(policy: Policy, service: str | None, environment: str, after: datetime, days: int) -> Iterator[Opening]:
    """Openings of a place that end after a moment, in order of their start.

    Args:
        policy: whose windows.
        service, environment: the place.
        after: UTC.
        days: how many local days from `after` on are looked at.
    """
    yield from merge(*_by_window(policy, service, environment, after, days), key=lambda opening: opening.start)


def _by_window(policy: Policy, service: str | None, environment: str, after: datetime, days: int) -> list[Iterator[Opening]]:
    """The openings of each window of a place, each in order of their start."""
    closed = frozenset(policy.closed_weekdays)

    def of(name: str, window: Window) -> Iterator[Opening]:
        zone = window.zone or policy.zone_of(service)
        today = after.astimezone(ZoneInfo(zone)).date()
        for offset in range(-1, days + 1):  # yesterday's may last past midnight
            opening = _opening(name, window, today + offset * _DAY, zone, closed)
            if opening and opening.end > after:
                yield opening

    return [of(name, window) for name, window in policy.windows.items() if applies(policy, window, service, environment)]


def open_now(policy: Policy, service: str | None, environment: str, at: datetime) -> Opening | None:
    """The opening that holds now and lasts longest, or None."""
    held = [o for o in chain.from_iterable(_by_window(policy, service, environment, at, 0)) if o.start <= at]
    return max(held, key=lambda o: o.end, default=None)


def next_slot(request: Request, facts: Facts) -> datetime | None:
    """The first moment from now on at which a window is open and no freeze holds the request; None when there is none in sight.

    It satisfies windows and freezes together: a window that opens inside a freeze does not count before the freeze ends.
    """
    environment = request.environment or ""
    freezes = () if isinstance(facts.freezes, Unread) else facts.freezes
    counting = weighed(request, facts)
    holds = sorted((f for f in freezes if f.holds(counting)), key=lambda f: f.start)

    def thawed(moment: datetime) -> datetime:
        for freeze in holds:
            if freeze.active(moment):
                moment = freeze.until
        return moment

    if not gated(facts.policy, request.service, environment):
        return thawed(facts.at)
    for opening in openings(facts.policy, request.service, environment, facts.at, HORIZON.days):
        moment = thawed(max(opening.start, facts.at))  # never earlier for an opening that starts later: the first that fits is the answer
        if moment < opening.end:
            return moment
    return None


def in_window(request: Request, facts: Facts) -> Decision:
    """Whether the target may change at this moment."""
    environment = request.environment or ""
    if not gated(facts.policy, request.service, environment):
        return Allow(f"{environment} is open at all times")
    now = open_now(facts.policy, request.service, environment, facts.at)
    if now:
        return Allow(f"window {now.window} is open until {local(now.end, now.zone)}")
    slot = next_slot(request, facts)
    zone = facts.policy.zone_of(request.service)
    return Refuse(
        Refusal.OUTSIDE_WINDOW,
        f"No change window of {request.service or 'any service'} in {environment} is open now ({local(facts.at, zone)}).",
        f"Wait for the next window: {local(slot, zone)}." if slot else "No window opens in sight: the policy file must define one.",
        until=slot,
    )


def local(moment: datetime, zone: str) -> str:
    """A moment for sentences: `Tue 24 Nov 10:00 Europe/Berlin`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%a %-d %b %H:%M} {zone}"
