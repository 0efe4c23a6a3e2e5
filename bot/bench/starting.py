"""How long `signalbox serve` takes until it is ready, and how much memory it holds.

Invariant: the program is started as people start it, with a policy file, its settings in the environment and a database file.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from time import perf_counter

import aiohttp

from bot.bench.child import compiled, tail
from bot.bench.company import SECRET, TOKEN, helps, policy_data
from bot.bench.load import fire

LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A program that is ready.

    Args:
        pid: the process.
        port, internal: where it listens.
        seconds: from its start until `/health/ready` said 200.
    """

    pid: int
    port: int
    internal: int
    seconds: float


@asynccontextmanager
async def served(folder: Path, database_url: str, slack_url: str, ci_url: str) -> AsyncIterator[Served]:
    """Run `signalbox serve`, and stop it by SIGTERM.

    Args:
        folder: for the policy file and the log.
        database_url: migrated.
        slack_url, ci_url: neighbours that answer.

    Raises:
        RuntimeError: it ended before it was ready.
        TimeoutError: it was not ready in time.
    """
    data = policy_data()
    peer = {"kind": "http", "url": ci_url, "secret": "BENCH_SECRET"}
    data |= {"ci": {"bench": peer}, "artifacts": {"bench": peer}}
    file, log = folder / "signalbox.yaml", folder / "serve.log"
    file.write_text(json.dumps(data, indent=1), encoding="utf-8")  # JSON is YAML
    port, internal = _free(), _free()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SIGNALBOX_", "SLACK_", "GITHUB_", "OTEL_"))},
        **compiled(folder),
        "SIGNALBOX_POLICY": str(file), "SIGNALBOX_DATABASE_URL": database_url, "SIGNALBOX_PORT": str(port),
        "SIGNALBOX_INTERNAL_PORT": str(internal), "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": slack_url,
        "BENCH_SECRET": "a-secret-of-the-bench",
    }  # fmt: skip
    with log.open("ab") as errors:
        begun = perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", cwd=Path(__file__).parents[2], env=environment, stdout=errors, stderr=errors
        )
    try:
        async with asyncio.timeout(LIMIT), aiohttp.ClientSession() as session:
            while not await _ready(session, internal):
                if process.returncode is not None:
                    raise RuntimeError(f"`signalbox serve` ended: {tail(log)}")
                await asyncio.sleep(0.01)  # between two looks at another process
        yield Served(process.pid, port, internal, perf_counter() - begun)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(30):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def loaded(program: Served, requests: int, answer_to: str) -> None:
    """Put it under load, and wait until all of it is carried out and told.

    Args:
        program: that serves.
        requests: how many `/release help`.
        answer_to: a response URL.
    """
    await fire(program.port, list(helps(requests, answer_to)), 32)
    async with asyncio.timeout(LIMIT * 4), aiohttp.ClientSession() as session:
        while any((await backlog(session, program.internal)).values()):  # noqa: ASYNC110 - another process has no event for us
            await asyncio.sleep(0.1)  # between two looks at another process


def resident(pid: int) -> float | None:
    """Resident memory of a process in MB (10⁶ bytes); None where the system does not tell it in /proc."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS:")), None)


async def _ready(session: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/health/ready") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def backlog(session: aiohttp.ClientSession, port: int) -> dict[str, int]:
    """Rows that wait, by table, from the internal port."""
    async with session.get(f"http://127.0.0.1:{port}/health") as answer:
        waiting: dict[str, int] = (await answer.json())["backlog"]
        return waiting


def _free() -> int:
    with socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
