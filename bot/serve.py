"""`signalbox serve`: run until told to stop.

Invariant: SIGTERM and SIGINT drain; a second signal does not hurry the first. What keeps it from starting is one sentence, without
a traceback, and whatever was opened until then is closed.
"""

import asyncio
import signal
import sys

from bot import garbage
from bot.build import CannotListen, build
from bot.log import set_up
from bot.settings import Settings, SettingsError
from bot.tracing import set_up as set_up_tracing
from guards.policy import Policy
from storage.engines import HEAD, current
from storage.errors import StorageError


def run(settings: Settings, policy: Policy) -> int:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings, policy: already checked.

    Returns:
        The exit code: 0 after a stop that was asked for, 1 when it could not start.
    """
    set_up(settings.log_level.upper())
    set_up_tracing(settings.otel_endpoint)
    try:
        asyncio.run(_serve(settings, policy))
    except (StorageError, CannotListen, SettingsError, ValueError) as error:
        print(f"signalbox: {error}", file=sys.stderr)  # noqa: T201 - what the person at the console reads
        return 1
    return 0


async def _serve(settings: Settings, policy: Policy) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await asyncio.to_thread(prepare, settings.database_url.get_secret_value())
    house = await build(settings, policy)
    garbage.settle()
    try:
        await house.start()
        await stop.wait()
    finally:
        await house.stop()


def prepare(url: str) -> None:
    """Make an embedded database fit: nobody else can use it while this program runs, so nobody needs to be asked.

    Args:
        url: the database; left alone unless it is a SQLite file with older tables, or none.

    Raises:
        StorageError: it cannot be opened.
    """
    if not url.startswith("sqlite:"):
        return
    found = current(url)
    if found is None or found < HEAD:
        from storage import migrations  # alembic is heavy, and stays in memory

        migrations.upgrade(url)
