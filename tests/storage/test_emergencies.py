"""Emergencies and break-glass access: what was said stays, one use each, of two who move one at once one does (EMG-05, EMG-18)."""

import asyncio
from dataclasses import replace

import pytest

from guards.access import Grant, GrantState
from guards.emergency import (
    Classification,
    Criterion,
    Emergency,
    EmergencyApproval,
    EmergencyKind,
    EmergencyState,
    Ending,
    Execution,
    Spoken,
)
from guards.vocabulary import Role
from storage import accesses, changes, emergencies, exceptions
from storage.errors import Conflict, LostRace
from tests.storage.cases import AT, CHANGE, COMMIT, DIGEST, EXEMPTION, HOUR, MINUTE, change

WHOLE = Emergency(
    id="EMG-2026-1121-001", declarer="cara@example.com", declarer_name="Cara", declared=AT, criterion=Criterion.DATA_AT_RISK,
    classification=Classification.BOTH, severity=2, service="api", environment="production", version="v1.4.0", digest=None, commit=None,
    reason="rows vanish", waiting="more vanish until Monday", rollback="promote v1.3.0", follow_ups="restore them", incident="INC-7",
    until=AT + 4 * HOUR,
)  # fmt: skip
AYE = EmergencyApproval("rob@example.com", "Rob", frozenset({Role.RELEASE_MANAGER}), "read", DIGEST, AT + MINUTE, spoken=True)
WORD = Spoken("vera@example.com", "Vera", "go ahead", "cara@example.com", "Cara", AT + MINUTE)
GRANT = Grant("BGL-2026-1121-001", WHOLE.id, "cara@example.com", "Cara", AT, "api", "production", "shell", "look", 60)


@pytest.fixture
async def kept(store):
    """A store with one emergency that waits, and two changes."""
    await store.write(lambda tx: ([changes.add(tx, one) for one in (CHANGE, change(2))], emergencies.add(tx, WHOLE)))
    return store


async def approved(kept):
    return await kept.write(lambda tx: emergencies.move(tx, WHOLE, EmergencyState.APPROVED))


async def test_it_comes_back_as_it_was_with_what_became_of_it(kept):
    other = replace(WHOLE, id="EMG-2026-1121-002", digest=DIGEST, commit=COMMIT, declared=AT + MINUTE, service="web")
    await kept.write(lambda tx: emergencies.add(tx, other))
    assert await kept.read(emergencies.still_open) == (other, WHOLE)
    assert await kept.read(lambda tx: emergencies.recent(tx, 1)) == (other,)
    assert await kept.read(lambda tx: emergencies.since(tx, AT + MINUTE)) == (other,)
    assert await kept.read(lambda tx: emergencies.get(tx, "EMG-9")) is None

    await kept.write(lambda tx: (emergencies.hear(tx, WHOLE.id, WORD), emergencies.approve(tx, WHOLE.id, AYE)))
    now = await kept.write(lambda tx: emergencies.pin(tx, WHOLE, DIGEST, COMMIT))
    assert now == replace(WHOLE, approvals=(AYE,), spoken=(WORD,), digest=DIGEST, commit=COMMIT)
    await approved(kept)
    assert await kept.write(lambda tx: emergencies.use(tx, WHOLE.id, CHANGE.id, AT + HOUR))
    used = await kept.read(lambda tx: emergencies.get(tx, WHOLE.id))
    assert used == replace(now, state=EmergencyState.USED, change=CHANGE.id, used=AT + HOUR)

    ending = Ending("rows are back", "a job ran twice", "a lock")
    closed = await kept.write(lambda tx: emergencies.end(tx, used, EmergencyState.CLOSED, AT + 9 * HOUR, "rob@example.com", ending))
    assert closed == replace(used, state=EmergencyState.CLOSED, ending=ending, ended=AT + 9 * HOUR, ended_by="rob@example.com")
    assert await kept.read(emergencies.still_open) == (other,)


async def test_what_people_carry_out_is_carried_out_once_and_a_deployment_never(kept):
    """EMG-22: of two who say so at once one does."""
    flag = replace(
        WHOLE, id="EMG-2026-1121-002", kind=EmergencyKind.FLAG, version="new-checkout", action="off", state=EmergencyState.APPROVED
    )
    done = Execution("cara@example.com", "Cara", "CHG0031234", AT + HOUR)
    await kept.write(lambda tx: emergencies.add(tx, flag))
    now = await kept.write(lambda tx: emergencies.execute(tx, flag, done))
    assert now == await kept.read(lambda tx: emergencies.get(tx, flag.id))
    assert now == replace(flag, state=EmergencyState.USED, executed=done, used=done.at)
    with pytest.raises(LostRace):
        await kept.write(lambda tx: emergencies.execute(tx, flag, done))
    for wrong in (
        lambda tx: emergencies.execute(tx, WHOLE, done),
        lambda tx: emergencies.add(tx, replace(WHOLE, id="EMG-3", action="off")),
    ):
        with pytest.raises(Conflict):
            await kept.write(wrong)


async def test_ids_are_never_given_twice(kept):
    assert await kept.write(lambda tx: [emergencies.next_id(tx, AT.date()) for _ in range(2)]) == ["EMG-2026-1121-001", "EMG-2026-1121-002"]
    assert await kept.write(lambda tx: accesses.next_id(tx, AT.date())) == "BGL-2026-1121-001"


async def test_of_two_changes_that_take_it_one_gets_it(kept):
    """EMG-05."""
    await approved(kept)
    uses = (kept.write(lambda tx, id=id: emergencies.use(tx, id=WHOLE.id, change=id, at=AT)) for id in (CHANGE.id, change(2).id))
    found = await asyncio.gather(*uses, return_exceptions=True)
    assert sorted(map(type, found), key=str) == [bool, LostRace]
    used = await kept.read(lambda tx: emergencies.get(tx, WHOLE.id))
    assert not await kept.write(lambda tx: emergencies.use(tx, WHOLE.id, used.change, AT + MINUTE))  # the same may go again


@pytest.mark.parametrize("state", [EmergencyState.DECLARED, EmergencyState.WITHDRAWN, EmergencyState.EXPIRED])
async def test_one_that_does_not_count_is_not_used(kept, state):
    if state is not EmergencyState.DECLARED:
        await kept.write(lambda tx: emergencies.end(tx, WHOLE, state, AT, "signalbox"))
    with pytest.raises(LostRace):
        await kept.write(lambda tx: emergencies.use(tx, WHOLE.id, CHANGE.id, AT))


async def test_one_that_is_over_is_not_used(kept):
    await approved(kept)
    for at in (WHOLE.until, AT - MINUTE):
        with pytest.raises(LostRace):
            await kept.write(lambda tx, at=at: emergencies.use(tx, WHOLE.id, CHANGE.id, at))


async def test_what_was_said_is_said_once_and_never_edited(kept):
    await kept.write(lambda tx: (emergencies.hear(tx, WHOLE.id, WORD), emergencies.approve(tx, WHOLE.id, AYE)))
    await kept.write(lambda tx: emergencies.pin(tx, WHOLE, DIGEST, COMMIT))
    for work, error in (
        (lambda tx: emergencies.approve(tx, WHOLE.id, AYE), Conflict),
        (lambda tx: emergencies.hear(tx, WHOLE.id, WORD), Conflict),
        (lambda tx: emergencies.hear(tx, WHOLE.id, replace(WORD, by="x@example.com", heard_by="x@example.com")), Conflict),
        (lambda tx: emergencies.pin(tx, WHOLE, DIGEST, COMMIT), LostRace),
        (lambda tx: emergencies.approve(tx, "EMG-9", AYE), Conflict),
        (lambda tx: emergencies.add(tx, replace(WHOLE, id="EMG-9", until=AT)), Conflict),
        (lambda tx: emergencies.end(tx, WHOLE, EmergencyState.CLOSED, AT, "rob@example.com"), Conflict),
        (lambda tx: emergencies.move(tx, replace(WHOLE, state=EmergencyState.USED), EmergencyState.APPROVED), LostRace),
    ):
        with pytest.raises(error):
            await kept.write(work)


async def test_a_change_and_an_exception_say_by_which_emergency(kept):
    by = replace(change(3), content=replace(CHANGE.content, version="v9.0.0", emergency=WHOLE.id))
    one = replace(EXEMPTION, emergency=WHOLE.id)
    await kept.write(lambda tx: (changes.add(tx, by), exceptions.add(tx, one)))
    assert await kept.read(lambda tx: changes.get(tx, by.id)) == by
    assert await kept.read(lambda tx: exceptions.get(tx, one.id)) == one


async def test_access_comes_back_as_it_was_and_is_moved_once(kept):
    """EMG-18."""
    await kept.write(lambda tx: accesses.add(tx, GRANT))
    assert await kept.read(accesses.still_open) == (GRANT,)
    step = {"state": GrantState.GRANTED, "approver": "rob@example.com", "approver_name": "Rob", "granted": AT, "until": AT + HOUR}
    now = await kept.write(lambda tx: accesses.change(tx, GRANT, **step))
    assert await kept.write(lambda tx: accesses.lock(tx, GRANT.id)) == now
    assert await kept.read(lambda tx: accesses.of_emergency(tx, WHOLE.id)) == (now,)
    with pytest.raises(LostRace):
        await kept.write(lambda tx: accesses.change(tx, GRANT, **step))
    ended = await kept.write(lambda tx: accesses.change(tx, now, state=GrantState.ENDED, ended=AT + HOUR, ended_by="signalbox"))
    assert await kept.read(lambda tx: accesses.get(tx, GRANT.id)) == ended
    assert await kept.read(accesses.still_open) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"emergency": "EMG-9"},
        {"minutes": 0},
        {"approver": "cara@example.com"},
        {"granted": AT},
        {"granted": AT, "until": AT},
        {"ended": AT},
    ],
)
async def test_access_that_cannot_be_is_not_stored(kept, wrong):
    with pytest.raises(Conflict):
        await kept.write(lambda tx: accesses.add(tx, replace(GRANT, **wrong)))
