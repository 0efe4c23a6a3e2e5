"""Whoever is on call hears of a release: when it is asked for, and on the day on which it goes out (INC-08)."""

from datetime import UTC, datetime

import pytest

from tests.world.company import group_id, policy_data
from tests.world.world import World

FRIDAY, MONDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC), datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.fixture
async def world(database_url):
    """A Slack group is on call; who is in it is nobody's business but the group's."""
    data = policy_data()
    data["roles"]["on_call"] = [{"groups": [group_id("duty")]}]
    async with World(database_url, data) as made:
        made.slack.add_group("duty", members=[made.people["dev"]])
        await made.restart()  # a group's members are used again for a while
        yield made


def on_duty(world, *who):
    world.slack.add_group("duty", members=[world.people[each] for each in who])


def heard(world, who):
    return [title for m in world.slack.private(world.people[who]) if (title := world.shown(m).splitlines()[0]).startswith("📣")]


async def test_a_friday_request_that_goes_out_on_monday_is_told_to_mondays_on_call(world):
    await world.on_staging()
    await world.wait(until=FRIDAY)
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.body("on-call:told")) == {"told": ["dev@acme.example"], "unread": False}
    on_duty(world, "nobody", "olga")  # the one is not in the policy file
    await world.restart()
    await world.approve("rita")
    assert world.ci.started[-1].environment == "staging"

    await world.wait(until=MONDAY)
    assert world.ci.started[-1].environment == "production"
    assert (await world.body("on-call:told"))["told"] == ["olga@acme.example", world.people["nobody"].id]
    assert heard(world, "olga") == heard(world, "nobody") == ["📣 Goes out to production now: api v1.4.0"]
    assert heard(world, "dev") == ["📣 Soon in production: api v1.4.0"]


async def test_what_goes_out_on_the_same_day_is_told_once(world):
    await world.running()
    assert heard(world, "dev") == ["📣 Soon in production: api v1.4.0"]
    assert (await world.tags()).count("on-call:told") == 1


async def test_where_nobody_is_on_call_the_alert_channel_says_so_once(world):
    on_duty(world)
    await world.restart()
    await world.running()
    assert (await world.body("on-call:told")) == {"told": [], "unread": False}
    (said,) = [world.shown(m) for m in world.cards("alerts")]
    assert "⚠️ Nobody was told: nobody is on call there." in said
