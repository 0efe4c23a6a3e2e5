"""What people said of items of evidence is kept as they said it (EVD-02, EVD-30)."""

from dataclasses import replace

import pytest

from guards.attestation import Attestation, Word
from guards.vocabulary import Role
from storage import attestations
from storage.errors import Conflict
from tests.storage.cases import ARTIFACT, AT, HOUR, MINUTE

SAID = Attestation(
    "ATT-2026-1124-001", "api", "v1.4.0", ARTIFACT.digest, "dast", Word.NOT_APPLICABLE, "nothing of it can be reached", "sami@example.com",
    "Sami", frozenset({Role.SECURITY}), AT,
)  # fmt: skip
LASTING = replace(SAID, id="ATT-2", at=AT + MINUTE, version="v1.3.0", item="vault", word=Word.HOLDS, until=AT + HOUR)


async def test_those_of_the_version_and_those_that_last_come_back_oldest_first(store):
    others = (
        replace(SAID, id="ATT-3", version="v1.3.0"),  # of another version
        replace(SAID, id="ATT-4", service="web"),
        replace(LASTING, id="ATT-5", service="web"),
    )
    later = replace(LASTING, id="ATT-6", version="v1.4.0", at=AT + HOUR / 2)  # it lasts, and is of the version: once
    await store.write(lambda tx: [attestations.add(tx, one) for one in (later, SAID, LASTING, *others)])
    assert await store.read(lambda tx: attestations.of(tx, "api", "v1.4.0", AT)) == (SAID, LASTING, later)
    assert await store.read(lambda tx: attestations.of(tx, "api", "v1.4.0", LASTING.until)) == (SAID, later)
    assert await store.read(lambda tx: attestations.of(tx, "api", "v9.9.9", AT)) == (LASTING, later)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"digest": "latest"}, id="no digest"),
        pytest.param({"why": ""}, id="no reason"),
        pytest.param({"until": AT}, id="over before it begins"),
    ],
)
async def test_what_says_nothing_cannot_be_stored(store, bad):
    with pytest.raises(Conflict):
        await store.write(lambda tx: attestations.add(tx, replace(SAID, **bad)))


async def test_ids_count_within_the_day(store):
    assert [await store.write(lambda tx: attestations.next_id(tx, AT.date())) for _ in range(2)] == [
        "ATT-2026-1121-001",
        "ATT-2026-1121-002",
    ]
