"""How long a normal change is known before it goes out (RSK-01, CF-34): when its lead time is over.

Invariant: where the risk cannot be told, neither can the lead time.
"""

from datetime import datetime

from guards.assessment import Assessment
from guards.change import Change
from guards.decision import Unsure
from guards.evidence import exempted
from guards.facts import Facts, Request
from guards.override import as_recorded
from guards.risk import assess
from guards.unread import Unread
from guards.vocabulary import ChangeType, Requirement


def known_since(facts: Facts) -> datetime:
    """Since when a change is known as it is: its request, or its last amendment; now, while there is none."""
    change = facts.change
    return (change.amended or change.requested) if isinstance(change, Change) else facts.at


def lead_time_over(found: Assessment, facts: Facts) -> datetime | None:
    """When a normal change of this risk was known long enough; None when it goes at once."""
    rule = facts.policy.risk.lead_time
    return known_since(facts) + rule.normal if found.level.rank >= rule.risk.rank else None


def held_back_until(request: Request, facts: Facts, known: Assessment | None = None) -> datetime | Unread:
    """The first moment from which no lead time holds a request back: now, where none does or an exception stands in for it.

    Args:
        request, facts: what is judged.
        known: the risk, where it is not to be told anew.
    """
    request = as_recorded(request, facts)
    asked = Requirement.LEAD_TIME in facts.policy.required(request.service, request.environment)
    if not asked or request.change_type is not ChangeType.NORMAL:
        return facts.at
    found = known or assess(request, facts)
    if isinstance(found, Unsure):
        return Unread(found.missing, found.why)
    over = lead_time_over(found, facts)
    if over is None or over <= facts.at:
        return facts.at
    instead = exempted(Requirement.LEAD_TIME, request, facts)
    if isinstance(instead, Unread):
        return instead
    return over if instead is None else facts.at
