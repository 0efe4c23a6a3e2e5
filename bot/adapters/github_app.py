"""How the bot proves to GitHub that it is a GitHub App: by the App's key, for which it gets tokens.

Invariant: a token never appears in a sentence or a log, and for each installation at most one renewal is under way.

Source: GitHub, "Generating a JSON Web Token (JWT) for a GitHub App", "Get a repository installation for the authenticated app" and
"Create an installation access token for an app".
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, Field, SecretStr

from bot.adapters.answers import Answer, parse, said
from bot.adapters.github_auth import API_HEADERS, header_safe
from bot.adapters.moment import Moment
from bot.adapters.transport import Transport
from commands.core.ports.clock import Clock
from guards.unread import Unread

_RENEW_BEFORE = timedelta(minutes=5)
_JWT_BACK, _JWT_AHEAD = timedelta(seconds=60), timedelta(minutes=9)  # GitHub allows 10 minutes; both clocks may differ


class Installed(BaseModel):
    """The 200 of "Get a repository installation for the authenticated app"."""

    id: Annotated[int, Field(gt=0)]


class Minted(BaseModel):
    """The 201 of "Create an installation access token for an app"."""

    token: SecretStr
    expires_at: Moment


@dataclass(slots=True)
class _Installation:
    """What is known of the App at one owner."""

    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    id: int | None = None
    minted: Minted | None = None


class AppAuth:
    """A GitHub App: finds its installation for a repository by itself; short-lived tokens, used until five minutes before they expire.

    An App has at most one installation with an owner, so one look-up and one token serve all the owner's repositories.

    Args:
        transport: shared by all neighbours.
        api_url: `https://api.github.com`, or `https://HOST/api/v3` for GitHub Enterprise Server.
        app: the App's client id or numeric id.
        key: the App's private key, PEM.
        clock: for the JWT and the expiry.

    Raises:
        ValueError: when the key is not an RSA private key in PEM.
    """

    def __init__(self, transport: Transport, *, api_url: str, app: str, key: SecretStr, clock: Clock) -> None:
        try:
            loaded = load_pem_private_key(key.get_secret_value().encode(), password=None)
        except (ValueError, TypeError):
            loaded = None
        if not isinstance(loaded, RSAPrivateKey):
            raise ValueError("the GitHub App's private key is not an unencrypted RSA key in PEM")  # noqa: TRY004  the text is wrong
        self._transport, self._app, self._key, self._clock = transport, app, loaded, clock
        self._api = api_url.rstrip("/")
        self._installations: dict[str, _Installation] = {}

    async def token(self, repository: str) -> str | Unread:
        """See `Auth.token`. Waiting for another call's renewal counts into the one time limit."""
        what, limit = f"the GitHub App's token for {repository}", self._transport.limits.total
        here = self._with_owner(repository)
        try:
            async with asyncio.timeout(limit), here.renewing:
                if here.minted and self._clock.now() < here.minted.expires_at - _RENEW_BEFORE:
                    return here.minted.token.get_secret_value()
                return await self._renew(what, repository, here)
        except TimeoutError:
            return Unread(what, f"no answer within {limit:g} s")

    def refused(self, repository: str) -> None:
        """See `Auth.refused`: the next call gets a new token."""
        self._with_owner(repository).minted = None

    def _with_owner(self, repository: str) -> _Installation:
        return self._installations.setdefault(repository.partition("/")[0].lower(), _Installation())

    async def _renew(self, what: str, repository: str, here: _Installation) -> str | Unread:
        if here.id is None:
            found = await self._look_up(what, repository)
            if isinstance(found, Unread):
                return found
            here.id = found.id
        # A POST, but only another token comes of repeating it.
        answer = await self._ask(what, f"/app/installations/{here.id}/access_tokens", {201, 403, 404}, method="POST")
        if isinstance(answer, Unread):
            return answer
        if answer.status == 404:
            here.id = None  # it may have been installed anew, with another id
            return Unread(what, "the App was removed from there; install it again, or try again if that is done")
        if answer.status == 403:  # "This installation has been suspended"
            return Unread(what, f"it refused with status 403: {said(answer, 'message') or 'no reason given'}")
        made = parse(Minted, what, answer)
        if isinstance(made, Unread):
            return made
        try:
            token = header_safe(made.token.get_secret_value())
        except ValueError:
            return Unread(what, "it is not a token")
        here.minted = made
        return token

    async def _look_up(self, what: str, repository: str) -> Installed | Unread:
        answer = await self._ask(what, f"/repos/{repository}/installation", {200, 404})
        if isinstance(answer, Unread):
            return answer
        if answer.status == 200:
            return parse(Installed, what, answer)
        if not said(answer, "message"):
            return Unread(what, "it answered 404 without a word; is the API's address right?")
        return Unread(what, f"the App is not installed there; install it on {repository}, or correct the repository's name")

    async def _ask(self, what: str, path: str, expect: set[int], method: str = "GET") -> Answer | Unread:
        now = self._clock.now()
        claims = {"iat": now - _JWT_BACK, "exp": now + _JWT_AHEAD, "iss": self._app}
        proof = jwt.encode(claims, self._key, algorithm="RS256")
        headers = {**API_HEADERS, "Authorization": f"Bearer {proof}"}
        return await self._transport.read(what, f"{self._api}{path}", method=method, headers=headers, expect=expect)
