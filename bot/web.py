"""The HTTP doors: Slack, CI callbacks, sources of incidents, health, metrics.

Invariant: a request is believed only after its signature was checked over its raw bytes; what is malformed is answered
400 or 401, and nothing of it is echoed.
"""

import hashlib
from collections.abc import Mapping
from time import perf_counter

from aiohttp import ETag, web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from typing_extensions import override

from bot.connections import LARGEST, Bodies, Handler, attended
from bot.health import Health
from bot.log import log
from bot.metrics import ACK, RECEIVED, REFUSED, REGISTRY
from bot.tracing import span
from commands.core.feeds import Busy, Feeds
from commands.core.intake import KIND
from commands.core.invocation import REPORTED, IncidentsTold, Reported
from commands.core.ports.ci import CI, Forged, Malformed
from commands.core.ports.clock import Clock
from commands.core.ports.incidents import IncidentSource
from storage.errors import StorageError
from storage.inbox import Delivery, Inbox


class _Time(SlackClock):
    """Slack's verifier asks for seconds; our clock tells them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @override
    def now(self) -> float:
        return self._clock.now().timestamp()


class Doors:
    """The public routes.

    Args:
        bolt: the listeners.
        signing_secret: Slack's; None in Socket Mode, where `/slack/events` does not exist.
        ci: route → the CIs that are called back there, by their names in the policy; GitHub has one route for all of its kind.
        inbox: where callbacks are remembered.
        clock: to judge the age of requests.
        health: for the health routes.
        feeds: the calendars that people subscribe to.
        sources: name in the policy → a source of incidents.
    """

    def __init__(
        self,
        bolt: AsyncApp,
        signing_secret: str | None,
        ci: Mapping[str, Mapping[str, CI]],
        inbox: Inbox,
        clock: Clock,
        health: Health,
        feeds: Feeds,
        sources: Mapping[str, IncidentSource],
    ) -> None:
        self._sources = sources
        self._feeds = feeds
        self._bolt = bolt
        self._verifier = SignatureVerifier(signing_secret, clock=_Time(clock)) if signing_secret else None
        self._ci = ci
        self._inbox = inbox
        self._clock = clock
        self._health = health
        self._bodies = Bodies()

    def app(self) -> web.Application:
        """The application for the public port."""
        app = web.Application(client_max_size=LARGEST, middlewares=[attended, _calm])
        if self._verifier:
            app.router.add_post("/slack/events", self.slack)
        app.router.add_post("/webhooks/github", self.github)
        app.router.add_post("/webhooks/ci/{name}", self.callback)
        app.router.add_post("/webhooks/incidents/{name}", self.incidents)
        app.router.add_get("/calendar/{token}.ics", self.calendar)
        self._health.routes(app)
        return app

    def internal(self) -> web.Application:
        """The application for the internal port: details and metrics (OPS-02)."""
        app = web.Application(middlewares=[attended, _calm])
        self._health.routes(app)
        app.router.add_get("/health", self._health.details)
        app.router.add_get("/metrics", self.metrics)
        return app

    async def slack(self, request: web.Request) -> web.StreamResponse:
        """Everything that Slack sends (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
        begun = perf_counter()
        assert self._verifier is not None
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12 or not signature.isascii():
            return _turned_away("slack", "malformed", 400 if timestamp else 401)
        raw = await self._bodies.of(request)
        try:
            body = raw.decode()
        except UnicodeDecodeError:
            return _turned_away("slack", "malformed", 400)
        if not self._verifier.is_valid(body, timestamp, signature):
            return _turned_away("slack", "forged", 401)
        try:
            # headers and query are not signed, and Bolt takes orders from some headers: only the content's type goes on
            asked = AsyncBoltRequest(body=body, headers={"content-type": request.content_type})
            answer = await self._bolt.async_dispatch(asked)
        except Exception as error:  # our listeners answer their own faults; Bolt raises whatever a strange body makes it run into
            log.warning("delivery not read", why=type(error).__name__)
            return _turned_away("slack", "malformed", 400)
        ACK.observe(perf_counter() - begun)
        return _as_http(answer)

    async def github(self, request: web.Request) -> web.StreamResponse:
        """GitHub's webhooks, for each CI of kind `github`: each takes what comes from its own workflows."""
        return await self._heard(request, "github")

    async def callback(self, request: web.Request) -> web.StreamResponse:
        """Callbacks of the generic contract (docs/generic-ci.md)."""
        return await self._heard(request, f"ci/{request.match_info['name']}")

    async def calendar(self, request: web.Request) -> web.StreamResponse:
        """A calendar that somebody subscribes to; whatever is no address of one is not found, and nobody says why."""
        try:
            found = await self._feeds.read(request.match_info["token"])
        except StorageError as error:
            log.error("calendar not read", why=type(error).__name__)
            found = Busy(60)
        if found is None:
            return web.json_response({"error": "not found"}, status=404)
        if isinstance(found, Busy):
            return web.json_response({"error": "try again later"}, status=429, headers={"Retry-After": str(found.seconds)})
        tag = ETag(hashlib.sha256(found).hexdigest()[:32])
        headers = {"Cache-Control": "private, max-age=300", "Content-Disposition": 'inline; filename="releases.ics"'}
        if any(tag.value == known.value for known in request.if_none_match or ()):
            answer = web.Response(status=304, headers=headers)
        else:
            answer = web.Response(body=found, headers=headers, content_type="text/calendar", charset="utf-8")
        answer.etag = tag
        return answer

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/)."""
        await self._health.measure()
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _heard(self, request: web.Request, route: str) -> web.StreamResponse:
        if route not in self._ci:
            return web.json_response({"error": "no such CI"}, status=404)
        headers, body, at = _headers(request), await self._bodies.of(request), self._clock.now()
        for name, ci in self._ci[route].items():
            heard = ci.hear(headers, body, at)
            if isinstance(heard, Forged | Malformed):
                return _unbelieved(name, heard)
            if heard.reports:
                payload = Reported(ci=name, reports=heard.reports).model_dump(mode="json")
                told = _name(heard.delivery)
                if lost := await self._remember(Delivery(f"ci:{name}:{told}", REPORTED, payload, f"ci-{told}"[:64])):
                    return lost
        return web.json_response({"ok": True}, status=202)

    async def incidents(self, request: web.Request) -> web.StreamResponse:
        """Webhooks of the sources of incidents (docs/incidents.md); also one that tells of none is remembered: the source lives."""
        name = request.match_info["name"]
        if name not in self._sources:
            return web.json_response({"error": "no such source"}, status=404)
        heard = self._sources[name].hear(_headers(request), await self._bodies.of(request), self._clock.now())
        if isinstance(heard, Forged | Malformed):
            return _unbelieved(name, heard)
        payload, told = IncidentsTold(intake=name, told=heard.told).model_dump(mode="json"), _name(heard.delivery)
        lost = await self._remember(Delivery(f"{KIND}:{name}:{told}", KIND, payload, f"{KIND}-{told}"[:64]))
        return lost or web.json_response({"ok": True}, status=202)

    async def _remember(self, delivery: Delivery) -> web.Response | None:
        """Commit what was heard to the inbox; the answer when that failed, so that the sender tries again."""
        try:
            with span("deliver", delivery.correlation, kind=delivery.kind):
                new = await self._inbox.put(delivery)
        except StorageError as error:
            log.error("callback not remembered", why=type(error).__name__, correlation=delivery.correlation)
            return web.json_response({"error": "not remembered; send it again"}, status=503, headers={"Retry-After": "5"})
        RECEIVED.labels(delivery.kind, "new" if new else "again").inc()
        return None


def _as_http(answer: BoltResponse) -> web.Response:
    """What Bolt answered; its own translation also has the cookies of its sign-in, and costs five times as much."""
    headers = answer.first_headers()
    content_type = headers.pop("content-type").partition(";")[0]
    return web.Response(status=answer.status, body=answer.body.encode(), headers=headers, content_type=content_type)


def _headers(request: web.Request) -> dict[str, str]:
    return {key.lower(): value for key, value in request.headers.items()}


def _unbelieved(sender: str, heard: Forged | Malformed) -> web.Response:
    if isinstance(heard, Forged):
        log.warning("callback forged", sender=sender, why=heard.why)
        return _turned_away("webhook", "forged", 401)
    REFUSED.labels("webhook", "malformed").inc()
    return web.json_response({"error": heard.why}, status=400)


def _name(delivery: str) -> str:
    """The sender's name of a delivery, or its hash when it is no short, printable one: it comes from a header that is not signed."""
    usual = len(delivery) <= 160 and delivery.isascii() and delivery.isprintable()
    return delivery if usual else hashlib.sha256(delivery.encode(errors="surrogateescape")).hexdigest()


@web.middleware
async def _calm(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What nobody expected is logged and answered without a word about it."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except web.RequestPayloadError:
        return web.json_response({"error": "malformed"}, status=400)
    except Exception:
        log.exception("request failed", route=request.match_info.route.resource.canonical if request.match_info.route.resource else "none")
        return web.json_response({"error": "something broke"}, status=500)


def _turned_away(route: str, why: str, status: int) -> web.Response:
    REFUSED.labels(route, why).inc()
    return web.json_response({"error": why}, status=status)
