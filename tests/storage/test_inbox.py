"""The inbox: remembered before it is acknowledged, once, and worked on until it is done (OPS-07, OPS-12)."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import inbox
from storage.database import Store, _transact
from storage.errors import Closed, Conflict, Full, LostRace, Unavailable
from storage.inbox import Delivery, Inbox
from tests.storage.cases import AT, HOUR, MINUTE

DELIVERY = Delivery("Ev1", "command", {"text": "promote api “v1.4.0” \0 \ud83d"}, "c-1")
LEASE = timedelta(seconds=60)


def numbered(n: int) -> Delivery:
    return replace(DELIVERY, key=f"Ev{n}", payload={"n": n})


@pytest.fixture
async def front(store):
    made = Inbox(store, lambda: AT)
    yield made
    await made.close()


class Gate:
    """Counts transactions and holds them until it is opened."""

    def __init__(self, store: Store) -> None:
        self.store, self.calls, self.open, self.reached = store, 0, asyncio.Event(), asyncio.Event()
        self.error: BaseException | None = None

    async def write(self, work, *, ahead):
        assert ahead  # whoever delivers waits for the answer
        self.calls += 1
        self.reached.set()
        await self.open.wait()
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return await self.store.write(work, ahead=ahead)


async def keys(store):
    return [taken.delivery.key for taken in await store.write(lambda tx: inbox.take(tx, AT, 1000, LEASE, "w"))]


async def test_a_delivery_is_remembered_once_and_comes_out_as_it_went_in(front, store):
    assert await front.put(DELIVERY) is True
    assert await front.put(DELIVERY) is False
    assert await front.put(replace(DELIVERY, payload={})) is False
    (taken,) = await store.write(lambda tx: inbox.take(tx, AT, 10, LEASE, "w"))
    assert taken == inbox.Taken(taken.id, DELIVERY, AT, 1)


async def test_while_one_is_committed_the_others_gather_for_one_transaction(store):
    gate = Gate(store)
    front = Inbox(gate, lambda: AT)
    first = asyncio.create_task(front.put(numbered(0)))
    await gate.reached.wait()
    others = [asyncio.create_task(front.put(numbered(n % 50))) for n in range(100)]
    await asyncio.sleep(0)
    assert not first.done()  # nothing is answered before its commit
    gate.open.set()

    answers = await asyncio.gather(first, *others)
    assert gate.calls == 2
    assert answers == [True, False, *[True] * 49, *[False] * 50]
    assert await store.read(inbox.backlog) == 50
    await front.close()


async def test_those_who_come_within_the_next_turns_share_one_transaction(store):
    gate = Gate(store)
    gate.open.set()
    front = Inbox(gate, lambda: AT)
    deliveries = []
    for n in range(inbox.TURNS):
        deliveries.append(asyncio.create_task(front.put(numbered(n))))
        await asyncio.sleep(0)
    assert all(await asyncio.gather(*deliveries))
    assert gate.calls == 1
    await front.close()


async def test_a_batch_has_a_bound(store, monkeypatch):
    monkeypatch.setattr(inbox, "BATCH", 10)
    gate = Gate(store)
    gate.open.set()
    front = Inbox(gate, lambda: AT)
    assert all(await asyncio.gather(*(front.put(numbered(n)) for n in range(25))))
    assert gate.calls == 3
    await front.close()


async def test_a_failing_transaction_fails_each_that_waited_and_nothing_is_half_remembered(store):
    gate = Gate(store)
    gate.error = Unavailable("no disk")
    gate.open.set()
    front = Inbox(gate, lambda: AT)
    outcomes = await asyncio.gather(*(front.put(numbered(n)) for n in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 5
    assert await store.read(inbox.backlog) == 0

    assert all(await asyncio.gather(*(front.put(numbered(n)) for n in range(5))))
    await front.close()


async def test_a_transaction_that_fails_half_way_remembers_nothing(store, monkeypatch):
    real = inbox._remember

    def half(tx, rows):
        real(tx, rows[:2])
        raise Unavailable("pulled the plug")

    front = Inbox(store, lambda: AT)
    monkeypatch.setattr(inbox, "_remember", half)
    outcomes = await asyncio.gather(*(front.put(numbered(n)) for n in range(4)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4
    monkeypatch.undo()
    assert await store.read(inbox.backlog) == 0
    await front.close()


async def test_a_sender_that_leaves_harms_nobody(store):
    gate = Gate(store)
    front = Inbox(gate, lambda: AT)
    tasks = [asyncio.create_task(front.put(numbered(n))) for n in range(3)]
    await gate.reached.wait()
    tasks[1].cancel()
    late = asyncio.create_task(front.put(numbered(3)))
    gate.open.set()
    answers = await asyncio.gather(*tasks, late, return_exceptions=True)
    assert [answers[0], answers[2], answers[3]] == [True, True, True]
    assert isinstance(answers[1], asyncio.CancelledError)
    await front.close()


@pytest.mark.parametrize(
    "bad",
    [
        replace(DELIVERY, key=""),
        replace(DELIVERY, key="k" * 256),
        replace(DELIVERY, key="a\0b"),
        replace(DELIVERY, kind="a\0b"),
        replace(DELIVERY, correlation="\ud83d"),
        replace(DELIVERY, payload={"n": float("nan")}),
        replace(DELIVERY, payload={"o": object()}),
    ],
)
async def test_what_cannot_be_stored_fails_alone(front, store, bad):
    outcomes = await asyncio.gather(front.put(numbered(1)), front.put(bad), front.put(numbered(2)), return_exceptions=True)
    assert outcomes[0] is outcomes[2] is True
    assert isinstance(outcomes[1], ValueError | TypeError)
    assert await store.read(inbox.backlog) == 2


@pytest.mark.parametrize("room", [2, 300])
async def test_when_there_is_no_room_the_sender_shall_try_again(store, room):
    gate = Gate(store)
    front = Inbox(gate, lambda: AT, room=room)
    first = asyncio.create_task(front.put(numbered(0)))
    await gate.reached.wait()  # the first is being written and waits no more
    fit = [asyncio.create_task(front.put(numbered(n))) for n in range(1, room + 1)]
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await asyncio.wait_for(front.put(numbered(room + 1)), 5)
    gate.open.set()
    assert all(await asyncio.gather(first, *fit))
    assert await front.put(numbered(room + 1)) is True
    await front.close()


async def test_closing_writes_what_waits_and_takes_no_more(store):
    gate = Gate(store)
    front = Inbox(gate, lambda: AT)
    tasks = [asyncio.create_task(front.put(numbered(n))) for n in range(3)]
    await gate.reached.wait()
    closing = asyncio.create_task(front.close())
    await asyncio.sleep(0)
    with pytest.raises(Closed):
        await front.put(numbered(9))
    gate.open.set()
    await closing
    assert all(task.done() and task.result() for task in tasks)


async def test_when_the_loop_ends_nobody_waits_for_ever(store):
    gate = Gate(store)
    front = Inbox(gate, lambda: AT)
    first = asyncio.create_task(front.put(numbered(0)))
    await gate.reached.wait()
    second = asyncio.create_task(front.put(numbered(1)))
    await asyncio.sleep(0)
    front._pump.cancel()
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    await front.close()


async def test_when_the_loop_ends_while_they_gather_nobody_waits_for_ever(store):
    front = Inbox(store, lambda: AT)
    both = [asyncio.create_task(front.put(numbered(n))) for n in range(2)]
    for _ in range(2):  # the first turn begins the gathering
        await asyncio.sleep(0)
    front._pump.cancel()
    assert [type(outcome) for outcome in await asyncio.gather(*both, return_exceptions=True)] == [asyncio.CancelledError] * 2
    await front.close()


# ---------------------------------------------------------------- workers


async def test_the_oldest_come_first_and_a_lease_keeps_others_away(front, store):
    for n in range(4):
        await front.put(numbered(n))

    async def take(at, limit=10):
        return [(t.delivery.key, t.attempts) for t in await store.write(lambda tx: inbox.take(tx, at, limit, LEASE, "w"))]

    assert await take(AT - MINUTE) == []
    assert await take(AT, 3) == [("Ev0", 1), ("Ev1", 1), ("Ev2", 1)]
    assert await take(AT) == [("Ev3", 1)]
    assert await take(AT + LEASE - timedelta(microseconds=1)) == []
    assert await take(AT + LEASE) == [("Ev0", 2), ("Ev1", 2), ("Ev2", 2), ("Ev3", 2)]


async def test_what_is_done_is_never_taken_again_and_keeps_its_first_answer(front, store):
    await front.put(DELIVERY)
    (taken,) = await store.write(lambda tx: inbox.take(tx, AT, 1, LEASE, "w"))
    assert await store.read(lambda tx: inbox.answered(tx, "Ev1")) is None
    await store.write(lambda tx: inbox.done(tx, taken.id, {"text": "asked"}))

    assert await store.write(lambda tx: inbox.take(tx, AT + HOUR, 1, LEASE, "w")) == []
    assert await front.put(DELIVERY) is False
    assert await store.read(lambda tx: inbox.answered(tx, "Ev1")) == {"text": "asked"}
    assert await store.read(lambda tx: inbox.answered(tx, "Ev2")) is None
    for late in (lambda tx: inbox.done(tx, taken.id, {"text": "twice"}), lambda tx: inbox.failed(tx, taken.id, "x", AT)):
        with pytest.raises(LostRace):
            await store.write(late)
    assert await store.read(lambda tx: inbox.answered(tx, "Ev1")) == {"text": "asked"}


async def test_of_two_workers_on_one_delivery_one_keeps_what_it_did(front, store):
    """The first one's lease ran out while it worked: what the slower one wrote goes with its transaction."""
    await front.put(DELIVERY)
    (slow,) = await store.write(lambda tx: inbox.take(tx, AT, 1, LEASE, "slow"))
    (fast,) = await store.write(lambda tx: inbox.take(tx, AT + LEASE, 1, LEASE, "fast"))
    assert slow.id == fast.id

    def work(tx, name):
        inbox.remember(tx, Delivery(name, "effect", {}, ""), AT)
        inbox.done(tx, slow.id, None)

    await store.write(lambda tx: work(tx, "fast"))
    with pytest.raises(LostRace):
        await store.write(lambda tx: work(tx, "slow"))
    assert await keys(store) == ["fast"]


async def test_what_failed_is_taken_again_at_its_time(front, store):
    await front.put(DELIVERY)
    (taken,) = await store.write(lambda tx: inbox.take(tx, AT, 1, LEASE, "w"))
    await store.write(lambda tx: inbox.failed(tx, taken.id, "Slack did not answer", AT + HOUR))
    assert await store.write(lambda tx: inbox.take(tx, AT + HOUR - MINUTE, 1, LEASE, "w")) == []
    assert [t.attempts for t in await store.write(lambda tx: inbox.take(tx, AT + HOUR, 1, LEASE, "w"))] == [2]


async def test_what_failed_or_is_done_leaves_the_others_as_they_are(store):
    await store.write(lambda tx: [inbox.remember(tx, numbered(n), AT) for n in range(5)])
    taken = await store.write(lambda tx: inbox.take(tx, AT, 10, LEASE, "w"))
    await store.write(lambda tx: inbox.failed(tx, taken[1].id, "Slack did not answer", AT + HOUR))
    await store.write(lambda tx: inbox.done(tx, taken[3].id, {"text": "asked"}))
    again = await store.write(lambda tx: inbox.take(tx, AT + LEASE, 10, LEASE, "w"))
    assert [one.delivery.key for one in again] == ["Ev0", "Ev2", "Ev4"]
    assert [await store.read(lambda tx, n=n: inbox.answered(tx, f"Ev{n}")) for n in (2, 3, 4)] == [None, {"text": "asked"}, None]


async def test_only_what_is_done_and_old_is_forgotten(store):
    ages = [AT - 2 * HOUR, AT - 2 * HOUR, AT - HOUR]
    await store.write(lambda tx: [inbox.remember(tx, numbered(n), at) for n, at in enumerate(ages)])
    taken = await store.write(lambda tx: inbox.take(tx, AT, 10, LEASE, "w"))
    await store.write(lambda tx: [inbox.done(tx, taken[n].id, None) for n in (0, 2)])

    assert await store.write(lambda tx: inbox.prune(tx, AT - HOUR)) == 1
    assert await store.read(inbox.backlog) == 1
    assert await store.write(lambda tx: [inbox.remember(tx, numbered(n), AT) for n in range(3)]) == [True, False, False]


def test_two_programs_never_take_the_same_delivery(database_url):
    """Two stores are two replicas: each row's effect happens once (design, promise 1)."""
    rows = 120

    async def fill():
        store = Store(database_url)
        await store.write(lambda tx: [inbox.remember(tx, numbered(n), AT) for n in range(rows)])
        await store.close()

    asyncio.run(fill())
    taken: Counter[str] = Counter()
    lock, start = threading.Lock(), threading.Barrier(4)

    def replica(name):
        store = Store(database_url)
        start.wait()
        try:
            while got := _transact(store._engines.write, lambda tx: inbox.take(tx, AT, 3, LEASE, name)):
                with lock:
                    taken.update(one.delivery.key for one in got)
        finally:
            store._close()

    with ThreadPoolExecutor(4) as pool:
        for outcome in [pool.submit(replica, f"r{n}") for n in range(4)]:
            outcome.result()
    assert len(taken) == rows
    assert set(taken.values()) == {1}


async def test_a_row_that_another_transaction_holds_is_passed_over(postgresql):
    """What SKIP LOCKED is for: a worker does not wait for the worker before it (PostgreSQL; SQLite has one writer)."""
    url = postgresql.create()
    store = Store(url)
    await store.write(lambda tx: [inbox.remember(tx, numbered(n), AT) for n in range(2)])
    held, let_go = threading.Event(), threading.Event()

    def hold(tx):
        got = inbox.take(tx, AT, 1, LEASE, "slow")
        held.set()
        assert let_go.wait(20)
        return got

    slow = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(held.wait, 20)
    try:
        fast = await store.write(lambda tx: inbox.take(tx, AT, 10, LEASE, "fast"))
    finally:
        let_go.set()
    assert [one.delivery.key for one in fast] == ["Ev1"]
    assert [one.delivery.key for one in await slow] == ["Ev0"]
    await store.close()
    postgresql.drop(url)


@pytest.mark.parametrize("column", ["state = 'gone'", "attempts = -1", "key = 'Ev1'", "key = ''"])
async def test_rows_that_make_no_sense_are_refused(store, column):
    await store.write(lambda tx: [inbox.remember(tx, numbered(n), AT) for n in (1, 2)])
    with pytest.raises(Conflict, match="inbox"):
        await store.write(lambda tx: tx.run(sa.text(f"UPDATE inbox SET {column} WHERE key = 'Ev2'")))
