"""The table of what has happened in the runs of trains, at which moment."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from guards.train import Milestone
from storage.columns import choice
from storage.tables.base import Base, moment


class TrainMomentRow(Base, table=True):
    """A milestone of a run that was reached: once, whoever was first."""

    __tablename__ = "train_moment"
    __table_args__ = (sa.CheckConstraint("due <= at", name="not_early"),)
    run: str = Field(primary_key=True, foreign_key="train_run.id")
    milestone: Milestone = Field(primary_key=True, sa_type=choice(Milestone))
    due: datetime = moment()
    at: datetime = moment()
