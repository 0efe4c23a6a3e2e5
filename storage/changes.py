"""Changes: the units that move, and the only writer of their state.

Invariant: a state is left only along `lifecycle.MOVES`, and only from the state that the caller saw; a version is asked for once at a time.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy import bindparam

from guards.assessment import UNSAID, Assessment, Declared
from guards.change import Change
from guards.content import Content
from guards.lifecycle import CLAIMED, MOVES, State
from guards.vocabulary import Migration
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import IllegalMove, LostRace
from storage.tables.base import table
from storage.tables.changes import OPEN_STATES, UNDECIDED_STATES, ChangeRow
from storage.tables.sets import SetEntryRow

_T, _ENTRY = table(ChangeRow), table(SetEntryRow)
_C = _T.c
_CONTENT = tuple(f.name for f in fields(Content))
_ALL = sa.select(_T)
_HERE = sa.and_(_C.service == bindparam("service"), _C.environment == bindparam("environment"))


class Updates(TypedDict, total=False):
    """What may be written along with a move; what is left out stays."""

    attempt: int
    run: str | None
    run_url: str | None
    dispatched: datetime | None
    finished: datetime | None
    content: Content
    amended: datetime | None
    assessed: Assessment | None
    implementer: str | None
    migrates: Migration | None


def next_id(tx: Tx, day: date) -> str:
    """A new id like `CR-2026-1121-001` (REC-09): never given twice, counted for each day.

    Args:
        day: the day that stands in it, in the zone that the caller chose.
    """
    return dated_id(tx, "CR", day)


def add(tx: Tx, change: Change) -> None:
    """Remember a new change.

    Raises:
        Conflict: the id is taken, or an open change asks for the same version in the same place.
    """
    tx.run(_T.insert(), _row(change))


_GET = _ALL.where(_C.id == bindparam("id"))
_LOCK = _GET.with_for_update()


def get(tx: Tx, id: str) -> Change | None:  # noqa: A002
    """The change with this id."""
    return _one(tx, _GET, id=id)


def lock(tx: Tx, id: str) -> Change | None:  # noqa: A002
    """The same, and nobody else moves or decides it until this transaction ends (SQLite: a writer is alone anyway)."""
    return _one(tx, _LOCK, id=id)


_MOVE = _T.update().where(_C.id == bindparam("was_id"), _C.state == bindparam("was"), _C.attempt == bindparam("was_attempt"))


def move(tx: Tx, change: Change, to: State, *, why: str = "", **updates: Unpack[Updates]) -> Change:
    """Move a change on, if it still is as the caller saw it.

    Args:
        change: as it was read in this transaction or before.
        to: the new state.
        why: the reason that a person should know; replaces the old one.
        updates: what else changes.

    Returns:
        The change as it is now.

    Raises:
        IllegalMove: the lifecycle knows no such move (PRM-19).
        LostRace: somebody else moved it.
    """
    if to not in MOVES[change.state]:
        raise IllegalMove(f"{change.id} cannot go from {change.state} to {to}")
    return _write(tx, change, replace(change, state=to, why=why, **updates))


def amend(tx: Tx, change: Change, *, why: str | None = None, **updates: Unpack[Updates]) -> Change:
    """Write what became known without a move: a run's address, content that moved while people decide.

    Args and errors: as for `move`; `why=None` keeps the reason.
    """
    return _write(tx, change, replace(change, why=change.why if why is None else why, **updates))


def _write(tx: Tx, was: Change, now: Change) -> Change:
    done = tx.run(_MOVE, {**_row(now), "was_id": was.id, "was": was.state, "was_attempt": was.attempt})
    if done.rowcount != 1:
        raise LostRace(f"{was.id} is not {was.state} any more")
    return now


_LIKE = (
    sa.select(_C.id)
    # as text: bound values would hide the partial index from the planner, and the whole history of the service would be read
    .where(_HERE, _C.version == bindparam("version"), sa.text(f"change.{OPEN_STATES}"))
    .order_by(_C.requested, _C.id)
    .limit(1)
)  # fmt: skip


def open_like(tx: Tx, service: str, environment: str, version: str) -> str | None:
    """The id of an open change that asks for the same."""
    found = tx.run(_LIKE, {"service": service, "environment": environment, "version": version}).scalar_one_or_none()
    return None if found is None else str(found)


_NEWEST = (_C.requested.desc(), _C.id.desc())
_OF_SERVICE = _C.service == bindparam("service")
_UNDECIDED = _ALL.where(sa.text(f"change.{UNDECIDED_STATES}")).order_by(*_NEWEST).limit(bindparam("limit"))
_UNDECIDED_OF = _UNDECIDED.where(_OF_SERVICE)


def undecided(tx: Tx, service: str | None, limit: int = 20) -> list[Change]:
    """Changes that people can still decide, newest first.

    Args:
        service: None for all.
        limit: how many at most.
    """
    return _many(tx, _UNDECIDED if service is None else _UNDECIDED_OF, service=service, limit=limit)


_WAITING = _ALL.where(_HERE, _C.state == State.WAITING).order_by(_C.requested, _C.id)


def waiting(tx: Tx, service: str, environment: str) -> list[Change]:
    """Changes that wait for their time in one place, oldest first."""
    return _many(tx, _WAITING, service=service, environment=environment)


_CLAIMED = _ALL.where(_C.state.in_(sorted(CLAIMED))).order_by(_C.requested, _C.id)


def claimed(tx: Tx) -> list[Change]:
    """Changes on which CI may be working, oldest first."""
    return _many(tx, _CLAIMED)


_RECENT = _ALL.order_by(*_NEWEST).limit(bindparam("limit"))
_RECENT_OF = _RECENT.where(_OF_SERVICE)


def recent(tx: Tx, service: str | None, limit: int = 10) -> list[Change]:
    """The newest changes in any state.

    Args:
        service: None for all.
        limit: how many at most.
    """
    return _many(tx, _RECENT if service is None else _RECENT_OF, service=service, limit=limit)


_OF_VERSION = _ALL.where(_OF_SERVICE, _C.version == bindparam("version")).order_by(_C.requested, _C.id)


def of_version(tx: Tx, service: str, version: str) -> list[Change]:
    """Every change that asked for one version, in any state and to any environment, oldest first (AUD-04)."""
    return _many(tx, _OF_VERSION, service=service, version=version)


_IN_SET = (
    sa.select(_T).join(_ENTRY, _ENTRY.c.change == _C.id).where(_ENTRY.c.promotion == bindparam("promotion")).order_by(_ENTRY.c.position)
)


def in_set(tx: Tx, promotion: str) -> list[Change]:
    """The changes that carry the entries of a set promotion, in the order in which they go out (MAN-07)."""
    return _many(tx, _IN_SET, promotion=promotion)


_BY_RUN = _ALL.where(_C.run == bindparam("run"), _C.service.in_(bindparam("services", expanding=True))).order_by(*_NEWEST).limit(1)


def by_run(tx: Tx, run: str, ci_services: frozenset[str]) -> Change | None:
    """The change whose newest attempt is this run.

    Args:
        run: CI's id.
        ci_services: the services that this CI serves: two CIs may use the same run ids.
    """
    return _one(tx, _BY_RUN, run=run, services=sorted(ci_services))


def by_key(tx: Tx, key: str) -> Change | None:
    """The change whose newest attempt carries this key; a key of an earlier attempt is nobody's.

    Args:
        key: `CR-2026-1121-001.1`, as CI shows it; anything else finds nothing.
    """
    id_, _, attempt = key.rpartition(".")
    found = get(tx, id_)
    return found if found is not None and str(found.attempt) == attempt and found.attempt > 0 else None


_DECLARED, _ASSESSED = TypeAdapter(Declared), TypeAdapter(Assessment)


def _row(change: Change) -> dict[str, Any]:
    content = change.content
    declared = None if content.declared == UNSAID else _DECLARED.dump_python(content.declared, mode="json", exclude_none=True)
    if declared and content.declared.answers is not None:
        declared["answers"] = sorted(content.declared.answers)
    return {
        **{name: getattr(content, name) for name in _CONTENT},
        **{f.name: getattr(change, f.name) for f in fields(Change) if f.name != "content"},
        "declared": declared,
        "assessed": _ASSESSED.dump_python(change.assessed, mode="json") if change.assessed else None,
    }


def _change(row: Any) -> Change:
    values = dict(row._mapping)
    content = {name: values.pop(name) for name in _CONTENT}
    content["declared"] = _DECLARED.validate_python(content["declared"] or {})
    values["assessed"] = _ASSESSED.validate_python(values["assessed"]) if values["assessed"] else None
    return Change(content=Content(**content), **values)


def _one(tx: Tx, statement: sa.Executable, **values: Any) -> Change | None:
    row = tx.run(statement, values).one_or_none()
    return None if row is None else _change(row)


def _many(tx: Tx, statement: sa.Executable, **values: Any) -> list[Change]:
    return of_rows(tx.run(statement, values))


def of_rows(rows: Iterable[Any]) -> list[Change]:
    """Changes from rows of their whole table, for whoever joins it with another one."""
    return [_change(row) for row in rows]
