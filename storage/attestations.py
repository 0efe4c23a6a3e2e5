"""What people said of items of evidence (EVD-02, EVD-30).

Invariant: only added to; what was said is never edited.
"""

from dataclasses import fields
from datetime import date, datetime

from sqlalchemy import bindparam, select

from guards.attestation import Attestation
from guards.vocabulary import Role
from storage.counters import dated_id
from storage.database import Tx
from storage.tables.attestations import AttestationRow
from storage.tables.base import table

_T = table(AttestationRow)
_C = _T.c
_ALL = select(*(_C[f.name] for f in fields(Attestation)))
_OF_VERSION = _ALL.where(_C.service == bindparam("service"), _C.version == bindparam("version"))
_LASTING = _ALL.where(_C.service == bindparam("service"), _C.until > bindparam("now"), _C.version != bindparam("version"))


def next_id(tx: Tx, day: date) -> str:
    """A new id like `ATT-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "ATT", day)


def add(tx: Tx, said: Attestation) -> None:
    """Remember what somebody said."""
    tx.run(_T.insert(), {f.name: getattr(said, f.name) for f in fields(Attestation)} | {"roles": sorted(said.roles)})


def of(tx: Tx, service: str, version: str, at: datetime) -> tuple[Attestation, ...]:
    """What was said of a version, and what was said of the service and lasts, oldest first.

    Args:
        at: UTC.
    """
    rows = [
        *tx.run(_OF_VERSION, {"service": service, "version": version}),
        *tx.run(_LASTING, {"service": service, "version": version, "now": at}),
    ]
    found = (Attestation(**{**row._mapping, "roles": frozenset(Role(role) for role in row.roles)}) for row in rows)
    return tuple(sorted(found, key=lambda said: (said.at, said.id)))
