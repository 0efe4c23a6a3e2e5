"""Calendar feeds: found by the hash of their token until they end."""

from datetime import UTC, datetime

import pytest

from storage import feeds
from storage.errors import Conflict
from storage.feeds import Feed

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
ONE = Feed("CAL-2026-1124-001", "rita@acme.example", None, AT)
OTHER = Feed("CAL-2026-1124-002", "rita@acme.example", "weekly", AT)


async def test_one_is_found_by_its_token_until_it_ends(store):
    await store.write(lambda tx: [feeds.add(tx, ONE), feeds.add(tx, OTHER)])
    assert await store.read(lambda tx: feeds.of(tx, ONE.person)) == (ONE, OTHER)
    assert await store.read(lambda tx: feeds.by_hash(tx, "a" * 64)) is None
    assert await store.write(lambda tx: feeds.give(tx, ONE.id, "a" * 64))
    assert await store.read(lambda tx: feeds.by_hash(tx, "a" * 64)) == ONE
    assert await store.write(lambda tx: feeds.give(tx, ONE.id, "b" * 64))  # told again: the address before is none any more
    assert await store.read(lambda tx: feeds.by_hash(tx, "a" * 64)) is None

    assert [await store.write(lambda tx: feeds.end(tx, ONE.id, AT)) for _ in range(2)] == [True, False]
    assert await store.read(lambda tx: feeds.by_hash(tx, "b" * 64)) is None
    assert not await store.write(lambda tx: feeds.give(tx, ONE.id, "c" * 64))
    assert await store.read(lambda tx: feeds.of(tx, ONE.person)) == (OTHER,)


async def test_two_feeds_never_share_a_token(store):
    await store.write(lambda tx: [feeds.add(tx, ONE), feeds.add(tx, OTHER), feeds.give(tx, ONE.id, "a" * 64)])
    with pytest.raises(Conflict):
        await store.write(lambda tx: feeds.give(tx, OTHER.id, "a" * 64))
