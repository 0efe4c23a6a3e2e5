"""Lets a person prove which GitHub account is theirs (OAuth device flow), and tells whose a login is.

Invariant: the person's token asks GitHub once who they are and is then dropped; it is in no answer, no log and no row.

Source: GitHub, "Authorizing OAuth apps", part "Device flow", and "Generating a user access token for a GitHub App"; RFC 8628, 3.1 to 3.5.
"""

import re
from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, Field, SecretStr

from bot.adapters.answers import Answer, parse, said
from bot.adapters.generic_wire import Link
from bot.adapters.github_auth import API_HEADERS, Auth
from bot.adapters.recent import Recent
from bot.adapters.transport import Transport
from commands.core.ports.people import DeviceCode, NotGiven, StillWaiting, VcsAccount
from guards.unread import Absent, Unread

_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_PASSING = frozenset({408, 429})

KEEP = 600.0
"""Seconds for which the account behind a login is used again."""

_WORDS = {
    "access_denied": "It was declined on GitHub's page.",
    "expired_token": "The code ran out before it was used.",
    "token_expired": "The code ran out before it was used.",
    "device_flow_disabled": "The App does not allow it: enable the device flow in its settings.",
    "incorrect_client_credentials": "GitHub does not know the App: check GITHUB_CLIENT_ID.",
}


class _Code(BaseModel):
    """The 200 of `POST /login/device/code`."""

    device_code: Annotated[str, Field(min_length=1, max_length=200)]
    user_code: Annotated[str, Field(min_length=1, max_length=40)]
    verification_uri: Link
    expires_in: Annotated[int, Field(gt=0, le=86_400)]
    interval: Annotated[int, Field(ge=0, le=3_600)] = 5


class _Token(BaseModel):
    """What `POST /login/oauth/access_token` answers: a token, or why there is none."""

    access_token: SecretStr | None = None
    error: str | None = None
    interval: Annotated[float, Field(ge=0, le=3_600)] | None = None


class _User(BaseModel):
    """The parts of GitHub's user object that say which account it is."""

    id: Annotated[int, Field(gt=0)]
    login: Annotated[str, Field(pattern=rf"^{_LOGIN.pattern}$")]


class GitHubSignIn:
    """One GitHub.

    Args:
        transport: shared by all neighbours.
        web_url: `https://github.com`, or the host of GitHub Enterprise Server.
        api_url: `https://api.github.com`, or `https://HOST/api/v3`.
        client: client id of the App; None when there is none, then nobody signs in.
        auth: for looking logins up; None asks as anybody may, which GitHub answers 60 times an hour.
    """

    def __init__(self, transport: Transport, *, web_url: str, api_url: str, client: str | None, auth: Auth | None) -> None:
        self._transport, self._client, self._auth = transport, client, auth
        self._web, self._api = web_url.rstrip("/"), api_url.rstrip("/")
        self._accounts = Recent[VcsAccount | Absent](KEEP, room=10_000)

    async def close(self) -> None:
        """End the look-ups under way."""
        await self._accounts.close()

    async def begin(self) -> DeviceCode | Unread:
        """See the port. No scope is asked for: who somebody is, is public."""
        what = "GitHub's sign-in page"
        if self._client is None:
            return Unread(what, "GITHUB_CLIENT_ID is not set")
        body = urlencode({"client_id": self._client, "scope": ""}).encode()
        answer = await self._transport.read(
            what, f"{self._web}/login/device/code", method="POST", headers=_FORM, body=body, expect={200, 400, 401, 404, 422}
        )
        if isinstance(answer, Unread):
            return answer
        if error := said(answer, "error"):
            return Unread(what, _WORDS.get(error, f"it says {_code(error)}"))
        if answer.status != 200:
            return Unread(what, f"it answered with status {answer.status}; check GITHUB_CLIENT_ID and GITHUB_URL")
        code = parse(_Code, what, answer)
        if isinstance(code, Unread):
            return code
        return DeviceCode(code.device_code, code.user_code, code.verification_uri, float(code.interval), float(code.expires_in))

    async def outcome(self, device: str) -> VcsAccount | StillWaiting | NotGiven | Unread:
        """See the port."""
        what = "GitHub's answer to the sign-in"
        body = urlencode({"client_id": self._client or "", "device_code": device, "grant_type": _GRANT}).encode()
        answer = await self._transport.send("GitHub", f"{self._web}/login/oauth/access_token", body=body, headers=_FORM)
        if not isinstance(answer, Answer):
            return Unread(what, answer.why)
        if answer.status >= 500 or answer.status in _PASSING:
            return Unread(what, f"it answered with status {answer.status}")
        told = parse(_Token, what, answer)
        match told:
            case Unread():
                return told
            case _Token(access_token=SecretStr() as token):
                return await self._who(token)
            case _Token(error="authorization_pending"):
                return StillWaiting()
            case _Token(error="slow_down"):
                return StillWaiting(slower=True, interval=told.interval)
            case _Token(error=str() as error):
                return NotGiven(_WORDS.get(error, f"GitHub says {_code(error)}."))
            case _:
                return Unread(what, "it holds neither a token nor a reason")

    async def _who(self, token: SecretStr) -> VcsAccount | NotGiven:
        """Whose token it is. It is spent with this question: when that fails, the person begins anew."""
        what, text = "your GitHub account", token.get_secret_value()
        if not text.isascii() or not text.isprintable() or " " in text:
            return NotGiven("GitHub's token cannot be used.")
        answer = await self._transport.read(what, f"{self._api}/user", headers={**API_HEADERS, "Authorization": f"Bearer {text}"})
        user = answer if isinstance(answer, Unread) else parse(_User, what, answer)
        if isinstance(user, Unread):
            return NotGiven(f"GitHub agreed, but did not tell who you are: {user.why}.")
        return VcsAccount(user.id, user.login)

    async def account(self, login: str, repository: str) -> VcsAccount | Absent | Unread:
        """See the port."""
        if not _LOGIN.fullmatch(login):
            return Absent(f"GitHub account {login[:60]}")
        return await self._accounts.get(login.lower(), lambda: self._account(login, repository))

    async def _account(self, login: str, repository: str) -> VcsAccount | Absent | Unread:
        what, headers = f"the GitHub account {login}", dict(API_HEADERS)
        if self._auth:
            token = await self._auth.token(repository)
            if isinstance(token, Unread):
                return Unread(what, f"could not get {token.what}: {token.why}")
            headers["Authorization"] = f"Bearer {token}"
        answer = await self._transport.read(what, f"{self._api}/users/{login}", headers=headers, expect={200, 404})
        if isinstance(answer, Unread):
            return answer
        if answer.status == 404:  # only GitHub's own sentence says that there is none
            return Absent(what) if said(answer, "message") else Unread(what, "it answered 404 without a word; is the API's address right?")
        user = parse(_User, what, answer)
        if isinstance(user, Unread):
            return user
        if user.login.lower() != login.lower():
            return Unread(what, "GitHub told of another account")
        return VcsAccount(user.id, user.login)


def _code(error: str) -> str:
    """What OAuth says an error is called; whatever is no name may be anything, also the codes that we sent."""
    return error if re.fullmatch(r"[A-Za-z_ ]{1,60}", error) else "something that is no name of an error"
