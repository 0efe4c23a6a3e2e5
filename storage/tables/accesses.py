"""The table of break-glass access."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from guards.access import GrantState
from storage.columns import choice
from storage.tables.base import Base, moment, where

OPEN_GRANTS = "state IN ('requested', 'granted')"
"""The condition of the partial index on access that waits or is open, as text."""


class AccessGrantRow(Base, table=True):
    """Access as it was asked for; granting, ending and CI's answers are added, nothing else changes."""

    __tablename__ = "access_grant"
    __table_args__ = (
        sa.CheckConstraint("minutes > 0", name="minutes"),
        sa.CheckConstraint("approver IS NULL OR approver <> requester", name="apart"),
        sa.CheckConstraint("(granted IS NULL) = (until IS NULL)", name="granted"),
        sa.CheckConstraint("granted IS NULL OR granted < until", name="times"),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name="ended"),
        sa.Index("ix_access_grant_open", "requested", **where(OPEN_GRANTS)),
        sa.Index("ix_access_grant_emergency", "emergency", "id"),
    )
    id: str = Field(primary_key=True)
    emergency: str = Field(foreign_key="emergency.id")
    requester: str
    requester_name: str
    requested: datetime = moment()
    service: str
    environment: str
    scope: str
    reason: str
    minutes: int
    state: GrantState = Field(sa_type=choice(GrantState))
    approver: str | None = None
    approver_name: str
    rationale: str
    granted: datetime | None = moment(nullable=True)
    until: datetime | None = moment(nullable=True)
    ended: datetime | None = moment(nullable=True)
    ended_by: str | None = None
    opening: str
    closing: str
