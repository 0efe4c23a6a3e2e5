"""Ids that people say aloud: a prefix, a day and a number that counts within the day (REC-09).

Invariant: a number is never given twice. A transaction that is rolled back gives its number back, so there are no gaps worth a question.
"""

from datetime import date

from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.changes import CounterRow

_T = table(CounterRow)
_NEXT = insert(
    _T,
    lambda new: new.values(value=1).on_conflict_do_update(index_elements=["name"], set_={"value": _T.c.value + 1}).returning(_T.c.value),
)


def turn(tx: Tx, what: str) -> None:
    """Wait until nobody else is at this, and keep everybody else waiting until this transaction ends.

    Args:
        what: names it; no day stands in it.
    """
    tx.run(_NEXT, {"name": what})


def dated_id(tx: Tx, prefix: str, day: date) -> str:
    """The next id of this prefix and day, like `CR-2026-1121-001`.

    Args:
        prefix: `CR`, `FRZ`, `EXC`, `DLG`, `OBL`, `HOT`, `GNC`, `GNG`, `INT`, `SET`, `CAL`, `EMG`, `BGL` or `ATT`.
        day: the day that stands in it.
    """
    stem = f"{prefix}-{day:%Y-%m%d}"
    return f"{stem}-{tx.run(_NEXT, {'name': stem}).scalar_one():03d}"
