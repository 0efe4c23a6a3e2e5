"""From the click on Approve to the call of CI, and a judgement in its transaction; peers answer at once.

Invariant: people come in by signed HTTP requests and CI is reached by the outbox, as always; nothing is called past the road.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter

from bot.adapters.clock import MachineClock
from bot.adapters.directory import SlackDirectory
from bot.adapters.holiday_calendars import HolidayCalendars
from bot.bench.company import SERVICES, built, clicked, policy, settings, submitted, typed
from bot.bench.load import fire
from bot.bench.peers import BenchArtifacts, BenchCI, SlackPeer
from bot.build import House, build
from bot.neighbours import Neighbours
from commands.core import record
from commands.core.command import Ask
from commands.core.dispatch import GUARDS, HEALS
from commands.core.gather import Gather
from commands.core.inside import inside
from commands.core.invocation import REPORTED, Reported
from commands.core.ports.ci import Deployed, Run, RunState
from commands.core.ports.freeze_calendars import NoFreezeCalendars
from commands.core.requests import at_dispatch
from guards.change import Change
from guards.judge import judge
from storage import changes, inbox, timers
from storage.database import Tx
from storage.timers import Timer

CAPTAIN, MANAGER = 0, 32
LIMIT = 20.0
"""Seconds for one step."""

_VERSIONS = itertools.count(1)


@dataclass
class Approvals:
    """What was measured, in seconds.

    Args:
        opened: from a click on Approve until Slack was asked to open the form.
        called: from the form that was sent until CI was called.
    """

    opened: list[float] = field(default_factory=list)
    called: list[float] = field(default_factory=list)


class Company:
    """The bot at work in this process, with its neighbours.

    Args:
        house: started.
        ci, slack: its neighbours.
    """

    def __init__(self, house: House, ci: BenchCI, slack: SlackPeer) -> None:
        self._house = house
        self._ci = ci
        self._slack = slack
        self._clock = MachineClock()
        directory = SlackDirectory(house.intake.bolt.client)
        self._gather = Gather(
            house.policy,
            house.store,
            directory,
            {"bench": BenchArtifacts()},
            self._clock,
            {},
            {},
            house.sign_in,
            HolidayCalendars(),
            NoFreezeCalendars(),
        )
        self._number = itertools.count(1)

    async def _send(self, request: bytes) -> None:
        await fire(self._house.ports[0], [request], 1)

    async def _quiet(self) -> None:
        async with asyncio.timeout(LIMIT):
            await self._house.workers.quiet()

    async def _report(self, *reports: Run | Deployed) -> None:
        """What CI says, from the inbox on."""
        payload = Reported(ci="bench", reports=reports).model_dump(mode="json")
        number = next(self._number)
        await self._house.inbox.put(inbox.Delivery(f"ci:bench:{id(self)}-{number}", REPORTED, payload, f"bench-{number}"))
        await self._quiet()

    async def awaiting(self) -> Change:
        """A change to production that waits for its approval, asked for on the road."""
        number = next(_VERSIONS)
        service, version = SERVICES[number % len(SERVICES)], f"v7.{number}.0"
        what = built(version)
        at = self._clock.now() - timedelta(minutes=1)
        await self._report(Deployed(service, "staging", version, what.digest, what.commit, "ci-1", at))
        await self._send(typed(f"promote {service} {version} production", CAPTAIN))
        await self._quiet()
        change = (await self._house.store.read(lambda tx: changes.recent(tx, service, 1)))[0]
        if change.content.version != version:
            raise RuntimeError(f"{service} {version} was not accepted")
        return change

    async def approve(self, found: Approvals) -> None:
        """One approval from the click on, timed; CI then reports its success, so that the place is free again."""
        change = await self.awaiting()
        known = {"change": change.id, "seen": change.content.hash}
        loop = asyncio.get_running_loop()

        self._slack.opened = loop.create_future()
        begun = perf_counter()
        sending = asyncio.create_task(self._send(clicked("approve", known, MANAGER)))
        async with asyncio.timeout(LIMIT):
            found.opened.append(await self._slack.opened - begun)
        await sending
        await self._quiet()

        self._ci.called = loop.create_future()
        begun = perf_counter()
        sending = asyncio.create_task(self._send(submitted("approve", known, {"rationale": "diff read, alerts are quiet"}, MANAGER)))
        async with asyncio.timeout(LIMIT):
            at, order = await self._ci.called
        found.called.append(at - begun)
        await sending
        await self._quiet()
        await self._report(Run(order.key, "run", None, RunState.SUCCEEDED, change.content.digest))

    async def answer(self, text: str) -> float:
        """Seconds from typing a command until everything that it caused is told."""
        begun = perf_counter()
        await self._send(typed(text, CAPTAIN))
        await self._quiet()
        return perf_counter() - begun

    async def commit(self, times: int) -> list[float]:
        """Write one row, so often; seconds for each transaction: less than this no step takes that has to reach the disk."""
        timer = Timer("bench:commit", "bench", self._clock.now() + timedelta(days=365), {})
        found = []
        for _ in range(times):
            begun = perf_counter()
            await self._house.store.write(lambda tx: timers.set(tx, timer))
            found.append(perf_counter() - begun)
        return found

    async def judge(self, change: Change, times: int) -> list[float]:
        """Judge a waiting change in transactions of its own, each with a ledger entry; seconds for each."""
        ask = Ask(change=change.id)
        outside = await self._gather.outside(ask)

        def work(tx: Tx) -> None:
            facts = inside(tx, ask, outside)
            assert isinstance(facts.change, Change)
            request = at_dispatch(facts.change, facts)
            judgement = judge(GUARDS, request, facts, HEALS)
            body = record.judgement_body(judgement, request, facts)
            record.write(tx, "bench:judged", record.CLOCK, facts, "bench", subject=change.id, **body)

        found = []
        for _ in range(times):
            begun = perf_counter()
            await self._house.store.write(work)
            found.append(perf_counter() - begun)
        return found


@asynccontextmanager
async def company(database_url: str) -> AsyncIterator[Company]:
    """Open the house on a database, and close it.

    Args:
        database_url: migrated.
    """
    slack, ci = SlackPeer(), BenchCI()
    await slack.start()
    house = await build(settings(database_url, slack.url), policy(), None, Neighbours({"bench": ci}, {"bench": BenchArtifacts()}))
    await house.start()
    try:
        yield Company(house, ci, slack)
    finally:
        await house.stop()
        await slack.stop()
