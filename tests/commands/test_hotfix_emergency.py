"""A hotfix that cannot wait goes by an emergency, and stays a hotfix: its base, its review, its forward-ports (EMG-02, HOT-08, HOT-09)."""

import pytest

from commands.core.ports.ci import RunState
from tests.commands.test_hotfix import Story, policy
from tests.world.emergencies import declare, urgent_policy
from tests.world.world import World

ID = "EMG-2026-1124-001"


@pytest.fixture
async def story(database_url):
    data, urgent = policy(), urgent_policy()
    data["allow"] |= {name: urgent["allow"][name] for name in ("declare-emergency", "approve-emergency")}
    data["roles"] |= {"incident_commander": urgent["roles"]["incident_commander"]}
    async with World(database_url, data) as world:
        yield await Story(world).begin()


async def test_what_is_called_a_hotfix_takes_one_that_was_begun(story):
    world = story.world
    for called in ("hotfix", "both"):
        await declare(world, what="api v1.4.1 production", classification=called)
        assert await world.codes() == ["no-such-hotfix"]
        assert "/release hotfix start api" in world.told("carla")
    assert "emergency:declared" not in await world.tags()

    await story.opened()
    story.fixed()
    await story.staged()
    await declare(world, what="api v1.4.1 production", classification="both")
    assert (await world.tags())[-1] == "emergency:declared"
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} diff read, tests green")
    await world.say("carla", f"/release emergency promote {ID}")
    assert world.ci.started[-1].version == "v1.4.1"
    story.on_main()
    await world.ci_says(RunState.SUCCEEDED, digest=world.ci.started[-1].digest)
    assert await story.owed() == {"forward-port", "review", "branch-removal"}


async def test_one_that_is_given_up_before_it_goes_takes_its_emergency_with_it(story):
    world = story.world
    await story.opened()
    story.fixed()
    await story.staged()
    await declare(world, what="api v1.4.1 production", classification="hotfix")
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} diff read, tests green")
    await world.say("dev", f"/release hotfix close {(await story.hotfix()).id} it was the wrong fix")
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    assert world.ci.started == []
