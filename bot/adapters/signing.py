"""Signs and verifies requests between this program and a CI that speaks the contract in docs/generic-ci.md.

Invariant: nothing is believed whose signature, method, path and age were not checked over the raw bytes, in constant time (SEC-02).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import SecretStr

TIMESTAMP, SIGNATURE = "Signalbox-Timestamp", "Signalbox-Signature"
MAX_AGE = timedelta(minutes=5)
MAX_AHEAD = timedelta(minutes=1)  # a sender's clock may run ahead of ours by this much
MIN_SECRET = 16  # characters; an empty or guessable key would make every signature worthless


def checked(secret: SecretStr) -> SecretStr:
    """The secret itself, or ValueError when it is too short to protect anything."""
    if len(secret.get_secret_value()) < MIN_SECRET:
        raise ValueError(f"a signing secret needs at least {MIN_SECRET} characters")
    return secret


def sign(secret: SecretStr, method: str, path: str, body: bytes, at: datetime) -> dict[str, str]:
    """The two headers that prove who sent this request, and when.

    Args:
        secret: shared by both sides.
        method: upper case.
        path: as docs/generic-ci.md writes it, without the base URL's own path ("/runs").
        body: the raw bytes, empty for GET.
        at: now, aware.
    """
    timestamp = str(int(at.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: f"v1={_digest(secret, timestamp, method, path, body)}"}


def verify(secrets: Sequence[SecretStr], headers: Mapping[str, str], method: str, path: str, body: bytes, at: datetime) -> str | None:
    """None when the request is genuine and fresh, else why not, for the log.

    Args:
        secrets: the present one, and the former one while it is being replaced.
        headers: keys in lower case.
        method: as in `sign`.
        path: as in `sign`.
        body: as in `sign`.
        at: now, aware.
    """
    timestamp, signature = headers.get(TIMESTAMP.lower(), ""), headers.get(SIGNATURE.lower(), "")
    if not timestamp or not signature:
        return "the signature is missing"
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "the timestamp is not a whole number of seconds"
    given = signature.removeprefix("v1=").encode("utf-8", "surrogateescape")  # aiohttp decodes headers so
    wanted = [_digest(secret, timestamp, method, path, body).encode() for secret in secrets]
    if not signature.startswith("v1=") or not any(hmac.compare_digest(each, given) for each in wanted):
        return "the signature does not fit"
    age = at.timestamp() - int(timestamp)
    if age > MAX_AGE.total_seconds():
        return f"it was signed {age:.0f} s ago; {MAX_AGE.total_seconds():.0f} s are allowed"
    if -age > MAX_AHEAD.total_seconds():
        return f"it was signed {-age:.0f} s in the future; the clocks of both sides differ"
    return None


def _digest(secret: SecretStr, timestamp: str, method: str, path: str, body: bytes) -> str:
    message = b":".join((b"v1", timestamp.encode(), method.encode(), path.encode(), body))
    return hmac.new(secret.get_secret_value().encode(), message, hashlib.sha256).hexdigest()
