"""The table of who looks at the App Home."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, moment


class HomeRow(Base, table=True):
    """A Slack account that opened the App Home, and what it was shown last."""

    __tablename__ = "home"
    __table_args__ = (sa.Index("ix_home_opened", "opened"),)
    user: str = Field(primary_key=True)
    opened: datetime = moment()
    shown: str
