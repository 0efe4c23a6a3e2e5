"""The workspace's page: who may open it, what each person sees, and that what they do there is done in the workspace."""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
from aiohttp import ClientError

from bot.workspace.page import Page
from bot.workspace.page.server import FILES
from tests.workspace.parts import Tab, asks, button, card, form, heard, plain

HOSTILE = "<img src=x onerror=alert(1)> &amp; </script>"


REASON = asks("reason", {"type": "plain_text_input", "multiline": True, "max_length": 10}, hint=plain("Short."))


def said(message: dict) -> str:
    """Everything that a message shows, in one line."""
    return " ".join(re.findall(r'"text": "((?:[^"\\]|\\.)*)"', json.dumps(message["blocks"], ensure_ascii=False)))


@pytest.fixture
def asked(ws, bot, slack, carla):
    """`await asked(*blocks)` opens a form for Carla and gives its id."""

    async def asked(*blocks: dict) -> str:
        await ws.shortcut(carla, "ask")
        trigger = json.loads(bot.heard[-1].form["payload"])["trigger_id"]
        return (await slack.views_open(trigger_id=trigger, view=form(*blocks)))["view"]["id"]

    return asked


# ---------------------------------------------------------------- who gets in


async def test_nothing_is_there_without_the_token(page, browser):
    origin, token = re.fullmatch(r"(http://127\.0\.0\.1:\d+)/([\w-]{22})/", page.address).groups()
    for path in ("/", "/news", "/static/page.js", f"/{token[:-1]}/", f"/{token[:-1]}x/news", "/deeds"):
        async with browser.get(origin + path) as answer:
            assert answer.status == 404, path
    async with browser.post(f"{origin}/deeds", json={}) as answer:
        assert answer.status == 404
    for path in ("", *(f"static/{file.name}" for file in FILES.iterdir())):
        async with browser.get(page.address + path) as answer:
            assert answer.status == 200, path
            assert "default-src 'none'; script-src 'self'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_files_refer_to_nothing_outside_and_read_nothing_as_markup():
    files = {file.name: file.read_text() for file in FILES.iterdir()}
    assert {
        "index.html",
        "style.css",
        *(f"{each}.js" for each in ("page", "draw", "element", "controls", "dialogs", "complete", "beside")),
    } == files.keys()
    for name, text in files.items():
        assert not re.search(r"https?://[\w.]|//cdn|@import|url\(", text), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|DOMParser", text), name


async def test_open_pages_do_not_keep_the_demo_alive(ws, carla, browser):
    page = await Page(ws).__aenter__()
    async with browser.get(f"{page.address}news") as stream:
        tab = Tab(stream)
        assert len((await tab.news())["people"]) == 1
        async with asyncio.timeout(3):
            await page.__aexit__()
        with pytest.raises((EOFError, ClientError)):  # the connection ends, in order or cut
            await tab.news()


async def test_whoever_names_nobody_is_the_first_person(carla, otto, opened, page, browser):
    async with browser.get(f"{page.address}news") as stream, opened("otto") as other:
        assert [(await Tab(stream).news())["me"], (await other.news())["me"]] == [carla.id, otto.id]


# ---------------------------------------------------------------- what people see


async def test_hostile_text_is_text(ws, slack, carla, releases, opened):
    ws.post(carla, releases, HOSTILE)
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": HOSTILE}]}]}
    link = {"type": "link", "url": "javascript:alert(1)", "text": "click"}
    bad = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]}
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=[rich, bad])
    await slack.chat_postMessage(channel=releases.id, text="<javascript:alert(1)|click> <https://ci.example/1|run>")
    async with opened("carla") as tab:
        await tab.news()
    typed, drawn, linked = tab.messages.values()
    assert typed["blocks"][0]["text"] == [{"text": HOSTILE}]
    assert drawn["blocks"][0]["parts"][0]["text"] == [{"text": HOSTILE}]
    assert drawn["blocks"][1]["parts"][0]["text"] == [{"text": "click (javascript:alert(1))"}]
    assert linked["blocks"][0]["text"] == [
        {"text": "click (javascript:alert(1))"},
        {"text": " "},
        {"text": "run", "url": "https://ci.example/1"},
    ]


async def test_each_sees_what_is_theirs(ws, slack, asked, carla, otto, releases, opened):
    secret = ws.add_channel("secret", [otto], private=True)
    await slack.chat_postMessage(channel=secret.id, text="for otto's channel")
    await slack.chat_postEphemeral(channel=releases.id, user=otto.id, text="for otto")
    await slack.chat_postMessage(channel=otto.id, text="to otto")
    await slack.chat_postMessage(channel=releases.id, text="for all")
    await asked(REASON)
    async with opened("carla") as hers, opened("otto") as his:
        first, other = await hers.news(), await his.news()
    assert [said(each) for each in hers.messages.values()] == ["for all"]
    assert [said(each) for each in his.messages.values()] == ["for otto's channel", "for otto", "to otto", "for all"]
    assert [(each["name"], each["direct"]) for each in first["channels"]] == [("releases", False), ("Signalbox", True)]
    assert [(each["name"], each["direct"]) for each in other["channels"]] == [("releases", False), ("secret", False), ("Signalbox", True)]
    assert (first["form"]["title"], other["form"]) == ("Ask", None)
    assert [each["private"] for each in his.messages.values()] == [False, True, False, False]


async def test_only_what_changed_is_told_again(slack, releases, opened):
    one = await slack.chat_postMessage(channel=releases.id, text="one")
    two = await slack.chat_postMessage(channel=releases.id, text="two")
    async with opened("carla") as tab:
        assert len((await tab.news())["messages"]) == 2
        await slack.chat_update(channel=releases.id, ts=one["ts"], text="uno")
        told = await tab.until(lambda told: told["messages"])
        assert [(key.split("/")[1], said(each), each["edited"]) for key, each in told["messages"].items()] == [(one["ts"], "uno", True)]
        await slack.chat_delete(channel=releases.id, ts=two["ts"])
        told = await tab.until(lambda told: told["messages"])
        assert list(told["messages"].values()) == [None]


async def test_every_block_that_the_bot_sends_is_drawn_and_others_are_named(slack, releases, carla, opened):
    blocks = [
        {"type": "header", "text": plain("api :rocket:")},
        {"type": "section", "text": plain("one"), "fields": [{"type": "mrkdwn", "text": "*By*\n<@" + carla.id + ">"}], "accessory": button("More")},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "_small_"}, {"type": "image", "image_url": "https://x.example", "alt_text": "x"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "ordered", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"bold": True, "code": True}}]}]}]},
        {"type": "markdown", "text": "no"},
    ]  # fmt: skip
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=blocks)
    async with opened("otto") as tab:
        await tab.news()
    (message,) = tab.messages.values()
    header, section, divider, context, rich, other = message["blocks"]
    assert header["text"] == [{"text": "api 🚀"}]
    assert section["fields"] == [[{"text": "By", "styles": ["bold"]}, {"text": "\n"}, {"text": "@Carla Captain", "named": carla.id}]]
    assert (section["elements"][0]["text"], divider) == ("More", {"type": "divider"})
    assert context["elements"] == [
        {"type": "text", "text": [{"text": "small", "styles": ["italic"]}]},
        {"type": "image", "alt": "x", "title": "", "name": None},  # not on this machine
    ]
    assert rich["parts"] == [{"type": "rich_text_list", "ordered": True, "items": [[{"text": "x", "styles": ["bold", "code"]}]]}]
    assert other == {"type": "undrawn", "kind": "markdown"}


async def test_a_file_is_kept_by_whom_it_was_sent_to(ws, slack, browser, page, otto, opened):
    begun = await slack.files_getUploadURLExternal(filename="<b>.html", length=7)
    async with browser.post(begun["upload_url"], data=b"<b>x</b"):
        pass
    address = f"{page.address}files/{begun['file_id']}"
    async with browser.get(address, params={"as": "otto"}) as early:
        assert early.status == 404  # uploaded, but not yet shared
    await slack.files_completeUploadExternal(files=[{"id": begun["file_id"], "title": "All of it"}], channel_id=ws.dm(otto).id)
    async with opened("otto") as tab:
        await tab.news()
    (message,) = tab.messages.values()
    assert (message["blocks"], message["files"]) == (
        [],
        [{"id": begun["file_id"], "name": "<b>.html", "title": "All of it", "size": 7, "picture": False}],
    )
    async with browser.get(address, params={"as": "carla"}) as hers, browser.get(address, params={"as": "otto"}) as his:
        assert (hers.status, his.status, await his.read()) == (404, 200, b"<b>x</b")
        assert his.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%3Cb%3E.html"
        assert (his.content_type, his.headers["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


# ---------------------------------------------------------------- what people do


async def test_a_command_reaches_the_bot_and_its_answer_the_page(bot, does, carla, otto, releases, opened):
    bot.answers(text="Heard you.", response_type="ephemeral")
    async with opened("carla") as tab, opened("otto") as other:
        assert await does(carla, "say", channel=releases.id, text="/release status api") is None
        await tab.until(lambda _: tab.messages)
        await other.news()
    sent = bot.heard[-1]
    assert (sent.form["user_id"], sent.form["command"], sent.form["text"]) == (carla.id, "/release", "status api")
    assert sent.headers["X-Slack-Signature"].startswith("v0=")
    (answer,) = tab.messages.values()
    assert (said(answer), answer["private"], other.messages) == ("Heard you.", True, {})


async def test_other_words_are_messages_or_refused(ws, bot, does, carla, otto, releases):
    secret = ws.add_channel("secret", [otto], private=True)
    assert await does(carla, "say", channel=releases.id, text="good morning") is None
    assert [each.as_text() for each in ws.messages(releases)] == ["good morning"]
    assert await does(carla, "say", channel=ws.dm(carla).id, text="good evening") is None
    assert [each.as_text() for each in ws.private(carla)] == ["good evening"]
    assert await does(carla, "say", channel=releases.id, text="/deploy") == "/deploy is not a valid command; there is /release"
    assert await does(carla, "say", channel=secret.id, text="/release help") == "Carla Captain is not in #secret"
    assert await does(carla, "say", channel="C404", text="/release help") == "this conversation is not there any more"
    assert bot.heard == []


async def test_people_write_below_a_message_but_no_commands(ws, bot, slack, does, carla, releases):
    posted = await slack.chat_postMessage(channel=releases.id, text="card")
    assert await does(carla, "say", channel=releases.id, text="looks good", thread=posted["ts"]) is None
    assert [(each.as_text(), each.thread_ts) for each in ws.messages(releases)[1:]] == [("looks good", posted["ts"])]
    problem = await does(carla, "say", channel=releases.id, text="/release help", thread=posted["ts"])
    assert problem == "/release is not supported in threads. Sorry!"
    problem = await does(carla, "say", channel=releases.id, text="late", thread="1.000001")
    assert problem == "the message above this thread is not there any more"
    assert bot.heard == []


async def test_a_double_click_is_two_deliveries(slack, bot, does, carla, releases, opened):
    await slack.chat_postMessage(channel=releases.id, text="x", blocks=card(button("Go")))
    async with opened("carla") as tab:
        await tab.news()
    (shown,) = tab.messages.values()
    assert await does(carla, "press", on=shown["version"], action_id="go", twice=True) is None
    assert len({json.loads(each.form["payload"])["trigger_id"] for each in bot.heard}) == 2


async def test_what_stands_beside_is_passed_on(ws, browser, carla, otto):
    class Beside:
        def words(self):
            return [{"name": "status"}]

        async def look(self, person):
            return {"for": person.handle}

        async def act(self, person, wanted):
            if wanted["what"] == "nonsense":
                raise ValueError("there is no such thing")
            return f"{person.handle} did {wanted['what']}"

    async with Page(ws, Beside()) as page:
        async with browser.get(f"{page.address}words") as answer:
            assert await answer.json() == [{"name": "status"}]
        async with browser.get(f"{page.address}news", params={"as": "otto"}) as stream:
            assert (await Tab(stream).news())["beside"] == {"for": "otto"}
        for what, answer in (
            ("it", {"problem": None, "told": "carla did it"}),
            ("nonsense", {"problem": "there is no such thing", "told": None}),
        ):
            async with browser.post(f"{page.address}deeds", json={"person": carla.id, "do": "aside", "what": {"what": what}}) as said:
                assert await said.json() == answer


async def test_a_workspace_alone_has_nothing_beside_it(page, browser, does, carla, opened):
    async with browser.get(f"{page.address}words") as answer, opened("carla") as tab:
        assert (await answer.json(), (await tab.news())["beside"]) == ([], None)
    assert await does(carla, "aside", what={"what": "clock"}) == "there is nothing beside this workspace"


async def test_a_press_sends_what_was_on_the_screen(slack, bot, does, carla, otto, releases, opened):
    confirm = {"title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No")}
    posted = await slack.chat_postMessage(channel=releases.id, text="card", blocks=card(button("Go", "old", confirm=confirm)))
    async with opened("carla") as tab:
        await tab.news()
        (shown,) = tab.messages.values()
        (drawn,) = shown["blocks"][0]["elements"]
        assert {part: text[0]["text"] for part, text in drawn["confirm"].items()} == {
            "title": "Sure?",
            "text": "Really?",
            "confirm": "Yes",
            "deny": "No",
        }
        await slack.chat_update(channel=releases.id, ts=posted["ts"], text="card", blocks=card(button("Go", "new")))
        assert await does(carla, "press", on=shown["version"], action_id="go") is None
        assert heard(bot)["actions"][0]["value"] == "old"
        await tab.until(lambda told: told["messages"])
        (redrawn,) = tab.messages.values()
        assert await does(otto, "press", on=redrawn["version"], action_id="go") is None
        assert (heard(bot)["actions"][0]["value"], heard(bot)["user"]["id"]) == ("new", otto.id)
        assert (await does(carla, "press", on=redrawn["version"], action_id="stop")).startswith("no button is named 'stop'")
        await slack.chat_delete(channel=releases.id, ts=posted["ts"])
        assert await does(carla, "press", on=redrawn["version"], action_id="go") == "this message is not there any more"
    assert len(bot.heard) == 2


async def test_nobody_presses_what_they_do_not_see(slack, bot, does, carla, otto, releases, opened):
    await slack.chat_postEphemeral(channel=releases.id, user=otto.id, text="x", blocks=card(button("Go")))
    async with opened("otto") as tab:
        await tab.news()
    (shown,) = tab.messages.values()
    assert await does(carla, "press", on=shown["version"], action_id="go") == "Carla Captain does not see this message"
    assert bot.heard == []


async def test_a_form_is_filled_in_and_sent(bot, does, asked, carla, opened):
    menu = {"type": "static_select", "options": [{"text": plain(each.title()), "value": each} for each in ("staging", "production")]}
    view = await asked(REASON, asks("to", menu), asks("at", {"type": "datetimepicker"}), card(button("Look"))[0])
    async with opened("carla") as tab:
        shown = (await tab.news())["form"]
        reason, to, at, _ = shown["blocks"]
        assert (reason["control"]["shape"], reason["control"]["multiline"], reason["hint"], reason["optional"]) == (
            "text",
            True,
            "Short.",
            False,
        )
        assert (to["control"]["options"], at["control"]["zone"]) == (
            [["staging", "Staging"], ["production", "Production"]],
            "Europe/Berlin",
        )
        assert await does(carla, "press", on=view, action_id="go") is None
        assert heard(bot)["container"] == {"type": "view", "view_id": view}

        values = {"reason": "because", "to": "production", "at": "2026-11-25T10:00"}
        assert await does(carla, "submit", view=view, values=values | {"to": None}) == "The form is not complete."
        incomplete = (await tab.until(lambda told: any(each.get("error") for each in told["form"]["blocks"])))["form"]["blocks"]
        assert [(each["control"]["value"], each["error"]) for each in incomplete[:3]] == [
            ("because", None), (None, "Please complete this required field."), ("2026-11-25T10:00", None),
        ]  # fmt: skip

        bot.answers(response_action="errors", errors={"reason": "Name a ticket."})
        assert await does(carla, "submit", view=view, values=values) is None
        sent = heard(bot)["view"]["state"]["values"]
        assert sent["at"]["a"]["selected_date_time"] == int(datetime(2026, 11, 25, 9, 0, tzinfo=UTC).timestamp())
        assert sent["to"]["a"]["selected_option"]["value"] == "production"
        told = await tab.until(lambda told: told["form"]["blocks"][0]["error"])
        assert told["form"]["blocks"][0]["error"] == "Name a ticket."

        bot.answers()
        assert await does(carla, "submit", view=view, values=values) is None
        assert (await tab.until(lambda told: not told["form"]))["form"] is None
    assert await does(carla, "submit", view=view, values=values) == "this form is not open any more"


async def test_boxes_are_ticked(bot, does, asked, carla, opened):
    boxes = {"type": "checkboxes", "options": [{"text": plain(each.title()), "value": each} for each in ("data", "money", "law")]}
    view = await asked(asks("risk", boxes | {"initial_options": boxes["options"][:1]}, optional=True))
    async with opened("carla") as tab:
        (risk,) = (await tab.news())["form"]["blocks"]
    assert (risk["control"]["value"], risk["control"]["options"]) == (["data"], [["data", "Data"], ["money", "Money"], ["law", "Law"]])
    assert await does(carla, "submit", view=view, values={"risk": ["money", "law"]}) is None
    assert [each["value"] for each in heard(bot)["view"]["state"]["values"]["risk"]["a"]["selected_options"]] == ["money", "law"]
    view = await asked(asks("risk", boxes | {"initial_options": boxes["options"][:1]}, optional=True))
    assert await does(carla, "submit", view=view, values={"risk": []}) is None
    assert heard(bot)["view"]["state"]["values"]["risk"]["a"]["selected_options"] == []


async def test_a_form_is_closed(ws, does, asked, carla, otto):
    view = await asked(REASON, asks("who", {"type": "users_select"}))
    assert await does(otto, "close", view=view) == "this form is not open any more"
    assert ws.modal(carla).id == view
    assert await does(carla, "close", view=view) is None
    assert ws.modal(carla) is None


async def test_an_input_that_the_page_cannot_draw_is_named(asked, carla, opened):
    await asked(asks("who", {"type": "external_select"}))
    async with opened("carla") as tab:
        (who,) = (await tab.news())["form"]["blocks"]
    assert who["control"] == {"type": "undrawn", "kind": "external_select"}


@pytest.mark.parametrize(
    "asked_for",
    [
        pytest.param({"do": "dance", "person": "U1"}, id="an unknown deed"),
        pytest.param({"do": "say", "person": "U1", "channel": "C1"}, id="a part is missing"),
        pytest.param({"do": "say", "person": "U1", "channel": "C1", "text": "x" * 4001}, id="too long"),
        pytest.param({"do": "press", "person": "U1", "on": "V1", "action_id": "go", "value": "mine"}, id="a value of one's own"),
        pytest.param([], id="no object"),
    ],
)
async def test_what_fits_no_deed_is_refused(page, browser, bot, asked_for):
    async with browser.post(f"{page.address}deeds", json=asked_for) as answer:
        assert answer.status == 400
    assert bot.heard == []


async def test_somebody_who_is_not_there(page, browser):
    async with browser.get(f"{page.address}news", params={"as": "mallory"}) as answer:
        assert (answer.status, await answer.text()) == (404, "nobody here has that name")
    async with browser.post(f"{page.address}deeds", json={"do": "close", "person": "U404", "view": "V1"}) as answer:
        assert (answer.status, await answer.json()) == (200, {"problem": "nobody here has the id U404", "told": None})
