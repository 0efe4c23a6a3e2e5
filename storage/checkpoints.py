"""Signed checkpoints of the ledger: how long it was at a moment, and the hash of its last entry (AUD-01, AUD-08).

Invariant: one for each size, never changed. Whoever keeps one elsewhere sees later whether the ledger's tail was cut or its past written
anew, with the public key alone; the ledger by itself shows neither to whoever owns its database.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from storage import audit
from storage.columns import iso
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.ledger import LedgerCheckpointRow

_T = table(LedgerCheckpointRow)
_C = _T.c
_ALL = select(_C.size, _C.head, _C.at, _C.key, _C.signature).order_by(_C.size)
_NEWEST = _ALL.order_by(None).order_by(_C.size.desc()).limit(1)
_ADD = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["size"]))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the bot signed.

    Args:
        size: how many entries there were.
        head: hash of the last one, hex.
        at: when it was signed, UTC.
        key: fingerprint of the key that signed it, `sha256:` and 64 hex digits.
        signature: Ed25519 over `statement`, base64.
    """

    size: int
    head: str
    at: datetime
    key: str
    signature: str


def statement(size: int, head: str, at: datetime) -> bytes:
    """The bytes that are signed: four lines, of which the first says what it is, so that no signature of anything else passes for it."""
    return f"signalbox ledger checkpoint 1\n{size}\n{head}\n{iso(at)}\n".encode()


def sign(tx: Tx, key: str, signer: Callable[[bytes], bytes], at: datetime) -> Checkpoint | None:
    """Sign the ledger as it is now, unless it was signed at this size; None while it is empty.

    Args:
        key: fingerprint.
        signer: signs bytes, Ed25519.
        at: now, UTC.

    Returns:
        What stands there for this size.
    """
    size, head = audit.head(tx)
    if not size:
        return None
    signature = base64.b64encode(signer(statement(size, head, at))).decode()
    tx.run(_ADD, asdict(Checkpoint(size, head, at, key, signature)))
    return newest(tx)


def newest(tx: Tx) -> Checkpoint | None:
    """The one of the longest ledger."""
    row = tx.run(_NEWEST).one_or_none()
    return None if row is None else Checkpoint(**row._mapping)


def all_of(tx: Tx) -> tuple[Checkpoint, ...]:
    """Every one, the shortest ledger first."""
    return tuple(Checkpoint(**row._mapping) for row in tx.run(_ALL))


# ---------------------------------------------------------------- as a line

_SIGNATURE = 64
_HEX = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"sha256:[0-9a-f]{64}")


def line_of(one: Checkpoint) -> str:
    """As a line of a file, JSON."""
    return json.dumps({**asdict(one), "at": iso(one.at)}, separators=(",", ":"))


def parse_line(line: str) -> Checkpoint:
    """Read a line back; whether its signature is good is for others to say.

    Raises:
        ValueError: it is no checkpoint, or not written as `line_of` does.
    """
    try:
        value = json.loads(line)
        one = Checkpoint(**{**value, "at": datetime.fromisoformat(value["at"])})
        known = type(one.size) is int and one.size > 0 and bool(_HEX.fullmatch(one.head)) and bool(_KEY.fullmatch(one.key))
        exact = known and line_of(one) == line and len(base64.b64decode(one.signature, validate=True)) == _SIGNATURE
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        raise ValueError("is no checkpoint of a ledger") from None
    if not exact:
        raise ValueError("is no checkpoint of a ledger as the bot writes it")
    return one
