"""The tables of emergencies, and of what people decided and said about them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.emergency import Classification, Criterion, EmergencyKind, EmergencyState
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where

OPEN_EMERGENCIES = "state IN ('declared', 'approved', 'used')"
"""The condition of the partial index on emergencies that cover something or are not closed yet, as text."""


class EmergencyRow(Base, table=True):
    """An emergency as it was declared; only its state, its artifact once that is known, its execution and its end ever change."""

    __tablename__ = "emergency"
    __table_args__ = (
        sa.CheckConstraint("declared < until", name="times"),
        sa.CheckConstraint("severity BETWEEN 1 AND 9", name="severity"),
        sa.CheckConstraint('(digest IS NULL) = ("commit" IS NULL)', name="artifact"),
        sa.CheckConstraint("digest IS NULL OR (digest LIKE 'sha256:%' AND length(digest) = 71)", name="digest"),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name="ended"),
        sa.CheckConstraint("(state = 'closed') = (ending IS NOT NULL)", name="closed"),
        sa.CheckConstraint("(kind = 'deployment') = (action = '')", name="action"),
        sa.CheckConstraint("executed IS NULL OR kind <> 'deployment'", name="executed"),
        sa.Index("ix_emergency_open", "declared", **where(OPEN_EMERGENCIES)),
        sa.Index("ix_emergency_declared", "declared"),
    )
    id: str = Field(primary_key=True)
    declarer: str
    declarer_name: str
    declared: datetime = moment()
    criterion: Criterion = Field(sa_type=choice(Criterion))
    classification: Classification = Field(sa_type=choice(Classification))
    severity: int
    service: str
    environment: str
    version: str
    digest: str | None = None
    commit: str | None = None
    reason: str
    waiting: str
    rollback: str
    follow_ups: str
    incident: str
    until: datetime = moment()
    state: EmergencyState = Field(sa_type=choice(EmergencyState))
    ending: dict[str, Any] | None = json_column(nullable=True)
    ended: datetime | None = moment(nullable=True)
    ended_by: str | None = None
    kind: EmergencyKind | None = Field(default=None, sa_type=choice(EmergencyKind))
    action: str | None = None
    executed: dict[str, Any] | None = json_column(nullable=True)


class EmergencyApprovalRow(Base, table=True):
    """One person's approval of one emergency; the roles are those held then."""

    __tablename__ = "emergency_approval"
    __table_args__ = (sa.UniqueConstraint("emergency", "by"), sa.Index("ix_emergency_approval_emergency", "emergency", "id"))
    id: int | None = Field(default=None, primary_key=True)
    emergency: str = Field(foreign_key="emergency.id")
    by: str
    name: str
    roles: list[str] = json_column()
    reason: str
    digest: str
    at: datetime = moment()
    spoken: bool


class EmergencySpokenRow(Base, table=True):
    """What somebody said aloud about an emergency, as another wrote it down (EMG-16)."""

    __tablename__ = "emergency_spoken"
    __table_args__ = (
        sa.UniqueConstraint("emergency", "by"),
        sa.CheckConstraint("by <> heard_by", name="apart"),
        sa.Index("ix_emergency_spoken_emergency", "emergency", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    emergency: str = Field(foreign_key="emergency.id")
    by: str
    name: str
    words: str
    heard_by: str
    heard_by_name: str
    at: datetime = moment()


class EmergencyUseRow(Base, table=True):
    """The one change that went out by an emergency: the keys hold it on both sides (EMG-05)."""

    __tablename__ = "emergency_use"
    __table_args__ = (sa.UniqueConstraint("change"),)
    emergency: str = Field(primary_key=True, foreign_key="emergency.id")
    change: str = Field(foreign_key="change.id")
    at: datetime = moment()
