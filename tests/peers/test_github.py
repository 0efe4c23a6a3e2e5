"""The GitHub adapter against GitHub's own words: recorded webhooks and its OpenAPI description (EVD-31, PRM-19).

`scripts/peers.sh` fetches both. Without them these tests fail: a bot that passes against its own fake alone is not tested.
"""

import json
from datetime import UTC, datetime

import jsonschema
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.answers import Answer, parse
from bot.adapters.github import GitHubActions
from bot.adapters.github_app import AppAuth, Installed, Minted
from bot.adapters.github_auth import API_HEADERS, TokenAuth
from bot.adapters.github_statuses import GitHubStatuses
from bot.adapters.github_wire import Dispatched, Listing, RunEvent, WorkflowRun, state
from bot.adapters.transport import Limits, Transport
from commands.core.ports.ci import Heard, RunState, Started
from commands.core.ports.vcs import Shown
from guards.unread import Unread
from tests.contracts.test_github_actions import ACCESS, BRANCH
from tests.contracts.test_statuses import SmallGitHub
from tests.peers.described import PEERS, example, operation
from tests.world.github import SECRET, TOKEN, FakeGitHub, signed
from tests.world.keys import RSA_KEY
from tests.world.moments import StillClock
from tests.world.neighbours import order

pytestmark = pytest.mark.peers

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
SERVERS = ("api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35")


def recorded(server):
    events = json.loads((PEERS / "webhooks-examples" / server / "index.json").read_text())
    return [(event["name"], example) for event in events for example in event["examples"]]


@pytest.fixture
async def transport():
    made = Transport(Limits(wait=0.001))
    yield made
    await made.close()


def adapter(transport, url="https://api.github.com", workflows=(("octo/api", "deploy.yml"),)):
    token = TokenAuth(SecretStr(TOKEN))
    return GitHubActions(transport, token, clock=StillClock(NOW), webhook_secret=SecretStr(SECRET), workflows=workflows, api_url=url)


# ---------------------------------------------------------------- recorded webhooks


@pytest.mark.parametrize("server", SERVERS)
async def test_every_recorded_event_is_heard_and_none_of_them_reports_anything(transport, server):
    ci, seen = adapter(transport), 0
    for name, payload in recorded(server):
        body = json.dumps(payload).encode()
        assert ci.hear(signed(body, name), body, NOW) == Heard("d-1", ()), name
        seen += 1
    assert seen >= 49


@pytest.mark.parametrize("server", SERVERS)
async def test_every_recorded_workflow_run_would_be_reported_if_it_were_ours(transport, server):
    seen = 0
    for name, payload in recorded(server):
        if name != "workflow_run":
            continue
        event = RunEvent.model_validate(payload)
        # Ours: dispatched, with our title. Everything else stays as GitHub recorded it.
        payload["workflow_run"] |= {"event": "workflow_dispatch", "display_title": "Deploy [signalbox K-1]"}
        payload["workflow_run"].setdefault("path", ".github/workflows/deploy.yml")
        file = payload["workflow_run"]["path"] = payload["workflow_run"]["path"] or ".github/workflows/deploy.yml"
        ci = adapter(transport, workflows=[(event.repository.full_name, file.rpartition("/")[2])])
        body = json.dumps(payload).encode()

        heard = ci.hear(signed(body), body, NOW)
        (run,) = heard.reports
        assert (run.key, run.run, run.commit) == ("K-1", str(event.workflow_run.id), event.workflow_run.head_sha)
        assert run.state is state(event.workflow_run.status, event.workflow_run.conclusion)
        seen += 1
    assert seen >= 1


# ---------------------------------------------------------------- the OpenAPI description


class Witness:
    """Keeps every request that an adapter makes, in front of a small GitHub of the tests."""

    def __init__(self, fake):
        self.fake, self.requests = fake, []

    def app(self):
        @web.middleware
        async def keep(request, handler):
            self.requests.append((request.method.lower(), request.path, dict(request.query), await request.read(), request.headers))
            return await handler(request)

        app = self.fake.app()
        app.middlewares.append(keep)
        return app

    def are_described(self, described):
        """Each is an operation of GitHub's, with queries and a body that its description allows."""
        for method, path, query, body, headers in self.requests:
            described_as = operation(described, method, path)
            known = {parameter["name"]: parameter for parameter in described_as.get("parameters", []) if parameter["in"] == "query"}
            assert set(query) <= set(known), path
            for name, value in query.items():
                schema = known[name]["schema"]
                jsonschema.validate(int(value) if schema.get("type") == "integer" else value, schema)
            assert headers["X-GitHub-Api-Version"] == API_HEADERS["X-GitHub-Api-Version"]
            if body:
                jsonschema.validate(json.loads(body), described_as["requestBody"]["content"]["application/json"]["schema"])
                sent = set(json.loads(body))
                unknown = sent - set(described_as["requestBody"]["content"]["application/json"]["schema"]["properties"])
                if described[0] == "api.github.com":
                    assert not unknown
                else:
                    assert unknown <= {"return_run_details"}  # older servers: see `test_an_older_server_…` in tests/contracts


async def test_every_request_is_one_that_github_describes(transport, described):
    witness = Witness(FakeGitHub())
    async with TestServer(witness.app(), host="127.0.0.1") as server:
        url = str(server.make_url("/"))
        ci = adapter(transport, url)
        started = await ci.start(order())
        assert isinstance(started, Started)
        await ci.find(order(), started.run, NOW)
        await ci.find(order(), None, NOW)
        await ci.log(order(), started.run)
        await ci.cancel(order(), started.run)
        assert isinstance(await ci.branch(BRANCH), Started)
        assert isinstance(await ci.access(ACCESS), Started)
        await ci.alive()
        app = AppAuth(transport, api_url=url, app="Iv1.1", key=SecretStr(RSA_KEY), clock=StillClock(NOW))
        assert not isinstance(await app.token("octo/api"), Unread)

    assert len(witness.requests) == 10
    witness.are_described(described)


async def test_a_merge_freeze_is_shown_with_requests_that_github_describes(transport, described):
    """FRZ-13."""
    witness = Witness(SmallGitHub())
    witness.fake.heads = ["a1" * 20]
    async with TestServer(witness.app(), host="127.0.0.1") as server:
        statuses = GitHubStatuses(transport, TokenAuth(SecretStr(TOKEN)), clock=StillClock(NOW), api_url=str(server.make_url("/")))
        for held in ("FRZ-2026-1121-001: " + "quarter end " * 20, None):
            assert await statuses.show("octo/api", "main", held) == Shown(1)

    assert [method for method, *_ in witness.requests] == ["get", "get", "post"] * 2
    witness.are_described(described)


async def test_a_log_is_documented_to_be_a_redirect(described):
    assert "Location" in operation(described, "get", "/repos/o/r/actions/runs/7/logs")["responses"]["302"]["headers"]


async def test_the_documented_answer_of_a_dispatch_is_understood(described):
    if described[0] != "api.github.com":
        responses = operation(described, "post", "/repos/o/r/actions/workflows/w.yml/dispatches")["responses"]
        assert "204" in responses
        return
    schema, values = example(described, "post", "/repos/o/r/actions/workflows/w.yml/dispatches", "200")
    for value in values:
        jsonschema.validate(value, schema)
        made = parse(Dispatched, "the run", Answer(200, {}, json.dumps(value).encode()))
        assert (made.workflow_run_id, str(made.html_url)) == (value["workflow_run_id"], value["html_url"])
    assert values
    assert "204" in operation(described, "post", "/repos/o/r/actions/workflows/w.yml/dispatches")["responses"]


async def test_the_documented_listing_and_run_are_understood(described):
    _, listings = example(described, "get", "/repos/o/r/actions/workflows/w.yml/runs", "200")
    _, runs = example(described, "get", "/repos/o/r/actions/runs/5", "200")
    assert listings
    assert runs
    for value in listings:
        got = parse(Listing, "the runs", Answer(200, {}, json.dumps(value).encode()))
        assert [run.id for run in got.workflow_runs] == [run["id"] for run in value["workflow_runs"]]
    for value in runs:
        got = parse(WorkflowRun, "the run", Answer(200, {}, json.dumps(value).encode()))
        assert (got.id, got.head_sha) == (value["id"], value["head_sha"])


async def test_the_documented_installation_and_its_token_are_understood(described):
    _, installations = example(described, "get", "/repos/o/r/installation", "200")
    _, tokens = example(described, "post", "/app/installations/7/access_tokens", "201")
    assert installations
    assert tokens
    for value in installations:
        assert parse(Installed, "the installation", Answer(200, {}, json.dumps(value).encode())).id == value["id"]
    for value in tokens:
        made = parse(Minted, "the token", Answer(201, {}, json.dumps(value).encode()))
        assert made.token.get_secret_value() == value["token"]
        assert made.expires_at == datetime.fromisoformat(value["expires_at"])
    # "Not installed there" and "removed", as the adapter takes them; an owner that was renamed is redirected to.
    assert {"301", "404"} <= set(operation(described, "get", "/repos/o/r/installation")["responses"])
    assert {"403", "404"} <= set(operation(described, "post", "/app/installations/7/access_tokens")["responses"])


async def test_every_documented_status_and_conclusion_means_something(described):
    parameters = operation(described, "get", "/repos/o/r/actions/workflows/w.yml/runs")["parameters"]
    (words,) = [parameter["schema"]["enum"] for parameter in parameters if parameter["name"] == "status"]
    under_way = {"in_progress", "queued", "requested", "waiting", "pending"}
    assert under_way < set(words)
    for word in set(words) - {"completed"}:
        meaning = state(word, None) if word in under_way else state("completed", word)
        assert isinstance(meaning, RunState), word
    assert state("completed", "success") is RunState.SUCCEEDED
    assert [word for word in words if state("completed", word) is RunState.SUCCEEDED] == ["success"]
