"""The tables by which the bot survives being killed at any line."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, json_column, moment, where


class InboxRow(Base, table=True):
    """What was acknowledged, and what came of it. `due` is also the end of a lease: one that ran out is due again."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'done')", name="state"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name="key"),
        sa.UniqueConstraint("key"),
        sa.Index("ix_inbox_open", "id", **where("state = 'open'")),
        sa.Index("ix_inbox_done", "received", **where("state = 'done'")),
        {"sqlite_autoincrement": True},  # an id is never given twice, so that order is arrival
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    key: str
    kind: str
    payload: str
    correlation: str
    received: datetime = moment()
    state: str
    due: datetime = moment()
    attempts: int
    worker: str | None = None
    why: str | None = None
    answer: dict[str, Any] | None = json_column(nullable=True)


class OutboxRow(Base, table=True):
    """What is to be told to the world. `until` is the end of a sender's lease."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.CheckConstraint("state IN ('pending', 'sending', 'done', 'dead')", name="state"),
        sa.CheckConstraint("(state = 'sending') = (until IS NOT NULL)", name="lease"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.Index("uq_outbox_key", "key", unique=True, **where("state = 'pending'")),
        sa.Index("ix_outbox_open", "id", **where("state IN ('pending', 'sending')")),
        sa.Index("ix_outbox_lane", "lane", "id", **where("state IN ('pending', 'sending')")),
        sa.Index("ix_outbox_done", "added", **where("state = 'done'")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    kind: str
    payload: dict[str, Any] = json_column()
    key: str | None = None
    lane: str
    correlation: str
    added: datetime = moment()
    due: datetime = moment()
    state: str
    attempts: int
    until: datetime | None = moment(nullable=True)
    worker: str | None = None
    why: str | None = None


class TimerRow(Base, table=True):
    """What is to happen at a moment (OPS-09)."""

    __tablename__ = "timer"
    __table_args__ = (
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name="key"),  # room for the rest of its delivery's key
        sa.Index("ix_timer_due", "due"),
    )
    key: str = Field(primary_key=True)
    kind: str
    due: datetime = moment()
    payload: dict[str, Any] = json_column()


class AlertRow(Base, table=True):
    """What was told in the alert channel, and is told once."""

    __tablename__ = "alert"
    key: str = Field(primary_key=True)
    at: datetime = moment()


class CardRow(Base, table=True):
    """Where a subject's card stands in Slack."""

    __tablename__ = "card"
    subject: str = Field(primary_key=True)
    channel: str
    ts: str
    thread: str | None = None
