"""The tables of incidents, of what belongs to them, and of where word of them comes from."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, json_column, moment, where

OPEN_INCIDENTS = "closed_at IS NULL"
"""The condition of the partial index on open incidents, as text."""


class IncidentRow(Base, table=True):
    """An incident as it stands; the ledger keeps how it came to stand so."""

    __tablename__ = "incident"
    __table_args__ = (
        sa.CheckConstraint("severity >= 1", name="severity"),
        sa.CheckConstraint("closed_at IS NULL OR opened_at <= closed_at", name="times"),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
        sa.CheckConstraint("(source = 'signalbox') = (known_as = '')", name="source"),
        sa.Index("ix_incident_open", "opened_at", **where(OPEN_INCIDENTS)),
        sa.Index("ix_incident_closed_at", "closed_at"),
        sa.Index("ix_incident_known_as", "known_as", **where("known_as <> ''")),
        sa.Index("uq_incident_known_as", "source", "known_as", unique=True, **where("known_as <> ''")),
    )
    reference: str = Field(primary_key=True)
    title: str
    severity: int
    services: list[str] | None = json_column(nullable=True)
    opened_at: datetime = moment()
    opened_by: str
    opened_by_name: str
    source: str
    known_as: str
    heard_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    closed_by: str | None = None
    commander: str | None = None
    commander_name: str = ""
    link: str = ""
    mechanism: str = ""
    verification: str = ""
    cause: str = ""


class IncidentRecordRow(Base, table=True):
    """A record that somebody bound to an incident; bound once, and never unbound."""

    __tablename__ = "incident_record"
    __table_args__ = (sa.Index("ix_incident_record_record", "record"),)
    incident: str = Field(primary_key=True, foreign_key="incident.reference")
    record: str = Field(primary_key=True)
    at: datetime = moment()
    by: str
    by_name: str


class IncidentIntakeRow(Base, table=True):
    """When a source was last heard: silence is told apart from peace."""

    __tablename__ = "incident_intake"
    name: str = Field(primary_key=True)
    heard: datetime = moment()
