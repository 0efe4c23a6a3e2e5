"""A whole company in one object: the real bot, a small Slack, a fake CI, and a clock that tests move.

Invariant: people come in by signed Slack requests over HTTP and CI by signed callbacks; tests assert on what CI was asked,
on the ledger and on what people see.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.build import House, build
from bot.neighbours import Neighbours, incident_sources_of
from bot.scheduler import Scheduler
from bot.settings import Settings, Stated
from bot.workspace import Channel, Exchange, Message, Person, Workspace, installed
from bot.workspace.forms import View
from bot.workspace.text import Json
from commands.core.ports.ci import Deployed, Run, RunState
from guards.change import Change
from guards.policy import Policy
from guards.version import Artifact
from storage import audit, chain, changes
from storage.chain import Row
from tests.world.artifacts import FakeArtifacts
from tests.world.calendars import FakeCalendars, FakeFreezeCalendars
from tests.world.ci import FakeCI
from tests.world.company import COMMIT, DIGEST, PEOPLE, TUESDAY, MovingClock, policy_data
from tests.world.github_sign_in import CLIENT, FakeGitHubSignIn
from tests.world.links import FakeLinks
from tests.world.proofs import FakeProofs
from tests.world.releases import FakeReleases
from tests.world.signing import SIGNING_KEY
from tests.world.statuses import FakeStatuses
from tests.world.vcs import FakeVcs

APP = installed()
"""Read once: what `manifest.yml` says is the same in every story."""


_POLICIES: dict[str, Policy] = {}
"""By what they were made of: most stories have the same, it never changes, and making one is a quarter of what a story takes to begin."""


def _policy_of(data: Mapping[str, Any]) -> Policy:
    written = json.dumps(data, default=repr)
    if written not in _POLICIES:
        _POLICIES[written] = Policy.model_validate(data)
    return _POLICIES[written]


class World:
    """One company for one story.

    Args:
        database_url: a fresh, migrated database.
        data: the policy; the world's own when left out.
        at: when the story begins.
        socket_mode: reach the bot over a websocket instead of HTTP.
        github: have a GitHub where people sign in.
        signing_key: of evidence bundles, PEM; None leaves them unsigned.
    """

    def __init__(
        self, database_url: str, data: Mapping[str, Any] | None = None, at: datetime = TUESDAY, *, socket_mode: bool = False,
        github: bool = False, signing_key: str | None = SIGNING_KEY,
    ) -> None:  # fmt: skip
        self.database_url = database_url
        self.signing_key = signing_key
        self.git_sha: str | None = None
        self.clock = MovingClock(at)
        self.policy = _policy_of(data or policy_data())
        self.ci = FakeCI()
        self.other_ci = FakeCI("other")
        self.vcs = FakeVcs()
        self.proofs = FakeProofs()
        self.releases = FakeReleases()
        self.calendars = FakeCalendars()
        self.freeze_calendars = FakeFreezeCalendars()
        self.statuses = FakeStatuses()
        self.links = FakeLinks()
        self.artifacts = FakeArtifacts(Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
        self.github = FakeGitHubSignIn() if github else None
        self._github_server: TestServer | None = None
        self.slack = Workspace(
            self.clock.now,
            app_token="xapp-signalbox-1" if socket_mode else None,
            app=APP,
            stamps=lambda: self.clock.now().timestamp(),
        )
        self._house: House | None = None
        self._seen = 0
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self._reports = 0

    async def __aenter__(self) -> "World":
        await self.slack.start()
        if self.github:
            self._github_server = TestServer(self.github.app(), host="127.0.0.1")
            await self._github_server.start_server()
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
        if self._github_server:
            await self._github_server.close()
        await self.slack.stop()

    @property
    def house(self) -> House:
        """The bot that runs."""
        assert self._house, "the bot is stopped"
        return self._house

    async def open(self) -> None:
        """Start the bot on the database that there is, as after a restart."""
        self._house = await self._start()
        if self.slack.app_token:
            await self.slack.until(lambda: self.slack.websockets)
        else:
            self.aim(self._house)

    def aim(self, house: House) -> None:
        """Have Slack deliver to this one of several bots."""
        self.slack.aim(f"http://127.0.0.1:{house.ports[0]}/slack/events")

    @asynccontextmanager
    async def replica(self) -> AsyncIterator[House]:
        """A second bot on the same database, as when more than one replica runs."""
        house = await self._start()
        try:
            yield house
        finally:
            await house.stop()

    def settings(self) -> Settings:
        """What the bot is told by its environment."""
        settings = Stated.model_validate({
            "SIGNALBOX_DATABASE_URL": SecretStr(self.database_url), "SIGNALBOX_PORT": 0, "SIGNALBOX_INTERNAL_PORT": 0,
            "SLACK_BOT_TOKEN": SecretStr(self.slack.bot_token), "SLACK_SIGNING_SECRET": SecretStr(self.slack.signing_secret),
            "SLACK_APP_TOKEN": SecretStr(self.slack.app_token) if self.slack.app_token else None, "SLACK_API_URL": self.slack.url.rstrip("/"),
            "SIGNALBOX_SIGNING_KEY": SecretStr(self.signing_key) if self.signing_key else None, "SIGNALBOX_GIT_SHA": self.git_sha,
        })  # fmt: skip
        if self._github_server:
            url = str(self._github_server.make_url("")).rstrip("/")
            settings = settings.model_copy(update={"github_url": url, "github_api_url": url, "github_client_id": CLIENT})
        return settings

    def beside(self, settings: Settings) -> Neighbours | None:
        """The fakes that the bot asks; None for those that its policy names."""
        return Neighbours(
            {"fake": self.ci, "other": self.other_ci},
            {"index": self.artifacts, "registry": self.artifacts},
            {"github": self.vcs},
            {"registry": self.proofs},
            {"github": self.releases},
            self.calendars,
            self.freeze_calendars,
            {"github": self.statuses},
            links=self.links,
            incidents=incident_sources_of(settings, self.policy),
        )

    async def _start(self) -> House:
        settings = self.settings()
        house = await build(settings, self.policy, self.clock, self.beside(settings))
        house.scheduler = Scheduler(house.workers.tick, seconds=86_400)  # time passes only when a test moves it
        connections = self.slack.transcript().count(" connected")
        await house.start()
        if self.slack.app_token:
            await self.slack.until(lambda: self.slack.transcript().count(" connected") > connections)
        return house

    async def close(self) -> None:
        """Stop the bot; Slack, CI and the database stay."""
        if self._house:
            await self._house.stop()
            self._house = None

    async def die(self) -> None:
        """Stop the bot without letting it finish what is at work, as a kill would."""
        await self.house.stop(seconds=0)
        self._house = None

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

    async def fill(self, who: str, **values: Any) -> Exchange:
        """Fill in the open form and send it."""
        exchange = await self.slack.submit(self.people[who], values)
        await self.quiet()
        return exchange

    async def approve(self, who: str, reason: str = "tests and diff read") -> None:
        """Press Approve on the newest card and give a reason."""
        await self.press(who, "Approve")
        await self.fill(who, rationale=reason)

    async def freeze(self, who: str = "rita", until: str = "2026-11-25T10:00", **other: str) -> None:
        """Declare a freeze of production, complete in one line; `other` adds or replaces words."""
        words = {"kind": "holiday", "until": until, "reason": "holidays", "exit": "all are back", "plan": "trains resume"}
        words |= {"approver": "rita@acme.example"} | other
        await self.say(who, "/release freeze declare production " + " ".join(f'{name}="{value}"' for name, value in words.items()))

    # ------------------------------------------------------------ the world

    async def quiet(self) -> None:
        """Wait until everything that is due is done."""
        await self.house.workers.quiet()

    async def wait(self, *, until: datetime | None = None, **span: float) -> None:
        """Move the clock, fire what is due, and wait for its effects."""
        self.clock.at = until or self.clock.at + timedelta(**span)
        for _ in range(3):  # a timer may set another one for this very moment
            await self.house.workers.tick()
            await self.quiet()

    async def ci_says(self, state: RunState, key: str | None = None, *, digest: str | None = None) -> int:
        """CI goes on with the newest run (or the one named) and calls back, signed; answers the status it got."""
        run = self.ci.move(key or self.ci.started[-1].key, state, digest=digest)
        return await self.callback(run)

    async def callback(self, *reports: Run | Deployed, delivery: str | None = None, ci: FakeCI | None = None) -> int:
        """A signed callback to the generic route of a CI; the same delivery again is the same bytes again."""
        self._reports += 1
        ci = ci or self.ci
        headers, body = ci.callback(*reports, at=self.clock.now(), delivery=delivery or f"d-{self._reports}")
        return await self.knock(ci.path, headers, body)

    async def knock(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Whatever somebody sends to a public route; answers the status."""
        url = f"http://127.0.0.1:{self.house.ports[0]}{path}"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
            status = response.status
        await self.quiet()
        return status

    async def runs_in(
        self, environment: str, version: str = "v1.4.0", service: str = "api", digest: str = DIGEST, commit: str = COMMIT
    ) -> None:
        """Have CI report that it deployed a version by itself."""
        await self.callback(Deployed(service, environment, version, digest, commit, "build-1", self.clock.now()))

    async def on_staging(self, version: str = "v1.4.0", digest: str = DIGEST) -> None:
        """Bring a version through dev and staging on the road itself."""
        await self.runs_in("dev", version, digest=digest)
        await self.say("dev", f"/release promote api {version} staging")
        await self.ci_says(RunState.SUCCEEDED)

    async def asked(self, version: str = "v1.4.0", digest: str = DIGEST) -> str:
        """Have Carla ask for a version in production, after it ran in staging; the id of the change."""
        await self.on_staging(version, digest)
        await self.say("carla", f"/release promote api {version} production")
        await self.news()
        return (await self.change()).id

    async def running(self) -> str:
        """Have CI work on a production change; its id."""
        change = await self.asked()
        await self.approve("rita")
        await self.news()
        return change

    # ------------------------------------------------------------ what there is to see

    def card(self, channel: str = "releases") -> Message:
        """The newest card in a channel; those of freezes stand apart."""
        return [m for m in self.cards(channel) if not _of_freeze(m)][-1]

    def freeze_cards(self, channel: str = "releases") -> list[str]:
        """What was posted about freezes in a channel, oldest first, as it stands now."""
        return [self.shown(m) for m in self.cards(channel) if _of_freeze(m)]

    def cards(self, channel: str = "releases") -> list[Message]:
        """All messages in a channel that are not in a thread."""
        return [m for m in self.slack.messages(self.channels[channel]) if not m.thread_ts or m.thread_ts == m.ts]

    def thread(self, channel: str = "releases") -> list[str]:
        """The log lines in threads of a channel, oldest first."""
        return [m.as_text() for m in self.slack.messages(self.channels[channel]) if m.thread_ts and m.thread_ts != m.ts]

    def shown(self, message: Message | None = None) -> str:
        """A message, the newest card when none is given, as somebody in Berlin reads it; the policy's hash is masked."""
        return re.sub(r"policy [0-9a-f]{12}\b", "policy <hash>", (message or self.card()).as_text("Europe/Berlin"))

    def told(self, who: str) -> str:
        """What a person was told privately last, the id to quote masked."""
        messages = self.slack.private(self.people[who])
        return re.sub(r"\b[0-9a-f]{12}$", "<id>", self.shown(messages[-1])) if messages else ""

    def form(self, who: str) -> View | None:
        """The form that a person has open, or None."""
        return self.slack.modal(self.people[who])

    def drawn(self, *methods: str) -> list[Json]:
        """The blocks of the newest message, outside of threads, that the bot sent with one of these Web API methods, as it sent them."""
        said = [c for c in self.slack.calls if c.method in methods and not c.arguments.get("thread_ts")][-1].arguments
        said = json.loads(said["view"]) if isinstance(said.get("view"), str) else said.get("view", said)
        return list(json.loads(said["blocks"]) if isinstance(said["blocks"], str) else said["blocks"])

    async def ledger(self) -> list[Row]:
        """The ledger, oldest first."""
        return await self.house.store.read(lambda tx: list(audit.rows(tx)))

    async def tags(self) -> list[str]:
        """The ledger's tags, oldest first."""
        return [row.tag for row in await self.ledger()]

    async def news(self) -> list[str]:
        """The tags that were written into the ledger since the last look, oldest first; without the copies of logs that time brings."""
        rows = await self.ledger()
        seen, self._seen = self._seen, len(rows)
        return [row.tag for row in rows[seen:] if row.tag != "log:kept"]

    async def body(self, tag: str) -> Json:
        """What the newest ledger entry with this tag says."""
        return dict(json.loads([row for row in await self.ledger() if row.tag == tag][-1].body))

    async def codes(self) -> list[str]:
        """The reasons in the newest ledger entry."""
        body = json.loads((await self.ledger())[-1].body)
        return [answer["code"] for answer in body.get("answers", ()) if answer["answer"] == "refuse"]

    async def verified(self) -> bool:
        """Whether the ledger's chain is whole."""
        return isinstance(chain.verify(await self.ledger()), chain.Sound)

    async def change(self, id: str | None = None) -> Change:
        """A change as stored; the newest when no id is given."""
        found = await self.house.store.read(lambda tx: changes.get(tx, id) if id else changes.recent(tx, None, 1)[0])
        assert found
        return found

    def publish(self, version: str, digest: str = "sha256:" + "b2" * 32, **other: Any) -> None:
        """Have the registry know a version."""
        artifact = Artifact("api", version, digest, COMMIT, frozenset({"dev"}), frozenset({"rob"}))
        self.artifacts.add(replace(artifact, **other))


def _of_freeze(message: Message) -> bool:
    """Whether a freeze's own card, or one that tells of its begin or end."""
    lines = message.as_text().splitlines() or [""]
    return "FRZ-" in lines[0] or lines[-1].startswith("FRZ-")
