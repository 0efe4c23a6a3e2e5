"""The demo CI's callbacks to the bot.

Invariant: a report is repeated, signed anew and with growing pauses, until the bot took it or called it malformed.
"""

import asyncio
import uuid
from collections.abc import Callable
from datetime import datetime

import aiohttp
from pydantic import SecretStr

from bot.adapters.generic_wire import Callback, DeployedReport, RunReport
from bot.adapters.signing import sign

_FIRST_PAUSE, _MAX_PAUSE = 0.1, 5.0  # seconds between two attempts


class Reports:
    """Posts callbacks as docs/generic-ci.md describes them.

    Args:
        base: the bot's base URL, or None: then nothing is sent.
        path: `/webhooks/ci/<name>`.
        secret: shared with the bot.
        now: this CI's clock.
    """

    def __init__(self, base: str | None, path: str, secret: SecretStr, now: Callable[[], datetime]) -> None:
        self._path, self._secret, self._now = path, secret, now
        self._url: str | None = None
        self._session: aiohttp.ClientSession | None = None

        if base:
            self.aim(base)

    def aim(self, base: str) -> None:
        """Where reports go from now on: the bot's base URL."""
        self._url = f"{base.rstrip('/')}{self._path}"

    async def open(self) -> None:
        """Call once, on the loop that will send."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), trust_env=False)

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()

    async def send(self, report: RunReport | DeployedReport) -> None:
        """Deliver one report; returns when the bot answered 2xx or 400."""
        if self._url is None or self._session is None:
            return
        body = Callback(delivery=str(uuid.uuid4()), reports=[report]).model_dump_json().encode()
        pause = _FIRST_PAUSE
        while True:
            headers = sign(self._secret, "POST", self._path, body, self._now()) | {"Content-Type": "application/json"}
            try:
                async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                    if 200 <= answer.status < 300 or answer.status == 400:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # the bot is away: that is what the repetition is for
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE)
