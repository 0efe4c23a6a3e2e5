"""A whole company in one object: the real bot, a small Slack, a fake CI, and a clock that tests move.

Invariant: people come in by signed Slack requests over HTTP and CI by signed callbacks; tests assert on what CI was asked,
on the ledger and on what people see.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.build import House, build
from bot.settings import Settings
from bot.workspace import Channel, Exchange, Message, Person, Workspace
from commands.core.ports import Deployed, Run, RunState
from guards.facts import Artifact, Change
from guards.policy import Policy
from storage import audit, changes
from tests.world.artifacts import FakeArtifacts
from tests.world.ci import FakeCI

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""11:00 in Berlin, inside the weekday window."""

DIGEST = "sha256:" + "a1" * 32
COMMIT = "c0ffee" + "0" * 34

PEOPLE = ("carla", "dev", "rita", "rob", "olga", "audrey")


class MovingClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def policy_data(**changed: Any) -> dict[str, Any]:
    """The world's policy as data; arguments replace whole sections."""

    def person(handle: str, name: str) -> dict[str, Any]:
        return {"id": f"{handle}@acme.example", "name": name, "slack": [slack_id(handle)], "github": handle}

    service = {
        "repository": "acme/api", "channel": channel_id("releases"), "owners": ["olga@acme.example"], "ci": "fake", "artifacts": "index",
        "zone": "Europe/Berlin", "workflows": {"dev": "deploy.yml", "staging": "deploy.yml", "production": "deploy.yml"},
    }  # fmt: skip
    data: dict[str, Any] = {
        "version": 1,
        "zone": "Europe/Berlin",
        "slack": {"teams": ["T0SIGNAL"], "alerts": channel_id("alerts")},
        "environments": [
            {"name": "dev", "aliases": ["test"]},
            {"name": "staging", "aliases": ["stg"]},
            {"name": "production", "aliases": ["prod", "prd"], "production": True},
        ],
        "services": {"api": service, "web": {**service, "repository": "acme/web"}},
        "people": [
            person("carla", "Carla Captain"), person("dev", "Dev Author"), person("rita", "Rita Manager"),
            person("rob", "Rob Second"), person("olga", "Olga Owner"), person("audrey", "Audrey Auditor"),
        ],
        "roles": {
            "release_captain": [{"people": ["carla@acme.example"]}],
            "developer": [{"people": ["dev@acme.example", "carla@acme.example"]}],
            "release_manager": [{"people": ["rita@acme.example"]}, {"groups": [group_id("release-managers")]}],
            "audit": [{"people": ["audrey@acme.example"]}],
        },
        "allow": {
            "promote": {"dev": ["developer"], "staging": ["developer"], "production": ["developer", "release_captain"]},
            "approve": {"staging": ["release_manager"], "production": ["release_manager", "service_owner"]},
            "cancel": {"dev": ["developer"], "staging": ["developer"], "production": ["release_captain", "release_manager"]},
            "freeze": {"production": ["release_manager", "release_captain"]},
            "lift": {"production": ["release_manager"]},
        },
        "windows": {"weekdays": {"days": ["Mon", "Tue", "Wed", "Thu"], "start": "10:00", "end": "16:00", "owner": "rita@acme.example"}},
        "approvals": {"production": {"count": 1}},
        "ci": {"fake": {"kind": "http", "url": "http://127.0.0.1:1", "secret": "FAKE_CI_SECRET"}},
        "artifacts": {"index": {"kind": "http", "url": "http://127.0.0.1:1", "secret": "FAKE_CI_SECRET"}},
    }  # fmt: skip
    return {**data, **changed}


def slack_id(handle: str) -> str:
    from bot.workspace.state import stable_id

    return stable_id("U", handle)


def channel_id(name: str) -> str:
    from bot.workspace.state import stable_id

    return stable_id("C", name)


def group_id(handle: str) -> str:
    from bot.workspace.state import stable_id

    return stable_id("S", handle)


class World:
    """One company for one story.

    Args:
        database_url: a fresh, migrated database.
        data: the policy; the world's own when left out.
        at: when the story begins.
        socket_mode: reach the bot over a websocket instead of HTTP.
    """

    def __init__(
        self, database_url: str, data: Mapping[str, Any] | None = None, at: datetime = TUESDAY, *, socket_mode: bool = False
    ) -> None:
        self.database_url = database_url
        self.clock = MovingClock(at)
        self.policy = Policy.model_validate(data or policy_data())
        self.ci = FakeCI()
        self.artifacts = FakeArtifacts(Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
        self.slack = Workspace(
            self.clock.now,
            app_token="xapp-signalbox-1" if socket_mode else None,
            stamps=lambda: self.clock.now().timestamp(),
        )
        self.house: House | None = None
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self._reports = 0

    async def __aenter__(self) -> "World":
        await self.slack.start()
        for handle in PEOPLE:
            self.people[handle] = self.slack.add_person(handle, name=handle.capitalize(), email=f"{handle}@acme.example")
        self.people["guest"] = self.slack.add_person("guest", name="Guest", email="guest@elsewhere.example", guest=True)
        self.people["nobody"] = self.slack.add_person("nobody", name="Nobody", email="nobody@acme.example")
        for name in ("releases", "alerts"):
            self.channels[name] = self.slack.add_channel(name, members=list(self.people.values()))
        self.slack.add_group("release-managers", members=[self.people["rob"]])
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        await self.slack.stop()

    async def open(self) -> None:
        """Start the bot on the database that there is, as after a restart."""
        settings = Settings.model_validate({
            "SIGNALBOX_DATABASE_URL": SecretStr(self.database_url), "SIGNALBOX_PORT": 0, "SIGNALBOX_INTERNAL_PORT": 0,
            "SLACK_BOT_TOKEN": SecretStr(self.slack.bot_token), "SLACK_SIGNING_SECRET": SecretStr(self.slack.signing_secret),
            "SLACK_APP_TOKEN": SecretStr(self.slack.app_token) if self.slack.app_token else None, "SLACK_API_URL": self.slack.url.rstrip("/"),
        })  # fmt: skip
        self.house = await build(settings, self.policy, self.clock, {"fake": self.ci}, {"index": self.artifacts})
        await self.house.start()
        if self.slack.app_token:
            await self.slack.until(lambda: self.slack.websockets)
        else:
            self.slack.aim(f"http://127.0.0.1:{self.house.ports[0]}/slack/events")

    async def close(self) -> None:
        """Stop the bot; Slack, CI and the database stay."""
        if self.house:
            await self.house.stop()
            self.house = None

    async def restart(self, policy: Policy | None = None) -> None:
        """Stop and start the bot, with another policy file if one is given."""
        await self.close()
        self.policy = policy or self.policy
        await self.open()

    # ------------------------------------------------------------ people

    async def say(self, who: str, text: str, channel: str = "releases") -> Exchange:
        """Type a command, and wait until its effects are done."""
        exchange = await self.slack.say(self.people[who], self.channels[channel], text)
        await self.quiet()
        return exchange

    async def press(self, who: str, label: str, message: Message | None = None) -> Exchange:
        """Press a button on the newest card, or on the one given."""
        exchange = await self.slack.press(self.people[who], message or self.card(), label)
        await self.quiet()
        return exchange

    async def fill(self, who: str, **values: str) -> Exchange:
        """Fill in the open form and send it."""
        exchange = await self.slack.submit(self.people[who], values)
        await self.quiet()
        return exchange

    async def approve(self, who: str, reason: str = "tests and diff read") -> None:
        """Press Approve on the newest card and give a reason."""
        await self.press(who, "Approve")
        await self.fill(who, rationale=reason)

    # ------------------------------------------------------------ the world

    async def quiet(self) -> None:
        """Wait until everything that is due is done."""
        assert self.house
        await self.house.workers.quiet()

    async def wait(self, *, until: datetime | None = None, **span: float) -> None:
        """Move the clock, fire what is due, and wait for its effects."""
        self.clock.at = until or self.clock.at + timedelta(**span)
        assert self.house
        for _ in range(3):  # a timer may set another one for this very moment
            await self.house.workers.tick()
            await self.quiet()

    async def ci_says(self, state: RunState, key: str | None = None, *, digest: str | None = None) -> int:
        """CI goes on with the newest run (or the one named) and calls back, signed; answers the status it got."""
        run = self.ci.move(key or self.ci.started[-1].key, state, digest=digest)
        return await self.callback(run)

    async def callback(self, *reports: Run | Deployed, delivery: str | None = None) -> int:
        """A signed callback to the generic route."""
        self._reports += 1
        headers, body = self.ci.callback(*reports, at=self.clock.now(), delivery=delivery or f"d-{self._reports}")
        assert self.house
        url = f"http://127.0.0.1:{self.house.ports[0]}{self.ci.path}"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
            status = response.status
        await self.quiet()
        return status

    async def runs_in(self, environment: str, version: str = "v1.4.0", service: str = "api", digest: str = DIGEST) -> None:
        """Have CI report that it deployed a version by itself."""
        commit = COMMIT
        await self.callback(Deployed(service, environment, version, digest, commit, "build-1", self.clock.now()))

    async def on_staging(self) -> None:
        """Bring v1.4.0 through dev and staging on the road itself."""
        await self.runs_in("dev")
        await self.say("dev", "/release promote api v1.4.0 staging")
        await self.ci_says(RunState.SUCCEEDED)

    # ------------------------------------------------------------ what there is to see

    def card(self, channel: str = "releases") -> Message:
        """The newest card in a channel."""
        return [m for m in self.slack.messages(self.channels[channel]) if not m.thread_ts or m.thread_ts == m.ts][-1]

    def cards(self, channel: str = "releases") -> list[Message]:
        """All messages in a channel that are not in a thread."""
        return [m for m in self.slack.messages(self.channels[channel]) if not m.thread_ts or m.thread_ts == m.ts]

    def thread(self, channel: str = "releases") -> list[str]:
        """The log lines in threads of a channel, oldest first."""
        return [m.as_text() for m in self.slack.messages(self.channels[channel]) if m.thread_ts and m.thread_ts != m.ts]

    def told(self, who: str) -> str:
        """What a person was told privately last."""
        messages = self.slack.private(self.people[who])
        return messages[-1].as_text(zone="Europe/Berlin") if messages else ""

    async def tags(self) -> list[str]:
        """The ledger's tags, oldest first."""
        assert self.house
        return [row.tag for row in await self.house.store.read(lambda tx: list(audit.rows(tx)))]

    async def ledger(self) -> list[audit.Row]:
        """The ledger, oldest first."""
        assert self.house
        return await self.house.store.read(lambda tx: list(audit.rows(tx)))

    async def change(self, id: str | None = None) -> Change:
        """A change as stored; the newest when no id is given."""
        assert self.house
        found = await self.house.store.read(lambda tx: changes.get(tx, id) if id else changes.recent(tx, None, 1)[0])
        assert found
        return found

    def publish(self, version: str, digest: str = "sha256:" + "b2" * 32, **other: Any) -> None:
        """Have the registry know a version."""
        artifact = Artifact("api", version, digest, COMMIT, frozenset({"dev"}), frozenset({"rob"}))
        self.artifacts.add(replace(artifact, **other))
