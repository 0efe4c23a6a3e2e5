"""Who looked whether a change does in production what it should (REC-10).

Invariant: one for each change; it is verified once, and what was said then never changes.
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from guards.change import Change
from guards.verified import Verification
from guards.version import Deployment
from guards.vocabulary import Role
from storage.changes import of_rows
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.changes import ChangeRow
from storage.tables.verifications import OPEN_VERIFICATIONS, VerificationRow
from storage.tables.versions import DeploymentRow

_T, _CHANGE, _RAN = table(VerificationRow), table(ChangeRow), table(DeploymentRow)
_C = _T.c
_GET = select(*(_C[f.name] for f in fields(Verification))).where(_C.change == bindparam("of"))
_VERIFY = (
    _T.update()
    .where(_C.change == bindparam("of"), _C.at.is_(None))
    .values(
        at=bindparam("now", type_=_C.due.type), by=bindparam("who"), name=bindparam("known_as"), roles=bindparam("held"),
        looked_at=bindparam("said"),
    )
)  # fmt: skip
# as text: a bound value would hide the partial index from the planner
_OPEN = (
    select(_CHANGE)
    .join(_T, _C.change == _CHANGE.c.id)
    .where(text(f"verification.{OPEN_VERIFICATIONS}"))
    .order_by(_C.due, _C.change)
    .limit(bindparam("limit"))
)
_OPEN_OF = _OPEN.where(_CHANGE.c.service == bindparam("service"))


def ask(tx: Tx, verification: Verification) -> None:
    """Remember that somebody is to look.

    Raises:
        Conflict: it is asked for already.
    """
    tx.run(_T.insert(), {f.name: getattr(verification, f.name) for f in fields(Verification)} | {"roles": sorted(verification.roles)})


_GIVEN = (
    select(*(_C[f.name] for f in fields(Verification)))
    .join(_RAN, _C.change == _RAN.c.change)
    .where(*(_RAN.c[name] == bindparam(name) for name in ("service", "environment", "version", "digest")))
    .order_by(_C.at.is_(None), _C.at.desc(), _C.asked.desc())
    .limit(1)
)


def given(tx: Tx, deployment: Deployment) -> Verification | None:
    """The newest verification of an artifact in a place, by whichever change it came there; one that waits only where none was given.

    Args:
        deployment: gives artifact and place (PRM-08).
    """
    place = {name: getattr(deployment, name) for name in ("service", "environment", "version", "digest")}
    return _noun(tx.run(_GIVEN, place).one_or_none())


def of(tx: Tx, change: str) -> Verification | None:
    """The verification of a change; None where nobody was asked for one.

    Args:
        change: its id.
    """
    return _noun(tx.run(_GET, {"of": change}).one_or_none())


def _noun(row: Any) -> Verification | None:
    return None if row is None else Verification(**{**row._mapping, "roles": frozenset(Role(role) for role in row.roles)})


def verify(tx: Tx, change: str, at: datetime, by: str, name: str, roles: frozenset[Role], looked_at: str) -> Verification:
    """Record that somebody looked.

    Args:
        change: its id.
        at: now, UTC.
        by, name, roles: corporate id, the name and the roles as they are now.
        looked_at: in their words.

    Raises:
        LostRace: it is verified already, or nobody was asked for it.
    """
    values: dict[str, Any] = {"of": change, "now": at, "who": by, "known_as": name, "held": sorted(roles), "said": looked_at}
    found = of(tx, change) if tx.run(_VERIFY, values).rowcount == 1 else None
    if found is None:
        raise LostRace(f"{change} does not wait to be verified any more")
    return found


def awaited(tx: Tx, service: str | None, limit: int) -> list[Change]:
    """Changes that are deployed and that nobody verified yet, the first due first.

    Args:
        service: None for all.
        limit: how many at most.
    """
    rows = tx.run(_OPEN if service is None else _OPEN_OF, {"limit": limit} | ({"service": service} if service else {}))
    return of_rows(rows)
