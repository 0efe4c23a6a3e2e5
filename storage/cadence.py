"""How services are released outside trains (TRN-20).

Invariant: of one service one record counts; those before it stay, with when they ended.
"""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from guards.released import Alone
from storage.database import Tx
from storage.tables.base import table
from storage.tables.cadence import AloneRow

_T = table(AloneRow)
_C = _T.c
_COUNTS = text("released_alone.ended IS NULL")
_ALL = select(*(_C[f.name] for f in fields(Alone)))
_CURRENT = _ALL.where(_COUNTS).order_by(_C.service)
_OF = _ALL.where(_C.service == bindparam("of")).order_by(_C.number)
_END = _T.update().where(_C.service == bindparam("of"), _COUNTS).values(ended=bindparam("now", type_=_C.at.type))


def say(tx: Tx, said: Alone) -> Alone:
    """Put a record in the place of the one that counts.

    Returns:
        The record with its number.

    Raises:
        Conflict: somebody else said something meanwhile.
    """
    before = of(tx, said.service)
    end(tx, said.service, said.at)
    now = replace(said, number=len(before) + 1, ended=None)
    tx.run(_T.insert(), {f.name: getattr(now, f.name) for f in fields(Alone)})
    return now


def end(tx: Tx, service: str, at: datetime) -> bool:
    """Have the record of a service count no more; False when none counts.

    Args:
        at: UTC.
    """
    return tx.run(_END, {"of": service, "now": at}).rowcount > 0


def current(tx: Tx) -> dict[str, Alone]:
    """Service → the record that counts."""
    return {row.service: _alone(row) for row in tx.run(_CURRENT)}


def of(tx: Tx, service: str) -> tuple[Alone, ...]:
    """Every record of a service, the first one first."""
    return tuple(_alone(row) for row in tx.run(_OF, {"of": service}))


def _alone(row: Any) -> Alone:
    return Alone(**row._mapping)
