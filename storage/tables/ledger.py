"""The tables of the ledger: only ever added to, but that an entry past its retention becomes a tombstone."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from storage.tables.base import Base, moment


class LedgerRow(Base, table=True):
    """The audit ledger (AUD-01). All text, exactly as it was hashed; no foreign keys.

    Triggers refuse DELETE, and each UPDATE that does not make a tombstone of an entry.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        sa.UniqueConstraint("prev"),  # an entry has one successor: the chain cannot fork
        sa.Index("ix_ledger_subject", "subject", "seq"),
        sa.Index("ix_ledger_actor", "actor", "seq"),
        sa.Index("ix_ledger_at", "at", "seq"),
    )
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    at: str
    tag: str
    actor: str
    actor_name: str
    roles: str
    subject: str | None = None
    service: str | None = None
    environment: str | None = None
    correlation: str
    policy: str
    body: str
    prev: str
    hash: str


class LedgerHeadRow(Base, table=True):
    """The one row that says how long the ledger is, so that a cut tail shows."""

    __tablename__ = "ledger_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one"),)
    id: int = Field(primary_key=True, sa_type=sa.Integer())
    seq: int = Field(sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    hash: str


class LedgerCheckpointRow(Base, table=True):
    """What the bot signed of the ledger: how long it was, and the hash of its last entry then."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = (sa.CheckConstraint("size > 0 AND length(head) = 64", name="head"),)
    size: int = Field(primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    head: str
    at: datetime = moment()
    key: str
    signature: str
