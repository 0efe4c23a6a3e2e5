"""Support cover of a window: confirmed by who answers for it, shown to who lets a change go (WIN-15)."""

from datetime import UTC, datetime

import pytest

from tests.world.company import policy_data
from tests.world.world import World

COVER = "/release window cover api production"


def supported() -> dict:
    data = policy_data()
    data["windows"]["weekdays"]["support"] = "the release desk"
    return data


@pytest.fixture
async def world(database_url):
    async with World(database_url, supported()) as made:
        yield made


async def test_the_cover_of_a_window_is_confirmed_before_production_goes(world):
    await world.asked()
    assert "support: the release desk; ⚠️ nobody confirmed it yet" in world.shown()
    await world.say("audrey", f"{COVER} Olga, by phone")
    assert (await world.news())[-1] == "window-cover:refused"
    assert await world.codes() == ["not-permitted"]
    await world.say("olga", f"{COVER} tbd")
    assert "It does not say who covers the window." in world.form("olga").as_text()
    await world.fill("olga", cover="Olga until 16:00, by phone")
    assert (await world.news())[-2:] == ["window-cover:accepted", "window:covered"]
    assert (await world.body("window:covered"))["start"] == "2026-11-24T09:00:00+00:00"
    assert "support: the release desk; confirmed by Olga Owner: Olga until 16:00, by phone" in world.shown()


async def test_a_confirmation_is_about_one_opening_and_comes_before_it(world):
    await world.say("olga", f"{COVER} Olga")
    await world.wait(until=datetime(2026, 11, 24, 18, 0, tzinfo=UTC))
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.say("rita", f"{COVER} Rob")
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert "confirmed by Rita Manager: Rob" in world.shown()
    await world.wait(until=datetime(2026, 11, 26, 9, 0, tzinfo=UTC))
    assert "⚠️ nobody confirmed it yet" in world.shown()
