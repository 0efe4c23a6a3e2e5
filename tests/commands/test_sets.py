"""A train's manifest is built, tested together, and promoted as one set (MAN-01…-10)."""

from collections.abc import AsyncIterator

import pytest

from commands.core.ports.ci import RunState
from tests.world.sets import PINS, RUN, board, train_data
from tests.world.world import World


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The company, with a train of three services."""
    async with World(database_url, train_data()) as made:
        await board(made)
        await made.news()
        yield made


async def built(world) -> None:
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    await world.ci_says(RunState.SUCCEEDED)
    await world.news()


async def test_smoke(world):
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    print(world.told("carla"))
    print(await world.news())
    await world.ci_says(RunState.SUCCEEDED)
    print(await world.news())
    print(world.told("carla"))
    await world.say("carla", f"/release train promote {RUN} staging")
    print(world.told("carla"))
    print(await world.news(), await world.codes())
    print(world.shown())
    for _ in range(3):
        await world.ci_says(RunState.SUCCEEDED)
        await world.wait(seconds=0)
        print(await world.news())
    print(world.shown())
    from tests.world.sets import to_stage

    await to_stage(world)
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    print(world.told("carla"))
    print(world.shown())
    await world.approve("rita")
    print(await world.news())
    print(world.told("rita"))
    print(world.shown())
    for _ in range(3):
        await world.ci_says(RunState.SUCCEEDED)
        await world.wait(seconds=0)
        print(await world.news())
    print(world.shown())
    print([o.key + " " + o.service + " " + o.environment for o in world.ci.started])

