"""The public door: what is forged, stale or strange is turned away without an echo, and what Slack signs is read (SEC-01, SEC-02)."""

import asyncio
import gzip
import json
from urllib.parse import quote, urlencode

import aiohttp
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.conftest import FORM, JSON, tags
from tests.world.company import channel_id, slack_id
from tests.world.examples import examples

SECRET_WORD = "zebra-crossing"
FINE = {200, 400, 401, 404, 405, 413}


def command(**changed) -> str:
    fields = {
        "command": "/release", "text": f"status {SECRET_WORD}", "user_id": slack_id("dev"), "team_id": "T0SIGNAL",
        "channel_id": channel_id("releases"), "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    }  # fmt: skip
    return urlencode({k: v for k, v in {**fields, **changed}.items() if v is not None})


def interaction(kind: str, **more) -> str:
    user = {"id": slack_id("dev"), "team_id": "T0SIGNAL"}
    return urlencode({"payload": json.dumps({"type": kind, "user": user, "team": {"id": "T0SIGNAL"}, "trigger_id": "1.2.3", **more})})


def button(**changed) -> str:
    action = {"type": "button", "action_id": "status#0", "block_id": "b", "value": "{}"}
    kept = {k: v for k, v in {**action, **changed}.items() if v is not None}
    return interaction("block_actions", actions=[kept], channel={"id": channel_id("releases")})


def form(**changed) -> str:
    view = {"id": "V1", "hash": "1.a", "type": "modal", "callback_id": "promote", "private_metadata": "{}", "state": {"values": {}}}
    return interaction("view_submission", view={k: v for k, v in {**view, **changed}.items() if v is not None})


async def rows(world) -> int:
    await world.quiet()
    return await world.house.store.read(lambda tx: len(tx.run(sa.text("SELECT key FROM inbox")).all()))


async def over_a_socket(world, *parts: bytes) -> bytes:
    """What is answered to bytes that no HTTP client would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.house.ports[0])
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


# ---------------------------------------------------------------- who it is from


async def test_what_slack_signed_is_taken_in(world, send):
    assert (await send(command())).status == 200
    assert await rows(world) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signature": "v0=" + "0" * 64}, 401),
        ({"signature": None}, 401),
        ({"signature": "v0"}, 401),
        ({"timestamp": None}, 401),
        ({"timestamp": "yesterday"}, 400),
        ({"timestamp": "-5"}, 400),
        ({"timestamp": "1.5"}, 400),
        ({"timestamp": " "}, 401),
        ({"timestamp": "9" * 400}, 400),
        ({"timestamp": "999999999999"}, 401),
        ({"timestamp": "0"}, 401),
        ({"ago": 301}, 401),
        ({"ago": -301}, 401),
    ],
)
async def test_what_slack_did_not_sign_just_now_is_turned_away(world, send, change, status):
    answer = await send(command(), **change)
    assert answer.status == status
    assert SECRET_WORD not in answer.text
    assert await rows(world) == 0


@pytest.mark.parametrize("ago", [299, -299])
async def test_five_minutes_of_difference_are_allowed(world, send, ago):
    assert (await send(command(), ago=ago)).status == 200


@pytest.mark.parametrize("header", ["X-Slack-Request-Timestamp: \u0661\u0662", "X-Slack-Signature: v0=\u00e9", "X-Slack-Signature: \udcff"])
async def test_headers_that_are_no_ascii_are_malformed(world, header):
    """aiohttp's client would not send them; others do."""
    stamp = int(world.clock.now().timestamp())
    lines = [
        "POST /slack/events HTTP/1.1", "Host: x", "Content-Length: 2", "Connection: close", header,
        *([] if "Timestamp" in header else [f"X-Slack-Request-Timestamp: {stamp}"]),
    ]  # fmt: skip
    answer = await over_a_socket(world, "\r\n".join([*lines, "", "{}"]).encode(errors="surrogateescape"))
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_the_signature_covers_the_raw_bytes(world, send):
    """The same words in another encoding are another request."""
    body = command()
    signed = (await send(body)).status
    other = body.replace("status", quote("s") + "%74atus")
    sealed = await send(other, signature="v0=" + "1" * 64)
    assert (signed, sealed.status) == (200, 401)


async def test_a_header_cannot_make_a_signed_command_vanish(world, send):
    """Bolt obeys some headers, and no header is signed."""
    lazy = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "x"}
    assert (await send(command(), **lazy)).status == 200
    assert await rows(world) == 1


# ---------------------------------------------------------------- what it says


STRANGE = {
    "empty": ("", FORM),
    "nothing known": ("a=b", FORM),
    "broken JSON": ('{"type": "zebra-crossing"', JSON),
    "broken JSON as a form": ('{"type": "zebra-crossing"', FORM),
    "array": ('["zebra-crossing"]', JSON),
    "number": ("5", JSON),
    "null": ("null", JSON),
    "string": ('"zebra-crossing"', JSON),
    "deep": ("[" * 50_000, JSON),
    "deep in a form": (urlencode({"payload": '{"a":' * 50_000}), FORM),
    "payload array": (urlencode({"payload": "[]"}), FORM),
    "payload number": (urlencode({"payload": "5"}), FORM),
    "payload null": (urlencode({"payload": "null"}), FORM),
    "payload empty": ("payload=", FORM),
    "payload broken": (urlencode({"payload": '{"zebra-crossing'}), FORM),
    "payload twice": (f"{button()}&payload={quote('{}')}", FORM),
    "payload of no type": (urlencode({"payload": "{}"}), FORM),
    "type is a list": (urlencode({"payload": '{"type": ["block_actions"]}'}), FORM),
    "unknown type": (interaction("zebra-crossing"), FORM),
    "shortcut": (interaction("shortcut", callback_id="zebra-crossing"), FORM),
    "message shortcut": (interaction("message_action", callback_id="zebra-crossing"), FORM),
    "options asked for": (interaction("block_suggestion", value="zebra-crossing", action_id="a", block_id="b"), FORM),
    "old dialog": (interaction("dialog_submission", submission={"a": "zebra-crossing"}, callback_id="x"), FORM),
    "old attachment": (interaction("interactive_message", actions=[{"name": "x"}], callback_id="zebra-crossing"), FORM),
    "another command": (command(command="/zebra-crossing"), FORM),
    "no user": (command(user_id=None), FORM),
    "form called JSON": (command(), JSON),
    "no actions": (interaction("block_actions"), FORM),
    "actions empty": (interaction("block_actions", actions=[]), FORM),
    "actions a number": (interaction("block_actions", actions=5), FORM),
    "action a string": (interaction("block_actions", actions=["zebra-crossing"]), FORM),
    "action without id": (button(action_id=None), FORM),
    "value a number": (button(value=5), FORM),
    "user a string": (interaction("block_actions", actions=[{"type": "button", "action_id": "a", "block_id": "b"}], user="U1"), FORM),
    "user null": (interaction("block_actions", actions=[{"type": "button", "action_id": "a", "block_id": "b"}], user=None), FORM),
    "no view": (interaction("view_submission"), FORM),
    "view a list": (interaction("view_submission", view=[1]), FORM),
    "state a list": (form(state=[1]), FORM),
    "values a list": (form(state={"values": [1]}), FORM),
    "answer a list": (form(state={"values": {"a": {"b": [1]}}}), FORM),
    "moment too far": (form(state={"values": {"a": {"b": {"type": "datetimepicker", "selected_date_time": 10**20}}}}), FORM),
    "event without event": (json.dumps({"type": "event_callback"}), JSON),
    "event a number": (json.dumps({"type": "event_callback", "event": 5}), JSON),
    "response urls a number": (interaction("view_submission", response_urls=5, view={"callback_id": "x"}), FORM),
    "authorizations a number": (json.dumps({"type": "event_callback", "authorizations": 5, "event": {"type": "x"}}), JSON),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
async def test_what_is_strange_is_turned_away_without_an_echo(world, send, name, capsys):
    body, kind = STRANGE[name]
    answer = await send(body, kind)
    assert answer.status in FINE
    assert SECRET_WORD not in answer.text
    assert SECRET_WORD not in capsys.readouterr().err
    await world.quiet()
    assert (await tags(world)) == []
    assert (await send(command())).status == 200  # and the door still opens for others


@pytest.mark.parametrize("kind", [None, "text/zebra"])
async def test_what_slack_signed_is_a_form_whatever_it_is_called(world, send, kind):
    """The header is not signed, so it decides nothing but between a form and JSON."""
    assert (await send(command(), kind)).status == 200
    await world.quiet()
    assert await tags(world) == ["words:refused"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("unknown type", 404), ("shortcut", 404), ("another command", 404), ("nothing known", 404), ("array", 400), ("payload twice", 404),
     ("no user", 400), ("actions empty", 400), ("view a list", 404)],
)  # fmt: skip
async def test_what_nobody_listens_to_is_not_found_and_what_cannot_be_read_is_malformed(world, send, name, status):
    assert (await send(*STRANGE[name])).status == status


async def test_what_is_not_utf_8_is_malformed(world, send):
    assert (await send(b"text=\xff\xfe")).status == 400


async def test_a_body_beyond_a_mebibyte_is_too_large(world, send):
    assert (await send("text=" + "a" * 2**20)).status == 413
    assert (await send(command(text="a" * 40_000))).status == 200


async def test_what_was_signed_is_read_as_it_came_whatever_is_said_about_its_encoding(world, send):
    packed = gzip.compress(command().encode())
    assert (await send(command(), **{"Content-Encoding": "gzip"})).status == 200
    assert (await send(packed, **{"Content-Encoding": "gzip"})).status == 400


async def test_a_body_that_breaks_off_in_its_transfer_is_malformed(world):
    stamp = int(world.clock.now().timestamp())
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slack-Request-Timestamp: {stamp}\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b" 400 " in (await over_a_socket(world, head.encode(), b"5\r\ntext=\r\nzebra\r\n")).splitlines()[0]


async def test_other_methods_and_paths_do_not_exist(world, send):
    assert (await send("", method="GET")).status == 405
    assert (await send(command(), path="/slack/elsewhere")).status == 404


async def test_slack_is_answered_its_challenge(world, send):
    answer = await send(json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}), JSON)
    assert (answer.status, json.loads(answer.text)) == (200, {"challenge": "abc"})


async def test_slacks_certificate_check_is_answered(world, send):
    assert (await send("ssl_check=1&token=t")).status == 200


async def test_a_closed_form_and_an_event_are_acknowledged_and_nothing_else(world, send):
    assert (await send(interaction("view_closed", view={"id": "V1", "callback_id": "promote"}))).status == 200
    for event in ({"type": "app_home_opened", "user": "U1", "tab": "messages"}, {"type": "member_joined_channel", "user": "U1"}):
        envelope = {"type": "event_callback", "event_id": "Ev1", "team_id": "T0SIGNAL", "event": event}
        assert (await send(json.dumps(envelope), JSON)).status == 200
    assert await rows(world) == 0


@pytest.mark.parametrize("user", [None, "", 5, ["U1"]])
async def test_an_opening_by_nobody_is_malformed_and_remembered_by_nobody(world, send, user):
    event = {"type": "event_callback", "event_id": "Ev1", "team_id": "T0SIGNAL", "event": {"type": "app_home_opened", "user": user}}
    assert (await send(json.dumps(event), JSON)).status == 400
    assert await rows(world) == 0


@pytest.mark.parametrize("value", [None, "", "no json", "[1]", '{"a": 1}', "[" * 1900])
async def test_a_button_without_words_is_taken_in_and_answered(world, send, value):
    """It lacks its words; the person hears so, like anybody who types too little."""
    assert (await send(button(action_id="withdraw#0", value=value))).status == 200
    await world.quiet()
    assert await tags(world) == ["words:refused"]


async def test_a_form_without_state_is_taken_in_and_answered(world, send):
    assert (await send(form(state=None, private_metadata="no json"))).status == 200
    await world.quiet()
    assert await tags(world) == ["words:refused"]


async def test_halves_of_characters_reach_the_ledger_as_something_that_can_be_stored(world, send):
    """JSON can say what no database takes."""
    body = urlencode({"payload": '{"type":"block_actions","user":{"id":"' + slack_id("dev") + '"},"team":{"id":"T0SIGNAL"},'
                                 '"actions":[{"type":"button","action_id":"a\\ud800\\u0000#0","block_id":"b","value":"x"}]}'})  # fmt: skip
    assert (await send(body)).status == 200
    await world.quiet()
    assert await tags(world) == ["words:refused"]


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("type", "user", "team", "actions", "view", "channel", "container", "event", "authorizations", "response_urls", "trigger_id",
        "callback_id", "message", "is_enterprise_install", "enterprise", "challenge", "state", "api_app_id")  # fmt: skip
TYPES = st.sampled_from(["block_actions", "view_submission", "view_closed", "event_callback", "shortcut", "url_verification", "x"])
PAYLOADS = st.fixed_dictionaries({"type": TYPES | JSONS}, optional={key: JSONS for key in KEYS if key != "type"})


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=PAYLOADS, where=st.sampled_from(["payload", "json", "form"]))
async def test_no_signed_body_breaks_the_door(world, send, payload, where):
    text = json.dumps(payload)
    flat = {k: v if isinstance(v, str) else json.dumps(v) for k, v in payload.items()}
    fields = urlencode(flat, errors="replace")
    body, kind = {"payload": (urlencode({"payload": text}), FORM), "json": (text, JSON), "form": (f"command=/release&{fields}", FORM)}[
        where
    ]
    assert (await send(body, kind)).status in FINE


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), kind=st.sampled_from([FORM, JSON, "text/plain", "multipart/form-data; boundary=x"]))
async def test_no_signed_bytes_break_the_door(world, send, body, kind):
    assert (await send(body, kind)).status in FINE


# ---------------------------------------------------------------- CI's door


async def test_callbacks_for_nobody_and_without_a_signature_are_turned_away(world, send):
    assert (await send("{}", JSON, path="/webhooks/ci/nobody")).status == 404
    assert (await send("{}", JSON, path="/webhooks/github")).status == 404
    assert (await send("{}", JSON, path="/webhooks/ci/fake")).status == 401
    assert await rows(world) == 0


async def test_a_callback_is_sent_again_when_the_database_is_gone(world, monkeypatch):
    await world.runs_in("dev")
    await world.say("dev", "/release promote api v1.4.0 staging")
    run = world.ci.run(world.ci.started[-1].key)
    with monkeypatch.context() as broken:
        break_database(world, broken)
        headers, body = world.ci.callback(run, at=world.clock.now(), delivery="d-9")
        url = f"http://127.0.0.1:{world.house.ports[0]}{world.ci.path}"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert await world.callback(run, delivery="d-9") == 202


def break_database(world, monkeypatch) -> None:
    from storage.errors import Unavailable

    async def gone(_, **__):
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(world.house.store, "write", gone)
