"""Pumps and what they do with a row that fails, a database that is gone and a bot that is stopped (OPS-07, OPS-09, promise 1)."""

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.metrics import REGISTRY
from bot.pump import Pump
from bot.workers import ATTEMPTS
from commands.core.ports.ci import RunState
from storage import database, inbox, timers
from storage.errors import CommitUnknown, LostRace, Unavailable
from storage.inbox import Delivery
from tests.bot.conftest import tags


@dataclass(frozen=True)
class Row:
    id: int


class Job:
    """Rows to take, and a gate that each waits at."""

    def __init__(self, rows: int, at_once: int = 3) -> None:
        self.lying = deque(Row(n) for n in range(rows))
        self.taken: list[int] = []
        self.at_work: set[int] = set()
        self.most = 0
        self.done: list[int] = []
        self.given_back: list[int] = []
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.fails: list[Exception] = []
        self.pump = Pump("job", self.take, self.carry, self.give_back, at_once)

    async def take(self, free: int) -> list[Row]:
        if self.fails:
            raise self.fails.pop()
        rows = [self.lying.popleft() for _ in range(min(free, len(self.lying)))]
        self.taken += [row.id for row in rows]
        return rows

    async def carry(self, row: Row) -> None:
        self.at_work.add(row.id)
        self.most = max(self.most, len(self.at_work))
        self.begun.set()
        try:
            await self.gate.wait()
            self.done.append(row.id)
        finally:
            self.at_work.discard(row.id)

    async def give_back(self, row: Row) -> None:
        self.given_back.append(row.id)


async def test_no_more_rows_are_at_work_than_there_are_places():
    job = Job(rows=10)
    job.pump.start()
    await job.begun.wait()
    assert job.taken == [0, 1, 2]
    job.gate.set()
    await job.pump.resting.wait()
    assert (sorted(job.done), job.most) == (list(range(10)), 3)
    await job.pump.drain(1)


async def test_a_ring_while_rows_are_being_taken_is_not_lost():
    job = Job(rows=0)
    job.gate.set()
    looking, look = asyncio.Event(), asyncio.Event()

    async def slowly(free: int) -> list[Row]:
        rows = await Job.take(job, free)  # nothing there yet
        looking.set()
        await look.wait()
        return rows

    job.pump._take = slowly
    job.pump.start()
    await looking.wait()
    job.lying.append(Row(7))
    job.pump.ring()
    look.set()
    await job.pump.resting.wait()
    assert job.done == [7]
    await job.pump.drain(1)


async def test_draining_waits_for_those_at_work_and_takes_nothing_more():
    job = Job(rows=5)
    job.pump.start()
    await job.begun.wait()
    draining = asyncio.create_task(job.pump.drain(60))
    job.gate.set()
    await draining
    assert (sorted(job.done), len(job.lying), job.given_back) == ([0, 1, 2], 2, [])


async def test_whoever_is_not_done_in_time_is_cancelled_and_given_back():
    job = Job(rows=5)
    job.pump.start()
    await job.begun.wait()
    await job.pump.drain(0)
    assert (job.done, job.at_work, sorted(job.given_back)) == ([], set(), [0, 1, 2])


@pytest.mark.parametrize("error", [Unavailable("gone"), RuntimeError("a fault of ours")])
async def test_a_database_that_is_gone_for_a_moment_stops_no_pump(error):
    job = Job(rows=2)
    job.gate.set()
    job.fails = [error]
    failed = asyncio.Event()
    take = job.take

    async def seen(free: int) -> list[Row]:
        try:
            return await take(free)
        except Exception:
            failed.set()
            raise

    job.pump._take = seen
    job.pump.start()
    await failed.wait()
    job.pump.ring()  # as each tick does
    await job.pump.resting.wait()
    assert job.done == [0, 1]
    await job.pump.drain(1)


async def test_a_row_that_raises_harms_no_other_row():
    job = Job(rows=4)
    carry = job.carry

    async def raising(row: Row) -> None:
        if row.id == 1:
            raise RuntimeError("never should")
        await carry(row)

    job.pump._carry = raising
    job.gate.set()
    job.pump.start()
    await job.pump.resting.wait()
    assert sorted(job.done) == [0, 2, 3]
    await job.pump.drain(1)


async def turns() -> None:
    """The loop goes round, far more often than a look for rows takes: whatever was not done then is not going to be."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_row_that_is_handed_over_is_carried_out_without_a_look():
    job = Job(rows=0, at_once=2)
    job.pump.start()
    await job.pump.resting.wait()
    assert job.pump.promise()
    job.pump.handed(1, [Row(7)])
    await job.begun.wait()
    assert (job.at_work, job.taken, job.pump.resting.is_set()) == ({7}, [], False)
    job.gate.set()
    await job.pump.resting.wait()
    assert job.done == [7]
    await job.pump.drain(1)


async def test_no_more_places_are_promised_than_are_free():
    job = Job(rows=1, at_once=3)
    job.pump.start()
    await job.begun.wait()
    assert [job.pump.promise() for _ in range(3)] == [True, True, False]
    job.pump.handed(2, [Row(7)])  # the other place is free again: what was written for it is known already, or was rolled back
    job.lying.extend(Row(n) for n in (8, 9))
    job.pump.ring()
    await turns()
    assert job.at_work == {0, 7, 8}
    job.gate.set()
    await job.pump.resting.wait()
    assert (sorted(job.done), job.most) == ([0, 7, 8, 9], 3)
    await job.pump.drain(1)


async def test_rows_that_wait_for_a_place_that_was_promised_are_looked_for_when_it_is_free_again():
    job = Job(rows=0, at_once=1)
    job.gate.set()
    job.pump.start()
    await job.pump.resting.wait()
    assert job.pump.promise()
    job.lying.append(Row(8))
    job.pump.ring()
    await turns()
    assert job.taken == []
    job.pump.handed(1, [])
    await job.pump.resting.wait()
    assert job.done == [8]
    await job.pump.drain(1)


async def test_no_place_is_promised_past_rows_that_wait():
    job = Job(rows=4, at_once=2)
    job.pump.start()
    await job.begun.wait()
    ring, promised = job.pump.ring, []

    def rung() -> None:
        """A place is free, and the look that fills it has not begun."""
        ring()
        promised.append(job.pump.promise())

    job.pump.ring = rung
    job.gate.set()
    await job.pump.resting.wait()
    assert (sorted(job.done), set(promised)) == ([0, 1, 2, 3], {False})
    assert job.pump.promise()
    job.pump.handed(1, [])
    await job.pump.drain(1)


async def test_nothing_is_promised_before_the_start_and_after_the_end():
    job = Job(rows=0)
    assert not job.pump.promise()
    job.pump.start()
    await job.pump.drain(1)
    assert not job.pump.promise()


async def test_draining_waits_for_what_was_promised():
    """The transaction that was promised a place is still being committed."""
    job = Job(rows=0)
    job.gate.set()
    job.pump.start()
    assert job.pump.promise()
    draining = asyncio.create_task(job.pump.drain(60))
    await job.pump._loop
    job.pump.handed(1, [Row(7)])
    await draining
    assert job.done == [7]


# ---------------------------------------------------------------- the house's own


async def test_from_a_delivery_to_ci_nobody_looks_for_a_row(world, monkeypatch):
    """Each row is taken by the transaction that writes it: a look would be one more commit before CI is called."""
    await world.runs_in("dev")

    async def blind(free: int) -> list[object]:
        return []

    monkeypatch.setattr(world.house.workers.inbox, "_take", blind)
    monkeypatch.setattr(world.house.workers.outbox, "_take", blind)
    await world.say("dev", "/release promote api v1.4.0 staging")
    assert [order.key for order in world.ci.started] == ["CR-2026-1124-001.1"]
    assert world.cards() == []  # what waits for its turn is found by a look

    monkeypatch.undo()
    await world.wait(seconds=1)
    assert "CI is deploying" in world.card().as_text()


async def test_from_an_approval_to_ci_stand_four_transactions_two_of_which_write(world, monkeypatch):
    """They stand one after another, and each statement is a way to the database and back: what is added here is waited for."""
    change = await world.asked()
    steps, called, here = [], [], threading.local()
    transact, run, start = database._transact, database.Tx.run, world.ci.start

    def transacted(engine, work, *desks):
        here.step = [engine is world.house.store._engines.write, 0]
        steps.append(here.step)
        return transact(engine, work, *desks)

    def counted(tx, *words):
        here.step[1] += 1
        return run(tx, *words)

    async def started(order):
        called.extend(map(tuple, steps))
        return await start(order)

    async def blind(free: int) -> list[object]:
        return []

    monkeypatch.setattr(world.house.workers.inbox, "_take", blind)
    monkeypatch.setattr(world.house.workers.outbox, "_take", blind)  # cards and answers come after
    monkeypatch.setattr(database, "_transact", transacted)
    monkeypatch.setattr(database.Tx, "run", counted)
    monkeypatch.setattr(world.ci, "start", started)
    await world.say("rita", f"/release approve {change} read the diff")
    assert called == [(True, 1), (False, 4), (True, 35), (False, 2)]


async def test_an_order_for_which_there_is_no_place_goes_out_when_there_is_one(world, monkeypatch):
    await world.runs_in("dev")
    monkeypatch.setattr(world.house.workers.outbox, "promise", lambda: False)
    await world.say("dev", "/release promote api v1.4.0 staging")
    assert [order.key for order in world.ci.started] == ["CR-2026-1124-001.1"]
    assert "CI is deploying" in world.card().as_text()


def breaking(world, monkeypatch, times: int, error: type[Exception] = RuntimeError) -> list[int]:
    """The next deliveries fail so many times, by a fault of ours unless another error is given."""
    seen: list[int] = []
    carry = world.house.road.carry

    async def broken(taken):
        seen.append(taken.attempts)
        if len(seen) <= times:
            raise error("zebra-crossing")
        await carry(taken)

    monkeypatch.setattr(world.house.road, "carry", broken)
    return seen


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("signalbox_carry_seconds_count", {"kind": "asked", "outcome": outcome}) or 0


async def test_a_delivery_that_fails_is_tried_again_with_growing_waits(world, monkeypatch):
    await world.wait(seconds=1)  # what is due at the start is done
    seen = breaking(world, monkeypatch, times=2)
    failed, done = counted("failed"), counted("done")
    await world.say("carla", "/release whoami")
    assert seen == [1]
    await world.wait(seconds=0.9)
    assert seen == [1]
    await world.wait(seconds=0.1)
    assert seen == [1, 2]
    await world.wait(seconds=1.9)
    assert seen == [1, 2]
    await world.wait(seconds=0.1)
    assert seen == [1, 2, 3]
    assert "Carla" in world.told("carla")
    assert (counted("failed") - failed, counted("done") - done) == (2, 1)


async def test_a_delivery_that_always_fails_is_given_up_with_an_id_to_quote(world, monkeypatch):
    await world.wait(seconds=1)
    seen = breaking(world, monkeypatch, times=99)
    await world.say("carla", "/release whoami")
    for _ in range(6):
        await world.wait(seconds=10)
    assert seen == list(range(1, ATTEMPTS + 1))
    assert await tags(world) == ["fault:given-up"]
    (entry,) = await world.ledger()
    told = world.slack.private(world.people["carla"])[-1].as_text()
    assert entry.correlation in told
    assert "zebra" not in told
    assert await world.house.store.read(inbox.backlog) == 0


@pytest.mark.parametrize("error", [Unavailable, CommitUnknown, LostRace])
async def test_what_the_database_causes_does_not_count_against_a_delivery(world, monkeypatch, error):
    """A replica that is paused holds its locks for half a minute, in which the others fail again and again (promise 1)."""
    await world.wait(seconds=1)
    seen = breaking(world, monkeypatch, times=ATTEMPTS + 2, error=error)
    await world.say("carla", "/release whoami")
    for _ in range(8):
        await world.wait(seconds=30)
    assert seen == list(range(1, ATTEMPTS + 4))
    assert "Carla" in world.told("carla")
    assert await tags(world) == ["whoami:accepted"]


async def test_what_the_database_causes_for_ever_is_given_up(world, monkeypatch):
    await world.wait(seconds=1)
    breaking(world, monkeypatch, times=99, error=Unavailable)
    await world.say("carla", "/release whoami")
    for _ in range(11):
        await world.wait(minutes=1)
    assert await tags(world) == ["fault:given-up"]


async def test_a_row_that_nobody_can_read_is_given_up_too(world):
    """One of a newer program, or one that was changed by hand; it must not come back for ever."""
    bad = [Delivery("x:1", "asked", {"nobody": 1}, "c-1"), Delivery("x:2", "no such kind", {}, "c-2")]
    await world.house.store.write(lambda tx: [inbox.remember(tx, one, world.clock.now()) for one in bad])
    for _ in range(6):
        await world.wait(seconds=10)
    assert await tags(world) == ["fault:given-up"] * 2
    assert await world.house.store.read(inbox.backlog) == 0


async def test_whatever_a_timer_wanted_stays_due_after_a_fault(world, monkeypatch):
    """Each kind of delivery that nobody typed, of whatever part of the bot; a report of CI is not repeated, since runs are looked up anyway."""
    await world.wait(seconds=1)

    async def broken(_):
        raise ValueError("a fault of the bot")

    carried = world.house.road._unasked
    monkeypatch.setattr(world.house.road, "_unasked", dict.fromkeys(carried, broken))
    for kind in carried:
        delivery = Delivery(f"t:{kind}", kind, {"of": kind}, "c-1")
        await world.house.store.write(lambda tx, delivery=delivery: inbox.remember(tx, delivery, world.clock.now()))
    for _ in range(6):
        await world.wait(seconds=10)
    assert await tags(world) == ["fault:given-up"] * len(carried)
    assert await world.house.store.read(inbox.backlog) == 0

    seen = []

    async def whole(taken):
        seen.append((taken.delivery.kind, taken.delivery.payload))
        await world.house.store.write(lambda tx: inbox.done(tx, taken.id, None))

    monkeypatch.setattr(world.house.road, "_unasked", dict.fromkeys(carried, whole))
    await world.wait(minutes=5)
    again = sorted(kind for kind in carried if kind != "reported")
    assert sorted(kind for kind, payload in seen if payload == {"of": kind}) == again
    assert len(again) > 20


async def test_a_tick_without_a_database_is_made_up_by_the_next(world, monkeypatch):
    await world.runs_in("dev")
    await world.say("dev", "/release promote api v1.4.0 staging")
    await world.house.store.write(lambda tx: timers.set(tx, timers.Timer("t", "advance", world.clock.now(), {"change": "CR-0"})))

    async def gone(_):
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(world.house.store, "read", gone)
        broken.setattr(world.house.store, "write", gone)
        await world.house.workers.tick()
    await world.house.workers.tick()
    await world.quiet()
    assert await world.house.store.read(timers.next_due) != world.clock.now()


async def test_quiet_waits_for_what_follows_from_what_is_at_work(world):
    await world.on_staging()
    assert world.ci.started
    assert "deployed" in world.card().as_text()


async def test_a_stop_in_the_middle_waits_for_what_was_acknowledged(world):
    await world.runs_in("dev")
    hang = world.slack.faults.hang("users.info")
    await world.slack.say(world.people["dev"], world.channels["releases"], "/release promote api v1.4.0 staging")
    await hang.reached.wait()
    stopping = asyncio.create_task(world.close())
    await world.slack.until(lambda: True)
    hang.release()
    await stopping
    assert len(world.ci.started) == 1


async def test_what_a_stop_cancels_is_carried_out_by_the_next_start_at_once(world):
    await world.runs_in("dev")
    hang = world.slack.faults.hang("users.info")
    await world.slack.say(world.people["dev"], world.channels["releases"], "/release promote api v1.4.0 staging")
    await hang.reached.wait()
    await world.die()
    hang.release()
    assert world.ci.started == []

    await world.open()
    await world.quiet()
    assert len(world.ci.started) == 1
    await world.ci_says(RunState.SUCCEEDED)


async def test_an_order_that_a_stop_cancels_is_looked_up_and_never_sent_again(world):
    """Nobody knows whether CI got it: its lease brings it back, and then it is looked up."""
    await world.runs_in("dev")
    reached, never = asyncio.Event(), asyncio.Event()
    start = world.ci.start

    async def hangs(order):
        await start(order)
        reached.set()
        await never.wait()

    world.ci.start = hangs
    await world.slack.say(world.people["dev"], world.channels["releases"], "/release promote api v1.4.0 staging")
    await reached.wait()
    await world.die()
    world.ci.start = start

    await world.open()
    await world.quiet()
    assert len(world.ci.asked) == 1
    await world.wait(minutes=2)
    await world.wait(minutes=2)
    assert len(world.ci.asked) == 1
    assert (await world.change()).run == "run-1"


async def test_the_wait_between_attempts_is_that_of_the_clock(world, monkeypatch):
    breaking(world, monkeypatch, times=1)
    await world.say("carla", "/release whoami")
    world.clock.at += timedelta(seconds=1)
    await world.house.workers.tick()
    await world.quiet()
    assert "Carla" in world.told("carla")
