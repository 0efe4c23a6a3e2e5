"""Nothing reaches a frozen place (FRZ-03, FRZ-12), and a freeze is declared completely or not at all (FRZ-01, FRZ-06).

Invariant: overlapping freezes combine; one that holds is enough.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Freeze, Request
from guards.migration import migration_of, weighed
from guards.opening import local
from guards.override import as_recorded
from guards.slot import next_slot, no_slot
from guards.unread import Absent, Unread
from guards.vocabulary import ChangeType

_DAY = timedelta(days=1)


def not_frozen(request: Request, facts: Facts) -> Decision:
    """Whether no active freeze holds this request."""
    if isinstance(facts.freezes, Unread):
        return Unsure(facts.freezes.what, facts.freezes.why)
    request = as_recorded(request, facts)
    active, counting = [f for f in facts.freezes if f.active(facts.at)], weighed(request, facts)
    held = [f for f in active if f.holds(counting)]
    if not held:
        passed = [f.id for f in active if f.holds(replace(counting, change_type=ChangeType.NORMAL))]
        return Allow(f"a {request.change_type} change passes {', '.join(passed)}" if passed else f"{request.environment} is not frozen")
    migration = migration_of(request, facts)
    if isinstance(migration, Unread) and not any(f.holds(request) for f in active):
        return Unsure(migration.what, migration.why)
    last = max(held, key=lambda f: f.until)
    zone = facts.policy.zone_of(request.service)
    slot = next_slot(request, facts)
    others = f" and {len(held) - 1} more" if len(held) > 1 else ""
    return Refuse(
        Refusal.FROZEN,
        f"{request.environment} is frozen until {local(last.until, zone)} "
        f"by {last.by_name} ({last.id}, {last.kind}){others}: {last.reason}",
        f"Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.{no_slot(slot)}",
        until=slot if isinstance(slot, datetime) else None,
    )


def complete_freeze(request: Request, facts: Facts) -> Decision:
    """Whether the freeze to declare has all its fields and an end in reach (FRZ-01, FRZ-06)."""
    freeze = request.freeze
    if freeze is None:
        return Refuse(Refusal.INCOMPLETE, "No freeze was described.", "Type `/release freeze declare` and fill in the form.")
    words = {
        "services": "all" if freeze.services is None else "".join(freeze.services),
        "environments": "".join(freeze.environments),
        "reason": freeze.reason,
        "exit criteria": freeze.exit_criteria,
        "re-enable plan": freeze.plan,
        "approver": freeze.approver,
    }
    if lacking := [name for name, text in words.items() if not text.strip()]:
        return Refuse(
            Refusal.INCOMPLETE, f"The freeze lacks its {', '.join(lacking)}.", "Type `/release freeze declare` and fill in the form."
        )
    if freeze.end <= max(freeze.start, facts.at):
        return Refuse(
            Refusal.INCOMPLETE, "The freeze ends before it begins to count.", "Give an end that is later than its start and than now."
        )
    kind = facts.policy.freeze_kinds.get(freeze.kind)
    if kind is None:
        return Refuse(
            Refusal.INCOMPLETE, f"The policy knows no freeze of kind {freeze.kind}.", f"Choose {' or '.join(facts.policy.freeze_kinds)}."
        )
    if freeze.end - freeze.start > kind.maximum:
        return Refuse(
            Refusal.TOO_LONG,
            f"The freeze lasts {(freeze.end - freeze.start) / _DAY:.1f} days; {freeze.kind} may last {kind.maximum / _DAY:g} days.",
            "Give an earlier end, and renew the freeze when it comes near.",
        )
    return Allow("the freeze is complete")


def no_such_freeze(freeze: Absent | None) -> Refuse:
    """What is said of an id that names no freeze."""
    what = freeze.what if freeze else "such freeze"
    return Refuse(Refusal.NO_SUCH_FREEZE, f"There is no {what}.", "`/release freeze list` shows those that there are.")


def liftable(request: Request, facts: Facts) -> Decision:
    """Whether there is such a freeze to lift, and its exit criteria are confirmed (FRZ-11)."""
    freeze = facts.freeze
    if not isinstance(freeze, Freeze):
        return no_such_freeze(freeze)
    if freeze.lifted or freeze.end <= facts.at:
        return Refuse(Refusal.NO_SUCH_FREEZE, f"{freeze.id} is over already.", "Nothing is left to do.")
    if not request.rationale.strip():
        return Refuse(
            Refusal.INCOMPLETE,
            f"Lifting {freeze.id} early takes a word that its exit criteria are met: {freeze.exit_criteria}",
            f"Type `/release freeze lift {freeze.id} <how the criteria are met>`.",
        )
    return Allow(f"{freeze.id} can be lifted")
