"""What people said when a permanent exception was reconsidered; tags of other repositories; what was told in the alert channel; logs."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("exception", sa.Column("confirmed", MOMENT, nullable=True))
    op.create_table(
        "exception_reconsideration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exception", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("was", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.CheckConstraint("at < was AND was < until", name=op.f("ck_exception_reconsideration_times")),
        sa.ForeignKeyConstraint(["exception"], ["exception.id"], name=op.f("fk_exception_reconsideration_exception")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_reconsideration")),
        sa.UniqueConstraint("exception", "by", "was", name=op.f("uq_exception_reconsideration_exception_by_was")),
    )
    op.create_index("ix_exception_reconsideration_exception", "exception_reconsideration", ["exception", "id"])
    op.create_table(
        "pinned_tag",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["service", "version"], ["artifact.service", "artifact.version"], name=op.f("fk_pinned_tag_service_version")
        ),
        sa.PrimaryKeyConstraint("service", "version", "repository", name=op.f("pk_pinned_tag")),
    )
    op.create_table(
        "alert",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert")),
    )
    op.create_table(
        "run_log",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("(packed IS NULL) = (why <> '')", name=op.f("ck_run_log_why")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_run_log_size")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_run_log_change")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_run_log")),
    )
    op.create_index("ix_run_log_change", "run_log", ["change", "at"])
