"""A whole company on this machine: the real bot, a small Slack, a forge, a CI that deploys, a registry, and the people who use them.

Invariant: people reach the bot by signed Slack requests over HTTP, CI by signed callbacks; whatever was started is ended with the company.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from bot.adapters.generic_wire import ArtifactBody
from bot.build import House, build
from bot.demo import policy
from bot.demo.ci_process import CIProcess
from bot.demo.clock import StoryClock
from bot.demo.development import SERVICE, Development
from bot.demo.forge import API
from bot.demo.people import MEMBERS, RELEASE_CI
from bot.demo.repository import Repository
from bot.evidence.keys import generate, pem_of
from bot.policy_file import load
from bot.settings import Settings
from bot.workspace import Channel, Exchange, Message, Person, Workspace, installed
from bot.workspace.manifest import EVERYTHING, OURS
from commands.core.change_card import STATES
from guards.change import Change
from storage import audit, chain, changes, migrations

BEGIN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in Berlin: inside the change window."""

ZONE = "Europe/Berlin"
AT_WORK = tuple(f"{emoji} " for state, (emoji, _) in STATES.items() if state.value in {"dispatching", "running", "unknown"})
_PATIENCE = 20.0  # seconds for what CI does in a moment; only a broken demo uses them up


class Company:
    """Start it with `async with`.

    Args:
        folder: empty; everything lies below it: repository, CI, database, policy file, logs.

    Attributes:
        clock, slack, people, ci, development, house, releases, alerts: its parts.
        public_key: of the key that the bot signs evidence with, PEM; an auditor has it from the company's own pages.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StoryClock.starting(BEGIN)
        app = installed() if OURS.exists() else EVERYTHING
        self.slack = Workspace(self.clock.now, app=app, stamps=lambda: self.clock.now().timestamp())
        self.people: dict[str, Person] = {}
        self.ci: CIProcess
        self.development: Development
        self.house: House
        self.releases: Channel
        self.alerts: Channel
        self.public_key = ""
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        secret, database = self.folder / "ci-secret", f"sqlite:///{self.folder}/signalbox.db"
        shared = secrets.token_hex(24)
        await asyncio.to_thread(secret.write_text, shared)
        await self._stack.enter_async_context(self.slack)
        ids = self._move_in()
        ci = CIProcess(self.folder / "ci", secret, self.clock, self.folder / "ci.log", self.folder / SERVICE)
        _, repository, self.ci = await asyncio.gather(
            asyncio.to_thread(migrations.upgrade, database),
            Repository.create(self.folder / SERVICE, tagger=RELEASE_CI),
            self._stack.enter_async_context(ci),
        )
        self.development = Development(repository, self.ci, self.clock)
        await self.development.begin()
        file, signing = self.folder / "signalbox.yaml", self.folder / "signing-key"
        self.public_key = pem_of(await asyncio.to_thread(generate, signing))
        await asyncio.to_thread(
            file.write_text, policy.text(self.ci.url, self.development.builds.public_key, RELEASE_CI.email, ids), encoding="utf-8"
        )
        self._stack.callback(os.environ.pop, f"{policy.CI_SECRET}_FILE", None)
        os.environ[f"{policy.CI_SECRET}_FILE"] = str(secret)
        settings = Settings.model_validate({  # each is named, so that nothing of this machine's own bot gets in
            "SIGNALBOX_DATABASE_URL": SecretStr(database), "SIGNALBOX_HOST": "127.0.0.1", "SIGNALBOX_PORT": 0, "SIGNALBOX_INTERNAL_PORT": 0,
            "SLACK_BOT_TOKEN": SecretStr(self.slack.bot_token), "SLACK_SIGNING_SECRET": SecretStr(self.slack.signing_secret),
            "SLACK_APP_TOKEN": None, "SLACK_API_URL": self.slack.url.rstrip("/"),
            "GITHUB_API_URL": f"{self.ci.url}{API}", "GITHUB_TOKEN": SecretStr(shared), "GITHUB_APP_ID": None,
            "GITHUB_APP_PRIVATE_KEY": None, "SIGNALBOX_SIGNING_KEY": SecretStr(await asyncio.to_thread(signing.read_text)),
        })  # fmt: skip
        self.house = await build(settings, await asyncio.to_thread(load, file), self.clock)
        await self.house.start()
        self._stack.push_async_callback(self.house.stop)
        self.slack.aim(f"{self.bot}/slack/events")

    def _move_in(self) -> dict[str, str]:
        """Everyone gets a Slack account and a seat in the two channels; the ids, for the policy file."""
        for member in MEMBERS:
            self.people[member.handle] = self.slack.add_person(
                member.handle, name=member.name, email=member.author.email, tz=ZONE, guest=member.part == "guest"
            )
        everyone = list(self.people.values())
        self.releases = self.slack.add_channel("releases", everyone)
        self.alerts = self.slack.add_channel("alerts", everyone)
        managers = self.slack.add_group("release-managers", [self.people["rob"]])
        ids = {handle: person.id for handle, person in self.people.items()}
        return ids | {"team": "T0SIGNAL", "releases": self.releases.id, "alerts": self.alerts.id, "managers": managers.id}

    @property
    def bot(self) -> str:
        """The bot's base URL."""
        return f"http://127.0.0.1:{self.house.ports[0]}"

    # ------------------------------------------------------------ what people do

    async def say(self, who: str, text: str) -> Exchange:
        """Somebody types a command in #releases; returns when the bot has nothing left to do for it."""
        return await self._settled(await self.slack.say(self.people[who], self.releases, text))

    async def press(self, who: str, label: str, card: Message) -> Exchange:
        """Somebody presses a button on a card."""
        return await self._settled(await self.slack.press(self.people[who], card, label))

    async def fill(self, who: str, **answers: object) -> Exchange:
        """Somebody fills in the form that is open before them, and sends it."""
        return await self._settled(await self.slack.submit(self.people[who], answers))

    async def again(self, exchange: Exchange) -> Exchange:
        """Slack delivers the same thing once more, as it does when an answer was lost on the way."""
        return await self._settled(await self.slack.redeliver(exchange))

    async def _settled(self, exchange: Exchange) -> Exchange:
        await self.house.workers.quiet()
        return exchange

    async def first_release(self, version: str) -> ArtifactBody:
        """CI makes the first version, deploys it everywhere by itself, and tells the bot what stands where."""
        built = await self.development.release(version)
        await self.ci.call_back(self.bot)
        for environment in policy.ENVIRONMENTS:
            await self.deploy_unasked(version, environment)
        return built

    async def deploy_unasked(self, version: str, environment: str) -> None:
        """CI deploys by itself and tells the bot, as pipelines do for the first environment."""
        await self.ci.deploy(SERVICE, version, environment)
        await self.house.workers.quiet()

    async def pass_time(self, by: timedelta) -> None:
        """Move everybody's clock, and have done what is due by then."""
        await self.house.workers.quiet()
        self.clock.move(by)
        await self.ci.set_clock()
        for _ in range(3):  # what is due now may set another timer for now
            await self.house.workers.tick()
            await self.house.workers.quiet()

    # ------------------------------------------------------------ what there is to see

    def cards(self) -> list[Message]:
        """The cards of changes in #releases, oldest first."""
        return [m for m in self.slack.messages(self.releases) if m.thread_ts in (None, m.ts) and subject(m).startswith("CR-")]

    def card(self, change: str) -> Message:
        """The card of a change.

        Raises:
            LookupError: there is none.
        """
        for card in self.cards():
            if subject(card) == change:
                return card
        raise LookupError(f"{change} has no card in #releases")

    def thread(self, card: Message) -> list[Message]:
        """The log below a card, oldest first."""
        return [m for m in self.slack.messages(self.releases) if m.thread_ts == card.ts and m.ts != card.ts]

    def told(self, who: str) -> list[Message]:
        """What somebody was told privately, oldest first."""
        return self.slack.private(self.people[who])

    def at_work(self) -> bool:
        """Whether a card says that CI is at work."""
        return any(title(card).startswith(AT_WORK) for card in self.cards())

    async def until(self, so: Callable[[], object], seconds: float = _PATIENCE) -> None:
        """Wait until something in Slack is so, and the bot has nothing left to do.

        Raises:
            TimeoutError: with everything that happened in Slack.
        """
        await self.slack.until(so, seconds)
        await self.house.workers.quiet()

    async def changes(self) -> list[Change]:
        """All changes, newest first."""
        return await self.house.store.read(lambda tx: changes.recent(tx, None, 100))

    async def change(self, id: str) -> Change | None:  # noqa: A002
        """One change as the database has it."""
        return await self.house.store.read(lambda tx: changes.get(tx, id))

    async def ledger(self) -> list[chain.Row]:
        """Every entry, oldest first."""
        return await self.house.store.read(lambda tx: list(audit.rows(tx)))

    async def verified(self) -> chain.Sound | chain.Broken:
        """What `signalbox audit verify` finds."""
        return await self.house.store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx)))


def subject(message: Message) -> str:
    """What a message of the bot is about: the change's id, for its card."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("subject", ""))


def title(message: Message) -> str:
    """The headline of a card."""
    return message.as_text().partition("\n")[0]
