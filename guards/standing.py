"""Whether an exception stands in for its requirement under the policy of today, and for how long (EXC-05, EXC-10, EXC-11, EVD-20).

Invariant: the policy can only shorten. Where it names a day on which something has to be looked at again, what was not looked at for that
day counts no more from its first minute on.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from guards.exemption import Exemption, ExemptionKind, Reconsideration
from guards.policy import Policy
from guards.vocabulary import SECURITY_GATES, Requirement

Bound = tuple[datetime, str]
"""A moment, UTC, beyond which an exception does not last, and why, as a clause."""


def unfit(exemption: Exemption, policy: Policy) -> tuple[str, str] | None:
    """Why no exception of this kind stands in for its requirement, and what to do instead; None when one does."""
    requirement, waivable = exemption.requirement, policy.exceptions.waivable
    if requirement not in waivable:
        return (
            f"The policy lets no exception stand in for {requirement}.",
            f"Meet the requirement. An exception can stand in for {', '.join(waivable) or 'nothing'}.",
        )
    if requirement in SECURITY_GATES and exemption.kind is not ExemptionKind.EMERGENCY:
        return (
            f"{requirement} is a security gate: only an exception for an emergency can stand in for it.",
            "Meet the requirement, or, in an emergency, ask with `kind=emergency` for the one version.",
        )
    return _untagged(exemption, policy) if requirement is Requirement.TAG else None


def _untagged(exemption: Exemption, policy: Policy) -> tuple[str, str] | None:
    """Without a signed tag something else that is signed names the commit, and only for a while (EXC-11, EXC-13)."""
    if exemption.kind is ExemptionKind.PERMANENT:
        return (
            "Tags that nobody signs are no state to stay in: an exception from signed-tag ends.",
            "Ask with `kind=temporary`, and say in the remediation plan how CI comes to sign tags.",
        )
    places = ((service, environment) for service in exemption.services for environment in exemption.environments)
    if place := next((place for place in places if Requirement.PROVENANCE not in policy.required(*place)), None):
        return (
            f"Without a signed tag only signed provenance names the commit of a version, and nobody asks for it of {' in '.join(place)}.",
            "Have the policy ask for `provenance` there: it is the signed manifest that stands in for the tag.",
        )
    return None


def bounds(exemption: Exemption, since: datetime, policy: Policy) -> Iterator[Bound]:
    """What ends an exception whatever it says of its own end.

    Args:
        exemption: its kind and requirement.
        since: UTC; audits until then are done with.
        policy: of today; its days begin in its own zone.
    """
    rules = policy.exceptions
    if day := rules.deprecated.get(exemption.requirement):
        yield _begin(day, policy), f"what exceptions from {exemption.requirement} rest on ends on {day}"
    if exemption.kind is ExemptionKind.PERMANENT:
        yield from ((_begin(day, policy), f"it is to be reconsidered for the audit of {day}") for day in sorted(rules.audits)
                    if _begin(day, policy) > since)  # fmt: skip


def _begin(day: date, policy: Policy) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(policy.zone)).astimezone(UTC)


def end_of(exemption: Exemption, policy: Policy) -> datetime:
    """When it counts no more, UTC: at its own end, or earlier where the policy says so."""
    since = max(exemption.requested, exemption.confirmed or exemption.requested)
    return min([exemption.until, *(moment for moment, _ in bounds(exemption, since, policy))])


def this_time(exemption: Exemption, policy: Policy) -> tuple[Reconsideration, ...]:
    """What people said about its present end."""
    end = end_of(exemption, policy)
    return tuple(word for word in exemption.reconsidered if word.was == end)
