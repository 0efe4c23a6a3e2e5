"""Every route of the bot as its routers have it, with what makes a request to it genuine (SEC-02).

Invariant: the routes come from the running applications; one that is not in `SIGNS` and takes a body fails the test that looks for them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.world import incident_sources as told
from tests.world.company import channel_id, slack_id
from tests.world.world import World

GITHUB_SECRET = "a-webhook-secret-0123456789"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
Signer = Callable[[World, str, bytes, datetime], dict[str, str]]


def _slack(world: World, path: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    mac = hmac.new(world.slack.signing_secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    kind = FORM if body[:1] not in (b"{", b"[") else JSON
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}", "Content-Type": kind}


def _ci(world: World, path: str, body: bytes, at: datetime) -> dict[str, str]:
    return world.ci.signed(body, at)


def _github(world: World, path: str, body: bytes, at: datetime) -> dict[str, str]:
    mac = hmac.new(GITHUB_SECRET.encode(), body, hashlib.sha256).hexdigest()
    named = {"X-GitHub-Delivery": "d-1", "X-GitHub-Event": "workflow_run", "Content-Type": JSON}
    return {"X-Hub-Signature-256": f"sha256={mac}", **named}


def _incident(world: World, path: str, body: bytes, at: datetime) -> dict[str, str]:
    match path.rpartition("/")[2]:
        case "pager":
            return told.pagerduty(body)[0]
        case "io":
            return told.incident_io(body, at)[0]
        case _:
            return told.generic(body, at)[0]


SIGNS: dict[str, tuple[Signer, tuple[str, ...]]] = {
    "/slack/events": (_slack, ("/slack/events",)),
    "/webhooks/github": (_github, ("/webhooks/github",)),
    "/webhooks/ci/{name}": (_ci, ("/webhooks/ci/fake",)),
    "/webhooks/incidents/{name}": (_incident, ("/webhooks/incidents/pager", "/webhooks/incidents/io", "/webhooks/incidents/http")),
}
"""A route that takes a body → who signs, and addresses that exist there."""

READS = {"/calendar/{token}.ics": (f"/calendar/{'a' * 43}.ics", "/calendar/x.ics")}
"""A route with a name in it that is only read → addresses there."""


@dataclass(frozen=True)
class Door:
    """One address.

    Args:
        method, path: of what is right there.
        signer: what makes a body genuine; None where nothing is signed.
        internal: whether it is on the internal port.
    """

    method: str
    path: str
    signer: Signer | None
    internal: bool = False


def doors_of(world: World) -> list[Door]:
    """All of them."""
    return [
        door
        for internal, app in ((False, world.house.doors.app()), (True, world.house.doors.internal()))
        for route in app.router.routes()
        if route.method != "HEAD"
        for door in _doors(route, internal)
    ]


def _doors(route: web.AbstractRoute, internal: bool) -> list[Door]:
    assert route.resource is not None
    name = route.resource.canonical
    if route.method == "POST":
        signer, paths = SIGNS[name]  # a KeyError: a route came that nobody attacks yet
        return [Door("POST", path, signer, internal) for path in paths]
    assert route.method == "GET", f"{route} is of a kind that nobody attacks yet"
    return [Door("GET", path, None, internal) for path in (READS[name] if "{" in name else (name,))]


def genuine_body(world: World, door: Door) -> bytes:
    """What is right at an address, unsigned."""
    at = world.clock.now()
    if door.method == "GET":
        return b""
    match door.path.split("/")[1:]:
        case ["slack", *_]:
            fields = {
                "command": "/release", "text": "help", "user_id": slack_id("dev"), "team_id": "T0SIGNAL",
                "channel_id": channel_id("releases"), "trigger_id": "13345224609.738474920.8088930838d88f008e0",
            }  # fmt: skip
            return urlencode(fields).encode()
        case ["webhooks", "ci", _]:
            return world.ci.callback(at=at)[1]
        case ["webhooks", "github"]:
            run: dict[str, Any] = {
                "id": 7, "event": "workflow_dispatch", "path": ".github/workflows/deploy.yml", "status": "queued", "conclusion": None,
                "head_sha": "c0ffee" + "0" * 34, "head_branch": "v1.4.0", "run_attempt": 1, "display_title": "deploy [signalbox CR-1.1]",
                "html_url": "https://github.com/acme/api/actions/runs/7", "name": "deploy", "created_at": "2026-11-24T10:00:00Z",
            }  # fmt: skip
            return json.dumps({"action": "requested", "workflow_run": run, "repository": {"full_name": "acme/api"}}).encode()
        case [*_, "pager"]:
            return told.pagerduty(told.pagerduty_event(at))[1]
        case [*_, "io"]:
            return told.incident_io(told.incident_io_event(told.incident_io_incident(at)), at)[1]
        case _:
            return told.generic({"delivery": "d-1", "incidents": [told.generic_incident(at)]}, at)[1]
