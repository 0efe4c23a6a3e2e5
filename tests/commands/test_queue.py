"""Requests that come too early: kept until the next allowed time, judged again then, and gone out or not (WIN-09, WIN-13, FRZ-03)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.policy import Policy
from guards.unread import Unread
from tests.world.company import TUESDAY, policy_data

ASK = "/release promote api v1.4.0 production"
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""10:00 in Berlin: the window opens."""
BUTTON = "Queue for Wed 25 Nov 12:30 Europe/Berlin"


def gone(world) -> list[str]:
    """What CI was asked to bring to production."""
    return [order.key for order in world.ci.started if order.environment == "production"]


async def state(world) -> State:
    return (await world.change()).state


def reply(world, who: str):
    """The newest private answer to somebody."""
    return world.slack.private(world.people[who])[-1]


async def test_a_friday_request_waits_for_monday_and_goes_out_then(world):
    """Asked and approved on Friday: the approval begins to age when its window opens."""
    await world.on_staging()
    await world.wait(until=FRIDAY)
    await world.say("carla", ASK)
    assert world.told("carla") == snapshot("""\
📝 Asked for api v1.4.0 → production
Its card is in the release channel: CR-2026-1127-001, awaiting-approval.
It may go from Nov 30, 2026 10:00 (Mon 10:00 Europe/Berlin) on: it is judged again then, and its approvals must still count.\
""")
    await world.approve("rita")
    assert world.told("rita") == snapshot("""\
✅ Your approval of CR-2026-1127-001 is recorded
It is waiting-for-window now. No change window of api in production is open now (Fri 27 Nov 11:00 Europe/Berlin).
Your approval counts until Nov 30, 2026 16:00 (Mon 16:00 Europe/Berlin).\
""")
    assert await state(world) is State.WAITING

    await world.wait(until=MONDAY - timedelta(minutes=1))
    assert gone(world) == []
    await world.wait(until=MONDAY)
    assert gone(world) == [f"{(await world.change()).id}.1"]
    body = await world.body("dispatch:ordered")
    assert body["seen"]["window"] == {"name": "weekdays", "start": "2026-11-30T09:00:00+00:00", "end": "2026-11-30T15:00:00+00:00"}


async def test_what_a_freeze_refuses_can_be_queued_by_one_button(world, golden):
    await world.on_staging()
    await world.freeze(until="2026-11-25T12:30")
    await world.news()

    await world.say("carla", ASK)
    assert (await world.news(), await world.codes()) == (["promote:refused"], ["frozen", "not-approved"])
    golden("refusal-queue", world.drawn("response_url"))

    await world.press("carla", BUTTON, reply(world, "carla"))
    assert await world.news() == ["promote:accepted", "change:requested"]
    assert world.told("carla") == snapshot("""\
📝 Asked for api v1.4.0 → production
Its card is in the release channel: CR-2026-1124-002, awaiting-approval.
It may go from tomorrow 12:30 (Wed 12:30 Europe/Berlin) on: it is judged again then, and its approvals must still count.\
""")
    assert await state(world) is State.AWAITING

    await world.press("rita", "Approve")  # the freeze still holds: the approver says knowingly that it is for later
    assert "frozen" in await world.codes()
    await world.press("rita", BUTTON, reply(world, "rita"))
    await world.fill("rita", rationale="diff read, for after the freeze")
    assert await state(world) is State.WAITING
    assert gone(world) == []

    await world.wait(until=datetime(2026, 11, 25, 11, 29, tzinfo=UTC))
    assert gone(world) == []
    await world.wait(until=datetime(2026, 11, 25, 11, 30, tzinfo=UTC))
    assert len(gone(world)) == 1
    assert await world.verified()


async def test_the_word_is_typed_as_well_and_changes_nothing_where_nothing_speaks_against_it(world):
    await world.on_staging()
    await world.say("carla", f"{ASK} queue=yes")
    assert await state(world) is State.AWAITING
    await world.say("rita", f"/release approve {(await world.change()).id} queue=yes diff read")
    assert len(gone(world)) == 1

    await world.say("carla", f"{ASK} queue=please")
    assert "queue: Input should be 'yes'." in world.told("carla")


async def test_it_gets_nobody_past_a_rule_that_time_does_not_heal(world):
    """Neither words nor button: the version never ran in staging."""
    await world.freeze(until="2026-11-25T12:30")
    await world.news()

    await world.say("carla", ASK)
    assert "environment-skipped" in await world.codes()
    assert not [b for b in reply(world, "carla").buttons if b.startswith("Queue")]
    await world.say("carla", f"{ASK} queue=yes")
    assert "environment-skipped" in await world.codes()
    assert await world.news() == ["promote:refused", "promote:refused"]


async def test_without_a_time_nothing_is_offered(world):
    await world.restart(Policy.model_validate(policy_data(windows={})))
    await world.on_staging()
    await world.freeze(until="2026-11-25T12:30")
    await world.say("carla", ASK)
    assert not [b for b in reply(world, "carla").buttons if b.startswith("Queue")]
    assert "No time is in sight at which it may go" in world.told("carla")


async def test_a_queued_change_is_judged_again_when_its_time_comes(world):
    """Its approver lost the role meanwhile: it does not go, and asks for somebody else."""
    await world.on_staging()
    await world.freeze(until="2026-11-25T12:30")
    await world.say("carla", f"{ASK} queue=yes")
    await world.say("rita", f"/release approve {(await world.change()).id} queue=yes diff read")
    assert await state(world) is State.WAITING

    data = policy_data()
    data["roles"]["release_manager"] = [{"people": ["olga@acme.example"]}]
    await world.restart(Policy.model_validate(data))
    await world.wait(until=datetime(2026, 11, 25, 11, 30, tzinfo=UTC))
    assert await state(world) is State.AWAITING
    assert gone(world) == []


async def test_another_freeze_makes_a_queued_change_wait_on(world):
    await world.on_staging()
    await world.freeze(until="2026-11-25T12:30")
    await world.say("carla", f"{ASK} queue=yes")
    await world.say("rita", f"/release approve {(await world.change()).id} queue=yes diff read")
    await world.freeze(since="2026-11-25T12:00", until="2026-11-25T14:00")

    await world.wait(until=datetime(2026, 11, 25, 11, 30, tzinfo=UTC))
    assert (await state(world), gone(world)) == (State.WAITING, [])
    await world.wait(until=datetime(2026, 11, 25, 13, 0, tzinfo=UTC))
    assert len(gone(world)) == 1


async def test_an_approval_does_not_wait_longer_than_a_request_lasts(world):
    """Frozen for two weeks: what is approved today is looked at again nearer to its time."""
    await world.on_staging()
    await world.freeze(until="2026-12-08T12:30")
    await world.say("carla", f"{ASK} queue=yes")
    await world.say("rita", f"/release approve {(await world.change()).id} queue=yes diff read")
    assert "Your approval counts until today 16:00" in world.told("rita")  # with the window in which it was given
    assert await state(world) is State.WAITING
    await world.wait(hours=5)
    assert await state(world) is State.AWAITING


async def test_what_waits_longer_than_a_request_lasts_does_not_expire_before_its_time(world):
    """Frozen for two weeks; a request lasts one."""
    await world.on_staging()
    await world.freeze(until="2026-12-08T12:30")
    await world.say("carla", f"{ASK} queue=yes")
    await world.wait(until=datetime(2026, 12, 8, 11, 0, tzinfo=UTC))
    assert await state(world) is State.AWAITING
    await world.wait(until=datetime(2026, 12, 8, 11, 30, tzinfo=UTC))
    await world.approve("rita")
    assert len(gone(world)) == 1


# ---------------------------------------------------------------- clocks and calendars that fail


async def test_a_clock_that_jumps_over_a_window_starts_nothing(world):
    await world.on_staging()
    await world.wait(until=FRIDAY)
    await world.say("carla", ASK)
    await world.approve("rita")

    await world.wait(until=MONDAY + timedelta(hours=8))  # past its end
    assert gone(world) == []
    await world.wait(until=FRIDAY)  # and back
    assert gone(world) == []
    await world.wait(until=datetime(2026, 12, 1, 9, 0, tzinfo=UTC))
    assert (await state(world), gone(world)) == (State.AWAITING, [])  # the approval was for Monday
    await world.approve("olga")
    assert len(gone(world)) == 1


WITH_HOLIDAYS = {"holidays": ["DE-BE"]}
HOLIDAY = {date(2026, 11, 25): "Day of Repentance"}


@pytest.fixture
async def holidays(world):
    """Wednesday is a holiday."""
    world.calendars.days["DE-BE"] = HOLIDAY
    await world.restart(Policy.model_validate(policy_data(**WITH_HOLIDAYS)))
    await world.on_staging()
    await world.news()
    return world


async def test_on_a_public_holiday_production_stays_closed(holidays):
    world = holidays
    await world.wait(until=TUESDAY + timedelta(days=1))
    await world.say("carla", ASK)
    await world.approve("rita")
    assert "today is Day of Repentance (DE-BE)" in (await world.change()).why
    await world.say("carla", "/release window api")
    assert "Today: closed: Day of Repentance (DE-BE)" in world.told("carla")

    await world.wait(until=TUESDAY + timedelta(days=2))
    assert len(gone(world)) == 1


async def test_a_calendar_that_cannot_be_read_lets_nothing_out_and_says_so(holidays):
    """WIN-13: at the request, at the approval and at dispatch."""
    world = holidays
    world.calendars.away = Unread("the public holidays of DE-BE", "the library fails: KeyError")
    await world.say("carla", ASK)
    assert await world.news() == ["promote:unsure"]
    assert "Could not read the public holidays of DE-BE: the library fails: KeyError." in world.told("carla")

    world.calendars.away = None
    await world.say("carla", ASK)
    await world.news()
    world.calendars.away = Unread("the public holidays of DE-BE", "the library fails: KeyError")
    await world.say("rita", f"/release approve {(await world.change()).id} diff read")
    assert await world.news() == ["approve:unsure"]
    await world.say("carla", "/release window api")
    assert "when it may go cannot be told: could not read the public holidays of DE-BE" in world.told("carla")
    assert gone(world) == []

    world.calendars.away = None
    await world.say("rita", f"/release approve {(await world.change()).id} diff read")
    assert len(gone(world)) == 1


async def test_a_calendar_that_fails_at_dispatch_is_tried_again(holidays):
    world = holidays
    await world.wait(until=TUESDAY - timedelta(hours=2))
    await world.say("carla", ASK)
    await world.approve("rita")
    world.calendars.away = Unread("the public holidays of DE-BE", "the library fails: KeyError")
    await world.wait(until=TUESDAY)
    assert (await world.news())[-1] == "dispatch:unsure"
    assert gone(world) == []

    world.calendars.away = None
    await world.wait(minutes=1)
    assert len(gone(world)) == 1


# ---------------------------------------------------------------- what is left of a window


async def test_who_lets_it_go_sees_when_the_window_is_too_short(world):
    """WIN-10, WIN-15."""
    data = policy_data(estimate={"deployment": "20m", "observation": "30m"})
    data["windows"]["weekdays"]["support"] = "on-call: Olga"
    await world.restart(Policy.model_validate(data))
    await world.on_staging()
    await world.say("carla", ASK)
    assert "min are left" not in world.shown()
    assert "; support: on-call: Olga" in world.shown()

    await world.wait(until=TUESDAY + timedelta(hours=4, minutes=30))
    await world.press("rita", "Approve")
    assert "⚠️ only 30 min are left, and the change takes 20m and 30m of observation" in world.form("rita").as_text()
    await world.fill("rita", rationale="it is small")
    assert any("⚠️ only 30 min are left" in line for line in world.thread())
