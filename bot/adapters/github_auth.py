"""How the bot proves to GitHub who it is: a GitHub App's key, or a plain token.

Invariant: a token never appears in a sentence or a log, and at most one renewal is under way.

Source: GitHub, "Generating a JSON Web Token (JWT) for a GitHub App" and "Create an installation access token for an app".
"""

import asyncio
from datetime import datetime, timedelta
from typing import Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AwareDatetime, BaseModel, SecretStr

from bot.adapters.answers import parse
from bot.adapters.transport import Transport
from commands.core.ports import Clock
from guards.facts import Unread

API_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_RENEW_BEFORE = timedelta(minutes=5)
_JWT_BACK, _JWT_AHEAD = timedelta(seconds=60), timedelta(minutes=9)  # GitHub allows 10 minutes; both clocks may differ


class Auth(Protocol):
    """Where the adapter gets its token from."""

    async def token(self) -> str | Unread:
        """A token that is good for the next minutes."""
        ...

    def refused(self) -> None:
        """GitHub answered 401: do not use the present token again."""
        ...


class TokenAuth:
    """A plain token: a fine-grained personal token, or one that somebody else renews.

    Args:
        token: with "Actions: read and write" on the repositories.
    """

    def __init__(self, token: SecretStr) -> None:
        self._token = _header_safe(token.get_secret_value())

    async def token(self) -> str | Unread:
        """See `Auth.token`."""
        return self._token

    def refused(self) -> None:
        """See `Auth.refused`; there is no other token."""


class _Installation(BaseModel):
    token: str
    expires_at: AwareDatetime


class AppAuth:
    """A GitHub App's installation: short-lived tokens, each used until five minutes before it expires.

    Args:
        transport: shared by all neighbours.
        api_url: `https://api.github.com`, or `https://HOST/api/v3` for GitHub Enterprise Server.
        app: the App's client id or numeric id.
        installation: the installation's numeric id.
        key: the App's private key, PEM.
        clock: for the JWT and the expiry.

    Raises:
        ValueError: when the key is not an RSA private key in PEM.
    """

    def __init__(self, transport: Transport, *, api_url: str, app: str, installation: int, key: SecretStr, clock: Clock) -> None:
        try:
            loaded = load_pem_private_key(key.get_secret_value().encode(), password=None)
        except (ValueError, TypeError):
            loaded = None
        if not isinstance(loaded, RSAPrivateKey):
            raise ValueError("the GitHub App's private key is not an unencrypted RSA key in PEM")  # noqa: TRY004  the text is wrong
        self._transport, self._app, self._key, self._clock = transport, app, loaded, clock
        self._url = f"{api_url.rstrip('/')}/app/installations/{installation}/access_tokens"
        self._renewing = asyncio.Lock()
        self._now: tuple[str, datetime] | None = None

    async def token(self) -> str | Unread:
        """See `Auth.token`."""
        async with self._renewing:
            if self._now and self._clock.now() < self._now[1] - _RENEW_BEFORE:
                return self._now[0]
            return await self._renew()

    def refused(self) -> None:
        """See `Auth.refused`: the next call gets a new token."""
        self._now = None

    async def _renew(self) -> str | Unread:
        what, now = "a token for the GitHub App", self._clock.now()
        claims = {"iat": now - _JWT_BACK, "exp": now + _JWT_AHEAD, "iss": self._app}
        proof = jwt.encode(claims, self._key, algorithm="RS256")
        # A POST, but only another token comes of repeating it.
        headers = {**API_HEADERS, "Authorization": f"Bearer {proof}"}
        answer = await self._transport.read(what, self._url, method="POST", headers=headers, expect={201})
        if isinstance(answer, Unread):
            return answer
        made = parse(_Installation, what, answer)
        if isinstance(made, Unread):
            return made
        try:
            token = _header_safe(made.token)
        except ValueError:
            return Unread(what, "it is not a token")
        self._now = (token, made.expires_at)
        return token


def _header_safe(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("a GitHub token is printable ASCII without spaces")
    return token
