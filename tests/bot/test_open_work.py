"""A policy file that lost a place in which something is not over is not started with: nobody would know where that goes (POL-05, OPS-14)."""

import pytest

from bot.build import unknown_places
from guards.policy import Policy
from storage import open_work
from storage.open_work import OpenWork
from tests.commands.test_train import published
from tests.world.company import policy_data
from tests.world.world import World


def without(service):
    data = policy_data()
    del data["services"][service]
    return Policy.model_validate(data)


async def test_a_change_that_waits_keeps_its_service_in_the_policy(database_url):
    async with World(database_url) as world:
        change = await world.asked()
        with pytest.raises(ValueError, match=f"{change} is not over in api production. Put it back until"):
            await world.restart(without("api"))

        await world.restart(Policy.model_validate(policy_data()))
        await world.say("carla", f"/release cancel {change}")
        await world.restart(without("api"))
        await world.say("dev", "/release status")
        assert "Status of all services" in world.told("dev")


async def test_what_the_bot_goes_on_with_is_found_in_the_database(database_url):
    async with World(database_url) as world:
        change = await world.asked()
        await published(world)
        found = await world.house.store.read(open_work.all_of)
        assert {(one.id, one.service, one.environment) for one in found} == {
            (change, "api", "production"), ("weekly", "api", None),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("work", "lost"),
    [
        pytest.param((), "", id="nothing is open"),
        pytest.param((OpenWork("CR-1", "api", "production"), OpenWork("weekly", "web", None)), "", id="everything is known"),
        pytest.param((OpenWork("CR-1", "shop", "production"),), "CR-1 is not over in shop production", id="the service is gone"),
        pytest.param((OpenWork("CR-1", "api", "moon"),), "CR-1 is not over in api moon", id="the environment is gone"),
        pytest.param((OpenWork("weekly", "shop", None),), "weekly is not over in shop.", id="a train's service is gone"),
        pytest.param(tuple(OpenWork(f"CR-{n}", "shop", "dev") for n in range(7)), "CR-4 is not over in shop dev, and 2 more.", id="many"),
    ],
)
def test_what_is_lost_is_named(work, lost):
    said = unknown_places(Policy.model_validate(policy_data()), work)
    assert lost in said
    assert bool(lost) is bool(said)
