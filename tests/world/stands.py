"""Small neighbours for calls that are spoiled on their way, and what a row of such calls says.

Invariant: they do what they are asked and count it, whatever becomes of their answers.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.adapters.transport import Transport
from bot.workspace import Workspace
from commands.core.ports.ci import Order
from guards.unread import Unread
from tests.contracts.test_statuses import SmallGitHub
from tests.world import demo_ci, github, github_vcs
from tests.world.attestations import CYCLONEDX, cyclonedx
from tests.world.faults import FaultyProxy
from tests.world.github_releases import FakeGitHubReleases
from tests.world.github_sign_in import FakeGitHubSignIn
from tests.world.moments import StillClock
from tests.world.neighbours import COMMIT, DIGEST, order
from tests.world.registry import PASSWORD, FakeRegistry, digest_of


@dataclass
class Asking:
    """One call about to be made.

    Args:
        number: of the call among all to this neighbour; what must be unique is made of it.
        place: the small neighbour.
        proxy: what the adapter takes for it.
        transport: with small limits.
        session: for Slack, with the same ones.
        seconds: the limit of adapters that have one of their own.
    """

    number: int
    place: Any
    proxy: FaultyProxy
    transport: Transport
    session: ClientSession
    seconds: float

    @property
    def url(self) -> str:
        return self.proxy.url

    @property
    def order(self) -> Order:
        return order(f"CR-2026-1121-001.{self.number}")

    @property
    def key(self) -> str:
        return self.order.key


@dataclass(frozen=True)
class Row:
    """A call of an adapter.

    Args:
        name: `Adapter.method`.
        at: which small neighbour, of `PLACES`.
        call: makes it.
        yes: what comes of it when nothing is spoiled.
        no: what may come of it when something is.
        lies: what an answer names → what it names when it is about something else.
        trusts: why nobody could tell such a lie, for a row without one.
        also: faults under which the unspoiled outcome is right, and why.
        tail: in how many of its last answers that is so.
        done: how often the neighbour did what it was asked for; None for what only reads.
        step: more rows of one method differ by it.
    """

    name: str
    at: str
    call: Callable[[Asking], Awaitable[Any]]
    yes: type | tuple[type, ...]
    no: type | tuple[type, ...] = Unread
    lies: Mapping[str, str] = field(default_factory=dict)
    trusts: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    done: Callable[[Asking], int] | None = None
    step: str = ""
    tail: int = 1

    def __str__(self) -> str:
        return f"{self.name} {self.step}".rstrip()


# ---------------------------------------------------------------- small neighbours


class SmallCI:
    """Speaks docs/generic-ci.md, whose worked examples tests/contracts/test_generic_ci.py holds adapters to."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([
            web.get("/health", self._health), web.post("/runs", self._run), web.post("/branches", self._take), web.post("/access", self._take),
            web.get("/runs/{key}", self._look), web.post("/runs/{key}/cancel", self._cancel), web.get("/runs/{key}/log", self._log),
            web.get("/artifacts/{service}/{version}", self._artifact),
        ])  # fmt: skip
        return app

    def _shown(self, key: str) -> dict[str, str]:
        return {"key": key, "run": f"run-of-{key}", "url": "https://ci.test/runs/1", "state": "running"}

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({})

    async def _run(self, request: web.Request) -> web.Response:
        key = (await request.json())["key"]
        self.taken.append(key)
        return web.json_response(self._shown(key), status=201)

    async def _take(self, request: web.Request) -> web.Response:
        key = (await request.json())["key"]
        self.taken.append(key)
        return web.json_response({"key": key, "run": "run-1", "url": "https://ci.test/runs/1"}, status=201)

    async def _cancel(self, request: web.Request) -> web.Response:
        self.taken.append(request.match_info["key"])
        return web.json_response({"key": request.match_info["key"], "run": "run-1", "url": "https://ci.test/runs/1"}, status=202)

    async def _look(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        return web.json_response(self._shown(key)) if key in self.taken else web.json_response({"absent": key}, status=404)

    async def _log(self, _: web.Request) -> web.Response:
        return web.Response(text="line one\nline two\n")

    async def _artifact(self, request: web.Request) -> web.Response:
        names = request.match_info
        return web.json_response({"service": names["service"], "version": names["version"], "digest": DIGEST, "commit": COMMIT})


class SmallActions(github.FakeGitHub):
    """With the logs of runs, which GitHub keeps elsewhere."""

    def app(self) -> web.Application:
        app = super().app()
        app.router.add_get("/repos/octo/api/actions/runs/{id}/logs", self._logs)
        return app

    async def _logs(self, _: web.Request) -> web.Response:
        return web.Response(body=b"PK\x05\x06" + b"\0" * 18, content_type="application/zip")


@asynccontextmanager
async def served(place: Any) -> AsyncIterator[tuple[Any, str]]:
    async with TestServer(place.app(), host="127.0.0.1") as server:
        yield place, f"http://127.0.0.1:{server.port}"


def _history() -> github_vcs.FakeGitHubVcs:
    fake = github_vcs.FakeGitHubVcs()
    base = fake.commit("what runs", github_vcs.git("ada"))
    fake.at += timedelta(hours=1)
    head = fake.squashed(1, "eve")
    fake.tag("v1.4.0", head)
    fake.ran(head, "build")
    fake.write(head, "ci/lint", "success")
    fake.protect(
        "main",
        {
            "required_pull_request_reviews": {
                "required_approving_review_count": 1,
                "dismiss_stale_reviews": True,
                "require_code_owner_reviews": True,
            }
        },
        [],
    )
    fake.files[head, "CODEOWNERS"] = "* @ada\n"
    fake.branch("release/1.4", base)
    fake.waits(7, "eve")
    return fake


def _registry() -> FakeRegistry:
    fake = FakeRegistry()
    fake.auth = "bearer"
    fake.artifact = fake.layered(b"layer one")  # type: ignore[attr-defined]
    sbom = json.dumps(cyclonedx(fake.artifact)).encode()  # type: ignore[attr-defined]
    fake.attach(fake.artifact, sbom, CYCLONEDX)  # type: ignore[attr-defined]
    fake.document = digest_of(sbom)  # type: ignore[attr-defined]
    return fake


class Calendar:
    """One file."""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/freezes.ics", self._file)
        return app

    async def _file(self, _: web.Request) -> web.Response:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//acme//EN", "BEGIN:VEVENT", "UID:sale", "DTSTAMP:20261101T000000Z",
                 "DTSTART:20261127T000000Z", "DTEND:20261130T000000Z", "SUMMARY:Black Friday", "END:VEVENT", "END:VCALENDAR", ""]  # fmt: skip
        return web.Response(text="\r\n".join(lines), content_type="text/calendar")


class Page:
    """What a link leads to."""

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/there", self._page)
        return app

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text="a dashboard")


@asynccontextmanager
async def _slack() -> AsyncIterator[tuple[Any, str]]:
    async with Workspace(StillClock().now) as slack:
        slack.carla = slack.add_person("carla", email="carla@acme.example")  # type: ignore[attr-defined]
        slack.releases = slack.add_channel("releases", members=[slack.carla])  # type: ignore[attr-defined]
        slack.captains = slack.add_group("captains", members=[slack.carla])  # type: ignore[attr-defined]
        yield slack, slack.url.removesuffix("/api/")


def _signing_in() -> FakeGitHubSignIn:
    fake = FakeGitHubSignIn()
    fake.accounts = {"Octo-Cat": 583231}
    return fake


PLACES: Mapping[str, Callable[[], Any]] = {
    "ci": lambda: served(SmallCI()),
    "actions": lambda: served(SmallActions()),
    "history": lambda: served(_history()),
    "statuses": lambda: served(SmallGitHub()),
    "releases": lambda: served(FakeGitHubReleases()),
    "sign-in": lambda: served(_signing_in()),
    "registry": lambda: served(_registry()),
    "calendar": lambda: served(Calendar()),
    "page": lambda: served(Page()),
    "slack": _slack,
}

SECRETS = (demo_ci.SECRET, github.TOKEN, github_vcs.TOKEN, github.SECRET, PASSWORD, "xoxb-", "a-pull-token", "PRIVATE KEY", "device_code=")
"""None of them is in what comes of a call."""
