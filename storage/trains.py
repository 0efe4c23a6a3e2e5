"""Release trains and their runs (TRN-02, TRN-22).

Invariant: a run moves only along `guards.train.STAGES`, and of two writers that race one loses.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, fields, replace
from datetime import date, time
from typing import Any

from sqlalchemy import String, bindparam, cast, select

from guards.train import OPEN_RUN, STAGES, Schedule, Stage, Train, TrainRule, TrainRun, TrainState
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.trains import TrainRow, TrainRunRow

_T = table(TrainRow)
_R = table(TrainRunRow)
_MOMENTS = tuple(f.name for f in fields(Schedule))
_OF_RUN = tuple(f.name for f in fields(TrainRun) if f.name != "schedule")
_GET = select(_T).where(_T.c.id == bindparam("which"))
_PLANNING = select(_T.c.id).where(_T.c.id == bindparam("which")).with_for_update()
_ALL = select(_T).order_by(_T.c.id)
_RUN = select(_R).where(_R.c.id == bindparam("which"))
_LOCK = _RUN.with_for_update()
_PIN = select(_R.c.id).where(_R.c.id.in_(bindparam("ids", expanding=True))).order_by(_R.c.id).with_for_update(read=True)
# as text, so that it is found on both databases; what only looks alike is sorted out afterwards
_CARRYING = _ALL.where(_T.c.state == TrainState.PUBLISHED, cast(_T.c.services, String).like(bindparam("named"), escape="\\"))
_OPEN = select(_R).where(_R.c.train == bindparam("of"), _R.c.stage.in_(OPEN_RUN)).order_by(_R.c.cutoff, _R.c.id)
_RUNS = select(_R).where(_R.c.train == bindparam("of")).order_by(_R.c.cutoff.desc(), _R.c.id).limit(bindparam("limit"))
_REPLACE = _T.update().where(_T.c.id == bindparam("which"), _T.c.revision == bindparam("was"))
_MOVE = _R.update().where(_R.c.id == bindparam("which"), _R.c.stage == bindparam("was"))


def add(tx: Tx, train: Train) -> None:
    """Remember a new train.

    Raises:
        Conflict: the name is taken.
    """
    tx.run(_T.insert(), _values(train))


def get(tx: Tx, id: str) -> Train | None:  # noqa: A002
    """The train with this name."""
    row = tx.run(_GET, {"which": id}).one_or_none()
    return None if row is None else _train(row)


def planning(tx: Tx, id: str) -> None:  # noqa: A002
    """Nobody else plans runs of this train, or amends it, until this transaction ends."""
    tx.run(_PLANNING, {"which": id}).one_or_none()


def all_of(tx: Tx) -> tuple[Train, ...]:
    """Every train, by name."""
    return tuple(_train(row) for row in tx.run(_ALL))


def amend(tx: Tx, was: Train, now: Train) -> Train:
    """Put a new definition, state or publication in place of the one that was read.

    Returns:
        The train with its next revision.

    Raises:
        LostRace: somebody else amended it meanwhile.
    """
    amended = replace(now, id=was.id, revision=was.revision + 1)
    if tx.run(_REPLACE.values(**_values(amended)), {"which": was.id, "was": was.revision}).rowcount != 1:
        raise LostRace(f"the train {was.id} was amended meanwhile")
    return amended


def add_run(tx: Tx, run: TrainRun) -> None:
    """Remember a planned run.

    Raises:
        Conflict: it is planned already.
    """
    tx.run(_R.insert(), _run_values(run))


def run(tx: Tx, id: str) -> TrainRun | None:  # noqa: A002
    """The run with this id."""
    row = tx.run(_RUN, {"which": id}).one_or_none()
    return None if row is None else _run(row)


def lock_run(tx: Tx, id: str) -> TrainRun | None:  # noqa: A002
    """The same, and nobody else decides about it or moves it until this transaction ends."""
    row = tx.run(_LOCK, {"which": id}).one_or_none()
    return None if row is None else _run(row)


def pin_runs(tx: Tx, ids: Collection[str]) -> None:
    """Nobody decides about these runs or moves them until this transaction ends; others may read and pin them too."""
    if ids:
        tx.run(_PIN, {"ids": sorted(ids)})


def carrying(tx: Tx, service: str) -> tuple[Train, ...]:
    """The published trains that a service rides, by name."""
    named = json.dumps(service).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = (_train(row) for row in tx.run(_CARRYING, {"named": f"%{named}%"}))
    return tuple(train for train in found if service in train.services)


def open_runs(tx: Tx, train: str) -> tuple[TrainRun, ...]:
    """The runs of a train that something can still happen to, the next cutoff first."""
    return tuple(_run(row) for row in tx.run(_OPEN, {"of": train}))


def runs(tx: Tx, train: str, limit: int) -> tuple[TrainRun, ...]:
    """The newest runs of a train, the latest cutoff first.

    Args:
        limit: how many at most.
    """
    return tuple(_run(row) for row in tx.run(_RUNS, {"of": train, "limit": limit}))


def move(tx: Tx, was: TrainRun, stage: Stage | None = None, **changed: Any) -> TrainRun:
    """Take a run to its next stage, or change it within its stage.

    Args:
        was: the run as it was read.
        stage: the next stage; None keeps it.
        **changed: fields of `TrainRun` that change with it.

    Returns:
        The run as it is now.

    Raises:
        ValueError: the stage cannot follow.
        LostRace: the run has left its stage meanwhile.
    """
    if stage is not None and stage not in STAGES[was.stage]:
        raise ValueError(f"{was.id}: {stage} does not follow {was.stage}")
    now = replace(was, stage=stage or was.stage, **changed)
    if tx.run(_MOVE.values(**_run_values(now)), {"which": was.id, "was": was.stage}).rowcount != 1:
        raise LostRace(f"the run {was.id} is not {was.stage} any more")
    return now


def _values(train: Train) -> dict[str, Any]:
    values = {f.name: getattr(train, f.name) for f in fields(Train)}
    rule = asdict(train.rule)
    rule["dates"] = [day.isoformat() for day in train.rule.dates]
    rule["cutoff"] = train.rule.cutoff and train.rule.cutoff.isoformat("minutes")
    rule["decision"] = train.rule.decision.isoformat("minutes")
    return {**values, "rule": rule, "attendees": {area: list(who) for area, who in train.attendees.items()}}


def _train(row: Any) -> Train:
    values = dict(row._mapping)
    rule = dict(row.rule)
    values["rule"] = TrainRule(
        **{
            **rule,
            "dates": tuple(date.fromisoformat(day) for day in rule["dates"]),
            "cutoff": rule["cutoff"] and time.fromisoformat(rule["cutoff"]),
            "decision": time.fromisoformat(rule["decision"]),
        }
    )
    for name in ("services", "excluded", "captains"):
        values[name] = tuple(values[name])
    values["attendees"] = {area: tuple(who) for area, who in row.attendees.items()}
    values["impact"] = row.impact or ""
    return Train(**values)


def _run_values(run: TrainRun) -> dict[str, Any]:
    return {**{name: getattr(run, name) for name in _OF_RUN}, **asdict(run.schedule)}


def _run(row: Any) -> TrainRun:
    return TrainRun(**{name: getattr(row, name) for name in _OF_RUN}, schedule=Schedule(**{name: getattr(row, name) for name in _MOMENTS}))
