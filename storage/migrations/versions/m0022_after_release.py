"""Who carried a change out, who looked at it in production, the kinds of what is owed afterwards, and the links in records."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
KINDS = (
    "follow-up", "corrective-action", "change-record", "backfill", "review", "postmortem", "credential-rotation", "reconciliation",
    "retrospective", "release-notes", "branch-removal", "forward-port", "verification", "notification", "documentation", "cleanup",
)  # fmt: skip


def upgrade() -> None:
    _more_kinds()
    op.add_column("change", sa.Column("implementer", sa.String(), nullable=True))
    op.create_table(
        "verification",
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("asked", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("looked_at", sa.String(), nullable=False),
        sa.CheckConstraint("asked < due", name=op.f("ck_verification_times")),
        sa.CheckConstraint("(at IS NULL) = (by IS NULL) AND (at IS NULL) = (name IS NULL)", name=op.f("ck_verification_verified")),
        sa.CheckConstraint("(at IS NULL) = (looked_at = '')", name=op.f("ck_verification_looked_at")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_verification_change")),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name=op.f("fk_verification_obligation")),
        sa.PrimaryKeyConstraint("change", name=op.f("pk_verification")),
    )
    waits = sa.text("at IS NULL")
    op.create_index("ix_verification_open", "verification", ["due"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "record_link",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("service", "version", "url")),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("looked", MOMENT, nullable=True),
        sa.Column("broken", MOMENT, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("broken IS NULL OR why <> ''", name=op.f("ck_record_link_broken")),
        sa.PrimaryKeyConstraint("service", "version", "url", name=op.f("pk_record_link")),
    )
    op.create_index("ix_record_link_due", "record_link", ["due"])


def _more_kinds() -> None:
    """Let an obligation be of more kinds; SQLite changes a CHECK by making the table anew, without losing a row."""
    with op.batch_alter_table("obligation") as obligation:
        obligation.drop_constraint(op.f("ck_obligation_owed"), type_="check")
        obligation.create_check_constraint(op.f("ck_obligation_owed"), f"kind IN ({', '.join(map(repr, KINDS))})")
