"""Nothing reaches a frozen place (FRZ-03, FRZ-12), and a freeze is declared completely or not at all (FRZ-01, FRZ-06).

Invariant: overlapping freezes combine; one that holds is enough. An emergency passes where the kind of freeze says so, and is one by its
own record only, never by a word (FRZ-10, EMG-05).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from guards.calendar_rules import FreezeKind
from guards.cut import Fix
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.freezing import holding, holds
from guards.migration import migration_of
from guards.opening import local
from guards.override import as_recorded
from guards.slot import next_slot, no_slot
from guards.unread import Absent, Unread
from guards.vocabulary import Blocked, ChangeType

_DAY = timedelta(days=1)


def not_frozen(request: Request, facts: Facts) -> Decision:
    """Whether no active freeze holds this request."""
    request = as_recorded(request, facts)
    found = holding(request, facts)
    if isinstance(found, Unread):
        return Unsure(found.what, found.why)
    held = [f for f in found if f.active(facts.at)]
    if not held:
        passed = _passed(request, facts)
        return Allow(f"{request.change_type} changes pass {', '.join(passed)}" if passed else f"{request.environment} is not frozen")
    migration = migration_of(request, facts)
    if isinstance(migration, Unread) and not any(holds(f, request) for f in held):
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


def _passed(request: Request, facts: Facts) -> list[str]:
    """Ids of the freezes that would hold the request, were it a normal change (FRZ-10)."""
    if request.change_type is ChangeType.NORMAL:
        return []  # what held it would have been told
    found = holding(replace(request, change_type=ChangeType.NORMAL), facts)
    return [] if isinstance(found, Unread) else [f.id for f in found if f.active(facts.at)]


def takes_merges(request: Request, facts: Facts) -> Decision:
    """Whether no freeze holds the release branch of the commit in question: what the bot lets onto it stands still too (FRZ-02)."""
    fix = facts.fix
    if isinstance(facts.freezes, Unread):
        return Unsure(facts.freezes.what, facts.freezes.why)
    if not isinstance(fix, Fix):
        return Allow("`acceptable` looks for the commit")
    for cut in (one for one in facts.cuts if one.repository == fix.repository):
        held = [f for f in facts.freezes if f.active(facts.at) and any(f.holds_merges(service, cut.branch) for service in cut.services)]
        if held:
            last, zone = max(held, key=lambda f: f.until), facts.policy.zone_of(cut.services[0])
            return Refuse(
                Refusal.FROZEN,
                f"{cut.branch} of {cut.repository} takes no merges until {local(last.until, zone)} by {last.by_name} ({last.id}, "
                f"{last.kind}): {last.reason}",
                "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.",
                until=last.until,
            )
    return Allow("no freeze holds its branch")


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
    if freeze.branches is not None and Blocked.MERGES not in freeze.blocks:
        return Refuse(
            Refusal.INCOMPLETE,
            f"Branches are named, and the freeze holds {' and '.join(freeze.blocks)} only.",
            "Leave the branches out, or add `merges` to what it blocks.",
        )
    kind = facts.policy.freeze_kinds.get(freeze.kind)
    if kind is None:
        return Refuse(
            Refusal.INCOMPLETE, f"The policy knows no freeze of kind {freeze.kind}.", f"Choose {' or '.join(facts.policy.freeze_kinds)}."
        )
    if kind.at_once and freeze.branches is None and Blocked.MERGES in freeze.blocks:
        return Refuse(
            Refusal.INCOMPLETE,
            f"A freeze of kind {freeze.kind} counts at once, and does not say which merges it holds (INC-06).",
            "Name the branches: `branches=main,release/*`; `branches=*` means all.",
        )
    return _too_long(freeze, freeze.end - freeze.start, facts) or Allow("the freeze is complete")


def _too_long(freeze: Freeze, lasts: timedelta, facts: Facts) -> Refuse | None:
    kind = facts.policy.freeze_kinds.get(freeze.kind, FreezeKind())
    if lasts <= kind.maximum:
        return None
    return Refuse(
        Refusal.TOO_LONG,
        f"The freeze lasts {lasts / _DAY:.1f} days; {freeze.kind} may last {kind.maximum / _DAY:g} days.",
        "Give an earlier end, and renew the freeze when it comes near.",
    )


def no_such_freeze(freeze: Absent | None) -> Refuse:
    """What is said of an id that names no freeze."""
    what = freeze.what if freeze else "such freeze"
    return Refuse(Refusal.NO_SUCH_FREEZE, f"There is no {what}.", "`/release freeze list` shows those that there are.")


def liftable(request: Request, facts: Facts) -> Decision:
    """Whether there is such a freeze to lift, and its exit criteria are confirmed (FRZ-11)."""
    freeze = _open(facts)
    if isinstance(freeze, Refuse):
        return freeze
    if not request.rationale.strip():
        return Refuse(
            Refusal.INCOMPLETE,
            f"Lifting {freeze.id} early takes a word that its exit criteria are met: {freeze.exit_criteria}",
            f"Type `/release freeze lift {freeze.id} <how the criteria are met>`.",
        )
    return Allow(f"{freeze.id} can be lifted")


def approvable(_: Request, facts: Facts) -> Decision:
    """Whether there is such a freeze, and it still waits for somebody's approval (FRZ-01)."""
    freeze = _open(facts)
    if isinstance(freeze, Refuse):
        return freeze
    if freeze.approved:
        return Refuse(Refusal.ALREADY_DECIDED, f"{freeze.id} is approved already.", "Nothing is left to do.")
    return Allow(f"{freeze.id} can be approved")


def extendable(request: Request, facts: Facts) -> Decision:
    """Whether there is such a freeze to renew, and its new end is later and in reach: counted from now, or from its start (FRZ-06)."""
    freeze = _open(facts)
    if isinstance(freeze, Refuse):
        return freeze
    if request.until is None or request.until <= freeze.end:
        return Refuse(
            Refusal.INCOMPLETE,
            f"{freeze.id} lasts until {local(freeze.end, facts.policy.zone)} anyway.",
            f"Give a later end, or end it early: `/release freeze lift {freeze.id} <how the criteria are met>`.",
        )
    if not request.rationale.strip():
        return Refuse(Refusal.INCOMPLETE, "Extending a freeze takes a reason.", f"Type `/release freeze extend {freeze.id} until=… <why>`.")
    return _too_long(freeze, request.until - max(freeze.start, facts.at), facts) or Allow(f"{freeze.id} can be extended")


def calendar_read(_: Request, facts: Facts) -> Decision:
    """Whether the shared calendar in question could be read (FRZ-08)."""
    if isinstance(facts.calendar, Unread):
        return Unsure(facts.calendar.what, facts.calendar.why)
    return Allow(f"it has {len(facts.calendar)} events")


def _open(facts: Facts) -> Freeze | Refuse:
    """The freeze in question, unless there is none or it is over."""
    freeze = facts.freeze
    if not isinstance(freeze, Freeze):
        return no_such_freeze(freeze)
    if freeze.lifted or freeze.end <= facts.at:
        return Refuse(Refusal.NO_SUCH_FREEZE, f"{freeze.id} is over already.", "Nothing is left to do.")
    return freeze
