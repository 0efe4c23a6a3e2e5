"""Socket Mode: the same listeners, reached over a websocket that the bot opens (no public address is needed).

Invariant: a listener cannot tell whether HTTP or a websocket brought a request; the bot starts without Slack, and connects when it can.
"""

import asyncio
import logging

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.log import log, quiet

LIMIT = 30.0
"""Seconds for one attempt: the SDK itself would try one address, which works once, for ever."""


class SocketMode:
    """The websocket, kept open until closed.

    Args:
        bolt: the listeners.
        app_token: `xapp-…` with the scope connections:write.
    """

    def __init__(self, bolt: AsyncApp, app_token: str) -> None:
        self._bolt = bolt
        self._app_token = app_token
        self._handler: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect; `alive` tells when it worked."""
        # what the SDK logs holds addresses with their tickets; readiness tells that it is not connected
        self._handler = AsyncSocketModeHandler(self._bolt, self._app_token, logger=quiet("slack_socket", logging.CRITICAL))
        self._connecting = asyncio.create_task(self._connect(self._handler), name="socket-mode")

    async def alive(self) -> str | None:
        """None while connected, else a sentence, for /health/ready."""
        connected = self._handler is not None and await self._handler.client.is_connected()
        return None if connected else "Socket Mode is not connected"

    async def close(self) -> None:
        """Disconnect; what Slack does not get acknowledged, it shows as failed."""
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._handler:
            await self._handler.close_async()  # type: ignore[no-untyped-call]

    async def _connect(self, handler: AsyncSocketModeHandler) -> None:
        while True:
            try:
                async with asyncio.timeout(LIMIT):
                    await handler.connect_async()  # type: ignore[no-untyped-call]
            except TimeoutError:
                handler.client.wss_uri = None
                log.warning("Socket Mode not connected yet", limit=LIMIT)
            else:
                log.info("Socket Mode connected")
                return
