"""/release whoami: who you are here, and what you may do."""

from commands.core.cards import note
from commands.core.command import Ask, Command, Reply, Work
from commands.core.text import Bold, Code, Line, Moment
from commands.core.words import NoArguments
from guards.authorization import allowed_roles, authorized, held_roles
from guards.unread import Unread
from guards.vocabulary import TAKES_NO_ROLE, Action, Role


def whoami(work: Work[NoArguments]) -> Reply:
    """The identity, what was delegated, the roles by service, and the actions that they open."""
    person, policy, facts = work.asker.person, work.policy, work.facts
    github = ", ".join(filter(None, (person.github, facts.link.login if facts.link else None))) or "not linked (/release link github)"
    lines: list[Line] = [("Identity: ", Bold(person.id), f", GitHub: {github}, Slack: {', '.join(person.slack)}")]
    for one in () if isinstance(facts.delegations, Unread) else facts.delegations:
        if one.to == person.id:
            place = f"{one.service or 'all services'} in {one.environment or 'all environments'}"
            span: Line = (Moment(one.start, policy.zone), " until ", Moment(one.until, policy.zone))
            lines.append((Code(one.id), f": {one.role} for {one.by_name}, {place}, ", *span))
    for service in list(policy.services)[:20]:
        for environment in policy.chain(service):
            held, untold = held_roles(person, service, environment, facts)
            may = [a.value for a in Action if a not in TAKES_NO_ROLE and not held.isdisjoint(allowed_roles(a, environment, facts) or ())]
            roles = ", ".join(sorted(held - {Role.EVERYONE})) or "no role"
            unread = f" (could not read: {', '.join(sorted(untold))})" if untold else ""
            lines.append((Bold(f"{service} {environment}"), f": {roles}{unread}; may {', '.join(may) or 'read'}"))
    return Reply(note(f"👤 {person.name}", *lines))


command = Command(
    name="whoami",
    summary="Who you are here, and what you may do.",
    examples=("whoami",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(linking=asker.person.id),
    run=whoami,
)
