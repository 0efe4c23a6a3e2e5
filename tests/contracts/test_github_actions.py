"""GitHub's own ways: tokens, rate limits, listings, webhooks (CMD-02, PRM-19, PRM-20, SEC-02)."""

import asyncio
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import respx
import yaml
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters import github
from bot.adapters.github import ACCESS_INPUTS, BRANCH_INPUTS, INPUTS, GitHubActions
from bot.adapters.github_app import AppAuth
from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_wire import state
from bot.adapters.transport import Limits, Transport
from commands.core.ports.ci import (
    AccessOrder,
    AccessStep,
    BranchOrder,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Proposed,
    Pushed,
    Run,
    RunLog,
    RunState,
    Started,
    TurnedDown,
    Unknown,
)
from guards.unread import Absent, Unread
from tests.world.github import SECRET, TOKEN, FakeGitHub, signed
from tests.world.keys import RSA_KEY, RSA_PUBLIC
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, COMMIT, DIGEST, answer, order, raw_server

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=2, total=4, wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def fake():
    made = FakeGitHub()
    async with TestServer(made.app(), host="127.0.0.1") as server:
        made.url = str(server.make_url("/"))
        yield made


def adapter(transport, url, auth=None, **other):
    auth = auth or TokenAuth(SecretStr(TOKEN))
    settings = {"clock": StillClock(NOW), "webhook_secret": SecretStr(SECRET), "workflows": [("octo/api", "deploy.yml")]}
    return GitHubActions(transport, auth, api_url=url, **(settings | other))


BRANCH = BranchOrder("CUT-2026-1201-001", "weekly-2026-12-01", "api", "release/1.8", COMMIT, "octo/api", "main", "deploy.yml")


async def test_a_dispatch_carries_the_fixed_inputs_and_the_tag_and_nothing_else(transport, fake):
    await adapter(transport, fake.url).start(order())
    inputs = {
        "service": "api",
        "environment": "production",
        "version": "v1.4.0",
        "digest": DIGEST,
        "commit": COMMIT,
        "change": "CR-2026-1121-001",
        "key": "CR-2026-1121-001.1",
    }
    assert fake.dispatches == [{"ref": "v1.4.0", "inputs": inputs, "return_run_details": True}]


async def test_an_integration_run_carries_the_pinned_set_besides(transport, fake):
    """MAN-03: only its own workflow takes this input, so no deployment carries it."""
    await adapter(transport, fake.url).start(order(manifest='[{"service":"api"}]'))
    (sent,) = fake.dispatches
    assert set(sent["inputs"]) == {*INPUTS, "manifest"}
    assert sent["inputs"]["manifest"] == '[{"service":"api"}]'


def test_the_workflow_in_the_documentation_takes_these_inputs_and_carries_the_key():
    text = (Path(__file__).parents[2] / "docs" / "github-actions.md").read_text()
    workflow = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    assert set(workflow[True]["workflow_dispatch"]["inputs"]) == set(INPUTS)  # YAML 1.1 reads `on` as true
    assert workflow["run-name"].endswith("[signalbox ${{ inputs.key }}]")
    rows = re.findall(r"`(completed)` with `(success|cancelled)` \| (\S+)", text)
    assert len(rows) == 2
    for status, conclusion, meaning in rows:
        assert state(status, conclusion) == meaning


async def test_a_release_branch_is_ordered_at_main_with_fixed_inputs_and_nothing_else(transport, fake):
    ci = adapter(transport, fake.url)
    assert isinstance(await ci.branch(BRANCH), Started)
    inputs = {"service": "api", "branch": "release/1.8", "commit": COMMIT, "run": "weekly-2026-12-01", "key": "CUT-2026-1201-001"}
    assert fake.dispatches == [{"ref": "main", "inputs": inputs, "return_run_details": True}]
    assert isinstance(await ci.branch(replace(BRANCH, workflow="other.yml")), TurnedDown)
    fake.next = "refuse"
    assert isinstance(await ci.branch(BRANCH), TurnedDown)
    fake.next = "lose"
    assert isinstance(await ci.branch(BRANCH), Unknown)


def test_the_branch_workflow_in_the_documentation_takes_its_inputs():
    text = (Path(__file__).parents[2] / "docs" / "github-actions.md").read_text()
    workflow = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[2])
    assert set(workflow[True]["workflow_dispatch"]["inputs"]) == set(BRANCH_INPUTS)
    assert not any("inputs." in step["run"] for job in workflow["jobs"].values() for step in job["steps"])


ACCESS = AccessOrder(
    "BGL-2026-1121-001.close", "BGL-2026-1121-001", AccessStep.CLOSE, "api", "production", "database-read", "ada@example.com",
    "2026-11-22T01:30:00+00:00", "octo/api", "main", "deploy.yml",
)  # fmt: skip


async def test_break_glass_access_is_ordered_at_main_with_fixed_inputs_and_nothing_else(transport, fake):
    """EMG-18."""
    ci = adapter(transport, fake.url)
    assert isinstance(await ci.access(ACCESS), Started)
    inputs = {
        "step": "close", "scope": "database-read", "service": "api", "environment": "production", "person": "ada@example.com",
        "until": "2026-11-22T01:30:00+00:00", "grant": "BGL-2026-1121-001", "key": "BGL-2026-1121-001.close",
    }  # fmt: skip
    assert fake.dispatches == [{"ref": "main", "inputs": inputs, "return_run_details": True}]
    assert isinstance(await ci.access(replace(ACCESS, workflow="other.yml")), TurnedDown)
    fake.next = "lose"
    assert isinstance(await ci.access(ACCESS), Unknown)


def test_the_access_workflow_in_the_documentation_takes_its_inputs():
    text = (Path(__file__).parents[2] / "docs" / "github-actions.md").read_text()
    workflow = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[3])
    assert set(workflow[True]["workflow_dispatch"]["inputs"]) == set(ACCESS_INPUTS)
    assert not any("inputs." in step["run"] for job in workflow["jobs"].values() for step in job["steps"])


async def test_pushes_to_branches_of_our_repositories_are_heard_and_no_others(transport, fake):
    ci = adapter(transport, fake.url)

    def push(ref, repository="octo/api"):
        body = json.dumps({"ref": ref, "after": COMMIT, "repository": {"full_name": repository}}).encode()
        digits = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={digits}", "x-github-delivery": "d-1", "x-github-event": "push"}, body

    assert ci.hear(*push("refs/heads/release/1.8"), NOW) == Heard("d-1", (Pushed("octo/api", "release/1.8"),))
    for told in (push("refs/tags/v1.8.0"), push("refs/heads/"), push("refs/heads/main", "octo/other")):
        assert ci.hear(*told, NOW) == Heard("d-1", ())
    headers, body = push("refs/heads/main")
    assert isinstance(ci.hear(headers, body + b" ", NOW), Forged)
    headers, body = push(None)
    assert isinstance(ci.hear(headers, body, NOW), Malformed)


async def test_pull_requests_into_our_repositories_are_heard_when_they_want_something_else_than_before(transport, fake):
    ci = adapter(transport, fake.url)

    def told(action, repository="octo/api", base="main"):
        pull = {"number": 12, "base": {"ref": base}}
        body = json.dumps({"action": action, "number": 12, "pull_request": pull, "repository": {"full_name": repository}}).encode()
        digits = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={digits}", "x-github-delivery": "d-1", "x-github-event": "pull_request"}, body

    for action in ("opened", "reopened", "synchronize", "edited", "ready_for_review"):
        assert ci.hear(*told(action), NOW) == Heard("d-1", (Proposed("octo/api", "main", 12),))
    for quiet in (told("labeled"), told("closed"), told("opened", "octo/other")):
        assert ci.hear(*quiet, NOW) == Heard("d-1", ())
    assert isinstance(ci.hear(*told("opened", base=None), NOW), Malformed)


@pytest.mark.parametrize("wanted", [order(workflow="other.yml"), order(repository="octo/other")], ids=["workflow", "repository"])
async def test_a_workflow_that_is_not_in_the_policy_is_never_started(transport, fake, wanted):
    assert isinstance(await adapter(transport, fake.url).start(wanted), TurnedDown)
    assert fake.tried == 0


@pytest.mark.parametrize("pair", [("octo/api", "../x.yml"), ("octo", "deploy.yml"), ("octo/..", "deploy.yml"), ("octo/api", "deploy.sh")])
async def test_a_workflow_that_cannot_exist_is_refused_at_once(transport, pair):
    with pytest.raises(ValueError, match="not a repository and a workflow"):
        adapter(transport, "https://api.github.com", workflows=[pair])


async def test_a_github_that_answers_204_is_followed_by_the_key(transport, fake):
    fake.details = False
    ci = adapter(transport, fake.url)
    assert await ci.start(order()) == Started(None, None)
    found = await ci.find(order(), None, NOW)
    assert found == Run(order().key, str(fake.runs[0]["id"]), fake.runs[0]["html_url"], RunState.QUEUED, None, COMMIT)


async def test_an_older_server_that_knows_no_run_details_is_asked_again_without_them(transport, fake):
    fake.knows_details = False
    assert await adapter(transport, fake.url).start(order()) == Started(None, None)
    assert fake.tried == 2
    assert len(fake.dispatches) == 1


@pytest.mark.parametrize(
    ("plan", "wait"),
    [("refuse", None), ("no scope", None), ("limit", 60), ("primary limit", 300)],
)
async def test_a_refused_dispatch_says_why_and_when_it_may_be_tried_again(transport, fake, plan, wait):
    fake.next = plan
    answered = await adapter(transport, fake.url).start(order())
    assert isinstance(answered, TurnedDown)
    assert answered.retry_after == wait
    assert fake.dispatches == []


async def test_a_success_that_github_does_not_document_is_unknown(transport):
    for odd in (answer(202, b"{}"), answer(200, b'{"workflow_run_id": 5}')):
        async with raw_server(odd) as url:
            assert isinstance(await adapter(transport, url).start(order()), Unknown)


# ---------------------------------------------------------------- finding


async def test_a_run_far_down_the_list_is_found_page_by_page(transport, fake):
    ci = adapter(transport, fake.url)
    await ci.start(order())
    for number in range(120):
        fake.add(display_title=f"Deploy [signalbox other-{number}]")

    assert isinstance(await ci.find(order(), None, NOW), Run)
    assert [query["page"] for query in fake.queries] == ["1", "2", "3"]
    assert fake.queries[0]["event"] == "workflow_dispatch"
    assert fake.queries[0]["created"] == ">=2026-11-21T09:58:00Z"


async def test_a_complete_list_without_the_key_is_absence_that_is_never_sure(transport, fake):
    fake.add(display_title="Deploy [signalbox another]")
    assert await adapter(transport, fake.url).find(order(), None, NOW - timedelta(days=9)) == NoRun(sure=False)


async def test_a_list_that_is_not_complete_is_unread(transport):
    async with raw_server(answer(200, b'{"total_count": 3, "workflow_runs": []}')) as url:
        assert isinstance(await adapter(transport, url).find(order(), None, NOW), Unread)


TITLE = f"Deploy [signalbox {order().key}]"


@pytest.mark.parametrize(
    "run",
    [
        {"display_title": TITLE, "head_sha": "b" * 40},
        {"display_title": TITLE, "event": "push"},
        {"display_title": TITLE, "path": ".github/workflows/other.yml"},
        {"display_title": TITLE, "status": "on fire"},
        {"display_title": TITLE, "status": "completed", "conclusion": None},
    ],
    ids=["another commit", "another event", "another workflow", "unknown status", "no conclusion"],
)
async def test_a_run_that_names_the_key_but_is_not_the_order_is_never_believed(transport, fake, run):
    added, ci = fake.add(**run), adapter(transport, fake.url)
    assert isinstance(await ci.find(order(), None, NOW), Unread)
    assert isinstance(await ci.find(order(), str(added["id"]), NOW), Unread)


async def test_somebody_elses_copy_of_the_title_does_not_hide_the_order(transport, fake):
    ci = adapter(transport, fake.url)
    started = await ci.start(order())
    fake.add(display_title=TITLE, head_sha="b" * 40, status="completed", conclusion="success")
    assert (await ci.find(order(), None, NOW)).run == started.run

    fake.add(display_title=TITLE)  # at the very same commit: nobody can tell which one is ours
    assert isinstance(await ci.find(order(), None, NOW), Unread)
    assert (await ci.find(order(), started.run, NOW)).run == started.run


@pytest.mark.parametrize(
    ("status", "conclusion", "wanted"),
    [
        ("queued", None, RunState.QUEUED),
        ("requested", None, RunState.QUEUED),
        ("waiting", None, RunState.QUEUED),
        ("pending", None, RunState.QUEUED),
        ("in_progress", None, RunState.RUNNING),
        ("completed", "success", RunState.SUCCEEDED),
        ("completed", "failure", RunState.FAILED),
        ("completed", "startup_failure", RunState.FAILED),
        ("completed", "neutral", RunState.FAILED),
        ("completed", "skipped", RunState.FAILED),
        ("completed", "cancelled", RunState.CANCELLED),
        ("completed", "timed_out", RunState.TIMED_OUT),
        ("completed", "stale", RunState.TIMED_OUT),
        ("completed", "action_required", RunState.QUEUED),
        ("completed", None, None),
        ("completed", "splendid", None),
        ("in progress", None, None),
        (None, None, None),
    ],
)
def test_what_githubs_words_mean(status, conclusion, wanted):
    assert state(status, conclusion) is wanted


# ---------------------------------------------------------------- webhooks


async def test_only_dispatched_runs_of_our_own_workflows_are_reported(transport, fake):
    ci = adapter(transport, fake.url)
    ours = fake.add(display_title=TITLE, status="completed", conclusion="success")
    (report,) = ci.hear(*fake.webhook(ours), NOW).reports
    assert (report.key, report.state, report.commit) == (order().key, RunState.SUCCEEDED, COMMIT)

    pushed = ours | {"event": "push"}  # its title is a commit message, which anybody can write
    other = ours | {"path": ".github/workflows/other.yml"}
    doubled = ours | {"display_title": f"{TITLE} [signalbox another]"}
    for run in (pushed, other, doubled, ours | {"display_title": "Deploy"}):
        assert ci.hear(*fake.webhook(run), NOW) == Heard("d-1", ())
    assert ci.hear(*fake.webhook(ours, repository={"full_name": "octo/other"}), NOW) == Heard("d-1", ())


async def test_a_genuine_webhook_that_is_not_what_github_documents_is_malformed(transport, fake):
    ci = adapter(transport, fake.url)
    ours = fake.add(display_title=TITLE)
    assert isinstance(ci.hear(*fake.webhook(ours), NOW), Heard)
    assert isinstance(ci.hear(*fake.webhook(ours | {"status": "on fire"}), NOW), Malformed)
    assert isinstance(ci.hear(signed(b"payload=%7B%7D"), b"payload=%7B%7D", NOW), Malformed)
    headers, body = fake.webhook(ours)
    assert isinstance(ci.hear(headers | {"content-type": "application/x-www-form-urlencoded"}, body, NOW), Malformed)
    assert isinstance(ci.hear({k: v for k, v in headers.items() if k != "x-github-delivery"}, body, NOW), Malformed)


async def test_githubs_own_example_of_a_signature_is_accepted(transport):
    """The test values of GitHub, "Validating webhook deliveries"."""
    ci = adapter(transport, "https://api.github.com", webhook_secret=SecretStr("It's a Secret to Everybody"))
    digits = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": f"sha256={digits}", "x-github-delivery": "d", "x-github-event": "ping"}
    assert ci.hear(headers, b"Hello, World!", NOW) == Heard("d", ())
    assert isinstance(ci.hear(headers, b"Hello, World?", NOW), Forged)


# ---------------------------------------------------------------- the App's tokens


def app_auth(transport, url, clock=None):
    return AppAuth(transport, api_url=url, app="Iv1.test", key=SecretStr(RSA_KEY), clock=clock or StillClock(NOW))


@pytest.fixture
async def app(transport, fake):
    fake.expires = NOW + timedelta(hours=1)
    return app_auth(transport, fake.url)


async def test_a_token_is_asked_for_once_and_renewed_five_minutes_before_it_expires(transport, fake):
    clock = StillClock(NOW)
    fake.expires = NOW + timedelta(hours=1)
    auth = app_auth(transport, fake.url, clock)
    tokens = await asyncio.gather(*(auth.token("octo/api") for _ in range(10)))
    assert set(tokens) == {f"{TOKEN}1"}
    claims = {"iss": "Iv1.test", "iat": int(NOW.timestamp()) - 60, "exp": int(NOW.timestamp()) + 540}
    assert fake.proofs == [claims, claims]  # the look-up, and the token

    clock.move(minutes=54)
    assert await auth.token("octo/api") == f"{TOKEN}1"
    clock.move(minutes=1)
    assert await auth.token("octo/api") == f"{TOKEN}2"
    assert fake.minted == [7, 7]
    assert fake.looked_up == ["octo/api"]


async def test_an_owners_repositories_share_one_token_and_another_owner_has_another(fake, app):
    fake.installed["acme"] = 8
    assert await app.token("octo/api") == await app.token("octo/web") == await app.token("Octo/API") == f"{TOKEN}1"
    assert await app.token("acme/api") == f"{TOKEN}2"
    assert fake.looked_up == ["octo/api", "acme/api"]
    assert fake.minted == [7, 8]


async def test_a_renewal_for_one_owner_does_not_hold_up_another_owner(fake, app):
    fake.installed["acme"] = 8
    fake.held_back[7] = asyncio.Event()
    waiting = asyncio.create_task(app.token("octo/api"))
    assert await app.token("acme/api") == f"{TOKEN}1"
    assert not waiting.done()
    fake.held_back[7].set()
    assert await waiting == f"{TOKEN}2"


async def test_callers_wait_for_one_renewal_only_as_long_as_for_a_call_of_their_own(fake):
    transport = Transport(Limits(read=9, total=0.3))
    fake.held_back[7] = asyncio.Event()
    auth = app_auth(transport, fake.url)
    tokens = await asyncio.gather(*(auth.token("octo/api") for _ in range(20)))
    assert set(tokens) == {Unread("the GitHub App's token for octo/api", "no answer within 0.3 s")}
    assert len(fake.proofs) < 10  # one behind the other they would have been 20 and more
    fake.held_back[7].set()
    await transport.close()


async def test_a_repository_without_the_app_is_named_and_found_as_soon_as_it_is_installed(transport, fake, app):
    del fake.installed["octo"]
    ci = adapter(transport, fake.url, app)
    why = "the App is not installed there; install it on octo/api, or correct the repository's name"
    assert await ci.start(order()) == TurnedDown(f"The order was not sent: could not get the GitHub App's token for octo/api: {why}.")
    found = await ci.find(order(), None, NOW)
    assert found == Unread("the run of CR-2026-1121-001 at GitHub", f"could not get the GitHub App's token for octo/api: {why}")
    assert fake.tried == 0

    fake.installed["octo"] = 7
    assert isinstance(await ci.start(order()), Started)
    assert isinstance(await ci.find(order(), None, NOW), Run)


async def test_a_404_that_is_not_githubs_is_not_taken_for_a_missing_installation(transport):
    async with raw_server(answer(404, b"<html>")) as url:
        lost = await app_auth(transport, url).token("octo/api")
    assert lost == Unread("the GitHub App's token for octo/api", "it answered 404 without a word; is the API's address right?")


async def test_an_app_that_was_removed_and_installed_anew_is_found_again(fake, app):
    assert await app.token("octo/api") == f"{TOKEN}1"
    fake.installed["octo"] = 9
    assert await app.token("octo/api") == f"{TOKEN}1"  # GitHub would answer 401
    app.refused("octo/api")
    lost = await app.token("octo/api")
    assert lost.why == "the App was removed from there; install it again, or try again if that is done"
    assert await app.token("octo/api") == f"{TOKEN}2"
    assert fake.minted == [7, 9]


async def test_a_suspended_app_gets_githubs_own_words(fake, app):
    fake.suspended = {7}
    lost = await app.token("octo/api")
    assert lost == Unread("the GitHub App's token for octo/api", "it refused with status 403: This installation has been suspended")
    fake.suspended = set()
    assert await app.token("octo/api") == f"{TOKEN}1"


@pytest.mark.parametrize("use", ["start", "find", "alive"])
async def test_a_token_that_github_refuses_is_not_used_again(transport, fake, app, use):
    fake.installed["acme"] = 8
    ci = adapter(transport, fake.url, app)
    call = {"start": lambda: ci.start(order()), "find": lambda: ci.find(order(), None, NOW), "alive": ci.alive}[use]
    await app.token("acme/api")
    assert not isinstance(await call(), TurnedDown | Unread)
    fake.tokens.clear()
    assert isinstance(await call(), TurnedDown | Unread)
    assert not isinstance(await call(), TurnedDown | Unread)
    assert await app.token("acme/api") == f"{TOKEN}1"  # another installation's token was not refused
    assert fake.minted == [8, 7, 7]


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_github_gives_no_token_and_never_raises(bad):
    transport = Transport(Limits(connect=1, read=0.2, total=1, wait=0.001))
    async with raw_server(BAD[bad]) as url:
        ci = adapter(transport, url, app_auth(transport, url))
        started, found, alive = await ci.start(order()), await ci.find(order(), None, NOW), await ci.alive()
    assert isinstance(started, TurnedDown)  # without a token nothing was sent
    assert started.why.startswith("The order was not sent: could not get the GitHub App's token for octo/api: ")
    assert isinstance(found, Unread)
    assert isinstance(alive, Unread)
    await transport.close()


@pytest.mark.parametrize(
    "minted", [{"token": "two words", "expires_at": "2026-11-21T11:00:00Z"}, {"token": "t"}, {"token": "t", "expires_at": "soon"}]
)
async def test_what_is_no_token_is_never_used(transport, minted):
    async def reply(reader, writer):
        """The look-up's answer, then the token's; the server sees one request on each connection."""
        await answers.pop(0)(reader, writer)

    answers = [answer(200, b'{"id": 7}'), answer(201, json.dumps(minted).encode())]
    async with raw_server(reply) as url:
        lost = await app_auth(transport, url).token("octo/api")
    assert isinstance(lost, Unread)
    assert "two words" not in repr(lost)


@pytest.mark.parametrize("key", ["", "not a key", RSA_PUBLIC])
async def test_a_key_that_is_none_is_refused_without_showing_it(transport, key):
    with pytest.raises(ValueError, match="RSA key in PEM") as caught:
        AppAuth(transport, api_url="https://api.github.com", app="1", key=SecretStr(key), clock=StillClock())
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("token", ["", "two words", "new\nline", "é"])
def test_a_token_that_no_header_can_carry_is_refused(token):
    with pytest.raises(ValueError, match="printable ASCII"):
        TokenAuth(SecretStr(token))


@pytest.mark.parametrize("url", ["api.github.com", "https://token@api.github.com", "https://api.github.com?x=1"])
async def test_an_address_that_cannot_be_right_is_refused_at_once(transport, url):
    with pytest.raises(ValueError, match="API URL"):
        adapter(transport, url)


async def test_alive_takes_githubs_own_404_for_a_server_without_limits_and_a_strangers_for_none(transport, fake):
    assert await adapter(transport, fake.url).alive() is None
    async with raw_server(answer(404, b'{"message": "Rate limiting is not enabled."}')) as url:
        assert await adapter(transport, url).alive() is None
    async with raw_server(answer(404, b"<html>")) as url:
        assert isinstance(await adapter(transport, url).alive(), Unread)


async def test_one_owner_without_the_app_does_not_make_github_unreachable_for_the_others(transport, fake, app):
    ci = adapter(transport, fake.url, app, workflows=[("acme/api", "deploy.yml"), ("octo/api", "deploy.yml")])
    assert await ci.alive() is None
    fake.installed.clear()
    assert isinstance(await adapter(transport, fake.url, app_auth(transport, fake.url)).alive(), Unread)


# ---------------------------------------------------------------- logs


LOGS = "https://api.github.test/repos/octo/api/actions/runs/7/logs"
LOG_OF = "the log of CR-2026-1121-001 at GitHub"


def at_github(transport):
    return adapter(transport, "https://api.github.test")


@respx.mock
async def test_a_log_is_fetched_from_where_github_keeps_it_without_our_token(transport):
    """(AUD-12): GitHub redirects to a store of its own for a minute."""
    asked = respx.get(LOGS).respond(302, headers={"Location": "https://store.test/logs?sig=1"})
    store = respx.get("https://store.test/logs?sig=1").respond(content=b"PK zip")
    assert await at_github(transport).log(order(), "7") == RunLog(b"PK zip", "application/zip")
    assert asked.calls.last.request.headers["authorization"] == f"Bearer {TOKEN}"
    assert "authorization" not in store.calls.last.request.headers


@respx.mock
@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("http://store.test/logs", "it redirects to another host"),  # no TLS: anybody could have written it
        ("https://other.test/logs", "it redirects to another host"),  # and on from there
    ],
)
async def test_a_redirect_that_is_not_safe_is_not_followed(transport, where, why):
    respx.get(LOGS).respond(302, headers={"Location": where})
    respx.get("https://other.test/logs").respond(302, headers={"Location": "https://third.test/logs"})
    assert await at_github(transport).log(order(), "7") == Unread(LOG_OF, why)


@respx.mock
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (410, Absent("log of run 7 at GitHub any more")),
        (404, Unread(LOG_OF, "it answered with status 404: Not Found")),  # or our token may not see it
        (401, Unread(LOG_OF, "it answered with status 401: Not Found")),
    ],
)
async def test_a_log_that_expired_is_gone_and_one_that_cannot_be_seen_is_unread(transport, status, expected):
    respx.get(LOGS).respond(status, json={"message": "Not Found"})
    assert await at_github(transport).log(order(), "7") == expected


@respx.mock
async def test_a_log_that_is_too_large_is_unread(transport, monkeypatch):
    monkeypatch.setattr(github, "MAX_LOG", 1024)
    respx.get(LOGS).respond(content=bytes(1025))
    assert await at_github(transport).log(order(), "7") == Unread(LOG_OF, "its answer is larger than 1 KiB")


async def test_only_runs_of_our_own_workflows_are_asked_for(transport):
    ci = at_github(transport)
    assert await ci.log(order(), None) == Unread(LOG_OF, "it never told the run's id")
    assert await ci.log(order(), "7/../8") == Unread(LOG_OF, "it never told the run's id")
    assert "not a workflow of the policy file" in (await ci.log(order(workflow="other.yml"), "7")).why
