"""The bot is killed between any two steps, or runs twice: nothing is lost, and CI is asked once for each key (PRM-20, OPS-07)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands.core import due, freezing, record, road
from commands.core.ports.ci import RunState
from guards.lifecycle import State
from guards.vocabulary import Action, Blocked
from storage.errors import Unavailable
from tests.storage.cases import FREEZE
from tests.world.world import World

pytestmark = pytest.mark.both

ASK = "/release promote api v1.4.0 staging"


async def said(world, who: str, text: str) -> None:
    """Type a command, and wait for its acknowledgement only."""
    exchange = await world.slack.say(world.people[who], world.channels["releases"], text)
    assert exchange.status == 200


class Held:
    """A function of the bot that does not return: the place where it is killed."""

    def __init__(self, inner: Callable[..., Awaitable[object]] | None = None) -> None:
        self.reached = asyncio.Event()
        self._inner = inner

    async def __call__(self, *words: object) -> None:
        if self._inner:
            await self._inner(*words)
        self.reached.set()
        await asyncio.Event().wait()


async def test_what_was_acknowledged_is_carried_out_after_a_crash(world, monkeypatch):
    """Killed between the commit of the inbox and the first look at it."""
    await world.runs_in("dev")
    held = Held()
    monkeypatch.setattr(world.house.road, "carry", held)
    await said(world, "dev", ASK)
    await held.reached.wait()
    await world.die()
    assert world.ci.asked == []

    await world.open()
    await world.wait(seconds=61)  # the lease of the dead
    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.1"]
    assert "CI is deploying" in world.card().as_text()
    assert await world.verified()


async def test_an_order_that_was_never_sent_is_sent_once(world, monkeypatch):
    """Killed after the claim was committed and the order marked, before CI was called: looked up, then sent anew."""
    await world.runs_in("dev")
    held = Held()
    monkeypatch.setattr(world.ci, "start", held)
    await said(world, "dev", ASK)
    await held.reached.wait()
    await world.die()
    monkeypatch.undo()

    await world.open()
    assert (await world.change()).state is State.DISPATCHING
    await world.wait(seconds=61)
    assert [order.key for order in world.ci.started] == ["CR-2026-1124-001.2"]
    assert (await world.news())[-4:] == ["dispatch:unknown", "dispatch:not-taken", "dispatch:ordered", "dispatch:started"]
    assert "CI is deploying" in world.card().as_text()
    assert await world.verified()


async def test_a_bot_that_slept_before_it_called_ci_does_not_call_any_more(world, monkeypatch):
    """It looked for freezes last, and was stopped there for ten minutes: others may have looked the order up, and sent it anew (OPS-07)."""
    await world.runs_in("dev")
    looked, sleeps = freezing.began_since, iter([timedelta(minutes=10)])

    def slept(*words):
        world.clock.at += next(sleeps, timedelta())
        return looked(*words)

    monkeypatch.setattr(freezing, "began_since", slept)
    await said(world, "dev", ASK)
    await world.quiet()
    await world.wait(seconds=61)
    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.2"]
    assert (await world.change()).state is State.RUNNING
    assert await world.verified()


async def test_an_order_that_was_sent_is_never_sent_again(world, monkeypatch):
    """Killed after CI took it, before that was recorded."""
    await world.runs_in("dev")
    held = Held(world.ci.start)
    monkeypatch.setattr(world.ci, "start", held)
    await said(world, "dev", ASK)
    await held.reached.wait()
    await world.die()
    monkeypatch.undo()

    await world.open()
    await world.wait(seconds=61)
    assert [order.key for order in world.ci.started] == ["CR-2026-1124-001.1"]
    assert (await world.change()).state is State.RUNNING
    await world.ci_says(RunState.SUCCEEDED)
    assert "deployed" in world.card().as_text()
    assert await world.verified()


async def test_a_database_that_is_gone_when_ci_answered_changes_nothing(world, monkeypatch):
    """The answer of CI is not written: the order is looked up by its key, not sent again."""
    await world.runs_in("dev")
    start, write = world.ci.start, world.house.store.write

    async def unavailable(*_: object, **__: object):
        monkeypatch.setattr(world.house.store, "write", write)
        raise Unavailable("the database does not answer")

    async def started(order):
        answer = await start(order)
        monkeypatch.setattr(world.house.store, "write", unavailable)
        return answer

    monkeypatch.setattr(world.ci, "start", started)
    await world.say("dev", ASK)
    assert (await world.change()).state is State.DISPATCHING

    await world.wait(seconds=61)
    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.1"]
    assert (await world.change()).state is State.RUNNING


async def test_a_judgement_that_cannot_be_written_is_made_again(world, monkeypatch):
    """The transaction of the deed fails: nothing of it is kept, and the next attempt does it whole."""
    await world.runs_in("dev")
    await world.news()
    decide, failures = world.house.road._decide, iter(range(2))

    def broken(*words):
        told = decide(*words)
        if next(failures, None) is not None:
            raise Unavailable("the database does not answer")
        return told

    monkeypatch.setattr(world.house.road, "_decide", broken)
    await world.say("dev", ASK)
    assert (await world.news(), world.ci.asked) == ([], [])

    await world.wait(seconds=1)
    await world.wait(seconds=2)
    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.1"]
    assert (await world.news())[:2] == ["promote:accepted", "change:requested"]


async def test_what_fails_for_ever_is_given_up_with_an_id_to_quote(world, monkeypatch, golden):
    await world.news()

    def broken(*words):
        raise ValueError("a fault of the bot")

    monkeypatch.setattr(world.house.road, "_decide", broken)
    await world.say("dev", "/release status")
    for seconds in (1, 2, 4):
        await world.wait(seconds=seconds)

    assert await world.news() == ["fault:given-up"]
    assert "Something broke on my side" in world.told("dev")
    golden("fault", world.drawn("response_url"))
    assert (await world.ledger())[-1].correlation in world.slack.private(world.people["dev"])[-1].as_text()
    monkeypatch.undo()
    await world.say("dev", "/release status")
    assert "Status of all services" in world.told("dev")


async def test_a_timer_whose_work_fails_is_told_to_the_watch_and_fires_again(world, monkeypatch):
    """The change waits for its window; nothing but this timer will take it out."""
    await world.asked()
    await world.wait(hours=7)
    await world.approve("rita")

    def broken(*words):
        raise ValueError("a fault of the bot")

    monkeypatch.setattr(due, "advance", broken)
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    for seconds in (1, 2, 4):
        await world.wait(seconds=seconds)
    assert (await world.news())[-1] == "fault:given-up"
    assert "Something broke on my side" in world.shown(world.card("alerts"))
    assert len(world.ci.asked) == 1

    monkeypatch.undo()
    await world.wait(minutes=5)
    assert (await world.change()).state is State.RUNNING


async def test_what_is_stopped_in_order_is_finished_first(world):
    """SIGTERM drains: what was acknowledged is done when the bot has stopped."""
    await world.runs_in("dev")
    await said(world, "dev", ASK)
    await world.close()
    assert len(world.ci.started) == 1

    await world.open()
    await world.quiet()
    assert "CI is deploying" in world.card().as_text()
    assert len(world.ci.asked) == 1


@pytest.fixture
async def shared(request: pytest.FixtureRequest):
    """A world on PostgreSQL, where several bots may work at once."""
    server = request.getfixturevalue("postgresql")
    url = server.create()
    async with World(url) as world:
        yield world
    server.drop(url)


async def test_two_bots_that_race_dispatch_once(shared):
    world = shared
    change = await world.asked()
    async with world.replica() as second:
        first = world.house
        say = []
        for who, house in (("rita", first), ("olga", second), ("rob", first), ("rita-phone", second)):
            world.aim(house)
            say.append(asyncio.create_task(said(world, who, f"/release approve {change} read it")))
            await asyncio.sleep(0)  # the request is under way to this one of the two
        await asyncio.gather(*say)
        for _ in range(3):
            world.clock.at += timedelta(seconds=40)  # who lost a race tries again a little later
            await asyncio.gather(first.workers.tick(), second.workers.tick())
            await asyncio.gather(first.workers.quiet(), second.workers.quiet())

    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.1", f"{change}.1"]
    assert (await world.change()).state is State.RUNNING
    assert (await world.news()).count("dispatch:ordered") == 1
    assert await world.verified()


async def test_a_freeze_that_is_committed_while_an_approval_is_judged_holds_the_change(shared, monkeypatch):
    """Between the facts of the approval and its first entry another bot's freeze begins: what goes out is judged by what is true then (CMD-12)."""
    world, loop = shared, asyncio.get_running_loop()
    change = await world.asked()
    ordered, hour = len(world.ci.asked), timedelta(hours=1)
    async with world.replica() as second:
        judged = road.judge

        def meanwhile(guards, request, facts, heals):
            told = judged(guards, request, facts, heals)
            if request.action is Action.APPROVE:
                span = {"start": facts.at - hour, "end": facts.at + hour, "in_force": facts.at - hour}
                freeze = replace(FREEZE, blocks=(Blocked.DEPLOYMENTS,), passes=(), **span)
                declared = second.store.write(lambda tx: freezing.declared(tx, freeze, record.CLOCK, facts, "c-1"))
                asyncio.run_coroutine_threadsafe(declared, loop).result(20)
            return told

        monkeypatch.setattr(road, "judge", meanwhile)
        await world.say("rita", f"/release approve {change} read it")
        assert (await world.change()).state is State.WAITING
        assert len(world.ci.asked) == ordered
        assert "dispatch:waits" in await world.news()


async def test_a_timer_fires_once_for_two_bots(shared):
    world = shared
    world.ci.lose_order()
    await world.runs_in("dev")
    async with world.replica() as second:
        await world.say("dev", ASK)
        for _ in range(3):
            await asyncio.gather(world.house.workers.tick(), second.workers.tick())
            await asyncio.gather(world.house.workers.quiet(), second.workers.quiet())

    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.1", "CR-2026-1124-001.2"]
    assert len(world.cards()) == 1


async def test_the_second_bot_takes_over_from_the_first(shared, monkeypatch):
    world = shared
    await world.runs_in("dev")
    held = Held(world.ci.start)
    monkeypatch.setattr(world.ci, "start", held)
    await said(world, "dev", ASK)
    await held.reached.wait()
    await world.die()
    monkeypatch.undo()

    async with world.replica() as second:
        world.clock.at += timedelta(seconds=61)
        for _ in range(3):
            await second.workers.tick()
            await second.workers.quiet()
    assert len(world.ci.started) == 1
    await world.open()
    assert (await world.change()).state is State.RUNNING
