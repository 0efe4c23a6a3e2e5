"""The table of what people owe."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from guards.obligation import Owed
from storage.columns import choice
from storage.tables.base import Base, moment, where

OPEN_OBLIGATIONS = "done IS NULL"
"""The condition of the partial indexes on what is still owed, as text."""


class ObligationRow(Base, table=True):
    """What somebody owes; handing on changes its owner, and being done ends it, once."""

    __tablename__ = "obligation"
    __table_args__ = (
        sa.CheckConstraint("created < due", name="times"),
        sa.CheckConstraint("(done IS NULL) = (done_by IS NULL)", name="done"),
        sa.Index("ix_obligation_open", "due", **where(OPEN_OBLIGATIONS)),
        sa.Index("ix_obligation_about", "about", "id"),
    )
    id: str = Field(primary_key=True)
    kind: Owed = Field(sa_type=choice(Owed))
    about: str
    service: str | None = None
    text: str
    owner: str
    owner_name: str
    due: datetime = moment()
    created: datetime = moment()
    by: str
    done: datetime | None = moment(nullable=True)
    done_by: str | None = None
    evidence: str = ""
