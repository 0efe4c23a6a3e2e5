"""Incidents: one row for each, found by what people call them; open until somebody closes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from guards.incident import HERE, Bound, Incident
from storage import incidents
from storage.errors import Conflict, LostRace

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE = Incident("INC-2026-1121-001", "checkout fails", 2, ("api", "web"), AT, "ida@acme.example", "Ida", HERE, "", AT)
TOLD = Incident("INC-2026-1121-002", "high latency", 1, None, AT + HOUR, "pager", "pager", "pager", "INC-123", AT + HOUR)


async def test_people_find_it_by_our_reference_and_by_the_name_that_its_source_gave_it(store):
    await store.write(lambda tx: [incidents.add(tx, one) for one in (ONE, TOLD)])
    assert await store.read(lambda tx: incidents.by_reference(tx, " inc-2026-1121-001 ")) == ONE
    assert await store.read(lambda tx: incidents.by_reference(tx, "inc-123")) == TOLD
    assert await store.read(lambda tx: incidents.by_reference(tx, "INC-124")) is None
    assert await store.read(lambda tx: incidents.by_reference(tx, "")) is None  # those opened here have no other name
    assert await store.write(lambda tx: incidents.from_source(tx, "pager", "INC-123")) == TOLD
    assert await store.write(lambda tx: incidents.from_source(tx, "other", "INC-123")) is None


async def test_of_two_sources_with_one_name_the_one_heard_of_last_is_meant(store):
    newer = replace(TOLD, reference="INC-2026-1121-003", source="other", heard_at=AT + 2 * HOUR)
    await store.write(lambda tx: [incidents.add(tx, one) for one in (newer, TOLD)])
    assert await store.read(lambda tx: incidents.by_reference(tx, "INC-123")) == newer


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"reference": "INC-2026-1121-009"}, id="its source told of it before"),
        pytest.param({"known_as": "INC-124"}, id="the reference is taken"),
        pytest.param({"reference": "INC-2026-1121-009", "known_as": "X", "severity": 0}, id="graver than the gravest"),
        pytest.param({"reference": "INC-2026-1121-009", "known_as": "X", "closed_at": AT}, id="closed by nobody, before it began"),
        pytest.param({"reference": "INC-2026-1121-009", "known_as": ""}, id="from elsewhere, without a name there"),
    ],
)
async def test_what_must_not_be_is_not_stored(store, wrong):
    await store.write(lambda tx: incidents.add(tx, TOLD))
    with pytest.raises(Conflict):
        await store.write(lambda tx: incidents.add(tx, replace(TOLD, **wrong)))


async def test_it_is_open_for_its_services_from_its_first_moment_until_its_last(store):
    await store.write(lambda tx: [incidents.add(tx, one) for one in (ONE, TOLD)])
    closed = replace(ONE, closed_at=AT + 2 * HOUR, closed_by="ida@acme.example")
    await store.write(lambda tx: incidents.update(tx, closed))

    async def of(service, at):
        return [one.reference[-3:] for one in await store.read(lambda tx: incidents.open_for(tx, service, at))]

    moment = timedelta(microseconds=1)
    assert await of("api", AT - moment) == []
    assert await of("api", AT) == ["001"]
    assert await of("db", AT) == []
    assert await of("api", AT + HOUR) == ["002", "001"]  # the gravest first; where nobody knows which services, all
    assert await of("db", AT + HOUR) == ["002"]
    assert await of("api", AT + 2 * HOUR - moment) == ["002", "001"]
    assert await of("api", AT + 2 * HOUR) == ["002"]
    assert await of(None, AT) == ["001"]
    assert await store.read(incidents.still_open) == (TOLD,)
    assert await store.read(lambda tx: incidents.recent(tx, 5)) == (closed,)


async def test_it_does_not_end_before_it_began(store):
    await store.write(lambda tx: incidents.add(tx, ONE))
    with pytest.raises(Conflict):
        await store.write(lambda tx: incidents.update(tx, replace(ONE, closed_at=AT - HOUR, closed_by="ida@acme.example")))


async def test_what_changes_is_written_and_what_it_is_stays(store):
    await store.write(lambda tx: incidents.add(tx, TOLD))
    graver = replace(
        TOLD, title="nobody can pay", services=("api",), commander="ida@acme.example", commander_name="Ida", heard_at=AT + 2 * HOUR
    )

    def change(tx):
        assert incidents.lock(tx, TOLD.reference) == TOLD
        incidents.update(tx, replace(graver, known_as="INC-999", opened_by="somebody"))
        return incidents.get(tx, TOLD.reference)

    assert await store.write(change) == graver
    assert await store.write(lambda tx: incidents.lock(tx, "INC-2026-1121-999")) is None
    with pytest.raises(LostRace):
        await store.write(lambda tx: incidents.update(tx, ONE))

    closed = replace(graver, closed_at=AT + 3 * HOUR, closed_by="pager")
    await store.write(lambda tx: incidents.update(tx, closed))
    assert await store.read(incidents.still_open) == ()
    await store.write(lambda tx: incidents.update(tx, graver))  # reopened where it came from
    assert await store.read(incidents.still_open) == (graver,)


async def test_a_record_is_bound_once(store):
    bound = Bound(ONE.reference, "CR-2026-1121-001", AT, "ida@acme.example", "Ida")
    await store.write(lambda tx: incidents.add(tx, ONE))
    assert [await store.write(lambda tx: incidents.bind(tx, bound)) for _ in range(2)] == [True, False]
    assert await store.read(lambda tx: incidents.bound_to(tx, ONE.reference)) == (bound,)
    assert await store.read(lambda tx: incidents.of_record(tx, bound.record)) == (ONE,)
    assert await store.read(lambda tx: incidents.of_record(tx, "CR-2026-1121-002")) == ()
    with pytest.raises(Conflict):
        await store.write(lambda tx: incidents.bind(tx, replace(bound, incident="INC-2026-1121-999")))


async def test_each_source_is_remembered_by_when_it_was_heard_last(store):
    assert await store.read(incidents.heard) == {}
    for name, at in (("pager", AT), ("other", AT), ("pager", AT + HOUR)):
        await store.write(lambda tx, name=name, at=at: incidents.hear(tx, name, at))
    assert await store.read(incidents.heard) == {"pager": AT + HOUR, "other": AT}
