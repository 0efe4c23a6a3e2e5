"""Once a month owners are reminded to refresh dependencies, where the policy asks for it (MAN-12)."""

from datetime import UTC, datetime

import pytest

from guards.policy import Policy
from tests.world.company import policy_data
from tests.world.world import World

FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)  # 10:00 in Berlin


def policy(*services: str):
    data = policy_data()
    for name in services:
        data["services"][name] = {**data["services"][name], "refresh": True}
    return data


def reminders(world, who: str) -> list[str]:
    told = (world.shown(message) for message in world.slack.private(world.people[who]))
    return [each for each in told if "refresh dependencies" in each]


@pytest.fixture
async def world(database_url):
    async with World(database_url, policy("api", "web")) as made:
        yield made


async def test_owners_are_reminded_once_a_month_in_one_message(world):
    await world.wait(until=FIRST.replace(hour=8, minute=59))
    assert reminders(world, "olga") == []
    await world.wait(until=FIRST)
    (told,) = reminders(world, "olga")
    assert "api, web" in told
    assert (await world.body("dependencies:reminded")) == {"people": ["olga@acme.example"], "services": ["api", "web"]}
    await world.wait(days=30)
    assert len(reminders(world, "olga")) == 1
    await world.wait(until=FIRST.replace(year=2027, month=1))
    assert len(reminders(world, "olga")) == 2
    assert reminders(world, "carla") == []


async def test_a_restart_neither_repeats_nor_forgets_it(world):
    await world.close()
    world.clock.at = FIRST.replace(day=2)  # the bot was down on the first
    await world.open()
    await world.wait(seconds=1)
    assert len(reminders(world, "olga")) == 1
    await world.restart()
    await world.wait(seconds=1)
    assert len(reminders(world, "olga")) == 1


async def test_who_does_not_ask_for_it_is_left_alone(world):
    await world.restart(Policy.model_validate(policy()))
    await world.wait(until=FIRST)
    assert reminders(world, "olga") == []
    assert "dependencies:reminded" not in await world.tags()
