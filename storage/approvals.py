"""Decisions of people about changes.

Invariant: one person has at most one live decision about a change; nothing is ever removed, only marked as withdrawn.
"""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from guards.change import Approval
from guards.identity import OnBehalf
from guards.vocabulary import Role
from storage.columns import iso
from storage.database import Tx
from storage.tables.base import table
from storage.tables.changes import ApprovalRow

_T = table(ApprovalRow)
_C = _T.c
_FIELDS = tuple(f.name for f in fields(Approval))
_LIVE = (_C.change == bindparam("of"), _C.by == bindparam("who"), _C.withdrawn.is_(None))
_WITHDRAW = _T.update().where(*_LIVE).values(withdrawn=bindparam("now"))
_OF = select(*(_C[name] for name in _FIELDS)).where(_C.change == bindparam("change")).order_by(_C.id)


def add(tx: Tx, change_id: str, approval: Approval) -> None:
    """Record a decision; an earlier one of the same person has to be withdrawn before.

    Raises:
        Conflict: the person has decided this already, or there is no such change.
    """
    row: dict[str, Any] = {name: getattr(approval, name) for name in _FIELDS}
    under = asdict(approval.on_behalf) | {"until": iso(approval.on_behalf.until)} if approval.on_behalf else None
    tx.run(_T.insert(), {**row, "change": change_id, "roles": sorted(approval.roles), "on_behalf": under})


def of(tx: Tx, change_id: str) -> tuple[Approval, ...]:
    """All decisions about a change in the order they were made, withdrawn ones too: guards judge what counts."""
    return tuple(map(_approval, tx.run(_OF, {"change": change_id})))


def _approval(row: Any) -> Approval:
    under = row.on_behalf
    if under is not None:
        under = OnBehalf(**{**under, "role": Role(under["role"]), "until": datetime.fromisoformat(under["until"])})
    return Approval(**{**row._mapping, "roles": frozenset(Role(role) for role in row.roles), "on_behalf": under})


def withdraw(tx: Tx, change_id: str, by: str, at: datetime) -> bool:
    """Take back a person's live decision.

    Args:
        by: corporate id.
        at: now, UTC.

    Returns:
        False when there was none.
    """
    return tx.run(_WITHDRAW, {"of": change_id, "who": by, "now": at}).rowcount == 1
