"""The one place that a change takes while CI works on it (PRM-21).

Invariant: the primary key holds it, not a check before it: of two that take the same place, one gets it.
"""

from sqlalchemy import bindparam, select

from guards.change import Claim
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.changes import ClaimRow

_T = table(ClaimRow)
_TAKE = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["service", "environment"]).returning(_T.c.key))
_HELD = select(_T.c.key, _T.c.change, _T.c.at).where(_T.c.service == bindparam("service"), _T.c.environment == bindparam("environment"))
_RELEASE = _T.delete().where(_T.c.key == bindparam("which"))


def take(tx: Tx, service: str, environment: str, claim: Claim) -> bool:
    """Take the place.

    Returns:
        False when it is held, by whichever change.

    Raises:
        Conflict: the same key or change holds another place, or there is no such change.
    """
    values = {"service": service, "environment": environment, "key": claim.key, "change": claim.change, "at": claim.at}
    return tx.run(_TAKE, values).one_or_none() is not None


def held(tx: Tx, service: str, environment: str) -> Claim | None:
    """The claim that holds a place."""
    row = tx.run(_HELD, {"service": service, "environment": environment}).one_or_none()
    return None if row is None else Claim(**row._mapping)


def release(tx: Tx, key: str) -> bool:
    """Give a place back.

    Returns:
        False when no claim has this key.
    """
    return tx.run(_RELEASE, {"which": key}).rowcount == 1
