"""The links of a record are those that stand in it now, and one that stays keeps what is known of it (REC-19)."""

from dataclasses import replace

import pytest

from guards.record_links import RecordLink
from storage import record_links
from storage.errors import Conflict
from tests.storage.cases import AT, HOUR, MINUTE

API = ("api", "v1.4.0")
A, B, C = (f"https://wiki.example.com/{name}" for name in "abc")


async def test_one_that_stays_keeps_what_is_known_and_one_that_is_gone_is_forgotten(store):
    await store.write(lambda tx: record_links.stand(tx, *API, (A, B), AT))
    seen = RecordLink(*API, A, AT + HOUR, AT, AT, "its server says 404")
    assert await store.write(lambda tx: record_links.found(tx, seen))
    await store.write(lambda tx: record_links.stand(tx, *API, (A, C), AT + MINUTE))
    assert await store.read(lambda tx: record_links.of(tx, *API)) == (seen, RecordLink(*API, C, AT + MINUTE))
    assert not await store.write(lambda tx: record_links.found(tx, replace(seen, url=B)))
    await store.write(lambda tx: record_links.stand(tx, *API, (), AT))
    assert await store.read(lambda tx: record_links.of(tx, *API)) == ()


async def test_those_that_are_due_come_longest_due_first_and_no_more_than_asked_for(store):
    assert await store.read(record_links.next_due) is None
    await store.write(lambda tx: record_links.stand(tx, *API, (A,), AT + MINUTE))
    await store.write(lambda tx: record_links.stand(tx, "web", "v1.0.0", (B, C), AT))
    assert await store.read(record_links.next_due) == AT
    assert [one.url for one in await store.read(lambda tx: record_links.due(tx, AT, 5))] == [B, C]
    assert [one.url for one in await store.read(lambda tx: record_links.due(tx, AT + MINUTE, 5))] == [B, C, A]
    assert [one.url for one in await store.read(lambda tx: record_links.due(tx, AT + HOUR, 1))] == [B]


async def test_what_is_broken_says_why(store):
    await store.write(lambda tx: record_links.stand(tx, *API, (A,), AT))
    with pytest.raises(Conflict):
        await store.write(lambda tx: record_links.found(tx, RecordLink(*API, A, AT, AT, AT, "")))
