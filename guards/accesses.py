"""Break-glass access is asked for in an emergency, granted by somebody else, and ends (EMG-18, SOD-01).

Invariant: who gets the access never grants it; without an open emergency there is none.
"""

from datetime import timedelta

from guards.access import Grant, GrantState
from guards.authorization import allowed_roles, names, no_such_emergency, no_such_grant, who_may
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.emergency import Emergency, EmergencyState
from guards.facts import Facts, Request
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Unread
from guards.values import written_duration
from guards.vocabulary import Action

_BEGUN = frozenset({EmergencyState.DECLARED, EmergencyState.APPROVED, EmergencyState.USED})


def accessible(request: Request, facts: Facts) -> Decision:
    """Whether the access can be asked for: in an emergency that is open, as the policy names it, for as long as it lets (EMG-18)."""
    record, wanted = facts.emergency, request.grant
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if record.state not in _BEGUN or record.over(facts.at):
        return Refuse(
            Refusal.WRONG_STATE, f"{record.id} is over; access is for an emergency that is not.", "`/release emergency declare` a new one."
        )
    if wanted is None or not wanted.reason.strip():
        return Refuse(Refusal.INCOMPLETE, "It does not say what the access is needed for.", "Say it in a sentence.")
    if no := _unnamed(wanted, facts):
        return no
    longest = facts.policy.emergency.access.maximum
    if timedelta(minutes=wanted.minutes) > longest:
        return Refuse(Refusal.TOO_LONG, f"It may last {written_duration(longest)} at most.", "Ask for less; it can be asked for again.")
    return Allow(f"{wanted.what} for {wanted.minutes} min")


def _unnamed(grant: Grant, facts: Facts) -> Refuse | None:
    """Why no workflow opens this access; None where one does."""
    service = facts.policy.services.get(grant.service)
    known = service.access if service else {}
    if grant.scope in known:
        return None
    return Refuse(
        Refusal.NO_ACCESS_WORKFLOW,
        f"The policy names no access {grant.scope!r} to {grant.service}; it has {', '.join(known) or 'none'}.",
        "Name one that it has, or have `access` of the service changed by a reviewed change.",
    )


def pending_grant(request: Request, facts: Facts) -> Decision:
    """Whether the access still waits for its approver, and its emergency is not over."""
    grant, record = facts.grant, facts.emergency
    if not isinstance(grant, Grant):
        return no_such_grant(grant)
    if grant.state is not GrantState.REQUESTED:
        return Refuse(Refusal.WRONG_STATE, f"{grant.id} is {grant.state}.", "See `/release break-glass list`.")
    if not isinstance(record, Emergency) or record.state not in _BEGUN or record.over(facts.at):
        return Refuse(Refusal.WRONG_STATE, f"{grant.emergency} is over; access is for an emergency that is not.", "Nothing is left to do.")
    return _unnamed(grant, facts) or Allow(f"{grant.id} waits for its approver")


def grants_to_others(request: Request, facts: Facts) -> Decision:
    """Whether the asker may grant it: to somebody else, and in their own right (EMG-18, SOD-01)."""
    grant, person = facts.grant, request.by
    if not isinstance(grant, Grant):
        return no_such_grant(grant)
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    if not isinstance(person, Person):
        return Allow("there is nobody to keep apart")  # `authorized` turns strangers away
    able = [p for p in who_may(Action.GRANT_ACCESS, grant.service, grant.environment, facts) if p.id != grant.requester]
    ask = f"Ask {names(able)}." if able else "Nobody else may: it takes `allow.grant-access` in the policy file."
    if person.id == grant.requester:
        return Refuse(Refusal.OWN_REQUEST, f"{person.name} asked for {grant.id}, and so never grants it.", ask)
    allowed = frozenset(allowed_roles(Action.GRANT_ACCESS, grant.environment, facts) or ())
    own, untold = own_roles(person, grant.service, grant.environment, facts)
    if not own.isdisjoint(allowed):
        return Allow(f"{person.name} did not ask for {grant.id}")
    if lost := untold & allowed:
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return Refuse(Refusal.NOT_PERMITTED, f"{person.name} could grant {grant.id} in somebody else's place only.", ask)


def endable_grant(request: Request, facts: Facts) -> Decision:
    """Whether the access is open, and the asker may end it: who has it, and who may ask for it or grant it there."""
    grant = facts.grant
    if not isinstance(grant, Grant):
        return no_such_grant(grant)
    if grant.state is not GrantState.GRANTED:
        return Refuse(Refusal.WRONG_STATE, f"{grant.id} is {grant.state}.", "Nothing is left to end.")
    person, place = request.by, (grant.service, grant.environment)
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    able = (*who_may(Action.REQUEST_ACCESS, *place, facts), *who_may(Action.GRANT_ACCESS, *place, facts))
    if isinstance(person, Person) and person.id in {grant.requester, grant.approver, *(p.id for p in able)}:
        return Allow(f"{grant.id} is open")
    return Refuse(Refusal.NOT_PERMITTED, f"{grant.requester_name} has the access.", f"Ask {grant.requester_name} or {grant.approver_name}.")
