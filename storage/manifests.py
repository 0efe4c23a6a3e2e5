"""Manifests, and the integration runs against them (MAN-01, MAN-03, MAN-05).

Invariant: a manifest is only added, never changed. An integration run leaves an end never, and of two writers that race one loses.
"""

from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from guards.manifest import UNDER_WAY, Entry, Integration, Manifest, entry_body
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.sets import IntegrationRow, ManifestRow

_M = table(ManifestRow)
_I = table(IntegrationRow)
_BY_HASH = select(_M).where(_M.c.sealed == bindparam("hash"))
_LIKE = select(_M).where(_M.c.sealed >= bindparam("start"), _M.c.sealed < bindparam("end")).order_by(_M.c.sealed).limit(2)
_OF_RUN = select(_M).where(_M.c.run == bindparam("of")).order_by(_M.c.number.desc()).limit(1)
_RUN = select(_I).where(_I.c.id == bindparam("which"))
_OF_MANIFEST = select(_I).where(_I.c.manifest == bindparam("of")).order_by(_I.c.at.desc(), _I.c.id.desc()).limit(1)
_BY_RUN = select(_I).where(_I.c.run == bindparam("as_run"), _I.c.service.in_(bindparam("services", expanding=True)))
_MOVE = _I.update().where(_I.c.id == bindparam("which"), _I.c.state == bindparam("was"), _I.c.state.in_(sorted(UNDER_WAY)))


def add(tx: Tx, manifest: Manifest) -> Manifest:
    """Remember a new manifest, sealed by its hash.

    Raises:
        Conflict: the run has one of this number already.
    """
    sealed = replace(manifest, sealed=manifest.hash)
    values = {f.name: getattr(sealed, f.name) for f in fields(sealed)}
    tx.run(_M.insert(), values | {"entries": [entry_body(entry) for entry in sealed.entries]})
    return sealed


def get(tx: Tx, hash: str) -> Manifest | None:  # noqa: A002
    """The manifest that was stored under this hash."""
    return _manifest(tx.run(_BY_HASH, {"hash": hash}).one_or_none())


def named(tx: Tx, start: str) -> Manifest | None:
    """The manifest whose hash begins so; None when there is none, or more than one.

    Args:
        start: hex digits.
    """
    rows = tx.run(_LIKE, {"start": start, "end": f"{start}g"}).all()
    return _manifest(rows[0]) if len(rows) == 1 else None


def manifest_of_run(tx: Tx, run: str) -> Manifest | None:
    """The newest manifest of a run: the candidate that it decides about (MAN-02)."""
    return _manifest(tx.run(_OF_RUN, {"of": run}).one_or_none())


def order(tx: Tx, day: date, **values: Any) -> Integration:
    """Remember that the suite was ordered.

    Args:
        day: that stands in its id.
        **values: the fields of `Integration` but its id.

    Raises:
        Conflict: one is under way.
    """
    made = Integration(dated_id(tx, "INT", day), **values)
    tx.run(_I.insert(), asdict(made))
    return made


def integration(tx: Tx, id: str) -> Integration | None:  # noqa: A002
    """The run of the suite with this id."""
    return _integration(tx.run(_RUN, {"which": id}).one_or_none())


def integration_of(tx: Tx, manifest: str) -> Integration | None:
    """The newest run of the suite against a manifest."""
    return _integration(tx.run(_OF_MANIFEST, {"of": manifest}).one_or_none())


def integration_by_run(tx: Tx, run: str, services: frozenset[str]) -> Integration | None:
    """The run of the suite that CI knows by this id.

    Args:
        services: those that this CI serves: two CIs may use the same ids.
    """
    return _integration(tx.run(_BY_RUN, {"as_run": run, "services": sorted(services)}).first())


def move(tx: Tx, was: Integration, **changed: Any) -> Integration:
    """Write what became known of a run of the suite.

    Raises:
        LostRace: it is not as it was read any more, or it has its end.
    """
    now = replace(was, **changed)
    if tx.run(_MOVE.values(**asdict(now)), {"which": was.id, "was": was.state}).rowcount != 1:
        raise LostRace(f"{was.id} is not {was.state} any more")
    return now


def _manifest(row: Any) -> Manifest | None:
    if row is None:
        return None
    lists = ("sboms", "provenance", "others")
    entries = tuple(Entry(**{**entry, **{name: tuple(entry[name]) for name in lists}}) for entry in row.entries)
    return Manifest(**{**row._mapping, "entries": entries})


def _integration(row: Any) -> Integration | None:
    return None if row is None else Integration(**row._mapping)
