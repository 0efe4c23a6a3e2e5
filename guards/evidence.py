"""What makes a guard ask for evidence: only where the policy does, and never silently passed where it does not (EVD, PRM-11).

Invariant: a requirement that the policy leaves out is allowed with these very words, `not required by policy`; one that it asks for is
allowed only by what was read, or by an exception that was approved for exactly this and is named in the answer (EXC-01, EVD-19). What
could not be read is waived by nothing (EVD-31).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from guards.artifact import no_artifact
from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.exemption import Exemption, ExemptionKind
from guards.facts import Facts, Request
from guards.judge import Guard
from guards.opening import local
from guards.override import overriding
from guards.policy import Policy
from guards.standing import end_of, unfit
from guards.unread import Absent, Unread
from guards.version import Artifact
from guards.vocabulary import Requirement

NOT_REQUIRED = "not required by policy"

NEVER_WAIVED = frozenset({Refusal.POINTER_MOVED})
"""A pointer that moved is no missing evidence: the version is not what it was, and no exception makes it so (PRM-05)."""

Check = Callable[[Request, Facts, Artifact], Decision]


def asks_for(requirement: Requirement) -> Callable[[Check], Guard]:
    """Make a guard of what a requirement takes.

    Args:
        requirement: what is asked for.

    Returns:
        A decorator. What it decorates is called only where the policy asks for it and the artifact is known.
    """
    left_out = Allow(f"{requirement}: {NOT_REQUIRED}")

    def guarding(check: Check) -> Guard:
        @wraps(check)
        def guard(request: Request, facts: Facts) -> Decision:
            if requirement not in facts.policy.required(request.service, request.environment):
                return left_out
            artifact = facts.artifact
            if isinstance(artifact, Unread):
                return Unsure(artifact.what, artifact.why)
            if isinstance(artifact, Absent):
                return no_artifact(artifact)
            answer = check(request, facts, artifact)
            return _or_by_exception(requirement, answer, request, facts) if isinstance(answer, Refuse) else answer

        return guard

    return guarding


def can_be_waived(requirement: Requirement, refused: Refuse, policy: Policy) -> bool:
    """Whether an exception could stand in for what was refused (EVD-20)."""
    return requirement in policy.exceptions.waivable and refused.code not in NEVER_WAIVED


def _or_by_exception(requirement: Requirement, refused: Refuse, request: Request, facts: Facts) -> Decision:
    """The refusal, or what an exception makes of it."""
    if not can_be_waived(requirement, refused, facts.policy):
        return refused
    best = exempted(requirement, request, facts)
    if isinstance(best, Unread):
        return Unsure(best.what, best.why)
    if best is None:
        return replace(refused, remedy=f"{refused.remedy} Or ask for an exception: `/release exception request`.")
    by = " and ".join(decision.name for decision in best.approvals)
    until = local(end_of(best, facts.policy), facts.policy.zone_of(request.service))
    return Allow(f"by exception {best.id} until {until}, approved by {by}: {refused.why}", exception=best.id)


def exempted(requirement: Requirement, request: Request, facts: Facts) -> Exemption | Unread | None:
    """The exception that stands in for a requirement here and now, if there is one."""
    if requirement not in facts.policy.exceptions.waivable:
        return None
    if isinstance(facts.exceptions, Unread):
        return facts.exceptions
    change = facts.change.id if isinstance(facts.change, Change) else None
    valid = [e for e in facts.exceptions if _stands_in(e, requirement, request, facts) and e.counts(facts.at, change)]
    return min(valid, key=lambda e: e.once, default=None)  # one that is used up by this is taken last


def _stands_in(exemption: Exemption, requirement: Requirement, request: Request, facts: Facts) -> bool:
    if not exemption.covers(requirement, request.service, request.environment, request.version):
        return False
    if exemption.kind is ExemptionKind.EMERGENCY and not _by_its_emergency(exemption, request, facts):
        return False
    return unfit(exemption, facts.policy) is None and facts.at < end_of(exemption, facts.policy)


def _by_its_emergency(exemption: Exemption, request: Request, facts: Facts) -> bool:
    """Whether the request goes by the emergency that the exception was approved for (EVD-20)."""
    record = overriding(request, facts)
    return record is not None and record.id == exemption.emergency
