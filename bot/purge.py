"""`signalbox audit purge`: what is past its time leaves the ledger (AUD-02, AUD-13).

Invariant: without `--carry-out` nothing is removed; with it, what goes is recorded before this program says so.
"""

import asyncio
import getpass
from collections import Counter
from functools import partial

from rich.console import Console
from rich.text import Text

from bot.adapters.clock import MachineClock
from bot.settings import Settings
from commands.core.record import Actor
from commands.core.retention import Found, look, purge
from guards.facts import Facts
from guards.policy import Policy
from guards.retention import Kind, kind_of
from storage.database import Store
from storage.errors import StorageError
from storage.retention import Place

_UNUSABLE = 2
_CORRELATION = "signalbox-purge"


def run(settings: Settings, policy: Policy, *, carry_out: bool) -> int:
    """Tell what may be removed, or remove it.

    Args:
        settings: where the database is.
        policy: its retention and its legal holds.
        carry_out: whether to remove it.

    Returns:
        0, or 2 when the database cannot be used.
    """
    try:
        gone = asyncio.run(_gone(settings, policy, carry_out=carry_out))
    except StorageError as error:
        Console(stderr=True, highlight=False).print(Text(f"signalbox: {error}"), soft_wrap=True)
        return _UNUSABLE
    _tell(gone, carry_out=carry_out)
    return 0


async def _gone(settings: Settings, policy: Policy, *, carry_out: bool) -> list[Found]:
    store, by = await Store.open(settings.database_url.get_secret_value()), Actor(f"host:{getpass.getuser()}", getpass.getuser())
    found: list[Found] = []
    place = Place()
    try:
        while True:
            facts = Facts(at=MachineClock().now(), policy=policy)
            there = await store.read(partial(look, policy=policy, at=facts.at, after=place))
            removing = partial(purge, found=there, by=by, facts=facts, correlation=_CORRELATION)
            found.append(await store.write(removing) if carry_out else there)
            place = there.place
            if not there.more:
                return found
    finally:
        await store.close()


def _tell(found: list[Found], *, carry_out: bool) -> None:
    out = Console(highlight=False)
    counted = Counter(kind_of(row.tag) for gone in found for row in gone.entries)
    counted[Kind.LOGS] = sum(len(gone.logs) for gone in found)
    verb = "Removed" if carry_out else "Would remove"
    for kind in Kind:
        noun = "copies of logs" if kind is Kind.LOGS else f"entries of the class {kind.value}"
        out.print(Text(f"{verb} {counted[kind]:,} {noun}."), soft_wrap=True)
    out.print(Text(f"{verb} {sum(len(gone.messages) for gone in found):,} messages that were given up."), soft_wrap=True)
    for why, number in sorted(sum((gone.kept for gone in found), Counter()).items()):
        out.print(Text(f"  stays although it is old: {number:,} {why.value}"), soft_wrap=True)
    if not carry_out and any(gone.entries or gone.logs or gone.messages for gone in found):
        out.print(
            Text("Nothing was removed: say --carry-out to do it. Export the ledger first if you want to keep it elsewhere."), soft_wrap=True
        )
