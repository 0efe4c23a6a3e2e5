"""Processes of the benchmark: `python -m bot.bench.child ROLE …` serves until its standard input ends.

Invariant: each says its ports in one JSON line when it is ready; a parent that dies takes it along, because the pipe closes.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

READY = 60.0
"""Seconds until a child must be ready."""


def compiled(folder: Path) -> dict[str, str]:
    """The environment in which a process finds its modules compiled, as those of an installed program are, wherever it runs from.

    Args:
        folder: for the compiled modules; the first process fills it.
    """
    return {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


def tail(log: Path) -> str:
    """The end of a process's log, for an error."""
    return log.read_text(errors="replace")[-2000:]


@asynccontextmanager
async def child(log: Path, role: str, *arguments: str) -> AsyncIterator[dict[str, Any]]:
    """Run a process of this module, and end it.

    Args:
        log: where its standard error goes.
        role: `bare`, `door`, `whole` or `slack`.
        arguments: of the role.

    Yields:
        What it said when it was ready, with its `pid`.

    Raises:
        RuntimeError: it ended before it was ready.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.bench.child", role, *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            cwd=Path(__file__).parents[2], env={**os.environ, **compiled(log.parent)},
        )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        async with asyncio.timeout(READY):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {role} process did not start: {tail(log)}")
        yield {**json.loads(line), "pid": process.pid}
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _bare() -> AsyncIterator[dict[str, int]]:
    """A Bolt app that only acknowledges, as its own documentation builds one."""
    from slack_bolt.async_app import AsyncAck, AsyncApp
    from slack_bolt.authorization import AuthorizeResult

    from bot.bench.company import SECRET, TOKEN

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=TOKEN)

    app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    @app.command("/release")
    async def release(ack: AsyncAck) -> None:
        await ack()

    runner = web.AppRunner(app.web_app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield {"port": runner.addresses[0][1]}
    await runner.cleanup()


async def _house(database_url: str, slack_url: str, *, works: bool) -> AsyncIterator[dict[str, int]]:
    from bot import garbage
    from bot.bench.company import policy, settings
    from bot.bench.peers import BenchArtifacts, BenchCI
    from bot.build import build
    from bot.connections import Port
    from bot.log import set_up
    from bot.neighbours import Neighbours

    set_up("INFO")
    house = await build(settings(database_url, slack_url), policy(), None, Neighbours({"bench": BenchCI()}, {"bench": BenchArtifacts()}))
    garbage.settle()  # as `signalbox serve` does
    if works:
        await house.start()
        yield {"port": house.ports[0], "internal": house.ports[1]}
        return  # what waits is not carried out to the end: the files are thrown away
    # the door alone: everything up to the acknowledgement, and nobody who carries it out
    runner = web.AppRunner(house.doors.app(), access_log=None)
    await runner.setup()
    await Port(runner, "127.0.0.1", 0).start()
    yield {"port": runner.addresses[0][1]}
    await runner.cleanup()
    await house.inbox.close()
    await house.store.close()


async def _slack() -> AsyncIterator[dict[str, str]]:
    from bot.bench.peers import SlackPeer

    peer = SlackPeer()
    await peer.start()
    yield {"url": peer.url}
    await peer.stop()


async def _serve(role: str, arguments: list[str]) -> None:
    server: AsyncIterator[dict[str, Any]]
    match role:
        case "bare":
            server = _bare()
        case "door" | "whole":
            server = _house(*arguments, works=role == "whole")
        case "slack":
            server = _slack()
        case _:
            raise SystemExit(f"no such role: {role}")
    async for said in server:
        print(json.dumps(said), flush=True)  # noqa: T201 - the parent reads it
        await asyncio.to_thread(sys.stdin.read)
    if role == "whole":
        os._exit(0)


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2:]))
