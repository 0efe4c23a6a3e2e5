"""/release help [word]: the commands that the asker may run; with a word, all of that word with examples."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from commands.core.cards import note
from commands.core.command import AnyCommand, Ask, Command, Reply, Work
from commands.core.text import Bold, Card, Code, Line, Part
from commands.core.words import Arguments, Rest
from guards.authorization import allowed_roles, authorized, held_roles
from guards.vocabulary import TAKES_NO_ROLE, Action, Role

_TOGETHER = 20
"""Words in one part: what is too long for a part would be cut off."""


class Help(Arguments):
    """Nothing, or the first word of the commands to explain."""

    word: Annotated[str | None, Rest()] = None


def _held(work: Work[Help]) -> Mapping[str, frozenset[Role]]:
    """Environment → the roles that the asker holds there for some service. Found out once: a company has hundreds of places."""
    held: dict[str, frozenset[Role]] = {}
    for service in work.policy.services:
        for environment in work.policy.chain(service):
            here, _ = held_roles(work.asker.person, service, environment, work.facts)
            held[environment] = held.get(environment, frozenset()) | here
    return held


def _may(work: Work[Help], command: AnyCommand, held: Mapping[str, frozenset[Role]]) -> bool:
    """Whether some place is open to the asker for this command; what takes no role is open to all."""
    if command.action in TAKES_NO_ROLE:
        return command.action is not Action.DELEGATE or work.policy.delegation is not None
    return any(not roles.isdisjoint(allowed_roles(command.action, environment, work.facts) or ()) for environment, roles in held.items())


def help_for(work: Work[Help]) -> Reply:
    """One line for each first word; for one first word, a line and an example for each of its commands."""
    from commands import COMMANDS

    families: dict[str, list[AnyCommand]] = {}
    held = _held(work)
    for command in COMMANDS:
        if _may(work, command, held):
            families.setdefault(command.name.split()[0], []).append(command)
    if work.args.word is None:
        lines = [_family(word, commands) for word, commands in families.items()]
        parts = tuple(Part(tuple(lines[at : at + _TOGETHER])) for at in range(0, len(lines), _TOGETHER))
        return Reply(Card("🚦 What you can do", parts=parts))
    commands = families.get(work.args.word.split()[0].lower())
    if commands is None:
        return Reply(note(f"🤔 There is nothing called {work.args.word!r} that you may do", ("All that you may: ", Code("/release help"))))
    return Reply(note(f"🚦 /release {commands[0].name.split()[0]}", *(_one(command) for command in commands)))


def _one(command: AnyCommand) -> Line:
    return (Bold(command.name), f": {command.summary} ", Code(f"/release {command.examples[0]}"))


def _family(word: str, commands: Sequence[AnyCommand]) -> Line:
    """A word that stands alone is shown with its example, several of one family by their second words."""
    if len(commands) == 1:
        return _one(commands[0])
    others = ", ".join(rest for c in commands if (rest := c.name.partition(" ")[2]))
    return (Bold(word), f" ({others}): {commands[0].summary} ", Code(f"/release help {word}"))


command = Command(
    name="help",
    summary="The commands that you may run.",
    examples=("help", "help freeze"),
    action=Action.READ,
    guards=(authorized,),
    arguments=Help,
    ask=lambda args, asker: Ask(),
    run=help_for,
)
