"""The demo's forge does what people do at GitHub: pull requests, reviews, merges, checks; `tests/contracts` says how it is read."""

from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.github_api import GitHubApi
from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_vcs import GitHubVcs
from bot.adapters.transport import Limits, Transport
from bot.demo.ci_process import CIError, CIProcess
from bot.demo.clock import StoryClock
from bot.demo.forge import API
from bot.demo.forge_client import ForgeClient
from bot.demo.git import Author
from bot.demo.repository import Repository
from bot.demo.servers import forge as serve_forge
from guards.unread import Unread
from guards.vcs import CheckState, Contributor, ReviewState
from tests.world.moments import RealClock

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DEV, ROB = Author("Dev", "dev@acme.example"), Author("Rob", "rob@acme.example")
TOKEN = "the-token-of-the-forge-test"


@pytest.fixture
async def town(tmp_path):
    """(repository, forge, the bot's way to read it, where it began); the forge is served here, not in a process of its own"""
    app, transport, clock = web.Application(), Transport(Limits(wait=0.001)), StoryClock.starting(AT)
    await serve_forge(app, tmp_path / "forge", {"acme/api": tmp_path / "api"}, TOKEN, clock)
    async with TestServer(app, host="127.0.0.1") as server:
        process = CIProcess(tmp_path / "ci", tmp_path / "secret", clock, tmp_path / "ci.log")
        process.url = str(server.make_url("/")).rstrip("/")
        repository = await Repository.create(tmp_path / "api", tagger=ROB)
        base = await repository.commit({"api.py": "1\n"}, "Begin", author=ROB, at=AT)
        forge = ForgeClient(process.ask, "acme/api")
        for who in (DEV, ROB):
            await forge.register(who.name.lower(), who.email)
        api = GitHubApi(transport, TokenAuth(SecretStr(TOKEN)), clock=RealClock(), api_url=f"{process.url}{API}")
        yield repository, forge, GitHubVcs(api, keep=0), base
    await transport.close()


async def work(repository, forge, branch="greet"):
    await repository.begin(branch)
    await repository.commit({"api.py": f"{branch}\n", "docs/x.md": "x\n"}, "Draft", author=DEV, at=AT)
    return await forge.open_pull(branch, "PAY-12: greet", author="dev", body="Why not", labels=("risk:low",))


async def test_a_merged_pull_request_tells_who_wrote_reviewed_and_merged_it(town):
    repository, forge, vcs, base = town
    pull = await work(repository, forge)
    await forge.review(pull, "rob")
    merged = await forge.merge(pull, "rob")
    assert await repository.commit_of("main") == merged

    span = await vcs.span("acme/api", base, merged)
    (commit,), (told,) = span.commits, span.pulls
    assert (commit.sha, commit.title, commit.verified) == (merged, f"PAY-12: greet (#{pull})", True)
    assert commit.author == Contributor("dev", "dev@acme.example", "Dev")
    assert commit.committer == Contributor(None, "noreply@github.com", "GitHub", bot=True)
    assert (told.number, told.author.login, told.merged_by.login, told.approvers) == (pull, "dev", "rob", {"rob"})
    assert (told.labels, told.paths, told.tickets) == ({"risk:low"}, ("api.py", "docs/x.md"), ("PAY-12",))
    assert (told.base, told.body, told.merged_commit) == ("main", "Why not", merged)
    assert span.unlinked == ()


async def test_a_review_of_an_earlier_commit_does_not_stand_for_what_was_pushed_later(town):
    repository, forge, vcs, base = town
    pull = await work(repository, forge)
    await forge.review(pull, "rob")
    await repository.commit({"api.py": "more\n"}, "More", author=DEV, at=AT)
    (told,) = (await vcs.span("acme/api", base, await forge.merge(pull, "rob"))).pulls
    assert (told.approvers, len(told.reviews)) == (frozenset(), 1)


async def test_who_asks_for_changes_does_not_approve(town):
    repository, forge, vcs, base = town
    pull = await work(repository, forge)
    await forge.review(pull, "rob")
    await forge.review(pull, "rob", "CHANGES_REQUESTED")
    (told,) = (await vcs.span("acme/api", base, await forge.merge(pull, "rob"))).pulls
    assert (told.approvers, told.verdicts["rob"].state) == (frozenset(), ReviewState.CHANGES_REQUESTED)


async def test_what_was_merged_or_is_behind_main_is_not_merged(town):
    repository, forge, _, _ = town
    one, other = await work(repository, forge), await work(repository, forge, "other")
    await forge.merge(one, "rob")
    with pytest.raises(CIError, match=f"there is no open pull request #{one}"):
        await forge.merge(one, "rob")
    with pytest.raises(CIError, match="does not begin at what main is now"):
        await forge.merge(other, "rob")
    with pytest.raises(CIError, match="answered 409"):
        await forge.open_pull("no-such-branch", "x", author="dev")


async def test_checks_and_protection_are_read_as_they_were_reported(town):
    _, forge, vcs, base = town
    for conclusion in ("failure", "success"):
        await forge.check(base, "test", conclusion)
    await forge.check(base, "lint", None)
    assert [(c.name, c.state, c.attempts) for c in await vcs.checks("acme/api", base)] == [
        ("lint", CheckState.WAITING, 1),
        ("test", CheckState.PASSED, 2),
    ]
    await forge.protect("main", {"enforce_admins": {"enabled": True}})
    assert (await vcs.protection("acme/api", "main")).enforce_admins


async def test_nobody_is_let_in_without_the_token_and_no_other_query_is_answered(town):
    _, _, vcs, _ = town
    stranger = GitHubVcs(GitHubApi(vcs._api._transport, TokenAuth(SecretStr("wrong")), clock=RealClock(), api_url=vcs._api._api))
    assert await stranger.tag("acme/api", "v1") == Unread("the tag v1 of acme/api", "it answered with status 401: Bad credentials")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(vcs._api._graphql, json={"query": "query Other { viewer { login } }", "variables": {}}) as told,
    ):
        assert (await told.json())["errors"][0]["message"] == "This forge does not know that query."
