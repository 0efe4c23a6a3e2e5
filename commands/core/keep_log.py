"""Copies the log of a run when it ended, while CI still has it, so that a bundle made years later has it too (AUD-12).

Invariant: a run whose log could not be copied is on record with the reason; it is tried again with growing pauses, and not for ever.
"""

import asyncio
import hashlib
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from commands.core import record
from commands.core.deadline import Deadline
from commands.core.orders import key_of, order_of
from commands.core.ports.ci import CI, RunLog
from guards.change import Change
from guards.facts import Facts
from guards.policy import Policy
from guards.run_log import KeptLog
from guards.unread import Absent, Unread
from storage import changes, run_logs, timers
from storage.database import Store, Tx

KEEP = "keep-log"
"""Kind of its timer."""

LARGEST = 8 * 1024 * 1024
"""Bytes of a compressed log that are kept."""

_FIRST = timedelta(seconds=30)
"""CI writes its logs to the end after it told that a run ended."""

_PAUSES = tuple(timedelta(minutes=m) for m in (2, 10, 60, 360, 1440, 4320))
"""Between one try and the next; after the last one it is given up."""

_SECONDS = 30.0
"""For reading one log; below what one delivery may take."""


def set_timer(tx: Tx, change: Change, facts: Facts) -> None:
    """Have the log of a change's run copied, if CI may have one."""
    if change.attempt:
        _again(tx, change, facts, _FIRST, 0)


def _again(tx: Tx, change: Change, facts: Facts, after: timedelta, tries: int) -> None:
    timers.set(tx, timers.Timer(f"{KEEP}:{change.id}", KEEP, facts.at + after, {"change": change.id, "tries": tries}))


async def read(store: Store, policy: Policy, ci: Mapping[str, CI], change_id: str, at: datetime) -> KeptLog | Unread | None:
    """The log of a change's run as it would be kept; None when there is no such change, or its log is kept already.

    Args:
        store: the database.
        policy: in force.
        ci: name in the policy's `ci` → the system that deploys.
        change_id: whose run.
        at: now, UTC.
    """
    change, kept = await store.read(lambda tx: (changes.get(tx, change_id), run_logs.of(tx, change_id)))
    if change is None or any(log.key == key_of(change) for log in kept):
        return None
    what, service = f"the log of {change.id}", policy.services.get(change.content.service)
    if service is None or change.content.environment not in service.workflows:
        return Unread(what, f"the policy names no workflow for {change.content.service} in {change.content.environment} any more")
    answer = await Deadline(_SECONDS).read(what, ci[service.ci].log, order_of(change, policy), change.run)
    if isinstance(answer, Absent):
        return Unread(what, f"there is no {answer.what}")
    if isinstance(answer, Unread):
        return answer
    return await asyncio.to_thread(_pack, answer, change, at)


def _pack(log: RunLog, change: Change, at: datetime) -> KeptLog:
    """Compressed; one that stays too large is not kept, but what it was is."""
    packed, hashed = zlib.compress(log.content), f"sha256:{hashlib.sha256(log.content).hexdigest()}"
    too_large = f"it has {len(log.content):,} bytes, compressed {len(packed):,}; at most {LARGEST:,} are kept"
    kept, why = (packed, "") if len(packed) <= LARGEST else (None, too_large)
    return KeptLog(key_of(change), change.id, change.run, at, log.media_type, hashed, len(log.content), kept, why)


def settle(tx: Tx, change_id: str, found: KeptLog | Unread | None, tries: int, facts: Facts, correlation: str) -> None:
    """Keep what was read, try again later, or give it up.

    Args:
        tx: open.
        change_id: whose run.
        found: as `read` returned it.
        tries: how often it was tried before.
        facts: give the moment.
        correlation: of the timer.
    """
    change = changes.get(tx, change_id)
    if change is None or found is None:
        return
    if isinstance(found, Unread) and tries < len(_PAUSES):
        _again(tx, change, facts, _PAUSES[tries], tries + 1)
        return
    log = found
    if isinstance(log, Unread):
        log = KeptLog(key_of(change), change.id, change.run, facts.at, why=log.why or "it could not be read")
    if not run_logs.keep(tx, log):
        return
    content = change.content
    tag, hashed = ("log:lost", None) if log.packed is None else ("log:kept", log.hash)
    record.write(
        tx, tag, record.CLOCK, facts, correlation, subject=change.id, service=content.service, environment=content.environment,
        key=log.key, run=log.run, hash=hashed, size=log.size, why=log.why,
    )  # fmt: skip


def unpacked(log: KeptLog) -> bytes | Unread:
    """What CI handed out, as it was; `Unread` when the copy is not that any more."""
    what = f"the log of {log.change}"
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(log.packed or b"", log.size + 1)
    except zlib.error as error:
        return Unread(what, f"its copy is damaged: {error}")
    if len(content) != log.size or f"sha256:{hashlib.sha256(content).hexdigest()}" != log.hash:
        return Unread(what, "its copy is not what CI handed out")
    return content
