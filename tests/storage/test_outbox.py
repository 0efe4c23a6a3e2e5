"""The outbox: in order within a lane, newest text wins, and an unknown outcome is known to be unknown."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import outbox
from storage.database import Store, _transact
from storage.errors import Conflict, LostRace
from storage.outbox import Message
from tests.storage.cases import AT, HOUR, MINUTE

LEASE = timedelta(seconds=30)


class Box:
    """Short words for what the tests do with one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def add(self, name, at=AT, **more):
        return await self.store.write(lambda tx: outbox.add(tx, Message("chat", {"name": name}, **more), at))

    async def take(self, at=AT, limit=10):
        return await self.store.write(lambda tx: outbox.take(tx, at, limit, LEASE, "w"))

    async def names(self, at=AT, limit=10):
        return [sending.message.payload["name"] for sending in await self.take(at, limit)]

    async def done(self, number):
        await self.store.write(lambda tx: outbox.done(tx, number))

    async def retry(self, number, due):
        await self.store.write(lambda tx: outbox.retry(tx, number, "busy", due))

    async def dead(self, number):
        await self.store.write(lambda tx: outbox.dead(tx, number, "channel_not_found"))


@pytest.fixture
def box(store):
    return Box(store)


async def test_a_message_comes_out_as_it_went_in(box):
    message = Message("chat", {"text": "ä \0", "n": [1, None]}, "k", AT, "C1", "c-1")
    first = await box.store.write(lambda tx: outbox.add(tx, message, AT))
    assert await box.take() == [outbox.Sending(first, message, 1, was_sending=False)]
    assert await box.take() == []


async def test_messages_without_a_lane_go_together_oldest_first(box):
    for name in "abc":
        await box.add(name)
    assert await box.names(limit=2) == ["a", "b"]
    assert await box.names() == ["c"]


async def test_a_message_waits_for_its_time(box):
    await box.add("later", due=AT + HOUR)
    assert await box.names(AT + HOUR - MINUTE) == []
    assert await box.names(AT + HOUR) == ["later"]


async def test_a_newer_text_goes_out_at_the_earlier_of_both_times(box):
    await box.add("later", due=AT + HOUR, key="card")
    await box.add("sooner", due=AT + MINUTE, key="card")
    await box.add("later again", due=AT + HOUR, key="card")
    assert await box.names(AT) == []
    assert await box.names(AT + MINUTE) == ["later again"]


async def test_a_lane_sends_one_at_a_time_in_order(box):
    ids = [await box.add(name, lane="C1") for name in "abc"]
    await box.add("x", lane="C2")
    assert await box.names() == ["a", "x"]
    assert await box.names() == []
    await box.done(ids[0])
    assert await box.names() == ["b"]
    await box.dead(ids[1])
    assert await box.names() == ["c"]


async def test_a_lane_waits_for_a_message_that_is_tried_again(box):
    first, _ = await box.add("a", lane="C1"), await box.add("b", lane="C1")
    await box.take()
    await box.retry(first, AT + MINUTE)
    assert await box.names(AT + MINUTE / 2) == []
    assert await box.names(AT + MINUTE) == ["a"]
    await box.done(first)
    assert await box.names(AT + MINUTE) == ["b"]


async def test_a_message_for_later_does_not_hold_its_lane(box):
    await box.add("reminder", lane="C1", due=AT + HOUR)
    now = await box.add("now", lane="C1")
    assert await box.names() == ["now"]
    assert await box.names(AT + HOUR) == ["now"]  # its lease ran out; the reminder waits until it is known
    await box.done(now)
    assert await box.names(AT + HOUR) == ["reminder"]


async def test_a_lane_keeps_its_order_for_a_clock_that_is_behind(box):
    """Whoever takes looked at the clock before the first message was added, or has another clock."""
    await box.add("card", at=AT + MINUTE, lane="C1", key="card")
    await box.add("log", lane="C1")
    assert await box.names(AT) == []
    assert await box.names(AT + MINUTE) == ["card"]


async def test_a_newer_text_keeps_the_turn_in_its_lane(box):
    """The card was not sent yet when it is to be drawn anew: it still goes before what is written below it."""
    await box.add("card", lane="C1", key="card")
    await box.add("log", lane="C1")
    await box.add("newer card", at=AT + MINUTE, lane="C1", key="card")
    assert await box.names(AT) == ["newer card"]


async def test_a_sender_that_died_leaves_an_unknown_outcome(box):
    first = await box.add("a", lane="C1")
    await box.add("b", lane="C1")
    assert [s.was_sending for s in await box.take()] == [False]
    assert await box.take(AT + LEASE - timedelta(microseconds=1)) == []
    (again,) = await box.take(AT + LEASE)
    assert (again.id, again.was_sending, again.attempts) == (first, True, 2)


async def test_a_message_that_certainly_was_not_sent_is_not_unknown(box):
    first = await box.add("a")
    await box.take()
    await box.retry(first, AT + MINUTE)
    assert [(s.was_sending, s.attempts) for s in await box.take(AT + MINUTE)] == [(False, 2)]


# ---------------------------------------------------------------- keys


async def test_the_newest_text_takes_the_turn_of_the_one_that_waits(box):
    first = await box.add("old", key="card")
    await box.add("between")
    assert await box.add("new", key="card") == first
    assert await box.names() == ["new", "between"]


async def test_messages_without_a_key_or_with_another_are_not_replaced(box):
    for name, key in [("a", None), ("b", None), ("c", "x"), ("d", "y")]:
        await box.add(name, key=key)
    assert await box.names() == ["a", "b", "c", "d"]


async def test_once_it_is_on_its_way_the_next_is_a_message_of_its_own(box):
    first = await box.add("old", key="card", lane="C1")
    await box.take()
    second = await box.add("new", key="card", lane="C1")
    assert second != first
    assert await box.add("newer", key="card", lane="C1") == second
    await box.done(first)
    assert await box.names() == ["newer"]
    await box.done(second)
    assert await box.add("next", key="card", lane="C1") not in {first, second}


async def test_a_message_that_is_tried_again_takes_over_the_newer_text(box):
    first = await box.add("old", key="card", lane="C1")
    await box.add("other", lane="C1")
    await box.take()
    await box.add("new", key="card", lane="C1")
    await box.retry(first, AT + MINUTE)
    (again,) = await box.take(AT + MINUTE)
    assert (again.id, again.message.payload, again.attempts) == (first, {"name": "new"}, 2)
    await box.done(first)
    assert await box.names(AT + MINUTE) == ["other"]
    assert await box.store.read(outbox.pending) == 1


async def test_a_newer_text_does_not_hurry_a_rate_limit(box):
    first = await box.add("old", key="card")
    await box.take()
    await box.retry(first, AT + HOUR)
    assert await box.add("new", key="card") == first
    assert await box.names(AT + MINUTE) == []
    assert await box.names(AT + HOUR) == ["new"]


# ---------------------------------------------------------------- ends


async def test_what_is_not_on_its_way_cannot_be_ended(box):
    first = await box.add("a")
    for end in (box.done, box.dead, lambda number: box.retry(number, AT)):
        with pytest.raises(LostRace):
            await end(first)
    await box.take()
    await box.done(first)
    for end in (box.done, box.dead, lambda number: box.retry(number, AT)):
        with pytest.raises(LostRace):
            await end(first)
    assert await box.names(AT + HOUR) == []


async def test_a_retry_that_lost_its_race_keeps_the_newer_message(box):
    first = await box.add("old", key="card")
    await box.take()
    await box.done(first)
    await box.add("new", key="card")
    with pytest.raises(LostRace):
        await box.retry(first, AT)
    assert await box.names() == ["new"]


async def test_only_what_was_sent_and_is_old_is_forgotten(box):
    sent, dead, young, _ = [await box.add(n, at) for n, at in [("a", AT), ("b", AT), ("c", AT + HOUR), ("d", AT)]]
    await box.take(AT + 2 * HOUR)
    for end, one in [(box.done, sent), (box.dead, dead), (box.done, young)]:
        await end(one)
    assert await box.store.read(outbox.pending) == 1
    assert await box.store.write(lambda tx: outbox.prune(tx, AT + HOUR)) == 1
    left = await box.store.read(lambda tx: tx.run(sa.text("SELECT id FROM outbox ORDER BY id")).scalars().all())
    assert sent not in left
    assert len(left) == 3


@pytest.mark.parametrize("change", ["state = 'gone'", "state = 'sending'", "attempts = -1", f"until = '{AT:%Y-%m-%dT%H:%M:%S}.000000Z'"])
async def test_rows_that_make_no_sense_are_refused(box, change):
    await box.add("a")
    with pytest.raises(Conflict):
        await box.store.write(lambda tx: tx.run(sa.text(f"UPDATE outbox SET {change}")))


def test_several_programs_keep_the_order_of_each_lane(database_url):
    """Four replicas, five lanes: each message once, each lane in order, never two of a lane on their way."""
    lanes, each = 5, 12

    async def fill():
        store = Store(database_url)
        await store.write(
            lambda tx: [outbox.add(tx, Message("chat", {"n": n}, lane=f"C{lane}"), AT) for n in range(each) for lane in range(lanes)]
        )
        await store.close()

    asyncio.run(fill())
    sent: dict[str, list[int]] = {f"C{lane}": [] for lane in range(lanes)}
    on_way: set[str] = set()
    lock, start = threading.Lock(), threading.Barrier(4)

    def replica(name):
        store = Store(database_url)
        start.wait()
        try:
            while True:
                got = _transact(store._engines.write, lambda tx: outbox.take(tx, AT, 2, LEASE, name))
                with lock:
                    for one in got:
                        assert one.message.lane not in on_way
                        on_way.add(one.message.lane)
                        sent[one.message.lane].append(one.message.payload["n"])
                for one in got:
                    with lock:
                        on_way.remove(one.message.lane)
                    _transact(store._engines.write, lambda tx, one=one: outbox.done(tx, one.id))
                if not got and _transact(store._engines.read, outbox.pending) == 0:
                    return
        finally:
            store._close()

    with ThreadPoolExecutor(4) as pool:
        for outcome in [pool.submit(replica, f"r{n}") for n in range(4)]:
            outcome.result()
    assert sent == {lane: list(range(each)) for lane in sent}


async def test_a_text_that_comes_while_the_old_one_is_taken_is_not_lost(postgresql):
    """PostgreSQL: the adder waits for the taker's row and then finds no pending message to replace."""
    url = postgresql.create()
    store = Store(url)
    first = await store.write(lambda tx: outbox.add(tx, Message("chat", {"name": "old"}, key="card"), AT))
    held, let_go = threading.Event(), threading.Event()

    def hold(tx):
        got = outbox.take(tx, AT, 1, LEASE, "w")
        held.set()
        assert let_go.wait(20)
        return got

    taking = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(held.wait, 20)
    adding = asyncio.create_task(store.write(lambda tx: outbox.add(tx, Message("chat", {"name": "new"}, key="card"), AT)))
    let_go.set()
    assert [s.message.payload["name"] for s in await taking] == ["old"]
    assert await adding != first
    await store.close()
    postgresql.drop(url)


async def test_replace_keeps_only_what_belongs_to_the_new_message(box):
    await box.add("old", key="card", lane="C1", correlation="c-1")
    await box.add("new", key="card", lane="C2", correlation="c-2")
    (sending,) = await box.take()
    assert sending.message == replace(sending.message, payload={"name": "new"}, lane="C2", correlation="c-2")
