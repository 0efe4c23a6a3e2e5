"""The tables of changes, and of what people decided about them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.change import Verdict
from guards.lifecycle import OPEN, UNDECIDED, State
from guards.vocabulary import ChangeType, Migration
from storage.columns import choice
from storage.tables.base import Base, among, json_column, moment, where

OPEN_STATES = among(OPEN)
"""The condition of the partial index on changes that are open."""


UNDECIDED_STATES = among(UNDECIDED)
"""The condition of the partial index on changes that people can still decide."""


class CounterRow(Base, table=True):
    """The last number given out, for ids like `CR-2026-1121-001` (REC-09)."""

    __tablename__ = "counter"
    name: str = Field(primary_key=True)
    value: int


class ChangeRow(Base, table=True):
    """A change: what an approver sees of it, and where it stands."""

    __tablename__ = "change"
    __table_args__ = (
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name="digest"),
        sa.CheckConstraint("attempt >= 0", name="attempt"),
        # two people asking for the same at the same moment: the second one is refused
        sa.Index("uq_change_open", "service", "environment", "version", unique=True, **where(OPEN_STATES)),
        sa.Index("ix_change_place", "service", "environment", "state", "requested"),
        sa.Index("ix_change_state", "state", "requested"),
        sa.Index("ix_change_service", "service", "requested"),
        sa.Index("ix_change_undecided", "service", "requested", **where(UNDECIDED_STATES)),
        sa.Index("ix_change_requested", "requested"),
        sa.Index("ix_change_run", "run", **where("run IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    service: str
    environment: str
    version: str
    digest: str
    commit: str
    change_type: ChangeType = Field(sa_type=choice(ChangeType))
    migration: Migration | None = Field(default=None, sa_type=choice(Migration))
    policy: str
    base: str | None = None
    record: str | None = None
    entry: str | None = None
    emergency: str | None = None
    declared: dict[str, Any] | None = json_column(nullable=True)
    state: State = Field(sa_type=choice(State))
    requester: str
    requester_name: str
    requested: datetime = moment()
    attempt: int
    run: str | None = None
    run_url: str | None = None
    dispatched: datetime | None = moment(nullable=True)
    finished: datetime | None = moment(nullable=True)
    why: str
    amended: datetime | None = moment(nullable=True)
    assessed: dict[str, Any] | None = json_column(nullable=True)
    manifest: str | None = None
    implementer: str | None = None
    migrates: Migration | None = Field(default=None, sa_type=choice(Migration, name="migrates"))


class ApprovalRow(Base, table=True):
    """One person's decision about one change; the roles are those held then."""

    __tablename__ = "approval"
    __table_args__ = (
        sa.CheckConstraint("at < expires", name="expires"),
        sa.Index("uq_approval_live", "change", "by", unique=True, **where("withdrawn IS NULL")),
        sa.Index("ix_approval_change", "change"),
    )
    id: int | None = Field(default=None, primary_key=True)
    change: str = Field(foreign_key="change.id")
    by: str
    name: str
    roles: list[str] = json_column()
    verdict: Verdict = Field(sa_type=choice(Verdict))
    rationale: str
    content: str
    at: datetime = moment()
    expires: datetime = moment()
    withdrawn: datetime | None = moment(nullable=True)
    on_behalf: dict[str, Any] | None = json_column(nullable=True)


class RunLogRow(Base, table=True):
    """The copy of what the run of an order wrote, or why there is none (AUD-12)."""

    __tablename__ = "run_log"
    __table_args__ = (
        sa.CheckConstraint("(packed IS NULL) = (why <> '')", name="why"),
        sa.CheckConstraint("size >= 0", name="size"),
        sa.Index("ix_run_log_change", "change", "at"),
    )
    key: str = Field(primary_key=True)
    change: str = Field(foreign_key="change.id")
    run: str | None = None
    at: datetime = moment()
    media_type: str
    hash: str
    size: int
    packed: bytes | None = None
    why: str


class ClaimRow(Base, table=True):
    """The one place of a service and environment while CI works on it (PRM-21)."""

    __tablename__ = "claim"
    __table_args__ = (sa.UniqueConstraint("key"), sa.UniqueConstraint("change"))
    service: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)
    key: str
    change: str = Field(foreign_key="change.id")
    at: datetime = moment()
