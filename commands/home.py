"""/release home: what waits for you, your own, and how things stand; the same that the App Home shows (CMD-14, CMD-18)."""

from commands.core.command import Ask, Command, Reply, Work
from commands.core.home_card import home_card
from commands.core.words import NoArguments
from guards.authorization import authorized
from guards.vocabulary import Action


def home(work: Work[NoArguments]) -> Reply:
    """All of it on one card."""
    return Reply(home_card(work.tx, work.asker.person, work.facts))


command = Command(
    name="home",
    summary="What waits for you, your own changes and trains, and how things stand.",
    examples=("home",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=home,
)
