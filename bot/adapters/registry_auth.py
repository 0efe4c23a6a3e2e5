"""How a registry's challenge is answered: a bearer token from its token service, or basic authentication.

Invariant: a password goes to the registry itself or, over TLS, to the token service that the registry names; nowhere else.

Source: CNCF Distribution, "Token Authentication Specification"; RFC 9110 11.6.1 and RFC 7617.
"""

import base64
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bot.adapters.answers import Answer, parse
from bot.adapters.transport import Transport
from guards.facts import Unread

_PARAMETER = re.compile(r'([A-Za-z_]+)="((?:[^"\\]|\\.)*)"')


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


async def authorization(
    transport: Transport, what: str, base: str, challenge: Answer, *, repository: str, login: Login | None
) -> str | Unread:
    """The `Authorization` value that answers a registry's 401.

    Args:
        transport: shared by all neighbours.
        what: a noun phrase that fits "could not read …".
        base: the registry's base URL.
        challenge: the 401.
        repository: `team/api`; only pulling it is asked for.
        login: None for anonymous access.
    """
    scheme, _, rest = challenge.headers.get("www-authenticate", "").partition(" ")
    if scheme.lower() == "basic":
        return login.header() if login else Unread(what, "it wants a user name and a password (401)")
    parameters = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
    realm = parameters.get("realm", "")
    if scheme.lower() != "bearer" or not realm:
        return Unread(what, "it does not say how to log in (401)")
    if not _trusted(realm, base):
        return Unread(what, "it sends us to a token service without TLS")
    params: dict[str, str | int] = {"scope": f"repository:{repository}:pull"}
    if service := parameters.get("service"):
        params["service"] = service
    answer = await transport.read(what, realm, params=params, headers={"Authorization": login.header()} if login else {})
    if isinstance(answer, Unread):
        return Unread(what, f"its token service: {answer.why}")
    made = parse(_Token, what, answer)
    if isinstance(made, Unread):
        return Unread(what, f"its token service: {made.why}")
    token = made.token or made.access_token or ""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        return Unread(what, "its token service gave no token")
    return f"Bearer {token}"


def _trusted(realm: str, base: str) -> bool:
    there, here = urlsplit(realm), urlsplit(base)
    same = (there.scheme, there.netloc) == (here.scheme, here.netloc)
    return bool(there.hostname) and not there.username and (there.scheme == "https" or same)
