"""When something may go, in lines for cards: the window, what freezes it, and the next allowed time (WIN-10, CMD-13).

Invariant: every moment is shown in the reader's zone with the service's beside it; what could not be read is said, never left out.
"""

from datetime import datetime

from commands.core.text import Line, Moment
from guards.decision import Refuse, Unsure
from guards.facts import Facts, Request
from guards.freezing import holding
from guards.incidents import no_incident
from guards.opening import Opening, gated, open_now
from guards.slot import next_slot
from guards.unread import Unread
from guards.window import too_short


def window_line(request: Request, facts: Facts) -> Line:
    """The window that is open and how long, with a warning when that is too short; else the next allowed time."""
    zone, environment = facts.policy.zone_of(request.service), request.environment or ""
    if not gated(facts.policy, request.service, environment):
        return ("open at all times",)
    now = open_now(request.service, environment, facts)
    if isinstance(now, Opening):
        short = too_short(now, request, facts)
        more = "".join((f"; ⚠️ {short}" if short else "", _support(now, facts)))
        return (f"{now.window}, open until ", Moment(now.end, zone), *((more,) if more else ()))
    return ("closed; ", *allowed_next(next_slot(request, facts) if now is None else now, zone))


def _support(now: Opening, facts: Facts) -> str:
    """Who covers the window by the policy, and whether somebody confirmed it (WIN-15)."""
    support, cover = facts.policy.windows[now.window].support, facts.cover
    if not support:
        return ""
    return f"; support: {support}; " + (f"confirmed by {cover.by_name}: {cover.who}" if cover else "⚠️ nobody confirmed it yet")


def allowed_next(slot: datetime | Unread | None, zone: str) -> Line:
    """When something may go out next, as a clause."""
    match slot:
        case datetime():
            return ("next allowed ", Moment(slot, zone))
        case Unread():
            return (f"⚠️ when it may go cannot be told: could not read {slot.what}{f' ({slot.why})' if slot.why else ''}",)
        case None:
            return ("no time in sight",)


def freeze_line(request: Request, facts: Facts) -> Line:
    """The freeze that holds a request now."""
    found = holding(request, facts)
    if isinstance(found, Unread):
        return ("⚠️ could not be read",)
    held = [f for f in found if f.active(facts.at)]
    if not held:
        return ("none",)
    return (f"🧊 {held[0].id}: {held[0].reason}; ", *allowed_next(next_slot(request, facts), facts.policy.zone_of(request.service)))


def incident_row(request: Request, facts: Facts) -> tuple[tuple[str, Line], ...]:
    """The row of a card that says which incident holds a request, or that nobody can tell; none while none does."""
    match no_incident(request, facts):
        case Refuse(why=why):
            return (("Incident", (f"🚨 {why}",)),)
        case Unsure(missing=what, why=why):
            return (("Incident", (f"⚠️ could not read {what}{f' ({why})' if why else ''}",)),)
        case _:
            return ()
