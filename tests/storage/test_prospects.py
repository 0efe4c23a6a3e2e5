"""What runs would bring and what their checklists lack, on both databases: the newest look stands in the place of the one before."""

from dataclasses import replace
from datetime import timedelta

from guards.cut import Rider
from guards.prospect import Checked, Prospect, Unmet
from storage import prospects, trains
from tests.storage.test_trains import AT, RUN, TRAIN

API = Prospect(
    RUN.id, "acme/api", AT, "a" * 40, (Rider(7, "feat: limit", "https://x/7", merged=AT),), (Rider(9, "feat", "https://x/9", "bug"),)
)
LACKS = Checked(RUN.id, "c" * 64, AT, (Unmet("checks", "failed", "unit-test failed"),))


async def test_the_newest_look_at_each_repository_is_kept(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    web = replace(API, repository="acme/web", head=None, included=(), waiting=(), lost="could not read the head")
    later = replace(API, at=AT + timedelta(days=1), included=(), lost="gone")
    await store.write(lambda tx: [prospects.put(tx, one) for one in (API, web, later)])
    assert await store.read(lambda tx: prospects.of_run(tx, RUN.id)) == (later, web)
    assert await store.read(lambda tx: prospects.of_run(tx, "weekly-2027-01-01")) == ()


async def test_the_newest_look_at_a_checklist_is_kept(store):
    await store.write(lambda tx: [trains.add(tx, TRAIN), trains.add_run(tx, RUN)])
    assert await store.read(lambda tx: prospects.checked(tx, RUN.id)) is None
    met = replace(LACKS, at=AT + timedelta(hours=1), lacking=())
    for one in (LACKS, met):
        await store.write(lambda tx: prospects.check(tx, one))  # noqa: B023
        assert await store.read(lambda tx: prospects.checked(tx, RUN.id)) == one
