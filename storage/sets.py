"""Set promotions: one request for a manifest and an environment, and the changes that carry its entries (MAN-07, MAN-10).

Invariant: of one train, one is open in an environment; its changes are given when it is added and stay. An end is never left.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import bindparam, select

from guards.change import Change
from guards.manifest import SetPromotion, SetState
from storage import changes
from storage.counters import dated_id
from storage.database import Tx
from storage.errors import LostRace
from storage.tables.base import table
from storage.tables.sets import SetEntryRow, SetPromotionRow

_P = table(SetPromotionRow)
_E = table(SetEntryRow)
_GET = select(_P).where(_P.c.id == bindparam("which"))
_LOCK = _GET.with_for_update()
_OF_CHANGE = select(_P).where(_P.c.id == select(_E.c.promotion).where(_E.c.change == bindparam("of")).scalar_subquery())
_HERE = (_P.c.train == bindparam("of_train"), _P.c.environment == bindparam("place"))
_OPEN = select(_P).where(*_HERE, sa.text("set_promotion.state = 'open'"))  # as text: the partial index
_OPEN_OF_RUN = select(_P).where(_P.c.run == bindparam("of_run"), sa.text("set_promotion.state = 'open'")).order_by(_P.c.id)
_IDS_OF_RUN = select(_P.c.id).where(_P.c.run == bindparam("of_run")).order_by(_P.c.id)
_GOOD = (
    select(_P.c.manifest)
    .where(*_HERE, _P.c.state == SetState.SUCCEEDED, _P.c.manifest != bindparam("but"))
    .order_by(_P.c.finished.desc(), _P.c.id.desc())
    .limit(1)
)
_ARRIVED = select(sa.func.min(_P.c.finished)).where(
    _P.c.run == bindparam("of_run"), _P.c.state == SetState.SUCCEEDED, _P.c.back.is_(False),
    _P.c.environment.in_(bindparam("places", expanding=True)),
)  # fmt: skip
_OF_MANIFEST = select(_P).where(_P.c.manifest == bindparam("of")).order_by(_P.c.requested, _P.c.id)
_END = _P.update().where(_P.c.id == bindparam("which"), _P.c.state == SetState.OPEN)


def next_id(tx: Tx, day: date) -> str:
    """A new id like `SET-2026-1124-001` (REC-09)."""
    return dated_id(tx, "SET", day)


def add(tx: Tx, promotion: SetPromotion, parts: Sequence[Change]) -> None:
    """Remember a new set promotion with the changes that carry its entries, in the order in which they go out.

    Raises:
        Conflict: the train has another one open there.
    """
    tx.run(_P.insert(), asdict(promotion))
    rows = [{"promotion": promotion.id, "position": at, "change": change.id} for at, change in enumerate(parts)]
    tx.run(_E.insert(), rows)


def get(tx: Tx, id: str) -> SetPromotion | None:  # noqa: A002
    """The set promotion with this id."""
    row = tx.run(_GET, {"which": id}).one_or_none()
    return None if row is None else SetPromotion(**row._mapping)


def lock(tx: Tx, id: str) -> SetPromotion | None:  # noqa: A002
    """The same, and nobody else moves it, or its changes on, until this transaction ends."""
    row = tx.run(_LOCK, {"which": id}).one_or_none()
    return None if row is None else SetPromotion(**row._mapping)


def of_change(tx: Tx, change: Change) -> SetPromotion | None:
    """The set promotion that a change is a part of; one that names no manifest goes alone (MAN-02)."""
    return None if change.content.manifest is None else of_id(tx, change.id)


def of_id(tx: Tx, change: str) -> SetPromotion | None:
    """The same for a change of which only the id is known."""
    row = tx.run(_OF_CHANGE, {"of": change}).one_or_none()
    return None if row is None else SetPromotion(**row._mapping)


def parts(tx: Tx, id: str) -> tuple[Change, ...]:  # noqa: A002
    """Its changes as they stand now, in the order in which they go out."""
    return tuple(changes.in_set(tx, id))


def open_in(tx: Tx, train: str, environment: str) -> SetPromotion | None:
    """The set promotion of a train that is open in an environment."""
    row = tx.run(_OPEN, {"of_train": train, "place": environment}).one_or_none()
    return None if row is None else SetPromotion(**row._mapping)


def open_of_run(tx: Tx, run: str) -> tuple[SetPromotion, ...]:
    """The set promotions of a run that are open, in any environment."""
    return tuple(SetPromotion(**row._mapping) for row in tx.run(_OPEN_OF_RUN, {"of_run": run}))


def ids_of_run(tx: Tx, run: str) -> tuple[str, ...]:
    """The ids of all set promotions of a run, whatever became of them."""
    return tuple(tx.run(_IDS_OF_RUN, {"of_run": run}).scalars())


def last_good(tx: Tx, train: str, environment: str, but: str) -> str | None:
    """The hash of the manifest that last went out whole there.

    Args:
        but: hash of a manifest that is not meant.
    """
    found: str | None = tx.run(_GOOD, {"of_train": train, "place": environment, "but": but}).scalar_one_or_none()
    return found


def arrived(tx: Tx, run: str, environments: Collection[str]) -> datetime | None:
    """When a set of a run first was whole in one of these environments, UTC; None when it never was."""
    found: datetime | None = tx.run(_ARRIVED, {"of_run": run, "places": sorted(environments)}).scalar_one()
    return found


def of_manifest(tx: Tx, manifest: str) -> tuple[SetPromotion, ...]:
    """Where a manifest was asked for, oldest first: its gates, with their moments (MAN-02)."""
    return tuple(SetPromotion(**row._mapping) for row in tx.run(_OF_MANIFEST, {"of": manifest}))


def end(tx: Tx, was: SetPromotion, state: SetState, at: datetime, why: str = "") -> SetPromotion:
    """Close a set promotion.

    Raises:
        LostRace: it is closed already.
    """
    if tx.run(_END.values(state=state, finished=at, why=why), {"which": was.id}).rowcount != 1:
        raise LostRace(f"{was.id} is not open any more")
    return replace(was, state=state, finished=at, why=why)
