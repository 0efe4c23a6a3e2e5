"""Delegations, linked accounts and attempts to link one: what they keep, and what they refuse (RBAC-01, RBAC-06)."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from guards.identity import Delegation, Link, Linking, OnBehalf
from guards.vocabulary import Role
from storage import approvals, changes, delegations, links
from storage.errors import Conflict, LostRace
from tests.storage.cases import APPROVAL, AT, CHANGE, HOUR, MINUTE

GIVEN = Delegation(
    "DLG-2026-1121-001", Role.RELEASE_MANAGER, "rita@example.com", "Rita", "rob@example.com", "Rob", "api", None, AT, AT + 24 * HOUR, "on leave"
)  # fmt: skip
LINK = Link("rob@example.com", "rob-r", 9_000_000_001, AT, AT + MINUTE)
BEGUN = Linking("rob@example.com", "Rob", "U0ROB", AT, AT + HOUR)
NAMED = replace(BEGUN, login="rob-r", number=LINK.number, linked=AT)


# ---------------------------------------------------------------- delegations


async def test_a_delegation_comes_back_as_it_was_given(store):
    everywhere = replace(GIVEN, id="DLG-2026-1121-002", service=None, environment="production", start=AT - HOUR)
    await store.write(lambda tx: [delegations.add(tx, one) for one in (GIVEN, everywhere)])
    assert await store.read(lambda tx: delegations.get(tx, GIVEN.id)) == GIVEN
    assert await store.read(lambda tx: delegations.get(tx, "DLG-0")) is None
    assert await store.read(lambda tx: delegations.current(tx, AT)) == (everywhere, GIVEN)


async def test_what_is_over_is_not_current_and_what_is_to_come_is(store):
    await store.write(lambda tx: delegations.add(tx, GIVEN))
    assert await store.read(lambda tx: delegations.current(tx, GIVEN.start - HOUR)) == (GIVEN,)
    assert await store.read(lambda tx: delegations.current(tx, GIVEN.end)) == ()


async def test_a_delegation_is_ended_once(store):
    await store.write(lambda tx: delegations.add(tx, GIVEN))
    ended = await store.write(lambda tx: delegations.end(tx, GIVEN.id, AT + HOUR, "rita@example.com"))
    assert ended == replace(GIVEN, ended=AT + HOUR, ended_by="rita@example.com")
    assert await store.read(lambda tx: delegations.current(tx, AT + HOUR)) == ()
    for late in (GIVEN.id, "DLG-0"):
        with pytest.raises(LostRace):
            await store.write(lambda tx, late=late: delegations.end(tx, late, AT + 2 * HOUR, "rob@example.com"))


@pytest.mark.parametrize("wrong", [{"end": AT}, {"to": GIVEN.by}])
async def test_a_delegation_that_cannot_be_is_not_kept(store, wrong):
    with pytest.raises(Conflict):
        await store.write(lambda tx: delegations.add(tx, replace(GIVEN, **wrong)))


async def test_ids_count_by_day(store):
    ids = [await store.write(lambda tx: delegations.next_id(tx, date(2026, 11, 21))) for _ in range(2)]
    assert ids == ["DLG-2026-1121-001", "DLG-2026-1121-002"]


async def test_an_approval_keeps_under_which_delegation_it_was_given(store):
    """RBAC-06."""
    under = OnBehalf(GIVEN.id, GIVEN.by, GIVEN.by_name, GIVEN.role, GIVEN.end)
    await store.write(lambda tx: (changes.add(tx, CHANGE), approvals.add(tx, CHANGE.id, replace(APPROVAL, on_behalf=under))))
    assert await store.read(lambda tx: approvals.of(tx, CHANGE.id)) == (replace(APPROVAL, on_behalf=under),)


# ---------------------------------------------------------------- links


async def test_a_link_is_found_by_its_person_and_by_its_number(store):
    assert await store.read(links.exist) is False
    await store.write(lambda tx: links.add(tx, LINK))
    assert await store.read(lambda tx: links.of(tx, LINK.person)) == LINK
    assert await store.read(lambda tx: links.owners(tx, [LINK.number, 7])) == {LINK.number: LINK.person}
    assert await store.read(lambda tx: links.owners(tx, [])) == {}
    assert await store.read(links.exist) is True


async def test_a_link_that_was_taken_back_is_in_force_no_more(store):
    await store.write(lambda tx: links.add(tx, LINK))
    assert await store.write(lambda tx: links.unlink(tx, LINK.person, AT + HOUR)) is True
    assert await store.write(lambda tx: links.unlink(tx, LINK.person, AT + HOUR)) is False
    assert await store.read(lambda tx: links.of(tx, LINK.person)) is None
    assert await store.read(lambda tx: links.owners(tx, [LINK.number])) == {}
    assert await store.read(links.exist) is False
    await store.write(lambda tx: links.add(tx, LINK))


@pytest.mark.parametrize("other", [{"person": "vera@example.com"}, {"number": 7}, {"person": "vera@example.com", "number": 0}])
async def test_one_account_belongs_to_one_person_and_one_person_has_one(store, other):
    """RBAC-01."""
    await store.write(lambda tx: links.add(tx, LINK))
    with pytest.raises(Conflict):
        await store.write(lambda tx: links.add(tx, replace(LINK, **other)))


async def test_of_two_who_link_the_same_account_at_once_one_does(store):
    outcomes = await asyncio.gather(
        *(store.write(lambda tx, n=n: links.add(tx, replace(LINK, person=f"p{n}@example.com"))) for n in range(4)), return_exceptions=True
    )
    assert outcomes.count(None) == 1


# ---------------------------------------------------------------- attempts


async def test_an_attempt_is_kept_as_far_as_it_got(store):
    assert await store.read(lambda tx: links.attempt(tx, BEGUN.person)) is None
    asked = replace(BEGUN, device="d" * 40, interval=10.0)
    for step in (BEGUN, asked, NAMED):
        assert await store.write(lambda tx, step=step: links.keep(tx, step)) == step
        assert await store.read(lambda tx: links.attempt(tx, BEGUN.person)) == step
    await store.write(lambda tx: links.forget(tx, BEGUN.person))
    assert await store.read(lambda tx: links.attempt(tx, BEGUN.person)) is None


async def test_an_attempt_says_who_else_has_or_had_the_account(store):
    """RBAC-01."""
    hers = replace(LINK, person="vera@example.com")
    await store.write(lambda tx: links.add(tx, hers))
    assert await store.write(lambda tx: links.keep(tx, NAMED)) == replace(NAMED, holder=hers.person)
    await store.write(lambda tx: links.unlink(tx, hers.person, AT + HOUR))
    assert await store.read(lambda tx: links.attempt(tx, NAMED.person)) == replace(NAMED, holder=hers.person)
    assert await store.write(lambda tx: links.keep(tx, replace(NAMED, person=hers.person))) == replace(NAMED, person=hers.person)
