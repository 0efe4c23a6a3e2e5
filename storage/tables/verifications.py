"""The table of verifications: what closes a change after its success."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, json_column, moment, where

OPEN_VERIFICATIONS = "at IS NULL"
"""The condition of the partial index on what nobody looked at yet, as text."""


class VerificationRow(Base, table=True):
    """That somebody is to look, and once: who did, and at what; the roles are those held then."""

    __tablename__ = "verification"
    __table_args__ = (
        sa.CheckConstraint("asked < due", name="times"),
        sa.CheckConstraint("(at IS NULL) = (by IS NULL) AND (at IS NULL) = (name IS NULL)", name="verified"),
        sa.CheckConstraint("(at IS NULL) = (looked_at = '')", name="looked_at"),
        sa.Index("ix_verification_open", "due", **where(OPEN_VERIFICATIONS)),
    )
    change: str = Field(primary_key=True, foreign_key="change.id")
    obligation: str = Field(foreign_key="obligation.id")
    asked: datetime = moment()
    due: datetime = moment()
    at: datetime | None = moment(nullable=True)
    by: str | None = None
    name: str | None = None
    roles: list[str] = json_column()
    looked_at: str = ""
