"""Hotfixes, and the branches that have to have them (HOT-01 … HOT-11).

Invariant: of a service one hotfix is under way at a time, and a branch is found to have a fix once.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, text

from guards.hotfix import Afterwards, Hotfix, HotfixState, How, Port, Scope, Ships
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.hotfixes import LIVE, OWED, HotfixRow, PortRow

_H, _P = table(HotfixRow), table(PortRow)
_IS_LIVE = frozenset({HotfixState.ORDERED, HotfixState.OPEN, HotfixState.SHIPPED})
"""As the condition `LIVE` says."""

_SELECT = select(*(_H.c[f.name] for f in fields(Hotfix)))
_GET = _SELECT.where(_H.c.id == bindparam("which"))
_LOCK = _GET.with_for_update()
_OF_VERSION = _SELECT.where(_H.c.service == bindparam("of"), _H.c.version == bindparam("named")).order_by(_H.c.at.desc(), _H.c.id.desc())
_MAKING = _OF_VERSION.limit(1)
# as text: a bound value would hide the partial index from the planner
_LIVE = _SELECT.where(_H.c.service == bindparam("of"), text(f"hotfix.{LIVE}")).order_by(_H.c.at, _H.c.id)
_AROUND = (
    _SELECT.where(_H.c.service == bindparam("of"), or_(text(f"hotfix.{LIVE}"), _H.c.version == bindparam("named")))
    .order_by(_H.c.at, _H.c.id)
)  # fmt: skip
_LIVE_IN = _SELECT.where(_H.c.repository == bindparam("where"), text(f"hotfix.{LIVE}")).order_by(_H.c.at, _H.c.id)
_RECENT = _SELECT.order_by(_H.c.at.desc(), _H.c.id.desc()).limit(bindparam("limit"))
_MOVE = _H.update().where(_H.c.id == bindparam("which"), _H.c.state == bindparam("was"))
_PORTS = select(_P).where(_P.c.hotfix == bindparam("of")).order_by(_P.c.branch)
_OWED = select(_P).where(_P.c.service == bindparam("of"), text(f"hotfix_port.{OWED}")).order_by(_P.c.hotfix, _P.c.branch)
_PORT = _P.update().where(_P.c.hotfix == bindparam("of"), _P.c.branch == bindparam("named"), _P.c.done.is_(None))


def next_id(tx: Tx, day: date) -> str:
    """A new id like `HOT-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "HOT", day)


def add(tx: Tx, hotfix: Hotfix) -> None:
    """Remember a new one.

    Raises:
        Conflict: another hotfix of the service is under way, or makes this version.
    """
    tx.run(_H.insert(), _values(hotfix))


def get(tx: Tx, id: str) -> Hotfix | None:  # noqa: A002
    """The hotfix with this id."""
    return _one(tx, _GET, which=id)


def lock(tx: Tx, id: str) -> Hotfix | None:  # noqa: A002
    """The same, and nobody else moves it until this transaction ends."""
    return _one(tx, _LOCK, which=id)


def making(tx: Tx, service: str, version: str) -> Hotfix | None:
    """The newest hotfix of a service that makes a version, whatever became of it."""
    return _one(tx, _MAKING, of=service, named=version)


def of_version(tx: Tx, service: str, version: str) -> tuple[Hotfix, ...]:
    """Every hotfix of a service that makes a version, the newest first: one that was given up leaves it to the next."""
    return tuple(_hotfix(row) for row in tx.run(_OF_VERSION, {"of": service, "named": version}))


def makes(tx: Tx, service: str, version: str) -> bool:
    """Whether a hotfix that neither failed nor was given up makes a version."""
    found = making(tx, service, version)
    return found is not None and found.state not in {HotfixState.FAILED, HotfixState.GIVEN_UP}


def live(tx: Tx, service: str) -> tuple[Hotfix, ...]:
    """Those of a service that something is still to be done about, oldest first."""
    return tuple(_hotfix(row) for row in tx.run(_LIVE, {"of": service}))


def around(tx: Tx, service: str, version: str) -> tuple[Hotfix | None, tuple[Hotfix, ...]]:
    """What `making` and `live` find, in one read: each promotion is judged by it."""
    found = [_hotfix(row) for row in tx.run(_AROUND, {"of": service, "named": version})]
    made = [one for one in found if one.version == version]
    return (made[-1] if made else None), tuple(one for one in found if one.state in _IS_LIVE)


def live_in(tx: Tx, repository: str) -> tuple[Hotfix, ...]:
    """The same of a repository, `owner/name` as the policy writes it."""
    return tuple(_hotfix(row) for row in tx.run(_LIVE_IN, {"where": repository}))


def recent(tx: Tx, limit: int) -> tuple[Hotfix, ...]:
    """The newest of all services, the newest first.

    Args:
        limit: how many at most.
    """
    return tuple(_hotfix(row) for row in tx.run(_RECENT, {"limit": limit}))


def change(tx: Tx, was: Hotfix, **changed: Any) -> Hotfix:
    """Change a hotfix that still is in the state in which it was read.

    Args:
        was: as it was read.
        **changed: fields of `Hotfix`.

    Raises:
        LostRace: it has left its state meanwhile.
    """
    now = replace(was, **changed)
    if tx.run(_MOVE.values(**_values(now)), {"which": was.id, "was": was.state}).rowcount != 1:
        raise LostRace(f"{was.id} is not {was.state} any more")
    return now


# ---------------------------------------------------------------- the branches that have to have it


def add_port(tx: Tx, port: Port) -> None:
    """Remember that a branch has to have a fix.

    Raises:
        Conflict: that is known already.
    """
    tx.run(_P.insert(), {**asdict(port), "pulls": list(port.pulls)})


def ports(tx: Tx, hotfix: str) -> tuple[Port, ...]:
    """Every branch that has to have, or has, this fix, by name."""
    return tuple(_port(row) for row in tx.run(_PORTS, {"of": hotfix}))


def owed(tx: Tx, service: str) -> tuple[Port, ...]:
    """The branches that still lack a fix of a service."""
    return tuple(_port(row) for row in tx.run(_OWED, {"of": service}))


def change_port(tx: Tx, was: Port, **changed: Any) -> Port:
    """Change what is known of a branch that lacked the fix.

    Raises:
        LostRace: the fix was found there meanwhile.
    """
    now = replace(was, **changed)
    values = {**asdict(now), "pulls": list(now.pulls)}
    if tx.run(_PORT.values(**values), {"of": was.hotfix, "named": was.branch}).rowcount != 1:
        raise LostRace(f"{was.hotfix} was found on {was.branch} meanwhile")
    return now


# ---------------------------------------------------------------- rows and nouns


def _one(tx: Tx, statement: Any, **values: str) -> Hotfix | None:
    row = tx.run(statement, values).one_or_none()
    return None if row is None else _hotfix(row)


def _values(hotfix: Hotfix) -> dict[str, Any]:
    said, after = hotfix.scope, hotfix.afterwards
    scope = {**asdict(said), "ships": said.ships or ""}
    return {
        **asdict(hotfix), "scope": {name: str(value) for name, value in scope.items()}, "commits": list(hotfix.commits),
        "afterwards": {**asdict(after), "at": after.at.isoformat()} if after else None,
    }  # fmt: skip


def _hotfix(row: Any) -> Hotfix:
    values = dict(row._mapping)
    values |= {"scope": _scope(row.scope), "commits": tuple(row.commits)}
    if row.afterwards is not None:
        values["afterwards"] = Afterwards(**{**row.afterwards, "at": datetime.fromisoformat(row.afterwards["at"])})
    return Hotfix(**values)


def _scope(kept: Mapping[str, str]) -> Scope:
    ships = kept["ships"]
    rest = {{"criteria": "delay"}.get(name, name): value for name, value in kept.items() if name != "ships"}  # once one text was all
    return Scope(**rest, ships=Ships(ships) if ships else None)


def _port(row: Any) -> Port:
    values = dict(row._mapping)
    return Port(**{**values, "pulls": tuple(row.pulls), "how": How(row.how) if row.how else None})
