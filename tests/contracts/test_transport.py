"""Whatever a neighbour does, a read ends in an answer or `Unread`, and a send never hides that it may have arrived (PRM-20, EVD-31)."""

import asyncio

import pytest
from pydantic import BaseModel

from bot.adapters.answers import Answer, parse, plain, retry_after
from bot.adapters.transport import Limits, Transport
from commands.core.ports.ci import TurnedDown, Unknown
from guards.unread import Unread
from tests.world import neighbours
from tests.world.neighbours import BAD, answer, raw_server

QUICK = Limits(connect=1, read=0.2, total=2, wait=0.001)


class Thing(BaseModel):
    key: str


@pytest.fixture
async def transport():
    made = Transport(QUICK)
    yield made
    await made.close()


async def read(transport, url):
    got = await transport.read("the thing", f"{url}/thing")
    return got if isinstance(got, Unread) else parse(Thing, "the thing", got)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("timeout", "no answer within 0.2 s"),
        ("reset", "the connection broke off"),
        ("401", "it does not accept our credentials (401)"),
        ("403", "our credentials may not read it (403)"),
        ("404", "it is not there, or our credentials may not see it (404)"),
        ("429", "it asks us to wait (429)"),
        ("429 with Retry-After", "it asks us to wait 120 s (429)"),
        ("500", "it failed with status 500"),
        ("HTML", "it answered with a web page instead of data"),
        ("truncated JSON", "its answer is not valid JSON"),
        ("broken off", "the connection broke off"),
        ("50 MB", "its answer is larger than 5120 KiB"),
        ("empty", "its answer is empty"),
        ("missing field", "its answer lacks “key”"),
        ("null", "its answer has another shape than agreed"),
        ("null field", "“key” in its answer is not what was agreed"),
        ("another host", "it redirects to another host"),
        ("circle", "it redirects in circles"),
        ("compressed", "it sent a compressed answer, which was not asked for"),
        ("bytes", "its answer is not valid JSON"),
        ("deep", "its answer is not valid JSON"),
    ],
)
async def test_a_read_from_a_bad_neighbour_says_what_could_not_be_read_and_why(transport, bad, why):
    async with raw_server(BAD[bad]) as url:
        assert await read(transport, url) == Unread("the thing", why)


async def test_a_read_from_a_good_neighbour_is_the_thing(transport):
    async with raw_server(answer(200, b'{"key": "k", "surplus": 1}')) as url:
        assert await read(transport, url) == Thing(key="k")


async def test_nobody_there(transport):
    async with raw_server(answer(200)) as url:
        pass
    assert await read(transport, url) == Unread("the thing", "it refused the connection")
    assert await read(transport, "http://no-such-host.invalid") == Unread("the thing", "its name could not be resolved")
    assert await read(transport, "http://ho\x00st") == Unread("the thing", "its address is not a valid URL")


class Script:
    """Answers requests one after the other, and keeps their heads."""

    def __init__(self, *replies):
        self.replies, self.count = list(replies), 0

    async def __call__(self, reader, writer):
        self.count += 1
        await self.replies.pop(0)(reader, writer)


async def test_a_passing_failure_of_a_read_is_tried_again(transport):
    script = Script(neighbours.reset, answer(503), answer(200, b'{"key": "k"}'))
    async with raw_server(script) as url:
        assert await read(transport, url) == Thing(key="k")
    assert script.count == 3


async def test_a_failure_that_will_not_pass_is_not_tried_again(transport):
    script = Script(answer(403), answer(200, b'{"key": "k"}'))
    async with raw_server(script) as url:
        assert isinstance(await read(transport, url), Unread)
    assert script.count == 1


async def test_retry_after_is_honoured_when_it_fits_into_the_deadline_and_else_not_tried_at_all(transport):
    soon = Script(answer(429, b"", "Retry-After: 1"), answer(200, b'{"key": "k"}'))
    async with raw_server(soon) as url:
        before = asyncio.get_running_loop().time()
        assert await read(transport, url) == Thing(key="k")
        assert asyncio.get_running_loop().time() - before >= 0.9

    late = Script(answer(429, b"", "Retry-After: 30"), answer(200, b'{"key": "k"}'))
    async with raw_server(late) as url:
        assert await read(transport, url) == Unread("the thing", "it asks us to wait 30 s (429)")
    assert late.count == 1


async def test_the_deadline_holds_for_a_neighbour_that_drips():
    async def drip(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    transport = Transport(Limits(read=0.2, total=0.5, wait=0.001))
    async with raw_server(drip) as url:
        assert await read(transport, url) == Unread("the thing", "no answer within 0.5 s")
    await transport.close()


async def test_a_redirect_is_followed_on_the_same_host_only(transport):
    async with raw_server(Script(answer(302, b"", "Location: /moved"), answer(200, b'{"key": "k"}'))) as url:
        assert await read(transport, url) == Thing(key="k")

    script = Script(answer(200, b'{"key": "k"}'))
    async with raw_server(script) as other, raw_server(answer(302, b"", f"Location: {other}/moved")) as url:
        assert await read(transport, url) == Unread("the thing", "it redirects to another host")
        # Content that is checked by its digest may come from elsewhere, but only over TLS.
        assert await transport.read("the thing", url, elsewhere=True) == Unread("the thing", "it redirects to another host")
    assert script.count == 0


async def test_cancelling_a_read_cancels_it(transport):
    async with raw_server(neighbours.silence) as url:
        task = asyncio.create_task(read(transport, url))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_calls_to_one_host_queue_at_its_gate():
    transport, here, most, release = Transport(Limits(at_once=2, read=5)), 0, 0, asyncio.Event()

    async def count(reader, writer):
        nonlocal here, most
        here += 1
        most = max(most, here)
        if most == 2:
            release.set()
        await release.wait()
        here -= 1
        await answer(200, b'{"key": "k"}')(reader, writer)

    async with raw_server(count) as url:
        got = await asyncio.gather(*(read(transport, url) for _ in range(6)))
    assert got == [Thing(key="k")] * 6
    assert most == 2
    await transport.close()


# ---------------------------------------------------------------- sends


async def send(transport, url):
    return await transport.send("CI", f"{url}/runs", body=b"{}", headers={})


@pytest.mark.parametrize("bad", ["timeout", "reset", "broken off", "50 MB"])
async def test_an_order_that_may_have_arrived_is_unknown_and_sent_once(transport, bad):
    script = Script(BAD[bad], answer(200, b"{}"))
    async with raw_server(script) as url:
        assert isinstance(await send(transport, url), Unknown)
    assert script.count == 1


async def test_an_order_that_never_left_is_turned_down(transport):
    async with raw_server(answer(200)) as url:
        pass
    assert await send(transport, url) == TurnedDown("CI could not be reached: it refused the connection.", 5.0)
    lost = TurnedDown("CI could not be reached: its name could not be resolved.", 5.0)
    assert await send(transport, "http://no-such-host.invalid") == lost


@pytest.mark.parametrize("status", [200, 204, 302, 400, 404, 429, 500, 503])
async def test_a_complete_answer_to_an_order_is_handed_on_and_no_redirect_is_followed(transport, status):
    async with raw_server(answer(status, b"", "Location: /x")) as url:
        got = await send(transport, url)
    assert isinstance(got, Answer)
    assert got.status == status


async def test_an_order_that_waits_at_the_gate_too_long_was_not_sent():
    transport = Transport(Limits(at_once=1, read=60, total=60))
    async with raw_server(neighbours.silence) as url:
        first = asyncio.create_task(send(transport, url))
        await asyncio.sleep(0)
        transport.limits = Limits(at_once=1, total=0.1)  # the first one stays at the gate, whatever the machine is busy with
        second = await send(transport, url)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
    assert second == TurnedDown("Too many calls to CI were under way; this one was not sent.", 5.0)
    await transport.close()


def test_words_of_a_neighbour_are_made_fit_to_be_shown():
    assert plain("see https://user:token@host/x\n\x1b[31mnow") == "see https://host/x [31mnow"
    assert len(plain("x" * 10_000)) == 200


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT", "date": "Fri, 31 Dec 1999 23:59:29 GMT"}, 30),
        ({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 50}, 86_400),
        ({}, None),
    ],
)
def test_retry_after(headers, seconds):
    assert retry_after(headers) == seconds
