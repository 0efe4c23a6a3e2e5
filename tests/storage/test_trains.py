"""Trains and their runs on both databases: what was put in comes out, and a writer that lost a race is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from guards.train import Schedule, Stage, Train, TrainRule, TrainRun, TrainState
from storage import trains
from storage.errors import Conflict, LostRace

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
WEEKLY = TrainRule("0 12 * * TUE", (), None, "Europe/Berlin", 2, time(10), "weekdays")
TRAIN = Train(
    "weekly", WEEKLY, "C0RELEASES", ("api", "web"), ("shop",), ("carla@example.com",), {"security": ("sam@example.com",)},
    "rita@example.com", "back to the last good set", "hotfixes ride alone", "", "releases together", True, "", TrainState.DRAFT, 1,
    "carla@example.com", "Carla", AT, impact="two days more, half the failures",
)  # fmt: skip
SCHEDULE = Schedule(*(AT + timedelta(days=n) for n in range(1, 8)))
RUN = TrainRun("weekly-2026-11-23", "weekly", 1, Stage.PLANNED, "carla@example.com", "Carla", SCHEDULE)


async def test_a_train_comes_back_as_it_was_defined(store):
    dated = replace(TRAIN, id="monthly", rule=replace(WEEKLY, cadence="", dates=(date(2026, 12, 1),), cutoff=time(12, 30)))
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add(tx, dated)])
    assert await store.read(trains.all_of) == (dated, TRAIN)
    assert await store.read(lambda tx: trains.get(tx, "nightly")) is None
    with pytest.raises(Conflict):
        await store.write(lambda tx: trains.add(tx, TRAIN))


async def test_of_two_amendments_one_loses(store):
    await store.write(lambda tx: trains.add(tx, TRAIN))
    amended = await store.write(lambda tx: trains.amend(tx, TRAIN, replace(TRAIN, state=TrainState.PUBLISHED, published=AT)))
    assert amended.revision == 2
    assert await store.read(lambda tx: trains.get(tx, "weekly")) == amended
    with pytest.raises(LostRace):
        await store.write(lambda tx: trains.amend(tx, TRAIN, replace(TRAIN, channel="C0OTHER")))


async def test_a_run_moves_along_its_stages_only(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    published = await store.write(lambda tx: trains.move(tx, RUN, Stage.PUBLISHED, why="posted"))
    assert await store.read(lambda tx: trains.run(tx, RUN.id)) == replace(RUN, stage=Stage.PUBLISHED, why="posted") == published
    with pytest.raises(LostRace):
        await store.write(lambda tx: trains.move(tx, RUN, Stage.SKIPPED))
    with pytest.raises(ValueError, match="go does not follow published"):
        await store.write(lambda tx: trains.move(tx, published, Stage.GO))
    later = await store.write(lambda tx: trains.move(tx, published, version="v1.8.0"))
    assert await store.read(lambda tx: trains.open_runs(tx, "weekly")) == (later,)
    await store.write(lambda tx: trains.move(tx, later, Stage.SKIPPED))
    assert await store.read(lambda tx: trains.open_runs(tx, "weekly")) == ()
    assert [r.id for r in await store.read(lambda tx: trains.runs(tx, "weekly", 5))] == [RUN.id]
