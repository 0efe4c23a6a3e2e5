"""The table of what people said of items of evidence."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from guards.attestation import Word
from storage.columns import choice
from storage.tables.base import Base, json_column, moment


class AttestationRow(Base, table=True):
    """One person's word about one item; never changed, and followed by another one."""

    __tablename__ = "attestation"
    __table_args__ = (
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name="digest"),
        sa.CheckConstraint("until IS NULL OR at < until", name="times"),
        sa.CheckConstraint("why <> ''", name="why"),
        sa.Index("ix_attestation_version", "service", "version"),
        sa.Index("ix_attestation_lasting", "service", "until"),
    )
    id: str = Field(primary_key=True)
    service: str
    version: str
    digest: str
    item: str
    word: Word = Field(sa_type=choice(Word))
    why: str
    by: str
    name: str
    roles: list[str] = json_column()
    at: datetime = moment()
    until: datetime | None = moment(nullable=True)
