"""Nobody approves an exception that they want, own or wrote the version of, nor in the place of somebody else (SOD-09, SOD-02, RBAC-06).

Invariant: people are compared by corporate identity, and a role that was only delegated approves no exception: so nobody does it through
a delegate either.
"""

from itertools import product

from guards.authorization import allowed_roles
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import authors_of
from guards.exceptions import no_such_exception
from guards.exemption import Exemption, ExemptionState
from guards.facts import Facts, Request
from guards.roles import own_roles
from guards.sections import Person
from guards.standing import this_time
from guards.unread import Unread
from guards.vocabulary import Action


def independent(request: Request, facts: Facts) -> Decision:
    """Whether the asker may approve the exception: neither asked for it, nor answers for it, nor wrote the version (SOD-09, SOD-02)."""
    exemption, person = facts.exception, request.by
    if not isinstance(exemption, Exemption):
        return no_such_exception(exemption)
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    if not isinstance(person, Person):
        return Allow("there is nobody to keep apart")  # `authorized` turns strangers away
    part = {exemption.owner: "answers for", exemption.requester: "asked for"}.get(person.id)
    if part:
        return Refuse(
            Refusal.OWN_REQUEST, f"{person.name} {part} {exemption.id}, and so never approves it.", "Ask somebody else who may approve it."
        )
    waits = exemption.state is ExemptionState.REQUESTED
    if any(said.by == person.id for said in (exemption.approvals if waits else this_time(exemption, facts.policy))):
        return Refuse(Refusal.ALREADY_DECIDED, f"{person.name} approved {exemption.id} already; it counts once.", "Ask one more person.")
    if no := _in_own_right(person, exemption, facts):
        return no
    if exemption.version is None:
        return Allow(f"{person.name} neither asked for {exemption.id} nor answers for it")
    authors = authors_of(exemption.services[0], exemption.environments[-1], facts)
    if isinstance(authors, Unread):
        return Unsure(authors.what, authors.why)
    if person.id in authors:
        return Refuse(
            Refusal.OWN_WORK,
            f"{person.name} wrote a part of {exemption.services[0]} {exemption.version}; authors never approve exceptions for their work.",
            "Ask somebody else who may approve it.",
        )
    return Allow(f"{person.name} neither asked for {exemption.id}, nor answers for it, nor wrote {exemption.version}")


def _in_own_right(person: Person, exemption: Exemption, facts: Facts) -> Refuse | Unsure | None:
    """Why a person may not approve it in their own right, in the whole scope; None when they may."""
    for service, environment in product(exemption.services, exemption.environments):
        allowed = frozenset(allowed_roles(Action.APPROVE_EXCEPTION, environment, facts) or ())
        own, untold = own_roles(person, service, environment, facts)
        if not own.isdisjoint(allowed):
            continue
        if lost := untold & allowed:
            return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
        return Refuse(
            Refusal.NOT_PERMITTED,
            f"{person.name} could approve {exemption.id} for {service} in {environment} in somebody else's place only; "
            "an exception is approved in one's own right.",
            "Ask somebody who holds the role.",
        )
    return None
