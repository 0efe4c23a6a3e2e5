"""A role is held for somebody else only as long as that person could act themselves, and is never passed on (RBAC-05, RBAC-06, RBAC-09).

Invariant: a delegation counts in its time and place, for a role that the policy lets people delegate, while the person whose role it is
still holds it; whatever could not be read gives no role.
"""

from datetime import timedelta

from guards.change import Approval
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.identity import Delegation, Stranger
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Role

_DAY = timedelta(days=1)


def delegated(
    person: Person, service: str | None, environment: str | None, facts: Facts
) -> tuple[tuple[Delegation, ...], frozenset[Role]]:  # fmt: skip
    """The delegations that give a person a role in a place now, oldest first, and the roles of those that could not be judged.

    Args:
        person: who acts.
        service, environment: canonical names, or None for an action that has none.
        facts: `delegations`, and in `people` those whose roles they are.
    """
    rule = facts.policy.delegation
    if rule is None:
        return (), frozenset()
    if isinstance(facts.delegations, Unread):
        return (), frozenset(rule.roles)
    counting: list[Delegation] = []
    untold: set[Role] = set()
    for one in facts.delegations:
        if one.to != person.id or one.role not in rule.roles or not (one.active(facts.at) and one.covers(service, environment)):
            continue
        giver = facts.person(one.by, one.by_name)
        if isinstance(giver, Unread):
            untold.add(one.role)
        elif isinstance(giver, Person):
            held, unread = own_roles(giver, service, environment, facts)
            may = {one.role, Role.RELEASE_MANAGER}
            if not held.isdisjoint(may):
                counting.append(one)
            elif not unread.isdisjoint(may):
                untold.add(one.role)
    return tuple(counting), frozenset(untold)


def lapsed(approval: Approval, facts: Facts) -> bool | Unread:
    """Whether the delegation under which a decision was taken is over; one in the giver's own right never lapses."""
    if approval.on_behalf is None:
        return False
    if isinstance(facts.delegations, Unread):
        return facts.delegations
    return not any(one.id == approval.on_behalf.delegation and one.active(facts.at) for one in facts.delegations)


def delegable(request: Request, facts: Facts) -> Decision:
    """Whether the asker may give this role to that person for so long (RBAC-05, RBAC-06)."""
    wanted, rule = request.delegation, facts.policy.delegation
    if wanted is None:
        return Refuse(Refusal.INCOMPLETE, "No delegation was described.", "Type `/release delegate to` and fill in the form.")
    if rule is None or wanted.role not in rule.roles:
        return Refuse(
            Refusal.NO_POLICY,
            f"The policy lets nobody delegate {wanted.role}.",
            "It can be opened by a reviewed change of the policy file only (`delegation`).",
        )
    if wanted.end <= max(wanted.start, facts.at):
        return Refuse(
            Refusal.INCOMPLETE, "The delegation ends before it begins to count.", "Give an end that is later than its start and than now."
        )
    if wanted.end - wanted.start > rule.maximum:
        return Refuse(
            Refusal.TOO_LONG,
            f"The delegation lasts {(wanted.end - wanted.start) / _DAY:.1f} days; one may last {rule.maximum / _DAY:g} days.",
            "Give an earlier end, and delegate anew when it comes near.",
        )
    return _right_to_give(request, wanted, facts) or _fit_to_take(wanted, facts)


def _right_to_give(request: Request, wanted: Delegation, facts: Facts) -> Refuse | Unsure | None:
    by = request.by
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    held, untold = own_roles(by, wanted.service, wanted.environment, facts) if isinstance(by, Person) else (frozenset(), frozenset())
    may = {wanted.role, Role.RELEASE_MANAGER}
    if not held.isdisjoint(may):
        return None
    if lost := untold & may:
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    place = f"{wanted.service or 'all services'} in {wanted.environment or 'all environments'}"
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"{by.name} does not hold {wanted.role} for {place} in their own right; a role that was delegated is not passed on.",
        f"Ask somebody who holds it, or a {Role.RELEASE_MANAGER}, to delegate it.",
    )


def _fit_to_take(wanted: Delegation, facts: Facts) -> Decision:
    if wanted.to == wanted.by:
        return Refuse(Refusal.INCOMPLETE, "A delegation goes to somebody else.", "Name the person who shall act for you.")
    taker = facts.person(wanted.to, wanted.to)
    if isinstance(taker, Unread):
        return Unsure(taker.what, taker.why)
    if isinstance(taker, Stranger):
        return Refuse(
            Refusal.NO_SUCH_PERSON, f"{wanted.to} cannot act here: {taker.why}", "Name somebody of the policy file with a working account."
        )
    return Allow(f"{wanted.by_name} may delegate {wanted.role} to {taker.name}")


def endable(request: Request, facts: Facts) -> Decision:
    """Whether there is such a delegation, and the asker gave it, has it, or is a release manager."""
    one, by = facts.delegation, request.by
    if not isinstance(one, Delegation) or one.until <= facts.at:
        what = f"{one.id} is over" if isinstance(one, Delegation) else f"There is no {one.what if one else 'such delegation'}"
        return Refuse(Refusal.NO_SUCH_DELEGATION, f"{what}.", "`/release delegate list` shows those that there are.")
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    held, untold = own_roles(by, one.service, one.environment, facts) if isinstance(by, Person) else (frozenset(), frozenset())
    if isinstance(by, Person) and (by.id in (one.by, one.to) or Role.RELEASE_MANAGER in held):
        return Allow(f"{by.name} may end {one.id}")
    if Role.RELEASE_MANAGER in untold:
        return Unsure(f"the Slack groups that hold {Role.RELEASE_MANAGER}")
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"{by.name} neither gave {one.id} nor holds a role by it.",
        f"Ask {one.by_name}, {one.to_name} or a {Role.RELEASE_MANAGER}.",
    )
