"""The links that stand in records, and how each was found last (REC-19).

Invariant: those of a record are the ones that stand in it now; one that stays keeps what is known of it.
"""

from collections.abc import Collection
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import bindparam, func, select

from guards.record_links import RecordLink
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.record_links import RecordLinkRow

_T = table(RecordLinkRow)
_C = _T.c
_ALL = select(*(_C[f.name] for f in fields(RecordLink)))
_ADD = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["service", "version", "url"]))
_HERE = (_C.service == bindparam("of"), _C.version == bindparam("which"))
_DROP = _T.delete().where(*_HERE, _C.url.not_in(bindparam("urls", expanding=True)))
_OF = _ALL.where(*_HERE).order_by(_C.url)
_DUE = _ALL.where(_C.due <= bindparam("now")).order_by(_C.due, _C.service, _C.version, _C.url).limit(bindparam("limit"))
_NEXT = select(func.min(_C.due))
_FOUND = (
    _T.update()
    .where(*_HERE, _C.url == bindparam("link"))
    .values(due=bindparam("next"), looked=bindparam("seen"), broken=bindparam("since"), why=bindparam("said"))
)


def stand(tx: Tx, service: str, version: str, urls: Collection[str], at: datetime) -> None:
    """Remember which links stand in a record now.

    Args:
        at: when those that are new are looked at, UTC.
    """
    tx.run(_DROP, {"of": service, "which": version, "urls": list(urls)})
    for url in urls:
        tx.run(_ADD, asdict(RecordLink(service, version, url, at)))


def of(tx: Tx, service: str, version: str) -> tuple[RecordLink, ...]:
    """Those of one record."""
    return tuple(RecordLink(**row._mapping) for row in tx.run(_OF, {"of": service, "which": version}))


def due(tx: Tx, at: datetime, limit: int) -> tuple[RecordLink, ...]:
    """Those that are to be looked at by a moment, the longest due first.

    Args:
        limit: how many at most.
    """
    return tuple(RecordLink(**row._mapping) for row in tx.run(_DUE, {"now": at, "limit": limit}))


def next_due(tx: Tx) -> datetime | None:
    """When the next is to be looked at, UTC; None when there is none."""
    found: datetime | None = tx.run(_NEXT).scalar_one()
    return found


def found(tx: Tx, link: RecordLink) -> bool:
    """Remember what was found behind one.

    Args:
        link: as it is now.

    Returns:
        False when it stands in the record no more.
    """
    values = {"of": link.service, "which": link.version, "link": link.url}
    values |= {"next": link.due, "seen": link.looked, "since": link.broken, "said": link.why}  # type: ignore[dict-item]
    return tx.run(_FOUND, values).rowcount == 1
