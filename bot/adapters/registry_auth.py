"""How a registry's challenge is answered: a bearer token from its token service, or basic authentication.

Invariant: a password goes to the registry itself or, over TLS, to the token service that the registry names; nowhere else.

Source: CNCF Distribution, "Token Authentication Specification"; RFC 9110 11.6.1 and RFC 7617.
"""

import base64
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr

from bot.adapters.answers import Answer, parse
from bot.adapters.transport import Transport
from guards.unread import Unread

_PARAMETER = re.compile(r'([A-Za-z_]+)="((?:[^"\\]|\\.)*)"')
_UNSAID = 60.0  # seconds that a token holds when nothing is said (Token Authentication Specification, "Token Response Fields")
_RENEW_BEFORE = 10.0  # seconds; a token must still hold when a slow request arrives


@dataclass(frozen=True, slots=True)
class Login:
    """Who the bot is at a registry.

    Args:
        username: often a robot account; "" or any word where only the token counts.
        password: password or access token; may pull, nothing more.
    """

    username: str
    password: SecretStr

    def header(self) -> str:
        """The value of `Authorization`."""
        pair = f"{self.username}:{self.password.get_secret_value()}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


class _Token(BaseModel):
    token: str | None = None
    access_token: str | None = None
    expires_in: Annotated[float, Field(allow_inf_nan=False)] | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    value: str = field(repr=False)
    until: float


class RegistryAuth:
    """Answers one registry's challenges, and keeps each answer as long as it holds.

    A token is kept for its scope. Its realm and service are those of the registry's last challenge for that scope: when they change,
    the registry refuses the old token, and the next challenge replaces it.

    Args:
        transport: shared by all neighbours.
        base: the registry's base URL.
        login: None for anonymous access.
        elapsed: seconds on a clock that never goes back.
    """

    def __init__(self, transport: Transport, *, base: str, login: Login | None, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._transport, self._base, self._login, self._elapsed = transport, base, login, elapsed
        self._held: dict[str, _Held] = {}

    def held(self, repository: str) -> str | None:
        """The `Authorization` value that may be sent without being challenged again, or None."""
        held = self._held.get(repository)
        return held.value if held and self._elapsed() < held.until else None

    async def answer(self, what: str, challenge: Answer, repository: str) -> str | Unread:
        """The `Authorization` value that answers a registry's 401.

        Args:
            what: a noun phrase that fits "could not read …".
            challenge: the 401.
            repository: `team/api`; only pulling it is asked for.
        """
        scheme, _, rest = challenge.headers.get("www-authenticate", "").partition(" ")
        if scheme.lower() == "basic":
            if self._login is None:
                return Unread(what, "it wants a user name and a password (401)")
            return self._keep(repository, self._login.header(), math.inf)
        parameters = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
        realm = parameters.get("realm", "")
        if scheme.lower() != "bearer" or not realm:
            return Unread(what, "it does not say how to log in (401)")
        if not _trusted(realm, self._base):
            return Unread(what, "it sends us to a token service without TLS")
        params: dict[str, str | int] = {"scope": f"repository:{repository}:pull"}
        if service := parameters.get("service"):
            params["service"] = service
        # Counted from before the exchange; `issued_at` would compare two machines' clocks, and a token that is too old is refused anyway.
        asked = self._elapsed()
        headers = {"Authorization": self._login.header()} if self._login else {}
        answer = await self._transport.read(what, realm, params=params, headers=headers)
        made = answer if isinstance(answer, Unread) else parse(_Token, what, answer)
        if isinstance(made, Unread):
            return Unread(what, f"its token service: {made.why}")
        token = made.token or made.access_token or ""
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            return Unread(what, "its token service gave no token")
        good = _UNSAID if made.expires_in is None else made.expires_in
        return self._keep(repository, f"Bearer {token}", asked + good - _RENEW_BEFORE)

    def _keep(self, repository: str, value: str, until: float) -> str:
        self._held[repository] = _Held(value, until)
        return value


def _trusted(realm: str, base: str) -> bool:
    there, here = urlsplit(realm), urlsplit(base)
    same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
    return bool(there.hostname) and not there.username and (there.scheme == "https" or same)
