"""The Web API: what Slack refuses is refused, beside what it allows."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import App, Workspace
from bot.workspace.api import METHODS

CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*api*"}},
    {"type": "actions", "elements": [{"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}]},
]
LONG = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}]


def other(ws, token):
    return AsyncWebClient(token=token, base_url=ws.url, retry_handlers=[])


# ---------------------------------------------------------------- never real Slack


@pytest.mark.parametrize("tokens", [{"bot_token": "xoxb-12-34-real"}, {"app_token": "xapp-1-A0-real"}])
def test_a_token_that_could_be_real_is_not_taken(tokens):
    with pytest.raises(ValueError, match="this workspace is not Slack"):
        Workspace(**tokens)


def test_a_made_up_token_is_taken():
    ws = Workspace(bot_token="xoxb-signalbox-mine", app_token="xapp-signalbox-mine")
    assert (ws.bot_token, ws.app_token) == ("xoxb-signalbox-mine", "xapp-signalbox-mine")


async def test_it_talks_to_this_machine_only(ws):
    assert ws.url.startswith("http://127.0.0.1:")
    ws.aim("http://localhost:1/slack/events")
    with pytest.raises(ValueError, match="on this machine"):
        ws.aim("https://bot.example/slack/events")


# ---------------------------------------------------------------- tokens and scopes


async def test_tokens(ws, slack, refused):
    assert (await slack.auth_test())["user_id"] == "U0SIGNALBOT"
    assert (await refused(other(ws, "xoxb-signalbox-wrong").auth_test()))["error"] == "invalid_auth"
    assert (await refused(other(ws, None).auth_test()))["error"] == "not_authed"
    assert (await refused(slack.api_call("chat.shout")))["error"] == "unknown_method"
    assert (await refused(other(ws, ws.app_token).auth_test()))["error"] == "not_allowed_token_type"
    assert (await refused(slack.apps_connections_open(app_token=ws.bot_token)))["error"] == "not_allowed_token_type"
    assert (await slack.apps_connections_open(app_token=ws.app_token))["url"].startswith("ws://127.0.0.1:")


async def test_scopes(refused):
    async with Workspace(app=App(scopes=frozenset({"chat:write", "channels:history"}))) as ws:
        carla = ws.add_person("carla")
        public, private = ws.add_channel("releases", [carla]), ws.add_channel("secret", [carla], private=True)
        slack = other(ws, ws.bot_token)
        answer = await refused(slack.users_info(user=carla.id))
        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "users:read", "channels:history,chat:write")
        assert (await refused(slack.conversations_history(channel=private.id)))["needed"] == "groups:history"
        assert (await slack.conversations_history(channel=public.id))["messages"] == []
        assert (await slack.chat_postMessage(channel=public.id, text="hello"))["ok"]


@pytest.mark.parametrize("method", [name for name, each in METHODS.items() if each.scope])
async def test_without_its_scope_a_method_does_nothing(refused, method):
    async with Workspace(app=App(scopes=frozenset())) as ws:
        channel = ws.add_channel("releases")
        answer = await refused(other(ws, ws.bot_token).api_call(method, json={"channel": channel.id}))
        assert (answer["error"], answer["needed"]) == ("missing_scope", METHODS[method].scope.replace("*", "channels"))
        assert (len(ws.calls), ws.messages(channel)) == (1, [])


async def test_an_email_is_shown_with_its_scope_and_never_for_another_workspace(ws, slack, carla):
    nora = ws.add_person("nora", email="nora@partner.example", external=True)
    assert (await slack.users_info(user=carla.id))["user"]["profile"]["email"] == "carla@bank.example"
    answer = (await slack.users_info(user=nora.id))["user"]
    assert "email" not in answer["profile"]
    assert answer["team_id"] != "T0SIGNAL"
    async with Workspace(app=App(scopes=frozenset({"users:read"}))) as strict:
        strict.add_person("carla", email="carla@bank.example")
        answer = await other(strict, strict.bot_token).users_info(user=carla.id)
        assert "email" not in answer["user"]["profile"]


# ---------------------------------------------------------------- messages


async def test_posting_where_the_bot_is_and_where_it_is_not(ws, slack, refused, carla, releases):
    outside, hidden = ws.add_channel("general", bot=False), ws.add_channel("board", bot=False, private=True)
    posted = await slack.chat_postMessage(channel=releases.id, text="hello <@U1>", blocks=CARD)
    assert posted["message"]["blocks"][0]["text"]["text"] == "*api*"
    assert [m.as_text() for m in ws.messages(releases)] == ["api\n[Go]"]
    assert (await refused(slack.chat_postMessage(channel=outside.id, text="hello")))["error"] == "not_in_channel"
    assert (await refused(slack.chat_postMessage(channel=hidden.id, text="hello")))["error"] == "channel_not_found"
    assert (await refused(slack.chat_postMessage(channel="C404", text="hello")))["error"] == "channel_not_found"


@pytest.mark.parametrize(
    ("allowed", "refusal", "error"),
    [
        ({"text": "x" * 40_000}, {"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x"}, {"text": ""}, "no_text"),
        ({"blocks": CARD, "text": "x"}, {"blocks": [{"type": "section"}], "text": "x"}, "invalid_blocks"),
        ({"text": "x"}, {"text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        ({"text": "x", "blocks": LONG * 4}, {"text": "x", "blocks": LONG * 5}, "msg_blocks_too_long"),
        (
            {"text": "x", "metadata": {"event_type": "card", "event_payload": {}}},
            {"text": "x", "metadata": {"event_type": "card"}},
            "invalid_metadata_format",
        ),
        (
            {"text": "x", "metadata": {"event_type": "card", "event_payload": {"a": "x" * 16_000}}},
            {"text": "x", "metadata": {"event_type": "card", "event_payload": {"a": "x" * 17_000}}},
            "metadata_too_large",
        ),
    ],
)
async def test_what_a_message_may_be(ws, slack, refused, releases, allowed, refusal, error):
    await slack.api_call("chat.postMessage", json={"channel": releases.id, **allowed})
    assert (await refused(slack.api_call("chat.postMessage", json={"channel": releases.id, **refusal})))["error"] == error
    assert len(ws.messages(releases)) == 1


async def test_invalid_blocks_are_explained(slack, refused, releases):
    answer = await refused(slack.chat_postMessage(channel=releases.id, text="x", blocks=[{"type": "section"}]))
    assert answer["response_metadata"]["messages"] == ["[ERROR] must provide either text or fields [json-pointer:/blocks/0]"]


async def test_the_bot_edits_and_deletes_its_own_messages_only(ws, slack, refused, carla, releases):
    mine = await slack.chat_postMessage(
        channel=releases.id, text="card", blocks=CARD, metadata={"event_type": "c", "event_payload": {"id": 1}}
    )
    theirs = ws.post(carla, releases, "1 < 2")
    assert theirs.as_text() == "1 < 2"
    await slack.chat_update(channel=releases.id, ts=mine["ts"], text="edited")
    [card, _] = ws.messages(releases)
    assert (card.text, len(card.buttons), card.metadata, card.edited) == (
        "edited",
        1,
        {"event_type": "c", "event_payload": {"id": 1}},
        True,
    )
    await slack.chat_update(channel=releases.id, ts=mine["ts"], text="edited", blocks=[])
    assert card.buttons == []
    assert (await refused(slack.chat_update(channel=releases.id, ts=theirs.ts, text="x")))["error"] == "cant_update_message"
    assert (await refused(slack.chat_update(channel=releases.id, ts="1.2", text="x")))["error"] == "message_not_found"
    assert (await refused(slack.chat_delete(channel=releases.id, ts=theirs.ts)))["error"] == "cant_delete_message"
    await slack.chat_delete(channel=releases.id, ts=mine["ts"])
    assert ws.messages(releases) == [theirs]


async def test_an_ephemeral_message_is_seen_by_one_and_edited_by_no_one(ws, slack, refused, carla, otto, releases):
    nora = ws.add_person("nora")
    sent = await slack.chat_postEphemeral(channel=releases.id, user=carla.id, text="only you")
    assert [m.text for m in ws.private(carla)] == ["only you"]
    assert (ws.private(otto), ws.messages(releases)) == ([], [])
    assert (await refused(slack.chat_update(channel=releases.id, ts=sent["message_ts"], text="x")))["error"] == "message_not_found"
    assert (await refused(slack.chat_postEphemeral(channel=releases.id, user=nora.id, text="x")))["error"] == "user_not_in_channel"


async def test_history_threads_and_metadata(ws, slack, releases):
    data = {"event_type": "card", "event_payload": {"change": "CR-1"}}
    first = await slack.chat_postMessage(channel=releases.id, text="first", metadata=data)
    reply = await slack.chat_postMessage(channel=releases.id, text="reply", thread_ts=first["ts"])
    second = await slack.chat_postMessage(channel=releases.id, text="second")

    page = await slack.conversations_history(channel=releases.id, include_all_metadata=True, limit=1)
    assert ([m["text"] for m in page["messages"]], page["has_more"]) == (["second"], True)
    rest = await slack.conversations_history(
        channel=releases.id, include_all_metadata=True, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [(m["text"], m["metadata"]) for m in rest["messages"]] == [("first", data)]
    since = await slack.conversations_history(channel=releases.id, oldest=first["ts"])
    assert [m["ts"] for m in since["messages"]] == [second["ts"]]
    assert "metadata" not in (await slack.conversations_history(channel=releases.id))["messages"][1]
    thread = await slack.conversations_replies(channel=releases.id, ts=first["ts"])
    assert [m["ts"] for m in thread["messages"]] == [first["ts"], reply["ts"]]
    link = await slack.chat_getPermalink(channel=releases.id, message_ts=reply["ts"])
    assert link["permalink"].endswith(f"p{reply['ts'].replace('.', '')}?thread_ts={first['ts']}&cid={releases.id}")


async def test_pins(ws, slack, refused, releases):
    ts = (await slack.chat_postMessage(channel=releases.id, text="frozen"))["ts"]
    await slack.pins_add(channel=releases.id, timestamp=ts)
    assert [m.text for m in ws.pins(releases)] == ["frozen"]
    assert (await refused(slack.pins_add(channel=releases.id, timestamp=ts)))["error"] == "already_pinned"
    assert (await refused(slack.pins_add(channel=releases.id, timestamp="1.2")))["error"] == "message_not_found"
    await slack.pins_remove(channel=releases.id, timestamp=ts)
    assert (await refused(slack.pins_remove(channel=releases.id, timestamp=ts)))["error"] == "no_pin"


async def test_direct_messages(ws, slack, refused, carla):
    gone = ws.add_person("gone", deleted=True)
    channel = (await slack.conversations_open(users=carla.id))["channel"]["id"]
    await slack.chat_postMessage(channel=channel, text="psst")
    await slack.chat_postMessage(channel=carla.id, text="by person")
    assert [m.text for m in ws.private(carla)] == ["psst", "by person"]
    assert (await slack.conversations_info(channel=channel))["channel"]["user"] == carla.id
    assert (await refused(slack.conversations_open(users=gone.id)))["error"] == "user_disabled"
    assert (await refused(slack.conversations_open(users="U404")))["error"] == "user_not_found"


async def test_user_groups(ws, slack, refused, carla):
    group = ws.add_group("release-managers", [carla])
    assert (await slack.usergroups_users_list(usergroup=group.id))["users"] == [carla.id]
    assert [each["handle"] for each in (await slack.usergroups_list())["usergroups"]] == ["release-managers"]
    assert (await refused(slack.usergroups_users_list(usergroup="S404")))["error"] == "no_such_subteam"


async def test_account_facts_follow_the_story(ws, slack, carla):
    assert (await slack.users_info(user=carla.id))["user"]["is_restricted"] is False
    carla.guest = True
    assert (await slack.users_info(user=carla.id))["user"]["is_restricted"] is True
    carla.deleted = True
    assert (await slack.users_info(user=carla.id))["user"]["deleted"] is True


def test_ids_depend_on_names_alone():
    assert Workspace().add_person("carla").id == Workspace().add_person("carla").id
    assert Workspace().add_person("carla").id != Workspace().add_person("otto").id


# ---------------------------------------------------------------- files


async def sent(slack, length, content, name="evidence.zip"):
    """Ask for an address and send bytes there; answers the file's id and the status."""
    begun = await slack.files_getUploadURLExternal(filename=name, length=length)
    async with aiohttp.ClientSession() as session, session.post(begun["upload_url"], data=content) as response:
        return begun["file_id"], response.status


async def test_a_file_is_shared_once_and_only_whole(ws, slack, releases, refused):
    file, status = await sent(slack, 3, b"abcd")
    assert status == 400
    assert (await refused(slack.files_completeUploadExternal(files=[{"id": file}], channel_id=releases.id)))["error"] == "file_not_found"
    file, status = await sent(slack, 4, b"abcd")
    assert status == 200
    assert ws.messages(releases) == []
    assert (await refused(slack.files_completeUploadExternal(files=[{"id": file}], channel_id="C0NOWHERE")))["error"] == "channel_not_found"
    await slack.files_completeUploadExternal(files=[{"id": file, "title": "All of it"}], channel_id=releases.id)
    (message,) = ws.messages(releases)
    assert message.as_text() == "📎 All of it (evidence.zip)"
    assert ws.file(message) == b"abcd"
    assert (await refused(slack.files_completeUploadExternal(files=[{"id": file}], channel_id=releases.id)))["error"] == "file_not_found"


async def test_what_is_no_file_is_refused(slack, refused):
    assert (await refused(slack.files_getUploadURLExternal(filename="x", length=0)))["error"] == "missing_argument"
    assert (await refused(slack.files_getUploadURLExternal(filename="x", length=2**30 + 1)))["error"] == "file_upload_size_restricted"
    assert (await refused(slack.api_call("files.completeUploadExternal", json={"files": []})))["error"] == "invalid_arguments"
    file, _ = await sent(slack, 1, b"a")
    assert (await slack.files_completeUploadExternal(files=[{"id": file}]))["files"][0]["id"] == file  # private: nobody sees it


async def test_an_address_takes_bytes_once(ws, slack):
    begun = await slack.files_getUploadURLExternal(filename="x", length=1)
    async with aiohttp.ClientSession() as session:
        for status in (200, 404):
            async with session.post(begun["upload_url"], data=b"a") as response:
                assert response.status == status
