"""The device flow against a small GitHub and against neighbours that are none (RBAC-01, SOD-12)."""

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_sign_in import GitHubSignIn
from bot.adapters.transport import Limits, Transport
from commands.core.ports.people import DeviceCode, NotGiven, StillWaiting, VcsAccount
from guards.unread import Absent, Unread
from tests.world.github_sign_in import CLIENT, FakeGitHubSignIn
from tests.world.neighbours import BAD, raw_server


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=0.5, total=1, wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def github():
    made = FakeGitHubSignIn()
    made.accounts = {"Octo-Cat": 583231}
    async with TestServer(made.app(), host="127.0.0.1") as server:
        made.url = str(server.make_url("/"))
        yield made


@pytest.fixture
async def sign_in(transport, github):
    made = signing_in(transport, github.url)
    yield made
    await made.close()


class NoToken:
    async def token(self, repository):
        return Unread("the GitHub App's token", "the App is not installed there")

    def refused(self, repository):
        """Nothing to forget."""


def signing_in(transport, url, client=CLIENT, auth=None):
    return GitHubSignIn(transport, web_url=url, api_url=url, client=client, auth=auth)


async def test_a_person_is_sent_to_github_with_a_code(sign_in, github):
    assert await sign_in.begin() == DeviceCode("0" * 39 + "1", "WDJB-0001", "https://github.example/login/device", 5.0, 900.0)


async def test_what_github_says_until_the_person_answered(sign_in, github):
    code = await sign_in.begin()
    assert await sign_in.outcome(code.device) == StillWaiting()
    github.types(code.user, "slow_down")
    assert await sign_in.outcome(code.device) == StillWaiting(slower=True, interval=10)
    github.types(code.user, "Octo-Cat")
    assert await sign_in.outcome(code.device) == VcsAccount(583231, "Octo-Cat")


async def test_the_token_is_used_once_and_is_nowhere(sign_in, github):
    code = await sign_in.begin()
    github.types(code.user, "Octo-Cat")
    found = await sign_in.outcome(code.device)
    assert github.asked.count("/user") == 1
    [token] = github.seen
    assert token not in repr(found) + repr(vars(sign_in))
    assert await sign_in.outcome(code.device) == NotGiven("GitHub says incorrect_device_code.")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("access_denied", "It was declined on GitHub's page."),
        ("expired_token", "The code ran out before it was used."),
        ("token_expired", "The code ran out before it was used."),
        ("device_flow_disabled", "The App does not allow it: enable the device flow in its settings."),
        ("incorrect_client_credentials", "GitHub does not know the App: check GITHUB_CLIENT_ID."),
        ("unsupported_grant_type", "GitHub says unsupported_grant_type."),
    ],
)
async def test_an_end_without_an_account_says_why(sign_in, github, error, said):
    code = await sign_in.begin()
    github.types(code.user, error)
    assert await sign_in.outcome(code.device) == NotGiven(said)


async def test_a_pending_answer_with_another_status_is_one_too(sign_in, github):
    github.instead["/login/oauth/access_token"] = (400, {"error": "authorization_pending"})
    assert await sign_in.outcome("x") == StillWaiting()


@pytest.mark.parametrize(
    ("status", "body"), [(200, {}), (500, {"error": "access_denied"}), (429, {}), (408, {}), (200, {"error": 7}), (200, [])]
)
async def test_what_is_no_answer_may_be_asked_again(sign_in, github, status, body):
    github.instead["/login/oauth/access_token"] = (status, body)
    assert isinstance(await sign_in.outcome("x"), Unread)


async def test_github_may_agree_and_not_tell_who(sign_in, github):
    code = await sign_in.begin()
    github.types(code.user, "Octo-Cat")
    github.instead["/user"] = (200, {"login": "Octo-Cat"})
    assert await sign_in.outcome(code.device) == NotGiven("GitHub agreed, but did not tell who you are: its answer lacks “id”.")


async def test_a_token_that_fits_no_header_is_not_sent(sign_in, github):
    github.instead["/login/oauth/access_token"] = (200, {"access_token": "a\nb"})
    assert await sign_in.outcome("x") == NotGiven("GitHub's token cannot be used.")
    assert "/user" not in github.asked


async def test_without_a_client_id_nobody_signs_in(transport, github):
    assert await signing_in(transport, github.url, client=None).begin() == Unread("GitHub's sign-in page", "GITHUB_CLIENT_ID is not set")
    assert github.asked == []


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (404, {"error": "Not Found"}, "it says Not Found"),
        (400, {"error": "device_flow_disabled"}, "The App does not allow it: enable the device flow in its settings."),
        (404, {}, "it answered with status 404; check GITHUB_CLIENT_ID and GITHUB_URL"),
        (200, {"error": "unauthorized_client"}, "it says unauthorized_client"),
        (200, {"device_code": "x"}, "its answer lacks “user_code”"),
    ],
)
async def test_a_sign_in_that_cannot_begin_says_why(sign_in, github, status, body, why):
    github.instead["/login/device/code"] = (status, body)
    assert await sign_in.begin() == Unread("GitHub's sign-in page", why)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://me:secret@github.example/", "github.example"])
async def test_people_are_sent_to_web_pages_only(sign_in, github, address):
    github.verification = address
    assert isinstance(await sign_in.begin(), Unread)


@pytest.mark.parametrize("name", BAD)
async def test_a_neighbour_that_is_no_github_is_never_an_answer(transport, name):
    async with raw_server(BAD[name]) as url:
        bad = signing_in(transport, url)
        assert isinstance(await bad.begin(), Unread)
        assert isinstance(await bad.outcome("x"), Unread)
        assert isinstance(await bad.account("octo-cat", "octo/api"), Unread)


# ---------------------------------------------------------------- whose a login is


async def test_a_login_has_one_account_and_is_asked_for_once(sign_in, github):
    assert await sign_in.account("octo-CAT", "octo/api") == VcsAccount(583231, "Octo-Cat")
    assert await sign_in.account("octo-cat", "octo/api") == VcsAccount(583231, "Octo-Cat")
    assert github.asked == ["/users/octo-CAT"]


async def test_a_login_that_nobody_has(sign_in, github):
    assert await sign_in.account("nobody", "octo/api") == Absent("the GitHub account nobody")
    assert await sign_in.account("../user", "octo/api") == Absent("GitHub account ../user")
    assert github.asked == ["/users/nobody"]


async def test_a_404_without_a_word_is_no_answer(sign_in, github):
    github.instead["/users/octo-cat"] = (404, {})
    assert isinstance(await sign_in.account("octo-cat", "octo/api"), Unread)


async def test_an_account_of_another_shape_is_no_answer(sign_in, github):
    github.instead["/users/octo-cat"] = (200, {"login": "octo-cat", "id": 0})
    assert isinstance(await sign_in.account("octo-cat", "octo/api"), Unread)


async def test_logins_are_looked_up_with_the_credentials_that_there_are(transport, github):
    assert await signing_in(transport, github.url, auth=TokenAuth(SecretStr("t"))).account("octo-cat", "octo/api") == VcsAccount(
        583231, "Octo-Cat"
    )
    assert await signing_in(transport, github.url, auth=NoToken()).account("octo-cat", "octo/api") == Unread(
        "the GitHub account octo-cat", "could not get the GitHub App's token: the App is not installed there"
    )
