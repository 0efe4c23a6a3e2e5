"""What an emergency leaves behind chases itself closed: records, review, postmortem, corrective actions (EMG-08 … EMG-11, EMG-17, EMG-20 … EMG-25).

It is Sunday night; nobody has slept yet.
"""

import re
from datetime import UTC, date, datetime

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.obligation import Owed
from storage import obligations
from tests.world.emergencies import ID, SUNDAY, approved, declare, declared, urgent_policy
from tests.world.world import World

CLOSE = f'emergency close {ID} resolution="logins work since 23:40" happened="the key ran out" prevention="an alert before that"'


@pytest.fixture
async def world(database_url):
    async with World(database_url, urgent_policy(), at=SUNDAY) as made:
        yield made


async def used(world, state=RunState.SUCCEEDED):
    await approved(world)
    await world.say("carla", f"/release emergency promote {ID}")
    await world.ci_says(state)
    await world.news()


async def owed(world):
    return await world.house.store.read(lambda tx: obligations.about(tx, ID))


async def test_what_is_owed_by_whom_until_when(world):
    """EMG-08, EMG-09, EMG-10, EMG-17, EMG-20: from the moment on in which it went out, told in one message to each."""
    await used(world)
    found = [(one.kind.value, one.owner_name, one.due.isoformat()[:16]) for one in await owed(world)]
    assert found == snapshot(
        [
            ("change-record", "Carla Captain", "2026-11-23T22:30"),
            ("backfill", "Carla Captain", "2026-11-23T22:30"),
            ("reconciliation", "Carla Captain", "2026-11-23T22:30"),
            ("review", "Olga Owner", "2026-11-23T23:00"),
            ("follow-up", "Carla Captain", "2026-11-23T23:00"),
            ("postmortem", "Olga Owner", "2026-11-27T22:30"),
        ]
    )
    assert world.told("olga") == snapshot("""\
📌 EMG-2026-1122-001 was used: these are yours
⬜ OBL-2026-1122-004 Review EMG-2026-1122-001 with deployment, pull requests, commits, tag and remediation (Olga Owner, until Nov 24, 2026 00:00 (Tue 00:00 Europe/Berlin))
⬜ OBL-2026-1122-006 Postmortem of INC-77 (SEV-2) (Olga Owner, until Nov 27, 2026 23:30 (Fri 23:30 Europe/Berlin))\
""")


async def test_it_is_due_on_the_next_business_day_of_the_service(database_url):
    """EMG-10: after a holiday and a weekend, in the service's own zone."""
    data = urgent_policy()
    data["services"]["api"] |= {"zone": "America/New_York", "holidays": ["US"]}
    thursday = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)  # Wednesday evening there, the day before Thanksgiving
    async with World(database_url, data, at=thursday) as world:
        world.calendars.days["US"] = {date(2026, 11, 26): "Thanksgiving"}
        await world.on_staging()
        await declare(world)
        for who in ("rita", "olga"):
            await world.say(who, "/release emergency approve EMG-2026-1126-001 read")
        await world.say("carla", "/release emergency promote EMG-2026-1126-001")
        found = await world.house.store.read(lambda tx: obligations.about(tx, "EMG-2026-1126-001"))
        (review,) = [one for one in found if one.kind is Owed.REVIEW]
        assert review.due.isoformat() == "2026-11-28T05:00:00+00:00"  # the end of Friday there


async def test_a_small_one_takes_no_postmortem(world):
    """EMG-17: SEV-1 and SEV-2 do."""
    await declared(world, severity="sev-3")
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} read")
    await world.say("carla", f"/release emergency promote {ID}")
    assert Owed.POSTMORTEM not in {one.kind for one in await owed(world)}


async def test_nothing_is_owed_for_what_was_never_used(world):
    await approved(world)
    await world.wait(hours=5)
    assert await owed(world) == ()


async def test_closing_is_refused_while_anything_is_open_and_takes_an_account(world):
    """EMG-25: the whole way, with a corrective action that somebody else owes (EMG-10)."""
    await used(world)
    await world.say(
        "carla", f'/release follow-up add {ID} what="renew keys by a job" owner=dev@acme.example due=2026-12-04T18:00 service=api '
        "kind=corrective-action",
    )  # fmt: skip
    assert (await world.body("obligation:owed"))["kind"] == "corrective-action"
    assert "renew keys by a job (Dev Author" in world.shown(world.cards()[1])
    await world.news()
    await world.say("carla", f"/release {CLOSE}")
    assert await world.codes() == ["still-owed"]
    assert world.told("carla") == snapshot("""\
⛔ Refused: emergency close api v1.4.0 production
EMG-2026-1122-001 has 7 open follow-ups: OBL-2026-1122-001 Formal change record of CR-2026-1122-002: link it (Carla Captain); OBL-2026-1122-002 Back to the normal flow: the work in v1.4.0 is on main, reviewed and tested (Carla Captain); OBL-2026-1122-003 Reconcile what CR-2026-1122-002 went past: the change window (Carla Captain); OBL-2026-1122-004 Review EMG-2026-1122-001 with deployment, pull requests, commits, tag and remediation (Olga Owner); OBL-2026-1122-005 alert before keys run out (Carla Captain).
→ /release follow-up list EMG-2026-1122-001 shows them.
reason: still-owed
Nothing was started. id <id>\
""")

    for one in await owed(world):
        assert "still-owed" in await closing(world)
        who = one.owner.partition("@")[0]
        await world.say(who, f"/release follow-up done {one.id} https://wiki.acme.example/INC-77")
        assert (await world.tags())[-1] == "obligation:done"
    await world.news()
    await world.press("carla", "Close", world.cards()[1])
    assert "✅ OBL-2026-1122-001" in world.form("carla").as_text()
    await world.fill("carla", resolution="logins work since 23:40", happened="the key ran out", prevention="an alert before that")
    assert await world.news() == ["emergency-close:accepted", "emergency:closed"]
    body = await world.body("emergency:closed")
    assert body["ending"] == {"resolution": "logins work since 23:40", "happened": "the key ran out", "prevention": "an alert before that"}
    assert len(body["done"]) == 7
    assert re.sub(r"(?s)Artifact.*Owed afterwards", "…", world.shown(world.cards()[1])) == snapshot("""\
✅ Emergency: api v1.4.0 → production: closed
State
✅ closed
Declared by
Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)
Covers
api v1.4.0 in production, once
…
✅ OBL-2026-1122-001 Formal change record of CR-2026-1122-002: link it (Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
✅ OBL-2026-1122-002 Back to the normal flow: the work in v1.4.0 is on main, reviewed and tested (Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
✅ OBL-2026-1122-003 Reconcile what CR-2026-1122-002 went past: the change window (Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
✅ OBL-2026-1122-004 Review EMG-2026-1122-001 with deployment, pull requests, commits, tag and remediation (Olga Owner, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
✅ OBL-2026-1122-005 alert before keys run out (Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
✅ OBL-2026-1122-006 Postmortem of INC-77 (SEV-2) (Olga Owner, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
✅ OBL-2026-1122-007 renew keys by a job (Dev Author, today 23:30 (Sun 23:30 Europe/Berlin)): https://wiki.acme.example/INC-77
Closed
Resolution: logins work since 23:40
What happened: the key ran out
Prevention: an alert before that
EMG-2026-1122-001 · relaxes window, freeze, incidents, lead time, soak and go/no-go, nothing else\
""")
    await world.say("carla", f"/release {CLOSE}")
    assert await world.codes() == ["wrong-state"]


@pytest.fixture
async def with_incidents(database_url):
    data = urgent_policy()
    data["allow"] |= {"incident": {"production": ["incident_commander"]}}
    async with World(database_url, data, at=SUNDAY) as made:
        yield made


async def test_the_incident_that_it_was_used_for_and_its_postmortem_come_first(with_incidents):
    """EMG-17, EMG-25: a known incident owes its own postmortem, from its end on."""
    world = with_incidents
    await world.say("carla", '/release incident open SEV-1 title="logins fail" services=api')
    incident = "INC-2026-1122-001"
    await world.on_staging()
    await declare(world, incident=incident, severity="")
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} diff read, tests green")
    await world.say("carla", f"/release emergency promote {ID}")
    await world.ci_says(RunState.SUCCEEDED)
    await world.news()
    for one in await owed(world):
        await world.say(one.owner.partition("@")[0], f"/release follow-up done {one.id} https://wiki.acme.example/INC-77")
    assert "still-owed" in await closing(world)
    assert f"{incident}, for which {ID} was used, is open; its postmortem is owed from its end on." in world.told("carla")

    await world.say("carla", f'/release incident close {incident} mechanism="the key was renewed" verification="logins work"')
    (postmortem,) = await world.house.store.read(lambda tx: obligations.about(tx, incident))
    card = next(card for card in world.cards() if "Emergency:" in world.shown(card).splitlines()[0])
    assert f"⬜ {postmortem.id} Write the blameless postmortem" in world.shown(card)
    assert "still-owed" in await closing(world)
    assert postmortem.id in world.told("carla")

    await world.say(postmortem.owner.partition("@")[0], f"/release follow-up done {postmortem.id} https://wiki.acme.example/pm-1")
    assert f"✅ {postmortem.id} Write the blameless postmortem" in world.shown(card)
    assert await closing(world) == []


@pytest.mark.parametrize(
    ("grave", "called", "later"),
    [
        pytest.param("SEV-3", "SEV-1", None, id="graver than its incident"),
        pytest.param("SEV-1", "", "SEV-3", id="its incident is called milder before it is closed"),
        pytest.param("SEV-3", "SEV-1", "closed", id="its incident was closed before it went out"),
    ],
)
async def test_a_grave_emergency_never_ends_without_its_postmortem(with_incidents, grave, called, later):
    """EMG-17: one is owed, whatever its incident is called."""
    world, incident = with_incidents, "INC-2026-1122-001"
    over = f'/release incident close {incident} mechanism="the key was renewed" verification="logins work"'
    await world.say("carla", f'/release incident open {grave} title="logins fail" services=api')
    await approved(world, incident=incident, severity=called)
    if later == "closed":
        await world.say("carla", over)
    elif later:
        await world.say("carla", f"/release incident update {incident} severity={later}")
    await world.say("carla", f"/release emergency promote {ID}")
    await world.ci_says(RunState.SUCCEEDED)
    for one in await owed(world):
        if one.kind is not Owed.POSTMORTEM:
            await world.say(one.owner.partition("@")[0], f"/release follow-up done {one.id} https://wiki.acme.example/{one.id}")
    if later != "closed":
        assert "still-owed" in await closing(world)
        await world.say("carla", over)
    assert "still-owed" in await closing(world)
    both = await world.house.store.read(lambda tx: (*obligations.about(tx, ID), *obligations.about(tx, incident)))
    (postmortem,) = [one for one in both if one.kind is Owed.POSTMORTEM]
    await world.say(postmortem.owner.partition("@")[0], f"/release follow-up done {postmortem.id} https://wiki.acme.example/pm-1")
    assert await closing(world) == []


async def test_where_incidents_are_kept_it_takes_one_that_is_open(with_incidents):
    """EMG-14: where somebody opens them, a made-up reference is none, and neither is one that is over."""
    world, incident = with_incidents, "INC-2026-1122-001"
    await declare(world, incident="INC-77")
    assert "No incident INC-77 is known here." in world.form("carla").as_text()
    await world.say("carla", '/release incident open SEV-2 title="logins fail" services=api')
    await world.say("carla", f'/release incident close {incident} mechanism="it went away" verification="logins work"')
    await declare(world, incident=incident)
    assert f"{incident} is closed" in world.form("carla").as_text()
    assert "emergency:declared" not in await world.tags()
    await world.say("carla", '/release incident open SEV-2 title="logins fail again" services=api')
    await declare(world, incident="inc-2026-1122-002")
    assert "emergency:declared" in await world.tags()


async def closing(world):
    await world.say("carla", f"/release {CLOSE}")
    return await world.codes()


async def test_it_is_closed_only_with_all_three_accounts(world):
    await used(world)
    for one in await owed(world):
        await world.say(one.owner.partition("@")[0], f"/release follow-up done {one.id} done, see CHG0031234")
    await world.news()
    await world.say("carla", f"/release emergency close {ID} resolution=mended")
    assert "Closing EMG-2026-1122-001 lacks its account of what happened, prevention." in world.form("carla").as_text()
    assert await world.news() == []


def overdue(world, who):
    """Whether somebody was told that Carla is late."""
    return any("⏰ Overdue: Carla Captain owes it" in world.shown(message) for message in world.slack.private(world.people[who]))


async def test_what_is_overdue_is_on_the_card_in_the_lists_and_at_home(world):
    """EMG-08, EMG-21: it reminds its owner, then the service's owners, then the release managers."""
    await used(world)
    await world.slack.open_home(world.people["rita"])
    await world.quiet()
    await world.wait(hours=24)
    assert overdue(world, "olga")  # she owns the service
    assert not overdue(world, "rob")
    await world.wait(hours=25)
    assert overdue(world, "rob")  # a release manager
    assert "📌 used, to be followed up, 5 overdue" in world.shown(world.cards()[1])
    await world.say("audrey", "/release follow-up list")
    assert world.told("audrey").count("🔴 overdue") == 5
    await world.wait(seconds=20)
    assert "🔴 5 overdue" in world.slack.home(world.people["rita"]).as_text("Europe/Berlin")


async def test_a_run_that_failed_is_followed_up_all_the_same(world):
    await used(world, RunState.FAILED)
    assert len(await owed(world)) == 6
    assert "failed, handed to CI" in world.shown(world.cards()[1])
