"""From a train's rule to the moments of its runs, in any zone and over any clock change (TRN-01, TRN-02, TRN-05, TRN-21, WIN-11).

Invariant: a local time means one moment. One that the clocks skip is read with the offset before the change, of one that they repeat the
first counts (RFC 5545, 3.3.5), so a calendar that shows the train agrees with the train.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from guards.calendar_rules import Window
from guards.consistency import nearest
from guards.decision import Refusal, Refuse, Unsure
from guards.facts import Facts
from guards.opening import Rule, applies, local, rules_of
from guards.policy import Policy
from guards.train import Schedule, TrainRule
from guards.unread import Unread

_DAY = timedelta(days=1)
_FIELDS = re.compile(r"[0-9A-Za-z*/,#-]{1,40}(?: [0-9A-Za-z*/,#-]{1,40}){4}", re.ASCII)
HORIZON = timedelta(days=400)
"""How far ahead a rule is looked at, and an opening looked for."""

_TOLD = 3
"""Doubtful times that a sentence names."""

Doubt = Literal["skipped", "repeated"]


def instant(day: date, at: time, zone: str) -> datetime:
    """The one moment that a local time means, UTC.

    Args:
        day, at: as a clock on the wall shows them.
        zone: IANA.
    """
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)  # fold=0 is the rule


def doubt(day: date, at: time, zone: str) -> Doubt | None:
    """Whether the clocks skip or repeat a local time."""
    first, second = (datetime.combine(day, at, ZoneInfo(zone)).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return None
    return "repeated" if first < second else "skipped"


def unfit(rule: TrainRule, after: datetime) -> Refuse | None:
    """Why a rule tells no cutoffs, or too many; None when it tells them.

    Args:
        rule: as it was written.
        after: UTC; one cutoff at least must come later.
    """
    if bool(rule.cadence) == bool(rule.dates):
        return _bad("A train runs either by a cadence or on single dates.", "Give one of the two.")
    if rule.dates and rule.cutoff is None:
        return _bad("Dates alone do not tell when the cutoff is.", "Give its local time too, like 12:00.")
    if rule.cadence and (refused := _unfit_cadence(rule)):
        return refused
    if next(cutoffs(rule, after), None) is None:
        never = f"`{rule.cadence}` never fires" if rule.cadence else f"its last date is {max(rule.dates)}"
        return _bad(f"No cutoff comes after {local(after, rule.zone)}: {never}.", "Give a cadence or a date that is still to come.")
    return None


def _unfit_cadence(rule: TrainRule) -> Refuse | None:
    remedy = "Write minute, hour, day, month and weekday of the cutoff, like `0 12 * * TUE` for Tuesdays at 12:00."
    if not _FIELDS.fullmatch(rule.cadence):
        return _bad(f"`{rule.cadence}` is no cadence: it takes five fields with a blank between them.", remedy)
    try:
        rolled = CronSim(rule.cadence, datetime(2000, 1, 1))  # noqa: DTZ001 - a clock on the wall
    except CronSimError as error:
        return _bad(f"`{rule.cadence}` is no cadence that ever fires: {str(error)[:80]}.", remedy)
    if (times := len(rolled.minutes) * len(rolled.hours)) != 1:
        often = "every minute" if times == 24 * 60 else f"{times} times"
        return _bad(f"`{rule.cadence}` fires {often} on each of its days; a train has one cutoff on a day.", remedy)
    return None


def cutoffs(rule: TrainRule, after: datetime) -> Iterator[datetime]:
    """The cutoffs after a moment, UTC, in order and each once.

    Args:
        rule: one that fits (`unfit` says None, or only that no cutoff comes).
        after: UTC.
    """
    last = after
    for day, at in _days(rule, after.astimezone(ZoneInfo(rule.zone)).date() - 2 * _DAY):  # a skipped time lies later than it is written
        moment = instant(day, at, rule.zone)
        if moment > last:  # where a whole day is skipped, two written times are one moment
            last = moment
            yield moment


def _days(rule: TrainRule, first: date) -> Iterator[tuple[date, time]]:
    """Each local cutoff as it is written, from a day on."""
    if rule.cutoff is not None and rule.dates:
        yield from ((day, rule.cutoff) for day in sorted(set(rule.dates)) if day >= first)
        return
    # without a zone, as on a wall: clock changes are this module's own rule
    walls = CronSim(rule.cadence, datetime.combine(first, time()) - timedelta(seconds=1))
    yield from ((wall.date(), wall.time()) for wall in walls)


def doubts(rule: TrainRule, after: datetime) -> tuple[str, ...]:
    """Sentences about local times of the rule that do not exist or exist twice, in the next 400 days; the first few of them.

    Args:
        rule: one that fits.
        after: UTC.
    """
    return tuple(islice(_doubts(rule, after), _TOLD))


def _doubts(rule: TrainRule, after: datetime) -> Iterator[str]:
    first = after.astimezone(ZoneInfo(rule.zone)).date()
    for day, at in _days(rule, first):
        if day > first + HORIZON:
            return
        for name, on, clock in (("cutoff", day, at), ("go/no-go", day + rule.stabilization * _DAY, rule.decision)):
            if what := doubt(on, clock, rule.zone):
                why = "does not exist, the clocks skip it" if what == "skipped" else "comes twice, the clocks repeat it"
                meant = instant(on, clock, rule.zone).astimezone(ZoneInfo(rule.zone))
                taken = f"{meant:%H:%M}" if what == "skipped" else "the first of the two"
                yield f"The {name} at {on:%a %-d %b %Y} {clock:%H:%M} {rule.zone} {why}; it would be {taken} ({meant:%z})."


def schedule(rule: TrainRule, services: Sequence[str], facts: Facts, cutoff: datetime) -> Schedule | Refuse | Unsure:
    """The moments of the run with this cutoff (TRN-01).

    Args:
        rule: one that fits.
        services: what rides, at least one.
        facts: gives the windows, the public holidays, and when a schedule is posted.
        cutoff: UTC.

    Returns:
        The schedule, or why the run could not depart: the window is not one of these services, or closes before the go/no-go (WIN-11);
        unsure when the holidays on which the window stays closed cannot be told (WIN-13).
    """
    day = cutoff.astimezone(ZoneInfo(rule.zone)).date()
    decision = instant(day + rule.stabilization * _DAY, rule.decision, rule.zone)
    if decision <= cutoff:
        return _bad(
            f"The go/no-go ({local(decision, rule.zone)}) does not come after the cutoff ({local(cutoff, rule.zone)}).",
            "Give a later time for it, or more days of stabilization.",
        )
    found = departure(facts, services, rule.window, decision, rule.zone)
    if isinstance(found, Refuse | Unsure):
        return found
    return _departing(rule, Schedule(cutoff - facts.policy.trains.publish, cutoff, decision, *found, *found))


def postponed(rule: TrainRule, services: Sequence[str], facts: Facts, was: Schedule) -> Schedule | Refuse | Unsure:
    """The same run in the first opening of its window that begins after the one that it had, and with which enough time is left.

    Args:
        rule, services, facts: as for `schedule`.
        was: what was published.
    """
    found = departure(facts, services, rule.window, max(facts.at, was.closes), rule.zone)
    return found if isinstance(found, Refuse | Unsure) else _departing(rule, replace(was, opens=found[0], closes=found[1]))


def _departing(rule: TrainRule, schedule: Schedule) -> Schedule:
    """The schedule with what comes after its window."""
    closes = schedule.closes
    last = closes.astimezone(ZoneInfo(rule.zone)).date()
    retrospective = max(closes, instant(last + rule.retrospective * _DAY, rule.decision, rule.zone))
    closing = max(retrospective, instant(last + rule.closing * _DAY, rule.decision, rule.zone))
    return replace(schedule, retrospective=retrospective, closing=closing)


def place_of(policy: Policy, service: str) -> str:
    """Where a service of a train is bound for; "" when the policy file does not have it any more."""
    return policy.bound_for(service) if service in policy.services else ""


def departure(
    facts: Facts, services: Sequence[str], name: str, decision: datetime, zone: str
) -> tuple[datetime, datetime] | Refuse | Unsure:  # fmt: skip
    """When a run departs: what is left after the go/no-go of the first opening that all its services have in common (WIN-11).

    Args:
        facts: gives the windows and the public holidays.
        services: what rides.
        name: of the window.
        decision: UTC.
        zone: IANA, for sentences.

    Returns:
        Start and end, UTC, half-open.
    """
    policy = facts.policy
    window = policy.windows.get(name)
    if window is None:
        return Refuse(
            Refusal.NO_TRAIN_WINDOW,
            f"The policy defines no window {name!r}{nearest(name, policy.windows)}.",
            "Name a window of the policy file: `/release window list`.",
        )
    places = {service: place_of(policy, service) for service in services}
    if outside := [f"{s} in {e}" for s, e in places.items() if not applies(policy, window, s, e)]:
        return Refuse(
            Refusal.NO_TRAIN_WINDOW,
            f"The window {name} is not about {', '.join(outside)}.",
            "Name a window in which every service of the train may change: `/release window list`.",
        )
    rules: list[Rule] = []
    for service, place in places.items():
        known = rules_of(service, place, facts)
        if isinstance(known, Unread):
            return Unsure(known.what, known.why)
        rules += [rule for rule in known if rule.name == name and rule not in rules]  # those of services that agree are the same
    return _first(rules, decision, policy.trains.departure) or Refuse(
        Refusal.NO_TRAIN_WINDOW,
        f"The window {name} does not open for {', '.join(services)} together after the go/no-go ({local(decision, zone)}){_ends(window)}.",
        "Have the go/no-go earlier, or name another window: `/release window list`.",
    )


def _ends(window: Window) -> str:
    if window.valid_to:
        return f": it counts until {window.valid_to} only"
    return f": its last date is {max(window.dates)}" if window.dates and not window.days else ""


def _first(rules: Sequence[Rule], decision: datetime, least: timedelta) -> tuple[datetime, datetime] | None:
    """The first opening in common that leaves enough time."""
    for opening in rules[0].within(decision, decision + HORIZON):
        start, end = max(opening.start, decision), opening.end
        for rule in rules[1:]:
            both = [(max(start, o.start), min(end, o.end)) for o in rule.within(start, end)]
            start, end = max(both, key=lambda each: each[1] - each[0], default=(end, end))
        if end - start >= least:
            return start, end
    return None


def _bad(why: str, remedy: str) -> Refuse:
    return Refuse(Refusal.BAD_SCHEDULE, why, remedy)
