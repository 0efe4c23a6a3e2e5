"""`signalbox evidence export`: a bundle without Slack, for an operator or a job of the auditors (AUD-03).

Invariant: an export stands in the ledger before its file does.
"""

import asyncio
import getpass
import os
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.build import build
from bot.log import set_up
from bot.settings import Settings
from commands.core.bundle import Collection, Packed
from commands.core.hand_over import exported
from commands.core.record import Actor
from guards.facts import Facts
from guards.policy import Policy
from storage.errors import StorageError

_UNUSABLE = 2
SECONDS = 120.0
"""For all reads outside; nobody waits in Slack."""


def run(settings: Settings, policy: Policy, *, service: str, version: str, to: Path) -> int:
    """Collect, pack, record and write a bundle.

    Args:
        settings, policy: already checked.
        service, version: of the policy file, and validated.
        to: a file that is not there yet.

    Returns:
        0, or 2 when the database cannot be used or the file cannot be written.
    """
    set_up("ERROR")  # what could not be read stands in the bundle
    try:
        collection, packed = asyncio.run(_made(settings, policy, service, version))
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(packed.content)
            os.fsync(file.fileno())
    except StorageError as error:
        return _unusable(str(error))
    except OSError as error:
        return _unusable(f"{to} cannot be written: {error.strerror or type(error).__name__}")
    out = Console(highlight=False)
    found = len(collection.items) - len(collection.lacking)
    out.print(Text(f"Wrote {found} pieces of evidence of {service} {version} to {to}."), soft_wrap=True)
    for item in collection.lacking:
        out.print(Text(f"  not there: {item.title} ({_why(item.content)})"), soft_wrap=True)
    if not packed.signed:
        out.print(Text("It is not signed: no SIGNALBOX_SIGNING_KEY is set.", style="bold yellow"), soft_wrap=True)
    out.print(Text(f"Its SHA-256, which stands in the ledger: {packed.sha256}"), soft_wrap=True)
    return 0


async def _made(settings: Settings, policy: Policy, service: str, version: str) -> tuple[Collection, Packed]:
    house = await build(settings, policy)
    try:
        by = Actor(f"host:{getpass.getuser()}", getpass.getuser())
        collection = await house.collect.read(service, version, by, seconds=SECONDS)
        packed = await asyncio.to_thread(house.packer.pack, collection)
        facts = Facts(at=collection.at, policy=policy)
        await house.store.write(lambda tx: exported(tx, collection, packed, facts, "signalbox-evidence"))
        return collection, packed
    finally:
        await house.close()


def _why(content: object) -> str:
    return getattr(content, "why", "") or "there is none"


def _unusable(why: str) -> int:
    Console(stderr=True, highlight=False).print(Text(f"signalbox: {why}"), soft_wrap=True)
    return _UNUSABLE
