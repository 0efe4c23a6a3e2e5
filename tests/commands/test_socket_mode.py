"""The same road over a websocket: no listener can tell the difference."""

from commands.core.ports.ci import RunState
from guards.lifecycle import State
from tests.world.world import World


async def test_a_version_goes_to_production_over_a_websocket(database_url):
    async with World(database_url, socket_mode=True) as world:
        assert world.slack.request_url is None
        change = await world.asked()
        assert "waits for approval" in world.card().as_text()
        assert [order.environment for order in world.ci.asked] == ["staging"]

        await world.approve("rita", "diff read, alerts are quiet")
        assert world.ci.started[-1].change == change
        assert await world.news() == ["approve:accepted", "change:approval", "dispatch:ordered", "dispatch:started"]

        await world.ci_says(RunState.SUCCEEDED)
        assert (await world.change()).state is State.SUCCEEDED


async def test_over_a_websocket_there_is_no_door_for_slack(database_url):
    async with World(database_url, socket_mode=True) as world:
        assert await world.knock("/slack/events", {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=1"}, b"") == 404


async def test_a_stranger_is_one_over_a_websocket_too(database_url):
    async with World(database_url, socket_mode=True) as world:
        await world.say("guest", "/release status")
        assert await world.news() == ["stranger:refused"]
