"""Where release notes stand: the fake of the stories and GitHub keep the same contract (REC-04, REC-17)."""

from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_releases import BEGIN, END, GitHubReleases, merged
from bot.adapters.transport import Limits, Transport
from commands.core.ports.chat import Unposted
from commands.core.ports.vcs import Published
from tests.world.github import TOKEN
from tests.world.github_releases import FakeGitHubReleases
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, raw_server
from tests.world.releases import FakeReleases

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
WHAT = ("octo/api", "v1.4.0", "api v1.4.0")


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=0.3, total=2, wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def github():
    made = FakeGitHubReleases()
    async with TestServer(made.app(), host="127.0.0.1") as server:
        made.url = str(server.make_url("/"))
        yield made


def adapter(transport, url, token=TOKEN):
    return GitHubReleases(transport, TokenAuth(SecretStr(token)), clock=StillClock(NOW), api_url=url)


@pytest.fixture(params=["github", "fake"])
def place(request, transport, github):
    """An adapter that knows the tag v1.4.0, and how to read what stands there."""
    if request.param == "github":
        return adapter(transport, github.url), lambda: github.releases["v1.4.0"]["body"]
    fake = FakeReleases()
    fake.tags.add(("octo/api", "v1.4.0"))
    return fake, lambda: fake.pages["octo/api", "v1.4.0"]


async def test_notes_are_published_again_and_again_and_stand_there_once(place):
    """REC-04: the same again changes nothing; what is newer takes its place."""
    releases, standing = place
    first = await releases.publish(*WHAT, "# api v1.4.0")
    assert isinstance(first, Published)
    assert first.url.startswith("https://")
    before = standing()
    assert await releases.publish(*WHAT, "# api v1.4.0") == first
    assert standing() == before
    assert await releases.publish(*WHAT, "# api v1.4.0\n\n## Erratum") == first
    assert standing().count("# api v1.4.0") == 1
    assert "## Erratum" in standing()


async def test_a_tag_that_is_not_there_is_never_made(place):
    releases, _ = place
    answer = await releases.publish("octo/api", "v9.9.9", "api v9.9.9", "# api")
    assert isinstance(answer, Unposted)
    assert answer.final
    assert "there is no tag v9.9.9" in answer.why


# ---------------------------------------------------------------- GitHub's own ways


async def test_a_new_release_carries_the_tag_the_name_and_the_notes_and_nothing_else(transport, github):
    await adapter(transport, github.url).publish(*WHAT, "# api")
    assert github.writes == [("POST", {"tag_name": "v1.4.0", "name": "api v1.4.0", "body": f"{BEGIN}\n# api\n{END}"})]
    assert github.tags == {"v1.4.0"}


@pytest.mark.parametrize("body", [None, "", "Made by CI."])
async def test_what_others_wrote_on_the_page_stays(transport, github, body):
    """REC-17."""
    github.add("v1.4.0", body)
    releases = adapter(transport, github.url)
    await releases.publish(*WHAT, "# one")
    github.releases["v1.4.0"]["body"] = "Before.\r\n" + github.releases["v1.4.0"]["body"].replace("\n", "\r\n") + "\r\nAfter."
    await releases.publish(*WHAT, "# two")
    assert [method for method, _ in github.writes] == ["PATCH", "PATCH"]
    text = github.releases["v1.4.0"]["body"]
    assert text == f"Before.\n{'Made by CI.' + chr(10) * 2 if body else ''}{BEGIN}\n# two\n{END}\nAfter."


async def test_the_same_notes_are_not_written_twice(transport, github):
    releases = adapter(transport, github.url)
    for _ in range(2):
        await releases.publish(*WHAT, "# api")
    github.releases["v1.4.0"]["body"] = github.releases["v1.4.0"]["body"].replace("\n", "\r\n")
    assert isinstance(await releases.publish(*WHAT, "# api"), Published)
    assert len(github.writes) == 1


async def test_a_release_that_somebody_makes_meanwhile_is_found_at_the_next_attempt(transport, github):
    github.taken_meanwhile = True
    releases = adapter(transport, github.url)
    answer = await releases.publish(*WHAT, "# api")
    assert isinstance(answer, Unposted)
    assert not answer.final
    assert isinstance(await releases.publish(*WHAT, "# api"), Published)
    assert github.releases["v1.4.0"]["body"].startswith("made by hand\n\n")


@pytest.mark.parametrize(
    ("status", "message", "headers", "final", "wait"),
    [
        pytest.param(403, "Resource not accessible by integration", {}, True, None, id="no permission to write"),
        pytest.param(404, "Not Found", {}, True, None, id="may not see it"),
        pytest.param(401, "Bad credentials", {}, False, None, id="a token that ran out"),
        pytest.param(403, "You have exceeded a secondary rate limit", {"Retry-After": "30"}, False, 30, id="rate limit"),
        pytest.param(429, "slow", {"Retry-After": "30"}, False, 30, id="429"),
        pytest.param(422, "Validation Failed", {}, False, None, id="not valid"),
        pytest.param(500, "oops", {}, False, None, id="500"),
        pytest.param(502, "", {}, False, None, id="502"),
    ],
)
async def test_a_write_that_is_refused_says_why_and_whether_to_try_again(transport, github, status, message, headers, final, wait):
    github.next = (status, message, headers)
    releases = adapter(transport, github.url)
    answer = await releases.publish(*WHAT, "# api")
    assert isinstance(answer, Unposted)
    assert (answer.final, answer.retry_after) == (final, wait)
    assert str(status) in answer.why
    assert TOKEN not in answer.why
    assert isinstance(await releases.publish(*WHAT, "# api"), Published)


@pytest.mark.parametrize("reply", BAD.values(), ids=BAD.keys())
async def test_a_neighbour_that_misbehaves_is_never_a_success_and_never_final(transport, reply):
    """EVD-31; what cannot be read may be there the next time."""
    async with raw_server(reply) as url:
        answer = await adapter(transport, url).publish(*WHAT, "# api")
    assert isinstance(answer, Unposted)
    assert not answer.final
    assert answer.why
    assert TOKEN not in answer.why


@pytest.mark.parametrize("name", BAD)
async def test_a_write_that_is_answered_badly_is_never_a_success(transport, github, monkeypatch, name):
    """The reads work, the write meets each bad answer."""
    releases = adapter(transport, github.url)
    send = transport.send
    async with raw_server(BAD[name]) as url:

        async def elsewhere(whom, _, **call):
            return await send(whom, f"{url}/repos/octo/api/releases", **call)

        monkeypatch.setattr(transport, "send", elsewhere)
        answer = await releases.publish(*WHAT, "# api")
    assert isinstance(answer, Unposted)
    assert answer.why


async def test_without_a_token_nothing_is_sent(transport, github):
    answer = await adapter(transport, github.url, token="wrong").publish(*WHAT, "# api")
    assert isinstance(answer, Unposted)
    assert github.writes == []


def test_marks_in_the_notes_do_not_end_them():
    assert merged("", f"a {END} b {BEGIN}") == f"{BEGIN}\na  b\n{END}"
    assert merged(f"x {BEGIN} cut off", "a") == f"x {BEGIN} cut off\n\n{BEGIN}\na\n{END}"
