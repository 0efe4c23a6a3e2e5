"""The tables of release trains and of their runs."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.train import OPEN_RUN, Stage, TrainState
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where

OPEN_RUNS = "stage IN (" + ", ".join(f"'{stage}'" for stage in sorted(OPEN_RUN)) + ")"
"""The condition of the partial index on runs that something can still happen to, as text."""


class TrainRow(Base, table=True):
    """A train as it stands; the ledger holds how it was before each amendment."""

    __tablename__ = "train"
    __table_args__ = (
        sa.CheckConstraint("revision > 0", name="revision"),
        sa.CheckConstraint("state <> 'published' OR published IS NOT NULL", name="published"),
    )
    id: str = Field(primary_key=True)
    rule: dict[str, Any] = json_column()
    channel: str
    services: list[str] = json_column()
    excluded: list[str] = json_column()
    captains: list[str] = json_column()
    attendees: dict[str, list[str]] = json_column()
    manifest_owner: str
    rollback: str
    exceptions: str
    dependencies: str
    rationale: str
    impact: str | None = None
    branch: bool
    unbranched: str
    state: TrainState = Field(sa_type=choice(TrainState))
    revision: int
    by: str
    by_name: str
    created: datetime = moment()
    published: datetime | None = moment(nullable=True)


class TrainRunRow(Base, table=True):
    """One run of a train; its moments stand in order."""

    __tablename__ = "train_run"
    __table_args__ = (
        sa.CheckConstraint("cutoff <= decision AND decision <= opens AND opens < closes", name="moments"),
        sa.Index("ix_train_run_open", "train", "cutoff", **where(OPEN_RUNS)),
        sa.Index("ix_train_run_train", "train", "cutoff"),
    )
    id: str = Field(primary_key=True)
    train: str = Field(foreign_key="train.id")
    revision: int
    stage: Stage = Field(sa_type=choice(Stage))
    captain: str
    captain_name: str
    publish: datetime = moment()
    cutoff: datetime = moment()
    decision: datetime = moment()
    opens: datetime = moment()
    closes: datetime = moment()
    retrospective: datetime = moment()
    closing: datetime = moment()
    version: str = ""
    why: str = ""
