"""/release help: the commands that the asker may run, with examples."""

from commands.core.cards import note
from commands.core.command import AnyCommand, Ask, Command, Reply, Work
from commands.core.text import Bold, Code, Line
from commands.core.words import NoArguments
from guards.authorization import allowed_roles, authorized, held_roles
from guards.vocabulary import TAKES_NO_ROLE, Action


def _may(work: Work[NoArguments], command: AnyCommand) -> bool:
    """Whether some place is open to the asker for this command; what takes no role is open to all."""
    if command.action in TAKES_NO_ROLE:
        return command.action is not Action.DELEGATE or work.policy.delegation is not None
    policy, facts = work.policy, work.facts
    return any(
        not held_roles(work.asker.person, service, environment, facts)[0].isdisjoint(
            allowed_roles(command.action, environment, facts) or ()
        )
        for service in policy.services
        for environment in policy.chain(service)
    )


def help_for(work: Work[NoArguments]) -> Reply:
    """One line and one example for each command."""
    from commands import COMMANDS

    lines: list[Line] = [(Bold(c.name), f": {c.summary} ", Code(f"/release {c.examples[0]}")) for c in COMMANDS if _may(work, c)]
    return Reply(note("🚦 What you can do", *lines))


command = Command(
    name="help",
    summary="The commands that you may run.",
    examples=("help",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=help_for,
)
