"""What every CI behind the port does, told once and held by the fake and by each adapter (CMD-10, PRM-19, PRM-20, SEC-02)."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.generic_ci import GenericCI
from bot.adapters.github import GitHubActions
from bot.adapters.github_auth import TokenAuth
from bot.adapters.transport import Limits, Transport
from commands.core.ports.ci import Forged, Heard, NoRun, Run, RunState, Started, Stopping, TurnedDown, Unknown
from guards.unread import Unread
from tests.world import demo_ci, github
from tests.world.ci import FakeCI
from tests.world.moments import RealClock
from tests.world.neighbours import BAD, DIGEST, answer, order, raw_server

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class FakeBench:
    """The fake, driven by its own methods."""

    def __init__(self):
        self.ci, self.at = FakeCI(), NOW

    async def refuse(self):
        self.ci.turn_down()

    async def lose_answer(self):
        self.ci.lose_answer()

    async def end(self, key, state):
        self.ci.move(key, state)

    async def linger(self):
        pass

    async def ends_cancelled(self, key):
        assert self.ci.cancelled == [key]
        self.ci.move(key, RunState.CANCELLED)

    async def count(self, key):
        return self.ci.count(key)

    async def callback(self, key):
        return self.ci.callback(self.ci.run(key), at=self.at)

    async def vanish(self):
        self.ci.away = Unread("the fake CI", "it refused the connection")


class GenericBench:
    """The generic adapter and the demo CI's process."""

    def __init__(self, process, transport):
        self.process = process
        self.ci = GenericCI(transport, name="demo", base=process.url, secret=SecretStr(demo_ci.SECRET), clock=RealClock())

    @property
    def at(self):
        return datetime.now(UTC)

    async def refuse(self):
        for_good = self.process.root / "registry" / order().service / "manifests" / DIGEST.removeprefix("sha256:")
        for_good.rename(for_good.with_suffix(".gone"))

    async def lose_answer(self):
        assert await self.process.control("faults", mode="drop_answer") == 200

    async def end(self, key, state):
        while True:  # the demo CI works by itself; its callbacks tell when it is over
            headers, body = await self.process.listener.heard.get()
            self.last = (headers, body)
            if f'"state":"{state}"'.encode() in body:
                return

    async def linger(self):
        assert await self.process.control("faults", mode="slow", seconds=60) == 200

    async def ends_cancelled(self, key):
        await self.end(key, RunState.CANCELLED)

    async def count(self, key):
        return len([path for path in (self.process.root / "runs").glob("*.json") if key in path.name])

    async def callback(self, key):
        return self.last

    async def vanish(self):
        await self.process.stop()


class GitHubBench:
    """The GitHub adapter and a small GitHub."""

    def __init__(self, server, fake, transport):
        self.server, self.fake, self.at = server, fake, NOW
        self.ci = GitHubActions(
            transport,
            TokenAuth(SecretStr(github.TOKEN)),
            clock=RealClock(),
            webhook_secret=SecretStr(github.SECRET),
            workflows=[("octo/api", "deploy.yml")],
            api_url=str(server.make_url("/")),
        )

    async def refuse(self):
        self.fake.next = "refuse"

    async def lose_answer(self):
        self.fake.next = "lose"

    async def end(self, key, state):
        self.run = self.fake.move(key, "completed", {"succeeded": "success", "failed": "failure"}[state])

    async def linger(self):
        pass

    async def ends_cancelled(self, key):
        pass  # the small GitHub ends it at once

    async def count(self, key):
        return self.fake.count(key)

    async def callback(self, key):
        return self.fake.webhook(self.run)

    async def vanish(self):
        await self.server.close()


@pytest.fixture(params=["fake", "generic", "github"])
async def bench(request, tmp_path):
    transport = Transport(Limits(connect=1, read=2, total=4, wait=0.001))
    if request.param == "fake":
        yield FakeBench()
    elif request.param == "generic":
        async with demo_ci.demo_ci(tmp_path) as process:
            yield GenericBench(process, transport)
    else:
        fake = github.FakeGitHub()
        async with TestServer(fake.app(), host="127.0.0.1") as server:
            yield GitHubBench(server, fake, transport)
    await transport.close()


async def test_an_order_that_is_taken_starts_one_run_which_is_found_by_its_key_and_by_its_id(bench):
    wanted, since = order(), bench.at
    started = await bench.ci.start(wanted)

    assert isinstance(started, Started)
    assert await bench.count(wanted.key) == 1
    for known in (None, started.run):
        found = await bench.ci.find(wanted, known, since)
        assert isinstance(found, Run)
        assert (found.key, found.run) == (wanted.key, started.run)


async def test_a_run_at_work_is_ended_and_one_that_is_over_is_not(bench):
    wanted, since = order(), bench.at
    await bench.linger()
    started = await bench.ci.start(wanted)
    assert isinstance(started, Started)
    assert isinstance(await bench.ci.cancel(wanted, started.run), Stopping)
    await bench.ends_cancelled(wanted.key)
    assert (await bench.ci.find(wanted, started.run, since)).state is RunState.CANCELLED

    assert isinstance(await bench.ci.cancel(wanted, started.run), TurnedDown)
    assert isinstance(await bench.ci.cancel(order("CR-2026-1121-009.1"), None), TurnedDown)


async def test_a_ci_that_is_away_ends_nothing(bench):
    wanted = order()
    started = await bench.ci.start(wanted)
    await bench.vanish()
    assert isinstance(await bench.ci.cancel(wanted, started.run), TurnedDown | Unknown)


async def test_a_run_that_ends_well_is_followed_to_its_end(bench):
    wanted, since = order(), bench.at
    await bench.ci.start(wanted)
    await bench.end(wanted.key, RunState.SUCCEEDED)

    found = await bench.ci.find(wanted, None, since)
    assert found.state is RunState.SUCCEEDED
    assert found.digest in {DIGEST, None}  # GitHub does not tell


async def test_an_order_whose_answer_was_lost_is_unknown_and_is_found_by_its_key(bench):
    await bench.lose_answer()
    wanted, since = order(), bench.at

    assert isinstance(await bench.ci.start(wanted), Unknown)
    found = await bench.ci.find(wanted, None, since)
    assert isinstance(found, Run)
    assert found.key == wanted.key
    assert await bench.count(wanted.key) == 1


async def test_an_order_that_is_refused_starts_nothing_and_says_why(bench):
    await bench.refuse()
    answered = await bench.ci.start(order())

    assert isinstance(answered, TurnedDown)
    assert answered.why.endswith((".", "v1.4.0"))
    assert await bench.count(order().key) == 0


async def test_a_key_that_was_never_ordered_has_no_run(bench):
    await bench.ci.start(order("CR-2026-1121-001.1"))
    # The longer key has the taken one as its beginning: only the exact key counts.
    assert isinstance(await bench.ci.find(order("CR-2026-1121-001.11"), None, bench.at), NoRun)


async def test_a_callback_is_heard_and_a_forged_one_is_not(bench):
    wanted = order()
    await bench.ci.start(wanted)
    await bench.end(wanted.key, RunState.SUCCEEDED)
    headers, body = await bench.callback(wanted.key)

    heard = bench.ci.hear(headers, body, bench.at)
    assert isinstance(heard, Heard)
    assert [(report.key, report.run) for report in heard.reports] == [(wanted.key, heard.reports[0].run)]
    assert bench.ci.hear(headers, body, bench.at).delivery == heard.delivery

    assert isinstance(bench.ci.hear(headers, body + b" ", bench.at), Forged)
    assert isinstance(bench.ci.hear({}, body, bench.at), Forged)
    signature = next(name for name in headers if "signature" in name)
    assert isinstance(bench.ci.hear({**headers, signature: "sha256=é\udce9"}, body, bench.at), Forged)


async def test_a_ci_that_is_away_is_never_taken_for_one_that_knows_nothing(bench):
    wanted, since = order(), bench.at
    assert await bench.ci.alive() is None
    await bench.vanish()

    assert isinstance(await bench.ci.start(wanted), TurnedDown)
    assert isinstance(await bench.ci.find(wanted, None, since), Unread)
    assert isinstance(await bench.ci.alive(), Unread)


# ---------------------------------------------------------------- bad neighbours

REFUSALS = {"401", "403", "404", "429", "429 with Retry-After"}
ADAPTERS = {
    "generic": lambda transport, url: GenericCI(transport, name="demo", base=url, secret=SecretStr(demo_ci.SECRET), clock=RealClock()),
    "github": lambda transport, url: GitHubActions(
        transport,
        TokenAuth(SecretStr(github.TOKEN)),
        clock=RealClock(),
        webhook_secret=SecretStr(github.SECRET),
        workflows=[("octo/api", "deploy.yml")],
        api_url=url,
    ),
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_neighbour_never_raises_and_never_looks_like_an_answer(adapter, bad):
    transport = Transport(Limits(connect=1, read=0.2, total=1, wait=0.001))
    async with raw_server(BAD[bad]) as url:
        ci = ADAPTERS[adapter](transport, url)
        started = await ci.start(order())
        assert isinstance(started, TurnedDown if bad in REFUSALS else Unknown), started
        if bad == "429 with Retry-After":
            assert started.retry_after == 120

        for run in (None, "4711"):
            found = await ci.find(order(), run, NOW - timedelta(days=1))
            assert isinstance(found, Unread), found
            assert found.what.startswith("the run of CR-2026-1121-001 at ")
            assert found.why
            assert github.TOKEN not in repr((started, found))
    await transport.close()


@pytest.mark.parametrize("adapter", ADAPTERS)
async def test_an_order_that_was_moved_elsewhere_is_not_followed(adapter):
    transport = Transport(Limits(wait=0.001))
    async with raw_server(answer(307, b"", "Location: /other")) as url:
        assert isinstance(await ADAPTERS[adapter](transport, url).start(order()), TurnedDown)
    await transport.close()
