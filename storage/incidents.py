"""Incidents, what belongs to them, and when each source of them was last heard (INC-01 … INC-04).

Invariant: a source's incident has one row, however often it is told; a closed one is closed once, and what is bound stays bound.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from guards.incident import Bound, Incident
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.incidents import OPEN_INCIDENTS, IncidentIntakeRow, IncidentRecordRow, IncidentRow

_T = table(IncidentRow)
_C = _T.c
_SELECT = select(*(_C[f.name] for f in fields(Incident)))
_GET = _SELECT.where(_C.reference == bindparam("reference"))
_LOCK = _GET.with_for_update()
_NAMED = text("incident.known_as <> ''")  # as text: a bound value would hide the partial index from the planner
_KNOWN_AS = (
    _SELECT.where(_C.known_as.in_(bindparam("names", expanding=True)), _NAMED)
    .order_by(_C.heard_at.desc(), _C.reference)
)  # fmt: skip
_FROM = _SELECT.where(_C.source == bindparam("origin"), _C.known_as == bindparam("name"), _NAMED).with_for_update()
# as text: a bound value would hide the partial index from the planner
_OPEN = _SELECT.where(text(f"incident.{OPEN_INCIDENTS}")).order_by(_C.severity, _C.opened_at, _C.reference)
_CLOSED_AFTER = _SELECT.where(_C.closed_at > bindparam("then"))
_RECENT = _SELECT.where(_C.closed_at.is_not(None)).order_by(_C.closed_at.desc(), _C.reference.desc()).limit(bindparam("limit"))
_NEVER_CHANGES = ("reference", "source", "known_as", "opened_by", "opened_by_name")
_UPDATE = (
    _T.update()
    .where(_C.reference == bindparam("which"))
    .values({f.name: bindparam(f"new_{f.name}", type_=_C[f.name].type) for f in fields(Incident) if f.name not in _NEVER_CHANGES})
)
_B = table(IncidentRecordRow)
_BOUND = select(*(_B.c[f.name] for f in fields(Bound))).where(_B.c.incident == bindparam("which")).order_by(_B.c.at, _B.c.record)
_OF = (
    _SELECT.join(_B, _B.c.incident == _C.reference).where(_B.c.record == bindparam("record")).order_by(_C.opened_at, _C.reference)
)  # fmt: skip

_I = table(IncidentIntakeRow)
_HEARD = select(_I.c.name, _I.c.heard)
_HEAR = _I.update().where(_I.c.name == bindparam("which")).values(heard=bindparam("now", type_=_I.c.heard.type))


def next_id(tx: Tx, day: date) -> str:
    """A new reference like `INC-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "INC", day)


def add(tx: Tx, incident: Incident) -> None:
    """Remember a new one.

    Raises:
        Conflict: the reference is taken, its source told of it before, or it ends before it begins.
    """
    tx.run(_T.insert(), asdict(incident))


def get(tx: Tx, reference: str) -> Incident | None:
    """The incident with this reference of ours."""
    return _one(tx.run(_GET, {"reference": reference}).one_or_none())


def lock(tx: Tx, reference: str) -> Incident | None:
    """The same, and nobody else changes it until this transaction ends."""
    return _one(tx.run(_LOCK, {"reference": reference}).one_or_none())


def by_reference(tx: Tx, named: str) -> Incident | None:
    """The incident that people mean: by our reference, or by the name that its source gave it.

    Args:
        named: as somebody wrote it, also in upper or lower case alone; where two sources share a name, the one heard of last.
    """
    wanted = named.strip().upper()
    names = [wanted, wanted.lower(), named.strip()]
    return get(tx, wanted) or _one(tx.run(_KNOWN_AS, {"names": names}).first())


def from_source(tx: Tx, source: str, known_as: str) -> Incident | None:
    """What a source told of before, locked until this transaction ends.

    Args:
        source: the intake's name in the policy.
        known_as: as the source writes it.
    """
    return _one(tx.run(_FROM, {"origin": source, "name": known_as}).one_or_none())


def update(tx: Tx, incident: Incident) -> None:
    """Have it stand as it is given, closed or reopened included; call it on one that is locked.

    Raises:
        LostRace: there is none with this reference.
        Conflict: it ends before it begins.
    """
    values = asdict(incident)
    changed = {f"new_{name}": value for name, value in values.items() if name not in _NEVER_CHANGES}
    if tx.run(_UPDATE, {"which": incident.reference, **changed}).rowcount != 1:
        raise LostRace(f"there is no incident {incident.reference}")


def still_open(tx: Tx) -> tuple[Incident, ...]:
    """All that nobody closed, the gravest first."""
    return tuple(_incident(row) for row in tx.run(_OPEN))


def open_for(tx: Tx, service: str | None, at: datetime) -> tuple[Incident, ...]:
    """Those that were open at a moment and may touch a service, the gravest first.

    Args:
        service: canonical name; None for all.
        at: UTC.
    """
    found = (*still_open(tx), *(_incident(row) for row in tx.run(_CLOSED_AFTER, {"then": at})))
    then = (one for one in found if one.open(at) and one.touches(service))
    return tuple(sorted(then, key=lambda one: (one.severity, one.opened_at, one.reference)))


def recent(tx: Tx, limit: int) -> tuple[Incident, ...]:
    """Those that are closed, the newest end first.

    Args:
        limit: how many at most.
    """
    return tuple(_incident(row) for row in tx.run(_RECENT, {"limit": limit}))


def bind(tx: Tx, bound: Bound) -> bool:
    """Have a record belong to an incident.

    Returns:
        False when it did already.
    """
    if any(one.record == bound.record for one in bound_to(tx, bound.incident)):
        return False
    tx.run(_B.insert(), asdict(bound))
    return True


def bound_to(tx: Tx, reference: str) -> tuple[Bound, ...]:
    """What belongs to an incident, the first bound first."""
    return tuple(Bound(**row._mapping) for row in tx.run(_BOUND, {"which": reference}))


def of_record(tx: Tx, record: str) -> tuple[Incident, ...]:
    """The incidents that a record belongs to, the first opened first."""
    return tuple(_incident(row) for row in tx.run(_OF, {"record": record}))


def hear(tx: Tx, intake: str, at: datetime) -> None:
    """Remember that a source was heard.

    Args:
        intake: its name in the policy.
        at: now, UTC.
    """
    if tx.run(_HEAR, {"which": intake, "now": at}).rowcount == 0:
        tx.run(_I.insert(), {"name": intake, "heard": at})


def heard(tx: Tx) -> Mapping[str, datetime]:
    """Each source that was ever heard → when last, UTC."""
    return {row.name: row.heard for row in tx.run(_HEARD)}


def _one(row: Any) -> Incident | None:
    return None if row is None else _incident(row)


def _incident(row: Any) -> Incident:
    values = dict(row._mapping)
    values["services"] = None if row.services is None else tuple(row.services)
    return Incident(**values)
