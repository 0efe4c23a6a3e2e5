"""The rest of what an app shows on the page: its Home, pins, pictures, and every element that people choose in."""

import json
import re
from datetime import UTC, datetime

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import App, Workspace
from tests.workspace.parts import asks, button, card, form, heard, plain

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
OPTIONS = [{"text": plain(each.title()), "value": each} for each in ("dev", "staging", "production")]


def home(*blocks: dict) -> dict:
    return {"type": "home", "blocks": list(blocks)}


@pytest.fixture
def uploaded(slack, browser):
    """`await uploaded("a.png", data, share=channel)` gives the file's id."""

    async def uploaded(name: str, content: bytes, share=None, *, complete: bool = True) -> str:
        begun = await slack.files_getUploadURLExternal(filename=name, length=len(content))
        async with browser.post(begun["upload_url"], data=content):
            pass
        if complete:
            await slack.files_completeUploadExternal(files=[{"id": begun["file_id"]}], **({"channel_id": share.id} if share else {}))
        return begun["file_id"]

    return uploaded


# ---------------------------------------------------------------- App Home


async def test_the_home_is_whoever_opens_it(bot, slack, does, carla, otto, opened):
    async with opened("carla") as tab, opened("otto") as other:
        first = await tab.news()
        assert (first["home"], [each["tabs"] for each in first["channels"]]) == (None, [False, True])
        assert await does(carla, "visit", tab="home") is None
        event = json.loads(bot.heard[-1].body)["event"]
        assert {key: event[key] for key in ("type", "user", "tab")} == {"type": "app_home_opened", "user": carla.id, "tab": "home"}
        assert "view" not in event

        await slack.views_publish(user_id=carla.id, view=home(card(button("Go"))[0]))
        shown = (await tab.until(lambda told: told["home"]))["home"]
        assert shown["blocks"][0]["elements"][0]["text"] == "Go"
        assert (await other.news())["home"] is None
        assert await does(carla, "press", on=shown["id"], action_id="go") is None
        assert heard(bot)["container"] == {"type": "view", "view_id": shown["id"]}
        assert await does(otto, "press", on=shown["id"], action_id="go") == "this form is not open any more"

        await does(carla, "visit", tab="home")
        assert json.loads(bot.heard[-1].body)["event"]["view"]["id"] == shown["id"]
        await does(carla, "visit", tab="messages")
        event = json.loads(bot.heard[-1].body)["event"]
        assert (event["tab"], "view" in event) == ("messages", False)


async def test_an_app_without_a_home_has_no_tab_and_hears_nothing(bot, refused):
    async with Workspace(app=App(events=frozenset(), home_tab=False)) as ws:
        her = ws.add_person("carla")
        ws.aim(bot.address)
        slack = AsyncWebClient(token=ws.bot_token, base_url=ws.url, retry_handlers=[])
        assert (await refused(slack.views_publish(user_id=her.id, view=home())))["error"] == "not_enabled"
        with pytest.raises(LookupError, match="no Home tab"):
            await ws.open_home(her)
        assert await ws.open_home(her, "messages") is None
        with pytest.raises(LookupError, match="does not subscribe to app_home_opened"):
            await ws.event(her, {"type": "app_home_opened"})
    assert bot.heard == []


# ---------------------------------------------------------------- pins


async def test_a_pinned_card_stays_above_the_messages(ws, slack, refused, carla, releases, opened):
    posted = await slack.chat_postMessage(channel=releases.id, text="x", blocks=[{"type": "header", "text": plain("Train 42")}])
    async with opened("carla") as tab:
        assert (await tab.news())["channels"][0]["pins"] == []
        await slack.pins_add(channel=releases.id, timestamp=posted["ts"])
        assert (await tab.until(lambda told: told["channels"][0]["pins"]))["channels"][0]["pins"] == [posted["ts"]]
        (shown,) = tab.messages.values()
        assert shown["headline"] == "Train 42"
        (item,) = (await slack.pins_list(channel=releases.id))["items"]
        assert (item["type"], item["channel"], item["created_by"], item["message"]["ts"]) == (
            "message",
            releases.id,
            "U0SIGNALBOT",
            posted["ts"],
        )
        assert item["created"] == int(ws.state.now().timestamp())
        await slack.chat_delete(channel=releases.id, ts=posted["ts"])
        assert (await tab.until(lambda told: told["messages"]))["channels"][0]["pins"] == []
    assert (await slack.pins_list(channel=releases.id))["items"] == []


# ---------------------------------------------------------------- pictures


async def test_a_picture_that_was_shared_is_shown_to_whom_it_was_shared_with(slack, uploaded, browser, page, ws, otto, opened):
    file = await uploaded("chart.png", PNG, share=ws.dm(otto))
    async with opened("otto") as tab:
        await tab.news()
    (message,) = tab.messages.values()
    assert message["files"][0]["picture"] is True
    address = f"{page.address}pictures/{file}"
    async with browser.get(address, params={"as": "otto"}) as his, browser.get(address, params={"as": "carla"}) as hers:
        assert (his.status, his.content_type, await his.read(), hers.status) == (200, "image/png", PNG, 404)


async def test_a_block_shows_an_uploaded_picture(slack, uploaded, refused, browser, page, releases, opened):
    def image(file: dict) -> list[dict]:
        return [{"type": "image", "alt_text": "a chart", "title": plain("Lead time"), "slack_file": file}]

    file = await uploaded("chart.png", PNG)
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=image({"id": file}))
    async with opened("otto") as tab:
        await tab.news()
    (message,) = tab.messages.values()
    assert message["blocks"] == [{"type": "image", "alt": "a chart", "title": "Lead time", "name": file}]
    async with browser.get(f"{page.address}pictures/{file}", params={"as": "otto"}) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", PNG)

    early, text = await uploaded("b.png", PNG, complete=False), await uploaded("a.png", b"<svg onload=alert(1)>")
    for wrong in ({"id": early}, {"id": text}, {"id": "F404"}, {"url": "https://files.slack.com/x"}, {"id": file, "url": "https://x"}, {}):
        assert (await refused(slack.chat_postMessage(channel=releases.id, text="x", blocks=image(wrong))))["error"] == "invalid_blocks", (
            wrong
        )
    both = image({"id": file})[0] | {"image_url": "https://x.example/a.png"}
    assert (await refused(slack.chat_postMessage(channel=releases.id, text="x", blocks=[both])))["error"] == "invalid_blocks"


async def test_a_picture_of_the_bot_itself_is_fetched_and_nothing_else_is(slack, browser, page, releases, opened):
    asked = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=PNG if request.path == "/chart.png" else b"<script>")

    site = web.Application()
    site.router.add_get("/{name}", serve)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = f"http://127.0.0.1:{runner.addresses[0][1]}"
    urls = (f"{here}/chart.png", f"{here}/script.png", "http://outside.example/x.png")
    blocks = [{"type": "image", "alt_text": "x", "image_url": url} for url in urls]
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=blocks)
    async with opened("otto") as tab:
        await tab.news()
    names = [each["name"] for each in next(iter(tab.messages.values()))["blocks"]]
    assert names[2] is None
    statuses = []
    for name in (*names[:2], "0" * 24):
        async with browser.get(f"{page.address}pictures/{name}", params={"as": "otto"}) as answer:
            statuses.append(answer.status)
    assert (statuses, asked) == ([200, 404, 404], ["/chart.png", "/script.png"])
    await runner.cleanup()


# ---------------------------------------------------------------- choosing


@pytest.mark.parametrize(
    ("element", "shape", "value", "sent"),
    [
        ({"type": "static_select", "options": OPTIONS}, "select", "dev", {"selected_option": OPTIONS[0]}),
        ({"type": "static_select", "option_groups": [{"label": plain("All"), "options": OPTIONS}]}, "select", "dev", {"selected_option": OPTIONS[0]}),
        ({"type": "multi_static_select", "options": OPTIONS}, "several", ["dev", "production"], {"selected_options": [OPTIONS[0], OPTIONS[2]]}),
        ({"type": "overflow", "options": OPTIONS}, "menu", "staging", {"selected_option": OPTIONS[1]}),
        ({"type": "radio_buttons", "options": OPTIONS}, "radio", "staging", {"selected_option": OPTIONS[1]}),
        ({"type": "checkboxes", "options": OPTIONS}, "boxes", ["staging"], {"selected_options": [OPTIONS[1]]}),
        ({"type": "users_select"}, "select", "{otto}", {"selected_user": "{otto}"}),
        ({"type": "multi_users_select"}, "several", ["{otto}"], {"selected_users": ["{otto}"]}),
        ({"type": "conversations_select"}, "select", "{releases}", {"selected_conversation": "{releases}"}),
        ({"type": "channels_select"}, "select", "{releases}", {"selected_channel": "{releases}"}),
        ({"type": "datepicker"}, "date", "2026-11-25", {"selected_date": "2026-11-25"}),
        ({"type": "timepicker"}, "time", "10:00", {"selected_time": "10:00"}),
        ({"type": "datetimepicker"}, "datetime-local", "2026-11-25T10:00", {"selected_date_time": int(datetime(2026, 11, 25, 9, tzinfo=UTC).timestamp())}),
    ],
)  # fmt: skip
async def test_whatever_can_be_chosen_on_a_message_reaches_the_bot(
    bot, slack, does, carla, otto, releases, opened, element, shape, value, sent
):
    named = {"{otto}": otto.id, "{releases}": releases.id}
    value, sent = (json.loads("".join(named.get(part, part) for part in _parts(json.dumps(each)))) for each in (value, sent))
    confirm = {"title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No")}
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=card({"action_id": "pick", "confirm": confirm, **element}))
    async with opened("carla") as tab:
        await tab.news()
    (shown,) = tab.messages.values()
    (drawn,) = shown["blocks"][0]["elements"]
    assert (drawn["shape"], drawn["action_id"], drawn["confirm"]["title"]) == (shape, "pick", [{"text": "Sure?"}])
    if "options" in drawn:
        assert (
            {value} <= {each for each, _ in drawn["options"]}
            if isinstance(value, str)
            else set(value) <= {each for each, _ in drawn["options"]}
        )
    assert await does(carla, "choose", on=shown["version"], action_id="pick", value=value) is None
    action = heard(bot)["actions"][0]
    assert {key: action[key] for key in sent} == sent


def _parts(text: str) -> list[str]:
    return re.split(r"(\{otto\}|\{releases\})", text)


async def test_what_is_not_offered_is_not_chosen(bot, slack, does, carla, releases, opened):
    await slack.chat_postMessage(
        channel=releases.id, text="x", blocks=card({"action_id": "pick", "type": "static_select", "options": OPTIONS})
    )
    async with opened("carla") as tab:
        await tab.news()
    (shown,) = tab.messages.values()
    problem = await does(carla, "choose", on=shown["version"], action_id="pick", value="moon")
    assert problem.startswith("'pick' does not offer 'moon'; it offers: dev (Dev)")
    assert bot.heard == []


@pytest.mark.parametrize(
    ("element", "shape", "value"),
    [
        ({"type": "email_text_input"}, "email", "ada@acme.example"),
        ({"type": "url_text_input"}, "url", "https://acme.example"),
        ({"type": "number_input", "is_decimal_allowed": False}, "number", "3"),
        ({"type": "radio_buttons", "options": OPTIONS}, "radio", "dev"),
        ({"type": "datepicker"}, "date", "2026-11-25"),
        ({"type": "multi_static_select", "options": OPTIONS}, "several", ["dev"]),
    ],
)
async def test_every_kind_of_field_is_filled_in(ws, bot, slack, does, carla, opened, element, shape, value):
    await ws.shortcut(carla, "ask")
    view = await slack.views_open(trigger_id=heard(bot)["trigger_id"], view=form(asks("it", element)))
    async with opened("carla") as tab:
        (field,) = (await tab.news())["form"]["blocks"]
    assert field["control"]["shape"] == shape
    assert await does(carla, "submit", view=view["view"]["id"], values={"it": value}) is None
    said = heard(bot)["view"]["state"]["values"]["it"]["a"]
    assert json.dumps(value).strip('[]"') in json.dumps(said)
