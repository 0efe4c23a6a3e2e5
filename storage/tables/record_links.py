"""The table of the links in records."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, moment


class RecordLinkRow(Base, table=True):
    """A link, as it was found last; the ledger keeps when one was found broken, and mended."""

    __tablename__ = "record_link"
    __table_args__ = (
        sa.CheckConstraint("broken IS NULL OR why <> ''", name="broken"),
        sa.Index("ix_record_link_due", "due"),
    )
    service: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    url: str = Field(primary_key=True)
    due: datetime = moment()
    looked: datetime | None = moment(nullable=True)
    broken: datetime | None = moment(nullable=True)
    why: str = ""
