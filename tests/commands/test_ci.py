"""What CI answers, reports and keeps silent about: the change follows it, and nothing is dispatched twice (PRM-19, PRM-20)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import Deployed, Run, RunState
from guards.lifecycle import State
from guards.unread import Unread
from tests.world.company import COMMIT, DIGEST

OTHER = "sha256:" + "b2" * 32
ASK = "/release promote api v1.4.0 staging"


async def state(world) -> State:
    return (await world.change()).state


async def ask(world) -> str:
    """Dev asks for staging, which goes to CI at once; the change's id."""
    await world.runs_in("dev")
    await world.news()
    await world.say("dev", ASK)
    return (await world.change()).id


async def another_goes(world) -> None:
    """The place is free: the next change goes out."""
    world.publish("v1.5.0")
    await world.runs_in("dev", "v1.5.0", digest=OTHER)
    await world.say("carla", "/release promote api v1.5.0 staging")
    assert world.ci.started[-1].version == "v1.5.0"


# ---------------------------------------------------------------- what CI answers


async def test_what_ci_turns_down_failed_and_frees_its_place(world, golden):
    world.ci.turn_down("There is no workflow deploy.yml.")
    await ask(world)

    assert await state(world) is State.FAILED
    assert await world.news() == ["promote:accepted", "change:requested", "dispatch:ordered", "dispatch:turned-down", "change:failed"]
    assert "CI turned the order down: There is no workflow deploy.yml." in world.shown()
    golden("change-failed", world.drawn("chat.update", "chat.postMessage"))
    await another_goes(world)


async def test_a_rate_limit_is_waited_for_and_the_order_sent_once_more(world, golden):
    world.ci.turn_down("The rate limit of the fake CI.", retry_after=30)
    change = await ask(world)
    assert await state(world) is State.DISPATCHING
    assert "CI did not take the order yet: The rate limit of the fake CI." in world.shown()
    golden("change-dispatching", world.drawn("chat.update", "chat.postMessage"))

    await world.wait(seconds=29)
    assert len(world.ci.asked) == 1
    await world.wait(seconds=1)
    assert [order.key for order in world.ci.asked] == [f"{change}.1"] * 2
    assert [order.key for order in world.ci.started] == [f"{change}.1"]
    assert await state(world) is State.RUNNING
    assert "did not take" not in world.shown()


async def test_an_order_that_had_to_wait_long_is_judged_again_first(world):
    """CMD-12: staging is frozen by the time CI takes orders again."""
    world.ci.turn_down("The rate limit of the fake CI.", retry_after=600)
    change = await ask(world)
    await world.wait(minutes=10)

    assert [order.key for order in world.ci.started] == [f"{change}.2"]
    assert (await world.news()).count("dispatch:ordered") == 2


async def test_an_outcome_that_nobody_knows_is_found_by_its_key(world, golden):
    world.ci.lose_answer("no answer within 10 s")
    change = await ask(world)
    assert await state(world) is State.UNKNOWN
    assert "nobody knows yet whether CI took the order: no answer within 10 s" in world.shown()
    golden("change-unknown", world.drawn("chat.update", "chat.postMessage"))

    await world.wait(seconds=0)
    assert await state(world) is State.RUNNING
    assert world.ci.count(f"{change}.1") == 1
    assert len(world.ci.asked) == 1
    assert "run-1" in world.shown()

    await world.ci_says(RunState.SUCCEEDED)
    assert await state(world) is State.SUCCEEDED


async def test_an_order_that_surely_never_arrived_is_sent_again_once_under_a_new_key(world):
    world.ci.lose_order()
    change = await ask(world)
    await world.wait(seconds=0)

    assert [order.key for order in world.ci.asked] == [f"{change}.1", f"{change}.2"]
    assert [order.key for order in world.ci.started] == [f"{change}.2"]
    assert await state(world) is State.RUNNING
    assert "dispatch:not-taken" in await world.news()
    await world.wait(minutes=5)
    assert len(world.ci.asked) == 2


async def test_an_order_that_never_shows_up_fails_after_a_while(world):
    """CI is not sure: the run could still appear, so it is never sent again (limits.absent)."""
    world.ci.sure = False
    world.ci.lose_order()
    change = await ask(world)

    for _ in range(19):
        await world.wait(seconds=30)
    assert await state(world) is State.UNKNOWN
    await world.wait(seconds=30)
    assert await state(world) is State.FAILED
    assert f"CI shows no run for {change}.1 after 10 min." in world.shown()
    assert len(world.ci.asked) == 1
    await another_goes(world)


async def test_a_look_up_that_fails_decides_nothing(world):
    world.ci.lose_answer()
    await ask(world)
    world.ci.away = Unread("the fake CI", "no answer within 10 s")

    for _ in range(30):
        await world.wait(seconds=30)
    assert await state(world) is State.UNKNOWN
    assert "could not read the fake CI (no answer within 10 s)" in world.shown()

    world.ci.away = None
    await world.wait(seconds=30)
    assert (await state(world), len(world.ci.asked)) == (State.RUNNING, 1)


# ---------------------------------------------------------------- what CI reports


@pytest.mark.parametrize("end", [RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED])
async def test_an_end_frees_the_place(world, end):
    await ask(world)
    await world.ci_says(RunState.RUNNING)
    assert await state(world) is State.RUNNING

    await world.ci_says(end)
    assert await state(world) is State(end.value)
    assert (await world.news())[-2:] == [f"run:{end.value}", f"change:{end.value}"]
    await another_goes(world)


async def test_only_a_success_is_a_deployment(world):
    await ask(world)
    await world.ci_says(RunState.FAILED)
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "environment-skipped" in await world.codes()

    await world.say("dev", ASK)
    await world.ci_says(RunState.SUCCEEDED)
    await world.say("carla", "/release promote api v1.4.0 production")
    assert await state(world) is State.AWAITING


async def test_a_ci_that_never_calls_back_is_asked(world):
    await ask(world)
    world.ci.move(world.ci.started[-1].key, RunState.SUCCEEDED)

    await world.wait(seconds=29)
    assert await state(world) is State.RUNNING
    await world.wait(seconds=1)
    assert await state(world) is State.SUCCEEDED


async def test_another_digest_than_the_approved_one_is_a_failure_and_an_alert(world):
    """PRM-03, PRM-22."""
    await ask(world)
    await world.ci_says(RunState.SUCCEEDED, digest=OTHER)

    assert await state(world) is State.FAILED
    assert "CI says that it deployed sha256:b2b2b2b2b2b2…, approved was sha256:a1a1a1a1a1a1…." in world.shown()
    assert world.shown(world.card("alerts")) == snapshot("""\
🚨 CR-2026-1124-001: another artifact was deployed
CI says that it deployed sha256:b2b2b2b2b2b2…, approved was sha256:a1a1a1a1a1a1….\
""")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "environment-skipped" in await world.codes()


async def test_a_repeated_end_under_another_delivery_changes_nothing(world):
    """CI may say it again: by its webhook, and when it is looked up."""
    for digest in (None, OTHER):
        await ask(world)
        key = world.ci.started[-1].key
        await world.ci_says(RunState.SUCCEEDED, digest=digest)
        ended, alerts = await world.change(), len(world.cards("alerts"))
        await world.news()

        for _ in range(2):
            assert await world.callback(world.ci.run(key)) == 202
        assert await world.news() == []
        assert (await world.change(), len(world.cards("alerts"))) == (ended, alerts)
        world.publish("v1.4.0", DIGEST)
        await world.runs_in("staging", "v1.3.0", digest=OTHER)  # so that v1.4.0 can be asked for again


async def test_another_end_than_the_recorded_one_is_told_once(world):
    await ask(world)
    key = world.ci.started[-1].key
    await world.ci_says(RunState.FAILED)
    await world.news()

    await world.ci_says(RunState.SUCCEEDED)
    await world.callback(world.ci.run(key))
    assert await world.news() == ["run:late"]
    assert await state(world) is State.FAILED
    assert len(world.cards("alerts")) == 1


async def test_a_run_that_takes_too_long_keeps_its_place_until_its_end_is_told(world):
    await ask(world)
    await world.wait(minutes=59)
    assert await state(world) is State.RUNNING
    await world.wait(minutes=1)
    assert await state(world) is State.TIMED_OUT
    assert "CI was not done after 60 min." in world.shown()

    world.publish("v1.5.0")
    await world.runs_in("dev", "v1.5.0", digest=OTHER)
    await world.say("carla", "/release promote api v1.5.0 staging")
    assert await world.codes() == ["in-flight"]
    await world.news()

    await world.ci_says(RunState.SUCCEEDED)
    assert await state(world) is State.SUCCEEDED
    assert await world.news() == ["run:succeeded", "change:succeeded"]
    await another_goes(world)


async def test_a_late_end_is_found_even_when_ci_stays_silent(world):
    await ask(world)
    await world.wait(minutes=60)
    assert await state(world) is State.TIMED_OUT
    world.ci.move(world.ci.started[-1].key, RunState.FAILED)

    await world.wait(seconds=30)
    assert await state(world) is State.FAILED


# ---------------------------------------------------------------- whom one believes


async def test_a_run_of_somebody_else_is_no_change_of_ours(world):
    change = await ask(world)
    ours = world.ci.run(f"{change}.1")

    for foreign in (
        Run("CR-2020-0101-001.1", "run-77", None, RunState.FAILED),
        Run("not-a-key-of-ours", "run-78", None, RunState.FAILED),
        replace(ours, key=f"{change}.2", state=RunState.FAILED),
    ):
        await world.news()
        assert await world.callback(foreign) == 202
        assert await world.news() == ["run:foreign"]
        assert await state(world) is State.RUNNING

    assert await world.callback(replace(ours, state=RunState.FAILED)) == 202
    assert await state(world) is State.FAILED


async def test_a_ci_speaks_only_for_the_services_that_the_policy_gives_it(world):
    """Two CIs share no secret; whoever holds the one's must not end the other's runs, nor prove its deployments."""
    change = await ask(world)
    ours = world.ci.move(f"{change}.1", RunState.SUCCEEDED)
    world.publish("v1.5.0")
    seen = Deployed("api", "staging", "v1.5.0", OTHER, COMMIT, "build-9", world.clock.now())
    await world.news()

    assert await world.callback(ours, seen, ci=world.other_ci) == 202
    assert await world.news() == ["run:foreign", "deployment:unplaced"]
    assert await state(world) is State.RUNNING
    await world.say("carla", "/release promote api v1.5.0 production")
    assert "environment-skipped" in await world.codes()

    assert await world.callback(ours) == 202
    assert await state(world) is State.SUCCEEDED


async def test_the_same_callback_again_is_harmless(world):
    await ask(world)
    run = world.ci.move(world.ci.started[-1].key, RunState.SUCCEEDED)
    await world.callback(run, delivery="once")
    await world.news()

    assert await world.callback(run, delivery="once") == 202
    assert await world.news() == []


async def test_what_is_not_signed_is_not_believed(world):
    """SEC-02: forged or old is 401, malformed 400; nothing is recorded, and the true one still counts."""
    change = await ask(world)
    run = world.ci.move(f"{change}.1", RunState.SUCCEEDED)
    headers, body = world.ci.callback(run, at=world.clock.now(), delivery="true")
    await world.news()

    assert await world.knock(world.ci.path, headers, body.replace(b"succeeded", b"cancelled")) == 401
    assert await world.knock(world.ci.path, {}, body) == 401
    old, body_then = world.ci.callback(run, at=world.clock.now() - timedelta(minutes=6))
    assert await world.knock(world.ci.path, old, body_then) == 401
    assert await world.knock(world.other_ci.path, headers, body) == 401  # signed for another route
    assert await world.knock("/webhooks/ci/none", headers, body) == 404
    for text in (b"", b"[]", b"{", b'{"delivery": 7}', b"\xff\xfe"):
        assert await world.knock(world.ci.path, world.ci.signed(text, world.clock.now()), text) == 400
    assert await world.news() == []
    assert await state(world) is State.RUNNING

    assert await world.knock(world.ci.path, headers, body) == 202
    assert await state(world) is State.SUCCEEDED


# ---------------------------------------------------------------- one after the other


async def test_the_second_change_waits_and_goes_when_the_first_ends(world):
    """PRM-21."""
    world.publish("v1.5.0")
    await world.on_staging("v1.5.0", OTHER)
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.say("carla", "/release promote api v1.5.0 production")
    first, second = "CR-2026-1124-003", "CR-2026-1124-004"

    await world.say("rita", f"/release approve {first} read it")
    await world.say("rita", f"/release approve {second} read it too")
    assert (await world.change(second)).state is State.WAITING
    assert f"{first} is at work on api in production." in world.shown()
    assert world.ci.asked[-1].change == first

    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(seconds=0)
    assert world.ci.asked[-1].change == second
    assert (await world.change(second)).state is State.RUNNING


async def test_two_services_do_not_wait_for_each_other(world):
    world.artifacts.add(replace(await world.artifacts.find("api", "v1.4.0"), service="web"))
    await ask(world)
    await world.runs_in("dev", service="web")
    await world.say("dev", "/release promote web v1.4.0 staging")

    assert [order.service for order in world.ci.started] == ["api", "web"]


# ---------------------------------------------------------------- past the road


async def test_what_ci_deploys_to_dev_by_itself_is_recorded(world):
    """PRM-17."""
    await world.runs_in("dev")

    assert await world.news() == ["deployment:observed"]
    assert world.cards("alerts") == []
    await world.say("dev", ASK)
    assert len(world.ci.started) == 1


async def test_what_reaches_production_past_the_road_is_an_alarm(world):
    """PRM-22."""
    await world.runs_in("production")

    assert await world.news() == ["deployment:observed"]
    assert (await world.body("deployment:observed"))["drift"] == ["production is reached by approved changes only"]
    assert world.shown(world.card("alerts")) == snapshot("""\
🚨 Deployed past the road
api v1.4.0 in production by fake, digest sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
production is reached by approved changes only.\
""")


async def test_a_version_with_other_bits_than_before_is_an_alarm_and_no_proof(world):
    await world.runs_in("dev")
    await world.runs_in("dev", digest=OTHER)

    assert "v1.4.0 was sha256:a1a1a1a1a1a1… when it was first seen, now it is sha256:b2b2b2b2b2b2…." in world.shown(world.card("alerts"))
    await world.say("dev", ASK)
    assert world.ci.started[-1].digest == DIGEST


async def test_a_deployment_of_nothing_that_we_know_is_on_record_only(world):
    await world.runs_in("dev", service="billing")
    await world.runs_in("moon")

    assert await world.news() == ["deployment:unplaced"] * 2
    await world.say("audrey", "/release status api")
    assert "dev: nothing recorded yet" in world.told("audrey")
