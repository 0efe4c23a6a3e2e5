"""A neighbour goes dark: what cannot be verified waits, reads are answered, health names it, and its return takes no restart (OPS-08, OPS-11)."""

import aiohttp
import pytest

from guards.lifecycle import State
from tests.world.real import RealWorld, real_world

ASK = "/release promote api v1.4.0 production"


@pytest.fixture
async def world(database_url, monkeypatch):
    async with real_world(database_url, monkeypatch) as made:
        await made.built()
        yield made


async def ready(world: RealWorld) -> tuple[int, dict[str, str]]:
    """The status of /health/ready, and who it says does not answer."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{world.house.ports[0]}/health/ready") as answer:
        return answer.status, (await answer.json())["failing"]


async def approved(world: RealWorld) -> str:
    """Carla asked for production and Rita approves; the change's id."""
    await world.say("carla", ASK)
    await world.approve("rita")
    return (await world.change()).id


SINCE = "has not answered since 2026-11-24 10:00:00 UTC: it failed with status 503"


@pytest.mark.parametrize(("way", "name"), [("github", "github"), ("registry", "artifacts registry")])
async def test_what_cannot_be_verified_waits_while_a_source_of_facts_is_dark(world, way, name):
    world.dark(way)
    await world.say("carla", ASK)
    await world.say("carla", ASK)
    assert world.told("carla").startswith("⚠️ Cannot verify: promote api v1.4.0 production")
    assert f"{name} {SINCE}." in world.told("carla")
    assert "Nothing was started." in world.told("carla")
    assert await ready(world) == (503, {name: f"{name} {SINCE}"})

    asked = world.ways[way].asked
    await world.say("carla", ASK)
    assert f"{name} {SINCE}." in world.told("carla")
    assert world.ways[way].asked == asked  # it is left alone
    await world.say("carla", "/release status")
    assert "staging: v1.4.0" in world.told("carla")

    world.light(way)
    await world.wait(seconds=30)
    assert await ready(world) == (200, {})
    change = await approved(world)
    assert world.runs.taken == [f"{change}.1"]


async def test_an_order_to_a_ci_that_is_dark_is_kept_and_sent_once_when_it_is_back(world):
    world.dark("ci")
    for _ in range(2):  # somebody watches
        status, failing = await ready(world)
        await world.wait(seconds=5)
    assert (status, failing) == (503, {"ci fake": f"ci fake {SINCE}"})

    asked = world.ways["ci"].asked
    change = await approved(world)
    assert world.ways["ci"].asked == asked
    assert (await world.change()).state is State.DISPATCHING
    assert f"CI did not take the order yet: fake could not be reached: ci fake {SINCE}." in world.shown()
    world.light("ci")
    await world.wait(seconds=38)
    assert world.runs.taken == [f"{change}.1"]
    assert (await world.change()).state is State.RUNNING
    await world.ends(f"{change}.1")
    assert (await world.change()).state is State.SUCCEEDED
    assert await ready(world) == (200, {})


@pytest.mark.parametrize("fault", ["takes it and drops the connection", "drops the connection"])
async def test_an_order_that_a_ci_may_have_taken_before_it_went_dark_is_never_doubled(world, fault):
    world.dark("ci", fault)
    change = await approved(world)
    assert (await world.change()).state is State.UNKNOWN
    await world.wait(minutes=3)
    assert (await world.change()).state is State.UNKNOWN
    assert "ci fake" in (await ready(world))[1]

    world.light("ci")
    for _ in range(12):
        await world.wait(minutes=1)
    assert len(world.runs.taken) == 1
    assert (await world.change()).state is State.RUNNING, (world.runs.taken, change)


async def test_slack_is_dark_for_long_and_then_everything_is_told_once(world):
    key = f"{await approved(world)}.1"
    world.dark("slack")
    world.slack.faults.status("response_url", 503, times=100)
    await world.say("audrey", "/release status")
    await world.ends(key)
    for _ in range(15):  # longer than any message is tried that Slack refuses
        await world.wait(minutes=1)
    assert (await world.change()).state is State.SUCCEEDED
    assert "CI is deploying" in world.shown()
    assert (await ready(world))[0] == 503
    assert list((await ready(world))[1]) == ["slack"]
    before = world.thread()

    world.light("slack")
    world.slack.faults.clear()
    for _ in range(4):
        await world.wait(seconds=40)
    assert len(world.cards()) == 1
    assert "🟢 deployed" in world.shown()
    assert world.told("audrey").startswith("⚠️ Cannot verify: your request")
    assert [line.splitlines()[0] for line in world.thread()[len(before) :]] == ["Succeeded after 0 s."]
    assert await ready(world) == (200, {})
