"""The roles that a person holds by the policy file or by a Slack user group (RBAC-02, RBAC-11).

Invariant: a group that was not read gives no role and takes none: its roles are told apart.
"""

from guards.facts import Facts
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Role


def own_roles(person: Person, service: str | None, environment: str | None, facts: Facts) -> tuple[frozenset[Role], frozenset[Role]]:
    """The roles that a person holds in a place in their own right, and those that could not be told because a group was not read.

    Args:
        person: as they stand now.
        service, environment: canonical names, or None for an action that has none.
        facts: `groups` is read from it.
    """
    held, untold = {Role.EVERYONE}, set()
    known = facts.policy.services.get(service) if service else None
    if known and person.id in known.owners:
        held.add(Role.SERVICE_OWNER)
    for role, people, groups in facts.policy.of_place(Policy.granted, service, environment):
        if person.id in people:
            held.add(role)
        for group in groups:
            members = facts.groups.get(group)
            if members is None or isinstance(members, Unread):
                untold.add(role)
            elif not members.isdisjoint(person.slack):
                held.add(role)
    return frozenset(held), frozenset(untold - held)
