"""The tables of who somebody is, and for whom they act."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, moment, where


class DelegationRow(Base, table=True):
    """A role that somebody holds for another (RBAC-06); ending it early adds when and by whom."""

    __tablename__ = "delegation"
    __table_args__ = (
        sa.CheckConstraint('start < "end"', name="times"),
        sa.CheckConstraint('"by" <> "to"', name="people"),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name="ended"),
        sa.Index("ix_delegation_end", "end"),
    )
    id: str = Field(primary_key=True)
    role: str
    by: str
    by_name: str
    to: str
    to_name: str
    service: str | None = None
    environment: str | None = None
    start: datetime = moment()
    end: datetime = moment()
    reason: str
    ended: datetime | None = moment(nullable=True)
    ended_by: str | None = None


class LinkRow(Base, table=True):
    """A GitHub account that a person linked (RBAC-01). A person has one at a time, and an account one person."""

    __tablename__ = "link"
    __table_args__ = (
        sa.CheckConstraint("number > 0", name="number"),
        sa.Index("uq_link_person", "person", unique=True, **where("unlinked IS NULL")),
        sa.Index("uq_link_account", "number", unique=True, **where("unlinked IS NULL")),
        sa.Index("ix_link_number", "number"),
    )
    id: int | None = Field(default=None, primary_key=True)
    person: str
    login: str
    number: int = Field(sa_type=sa.BigInteger())
    linked: datetime = moment()
    confirmed: datetime = moment()
    unlinked: datetime | None = moment(nullable=True)


class LinkingRow(Base, table=True):
    """A person's attempt to link an account; gone when it came to an end."""

    __tablename__ = "linking"
    __table_args__ = (
        sa.CheckConstraint("(login IS NULL) = (number IS NULL)", name="account"),
        sa.CheckConstraint("(login IS NULL) = (linked IS NULL)", name="linked"),
    )
    person: str = Field(primary_key=True)
    name: str
    slack: str
    started: datetime = moment()
    expires: datetime = moment()
    device: str | None = None
    interval: float
    login: str | None = None
    number: int | None = Field(default=None, sa_type=sa.BigInteger(), nullable=True)
    linked: datetime | None = moment(nullable=True)
