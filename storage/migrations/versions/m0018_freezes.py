"""Freezes are approved, say what becomes of work on its way, and may come from a shared calendar; how reading these went."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    # SQLite adds a CHECK to a table with a column only; the table's name is a word of PostgreSQL
    add = 'ALTER TABLE "freeze" ADD COLUMN'
    op.execute(f"{add} fate VARCHAR(24) CONSTRAINT ck_freeze_fate CHECK (fate IN ('finish', 'hold', 'stop'))")
    op.add_column("freeze", sa.Column("branches", sa.JSON(), nullable=True))
    op.add_column("freeze", sa.Column("in_force", MOMENT, nullable=True))
    op.add_column("freeze", sa.Column("approved", MOMENT, nullable=True))
    op.execute(f"{add} approved_by VARCHAR CONSTRAINT ck_freeze_approved CHECK ((approved IS NULL) = (approved_by IS NULL))")
    # until now a freeze counted from its declaration, which whoever answers for it had agreed to
    op.execute('UPDATE "freeze" SET in_force = start, approved = start, approved_by = approver')
    op.add_column("freeze", sa.Column("calendar", sa.String(), nullable=True))
    op.execute(f"{add} uid VARCHAR CONSTRAINT ck_freeze_calendar CHECK ((calendar IS NULL) = (uid IS NULL))")
    here = sa.text("calendar IS NOT NULL")
    op.create_index("ix_freeze_calendar", "freeze", ["calendar", "end"], sqlite_where=here, postgresql_where=here)
    op.create_table(
        "freeze_calendar",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("read", MOMENT, nullable=True),
        sa.Column("failed", MOMENT, nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.CheckConstraint("(failed IS NULL) = (why IS NULL)", name=op.f("ck_freeze_calendar_failed")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_freeze_calendar")),
    )
