"""What people owe: recorded, reminded of, told to more people the later it gets, done with evidence (EMG-20, TRN-17, TRN-18)."""

import pytest
from inline_snapshot import snapshot

from guards.incident import Incident
from storage import incidents
from tests.world.world import World

ID = "OBL-2026-1124-001"
ADD = 'follow-up add INC-2026-1124-001 what="an alert on the queue" owner=dev@acme.example due=2026-11-25T12:00 service=api'


@pytest.fixture
async def world(database_url):
    """The company, with an incident that its pager calls P-77."""
    async with World(database_url) as made:
        await paged(made)
        yield made


async def paged(world):
    """There is an incident to follow up."""
    at = world.clock.now()
    known = Incident("INC-2026-1124-001", "queue stuck", 3, ("api",), at, "rob@acme.example", "Rob Reviewer", "pager", "P-77", at)
    await world.house.store.write(lambda tx: incidents.add(tx, known))


async def test_it_is_recorded_told_to_its_owner_and_done_with_what_shows_it(world):
    await world.say("rita", f"/release {ADD}")
    assert await world.news() == ["follow-up-add:accepted", "obligation:owed"]
    assert await world.body("obligation:owed") == snapshot(
        {
            "about": "INC-2026-1124-001",
            "due": "2026-11-25T11:00:00+00:00",
            "evidence": "",
            "kind": "follow-up",
            "owner": "dev@acme.example",
            "text": "an alert on the queue",
        }
    )
    assert world.told("rita") == snapshot("""\
📌 Dev Author owes it
⬜ OBL-2026-1124-001 an alert on the queue (Dev Author, until tomorrow 12:00 (Wed 12:00 Europe/Berlin))\
""")
    assert world.told("dev") == snapshot("""\
📌 This is yours
⬜ OBL-2026-1124-001 an alert on the queue (Dev Author, until tomorrow 12:00 (Wed 12:00 Europe/Berlin))
It belongs to INC-2026-1124-001 (follow-up).
[It is done]\
""")

    await world.say("dev", f"/release follow-up done {ID}")
    await world.fill("dev", shown="dashboard 7")
    assert await world.news() == ["follow-up-done:accepted", "obligation:done"]
    await world.say("dev", "/release follow-up list INC-2026-1124-001")
    assert world.told("dev") == snapshot("""\
📌 Follow-ups of INC-2026-1124-001
✅ OBL-2026-1124-001 an alert on the queue (Dev Author, today 11:00 (Tue 11:00 Europe/Berlin)): dashboard 7\
""")
    await world.news()

    await world.say("dev", f"/release follow-up done {ID} once more")
    assert (await world.news(), await world.codes()) == (["follow-up-done:refused"], ["wrong-state"])


async def test_its_owner_is_reminded_before_and_others_too_the_later_it_gets(world):
    await world.say("rita", f"/release {ADD}")
    await world.news()
    told = []
    for hours in (21, 4, 24, 24):
        await world.wait(hours=hours)
        await world.quiet()
        body = await world.body("obligation:reminded")
        told.append((body["step"], body["overdue"], body["told"]))
    assert told == snapshot(
        [
            (0, False, ["dev@acme.example"]),
            (1, True, ["dev@acme.example", "olga@acme.example"]),
            (2, True, ["dev@acme.example", "olga@acme.example", "rita@acme.example", "rob@acme.example"]),
            (3, True, ["dev@acme.example", "olga@acme.example", "rita@acme.example", "rob@acme.example"]),
        ]
    )
    assert world.told("olga") == snapshot("""\
⏰ Overdue: Dev Author owes it
🔴 overdue OBL-2026-1124-001 an alert on the queue (Dev Author, until Nov 25, 2026 12:00 (Wed 12:00 Europe/Berlin))
It belongs to INC-2026-1124-001 (follow-up).
[It is done]\
""")

    await world.say("dev", f"/release follow-up done {ID} dashboard 7")
    await world.news()
    await world.wait(hours=72)
    assert await world.news() == []


async def test_whoever_sleeps_is_reminded_when_their_quiet_hours_end_and_once(world):
    """TRN-23: it is eight in Berlin and night in New York; by noon it is overdue, and that is what is told at last."""
    world.people["dev"].tz = "America/New_York"
    await world.say("rita", f"/release {ADD}")
    count, told = len(world.slack.private(world.people["dev"])), []
    for hours in (21, 4, 2):
        await world.wait(hours=hours)
        body = await world.body("obligation:reminded")
        told.append((body["told"], body["asleep"]))
    assert told == [([], ["dev@acme.example"]), (["olga@acme.example"], ["dev@acme.example"]), (["dev@acme.example"], [])]
    assert len(world.slack.private(world.people["dev"])) == count + 1
    assert world.told("dev").startswith("⏰ Overdue")


async def test_after_a_long_night_people_are_told_once(world):
    """A bot that was down tells the newest, not each that it missed."""
    await world.say("rita", f"/release {ADD}")
    await world.news()
    await world.wait(hours=24 * 5)
    assert await world.news() == ["obligation:reminded"]
    assert "rita@acme.example" in (await world.body("obligation:reminded"))["told"]
    await world.wait(hours=2)
    assert await world.news() == ["obligation:reminded"]


async def test_somebody_else_can_owe_it_and_is_told(world):
    await world.say("rita", f"/release {ADD}")
    await world.say("audrey", f"/release follow-up pass {ID} audrey@acme.example")
    assert await world.codes() == ["not-permitted"]
    await world.say("dev", f"/release follow-up pass {ID} olga@acme.example")
    assert (await world.body("obligation:handed-on"))["was"] == "dev@acme.example"
    assert world.told("olga").startswith("📌 This is yours")
    await world.say("dev", f"/release follow-up done {ID} by me")
    assert await world.codes() == ["not-permitted"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("follow-up done OBL-2026-1124-009 shown", "There is no follow-up OBL-2026-1124-009."),
        ("follow-up done CR-2026-1124-001 shown", "'CR-2026-1124-001' is no follow-up; write one like OBL-2026-1121-001"),
        (ADD.replace("dev@acme.example", "nobody@acme.example"), "'nobody@acme.example' is nobody in the policy file"),
        (ADD.replace("INC-2026-1124-001", "<!channel>"), "about"),
        (ADD.replace("INC-2026-1124-001", "EMG-2026-1124-009"), "There is no record EMG-2026-1124-009."),
        (ADD.replace("INC-2026-1124-001", "the-outage"), "There is no record the-outage."),
    ],
)
async def test_what_cannot_be_is_said_and_recorded(world, typed, said):
    await world.say("rita", f"/release {typed}")
    assert said in world.told("rita")
    assert [tag for tag in await world.news() if tag.startswith("obligation")] == []
    assert len(await world.tags()) == 1


@pytest.mark.parametrize("named", ["inc-2026-1124-001", "p-77", "P-77"])
async def test_it_belongs_to_the_record_that_is_meant(world, named):
    """EMG-10, EMG-25: written otherwise it would be lost, and the record closed without it."""
    await world.say("rita", "/release " + ADD.replace("INC-2026-1124-001", named) + " kind=corrective-action")
    assert (await world.body("obligation:owed"))["about"] == "INC-2026-1124-001"
    await world.say("rita", f"/release follow-up list {named}")
    assert "an alert on the queue" in world.told("rita")


async def test_it_is_recorded_in_a_form(world, golden):
    await world.say("rita", "/release follow-up add")
    golden("form-follow-up", world.drawn("views.open"))

    await world.say("rita", "/release " + ADD.replace("2026-11-25", "2026-11-23"))
    assert world.form("rita").values["what"] == "an alert on the queue"
    assert "obligation:owed" not in await world.tags()
