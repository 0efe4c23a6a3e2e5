"""What runs in staging goes on only when somebody looked at it there, and when it ran there for a while (PRM-08, PRM-09)."""

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.version import Artifact
from tests.world.company import COMMIT, policy_data
from tests.world.world import World

ASK = "/release promote api v1.4.0 production"
LOOK = "/release verify CR-2026-1124-001 smoke tests, an order of my own, error rate as before"


@pytest.fixture
async def world(database_url):
    """A company that asks for a look and for a quarter of an hour in staging; v1.4.0 was deployed there a moment ago."""
    production = {"add": ["verified-before", "soak"]}
    evidence = {"profile": "starter", "environments": {"production": production}}
    async with World(database_url, policy_data(evidence=evidence)) as made:
        await made.on_staging()
        await made.news()
        yield made


async def test_what_was_only_deployed_to_staging_goes_no_further(world):
    assert world.told("dev") == snapshot("""\
📌 This is yours
⬜ OBL-2026-1124-001 Look at api v1.4.0 in staging, and say at what: /release verify CR-2026-1124-001 (Dev Author, until today 15:00 (Tue 15:00 Europe/Berlin))
It belongs to CR-2026-1124-001 (verification).
[Verify]\
""")
    await world.say("carla", ASK)
    assert (await world.news(), await world.codes()) == (["promote:refused"], ["not-verified", "not-soaked", "not-approved"])
    assert "Nobody verified v1.4.0 in staging yet" in world.told("carla")

    await world.say("carla", LOOK)  # she did not ask for it
    assert await world.codes() == ["not-permitted"]
    await world.say("dev", LOOK)
    assert (await world.news())[-3:] == ["verify:accepted", "change:verified", "obligation:done"]

    await world.say("carla", ASK)
    assert world.told("carla") == snapshot("""\
📝 Asked for api v1.4.0 → production
Its card is in the release channel: CR-2026-1124-002, awaiting-approval.
It may go from today 11:15 (Tue 11:15 Europe/Berlin) on: it is judged again then, and its approvals must still count.\
""")
    await world.approve("rita")
    assert (await world.change()).state is State.WAITING
    await world.wait(minutes=14, seconds=59)
    assert world.ci.started[-1].environment == "staging"
    await world.wait(seconds=1)
    assert world.ci.started[-1].environment == "production"
    answers = {answer["guard"]: answer for answer in (await world.body("dispatch:ordered"))["answers"]}
    assert answers["verified_before"]["why"] == snapshot(
        "Dev Author verified v1.4.0 in staging: smoke tests, an order of my own, error rate as before"
    )
    assert answers["soaked"]["why"] == snapshot("v1.4.0 came to staging on Tue 24 Nov 11:00 Europe/Berlin, 15 min or more")


async def test_what_another_version_replaced_too_early_is_brought_to_staging_again(world):
    await world.say("dev", LOOK)
    await world.wait(minutes=14)
    await world.runs_in("staging", "v1.3.9", digest="sha256:" + "39" * 32)
    await world.wait(hours=1)
    await world.say("carla", ASK)
    assert "environment-skipped" in await world.codes()
    assert "v1.3.9 took the place of v1.4.0 in staging before it had run there for 15 min." in world.told("carla")

    await world.say("dev", "/release promote api v1.4.0 staging")
    assert world.ci.started[-1].environment == "staging"


async def test_the_soak_begins_anew_with_each_deployment_the_look_counts_for_the_artifact(world):
    await world.say("dev", LOOK)
    await world.wait(minutes=15)
    await world.say("carla", ASK)
    await world.runs_in("staging")  # CI deployed it once more
    await world.approve("rita")
    assert (await world.change()).state is State.WAITING
    await world.wait(minutes=15)
    assert world.ci.started[-1].environment == "production"


async def test_what_ci_brought_to_staging_alone_was_looked_at_by_nobody(world):
    await world.runs_in("staging", "v1.3.9", digest="sha256:" + "39" * 32)
    world.artifacts.add(Artifact("api", "v1.3.9", "sha256:" + "39" * 32, COMMIT))
    await world.wait(minutes=15)
    await world.say("carla", "/release promote api v1.3.9 production")
    assert "Nobody verified v1.3.9 in staging: CI brought it there without a change of ours." in world.told("carla")
