"""Exceptions, what people decided about them, and the changes that went out by them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "exception",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("requester_name", sa.String(), nullable=False),
        sa.Column("requested", MOMENT, nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("owner_name", sa.String(), nullable=False),
        sa.Column("owner_roles", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("requirement", sa.String(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("environments", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("risk", sa.String(), nullable=False),
        sa.Column("controls", sa.String(), nullable=False),
        sa.Column("containment", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("remediation", sa.String(), nullable=False),
        sa.Column("infeasible", sa.String(), nullable=False),
        sa.Column("reconsider", sa.String(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("review", MOMENT, nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.CheckConstraint("requested < review AND review <= until", name=op.f("ck_exception_times")),
        sa.CheckConstraint("kind IN ('temporary', 'permanent', 'emergency')", name=op.f("ck_exception_exemptionkind")),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'rejected', 'revoked', 'expired')", name=op.f("ck_exception_exemptionstate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception")),
    )
    open_ = sa.text("state IN ('requested', 'approved')")
    op.create_index("ix_exception_open", "exception", ["until"], sqlite_where=open_, postgresql_where=open_)
    op.create_table(
        "exception_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exception", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("ruling", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("ruling IN ('approved', 'rejected', 'revoked')", name=op.f("ck_exception_decision_ruling")),
        sa.ForeignKeyConstraint(["exception"], ["exception.id"], name=op.f("fk_exception_decision_exception")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_decision")),
        sa.UniqueConstraint("exception", "by", "ruling", name=op.f("uq_exception_decision_exception_by_ruling")),
    )
    op.create_index("ix_exception_decision_exception", "exception_decision", ["exception", "id"])
    op.create_table(
        "exception_use",
        sa.Column("exception", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["exception"], ["exception.id"], name=op.f("fk_exception_use_exception")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_exception_use_change")),
        sa.PrimaryKeyConstraint("exception", "change", name=op.f("pk_exception_use")),
    )
    op.create_index("ix_exception_use_change", "exception_use", ["change"])
    once = sa.text("once")
    op.create_index("uq_exception_use_once", "exception_use", ["exception"], unique=True, sqlite_where=once, postgresql_where=once)
