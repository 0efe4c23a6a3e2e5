"""Promotion, from the words in Slack to CI and back."""

from commands.core.ports import RunState
from guards.lifecycle import State
from tests.world.world import COMMIT, DIGEST


async def test_a_version_goes_to_production_when_somebody_else_approves(world):
    await world.on_staging()

    await world.say("carla", "/release promote api v1.4.0 production")
    assert len(world.ci.started) == 1  # staging only: one message never reaches production (CMD-11)
    assert "waits for approval" in world.card().as_text()

    await world.approve("rita", "diff read, alerts are quiet")
    order = world.ci.started[-1]
    assert (order.environment, order.version, order.digest, order.commit) == ("production", "v1.4.0", DIGEST, COMMIT)
    assert "CI is deploying" in world.card().as_text()

    await world.ci_says(RunState.SUCCEEDED)
    assert (await world.change()).state is State.SUCCEEDED
    assert "deployed" in world.card().as_text()
    assert any("diff read, alerts are quiet" in line for line in world.thread())
