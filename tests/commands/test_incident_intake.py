"""Incidents that come from elsewhere: PagerDuty, incident.io and the contract of docs/incidents.md, by signed webhooks (INC-04, INC-07, SEC-02)."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from inline_snapshot import snapshot

from commands.core import intake
from guards.lifecycle import State
from guards.policy import Policy
from storage import incidents
from tests.commands.test_crash import Held
from tests.commands.test_incident import ID, policy
from tests.world import incident_sources as sent
from tests.world.world import World

SERVICES = {"API Service": ["api"], "PF9WEB1": ["web"], "API": ["api"], "Web shop": ["web"], "Coffee machine": []}
SEVERITIES = {"P1": "SEV-1", "P3": "SEV-3", "Major": "SEV-2", "minor": "SEV-4"}
INTAKE = {
    "pager": {"kind": "pagerduty", "secret": "PAGER_SECRET", "severities": SEVERITIES, "services": SERVICES},
    "io": {"kind": "incident-io", "secret": "IO_SECRET", "field": "Affected services", "severities": SEVERITIES, "services": SERVICES},
    "http": {"kind": "http", "secret": "HTTP_SECRET", "severity": "SEV-3", "others": "none"},
}


@pytest.fixture
def secrets(monkeypatch):
    for name, key in (("PAGER_SECRET", sent.PAGER_KEY), ("IO_SECRET", sent.IO_KEY), ("HTTP_SECRET", sent.HTTP_KEY)):
        monkeypatch.setenv(name, key)


@pytest.fixture
async def world(database_url, secrets):
    async with World(database_url, policy(intake=INTAKE)) as made:
        yield made


async def paged(world, kind="incident.triggered", id="01EVENT", **data):
    headers, body = sent.pagerduty(sent.pagerduty_event(world.clock.at, kind, id, **data))
    return await world.knock("/webhooks/incidents/pager", headers, body)


async def by_io(world, incident, kind="public_incident.incident_created_v2", id="msg_1"):
    headers, body = sent.incident_io(sent.incident_io_event(incident, kind), world.clock.at, id)
    return await world.knock("/webhooks/incidents/io", headers, body)


async def by_http(world, *told, delivery="d-1"):
    headers, body = sent.generic({"delivery": delivery, "incidents": told}, world.clock.at)
    return await world.knock("/webhooks/incidents/http", headers, body)


async def known(world, reference=ID):
    return await world.house.store.read(lambda tx: incidents.get(tx, reference))


async def test_a_page_opens_an_incident_that_holds_its_service_until_it_is_resolved(world):
    await world.on_staging()
    await world.news()
    assert await paged(world) == 202
    assert await world.news() == ["incident:opened"]
    assert world.shown(world.card("alerts")) == snapshot("""\
🚨 SEV-1: A little bump in the road
Severity
SEV-1: Production is down, data is being lost, or security is breached.
Services
api
Impact since
today 11:00 (Tue 11:00 Europe/Berlin)
Impact until
not yet
Led by
nobody yet
Told by
pager, as PGR0VU2 (https://acme.pagerduty.com/incidents/PGR0VU2)
Holds
changes into production
Afterwards
a postmortem and security's review of changes
[What ran] [Timeline] [Close]
INC-2026-1124-001\
""")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "open-incident" in await world.codes()
    await world.say("audrey", "/release incident context pgr0vu2")  # by the name that people know from the pager
    assert world.told("audrey").startswith(f"🔎 {ID}: what ran")

    await world.wait(minutes=5)
    await world.news()
    assert await paged(world, "incident.resolved", "02EVENT", status="resolved") == 202
    assert await world.news() == ["incident:closed", "obligation:owed"]
    assert (await known(world)).closed_at == world.clock.at
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING

    await world.wait(minutes=1)
    await world.news()
    assert await paged(world, "incident.reopened", "03EVENT") == 202
    assert await world.news() == ["incident:reopened"]
    assert (await known(world)).closed_at is None
    assert len(world.cards("alerts")) == 1
    assert await world.verified()


async def test_the_same_delivery_again_does_nothing(world):
    """Also when it comes many times at once, and after a restart."""
    headers, body = sent.pagerduty(sent.pagerduty_event(world.clock.at))
    assert await asyncio.gather(*(world.knock("/webhooks/incidents/pager", headers, body) for _ in range(5))) == [202] * 5
    await world.restart()
    assert await world.knock("/webhooks/incidents/pager", {**headers, "X-Webhook-Id": "another"}, body) == 202
    assert await world.news() == ["incident:opened"]
    assert len(await world.house.store.read(incidents.still_open)) == 1


async def test_an_older_word_never_replaces_a_newer_one(world):
    old = sent.pagerduty(sent.pagerduty_event(world.clock.at, id="01LATE"))
    await world.wait(minutes=5)
    assert await paged(world, "incident.resolved", "02EVENT", status="resolved") == 202
    assert await world.knock("/webhooks/incidents/pager", *old) == 202
    assert (await known(world)).closed_at is not None
    assert await world.news() == ["incident:opened", "incident:closed", "obligation:owed"]


async def test_a_new_word_that_says_the_same_changes_nothing(world):
    await paged(world)
    created = sent.iso(world.clock.at)
    await world.wait(minutes=5)
    assert await paged(world, "incident.acknowledged", "02EVENT", status="acknowledged", created_at=created) == 202
    assert await world.news() == ["incident:opened"]
    assert (await known(world)).heard_at == world.clock.at
    await paged(world, "incident.priority_updated", "03EVENT", created_at=created, priority={"summary": "p3"})
    assert await world.news() == ["incident:changed"]
    assert (await known(world)).severity == 3


async def test_incident_io_names_services_severity_and_who_leads(world):
    assert await by_io(world, sent.incident_io_incident(world.clock.at)) == 202
    one = await known(world)
    assert (one.known_as, one.severity, one.services, one.commander_name) == ("INC-123", 2, ("api", "web"), "Carla Captain")
    await world.wait(minutes=5)
    closed = sent.incident_io_incident(world.clock.at, "closed", created_at=sent.iso(one.opened_at))
    assert await by_io(world, {"incident": closed}, "public_incident.incident_status_updated_v2", "msg_2") == 202
    assert (await known(world)).closed_at == world.clock.at
    await world.say("audrey", "/release incident timeline inc-123")
    assert f"{ID} incident closed, io" in world.told("audrey")


async def test_words_that_the_policy_does_not_name_count_as_the_gravest_and_as_all_services_unless_it_says_otherwise(world):
    await paged(world, service={"id": "PXX", "summary": "Unheard of"}, priority={"summary": "P9"})
    assert ((await known(world)).severity, (await known(world)).services) == (1, None)
    await by_http(world, sent.generic_incident(world.clock.at, services=["Unheard of"], severity="odd"))
    other = await known(world, "INC-2026-1124-002")
    assert (other.severity, other.services) == (3, ())
    await by_io(world, sent.incident_io_incident(world.clock.at, custom_field_entries=[
        {"custom_field": {"name": "Affected services"}, "values": [{"value_text": "coffee machine"}]}]))  # fmt: skip
    assert (await known(world, "INC-2026-1124-003")).services == ()


async def test_what_people_closed_stays_closed_as_they_said_and_a_newer_word_opens_it_again(world):
    await paged(world)
    await world.say("dev", f"/release incident close {ID} mechanism=restarted verification=graphs")
    closed = await known(world)
    await world.wait(minutes=5)
    await paged(world, "incident.resolved", "02EVENT", status="resolved", created_at=sent.iso(closed.opened_at))
    assert ((await known(world)).closed_at, (await known(world)).closed_by) == (closed.closed_at, "dev@acme.example")
    assert (await known(world)).mechanism == "restarted"


async def test_what_is_forged_stale_or_malformed_is_turned_away_and_nothing_is_opened(world, subtests):
    event = sent.pagerduty_event(world.clock.at)
    headers, body = sent.pagerduty(event)
    stale = sent.pagerduty(sent.pagerduty_event(world.clock.at - timedelta(hours=25)))
    for story, status, path, signed in (
        ("forged", 401, "pager", sent.pagerduty(event, "another-secret-0123456789")),
        ("unsigned", 401, "pager", ({}, body)),
        ("tampered with", 401, "pager", (headers, body.replace(b"little", b"BIGGER"))),
        ("stale", 401, "pager", stale),
        ("to another source", 401, "io", (headers, body)),
        ("to none", 404, "nobody", (headers, body)),
        ("not JSON", 400, "pager", sent.pagerduty(b"{")),
        ("no incident in it", 400, "pager", sent.pagerduty({**event, "data": {"type": "incident"}})),
        ("a word from the future", 400, "http", sent.generic(
            {"delivery": "d", "incidents": [sent.generic_incident(world.clock.at + timedelta(hours=1))]}, world.clock.at)),
        ("signed for another path", 401, "http", sent.generic({"delivery": "d"}, world.clock.at, "other")),
    ):  # fmt: skip
        with subtests.test(story):
            assert await world.knock(f"/webhooks/incidents/{path}", *signed) == status
    assert await world.house.store.read(incidents.still_open) == ()
    assert await world.news() == []
    assert await world.house.store.read(incidents.heard) == {}


async def test_a_title_is_data_wherever_it_is_shown(world):
    await paged(world, title="<!channel> *look* `rm -rf` <https://evil.example|here>")
    assert "<!channel>" not in world.card("alerts").text  # what notifications show is markup, so it stands there escaped
    assert "🚨 SEV-1: <!channel> *look* `rm -rf` <https://evil.example|here>" in world.shown(world.card("alerts"))


async def test_silence_is_not_peace_where_the_policy_says_so(database_url, secrets):
    """INC-07; no read that failed counts as a yes."""
    intake = {"http": {**INTAKE["http"], "silent_after": "1h"}}
    async with World(database_url, policy(intake=intake)) as world:
        await world.on_staging()
        await world.say("carla", "/release promote api v1.4.0 production")
        assert world.told("carla") == snapshot("""\
⚠️ Cannot verify: promote api v1.4.0 production
Could not read the incidents of http: it was never heard.
→ Nothing was started. Try again in a minute; if it stays, ask whoever runs it.
Nothing was started. id <id>\
""")
        assert await by_http(world) == 202  # a heartbeat
        await world.say("carla", "/release promote api v1.4.0 production")
        change = await world.change()
        assert change.state is State.AWAITING

        await world.wait(minutes=61)
        await world.say("dev", "/release incident list")
        assert world.told("dev") == snapshot("""\
🌤️ No open incident
⚠️ http was last heard today 11:00 (Tue 11:00 Europe/Berlin)\
""")
        await world.press("rita", "Approve")
        assert "Cannot verify" in world.told("rita")
        assert await by_http(world, delivery="d-2") == 202
        await world.approve("rita")
        assert (await world.change()).state is State.RUNNING


async def knocked(world, signed):
    """Knock, and wait for the acknowledgement only."""
    headers, body = signed
    url = f"http://127.0.0.1:{world.house.ports[0]}/webhooks/incidents/pager"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status


async def test_what_was_acknowledged_is_carried_out_after_a_crash(world, monkeypatch):
    held = Held()
    monkeypatch.setattr(world.house.road, "carry", held)
    assert await knocked(world, sent.pagerduty(sent.pagerduty_event(world.clock.at))) == 202
    await held.reached.wait()
    await world.die()
    await world.open()
    assert await world.house.store.read(incidents.still_open) == ()
    await world.wait(seconds=61)  # the lease of the dead
    assert (await known(world)).title == "A little bump in the road"
    assert await world.news() == ["incident:opened"]


async def test_what_could_not_be_carried_out_for_a_fault_of_ours_is_told_and_tried_again(world, monkeypatch):
    """An incident that was told is never forgotten: nothing else would bring it back."""

    def broken(*_):
        raise RuntimeError("a fault")

    monkeypatch.setattr(intake, "heard", broken)
    assert await paged(world) == 202
    for _ in range(6):
        await world.wait(seconds=10)
    assert await world.news() == ["fault:given-up"]
    assert "Something broke on my side" in world.shown(world.card("alerts"))
    monkeypatch.undo()
    await world.wait(minutes=5)
    assert await world.news() == ["incident:opened"]


@pytest.mark.both
async def test_two_words_about_a_new_incident_at_once_make_one(world):
    """On two replicas, each with a delivery of its own."""
    words = [
        sent.pagerduty(sent.pagerduty_event(world.clock.at, kind, id))
        for kind, id in (("incident.triggered", "01"), ("incident.escalated", "02"))
    ]
    async with world.replica():
        assert await asyncio.gather(*(knocked(world, word) for word in words)) == [202, 202]
        await world.wait(seconds=3)  # whoever came second tries again
        await world.wait(seconds=3)
    assert [one.known_as for one in await world.house.store.read(incidents.still_open)] == ["PGR0VU2"]
    assert await world.news() == ["incident:opened"]


async def test_a_source_that_the_policy_lost_tells_nothing_that_is_forgotten(world, monkeypatch):
    held = Held()
    monkeypatch.setattr(world.house.road, "carry", held)
    assert await knocked(world, sent.pagerduty(sent.pagerduty_event(world.clock.at))) == 202
    await held.reached.wait()
    await world.die()
    world.policy = Policy.model_validate(policy())
    await world.open()
    await world.wait(seconds=61)
    assert await world.news() == ["incident:unplaced"]
    assert await world.knock("/webhooks/incidents/pager", {}, b"{}") == 404
