"""Socket Mode on the wire: envelopes, acknowledgements, tickets."""

import asyncio

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSServerHandshakeError

from bot.workspace import Workspace


@pytest.fixture
async def session():
    async with ClientSession() as session:
        yield session


@pytest.fixture
def link(ws, slack, session):
    """`await link()` connects as a bot does and hears Slack's hello."""

    async def link() -> ClientWebSocketResponse:
        url = (await slack.apps_connections_open(app_token=ws.app_token))["url"]
        socket = await session.ws_connect(url)
        assert (await socket.receive_json())["type"] == "hello"
        return socket

    return link


async def test_a_command_comes_in_an_envelope_and_is_acknowledged_by_its_id(ws, link, bot, carla, releases):
    socket = await link()
    saying = asyncio.create_task(ws.say(carla, releases, "/release status"))
    envelope = await socket.receive_json()
    assert (envelope["type"], envelope["accepts_response_payload"], envelope["payload"]["text"]) == ("slash_commands", True, "status")
    assert not saying.done()
    await socket.send_json({"envelope_id": "another"})
    await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "hello"}})
    assert (await saying).error is None
    assert [m.text for m in ws.private(carla)] == ["hello"]
    assert bot.heard == []  # while a websocket is connected, nothing goes to the request URL


async def test_without_a_websocket_it_goes_to_the_request_url(ws, link, bot, carla, releases):
    socket = await link()
    await socket.close()
    await ws.until(lambda: "one disconnected" in ws.transcript())
    await ws.say(carla, releases, "/release status")
    assert len(bot.heard) == 1


async def test_a_redelivery_says_which_it_is(ws, link, carla):
    socket = await link()

    async def acknowledge() -> dict:
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        return envelope

    exchange, first = await asyncio.gather(ws.event(carla, {"type": "app_home_opened"}), acknowledge())
    _, second = await asyncio.gather(ws.redeliver(exchange), acknowledge())
    assert (first["type"], first["accepts_response_payload"], "retry_attempt" in first) == ("events_api", False, False)
    assert (second["retry_attempt"], second["payload"]) == (1, first["payload"])


async def test_an_envelope_that_nobody_acknowledges_is_a_timeout(session):
    async with Workspace(app_token="xapp-signalbox-test", ack_seconds=0.05) as ws:
        async with session.post(ws.url + "apps.connections.open", headers={"Authorization": f"Bearer {ws.app_token}"}) as opened:
            url = (await opened.json())["url"]
        socket = await session.ws_connect(url)
        await socket.receive_json()
        carla = ws.add_person("carla")
        releases = ws.add_channel("releases", [carla])
        assert (await ws.say(carla, releases, "/release status")).error == "operation_timeout"
        late = await socket.receive_json()
        await socket.send_json({"envelope_id": late["envelope_id"], "payload": {"text": "too late"}})
        assert [m.text for m in ws.private(carla)] == ['/release failed with the error "operation_timeout"']


async def test_a_ticket_is_good_for_one_connection(ws, slack, session):
    url = (await slack.apps_connections_open(app_token=ws.app_token))["url"]
    await session.ws_connect(url)
    with pytest.raises(WSServerHandshakeError) as refused:
        await session.ws_connect(url)
    assert refused.value.status == 403
