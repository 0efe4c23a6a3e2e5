"""Exceptions come back as they were asked for, are decided once, and a single use is taken once (EXC-03, EXC-05, EXC-07)."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from guards.exemption import ExemptionDecision, ExemptionKind, ExemptionState, ExemptionUse, Reconsideration, Ruling
from guards.vocabulary import Role
from storage import changes, exceptions
from storage.errors import Conflict, LostRace
from tests.storage.cases import AT, CHANGE, EXEMPTION, HOUR, MINUTE, change

APPROVAL = ExemptionDecision("rob@example.com", "Rob", frozenset({Role.RELEASE_MANAGER}), Ruling.APPROVED, "small", AT + MINUTE)


@pytest.fixture
async def kept(store):
    """A store with one exception that waits, and two changes."""
    await store.write(lambda tx: ([changes.add(tx, one) for one in (CHANGE, change(2))], exceptions.add(tx, EXEMPTION)))
    return store


async def approve(kept, **parts):
    def work(tx):
        if parts:
            exceptions.add(tx, replace(EXEMPTION, **parts))
        return exceptions.move(tx, replace(EXEMPTION, **parts), ExemptionState.APPROVED)

    return await kept.write(work)


async def test_it_comes_back_as_it_was_with_what_became_of_it(kept):
    other = replace(EXEMPTION, id="EXC-2026-1121-002", version=None, services=("api", "web"), environments=("staging", "production"))
    await kept.write(lambda tx: exceptions.add(tx, other))
    assert await kept.read(lambda tx: exceptions.current(tx, AT)) == (EXEMPTION, other)
    assert await kept.read(lambda tx: exceptions.get(tx, "EXC-9")) is None

    await kept.write(lambda tx: exceptions.decide(tx, EXEMPTION.id, APPROVAL))
    now = await approve(kept)
    assert now == replace(EXEMPTION, state=ExemptionState.APPROVED, decisions=(APPROVAL,))
    assert await kept.read(lambda tx: exceptions.reaching(tx, "api", "production", AT)) == (now,)
    assert await kept.read(lambda tx: exceptions.reaching(tx, "api", "staging", AT)) == ()
    assert await kept.read(lambda tx: exceptions.current(tx, EXEMPTION.until)) == ()


async def test_ids_are_never_given_twice(store):
    day = date(2026, 11, 21)
    assert await store.write(lambda tx: [exceptions.next_id(tx, day) for _ in range(2)]) == ["EXC-2026-1121-001", "EXC-2026-1121-002"]


async def test_one_person_approves_once(kept):
    await kept.write(lambda tx: exceptions.decide(tx, EXEMPTION.id, APPROVAL))
    with pytest.raises(Conflict):
        await kept.write(lambda tx: exceptions.decide(tx, EXEMPTION.id, replace(APPROVAL, at=AT + HOUR)))
    await kept.write(lambda tx: exceptions.decide(tx, EXEMPTION.id, replace(APPROVAL, ruling=Ruling.REVOKED)))


async def test_what_ends_before_its_review_is_not_kept(store):
    with pytest.raises(Conflict):
        await store.write(lambda tx: exceptions.add(tx, replace(EXEMPTION, review=EXEMPTION.until + MINUTE)))


async def test_it_moves_only_from_where_it_was_seen(kept):
    await approve(kept)
    with pytest.raises(LostRace):
        await approve(kept)


WORD = Reconsideration(
    "rob@example.com", "Rob", frozenset({Role.RELEASE_MANAGER}), "no other vendor", AT + HOUR, EXEMPTION.until, EXEMPTION.until + 24 * HOUR
)  # fmt: skip


async def test_a_permanent_one_that_was_reconsidered_gets_another_end_once(kept):
    """EXC-10: of two who saw the same end, one sets it aside."""
    seen = await approve(kept, id="EXC-2026-1121-002", kind=ExemptionKind.PERMANENT)
    await kept.write(lambda tx: exceptions.reconsider(tx, seen.id, WORD))
    with pytest.raises(Conflict):
        await kept.write(lambda tx: exceptions.reconsider(tx, seen.id, replace(WORD, until=WORD.until + HOUR)))
    with pytest.raises(Conflict):
        await kept.write(lambda tx: exceptions.reconsider(tx, seen.id, replace(WORD, by="eve@example.com", until=WORD.was)))

    def extend(tx):
        return exceptions.extend(tx, seen, WORD.until, WORD.until - HOUR, WORD.was)

    now = await kept.write(extend)
    assert now == replace(seen, until=WORD.until, review=WORD.until - HOUR, confirmed=WORD.was, reconsidered=(WORD,))
    assert await kept.read(lambda tx: exceptions.reaching(tx, "api", "production", EXEMPTION.until)) == (now,)
    with pytest.raises(LostRace):
        await kept.write(extend)


async def test_a_single_use_is_taken_by_one_of_many_at_once(kept):
    await approve(kept)
    ids = (CHANGE.id, change(2).id)
    took = await asyncio.gather(
        *(kept.write(lambda tx, id=id: exceptions.use(tx, EXEMPTION.id, id, AT)) for id in ids for _ in range(3)), return_exceptions=True
    )
    assert (took.count(True), took.count(False)) == (1, 2)
    assert sum(isinstance(each, LostRace) for each in took) == 3
    (use,) = (await kept.read(lambda tx: exceptions.get(tx, EXEMPTION.id))).uses
    assert use.change in ids


async def test_one_that_lasts_is_used_by_each_change_and_says_so(kept):
    lasting = await approve(kept, id="EXC-2026-1121-002", once=False)
    for number, id in enumerate((CHANGE.id, change(2).id)):
        assert await kept.write(lambda tx, id=id, n=number: exceptions.use(tx, lasting.id, id, AT + n * MINUTE)) is True
    used = await kept.read(lambda tx: exceptions.get(tx, lasting.id))
    assert used.uses == (ExemptionUse(CHANGE.id, AT), ExemptionUse(change(2).id, AT + MINUTE))
    assert [e.id for e in await kept.read(lambda tx: exceptions.used_by(tx, CHANGE.id))] == [lasting.id]
    assert await kept.read(lambda tx: exceptions.used_by(tx, "CR-9")) == ()


@pytest.mark.parametrize(
    ("state", "at"),
    [(ExemptionState.REVOKED, AT), (ExemptionState.REJECTED, AT), (ExemptionState.APPROVED, EXEMPTION.until)],
)
async def test_what_does_not_count_cannot_be_used(kept, state, at):
    await kept.write(lambda tx: exceptions.move(tx, EXEMPTION, state))
    with pytest.raises(LostRace):
        await kept.write(lambda tx: exceptions.use(tx, EXEMPTION.id, CHANGE.id, at))
