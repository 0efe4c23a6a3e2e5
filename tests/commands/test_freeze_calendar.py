"""Freezes from a shared calendar: imported, followed, and what happens when it cannot be read (FRZ-08, FRZ-11, WIN-13)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from guards.freeze_record import CalendarEvent
from guards.lifecycle import State
from guards.policy import Policy
from guards.unread import Unread
from storage import freezes
from tests.world.company import FREEZES, policy_data

ID = "FRZ-2026-1124-001"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SALE = CalendarEvent("sale@acme", NOW + 2 * HOUR, NOW + 2 * DAY, "Black Friday", "all shops")
YEAR_END = CalendarEvent("xmas@acme", NOW + 20 * DAY, NOW + 40 * DAY, "Christmas")
AWAY = Unread("the freeze calendar company", "no answer within 20 s")


@pytest.fixture
async def company(world):
    """The policy names a calendar, with a sale and the end of the year in it."""
    world.freeze_calendars.known["company"] = [SALE, YEAR_END]
    await world.restart(Policy.model_validate(policy_data(freeze_calendars={"company": FREEZES})))
    return world


async def read(world, **span):
    await world.wait(**(span or {"minutes": 15}))


async def known(world):
    return await world.house.store.read(lambda tx: freezes.of_calendar(tx, "company", world.clock.at))


async def test_what_stands_in_it_is_a_freeze_like_any_other(company):
    world = company
    await read(world)
    assert await world.news() == ["freeze:declared", "freeze:declared"]
    assert [(f.id, f.reason, f.approved_by) for f in await known(world)] == [
        (ID, "Black Friday: all shops", "rita@acme.example"),
        ("FRZ-2026-1124-002", "Christmas", "rita@acme.example"),
    ]
    assert world.freeze_cards()[0] == snapshot("""\
🔜 holiday freeze of all services in production: to come
State
🔜 to come
Stands still
deployments
Passes
emergency
From
today 13:00 (Tue 13:00 Europe/Berlin)
Until
Nov 26, 2026 11:00 (Thu 11:00 Europe/Berlin)
Work on its way
the run ends, the rest of its set waits
Declared by
calendar company
Answers for it
Rita Manager
Approved by
Rita Manager, today 11:15 (Tue 11:15 Europe/Berlin)
Calendar
company
Why
Black Friday: all shops
Ends when
all are back
Then
trains resume
[Extend] [Lift]
FRZ-2026-1124-001\
""")
    row = next(row for row in await world.ledger() if row.tag == "freeze:declared")
    assert (row.actor, row.actor_name) == ("calendar:company", "calendar company")

    await world.on_staging()
    await world.wait(until=SALE.start)
    assert "freeze:began" in await world.news()
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "frozen" in await world.codes()


async def test_it_is_read_again_and_again_and_says_nothing_new(company):
    world = company
    await read(world)
    await world.news()
    for _ in range(3):
        await read(world)
    assert await world.news() == []


async def test_what_moves_there_moves_here_and_what_goes_there_is_lifted(company):
    world = company
    await read(world)
    await world.news()
    moved = replace(SALE, end=SALE.end + HOUR, summary="Black Weekend")
    world.freeze_calendars.known["company"] = [moved]
    await read(world)
    assert await world.news() == ["freeze:moved", "freeze:lifted"]
    assert [(f.end, f.reason) for f in await known(world) if not f.lifted] == [(moved.end, "Black Weekend: all shops")]
    assert "Black Weekend" in world.freeze_cards()[0]

    world.freeze_calendars.known["company"] = [moved, YEAR_END]  # and back
    await read(world)
    assert await world.news() == ["freeze:declared"]


async def test_a_calendar_ends_no_freeze_that_is_in_force(company):
    """FRZ-11: that takes somebody who may lift it, and the exit criteria."""
    world = company
    await read(world)
    await world.wait(until=SALE.start)
    await world.news()
    world.freeze_calendars.known["company"] = [replace(SALE, end=SALE.end - DAY), YEAR_END]
    await read(world)
    assert await world.news() == ["freeze-calendar:by-hand"]
    assert f"{ID} is in force, and the calendar lets it end at another time" in world.cards("alerts")[-1].as_text()
    world.freeze_calendars.known["company"] = [YEAR_END]
    await read(world)
    assert await world.news() == ["freeze-calendar:by-hand"]
    assert "not in the calendar any more; lift it by hand." in world.cards("alerts")[-1].as_text()
    await read(world)
    assert await world.news() == []  # told once
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "frozen" in await world.codes()

    world.freeze_calendars.known["company"] = [replace(SALE, end=SALE.end + HOUR), YEAR_END]
    await read(world)
    assert "freeze:moved" in await world.news()  # longer it may be


async def test_what_people_lifted_stays_lifted(company):
    world = company
    await read(world)
    await world.say("rita", f"/release freeze lift {ID} no sale this year")
    await world.news()
    await read(world)
    assert await world.news() == []


async def test_an_event_that_can_be_no_freeze_is_told_and_the_others_are_taken(company):
    """FRZ-06."""
    world = company
    world.freeze_calendars.known["company"] = [SALE, replace(YEAR_END, end=YEAR_END.start + 31 * DAY)]
    await read(world)
    assert await world.news() == ["freeze:declared", "freeze-calendar:by-hand"]
    assert "Christmas: The freeze lasts 31.0 days; holiday may last 30 days." in world.cards("alerts")[-1].as_text()


# ---------------------------------------------------------------- it cannot be read


async def test_one_that_cannot_be_read_is_told_once_and_its_last_good_copy_counts_for_a_while(company):
    world = company
    await read(world)
    await world.on_staging()
    await world.news()
    world.freeze_calendars.away = AWAY
    await read(world)
    await read(world)
    assert await world.news() == ["freeze-calendar:unread"]
    assert world.shown(world.cards("alerts")[-1]) == snapshot("""\
🚨 The freeze calendar company cannot be read
Why: no answer within 20 s.
What was read last counts until tomorrow 11:15 (Wed 11:15 Europe/Berlin). Then nothing goes out there.\
""")

    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING  # it was read half an hour ago
    world.freeze_calendars.away = None
    await world.news()
    await read(world)
    assert await world.news() == ["freeze-calendar:read-again"]


async def test_nothing_goes_out_while_what_was_read_is_too_old(company):
    """WIN-13: where its freezes hold; a failed read is never a yes."""
    world = company
    await read(world)
    change = await world.asked()
    world.freeze_calendars.away = AWAY
    world.freeze_calendars.known["company"] = []
    await world.wait(hours=24)
    await world.wait(until=datetime(2026, 11, 26, 12, 30, tzinfo=UTC))  # the sale is over, a window is open
    await world.say("rita", f"/release approve {change} looks good")
    assert (await world.tags())[-1] == "approve:unsure"
    assert "Could not read the freeze calendar company: it was read last Tue 2026-11-24 10:15 UTC; no answer within 20 s." in world.told(
        "rita"
    )
    await world.say("dev", "/release promote api v1.4.0 dev")
    assert "frozen" not in await world.codes()
    assert (await world.tags())[-1] != "promote:unsure"  # it is about production only

    world.freeze_calendars.away = None
    await read(world)
    await world.say("rita", f"/release approve {change} looks good")
    assert (await world.change(change)).state is State.RUNNING


async def test_one_that_was_never_read_lets_nothing_out(world):
    await world.on_staging()
    await world.restart(Policy.model_validate(policy_data(freeze_calendars={"company": FREEZES})))
    await world.wait(minutes=0)
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.tags())[-1] == "promote:unsure"
    assert "Could not read the freeze calendar company: it was read never; nobody knows it." in world.told("carla")
    await world.say("carla", "/release window api production")
    assert "could not read the freeze calendar company" in world.told("carla")


# ---------------------------------------------------------------- asked for


async def test_what_it_would_change_is_shown_before_anything_is(company):
    world = company
    await world.say("rita", "/release freeze import company")
    assert world.told("rita") == snapshot("""\
👀 The freeze calendar company: nothing was changed
➕ new: Black Friday: all shops, today 13:00 (Tue 13:00 Europe/Berlin) until Nov 26, 2026 11:00 (Thu 11:00 Europe/Berlin)
➕ new: Christmas, Dec 14, 2026 11:00 (Mon 11:00 Europe/Berlin) until Jan 3, 2027 11:00 (Sun 11:00 Europe/Berlin)
[Import now]
holiday, all services, production; it is read every 15m by itself\
""")
    assert await known(world) == ()
    await world.news()

    await world.say("rita", "/release freeze import company apply=yes")
    assert await world.news() == ["freeze-import:accepted", "freeze:declared", "freeze:declared"]
    await world.say("rita", "/release freeze import company")
    assert "✔️ as it is: FRZ-2026-1124-001" in world.told("rita")
    assert "Import now" not in world.told("rita")


async def test_who_may_not_declare_a_freeze_imports_none_and_names_are_known(company):
    world = company
    await world.say("dev", "/release freeze import company")
    assert (await world.news(), await world.codes()) == (["freeze-import:refused"], ["not-permitted"])
    await world.say("rita", "/release freeze import compani")
    assert "there is no freeze calendar 'compani', did you mean 'company'?" in world.told("rita")
    world.freeze_calendars.away = AWAY
    await world.say("rita", "/release freeze import company apply=yes")
    assert (await world.tags())[-1] == "freeze-import:unsure"
    assert "Could not read the freeze calendar company: no answer within 20 s." in world.told("rita")
