"""What time does with a freeze: reminders, its begin, its end; and what becomes of work that is on its way (FRZ-03, FRZ-09, FRZ-11)."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.ordering import Ordering
from commands.core.ports.ci import RunState
from guards.freeze_record import Freeze
from guards.lifecycle import State
from guards.policy import Policy
from guards.unread import Unread
from guards.vocabulary import Blocked, Fate
from storage import freezes, timers
from tests.world.company import COMMIT, policy_data
from tests.world.strict import DEV, OLD_COMMIT, REPOSITORY, commit, prove, pull
from tests.world.world import World

ID = "FRZ-2026-1124-001"


@pytest.fixture
async def postgresql_world(postgresql):
    """The company on PostgreSQL, where several replicas run."""
    url = postgresql.create()
    async with World(url) as made:
        yield made
    postgresql.drop(url)


BEGINS, ENDS = datetime(2026, 11, 26, 11, 0, tzinfo=UTC), datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
COMING = {"since": "2026-11-26T12:00", "until": "2026-11-30T09:00"}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def titles(world, channel: str = "releases") -> list[str]:
    return [card.splitlines()[0] for card in world.freeze_cards(channel)]


async def test_a_freeze_is_told_before_it_begins_when_it_does_and_the_same_of_its_end(world):
    """FRZ-09, FRZ-11. Its card says all the time how it stands."""
    await world.freeze(**COMING)
    await world.news()
    assert titles(world) == ["🔜 holiday freeze of all services in production: to come"]

    await world.wait(until=BEGINS - DAY - MINUTE)
    assert await world.news() == []
    await world.wait(until=BEGINS - DAY)
    assert (await world.news(), titles(world)[1:]) == (["freeze:reminded"], [f"⏰ {ID} begins soon"])
    await world.wait(until=BEGINS)
    assert (await world.news(), titles(world)[2:]) == (["freeze:began"], [f"🧊 {ID} begins"])
    assert titles(world)[0] == "🧊 holiday freeze of all services in production: in force"
    await world.wait(until=ENDS - DAY)
    assert (await world.news(), titles(world)[3:]) == (["freeze:reminded"], [f"⏰ {ID} ends soon"])
    await world.wait(until=ENDS)
    assert (await world.news(), titles(world)[4:]) == (["freeze:ended"], [f"🌤️ {ID} is over"])
    assert titles(world)[0] == "⚪ holiday freeze of all services in production: over"
    assert "[Lift]" not in world.freeze_cards()[0]
    assert world.freeze_cards()[3] == snapshot("""\
⏰ FRZ-2026-1124-001 ends soon
🧊 FRZ-2026-1124-001 all services in production (holiday): deployments, in force, Nov 26, 2026 12:00 (Thu 12:00 Europe/Berlin) until today 09:00 (Mon 09:00 Europe/Berlin)
    holidays Ends when: all are back Then: trains resume Declared by Rita Manager, answered for by Rita Manager.
To have it last longer: /release freeze extend FRZ-2026-1124-001 until=… <why>\
""")
    assert world.freeze_cards()[4] == snapshot("""\
🌤️ FRZ-2026-1124-001 is over
⚪ FRZ-2026-1124-001 all services in production (holiday): deployments, over, Nov 26, 2026 12:00 (Thu 12:00 Europe/Berlin) until today 09:00 (Mon 09:00 Europe/Berlin)
    holidays Ends when: all are back Then: trains resume Declared by Rita Manager, answered for by Rita Manager.
Changes that waited for it are judged again now.\
""")

    await world.wait(until=ENDS + 30 * DAY)
    assert len(titles(world)) == 5


async def test_what_is_lifted_is_told_of_no_more(world):
    await world.freeze(**COMING)
    await world.say("rita", f"/release freeze lift {ID} called off")
    assert titles(world) == ["🌤️ holiday freeze of all services in production: lifted"]
    await world.wait(until=ENDS + DAY)
    assert len(titles(world)) == 1
    assert not {"freeze:began", "freeze:ended", "freeze:reminded"} & {*await world.tags()}


async def test_what_lasts_longer_is_told_of_at_its_new_end(world):
    await world.freeze(**COMING)
    await world.wait(until=ENDS - DAY)
    await world.say("rita", f"/release freeze extend {ID} until=2026-12-02T09:00 two are missing")
    await world.news()
    await world.wait(until=ENDS)
    assert await world.news() == []
    await world.wait(until=ENDS + DAY)
    assert await world.news() == ["freeze:reminded"]
    await world.wait(until=ENDS + 2 * DAY)
    assert await world.news() == ["freeze:ended"]


async def test_one_that_nobody_approved_is_told_loudly_and_lapses(world):
    """FRZ-07."""
    await world.freeze(who="carla", **COMING)
    await world.wait(until=BEGINS - DAY)
    assert f"⚠️ Nobody approved it: nothing stands still. /release freeze approve {ID}" in world.freeze_cards()[-1]
    await world.wait(until=BEGINS)
    assert titles(world)[-1] == f"⚠️ {ID} should begin now"
    await world.wait(until=ENDS)
    assert "Nobody approved it: nothing stood still." in world.freeze_cards()[-1]
    assert [tag for tag in await world.tags() if tag.startswith("freeze:")] == [
        "freeze:declared", "freeze:reminded", "freeze:reminded", "freeze:lapsed"
    ]  # fmt: skip


async def test_reminders_that_are_late_are_left_out_and_begin_and_end_are_not(world):
    """The bot was down for the whole of it, or its clock jumped."""
    await world.freeze(**COMING)
    await world.news()
    await world.close()
    world.clock.at = ENDS + timedelta(hours=3)
    await world.open()
    await world.wait(minutes=0)
    assert await world.news() == ["freeze:began", "freeze:ended"]
    assert titles(world)[0] == "⚪ holiday freeze of all services in production: over"

    world.clock.at = BEGINS  # and back: it holds by the clock, and is told of no more
    await world.wait(minutes=0)
    assert await world.news() == []


async def test_how_long_before_is_what_the_kind_says(world):
    kinds = {"holiday": {"remind": "2h", "passes": ["emergency"]}}
    await world.restart(Policy.model_validate(policy_data(freeze_kinds=kinds)))
    await world.freeze(**COMING)
    await world.wait(until=BEGINS - timedelta(hours=2))
    assert titles(world)[1:] == [f"⏰ {ID} begins soon"]


async def test_one_that_is_short_is_not_reminded_of_before_it_began(world):
    await world.freeze(until="2026-11-24T13:00")
    await world.news()
    await world.wait(until=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert await world.news() == ["freeze:ended"]


async def test_a_timer_that_fires_twice_tells_once(world):
    """Two replicas, or a restart in the middle: the second finds nothing between the last look and now."""
    await world.freeze(**COMING)
    await world.wait(until=BEGINS)
    payload = {"freeze": ID, "since": world.clock.now().isoformat()}
    await world.house.store.write(lambda tx: timers.set(tx, timers.Timer("again", "freeze", BEGINS, payload)))
    await world.wait(minutes=0)
    assert (await world.tags()).count("freeze:began") == 1


# ---------------------------------------------------------------- work on its way


async def test_what_ci_is_at_when_a_freeze_begins_meets_the_fate_that_was_chosen(world, subtests):
    """It stands on the freeze's card and in the thread of the change."""
    change = await world.running()
    for number, fate, said in (
        (1, "finish", "it finishes, with the rest of its set"),
        (2, "hold", "the run ends, the rest of its set waits"),
    ):
        with subtests.test(fate):
            await world.freeze(underway=fate)
            assert (await world.body("freeze:met"))["fate"] == fate
            assert said in world.freeze_cards()[-1]
            assert f"CI is at work on\n{change} api v1.4.0 → production" in world.freeze_cards()[-1]
            assert f"FRZ-2026-1124-{number:03} began while CI is at work: {said}." in world.thread()[-1]
    await world.ci_says(RunState.SUCCEEDED)
    assert (await world.change()).state is State.SUCCEEDED


async def test_it_meets_its_fate_when_the_freeze_begins_not_when_it_is_declared(world):
    await world.freeze(since="2026-11-24T11:30", until="2026-11-24T13:00")
    await world.running()
    assert "freeze:met" not in await world.tags()
    await world.wait(until=datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    assert (await world.tags()).count("freeze:met") == 1


async def test_work_elsewhere_and_what_passes_is_left_alone(world):
    await world.running()
    await world.freeze(service="web")
    await world.freeze(kind="train")
    assert "freeze:met" not in await world.tags()


@pytest.mark.parametrize(("text", "met"), [("## Database\nexpand: a new column", 1), ("## Database\nnone", 0)])
async def test_a_freeze_of_migrations_meets_what_only_a_pull_request_declares(database_url, text, met):
    """FRZ-03, FRZ-05: who asked for it said that there is none; what counts is what was weighed when it went."""
    data = policy_data(evidence={"profile": "starter"})
    del data["services"]["web"]
    data["services"]["api"]["history"] = "github"
    async with World(database_url, data) as world:
        await prove(world)
        await world.on_staging()
        span = world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT]
        one = replace(pull(12, DEV, "rob", "olga"), body=text)
        world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT] = replace(span, commits=(commit(1, DEV, 12),), pulls=(one,))
        await world.say("carla", "/release promote api v1.4.0 production migration=no")
        await world.approve("rita")
        assert world.ci.started[-1].environment == "production"
        await world.freeze(kind="quarter-end", underway="stop")
        assert (await world.tags()).count("freeze:met") == met
        assert world.ci.cancelled == [world.ci.started[-1].key] * met
        assert ("CI is at work on" in world.freeze_cards()[-1]) is bool(met)


async def test_a_freeze_that_stops_work_has_ci_end_the_run(world):
    change = await world.running()
    key = world.ci.started[-1].key
    await world.freeze(underway="stop")
    assert world.ci.cancelled == [key]
    assert [tag for tag in await world.news() if tag.startswith(("freeze:", "run:"))] == ["freeze:declared", "freeze:met", "run:stop-asked"]
    assert world.thread()[-1].startswith(f"{ID} stops work on its way: CI was asked to end the run.")
    assert (await world.change(change)).state is State.RUNNING  # until CI says how it ended

    await world.ci_says(RunState.CANCELLED)
    assert (await world.change(change)).state is State.CANCELLED


async def test_where_ci_cannot_end_it_people_are_told_to(world):
    change = await world.running()
    world.ci.away = Unread("the fake CI", "it refused the connection")
    await world.freeze(underway="stop")
    assert (await world.tags())[-1] == "run:not-stopped"
    assert titles(world, "alerts")[-1] == f"🚨 {ID}: end this run by hand"
    assert (await world.change(change)).state is State.RUNNING


async def test_what_ends_before_ci_is_asked_and_what_goes_on_elsewhere_is_left_alone(world):
    await world.running()
    await world.freeze(underway="stop", service="web")
    await world.freeze(underway="stop", since="2026-11-24T11:30", until="2026-11-24T13:00")
    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(until=datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    assert world.ci.cancelled == []


async def test_ci_that_deploys_by_itself_into_a_freeze_is_reported(world):
    """During an incident CI stands still too."""
    await world.runs_in("production")
    before = len(world.cards("alerts"))
    await world.freeze(kind="incident", who="carla")
    await world.runs_in("production", "v1.5.0", digest="sha256:" + "b2" * 32)
    assert f"{ID} lets nobody deploy there." in world.cards("alerts")[before].as_text()


async def test_an_order_that_was_not_sent_yet_is_judged_again(world, monkeypatch):
    """FRZ-03: the freeze is committed after the order was, and before it was sent."""
    change = await world.asked()
    call, frozen = Ordering.deploy, []

    async def after_a_freeze(*words):
        if not frozen:
            world.clock.at += timedelta(milliseconds=1)
            frozen.append(a_freeze(world.clock.at))
            await world.house.store.write(lambda tx: freezes.add(tx, frozen[0]))
        await call(*words)

    monkeypatch.setattr(Ordering, "deploy", after_a_freeze)
    await world.say("rita", f"/release approve {change} looks good")
    assert [order.environment for order in world.ci.started] == ["staging"]
    assert "dispatch:ordered" in await world.tags()
    assert ((await world.change()).state, (await world.tags())[-1]) == (State.WAITING, "dispatch:waits")

    await world.wait(hours=1)
    assert [order.environment for order in world.ci.started] == ["staging", "production"]


async def test_an_order_that_passes_the_freeze_is_sent(world, monkeypatch):
    change = await world.asked()
    call, frozen = Ordering.deploy, []

    async def after_a_freeze(*words):
        if not frozen:
            frozen.append(replace(a_freeze(world.clock.at), services=("web",)))
            await world.house.store.write(lambda tx: freezes.add(tx, frozen[0]))
        await call(*words)

    monkeypatch.setattr(Ordering, "deploy", after_a_freeze)
    await world.say("rita", f"/release approve {change} looks good")
    assert (await world.change()).state is State.RUNNING


def a_freeze(at: datetime) -> Freeze:
    """One that somebody declared at another replica."""
    return Freeze(
        "FRZ-2026-1124-009", "incident", (Blocked.DEPLOYMENTS,), (), None, ("production",), at, at + timedelta(hours=1), "checkout is slow",
        "it is fast", "go on", "rita@acme.example", "Rita Manager", "rita@acme.example", Fate.HOLD, in_force=at,
    )  # fmt: skip


async def settled(world, other) -> None:
    """Either of the two may have taken what is due."""
    for house in (world.house, other, world.house, other):
        await house.workers.quiet()


@pytest.mark.both
async def test_a_freeze_declared_at_one_replica_stops_the_dispatch_at_the_other_at_once(postgresql_world):
    """FRZ-03: within a second of its commit; here at the very moment, on each of the two."""
    world = postgresql_world
    change = await world.asked()
    async with world.replica() as other:
        await world.freeze(kind="incident")
        world.aim(other)
        await world.slack.say(world.people["rita"], world.channels["releases"], f"/release approve {change} looks good")
        await settled(world, other)
        assert "frozen" in await world.codes()

        await world.slack.say(world.people["rita"], world.channels["releases"], f"/release freeze lift {ID} it is fast")
        await settled(world, other)
        world.aim(world.house)
        await world.say("rita", f"/release approve {change} looks good")
        await settled(world, other)
    assert [order.environment for order in world.ci.started] == ["staging", "production"]


@pytest.mark.both
async def test_of_a_freeze_and_an_approval_at_two_replicas_at_the_same_time_one_is_first(postgresql_world):
    """Whichever is committed first: a change that went out did so before the freeze, and none goes out after it."""
    world = postgresql_world
    change = await world.asked()
    channel = world.channels["releases"]
    declare = (
        "/release freeze declare production kind=incident until=2026-11-25T10:00 reason=r3s exit=e2x plan=p4n approver=rita@acme.example"
    )
    async with world.replica() as other:
        first = world.slack.say(world.people["rob"], channel, declare)
        world.aim(other)
        second = world.slack.say(world.people["rita"], channel, f"/release approve {change} looks good")
        await asyncio.gather(first, second)
        await settled(world, other)
    tags = [tag for tag in await world.tags() if tag in {"freeze:declared", "dispatch:ordered"}][1:]  # the first order was for staging
    went = [order.environment for order in world.ci.started] == ["staging", "production"]
    assert went is (tags == ["dispatch:ordered", "freeze:declared"]), tags
