"""The neighbours of a policy that is only being tried whom the bot tells something, or who tell it something by themselves.

Invariant: nobody outside this process is asked or told; no incident is open and no freeze is planned anywhere else.
"""

import asyncio
import secrets
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

import aiohttp
from pydantic import SecretStr

from bot.adapters.incident_sources import SignedSource
from bot.adapters.signing import sign
from commands.core.ports.chat import Unposted
from commands.core.ports.clock import Clock
from commands.core.ports.incidents import IncidentSource
from commands.core.ports.links import Leads
from commands.core.ports.vcs import Published, Shown
from guards.freeze_record import CalendarEvent
from guards.policy import Policy

_PATIENCE = 5.0  # seconds for a heartbeat to be taken


class InventedReleases:
    """Implements `Releases`: takes every page, and keeps none."""

    async def publish(self, repository: str, tag: str, name: str, text: str) -> Published | Unposted:  # noqa: ARG002 - the port's
        """Say where it would stand."""
        return Published(f"https://invented.example/{repository}/releases/{tag}")


class InventedStatuses:
    """Implements `MergeStatuses`: no pull request is open that could show one."""

    async def show(self, repository: str, branch: str, held: str | None) -> Shown | Unposted:  # noqa: ARG002 - the port's
        """See the port."""
        return Shown(0)


class InventedFreezeCalendars:
    """Implements `FreezeCalendars`: each can be read, and nothing is planned in it."""

    async def events(self, name: str, at: datetime) -> tuple[CalendarEvent, ...]:  # noqa: ARG002 - the port's
        """See the port."""
        return ()


class InventedLinks:
    """Implements `Links`: each leads somewhere, and nobody goes there."""

    async def look(self, url: str) -> Leads:  # noqa: ARG002 - the port's
        """See the port."""
        return Leads()


class Place(Protocol):
    """The story's clock, and the bot's address."""

    clock: Clock
    bot: str


class InventedIncidents:
    """The sources of incidents in a policy: each sends the signed heartbeats of docs/incidents.md, and tells of none.

    Args:
        policy: names them, and says how long one may be silent.
        place: where the bot is.
    """

    def __init__(self, policy: Policy, place: Place) -> None:
        self._place, self._numbers = place, count(1)
        self._secrets = {name: SecretStr(secrets.token_hex(16)) for name in policy.incidents.intake}
        self.sources: dict[str, IncidentSource] = {name: SignedSource(name, secret) for name, secret in self._secrets.items()}
        self._pause = (
            min((each.silent_after for each in policy.incidents.intake.values() if each.silent_after), default=timedelta(days=1)) / 3
        )

    async def beat(self) -> None:
        """Have the bot hear each of them now."""
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for name, secret in self._secrets.items():
                path, body = f"/webhooks/incidents/{name}", f'{{"delivery": "invented-{next(self._numbers)}"}}'.encode()
                headers = sign(secret, "POST", path, body, self._place.clock.now())
                async with session.post(f"{self._place.bot}{path}", data=body, headers=headers) as answer:
                    await answer.read()

    async def go_on(self) -> None:
        """Beat for as long as the demo lasts; a bot that is just being started again misses one."""
        while self._secrets:
            await asyncio.sleep(self._pause.total_seconds())
            try:
                await self.beat()
            except (OSError, aiohttp.ClientError, TimeoutError):
                continue
