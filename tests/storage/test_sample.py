"""The sample history for benchmarks: whole, sound, and only for an empty ledger."""

from datetime import UTC, datetime

import pytest

from guards.lifecycle import OPEN
from storage import audit, changes, deployments, inbox, outbox, sample
from storage.chain import Sound, verify

AT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


async def test_a_sample_history_is_a_sound_one(store):
    await sample.fill(store, sample.Size(40, 200), ("api", "web"), "f" * 64, AT)

    def look(tx):
        found = verify(audit.rows(tx), audit.head(tx))
        return found, changes.recent(tx, None, 100), deployments.overview(tx, None), inbox.backlog(tx), outbox.pending(tx)

    found, written, running, waiting, unsent = await store.read(look)
    assert isinstance(found, Sound)
    assert found.count == 200
    assert len(written) == 40
    assert not [change for change in written if change.state in OPEN]  # nothing of it is left to do
    assert (waiting, unsent) == (0, 0)
    assert [(d.service, d.environment) for d in running] == [("api", "production"), ("web", "production")]


async def test_a_ledger_that_has_begun_is_left_alone(store):
    await sample.fill(store, sample.Size(1, 1), ("api",), "f" * 64, AT)
    with pytest.raises(ValueError, match="empty ledger"):
        await sample.fill(store, sample.Size(1, 1), ("api",), "f" * 64, AT)
