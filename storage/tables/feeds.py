"""The table of calendar feeds that people subscribe to."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, moment, where


class FeedRow(Base, table=True):
    """A feed of one person; of its token only the hash is kept, and none until the link is handed over."""

    __tablename__ = "feed"
    __table_args__ = (
        sa.CheckConstraint("hash IS NULL OR length(hash) = 64", name="hash"),
        sa.Index("uq_feed_hash", "hash", unique=True),
        sa.Index("ix_feed_person", "person", **where("ended IS NULL")),
    )
    id: str = Field(primary_key=True)
    person: str
    train: str | None = None
    created: datetime = moment()
    ended: datetime | None = moment(nullable=True)
    hash: str | None = None
