"""Which freezes hold a request, now or later: what the judge, the next allowed time and the cards all go by (FRZ-03, FRZ-12).

Invariant: overlapping freezes combine; one that holds is enough. Where a shared calendar would hold a request and what was read of it
last is too old, nobody knows whether it is held.
"""

from guards.decision import Unsure
from guards.facts import Facts, Request
from guards.freeze_record import CalendarEvent, Freeze
from guards.manifest import SetStanding
from guards.migration import weighed
from guards.override import as_recorded
from guards.risk import assess
from guards.unread import Unread
from guards.vocabulary import Blocked, Fate, Migration, Risk


def holds(freeze: Freeze, request: Request, risk: Risk | None = None) -> bool:
    """Whether a freeze stops this request while it is active; unknown classification is restricted (FRZ-05).

    Args:
        freeze: which.
        request: with the migration that counts, as `guards.migration.weighed` gives it.
        risk: as it was judged; None while nobody can tell.
    """
    if freeze.in_force is None or request.change_type in freeze.passes or not freeze.reaches(request.service, request.environment):
        return False
    if freeze.passes_risk and risk and risk.rank <= freeze.passes_risk.rank:
        return False
    return Blocked.DEPLOYMENTS in freeze.blocks or (Blocked.MIGRATIONS in freeze.blocks and request.migration is not Migration.NONE)


def holding(request: Request, facts: Facts) -> tuple[Freeze, ...] | Unread:
    """The freezes that hold this request while they are active, those to come included."""
    if isinstance(facts.freezes, Unread):
        return facts.freezes
    counting = weighed(as_recorded(request, facts), facts)
    risk = _risk(request, facts.freezes, facts)
    for name in facts.policy.freeze_calendars:
        read = facts.shared.get(name) or Unread(f"the freeze calendar {name}", "nobody asked for it")
        if isinstance(read, Unread) and holds(freeze_of(name, CalendarEvent("", facts.at, facts.at, ""), facts), counting, risk):
            return read
    return tuple(f for f in facts.freezes if holds(f, counting, risk) and not _finishes(f, facts))


def _risk(request: Request, freezes: tuple[Freeze, ...], facts: Facts) -> Risk | None:
    """The risk of what is asked for; None while something that it follows from is not known, or where no freeze asks."""
    kinds, asked = facts.policy.freeze_kinds, [f for f in freezes if f.passes_risk]
    if not asked and not any(kinds[c.kind].passes_risk for c in facts.policy.freeze_calendars.values()):
        return None
    found = assess(request, facts)
    return None if isinstance(found, Unsure) else found.level


def freeze_of(name: str, event: CalendarEvent, facts: Facts) -> Freeze:
    """An event of a shared calendar as the freeze that it is, without an id; the policy file, which people approved, says the rest.

    Args:
        name: of the calendar in the policy.
        event: of it.
    """
    calendar = facts.policy.freeze_calendars[name]
    kind, by = facts.policy.freeze_kinds[calendar.kind], f"calendar:{name}"
    return Freeze(
        "", calendar.kind, kind.blocks, kind.passes, calendar.services, calendar.environments, event.start, event.end,
        f"{event.summary}: {event.text}" if event.text else event.summary, calendar.exit, calendar.plan, by, f"calendar {name}",
        calendar.approver, kind.fate, None, facts.at, facts.at, calendar.approver, calendar=name, uid=event.uid,
        passes_risk=kind.passes_risk,
    )  # fmt: skip


def _finishes(freeze: Freeze, facts: Facts) -> bool:
    """Whether the request belongs to a set that was on its way when the freeze began, and the freeze lets such work finish."""
    if freeze.fate is not Fate.FINISH or not isinstance(facts.set, SetStanding):
        return False
    began = [change.dispatched for change in facts.set.changes if change.dispatched]
    return freeze.begins is not None and bool(began) and min(began) < freeze.begins
