"""Emergencies, what people decided and said about them, the changes that went out by them, and the exceptions that belong to one."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
OPEN = "state IN ('declared', 'approved', 'used')"


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=24, name=name)


def upgrade() -> None:
    op.create_table(
        "emergency",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("declarer", sa.String(), nullable=False),
        sa.Column("declarer_name", sa.String(), nullable=False),
        sa.Column("declared", MOMENT, nullable=False),
        sa.Column("criterion", _choice("criterion", "production-down", "security-incident", "data-at-risk", "sla-breach"), nullable=False),
        sa.Column("classification", _choice("classification", "hotfix", "emergency", "both"), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("service", "environment", "version")),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("commit", sa.String(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("reason", "waiting", "rollback", "follow_ups", "incident")),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("state", _choice("emergencystate", "declared", "approved", "used", "closed", "withdrawn", "expired"), nullable=False),
        sa.Column("ending", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint("declared < until", name=op.f("ck_emergency_times")),
        sa.CheckConstraint("severity BETWEEN 1 AND 9", name=op.f("ck_emergency_severity")),
        sa.CheckConstraint('(digest IS NULL) = ("commit" IS NULL)', name=op.f("ck_emergency_artifact")),
        sa.CheckConstraint("digest IS NULL OR (digest LIKE 'sha256:%' AND length(digest) = 71)", name=op.f("ck_emergency_digest")),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name=op.f("ck_emergency_ended")),
        sa.CheckConstraint("(state = 'closed') = (ending IS NOT NULL)", name=op.f("ck_emergency_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_index("ix_emergency_open", "emergency", ["declared"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))
    op.create_index("ix_emergency_declared", "emergency", ["declared"])
    op.create_table(
        "emergency_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("emergency", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("spoken", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_approval_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_approval")),
        sa.UniqueConstraint("emergency", "by", name=op.f("uq_emergency_approval_emergency_by")),
    )
    op.create_index("ix_emergency_approval_emergency", "emergency_approval", ["emergency", "id"])
    op.create_table(
        "emergency_spoken",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("emergency", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("by", "name", "words", "heard_by", "heard_by_name")),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("by <> heard_by", name=op.f("ck_emergency_spoken_apart")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_spoken_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_spoken")),
        sa.UniqueConstraint("emergency", "by", name=op.f("uq_emergency_spoken_emergency_by")),
    )
    op.create_index("ix_emergency_spoken_emergency", "emergency_spoken", ["emergency", "id"])
    op.create_table(
        "emergency_use",
        sa.Column("emergency", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_emergency_use_change")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_emergency_use_emergency")),
        sa.PrimaryKeyConstraint("emergency", name=op.f("pk_emergency_use")),
        sa.UniqueConstraint("change", name=op.f("uq_emergency_use_change")),
    )
    op.create_table(
        "access_grant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("emergency", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("requester", "requester_name")),
        sa.Column("requested", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("service", "environment", "scope", "reason")),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", _choice("grantstate", "requested", "granted", "ended", "refused", "failed"), nullable=False),
        sa.Column("approver", sa.String(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("approver_name", "rationale")),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("granted", "until", "ended")),
        sa.Column("ended_by", sa.String(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("opening", "closing")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_access_grant_minutes")),
        sa.CheckConstraint("approver IS NULL OR approver <> requester", name=op.f("ck_access_grant_apart")),
        sa.CheckConstraint("(granted IS NULL) = (until IS NULL)", name=op.f("ck_access_grant_granted")),
        sa.CheckConstraint("granted IS NULL OR granted < until", name=op.f("ck_access_grant_times")),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name=op.f("ck_access_grant_ended")),
        sa.ForeignKeyConstraint(["emergency"], ["emergency.id"], name=op.f("fk_access_grant_emergency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    waiting = sa.text("state IN ('requested', 'granted')")
    op.create_index("ix_access_grant_open", "access_grant", ["requested"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_access_grant_emergency", "access_grant", ["emergency", "id"])
    op.add_column("change", sa.Column("emergency", sa.String(), nullable=True))
    op.add_column("exception", sa.Column("emergency", sa.String(), nullable=True))
