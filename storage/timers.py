"""What is to happen at a moment (OPS-09).

Invariant: a timer is removed and delivered to the inbox in one transaction: it fires once, however many look for due ones.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from storage import inbox
from storage.columns import iso
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.machinery import TimerRow

_T = table(TimerRow)
_C = _T.c
_SET = insert(
    _T,
    lambda new: new.on_conflict_do_update(index_elements=["key"], set_={name: new.excluded[name] for name in ("kind", "due", "payload")}),
)
_ENSURE = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["key"]))
_CANCEL = _T.delete().where(_C.key == bindparam("which"))
_CANCEL_ALL = _T.delete().where(_C.key.in_(bindparam("keys", expanding=True)))
_DUE = select(_T).where(_C.due <= bindparam("now")).order_by(_C.due, _C.key).limit(bindparam("limit")).with_for_update(skip_locked=True)
_NEXT = select(func.min(_C.due))
_NEXT_BUT = _NEXT.where(_C.kind.not_in(bindparam("kinds", expanding=True)))


@dataclass(frozen=True, slots=True)
class Timer:
    """What is to be delivered at a moment.

    Args:
        key: one timer for each, at most 200 characters.
        kind: the delivery's kind.
        due: UTC.
        payload: the delivery's payload; JSON values only.
    """

    key: str
    kind: str
    due: datetime
    payload: dict[str, Any]


def set(tx: Tx, timer: Timer) -> None:  # noqa: A001
    """Set a timer; one with the same key is replaced."""
    tx.run(_SET, asdict(timer))


def ensure(tx: Tx, timer: Timer) -> None:
    """Set a timer; where one with the same key is set, that one stays."""
    tx.run(_ENSURE, asdict(timer))


def cancel(tx: Tx, key: str) -> bool:
    """Remove a timer.

    Returns:
        False when there was none, or it has fired.
    """
    return tx.run(_CANCEL, {"which": key}).rowcount == 1


def cancel_all(tx: Tx, keys: Collection[str]) -> int:
    """Remove those of the timers that there are.

    Returns:
        How many.
    """
    return tx.run(_CANCEL_ALL, {"keys": list(keys)}).rowcount


def fire(tx: Tx, at: datetime, limit: int) -> list[Timer]:
    """Deliver the timers that are due to the inbox, the longest due first.

    The delivery's key is `timer:<key>:<due>`, and so is its correlation; its kind and payload are the timer's. A timer that was set
    again for the very moment at which it fired, as by a replica whose clock is behind, fires again: its key then has a number, too.

    Args:
        at: now, UTC.
        limit: how many at most.
    """
    fired = [Timer(**row._mapping) for row in tx.run(_DUE, {"now": at, "limit": limit})]
    if fired:
        cancel_all(tx, [timer.key for timer in fired])
    left, number = [(f"timer:{timer.key}:{iso(timer.due)}", timer) for timer in fired], 1
    while left:
        numbered = [(name if number == 1 else f"{name}:{number}", timer) for name, timer in left]
        new = inbox.remember_all(tx, [inbox.Delivery(name, timer.kind, timer.payload, name[:128]) for name, timer in numbered], at)
        left, number = [one for one, is_new in zip(left, new, strict=True) if not is_new], number + 1
    return fired


def next_due(tx: Tx, but: Collection[str] = ()) -> datetime | None:
    """When the next timer is due, UTC; None when there is none.

    Args:
        but: kinds that do not count.
    """
    found: datetime | None = (tx.run(_NEXT_BUT, {"kinds": list(but)}) if but else tx.run(_NEXT)).scalar_one()
    return found
