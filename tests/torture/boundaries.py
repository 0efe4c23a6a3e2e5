"""Where a bot can be killed: before, in and after each transaction that writes, before and after each call that leaves the process.

Invariant: they are found where nothing gets past, at the store's one door and in the two HTTP libraries, so a new transaction or a new
adapter is a boundary from the day on which it is written. Between two of them nothing outside of the process is changed.
"""

import functools
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
import httpx

from bot.tracing import TracedStore
from storage.database import Tx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Boundary:
    """One place in the course of a process.

    Args:
        name: what is done there: `workers.Workers.tick.<lambda>: committed`, `POST /runs: answered`; `ANY`.
        time: the how-manieth time in this process, from 1.
    """

    name: str
    time: int

    def __str__(self) -> str:
        return f"{self.name}#{self.time}"

    @classmethod
    def parse(cls, text: str) -> "Boundary":
        """The other way round."""
        name, _, time = text.rpartition("#")
        return cls(name, int(time))


ANY = "boundary"
"""The name of every boundary, for who only counts them."""


class Course:
    """Counts the boundaries that this process passes, writes each down, and kills the process at one of them.

    Args:
        notes: a file that takes a line for each, before it is passed.
        end: where the process is killed; None lets it live.
    """

    def __init__(self, notes: Path, end: Boundary | None = None) -> None:
        self._notes = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._end = end
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def passes(self, name: str) -> None:
        """The process is at a boundary of this name."""
        with self._lock:
            self._passed.update((name, ANY))
            here = Boundary(name, self._passed[name])
            os.write(self._notes, f"{here}\n".encode())
            counted = Boundary(ANY, self._passed[ANY])
        if self._end in {here, counted}:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> type[TracedStore]:
        """Have every call that leaves this process pass here; the store that has every transaction do so."""
        passes = self.passes

        class Watched(TracedStore):
            async def write(self, work: Callable[[Tx], T], *, ahead: bool = False) -> T:
                name = _name(work)

                def watched(tx: Tx) -> T:
                    passes(f"{name}: begun")
                    result = work(tx)
                    passes(f"{name}: written")
                    return result

                result = await super().write(watched, ahead=ahead)
                passes(f"{name}: committed")
                return result

        # one place in each library through which all its calls go, whatever session or client makes them
        self._around(aiohttp.ClientSession, "_request", lambda method, url, **_: (method, url))
        self._around(httpx.AsyncClient, "send", lambda request, **_: (request.method, request.url))
        return Watched

    def _around(self, owner: type, name: str, called: Callable[..., tuple[str, Any]]) -> None:
        inner = getattr(owner, name)

        @functools.wraps(inner)
        async def watched(client: Any, *words: Any, **named: Any) -> Any:
            method, url = called(*words, **named)
            what = f"{method.upper()} {_path(str(url))}"
            self.passes(f"{what}: about to be sent")
            answer = await inner(client, *words, **named)
            self.passes(f"{what}: answered")
            return answer

        setattr(owner, name, watched)


def _name(work: Any) -> str:
    while isinstance(work, functools.partial):
        work = work.func
    return f"{work.__module__.rpartition('.')[2]}.{work.__qualname__}".replace("<locals>.", "")


def _path(url: str) -> str:
    """The path of an address, the parts of it that name one thing only left out."""
    return re.sub(r"(?<=/)[^/]*\d[^/]*", "*", urlsplit(url).path)
