"""The tables of the go/no-go: who was asked, what they answered, what was decided."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from guards.checklist import Area
from guards.go import Outcome, Say
from storage.columns import choice
from storage.tables.base import Base, json_column, moment


class RollCallRow(Base, table=True):
    """A roll call about one candidate of a run."""

    __tablename__ = "roll_call"
    __table_args__ = (
        sa.CheckConstraint("opened < deadline", name="times"),
        sa.UniqueConstraint("run", "candidate"),
    )
    id: str = Field(primary_key=True)
    run: str = Field(foreign_key="train_run.id")
    candidate: str
    entries: list[dict[str, Any]] = json_column()
    opened: datetime = moment()
    deadline: datetime = moment()
    by_name: str


class AnswerRow(Base, table=True):
    """What somebody answered for an area; the newest counts, none is changed."""

    __tablename__ = "roll_call_answer"
    __table_args__ = (sa.Index("ix_roll_call_answer_roll_call", "roll_call", "id"),)
    id: int | None = Field(default=None, primary_key=True)
    roll_call: str = Field(foreign_key="roll_call.id")
    area: Area = Field(sa_type=choice(Area))
    by: str
    name: str
    say: Say = Field(sa_type=choice(Say))
    words: str
    confirmed: list[str] = json_column()
    link: str
    at: datetime = moment()


class DecisionRow(Base, table=True):
    """A decision; a withdrawal is one more row, so that both stay (GNG-13)."""

    __tablename__ = "go_decision"
    __table_args__ = (
        sa.CheckConstraint("outcome <> 'go' OR residual <> ''", name="residual"),
        sa.Index("ix_go_decision_run", "run", "number"),
    )
    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    run: str = Field(foreign_key="train_run.id")
    candidate: str
    outcome: Outcome = Field(sa_type=choice(Outcome))
    by: str
    name: str
    roles: list[str] = json_column()
    on_behalf: dict[str, Any] | None = json_column(nullable=True)
    risks: list[str] = json_column()
    residual: str
    rollback: str
    notes: str
    items: list[dict[str, str]] = json_column()
    attendees: list[dict[str, str]] = json_column()
    at: datetime = moment()


class DecisionEntryRow(Base, table=True):
    """One version that a decision is about."""

    __tablename__ = "go_decision_entry"
    __table_args__ = (sa.Index("ix_go_decision_entry_version", "service", "version"),)
    decision: str = Field(primary_key=True, foreign_key="go_decision.id")
    service: str = Field(primary_key=True)
    place: int
    version: str
    commit: str
    digest: str
    tag: str | None = None
