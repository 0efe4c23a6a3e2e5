"""Only people whom the policy names, in a role that it allows for this action in this place (RBAC-01, RBAC-02, CMD-09).

Invariant: the first guard of every command; when it does not allow, nothing else is told.
"""

from collections.abc import Sequence
from itertools import product

from guards.access import Grant
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.delegation import delegated
from guards.emergency import Emergency
from guards.exceptions import no_such_exception
from guards.exemption import Exemption
from guards.facts import Facts, Request
from guards.freeze import no_such_freeze
from guards.freeze_record import Freeze
from guards.identity import Stranger
from guards.incident import Incident
from guards.incidents import no_such_incident
from guards.moments import place_of
from guards.record import no_such_change
from guards.roles import own_roles
from guards.sections import Person
from guards.set_promotion import no_such_set
from guards.timetable import no_such_train
from guards.train import Train
from guards.unread import Absent, Unread
from guards.vocabulary import TAKES_NO_ROLE, Action, Role


def no_such_blocker(blocker: Absent | None) -> Refuse:
    """What is said of an id that names no blocker."""
    what = blocker.what if blocker else "such blocker"
    return Refuse(Refusal.NO_SUCH_BLOCKER, f"There is no {what}.", "`/release blocker list <run>` shows those that there are.")


def no_such_emergency(record: Emergency | Absent | None) -> Refuse:
    """What is said of an id that names no emergency."""
    what = record.what if isinstance(record, Absent) else "such emergency"
    return Refuse(Refusal.NO_SUCH_EMERGENCY, f"There is no {what}.", "`/release emergency list` shows those that there are.")


def no_such_grant(grant: Grant | Absent | None) -> Refuse:
    """What is said of an id that names no break-glass access."""
    what = grant.what if isinstance(grant, Absent) else "such access"
    return Refuse(Refusal.NO_SUCH_GRANT, f"There is no {what}.", "`/release break-glass list` shows those that there are.")


def held_roles(person: Person, service: str | None, environment: str | None, facts: Facts) -> tuple[frozenset[Role], frozenset[Role]]:
    """The roles that a person holds in a place, delegated ones too, and those that could not be told (RBAC-06).

    Args:
        person: as they stand now.
        service, environment: canonical names, or None for an action that has none.
        facts: `groups` and `delegations` are read from it.
    """
    own, untold = own_roles(person, service, environment, facts)
    others, unread = delegated(person, service, environment, facts)
    held = own | {one.role for one in others}
    return held, (untold | unread) - held


def allowed_roles(action: Action, environment: str | None, facts: Facts) -> tuple[Role, ...] | None:
    """The roles that the policy allows, or None when it says nothing about this action there (CMD-09).

    Auditors may always have the evidence (AUD-08); the policy can only add to them.
    """
    allowed = facts.policy.allow.get(action, {}).get(environment or "")
    return allowed if action is not Action.EVIDENCE else tuple(dict.fromkeys((Role.AUDIT, *(allowed or ()))))


def who_may(action: Action, service: str | None, environment: str | None, facts: Facts) -> tuple[Person, ...]:
    """The people who may do this there: those of the policy file in its order, then others who were read; the unread counts as no."""
    allowed = frozenset(allowed_roles(action, environment, facts) or ())
    everybody = {p.id: p for p in facts.policy.people}
    everybody |= {who.id: who for who in facts.people.values() if isinstance(who, Person)}
    return tuple(p for p in everybody.values() if not allowed.isdisjoint(held_roles(p, service, environment, facts)[0]))


def by_group(action: Action, service: str | None, environment: str | None, facts: Facts) -> str:
    """Where people are known by their address, the Slack groups may hold more of them than anybody listed: whom to ask; "" elsewhere."""
    return of_groups(allowed_roles(action, environment, facts) or (), service, environment, facts)


def of_groups(roles: Sequence[Role], service: str | None, environment: str | None, facts: Facts) -> str:
    """The same for roles instead of an action."""
    granted = [r for r in roles if any(g.groups and g.covers(service, environment) for g in facts.policy.roles.get(r, ()))]
    return f"a member of the Slack groups of {', '.join(granted)}" if granted and facts.policy.slack.domains else ""


def authorized(request: Request, facts: Facts) -> Decision:
    """Whether the asker is somebody here, and may do this in each place that it touches."""
    person = request.by
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    if isinstance(person, Stranger):
        return Refuse(Refusal.STRANGER, person.why, "Ask the owner of the policy file to add you, then try again.")
    if request.action in TAKES_NO_ROLE:
        return Allow(f"{person.name} may {request.action}")
    if lost := _lost_subject(request, facts):
        return lost
    allowed: list[Allow] = []
    for service, environment in _places(request, facts):
        answer = _in_place(request.action, person, service, environment, facts)
        if not isinstance(answer, Allow):
            return answer
        allowed.append(answer)
    return allowed[0]


def _lost_subject(request: Request, facts: Facts) -> Refuse | Unsure | None:
    """Where the change, freeze, exception or train that was named is not there, there is no place to judge: then that is what to say."""
    if isinstance(facts.change, Unread):
        return Unsure(facts.change.what, facts.change.why)
    if isinstance(facts.change, Absent):
        return no_such_change(facts.change)
    if isinstance(facts.exception, Absent):
        return no_such_exception(facts.exception)
    if isinstance(facts.grant, Absent):
        return no_such_grant(facts.grant)
    if isinstance(facts.emergency, Absent):
        return no_such_emergency(facts.emergency)
    if isinstance(facts.incident, Absent):
        return no_such_incident(facts.incident)
    if isinstance(facts.blocker, Absent):
        return no_such_blocker(facts.blocker)
    if request.definition is None and (lost := no_such_train(facts)):
        return lost
    if isinstance(facts.set, Absent):
        return no_such_set(facts.set)
    return no_such_freeze(facts.freeze) if isinstance(facts.freeze, Absent) else None


def _places(request: Request, facts: Facts) -> tuple[tuple[str | None, str | None], ...]:
    """Each service and environment that the request touches, at least one.

    A freeze or an exception touches its whole scope (FRZ-02), a train all its services where they are bound for; the evidence of a
    version is that of each production environment, and so is an incident.
    """
    if request.action is Action.EVIDENCE:
        return tuple((request.service, name) for name in sorted(facts.policy.production))
    if incident := request.incident or (facts.incident if isinstance(facts.incident, Incident) else None):
        known = [name for name in incident.services or () if name in facts.policy.services]
        return tuple(product(known or (None,), sorted(facts.policy.production)))
    trains = [train for train in (facts.train, request.definition) if isinstance(train, Train)]
    if trains:
        places = [(service, place_of(facts.policy, service)) for train in trains for service in train.services]
        return tuple(dict.fromkeys(places)) or ((None, None),)
    exemption = request.exception or facts.exception
    if isinstance(exemption, Exemption):
        return tuple(product(exemption.services or (None,), exemption.environments or (None,)))
    freeze = request.freeze or facts.freeze
    if not isinstance(freeze, Freeze):
        return ((request.service, request.environment),)
    return tuple(product(freeze.services or (None,), freeze.environments or (None,)))


def _open(action: Action, service: str | None, facts: Facts) -> bool:
    """Whether the action is switched on for a service of the policy file (CMD-09, CMD-16); evidence cannot be switched off (AUD-03)."""
    if service is None:
        return True
    known = facts.policy.services.get(service)
    return known is not None and (known.actions is None or action in known.actions or action is Action.EVIDENCE)


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
    own, untold = own_roles(person, service, environment, facts)
    others, unread = delegated(person, service, environment, facts)
    roles: list[str] = sorted(own.intersection(allowed))
    roles += [f"{d.role} for {d.by_name} by {d.id}" for d in others if d.role in allowed and d.role not in own]
    if roles:
        return Allow(f"{person.name} is {', '.join(roles)} for {place}")
    if lost := (untold | unread).intersection(allowed):
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"{person.name} holds {', '.join(sorted(own.union(d.role for d in others) - {Role.EVERYONE})) or 'no role'} for {place}; "
        f"`{action}` takes {' or '.join(allowed)}.",
        f"Ask {able}."
        if (able := names(who_may(action, service, environment, facts)) or by_group(action, service, environment, facts))
        else "Nobody holds such a role: change the policy file.",
    )


def names(people: Sequence[Person]) -> str:
    """People for sentences: `Ada or Grace`, at most four of them by name."""
    more = f" ({len(people) - 4} more)" if len(people) > 4 else ""
    return " or ".join(p.name for p in people[:4]) + more
