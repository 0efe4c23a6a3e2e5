"""The ledger is signed when it grew, and what was signed is posted for others to keep (AUD-08)."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.evidence.keys import public
from bot.signed import known_of, read_lines
from storage import chain, checkpoints
from storage import engines as connections
from tests.world.company import channel_id, policy_data
from tests.world.signing import PUBLIC_KEY, SIGNING_KEY
from tests.world.world import World

KEY = public(PUBLIC_KEY.encode())


@pytest.fixture
async def world(database_url):
    """A company whose checkpoints are posted: twice a day, and when three entries were added."""
    rules = {"checkpoints": {"every": "12h", "entries": 3, "channel": channel_id("alerts")}}
    async with World(database_url, policy_data(ledger=rules)) as made:
        await made.say("carla", "/release whoami")
        await made.wait(minutes=6)
        yield made


def posted(world):
    """The lines that stand in the channel, as people copy them from there."""
    texts = [
        block
        for message in world.cards("alerts")
        if "The ledger was signed" in message.as_text()
        for block in message.as_text().splitlines()
    ]
    return [line for line in texts if line.startswith('{"size":')]


async def stored(world):
    return await world.house.store.read(checkpoints.all_of)


@pytest.mark.both
async def test_what_grew_is_signed_and_posted_so_that_anybody_can_hold_the_ledger_against_it(world):
    (line,) = posted(world)
    assert [checkpoints.line_of(one) for one in await stored(world)] == [line]
    known = known_of(read_lines([line.encode()]), [KEY])
    assert isinstance(chain.verify(await world.ledger(), known=known.heads), chain.Sound)
    assert known.last.at == world.clock.now()

    await world.wait(hours=24)
    assert len(posted(world)) == 1  # nothing happened
    await world.say("carla", "/release whoami")
    await world.wait(minutes=6)
    assert len(posted(world)) == 2


async def test_many_entries_are_signed_before_it_is_time(world):
    for _ in range(2):
        await world.say("carla", "/release whoami")
    await world.wait(minutes=6)
    assert len(posted(world)) == 1
    await world.say("carla", "/release whoami")
    await world.wait(minutes=6)
    assert len(posted(world)) == 2


@pytest.mark.both
async def test_several_replicas_sign_and_post_once(world):
    await world.say("carla", "/release whoami")
    async with world.replica() as other:
        world.clock.at += timedelta(hours=24)
        await world.house.workers.tick()
        await other.workers.tick()
        await other.workers.quiet()
        await world.quiet()
    assert len(posted(world)) == 2
    assert [one.size for one in await stored(world)] == [1, 2]


async def test_nothing_is_signed_without_a_key(database_url):
    async with World(database_url, signing_key=None) as world:
        await world.say("carla", "/release whoami")
        await world.wait(days=2)
        assert await stored(world) == ()
        world.signing_key = SIGNING_KEY
        await world.restart()
        await world.wait(minutes=6)
        assert [one.size for one in await stored(world)] == [1]


async def test_without_a_channel_it_is_only_kept(database_url):
    async with World(database_url) as world:
        await world.say("carla", "/release whoami")
        await world.wait(minutes=6)
        assert (len(posted(world)), len(await stored(world))) == (0, 1)


async def test_a_ledger_that_is_not_what_was_signed_is_told_once_and_not_signed(world, database_url):
    engine = connections.single(database_url)
    with closing(engine.connect()) as connection, connection.begin():
        trigger = "ledger_no_update" if connection.dialect.name == "sqlite" else "ledger_no_update ON ledger"
        connection.execute(sa.text(f"DROP TRIGGER {trigger}"))
        connection.execute(sa.text("UPDATE ledger SET hash = 'x' WHERE seq = 1"))
    engine.dispose()
    await world.say("carla", "/release whoami")
    for _ in range(3):
        await world.wait(hours=13)
    told = [message.as_text() for message in world.cards("alerts") if "is not what was signed" in message.as_text()]
    assert len(told) == 1
    assert "signalbox audit verify" in told[0]
    assert (await world.tags()).count("ledger:differs") == 1
    assert (len(await stored(world)), len(posted(world))) == (1, 1)
    assert json.loads((await world.ledger())[-1].body)["size"] == 1
