"""A change is closed only after somebody looked at it in production, and said at what (REC-10)."""

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.train import Stage
from storage import sets
from tests.commands.test_sets import PROMOTED, asked, set_cards, went_well
from tests.world.company import policy_data
from tests.world.sets import board, train_data
from tests.world.world import World

ID = "CR-2026-1124-002"


@pytest.fixture
async def world(database_url):
    """A company whose policy asks for a verification, and for nothing else afterwards."""
    async with World(database_url, policy_data(post_release={"verification": {"asked": True}})) as made:
        yield made


async def deployed(world: World) -> None:
    """Have v1.4.0 deployed to production."""
    assert await world.running() == ID
    await world.ci_says(RunState.SUCCEEDED)


async def test_a_success_is_not_closed_before_somebody_says_what_they_looked_at(world):
    await world.running()
    await world.news()
    await world.ci_says(RunState.SUCCEEDED)
    assert await world.news() == snapshot(["run:succeeded", "change:succeeded", "obligation:owed"])
    assert world.shown() == snapshot("""\
🟡 api v1.4.0 → production: deployed, not verified yet
State
🟡 deployed, not verified yet
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Artifact
sha256:a1a1a1a1a1a1… at c0ffee000000
Same digest as before
✅ same as staging
Type
normal, migration not declared
Approvals
1 given, 1 needed
CI run
run-2 (https://ci.test/runs/run-2)
Handed to CI
today 11:00 (Tue 11:00 Europe/Berlin)
Finished
today 11:00 (Tue 11:00 Europe/Berlin)
Verification
nobody looked yet; due today 15:00 (Tue 15:00 Europe/Berlin)
Decisions
✅ Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin): tests and diff read
[Verify]
CR-2026-1124-002 · policy <hash> · details in the thread\
""")
    assert world.told("carla") == snapshot("""\
📌 This is yours
⬜ OBL-2026-1124-001 Look at api v1.4.0 in production, and say at what: /release verify CR-2026-1124-002 (Carla Captain, until today 15:00 (Tue 15:00 Europe/Berlin))
It belongs to CR-2026-1124-002 (verification).
[Verify]\
""")
    change = await world.change()
    assert (change.implementer, change.run, change.finished) == ("ci:fake", "run-2", world.clock.now())

    await world.press("carla", "Verify")
    assert world.form("carla").as_text() == snapshot("""\
Verify a change
It does not say what was looked at.
api v1.4.0 → production, asked by Carla Captain
Carried out by ci:fake, run run-2 (https://ci.test/runs/run-2), from today 10:00 (Tue 11:00 Europe/Berlin) until today 10:00 (Tue 11:00 Europe/Berlin)
Artifact sha256:a1a1a1a1a1a1… at c0ffee000000
What did you look at?: [plain_text_input]
A dashboard, a request that you made, a log, a figure. If something is wrong, do not verify it: go back, or mend it.
[Not now] [Verify]\
""")
    await world.fill("carla", looked="p95 and error rate on dashboard 7, and an order of my own")
    assert await world.news() == ["verify:accepted", "change:verified", "obligation:done"]
    assert await world.body("change:verified") == snapshot(
        {
            "completed": "2026-11-24T10:00:00+00:00",
            "digest": "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
            "implementer": "ci:fake",
            "looked_at": "p95 and error rate on dashboard 7, and an order of my own",
            "run": "run-2",
            "started": "2026-11-24T10:00:00+00:00",
            "version": "v1.4.0",
        }
    )
    assert world.shown() == snapshot("""\
🟢 api v1.4.0 → production: deployed and verified
State
🟢 deployed and verified
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Artifact
sha256:a1a1a1a1a1a1… at c0ffee000000
Same digest as before
✅ same as staging
Type
normal, migration not declared
Approvals
1 given, 1 needed
CI run
run-2 (https://ci.test/runs/run-2)
Handed to CI
today 11:00 (Tue 11:00 Europe/Berlin)
Finished
today 11:00 (Tue 11:00 Europe/Berlin)
Verification
verified by Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin): p95 and error rate on dashboard 7, and an order of my own
Decisions
✅ Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin): tests and diff read
CR-2026-1124-002 · policy <hash> · details in the thread\
""")
    assert world.thread()[-1] == snapshot("""\
Carla Captain verified it: p95 and error rate on dashboard 7, and an order of my own
today 10:00 (Tue 11:00 Europe/Berlin) · CR-2026-1124-002\
""")
    assert world.told("carla") == snapshot("""\
✅ CR-2026-1124-002 is verified and closed
api v1.4.0 in production: your words stand in its record.\
""")
    assert await world.verified()


async def test_whoever_owns_the_service_may_look_too_and_nobody_looks_twice(world):
    await deployed(world)
    await world.say("olga", f"/release verify {ID} the dashboards of the last hour")
    assert "verified by Olga Owner" in world.shown()
    await world.news()

    await world.say("carla", f"/release verify {ID} the same dashboards")
    assert (await world.news(), await world.codes()) == (["verify:refused"], ["already-decided"])
    assert "Olga Owner verified CR-2026-1124-002 on 2026-11-24 10:00 UTC." in world.told("carla")


@pytest.mark.parametrize("words", ["", "ok", "later", "LGTM"])
async def test_what_was_looked_at_has_to_be_said(world, words):
    await deployed(world)
    await world.say("carla", f"/release verify {ID} {words}".strip())
    form = world.form("carla")
    assert form
    assert "It does not say what was looked at." in form.as_text()
    await world.fill("carla", looked="okay")
    assert await world.codes() == ["no-rationale"]
    assert "change:verified" not in await world.tags()
    assert "not verified yet" in world.shown()

    await world.say("carla", f"/release verify {ID} the order book, empty of errors")
    assert "change:verified" in await world.tags()


async def test_nobody_else_verifies_it(world):
    await deployed(world)
    await world.say("rita", f"/release verify {ID} all dashboards")
    assert await world.codes() == ["not-permitted"]
    assert "Ask Carla Captain or somebody who is service_owner." in world.told("rita")
    assert "change:verified" not in await world.tags()

    await world.say("dev", "/release follow-up done OBL-2026-1124-001 I looked")
    assert "not-by-word" in await world.codes()
    assert "not verified yet" in world.shown()


async def test_where_the_policy_says_so_the_requester_does_not_verify_their_own_change(database_url):
    rule = {"asked": True, "requester": False, "roles": ["release_manager"]}
    async with World(database_url, policy_data(post_release={"verification": rule})) as world:
        await deployed(world)
        assert "This is yours" in world.told("olga")
        await world.say("carla", f"/release verify {ID} the dashboards of the last hour")
        assert await world.codes() == ["not-permitted"]
        await world.say("rita", f"/release verify {ID} the dashboards of the last hour")
        assert "verified by Rita Manager" in world.shown()


async def test_only_what_was_deployed_is_verified(world):
    await world.running()
    await world.say("carla", f"/release verify {ID} the dashboards of the last hour")
    assert await world.codes() == ["wrong-state"]
    assert "CR-2026-1124-002 is running; only what was deployed can be verified." in world.told("carla")

    await world.ci_says(RunState.FAILED)
    await world.say("carla", f"/release verify {ID} the dashboards of the last hour")
    assert await world.codes() == ["wrong-state"]
    await world.say("carla", "/release verify CR-2026-1124-099 the dashboards of the last hour")
    assert "no-such-change" in await world.codes()
    assert "obligation:owed" not in await world.tags()


async def test_who_does_not_look_is_reminded_and_then_others_are(world):
    await deployed(world)
    await world.say("audrey", "/release status api")
    assert "Deployed, not verified yet\n🟡 CR-2026-1124-002 api v1.4.0 → production, asked by Carla Captain, due today 15:00" in world.told(
        "audrey"
    )

    told = []
    for hours in (4, 24):
        await world.wait(hours=hours)
        body = await world.body("obligation:reminded")
        told.append((body["overdue"], body["told"]))
    owners, managers = ["carla@acme.example", "olga@acme.example"], ["rita@acme.example", "rob@acme.example"]
    assert told == [(True, owners), (True, [*owners, *managers])]

    await world.press("olga", "Verify", world.slack.private(world.people["olga"])[-1])
    await world.fill("olga", looked="the dashboards of the last day")
    assert "verified by Olga Owner" in world.shown()
    reminded = (await world.tags()).count("obligation:reminded")
    await world.wait(hours=48)
    assert (await world.tags()).count("obligation:reminded") == reminded
    await world.say("audrey", "/release status api")
    assert "not verified yet" not in world.told("audrey")


async def test_where_nothing_asks_for_it_success_is_the_end(database_url):
    """The starter profile: no verification is asked for, and none is taken."""
    async with World(database_url) as world:
        await deployed(world)
        assert "🟢 api v1.4.0 → production: deployed\n" in world.shown()
        await world.say("carla", f"/release verify {ID} the dashboards of the last hour")
        assert await world.codes() == ["wrong-state"]
        assert "Nobody was asked to verify CR-2026-1124-002." in world.told("carla")


async def test_a_restart_between_success_and_verification_loses_nothing(world):
    await deployed(world)
    await world.restart()
    await world.press("carla", "Verify")
    await world.fill("carla", looked="the dashboards of the last hour")
    assert (await world.tags())[-2:] == ["change:verified", "obligation:done"]


async def test_each_entry_of_a_set_is_verified_and_the_sets_card_says_so(database_url):
    rule = {"verification": {"asked": True}}
    async with World(database_url, train_data(post_release=rule)) as world:
        await board(world, Stage.STABILIZING)
        await asked(world)
        await world.approve("rita")
        await went_well(world)
        assert world.shown(set_cards(world)[0]).count("deployed, not verified yet") == 3
        api = next(c for c in await world.house.store.read(lambda tx: sets.parts(tx, PROMOTED)) if c.content.service == "api")
        await world.say("carla", f"/release verify {api.id} orders of the last hour")
        shown = world.shown(set_cards(world)[0])
        assert shown.count("deployed, not verified yet") == 2
        assert "deployed and verified" in shown
