"""Which milestones the runs of trains have reached."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
MILESTONES = ("publish", "cutoff", "stabilized", "decision", "opens", "closes", "retrospective", "closing")


def upgrade() -> None:
    milestone = sa.Enum(*MILESTONES, native_enum=False, create_constraint=True, length=24, name="milestone")
    op.create_table(
        "train_moment",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("milestone", milestone, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("due <= at", name=op.f("ck_train_moment_not_early")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_train_moment_run")),
        sa.PrimaryKeyConstraint("run", "milestone", name=op.f("pk_train_moment")),
    )
