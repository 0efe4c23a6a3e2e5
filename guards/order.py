"""A version reaches each environment of its service in order, skipping none (PRM-01).

Invariant: what counts as proof is a recorded success of this version in the environment before.
"""

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.policy import Policy
from guards.unread import Unread
from guards.version import Deployment


def environment_before(policy: Policy, service: str, environment: str) -> str | None:
    """The environment that precedes this one in the service's chain; None for the first, or outside the chain."""
    chain = policy.chain(service)
    at = chain.index(environment) if environment in chain else 0
    return chain[at - 1] if at else None


def in_order(request: Request, facts: Facts) -> Decision:
    """Whether the environment before ran this version."""
    service, environment = request.service or "", request.environment or ""
    chain = facts.policy.chain(service)
    if environment not in chain:
        return Refuse(
            Refusal.ENVIRONMENT_SKIPPED,
            f"{service} is not released to {environment}; its way is {' → '.join(chain)}.",
            "Choose one of these.",
        )
    before = environment_before(facts.policy, service, environment)
    if before is None:
        return Allow(f"{environment} is where {service} begins")
    if isinstance(facts.before, Unread):
        return Unsure(facts.before.what, facts.before.why)
    if not isinstance(facts.before, Deployment):
        return Refuse(
            Refusal.ENVIRONMENT_SKIPPED,
            f"{service} {request.version} has not run in {before}; the way is {' → '.join(chain)}.",
            f"First `/release promote {service} {request.version} {before}`.",
        )
    return Allow(f"{request.version} ran in {before}")
