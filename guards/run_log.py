"""The copy of what a run wrote: CI keeps it for a while only (AUD-12).

Invariant: there is the content, or the reason why there is none.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class KeptLog:
    """What became of the copy of one run's log.

    Args:
        key: of the order.
        change: its id.
        run: CI's id of the run, when it was told.
        at: when it was copied, or given up; UTC.
        media_type: as CI told it; "" without a copy.
        hash: `sha256:` and 64 hex digits, of what CI handed out; "" without a copy.
        size: bytes of it.
        packed: the same, compressed; None without a copy.
        why: the reason for that, as a clause; "" with one.
    """

    key: str
    change: str
    run: str | None
    at: datetime
    media_type: str = ""
    hash: str = ""
    size: int = 0
    packed: bytes | None = None
    why: str = ""
