"""What the bot hears, how soon it must answer, and what people see when it does not."""

import asyncio
import copy
import json

import pytest
from aiohttp import ClientError, ClientSession, web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.workspace import App, Workspace


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


APPROVE = {"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "CR-1", "style": "primary"}
ABORT = {
    "type": "button",
    "action_id": "abort",
    "text": plain("Abort"),
    "confirm": {"title": plain("Abort?"), "text": plain("CI is told to stop."), "confirm": plain("Abort"), "deny": plain("Keep")},
}
CARD = [{"type": "actions", "block_id": "decide", "elements": [APPROVE, ABORT]}]


def heard(bot) -> dict:
    return json.loads(bot.heard[-1].form["payload"])


@pytest.fixture
async def card(ws, slack, releases):
    await slack.chat_postMessage(channel=releases.id, text="card", blocks=CARD, metadata={"event_type": "card", "event_payload": {}})
    return ws.messages(releases)[-1]


# ---------------------------------------------------------------- shapes


async def test_a_slash_command(ws, bot, carla, releases):
    ex = await ws.say(carla, releases, "/release promote api v1.4.0")
    form = bot.heard[0].form
    assert (ex.status, ex.error, ex.retries) == (200, None, 0)
    assert {key: form[key] for key in ("command", "text", "user_id", "channel_id", "channel_name", "team_id", "is_enterprise_install")} == {
        "command": "/release",
        "text": "promote api v1.4.0",
        "user_id": carla.id,
        "channel_id": releases.id,
        "channel_name": "releases",
        "team_id": "T0SIGNAL",
        "is_enterprise_install": "false",
    }
    assert form["response_url"].startswith(ws.url.removesuffix("/api/"))


@pytest.mark.parametrize(
    ("escaping", "sent"),
    [(True, "ask <@{carla}|carla> in <#{releases}|releases> &lt;now&gt;"), (False, "ask @carla in #releases &lt;now&gt;")],
)
async def test_what_is_typed_is_escaped(bot, escaping, sent):
    async with Workspace(app=App(should_escape=escaping)) as ws:
        carla = ws.add_person("carla")
        releases = ws.add_channel("releases", [carla])
        ex = await ws.say(carla, releases, "/release ask @carla in #releases <now>")
        assert ex.payload["text"] == sent.format(carla=carla.id, releases=releases.id)


async def test_every_request_is_signed(ws, bot, carla, releases):
    await ws.say(carla, releases, "/release status")
    right, wrong = SignatureVerifier(ws.signing_secret), SignatureVerifier("another secret")
    assert right.is_valid_request(bot.heard[0].body, bot.heard[0].headers)
    assert not wrong.is_valid_request(bot.heard[0].body, bot.heard[0].headers)
    assert not right.is_valid_request(bot.heard[0].body + b"&text=promote", bot.heard[0].headers)


async def test_requests_are_stamped_by_the_machines_clock_or_by_the_one_given(ws, clock, bot, carla, releases):
    async with Workspace(clock, stamps=lambda: clock().timestamp()) as moved:
        moved.aim(ws.request_url)
        await moved.event(moved.add_person("carla"), {"type": "app_home_opened"})
    await ws.say(carla, releases, "/release status")
    by_story, by_machine = (int(each.headers["X-Slack-Request-Timestamp"]) for each in bot.heard)
    assert by_story == int(clock().timestamp())
    assert by_machine != by_story


async def test_a_click(ws, bot, otto, card):
    await ws.press(otto, card, "Approve")
    sent = heard(bot)
    [action] = sent["actions"]
    assert (action["action_id"], action["block_id"], action["value"], action["type"]) == ("approve", "decide", "CR-1", "button")
    assert sent["container"] == {"type": "message", "message_ts": card.ts, "channel_id": card.channel, "is_ephemeral": False}
    assert (sent["user"]["id"], sent["message"]["metadata"]["event_type"]) == (otto.id, "card")


async def test_a_click_on_an_ephemeral_message_carries_no_message(ws, slack, bot, carla, otto, releases):
    await slack.chat_postEphemeral(channel=releases.id, user=carla.id, text="x", blocks=CARD)
    [message] = ws.private(carla)
    await ws.press(carla, message, "approve")
    assert (heard(bot)["container"]["is_ephemeral"], "message" in heard(bot)) == (True, False)
    with pytest.raises(LookupError, match="does not see"):
        await ws.press(otto, message, "approve")


async def test_only_buttons_that_exist_and_people_who_see_them(ws, bot, otto, card):
    nora = ws.add_person("nora")
    with pytest.raises(LookupError, match=r"there are: Approve \(approve\), Abort \(abort\)"):
        await ws.press(otto, card, "Reject")
    with pytest.raises(LookupError, match="nora is not in #releases"):
        await ws.press(nora, card, "Approve")
    assert bot.heard == []


async def test_a_screen_not_yet_refreshed_still_has_its_buttons(ws, slack, bot, otto, card):
    stale = copy.copy(card)
    await slack.chat_update(channel=card.channel, ts=card.ts, text="done", blocks=[])
    with pytest.raises(LookupError):
        await ws.press(otto, card, "Approve")
    await ws.press(otto, stale, "Approve")
    assert heard(bot)["container"]["message_ts"] == card.ts


def test_a_confirmation_is_part_of_its_button(card):
    assert [button.confirm for button in card.buttons] == [None, "Abort? / CI is told to stop. / Abort / Keep"]


async def test_a_choice(ws, slack, bot, otto, releases):
    options = [{"text": plain("Details"), "value": "details"}]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=[{"type": "section", "text": plain("x"), "accessory": menu}])
    await ws.choose(otto, ws.messages(releases)[0], "more", "Details")
    assert heard(bot)["actions"][0]["selected_option"] == options[0]


async def test_a_choice_in_a_message_is_in_its_state(ws, slack, bot, otto, releases):
    options = [{"text": plain(each), "value": each} for each in ("staging", "production")]
    menu = {"type": "static_select", "action_id": "environment", "options": options}
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=[{"type": "actions", "block_id": "where", "elements": [menu]}])
    await ws.choose(otto, ws.messages(releases)[0], "environment", "production")
    chosen = {"type": "static_select", "selected_option": options[1]}
    assert heard(bot)["state"]["values"] == {"where": {"environment": chosen}}
    with pytest.raises(LookupError, match="does not offer 'mars'"):
        await ws.choose(otto, ws.messages(releases)[0], "environment", "mars")


async def test_events(ws, bot, carla):
    await ws.event(carla, {"type": "app_home_opened"})
    sent = json.loads(bot.heard[0].body)
    assert (sent["type"], sent["event"]["user"], sent["event"]["tab"]) == ("event_callback", carla.id, "home")
    carla.deleted = True
    await ws.event(carla, {"type": "user_change"})
    again = json.loads(bot.heard[1].body)
    assert again["event"]["user"]["deleted"] is True
    assert again["event_id"] != sent["event_id"]


# ---------------------------------------------------------------- twice


async def test_a_redelivery_is_the_same_bytes_and_says_so(ws, bot, carla, releases):
    first = await ws.say(carla, releases, "/release status")
    second = await ws.redeliver(first)
    assert bot.heard[0].body == bot.heard[1].body
    assert "X-Slack-Retry-Num" not in bot.heard[0].headers
    assert (bot.heard[1].headers["X-Slack-Retry-Num"], bot.heard[1].headers["X-Slack-Retry-Reason"]) == ("1", "http_timeout")
    assert (await ws.redeliver(second)).retries == 2


async def test_a_double_click_is_two_deliveries_at_once(ws, bot, otto, card):
    both = asyncio.Barrier(2)

    async def together(_):
        await both.wait()  # only answered once both clicks are in the bot's hands
        return web.Response()

    bot.answer = together
    exchanges = await ws.double_click(otto, card, "Approve")
    assert [ex.error for ex in exchanges] == [None, None]
    one, two = (json.loads(each.form["payload"]) for each in bot.heard)
    assert one["actions"][0]["action_ts"] != two["actions"][0]["action_ts"]
    assert one["trigger_id"] != two["trigger_id"]


# ---------------------------------------------------------------- answers, late or none


async def test_a_late_answer_is_a_timeout_that_the_person_sees():
    released = asyncio.Event()

    async def late(_: web.Request) -> web.Response:
        await released.wait()
        return web.Response(text="too late")

    site = web.Application()
    site.router.add_post("/", late)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with Workspace(ack_seconds=0.05) as ws:
        carla = ws.add_person("carla")
        releases = ws.add_channel("releases", [carla])
        ws.aim(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        ex = await ws.say(carla, releases, "/release status")
        assert (ex.status, ex.error) == (0, "operation_timeout")
        released.set()
        assert [m.as_text() for m in ws.private(carla)] == ['/release failed with the error "operation_timeout"']
    await runner.cleanup()


async def test_no_bot_at_all(ws, carla, releases):
    assert (await ws.say(carla, releases, "/release status")).error == "dispatch_failed"
    assert [m.text for m in ws.private(carla)] == ['/release failed with the error "dispatch_failed"']


async def test_an_acknowledgement_may_speak(ws, bot, carla, otto, releases):
    bot.answers(text="only you")
    await ws.say(carla, releases, "/release status")
    bot.answers(text="everyone", response_type="in_channel")
    await ws.say(carla, releases, "/release status")
    assert [m.text for m in ws.private(carla)] == ["only you"]
    assert ([m.text for m in ws.messages(releases)], ws.private(otto)) == (["everyone"], [])
    bot.answers(blocks=[{"type": "section"}])
    await ws.say(carla, releases, "/release status")
    assert ws.private(carla)[-1].text == '/release failed with the error "invalid_blocks"'


# ---------------------------------------------------------------- response URLs


async def test_a_response_url_works_five_times(ws, bot, carla, releases):
    ex = await ws.say(carla, releases, "/release status")
    respond = AsyncWebhookClient(ex.payload["response_url"], retry_handlers=[])
    for n in range(5):
        assert (await respond.send(text=f"{n}")).body == "ok"
    spent = await respond.send(text="6")
    assert (spent.status_code, spent.body) == (404, "used_url")
    assert [m.text for m in ws.private(carla)] == ["0", "1", "2", "3", "4"]


async def test_a_response_url_works_for_thirty_minutes(ws, clock, bot, carla, releases):
    ex = await ws.say(carla, releases, "/release status")
    respond = AsyncWebhookClient(ex.payload["response_url"], retry_handlers=[])
    clock.pass_by(minutes=30)
    assert (await respond.send(text="in time", response_type="in_channel")).status_code == 200
    clock.pass_by(seconds=1)
    assert (await respond.send(text="late")).body == "expired_url"
    assert [m.text for m in ws.messages(releases)] == ["in time"]


async def test_a_click_may_replace_or_delete_its_message(ws, bot, otto, card, releases):
    ex = await ws.press(otto, card, "Approve")
    respond = AsyncWebhookClient(ex.payload["response_url"], retry_handlers=[])
    await respond.send(text="beside")
    assert ([m.text for m in ws.private(otto)], card.text) == (["beside"], "card")
    await respond.send(text="instead", blocks=[], replace_original=True)
    assert (card.text, card.buttons) == ("instead", [])
    assert (await respond.send(text="")).body == "no_text"
    await respond.send(delete_original=True)
    assert ws.messages(releases) == []


# ---------------------------------------------------------------- faults


async def test_faults_happen_once_and_are_on_record(ws, slack, refused, releases):
    def post():
        return slack.chat_postMessage(channel=releases.id, text="x")

    ws.faults.fail("chat.postMessage", error="fatal_error")
    assert (await refused(post()))["error"] == "fatal_error"
    ws.faults.status("chat.postMessage", 429, retry_after=7)
    answer = await refused(post())
    assert answer["error"] == "ratelimited"
    ws.faults.status("chat.postMessage", 500)
    assert await refused(post()) is not None
    assert ws.messages(releases) == []
    assert (await post())["ok"]
    assert [call.answer.get("error", call.answer.get("status", "ok")) for call in ws.calls] == ["fatal_error", 429, 500, "ok"]
    assert ws.calls[-1].arguments == {"channel": releases.id, "text": "x"}


async def test_a_rate_limit_says_when_to_come_back(ws):
    ws.faults.status("auth.test", 429, retry_after=7)
    async with ClientSession() as session, session.post(ws.url + "auth.test") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")


async def test_an_answer_that_is_lost_was_still_carried_out(ws, slack, releases):
    ws.faults.lose_answer("chat.postMessage")
    with pytest.raises(ClientError):
        await slack.chat_postMessage(channel=releases.id, text="posted")
    assert [m.text for m in ws.messages(releases)] == ["posted"]


async def test_a_hanging_call_goes_on_when_released(ws, slack, releases):
    hang = ws.faults.hang("chat.postMessage")
    call = asyncio.create_task(slack.chat_postMessage(channel=releases.id, text="x"))
    await hang.reached.wait()
    assert (ws.messages(releases), call.done()) == ([], False)
    hang.release()
    assert (await call)["ok"]
    assert len(ws.messages(releases)) == 1


async def test_stopping_releases_what_hangs():
    async with Workspace() as ws:
        slack = AsyncWebClient(token=ws.bot_token, base_url=ws.url, retry_handlers=[])
        hang = ws.faults.hang("auth.test")
        call = asyncio.create_task(slack.auth_test())
        await hang.reached.wait()
    assert (await call)["ok"]


# ---------------------------------------------------------------- waiting


async def test_waiting_ends_with_the_change(ws, slack, releases):
    waiting = asyncio.create_task(ws.until(lambda: ws.messages(releases)))
    await slack.chat_postMessage(channel=releases.id, text="x")
    assert [m.text for m in await waiting] == ["x"]


async def test_waiting_in_vain_tells_what_happened(ws, slack, releases):
    await slack.chat_postMessage(channel=releases.id, text="only this")
    with pytest.raises(TimeoutError, match=r"\[#releases\] @Signalbox: only this"):
        await ws.until(lambda: len(ws.messages(releases)) > 1, timeout=0.01)
