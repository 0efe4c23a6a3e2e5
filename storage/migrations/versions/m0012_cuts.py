"""Cutoffs of train runs, the fixes on their release branches, their blockers, and what rides later."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
COUNTS = "state <> 'failed'"


def upgrade() -> None:
    state = sa.Enum("ordered", "cut", "failed", native_enum=False, create_constraint=True, length=24, name="cutstate")
    gates = sa.Enum("passed", "lacking", "unread", native_enum=False, create_constraint=True, length=24, name="gates")
    op.create_table(
        "train_cut",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("taken", MOMENT, nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("captain", sa.String(), nullable=False),
        sa.Column("captain_name", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("unbranched", sa.String(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("included", sa.JSON(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("gates", gates, nullable=False),
        sa.Column("gates_why", sa.String(), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.CheckConstraint('length("commit") = 40', name=op.f("ck_train_cut_commit")),
        sa.CheckConstraint("(branch = '') = (unbranched <> '')", name=op.f("ck_train_cut_branch")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_train_cut_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_train_cut")),
    )
    op.create_index(
        "uq_train_cut_counting", "train_cut", ["run", "repository"], unique=True,
        sqlite_where=sa.text(COUNTS), postgresql_where=sa.text(COUNTS),
    )  # fmt: skip
    op.create_index("ix_train_cut_run", "train_cut", ["run", "taken"])
    op.create_index("ix_train_cut_branch", "train_cut", ["repository", "branch"])
    op.create_table(
        "release_fix",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("sha", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("pull", sa.Integer(), nullable=True),
        sa.Column("tickets", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("flaws", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("accepted", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_release_fix_run")),
        sa.PrimaryKeyConstraint("run", "repository", "sha", name=op.f("pk_release_fix")),
    )
    op.create_index("ix_release_fix_run", "release_fix", ["run", "at"])
    op.create_table(
        "train_blocker",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("ticket", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("resolved", MOMENT, nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.CheckConstraint("(resolved IS NULL) = (resolved_by IS NULL)", name=op.f("ck_train_blocker_resolved")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_train_blocker_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_train_blocker")),
    )
    op.create_index("ix_train_blocker_run", "train_blocker", ["run", "opened"])
    op.create_table(
        "late_change",
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("pull", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_late_change_run")),
        sa.PrimaryKeyConstraint("run", "repository", "pull", name=op.f("pk_late_change")),
    )
