"""Only people whom the policy names, in a role that it allows for this action in this place (RBAC-01, RBAC-02, CMD-09).

Invariant: the first guard of every command; when it does not allow, nothing else is told.
"""

from collections.abc import Sequence
from itertools import product

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.exceptions import no_such_exception
from guards.exemption import Exemption
from guards.facts import Absent, Facts, Freeze, Request, Stranger, Unread
from guards.freeze import no_such_freeze
from guards.record import no_such_change
from guards.sections import Person
from guards.vocabulary import Action, Role


def held_roles(person: Person, service: str | None, environment: str | None, facts: Facts) -> tuple[frozenset[Role], frozenset[Role]]:
    """The roles that a person holds in a place, and those that could not be told because a group was not read.

    Args:
        person: of the policy file.
        service, environment: canonical names, or None for an action that has none.
        facts: `groups` is read from it.
    """
    held, untold = {Role.EVERYONE}, set()
    known = facts.policy.services.get(service) if service else None
    if known and person.id in known.owners:
        held.add(Role.SERVICE_OWNER)
    for role, grants in facts.policy.roles.items():
        for grant in grants:
            if not grant.covers(service, environment):
                continue
            if person.id in grant.people:
                held.add(role)
            for group in grant.groups:
                members = facts.groups.get(group, Unread(f"Slack group {group}"))
                if isinstance(members, Unread):
                    untold.add(role)
                elif not members.isdisjoint(person.slack):
                    held.add(role)
    return frozenset(held), frozenset(untold - held)


def allowed_roles(action: Action, environment: str | None, facts: Facts) -> tuple[Role, ...] | None:
    """The roles that the policy allows, or None when it says nothing about this action there (CMD-09)."""
    return facts.policy.allow.get(action, {}).get(environment or "")


def who_may(action: Action, service: str | None, environment: str | None, facts: Facts) -> tuple[Person, ...]:
    """The people of the policy file who may do this there, in the file's order; what was not read counts as no."""
    allowed = frozenset(allowed_roles(action, environment, facts) or ())
    return tuple(p for p in facts.policy.people if not allowed.isdisjoint(held_roles(p, service, environment, facts)[0]))


def authorized(request: Request, facts: Facts) -> Decision:
    """Whether the asker is somebody here, and may do this in each place that it touches."""
    person = request.by
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    if isinstance(person, Stranger):
        return Refuse(Refusal.STRANGER, person.why, "Ask the owner of the policy file to add you, then try again.")
    if request.action is Action.READ:
        return Allow(f"{person.name} may read")
    if lost := _lost_subject(facts):
        return lost
    seen = [_in_place(request.action, person, service, environment, facts) for service, environment in _places(request, facts)]
    return next((answer for answer in seen if not isinstance(answer, Allow)), seen[0])


def _lost_subject(facts: Facts) -> Refuse | Unsure | None:
    """Where the change, freeze or exception that was named is not there, there is no place to judge: then that is what to say."""
    if isinstance(facts.change, Unread):
        return Unsure(facts.change.what, facts.change.why)
    if isinstance(facts.change, Absent):
        return no_such_change(facts.change)
    if isinstance(facts.exception, Absent):
        return no_such_exception(facts.exception)
    return no_such_freeze(facts.freeze) if isinstance(facts.freeze, Absent) else None


def _places(request: Request, facts: Facts) -> tuple[tuple[str | None, str | None], ...]:
    """Each service and environment that the request touches, at least one; a freeze or an exception touches its whole scope (FRZ-02)."""
    exemption = request.exception or facts.exception
    if isinstance(exemption, Exemption):
        return tuple(product(exemption.services or (None,), exemption.environments or (None,)))
    freeze = request.freeze or facts.freeze
    if not isinstance(freeze, Freeze):
        return ((request.service, request.environment),)
    return tuple(product(freeze.services or (None,), freeze.environments or (None,)))


def _open(action: Action, service: str | None, facts: Facts) -> bool:
    """Whether the action is switched on for a service of the policy file (CMD-09, CMD-16)."""
    if service is None:
        return True
    known = facts.policy.services.get(service)
    return known is not None and (known.actions is None or action in known.actions)


def _in_place(action: Action, person: Person, service: str | None, environment: str | None, facts: Facts) -> Decision:
    where = environment or "no environment"
    place = f"{service} in {where}" if service else where
    allowed = allowed_roles(action, environment, facts)
    if not allowed or not _open(action, service, facts):
        return Refuse(
            Refusal.NO_POLICY,
            f"The policy does not open `{action}` for {place}.",
            "It can be opened by a reviewed change of the policy file only.",
        )
    held, untold = held_roles(person, service, environment, facts)
    if mine := held.intersection(allowed):
        return Allow(f"{person.name} is {', '.join(sorted(mine))} for {place}")
    if lost := untold.intersection(allowed):
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"{person.name} holds {', '.join(sorted(held - {Role.EVERYONE})) or 'no role'} for {place}; "
        f"`{action}` takes {' or '.join(allowed)}.",
        f"Ask {names(able)}."
        if (able := who_may(action, service, environment, facts))
        else "Nobody holds such a role: change the policy file.",
    )


def names(people: Sequence[Person]) -> str:
    """People for sentences: `Ada or Grace`, at most four of them by name."""
    more = f" ({len(people) - 4} more)" if len(people) > 4 else ""
    return " or ".join(p.name for p in people[:4]) + more
