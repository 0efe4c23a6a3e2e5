"""The types of the settings: how each kind of value is read, and what is said when it is none.

Invariant: what is said never holds the value, unless it is a plain word that is no secret.
"""

import re
from typing import Annotated, Final, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from guards.consistency import nearest

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _port(value: object) -> int:
    if str(value).startswith("tcp://"):  # Kubernetes sets <SERVICE>_PORT for a Service called signalbox
        raise ValueError("was set by Kubernetes for the Service of this name; set `enableServiceLinks: false` for the pod")
    if not re.fullmatch(r"[0-9]{1,5}", str(value)) or int(str(value)) > 65535:
        raise ValueError("write a port from 1 to 65535, or 0 for any that is free")
    return int(str(value))


def _level(value: object) -> object:
    word, known = str(value).lower(), get_args(_Level)
    if word not in known:
        raise ValueError(f"{str(value)!r} is not known{nearest(word, known)}")
    return word


def _address(value: str, *, loopback_only: bool) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no address; write one like https://example.com") from None
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", value):
        raise ValueError("is no address; write one like https://example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("leave out user name, query and fragment")
    if loopback_only and parts.scheme == "http" and host not in _LOOPBACK:
        raise ValueError("use https://; tokens are sent there (http:// is for this machine only)")
    return value.rstrip("/")


def _api(value: str) -> str:
    return _address(value, loopback_only=True)


def _collector(value: str) -> str:
    return _address(value, loopback_only=False)


def _database(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        if rest in ("", "/") or ":memory:" in rest or not rest.startswith("/"):
            raise ValueError("name a file, like sqlite:///signalbox.db or sqlite:////var/lib/signalbox/signalbox.db")
        return value
    if scheme.startswith("postgres") and scheme != "postgresql":
        raise ValueError("write postgresql://…; the driver is chosen for you")
    try:
        parts = urlsplit(url)
        complete = scheme == "postgresql" and parts.path.strip("/") and (parts.hostname or "host=" in parts.query) and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise ValueError("write postgresql://user:password@host/name or sqlite:///file; escape special characters of a password with %")
    return value


def bare(value: SecretStr) -> SecretStr:
    """The secret itself, when nothing stands around it that was copied by mistake."""
    text = value.get_secret_value()
    if text != text.strip() or not text.isprintable():
        raise ValueError("has a space or a line break in it that does not belong there; copy it again")
    return value


def _begins(prefix: str, where: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"does not begin with {prefix}; copy it from {where}")
        return value

    return AfterValidator(check)


def _private_key(value: SecretStr) -> SecretStr:
    if not re.match(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s", value.get_secret_value()):
        raise ValueError("is no PEM private key; give the downloaded .pem file with GITHUB_APP_PRIVATE_KEY_FILE")
    return value


def _signing_key(value: SecretStr) -> SecretStr:
    from bot.evidence.keys import KeyProblem, private  # most commands sign nothing

    try:
        private(value.get_secret_value())
    except KeyProblem as problem:
        raise ValueError(str(problem)) from None
    return value


def _app_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.]{1,40}", value):
        raise ValueError("write the App ID or the Client ID from the app's settings page")
    return value


def _commit(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{7,64}", value):
        raise ValueError("is no commit; write its id as `git rev-parse HEAD` prints it")
    return value


_Level = Literal["debug", "info", "warning", "error"]

LogLevel = Annotated[_Level, BeforeValidator(_level)]
Port = Annotated[int, BeforeValidator(_port)]
Api = Annotated[str, AfterValidator(_api)]
Collector = Annotated[str, AfterValidator(_collector)]
Database = Annotated[SecretStr, AfterValidator(_database)]
Secret = Annotated[SecretStr, AfterValidator(bare)]
BotToken = Annotated[Secret, _begins("xoxb-", "the app's OAuth & Permissions page")]
AppToken = Annotated[Secret, _begins("xapp-", "the app's Basic Information page, App-Level Tokens")]
AppId = Annotated[str, AfterValidator(_app_id)]
Commit = Annotated[str, AfterValidator(_commit)]
PrivateKey = Annotated[SecretStr, AfterValidator(_private_key)]
SigningKey = Annotated[SecretStr, AfterValidator(_signing_key)]
