"""The tables of manifests, of the integration runs against them, and of their way into environments."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.manifest import SetState, SuiteState
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where

UNDER_WAY = "state IN ('ordered', 'running')"
"""The condition of the partial index on integration runs that have no end yet, as text."""


class ManifestRow(Base, table=True):
    """A manifest as it was built; triggers refuse to change or to delete it (MAN-05)."""

    __tablename__ = "manifest"
    __table_args__ = (sa.UniqueConstraint("run", "number"), sa.CheckConstraint("number > 0", name="number"))
    sealed: str = Field(primary_key=True)
    run: str = Field(foreign_key="train_run.id")
    train: str
    number: int
    entries: list[dict[str, Any]] = json_column()
    owner: str
    breaking: str
    by: str
    by_name: str
    at: datetime = moment()


class IntegrationRow(Base, table=True):
    """One run of the integration suite against one manifest; one at a time."""

    __tablename__ = "integration"
    __table_args__ = (
        sa.Index("uq_integration_open", "manifest", unique=True, **where(UNDER_WAY)),
        sa.Index("ix_integration_manifest", "manifest", "at"),
        sa.Index("ix_integration_run", "run", **where("run IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    manifest: str = Field(foreign_key="manifest.sealed")
    service: str
    state: SuiteState = Field(sa_type=choice(SuiteState))
    by: str
    by_name: str
    at: datetime = moment()
    finished: datetime | None = moment(nullable=True)
    run: str | None = None
    url: str | None = None
    why: str


class SetPromotionRow(Base, table=True):
    """One request to bring a manifest into an environment; of a train, one at a time is open there."""

    __tablename__ = "set_promotion"
    __table_args__ = (
        sa.Index("uq_set_promotion_open", "train", "environment", unique=True, **where("state = 'open'")),
        sa.Index("ix_set_promotion_place", "train", "environment", "state", "finished"),
        sa.Index("ix_set_promotion_manifest", "manifest", "requested"),
    )
    id: str = Field(primary_key=True)
    manifest: str = Field(foreign_key="manifest.sealed")
    run: str
    train: str
    environment: str
    channel: str
    back: bool
    state: SetState = Field(sa_type=choice(SetState))
    requester: str
    requester_name: str
    requested: datetime = moment()
    finished: datetime | None = moment(nullable=True)
    why: str


class SetEntryRow(Base, table=True):
    """A change that carries one entry of a set, in the order in which they go out."""

    __tablename__ = "set_entry"
    __table_args__ = (sa.UniqueConstraint("change"),)
    promotion: str = Field(primary_key=True, foreign_key="set_promotion.id")
    position: int = Field(primary_key=True)
    change: str = Field(foreign_key="change.id")
