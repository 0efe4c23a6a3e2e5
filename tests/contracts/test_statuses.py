"""Where merge freezes are shown: the fake of the stories and GitHub keep the same contract (FRZ-13)."""

from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_statuses import CONTEXT, GitHubStatuses
from bot.adapters.transport import Limits, Transport
from commands.core.ports.chat import Unposted
from commands.core.ports.vcs import Shown
from tests.world.github import TOKEN
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, raw_server
from tests.world.statuses import FakeStatuses

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ONE, TWO = "a1" * 20, "b2" * 20
HELD = "FRZ-2026-1121-001 until Mon 23 Nov 09:00 Europe/Berlin: quarter end"


class SmallGitHub:
    """The open pull requests and commit statuses of `octo/api`, as GitHub's REST API documents them."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.statuses: dict[str, list[dict]] = {}
        self.next: tuple[int, dict[str, str]] | None = None

    def app(self) -> web.Application:
        app, base = web.Application(), "/repos/octo/api"
        app.add_routes(
            [
                web.get(base + "/pulls", self._pulls),
                web.get(base + "/commits/{sha}/status", self._combined),
                web.post(base + "/statuses/{sha}", self._create),
            ]
        )
        return app

    async def _pulls(self, request: web.Request) -> web.Response:
        assert (request.query["state"], request.query["base"]) == ("open", "main")
        return web.json_response([{"number": n, "head": {"sha": sha, "ref": "x"}} for n, sha in enumerate(self.heads)])

    async def _combined(self, request: web.Request) -> web.Response:
        sha = request.match_info["sha"]
        newest = {one["context"]: one for one in self.statuses.get(sha, [])}
        return web.json_response({"sha": sha, "state": "pending", "statuses": list(newest.values()), "total_count": len(newest)})

    async def _create(self, request: web.Request) -> web.Response:
        if self.next:
            status, headers = self.next
            return web.json_response({"message": "Resource not accessible by integration"}, status=status, headers=headers)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"message": "Bad credentials"}, status=401)
        body = await request.json()
        assert body["state"] in {"error", "failure", "pending", "success"}
        assert len(body["description"]) <= 140
        self.statuses.setdefault(request.match_info["sha"], []).append(body)
        return web.json_response(body, status=201)


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=0.3, total=2, wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def github():
    made = SmallGitHub()
    async with TestServer(made.app(), host="127.0.0.1") as server:
        made.url = str(server.make_url("/"))
        yield made


def adapter(transport, url, token=TOKEN):
    return GitHubStatuses(transport, TokenAuth(SecretStr(token)), clock=StillClock(NOW), api_url=url)


@pytest.fixture(params=["github", "fake"])
def place(request, transport, github):
    """An adapter, how to open pull requests, and how to read whether a commit is held: None when it carries nothing."""
    if request.param == "github":

        def said(sha: str) -> bool | None:
            mine = [one for one in github.statuses.get(sha, []) if one["context"] == CONTEXT]
            return mine[-1]["state"] == "failure" if mine else None

        return adapter(transport, github.url), github.heads, said
    fake = FakeStatuses()
    heads = fake.heads.setdefault(("octo/api", "main"), [])
    return fake, heads, lambda sha: fake.said["octo/api", sha] is not None if ("octo/api", sha) in fake.said else None


async def test_each_open_pull_request_says_whether_it_is_held_and_the_same_again_changes_nothing(place):
    statuses, heads, said = place
    heads += [ONE, TWO]
    for held in (HELD, None, HELD):
        assert await statuses.show("octo/api", "main", held) == Shown(2)
        assert (said(ONE), said(TWO)) == (held is not None, held is not None)
        assert await statuses.show("octo/api", "main", held) == Shown(0)


async def test_what_is_opened_later_is_found_at_the_next_look(place):
    statuses, heads, said = place
    assert await statuses.show("octo/api", "main", HELD) == Shown(0)
    heads.append(ONE)
    assert said(ONE) is None
    assert await statuses.show("octo/api", "main", HELD) == Shown(1)
    assert said(ONE) is True


async def test_another_freeze_takes_the_place_of_the_first(place):
    statuses, heads, _ = place
    heads.append(ONE)
    await statuses.show("octo/api", "main", HELD)
    assert await statuses.show("octo/api", "main", "FRZ-2026-1121-002 until tomorrow: incident") == Shown(1)


# ---------------------------------------------------------------- GitHub alone


async def test_what_others_say_of_a_commit_is_left_alone(transport, github):
    github.heads.append(ONE)
    github.statuses[ONE] = [{"context": "ci/build", "state": "failure", "description": "red"}]
    await adapter(transport, github.url).show("octo/api", "main", None)
    assert [one["context"] for one in github.statuses[ONE]] == ["ci/build", CONTEXT]


async def test_two_pull_requests_of_one_commit_are_one(transport, github):
    github.heads += [ONE, ONE]
    assert await adapter(transport, github.url).show("octo/api", "main", HELD) == Shown(1)


async def test_a_reason_that_is_too_long_is_cut(transport, github):
    github.heads.append(ONE)
    assert await adapter(transport, github.url).show("octo/api", "main", HELD * 10) == Shown(1)
    assert await adapter(transport, github.url).show("octo/api", "main", HELD * 10) == Shown(0)


@pytest.mark.parametrize(
    ("status", "headers", "final", "retry"),
    [
        pytest.param(403, {}, True, None, id="not allowed"),
        pytest.param(404, {}, True, None, id="not there"),
        pytest.param(422, {}, True, None, id="no such commit, or a thousand statuses"),
        pytest.param(429, {"Retry-After": "30"}, False, 30.0, id="too many"),
        pytest.param(500, {}, False, None, id="a fault"),
    ],
)
async def test_what_github_refuses_is_told(transport, github, status, headers, final, retry):
    github.heads.append(ONE)
    github.next = (status, headers)
    found = await adapter(transport, github.url).show("octo/api", "main", HELD)
    assert isinstance(found, Unposted)
    assert (found.final, found.retry_after) == (final, retry)


async def test_a_wrong_token_is_told(transport, github):
    github.heads.append(ONE)
    assert isinstance(await adapter(transport, github.url, "wrong").show("octo/api", "main", HELD), Unposted)


@pytest.mark.parametrize("reply", [pytest.param(reply, id=name) for name, reply in BAD.items()])
async def test_a_github_that_answers_nonsense_never_raises(transport, reply):
    async with raw_server(reply) as url:
        assert isinstance(await adapter(transport, url).show("octo/api", "main", HELD), Unposted)
