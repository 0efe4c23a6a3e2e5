"""A verification is asked for once and given once (REC-10)."""

from dataclasses import replace

import pytest

from guards.obligation import Obligation, Owed
from guards.verified import Verification
from guards.vocabulary import Role
from storage import changes, obligations, verifications
from storage.errors import Conflict, LostRace
from tests.storage.cases import AT, CHANGE, HOUR, MINUTE

OWED = Obligation("OBL-1", Owed.VERIFICATION, CHANGE.id, "api", "look", CHANGE.requester, "Cara", AT + HOUR, AT, "signalbox")
ASKED = Verification(CHANGE.id, OWED.id, AT, AT + HOUR)


@pytest.fixture
async def asked(store):
    def work(tx):
        changes.add(tx, CHANGE)
        obligations.add(tx, OWED)
        verifications.ask(tx, ASKED)

    await store.write(work)
    return store


def look(at=AT + MINUTE):
    return lambda tx: verifications.verify(tx, CHANGE.id, at, "otto@example.com", "Otto", frozenset({Role.SERVICE_OWNER}), "the dashboards")


async def test_it_comes_back_as_it_was_given(asked):
    assert await asked.read(lambda tx: verifications.of(tx, CHANGE.id)) == ASKED
    given = await asked.write(look())
    wanted = replace(
        ASKED, at=AT + MINUTE, by="otto@example.com", name="Otto", roles=frozenset({Role.SERVICE_OWNER}), looked_at="the dashboards"
    )
    assert given == wanted
    assert await asked.read(lambda tx: verifications.of(tx, CHANGE.id)) == wanted
    assert await asked.read(lambda tx: verifications.of(tx, "CR-9")) is None


async def test_nobody_verifies_twice_nor_what_nobody_was_asked_for(asked):
    await asked.write(look())
    with pytest.raises(LostRace):
        await asked.write(look(AT + HOUR))
    with pytest.raises(LostRace):
        await asked.write(lambda tx: verifications.verify(tx, "CR-9", AT, "o@example.com", "Otto", frozenset(), "the dashboards"))


async def test_it_is_asked_for_once(asked):
    with pytest.raises(Conflict):
        await asked.write(lambda tx: verifications.ask(tx, ASKED))


async def test_what_waits_is_found_until_somebody_looked(asked):
    for service, found in ((None, [CHANGE.id]), ("api", [CHANGE.id]), ("web", [])):
        waiting = await asked.read(lambda tx, service=service: verifications.awaited(tx, service, 5))
        assert [change.id for change in waiting] == found
    await asked.write(look())
    assert await asked.read(lambda tx: verifications.awaited(tx, None, 5)) == []
