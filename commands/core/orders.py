"""The order for CI, made from a change and the policy alone (CMD-02).

Invariant: no word of a person reaches CI; each field is a name from the policy file or a value that a guard compared.
"""

from commands.core.ports.ci import Order
from guards.change import Change
from guards.policy import Policy


def key_of(change: Change) -> str:
    """What CI carries for the newest dispatch of a change."""
    return f"{change.id}.{change.attempt}"


def order_of(change: Change, policy: Policy) -> Order:
    """The order of the newest dispatch of a change."""
    content = change.content
    service = policy.services[content.service]
    return Order(
        key=key_of(change),
        change=change.id,
        service=content.service,
        environment=content.environment,
        version=content.version,
        commit=content.commit,
        digest=content.digest,
        repository=service.repository,
        workflow=service.workflows[content.environment],
    )
