"""Processes that start at once: forked from one that has imported the demo's servers already, which takes a second.

Invariant: each is a process of its own, to be killed and started again; it shares nothing with the tests but what it is given.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

_READY = multiprocessing.get_context("forkserver")
_READY.set_forkserver_preload(["bot.demo.servers", __name__])


class Forked:
    """`python -m bot.demo.servers` with these arguments.

    Args:
        arguments: of the command.
        log: takes what it writes to standard error; without one that goes where ours goes.
    """

    def __init__(self, *arguments: str, log: Path | None = None) -> None:
        self._said, told = _READY.Pipe(duplex=False)
        self._process = _READY.Process(target=_main, args=(arguments, told, log), name="demo-servers", daemon=True)
        self._process.start()
        told.close()

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
        self._process.kill() if kill else self._process.terminate()
        await asyncio.to_thread(self._process.join, limit)
        self._said.close()
        code = self._process.exitcode
        assert code is not None, f"it did not end within {limit:g} s"
        return code

    def _line(self, limit: float) -> bytes:
        if not self._said.poll(limit):
            return b""
        with os.fdopen(os.dup(self._said.fileno()), "rb", buffering=0) as stream:
            return stream.readline()


async def started(arguments: Sequence[str], log: Path) -> Forked:
    """The same as `bot.demo.ci_process.started`, at once."""
    return Forked(*arguments, log=log)


def _main(arguments: tuple[str, ...], told: Connection, log: Path | None) -> None:
    """What the process does: speak to whoever started it, as on a standard output of its own, and serve."""
    from bot.demo import servers

    if log:
        with log.open("ab") as errors:
            os.dup2(errors.fileno(), 2)
    os.dup2(told.fileno(), 1)
    told.close()
    sys.argv = ["servers", *arguments]
    servers.main()
