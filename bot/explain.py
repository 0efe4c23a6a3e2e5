"""`signalbox explain`: what the guards would answer to somebody's command now, read from the real neighbours; nothing is done (CMD-13).

Invariant: the judging is that of `/release explain`; the database is only read, nothing listens and nothing is posted.
"""

import asyncio

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from bot.build import build
from bot.log import set_up
from bot.settings import Settings
from commands.core.command import AnyCommand, Ask, Asker
from commands.core.inside import inside
from commands.core.requests import cases_of
from commands.core.text import Card, Line, plain
from commands.core.words import Problem
from commands.explain import explained, read
from guards.facts import Facts
from guards.identity import Stranger
from guards.judge import Case, Judgement
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from storage.database import Tx
from storage.errors import StorageError

_ALLOWED, _REFUSED, _UNUSABLE = 0, 1, 2


def run(settings: Settings, policy: Policy, *, person: str, words: list[str]) -> int:
    """Judge a command as somebody of the policy file, and print the tree of answers.

    Without SLACK_BOT_TOKEN, the person is taken to have a working account, and Slack's user groups count as unread.

    Args:
        settings, policy: already checked.
        person: corporate id of who would ask.
        words: of the command, without the leading `/release`.

    Returns:
        0 when it would go or wait, 1 when it would be refused or cannot be verified, 2 when the words make no command or the database
        cannot be read.
    """
    set_up("ERROR")  # what could not be read stands in the answer
    text = " ".join(f'"{word}"' if " " in word else word for word in words)
    try:
        found = asyncio.run(_judge(settings, policy, person, text))
    except StorageError as error:
        return _unusable(str(error))
    if isinstance(found, Problem):
        return _unusable(" ".join(found.said) + (f" Did you mean `{found.nearest}`?" if found.nearest else ""))
    judgement, card = found
    Console(highlight=False).print(_tree(card))
    return _ALLOWED if judgement.outcome in {"allowed", "waits"} else _REFUSED


async def _judge(settings: Settings, policy: Policy, person: str, text: str) -> tuple[Judgement, Card] | Problem:
    known = policy.by_id[person]
    found = read(text, policy)
    if isinstance(found, Problem):
        return found
    command, args = found
    house = await build(settings, policy)
    try:
        by = await house.gather.person(person) if settings.slack_bot_token else known
        asker = Asker(known, next(iter(known.slack), ""), house.gather.now(), policy)
        ask = command.ask(args, asker)
        outside = await house.gather.outside(ask, None if isinstance(by, Stranger | Unread) else by)
        facts, cases = await house.store.read(lambda tx: _read(tx, command, ask, by, outside))
    finally:
        await house.close()
    return explained(command, text, ask, by, facts, cases, known.name, heals=command.healing(args))


def _read(
    tx: Tx, command: AnyCommand, ask: Ask, by: Person | Stranger | Unread, outside: Facts
) -> tuple[Facts, tuple[Case, ...]]:  # fmt: skip
    facts = inside(tx, ask, outside, only_reading=True)
    return facts, cases_of(tx, command, ask, by, facts)


def _tree(card: Card) -> Tree:
    tree = Tree(Text(card.title, style="bold"), guide_style="dim")
    for part in card.parts:
        branch = tree.add(Text(part.heading, style="bold"))
        for line in part.lines:
            branch.add(_text(line))
    tree.add(_text(card.footer))
    return tree


def _text(line: Line) -> Text:
    return Text(plain(line))


def _unusable(why: str) -> int:
    Console(stderr=True, highlight=False).print(Text(f"signalbox: {why}"), soft_wrap=True)
    return _UNUSABLE
