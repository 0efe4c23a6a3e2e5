"""Senders of incident webhooks: each signs as its kind documents it, over bytes of the shapes that it documents."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from bot.adapters.signing import sign

PAGER_KEY = "a-subscription-secret-0123456789"
IO_KEY = "whsec_" + base64.b64encode(b"thirty-two bytes of a signing key").decode()
HTTP_KEY = "a-shared-secret-0123456789"

Signed = tuple[dict[str, str], bytes]


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def raw(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def pagerduty(event: Mapping[str, Any] | bytes, key: str = PAGER_KEY) -> Signed:
    """A V3 webhook: the signature is over the body alone."""
    body = raw(event if isinstance(event, bytes) else {"event": event})
    digest = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={digest}", "X-Webhook-Id": "not-signed"}, body


def pagerduty_event(at: datetime, kind: str = "incident.triggered", id: str = "01EVENT", **data: Any) -> dict[str, Any]:
    """An event as PagerDuty's own overview shows it."""
    incident: dict[str, Any] = {
        "id": "PGR0VU2", "type": "incident", "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "number": 2, "status": "triggered",
        "incident_key": "d3640fbd41094207a1c11e58e46b1662", "created_at": iso(at), "title": "A little bump in the road",
        "service": {
            "html_url": "https://acme.pagerduty.com/services/PF9KMXH", "id": "PF9KMXH", "self": "https://api.pagerduty.com/services/PF9KMXH",
            "summary": "API Service", "type": "service_reference",
        },
        "assignees": [{"id": "PTUXL6G", "summary": "User 123", "type": "user_reference"}],
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        "urgency": "high", "conference_bridge": None, "resolve_reason": None,
    }  # fmt: skip
    return {
        "id": id, "event_type": kind, "resource_type": "incident", "occurred_at": iso(at), "agent": None, "client": None,
        "data": {**incident, **data},
    }  # fmt: skip


def incident_io(body: Mapping[str, Any] | bytes, at: datetime, id: str = "msg_1", key: str = IO_KEY, prefix: str = "webhook") -> Signed:
    """A webhook that Svix delivers: id and timestamp are signed too."""
    data, timestamp = raw(body), str(int(at.timestamp()))
    message = b".".join((id.encode(), timestamp.encode(), data))
    digest = base64.b64encode(hmac.new(base64.b64decode(key.removeprefix("whsec_")), message, hashlib.sha256).digest()).decode()
    headers = {"id": id, "timestamp": timestamp, "signature": f"v1,{'A' * 43}= v1,{digest}"}
    return {f"{prefix}-{name}": value for name, value in headers.items()}, data


def incident_io_incident(at: datetime, category: str = "live", **changed: Any) -> dict[str, Any]:
    """An incident as incident.io's API reference shows it."""
    incident: dict[str, Any] = {
        "id": "01FDAG4SAP5TYPT98WGR2N7W91", "reference": "INC-123", "name": "Our database is sad", "mode": "standard", "visibility": "public",
        "permalink": "https://app.incident.io/incidents/123", "created_at": iso(at), "updated_at": iso(at),
        "incident_status": {"id": "01S", "name": "Fixing", "category": category, "rank": 4},
        "severity": {"id": "01FCNDV6P870EA6S7TK1DSYDG0", "name": "Major", "rank": 1},
        "custom_field_entries": [
            {"custom_field": {"id": "01F", "name": "Affected services", "field_type": "multi_select"},
             "values": [{"value_catalog_entry": {"id": "1", "name": "API"}}, {"value_option": {"id": "2", "value": "Web shop"}}]},
        ],
        "incident_role_assignments": [
            {"role": {"id": "1", "name": "Incident Commander", "role_type": "lead"},
             "assignee": {"id": "1", "name": "Carla", "email": "carla@acme.example", "slack_user_id": "U1"}},
            {"role": {"id": "2", "name": "Reporter", "role_type": "reporter"}, "assignee": None},
        ],
    }  # fmt: skip
    return {**incident, **changed}


def incident_io_event(incident: Mapping[str, Any], kind: str = "public_incident.incident_created_v2") -> dict[str, Any]:
    """The envelope: the type is the key."""
    return {"event_type": kind, kind: incident}


def generic(body: Any, at: datetime, name: str = "http", key: str = HTTP_KEY) -> Signed:
    """The contract of docs/incidents.md."""
    data = raw(body)
    return sign(SecretStr(key), "POST", f"/webhooks/incidents/{name}", data, at), data


def generic_incident(at: datetime, **changed: Any) -> dict[str, Any]:
    """One incident by the contract."""
    incident = {"id": "OPS-7", "title": "Latency", "severity": "major", "services": ["api"], "began": iso(at), "ended": None, "at": iso(at)}
    return {**incident, **changed}
