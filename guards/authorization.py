"""Only people whom the policy names, in a role that it allows for this action in this place (RBAC-01, RBAC-02, CMD-09).

Invariant: the first guard of every command; when it does not allow, nothing else is told.
"""

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request, Stranger, Unread
from guards.policy import Action, Person, Role


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
    environments = request.freeze.environments if request.freeze else (request.environment,)
    seen = [_in_place(request, person, environment, facts) for environment in environments]
    return next((answer for answer in seen if not isinstance(answer, Allow)), seen[0])


def _in_place(request: Request, person: Person, environment: str | None, facts: Facts) -> Decision:
    place = f"{request.service} in {environment}" if request.service else f"{environment}"
    service = facts.policy.services.get(request.service) if request.service else None
    allowed = allowed_roles(request.action, environment, facts)
    if not allowed or (service and service.actions is not None and request.action not in service.actions):
        return Refuse(
            Refusal.NO_POLICY,
            f"The policy does not open `{request.action}` for {place}.",
            "It can be opened by a reviewed change of the policy file only.",
        )
    held, untold = held_roles(person, request.service, environment, facts)
    if mine := held.intersection(allowed):
        return Allow(f"{person.name} is {', '.join(sorted(mine))} for {place}")
    if lost := untold.intersection(allowed):
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"{person.name} holds {', '.join(sorted(held - {Role.EVERYONE})) or 'no role'} for {place}; "
        f"`{request.action}` takes {' or '.join(allowed)}.",
        _ask(request, environment, facts),
    )


def _ask(request: Request, environment: str | None, facts: Facts) -> str:
    names = [p.name for p in who_may(request.action, request.service, environment, facts)]
    return f"Ask {' or '.join(names[:4])}." if names else "Nobody holds such a role yet: change the policy file."
