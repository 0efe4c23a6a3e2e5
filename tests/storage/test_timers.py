"""Timers fire once, at their time, into the inbox (OPS-09)."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from storage import inbox, timers
from storage.database import Store, _transact
from storage.errors import Conflict
from storage.timers import Timer
from tests.storage.cases import AT, HOUR, MINUTE

TIMER = Timer("expire:CR-1", "expire", AT + HOUR, {"change": "CR-1"})
LEASE = timedelta(seconds=60)


async def delivered(store):
    return [one.delivery for one in await store.write(lambda tx: inbox.take(tx, AT + 99 * HOUR, 100, LEASE, "w"))]


async def test_ensuring_a_timer_leaves_the_one_that_is_set(store):
    for due, payload in ((AT + timedelta(minutes=1), {"n": 1}), (AT, {"n": 2})):
        await store.write(lambda tx: timers.ensure(tx, timers.Timer("once", "home", due, payload)))  # noqa: B023
    assert await store.write(lambda tx: timers.fire(tx, AT, 9)) == []
    [fired] = await store.write(lambda tx: timers.fire(tx, AT + timedelta(minutes=1), 9))
    assert fired.payload == {"n": 1}


async def test_a_timer_fires_at_its_time_once(store):
    await store.write(lambda tx: timers.set(tx, TIMER))
    assert await store.read(timers.next_due) == TIMER.due
    assert await store.write(lambda tx: timers.fire(tx, TIMER.due - timedelta(microseconds=1), 10)) == []
    assert await store.write(lambda tx: timers.fire(tx, TIMER.due, 10)) == [TIMER]
    assert await store.write(lambda tx: timers.fire(tx, TIMER.due + HOUR, 10)) == []
    assert await store.read(timers.next_due) is None

    key = "timer:expire:CR-1:2026-11-21T11:00:00.000000Z"
    assert await delivered(store) == [inbox.Delivery(key, "expire", {"change": "CR-1"}, key)]


async def test_the_next_one_of_other_kinds_can_be_asked_for(store):
    await store.write(lambda tx: [timers.set(tx, one) for one in (TIMER, replace(TIMER, key="look", kind="look", due=AT))])
    assert await store.read(timers.next_due) == AT
    assert await store.read(lambda tx: timers.next_due(tx, but=("look",))) == TIMER.due
    assert await store.read(lambda tx: timers.next_due(tx, but=("look", TIMER.kind))) is None


async def test_a_timer_that_is_set_again_is_replaced(store):
    sooner = replace(TIMER, kind="remind", due=AT + MINUTE, payload={})
    await store.write(lambda tx: [timers.set(tx, one) for one in (TIMER, sooner)])
    assert await store.write(lambda tx: timers.fire(tx, AT + 2 * HOUR, 10)) == [sooner]


async def test_a_cancelled_timer_does_not_fire(store):
    await store.write(lambda tx: timers.set(tx, TIMER))
    assert await store.write(lambda tx: timers.cancel(tx, "other")) is False
    assert await store.write(lambda tx: timers.cancel(tx, TIMER.key)) is True
    assert await store.write(lambda tx: timers.cancel(tx, TIMER.key)) is False
    assert await store.write(lambda tx: timers.fire(tx, AT + 2 * HOUR, 10)) == []


async def test_the_longest_due_fire_first_and_the_rest_stays(store):
    several = [replace(TIMER, key=f"t{n}", due=AT + n * MINUTE) for n in range(4)]
    await store.write(lambda tx: [timers.set(tx, one) for one in reversed(several)])
    assert await store.read(timers.next_due) == AT
    assert await store.write(lambda tx: timers.fire(tx, AT + HOUR, 3)) == several[:3]
    assert await store.read(timers.next_due) == several[3].due


async def test_a_tick_that_fails_fires_nothing(store):
    await store.write(lambda tx: timers.set(tx, TIMER))

    def fails(tx):
        timers.fire(tx, TIMER.due, 10)
        raise KeyError("later")

    with pytest.raises(KeyError):
        await store.write(fails)
    assert await delivered(store) == []
    assert await store.write(lambda tx: timers.fire(tx, TIMER.due, 10)) == [TIMER]


async def test_a_timer_set_again_after_it_fired_fires_again(store):
    """Also for the very moment at which it fired: a replica whose clock is behind finds that it is not time yet, and sets it again."""
    beside = replace(TIMER, key="expire:CR-2")
    for due in (TIMER.due, TIMER.due, TIMER.due, TIMER.due + HOUR):
        await store.write(lambda tx, due=due: [timers.set(tx, replace(timer, due=due)) for timer in (TIMER, beside)])
        assert len(await store.write(lambda tx, due=due: timers.fire(tx, due, 10))) == 2
    first, later = "2026-11-21T11:00:00.000000Z", "2026-11-21T12:00:00.000000Z"
    assert sorted(one.key.removeprefix("timer:expire:") for one in await delivered(store)) == [
        f"{change}:{which}" for change in ("CR-1", "CR-2") for which in (first, f"{first}:2", f"{first}:3", later)
    ]


@pytest.mark.parametrize("length", [1, 200])
async def test_a_long_key_still_fits_the_inbox(store, length):
    timer = replace(TIMER, key="k" * length)
    await store.write(lambda tx: timers.set(tx, timer))
    assert await store.write(lambda tx: timers.fire(tx, timer.due, 1)) == [timer]
    assert len(await delivered(store)) == 1


@pytest.mark.parametrize("length", [0, 201])
async def test_a_key_that_would_not_fit_is_refused_when_it_is_set(store, length):
    with pytest.raises(Conflict):
        await store.write(lambda tx: timers.set(tx, replace(TIMER, key="k" * length)))


def test_two_tickers_fire_each_timer_once(database_url):
    count = 90

    async def fill():
        store = Store(database_url)
        await store.write(lambda tx: [timers.set(tx, replace(TIMER, key=f"t{n}")) for n in range(count)])
        await store.close()

    asyncio.run(fill())
    start = threading.Barrier(3)

    def ticker():
        store, fired = Store(database_url), 0
        start.wait()
        try:
            while got := _transact(store._engines.write, lambda tx: timers.fire(tx, TIMER.due, 4)):
                fired += len(got)
        finally:
            store._close()
        return fired

    with ThreadPoolExecutor(3) as pool:
        assert sum(f.result() for f in [pool.submit(ticker) for _ in range(3)]) == count

    async def look():
        store = Store(database_url)
        found = await delivered(store) + await delivered(store)
        await store.close()
        return found

    assert len(asyncio.run(look())) == count
