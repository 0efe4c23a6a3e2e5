"""Signed checkpoints of the ledger; an entry past its retention may become a tombstone, and nothing else (AUD-02)."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# The only change of an entry that the database lets through (storage/chain.py, `tombstone`, as it was then).
_BLANK = ("at", "actor", "actor_name", "roles", "correlation", "policy")
_NULL = ("subject", "service", "environment")
_SAME = ("seq", "prev", "hash")
_TOMBSTONE = " AND ".join((
    *(f"NEW.{name} = OLD.{name}" for name in _SAME),
    *(f"NEW.{name} = ''" for name in _BLANK),
    *(f"NEW.{name} IS NULL" for name in _NULL),
    "NEW.tag = 'ledger:tombstone'",
    "substr(OLD.tag, 1, 7) <> 'ledger:'",
    "length(NEW.body) = 64",
))  # fmt: skip

_SQLITE = (
    "DROP TRIGGER ledger_no_update",
    f"""CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger WHEN ({_TOMBSTONE}) IS NOT TRUE
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)

_POSTGRESQL = (
    "DROP TRIGGER ledger_append_only ON ledger",
    """CREATE TRIGGER ledger_append_only BEFORE DELETE OR TRUNCATE ON ledger
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    f"""CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
        FOR EACH ROW WHEN (({_TOMBSTONE}) IS NOT TRUE) EXECUTE FUNCTION ledger_refuse()""",
)


def upgrade() -> None:
    op.create_table(
        "ledger_checkpoint",
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.CheckConstraint("size > 0 AND length(head) = 64", name=op.f("ck_ledger_checkpoint_head")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_checkpoint")),
    )
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
