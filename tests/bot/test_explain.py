"""`signalbox explain`: the same judging as in Slack, from the command line, and nothing is done (CMD-13)."""

import asyncio
import functools
from collections.abc import AsyncIterator

import pytest

from bot import explain
from bot.build import build
from bot.neighbours import Neighbours
from tests.world.world import World

REFUSED, FINE, UNUSABLE = 1, 0, 2


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with World(database_url) as made:
        await made.runs_in("dev")
        yield made


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def ask(world, monkeypatch, capsys):
    """Runs the command as somebody, with the world's index and clock; answers the exit code and what was printed."""
    monkeypatch.setattr(
        explain, "build", functools.partial(build, clock=world.clock, neighbours=Neighbours({"fake": world.ci}, {"index": world.artifacts}))
    )

    async def run(who: str, *words: str, **changed: object) -> tuple[int, str]:
        settings = world.house.settings.model_copy(update=changed)
        # a program of its own in real life, with an event loop of its own
        code = await asyncio.to_thread(explain.run, settings, world.policy, person=f"{who}@acme.example", words=list(words))
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


async def test_what_would_go_and_what_would_be_refused(ask, world):
    code, said = await ask("dev", "promote", "api", "v1.4.0", "staging")
    assert (code, "✅ Would go: promote" in said, "in_order: v1.4.0 ran in dev" in said) == (FINE, True, True)

    code, said = await ask("dev", "promote", "api", "v1.4.0", "production")
    assert (code, "⛔ Would be refused: promote" in said, "in_order: api v1.4.0 has not run in staging" in said) == (REFUSED, True, True)

    assert [row.tag for row in await world.ledger()] == ["deployment:observed"]  # nothing was done, and nothing was written
    assert world.ci.started == []


async def test_a_change_is_judged_at_the_request_and_at_dispatch(ask, world):
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    change = await world.change()

    code, said = await ask("rita", "approve", change.id, "diff read")
    assert (code, "✅ Would go: approve" in said, "If it were dispatched now" in said) == (FINE, True, True)
    assert "✅ same as staging" in said
    code, said = await ask("carla", "approve", change.id, "diff read")
    assert (code, "`approve` takes release_manager" in said) == (REFUSED, True)
    assert (await world.change()).state == change.state


async def test_without_a_token_slack_is_said_to_be_unread_and_the_rest_is_judged(ask, world):
    """Rob is a release manager through a Slack group only."""
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    change = await world.change()
    assert (await ask("rob", "approve", change.id, "diff read"))[0] == FINE

    code, said = await ask("rob", "approve", change.id, "diff read", slack_bot_token=None)
    assert (code, "⚠️ Cannot be verified: approve" in said, "SLACK_BOT_TOKEN is not set" in said) == (REFUSED, True, True)
    assert (await ask("dev", "status", slack_bot_token=None))[0] == FINE


async def test_an_artifact_that_cannot_be_read_is_not_said_to_differ(ask, world):
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    change = await world.change()
    from guards.unread import Unread

    world.artifacts.away = Unread("the artifact api v1.4.0", "it refused the connection")
    code, said = await ask("rita", "approve", change.id, "diff read")
    assert (code, "could not read the artifact api v1.4.0" in said, "differs from" in said) == (REFUSED, True, False)


async def test_somebody_whose_account_was_switched_off_is_refused_as_in_slack(ask, world):
    assert (await ask("dev", "status"))[0] == FINE
    world.slack.faults.fail("users.info", "user_not_found", times=2)
    code, said = await ask("dev", "status")
    assert (code, "Slack knows no such account" in said) == (REFUSED, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["promot", "api"], "Did you mean `promote`?"),
        (["promote", "api"], "It lacks version and environment."),
        (["approve", "CR-1", "fine"], "is no change"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_words_that_make_no_command_are_said_to_be_unusable(ask, words, said):
    code, printed = await ask("dev", *words)
    assert (code, said in printed) == (UNUSABLE, True)


async def test_a_database_that_is_not_migrated_is_unusable(ask, tmp_path):
    from pydantic import SecretStr

    code, said = await ask("dev", "status", database_url=SecretStr(f"sqlite:///{tmp_path}/new.db"))
    assert (code, "signalbox db upgrade" in said) == (UNUSABLE, True)
