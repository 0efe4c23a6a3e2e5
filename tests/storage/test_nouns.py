"""Approvals, artifacts, deployments, freezes, claims and cards: what they keep, and what they refuse."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from guards.change import Claim, Verdict
from guards.version import Artifact, Pin
from guards.vocabulary import Blocked, ChangeType
from storage import alerts, approvals, artifacts, cards, changes, claims, deployments, freeze_calendars, freezes
from storage.errors import Conflict, LostRace
from tests.storage.cases import APPROVAL, ARTIFACT, AT, CHANGE, COMMIT, DEPLOYMENT, FREEZE, HOUR, MINUTE, OTHER_DIGEST, change


@pytest.fixture
async def changed(store):
    """A store that knows CHANGE and one more."""
    await store.write(lambda tx: [changes.add(tx, one) for one in (CHANGE, change(2))])
    return store


# ---------------------------------------------------------------- approvals


async def test_approvals_come_back_in_order(changed):
    second = replace(APPROVAL, by="vera@example.com", verdict=Verdict.REJECTED, roles=frozenset())
    await changed.write(lambda tx: [approvals.add(tx, CHANGE.id, one) for one in (APPROVAL, second)])
    assert await changed.read(lambda tx: approvals.of(tx, CHANGE.id)) == (APPROVAL, second)
    assert await changed.read(lambda tx: approvals.of(tx, change(2).id)) == ()


async def test_one_person_decides_a_change_once(changed):
    await changed.write(lambda tx: approvals.add(tx, CHANGE.id, APPROVAL))
    with pytest.raises(Conflict):
        await changed.write(lambda tx: approvals.add(tx, CHANGE.id, replace(APPROVAL, verdict=Verdict.REJECTED, at=AT + MINUTE)))
    await changed.write(lambda tx: approvals.add(tx, change(2).id, APPROVAL))
    assert await changed.read(lambda tx: approvals.of(tx, CHANGE.id)) == (APPROVAL,)


async def test_of_two_clicks_at_once_one_counts(changed):
    outcomes = await asyncio.gather(
        *(changed.write(lambda tx: approvals.add(tx, CHANGE.id, APPROVAL)) for _ in range(8)), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert len(await changed.read(lambda tx: approvals.of(tx, CHANGE.id))) == 1


async def test_a_decision_is_withdrawn_once_and_can_be_given_again(changed):
    await changed.write(lambda tx: approvals.add(tx, CHANGE.id, APPROVAL))
    assert await changed.write(lambda tx: approvals.withdraw(tx, CHANGE.id, "vera@example.com", AT + MINUTE)) is False
    assert await changed.write(lambda tx: approvals.withdraw(tx, CHANGE.id, APPROVAL.by, AT + MINUTE)) is True
    assert await changed.write(lambda tx: approvals.withdraw(tx, CHANGE.id, APPROVAL.by, AT + HOUR)) is False
    again = replace(APPROVAL, at=AT + 2 * MINUTE)
    await changed.write(lambda tx: approvals.add(tx, CHANGE.id, again))
    assert await changed.read(lambda tx: approvals.of(tx, CHANGE.id)) == (replace(APPROVAL, withdrawn=AT + MINUTE), again)


@pytest.mark.parametrize(("change_id", "approval"), [("CR-0", APPROVAL), (CHANGE.id, replace(APPROVAL, expires=AT))])
async def test_a_decision_about_nothing_or_for_no_time_is_refused(changed, change_id, approval):
    with pytest.raises(Conflict):
        await changed.write(lambda tx: approvals.add(tx, change_id, approval))


# ---------------------------------------------------------------- artifacts


async def test_a_version_names_what_it_named_first(store):
    moved = replace(ARTIFACT, digest=OTHER_DIGEST, authors=None)
    assert await store.read(lambda tx: artifacts.registered(tx, "api", "v1.4.0")) is None
    assert await store.write(lambda tx: artifacts.first_seen(tx, ARTIFACT, AT)) == ARTIFACT
    assert await store.write(lambda tx: artifacts.first_seen(tx, moved, AT + HOUR)) == ARTIFACT
    assert await store.read(lambda tx: artifacts.registered(tx, "api", "v1.4.0")) == ARTIFACT
    assert await store.read(lambda tx: artifacts.registered(tx, "web", "v1.4.0")) is None


async def test_a_tag_of_another_repository_is_kept_as_it_was_first_seen(store):
    """PRM-05: each repository for itself, and one that was not read at first is added later."""
    one, other = Pin("acme/config", COMMIT, "7a" * 20), Pin("acme/models", COMMIT, "7b" * 20)
    await store.write(lambda tx: artifacts.first_seen(tx, replace(ARTIFACT, pins=(one,)), AT))
    later = replace(ARTIFACT, pins=(replace(one, object="0d" * 20), other))
    assert (await store.write(lambda tx: artifacts.first_seen(tx, later, AT + HOUR))).pins == (one, other)


async def test_of_all_who_find_the_same_one_tells_it(store):
    found = await asyncio.gather(*(store.write(lambda tx, key=key: alerts.first(tx, key, AT)) for key in ("a", "b") * 4))
    assert found.count(True) == 2


async def test_authors_that_nobody_told_are_not_nobody(store):
    untold = Artifact("web", "v1.0.0", OTHER_DIGEST, COMMIT, None, None)
    assert await store.write(lambda tx: artifacts.first_seen(tx, untold, AT)) == untold
    assert (await store.write(lambda tx: artifacts.first_seen(tx, ARTIFACT, AT))).reviewers == frozenset()


async def test_of_two_first_sights_at_once_one_is_kept(store):
    one, other = ARTIFACT, replace(ARTIFACT, digest=OTHER_DIGEST)
    seen = await asyncio.gather(*(store.write(lambda tx, a=a: artifacts.first_seen(tx, a, AT)) for a in (one, other) * 5))
    assert len(set(seen)) == 1


async def test_a_digest_that_is_none_is_refused(store):
    with pytest.raises(Conflict):
        await store.write(lambda tx: artifacts.first_seen(tx, replace(ARTIFACT, digest="latest"), AT))


# ---------------------------------------------------------------- deployments


async def test_the_newest_success_is_what_runs(changed):
    old = DEPLOYMENT
    new = replace(DEPLOYMENT, version="v1.5.0", at=AT + HOUR, change=CHANGE.id)
    late = replace(DEPLOYMENT, version="v1.3.0", at=AT - HOUR)  # heard of last, but older
    staging = replace(DEPLOYMENT, environment="staging", version="v1.6.0")
    web = replace(DEPLOYMENT, service="web")
    await changed.write(lambda tx: [deployments.add(tx, one) for one in (old, new, late, staging, web)])

    assert await changed.read(lambda tx: deployments.running(tx, "api", "production")) == new
    assert await changed.read(lambda tx: deployments.running(tx, "api", "dev")) is None
    assert await changed.read(lambda tx: deployments.proof(tx, "api", "production", "v1.4.0")) == old
    assert await changed.read(lambda tx: deployments.proof(tx, "api", "production", "v1.6.0")) is None
    assert await changed.read(lambda tx: deployments.overview(tx, None)) == [new, staging, web]
    assert await changed.read(lambda tx: deployments.overview(tx, "web")) == [web]


async def test_what_took_the_place_of_a_version_is_the_first_that_came_after_it(store):
    second, third = replace(DEPLOYMENT, version="v1.5.0", at=AT + HOUR), replace(DEPLOYMENT, version="v1.6.0", at=AT + 2 * HOUR)
    elsewhere = replace(DEPLOYMENT, environment="staging", version="v1.7.0", at=AT + HOUR / 2)

    async def replaced(*there):
        await store.write(lambda tx: [deployments.add(tx, one) for one in there])
        return await store.read(lambda tx: deployments.replaced(tx, DEPLOYMENT))

    assert await replaced() is None
    assert await replaced(DEPLOYMENT, elsewhere) is None
    assert await replaced(replace(DEPLOYMENT, version="v1.3.0")) == replace(DEPLOYMENT, version="v1.3.0")  # at the same moment
    assert await replaced(second, third) == second


async def test_of_two_at_the_same_moment_the_later_row_runs(store):
    twin = replace(DEPLOYMENT, version="v1.5.0")
    await store.write(lambda tx: [deployments.add(tx, one) for one in (DEPLOYMENT, twin)])
    assert await store.read(lambda tx: deployments.running(tx, "api", "production")) == twin
    assert await store.read(lambda tx: deployments.overview(tx, None)) == [twin]


async def test_a_change_has_one_success(changed):
    mine = replace(DEPLOYMENT, change=CHANGE.id)
    await changed.write(lambda tx: deployments.add(tx, mine))
    for bad in (mine, replace(mine, change="CR-0")):
        with pytest.raises(Conflict):
            await changed.write(lambda tx, one=bad: deployments.add(tx, one))
    await changed.write(lambda tx: [deployments.add(tx, DEPLOYMENT) for _ in range(2)])  # CI by itself, as often as it likes


# ---------------------------------------------------------------- freezes


async def test_freeze_ids_count_apart_from_changes(store):
    day = date(2026, 11, 21)
    assert await store.write(lambda tx: (changes.next_id(tx, day), freezes.next_id(tx, day), freezes.next_id(tx, day))) == (
        "CR-2026-1121-001",
        "FRZ-2026-1121-001",
        "FRZ-2026-1121-002",
    )


@pytest.mark.parametrize("services", [None, (), ("api", "web")])
async def test_a_freeze_comes_back_as_it_was(store, services):
    freeze = replace(FREEZE, services=services, blocks=tuple(Blocked), passes=(ChangeType.EMERGENCY, ChangeType.STANDARD))
    await store.write(lambda tx: freezes.add(tx, freeze))
    assert await store.read(lambda tx: freezes.get(tx, freeze.id)) == freeze
    assert await store.read(lambda tx: freezes.get(tx, "FRZ-0")) is None


async def test_current_are_those_that_have_not_ended(store):
    coming = replace(FREEZE, id="FRZ-2", start=AT + 40 * HOUR, end=AT + 50 * HOUR)
    await store.write(lambda tx: [freezes.add(tx, one) for one in (coming, FREEZE)])

    async def current(at):
        return await store.read(lambda tx: freezes.current(tx, at))

    assert await current(AT - HOUR) == (FREEZE, coming)
    assert await current(FREEZE.end - timedelta(microseconds=1)) == (FREEZE, coming)
    assert await current(FREEZE.end) == (coming,)
    assert await current(coming.end) == ()


async def test_a_freeze_is_lifted_once(store):
    await store.write(lambda tx: freezes.add(tx, FREEZE))
    at = AT + HOUR
    lifted = await store.write(lambda tx: freezes.lift(tx, FREEZE.id, at, "vera@example.com"))
    assert lifted == replace(FREEZE, lifted=at, lifted_by="vera@example.com") == await store.read(lambda tx: freezes.get(tx, FREEZE.id))
    assert await store.read(lambda tx: freezes.current(tx, at)) == ()
    with pytest.raises(LostRace):
        await store.write(lambda tx: freezes.lift(tx, FREEZE.id, at, "vera@example.com"))


async def test_a_freeze_is_approved_once_and_counts_from_then_on(store):
    waits = replace(FREEZE, in_force=None, approved=None, approved_by=None)
    await store.write(lambda tx: freezes.add(tx, waits))
    at = AT + HOUR
    approved = await store.write(lambda tx: freezes.approve(tx, FREEZE.id, at, "vera@example.com"))
    assert approved == replace(FREEZE, in_force=at, approved=at) == await store.read(lambda tx: freezes.get(tx, FREEZE.id))
    with pytest.raises(LostRace):
        await store.write(lambda tx: freezes.approve(tx, FREEZE.id, at, "rob@example.com"))


async def test_what_counted_before_it_was_approved_counts_from_then_on(store):
    await store.write(lambda tx: freezes.add(tx, replace(FREEZE, approved=None, approved_by=None)))
    assert (await store.write(lambda tx: freezes.approve(tx, FREEZE.id, AT + HOUR, "vera@example.com"))).in_force == AT


async def test_of_two_who_extend_a_freeze_one_does(store):
    await store.write(lambda tx: freezes.add(tx, FREEZE))
    later = FREEZE.end + HOUR
    assert await store.write(lambda tx: freezes.extend(tx, FREEZE, later, AT)) == replace(FREEZE, end=later)
    with pytest.raises(LostRace):
        await store.write(lambda tx: freezes.extend(tx, FREEZE, later + HOUR, AT))
    with pytest.raises(LostRace):
        await store.write(lambda tx: freezes.extend(tx, replace(FREEZE, end=later), later + HOUR, later))


async def test_freezes_of_a_calendar_are_followed_until_they_are_lifted(store):
    mine = replace(FREEZE, calendar="company", uid="sale")
    await store.write(lambda tx: [freezes.add(tx, one) for one in (mine, replace(FREEZE, id="FRZ-2"))])
    moved = replace(mine, start=AT + HOUR, end=FREEZE.end + HOUR, reason="later")
    await store.write(lambda tx: freezes.follow(tx, moved))
    assert await store.read(lambda tx: freezes.of_calendar(tx, "company", FREEZE.end)) == (moved,)
    assert await store.read(lambda tx: freezes.of_calendar(tx, "company", moved.end)) == ()
    assert await store.read(lambda tx: freezes.of_calendar(tx, "other", AT)) == ()

    lifted = await store.write(lambda tx: freezes.lift(tx, mine.id, AT, "calendar:company"))
    assert await store.read(lambda tx: freezes.of_calendar(tx, "company", AT)) == (lifted,)
    with pytest.raises(LostRace):
        await store.write(lambda tx: freezes.follow(tx, moved))
    with pytest.raises(Conflict):
        await store.write(lambda tx: freezes.add(tx, replace(mine, id="FRZ-3", uid=None)))


async def test_how_reading_a_calendar_went_is_remembered(store):
    Reading = freeze_calendars.Reading
    assert await store.write(lambda tx: freeze_calendars.lock(tx, "company")) is None
    await store.write(lambda tx: freeze_calendars.put(tx, "company", AT))
    assert await store.write(lambda tx: freeze_calendars.lock(tx, "company")) == Reading("company", AT)
    await store.write(lambda tx: freeze_calendars.put(tx, "company", AT, AT + HOUR, "away"))
    assert await store.read(freeze_calendars.every) == {"company": Reading("company", AT, AT + HOUR, "away")}
    with pytest.raises(Conflict):
        await store.write(lambda tx: freeze_calendars.put(tx, "company", AT, AT + HOUR, None))


async def test_what_has_ended_or_is_not_there_cannot_be_lifted(store):
    await store.write(lambda tx: freezes.add(tx, FREEZE))
    for freeze_id, at in [(FREEZE.id, FREEZE.end), ("FRZ-0", AT)]:
        with pytest.raises(LostRace):
            await store.write(lambda tx, i=freeze_id, a=at: freezes.lift(tx, i, a, "vera@example.com"))


async def test_a_freeze_that_ends_before_it_starts_or_twice_is_refused(store):
    with pytest.raises(Conflict):
        await store.write(lambda tx: freezes.add(tx, replace(FREEZE, end=FREEZE.start)))
    await store.write(lambda tx: freezes.add(tx, FREEZE))
    with pytest.raises(Conflict):
        await store.write(lambda tx: freezes.add(tx, FREEZE))


# ---------------------------------------------------------------- claims

CLAIM = Claim(f"{CHANGE.id}.1", CHANGE.id, AT)


async def test_a_place_is_held_by_one_and_given_back(changed):
    other = Claim(f"{change(2).id}.1", change(2).id, AT)

    async def take(environment, claim):
        return await changed.write(lambda tx: claims.take(tx, "api", environment, claim))

    assert await take("production", CLAIM) is True
    assert await take("production", other) is False
    assert await take("staging", other) is True
    places = [("api", "production"), ("api", "staging"), ("api", "dev"), ("api", "test"), ("web", "production"), ("ads", "production")]
    held = [await changed.read(lambda tx, place=place: claims.held(tx, *place)) for place in places]
    assert held == [CLAIM, other, None, None, None, None]
    assert await changed.write(lambda tx: claims.release(tx, "CR-0.1")) is False
    assert await changed.write(lambda tx: claims.release(tx, other.key)) is True
    assert await changed.read(lambda tx: claims.held(tx, "api", "production")) == CLAIM
    assert await changed.write(lambda tx: claims.release(tx, CLAIM.key)) is True
    assert await changed.read(lambda tx: claims.held(tx, "api", "production")) is None
    assert await take("production", CLAIM) is True


async def test_of_many_who_take_a_place_at_once_one_gets_it(changed):
    got = await asyncio.gather(
        *(
            changed.write(lambda tx, n=n: claims.take(tx, "api", "production", Claim(f"{CHANGE.id}.{n}", CHANGE.id, AT)))
            for n in range(1, 21)
        )
    )
    assert sorted(got) == [False] * 19 + [True]


@pytest.mark.parametrize("claim", [CLAIM, replace(CLAIM, change=change(2).id), replace(CLAIM, key="x.1"), Claim("CR-0.1", "CR-0", AT)])
async def test_a_change_or_a_key_holds_one_place(changed, claim):
    await changed.write(lambda tx: claims.take(tx, "api", "production", CLAIM))
    with pytest.raises(Conflict):
        await changed.write(lambda tx: claims.take(tx, "api", "staging", claim))


# ---------------------------------------------------------------- cards


async def test_a_subject_has_one_card(store):
    first, second = cards.Place("CR-1", "C1", "1.1"), cards.Place("CR-1", "C2", "2.2", "1.0")
    assert await store.read(lambda tx: cards.place(tx, "CR-1")) is None
    for place in (first, second):
        await store.write(lambda tx, p=place: cards.put(tx, p))
        assert await store.read(lambda tx: cards.place(tx, "CR-1")) == place


# ---------------------------------------------------------------- moments


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-11))),
        datetime(999, 1, 1, tzinfo=UTC),
    ],
)
async def test_a_moment_comes_back_aware_in_utc_and_compares(store, moment):
    await store.write(lambda tx: freezes.add(tx, replace(FREEZE, start=moment - HOUR, end=moment)))
    back = await store.read(lambda tx: freezes.get(tx, FREEZE.id))
    assert back.end == moment
    assert back.end.tzinfo is UTC
    # compared in the database, on both sides of the moment
    assert await store.read(lambda tx: freezes.current(tx, moment)) == ()
    assert len(await store.read(lambda tx: freezes.current(tx, moment - timedelta(microseconds=1)))) == 1


async def test_a_moment_without_a_zone_is_never_stored(store):
    with pytest.raises(ValueError, match="time zone"):
        await store.write(lambda tx: freezes.add(tx, replace(FREEZE, end=FREEZE.end.replace(tzinfo=None))))
