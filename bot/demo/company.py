"""A whole company on this machine: the real bot, a small Slack, a forge, a CI that deploys, a registry, and the people who use them.

Invariant: people reach the bot by signed Slack requests over HTTP, CI by signed callbacks; whatever was started is ended with the company.
"""

import asyncio
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from typing_extensions import override

from bot.adapters.generic_wire import ArtifactBody
from bot.demo import policy
from bot.demo.ci_process import CIProcess
from bot.demo.ci_runs import SUITE
from bot.demo.development import SERVICE, Development, repository_of
from bot.demo.forge import API
from bot.demo.people import MEMBERS, RELEASE_CI
from bot.demo.playground import Playground
from bot.demo.repository import Repository
from bot.evidence.keys import generate, pem_of
from bot.policy_file import load
from bot.settings import Stated
from bot.workspace import Channel, installed
from bot.workspace.manifest import EVERYTHING, OURS
from storage import migrations

ZONE = "Europe/Berlin"
_API = {"api.py": 'print("hello")\n'}
_SUITE = """\
from pathlib import Path
from runpy import run_path

parts = Path(__file__).parents[1]
prices = run_path(str(parts / "catalog" / "catalog.py"))["PRICES"]
total = run_path(str(parts / "shop" / "shop.py"))["total"]
assert total(prices, ["tea", "cake"]) == prices["tea"] + prices["cake"]
"""
RIDERS = {
    "catalog": {"catalog.py": 'PRICES = {"tea": 2, "cake": 3}\n'},
    "shop": {"shop.py": "def total(prices, bought):\n    return sum(prices[each] for each in bought)\n", SUITE: _SUITE},
}
"""The services that ride a train: the shop needs the catalog, and holds the suite that tests both together."""


class Company(Playground):
    """Start it with `async with`.

    Args:
        folder: empty; everything lies below it: repository, CI, database, policy file, logs.

    Attributes:
        development, alerts: its parts, beside those of every playground.
        riders: service → the work on it, of those that ride a train; empty until `begin_riders`.
        public_key: of the key that the bot signs evidence with, PEM; an auditor has it from the company's own pages.
    """

    ci: CIProcess

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, installed() if OURS.exists() else EVERYTHING)
        self.development: Development
        self.riders: dict[str, Development] = {}
        self.alerts: Channel
        self.public_key = ""
        self._key = Ed25519PrivateKey.generate()

    @override
    async def _open(self) -> None:
        secret, database = self.folder / "ci-secret", f"sqlite:///{self.folder}/signalbox.db"
        shared = secrets.token_hex(24)
        await asyncio.to_thread(secret.write_text, shared)
        await self._stack.enter_async_context(self.slack)
        ids = self._move_in()
        folders = {repository_of(service): self.folder / service for service in (SERVICE, *RIDERS)}
        ci = CIProcess(self.folder / "ci", secret, self.clock, self.folder / "ci.log", folders)
        _, repository, self.ci = await asyncio.gather(
            asyncio.to_thread(migrations.upgrade, database),
            Repository.create(self.folder / SERVICE, tagger=RELEASE_CI),
            self._stack.enter_async_context(ci),
        )
        self.development = Development(SERVICE, repository, self.ci, self.clock, self._key)
        await self.development.begin(_API)
        file, signing = self.folder / "signalbox.yaml", self.folder / "signing-key"
        self.public_key = pem_of(await asyncio.to_thread(generate, signing))
        await asyncio.to_thread(
            file.write_text, policy.text(self.ci.url, self.development.builds.public_key, RELEASE_CI.email, ids), encoding="utf-8"
        )
        self._stack.callback(os.environ.pop, f"{policy.CI_SECRET}_FILE", None)
        os.environ[f"{policy.CI_SECRET}_FILE"] = str(secret)
        self._settings = Stated.model_validate({
            "SIGNALBOX_DATABASE_URL": SecretStr(database), "SIGNALBOX_HOST": "127.0.0.1", "SIGNALBOX_PORT": 0, "SIGNALBOX_INTERNAL_PORT": 0,
            "SLACK_BOT_TOKEN": SecretStr(self.slack.bot_token), "SLACK_SIGNING_SECRET": SecretStr(self.slack.signing_secret),
            "SLACK_APP_TOKEN": None, "SLACK_API_URL": self.slack.url.rstrip("/"),
            "GITHUB_API_URL": f"{self.ci.url}{API}", "GITHUB_TOKEN": SecretStr(shared), "GITHUB_APP_ID": None,
            "GITHUB_APP_PRIVATE_KEY": None, "SIGNALBOX_SIGNING_KEY": SecretStr(await asyncio.to_thread(signing.read_text)),
        })  # fmt: skip
        self._policy = await asyncio.to_thread(load, file)
        await self._begin()
        self._stack.push_async_callback(self._end)

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

    async def first_release(self, version: str) -> ArtifactBody:
        """CI makes the first version, deploys it everywhere by itself, and tells the bot what stands where."""
        built = await self.development.release(version)
        await self.ci.call_back(self.bot)
        for environment in policy.ENVIRONMENTS:
            await self.deploy_unasked(version, environment)
        return built

    async def begin_riders(self, version: str) -> None:
        """Make the services that ride a train, unless they are there; a first version of each stands everywhere."""
        if self.riders:
            return
        await self.ci.call_back(self.bot)
        for service, files in RIDERS.items():
            repository = await Repository.create(self.folder / service, tagger=RELEASE_CI)
            work = Development(service, repository, self.ci, self.clock, self._key)
            await work.begin(files)
            await work.release(version)
            for environment in policy.ENVIRONMENTS:
                await self.deploy_unasked(version, environment, service)
            self.riders[service] = work

    async def deploy_unasked(self, version: str, environment: str, service: str = SERVICE) -> None:
        """CI deploys by itself and tells the bot, as pipelines do for the first environment."""
        await self.ci.deploy(service, version, environment)
        await self.house.workers.quiet()
