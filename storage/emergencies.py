"""Emergencies as they were declared, what people decided and said about them, and the change that went out by each (EMG-01, EMG-05).

Invariant: what an emergency says is never edited and nothing is removed; its artifact is filled in once. Of two changes that take one, one
gets it: the schema holds that, not a check before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select, text

from guards.emergency import UNUSED, Emergency, EmergencyApproval, EmergencyState, Ending, Execution, Spoken
from guards.vocabulary import Role
from storage.counters import dated_id, turn
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.emergencies import OPEN_EMERGENCIES, EmergencyApprovalRow, EmergencyRow, EmergencySpokenRow, EmergencyUseRow

_T, _APPROVAL, _SPOKEN, _USE = table(EmergencyRow), table(EmergencyApprovalRow), table(EmergencySpokenRow), table(EmergencyUseRow)
_ELSEWHERE = frozenset({"approvals", "spoken", "change", "used", "ending", "executed"})
_COLUMNS = tuple(f.name for f in fields(Emergency) if f.name not in _ELSEWHERE)

_SELECT = select(*(_T.c[name] for name in _COLUMNS), _T.c.ending, _T.c.executed)
_NEWEST = (_T.c.declared.desc(), _T.c.id.desc())
_GET = _SELECT.where(_T.c.id == bindparam("id"))
_LOCK = _GET.with_for_update()
# as text: a bound value would hide the partial index from the planner
_OPEN = _SELECT.where(text(f"emergency.{OPEN_EMERGENCIES}")).order_by(*_NEWEST)
_RECENT = _SELECT.order_by(*_NEWEST).limit(bindparam("limit"))
_SINCE = _SELECT.where(_T.c.declared >= bindparam("since", type_=_T.c.declared.type)).order_by(*_NEWEST)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_APPROVALS = select(_APPROVAL).where(_APPROVAL.c.emergency.in_(_IDS)).order_by(_APPROVAL.c.emergency, _APPROVAL.c.id)
_SAID = select(_SPOKEN).where(_SPOKEN.c.emergency.in_(_IDS)).order_by(_SPOKEN.c.emergency, _SPOKEN.c.id)
_USES = select(_USE).where(_USE.c.emergency.in_(_IDS))
_AS_SEEN = _T.update().where(_T.c.id == bindparam("which"), _T.c.state == bindparam("was"))
_PIN = _AS_SEEN.where(_T.c.digest.is_(None)).values({"digest": bindparam("new_digest"), "commit": bindparam("new_commit")})
_MOVE = _AS_SEEN.values(state=bindparam("now_state"))
_EXECUTE = _AS_SEEN.where(_T.c.executed.is_(None)).values(
    state=bindparam("now_state"), executed=bindparam("said", type_=_T.c.executed.type),
)  # fmt: skip
_END = _AS_SEEN.values(
    state=bindparam("now_state"), ending=bindparam("said", type_=_T.c.ending.type), ended=bindparam("now", type_=_T.c.ended.type),
    ended_by=bindparam("who"),
)  # fmt: skip


def next_id(tx: Tx, day: date) -> str:
    """A new id like `EMG-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "EMG", day)


def add(tx: Tx, record: Emergency) -> None:
    """Remember a new one.

    Raises:
        Conflict: the id is taken, or it ends before it begins.
    """
    tx.run(_T.insert(), {name: getattr(record, name) for name in _COLUMNS})


def get(tx: Tx, id: str) -> Emergency | None:  # noqa: A002
    """The emergency with this id."""
    return next(iter(_read(tx, tx.run(_GET, {"id": id}))), None)


def lock(tx: Tx, id: str) -> Emergency | None:  # noqa: A002
    """The same, and nobody else decides about it or uses it until this transaction ends."""
    return next(iter(_read(tx, tx.run(_LOCK, {"id": id}))), None)


def still_open(tx: Tx) -> tuple[Emergency, ...]:
    """Those that wait for people, cover something, or are not closed yet, the newest first."""
    return _read(tx, tx.run(_OPEN))


def alike(tx: Tx, draft: Emergency, *, lock: bool) -> str | None:
    """The id of one that covers the same as one that is to be declared now, and that can still be approved or used.

    Args:
        draft: what is to be declared.
        lock: nobody else declares one until this transaction ends.
    """
    if lock:
        turn(tx, "EMG")
    standing = (record for record in still_open(tx) if record.state in UNUSED and record.until > draft.declared)
    return next((record.id for record in standing if record.what == draft.what), None)


def recent(tx: Tx, limit: int) -> tuple[Emergency, ...]:
    """The newest ones in any state.

    Args:
        limit: how many at most.
    """
    return _read(tx, tx.run(_RECENT, {"limit": limit}))


def since(tx: Tx, at: datetime) -> tuple[Emergency, ...]:
    """Those that were declared from a moment on, the newest first (EMG-23).

    Args:
        at: UTC.
    """
    return _read(tx, tx.run(_SINCE, {"since": at}))


def approve(tx: Tx, id: str, approval: EmergencyApproval) -> None:  # noqa: A002
    """Record an approval.

    Raises:
        Conflict: the person approved it already, or there is no such emergency.
    """
    tx.run(_APPROVAL.insert(), {**asdict(approval), "emergency": id, "roles": sorted(approval.roles)})


def hear(tx: Tx, id: str, said: Spoken) -> None:  # noqa: A002
    """Record what somebody said aloud.

    Raises:
        Conflict: their word is on record already, or there is no such emergency.
    """
    tx.run(_SPOKEN.insert(), {**asdict(said), "emergency": id})


def pin(tx: Tx, record: Emergency, digest: str, commit: str) -> Emergency:
    """Fill in the artifact that it is about, once.

    Returns:
        The emergency as it is now.

    Raises:
        LostRace: it has one, or is not as the caller saw it.
    """
    return _changed(tx, record, _PIN, new_digest=digest, new_commit=commit)


def move(tx: Tx, record: Emergency, to: EmergencyState) -> Emergency:
    """Change the state, if it still is as the caller saw it.

    Returns and raises: as for `pin`.
    """
    return _changed(tx, record, _MOVE, now_state=to)


def end(tx: Tx, record: Emergency, to: EmergencyState, at: datetime, by: str, ending: Ending | None = None) -> Emergency:
    """Have it be over.

    Args:
        to: closed, withdrawn or expired.
        at: now, UTC.
        by: corporate id, or `signalbox`.
        ending: what is said when it is closed.

    Returns and raises: as for `pin`.
    """
    return _changed(tx, record, _END, now_state=to, said=asdict(ending) if ending else None, now=at, who=by)


def use(tx: Tx, id: str, change: str, at: datetime) -> bool:  # noqa: A002
    """Have a change go out by it; the same change may do so again.

    Args:
        change: its id.
        at: now, UTC.

    Returns:
        Whether this is the change's first use of it.

    Raises:
        LostRace: it does not count any more, or another change used it.
    """
    record = lock(tx, id)
    if record is None or not record.counts(at, change):
        raise LostRace(f"{id} cannot be used by {change} any more")
    if record.state not in UNUSED:
        return False  # by an earlier attempt of the same change
    tx.run(_USE.insert(), {"emergency": id, "change": change, "at": at})
    move(tx, record, EmergencyState.USED)
    return True


def execute(tx: Tx, record: Emergency, done: Execution) -> Emergency:
    """Record that the change was made which it covers and CI does not carry out.

    Returns and raises: as for `pin`.
    """
    return _changed(tx, record, _EXECUTE, now_state=EmergencyState.USED, said={**asdict(done), "at": done.at.isoformat()})


def _changed(tx: Tx, record: Emergency, statement: Any, **values: Any) -> Emergency:
    if tx.run(statement, {"which": record.id, "was": record.state, **values}).rowcount != 1:
        raise LostRace(f"{record.id} is not {record.state} any more")
    now = get(tx, record.id)
    assert now is not None
    return now


def _read(tx: Tx, found: Iterable[Any]) -> tuple[Emergency, ...]:
    """Rows as emergencies, with what people decided and said, and their use."""
    rows = [dict(row._mapping) for row in found]
    if not rows:
        return ()
    ids = [row["id"] for row in rows]
    approvals: dict[str, list[EmergencyApproval]] = defaultdict(list)
    spoken: dict[str, list[Spoken]] = defaultdict(list)
    uses = {row.emergency: row for row in tx.run(_USES, {"ids": ids})}
    for row in tx.run(_APPROVALS, {"ids": ids}):
        roles = frozenset(Role(role) for role in row.roles)
        approvals[row.emergency].append(EmergencyApproval(row.by, row.name, roles, row.reason, row.digest, row.at, row.spoken))
    for row in tx.run(_SAID, {"ids": ids}):
        spoken[row.emergency].append(Spoken(row.by, row.name, row.words, row.heard_by, row.heard_by_name, row.at))
    done = {row["id"]: _executed(row["executed"]) for row in rows}
    return tuple(
        Emergency(**{
            **row, "executed": (carried := done[row["id"]]),
            "ending": Ending(**row["ending"]) if row["ending"] else None, "approvals": tuple(approvals[row["id"]]),
            "spoken": tuple(spoken[row["id"]]), "change": uses[row["id"]].change if row["id"] in uses else None,
            "used": uses[row["id"]].at if row["id"] in uses else carried.at if carried else None,
        })
        for row in rows
    )  # fmt: skip


def _executed(kept: Mapping[str, str] | None) -> Execution | None:
    return Execution(**{**kept, "at": datetime.fromisoformat(kept["at"])}) if kept else None  # type: ignore[arg-type]
