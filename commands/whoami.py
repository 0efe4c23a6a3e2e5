"""/release whoami: who you are here, and what you may do."""

from commands.core.cards import note
from commands.core.command import Ask, Command, Reply, Work
from commands.core.text import Bold, Line
from commands.core.words import NoArguments
from guards.authorization import allowed_roles, authorized, held_roles
from guards.vocabulary import Action, Role


def whoami(work: Work[NoArguments]) -> Reply:
    """The identity, the roles by service, and the actions that they open."""
    person, policy, facts = work.asker.person, work.policy, work.facts
    lines: list[Line] = [("Identity: ", Bold(person.id), f", GitHub: {person.github or 'not linked'}, Slack: {', '.join(person.slack)}")]
    for service in list(policy.services)[:20]:
        for environment in policy.chain(service):
            held, untold = held_roles(person, service, environment, facts)
            may = [a.value for a in Action if a is not Action.READ and not held.isdisjoint(allowed_roles(a, environment, facts) or ())]
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
    ask=lambda args, asker: Ask(),
    run=whoami,
)
