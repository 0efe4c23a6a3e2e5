"""A port under people who send slowly, never, too much or too often: they are let go, and everybody else is heard (SEC-02, OPS-08)."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from bot import connections
from bot.metrics import REGISTRY


@pytest.fixture
async def knock(world):
    """`await knock(…)` opens a connection and sends this; all are closed at the end."""
    made: list[asyncio.StreamWriter] = []

    async def opened(*parts: bytes, sock: socket.socket | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        to = {"sock": sock, "limit": 1024} if sock else {"host": "127.0.0.1", "port": world.house.ports[0]}
        reader, writer = await asyncio.open_connection(**to)
        made.append(writer)
        for part in parts:
            writer.write(part)
            await writer.drain()
        return reader, writer

    yield opened
    for writer in made:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


def standing(world) -> int:
    """How many connections there are at the public port."""
    return len(world.house._runners[0].server.connections)


def turned_away(why: str) -> float:
    return REGISTRY.get_sample_value("signalbox_forged_total", {"route": "http", "why": why}) or 0.0


def head(length: int, path: str = "/webhooks/ci/fake") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


async def heard(world) -> bool:
    """Whether a command is acknowledged within Slack's 3 s."""
    return (await world.slack.say(world.people["dev"], world.channels["releases"], "/release whoami")).error is None


@pytest.mark.parametrize("sent", [b"", b"POST /slack/ev", b"GET /health/live HTTP/1.1\r\nHost: x\r\nA: "])
async def test_whoever_sends_no_whole_request_is_let_go(world, knock, monkeypatch, sent):
    monkeypatch.setattr(connections, "FIRST", 0.1)
    before = turned_away("slow")
    reader, _ = await knock(sent)
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    assert turned_away("slow") == before + 1


async def test_whoever_was_answered_may_be_silent_for_longer(world, knock, monkeypatch):
    """Proxies keep connections; the time for a first request is over before the second one comes."""
    monkeypatch.setattr(connections, "FIRST", 0.1)
    ask = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    reader, writer = await knock(ask)
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
    silent, _ = await knock()
    assert await silent.read() == b""  # so its time is over, and that of the one before it too
    writer.write(ask)
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("size", [100, connections.SMALL + 1])
async def test_a_body_that_does_not_come_in_time_is_not_waited_for(world, knock, monkeypatch, size):
    monkeypatch.setattr(connections, "BODY", 0.1)
    reader, _ = await knock(head(size), b"{")
    async with asyncio.timeout(20):
        said = await reader.readuntil(b"}")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert said.endswith(b'{"error": "request timeout"}')


@pytest.mark.parametrize("size", [100, connections.SMALL + 1])
async def test_a_sender_who_goes_away_is_no_failure_of_ours(world, knock, size):
    """Anybody can do that as often as they like; the log of failures is read by people."""
    await until(lambda: not standing(world))
    with capture_logs() as logged:
        _, writer = await knock(head(size), b"{")
        await until(lambda: standing(world) and next(iter(world.house._runners[0].server.connections))._current_request)
        writer.transport.abort()
        await until(lambda: not standing(world))
        assert await heard(world)
    assert [entry for entry in logged if entry["log_level"] in {"warning", "error"}] == []


async def test_a_body_that_says_it_is_too_large_is_not_read(world, knock):
    reader, _ = await knock(head(connections.LARGEST + 1))
    assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 413 ")


async def test_few_large_bodies_are_read_at_one_time_and_small_ones_do_not_wait_for_them(world, knock, monkeypatch):
    monkeypatch.setattr(connections, "LARGE", 2)
    world.house.doors._bodies = connections.Bodies()
    for _ in range(2):
        await knock(head(connections.SMALL + 1), b"{")
    await until(world.house.doors._bodies._large.locked)
    reader, _ = await knock(head(connections.SMALL + 1), b"{")
    said = await reader.readuntil(b"}")
    assert said.startswith(b"HTTP/1.1 429 ")
    assert b"\r\nRetry-After: 5\r\n" in said
    assert await heard(world)


async def test_where_there_is_no_room_the_silent_go_first(world, knock, monkeypatch):
    kept, keeper = await knock(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await kept.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
    monkeypatch.setattr(connections, "MOST", 12)
    before = turned_away("crowded")
    silent = [await knock(b"POST /slack/") for _ in range(15)]
    assert await heard(world)
    async with asyncio.timeout(20):
        assert await silent[0][0].read() == b""
    assert turned_away("crowded") > before
    keeper.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await kept.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")  # who was served before stays


async def test_where_everybody_is_being_answered_nobody_else_gets_in(world, knock, monkeypatch):
    hang = world.slack.faults.hang("auth.test")
    first = await knock(b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n")
    await hang.reached.wait()
    monkeypatch.setattr(connections, "MOST", 1)
    reader, _ = await knock(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    with suppress(ConnectionError):
        assert await reader.read() == b""
    hang.release()
    assert (await first[0].readuntil(b"}}")).startswith(b"HTTP/1.1 200 ")


async def test_an_answer_that_nobody_takes_is_let_go(world, knock, monkeypatch):
    """What is larger than the machine's own buffers would wait in our memory."""
    monkeypatch.setattr(connections, "ANSWER", 0.1)
    monkeypatch.setattr(connections, "SMALL", 10)

    async def large(_: str) -> bytes:
        return b"x" * 30_000_000

    monkeypatch.setattr(world.house.doors._feeds, "read", large)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", world.house.ports[0]))
    reader, _ = await knock(b"GET /calendar/x.ics HTTP/1.1\r\nHost: x\r\n\r\n", sock=sock)
    await reader.readuntil(b"\r\n\r\n")
    assert standing(world) == 1
    await until(lambda: not standing(world))


async def test_a_hundred_who_send_a_byte_now_and_then_delay_nobody(world, knock):
    """Slowloris: each header a byte at a time."""
    stop = asyncio.Event()

    async def drip() -> None:
        with suppress(ConnectionError):
            _, writer = await knock(b"POST /slack/events HTTP/1.1\r\nX-A: ")
            while not stop.is_set():
                writer.write(b"a")
                await writer.drain()
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.02):  # the pace of the attack
                        await stop.wait()

    slow = [asyncio.create_task(drip()) for _ in range(100)]
    try:
        assert all([await heard(world) for _ in range(5)])
    finally:
        stop.set()
        await asyncio.gather(*slow)
    await world.quiet()


async def test_what_is_no_http_hears_nothing_of_what_we_are(world, knock):
    reader, _ = await knock(b"\x16\x03\x01\x02\x00 zebra\r\n\r\n")
    said = await reader.read()
    assert said.split()[1] == b"400"
    assert said.endswith(b'{"error": "malformed"}')
    assert b"\r\nServer: signalbox\r\n" in said
    assert b"zebra" not in said
    assert b"aiohttp" not in said


async def test_an_expectation_that_nobody_knows_is_not_repeated(world, knock):
    """It is answered before any middleware, and the library's own sentence has it in."""
    for path in ("/slack/events", "/nowhere"):
        reader, _ = await knock(f"POST {path} HTTP/1.1\r\nHost: x\r\nExpect: zebra\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        said = await reader.readuntil(b"}")
        assert said.split()[1] == b"417"
        assert said.endswith(b'{"error": "expectation failed"}')
        assert b"\r\nServer: signalbox\r\n" in said


async def test_what_is_not_there_is_told_like_everything_else(world, send):
    for path, method, status, said in (("/x", "GET", 404, "not found"), ("/slack/events", "PUT", 405, "method not allowed")):
        answer = await send("", path=path, method=method)
        assert (answer.status, answer.text) == (status, f'{{"error": "{said}"}}')
    assert answer.headers["Allow"] == "POST"
    assert answer.headers["Server"] == "signalbox"
