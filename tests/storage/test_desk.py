"""Rows that the transaction which writes them takes for whoever works on them in this process (OPS-07, promise 1)."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from storage import database, inbox, outbox
from storage.desk import Lease
from storage.inbox import Delivery, Inbox
from storage.outbox import Message
from tests.storage.cases import AT, MINUTE

LATER = timedelta(seconds=60)
MINE = Lease("me", AT + LATER)
DELIVERY = Delivery("Ev1", "command", {"text": "promote api v1.4.0", "n": [1, None]}, "c-1")
ORDER = Message("order", {"ci": "fake"}, key="order:CR-1.1", correlation="c-1")


@dataclass
class Desk:
    """Has so many places, and keeps what it is told."""

    places: int
    rung: int = 0
    settled: list[tuple[int, list[Any]]] = field(default_factory=list)

    def ring(self) -> None:
        self.rung += 1

    def promise(self) -> Lease | None:
        self.places -= 1
        return MINE if self.places >= 0 else None

    def settle(self, promised: int, rows: Any) -> None:
        self.settled.append((promised, list(rows)))


@pytest.fixture
def desk(store):
    """One place in each of the two queues."""
    made = Desk(1)
    store.listen(inbox.QUEUE, made)
    store.listen(outbox.QUEUE, made)
    return made


async def found(store, at=AT):
    return await store.write(lambda tx: inbox.take(tx, at, 10, LATER, "another"))


async def on_their_way(store, at=AT):
    return await store.write(lambda tx: outbox.take(tx, at, 10, LATER, "another"))


async def test_a_delivery_is_theirs_who_have_a_place_and_nobody_else_finds_it(store, desk):
    front = Inbox(store, lambda: AT)
    assert await front.put(DELIVERY)
    ((promised, (taken,)),) = desk.settled
    assert (promised, taken) == (1, inbox.Taken(taken.id, DELIVERY, AT, 1))
    assert desk.rung == 0
    assert await found(store) == []

    (again,) = await found(store, AT + LATER)  # whoever had it died
    assert again == replace(taken, attempts=2)
    await front.close()


async def test_those_without_a_place_are_looked_for(store, desk):
    others = [replace(DELIVERY, key=f"Ev{n}") for n in range(3)]
    await store.write(lambda tx: inbox.remember_all(tx, [others[0], *others], AT))
    ((promised, rows),) = desk.settled
    assert (promised, [row.delivery for row in rows], desk.rung) == (1, others[:1], 1)
    assert [taken.delivery for taken in await found(store)] == others[1:]


async def test_a_repetition_gives_its_place_back(store, desk):
    await store.write(lambda tx: inbox.remember(tx, DELIVERY, AT))
    desk.places = 2
    assert await store.write(lambda tx: inbox.remember(tx, DELIVERY, AT)) is False
    assert (desk.settled[1:], desk.rung) == ([(1, [])], 0)


async def test_an_order_is_on_its_way_with_the_commit_that_decided_it(store, desk):
    await store.write(lambda tx: outbox.add_first(tx, ORDER, AT))
    ((promised, (sending,)),) = desk.settled
    assert (promised, sending) == (1, outbox.Sending(sending.id, ORDER, 1, was_sending=False))
    assert (await on_their_way(store), desk.rung) == ([], 0)

    (again,) = await on_their_way(store, AT + LATER)  # whoever had it died: nobody knows whether it was sent
    assert (again.id, again.was_sending, again.attempts) == (sending.id, True, 2)
    await store.write(lambda tx: outbox.done(tx, sending.id))


@pytest.mark.parametrize("known", [True, False])
async def test_an_order_without_a_place_waits_for_a_look(store, known):
    desk = Desk(0)
    if known:
        store.listen(outbox.QUEUE, desk)
    await store.write(lambda tx: outbox.add_first(tx, ORDER, AT))
    assert (desk.settled, desk.rung) == ([], int(known))
    (sending,) = await on_their_way(store)
    assert (sending.message.payload, sending.was_sending) == (ORDER.payload, False)


async def test_nobody_gets_what_was_rolled_back(store, desk):
    def fails(tx):
        outbox.add_first(tx, ORDER, AT)
        outbox.add(tx, Message("card", {}), AT)
        raise KeyError("after the row was written")

    with pytest.raises(KeyError):
        await store.write(fails)
    assert (desk.settled, desk.rung) == ([(1, [])], 0)
    assert await on_their_way(store, AT + MINUTE * 2) == []


async def test_a_transaction_that_is_run_again_takes_its_places_anew(store, desk, monkeypatch):
    class Collided(Exception):
        sqlstate = "40001"

    monkeypatch.setattr(database.time, "sleep", lambda _: None)
    desk.places, collisions = 2, [Collided()]

    def work(tx):
        outbox.add_first(tx, ORDER, AT)
        if collisions:
            raise sa.exc.OperationalError("s", {}, collisions.pop())

    await store.write(work)
    assert [(promised, len(rows)) for promised, rows in desk.settled] == [(1, 0), (1, 1)]
