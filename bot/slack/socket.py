"""Socket Mode: the same listeners, reached over a websocket that the bot opens (no public address is needed).

Invariant: a listener cannot tell whether HTTP or a websocket brought a request.
"""

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp


async def connect(bolt: AsyncApp, app_token: str) -> AsyncSocketModeHandler:
    """Connect, and keep connected until closed.

    Args:
        bolt: the listeners.
        app_token: `xapp-…` with the scope connections:write.
    """
    handler = AsyncSocketModeHandler(bolt, app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    return handler
