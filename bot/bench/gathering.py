"""How long it takes to read what proves a release of many pull requests, counted in round trips to neighbours that take their time.

Invariant: the adapters are the real ones, over HTTP; forge and registry are the demo's, and what they answer is replayed after a delay.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from bot.adapters.clock import MachineClock
from bot.adapters.transport import Transport
from bot.bench.figures import Figure
from bot.bench.replay import Replay
from bot.demo import policy as demo
from bot.demo.ci_process import CIProcess
from bot.demo.clock import StoryClock
from bot.demo.development import SERVICE, Development, repository_of
from bot.demo.forge import API
from bot.demo.people import MEMBERS, RELEASE_CI
from bot.demo.repository import Repository
from bot.neighbours import neighbours_of
from bot.policy_file import parse
from bot.settings import Settings, Stated
from commands.core.deadline import Deadline
from commands.core.prove import Prove
from guards.policy import Policy
from guards.requirements import EVIDENCE
from guards.unread import Absent, Unread
from guards.vcs import Span
from guards.version import Artifact, Deployment, Evidence

DELAY = 0.05
"""Seconds that each answer takes: about a round trip to another continent."""


class Reading:
    """One bot that reads, with nothing remembered at first."""

    def __init__(self, settings: Settings, policy: Policy, running: Deployment) -> None:
        self._transport, self._running, self._source = Transport(), running, policy.services[SERVICE].artifacts
        self._beside = neighbours_of(settings, policy, self._transport, MachineClock())
        self._prove = Prove(policy, self._beside.sources, self._beside.histories, self._beside.proofs)

    async def look(self) -> tuple[float, Evidence]:
        """Read everything that production asks for; the seconds that it took, and what was read."""
        begun, deadline = perf_counter(), Deadline(120)
        found = await self._beside.sources[self._source].find(SERVICE, "v2.0.0")
        assert isinstance(found, Artifact), found
        _, evidence = await self._prove.read(found, "production", self._running, deadline)
        return perf_counter() - begun, evidence

    async def close(self) -> None:
        """Give the connections back."""
        for history in self._beside.histories.values():
            await history.close()
        await self._transport.close()


async def measure(folder: Path, pulls: int, rounds: int) -> list[Figure]:
    """Make a release of so many pull requests, and read it.

    Args:
        folder: for scratch files.
        pulls: in the release.
        rounds: first looks, of which the median counts.
    """
    async with _released(folder, pulls) as (settings, policy, running, replay):
        await _look(settings, policy, running, pulls)  # the replay learns all answers
        late, again = list[float](), list[float]()
        first = second = anew = 0
        for _ in range(rounds):
            replay.begin(DELAY)
            reading = Reading(settings, policy, running)
            late.append((await reading.look())[0])
            first = replay.asked
            replay.begin(DELAY)
            again.append((await reading.look())[0])
            second, anew = replay.asked, replay.unconditional
            await reading.close()
    group = f"Reading what proves a release of {pulls} pull requests, every answer after {DELAY * 1000:.0f} ms"
    return [
        Figure(group, "first look", median(late) * 1000, "ms"),
        Figure(
            group, "first look, in answers' times", median(late) / DELAY, "×", below=12,
            note=f"{first} requests, most of them at the same time; our own work is in it.",
        ),
        Figure(group, "second look within a minute", median(again) * 1000, "ms"),
        Figure(group, "second look, conditional requests", second - anew, "requests"),
        Figure(
            group, "second look, other requests", anew, "requests", below=1,
            note="what people wrote on pull requests since (GraphQL has no conditional requests), and whether the registry still has "
            "what is attached and what is gone back to (a registry may say \"unchanged\" of a digest without looking).",
        ),
    ]  # fmt: skip


async def _look(settings: Settings, policy: Policy, running: Deployment, pulls: int) -> tuple[float, Evidence]:
    reading = Reading(settings, policy, running)
    try:
        seconds, evidence = await reading.look()
    finally:
        await reading.close()
    parts = [getattr(evidence, name) for name in ("tag", "work", "checks", "owners", "protection", "proof", "retrievable")]
    assert not any(isinstance(part, Unread | Absent) or part is None for part in parts), parts
    assert isinstance(evidence.work, Span)
    assert len(evidence.work.pulls) == pulls
    assert len(EVIDENCE) >= len(parts)
    return seconds, evidence


@asynccontextmanager
async def _released(folder: Path, pulls: int) -> AsyncIterator[tuple[Settings, Policy, Deployment, Replay]]:
    """A company that has v1.0.0 in production, and v2.0.0 built."""
    await asyncio.to_thread(folder.mkdir)
    secret, shared = folder / "ci-secret", secrets.token_hex(24)
    await asyncio.to_thread(secret.write_text, shared)
    clock = StoryClock.starting(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    repository = await Repository.create(folder / SERVICE, tagger=RELEASE_CI)
    ci = CIProcess(folder / "ci", secret, clock, folder / "ci.log", {repository_of(SERVICE): folder / SERVICE})
    os.environ[f"{demo.CI_SECRET}_FILE"] = str(secret)
    async with ci, Replay().before(ci.url) as replay:
        made = Development(SERVICE, repository, ci, clock, Ed25519PrivateKey.generate())
        await made.begin({"api.py": 'print("hello")\n'})
        await made.change("API-0: begin", {"a.py": "0\n"}, author="dev", reviewer="rob")
        first = await made.release("v1.0.0")
        for number in range(1, pulls + 1):
            await made.change(f"API-{number}: step {number}", {f"src/{number}.py": f"{number}\n"}, author="dev", reviewer="rob")
        await made.release("v2.0.0")
        file = folder / "signalbox.yaml"
        text = demo.text(replay.url, made.builds.public_key, RELEASE_CI.email, _ids())
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        settings = Stated.model_validate({
            "SIGNALBOX_POLICY": file, "GITHUB_API_URL": f"{replay.url}{API}", "GITHUB_TOKEN": SecretStr(shared), "GITHUB_APP_ID": None,
            "GITHUB_APP_PRIVATE_KEY": None,
        })  # fmt: skip
        running = Deployment(SERVICE, "production", "v1.0.0", first.digest, first.commit, clock.now())
        try:
            yield settings, parse(text.encode(), str(file)), running, replay
        finally:
            os.environ.pop(f"{demo.CI_SECRET}_FILE")


def _ids() -> dict[str, str]:
    """Slack's ids, of which none is ever asked."""
    people = {member.handle: f"U0{member.handle.upper()}" for member in MEMBERS}
    return people | {"team": "T0BENCH", "releases": "C0RELEASES", "alerts": "C0ALERTS", "managers": "S0MANAGERS"}
