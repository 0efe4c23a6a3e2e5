"""The tables of what a run would bring while it is not cut, and of what its checklist lacked when it was looked at last."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from storage.tables.base import Base, json_column, moment


class ProspectRow(Base, table=True):
    """What one repository would bring to a run, as it was read last; replaced with each look."""

    __tablename__ = "train_prospect"
    run: str = Field(primary_key=True, foreign_key="train_run.id")
    repository: str = Field(primary_key=True)
    at: datetime = moment()
    head: str | None = None
    included: list[dict[str, Any]] = json_column()
    waiting: list[dict[str, Any]] = json_column()
    lost: str


class ChecklistRow(Base, table=True):
    """The items of a run's checklist that were not met when it was looked at last; replaced with each look."""

    __tablename__ = "train_checklist"
    run: str = Field(primary_key=True, foreign_key="train_run.id")
    candidate: str
    at: datetime = moment()
    lacking: list[dict[str, str]] = json_column()
