"""Whatever becomes of an answer on its way, no adapter raises, takes it for a yes, outlasts its limit, or tells a secret (OPS-08, EVD-31).

Every call of every adapter goes through a proxy that spoils the answers. Here with a few faults each; tests/torture/test_neighbours.py has all.
"""

import asyncio
import importlib
import inspect
import pkgutil
from collections import Counter
from contextlib import AsyncExitStack
from itertools import count

import pytest
from aiohttp import ClientSession

import bot.adapters
import bot.slack
from bot.adapters.transport import Limits, Transport
from bot.slack.session import slack_session
from commands.core.ports.chat import Unposted
from commands.core.ports.ci import TurnedDown
from tests.world.faults import FAULTS, FaultyProxy
from tests.world.outside import APART, ROWS
from tests.world.stands import PLACES, SECRETS, Asking, Row

SMALL = Limits(connect=0.2, read=0.1, total=0.2, wait=0.001, attempts=2)
PATIENT = Limits(connect=20, read=20, total=60, wait=0.001)
HUNG = 60
"""Seconds after which a call certainly has no limit, on the busiest machine."""

LIE = "answers about something else"
SLOW = {"takes it and never answers", "answers after the time limit", "drips", "asks to wait for seven seconds"}
"""Faults that meet a limit; under all others what is judged is the answer, however busy the machine is."""

SHORT = 6
"""Faults for a row of the short form."""

_numbers = count(1)


def outside() -> tuple[set[str], set[str]]:
    """`Class.method` of every public coroutine of every class in the packages that call others, and the classes that are told apart."""
    found, apart = set(), set()
    for package in (bot.adapters, bot.slack):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, kind in vars(importlib.import_module(module.name)).items():
                if not inspect.isclass(kind) or kind.__module__ != module.name:
                    continue
                own = {m for m, f in vars(kind).items() if inspect.iscoroutinefunction(f) and not m.startswith("_") and m != "close"}
                if name in APART:
                    apart |= {name} if own else set()
                else:
                    found |= {f"{name}.{method}" for method in own}
    return found, apart


def test_every_call_to_the_outside_has_a_row():
    assert ({row.name for row in ROWS}, set(APART)) == outside()
    assert [str(row) for row in ROWS if bool(row.lies) == bool(row.trusts)] == []  # what nobody could lie about says why
    assert {name for row in ROWS for name in row.also} <= FAULTS.keys()


class Bench:
    """One small neighbour, and calls to it by way of a proxy each.

    Args:
        row: what is called.
        place, url: the neighbour.
        stack: closes what is opened.
    """

    def __init__(self, row: Row, place, url: str, stack: AsyncExitStack) -> None:
        self.row, self.place, self.url, self.stack, self.answers = row, place, url, stack, 0
        self.clients: dict[Limits, tuple[Transport, ClientSession]] = {}

    @classmethod
    async def of(cls, row: Row, stack: AsyncExitStack) -> "Bench":
        made = cls(row, *await stack.enter_async_context(PLACES[row.at]()), stack)
        for limits in (SMALL, PATIENT):
            made.clients[limits] = Transport(limits), await stack.enter_async_context(slack_session(limits.total))
            stack.push_async_callback(made.clients[limits][0].close)
        return made

    async def asking(self, limits: Limits, fault: str | None = None, spare: int = 0) -> Asking:
        lies = {} if fault is None else self.row.lies
        proxy = FaultyProxy(self.url, fault and FAULTS[fault], spare, late=2 * limits.total, lies=lies)
        await self.stack.enter_async_context(proxy.standing())
        return Asking(next(_numbers), self.place, proxy, *self.clients[limits], limits.total)

    async def usual(self) -> int:
        """Unspoiled it is a yes; how many answers it takes."""
        asking = await self.asking(PATIENT)
        answer = await self.row.call(asking)
        assert isinstance(answer, self.row.yes), (str(self.row), answer)
        self.answers = asking.proxy.asked
        assert self.answers
        return self.answers

    async def spoiled(self, fault: str, spare: int) -> str | None:
        """What is wrong with what came of it, or None.

        Args:
            fault: its name.
            spare: how many answers are left as they are before.
        """
        row, asking = self.row, await self.asking(SMALL if fault in SLOW else PATIENT, fault, spare)
        place = f"{row}, answer {spare + 1} {fault}"
        try:
            async with asyncio.timeout(HUNG):
                answer = await row.call(asking)
        except TimeoutError:
            return f"{place}: it has no time limit"
        except Exception as error:
            return f"{place}: it raises {error!r}"
        if fault == LIE and not asking.proxy.lied:
            return None  # there was nothing in that answer to lie about
        if any(secret in repr(answer) for secret in SECRETS):
            return f"{place}: it tells a secret: {answer}"
        right = fault in row.also and spare >= self.answers - row.tail and isinstance(answer, row.yes)
        if not isinstance(answer, row.no) and not right:
            return f"{place}: {answer}"
        done = row.done(asking) if row.done else 0
        if done > 1:
            return f"{place}: it was done {done} times"
        surely_not = isinstance(answer, TurnedDown) or (isinstance(answer, Unposted) and not answer.maybe)
        if done and surely_not:
            return f"{place}: it was done, and yet {answer}"
        return None

    async def wrong(self, cells: list[tuple[str, int]], at_once: int = 12) -> list[str]:
        """What is wrong with any of these."""
        gate = asyncio.Semaphore(at_once)

        async def one(fault: str, spare: int) -> str | None:
            async with gate:
                return await self.spoiled(fault, spare)

        return [found for found in await asyncio.gather(*(one(*cell) for cell in cells)) if found]


def cells(row: Row, answers: int) -> list[tuple[str, int]]:
    """Every fault in the place of every answer."""
    faults = [name for name in FAULTS if row.lies or name != LIE]
    return [(fault, spare) for spare in range(answers) for fault in faults]


def some(number: int) -> set[str]:
    """A few faults for one row, others for the next one; the lies in all."""
    names = list(FAULTS)
    return {names[(number * SHORT + n) % len(names)] for n in range(SHORT)} | {LIE}


def test_the_short_form_has_every_fault_for_many_rows():
    met = Counter(fault for number, _ in enumerate(ROWS) for fault in some(number))
    assert min(met[fault] for fault in FAULTS) >= len(ROWS) * SHORT // len(FAULTS)


@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_a_spoiled_answer_is_never_a_yes(row):
    """Some faults in the last answer that a call takes, and a lie in each of them."""
    async with AsyncExitStack() as stack:
        bench = await Bench.of(row, stack)
        answers = await bench.usual()
        short = [cell for cell in cells(row, answers) if cell[0] == LIE or (cell[1] == answers - 1 and cell[0] in some(ROWS.index(row)))]
        assert await bench.wrong(short) == []


@pytest.mark.parametrize("turns", range(40))
async def test_a_proxy_that_is_left_at_any_moment_ends(turns):
    """A cancelled answer is over; were it to go on after all, as one that never comes, the proxy would wait for it without end."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(answers, "127.0.0.1", 0) as neighbour, asyncio.timeout(HUNG):
        proxy = FaultyProxy(f"http://127.0.0.1:{neighbour.sockets[0].getsockname()[1]}", FAULTS["takes it and never answers"])
        async with proxy.standing():
            _, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            for _ in range(turns):
                await asyncio.sleep(0)
            writer.close()
