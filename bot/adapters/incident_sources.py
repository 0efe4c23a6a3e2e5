"""Sources of incidents, heard by signed webhooks: PagerDuty, incident.io, and whatever speaks the contract of docs/incidents.md.

Invariant: nothing is parsed before its signature fits over the raw bytes; what names a delivery, and its moment, is taken from what is
signed.

PagerDuty's facts: https://github.com/PagerDuty/developer-docs/tree/main/docs/webhooks (Overview, Behavior, Signatures).
incident.io's: https://docs.incident.io/api-reference/webhooks and https://docs.svix.com/receiving/verifying-payloads/how-manual.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import SecretStr, ValidationError

from bot.adapters.incident_wire import IncidentIoBody, IncidentIoIncident, IncidentsBody, PagerDutyBody, PagerDutyIncident
from bot.adapters.signing import MAX_AGE, MAX_AHEAD, MIN_SECRET, checked, verify
from commands.core.ports.ci import Forged, Malformed
from commands.core.ports.incidents import HeardOf, Told

PAGERDUTY_AGE = timedelta(hours=24)
"""PagerDuty signs no moment of sending, and sends again for about 20 minutes: its events are believed a day long. The inbox knows each of
them for longer (`bot.workers.KEEP`), so none is heard twice."""

_NOT_REAL = frozenset({"test", "tutorial"})
"""Modes of incident.io's incidents that are practice."""

_SVIX = ("webhook", "svix")
"""How the headers begin; the first one by incident.io's own documentation."""


class PagerDutySource:
    """PagerDuty's V3 webhooks; implements `IncidentSource`.

    Args:
        secret: of the webhook subscription.
    """

    def __init__(self, secret: SecretStr) -> None:
        self._key = checked(secret).get_secret_value().encode()

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> HeardOf | Forged | Malformed:
        """See `IncidentSource.hear`."""
        wanted = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        given = [one.strip().removeprefix("v1=") for one in headers.get("x-pagerduty-signature", "").split(",") if "v1=" in one]
        if not _among(wanted, given):
            return Forged("the signature does not fit" if given else "the signature is missing")
        try:
            event = PagerDutyBody.model_validate_json(body).event
            if why := _stale(event.occurred_at.timestamp(), at, PAGERDUTY_AGE):
                return Forged(why)
            if event.data.get("type") != "incident" or not event.event_type.startswith("incident."):
                return HeardOf(event.id, ())
            return HeardOf(event.id, (PagerDutyIncident.model_validate(event.data).told(event.occurred_at),))
        except ValidationError as error:
            return _malformed(error)


class IncidentIoSource:
    """incident.io's webhooks, which Svix delivers; implements `IncidentSource`.

    Args:
        secret: `whsec_` and the key in base64.
        field: name of the custom field that names the services.
    """

    def __init__(self, secret: SecretStr, field: str | None) -> None:
        try:
            self._key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ValueError("a signing secret of incident.io is whsec_ and base64") from None
        if len(self._key) < MIN_SECRET:
            raise ValueError(f"a signing secret needs at least {MIN_SECRET} bytes")
        self._field = field

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> HeardOf | Forged | Malformed:
        """See `IncidentSource.hear`."""
        prefix = next((each for each in _SVIX if f"{each}-signature" in headers), _SVIX[0])
        delivery, timestamp, signatures = (headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature"))
        if not delivery or not signatures:
            return Forged("the signature is missing")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return Forged("the timestamp is not a whole number of seconds")
        message = b".".join((delivery.encode("utf-8", "surrogateescape"), timestamp.encode(), body))
        wanted = base64.b64encode(hmac.new(self._key, message, hashlib.sha256).digest()).decode()
        if not _among(wanted, [one.removeprefix("v1,") for one in signatures.split(" ") if one.startswith("v1,")]):
            return Forged("the signature does not fit")
        if why := _stale(int(timestamp), at, MAX_AGE):
            return Forged(why)
        try:
            envelope = IncidentIoBody.model_validate_json(body)
            if not envelope.event_type.startswith("public_incident.incident_"):
                return HeardOf(delivery, ())
            event = (envelope.model_extra or {}).get(envelope.event_type)
            inner = event.get("incident", event) if isinstance(event, dict) else event
            one = IncidentIoIncident.model_validate(inner)
            told = () if one.mode in _NOT_REAL else (one.told(self._field),)
            return _ahead(told, at) or HeardOf(delivery, told)
        except ValidationError as error:
            return _malformed(error)


class SignedSource:
    """Whatever speaks the contract of docs/incidents.md; implements `IncidentSource`.

    Args:
        name: in the policy; the signature covers the path, `/webhooks/incidents/<name>`.
        secret: shared by both sides.
    """

    def __init__(self, name: str, secret: SecretStr) -> None:
        self._path = f"/webhooks/incidents/{name}"
        self._secret = checked(secret)

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> HeardOf | Forged | Malformed:
        """See `IncidentSource.hear`."""
        if why := verify([self._secret], headers, "POST", self._path, body, at):
            return Forged(why)
        try:
            said = IncidentsBody.model_validate_json(body)
        except ValidationError as error:
            return _malformed(error)
        told = tuple(one.told() for one in said.incidents)
        return _ahead(told, at) or HeardOf(said.delivery, told)


def _among(wanted: str, given: list[str]) -> bool:
    """Whether one of the signatures fits, in constant time for each; while a secret is replaced there are several."""
    fits = [hmac.compare_digest(wanted.encode(), each.encode("utf-8", "surrogateescape")) for each in given]
    return any(fits)


def _stale(sent: float, at: datetime, longest: timedelta) -> str | None:
    """Why a delivery is not believed for its age, for the log; None when it is fresh.

    Args:
        sent: seconds since 1970.
    """
    age = at.timestamp() - sent
    if age > longest.total_seconds():
        return f"it is {age:.0f} s old; {longest.total_seconds():.0f} s are allowed"
    if -age > MAX_AHEAD.total_seconds():
        return f"it lies {-age:.0f} s ahead; the clocks of both sides differ"
    return None


def _ahead(told: Iterable[Told], at: datetime) -> Malformed | None:
    """A word from the future would stand for ever: nothing that follows would be newer."""
    late = next((one for one in told if one.at - at > MAX_AHEAD), None)
    return Malformed(f"{late.known_as}: its moment lies ahead") if late else None


def _malformed(error: ValidationError) -> Malformed:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return Malformed(f"{'.'.join(str(part) for part in first['loc']) or 'the body'}: {first['msg']}"[:300])
