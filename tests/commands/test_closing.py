"""A run is closed when its notes are published and its branch is gone, and the bot sees both for itself (TRN-18)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.invocation import Reported
from commands.core.ports.ci import Pushed
from commands.core.trains.plan import set_timers
from guards.cut import CutState
from guards.facts import Facts
from guards.obligation import Owed
from guards.train import Stage
from guards.unread import Unread
from storage import cuts, obligations
from storage.inbox import Delivery
from tests.guards.test_cutoff import CUT
from tests.world.company import COMMIT, TUESDAY
from tests.world.strict import NOTES, REPOSITORY, prove, strict_policy
from tests.world.trains import RUN, rides, run_of
from tests.world.world import World

BRANCH = "release/1.4"
LOOK = {"minutes": 16}


@pytest.fixture
async def world(database_url):
    """The api departed with v1.4.0; nobody looked back yet, its notes are a draft, and its release branch is there."""
    async with World(database_url, strict_policy()) as made:
        await prove(made, written=False)
        await made.on_staging()
        await rides(made, Stage.DEPARTED)
        cut = replace(
            CUT, run=RUN, repository=REPOSITORY, services=("api",), branch=BRANCH, taken=TUESDAY, state=CutState.CUT, version="v1.4.0"
        )
        await made.house.store.write(lambda tx: cuts.add(tx, cut))
        made.vcs.moves[REPOSITORY, BRANCH] = [(TUESDAY - timedelta(days=1), COMMIT)]
        await made.say("carla", f"/release train retro {RUN} well=calm improve=tests")
        await made.news()
        yield made


async def owed(world):
    return {one.kind: one for one in await world.house.store.read(lambda tx: obligations.about(tx, RUN))}


async def done(world) -> set[Owed]:
    return {kind for kind, one in (await owed(world)).items() if one.done}


def branch_is_removed(world) -> None:
    del world.vcs.moves[REPOSITORY, BRANCH]


async def until_closing(world) -> None:
    """Its moments come, up to the last one."""
    run = await run_of(world)
    await world.house.store.write(lambda tx: set_timers(tx, run, Facts(world.clock.now(), world.policy)))
    await world.wait(until=run.schedule.closing)


async def publish_notes(world) -> None:
    await world.say("rita", f'/release notes edit api v1.4.0 text="{NOTES}"')
    await world.say("rita", "/release notes publish api v1.4.0")


async def test_notes_and_branch_are_owed_by_the_captain_until_the_closing(world):
    found = await owed(world)
    assert {kind: (one.text, one.owner) for kind, one in found.items() if not one.done} == snapshot(
        {
            Owed.RELEASE_NOTES: ("Publish the release notes of api v1.4.0: /release notes publish api v1.4.0", "carla@acme.example"),
            Owed.BRANCH_REMOVAL: ("Remove the branch release/1.4 of acme/api; its tags and the record stay.", "carla@acme.example"),
        }
    )
    assert {one.due for one in found.values() if not one.done} == {(await run_of(world)).schedule.closing}


async def test_nobody_says_so_and_the_run_is_not_closed_before_it_is_so(world):
    for one in (await owed(world)).values():
        if not one.done:
            await world.say("carla", f"/release follow-up done {one.id} trust me")
            assert await world.codes() == ["not-by-word"]
    await world.say("carla", f"/release train close {RUN}")
    assert await world.codes() == ["still-owed"]
    assert "Remove the branch release/1.4 of acme/api" in world.told("carla")
    await publish_notes(world)
    assert await done(world) == {Owed.RETROSPECTIVE, Owed.RELEASE_NOTES}
    await world.wait(**LOOK)
    assert await done(world) == {Owed.RETROSPECTIVE, Owed.RELEASE_NOTES}
    await world.say("carla", f"/release train close {RUN}")
    assert (await run_of(world)).stage is Stage.DEPARTED

    branch_is_removed(world)
    await world.wait(**LOOK)
    found = (await owed(world))[Owed.BRANCH_REMOVAL]
    assert (found.done_by, found.evidence) == ("signalbox", "release/1.4 is gone from acme/api")
    assert f"📦 Nothing of {RUN} is owed any more" in world.thread()[-1]
    await world.say("carla", f"/release train close {RUN}")
    assert (await run_of(world)).stage is Stage.CLOSED
    assert await world.verified()


async def test_a_branch_that_cannot_be_read_is_not_gone(world):
    branch_is_removed(world)
    world.vcs.away = Unread("GitHub", "it is away")
    await world.wait(**LOOK)
    await world.wait(**LOOK)
    assert Owed.BRANCH_REMOVAL not in await done(world)
    world.vcs.away = None
    await world.wait(**LOOK)
    assert Owed.BRANCH_REMOVAL in await done(world)
    asked = len(world.vcs.asked)
    await world.wait(**LOOK)
    assert world.vcs.asked[asked:].count("head") <= 1  # nothing is owed, so nothing is looked for but how long it lives


async def test_a_webhook_of_the_branch_has_it_looked_at_at_once(world):
    await world.wait(seconds=5)  # the first look
    branch_is_removed(world)
    pushed = Reported(ci="fake", reports=(Pushed(REPOSITORY, BRANCH),)).model_dump(mode="json")
    await world.house.inbox.put(Delivery("push", "reported", pushed, "push"))
    await world.quiet()
    await world.wait(seconds=1)
    assert Owed.BRANCH_REMOVAL in await done(world)


async def test_a_branch_that_was_removed_in_time_does_not_live_too_long(world):
    branch_is_removed(world)
    await world.wait(days=8)
    await world.wait(**LOOK)
    assert "stabilization:branch-old" not in await world.tags()


async def test_each_is_owed_once_however_often_it_is_looked_back_or_time_to_close(world):
    await until_closing(world)
    assert "train:moment" in await world.news()
    found = await world.house.store.read(lambda tx: obligations.about(tx, RUN))
    assert sorted(one.kind for one in found) == sorted([Owed.RETROSPECTIVE, Owed.RELEASE_NOTES, Owed.BRANCH_REMOVAL])


async def test_who_leads_the_run_in_place_of_another_owes_it(world):
    data = strict_policy()
    data["roles"]["release_captain"] = [{"people": ["carla@acme.example", "rita@acme.example"]}]
    await world.restart(type(world.policy).model_validate(data))
    await world.say("rita", f"/release train captain {RUN} rita@acme.example")
    assert {one.owner for one in (await owed(world)).values() if not one.done} == {"rita@acme.example"}


async def test_it_is_reminded_of_again_and_others_are_told_the_later_it_gets(world):
    await until_closing(world)
    for _ in range(3):
        await world.wait(days=1)
    told = [row for row in await world.ledger() if row.tag == "obligation:reminded" and "branch-removal" not in row.body]
    assert len(told) >= 6
    assert {"olga@acme.example", "rita@acme.example"} <= set((await world.body("obligation:reminded"))["told"])


async def test_nobody_owes_the_removal_of_a_branch_that_is_supported(database_url):
    kept = {"branch": BRANCH, "services": ["api"], "owner": "olga@acme.example", "until": "2027-12-31", "backports": "security only"}
    async with World(database_url, {**strict_policy(), "stabilization": {"supported": [kept]}}) as world:
        await rides(world, Stage.DEPARTED)
        cut = replace(CUT, run=RUN, repository=REPOSITORY, services=("api",), branch=BRANCH, state=CutState.CUT)
        await world.house.store.write(lambda tx: cuts.add(tx, cut))
        await world.say("carla", f"/release train retro {RUN} well=calm improve=tests")
        assert Owed.BRANCH_REMOVAL not in await owed(world)


async def test_notes_that_stand_at_github_are_those_that_count(database_url):
    policy = strict_policy()
    policy["services"]["api"]["publish"] = "github"
    async with World(database_url, policy) as world:
        await prove(world, written=False)
        await world.on_staging()
        await rides(world, Stage.DEPARTED)
        await world.say("carla", f"/release train retro {RUN} well=calm improve=tests")
        await publish_notes(world)
        assert Owed.RELEASE_NOTES not in await done(world)  # there is no tag at GitHub yet, so they stand nowhere
        world.releases.tags.add((REPOSITORY, "v1.4.0"))
        await world.say("rita", "/release notes publish api v1.4.0")
        assert (await owed(world))[Owed.RELEASE_NOTES].evidence == "https://git.test/acme/api/releases/v1.4.0"


async def test_a_run_that_stopped_on_its_way_owes_the_same_once_it_is_time_to_close_it(database_url):
    async with World(database_url, strict_policy()) as world:
        await prove(world, written=False)
        await world.on_staging()
        await rides(world, Stage.STOPPED)
        await until_closing(world)
        assert set(await owed(world)) == {Owed.RETROSPECTIVE, Owed.RELEASE_NOTES}


async def test_who_asks_for_no_notes_owes_none(database_url):
    policy = strict_policy(environments={"production": {"omit": ["release-notes"]}}, reasons={"release-notes": "the wiki has them"})
    async with World(database_url, policy) as world:
        await prove(world, written=False)
        await world.on_staging()
        await rides(world, Stage.STOPPED)
        await world.say("carla", f"/release train retro {RUN} well=calm improve=tests")
        assert set(await owed(world)) == {Owed.RETROSPECTIVE}
