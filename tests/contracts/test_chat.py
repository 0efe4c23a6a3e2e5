"""SlackChat against the small Slack with its faults, and against neighbours that are no Slack at all (OPS-07, OPS-08)."""

import asyncio
import json

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.chat import SlackChat
from bot.workspace import Workspace
from commands.core.ports.chat import Posted, Unposted
from commands.core.text import Card, Form, Input, Part
from guards.unread import Absent, Unread
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, answer, raw_server

CARD = Card("🆕 api v1.4.0 → staging", parts=(Part((("as asked",),)),))
FORM = Form("Approve", "approve", "Approve", (Input("rationale", "Why?", "text"),), {"change": "CR-1"})


@pytest.fixture
async def slack():
    clock = StillClock()
    async with Workspace(clock.now) as workspace:
        yield workspace


@pytest.fixture
def carla(slack):
    return slack.add_person("carla", name="Carla")


@pytest.fixture
def releases(slack, carla):
    return slack.add_channel("releases", members=[carla])


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def chat(slack, session):
    return chat_at(slack.url, slack.bot_token, session)


def chat_at(url: str, token: str, session: aiohttp.ClientSession, limit: float = 10.0) -> SlackChat:
    return SlackChat(AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[]), session, limit)


# ---------------------------------------------------------------- posting


async def test_a_card_is_posted_once_with_what_it_is_about(slack, chat, releases):
    posted = await chat.post(releases.id, CARD, subject="CR-1")
    (message,) = slack.messages(releases)
    assert posted == Posted(releases.id, message.ts)
    assert message.metadata == {"event_type": "signalbox_card", "event_payload": {"subject": "CR-1"}}
    assert "as asked" in message.as_text()


async def test_a_card_is_redrawn_in_place_and_keeps_what_it_is_about(slack, chat, releases):
    posted = await chat.post(releases.id, CARD, subject="CR-1")
    assert await chat.update(posted, Card("🟢 deployed")) == posted
    (message,) = slack.messages(releases)
    assert message.as_text() == "🟢 deployed"
    assert await chat.find(releases.id, subject="CR-1") == posted


FAULTS = [
    (("fail", "channel_not_found"), Unposted("Slack says channel_not_found", final=True)),
    (("fail", "not_in_channel"), Unposted("Slack says not_in_channel", final=True)),
    (("fail", "msg_blocks_too_long"), Unposted("Slack says msg_blocks_too_long", final=True)),
    (("fail", "invalid_auth"), Unposted("Slack says invalid_auth")),
    (("fail", "fatal_error"), Unposted("Slack says fatal_error", maybe=True)),
    (("fail", "internal_error"), Unposted("Slack says internal_error", maybe=True)),
    (("fail", "ratelimited"), Unposted("Slack's rate limit", retry_after=1.0)),
    (("status", 500), Unposted("Slack answered with status 500", maybe=True)),
    (("status", 503), Unposted("Slack answered with status 503", maybe=True)),
    (("status", 404), Unposted("Slack answered with status 404")),
    (("status", 429), Unposted("Slack's rate limit", retry_after=1.0)),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS)
async def test_each_way_in_which_slack_refuses_a_post(slack, chat, releases, fault, said):
    getattr(slack.faults, fault[0])("chat.postMessage", fault[1])
    assert await chat.post(releases.id, CARD, subject="CR-1") == said
    assert slack.messages(releases) == []
    assert isinstance(await chat.post(releases.id, CARD, subject="CR-1"), Posted)


@pytest.mark.parametrize(("asked", "wait"), [(30, 30.0), (0, 0.0), (10**8, 3600.0)])
async def test_a_rate_limit_says_how_long_to_wait(slack, chat, releases, asked, wait):
    slack.faults.status("chat.postMessage", 429, retry_after=asked)
    assert await chat.post(releases.id, CARD, subject="CR-1") == Unposted("Slack's rate limit", retry_after=wait)


async def test_a_post_whose_answer_was_lost_may_stand_there_and_is_found(slack, chat, releases):
    slack.faults.lose_answer("chat.postMessage")
    unposted = await chat.post(releases.id, CARD, subject="CR-1")
    assert isinstance(unposted, Unposted)
    assert (unposted.maybe, unposted.final, unposted.retry_after) == (True, False, None)
    (message,) = slack.messages(releases)
    assert await chat.find(releases.id, subject="CR-1") == Posted(releases.id, message.ts)


async def test_a_post_that_hangs_is_left_after_its_limit(slack, session, releases):
    hang = slack.faults.hang("chat.postMessage")
    quick = chat_at(slack.url, slack.bot_token, session, limit=0.05)
    assert await quick.post(releases.id, CARD, subject="CR-1") == Unposted("Slack did not answer (TimeoutError)", maybe=True)
    hang.release()


async def test_nobody_there_means_that_nothing_was_posted(session):
    async with raw_server(answer(200)) as url:
        pass
    said = await chat_at(f"{url}/api/", "xoxb-signalbox-x", session).post("C1", CARD, subject="CR-1")
    assert isinstance(said, Unposted)
    assert (said.maybe, said.final) == (False, False)


NOT_POSTED = {"401", "403", "404", "429", "429 with Retry-After"}


@pytest.mark.parametrize("bad", [name for name in BAD if name != "50 MB"])
async def test_a_bad_neighbour_never_counts_as_posted(session, bad):
    limit = 0.2 if bad == "timeout" else 20  # only who never answers is waited for to the end
    async with raw_server(BAD[bad]) as url:
        said = await chat_at(f"{url}/api/", "xoxb-signalbox-x", session, limit=limit).post("C1", CARD, subject="CR-1")
        assert isinstance(said, Unposted)
        assert said.maybe is (bad not in NOT_POSTED)
        assert not said.final


@pytest.mark.parametrize(
    "body", [b'{"ok": true}', b'{"ok": true, "ts": null, "channel": "C1"}', b'"ok"', b"[]", b"[1]", b"1", b"true", b'{"ok": true, "ts": 5}']
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/gzip"])
async def test_an_answer_that_slack_does_not_document_may_be_a_post(session, body, kind):
    async with raw_server(answer(200, body, f"Content-Type: {kind}")) as url:
        chat = chat_at(f"{url}/api/", "xoxb-signalbox-x", session, limit=1)
        assert (await chat.post("C1", CARD, subject="CR-1")).maybe is True
        assert not isinstance(await chat.find("C1", subject="CR-1"), Posted)
        assert isinstance(await chat.tell("U1", CARD, channel=None, answer_to=None), Unposted)


async def test_a_cancelled_caller_is_cancelled(slack, chat, releases):
    hang = slack.faults.hang("chat.postMessage")
    task = asyncio.create_task(chat.post(releases.id, CARD, subject="CR-1"))
    await hang.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    hang.release()


async def test_a_card_that_slack_would_not_take_is_given_up_at_once(chat, releases, monkeypatch):
    from slack_sdk.errors import SlackObjectFormationError

    def refuse(_):
        raise SlackObjectFormationError("too large")

    monkeypatch.setattr("bot.slack.chat.blocks", refuse)
    said = await chat.post(releases.id, CARD, subject="CR-1")
    assert isinstance(said, Unposted)
    assert said.final
    assert isinstance(await chat.update(Posted(releases.id, "1.0"), CARD), Unposted)
    assert isinstance(await chat.tell("U1", CARD), Unposted)


# ---------------------------------------------------------------- finding


async def test_a_log_line_is_found_in_its_thread_and_nowhere_else(slack, chat, releases):
    card = await chat.post(releases.id, CARD, subject="CR-1")
    line = await chat.post(releases.id, Card("", parts=(Part((("started",),)),)), subject="log:1", thread=card.ts)
    assert await chat.find(releases.id, subject="log:1", thread=card.ts) == line
    assert await chat.find(releases.id, subject="log:1") == Absent("message about log:1")
    assert await chat.find(releases.id, subject="log:2", thread=card.ts) == Absent("message about log:2")


async def test_what_people_write_is_never_taken_for_a_card(slack, chat, releases, carla):
    slack.post(carla, releases, "CR-1")
    assert await chat.find(releases.id, subject="CR-1") == Absent("message about CR-1")


async def test_a_channel_that_cannot_be_read_is_unread_not_empty(slack, chat, releases):
    slack.faults.fail("conversations.history", "missing_scope")
    assert await chat.find(releases.id, subject="CR-1") == Unposted(
        f"could not read the messages of {releases.id} (Slack says missing_scope)", maybe=True
    )
    assert isinstance(await chat.find("C0NOWHERE", subject="CR-1"), Unposted)


@pytest.mark.parametrize(
    "metadata", [b"null", b"5", b"[]", b'{"event_type": 5}', b'{"event_type": "signalbox_card", "event_payload": [1]}',
                 b'{"event_type": "signalbox_card", "event_payload": {"subject": ["CR-1"]}}', b'{"event_type": "other"}'],
)  # fmt: skip
async def test_strange_metadata_is_nobodys(session, metadata):
    body = b'{"ok": true, "messages": [{"ts": "1.0", "metadata": ' + metadata + b"}]}"
    async with raw_server(answer(200, body, "Content-Type: application/json")) as url:
        found = await chat_at(f"{url}/api/", "xoxb-signalbox-x", session, limit=1).find("C1", subject="CR-1")
        assert not isinstance(found, Posted)


# ---------------------------------------------------------------- telling one person


async def answer_url(slack, carla, releases) -> str:
    """A fresh response URL, as a command of Carla's would bring it."""
    exchange = await slack.say(carla, releases, "/release help")
    return exchange.payload["response_url"]


async def methods(slack) -> list[str]:
    return [call.method for call in slack.calls]


async def test_an_answer_goes_to_the_response_url_first(slack, chat, carla, releases):
    url = await answer_url(slack, carla, releases)
    assert isinstance(await chat.tell(carla.id, CARD, channel=releases.id, answer_to=url), Posted)
    assert await methods(slack) == ["response_url"]
    assert "as asked" in slack.private(carla)[-1].as_text()
    assert slack.messages(releases) == []


async def test_then_where_the_person_looks(slack, chat, carla, releases):
    url = await answer_url(slack, carla, releases)
    slack.faults.fail("response_url", "expired_url")
    assert isinstance(await chat.tell(carla.id, CARD, channel=releases.id, answer_to=url), Posted)
    assert await methods(slack) == ["response_url", "chat.postEphemeral"]
    assert "as asked" in slack.private(carla)[-1].as_text()


async def test_then_in_their_direct_messages(slack, chat, carla):
    elsewhere = slack.add_channel("elsewhere", members=[carla], bot=False, private=True)
    assert isinstance(await chat.tell(carla.id, CARD, channel=elsewhere.id, answer_to="http://127.0.0.1:1/gone"), Posted)
    assert await methods(slack) == ["chat.postEphemeral", "conversations.open", "chat.postMessage"]
    assert "as asked" in slack.private(carla)[-1].as_text()


async def test_a_passing_failure_is_tried_again_in_the_same_place(slack, chat, carla, releases):
    slack.faults.status("chat.postEphemeral", 500)
    assert await chat.tell(carla.id, CARD, channel=releases.id) == Unposted("Slack answered with status 500", maybe=True)
    assert await methods(slack) == ["chat.postEphemeral"]


async def test_somebody_who_cannot_be_reached_is_given_up(slack, chat):
    gone = slack.add_person("gone", deleted=True)
    said = await chat.tell(gone.id, CARD)
    assert isinstance(said, Unposted)
    assert said.final


@pytest.mark.parametrize("url", ["", "no url", "ftp://x/y", "http://", "https://ho\x00st/", "http://[::1", "javascript:alert(1)"])
async def test_a_response_url_that_is_none_is_no_error(slack, chat, carla, url):
    assert isinstance(await chat.tell(carla.id, CARD, answer_to=url), Posted)


# ---------------------------------------------------------------- asking


async def test_a_form_opens_once_for_a_trigger(slack, chat, carla, releases):
    trigger = (await slack.say(carla, releases, "/release promote")).payload["trigger_id"]
    assert await chat.ask(trigger, FORM, channel=releases.id) is None
    assert slack.modal(carla).title == "Approve"
    again = await chat.ask(trigger, FORM)
    assert again == Unposted("Slack says exchanged_trigger_id", final=True)


async def test_a_form_that_slack_refuses_is_given_up(slack, chat):
    assert (await chat.ask("1.2.3", FORM)).final


async def test_whether_slack_answers(slack, chat):
    assert await chat.alive() is None
    slack.faults.fail("auth.test", "token_revoked")
    assert await chat.alive() == Unread("Slack", "Slack says token_revoked")


# ---------------------------------------------------------------- the App Home


async def test_a_home_is_shown_and_shown_anew_in_its_place(slack, chat, carla):
    assert await chat.home(carla.id, CARD) is None
    assert "as asked" in slack.home(carla).as_text()
    assert await chat.home(carla.id, Card("🚦 Releases")) is None
    assert slack.home(carla).as_text() == "🚦 Releases"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (("fail", "not_enabled"), Unposted("Slack says not_enabled", final=True)),
        (("fail", "user_not_found"), Unposted("Slack says user_not_found", final=True)),
        (("status", 429), Unposted("Slack's rate limit", retry_after=1.0)),
        (("status", 500), Unposted("Slack answered with status 500", maybe=True)),
    ],
)
async def test_each_way_in_which_slack_refuses_a_home(slack, chat, carla, fault, said):
    getattr(slack.faults, fault[0])("views.publish", fault[1])
    assert await chat.home(carla.id, CARD) == said
    assert slack.home(carla) is None
    assert await chat.home(carla.id, CARD) is None


# ---------------------------------------------------------------- files


@pytest.fixture
async def direct(slack, chat, carla):
    """Carla's direct messages with the bot."""
    posted = await chat.tell(carla.id, CARD)
    assert isinstance(posted, Posted)
    return posted.channel


async def test_a_file_is_put_into_a_conversation(slack, chat, carla, direct):
    assert await chat.upload(direct, "evidence.zip", b"PK" * 700_000, title="Evidence of api") is None
    message = slack.private(carla)[-1]
    assert message.as_text() == "📎 Evidence of api (evidence.zip)"
    assert slack.file(message) == b"PK" * 700_000
    assert [call.method for call in slack.calls[-3:]] == ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"]


@pytest.mark.parametrize(
    ("method", "fault", "said"),
    [
        ("files.getUploadURLExternal", ("fail", "file_uploads_disabled"), Unposted("Slack says file_uploads_disabled", final=True)),
        ("files.getUploadURLExternal", ("fail", "missing_scope"), Unposted("Slack says missing_scope", final=True)),
        ("files.getUploadURLExternal", ("status", 429), Unposted("Slack's rate limit", retry_after=1.0)),
        ("upload", ("status", 500), Unposted("Slack answered with status 500 to a file")),
        ("files.completeUploadExternal", ("fail", "channel_not_found"), Unposted("Slack says channel_not_found", final=True)),
        ("files.completeUploadExternal", ("status", 500), Unposted("Slack answered with status 500", maybe=True)),
    ],
)
async def test_each_step_at_which_a_file_does_not_get_there(slack, chat, carla, direct, method, fault, said):
    getattr(slack.faults, fault[0])(method, fault[1])
    assert await chat.upload(direct, "evidence.zip", b"PK", title="Evidence") == said
    assert not any(message.files for message in slack.private(carla))
    assert await chat.upload(direct, "evidence.zip", b"PK", title="Evidence") is None


async def test_bytes_whose_arrival_nobody_knows_are_not_shared(slack, chat, carla, direct):
    slack.faults.lose_answer("upload")
    said = await chat.upload(direct, "evidence.zip", b"PK", title="Evidence")
    assert isinstance(said, Unposted)
    assert (said.maybe, said.final) == (False, False)
    assert not any(message.files for message in slack.private(carla))


@pytest.mark.parametrize("url", ["http://elsewhere.test/upload", "ftp://127.0.0.1/upload"])
async def test_a_file_goes_nowhere_without_tls(session, url):
    told = json.dumps({"ok": True, "upload_url": url, "file_id": "F1"}).encode()
    async with raw_server(answer(200, told, "Content-Type: application/json")) as server:
        said = await chat_at(f"{server}/api/", "xoxb-signalbox-x", session).upload("D1", "evidence.zip", b"PK", title="Evidence")
    assert said == Unposted("Slack gave an address for a file that is not safe", final=True)


# ---------------------------------------------------------------- pinning


async def test_a_message_is_pinned_and_its_pin_taken_away_as_often_as_one_likes(chat, releases):
    posted = await chat.post(releases.id, CARD, subject="CR-1")
    for stays, pins in ((True, [posted.ts]), (True, [posted.ts]), (False, []), (False, [])):
        assert await chat.pin(posted, stays=stays) is None
        assert list(releases.pins) == pins


async def test_a_pin_that_slack_does_not_take_says_why(slack, chat, releases):
    posted = await chat.post(releases.id, CARD, subject="CR-1")
    assert await chat.pin(Posted(releases.id, "1.0"), stays=True) == Unposted("Slack says message_not_found", final=True)
    slack.faults.status("pins.add", 429, retry_after="7")
    assert await chat.pin(posted, stays=True) == Unposted("Slack's rate limit", retry_after=7.0)
