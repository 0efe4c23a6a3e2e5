"""Production changes only inside a defined window: half-open, in the service's own zone, Friday closed by default (WIN-01, WIN-13).

Invariant: where the calendar cannot be read nothing is open, and the answer says what could not be read.
"""

from datetime import datetime

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.freezing import holding
from guards.opening import Opening, Rule, gated, holiday_on, local, open_at, open_now, openings, rules_of
from guards.override import overriding
from guards.slot import next_slot, no_slot
from guards.unread import Unread
from guards.values import written_duration


def in_window(request: Request, facts: Facts) -> Decision:
    """Whether the target may change at this moment."""
    environment = request.environment or ""
    if not gated(facts.policy, request.service, environment):
        return Allow(f"{environment} is open at all times")
    rules, record = rules_of(request.service, environment, facts), overriding(request, facts)
    if isinstance(rules, Unread):
        return Allow(f"{record.id} overrides the windows, whose calendar could not be read") if record else Unsure(rules.what, rules.why)
    now = open_now(request.service, environment, facts)
    if isinstance(now, Opening):
        short = too_short(now, request, facts)
        return Allow(f"window {now.window} is open until {local(now.end, now.zone)}" + (f"; {short}" if short else ""))
    if record:
        return Allow(f"no window is open; {record.id} overrides it")
    zone, holiday = facts.policy.zone_of(request.service), holiday_on(rules, facts.at)
    why = f"No change window of {request.service or 'any service'} in {environment} is open now ({local(facts.at, zone)})"
    slot = next_slot(request, facts)
    return Refuse(
        Refusal.OUTSIDE_WINDOW,
        f"{why}: today is {holiday}." if holiday else f"{why}.",
        _wait(slot, rules, zone, facts) if isinstance(slot, datetime) else f"Wait for a window.{no_slot(slot)}",
        until=slot if isinstance(slot, datetime) else None,
    )


def _wait(slot: datetime, rules: tuple[Rule, ...], zone: str, facts: Facts) -> str:
    """When it may go: a window opens then, or one is open by then, and what else held it is over."""
    opening, moment = open_at(rules, slot), local(slot, zone, facts.at)
    if opening is None or opening.start == slot:
        return f"Wait for the next window: {moment}."
    return f"Wait until {moment}: window {opening.window} is open then, and what else holds it (a freeze, lead time, soak) is over."


def too_short(now: Opening, request: Request, facts: Facts) -> str | None:
    """What is said when the window, or the time until a freeze begins, is shorter than the change with its observation (WIN-10)."""
    estimate = facts.policy.estimate_of(request.service)
    if estimate is None:
        return None
    done = facts.at + estimate.total
    end = _closes(now, done, request, facts)
    if done <= end:
        return None
    left = max(int((end - facts.at).total_seconds()) // 60, 0)
    takes = f"{written_duration(estimate.deployment)} and {written_duration(estimate.observation)} of observation"
    return f"only {left} min are left, and the change takes {takes}"


def _closes(now: Opening, until: datetime, request: Request, facts: Facts) -> datetime:
    """When the place stops being open, looking no further than a moment: windows that follow each other count as one."""
    end, rules = now.end, rules_of(request.service, request.environment or "", facts)
    for opening in () if isinstance(rules, Unread) else openings(rules, facts.at, until):
        if opening.start <= end:
            end = max(end, opening.end)
    held = holding(request, facts)
    return min((end, *(max(f.start, facts.at) for f in (() if isinstance(held, Unread) else held) if f.until > facts.at)))
