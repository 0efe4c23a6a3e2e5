"""Roll calls and decisions on both databases: nothing that was said is lost or changed, and the newest counts."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from guards.checklist import Area, Item
from guards.go import Answer, Candidate, GoDecision, Outcome, Pinned, Say
from guards.identity import OnBehalf
from guards.train import TrainState
from guards.vocabulary import Role
from storage import decisions, trains
from storage.errors import Conflict
from tests.storage.test_trains import RUN, TRAIN

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
API = Pinned("api", "v1.8.0", "c0" * 20, "sha256:" + "a1" * 32, "7a" * 20)
WEB = Pinned("web", "v1.8.0", "c1" * 20, "sha256:" + "b2" * 32)
CANDIDATE = Candidate((WEB, API), "h1")
ANSWER = Answer(Area.OPERATIONS, "olga@example.com", "Olga", Say.GO, "watched", (Item.COVER,), "https://wiki.test/1", AT)
UNDER = OnBehalf("DLG-2026-1124-001", "rita@example.com", "Rita", Role.RELEASE_MANAGER, AT + timedelta(days=1))
GO = GoDecision(
    "GNG-2026-1124-001", RUN.id, CANDIDATE, Outcome.GO, "rob@example.com", "Rob", frozenset({Role.RELEASE_MANAGER}), UNDER,
    ("slow search",), "small", "back to v1.7.0", "", ({"item": "tag", "outcome": "passed"},), ({"area": "quality"},), AT,
)  # fmt: skip


@pytest.fixture
async def store(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    return store


async def test_a_roll_call_comes_back_with_its_answers_in_order(store):
    call = await store.write(lambda tx: decisions.open_call(tx, RUN.id, CANDIDATE, AT, AT + timedelta(hours=1), "Carla"))
    assert call.id == "GNC-2026-1124-001"
    later = replace(ANSWER, say=Say.NO_GO, confirmed=(), at=AT + timedelta(minutes=1))
    await store.write(lambda tx: [decisions.answer(tx, call.id, ANSWER), decisions.answer(tx, call.id, later)])
    assert await store.read(lambda tx: decisions.call_about(tx, RUN.id, "h1")) == replace(call, answers=(ANSWER, later))
    assert await store.read(lambda tx: decisions.call_about(tx, RUN.id, "h2")) is None
    with pytest.raises(Conflict):
        await store.write(lambda tx: decisions.open_call(tx, RUN.id, CANDIDATE, AT, AT + timedelta(hours=1), "Carla"))


async def test_a_go_and_its_withdrawal_both_stay_and_the_newest_of_a_version_counts(store):
    taken_back = replace(GO, id="GNG-2026-1124-002", outcome=Outcome.WITHDRAWN, residual="", on_behalf=None, risks=())
    await store.write(lambda tx: [decisions.add(tx, GO), decisions.add(tx, taken_back)])
    assert await store.read(lambda tx: decisions.of_run(tx, RUN.id)) == (GO, taken_back)
    assert await store.read(lambda tx: decisions.of_version(tx, "api", "v1.8.0")) == (taken_back,)
    assert await store.read(lambda tx: decisions.of_version(tx, "api", "v1.8.1")) == ()
    assert await store.read(lambda tx: decisions.of_run(tx, "weekly-2026-12-01")) == ()
    with pytest.raises(Conflict):
        await store.write(lambda tx: decisions.add(tx, GO))


async def test_a_go_without_a_word_on_the_risk_that_is_left_cannot_be_stored(store):
    with pytest.raises(Conflict):
        await store.write(lambda tx: decisions.add(tx, replace(GO, residual="")))


async def test_only_published_trains_carry_a_service_and_names_that_look_alike_do_not(store):
    published = replace(TRAIN, id="nightly", services=("api-gateway", "a_i"), state=TrainState.PUBLISHED, published=AT)
    await store.write(lambda tx: trains.add(tx, published))
    assert await store.read(lambda tx: trains.carrying(tx, "a_i")) == (published,)
    assert await store.read(lambda tx: trains.carrying(tx, "api")) == ()  # the weekly is a draft, and no gateway is the api
    await store.write(lambda tx: trains.amend(tx, TRAIN, replace(TRAIN, state=TrainState.PUBLISHED, published=AT)))
    assert [t.id for t in await store.read(lambda tx: trains.carrying(tx, "api"))] == ["weekly"]


async def test_a_run_is_locked_and_pinned(store):
    assert await store.write(lambda tx: trains.lock_run(tx, RUN.id)) == RUN
    assert await store.write(lambda tx: trains.lock_run(tx, "weekly-2026-12-01")) is None
    await store.write(lambda tx: [trains.pin_runs(tx, ()), trains.pin_runs(tx, (RUN.id, "weekly-2026-12-01"))])


async def test_nobody_decides_about_a_run_while_a_change_goes_out_by_its_decision(store):
    """Whoever dispatches pins the run, whoever decides locks it: the one waits for the other (GNG-13)."""
    pinned, go_on, order = threading.Event(), threading.Event(), []

    def dispatch(tx):
        trains.pin_runs(tx, (RUN.id,))
        pinned.set()
        go_on.wait(30)
        order.append("dispatched")

    def withdraw(tx):
        trains.lock_run(tx, RUN.id)
        order.append("withdrawn")

    dispatching = asyncio.create_task(store.write(dispatch))
    await asyncio.to_thread(pinned.wait, 30)
    withdrawing = asyncio.create_task(store.write(withdraw))
    await asyncio.wait({withdrawing}, timeout=0.3)  # time enough to come through, if nothing held it
    go_on.set()
    await asyncio.gather(dispatching, withdrawing)
    assert order == ["dispatched", "withdrawn"]
