"""Approval and rejection, as words and as a button with its form; who may, who may not, and what a decision is bound to."""

import asyncio
import copy
from datetime import UTC, datetime

import pytest
from inline_snapshot import snapshot

from bot.workspace.forms import NotSent
from commands.core.ports.ci import RunState
from guards.lifecycle import State
from guards.policy import Policy
from guards.unread import Unread
from tests.world.company import policy_data, slack_id
from tests.world.world import World

ASK = "/release promote api v1.4.0 production"
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def rule(**words) -> Policy:
    """The policy with another rule for approvals in production."""
    return Policy.model_validate(policy_data(approvals={"production": words}))


async def state(world) -> State:
    return (await world.change()).state


async def turned_away(world, who: str, word: str = "approve") -> list[str]:
    """The refusal is the one thing that was written, and nothing goes out; its codes."""
    assert await world.news() == [f"{word}:refused"]
    assert "Nothing was started." in world.told(who)
    assert [order.environment for order in world.ci.asked] == ["staging"]
    return await world.codes()


# ---------------------------------------------------------------- how one approves


async def test_the_button_asks_why_and_the_form_approves(world, golden):
    change = await world.asked()

    await world.press("rita", "Approve")
    assert await world.news() == []
    assert world.form("rita").as_text("Europe/Berlin") == snapshot("""\
Approve
A decision takes a reason.
api v1.4.0 → production, asked by Carla Captain
Artifact sha256:a1a1a1a1a1a1… at c0ffee000000; ✅ same as staging
Rollback target: nothing runs there yet
Window: weekdays, open until today 16:00 (Tue 16:00 Europe/Berlin)
Freeze: none
Approvals: 0 of 1
What did you look at, and why may it go?: [plain_text_input]
It stands in the record, with your name.
[Not now] [Approve]\
""")
    golden("form-approve", world.drawn("views.open"))

    await world.fill("rita", rationale="diff read, alerts are quiet")
    assert await world.news() == ["approve:accepted", "change:approval", "dispatch:ordered", "dispatch:started"]
    assert (await world.body("change:approval"))["rationale"] == "diff read, alerts are quiet"
    assert world.told("rita") == f"✅ Your approval of {change} is recorded\nIt is dispatching now."
    assert await state(world) is State.RUNNING


async def test_words_approve_as_well(world):
    change = await world.asked()

    await world.say("rita", f"/release approve {change.lower()} diff read, alerts are quiet")
    assert world.form("rita") is None
    assert (await world.body("change:approval"))["rationale"] == "diff read, alerts are quiet"
    assert await state(world) is State.RUNNING


async def test_an_approval_takes_a_reason(world):
    """PRM-10."""
    change = await world.asked()

    await world.press("rita", "Approve")
    with pytest.raises(NotSent):
        await world.fill("rita")
    await world.say("rita", f"/release approve {change}")
    assert world.form("rita").title == "Approve"
    assert await world.news() == []
    assert await state(world) is State.AWAITING


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_approval_refers_to_something_where_the_policy_asks_for_it(database_url):
    """PRM-10: the index of artifacts tells no pull request here, so the reason has to."""
    async with World(database_url, policy_data(approvals={"production": {"count": 1, "references": True}})) as world:
        change = await world.asked()
        await world.say("rita", f"/release approve {change} read, alerts are quiet")
        assert "It refers to nothing" in world.form("rita").as_text()
        assert await world.news() == []
        await world.say("rita", f"/release approve {change} read PAY-12 and #7, alerts are quiet")
        assert (await world.body("change:approval"))["references"] == ["PAY-12", "#7"]
        assert world.ci.started[-1].environment == "production"


async def test_words_with_a_reason_open_no_form_outside_the_window(world):
    """WIN-09: the approval is taken, and the change waits for its time."""
    change = await world.asked()
    await world.wait(hours=7)

    await world.say("rita", f"/release approve {change} read on the train")
    assert world.form("rita") is None
    assert await world.news() == ["approve:accepted", "change:approval", "change:approved", "dispatch:waits"]
    assert world.told("rita") == snapshot("""\
✅ Your approval of CR-2026-1124-002 is recorded
It is waiting-for-window now. No change window of api in production is open now (Tue 24 Nov 18:00 Europe/Berlin).
Your approval counts until tomorrow 16:00 (Wed 16:00 Europe/Berlin).\
""")
    assert len(world.ci.asked) == 1

    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert len(world.ci.asked) == 2


# ---------------------------------------------------------------- who


async def test_who_asked_never_approves_not_even_as_release_manager(world):
    """SOD-01; with Olga it goes."""
    await world.on_staging()
    data = policy_data()
    data["allow"]["promote"]["production"] = ["release_manager"]
    await world.restart(Policy.model_validate(data))
    await world.say("rita", ASK)
    await world.news()

    await world.press("rita", "Approve")
    assert await turned_away(world, "rita") == ["own-request", "no-rationale"]
    assert world.form("rita") is None
    assert "May not: Rita Manager asked for CR-2026-1124-002; the requester never approves." in world.shown()

    await world.approve("olga")
    assert await state(world) is State.RUNNING


async def test_a_second_account_is_still_the_same_person(world):
    """SOD-06: Rita asks at her desk and clicks on her phone."""
    await world.on_staging()
    data = policy_data(approvals={"production": {"count": 2}})
    data["allow"]["promote"]["production"] = ["release_manager"]
    await world.restart(Policy.model_validate(data))
    await world.say("rita-phone", ASK)
    await world.news()

    await world.press("rita", "Approve")
    assert await turned_away(world, "rita") == ["own-request", "no-rationale"]

    await world.approve("olga")
    assert await state(world) is State.AWAITING
    assert "1 of 2" in world.shown()


async def test_two_accounts_of_one_person_count_once(world):
    """SOD-06."""
    await world.restart(rule(count=2))
    change = await world.asked()
    await world.say("rita", f"/release approve {change} read at the desk")
    await world.news()

    await world.say("rita-phone", f"/release approve {change} read on the phone")
    assert await turned_away(world, "rita-phone") == ["already-decided"]
    assert "1 of 2" in world.shown()

    await world.say("olga", f"/release approve {change} owner agrees")
    assert await state(world) is State.RUNNING


async def test_an_author_never_approves(world):
    """SOD-02; the authors of v1.5.0 are Rita and Dev."""
    world.publish("v1.5.0", authors=frozenset({"rita", "dev"}))
    await world.on_staging("v1.5.0", "sha256:" + "b2" * 32)
    await world.say("carla", "/release promote api v1.5.0 production")
    await world.news()

    await world.press("rita", "Approve")
    assert await turned_away(world, "rita") == ["own-work", "no-rationale"]
    assert "May not: Rita Manager wrote a part of api v1.5.0" in world.shown()

    await world.approve("olga")
    assert await state(world) is State.RUNNING


async def test_a_reviewer_never_lets_it_go_alone(world):
    """SOD-03, SOD-04: Rob reviewed the code."""
    await world.asked()

    await world.approve("rob")
    change = await world.change()
    assert (change.state, len(world.ci.asked)) == (State.AWAITING, 1)
    assert change.why.startswith("Rob Second already approved the code")
    assert (await world.news())[-3:] == ["approve:accepted", "change:approval", "change:needs-approval"]
    assert await world.codes() == ["sole-reviewer"]

    await world.approve("olga")
    assert await state(world) is State.RUNNING


@pytest.mark.parametrize(
    ("who", "tag", "code"),
    [("audrey", "approve:refused", "not-permitted"), ("guest", "stranger:refused", "stranger"), ("nobody", "stranger:refused", "stranger")],
)
async def test_who_has_no_role_decides_nothing(world, who, tag, code):
    await world.asked()
    for button in ("Approve", "Reject"):
        await world.press(who, button)
        assert await world.news() == [tag.replace("approve", button.lower())]
        assert await world.codes() == [code]
        assert world.form(who) is None

    assert await state(world) is State.AWAITING
    await world.approve("olga")
    assert await state(world) is State.RUNNING


async def test_the_roles_that_the_policy_wants_must_be_among_them(world):
    """CF-11."""
    await world.restart(rule(count=1, roles=["service_owner"]))
    await world.asked()

    await world.approve("rita")
    change = await world.change()
    assert change.state is State.AWAITING
    assert "Nobody who approved is service_owner" in change.why
    await world.approve("olga")
    assert await state(world) is State.RUNNING


async def test_an_approver_who_left_the_group_does_not_count_any_more(world):
    """RBAC-09: Rob holds release_manager by a Slack group only."""
    world.publish("v1.4.0", "sha256:" + "a1" * 32, reviewers=frozenset())
    await world.asked()
    await world.wait(hours=7)
    await world.approve("rob")
    assert await state(world) is State.WAITING

    world.slack.add_group("release-managers", members=[])
    await world.restart()  # nothing is cached any more
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert (await state(world), len(world.ci.asked)) == (State.AWAITING, 1)
    await world.approve("olga")
    assert await state(world) is State.RUNNING


async def test_an_artifact_that_cannot_be_read_opens_no_form(world):
    await world.asked()
    world.artifacts.away = Unread("the build index", "no answer within 5 s")

    await world.press("rita", "Approve")
    assert await world.news() == ["approve:unsure"]
    assert world.form("rita") is None
    assert world.told("rita").startswith("⚠️ Cannot verify: approve api v1.4.0 production")
    assert "A decision takes a reason" not in world.told("rita")

    world.artifacts.away = None
    await world.approve("rita")
    assert await state(world) is State.RUNNING


# ---------------------------------------------------------------- once


async def test_a_double_click_decides_once(world):
    """PRM-20: one decision, and the third click is told so."""
    await world.restart(rule(count=2))
    await world.asked()
    await world.slack.double_click(world.people["rita"], world.card(), "Approve")
    await world.quiet()
    await world.fill("rita", rationale="read it")
    assert await world.news() == ["approve:accepted", "change:approval"]

    await world.press("rita", "Approve")
    assert await turned_away(world, "rita") == ["already-decided", "no-rationale"]
    assert world.form("rita") is None
    assert "1 of 2" in world.shown()


async def test_the_same_bytes_again_change_nothing(world):
    """PRM-20, OPS-07: Slack repeats what it thinks was not heard."""
    await world.asked()
    await world.press("rita", "Approve")
    sent = await world.slack.submit(world.people["rita"], {"rationale": "read it"})
    await world.quiet()
    assert len(world.ci.asked) == 2
    told, tags = world.slack.private(world.people["rita"]), len(await world.ledger())

    assert (await world.slack.redeliver(sent)).status == 200
    await world.quiet()
    assert len(world.ci.asked) == 2
    assert len(await world.ledger()) == tags
    assert world.slack.private(world.people["rita"]) == told


async def test_two_people_at_once_cause_one_dispatch(world):
    """PRM-20."""
    change = await world.asked()
    await asyncio.gather(
        *(world.slack.say(world.people[who], world.channels["releases"], f"/release approve {change} read it") for who in ("rita", "olga"))
    )
    await world.quiet()

    assert [order.key for order in world.ci.asked][1:] == [f"{change}.1"]
    assert sorted(tag for tag in await world.news() if tag.startswith("approve")) == ["approve:accepted", "approve:refused"]


async def test_a_screen_that_was_not_refreshed_decides_nothing(world):
    """RSK-12: the card was drawn under another policy file."""
    await world.asked()
    old = copy.deepcopy(world.card())
    await world.restart(rule(count=1, lifetime="23h"))
    await world.wait(seconds=1)
    await world.news()

    await world.press("rita", "Approve", old)
    assert await turned_away(world, "rita") == ["stale-card", "no-rationale"]
    await world.press("rita", "Reject", old)
    assert await turned_away(world, "rita", "reject") == ["stale-card", "no-rationale"]

    await world.approve("rita")
    assert await state(world) is State.RUNNING


async def test_a_form_that_was_open_while_the_change_moved_decides_nothing(world):
    await world.asked()
    await world.press("rita", "Approve")
    await world.restart(rule(count=1, lifetime="23h"))
    await world.wait(seconds=1)
    await world.news()

    await world.fill("rita", rationale="read it")
    assert await turned_away(world, "rita") == ["stale-card"]


# ---------------------------------------------------------------- which change


async def test_a_change_that_is_not_there_takes_no_decision(world):
    await world.asked()
    for word in ("approve", "reject", "withdraw", "cancel"):
        await world.say("rita", f"/release {word} CR-2020-0101-001 because")
        assert await world.news() == [f"{word}:refused"]
        assert len(world.ci.asked) == 1


async def test_words_that_name_no_change_are_not_understood(world):
    await world.say("rita", "/release approve the-last-one please")
    assert await world.news() == ["words:refused"]
    assert "'the-last-one' is no change; write one like CR-2026-1121-001" in world.told("rita")


# ---------------------------------------------------------------- reject


async def test_a_rejection_stops_it_and_keeps_the_reason(world, golden):
    """RSK-13."""
    change = await world.asked()
    old = copy.deepcopy(world.card())
    await world.press("olga", "Reject")
    await world.fill("olga", rationale="the migration was not tested")

    assert await world.news() == ["reject:accepted", "change:rejected"]
    assert await state(world) is State.REJECTED
    assert "Olga Owner rejected it: the migration was not tested" in world.shown()
    assert (await world.body("change:rejected"))["rationale"] == "the migration was not tested"
    assert world.card().buttons == []
    golden("change-rejected", world.drawn("chat.update"))

    for word in ("approve", "reject", "withdraw", "cancel"):
        await world.say("rita", f"/release {word} {change} after all")
        codes = await turned_away(world, "rita", word)
        assert "wrong-state" in codes or "not-permitted" in codes
    await world.press("rita", "Approve", old)
    assert "wrong-state" in await turned_away(world, "rita")


async def test_a_rejection_takes_a_reason(world):
    change = await world.asked()
    await world.say("olga", f"/release reject {change}")
    assert world.form("olga").title == "Reject"
    assert await state(world) is State.AWAITING

    await world.say("olga", f"/release reject {change} not tonight")
    assert await state(world) is State.REJECTED


async def test_a_change_that_waits_for_its_window_can_still_be_rejected(world):
    await world.asked()
    await world.wait(hours=7)
    await world.approve("rita")
    assert await state(world) is State.WAITING

    await world.press("olga", "Reject")
    await world.fill("olga", rationale="not tonight")
    await world.wait(until=MONDAY)
    assert len(world.ci.asked) == 1
    assert await state(world) is State.REJECTED


# ---------------------------------------------------------------- how long it counts


async def test_an_approval_counts_for_its_lifetime_and_not_a_second_longer(world):
    await world.restart(rule(count=2, lifetime="2h"))
    await world.asked()
    await world.approve("rita")
    assert "1 of 2" in world.shown()

    await world.wait(seconds=2 * 3600 - 1)
    assert "1 of 2" in world.shown()
    await world.wait(seconds=1)
    assert "0 of 2" in world.shown()
    assert "(no longer counts)" in world.shown()

    await world.approve("olga")
    assert await state(world) is State.AWAITING
    await world.approve("rita", "read again")
    assert await state(world) is State.RUNNING


async def test_an_approval_ends_with_the_window_in_which_it_was_given(world):
    await world.restart(rule(count=2))
    await world.asked()
    await world.approve("rita")

    await world.wait(until=datetime(2026, 11, 24, 15, 0, tzinfo=UTC))  # 16:00 in Berlin
    assert "0 of 2" in world.shown()


async def test_an_approval_lasts_a_day_where_windows_do_not_end_it(world):
    await world.restart(rule(count=2, ends_with_window=False))
    await world.asked()
    await world.approve("rita")

    await world.wait(hours=23, minutes=59)
    assert "1 of 2" in world.shown()
    await world.wait(minutes=1)
    assert "0 of 2" in world.shown()


async def test_a_change_whose_approval_ran_out_while_it_waited_asks_again(world):
    """Approved on a Friday, for a day; the window opens on Monday, and the policy lets no approval wait for it."""
    await world.restart(Policy.model_validate(policy_data(approvals={"production": {"count": 1, "waits": False}})))
    await world.on_staging()
    await world.wait(until=datetime(2026, 11, 27, 10, 0, tzinfo=UTC))
    await world.say("carla", ASK)
    await world.approve("rita")
    assert await state(world) is State.WAITING

    await world.wait(hours=24)
    assert await state(world) is State.AWAITING
    await world.wait(until=MONDAY)
    assert len(world.ci.asked) == 1
    await world.approve("rita", "read again on Monday")
    assert await state(world) is State.RUNNING


async def test_a_result_that_came_is_not_approved_again(world):
    change = await world.running()
    await world.ci_says(RunState.SUCCEEDED)
    await world.news()

    await world.say("olga", f"/release approve {change} fine with me")
    assert await world.news() == ["approve:refused"]
    assert "wrong-state" in await world.codes()
    assert len(world.ci.asked) == 2


def test_rita_has_two_accounts():
    """What the stories above stand on."""
    rita = next(person for person in Policy.model_validate(policy_data()).people if person.id == "rita@acme.example")
    assert rita.slack == (slack_id("rita"), slack_id("rita-phone"))
