"""Exceptions as they were asked for, what people decided about them, and the changes that went out by them (EXC-01 … EXC-07).

Invariant: what an exception says is never edited and nothing is removed; only a permanent one that was reconsidered gets another end. Of
two changes that take a single use, one gets it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select, text

from guards.exemption import Exemption, ExemptionDecision, ExemptionState, ExemptionUse, Reconsideration
from guards.vocabulary import Requirement, Role
from storage.counters import dated_id
from storage.database import Tx, insert
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.rules import OPEN_EXCEPTIONS, ExceptionDecisionRow, ExceptionReconsiderationRow, ExceptionRow, ExceptionUseRow

_T, _DECISION, _USE = table(ExceptionRow), table(ExceptionDecisionRow), table(ExceptionUseRow)
_AGAIN = table(ExceptionReconsiderationRow)
_COLUMNS = tuple(f.name for f in fields(Exemption) if f.name not in {"decisions", "reconsidered", "uses"})

_SELECT = select(*(_T.c[name] for name in _COLUMNS))
_GET = _SELECT.where(_T.c.id == bindparam("id"))
_LOCK = _GET.with_for_update()
_CURRENT = (
    _SELECT
    # as text: bound values would hide the partial index from the planner
    .where(text(f"exception.{OPEN_EXCEPTIONS}"), _T.c.until > bindparam("now"))
    .order_by(_T.c.until, _T.c.id)
)  # fmt: skip
_DECISIONS = (
    select(_DECISION).where(_DECISION.c.exception.in_(bindparam("ids", expanding=True))).order_by(_DECISION.c.exception, _DECISION.c.id)
)  # fmt: skip
_RECONSIDERED = select(_AGAIN).where(_AGAIN.c.exception.in_(bindparam("ids", expanding=True))).order_by(_AGAIN.c.exception, _AGAIN.c.id)
_USES = select(_USE).where(_USE.c.exception.in_(bindparam("ids", expanding=True))).order_by(_USE.c.exception, _USE.c.at, _USE.c.change)
_NAMING = _SELECT.where((_T.c.version == bindparam("version")) | _T.c.version.is_(None)).order_by(_T.c.id)
_USED_BY = _SELECT.join_from(_T, _USE, _USE.c.exception == _T.c.id).where(_USE.c.change == bindparam("change")).order_by(_T.c.id)
_MOVE = _T.update().where(_T.c.id == bindparam("which"), _T.c.state == bindparam("was")).values(state=bindparam("now_state"))
_EXTEND = (
    _T.update()
    .where(_T.c.id == bindparam("which"), _T.c.state == ExemptionState.APPROVED, _T.c.until == bindparam("was"))
    .values(until=bindparam("new_until"), review=bindparam("new_review"), confirmed=bindparam("set_aside"))
)
_TAKE = insert(_USE, lambda new: new.on_conflict_do_nothing(index_elements=["exception", "change"]).returning(_USE.c.change))


def next_id(tx: Tx, day: date) -> str:
    """A new id like `EXC-2026-1121-001` (EXC-03).

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "EXC", day)


def add(tx: Tx, exemption: Exemption) -> None:
    """Remember a new exception.

    Raises:
        Conflict: the id is taken, or it ends before its review.
    """
    row = {name: getattr(exemption, name) for name in _COLUMNS}
    tx.run(_T.insert(), {**row, "services": list(exemption.services), "environments": list(exemption.environments)})


def get(tx: Tx, id: str) -> Exemption | None:  # noqa: A002
    """The exception with this id."""
    return next(iter(_read(tx, tx.run(_GET, {"id": id}))), None)


def lock(tx: Tx, id: str) -> Exemption | None:  # noqa: A002
    """The same, and nobody else decides about it or uses it until this transaction ends."""
    return next(iter(_read(tx, tx.run(_LOCK, {"id": id}))), None)


def current(tx: Tx, at: datetime) -> tuple[Exemption, ...]:
    """All that wait for people or count, the one that ends first before the others; with their uses where one use is all there is.

    Args:
        at: now, UTC.
    """
    rows = tx.run(_CURRENT, {"now": at}).all()
    return _read(tx, rows, uses_of=[row.id for row in rows if row.once])


def used_by(tx: Tx, change: str) -> tuple[Exemption, ...]:
    """Those that a change went out by.

    Args:
        change: its id.
    """
    return _read(tx, tx.run(_USED_BY, {"change": change}), uses_of=[])


def about(tx: Tx, service: str, version: str, begin: datetime | None, end: datetime | None) -> tuple[Exemption, ...]:
    """Those that name a version of a service, whatever became of them, and those for all its versions that were there at the time (EXC-03).

    Args:
        service, version: names.
        begin, end: UTC; from when to when the version was on its way. None: those for all versions are left out.
    """
    found = _read(tx, tx.run(_NAMING, {"version": version}), uses_of=[])
    mine = [e for e in found if service in e.services]
    return tuple(e for e in mine if e.version == version or (begin and end and e.requested <= end and begin < e.until))


def reaching(tx: Tx, service: str, environment: str, at: datetime) -> tuple[Exemption, ...]:
    """Those that are approved, have not ended, and have a place in their scope.

    Args:
        service, environment: canonical names.
        at: now, UTC.
    """
    return tuple(e for e in current(tx, at) if e.state is ExemptionState.APPROVED and e.reaches(service, environment))


def decide(tx: Tx, id: str, decision: ExemptionDecision) -> None:  # noqa: A002
    """Record a decision.

    Raises:
        Conflict: the person decided the same already, or there is no such exception.
    """
    row = {f.name: getattr(decision, f.name) for f in fields(ExemptionDecision)}
    tx.run(_DECISION.insert(), {**row, "exception": id, "roles": sorted(decision.roles)})


def reconsider(tx: Tx, id: str, word: Reconsideration) -> None:  # noqa: A002
    """Record that somebody says that a permanent exception still holds.

    Raises:
        Conflict: the person said so about this end already, or there is no such exception.
    """
    row = {f.name: getattr(word, f.name) for f in fields(Reconsideration)}
    tx.run(_AGAIN.insert(), {**row, "exception": id, "roles": sorted(word.roles)})


def extend(tx: Tx, exemption: Exemption, until: datetime, review: datetime, confirmed: datetime) -> Exemption:
    """Have it count until another moment, if it still counts as the caller saw it.

    Args:
        exemption: as the caller saw it.
        until, review: its new end and review, UTC.
        confirmed: the end that this sets aside, UTC.

    Returns:
        The exception as it is now.

    Raises:
        LostRace: somebody else moved it.
    """
    given = {"which": exemption.id, "was": exemption.until, "new_until": until, "new_review": review, "set_aside": confirmed}
    if tx.run(_EXTEND, given).rowcount != 1:
        raise LostRace(f"{exemption.id} does not count until {exemption.until} any more")
    extended = get(tx, exemption.id)
    assert extended is not None
    return extended


def move(tx: Tx, exemption: Exemption, to: ExemptionState) -> Exemption:
    """Change the state, if it still is as the caller saw it.

    Returns:
        The exception as it is now, with its newest decisions.

    Raises:
        LostRace: somebody else moved it.
    """
    if tx.run(_MOVE, {"which": exemption.id, "was": exemption.state, "now_state": to}).rowcount != 1:
        raise LostRace(f"{exemption.id} is not {exemption.state} any more")
    moved = get(tx, exemption.id)
    assert moved is not None
    return moved


def use(tx: Tx, id: str, change: str, at: datetime) -> bool:  # noqa: A002
    """Have a change go out by an exception; the same change may do so again.

    Args:
        change: its id.
        at: now, UTC.

    Returns:
        Whether this is the change's first use of it.

    Raises:
        LostRace: it does not count any more, or another change used it up.
    """
    exemption = lock(tx, id)
    if exemption is None or not exemption.counts(at, change):
        raise LostRace(f"{id} cannot be used by {change} any more")
    return tx.run(_TAKE, {"exception": id, "change": change, "at": at, "once": exemption.once}).one_or_none() is not None


def _read(tx: Tx, found: Iterable[Any], uses_of: list[str] | None = None) -> tuple[Exemption, ...]:
    """Rows as exceptions, with their decisions and uses.

    Args:
        uses_of: ids of those whose uses are read; None for all of them: one that lasts may have many.
    """
    rows = [dict(row._mapping) for row in found]
    if not rows:
        return ()
    ids = [row["id"] for row in rows]
    decisions: dict[str, list[ExemptionDecision]] = defaultdict(list)
    again: dict[str, list[Reconsideration]] = defaultdict(list)
    uses: dict[str, list[ExemptionUse]] = defaultdict(list)
    for row in tx.run(_DECISIONS, {"ids": ids}):
        roles = frozenset(Role(role) for role in row.roles)
        decisions[row.exception].append(ExemptionDecision(row.by, row.name, roles, row.ruling, row.reason, row.at))
    for row in tx.run(_RECONSIDERED, {"ids": ids}):
        roles = frozenset(Role(role) for role in row.roles)
        again[row.exception].append(Reconsideration(row.by, row.name, roles, row.reason, row.at, row.was, row.until))
    for row in tx.run(_USES, {"ids": ids if uses_of is None else uses_of}):
        uses[row.exception].append(ExemptionUse(row.change, row.at))
    return tuple(
        Exemption(**{
            **row, "requirement": Requirement(row["requirement"]), "services": tuple(row["services"]),
            "environments": tuple(row["environments"]), "owner_roles": tuple(Role(role) for role in row["owner_roles"]),
            "decisions": tuple(decisions[row["id"]]), "reconsidered": tuple(again[row["id"]]), "uses": tuple(uses[row["id"]]),
        })
        for row in rows
    )  # fmt: skip
