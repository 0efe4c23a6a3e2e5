"""A milestone of a run is reached once (TRN-22)."""

import asyncio
from datetime import timedelta

import pytest

from guards.train import Milestone
from storage import moments, timers, trains
from storage.errors import Conflict
from storage.moments import Reached
from tests.storage.test_trains import AT, RUN, TRAIN


@pytest.fixture
async def planned(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    return store


async def test_of_many_who_reach_a_milestone_one_does(planned):
    late = AT + timedelta(minutes=3)
    tries = [planned.write(lambda tx: moments.reach(tx, RUN.id, Milestone.CUTOFF, AT, late)) for _ in range(5)]
    assert sorted(await asyncio.gather(*tries)) == [False, False, False, False, True]
    assert await planned.read(lambda tx: moments.reached(tx, RUN.id)) == {Milestone.CUTOFF: Reached(AT, late)}
    assert await planned.read(lambda tx: moments.reached(tx, "weekly-2020-01-01")) == {}


async def test_nothing_is_reached_before_it_is_due_or_by_no_run(planned):
    for run, at in ((RUN.id, AT - timedelta(seconds=1)), ("weekly-2020-01-01", AT)):
        with pytest.raises(Conflict):
            await planned.write(lambda tx: moments.reach(tx, run, Milestone.CUTOFF, AT, at))  # noqa: B023


async def test_several_timers_are_cancelled_at_once(store):
    await store.write(lambda tx: [timers.set(tx, timers.Timer(f"t{n}", "train", AT, {})) for n in range(3)])
    assert await store.write(lambda tx: timers.cancel_all(tx, ["t0", "t2", "t9"])) == 2
    assert [one.key for one in await store.write(lambda tx: timers.fire(tx, AT, 9))] == ["t1"]
