"""The table of services that are released on their own."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, moment, where


class AloneRow(Base, table=True):
    """How and why a service is released outside trains; followed by another word on it, or ended by the train that it rides."""

    __tablename__ = "released_alone"
    __table_args__ = (
        sa.CheckConstraint("number > 0", name="number"),
        sa.Index("uq_released_alone_current", "service", unique=True, **where("ended IS NULL")),
    )
    service: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    frequency: str
    windows: str
    approvers: str
    rollback: str
    rationale: str
    by: str
    by_name: str
    at: datetime = moment()
    ended: datetime | None = moment(nullable=True)
