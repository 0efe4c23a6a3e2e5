"""Calendar feeds that people subscribe to (TRN-25, WIN-16, FRZ-08).

Invariant: a token is never stored, only its hash; a feed that was ended is never found again.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, select, text

from storage.counters import dated_id
from storage.database import Tx
from storage.tables.base import table
from storage.tables.feeds import FeedRow

_T = table(FeedRow)
_C = _T.c
_COLUMNS = (_C.id, _C.person, _C.train, _C.created)
_LIVE = text("feed.ended IS NULL")
_OF = select(*_COLUMNS).where(_C.person == bindparam("who"), _LIVE).order_by(_C.id)
_FOUND = select(*_COLUMNS).where(_C.hash == bindparam("hashed"), _LIVE)
_END = _T.update().where(_C.id == bindparam("which"), _LIVE).values(ended=bindparam("now", type_=_C.created.type))
_SECRET = _T.update().where(_C.id == bindparam("which"), _LIVE).values(hash=bindparam("hashed"))


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar that somebody subscribes to.

    Args:
        id: `CAL-2026-1121-001`.
        person: corporate id of whose it is; it ends with their being known here.
        train: the only train that is in it; None for all.
        created: UTC.
    """

    id: str
    person: str
    train: str | None
    created: datetime


def next_id(tx: Tx, day: date) -> str:
    """A new id like `CAL-2026-1121-001`.

    Args:
        day: the day that stands in it.
    """
    return dated_id(tx, "CAL", day)


def add(tx: Tx, feed: Feed) -> None:
    """Remember a new feed; nobody can read it until it has a token."""
    tx.run(_T.insert(), asdict(feed))


def of(tx: Tx, person: str) -> tuple[Feed, ...]:
    """The feeds of a person that have not ended."""
    return tuple(Feed(**row._mapping) for row in tx.run(_OF, {"who": person}))


def by_hash(tx: Tx, hashed: str) -> Feed | None:
    """The feed whose token has this hash (sha256, hex), while it has not ended."""
    row = tx.run(_FOUND, {"hashed": hashed}).one_or_none()
    return None if row is None else Feed(**row._mapping)


def give(tx: Tx, id: str, hashed: str) -> bool:  # noqa: A002
    """Give a feed its token, in place of one that it had.

    Args:
        hashed: sha256 of the token, hex.

    Returns:
        False when it has ended.
    """
    return tx.run(_SECRET, {"which": id, "hashed": hashed}).rowcount == 1


def end(tx: Tx, id: str, at: datetime) -> bool:  # noqa: A002
    """End a feed: its address is not found any more.

    Args:
        at: now, UTC.

    Returns:
        False when it had ended before.
    """
    return tx.run(_END, {"which": id, "now": at}).rowcount == 1
