"""Why services ride a train or go alone; the risk and the origin of a fix; what a run would bring, and what its checklist lacks."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("train", sa.Column("impact", sa.String(), nullable=True))
    # the rationale was asked for with its effect on lead time and failures
    op.execute(sa.text("UPDATE train SET impact = rationale"))
    op.create_table(
        "released_alone",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("service", "frequency", "windows", "approvers", "rollback")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("rationale", "by", "by_name")),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_released_alone_number")),
        sa.PrimaryKeyConstraint("service", "number", name=op.f("pk_released_alone")),
    )
    op.create_index(
        "uq_released_alone_current", "released_alone", ["service"], unique=True, sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )  # fmt: skip
    risks = "CONSTRAINT ck_release_fix_risk CHECK (risk IN ('low', 'medium', 'high', 'critical'))"
    op.execute(f"ALTER TABLE release_fix ADD COLUMN risk VARCHAR(24) {risks}")
    op.add_column("release_fix", sa.Column("origin", sa.JSON(), nullable=True))
    op.create_table(
        "train_prospect",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("run", "repository", "lost")),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("head", sa.String(), nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("included", "waiting")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_train_prospect_run")),
        sa.PrimaryKeyConstraint("run", "repository", name=op.f("pk_train_prospect")),
    )
    op.create_table(
        "train_checklist",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("run", "candidate")),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("lacking", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_train_checklist_run")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_train_checklist")),
    )
