"""The calendar of the policy file: when production may change, and what a freeze holds back (WIN-04, FRZ-04).

Invariant: a window that never opens is an error, and a time has no offset of its own: `zone` says where it holds.
"""

from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from guards.section import Section
from guards.values import ClockTime, Day, Duration, Email, HolidayCode, Name, Url, Zone
from guards.vocabulary import Announce, Blocked, ChangeType, Fate, Nth, Risk, Weekday


class Window(Section):
    """When production may change: half-open `[start, end)` on some weekdays or dates (WIN-04)."""

    days: tuple[Weekday, ...] = Field(default=(), description="Weekdays on which it opens.")
    of_month: tuple[Nth, ...] = Field(
        default=(), description="Of these weekdays only those of a month: `[first, last]` with `days: [Mon]`. Left out: every one."
    )
    every_weeks: int = Field(
        default=1, ge=1, le=52, description="Only in each second, third … week, with `week_of`; 1 is every week. A week begins on Monday."
    )
    week_of: Day | None = Field(default=None, description="A date in a week that counts for `every_weeks`, in the window's zone.")
    dates: tuple[Day, ...] = Field(default=(), description="Single dates on which it opens as well.")
    start: ClockTime = Field(description="Opening time in `zone`, like 10:00.")
    end: ClockTime = Field(description="Closing time; not later than `start`: it closes on the next day.")
    zone: Zone | None = Field(default=None, description="IANA zone; left out: the service's.")
    services: tuple[Name, ...] | None = Field(default=None, description="Left out: all services.")
    environments: tuple[Name, ...] | None = Field(default=None, description="Left out: all production environments.")
    valid_from: Day | None = Field(default=None, description="First day on which it counts.")
    valid_to: Day | None = Field(default=None, description="Last day on which it counts.")
    owner: Email = Field(description="Who answers for it; an id from `people`.")
    support: str | None = Field(default=None, max_length=200, description="Support cover during the window (WIN-15).")
    holidays: tuple[HolidayCode, ...] | None = Field(
        default=None, description="Public holidays on which it stays closed, written as in `holidays`; left out: the service's."
    )
    announce: Announce = Field(
        default=Announce.NEVER,
        description="Whether its opening and closing are told in the channels of its services (WIN-18): `never`, `waiting` (only where a "
        "change waits for it) or `always`.",
    )

    @cached_property
    def weekdays(self) -> frozenset[int]:
        """The weekdays as `date.weekday` counts them."""
        return frozenset(number for number, day in enumerate(Weekday) if day in self.days)

    @cached_property
    def ordered_dates(self) -> tuple[date, ...]:
        """The single dates, earliest first."""
        return tuple(sorted(self.dates))

    def begins_on(self, day: date) -> bool:
        """Whether it opens on a date of its zone, holidays and closed weekdays left aside."""
        if not ((day.weekday() in self.weekdays and self._recurs(day)) or day in self.ordered_dates):
            return False
        return not ((self.valid_from and day < self.valid_from) or (self.valid_to and day > self.valid_to))

    def _recurs(self, day: date) -> bool:
        if self.of_month and not any(nth.is_met(day) for nth in self.of_month):
            return False
        if self.week_of is None:
            return True
        weeks = (_monday(day) - _monday(self.week_of)) // timedelta(days=7)
        return weeks % self.every_weeks == 0

    @property
    def recurrence(self) -> str:
        """The days on which it opens, in words: `first, last Mon of the month, every 2 weeks (the week of 2026-11-23), 2026-12-24`."""
        weekdays = ", ".join(self.days)
        if self.of_month:
            weekdays = f"{', '.join(self.of_month)} {weekdays} of the month"
        if self.every_weeks > 1:
            weekdays += f" every {self.every_weeks} weeks (the week of {self.week_of} is one)"
        return ", ".join([*([weekdays] if weekdays else []), *map(str, self.dates)])

    @cached_property
    def overnight(self) -> bool:
        """Whether it closes on the day after the one on which it opens."""
        return self.end <= self.start

    @model_validator(mode="after")
    def _opens_sometime(self) -> Self:
        if not self.days and not self.dates:
            raise ValueError("give `days` or `dates`, or the window never opens")
        if (self.of_month or self.every_weeks > 1) and not self.days:
            raise ValueError("`of_month` and `every_weeks` choose among `days`; single dates need neither")
        if (self.every_weeks > 1) != (self.week_of is not None):
            raise ValueError("`every_weeks` takes `week_of`, a date in a week that counts, and the other way round")
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("write times without an offset; `zone` says where they hold")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("`valid_to` is before `valid_from`")
        return self


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


class FreezeKind(Section):
    """What a kind of freeze holds back and who passes (FRZ-04)."""

    blocks: tuple[Blocked, ...] = Field(
        default=(Blocked.DEPLOYMENTS,),
        min_length=1,
        description="What is held back: `deployments`, `migrations`, `merges` (FRZ-02); `flags` is told to people.",
    )
    passes: tuple[ChangeType, ...] = Field(default=(), description="Types of change that pass; an emergency passes by its own record.")
    maximum: Duration = Field(default=timedelta(days=30), description="Longest freeze of this kind without renewal (FRZ-06).")
    at_once: bool = Field(
        default=False,
        description="True: it counts as soon as it is declared, although nobody approved it yet. Left out: it counts once somebody who may "
        "lift it there declared or approved it (FRZ-01).",
    )
    approve_within: Duration = Field(
        default=timedelta(hours=24),
        description="So long one that counts at once does so without an approval; then it holds nothing until somebody approves it. "
        "Its approver is reminded after a quarter of that, and then whoever may lift it (FRZ-01, FRZ-07).",
    )
    passes_risk: Risk | None = Field(
        default=None,
        description="Changes whose risk is known and not higher pass as well; left out: whatever the risk, nothing passes by it (FRZ-05).",
    )
    fate: Fate = Field(
        default=Fate.HOLD,
        description="What becomes of work that is on its way when it begins, unless the declaration says it: `finish` (with the rest of "
        "its set), `hold` (the run ends, the rest of its set waits) or `stop` (CI is asked to end the run, the rest waits).",
    )
    remind: Duration = Field(default=timedelta(days=1), description="So long before it begins and before it ends its channels are told.")


class FreezeCalendar(Section):
    """A shared calendar each of whose events is a freeze (FRZ-08); what a freeze takes beside its times is said here (FRZ-01)."""

    url: Url = Field(description="Where the iCalendar file is; another host that it redirects to is not followed.")
    kind: Name = Field(description="A name from `freeze_kinds`.")
    environments: tuple[Name, ...] = Field(min_length=1, description="Where its freezes hold.")
    services: tuple[Name, ...] | None = Field(default=None, description="For which services; left out: for all.")
    approver: Email = Field(description="Who answers for what stands in it; an id from `people`.")
    exit: str = Field(min_length=3, max_length=500, description="What must be true before one is lifted early.")
    plan: str = Field(min_length=3, max_length=500, description="How work resumes.")
    every: Duration = Field(default=timedelta(minutes=15), description="How often it is read.")
    good_for: Duration = Field(
        default=timedelta(hours=24),
        description="How long what was read last is good enough. After that nothing goes out where its freezes hold, until it is read.",
    )


class ReleaseStrategy(Section):
    """What the release-strategy record says of freezes (FRZ-15)."""

    freezes: Annotated[str, StringConstraints(min_length=3, max_length=1000)] = Field(
        default="A freeze is declared with approver, reason, scope, start, end and exit criteria, and approved by whoever may lift it. Its "
        "declaration, approval, extension and end are entries of the ledger; its card stands in the channels that it holds.",
        description="How freezes are approved and recorded, in a few sentences.",
    )
    link: Url | None = Field(default=None, description="Where the whole release strategy can be read.")


class Estimate(Section):
    """How long a change of a service keeps people busy: who lets it go sees when the window is shorter than that (WIN-10)."""

    deployment: Duration = Field(description="From the order until CI is done.")
    observation: Duration = Field(default=timedelta(minutes=30), description="How long it is watched afterwards.")

    @property
    def total(self) -> timedelta:
        """Both together."""
        return self.deployment + self.observation
