"""Requests that mean harm, as bytes: forged, replayed, truncated, oversized, malformed; at any address of the bot.

Invariant: a request is spoilt in one thing and right in all others, so that what is spoilt is what is judged.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from hypothesis import strategies as st

from tests.torture.doors import Door, genuine_body
from tests.world.world import World

AWAY = frozenset({400, 401, 404})
"""What is answered to what nobody believes."""


@dataclass(frozen=True)
class Attack:
    """One request.

    Args:
        name: what is wrong with it.
        raw: what is sent.
        whole: whether an answer is owed to it; what breaks off, or is no HTTP, may get none.
        fits: the statuses that are right; empty for all below 500.
    """

    name: str
    raw: bytes = field(repr=False)
    whole: bool = True
    fits: frozenset[int] = frozenset()


def request(method: str, path: str, headers: Mapping[str, str], body: bytes, *, length: int | None = None) -> bytes:
    """A request as it goes over the wire; `length` instead of the body's own."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bot.example", "Connection: close", *(f"{k}: {v}" for k, v in headers.items())]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([
    "type", "user", "team", "actions", "view", "channel", "event", "payload", "command", "text", "trigger_id", "delivery", "reports", "run",
    "state", "workflow_run", "repository", "incidents", "id", "data", "event_type", "at", "digest", "services", "occurred_at",
])  # fmt: skip
DEEP = [b"[" * 60_000, b'{"a":' * 60_000, b'{"payload": ' + b"[" * 60_000, b"payload=" + b"%5B" * 20_000]
BODIES = st.one_of(
    st.binary(max_size=400),
    st.dictionaries(KEYS, JSONS, max_size=6).map(lambda body: json.dumps(body).encode()),
    st.dictionaries(KEYS, JSONS, max_size=4).map(lambda body: urlencode({"payload": json.dumps(body)}).encode()),
    st.sampled_from([b"", b"null", b"[]", b"{}", b"\xff\xfe", b"payload=", b"payload=[]", b"\0" * 300, *DEEP]),
)
KINDS = st.sampled_from([
    None, "text/html", "multipart/form-data; boundary=x", "application/json; charset=nowhere", "application/x-www-form-urlencoded;charset=utf-7",
    "image/png", "x" * 300, "application/json\tx", "\udcff",
])  # fmt: skip
SIGNATURES = ("X-Slack-Signature", "signalbox-signature", "X-Hub-Signature-256", "X-PagerDuty-Signature", "webhook-signature")
STRANGE_PATHS = st.sampled_from([
    "/", "//", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/slack/events%00", "/slack/events/../events", "/calendar/%.ics",
    "/calendar/" + "a" * 7000 + ".ics", "/webhooks/ci/%2e%2e", "/webhooks/ci/" + "x" * 3000, "/webhooks/incidents/'%20OR%201=1--",
    "/health/ready?" + "a=b&" * 900, "http://elsewhere.example/slack/events", "*", "/\u202e", "/metrics", "/health", "/debug", "/.git/config",
])  # fmt: skip
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "X" * 200, "get"])
NO_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", b"\r\n" * 500,
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000 + b"\r\n", b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", b"G" * 100_000,
    b"POST /slack/events HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"POST /slack/events HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /slack/events HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n", b"GET /health/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
]  # fmt: skip


@st.composite
def attacks(draw: st.DrawFn, world: World, doors: list[Door]) -> tuple[Door, Attack]:
    """One of them, at one of the doors."""
    door = draw(st.sampled_from(doors))
    at, body = world.clock.now(), genuine_body(world, door)

    def signed(what: bytes, ago: float = 0) -> dict[str, str]:
        return door.signer(world, door.path, what, at - timedelta(seconds=ago)) if door.signer else {}

    headers = signed(body)
    kind = draw(
        st.sampled_from(["forged", "stripped", "replayed", "truncated", "oversized", "fuzzed", "typed", "packed", "other", "path", "raw"])
    )
    match kind:
        case "forged":
            other = draw(BODIES)
            return door, Attack(kind, request(door.method, door.path, headers, other), fits=_away(door, body != other))
        case "stripped":
            spoilt = draw(
                st.sampled_from(["", "v0=", "v1=", "sha256=", "0" * 64, "v0=" + "0" * 64, "sha256=" + "f" * 64, "\udcff" * 9, "=" * 5000])
            )
            kept = {name: spoilt if name.lower() in {s.lower() for s in SIGNATURES} else value for name, value in headers.items()}
            return door, Attack(kind, request(door.method, door.path, kept, body), fits=_away(door, True))
        case "replayed":
            ago = draw(st.sampled_from([301, 3600, 86_401 * 30, -301, -86_400]))
            return door, Attack(kind, request(door.method, door.path, signed(body, ago), body))
        case "truncated":
            short = body[: draw(st.integers(0, max(len(body) - 1, 0)))]
            return door, Attack(kind, request(door.method, door.path, headers, short, length=len(body) + 1), whole=False)
        case "oversized":
            length = draw(st.sampled_from([2**20 + 1, 2**31, 2**63, 10**30]))
            fits = frozenset({413, 400}) if door.signer else frozenset()
            return door, Attack(kind, request(door.method, door.path, headers, body, length=length), fits=fits)
        case "fuzzed":
            what = draw(BODIES)
            return door, Attack(kind, request(door.method, door.path, signed(what), what))
        case "typed":
            kept = {name: value for name, value in headers.items() if name != "Content-Type"}
            mime = draw(KINDS)
            return door, Attack(kind, request(door.method, door.path, kept | ({"Content-Type": mime} if mime else {}), body))
        case "packed":
            bomb = gzip.compress(b"\0" * 5_000_000)
            coding = {"Content-Encoding": draw(st.sampled_from(["gzip", "br", "deflate", "x", "gzip, gzip"]))}
            return door, Attack(kind, request(door.method, door.path, signed(bomb) | coding, bomb))
        case "other":
            method = draw(METHODS)
            return door, Attack(kind, request(method, door.path, headers, body), whole=method != "CONNECT")
        case "path":
            return door, Attack(kind, request(draw(METHODS), draw(STRANGE_PATHS), headers, body), whole=False)
        case _:
            return door, Attack(kind, draw(st.sampled_from(NO_HTTP) | st.binary(max_size=300)), whole=False)


def _away(door: Door, spoilt: bool) -> frozenset[int]:
    return AWAY if door.signer and spoilt else frozenset()
