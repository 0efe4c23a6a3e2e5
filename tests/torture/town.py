"""All that is around a bot which is a process of its own: a small Slack, the demo's CI as a process, a small GitHub, and the time.

Invariant: nothing here dies with the bot. Who asks it and is not acknowledged asks again, as people do; what was acknowledged is never
asked for again.
"""

import asyncio
import json
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
import sqlalchemy as sa
from aiohttp.test_utils import TestServer

from bot.adapters.generic_wire import ArtifactBody
from bot.demo.ci_runs import OVER, Record, Shop
from bot.workspace import Channel, Exchange, Person, Workspace, installed
from storage.database import Store, Tx
from tests.torture.boundaries import ANY, Boundary
from tests.torture.clock import SharedClock
from tests.world.company import PEOPLE
from tests.world.forked import Forked
from tests.world.github_vcs import TOKEN, FakeGitHubVcs

SECRET = "the-ci-secret-of-the-torture-tests"
ENVIRONMENTS = ("dev", "staging", "production")
APP = installed()

LEASE = timedelta(seconds=61)
"""After this what a dead bot had taken is taken again."""

PATIENCE, LOOKS = 0.05, 3
"""Seconds in which nothing is heard of the bot before it is looked after; how often it looks in vain for work before time goes on."""

LOOKING, LOOKED = ("workers.Workers._take_", "workers.Workers.tick"), "workers.Workers._take_messages.<lambda>: committed"
"""What it does all the time, by the beginnings of their names, and the last of it."""

LIMIT = 120
"""Seconds of the machine in which it must come to rest."""

TRIES = 40
"""How often a person types a command: Slack waits for three seconds of the machine, in which a busy one does little."""

STEP, STEPS = timedelta(seconds=55), 33
"""By how much, shorter than a lease, and how often at most: what has not happened half an hour later is lost."""

_AT_WORK = sa.text("""
    SELECT (SELECT count(*) FROM inbox WHERE state = 'open' AND worker = :by) + (SELECT count(*) FROM outbox WHERE state = 'sending' AND worker = :by)
""")


class Bot:
    """The bot's process, one after the other.

    Args:
        folder: its own: settings, log, and what it passed.
        number: of this process.
    """

    def __init__(self, folder: Path, number: int, end: Boundary | None) -> None:
        self.planned = end
        self._notes = folder / "passed"
        if self._notes.exists():
            self._notes.rename(folder / f"passed-{number - 1}")
        self._read = self.looks = 0
        self.process = Forked(str(folder), *([str(end)] if end else []), program="tests.torture.bot_killed_at", log=folder / "log")
        self.number, self.port = number, 0

    async def ready(self) -> bool:
        """Whether it listens; not, when it was killed before."""
        line = await self.process.line()
        if line:
            self.port = json.loads(line)["port"]
        return bool(line)

    def watched(self, died: Callable[[], None]) -> None:
        """Have somebody told when it dies by itself."""
        asyncio.get_running_loop().add_reader(self.process.sentinel, self._seen, died)

    def _seen(self, died: Callable[[], None]) -> None:
        asyncio.get_running_loop().remove_reader(self.process.sentinel)
        died()

    async def end(self, limit: float = 10, *, kill: bool = False) -> int:
        """End it, and nobody is told; its exit code, once more if it ended before."""
        if not self.process.over:
            asyncio.get_running_loop().remove_reader(self.process.sentinel)
        return await self.process.end(limit, kill=kill)

    @property
    def passed(self) -> list[Boundary]:
        """The boundaries that it came to, in their order."""
        return [Boundary.parse(line) for line in self._notes.read_text().splitlines()] if self._notes.exists() else []

    def rests(self) -> bool:
        """Whether it has looked for messages in vain for a while, since it last did anything or time went on."""
        passed = self.passed
        for boundary in passed[self._read :]:
            if not boundary.name.startswith(LOOKING):
                self.looks = 0
            self.looks += boundary.name == LOOKED
        self._read = len(passed)
        return self.looks >= LOOKS

    @property
    def killed_as_planned(self) -> bool:
        """Whether it died where it was to die, and nowhere else."""
        passed = self.passed
        return self.process.code == -signal.SIGKILL and bool(passed) and self.planned in {passed[-1], Boundary(ANY, len(passed))}


def at_work(tx: Tx, bot: Bot) -> int:
    """How much it has on lease."""
    return int(tx.run(_AT_WORK, {"by": str(bot.process.pid)}).scalar_one())


class Town:
    """One company for one round; see the module.

    Args:
        folder: empty; everything lies below it.
        database_url: a fresh, migrated database.
        policy: as the policy file has it; `CI`, where it stands for an address, is replaced by the CI's.
        at: when it begins.
        ends: where the first bots are killed, one after the other; those after them live.
    """

    def __init__(self, folder: Path, database_url: str, policy: dict[str, Any], at: datetime, ends: Sequence[Boundary] = ()) -> None:
        self.folder, self.database_url = folder, database_url
        self.policy, self._ends = policy, list(ends)
        self.clock = SharedClock(folder / "clock")
        self.clock.ahead = at - self.clock.now()
        self.slack = Workspace(self.clock.now, app=APP, stamps=lambda: self.clock.now().timestamp())
        self.github = FakeGitHubVcs()
        self.shop = Shop(folder / "ci", frozenset(ENVIRONMENTS))
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.killed: list[Boundary] = []
        self.passed: list[Boundary] = []
        self.store: Store
        self._stack = AsyncExitStack()
        self._bot: Bot | None = None
        self._bots = 0
        self._ci: Forked
        self._ci_url = ""
        self._session: aiohttp.ClientSession
        self._dead: asyncio.Event = asyncio.Event()

    async def __aenter__(self) -> Self:
        enter = self._stack.enter_async_context
        self._session = await enter(aiohttp.ClientSession())
        await enter(self.slack)
        for handle in PEOPLE:
            self.people[handle] = self.slack.add_person(handle, name=handle.capitalize(), email=f"{handle}@acme.example")
        for name in ("releases", "alerts"):
            self.channels[name] = self.slack.add_channel(name, members=list(self.people.values()))
        self.slack.add_group("release-managers", members=[self.people["rob"]])
        server = await enter(TestServer(self.github.app(), host="127.0.0.1"))
        self.store = await Store.open(self.database_url)
        self._stack.push_async_callback(self.store.close)
        secret = self.folder / "secret"
        secret.write_text(SECRET)
        (self.folder / "ci").mkdir()
        environments = [word for name in ENVIRONMENTS for word in ("--environment", name)]
        ahead = str(self.clock.ahead.total_seconds())
        self._ci = Forked(
            "--root", str(self.folder / "ci"), "--secret-file", str(secret), "--name", "demo", "--ahead", ahead, *environments
        )
        self._stack.push_async_callback(self._ci.end)
        self._ci_url = f"http://127.0.0.1:{json.loads(await self._ci.line())['port']}"
        policy = json.dumps(self.policy).replace('"CI"', json.dumps(self._ci_url))
        (self.folder / "signalbox.yaml").write_text(policy)  # JSON is YAML
        (self.folder / "environment.json").write_text(json.dumps({
            "SIGNALBOX_POLICY": str(self.folder / "signalbox.yaml"), "SIGNALBOX_DATABASE_URL": self.database_url, "SIGNALBOX_PORT": "0",
            "SIGNALBOX_INTERNAL_PORT": "0", "CI_SECRET": SECRET, "SLACK_API_URL": self.slack.url.rstrip("/"),
            "SLACK_BOT_TOKEN": self.slack.bot_token, "SLACK_SIGNING_SECRET": self.slack.signing_secret, "GITHUB_TOKEN": TOKEN,
            "GITHUB_API_URL": str(server.make_url("")).rstrip("/"),
        }))  # fmt: skip
        self._stack.push_async_callback(self._leave)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # ------------------------------------------------------------ the bot

    async def alive(self) -> None:
        """Have a bot running: one that was killed is started again, a minute later."""
        while self._bot is None or self._bot.process.code is not None:
            if self._bot is not None:
                await self._buried(self._bot)
                await self.wait(LEASE)
            self._bots += 1
            self._bot = Bot(self.folder, self._bots, self._ends.pop(0) if self._ends else None)
            if not await self._bot.ready():
                await self._bot.process.join()
                continue
            self._dead = asyncio.Event()
            self._bot.watched(self._dead.set)
            self.slack.aim(f"http://127.0.0.1:{self._bot.port}/slack/events")
            await self.ask_ci("callback", url=f"http://127.0.0.1:{self._bot.port}")

    async def _buried(self, bot: Bot) -> None:
        """It died where it was to die."""
        if not bot.killed_as_planned:
            raise AssertionError(f"bot {bot.number} ended with {bot.process.code}, not at {bot.planned}:\n{self.log()}")
        self.killed.append(bot.passed[-1])
        await bot.end()

    async def stopped(self) -> bool:
        """Stop the bot in order, as at the end of the day; False when it was killed meanwhile, and shall be asked once more."""
        await self.alive()
        assert self._bot
        code = await self._bot.end(limit=LIMIT)
        if self._bot.killed_as_planned:
            return False
        self.passed = self._bot.passed
        assert code == 0, f"it stopped with {code}:\n{self.log()}"
        return True

    async def _leave(self) -> None:
        """Nothing of the bot is left, however the day went."""
        if self._bot is not None:
            await self._bot.end(kill=True)

    def log(self) -> str:
        """The last that bots wrote."""
        file = self.folder / "log"
        return "\n".join(file.read_text().splitlines()[-30:]) if file.exists() else ""

    # ------------------------------------------------------------ what people and CI do

    async def say(self, who: str, text: str) -> None:
        """A person types a command, again until it is acknowledged."""
        await self._until_taken(lambda: self.slack.say(self.people[who], self.channels["releases"], text))

    async def _until_taken(self, deliver: Callable[[], Any]) -> None:
        for _ in range(TRIES):
            await self.alive()
            exchange: Exchange = await deliver()
            if exchange.status == 200:
                return
            await self._something_happens(PATIENCE)  # who was killed in the middle of it is not gone yet
        raise AssertionError(f"it was not acknowledged {TRIES} times: {exchange.status} {exchange.error}\n{self.log()}")

    async def build(self, service: str, version: str, commit: str, author: str = "dev") -> None:
        """CI builds a version."""
        content = f"{service} {version}".encode()
        digest = await asyncio.to_thread(lambda: self.shop.registry(service).push(content, commit=commit, tag=version))
        people = {"authors": frozenset({author}), "reviewers": frozenset()}
        await asyncio.to_thread(self.shop.register, ArtifactBody(service=service, version=version, digest=digest, commit=commit, **people))

    async def deploy(self, service: str, version: str, environment: str) -> None:
        """CI deploys by itself, and tells the bot until it hears."""
        await self.alive()
        async with asyncio.timeout(LIMIT), asyncio.TaskGroup() as group:
            told = group.create_task(self.ask_ci("deploy", service=service, version=version, environment=environment))
            while not told.done():
                await self.alive()
                await self._something_happens(PATIENCE)

    async def ask_ci(self, what: str, **body: Any) -> bytes:
        """Have the CI do something that is no part of the contract."""
        async with self._session.post(f"{self._ci_url}/demo/{what}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def runs(self) -> list[Record]:
        """The orders that CI took."""
        return await asyncio.to_thread(self.shop.records)

    async def _deploys(self) -> bool:
        """Whether CI is in the middle of a run: how much of the machine it gets says nothing about the time that it takes."""
        return any(record.state not in OVER for record in await self.runs())

    # ------------------------------------------------------------ time

    async def wait(self, span: timedelta) -> None:
        """Time goes on, for everybody."""
        self.clock.ahead += span
        await self.ask_ci("clock", ahead=self.clock.ahead.total_seconds())

    async def until(self, what: str, holds: Callable[[Tx], Any]) -> Any:
        """Wait until the database says something; while nothing happens, time goes on.

        Args:
            what: for whoever reads that it never did.
            holds: reads it; its first true value is returned.
        """
        for _ in range(STEPS):
            if found := await self._while_it_works(holds):
                return found
            await self.wait(STEP)
        raise AssertionError(f"half an hour later: {what} is not so\n{self.log()}")

    async def at(self, moment: datetime) -> None:
        """It becomes so late, unless it is later already."""
        await self._while_it_works(lambda tx: False)
        await self.wait(max(moment - self.clock.now(), timedelta()))

    async def _while_it_works(self, holds: Callable[[Tx], Any]) -> Any:
        """What `holds` finds; nothing, when neither the bot nor CI has had anything in hand for a while.

        Whatever it has, it has on lease, and it may be about to take more: were it to pass meanwhile, the bot would seem to sleep over its lease.
        """
        async with asyncio.timeout(LIMIT):
            while True:
                await self.alive()
                assert self._bot
                found, working = await self.store.read(lambda tx, bot=self._bot: (holds(tx), at_work(tx, bot)))
                if found:
                    return found
                if not working and self._bot.rests() and not await self._deploys():
                    self._bot.looks = 0
                    return None
                await self._something_happens(PATIENCE)

    async def _something_happens(self, seconds: float) -> None:
        """Wait until Slack is told something or the bot is killed, but not for long: what other processes write is not heard of."""
        waiting = [asyncio.ensure_future(self.slack.state.changed()), asyncio.ensure_future(self._dead.wait())]
        _, others = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
