"""GitHub accounts that people linked, and their attempts to (RBAC-01, SOD-12).

Invariant: a link is never edited or removed, only marked as unlinked; no token is ever stored, and what an attempt shows GitHub goes
with the attempt.
"""

from collections.abc import Collection
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from guards.identity import Link, Linking
from storage.database import Tx
from storage.tables.base import table
from storage.tables.people import LinkingRow, LinkRow

_T, _A = table(LinkRow), table(LinkingRow)
_C = _T.c
_LINK = select(*(_C[f.name] for f in fields(Link)))
_OF = _LINK.where(_C.person == bindparam("person"), _C.unlinked.is_(None))
_LIVE = _LINK.where(_C.unlinked.is_(None), _C.number.in_(bindparam("numbers", expanding=True)))
_ANY = select(_C.id).where(_C.unlinked.is_(None)).limit(1)
_HOLDER = select(_C.person).where(_C.number == bindparam("number"), _C.person != bindparam("person")).order_by(_C.id.desc()).limit(1)
_UNLINK = _T.update().where(_C.person == bindparam("who"), _C.unlinked.is_(None)).values(unlinked=bindparam("now", type_=_C.linked.type))
_COLUMNS = tuple(f.name for f in fields(Linking) if f.name != "holder")
_ATTEMPT = select(*(_A.c[name] for name in _COLUMNS)).where(_A.c.person == bindparam("person"))
_FORGET = _A.delete().where(_A.c.person == bindparam("who"))


def of(tx: Tx, person: str) -> Link | None:
    """The account that is linked to a person now."""
    row = tx.run(_OF, {"person": person}).one_or_none()
    return None if row is None else Link(**row._mapping)


def owners(tx: Tx, numbers: Collection[int]) -> dict[int, str]:
    """Whose these accounts are by the links in force.

    Args:
        numbers: GitHub's ids of accounts, whatever they were called when they were linked.

    Returns:
        GitHub's id → corporate id, for those that somebody linked.
    """
    return {row.number: row.person for row in tx.run(_LIVE, {"numbers": sorted(numbers)})} if numbers else {}


def exist(tx: Tx) -> bool:
    """Whether anybody has linked an account: if not, no login needs to be looked up."""
    return tx.run(_ANY).one_or_none() is not None


def add(tx: Tx, link: Link) -> None:
    """Remember a link that both sides confirmed.

    Raises:
        Conflict: the person or the account has one already.
    """
    tx.run(_T.insert(), asdict(link))


def unlink(tx: Tx, person: str, at: datetime) -> bool:
    """Take a person's link back.

    Args:
        at: now, UTC.

    Returns:
        False when there was none.
    """
    return tx.run(_UNLINK, {"who": person, "now": at}).rowcount == 1


# ---------------------------------------------------------------- attempts


def attempt(tx: Tx, person: str) -> Linking | None:
    """A person's attempt, with who else has or had the account that GitHub named."""
    row = tx.run(_ATTEMPT, {"person": person}).one_or_none()
    return None if row is None else _with_holder(tx, Linking(**row._mapping))


def keep(tx: Tx, linking: Linking) -> Linking:
    """Remember how far an attempt got; it takes the place of the person's earlier one.

    Returns:
        The same, with who else has or had the account that GitHub named.
    """
    values: dict[str, Any] = {name: getattr(linking, name) for name in _COLUMNS}
    forget(tx, linking.person)
    tx.run(_A.insert(), values)
    return _with_holder(tx, linking)


def forget(tx: Tx, person: str) -> None:
    """The attempt came to an end, or was given up."""
    tx.run(_FORGET, {"who": person})


def _with_holder(tx: Tx, linking: Linking) -> Linking:
    if linking.number is None:
        return linking
    return replace(linking, holder=tx.run(_HOLDER, {"number": linking.number, "person": linking.person}).scalar_one_or_none())
