"""A real slack_bolt app works against the workspace, end to end, over HTTP and over Socket Mode."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Workspace

FORM = {
    "type": "modal",
    "callback_id": "why",
    "private_metadata": "CR-1",
    "title": {"type": "plain_text", "text": "Approve"},
    "submit": {"type": "plain_text", "text": "Approve"},
    "blocks": [
        {
            "type": "input",
            "block_id": "rationale",
            "label": {"type": "plain_text", "text": "Why?"},
            "element": {"type": "plain_text_input", "action_id": "text", "min_length": 5},
        }
    ],
}


def bot_of(ws: Workspace) -> AsyncApp:
    """A small bot of the usual kind: a command posts a card, its button opens a form, the form edits the card."""
    client = AsyncWebClient(token=ws.bot_token, base_url=ws.url)
    app = AsyncApp(client=client, signing_secret=ws.signing_secret, process_before_response=True)

    @app.command("/release")
    async def command(ack, command, client):
        await ack("on it")
        button = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}, "value": "CR-1"}
        blocks = [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*{command['text']}*"}},
            {"type": "actions", "elements": [button]},
        ]
        await client.chat_postMessage(channel=command["channel_id"], text="card", blocks=blocks)

    @app.action("approve")
    async def approve(ack, body, client):
        await ack()
        metadata = f"{body['channel']['id']} {body['message']['ts']}"
        await client.views_open(trigger_id=body["trigger_id"], view={**FORM, "private_metadata": metadata})

    @app.view("why")
    async def why(ack, view, client):
        rationale = view["state"]["values"]["rationale"]["text"]["value"]
        if "because" not in rationale:
            await ack(response_action="errors", errors={"rationale": "Say because of what."})
            return
        await ack()
        channel, ts = view["private_metadata"].split()
        done = [{"type": "section", "text": {"type": "mrkdwn", "text": f"approved: {rationale}"}}]
        await client.chat_update(channel=channel, ts=ts, text="approved", blocks=done)

    @app.event("app_home_opened")
    async def opened(event, client):
        home = {"type": "home", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Nothing waits for you."}}]}
        await client.views_publish(user_id=event["user"], view=home)

    return app


@contextlib.asynccontextmanager
async def over_http(ws: Workspace) -> AsyncIterator[None]:
    app = bot_of(ws)

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    site = web.Application()
    site.router.add_post("/slack/events", handle)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ws.aim(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def over_socket(ws: Workspace) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(bot_of(ws), ws.app_token)
    await handler.connect_async()
    await ws.until(lambda: "1 connected" in ws.transcript())
    try:
        yield
    finally:
        await handler.close_async()


@pytest.mark.parametrize("connected", [over_http, over_socket])
async def test_from_a_command_to_an_edited_card(connected):
    async with Workspace(app_token="xapp-signalbox-test") as ws:
        carla, otto = ws.add_person("carla", name="Carla Captain"), ws.add_person("otto")
        releases = ws.add_channel("releases", members=[carla, otto])
        async with connected(ws):
            said = await ws.say(carla, releases, "/release promote api v1.4.0 production")
            assert (said.status, said.error) == (200, None)
            assert [m.as_text() for m in ws.private(carla)] == ["on it"]
            assert ws.private(otto) == []
            [card] = ws.messages(releases)
            assert card.as_text() == "promote api v1.4.0 production\n[Approve]"

            await ws.press(otto, card, "Approve")
            assert ws.modal(carla) is None
            assert ws.modal(otto).as_text() == "Approve\nWhy?: [plain_text_input]\n[Approve]"

            await ws.submit(otto, {"Why?": "I like it"})
            assert ws.modal(otto).errors == {"rationale": "Say because of what."}

            await ws.submit(otto, {"rationale": "because it is green"})
            assert ws.modal(otto) is None
            assert [m.as_text() for m in ws.messages(releases)] == ["approved: because it is green"]

            await ws.event(carla, {"type": "app_home_opened"})
            assert ws.home(carla).as_text() == "Nothing waits for you."
            assert ws.home(otto) is None
