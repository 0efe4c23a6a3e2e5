"""Manifests and set promotions on both databases: what was put in comes out, and nothing of it can be changed silently."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from guards.manifest import Entry, Manifest, SetPromotion, SetState, SuiteState
from storage import changes, manifests, sets, trains
from storage.errors import Conflict, LostRace
from tests.storage.cases import AT, COMMIT, DIGEST, HOUR, change
from tests.storage.test_trains import RUN, TRAIN

ENTRY = Entry("api", "acme/api", "v1.4.0", COMMIT, DIGEST, f"acme/api@{DIGEST}", ("https://sbom",), (), ("acme/core@" + COMMIT,))
MANIFEST = Manifest(RUN.id, "weekly", 1, (ENTRY, replace(ENTRY, service="web")), "rita@example.com", "", "carla@example.com", "Carla", AT)
SUITE = {"service": "web", "state": SuiteState.ORDERED, "by": "carla@example.com", "by_name": "Carla", "at": AT}


@pytest.fixture
async def built(store) -> Manifest:
    """A manifest of a run."""
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    return await store.write(lambda tx: manifests.add(tx, MANIFEST))


def promotion(built: Manifest, number: int, **other: object) -> SetPromotion:
    made = SetPromotion(
        f"SET-{number}", built.sealed, RUN.id, "weekly", "production", "C0", False, SetState.OPEN, "carla@example.com", "Carla", AT
    )
    return replace(made, **other)


async def test_a_manifest_comes_back_sealed_and_is_found_by_run_and_by_hash(store, built):
    assert built == replace(MANIFEST, sealed=MANIFEST.hash)
    assert built.hash == built.sealed
    for find in (
        lambda tx: manifests.manifest_of_run(tx, RUN.id),
        lambda tx: manifests.get(tx, built.sealed),
        lambda tx: manifests.named(tx, built.short),
    ):
        assert await store.read(find) == built
    assert await store.read(lambda tx: manifests.named(tx, "0" * 12)) is None
    assert await store.read(lambda tx: manifests.named(tx, "")) == built
    newer = await store.write(lambda tx: manifests.add(tx, replace(MANIFEST, number=2)))
    assert await store.read(lambda tx: manifests.manifest_of_run(tx, RUN.id)) == newer
    assert await store.read(lambda tx: manifests.named(tx, "")) is None
    with pytest.raises(Conflict):
        await store.write(lambda tx: manifests.add(tx, replace(MANIFEST, breaking="other")))


@pytest.mark.parametrize("deed", ["UPDATE manifest SET owner = 'x'", "DELETE FROM manifest"])
async def test_the_database_refuses_to_change_a_manifest(store, built, deed):
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.run(sa.text(deed)))
    assert await store.read(lambda tx: manifests.get(tx, built.sealed)) == built


async def test_the_suite_runs_once_at_a_time_against_a_manifest(store, built):
    one = await store.write(lambda tx: manifests.order(tx, AT.date(), manifest=built.sealed, **SUITE))
    assert one.id == "INT-2026-1121-001"
    with pytest.raises(Conflict):
        await store.write(lambda tx: manifests.order(tx, AT.date(), manifest=built.sealed, **SUITE))
    running = await store.write(lambda tx: manifests.move(tx, one, state=SuiteState.RUNNING, run="7"))
    with pytest.raises(LostRace):
        await store.write(lambda tx: manifests.move(tx, one, state=SuiteState.FAILED))
    assert await store.read(lambda tx: manifests.integration_by_run(tx, "7", frozenset({"web"}))) == running
    assert await store.read(lambda tx: manifests.integration_by_run(tx, "7", frozenset({"api"}))) is None
    failed = await store.write(lambda tx: manifests.move(tx, running, state=SuiteState.FAILED, finished=AT))
    with pytest.raises(LostRace):
        await store.write(lambda tx: manifests.move(tx, failed, state=SuiteState.PASSED))
    again = await store.write(lambda tx: manifests.order(tx, AT.date(), manifest=built.sealed, **{**SUITE, "at": AT + HOUR}))
    assert await store.read(lambda tx: manifests.integration_of(tx, built.sealed)) == again
    assert await store.read(lambda tx: manifests.integration(tx, one.id)) == failed


async def test_of_a_train_one_set_is_open_in_a_place(store, built):
    first, second = (replace(one, content=replace(one.content, manifest=built.sealed)) for one in (change(1), change(2)))
    await store.write(lambda tx: [changes.add(tx, each) for each in (first, second)])
    one = promotion(built, 1)
    await store.write(lambda tx: sets.add(tx, one, (second, first)))
    assert await store.read(lambda tx: sets.parts(tx, one.id)) == (second, first)
    assert await store.read(lambda tx: sets.of_change(tx, first)) == one == await store.read(lambda tx: sets.get(tx, one.id))
    assert await store.read(lambda tx: sets.of_id(tx, first.id)) == one
    assert await store.read(lambda tx: sets.of_change(tx, change(3))) is None
    assert await store.read(lambda tx: sets.open_of_run(tx, RUN.id)) == (one,)
    with pytest.raises(Conflict):
        await store.write(lambda tx: sets.add(tx, promotion(built, 2), (change(3),)))
    with pytest.raises(Conflict):  # a change is an entry of one set only
        await store.write(lambda tx: sets.add(tx, promotion(built, 3, environment="staging"), (first,)))
    ended = await store.write(lambda tx: sets.end(tx, one, SetState.SUCCEEDED, AT + HOUR))
    assert await store.read(lambda tx: sets.open_in(tx, "weekly", "production")) is None
    with pytest.raises(LostRace):
        await store.write(lambda tx: sets.end(tx, one, SetState.STOPPED, AT))
    assert await store.read(lambda tx: sets.last_good(tx, "weekly", "production", "another")) == built.sealed
    assert await store.read(lambda tx: sets.last_good(tx, "weekly", "production", built.sealed)) is None
    assert await store.read(lambda tx: sets.of_manifest(tx, built.sealed)) == (ended,)
    assert await store.read(lambda tx: sets.arrived(tx, one.run, {"production", "dr"})) == ended.finished
    assert await store.read(lambda tx: sets.arrived(tx, one.run, {"staging"})) is None
    assert await store.read(lambda tx: sets.arrived(tx, "weekly-2030-01-01", {"production"})) is None
