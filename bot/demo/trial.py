"""`make demo POLICY=…`: somebody's own policy file, played in a small Slack with invented facts.

Invariant: the policy is loaded as `signalbox serve` loads it and is not changed; nobody of its real Slack, CI, registry or VCS is asked.
"""

import asyncio
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr
from typing_extensions import override

from bot.demo import logs
from bot.demo.backstage import Backstage
from bot.demo.invented import FIRST, InventedWorld
from bot.demo.playground import Playground
from bot.demo.stage import Stage
from bot.demo.terminal import Ask, in_background
from bot.settings import Stated
from bot.workspace import installed
from bot.workspace.manifest import EVERYTHING, OURS
from bot.workspace.page import Page
from guards.policy import Policy
from storage import migrations

MARK = "Your policy with invented facts: no version, pull request or check shown here exists, and nothing is deployed."


def run(policy: Policy) -> int:
    """Serve the page of a policy until somebody ends it.

    Args:
        policy: what is tried.

    Returns:
        0, or 130 when it was interrupted.
    """
    stage = Stage(policy.zone)
    with tempfile.TemporaryDirectory(prefix="signalbox-demo-", ignore_cleanup_errors=True) as name, logs.to(Path(name) / "bot.log"):
        return in_background(lambda ask: _play(Path(name), stage, ask, policy))


async def _play(folder: Path, stage: Stage, ask: Ask, policy: Policy) -> int:
    async with Trial(folder, policy) as trial, Page(trial.slack, Backstage(trial, MARK)) as page:
        stage.title("Signalbox: your own policy")
        cast = trial.ci.cast
        stage.tell(
            MARK,
            f"{FIRST} stands everywhere; any other version that somebody names is there, too, and everything that the policy asks for is "
            f"proven: {cast.author.name} wrote it, and {cast.reviewer.name} reviewed it.",
            "In a browser on this machine:",
            page.address,
        )
        with suppress(EOFError):
            while (await ask("quit> ")).strip().lower() not in {"quit", "exit", "q"}:
                stage.tell(page.address)
    return 0


class Trial(Playground):
    """Start it with `async with`.

    Args:
        folder: empty; the database lies there.
        policy: what is tried.
    """

    ci: InventedWorld

    def __init__(self, folder: Path, policy: Policy) -> None:
        super().__init__(folder, installed() if OURS.exists() else EVERYTHING, policy.slack.teams[0])
        self._policy = policy

    @override
    async def _open(self) -> None:
        database = f"sqlite:///{self.folder}/signalbox.db"
        await self._stack.enter_async_context(self.slack)
        self._move_in()
        self.ci = InventedWorld(self._policy, self.clock)
        self._stack.push_async_callback(self.ci.close)
        self._neighbours = self.ci.neighbours
        await asyncio.to_thread(migrations.upgrade, database)
        self._settings = Stated.model_validate({
            "SIGNALBOX_DATABASE_URL": SecretStr(database), "SIGNALBOX_HOST": "127.0.0.1", "SIGNALBOX_PORT": 0, "SIGNALBOX_INTERNAL_PORT": 0,
            "SLACK_BOT_TOKEN": SecretStr(self.slack.bot_token), "SLACK_SIGNING_SECRET": SecretStr(self.slack.signing_secret),
            "SLACK_APP_TOKEN": None, "SLACK_API_URL": self.slack.url.rstrip("/"), "GITHUB_API_URL": "http://127.0.0.1:1",
            "GITHUB_TOKEN": SecretStr(secrets.token_hex(8)), "GITHUB_APP_ID": None, "GITHUB_APP_PRIVATE_KEY": None,
        })  # fmt: skip
        await self._begin()
        self._stack.push_async_callback(self._end)
        await self.ci.call_back(self.bot)
        await self.ci.begin()
        await self.house.workers.quiet()

    def _move_in(self) -> None:
        """Everyone in the file gets the Slack account that it names, each channel its id, and each user group somebody."""
        policy = self._policy
        for person in policy.people:
            handle = person.id.partition("@")[0]
            handle = handle if handle not in self.people else person.id.replace("@", ".")
            account = person.slack[0] if person.slack else None
            self.people[handle] = self.slack.add_person(handle, name=person.name, email=person.id, tz=policy.zone, id=account)
        everyone = list(self.people.values())
        channels: dict[str, list[str]] = {}
        for name, service in policy.services.items():
            channels.setdefault(service.channel, []).append(name)
        for id_, services in channels.items():
            shown = self.slack.add_channel("-".join(["releases", *services])[:80], everyone, id=id_)
            self.releases = self.__dict__.get("releases", shown)
        others = {policy.slack.alerts: "alerts", policy.incidents.channel: "incidents", policy.post_release.announce: "announcements"}
        for other, name in others.items():
            if other and other not in channels:
                self.slack.add_channel(name, everyone, id=other)
        listed = {each for grants in policy.roles.values() for grant in grants for each in grant.people}
        free = [self.people[handle] for handle, p in zip(self.people, policy.people, strict=True) if p.id not in listed] or everyone[:1]
        for role, grants in policy.roles.items():
            for group in dict.fromkeys(group for grant in grants for group in grant.groups):
                self.slack.add_group(f"{role}-{group[-4:].lower()}", free, id=group)
