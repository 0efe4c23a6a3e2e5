"""The tables of cutoffs and of stabilization."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.cut import CutState, Gates
from guards.vocabulary import Risk
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where


class CutRow(Base, table=True):
    """The cutoff of one repository for one run; a later one of the same repository takes its place, and this one stays."""

    __tablename__ = "train_cut"
    __table_args__ = (
        sa.CheckConstraint('length("commit") = 40', name="commit"),
        sa.CheckConstraint("(branch = '') = (unbranched <> '')", name="branch"),
        # of one repository and run, one cut counts or is on its way
        sa.Index("uq_train_cut_counting", "run", "repository", unique=True, **where("state <> 'failed'")),
        sa.Index("ix_train_cut_run", "run", "taken"),
        sa.Index("ix_train_cut_branch", "repository", "branch"),
    )
    id: str = Field(primary_key=True)
    run: str = Field(foreign_key="train_run.id")
    repository: str
    services: list[str] = json_column()
    commit: str
    due: datetime = moment()
    taken: datetime = moment()
    late: bool
    captain: str
    captain_name: str
    by: str
    base: str | None = None
    version: str
    branch: str
    unbranched: str
    state: CutState = Field(sa_type=choice(CutState))
    why: str
    checks: list[str] = json_column()
    included: list[dict[str, Any]] = json_column()
    excluded: list[dict[str, Any]] = json_column()
    head: str
    gates: Gates = Field(sa_type=choice(Gates))
    gates_why: str
    warned: bool


class FixRow(Base, table=True):
    """A commit on a release branch after its cutoff, judged once; what is wrong with it can be accepted once."""

    __tablename__ = "release_fix"
    __table_args__ = (sa.Index("ix_release_fix_run", "run", "at"),)
    run: str = Field(primary_key=True, foreign_key="train_run.id")
    repository: str = Field(primary_key=True)
    sha: str = Field(primary_key=True)
    title: str
    url: str
    authors: list[str] = json_column()
    pull: int | None = None
    tickets: list[str] = json_column()
    source: str | None = None
    risk: Risk | None = Field(default=None, sa_type=choice(Risk))
    origin: dict[str, Any] | None = json_column(nullable=True)
    flaws: list[dict[str, str]] = json_column()
    at: datetime = moment()
    accepted: dict[str, str] | None = json_column(nullable=True)


class BlockerRow(Base, table=True):
    """What must be mended before a run may go."""

    __tablename__ = "train_blocker"
    __table_args__ = (
        sa.CheckConstraint("(resolved IS NULL) = (resolved_by IS NULL)", name="resolved"),
        sa.Index("ix_train_blocker_run", "run", "opened"),
    )
    id: str = Field(primary_key=True)
    run: str = Field(foreign_key="train_run.id")
    ticket: str
    title: str
    by: str
    by_name: str
    opened: datetime = moment()
    resolution: str
    resolved: datetime | None = moment(nullable=True)
    resolved_by: str | None = None


class LateChangeRow(Base, table=True):
    """A pull request to a release branch that rides the next train."""

    __tablename__ = "late_change"
    run: str = Field(primary_key=True, foreign_key="train_run.id")
    repository: str = Field(primary_key=True)
    pull: int = Field(primary_key=True)
    title: str
    url: str
    to: str
    at: datetime = moment()
