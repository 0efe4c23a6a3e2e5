"""How production kept to its windows, read from the ledger (WIN-17)."""

from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from tests.world.company import TUESDAY, policy_data
from tests.world.emergencies import ID, SUNDAY, approved, urgent_policy
from tests.world.world import World

SATURDAY = TUESDAY + timedelta(days=4)


async def deployed(world: World) -> None:
    await world.running()
    await world.ci_says(RunState.SUCCEEDED)


async def reported(world: World, words: str = "") -> str:
    await world.say("audrey", f"/release window report {words}".strip())
    return world.told("audrey")


async def test_a_change_in_its_window_is_counted_and_one_past_the_road_is_named(world):
    await deployed(world)
    assert await reported(world) == snapshot("""\
🪟 How production kept to its windows: 100 %
Period
Oct 25, 2026 11:00 (Sun 11:00 Europe/Berlin) to today 11:00 (Tue 11:00 Europe/Berlin)
In a window
1 of 1 (100 %)
Outside
0
Not known
0\
""")
    await world.wait(until=SATURDAY)
    await world.runs_in("production", "v1.5.0", digest="sha256:" + "b2" * 32)
    assert await reported(world) == snapshot("""\
🪟 How production kept to its windows: 50 %
Period
Oct 29, 2026 11:00 (Thu 11:00 Europe/Berlin) to today 11:00 (Sat 11:00 Europe/Berlin)
In a window
1 of 2 (50 %)
Outside
1
Not known
0
Outside a window
today 11:00 (Sat 11:00 Europe/Berlin) api v1.5.0 in production: 🚨 past the road\
""")
    assert await world.body("deployment:observed") | {"drift": []} == snapshot(
        {
            "commit": "c0ffee0000000000000000000000000000000000",
            "digest": "sha256:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
            "drift": [],
            "run": "build-1",
            "version": "v1.5.0",
            "window": None,
        }
    )


async def test_a_period_and_a_service_can_be_named(world):
    await deployed(world)
    await world.wait(until=SATURDAY)
    assert "1 of 1 (100 %)" in await reported(world, "since=7d")
    assert "nothing to judge" in await reported(world, "since=2d")
    assert "nothing to judge" in await reported(world, "service=web")
    assert "nothing to judge" in await reported(world, "since=2026-11-01T00:00 before=2026-11-24T00:00")
    assert "1 of 1 (100 %)" in await reported(world, "since=2026-11-24T00:00 before=2026-11-25T00:00")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("since=soon", "'soon' is no moment"),
        ("since=2h before=4h", "It ends before it begins"),
        ("service=nothing", "there is no service 'nothing'"),
    ],
)
async def test_what_is_no_period_is_said(world, words, said):
    assert said in await reported(world, words)


async def test_what_went_to_other_environments_is_no_part_of_it(world):
    await world.on_staging()
    assert "nothing to judge" in await reported(world)


async def test_a_calendar_that_could_not_be_read_makes_it_not_known(database_url):
    """What CI deployed past the road is seen without a calendar of holidays."""
    async with World(database_url, policy_data(holidays=["DE"])) as world:
        await world.runs_in("production")
        text = await reported(world)
    assert "Not known\n1" in text
    assert "past the road, could not read the public holidays" in text


async def test_what_went_by_an_emergency_is_outside_and_names_it(database_url):
    async with World(database_url, urgent_policy(), at=SUNDAY) as world:
        await approved(world)
        await world.say("carla", f"/release emergency promote {ID}")
        assert world.ci.started[-1].environment == "production"
        await world.ci_says(RunState.SUCCEEDED)
        text = await reported(world)
    assert "In a window\n0 of 1 (0 %)" in text
    assert f"api v1.4.0 in production: CR-2026-1122-002, {ID}" in text
