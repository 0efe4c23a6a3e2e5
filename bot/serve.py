"""`signalbox serve`: run until told to stop.

Invariant: SIGTERM and SIGINT drain; a second signal does not hurry the first.
"""

import asyncio
import signal

from bot.build import build
from bot.log import set_up
from bot.settings import Settings
from bot.tracing import set_up as set_up_tracing
from guards.policy import Policy


def run(settings: Settings, policy: Policy) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings, policy: already checked.
    """
    set_up(settings.log_level.upper())
    set_up_tracing(settings.otel_endpoint)
    asyncio.run(_serve(settings, policy))


async def _serve(settings: Settings, policy: Policy) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    house = await build(settings, policy)
    await house.start()
    await stop.wait()
    await house.stop()
