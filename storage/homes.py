"""Who looks at the App Home, and what they were shown last.

Invariant: a Slack account stands here once; whoever has not looked for long is forgotten.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.homes import HomeRow

_T = table(HomeRow)
_C = _T.c
_OPENED = insert(_T, lambda new: new.on_conflict_do_update(index_elements=["user"], set_={"opened": new.excluded["opened"]}))
_SHOWN = _T.update().where(_C.user == bindparam("who")).values(shown=bindparam("now"))
_GET = select(_C.shown).where(_C.user == bindparam("who"))
_RECENT = select(_C.user).where(_C.opened > bindparam("after")).order_by(_C.opened.desc(), _C.user).limit(bindparam("limit"))
_PRUNE = _T.delete().where(_C.opened <= bindparam("before"))


def opened(tx: Tx, user: str, at: datetime) -> None:
    """Somebody opened it.

    Args:
        user: Slack user id.
        at: UTC.
    """
    tx.run(_OPENED, {"user": user, "opened": at, "shown": ""})


def shown(tx: Tx, user: str, what: str) -> None:
    """Remember what somebody is shown now; of nobody who looks, nothing is remembered.

    Args:
        what: a hash of it.
    """
    tx.run(_SHOWN, {"who": user, "now": what})


def last(tx: Tx, user: str) -> str | None:
    """The hash of what somebody was shown last, "" for nothing yet; None when they do not look."""
    found: str | None = tx.run(_GET, {"who": user}).scalar_one_or_none()
    return found


def recent(tx: Tx, after: datetime, limit: int) -> Sequence[str]:
    """The Slack accounts that opened it after a moment, who looked last first.

    Args:
        after: UTC.
        limit: how many at most.
    """
    return [str(user) for user in tx.run(_RECENT, {"after": after, "limit": limit}).scalars()]


def prune(tx: Tx, before: datetime) -> None:
    """Forget all who opened it last at or before a moment, UTC."""
    tx.run(_PRUNE, {"before": before})
