"""The tables of hotfixes and of the branches that have to have them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.hotfix import HotfixState, How
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where

UNDER_WAY = "state IN ('ordered', 'open')"
LIVE = "state IN ('ordered', 'open', 'shipped')"
OWED = "done IS NULL"
"""The conditions of the partial indexes, as text."""


class HotfixRow(Base, table=True):
    """A hotfix of one service; one that failed or was given up stays."""

    __tablename__ = "hotfix"
    __table_args__ = (
        sa.CheckConstraint("length(base_commit) = 40", name="base"),
        sa.CheckConstraint("(state IN ('shipped', 'closed')) <= (shipped IS NOT NULL)", name="shipped"),
        sa.CheckConstraint("(ended IS NULL) = (state IN ('ordered', 'open', 'shipped'))", name="ended"),
        # of a service one is under way at a time, so that no two are built from the same base
        sa.Index("uq_hotfix_under_way", "service", "environment", unique=True, **where(UNDER_WAY)),
        # no two that may still run make the same version
        sa.Index("uq_hotfix_version", "service", "version", unique=True, **where("state NOT IN ('failed', 'given-up')")),
        sa.Index("ix_hotfix_live", "service", "at", **where(LIVE)),
        sa.Index("ix_hotfix_recent", "at", "id"),
    )
    id: str = Field(primary_key=True)
    service: str
    environment: str
    repository: str
    base: str
    base_digest: str
    base_commit: str
    version: str
    branch: str
    scope: dict[str, str] = json_column()
    state: HotfixState = Field(sa_type=choice(HotfixState))
    by: str
    by_name: str
    at: datetime = moment()
    why: str
    commits: list[str] = json_column()
    change: str | None = Field(default=None, foreign_key="change.id")
    shipped: datetime | None = moment(nullable=True)
    afterwards: dict[str, Any] | None = json_column(nullable=True)
    ended: datetime | None = moment(nullable=True)
    warned: bool


class PortRow(Base, table=True):
    """A branch that has to have a hotfix; found there once."""

    __tablename__ = "hotfix_port"
    __table_args__ = (
        sa.CheckConstraint("(done IS NULL) = (how IS NULL)", name="done"),
        sa.Index("ix_hotfix_port_owed", "service", **where(OWED)),
    )
    hotfix: str = Field(primary_key=True, foreign_key="hotfix.id")
    branch: str = Field(primary_key=True)
    service: str
    obligation: str = Field(foreign_key="obligation.id")
    commit: str | None = None
    how: How | None = Field(default=None, sa_type=choice(How))
    pulls: list[int] = json_column()
    done: datetime | None = moment(nullable=True)
    why: str
