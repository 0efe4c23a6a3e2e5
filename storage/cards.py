"""Where the card of a subject stands in Slack, so that it is updated in place.

Invariant: a subject has one card.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, select

from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.machinery import CardRow

_T = table(CardRow)
_GET = select(_T).where(_T.c.subject == bindparam("subject"))
_PUT = insert(
    _T,
    lambda new: new.on_conflict_do_update(
        index_elements=["subject"], set_={name: new.excluded[name] for name in ("channel", "ts", "thread")}
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message is.

    Args:
        subject: what the card is about: a change's or an exception's id.
        channel: Slack's channel id.
        ts: Slack's id of the message in the channel.
        thread: `ts` of the thread that it stands in, if any.
    """

    subject: str
    channel: str
    ts: str
    thread: str | None = None


def place(tx: Tx, subject: str) -> Place | None:
    """Where a subject's card stands; None when none was posted."""
    row = tx.run(_GET, {"subject": subject}).one_or_none()
    return None if row is None else Place(**row._mapping)


def put(tx: Tx, place: Place) -> None:
    """Remember where a subject's card stands now."""
    tx.run(_PUT, asdict(place))
