"""Where the demo's clock can be moved to by name: what is planned, and when windows open.

Invariant: each moment lies ahead of the clock, or there is none and the reason why.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.holiday_calendars import HolidayCalendars
from bot.demo import moments
from bot.demo.playground import Playground
from commands.core.deadline import Deadline
from commands.core.holidays import read_holidays
from guards.facts import Facts
from guards.opening import Rule, openings, rules_of
from guards.train import TrainRun
from guards.unread import Unread
from storage import trains
from storage.database import Tx

_SEARCHED = timedelta(days=366)
"""How far ahead an opening is looked for."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A moment to go to.

    Args:
        label: on its button.
        at: UTC; None when there is none.
        why: there is none; a clause.
    """

    label: str
    at: datetime | None
    why: str = ""


class Jumps:
    """The moments ahead in one demo.

    Args:
        company: whose clock it is.
    """

    def __init__(self, company: Playground) -> None:
        self._company, self._policy = company, company.house.policy
        self._calendars = HolidayCalendars()
        self._change: datetime | None = None
        self._never = False
        self._opens: datetime | None = None

    async def ahead(self) -> dict[str, Jump]:
        """Name → where the clock can be moved to now, in the order in which they are offered."""
        now, zone = self._company.clock.now(), self._policy.zone
        due, runs = await self._company.next_due(), await self._company.house.store.read(_runs)
        cutoff, decision = ([at for run in runs if (at := getattr(run.schedule, name)) > now] for name in ("cutoff", "decision"))
        return {
            "hour": Jump("+1 h", now + timedelta(hours=1)),
            "morning": Jump("Tomorrow 10:00", moments.morning(now, zone)),
            "cutoff": Jump("To the next cutoff", min(cutoff, default=None), "no run of a train has a cutoff ahead"),
            "decision": Jump("To the next go/no-go", min(decision, default=None), "no run of a train has a go/no-go ahead"),
            "window": Jump("Until the next window opens", await self._opening(now), "no window opens within a year"),
            "timer": Jump("Next timer", max(due, now) if due else None, "nothing waits for a moment"),
            "change": Jump("Clock change", self._clock_change(now), f"the clocks never change in {zone}"),
        }

    async def _opening(self, now: datetime) -> datetime | None:
        """When the next window opens, of any place; looked for again only when the one found last is open."""
        if self._opens is None or self._opens <= now:
            holidays = await read_holidays(self._calendars, self._policy.calendars, now, Deadline())
            facts = Facts(at=now, policy=self._policy, holidays=holidays)
            places = ((service, environment) for service in self._policy.services for environment in self._policy.chain(service))
            self._opens = min(filter(None, (_first(rules_of(*place, facts), now) for place in places)), default=None)
        return self._opens

    def _clock_change(self, now: datetime) -> datetime | None:
        if not self._never and (self._change is None or self._change <= now):
            self._change = moments.before_the_clocks_change(now, self._policy.zone)
            self._never = self._change is None
        return self._change


def _first(rules: tuple[Rule, ...] | Unread, now: datetime) -> datetime | None:
    if isinstance(rules, Unread):
        return None
    return next((each.start for each in openings(rules, now, now + _SEARCHED) if each.start > now), None)


def _runs(tx: Tx) -> list[TrainRun]:
    return [run for train in trains.all_of(tx) for run in trains.open_runs(tx, train.id)]
