"""What runs would bring while they are not cut, and what their checklists lacked when they were looked at last.

Invariant: one row for each repository of a run, and one for its checklist: the newest look.
"""

from dataclasses import asdict

from sqlalchemy import bindparam, select

from guards.prospect import Checked, Prospect, Unmet
from storage.cuts import rider_of, rider_values
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.prospects import ChecklistRow, ProspectRow

_P, _L = table(ProspectRow), table(ChecklistRow)
_SEEN = ("at", "head", "included", "waiting", "lost")
_PUT = insert(
    _P,
    lambda new: new.on_conflict_do_update(index_elements=["run", "repository"], set_={name: new.excluded[name] for name in _SEEN}),
)
_OF = select(_P).where(_P.c.run == bindparam("of")).order_by(_P.c.repository)
_CHECK = insert(
    _L,
    lambda new: new.on_conflict_do_update(
        index_elements=["run"], set_={name: new.excluded[name] for name in ("candidate", "at", "lacking")}
    ),
)
_CHECKED = select(_L).where(_L.c.run == bindparam("of"))


def put(tx: Tx, seen: Prospect) -> None:
    """Remember a look at one repository, in the place of the one before."""
    riders = {name: [rider_values(rider) for rider in getattr(seen, name)] for name in ("included", "waiting")}
    tx.run(_PUT, {**asdict(seen), **riders})


def of_run(tx: Tx, run: str) -> tuple[Prospect, ...]:
    """The newest look at each repository of a run, by repository."""
    return tuple(
        Prospect(
            row.run, row.repository, row.at, row.head, tuple(map(rider_of, row.included)), tuple(map(rider_of, row.waiting)), row.lost
        )
        for row in tx.run(_OF, {"of": run})
    )  # fmt: skip


def check(tx: Tx, checked: Checked) -> None:
    """Remember what a checklist lacked, in the place of what was known before."""
    tx.run(_CHECK, asdict(checked) | {"lacking": [asdict(one) for one in checked.lacking]})


def checked(tx: Tx, run: str) -> Checked | None:
    """What a run's checklist lacked when it was looked at last; None when it never was."""
    row = tx.run(_CHECKED, {"of": run}).one_or_none()
    return Checked(row.run, row.candidate, row.at, tuple(Unmet(**one) for one in row.lacking)) if row else None
