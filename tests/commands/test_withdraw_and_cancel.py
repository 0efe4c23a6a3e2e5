"""Taking back: an approval before CI was asked, a request before CI works on it, a lost change by hand."""

import copy
from datetime import UTC, datetime

from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.lifecycle import State
from guards.policy import Policy
from tests.world.company import policy_data

EVENING = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


async def waiting(world) -> str:
    """Approved by Rita in the evening, until the window of tomorrow; the change's id."""
    change = await world.asked()
    await world.wait(until=EVENING)
    await world.approve("rita")
    await world.news()
    assert (await world.change()).state is State.WAITING
    return change


async def test_a_withdrawn_approval_takes_the_change_back_to_the_approvers(world):
    change = await waiting(world)

    await world.press("rita", "Withdraw my approval")
    assert await world.news() == ["withdraw:accepted", "change:approval-withdrawn", "change:needs-approval"]
    assert world.told("rita") == f"↩️ Your approval of {change} is withdrawn\nIt is awaiting-approval now."
    assert "0 of 1" in world.shown()
    assert "✅ Rita Manager (withdrawn)" in world.shown()

    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert len(world.ci.asked) == 1
    await world.approve("rita", "the alert was a false one")
    assert (await world.change()).state is State.RUNNING


async def test_the_word_takes_a_reason_along(world):
    change = await waiting(world)

    await world.say("rita", f"/release withdraw {change} the alert on staging came back")
    assert (await world.body("change:approval-withdrawn"))["rationale"] == "the alert on staging came back"
    assert any("Rita Manager withdrew the approval. the alert on staging came back" in line for line in world.thread())


async def test_only_ones_own_approval_is_withdrawn(world):
    change = await waiting(world)

    await world.say("olga", f"/release withdraw {change}")
    assert await world.news() == ["withdraw:refused"]
    assert await world.codes() == ["already-decided"]
    assert (await world.change()).state is State.WAITING

    await world.say("rita-phone", f"/release withdraw {change}")
    assert (await world.change()).state is State.AWAITING


async def test_an_approval_is_not_withdrawn_once_ci_was_asked(world):
    change = await world.running()

    await world.say("rita", f"/release withdraw {change}")
    assert await world.news() == ["withdraw:refused"]
    assert "wrong-state" in await world.codes()
    assert (await world.change()).state is State.RUNNING


# ---------------------------------------------------------------- cancel


async def test_a_request_is_taken_back_before_ci_works_on_it(world, golden):
    change = await world.asked()
    old = copy.deepcopy(world.card())
    assert old.buttons[-1].confirm == f"Are you sure? / Take {change} back? / Yes / No"

    await world.press("carla", "Cancel request")
    assert await world.news() == ["cancel:accepted", "change:cancelled-by"]
    assert (await world.change()).state is State.CANCELLED
    assert "Carla Captain cancelled it." in world.shown()
    assert world.card().buttons == []
    golden("change-cancelled", world.drawn("chat.update"))

    await world.press("rita", "Approve", old)
    assert await world.news() == ["approve:refused"]
    assert len(world.ci.asked) == 1


async def test_a_change_that_waits_for_its_window_is_taken_back_for_good(world):
    change = await waiting(world)

    await world.say("carla", f"/release cancel {change} superseded by v1.4.1")
    assert "Carla Captain cancelled it: superseded by v1.4.1" in world.shown()
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert len(world.ci.asked) == 1


async def test_cancelling_takes_the_right_for_the_place(world):
    change = await world.asked()

    for who in ("dev", "olga"):
        await world.say(who, f"/release cancel {change}")
        assert await world.news() == ["cancel:refused"]
        assert await world.codes() == ["not-permitted"]
    await world.say("rita", f"/release cancel {change}")
    assert (await world.change()).state is State.CANCELLED


async def test_what_ci_works_on_is_cancelled_in_ci(world):
    change = await world.running()

    await world.say("carla", f"/release cancel {change}")
    assert await world.news() == ["cancel:refused"]
    assert world.told("carla") == snapshot("""\
⛔ Refused: cancel api v1.4.0 production
CI works on CR-2026-1124-002 since 10:00 UTC.
→ Cancel the run in CI: https://ci.test/runs/run-2; the result is recorded here.
reason: wrong-state
Nothing was started. id <id>\
""")
    assert (await world.change()).state is State.RUNNING

    await world.ci_says(RunState.CANCELLED)
    assert (await world.change()).state is State.CANCELLED


async def test_a_lost_change_is_closed_by_hand_and_frees_its_place(world, golden):
    change = await world.running()
    await world.wait(hours=1)
    assert (await world.change()).state is State.TIMED_OUT
    golden("change-timed-out", world.drawn("chat.update"))
    world.publish("v1.5.0")
    await world.on_staging("v1.5.0", "sha256:" + "b2" * 32)
    await world.say("carla", "/release promote api v1.5.0 production")
    assert await world.codes() == ["in-flight", "not-approved"]
    await world.news()

    await world.say("dev", f"/release cancel {change} it hangs")
    assert await world.codes() == ["not-permitted"]
    card = next(c for c in world.cards() if change in c.as_text())
    assert card.buttons[0].confirm.startswith("Are you sure? / Only when you have looked in CI")
    await world.press("rita", "Close by hand", card)
    assert (await world.change(change)).state is State.CANCELLED
    assert await world.news() == ["cancel:refused", "cancel:accepted", "change:cancelled-by", "change:cancelled"]
    assert world.told("rita") == snapshot("""\
⚪ CR-2026-1124-002 is closed
Its place is free again. If CI still reports an end, it is recorded.\
""")

    await world.say("carla", "/release promote api v1.5.0 production")
    assert (await world.change()).state is State.AWAITING


async def test_a_late_end_of_a_change_that_was_closed_by_hand_is_on_record(world):
    """The place may be somebody else's by now, so it stays closed; what CI said is kept."""
    change = await world.running()
    await world.wait(hours=1)
    await world.say("rita", f"/release cancel {change} it hangs")
    await world.news()

    await world.ci_says(RunState.SUCCEEDED)
    assert (await world.change(change)).state is State.CANCELLED
    assert await world.news() == ["run:late"]
    assert f"{change} was closed as cancelled; now CI says succeeded." in world.shown(world.card("alerts"))


async def test_who_asked_may_be_kept_from_taking_it_back(world):
    """The policy names who may cancel; asking alone is no such right."""
    data = policy_data()
    data["allow"]["cancel"] = {}
    await world.restart(Policy.model_validate(data))
    change = await world.asked()

    await world.say("carla", f"/release cancel {change}")
    assert await world.codes() == ["no-policy"]
    assert (await world.change()).state is State.AWAITING
