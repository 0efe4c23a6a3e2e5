"""Forms: who may open one and when, what may be sent, and what the bot's answer does."""

import json
from datetime import date

import pytest
from aiohttp import web

from bot.workspace import NotSent


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


def asks(block_id: str, label: str, element: dict, **more) -> dict:
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **more}


def menu(kind: str, *options: str, **more) -> dict:
    return {"type": kind, "action_id": "pick", "options": [{"text": plain(each.title()), "value": each} for each in options], **more}


def form(*blocks: dict, title: str = "Promote", **more) -> dict:
    return {"type": "modal", "callback_id": "promote", "title": plain(title), "submit": plain("Ask"), "blocks": list(blocks), **more}


REASON = asks("reason", "Reason", {"type": "plain_text_input", "action_id": "text", "min_length": 3, "max_length": 10})
ENVIRONMENT = asks("environment", "Environment", menu("static_select", "staging", "production"))
CHECKS = asks("checks", "Checks", menu("checkboxes", "scan", "load"), optional=True)


@pytest.fixture
def trigger(ws, bot, carla):
    """`await trigger()` gives the trigger_id of a shortcut that Carla starts."""

    async def trigger() -> str:
        await ws.shortcut(carla, "promote")
        return json.loads(bot.heard[-1].form["payload"])["trigger_id"]

    return trigger


@pytest.fixture
def opens(slack, trigger):
    """`await opens(*blocks)` opens a form for Carla and gives Slack's view."""

    async def opens(*blocks: dict, **more) -> dict:
        return (await slack.views_open(trigger_id=await trigger(), view=form(*blocks, **more)))["view"]

    return opens


def submitted(bot) -> dict:
    return json.loads(bot.heard[-1].form["payload"])


# ---------------------------------------------------------------- opening


async def test_a_trigger_opens_one_form(ws, slack, refused, trigger, carla, otto):
    once = await trigger()
    await slack.views_open(trigger_id=once, view=form(REASON))
    assert (ws.modal(carla).title, ws.modal(otto)) == ("Promote", None)
    assert (await refused(slack.views_open(trigger_id=once, view=form(REASON))))["error"] == "exchanged_trigger_id"
    assert (await refused(slack.views_open(trigger_id="1.2.3", view=form(REASON))))["error"] == "invalid_trigger_id"


async def test_a_trigger_lives_three_seconds(ws, clock, slack, refused, trigger, carla):
    in_time, late = await trigger(), await trigger()
    clock.pass_by(seconds=3)
    await slack.views_open(trigger_id=in_time, view=form(REASON))
    clock.pass_by(milliseconds=1)
    assert (await refused(slack.views_open(trigger_id=late, view=form(REASON))))["error"] == "expired_trigger_id"


async def test_a_form_that_slack_would_not_show_uses_no_trigger_up(slack, refused, trigger):
    held = await trigger()
    answer = await refused(slack.views_open(trigger_id=held, view=form(REASON, title="x" * 25)))
    assert answer["error"] == "invalid_arguments"
    assert "/view/title/text" in answer["response_metadata"]["messages"][0]
    await slack.views_open(trigger_id=held, view=form(REASON, title="x" * 24))


async def test_three_forms_stack_and_no_more(ws, slack, refused, trigger, opens, carla):
    first = await opens(REASON, title="one")
    second = (await slack.views_push(trigger_id=await trigger(), view=form(REASON, title="two")))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first["id"], first["id"])
    await slack.views_push(trigger_id=await trigger(), view=form(REASON, title="three"))
    assert (await refused(slack.views_push(trigger_id=await trigger(), view=form(REASON))))["error"] == "push_limit_reached"
    await ws.close_modal(carla)
    assert ws.modal(carla).title == "two"
    await ws.close_modal(carla, everything=True)
    assert ws.modal(carla) is None


async def test_a_new_form_takes_the_place_of_the_open_one(ws, slack, refused, opens, carla):
    first, second = await opens(REASON, title="one"), await opens(REASON, title="two")
    await slack.views_update(view_id=second["id"], view=form(REASON, title="still two"))
    assert (await refused(slack.views_update(view_id=first["id"], view=form(REASON))))["error"] == "not_found"
    await ws.close_modal(carla)
    assert ws.modal(carla) is None


async def test_an_update_keeps_what_was_typed_and_minds_the_hash(ws, slack, refused, opens, carla):
    view = await opens(REASON)
    ws.modal(carla).fill({"reason": "tests ok"})
    newer = (await slack.views_update(view_id=view["id"], hash=view["hash"], view=form(REASON, ENVIRONMENT)))["view"]
    assert ws.modal(carla).values == {"reason": "tests ok", "environment": None}
    stale = await refused(slack.views_update(view_id=view["id"], hash=view["hash"], view=form(REASON)))
    assert stale["error"] == "hash_conflict"
    await slack.views_update(view_id=view["id"], hash=newer["hash"], view=form(REASON))
    assert (await refused(slack.views_update(view_id="V404", view=form(REASON))))["error"] == "not_found"


async def test_a_home_is_one_persons(ws, slack, refused, carla, otto):
    home = {"type": "home", "blocks": [{"type": "section", "text": plain("Yours")}]}
    first = (await slack.views_publish(user_id=carla.id, view=home))["view"]
    assert (ws.home(carla).as_text(), ws.home(otto)) == ("Yours", None)
    await slack.views_publish(user_id=carla.id, view=home, hash=first["hash"])
    assert (await refused(slack.views_publish(user_id=carla.id, view=home, hash=first["hash"])))["error"] == "hash_conflict"


# ---------------------------------------------------------------- filling in


async def test_what_is_sent_is_what_was_chosen(ws, bot, opens, carla, otto):
    people = asks("who", "Who", {"type": "users_select", "action_id": "pick"})
    day = asks("day", "Day", {"type": "datepicker", "action_id": "pick"})
    await opens(REASON, ENVIRONMENT, CHECKS, people, day, private_metadata="CR-1")
    await ws.submit(carla, {"Reason": "because", "environment": "Production", "checks": ["load"], "who": otto, "day": date(2026, 11, 23)})
    sent = submitted(bot)
    assert (sent["type"], sent["view"]["private_metadata"], sent["view"]["callback_id"]) == ("view_submission", "CR-1", "promote")
    load = {"text": plain("Load"), "value": "load"}
    assert sent["view"]["state"]["values"] == {
        "reason": {"text": {"type": "plain_text_input", "value": "because"}},
        "environment": {"pick": {"type": "static_select", "selected_option": {"text": plain("Production"), "value": "production"}}},
        "checks": {"pick": {"type": "checkboxes", "selected_options": [load]}},
        "who": {"pick": {"type": "users_select", "selected_user": otto.id}},
        "day": {"pick": {"type": "datepicker", "selected_date": "2026-11-23"}},
    }
    assert ws.modal(carla) is None


async def test_fields_and_options_that_do_not_exist_are_named(ws, opens, carla):
    await opens(REASON, ENVIRONMENT)
    with pytest.raises(LookupError, match=r"the form has: reason \(Reason\), environment \(Environment\)"):
        await ws.submit(carla, {"rationale": "x"})
    with pytest.raises(LookupError, match=r"it offers: staging \(Staging\), production \(Production\)"):
        await ws.submit(carla, {"environment": "mars"})


@pytest.mark.parametrize(
    ("allowed", "refusal", "field"),
    [
        pytest.param({"reason": "abc"}, {"reason": "ab"}, "reason", id="too short"),
        pytest.param({"reason": "a" * 10}, {"reason": "a" * 11}, "reason", id="too long"),
        pytest.param({"reason": "abc"}, {"reason": ""}, "reason", id="required"),
        pytest.param(
            {"reason": "abc", "environment": "staging"}, {"reason": "abc", "environment": None}, "environment", id="nothing chosen"
        ),
        pytest.param({"reason": "abc", "checks": []}, {"reason": None, "checks": []}, "reason", id="optional"),
    ],
)
async def test_slacks_client_sends_no_incomplete_form(ws, bot, opens, carla, allowed, refusal, field):
    blocks = (
        REASON,
        ENVIRONMENT | {"element": menu("static_select", "staging", initial_option={"text": plain("Staging"), "value": "staging"})},
    )
    await opens(*blocks, CHECKS)
    heard = len(bot.heard)
    with pytest.raises(NotSent):
        await ws.submit(carla, refusal)
    assert (list(ws.modal(carla).errors), len(bot.heard)) == ([field], heard)
    await ws.submit(carla, allowed)
    assert (ws.modal(carla), len(bot.heard)) == (None, heard + 1)


# ---------------------------------------------------------------- the bot's answer


async def test_errors_stand_under_their_fields(ws, bot, opens, carla):
    await opens(REASON)
    bot.answers(response_action="errors", errors={"reason": "Name a ticket."})
    await ws.submit(carla, {"reason": "because"})
    assert ws.modal(carla).as_text() == "Promote\nReason: because\n  ! Name a ticket.\n[Ask]"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"response_action": "errors", "errors": {"rationale": "?"}}, id="errors for no field"),
        pytest.param({"response_action": "errors", "errors": {}}, id="errors without an error"),
        pytest.param({"response_action": "update", "view": form(REASON, title="x" * 25)}, id="a view that Slack refuses"),
        pytest.param({"response_action": "dance"}, id="an unknown action"),
    ],
)
async def test_an_answer_that_slack_cannot_use_leaves_the_form_with_a_notice(ws, bot, opens, carla, answer):
    await opens(REASON)
    bot.answers(**answer)
    await ws.submit(carla, {"reason": "because"})
    assert ws.modal(carla).notice == "We had some trouble connecting. Try again?"
    assert ws.modal(carla).errors == {}


async def test_update_push_and_clear(ws, bot, opens, carla):
    await opens(REASON)
    bot.answers(response_action="update", view=form(REASON, title="Sure?"))
    await ws.submit(carla, {"reason": "because"})
    assert (ws.modal(carla).title, ws.modal(carla).values) == ("Sure?", {"reason": "because"})
    bot.answers(response_action="push", view=form(REASON, title="Really?"))
    await ws.submit(carla)
    assert ws.modal(carla).title == "Really?"
    bot.answers(response_action="clear")
    await ws.submit(carla, {"reason": "yes"})
    assert ws.modal(carla) is None


async def test_a_submission_that_fails_leaves_the_form_open(ws, bot, opens, carla):
    await opens(REASON)

    async def fail(_):
        return web.Response(status=500)

    bot.answer = fail
    assert (await ws.submit(carla, {"reason": "because"})).error == "dispatch_failed"
    assert ws.modal(carla).notice == "We had some trouble connecting. Try again?"


async def test_closing_is_told_only_to_a_bot_that_asked(ws, bot, opens, carla):
    await opens(REASON)
    assert await ws.close_modal(carla) is None
    await opens(REASON, notify_on_close=True)
    await ws.close_modal(carla)
    assert (submitted(bot)["type"], submitted(bot)["is_cleared"]) == ("view_closed", False)
    with pytest.raises(LookupError, match="has no form open"):
        await ws.submit(carla)
