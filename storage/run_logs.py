"""Copies of what runs wrote (AUD-12).

Invariant: one for each order, and what is written never changes.
"""

from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, select

from guards.run_log import KeptLog
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.changes import RunLogRow

_T = table(RunLogRow)
_COLUMNS = tuple(f.name for f in fields(KeptLog))
_ADD = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["key"]).returning(_T.c.key))
_OF = select(*(_T.c[name] for name in _COLUMNS)).where(_T.c.change == bindparam("change")).order_by(_T.c.at, _T.c.key)


def keep(tx: Tx, log: KeptLog) -> bool:
    """Keep a copy, or that there is none.

    Returns:
        False when one of this order is kept already.
    """
    values: dict[str, Any] = {name: getattr(log, name) for name in _COLUMNS}
    return tx.run(_ADD, values).one_or_none() is not None


def of(tx: Tx, change: str) -> tuple[KeptLog, ...]:
    """What is kept of a change's runs, oldest first.

    Args:
        change: its id.
    """
    return tuple(KeptLog(**row._mapping) for row in tx.run(_OF, {"change": change}))
