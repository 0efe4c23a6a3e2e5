"""Nothing that is sent to any route makes the bot answer 5xx, tell of its inside, grow, or keep others waiting (SEC-01, SEC-02, OPS-08)."""

from __future__ import annotations

import asyncio
import re
import resource
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.adapters.github import GitHubActions
from bot.adapters.github_auth import TokenAuth
from bot.adapters.transport import Transport
from bot.neighbours import Neighbours
from bot.settings import Settings
from tests.commands.test_incident import policy
from tests.commands.test_incident_intake import INTAKE
from tests.torture.attacks import Attack, attacks, request
from tests.torture.doors import GITHUB_SECRET, Door, doors_of, genuine_body
from tests.torture.size import size
from tests.world import incident_sources as told
from tests.world.world import World

WARM, ROOM = 50, 200.0
"""Waves after which memory is held against what it was; and by how many MiB it may grow, most of it what the small Slack remembers."""

AT_ONCE, PATIENCE = 20, 20.0
"""Requests in a wave; seconds until an answer that is owed is missed."""

INSIDE = re.compile(
    rb"Traceback|File \"|\.py\b|aiohttp|Python/|pydantic|sqlalchemy|sqlite|psycopg|SELECT |INSERT |slack_bolt|"
    rb"\b(?:bot|commands|storage|guards)\.[a-z_]+\.|/tmp/|/dev/shm|/root/|/home/|site-packages|Error\b.*\bat 0x",
)
"""What would tell of what we are made of, and where we are."""


class _Octo(GitHubActions):
    """GitHub's CI, which nobody asks for anything here."""

    async def alive(self) -> None:
        return None


class _Everywhere(World):
    """A company that also deploys by GitHub, so that its bot has every route."""

    transport: Transport

    def beside(self, settings: Settings) -> Neighbours | None:
        beside = super().beside(settings)
        assert beside
        octo = _Octo(
            self.transport, TokenAuth(SecretStr("t" * 20)), clock=self.clock, webhook_secret=SecretStr(GITHUB_SECRET),
            workflows=[("acme/api", "deploy.yml")], api_url="http://127.0.0.1:1",
        )  # fmt: skip
        return replace(beside, ci={**beside.ci, "octo": octo})


@pytest.fixture
async def world(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A company whose bot has every route."""
    for name, key in (("PAGER_SECRET", told.PAGER_KEY), ("IO_SECRET", told.IO_KEY), ("HTTP_SECRET", told.HTTP_KEY)):
        monkeypatch.setenv(name, key)
    shutil.copy(sqlite_template, tmp_path / "signalbox.db")
    data = policy(intake=INTAKE)
    data["ci"] |= {"octo": {"kind": "github"}}
    made = _Everywhere(f"sqlite:///{tmp_path}/signalbox.db", data)
    made.transport = Transport()
    async with made:
        yield made
    await made.transport.close()


@pytest.fixture
def doors(world: World) -> list[Door]:
    """Every address of the bot."""
    return doors_of(world)


@pytest.fixture
def grown() -> list[float]:
    """The memory after each wave."""
    return []


async def answer(port: int, attack: Attack) -> bytes:
    """What comes back; what is owed none is broken off after a moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(attack.raw)
        with suppress(ConnectionError):
            await writer.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE if attack.whole else 0.02):
                return await _read(reader)
    except ConnectionError:
        pass
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return b""


async def _read(reader: asyncio.StreamReader) -> bytes:
    """One answer; what the bot leaves unread of a body keeps the connection open for a while after it."""
    head = b""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        told = re.search(rb"\r\nContent-Length: (\d+)", head)
        return head + await reader.readexactly(int(told[1])) if told else head + await reader.read()
    except asyncio.IncompleteReadError as broken:  # an answer to HEAD tells the length of what it leaves out
        return head + broken.partial


def wrong(door: Door, attack: Attack, said: bytes) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    if not said:
        return "there was no answer" if attack.whole else None
    status = int(said.split(b" ", 2)[1])
    if status >= 500 or (attack.fits and status not in attack.fits):
        return f"the answer was {status}"
    if found := INSIDE.search(said):
        return f"it tells of {found[0]!r}"
    if b"\r\nServer: signalbox\r\n" not in said:
        return "it names another server"
    return None


def most_memory() -> float:
    """The most that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def attacked(world: World, wave: list[tuple[Door, Attack]]) -> None:
    """A wave of them at once, and whether the bot still does its work."""
    ports = world.house.ports
    said = await asyncio.gather(*(answer(ports[door.internal], attack) for door, attack in wave))
    for (door, attack), got in zip(wave, said, strict=True):
        no = wrong(door, attack, got)
        assert no is None, f"{attack.name} at {door.method} {door.path}: {no}\n{attack.raw[:600]!r}\n{got[:600]!r}"
    exchange = await world.slack.say(world.people["dev"], world.channels["releases"], "/release whoami")
    assert exchange.error is None, f"the bot did not acknowledge in time: {exchange}"


async def test_what_is_genuine_is_taken_at_every_door(world):
    """So that what is refused later is refused for what is spoilt about it."""
    doors = doors_of(world)
    assert {door.path.split("/")[1] for door in doors} >= {"slack", "webhooks", "calendar", "health", "metrics"}
    for door in doors:
        body = genuine_body(world, door)
        headers = door.signer(world, door.path, body, world.clock.now()) if door.signer else {}
        said = await answer(world.house.ports[door.internal], Attack("none", request(door.method, door.path, headers, body)))
        assert said.split(b" ", 2)[1] in ({b"404"} if "calendar" in door.path else {b"200", b"202"}), (door, said)


# what fails is shown by itself, so nothing is made smaller, which takes many waves
_ANY = {"phases": [Phase.generate], "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=12, derandomize=True, **_ANY)
@given(data=st.data())
async def test_nothing_that_is_sent_breaks_a_door_short(world, doors, data):
    await attacked(world, data.draw(st.lists(attacks(world, doors), min_size=AT_ONCE, max_size=AT_ONCE)))


@pytest.mark.torture
@settings(max_examples=size(100_000 // AT_ONCE), **_ANY)
@given(data=st.data())
async def test_nothing_that_is_sent_breaks_a_door(world, doors, grown, data):
    await attacked(world, data.draw(st.lists(attacks(world, doors), min_size=AT_ONCE, max_size=AT_ONCE)))
    grown.append(most_memory())
    assert grown[-1] - grown[min(len(grown) - 1, WARM)] < ROOM, f"{grown[-1]:.0f} MiB after {len(grown) * AT_ONCE} requests"
