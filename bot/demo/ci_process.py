"""The demo's servers seen from outside: a process with an address, and what the demo does at its CI.

Invariant: nothing is asked of it but over HTTP; what it did is read from its files, not from what it says.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp
from pydantic import BaseModel

from bot.demo.ci_runs import Record, Shop, digest_in
from bot.demo.clock import StoryClock
from bot.demo.policy import ENVIRONMENTS

_READY, _GONE, _CALL = 60.0, 10.0, 20.0  # seconds for the start, for the end, and for one call


class CIError(RuntimeError):
    """The demo CI did not start, or did not do what the demo asked of it; the message says what it answered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What lies in an environment's folder.

    Args:
        environment: its name.
        version, commit: what the note beside the artifact says.
        digest: of what lies there, computed here.
    """

    environment: str
    version: str
    commit: str
    digest: str


class _Note(BaseModel):
    version: str
    commit: str


class Program(Protocol):
    """A program that runs beside this one."""

    async def line(self, limit: float) -> bytes:
        """The first line of its standard output; nothing when it ended, or said nothing within so many seconds."""

    async def end(self, limit: float) -> int:
        """End it, by force after so many seconds; its exit code."""


class _Servers:
    """`python -m bot.demo.servers`, on a leash.

    Args:
        process: as it was started.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self, limit: float) -> bytes:
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(limit):
                return await self._process.stdout.readline()
        except TimeoutError:
            return b""

    async def end(self, limit: float) -> int:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(limit):
                await self._process.communicate()
        except TimeoutError:
            self._process.kill()
        return await self._process.wait()


async def started(arguments: Sequence[str], log: Path) -> Program:
    """Start the demo's servers as a program of their own.

    Args:
        arguments: of `bot.demo.servers`.
        log: takes what it writes to standard error.
    """
    pipe = asyncio.subprocess.PIPE
    with log.open("ab") as errors:
        # a session of its own: Ctrl-C is for the demo, which then ends it in order
        return _Servers(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot.demo.servers", "--leash", *arguments), stdin=pipe, stdout=pipe, stderr=errors,
                start_new_session=True, cwd=Path(__file__).parents[2],
            )
        )  # fmt: skip


class CIProcess:
    """A demo CI, with the registry and, if there are repositories, the forge; start it with `async with`.

    Args:
        root: its folder.
        secret: shared with the bot, in a file.
        repositories: `owner/name` → what the forge serves; none for no forge.
        clock: the story's; the CI's own is set to the same.
        log: takes what it writes to standard error.
    """

    def __init__(
        self, root: Path, secret: Path, clock: StoryClock, log: Path, repositories: Mapping[str, Path] | None = None
    ) -> None:  # fmt: skip
        self.root, self.url = root, ""
        self._secret, self._clock, self._log, self._repositories = secret, clock, log, repositories or {}
        self._shop = Shop(root, frozenset(ENVIRONMENTS))
        self._program: Program | None = None

    async def __aenter__(self) -> Self:
        environments = [word for name in ENVIRONMENTS for word in ("--environment", name)]
        arguments = [
            "--root", str(self.root), "--secret-file", str(self._secret), "--ahead", str(self._clock.ahead.total_seconds()), *environments,
            *(word for name, folder in self._repositories.items() for word in ("--repository", f"{name}={folder}")),
        ]  # fmt: skip
        self._program = await started(arguments, self._log)
        try:
            self.url = f"http://127.0.0.1:{json.loads(await self._program.line(_READY))['port']}"
        except (ValueError, KeyError) as error:
            await self.__aexit__()
            raise CIError(f"the demo CI did not start; its last words are in {self._log}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._program is not None:
            await self._program.end(_GONE)

    # ------------------------------------------------------------ controls

    async def call_back(self, bot: str) -> None:
        """Tell it where the bot is."""
        await self.ask("callback", url=bot)

    async def misbehave(self, mode: str, times: int = 1, *, seconds: float = 3.0) -> None:
        """Have the next orders go wrong: `slow`, `down`, `silent`, `drop_answer`, `fail`, `registry_down`; `ok` ends it."""
        await self.ask("faults", mode=mode, times=times, seconds=seconds)

    async def calls(self) -> list[dict[str, Any]]:
        """What the bot asked of it: `at`, `method`, `path` and `status` of each call, oldest first."""
        found: list[dict[str, Any]] = json.loads(await self.ask("calls"))["calls"]
        return found

    async def deploy(self, service: str, version: str, environment: str) -> None:
        """Have it deploy without an order; returns once the bot, if it knows of one, was told."""
        await self.ask("deploy", service=service, version=version, environment=environment)

    async def set_clock(self) -> None:
        """Have its clock show the story's time."""
        await self.ask("clock", ahead=self._clock.ahead.total_seconds())

    async def ask(self, what: str, **body: Any) -> bytes:
        """Have something done that is no part of any contract; what it answers.

        Args:
            what: below `/demo/`.
            body: as JSON.

        Raises:
            CIError: it was not done.
        """
        limit = aiohttp.ClientTimeout(total=_CALL)
        try:
            async with aiohttp.ClientSession(timeout=limit) as session, session.post(f"{self.url}/demo/{what}", json=body) as answer:
                if answer.status != 200:
                    raise CIError(f"the demo CI answered {answer.status} to {what}: {(await answer.text())[:200]}")
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise CIError(f"the demo CI did not answer to {what} ({type(error).__name__})") from error

    # ------------------------------------------------------------ what it did

    async def runs(self, change: str | None = None) -> list[Record]:
        """The orders that it took, from its files; those of one change if one is named."""
        records = await asyncio.to_thread(self._shop.records)
        return [record for record in records if change in {None, record.order.change}]

    async def built(self, service: str, version: str) -> bool:
        """Whether this version was built."""
        return await asyncio.to_thread(self._shop.artifact, service, version) is not None

    async def standing(self, service: str) -> list[Standing]:
        """What lies in each environment now, hashed here."""
        return await asyncio.to_thread(lambda: [s for e in ENVIRONMENTS if (s := self._standing(service, e))])

    def _standing(self, service: str, environment: str) -> Standing | None:
        folder = self.root / environment / service
        if not (folder / "VERSION").exists():
            return None
        note = _Note.model_validate_json((folder / "VERSION").read_bytes())
        return Standing(environment, note.version, note.commit, digest_in(folder))
