"""Which milestones the runs of trains have reached, and when (TRN-22).

Invariant: a milestone of a run is reached once, by whoever is first, over restarts and replicas; again only when its moment was moved.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from guards.train import Milestone
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.moments import TrainMomentRow

_T = table(TrainMomentRow)
_REACH = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["run", "milestone"]).returning(_T.c.run))
_FORGET = _T.delete().where(_T.c.run == bindparam("of"), _T.c.milestone.in_(bindparam("these", expanding=True)))
_OF = select(_T).where(_T.c.run == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone that was reached.

    Args:
        due: when it was to be, UTC.
        at: when it was, UTC.
    """

    due: datetime
    at: datetime


def reach(tx: Tx, run: str, milestone: Milestone, due: datetime, at: datetime) -> bool:
    """Say that a milestone is reached.

    Args:
        run: id.
        due, at: when it was to be, and is, UTC.

    Returns:
        False when somebody said so before: what follows from it is theirs.
    """
    return tx.run(_REACH, {"run": run, "milestone": milestone, "due": due, "at": at}).first() is not None


def forget(tx: Tx, run: str, milestones: Collection[Milestone]) -> None:
    """Have milestones come again, as their moments were moved; the ledger keeps when they were reached before.

    Args:
        run: id.
        milestones: whose moments come again.
    """
    tx.run(_FORGET, {"of": run, "these": sorted(milestones)})


def reached(tx: Tx, run: str) -> Mapping[Milestone, Reached]:
    """What a run has reached."""
    return {row.milestone: Reached(row.due, row.at) for row in tx.run(_OF, {"of": run})}
