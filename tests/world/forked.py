"""Processes that start at once: forked from one that has imported the demo's servers and the bot already, which takes seconds.

Invariant: each is a process of its own, to be killed and started again; it shares nothing with the tests but what it is given.
"""

import asyncio
import importlib
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from pathlib import Path

_READY = multiprocessing.get_context("forkserver")
_READY.set_forkserver_preload(["bot.demo.servers", "tests.torture.bot_killed_at", __name__])


def ready() -> None:
    """Start the process that they are forked from, before a test has temporary folders of its own: it is reached by a socket in one."""
    forkserver.ensure_running()


class Forked:
    """A program with these arguments, as `python -m` would run it.

    Args:
        arguments: of the command.
        program: the module; its `main` is called.
        log: takes what it writes to standard error; without one that goes where ours goes.
    """

    def __init__(self, *arguments: str, program: str = "bot.demo.servers", log: Path | None = None) -> None:
        self._said, told = _READY.Pipe(duplex=False)
        self._process = _READY.Process(target=_main, args=(program, arguments, told, log), name=program, daemon=True)
        self._process.start()
        told.close()
        assert self._process.pid is not None
        self.pid: int = self._process.pid
        self._code: int | None = None

    @property
    def code(self) -> int | None:
        """Its exit code, the signal's number below zero; None while it runs.

        To be asked by one thread alone, that which starts processes: it is read from a pipe, once.
        """
        if self._code is None:
            self._code = self._process.exitcode
        return self._code

    @property
    def over(self) -> bool:
        """Whether `end` saw its end; nothing is open of it any more."""
        return self._said.closed

    @property
    def sentinel(self) -> int:
        """A file descriptor that can be read from when it has ended."""
        return self._process.sentinel

    async def join(self, limit: float = 10) -> None:
        """Wait for its end, whoever brings it about."""
        if self.code is None:
            await asyncio.to_thread(connection.wait, [self.sentinel], limit)

    async def line(self, limit: float = 20) -> bytes:
        """The first line of its standard output; nothing when it ended, or said nothing, before.

        Args:
            limit: seconds to wait.
        """
        return await asyncio.to_thread(self._line, limit)

    async def end(self, limit: float = 10, *, kill: bool = False) -> int:
        """End it, politely or not; its exit code, once more if it ended before.

        Args:
            limit: seconds to wait.
            kill: by SIGKILL.
        """
        if not self.over:
            self._process.kill() if kill else self._process.terminate()
            await self.join(limit)
            assert self.code is not None, f"it did not end within {limit:g} s"
            self._said.close()
            self._process.close()
        assert self._code is not None
        return self._code

    def _line(self, limit: float) -> bytes:
        if not self._said.poll(limit):
            return b""
        with os.fdopen(os.dup(self._said.fileno()), "rb", buffering=0) as stream:
            return stream.readline()


async def started(arguments: Sequence[str], log: Path) -> Forked:
    """The same as `bot.demo.ci_process.started`, at once."""
    return Forked(*arguments, log=log)


def _main(program: str, arguments: tuple[str, ...], told: Connection, log: Path | None) -> None:
    """What the process does: speak to whoever started it, as on a standard output of its own, and run."""
    if log:
        with log.open("ab") as errors:
            os.dup2(errors.fileno(), 2)
    os.dup2(told.fileno(), 1)
    told.close()
    sys.argv = [program.rpartition(".")[2], *arguments]
    importlib.import_module(program).main()
