"""What was told in the alert channel already.

Invariant: of all who find the same, one tells it.
"""

from datetime import datetime

from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.machinery import AlertRow

_T = table(AlertRow)
_FIRST = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["key"]).returning(_T.c.key))


def first(tx: Tx, key: str, at: datetime) -> bool:
    """Whether nobody told this before; from now on somebody did.

    Args:
        key: what is told.
        at: now, UTC.
    """
    return tx.run(_FIRST, {"key": key, "at": at}).one_or_none() is not None
