"""What people owe until a moment."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
KINDS = (
    "follow-up", "corrective-action", "change-record", "backfill", "review", "postmortem", "credential-rotation", "reconciliation",
    "retrospective", "release-notes", "branch-removal", "forward-port",
)  # fmt: skip


def upgrade() -> None:
    kind = sa.Enum(*KINDS, native_enum=False, create_constraint=True, length=24, name="owed")
    op.create_table(
        "obligation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("text", "owner", "owner_name")),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("done", MOMENT, nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.CheckConstraint("created < due", name=op.f("ck_obligation_times")),
        sa.CheckConstraint("(done IS NULL) = (done_by IS NULL)", name=op.f("ck_obligation_done")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
    )
    still_open = sa.text("done IS NULL")
    op.create_index("ix_obligation_open", "obligation", ["due"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_index("ix_obligation_about", "obligation", ["about", "id"])
