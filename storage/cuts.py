"""Cutoffs of train runs, the fixes on their release branches, their blockers, and what rides later (TRN-06, TRN-09, TRN-12, TRN-16).

Invariant: of one repository and run one cut counts or is on its way; a fix is judged once, and accepted once.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, exists, select

from guards.cut import Acceptance, Blocker, Cut, CutState, Fix, Flaw, Found, LateChange, Rider
from guards.cutting import STABILIZING
from guards.train import OPEN_RUN, Stage
from guards.vocabulary import Risk
from storage.counters import dated_id
from storage.database import Tx, insert
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.cuts import BlockerRow, CutRow, FixRow, LateChangeRow
from storage.tables.trains import TrainRunRow

_CUT, _FIX, _BLOCKER, _LATE, _RUN = table(CutRow), table(FixRow), table(BlockerRow), table(LateChangeRow), table(TrainRunRow)
_CUTS = select(_CUT).where(_CUT.c.run == bindparam("of")).order_by(_CUT.c.taken, _CUT.c.id)
_GET = select(_CUT).where(_CUT.c.id == bindparam("which"))
_ON = (
    select(_CUT)
    .join_from(_CUT, _RUN, _RUN.c.id == _CUT.c.run)
    .where(_CUT.c.repository == bindparam("where"), _CUT.c.branch == bindparam("named"), _RUN.c.stage.in_(OPEN_RUN))
)
_BRANCHES = (
    select(_CUT.c.branch)
    .join_from(_CUT, _RUN, _RUN.c.id == _CUT.c.run)
    .where(
        _CUT.c.repository == bindparam("where"), _CUT.c.branch != "", _CUT.c.state == CutState.CUT,
        _RUN.c.stage.in_(STABILIZING | {Stage.DEPARTING, Stage.STOPPED}),
    )
    .distinct()
    .order_by(_CUT.c.branch)
)  # fmt: skip
_MOVE = _CUT.update().where(_CUT.c.id == bindparam("which"), _CUT.c.state == bindparam("was"))
_FIXES = select(_FIX).where(_FIX.c.run == bindparam("of")).order_by(_FIX.c.at, _FIX.c.sha)
_BEGINS = (
    select(_FIX)
    .where(_FIX.c.run == bindparam("of"), _FIX.c.sha >= bindparam("begin"), _FIX.c.sha < bindparam("end"))
    .order_by(_FIX.c.sha)
    .limit(2)
)  # fmt: skip
_JUDGED = insert(_FIX, lambda new: new.on_conflict_do_nothing(index_elements=["run", "repository", "sha"]).returning(_FIX.c.sha))
_ACCEPT = _FIX.update().where(
    _FIX.c.run == bindparam("of"), _FIX.c.repository == bindparam("where"), _FIX.c.sha == bindparam("which"), _FIX.c.accepted.is_(None)
)
_BLOCKERS = select(_BLOCKER).where(_BLOCKER.c.run == bindparam("of")).order_by(_BLOCKER.c.opened, _BLOCKER.c.id)
_ONE = select(_BLOCKER).where(_BLOCKER.c.id == bindparam("which"))
_RESOLVE = (
    _BLOCKER.update()
    .where(_BLOCKER.c.id == bindparam("which"), _BLOCKER.c.resolved.is_(None))
    .values(resolution=bindparam("how"), resolved=bindparam("now"), resolved_by=bindparam("who"))
)
_LATER = insert(_LATE, lambda new: new.on_conflict_do_nothing(index_elements=["run", "repository", "pull"]).returning(_LATE.c.pull))
_GOT_IN = exists().where(_FIX.c.run == _LATE.c.run, _FIX.c.repository == _LATE.c.repository, _FIX.c.pull == _LATE.c.pull)
_LATES = select(_LATE).where(_LATE.c.run == bindparam("of"), ~_GOT_IN).order_by(_LATE.c.at, _LATE.c.repository, _LATE.c.pull)


def next_id(tx: Tx, prefix: str, day: date) -> str:
    """A new id like `CUT-2026-1121-001` or `BLK-2026-1121-001`."""
    return dated_id(tx, prefix, day)


# ---------------------------------------------------------------- cuts


def add(tx: Tx, cut: Cut) -> None:
    """Remember a cut.

    Raises:
        Conflict: the repository is cut for this run, or being cut.
    """
    tx.run(_CUT.insert(), _cut_values(cut))


def of_run(tx: Tx, run: str) -> tuple[Cut, ...]:
    """The newest cut of each repository of a run, by repository."""
    newest = {row.repository: _cut(row) for row in tx.run(_CUTS, {"of": run})}
    return tuple(newest[name] for name in sorted(newest))


def get(tx: Tx, id: str) -> Cut | None:  # noqa: A002
    """The cut with this id."""
    row = tx.run(_GET, {"which": id}).one_or_none()
    return None if row is None else _cut(row)


def on_branch(tx: Tx, repository: str, branch: str) -> tuple[Cut, ...]:
    """The cuts of open runs that a branch of a repository belongs to, those that failed left out."""
    return tuple(cut for row in tx.run(_ON, {"where": repository, "named": branch}) if (cut := _cut(row)).state is not CutState.FAILED)


def release_branches(tx: Tx, repository: str) -> tuple[str, ...]:
    """The release branches of a repository that runs of trains are made ready on, by name: cut, and not all in production (HOT-09)."""
    return tuple(tx.run(_BRANCHES, {"where": repository}).scalars())


def change(tx: Tx, was: Cut, **changed: Any) -> Cut:
    """Change a cut that still is in the state in which it was read.

    Args:
        was: as it was read.
        **changed: fields of `Cut`.

    Raises:
        LostRace: it has left its state meanwhile.
    """
    now = replace(was, **changed)
    if tx.run(_MOVE.values(**_cut_values(now)), {"which": was.id, "was": was.state}).rowcount != 1:
        raise LostRace(f"{was.id} is not {was.state} any more")
    return now


def _cut_values(cut: Cut) -> dict[str, Any]:
    return {**asdict(cut), **{name: list(getattr(cut, name)) for name in ("services", "checks")}} | {
        name: [rider_values(rider) for rider in getattr(cut, name)] for name in ("included", "excluded")
    }


def rider_values(rider: Rider) -> dict[str, Any]:
    """A pull request as a row keeps it."""
    return {**asdict(rider), "merged": rider.merged.isoformat() if rider.merged else None}


def rider_of(kept: Mapping[str, Any]) -> Rider:
    """A pull request as it was kept."""
    merged = kept.get("merged")
    return Rider(**{**kept, "merged": datetime.fromisoformat(merged) if merged else None})


def _cut(row: Any) -> Cut:
    values = dict(row._mapping)
    for name in ("services", "checks"):
        values[name] = tuple(values[name])
    for name in ("included", "excluded"):
        values[name] = tuple(map(rider_of, values[name]))
    return Cut(**values)


# ---------------------------------------------------------------- fixes


def judged(tx: Tx, fix: Fix) -> bool:
    """Remember what was found of a commit; False when it was judged before."""
    values = {**asdict(fix), "authors": list(fix.authors), "tickets": list(fix.tickets)}
    values["flaws"] = [{"flaw": found.flaw.value, "why": found.why} for found in fix.flaws]
    values["origin"] = rider_values(fix.origin) if fix.origin else None
    return tx.run(_JUDGED, {**values, "accepted": None}).one_or_none() is not None


def fixes(tx: Tx, run: str) -> tuple[Fix, ...]:
    """Every judged commit of a run, oldest judgement first."""
    return tuple(_fix(row) for row in tx.run(_FIXES, {"of": run}))


def fix(tx: Tx, run: str, begin: str) -> Fix | None:
    """The judged commit of a run whose id begins like this; None when there is none, or more than one."""
    found = [_fix(row) for row in tx.run(_BEGINS, {"of": run, "begin": begin, "end": f"{begin}g"})]  # g follows every hex digit
    return found[0] if len(found) == 1 else None


def accept(tx: Tx, fix: Fix, acceptance: Acceptance, risk: Risk | None = None) -> Fix:
    """Record that a fix may be there as it is.

    Args:
        fix: as it was judged.
        acceptance: why, and by whom.
        risk: the class that whoever accepts it names; None keeps what its pull request names.

    Raises:
        LostRace: it was accepted meanwhile.
    """
    values = {**asdict(acceptance), "at": acceptance.at.isoformat()}
    which = {"of": fix.run, "where": fix.repository, "which": fix.sha}
    if tx.run(_ACCEPT.values(accepted=values, risk=risk or fix.risk), which).rowcount != 1:
        raise LostRace(f"{fix.sha[:12]} was accepted meanwhile")
    return replace(fix, accepted=acceptance, risk=risk or fix.risk)


def _fix(row: Any) -> Fix:
    values = dict(row._mapping)
    values["authors"], values["tickets"] = tuple(row.authors), tuple(row.tickets)
    values["flaws"] = tuple(Found(Flaw(one["flaw"]), one["why"]) for one in row.flaws)
    values["origin"] = rider_of(row.origin) if row.origin else None
    if row.accepted is not None:
        values["accepted"] = _acceptance(row.accepted)
    return Fix(**values)


def _acceptance(kept: Mapping[str, str]) -> Acceptance:
    return Acceptance(**{f.name: kept[f.name] for f in fields(Acceptance) if f.name != "at"}, at=datetime.fromisoformat(kept["at"]))


# ---------------------------------------------------------------- blockers and late changes


def add_blocker(tx: Tx, blocker: Blocker) -> None:
    """Remember a new blocker."""
    tx.run(_BLOCKER.insert(), asdict(blocker))


def blocker(tx: Tx, id: str) -> Blocker | None:  # noqa: A002
    """The blocker with this id."""
    row = tx.run(_ONE, {"which": id}).one_or_none()
    return None if row is None else Blocker(**row._mapping)


def blockers(tx: Tx, run: str) -> tuple[Blocker, ...]:
    """All of a run, open and resolved, oldest first."""
    return tuple(Blocker(**row._mapping) for row in tx.run(_BLOCKERS, {"of": run}))


def resolve(tx: Tx, was: Blocker, how: str, by: str, at: datetime) -> Blocker:
    """Record that a blocker is mended.

    Args:
        was: an open one.
        how: in words.
        by: corporate id.
        at: now, UTC.

    Raises:
        LostRace: it was resolved meanwhile.
    """
    if tx.run(_RESOLVE, {"which": was.id, "how": how, "now": at, "who": by}).rowcount != 1:
        raise LostRace(f"{was.id} was resolved meanwhile")
    return replace(was, resolution=how, resolved=at, resolved_by=by)


def rides_later(tx: Tx, change: LateChange) -> bool:
    """Remember that a pull request rides the next train; False when it is known."""
    return tx.run(_LATER, asdict(change)).one_or_none() is not None


def late(tx: Tx, run: str) -> tuple[LateChange, ...]:
    """What wanted to get in after the cutoff and did not, oldest first: what became a fix of the run is in."""
    return tuple(LateChange(**row._mapping) for row in tx.run(_LATES, {"of": run}))
