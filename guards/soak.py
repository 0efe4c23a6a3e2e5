"""How long a version has to run in the environment before, until it may go on (PRM-09): when its soak is over.

Invariant: what was replaced before its time never soaked, however long ago that was; what ran in the target already, soaked then.
"""

from datetime import datetime

from guards.evidence import exempted
from guards.facts import Facts, Request
from guards.override import overriding
from guards.unread import Absent, Unread
from guards.version import Artifact, Deployment
from guards.vocabulary import Requirement


def ran_there(request: Request, facts: Facts) -> bool | Unread:
    """Whether exactly this artifact ran in the target before: it was looked at on its way then, and going back to it is not held up."""
    if isinstance(facts.promotions, Unread):
        return facts.promotions
    digest = facts.artifact.digest if isinstance(facts.artifact, Artifact) else None
    return any(p.environment == request.environment and p.digest == digest for p in facts.promotions)


def soak_over(facts: Facts) -> datetime | Unread | None:
    """When the version has run long enough in the environment before, UTC; None when it did not run there, or not long enough.

    Args:
        facts: what ran there, and what took its place.
    """
    before, replaced = facts.before, facts.replaced
    if isinstance(before, Unread):
        return before
    if isinstance(replaced, Unread):
        return replaced
    if not isinstance(before, Deployment):
        return None
    over = before.at + facts.policy.evidence.soak
    return None if isinstance(replaced, Deployment) and replaced.at < over else over


def soaks_until(request: Request, facts: Facts) -> datetime | Unread:
    """The first moment from which no soak holds a request back: now, where none does, where no time would end it, or by exception."""
    asked = Requirement.SOAK in facts.policy.required(request.service, request.environment)
    if not asked or isinstance(facts.artifact, Absent) or overriding(request, facts):
        return facts.at
    over, there = soak_over(facts), ran_there(request, facts)
    if isinstance(there, Unread):
        return there
    if isinstance(over, Unread):
        return over
    if there or over is None or over <= facts.at:
        return facts.at
    instead = exempted(Requirement.SOAK, request, facts)
    if isinstance(instead, Unread):
        return instead
    return over if instead is None else facts.at
