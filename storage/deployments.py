"""What ran where, and what runs (PRM-13, PRM-14).

Invariant: only added to. The newest row of a place is what runs there; each change has at most one.
"""

from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam, select

from guards.version import Deployment
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.versions import DeploymentRow, TargetRow

_T = table(DeploymentRow)
_C = _T.c
_TARGET = table(TargetRow)
_FIELDS = tuple(f.name for f in fields(Deployment))
_SELECT = select(*(_C[name] for name in _FIELDS))
_HERE = (_C.service == bindparam("service"), _C.environment == bindparam("environment"))
_NEWEST = (_C.at.desc(), _C.id.desc())
_SEEN = insert(_TARGET, lambda new: new.on_conflict_do_nothing(index_elements=["service", "environment"]))


def add(tx: Tx, deployment: Deployment) -> None:
    """Record a success.

    Raises:
        Conflict: its change has one already, or there is no such change.
    """
    tx.run(_SEEN, {"service": deployment.service, "environment": deployment.environment})
    tx.run(_T.insert(), asdict(deployment))


_RUNNING = _SELECT.where(*_HERE).order_by(*_NEWEST).limit(1)


def running(tx: Tx, service: str, environment: str) -> Deployment | None:
    """What runs in a place: its newest success."""
    return _one(tx, _RUNNING, service=service, environment=environment)


_UNTIL = _SELECT.where(*_HERE, _C.at <= bindparam("then")).order_by(*_NEWEST).limit(bindparam("limit"))


def until(tx: Tx, service: str, environment: str, at: datetime, limit: int) -> list[Deployment]:
    """The successes in a place up to a moment, newest first: the first one is what ran there then (INC-01).

    Args:
        at: UTC.
        limit: how many at most.
    """
    rows = tx.run(_UNTIL, {"service": service, "environment": environment, "then": at, "limit": limit})
    return [Deployment(**row._mapping) for row in rows]


_PROOF = _RUNNING.where(_C.version == bindparam("version"))


def proof(tx: Tx, service: str, environment: str, version: str) -> Deployment | None:
    """The newest success of a version in a place (PRM-01)."""
    return _one(tx, _PROOF, service=service, environment=environment, version=version)


_AFTER = _SELECT.where(*_HERE, _C.at > bindparam("then")).order_by(_C.at, _C.id).limit(1)


def replaced(tx: Tx, earlier: Deployment) -> Deployment | None:
    """What took the place of the newest success of a version; None while it runs there (PRM-09).

    Args:
        earlier: the newest success of its version in its place.
    """
    now = running(tx, earlier.service, earlier.environment)
    if now is None or now.version == earlier.version:
        return None
    row = tx.run(_AFTER, {"service": earlier.service, "environment": earlier.environment, "then": earlier.at}).one_or_none()
    return now if row is None else Deployment(**row._mapping)


_OF_COMMIT = _RUNNING.where(_C.commit == bindparam("commit"))


def of_commit(tx: Tx, service: str, environment: str, commit: str) -> Deployment | None:
    """The newest success in a place of what was built from a commit."""
    return _one(tx, _OF_COMMIT, service=service, environment=environment, commit=commit)


_OF_VERSION = _SELECT.where(_C.service == bindparam("service"), _C.version == bindparam("version")).order_by(_C.at, _C.id)


def of_version(tx: Tx, service: str, version: str) -> list[Deployment]:
    """Every success of one version, in any environment, oldest first (PRM-13)."""
    return [Deployment(**row._mapping) for row in tx.run(_OF_VERSION, {"service": service, "version": version})]


_inner = _T.alias("newest")
_NEWEST_HERE = (
    select(_inner.c.id)
    .where(_inner.c.service == _TARGET.c.service, _inner.c.environment == _TARGET.c.environment)
    .order_by(_inner.c.at.desc(), _inner.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
# from the few targets to one row each by index, however long the history is
_OVERVIEW = _SELECT.select_from(_TARGET.join(_T, _C.id == _NEWEST_HERE)).order_by(_TARGET.c.service, _TARGET.c.environment)
_OVERVIEW_OF = _OVERVIEW.where(_TARGET.c.service == bindparam("service"))


def overview(tx: Tx, service: str | None) -> list[Deployment]:
    """What runs everywhere, by service and environment.

    Args:
        service: None for all.
    """
    rows = tx.run(_OVERVIEW, {}) if service is None else tx.run(_OVERVIEW_OF, {"service": service})
    return [Deployment(**row._mapping) for row in rows]


def _one(tx: Tx, statement: sa.Executable, **values: str) -> Deployment | None:
    row = tx.run(statement, values).one_or_none()
    return None if row is None else Deployment(**row._mapping)
