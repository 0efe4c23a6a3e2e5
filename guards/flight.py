"""At most one change works on a service in an environment, and nobody asks twice for the same (PRM-20, PRM-21).

Invariant: the claim in the database is the truth; this guard reads it inside the transaction that takes it.
"""

from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.minutes import minute
from guards.unread import Unread


def _mine(facts: Facts) -> str | None:
    return facts.change.id if isinstance(facts.change, Change) else None


def alone(request: Request, facts: Facts) -> Decision:
    """Whether no other change holds this service and environment."""
    held = facts.in_flight
    if isinstance(held, Unread):
        return Unsure(held.what, held.why)
    if isinstance(facts.change, Unread):
        return Unsure(facts.change.what, facts.change.why)
    if held and held.change != _mine(facts):
        return Refuse(
            Refusal.IN_FLIGHT,
            f"{held.change} is at work on {request.service} in {request.environment}.",
            f"Wait until it is over: `/release status {request.service}`.",
        )
    return Allow(f"nothing else works on {request.service} in {request.environment}")


def asked_once(request: Request, facts: Facts) -> Decision:
    """Whether the same version is neither asked for already nor running there already."""
    other, running = facts.duplicate, facts.running
    if isinstance(other, Unread):
        return Unsure(other.what, other.why)
    if isinstance(running, Unread):
        return Unsure(running.what, running.why)
    if isinstance(facts.change, Unread):
        return Unsure(facts.change.what, facts.change.why)
    if other and other != _mine(facts):
        return Refuse(
            Refusal.ALREADY_REQUESTED,
            f"{other} already asks for {request.service} {request.version} in {request.environment}.",
            f"Follow that one, or cancel it: `/release cancel {other}`.",
        )
    if running and running.version == request.version:
        return Refuse(
            Refusal.ALREADY_RUNNING,
            f"{request.environment} runs {request.service} {running.version} since {minute(running.at)}.",
            "Nothing is left to do.",
        )
    return Allow(f"{request.version} is asked for once")
