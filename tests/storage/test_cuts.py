"""Cuts, fixes, blockers and late changes on both databases: what was put in comes out, and nothing counts twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from guards.cut import Acceptance, Blocker, Cut, CutState, Fix, Flaw, Found, Gates, LateChange, Rider, flawed
from guards.train import Stage
from guards.vocabulary import Risk
from storage import cuts, trains
from storage.errors import Conflict, LostRace
from tests.storage.test_trains import RUN, TRAIN

AT = datetime(2026, 11, 23, 11, tzinfo=UTC)
CUT = Cut(
    "CUT-2026-1123-001", RUN.id, "acme/api", ("api",), "a" * 40, AT, AT + timedelta(seconds=2), False, "carla@example.com", "Carla",
    "signalbox", "b" * 40, "v1.8.0", "release/1.8", "", CutState.ORDERED, "", ("unit-test: passed",),
    (Rider(7, "feat: limit", "https://github.com/acme/api/pull/7"),), (Rider(8, "later", "https://github.com/acme/api/pull/8", "open"),),
    "a" * 40, Gates.PASSED, "1 check passed",
)  # fmt: skip
FLAWS = (Found(Flaw.FEATURE, "it is a feature"), Found(Flaw.NO_TICKET, "no ticket"))
FIX = Fix(
    RUN.id,
    "acme/api",
    "c" * 40,
    "feat: more",
    "https://x",
    ("dana", "d@example.com"),
    9,
    ("PAY-9",),
    "d" * 40,
    FLAWS,
    AT,
    origin=Rider(8, "fix", "https://x/8", merged=AT),
)
BLOCKER = Blocker("BLK-2026-1123-001", RUN.id, "PAY-9", "money is lost", "rita@example.com", "Rita", AT)


@pytest.fixture
async def run(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    return store


async def test_a_cut_comes_back_as_it_was_recorded_and_counts_once(run):
    await run.write(lambda tx: cuts.add(tx, CUT))
    assert await run.read(lambda tx: cuts.get(tx, CUT.id)) == CUT
    with pytest.raises(Conflict):
        await run.write(lambda tx: cuts.add(tx, replace(CUT, id="CUT-2026-1123-002")))
    other = replace(CUT, id="CUT-2026-1123-003", repository="acme/web", branch="", unbranched="one line of text")
    await run.write(lambda tx: cuts.add(tx, other))
    assert await run.read(lambda tx: cuts.of_run(tx, RUN.id)) == (CUT, other)
    with pytest.raises(Conflict):
        await run.write(lambda tx: cuts.add(tx, replace(CUT, id="CUT-4", repository="acme/lib", branch="")))


async def test_a_cut_that_failed_gives_its_place_to_the_next(run):
    await run.write(lambda tx: cuts.add(tx, CUT))
    failed = await run.write(lambda tx: cuts.change(tx, CUT, state=CutState.FAILED, why="CI turned the order down"))
    with pytest.raises(LostRace):
        await run.write(lambda tx: cuts.change(tx, CUT, state=CutState.CUT))
    again = replace(CUT, id="CUT-2026-1123-002", taken=AT + timedelta(hours=1), late=True)
    await run.write(lambda tx: cuts.add(tx, again))
    assert await run.read(lambda tx: cuts.of_run(tx, RUN.id)) == (again,)
    assert await run.read(lambda tx: cuts.get(tx, CUT.id)) == failed


async def test_a_branch_leads_to_the_cuts_of_open_runs(run):
    await run.write(lambda tx: cuts.add(tx, CUT))
    assert await run.read(lambda tx: cuts.on_branch(tx, "acme/api", "release/1.8")) == (CUT,)
    assert await run.read(lambda tx: cuts.on_branch(tx, "acme/api", "main")) == ()
    await run.write(lambda tx: trains.move(tx, RUN, Stage.SKIPPED))
    assert await run.read(lambda tx: cuts.on_branch(tx, "acme/api", "release/1.8")) == ()


async def test_a_fix_is_judged_once_and_accepted_once(run):
    assert await run.write(lambda tx: cuts.judged(tx, FIX))
    assert not await run.write(lambda tx: cuts.judged(tx, replace(FIX, flaws=())))
    assert await run.read(lambda tx: cuts.fixes(tx, RUN.id)) == (FIX,)
    assert flawed((FIX,)) == (FIX,)
    acceptance = Acceptance("main has no such code any more", "it is gone with v1.9.0", "rita@example.com", "Rita", AT)
    accepted = await run.write(lambda tx: cuts.accept(tx, FIX, acceptance, Risk.LOW))
    assert await run.read(lambda tx: cuts.fixes(tx, RUN.id)) == (accepted,) == (replace(FIX, accepted=acceptance, risk=Risk.LOW),)
    assert flawed((accepted,)) == ()
    with pytest.raises(LostRace):
        await run.write(lambda tx: cuts.accept(tx, FIX, acceptance))


async def test_a_commit_is_found_by_how_it_begins_when_that_names_one(run):
    await run.write(lambda tx: [cuts.judged(tx, FIX), cuts.judged(tx, replace(FIX, sha="c" * 39 + "d"))])
    assert await run.read(lambda tx: cuts.fix(tx, RUN.id, "c" * 40)) == FIX
    assert await run.read(lambda tx: cuts.fix(tx, RUN.id, "cccc")) is None
    assert await run.read(lambda tx: cuts.fix(tx, RUN.id, "%")) is None


async def test_a_blocker_is_resolved_once(run):
    await run.write(lambda tx: cuts.add_blocker(tx, BLOCKER))
    assert await run.read(lambda tx: cuts.blockers(tx, RUN.id)) == (BLOCKER,)
    done = await run.write(lambda tx: cuts.resolve(tx, BLOCKER, "#12 mends it", "carla@example.com", AT))
    assert await run.read(lambda tx: cuts.blocker(tx, BLOCKER.id)) == done
    with pytest.raises(LostRace):
        await run.write(lambda tx: cuts.resolve(tx, BLOCKER, "again", "carla@example.com", AT))


async def test_what_rides_later_is_told_once(run):
    change = LateChange(RUN.id, "acme/api", 12, "feat: late", "https://x", "weekly-2026-11-30", AT)
    assert await run.write(lambda tx: cuts.rides_later(tx, change))
    assert not await run.write(lambda tx: cuts.rides_later(tx, replace(change, title="feat: later")))
    assert await run.read(lambda tx: cuts.late(tx, RUN.id)) == (change,)


async def test_ids_count_by_day(run):
    assert await run.write(lambda tx: [cuts.next_id(tx, p, AT.date()) for p in ("CUT", "BLK", "CUT")]) == [
        "CUT-2026-1123-001", "BLK-2026-1123-001", "CUT-2026-1123-002",
    ]  # fmt: skip
