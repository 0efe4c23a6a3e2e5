"""Slack answers late, not at all, or with no: people still see one card each, and changes go on (OPS-07)."""

from datetime import timedelta

from commands.core.ports.ci import RunState
from guards.lifecycle import State

ASK = "/release promote api v1.4.0 staging"


async def soon(world, seconds: int = 70) -> None:
    """Let retries come due, one after the other."""
    for _ in range(seconds // 10):
        await world.wait(seconds=10)


async def test_a_card_whose_post_got_no_answer_appears_once(world):
    """Found again by its metadata."""
    await world.runs_in("dev")
    world.slack.faults.lose_answer("chat.postMessage")
    await world.say("dev", ASK)
    await soon(world)

    assert len(world.cards()) == 1
    assert "CI is deploying" in world.shown()
    await world.ci_says(RunState.SUCCEEDED)
    assert "deployed" in world.shown()
    assert len(world.cards()) == 1


async def test_a_card_that_may_stand_there_is_not_posted_while_nobody_can_look(world):
    await world.runs_in("dev")
    world.slack.faults.lose_answer("chat.postMessage")
    world.slack.faults.fail("conversations.history", "internal_error", times=2)
    await world.say("dev", ASK)
    await soon(world)

    assert len(world.cards()) == 1
    assert "CI is deploying" in world.shown()


async def test_a_rate_limit_is_waited_for(world):
    await world.runs_in("dev")
    world.slack.faults.status("chat.postMessage", 429, retry_after=20)
    await world.say("dev", ASK)
    assert world.cards() == []
    assert len(world.ci.started) == 1

    await world.wait(seconds=19)
    assert world.cards() == []
    await world.wait(seconds=1)
    assert "CI is deploying" in world.shown()


async def test_a_redraw_that_fails_is_made_up_with_what_is_true_then(world):
    await world.runs_in("dev")
    await world.say("dev", ASK)
    world.slack.faults.status("chat.update", 503, times=2)
    await world.ci_says(RunState.SUCCEEDED)
    assert "CI is deploying" in world.shown()

    await soon(world)
    assert "deployed" in world.shown()


async def test_a_channel_that_is_gone_stops_no_change(world):
    """The card is given up; words still work."""
    await world.runs_in("dev")
    world.slack.faults.fail("chat.postMessage", "channel_not_found", times=50)
    change = await world.asked()
    assert world.cards() == []

    await world.say("rita", f"/release approve {change} read it, though there is no card")
    assert (await world.change()).state is State.RUNNING
    world.slack.faults.clear()
    await world.ci_says(RunState.SUCCEEDED)
    assert [change in card.as_text() for card in world.cards()] == [True]
    assert "deployed" in world.shown()


async def test_an_answer_finds_its_way_when_the_response_url_is_dead(world):
    """First where the person looks, then in their direct messages."""
    world.slack.faults.fail("response_url", "expired_url")
    await world.say("audrey", "/release whoami")
    assert world.told("audrey").startswith("👤 Audrey Auditor")
    assert world.slack.calls[-1].method == "chat.postEphemeral"

    world.slack.faults.fail("response_url", "expired_url")
    world.slack.faults.fail("chat.postEphemeral", "user_not_in_channel")
    await world.say("audrey", "/release help")
    assert world.told("audrey").startswith("🚦 What you can do")
    assert world.slack.calls[-1].method == "chat.postMessage"
    assert len(world.slack.messages(world.slack.dm(world.people["audrey"]))) == 1


async def test_an_answer_to_a_form_is_told_where_it_was_opened(world):
    await world.runs_in("dev")
    await world.say("dev", "/release promote api")
    world.clock.at += timedelta(hours=1)  # the response URL of the command is long dead
    await world.fill("dev", version="v1.4.0", environment="staging")

    assert world.told("dev").startswith("📝 Asked for api v1.4.0 → staging")


async def test_a_form_that_slack_opens_no_more_is_answered_with_the_words(world):
    world.slack.faults.fail("views.open", "expired_trigger_id")
    await world.say("dev", "/release promote api")

    assert world.form("dev") is None
    assert "Slack closed the moment in which a form can be opened. Type it, or try again." in world.told("dev")
    assert "/release promote <service> <version> <environment>" in world.told("dev")


async def test_slack_is_away_for_a_while_and_everybody_is_told_in_the_end(world):
    await world.runs_in("dev")
    for method in ("chat.postMessage", "chat.postEphemeral", "conversations.open", "response_url"):
        world.slack.faults.status(method, 503, times=3)
    await world.say("dev", ASK)
    assert (world.cards(), len(world.ci.started)) == ([], 1)

    await soon(world, 120)
    assert "CI is deploying" in world.shown()
    assert world.told("dev").startswith("📝 Asked for api v1.4.0 → staging")
    assert len(world.cards()) == 1
