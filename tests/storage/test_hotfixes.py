"""Hotfixes and the branches that have to have them, on both databases: what was put in comes out, and nothing counts twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from guards.cut import CutState
from guards.hotfix import Afterwards, Hotfix, HotfixState, How, Port, Scope, Ships
from guards.obligation import Obligation, Owed
from guards.train import Stage
from storage import artifacts, cuts, hotfixes, obligations, trains
from storage.errors import Conflict, LostRace
from storage.tables.base import table
from storage.tables.hotfixes import HotfixRow
from tests.storage.cases import ARTIFACT, AT, COMMIT, DIGEST, OTHER_DIGEST
from tests.storage.test_cuts import CUT
from tests.storage.test_trains import RUN, TRAIN

ONE = Hotfix(
    "HOT-2026-1121-001", "api", "production", "acme/api", "v1.4.0", DIGEST, COMMIT, "v1.4.1", "hotfix/1.4.1-PAY-12",
    Scope("PAY-12", "SEV-2", "INC-7", "one line", "two customers", "v1.4.0", Ships.NOW, "it hurts", "by hand", "rita@example.com"), HotfixState.ORDERED,
    "dana@example.com", "Dana", AT,
)  # fmt: skip
AFTER = Afterwards("no failures", "a rounding", "INC-7", "test_once", "PAY-77", "dana@example.com", "Dana", AT)
OWED = Obligation("OBL-2026-1121-001", Owed.FORWARD_PORT, ONE.id, "api", "bring it", ONE.by, ONE.by_name, AT + timedelta(1), AT, ONE.by)
PORT = Port(ONE.id, "api", "main", OWED.id)


async def test_a_hotfix_comes_back_as_it_was_recorded_and_as_it_was_changed(store):
    await store.write(lambda tx: hotfixes.add(tx, ONE))
    assert await store.read(lambda tx: hotfixes.get(tx, ONE.id)) == ONE
    assert await store.read(lambda tx: hotfixes.get(tx, "HOT-2026-1121-009")) is None
    changed = {"commits": ("c" * 40, "d" * 40), "afterwards": AFTER, "why": "it waits", "warned": True}
    now = await store.write(lambda tx: hotfixes.change(tx, ONE, state=HotfixState.SHIPPED, shipped=AT, **changed))
    assert await store.write(lambda tx: hotfixes.lock(tx, ONE.id)) == now
    with pytest.raises(LostRace):
        await store.write(lambda tx: hotfixes.change(tx, ONE, state=HotfixState.OPEN))


async def test_a_hotfix_of_before_its_criteria_had_fields_keeps_what_was_said(store):
    was = {"ticket": "PAY-12", "severity": "SEV-2", "incident": "", "scope": "a", "impact": "b", "rollback": "c", "ships": "now"}
    await store.write(lambda tx: hotfixes.add(tx, ONE))
    await store.write(lambda tx: tx.run(table(HotfixRow).update().values(scope={**was, "criteria": "it hurts"}), {}))
    found = await store.read(lambda tx: hotfixes.get(tx, ONE.id))
    assert (found.scope.delay, found.scope.mitigation, found.scope.ships) == ("it hurts", "", Ships.NOW)


async def test_of_a_service_one_is_under_way_and_no_two_make_one_version(store):
    await store.write(lambda tx: hotfixes.add(tx, ONE))
    two = replace(ONE, id="HOT-2026-1121-002", version="v1.4.2", at=AT + timedelta(hours=1))
    with pytest.raises(Conflict):
        await store.write(lambda tx: hotfixes.add(tx, two))
    await store.write(lambda tx: hotfixes.add(tx, replace(two, id="HOT-3", service="web", at=AT)))
    await store.write(lambda tx: hotfixes.change(tx, ONE, state=HotfixState.SHIPPED, shipped=AT))
    with pytest.raises(Conflict):
        await store.write(lambda tx: hotfixes.add(tx, replace(two, version=ONE.version)))
    await store.write(lambda tx: hotfixes.add(tx, two))
    assert [one.id for one in await store.read(lambda tx: hotfixes.live(tx, "api"))] == [ONE.id, two.id]
    assert [one.id for one in await store.read(lambda tx: hotfixes.live_in(tx, "acme/api"))] == [ONE.id, "HOT-3", two.id]
    await store.write(lambda tx: hotfixes.change(tx, two, state=HotfixState.GIVEN_UP, ended=AT, why="not needed"))
    assert [one.id for one in await store.read(lambda tx: hotfixes.live(tx, "api"))] == [ONE.id]
    assert [one.id for one in await store.read(lambda tx: hotfixes.recent(tx, 2))] == [two.id, "HOT-3"]
    assert not await store.read(lambda tx: hotfixes.makes(tx, "api", "v1.4.2"))
    assert await store.read(lambda tx: hotfixes.makes(tx, "api", "v1.4.1"))
    await store.write(lambda tx: hotfixes.add(tx, replace(two, id="HOT-4", at=AT + timedelta(hours=2))))
    assert (await store.read(lambda tx: hotfixes.making(tx, "api", "v1.4.2"))).id == "HOT-4"
    for version in ("v1.4.1", "v1.4.2", "v1.9.0"):
        both = await store.read(lambda tx, version=version: (hotfixes.making(tx, "api", version), hotfixes.live(tx, "api")))
        assert await store.read(lambda tx, version=version: hotfixes.around(tx, "api", version)) == both
    assert [one.id for one in await store.read(lambda tx: hotfixes.of_version(tx, "api", "v1.4.2"))] == ["HOT-4", two.id]


@pytest.mark.parametrize(
    "wrong", [{"state": HotfixState.SHIPPED}, {"state": HotfixState.CLOSED, "shipped": AT}, {"ended": AT}, {"base_commit": "short"}]
)
async def test_what_cannot_be_is_not_stored(store, wrong):
    with pytest.raises(Conflict):
        await store.write(lambda tx: hotfixes.add(tx, replace(ONE, **wrong)))


async def test_a_branch_is_owed_the_fix_once_and_found_to_have_it_once(store):
    await store.write(lambda tx: [hotfixes.add(tx, ONE), obligations.add(tx, OWED), hotfixes.add_port(tx, PORT)])
    with pytest.raises(Conflict):
        await store.write(lambda tx: hotfixes.add_port(tx, PORT))
    assert await store.read(lambda tx: hotfixes.owed(tx, "api")) == (PORT,)
    assert await store.read(lambda tx: hotfixes.owed(tx, "web")) == ()
    lacking = await store.write(lambda tx: hotfixes.change_port(tx, PORT, why="it is not there"))
    assert await store.read(lambda tx: hotfixes.ports(tx, ONE.id)) == (lacking,)
    found = {"commit": "e" * 40, "how": How.PICKED, "pulls": (41, 42), "done": AT, "why": ""}
    done = await store.write(lambda tx: hotfixes.change_port(tx, lacking, **found))
    assert await store.read(lambda tx: hotfixes.ports(tx, ONE.id)) == (done,)
    assert await store.read(lambda tx: hotfixes.owed(tx, "api")) == ()
    with pytest.raises(LostRace):
        await store.write(lambda tx: hotfixes.change_port(tx, done, why="again"))


async def test_a_digest_is_found_under_another_version(store):
    await store.write(lambda tx: artifacts.first_seen(tx, ARTIFACT, AT))
    assert await store.read(lambda tx: artifacts.twin(tx, replace(ARTIFACT, version="v1.4.1"))) == "v1.4.0"
    assert await store.read(lambda tx: artifacts.twin(tx, ARTIFACT)) is None
    assert await store.read(lambda tx: artifacts.twin(tx, replace(ARTIFACT, version="v1.4.1", digest=OTHER_DIGEST))) is None
    assert await store.read(lambda tx: artifacts.twin(tx, replace(ARTIFACT, version="v1.4.1", service="web"))) is None


async def test_the_release_branches_of_trains_that_are_made_ready(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, replace(RUN, stage=Stage.STABILIZING)), cuts.add(tx, CUT)])
    assert await store.read(lambda tx: cuts.release_branches(tx, "acme/api")) == ()  # its branch is not there yet
    await store.write(lambda tx: cuts.change(tx, CUT, state=CutState.CUT))
    assert await store.read(lambda tx: cuts.release_branches(tx, "acme/api")) == ("release/1.8",)
    assert await store.read(lambda tx: cuts.release_branches(tx, "acme/web")) == ()
    run = await store.read(lambda tx: trains.run(tx, RUN.id))
    for stage in (Stage.DECIDING, Stage.GO, Stage.DEPARTING, Stage.DEPARTED):
        assert await store.read(lambda tx: cuts.release_branches(tx, "acme/api")) == ("release/1.8",)
        run = await store.write(lambda tx, run=run, stage=stage: trains.move(tx, run, stage))
    assert await store.read(lambda tx: cuts.release_branches(tx, "acme/api")) == ()
