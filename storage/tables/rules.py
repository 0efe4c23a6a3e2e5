"""The tables of what people decreed for a while: freezes and exceptions."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from guards.exemption import ExemptionKind, ExemptionState, Ruling
from guards.vocabulary import Fate, Risk
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where


class FreezeRow(Base, table=True):
    """A freeze as it was declared (FRZ-01); approving and lifting add when and by whom, extending moves its end."""

    __tablename__ = "freeze"
    __table_args__ = (
        sa.CheckConstraint('start < "end"', name="times"),
        sa.CheckConstraint("(lifted IS NULL) = (lifted_by IS NULL)", name="lifted"),
        sa.CheckConstraint("(approved IS NULL) = (approved_by IS NULL)", name="approved"),
        sa.CheckConstraint("(calendar IS NULL) = (uid IS NULL)", name="calendar"),
        sa.Index("ix_freeze_end", "end"),
        sa.Index("ix_freeze_calendar", "calendar", "end", **where("calendar IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    kind: str
    blocks: list[str] = json_column()
    passes: list[str] = json_column()
    services: list[str] | None = json_column(nullable=True)
    environments: list[str] = json_column()
    start: datetime = moment()
    end: datetime = moment()
    reason: str
    exit_criteria: str
    plan: str
    by: str
    by_name: str
    approver: str
    fate: Fate | None = Field(default=None, sa_type=choice(Fate))
    branches: list[str] | None = json_column(nullable=True)
    in_force: datetime | None = moment(nullable=True)
    approved: datetime | None = moment(nullable=True)
    approved_by: str | None = None
    lifted: datetime | None = moment(nullable=True)
    lifted_by: str | None = None
    calendar: str | None = None
    uid: str | None = None
    lapses: datetime | None = moment(nullable=True)
    passes_risk: Risk | None = Field(default=None, sa_type=choice(Risk))


class FreezeCalendarRow(Base, table=True):
    """How reading a shared calendar of freezes went; its last good copy is the freezes that come from it (FRZ-08)."""

    __tablename__ = "freeze_calendar"
    __table_args__ = (sa.CheckConstraint("(failed IS NULL) = (why IS NULL)", name="failed"),)
    name: str = Field(primary_key=True)
    read: datetime | None = moment(nullable=True)
    failed: datetime | None = moment(nullable=True)
    why: str | None = None


OPEN_EXCEPTIONS = "state IN ('requested', 'approved')"
"""The condition of the partial index on exceptions that wait or count, as text."""


class ExceptionRow(Base, table=True):
    """An exception as it was asked for (EXC-02); only its state ever changes, and the end of a permanent one (EXC-10)."""

    __tablename__ = "exception"
    __table_args__ = (
        sa.CheckConstraint("requested < review AND review <= until", name="times"),
        sa.Index("ix_exception_open", "until", **where(OPEN_EXCEPTIONS)),
    )
    id: str = Field(primary_key=True)
    requester: str
    requester_name: str
    requested: datetime = moment()
    owner: str
    owner_name: str
    owner_roles: list[str] = json_column()
    kind: ExemptionKind = Field(sa_type=choice(ExemptionKind))
    requirement: str
    services: list[str] = json_column()
    environments: list[str] = json_column()
    version: str | None = None
    risk: str
    controls: str
    containment: str
    evidence: str
    remediation: str
    infeasible: str
    reconsider: str
    until: datetime = moment()
    review: datetime = moment()
    once: bool
    emergency: str | None = None
    state: ExemptionState = Field(sa_type=choice(ExemptionState))
    confirmed: datetime | None = moment(nullable=True)


class ExceptionDecisionRow(Base, table=True):
    """One person's decision about one exception; the roles are those held then."""

    __tablename__ = "exception_decision"
    __table_args__ = (sa.UniqueConstraint("exception", "by", "ruling"), sa.Index("ix_exception_decision_exception", "exception", "id"))
    id: int | None = Field(default=None, primary_key=True)
    exception: str = Field(foreign_key="exception.id")
    by: str
    name: str
    roles: list[str] = json_column()
    ruling: Ruling = Field(sa_type=choice(Ruling))
    reason: str
    at: datetime = moment()


class ExceptionReconsiderationRow(Base, table=True):
    """One person's word that a permanent exception still holds, about one of its ends (EXC-10)."""

    __tablename__ = "exception_reconsideration"
    __table_args__ = (
        sa.UniqueConstraint("exception", "by", "was"),
        sa.CheckConstraint("at < was AND was < until", name="times"),
        sa.Index("ix_exception_reconsideration_exception", "exception", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    exception: str = Field(foreign_key="exception.id")
    by: str
    name: str
    roles: list[str] = json_column()
    reason: str
    at: datetime = moment()
    was: datetime = moment()
    until: datetime = moment()


class ExceptionUseRow(Base, table=True):
    """A change that went out by an exception; one that is used up by the first change has one row (EXC-07)."""

    __tablename__ = "exception_use"
    __table_args__ = (
        sa.Index("uq_exception_use_once", "exception", unique=True, **where("once")),
        sa.Index("ix_exception_use_change", "change"),
    )
    exception: str = Field(primary_key=True, foreign_key="exception.id")
    change: str = Field(primary_key=True, foreign_key="change.id")
    at: datetime = moment()
    once: bool
