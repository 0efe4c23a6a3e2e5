"""Release records, notes and the promotion log: only ever added to (REC-01, REC-17, PRM-12, PRM-14)."""

from dataclasses import replace

import pytest

from guards.change import Verdict
from guards.release import Erratum, NotesKind, Promotion, RecordText, ReleaseNotes
from storage import approvals, changes, deployments, releases
from storage.errors import Conflict
from tests.storage.cases import APPROVAL, AT, CHANGE, COMMIT, DEPLOYMENT, DIGEST, HOUR, MINUTE

API = ("api", "v1.4.0")
RITA = ("rita@example.com", "Rita")
RECORD = RecordText("none known", "promote v1.3.2", *RITA, AT)


def write(kind: NotesKind, text: str, at=AT):
    return lambda tx: releases.write_notes(tx, *API, kind, text, *RITA, at)


async def test_a_newer_revision_counts_and_the_older_one_stays(store):
    assert await store.read(lambda tx: releases.record(tx, *API)) is None
    newer = replace(RECORD, issues="it loses orders", at=AT + MINUTE)
    for one in (RECORD, newer):
        await store.write(lambda tx, one=one: releases.write_record(tx, *API, one))
    await store.write(lambda tx: releases.write_record(tx, "api", "v1.5.0", RECORD))
    assert await store.read(lambda tx: releases.record(tx, *API)) == newer
    kept = await store.read(lambda tx: tx.run(releases._R.select().order_by(releases._R.c.id), {}).all())
    assert [row.issues for row in kept] == ["none known", "it loses orders", "none known"]


async def test_the_newest_draft_counts_until_something_is_published(store):
    assert await store.read(lambda tx: releases.notes(tx, *API)) is None
    await store.write(write(NotesKind.DRAFT, "one"))
    await store.write(write(NotesKind.DRAFT, "two", AT + MINUTE))
    assert await store.read(lambda tx: releases.notes(tx, *API)) == ReleaseNotes("two", *RITA, AT + MINUTE)
    assert await store.read(lambda tx: releases.notes(tx, "web", "v1.4.0")) is None


async def test_what_was_published_stays_and_gets_errata_and_its_address_once(store):
    await store.write(write(NotesKind.DRAFT, "one"))
    await store.write(write(NotesKind.PUBLISHED, "one", AT + MINUTE))
    await store.write(write(NotesKind.ERRATUM, "not so", AT + HOUR))
    for url in ("https://git.test/1", "https://git.test/2"):
        await store.write(lambda tx, url=url: releases.stands_at(tx, *API, url))
    found = await store.read(lambda tx: releases.notes(tx, *API))
    assert found == ReleaseNotes("one", *RITA, AT + MINUTE, AT + MINUTE, (Erratum("not so", "Rita", AT + HOUR),), "https://git.test/1")


async def test_notes_are_published_once(store):
    await store.write(write(NotesKind.PUBLISHED, "one"))
    with pytest.raises(Conflict):
        await store.write(write(NotesKind.PUBLISHED, "two"))
    assert (await store.read(lambda tx: releases.notes(tx, *API))).text == "one"


async def test_the_promotion_log_says_where_it_ran_and_who_approved(store):
    staged = replace(DEPLOYMENT, environment="staging")
    live = replace(DEPLOYMENT, at=AT + HOUR, change=CHANGE.id)
    against = replace(APPROVAL, by="vera@example.com", name="Vera", verdict=Verdict.REJECTED)

    def work(tx):
        changes.add(tx, CHANGE)
        approvals.add(tx, CHANGE.id, APPROVAL)
        approvals.add(tx, CHANGE.id, against)
        for one in (live, staged, replace(DEPLOYMENT, version="v1.3.2")):
            deployments.add(tx, one)

    await store.write(work)
    assert await store.read(lambda tx: releases.promotions(tx, *API)) == (
        Promotion("staging", DIGEST, COMMIT, AT),
        Promotion("production", DIGEST, COMMIT, AT + HOUR, CHANGE.id, (APPROVAL.name,)),
    )
    assert await store.read(lambda tx: releases.promotions(tx, "web", "v1.4.0")) == ()


async def test_a_change_keeps_the_record_that_it_was_approved_with(store):
    bound = replace(CHANGE, content=replace(CHANGE.content, record="a" * 64))
    await store.write(lambda tx: changes.add(tx, bound))
    assert await store.read(lambda tx: changes.get(tx, CHANGE.id)) == bound
