"""A neighbour that does not answer is left alone, asked again now and then, and told by name; one answer ends it (OPS-08, OPS-11)."""

import asyncio
import re
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.core import Metric

from bot.adapters.answers import Answer, status_words
from bot.adapters.breaker import OTHER, Breaker, Breakers, Held, Patience
from bot.adapters.failures import failure_words
from bot.adapters.transport import Limits, Transport
from bot.metrics import REGISTRY
from bot.neighbours import names_of
from bot.settings import Stated
from commands.core.ports.ci import TurnedDown, Unknown
from guards.policy import Policy
from guards.unread import Unread
from tests.world.company import FREEZES, MovingClock, policy_data
from tests.world.neighbours import answer, broken_off, raw_server, reset, silence

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DARK = "demo has not answered since 2026-11-24 10:00:00 UTC: it failed with status 503"


@pytest.fixture
def clock():
    return MovingClock(NOW)


def breaker(clock, chance=0.0, **patience) -> Breaker:
    return Breaker("demo", clock, patience=Patience(**patience), chance=lambda: chance)


def fails(one: Breaker, times: int = 5) -> None:
    for _ in range(times):
        one.failed("it failed with status 503")


def after(clock, seconds: float) -> None:
    clock.at += timedelta(seconds=seconds)


# ---------------------------------------------------------------- when calls are let through


def test_it_opens_after_five_failures_in_a_row_and_one_answer_begins_the_count_anew(clock):
    one = breaker(clock)
    fails(one, 4)
    assert (one.held(), one.lost) == (None, None)
    one.answered()
    fails(one, 4)
    assert (one.held(), one.lost) == (None, None)
    fails(one, 1)
    assert one.held() == Held(DARK, 5.0)
    assert one.lost == DARK


def test_after_each_rest_one_call_is_let_through_and_rests_grow_to_the_longest(clock):
    one = breaker(clock)
    fails(one)
    for rest in (5, 10, 20, 30, 30):
        after(clock, rest - 0.1)
        assert one.held(), rest
        after(clock, 0.1)
        assert one.due
        assert one.held() is None, rest
        assert one.held(), rest  # the others wait for what this one finds
        one.failed("it failed with status 503")
    assert one.lost == DARK  # since its first failure, not since the last


def test_an_answer_ends_it_at_once_and_the_next_rest_is_a_short_one(clock):
    one = breaker(clock)
    fails(one)
    after(clock, 5)
    assert one.held() is None
    one.answered()
    assert (one.held(), one.held(), one.lost) == (None, None, None)
    fails(one)
    assert one.held().wait == 5.0


def test_calls_that_were_under_way_when_it_opened_lengthen_no_rest(clock):
    one = breaker(clock)
    fails(one, 30)
    assert one.held().wait == 5.0


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 5.0), (0.5, 5.625), (0.999, 6.24875)])
def test_a_rest_is_up_to_a_quarter_longer_by_chance(clock, chance, wait):
    one = breaker(clock, chance)
    fails(one)
    assert one.held().wait == pytest.approx(wait)


def test_a_clock_that_is_set_back_keeps_nobody_away_for_ever(clock):
    one = breaker(clock)
    fails(one)
    after(clock, -86_400)
    assert one.due
    assert one.held() is None


@given(st.lists(st.tuples(st.floats(0, 40), st.booleans()), max_size=60), st.floats(0, 0.999))
def test_whatever_happens_few_calls_are_wasted_and_a_return_is_found_soon(steps, chance):
    """Each step is some seconds and whether the neighbour works then; somebody asks at every step."""
    clock = MovingClock(NOW)
    one, row, last = breaker(clock, chance), 0, NOW
    for seconds, works in steps:
        after(clock, seconds)
        held = one.held()
        if held:
            assert row >= 5
            assert 0 < held.wait <= 37.5
            assert clock.at - last < timedelta(seconds=37.5)  # nobody is left alone for longer
            continue
        if row >= 5:
            assert clock.at - last >= timedelta(seconds=5)  # one call for each rest
        last, row = clock.at, 0 if works else row + 1
        if works:
            one.answered()
        else:
            one.failed("it failed with status 503")
        assert one.open == (row >= 5)


# ---------------------------------------------------------------- who shares one


def test_everybody_whom_the_policy_names_has_a_name():
    data = policy_data()
    data["ci"]["actions"] = {"kind": "github"}
    data["artifacts"]["registry"] = {"kind": "oci", "url": "https://registry.test"}
    data["freeze_calendars"] = {"company": FREEZES}
    settings = Stated.model_validate({"GITHUB_CLIENT_ID": "Iv1.1"})
    assert names_of(settings, Policy.model_validate(data)) == {
        "github": "https://api.github.com", "github sign-in": "https://github.com", "ci fake": "http://127.0.0.1:1/health",
        "ci other": "http://127.0.0.1:1/health", "artifacts index": "http://127.0.0.1:1", "artifacts registry": "https://registry.test/v2/",
        "freeze calendar company": FREEZES["url"],
    }  # fmt: skip
    assert "github" not in names_of(Stated.model_validate({}), Policy.model_validate(policy_data()))
    own = Stated.model_validate(
        {"GITHUB_CLIENT_ID": "Iv1.1", "GITHUB_URL": "https://git.test", "GITHUB_API_URL": "https://git.test/api/v3"}
    )
    assert [name for name in names_of(own, Policy.model_validate(policy_data())) if "github" in name] == ["github"]


def test_who_shares_an_address_shares_a_breaker_and_is_told_by_all_names(clock):
    known = Breakers(
        clock, names={"ci demo": "https://ci.test/health", "artifacts demo": "https://ci.test:443/", "github": "https://git.test/api"}
    )
    assert known.of("https://ci.test/runs?x=1") is known.of("https://ci.test:443/artifacts")
    assert known.of("https://ci.test/runs").name == "ci demo and artifacts demo"
    assert known.of("https://git.test/repos/a/b").name == "github"
    assert known.of("http://ci.test/") is not known.of("https://ci.test/")
    assert known.of("https://store.test:8443/blob").name == "store.test"
    assert known.of("https://[::1/") is known.of("https://x:nine/")


def series(name: str, label: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"neighbour": label})


def test_metrics_name_who_is_known_and_nobody_else(clock):
    known = Breakers(clock, names={"ci metrics": "https://ci.test"})
    one, stranger = known.of("https://ci.test"), known.of("https://zebra.test")
    fails(one)
    fails(stranger, 1)
    assert series("signalbox_neighbour_open", "ci metrics") == 1
    assert series("signalbox_neighbour_failures_total", "ci metrics") == 5
    assert series("signalbox_neighbour_failures_total", OTHER) >= 1
    one.answered()
    assert series("signalbox_neighbour_open", "ci metrics") == 0
    families: list[Metric] = list(REGISTRY.collect())
    assert "zebra" not in repr(families)


# ---------------------------------------------------------------- what a caller gets


class Counting:
    """A server that answers as told, and counts."""

    def __init__(self, reply):
        self.reply, self.count = reply, 0

    async def __call__(self, reader, writer):
        self.count += 1
        await self.reply(reader, writer)


async def read(transport, url):
    return await transport.read("the thing", f"{url}/thing")


async def send(transport, url):
    return await transport.send("CI", f"{url}/runs", body=b"{}", headers={})


@pytest.mark.parametrize("bad", [answer(500), answer(502), answer(503), answer(504), reset, broken_off, silence])
async def test_who_does_not_answer_is_asked_no_more_until_a_rest_is_over_and_then_once(clock, bad):
    server = Counting(bad)
    async with raw_server(server) as url:
        transport = Transport(Limits(connect=1, read=0.05, total=2, wait=0.001), breakers=Breakers(clock, names={"demo": url}))
        first, second = await read(transport, url), await read(transport, url)
        assert (server.count, first.what) == (5, "the thing")
        assert "has not answered" not in first.why
        assert second.why == f"demo has not answered since 2026-11-24 10:00:00 UTC: {first.why}"
        assert await read(transport, url) == second
        turned = await send(transport, url)
        assert isinstance(turned, TurnedDown)
        assert turned.why == f"CI could not be reached: {second.why}."
        assert 5 <= turned.retry_after <= 6.25
        assert server.count == 5

        after(clock, 6.25)
        assert await read(transport, url) == second
        assert server.count == 6
        server.reply = answer(200, b"{}")
        assert await read(transport, url) == second  # nobody asked, so nobody knows yet
        after(clock, 12.5)
        assert isinstance(await read(transport, url), Answer)
        assert isinstance(await send(transport, url), Answer)
        assert server.count == 8
        await transport.close()


@pytest.mark.parametrize("status", [200, 401, 404, 422, 429])
async def test_who_says_no_is_there(clock, status):
    server = Counting(answer(status, b"{}"))
    async with raw_server(server) as url:
        transport = Transport(Limits(attempts=1), breakers=Breakers(clock))
        for _ in range(8):
            await read(transport, url)
            await send(transport, url)
        assert server.count == 16
        await transport.close()


async def test_an_answer_that_drips_until_the_deadline_is_none(clock):
    async def drip(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    server = Counting(drip)
    async with raw_server(server) as url:
        transport = Transport(Limits(read=5, total=0.1, wait=0.001), breakers=Breakers(clock, names={"demo": url}))
        for _ in range(2):
            assert isinstance(await read(transport, url), Unread)
            assert isinstance(await send(transport, url), Unknown)
        assert (await read(transport, url)).why == "no answer within 0.1 s"
        assert (await read(transport, url)).why == "demo has not answered since 2026-11-24 10:00:00 UTC: no answer within 0.1 s"
        assert server.count == 5
        await transport.close()


async def test_a_neighbour_that_nobody_asks_is_found_to_be_back_by_the_probe_alone(clock):
    server = Counting(answer(503))
    async with raw_server(server) as url:
        transport = Transport(Limits(wait=0.001), breakers=Breakers(clock, names={"demo": url}))
        assert await transport.lost(url) is None
        assert server.count == 0  # as long as it answers others it is not asked: probes must not become load
        for _ in range(2):
            await read(transport, url)
        assert await transport.lost(url) == DARK
        assert server.count == 5
        server.reply = answer(401)
        after(clock, 6.25)
        assert await transport.lost(url) is None
        assert server.count == 6
        assert isinstance(await read(transport, url), Unread)
        assert server.count == 7
        await transport.close()


# ---------------------------------------------------------------- the runbook

RUNBOOK = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
REQUEST = httpx.Request("GET", "http://demo.test")


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectTimeout("", request=REQUEST), httpx.ReadTimeout("", request=REQUEST), httpx.ConnectError("", request=REQUEST),
        httpx.ProxyError("", request=REQUEST), httpx.RemoteProtocolError("", request=REQUEST),
        caused(httpx.ConnectError("", request=REQUEST), ConnectionRefusedError()),
        caused(httpx.ConnectError("", request=REQUEST), socket.gaierror()),
        caused(httpx.ConnectError("", request=REQUEST), ssl.SSLCertVerificationError()),
    ],
    ids=lambda error: f"{type(error).__name__} {type(error.__cause__).__name__}",
)  # fmt: skip
def test_every_way_in_which_a_call_comes_to_nothing_stands_in_the_runbook(error):
    """OPS-15: who reads `ready` finds the words there."""
    words = failure_words(error, connect=3, read=10)
    general = re.sub(r"within [0-9]+ s$", "within … s", words)
    assert f"*{general}*" in RUNBOOK


@pytest.mark.parametrize("status", [401, 403, 404])
def test_every_refusal_of_our_credentials_stands_in_the_runbook(status):
    assert f"*{status_words(Answer(status, {}, b''))}*" in RUNBOOK
