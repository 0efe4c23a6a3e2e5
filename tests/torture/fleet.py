"""Three replicas of the bot on one PostgreSQL, whoever knocks at any of them, and what is done to them meanwhile.

Invariant: a delivery goes to a replica that is in rotation when it is sent, as a load balancer has it; one that is not acknowledged is
delivered again, to any of them.
"""

import asyncio
import json
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from os import kill
from typing import Any, Self

import psycopg

from bot.workspace.deliver import INTERACTIVE, SLASH, Courier
from bot.workspace.nouns import Message, buttons_of
from bot.workspace.payloads import block_actions, command
from bot.workspace.text import Json
from storage.database import Tx
from tests.torture.town import LEASE, STEP, STEPS, Bot, Town, at_work

_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
TRIES = 200
ACK = 3.0


class Replica:
    """One of the processes, and the way to it.

    Args:
        town: where it works.
        name: of its folder.
    """

    def __init__(self, town: Town, name: str) -> None:
        self._town, self.name = town, name
        self._folder = town.folder / name
        self._folder.mkdir()
        for shared in ("environment.json", "clock"):
            (self._folder / shared).symlink_to(town.folder / shared)
        self._numbers = 0
        self._courier = Courier(town.slack.signing_secret, ACK, lambda: town.clock.now().timestamp())
        self.bot: Bot | None = None
        self.in_rotation = False

    @property
    def address(self) -> str:
        """Where it listens."""
        assert self.bot
        return f"http://127.0.0.1:{self.bot.port}"

    async def start(self) -> None:
        """Have it run, and take its part of the work."""
        self._numbers += 1
        self.bot = Bot(self._folder, self._numbers, None)
        assert await self.bot.ready(), self.log()
        self._courier.aim(f"{self.address}/slack/events")
        self.in_rotation = True

    def signal(self, what: signal.Signals) -> None:
        """Kill it, stop it, or let it go on."""
        assert self.bot
        self.in_rotation = what is signal.SIGCONT
        kill(self.bot.process.pid, what)

    async def end(self) -> int:
        """Have it stop in order."""
        assert self.bot
        self.in_rotation = False
        return await self.bot.process.end(limit=40)

    async def close(self) -> None:
        """Nothing of it is left."""
        if self.bot:
            await self.bot.process.end(kill=True)
        await self._courier.stop()

    async def deliver(self, kind: str, payload: Json, retry: int) -> bool:
        """Whether it acknowledged it within Slack's three seconds."""
        return (await self._courier.deliver(kind, payload, retry)).status == 200

    def log(self) -> str:
        """The last that it wrote beside what went well."""
        return "\n".join(line[:600] for line in self.lines()[-15:])

    def lines(self) -> list[str]:
        """What it wrote beside what went well."""
        return [line for line in (self._folder / "log").read_text().splitlines() if line.startswith("{") and '"level": "info"' not in line]


class Fleet:
    """The replicas.

    Args:
        town: where they work; it has no bot of its own.
        number: of them.
        seed: of what goes where.
    """

    def __init__(self, town: Town, number: int = 3, seed: str = "1") -> None:
        self.town = town
        self.replicas = [Replica(town, f"replica-{each}") for each in range(1, number + 1)]
        self.delivered = self.repeated = 0
        self._chance = random.Random(seed)

    async def __aenter__(self) -> Self:
        for replica in self.replicas:
            await replica.start()
        await self.balance()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(replica.close() for replica in self.replicas))

    # ------------------------------------------------------------ whoever knocks

    @property
    def in_rotation(self) -> list[Replica]:
        """Those that get deliveries."""
        return [replica for replica in self.replicas if replica.in_rotation]

    async def balance(self) -> None:
        """CI's reports go to one that is there."""
        await self.town.ask_ci("callback", url=self._chance.choice(self.in_rotation).address)

    async def delivers(self, kind: str, payload: Json) -> None:
        """Slack delivers something, until it is acknowledged."""
        for retry in range(TRIES):
            if await self._chance.choice(self.in_rotation).deliver(kind, payload, retry):
                self.delivered += 1
                return
            self.repeated += 1
            await asyncio.sleep(0.1)  # a database that restarts takes its time
        raise AssertionError(f"not acknowledged {TRIES} times:\n{self.log()}")

    def typed(self, who: str, text: str, channel: str = "releases") -> tuple[str, Json]:
        """What Slack delivers when somebody types."""
        town = self.town
        word, _, rest = text.partition(" ")
        return SLASH, command(town.slack.state, town.people[who], town.channels[channel], word, rest, town.slack.url.removesuffix("/api/"))

    def clicked(self, who: str, message: Message, label: str) -> tuple[str, Json]:
        """What Slack delivers when somebody presses a button that is on the message now."""
        town, state = self.town, self.town.slack.state
        found = next(button for button in buttons_of(message.blocks, state.reader()) if button.text == label)
        action = {
            "block_id": found.block_id,
            **{key: found.element[key] for key in ("type", "action_id", "text", "value") if key in found.element},
        }
        return INTERACTIVE, block_actions(state, town.people[who], message, action, town.slack.url.removesuffix("/api/"))

    # ------------------------------------------------------------ what is done to them

    async def kill(self, number: int) -> None:
        """SIGKILL; its leases end a minute later."""
        self.replicas[number].signal(signal.SIGKILL)
        await self.balance()
        await self.town.wait(LEASE)

    async def pause(self, number: int) -> None:
        """SIGSTOP, for longer than a lease."""
        self.replicas[number].signal(signal.SIGSTOP)
        await self.balance()
        await self.town.wait(LEASE)

    async def go_on(self, number: int) -> None:
        """SIGCONT: it works on where it was."""
        self.replicas[number].signal(signal.SIGCONT)

    async def drop_connections(self) -> None:
        """The database ends all connections, whatever is done over them."""

        def drop() -> None:
            with psycopg.connect(self.town.database_url, autocommit=True) as connection:
                connection.execute(_END)

        await asyncio.to_thread(drop)

    def errors(self) -> Counter[str]:
        """What they wrote of what did not go well, and how often."""
        lines = [json.loads(line) for replica in self.replicas for line in replica.lines()]
        return Counter(f"{line['event'][:60]} {line.get('why', '')}".strip() for line in lines if line["level"] == "error")

    def log(self) -> str:
        """The last that they wrote beside what went well."""
        return "\n".join(f"{replica.name}:\n{replica.log()}" for replica in self.replicas)

    # ------------------------------------------------------------ until

    async def until(self, what: str, holds: Callable[[Tx], Any]) -> Any:
        """As `Town.until`: while all of them have nothing in their hands, time goes on."""
        for _ in range(STEPS):
            if found := await self._while_they_work(holds):
                return found
            await self.town.wait(STEP)
        raise AssertionError(f"half an hour later: {what} is not so\n{self.log()}")

    async def _while_they_work(self, holds: Callable[[Tx], Any]) -> Any:
        bots = [replica.bot for replica in self.replicas if replica.bot and replica.bot.process.code is None]
        async with asyncio.timeout(300):
            while True:
                found, working = await self.town.store.read(lambda tx: (holds(tx), [at_work(tx, bot) for bot in bots]))
                if found:
                    return found
                if not any(working) and all(bot.rests() for bot in bots):
                    for bot in bots:
                        bot.looks = 0
                    return None
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await self.town.slack.state.changed()
