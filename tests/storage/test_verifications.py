"""A verification is asked for once and given once (REC-10)."""

from dataclasses import replace

import pytest

from guards.lifecycle import State
from guards.obligation import Obligation, Owed
from guards.verified import Verification
from guards.version import Deployment
from guards.vocabulary import Role
from storage import changes, deployments, obligations, verifications
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


async def test_the_one_that_was_given_goes_before_those_that_wait(asked):
    """It is one of an artifact in a place, by whichever change it came there (PRM-08)."""
    again = replace(CHANGE, id="CR-2", state=State.SUCCEEDED)
    waiting = replace(ASKED, change=again.id, obligation="OBL-2", asked=AT + MINUTE)
    content = CHANGE.content
    ran = Deployment("api", content.environment, content.version, content.digest, content.commit, AT, CHANGE.id)

    async def given(one=ran):
        return await asked.read(lambda tx: verifications.given(tx, one))

    assert await given() is None  # it never succeeded
    await asked.write(lambda tx: deployments.add(tx, ran))
    assert await given() == ASKED
    for other in ({"digest": "sha256:" + "0" * 64}, {"environment": "dev"}, {"version": "v0.0.1"}, {"service": "web"}):
        assert await given(replace(ran, **other)) is None

    def second(tx):
        changes.add(tx, again)
        obligations.add(tx, replace(OWED, id="OBL-2", about=again.id))
        verifications.ask(tx, waiting)
        deployments.add(tx, replace(ran, change=again.id, at=AT + MINUTE))

    await asked.write(second)
    assert await given() == waiting
    assert await given(replace(ran, change=None, at=AT + HOUR)) == waiting
    done = await asked.write(look(AT + 2 * MINUTE))
    assert await given() == done
