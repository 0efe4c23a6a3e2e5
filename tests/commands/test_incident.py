"""Incidents: opened, changed and closed by people; what they hold, what belongs to them, what ran, and what was done (INC-01 … INC-07)."""

from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.bundle_records import records
from commands.core.collect import recorded_of
from commands.core.ports.ci import RunState
from guards.lifecycle import State
from guards.policy import Policy
from storage import incidents
from tests.commands.test_home import opens, presses
from tests.world.company import policy_data
from tests.world.world import World

ID = "INC-2026-1124-001"


def policy(**rules):
    """The world's policy, in which Carla leads incidents and one of SEV-2 or graver holds production."""
    data = policy_data()
    roles = {**data["roles"], "incident_commander": [{"people": ["carla@acme.example"]}], "on_call": [{"people": ["dev@acme.example"]}]}
    allow = {**data["allow"], "incident": {"production": ["incident_commander", "on_call"]}}
    return policy_data(roles=roles, allow=allow, incidents={"blocks": {"production": "SEV-2"}, **rules})


@pytest.fixture
async def world(database_url):
    async with World(database_url, policy()) as made:
        yield made


async def opened(world, severity="SEV-1", **words):
    words = {"title": "checkout fails", "services": "api"} | words
    said = " ".join(f'{name}="{value}"' for name, value in words.items() if value)
    await world.say("dev", f"/release incident open {severity} {said}")
    return ID


async def test_an_incident_is_opened_in_words_and_has_one_card(world):
    await opened(world, commander="carla@acme.example")

    assert await world.news() == ["incident-open:accepted", "incident:opened"]
    assert world.told("dev") == snapshot("""\
🚨 INC-2026-1124-001 is open
🚨 INC-2026-1124-001 SEV-1 checkout fails: api, led by Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
What ran when it began: /release incident context INC-2026-1124-001
What belongs to it: /release incident link INC-2026-1124-001 <id>\
""")
    assert world.shown(world.card("alerts")) == snapshot("""\
🚨 SEV-1: checkout fails
Severity
SEV-1: Production is down, data is being lost, or security is breached.
Services
api
Impact since
today 11:00 (Tue 11:00 Europe/Berlin)
Impact until
not yet
Led by
Carla Captain
Told by
Dev Author
Holds
changes into production
Afterwards
a postmortem and security's review of changes
[What ran] [Timeline] [Close]
INC-2026-1124-001\
""")
    assert world.thread("alerts") == snapshot(
        [
            """\
Opened by Dev Author: SEV-1, led by Carla Captain, checkout fails
today 10:00 (Tue 11:00 Europe/Berlin) · INC-2026-1124-001\
"""
        ]
    )

    await world.say("dev", f'/release incident update {ID} severity=sev-2 title="some checkouts fail"')
    assert await world.news() == ["incident-update:accepted", "incident:changed"]
    assert len(world.cards("alerts")) == 1
    assert world.shown(world.card("alerts")).startswith("🚨 SEV-2: some checkouts fail")
    await world.say("dev", f"/release incident update {ID}")
    assert await world.codes() == ["incomplete"]


async def test_what_is_missing_is_asked_for(world, golden):
    await world.say("dev", "/release incident open")
    golden("form-incident", world.drawn("views.open"))
    await world.fill("dev", severity="SEV-2", title="checkout fails", since=world.clock.at + timedelta(hours=1))
    assert "It would begin only later." in world.told("dev")
    await world.say("dev", "/release incident open")
    await world.fill("dev", severity="SEV-2", title="checkout fails", services="api", commander="carla@acme.example")
    assert await world.news() == ["incident-open:refused", "incident-open:accepted", "incident:opened"]
    one = await world.house.store.read(lambda tx: incidents.get(tx, ID))
    assert (one.severity, one.services, one.commander, one.commander_name) == (2, ("api",), "carla@acme.example", "Carla Captain")
    assert one.opened_at == world.clock.at


async def test_bad_words_are_answered_and_nothing_is_opened(world, subtests):
    for words, said in {
        'open SEV-9 title="x y"': "there is no severity 'SEV-9', did you mean",
        'open SEV-1 title="x y" services=ape': "there is no service 'ape'",
        'open SEV-1 title="x y" since=tomorrow': "'tomorrow' is no moment",
        'open SEV-1 title="x y" commander=nobody@elsewhere.example': "is nobody in the policy file",
        "update INC-9 severity=SEV-1": "There is no incident INC-9.",
        "close INC-9": "There is no incident INC-9.",
        "context INC-9": "There is no incident INC-9.",
        "timeline INC-9": "There is no incident INC-9.",
        "link INC-9 CR-2026-1124-001": "There is no incident INC-9.",
        "context ../etc": "'../etc' is no incident",
    }.items():
        with subtests.test(words):
            before = len(await world.ledger())
            await world.say("dev", f"/release incident {words}")
            assert said in world.told("dev")
            assert len(await world.ledger()) == before + 1
    assert await world.house.store.read(incidents.still_open) == ()


async def test_only_whom_the_policy_names_opens_and_closes_one(world):
    await world.say("audrey", '/release incident open SEV-1 title="checkout fails"')
    assert "not-permitted" in await world.codes()
    await opened(world)
    await world.say("audrey", f"/release incident close {ID} mechanism=back verification=graphs")
    assert "not-permitted" in await world.codes()
    await world.say("audrey", "/release incident list")
    assert ID in world.told("audrey")


async def test_an_open_incident_holds_what_is_asked_for_and_its_mild_twin_does_not(world):
    await world.on_staging()
    await opened(world, "SEV-3")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING

    await world.say("carla", "/release cancel CR-2026-1124-002")
    await world.say("dev", f"/release incident update {ID} severity=SEV-2")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "open-incident" in await world.codes()
    assert world.told("carla") == snapshot("""\
⛔ Refused: promote api v1.4.0 production
INC-2026-1124-001 (SEV-2, api) is open: checkout fails. production stands still meanwhile.
→ Wait until it is closed, or ask whoever works on it. What goes back to an older version that ran there before passes, and so does an emergency by its record.
reason: open-incident
Once that is mended, it would still wait:
api v1.4.0 in production has 0 of 1 approvals.
Nothing was started. id <id>\
""")
    await world.say("dev", "/release promote api v1.4.0 staging")
    assert "open-incident" not in await world.codes()  # staging is not held


async def test_one_that_is_opened_after_the_request_holds_the_dispatch_until_it_is_closed(world):
    change = await world.asked()
    before = len(world.ci.started)
    await opened(world)
    assert f"Incident\n🚨 {ID} (SEV-1, api) is open: checkout fails." in world.shown()
    await world.press("rita", "Approve")
    assert "open-incident" in await world.codes()
    await world.say("dev", f'/release incident close {ID} mechanism="went back" verification="error rate is normal"')
    await world.wait(seconds=1)
    await world.approve("rita", "graphs read")
    assert len(world.ci.started) == before + 1
    assert (await world.change(change)).state is State.RUNNING or (await world.change(change)).state is State.DISPATCHING


async def test_one_that_is_opened_between_approval_and_window_holds_what_was_approved(world):
    """The freeze's sibling: judged again in the transaction that dispatches."""
    await world.on_staging()
    world.clock.at += timedelta(hours=6)  # the window is over
    await world.say("carla", "/release promote api v1.4.0 production queue=yes")
    change = (await world.change()).id
    await world.approve("rita")
    await opened(world)
    started = len(world.ci.started)
    await world.wait(hours=17)  # the next morning, inside the window
    assert len(world.ci.started) == started
    assert (await world.change(change)).state is State.WAITING
    assert ID in (await world.change(change)).why
    await world.say("dev", f'/release incident close {ID} mechanism="went back" verification="error rate is normal"')
    await world.wait(seconds=1)
    assert len(world.ci.started) == started + 1


async def test_going_back_to_what_ran_there_before_passes(world):
    world.publish("v1.3.0")
    await world.on_staging("v1.3.0", "sha256:" + "b2" * 32)
    await world.runs_in("production", "v1.3.0", digest="sha256:" + "b2" * 32)
    await world.runs_in("production", "v1.4.0")
    await opened(world)
    await world.say("carla", "/release promote api v1.3.0 production")
    assert "open-incident" not in await world.codes()
    assert (await world.change()).content.version == "v1.3.0"

    await world.approve("rita")
    await world.ci_says(RunState.SUCCEEDED)
    await world.say("carla", "/release promote api v1.4.0 production")  # what is under suspicion ran there before too
    assert "open-incident" in await world.codes()


async def test_closing_says_how_service_was_restored_and_a_grave_one_owes_a_postmortem(world):
    await opened(world, commander="carla@acme.example")
    await world.press("carla", "Close", world.card("alerts"))
    await world.fill("carla", mechanism="went back to v1.3.0", verification="error rate below 0.1 %", cause="a slow query")
    await world.news()
    assert world.shown(world.card("alerts")) == snapshot("""\
✅ SEV-1: checkout fails (closed)
Severity
SEV-1: Production is down, data is being lost, or security is breached.
Services
api
Impact since
today 11:00 (Tue 11:00 Europe/Berlin)
Impact until
today 11:00 (Tue 11:00 Europe/Berlin)
Led by
Carla Captain
Told by
Dev Author
Holds
nothing
Afterwards
a postmortem and security's review of changes
How service was restored
went back to v1.3.0
What shows it
error rate below 0.1 %
Cause
a slow query
Follow-ups
⬜ OBL-2026-1124-001 Write the blameless postmortem of INC-2026-1124-001: checkout fails (Carla Captain, until Nov 29, 2026 11:00 (Sun 11:00 Europe/Berlin))
[What ran] [Timeline]
INC-2026-1124-001\
""")
    await world.say("carla", f"/release follow-up list {ID}")
    assert f"Write the blameless postmortem of {ID}" in world.told("carla")

    await world.say("carla", f"/release incident close {ID} mechanism=again verification=again")
    assert await world.codes() == ["wrong-state"]


async def test_a_mild_one_owes_none(world):
    await opened(world, "SEV-4")
    await world.say("dev", f"/release incident close {ID} mechanism=restarted verification=graphs")
    assert "obligation:owed" not in await world.tags()


async def test_what_ran_when_it_began_and_what_had_changed(world):
    """INC-01, INC-02, INC-03."""
    world.publish("v1.3.0")
    await world.runs_in("production", "v1.3.0", digest="sha256:" + "b2" * 32)
    await world.wait(minutes=30)
    await world.running()
    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(minutes=20)
    await opened(world, since="2026-11-24T11:40")
    await world.say("audrey", f"/release incident context {ID.lower()}")
    assert world.told("audrey") == snapshot("""\
🔎 INC-2026-1124-001: what ran
Incident
🚨 INC-2026-1124-001 SEV-1 checkout fails: api, today 11:40 (Tue 11:40 Europe/Berlin)
As of today 11:40 (Tue 11:40 Europe/Berlin)
What ran then
api in production: v1.4.0, commit c0ffee0000000000000000000000000000000000, sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1, since today 11:30 (Tue 11:30 Europe/Berlin), by CR-2026-1124-002
What had changed before
api in production: v1.4.0 after v1.3.0, today 11:30 (Tue 11:30 Europe/Berlin)
api in production: v1.3.0, the first that is known, today 11:00 (Tue 11:00 Europe/Berlin)
On its way now
nothing
Flags and settings
Others are not known here: the bot changes none.
Record of the incident
CR-2026-1124-002: approved by Rita Manager; it went out in the window weekdays
Rollback mechanism: not yet said
Verification: not yet said
Follow-ups: none yet; /release follow-up add INC-2026-1124-001 …
INC-2026-1124-001\
""")

    await world.say("audrey", f"/release incident context {ID} at=11:10")
    assert "api in production: v1.3.0, commit " in world.told("audrey")
    await world.say("audrey", f"/release incident context {ID} at=2h service=api")
    assert "api in production: nothing that is known" in world.told("audrey")
    await world.say("audrey", f"/release incident context {ID} at=2030-01-01T10:00")
    assert "is still to come" in world.told("audrey")
    await world.say("audrey", f"/release incident context {ID} at=soon")
    assert "'soon' is no moment" in world.told("audrey")


async def test_the_timeline_and_the_decisions_fill_themselves_from_the_ledger(world):
    """INC-04."""
    change = await world.running()
    await opened(world)
    await world.say("dev", f"/release incident link {ID} {change}")
    assert await world.news() == ["incident-open:accepted", "incident:opened", "incident-link:accepted", "incident:linked"]
    await world.say("dev", f"/release incident link {ID} {change}")
    assert await world.news() == ["incident-link:accepted"]
    await world.say("dev", f"/release incident link {ID} CR-2026-1124-099")
    assert await world.codes() == ["no-such-record"]
    await world.ci_says(RunState.SUCCEEDED)
    await world.freeze(kind="incident", reason="checkout fails")
    await world.say("dev", f"/release incident link {ID} FRZ-2026-1124-001")

    await world.say("audrey", f"/release incident timeline {ID}")
    assert world.told("audrey") == snapshot("""\
🕰️ INC-2026-1124-001: timeline
🚨 INC-2026-1124-001 SEV-1 checkout fails: api, today 11:00 (Tue 11:00 Europe/Berlin)
Timeline
today 11:00 (Tue 11:00 Europe/Berlin) CR-2026-1124-002 change requested, Carla Captain: api v1.4.0 → production
today 11:00 (Tue 11:00 Europe/Berlin) CR-2026-1124-002 change approval, Rita Manager: api → production – tests and diff read
today 11:00 (Tue 11:00 Europe/Berlin) CR-2026-1124-002 dispatch ordered, Signalbox: api v1.4.0 → production
today 11:00 (Tue 11:00 Europe/Berlin) CR-2026-1124-002 dispatch started, Signalbox: api → production
today 11:00 (Tue 11:00 Europe/Berlin) INC-2026-1124-001 incident opened, Dev Author – checkout fails
today 11:00 (Tue 11:00 Europe/Berlin) INC-2026-1124-001 incident linked, Dev Author – CR-2026-1124-002
today 11:00 (Tue 11:00 Europe/Berlin) CR-2026-1124-002 change succeeded, Signalbox: api v1.4.0 → production
today 11:00 (Tue 11:00 Europe/Berlin) FRZ-2026-1124-001 freeze declared, Rita Manager: → production – checkout fails
today 11:00 (Tue 11:00 Europe/Berlin) INC-2026-1124-001 incident linked, Dev Author – FRZ-2026-1124-001
Decisions
today 11:00 (Tue 11:00 Europe/Berlin) CR-2026-1124-002 change approval, Rita Manager: api → production – tests and diff read
today 11:00 (Tue 11:00 Europe/Berlin) INC-2026-1124-001 incident opened, Dev Author – checkout fails
today 11:00 (Tue 11:00 Europe/Berlin) FRZ-2026-1124-001 freeze declared, Rita Manager: → production – checkout fails
INC-2026-1124-001\
""")
    assert world.thread("alerts") == snapshot(
        [
            """\
Opened by Dev Author: SEV-1, checkout fails
today 10:00 (Tue 11:00 Europe/Berlin) · INC-2026-1124-001\
""",
            """\
CR-2026-1124-002 belongs to it (Dev Author)
today 10:00 (Tue 11:00 Europe/Berlin) · INC-2026-1124-001\
""",
            """\
CR-2026-1124-002 api v1.4.0: Succeeded after 0 s.
today 10:00 (Tue 11:00 Europe/Berlin) · INC-2026-1124-001\
""",
            """\
FRZ-2026-1124-001 belongs to it (Dev Author)
today 10:00 (Tue 11:00 Europe/Berlin) · INC-2026-1124-001\
""",
        ]
    )


async def test_the_list_shows_what_is_open_and_what_ended(world):
    await world.say("dev", "/release incident list")
    assert world.told("dev").startswith("🌤️ No open incident")
    await opened(world, "SEV-4")
    await world.say("dev", f"/release incident close {ID} mechanism=restarted verification=graphs")
    await opened(world, services="")
    await world.say("dev", "/release incident list")
    assert world.told("dev") == snapshot("""\
🚨 Open incidents
🚨 INC-2026-1124-002 SEV-1 checkout fails: all services, today 11:00 (Tue 11:00 Europe/Berlin)
✅ INC-2026-1124-001 SEV-4 checkout fails: api, today 11:00 (Tue 11:00 Europe/Berlin) until today 11:00 (Tue 11:00 Europe/Berlin)
[What ran: INC-2026-1124-002]\
""")


async def test_without_a_word_in_the_policy_an_incident_holds_nothing(database_url):
    data = policy(blocks={})
    async with World(database_url, data) as world:
        await world.on_staging()
        await opened(world)
        await world.say("carla", "/release promote api v1.4.0 production")
        assert (await world.change()).state is State.AWAITING
        assert Policy.model_validate(data).incidents.blocks == {}


async def test_what_happens_to_a_change_is_news_in_the_thread_of_the_incident(world):
    """INC-03, INC-04."""
    await world.running()
    await opened(world)
    await world.ci_says(RunState.FAILED)
    assert any("CR-2026-1124-002 api v1.4.0: Failed" in line for line in world.thread("alerts"))
    before = len(world.thread("alerts"))
    await world.say("dev", f"/release incident close {ID} mechanism=restarted verification=graphs")
    await world.runs_in("dev", "v1.5.0")
    assert len(world.thread("alerts")) == before + 1  # that it was closed


async def test_an_action_becomes_a_control_that_somebody_owes(world):
    """INC-05."""
    await opened(world)
    words = f'{ID} control=monitor what="alert on the queue" owner=olga@acme.example due=2026-12-01T18:00'
    await world.say("dev", f"/release incident action {words}")
    assert await world.news() == ["incident-open:accepted", "incident:opened", "incident-action:accepted", "obligation:owed"]
    assert "monitor: alert on the queue (Olga Owner, until" in world.told("dev")
    await world.say("audrey", f"/release incident context {ID}")
    assert "monitor: alert on the queue" in world.told("audrey")
    for wrong, said in {
        words.replace("monitor", "hope"): "'test', 'monitor', 'runbook', 'gate', 'flag-default' or 'rollout-policy'",
        words.replace(ID, "INC-9"): "There is no incident INC-9.",
    }.items():
        await world.say("dev", f"/release incident action {wrong}")
        assert said in world.told("dev")
    await world.say("dev", f"/release incident action {words.replace('2026-12-01', '2026-11-01')}")
    assert "It would be due at once." in world.form("dev").as_text()
    assert "obligation:owed" not in await world.news()

    await world.say("olga", "/release follow-up done OBL-2026-1124-001 the alert is live")
    await world.say("audrey", f"/release incident timeline {ID}")
    assert "obligation done, Olga Owner" in world.told("audrey")


async def test_whoever_is_on_call_hears_of_a_release_before_it_goes_out(world):
    """INC-08."""
    await world.asked()
    assert "📣 Soon in production: api v1.4.0" in world.told("dev")
    assert (await world.body("on-call:told")) == {"told": ["dev@acme.example"], "unread": False}
    assert not any(order.environment == "production" for order in world.ci.started)
    assert "Soon in production" not in world.told("carla")


async def test_the_home_of_whoever_leads_shows_what_is_open(world):
    await opened(world, commander="carla@acme.example")
    assert await opens(world, "audrey") == snapshot("""\
🚦 Releases
Waits for you
Nothing waits for you.
Open incidents
🚨 INC-2026-1124-001 SEV-1 checkout fails: api, led by Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
What runs where
api: dev nothing yet · staging nothing yet · production nothing yet
web: dev nothing yet · staging nothing yet · production nothing yet
Next allowed in production
api in production, web in production: open now (weekdays), until today 16:00 (Tue 16:00 Europe/Berlin)
Freezes
none
as of today 11:00 (Tue 11:00 Europe/Berlin)\
""")
    assert f"[What ran: {ID}] [Close {ID}]" in await opens(world, "carla")
    assert f"Close {ID}" not in await opens(world, "dev")  # somebody else leads it
    await presses(world, "carla", f"Close {ID}")
    await world.fill("carla", mechanism="restarted", verification="graphs")
    assert "Open incidents" not in await opens(world, "carla")


async def test_the_evidence_of_a_version_names_the_incidents_that_its_changes_belong_to(world):
    """AUD-11."""
    change = await world.running()
    await world.ci_says(RunState.SUCCEEDED)
    await opened(world)
    found = await world.house.store.read(lambda tx: recorded_of(tx, "api", "v1.4.0", world.policy))
    assert found.incidents == ()
    await world.say("dev", f"/release incident link {ID} {change}")
    found = await world.house.store.read(lambda tx: recorded_of(tx, "api", "v1.4.0", world.policy))
    names = [item.name for item in records(found, "api", "v1.4.0", world.clock.at)]
    assert f"deployments/{ID.lower()}.json" in names
