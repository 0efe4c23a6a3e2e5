"""Release trains and their runs; and where a version ran is found without its service's whole history."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
STAGES = (
    "planned", "published", "held", "stabilizing", "deciding", "go", "no-go", "departing", "departed", "stopped", "skipped", "closed",
)  # fmt: skip
OPEN = "stage IN ('deciding', 'departed', 'departing', 'go', 'held', 'no-go', 'planned', 'published', 'stabilizing', 'stopped')"


def upgrade() -> None:
    state = sa.Enum("draft", "published", "closed", native_enum=False, create_constraint=True, length=24, name="trainstate")
    op.create_table(
        "train",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("services", "excluded", "captains", "attendees")),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("manifest_owner", "rollback", "exceptions", "dependencies", "rationale")
        ),
        sa.Column("branch", sa.Boolean(), nullable=False),
        sa.Column("unbranched", sa.String(), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("published", MOMENT, nullable=True),
        sa.CheckConstraint("revision > 0", name=op.f("ck_train_revision")),
        sa.CheckConstraint("state <> 'published' OR published IS NOT NULL", name=op.f("ck_train_published")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_train")),
    )
    stage = sa.Enum(*STAGES, native_enum=False, create_constraint=True, length=24, name="stage")
    op.create_table(
        "train_run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("train", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("stage", stage, nullable=False),
        sa.Column("captain", sa.String(), nullable=False),
        sa.Column("captain_name", sa.String(), nullable=False),
        *(
            sa.Column(name, MOMENT, nullable=False)
            for name in ("publish", "cutoff", "decision", "opens", "closes", "retrospective", "closing")
        ),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("cutoff <= decision AND decision <= opens AND opens < closes", name=op.f("ck_train_run_moments")),
        sa.ForeignKeyConstraint(["train"], ["train.id"], name=op.f("fk_train_run_train")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_train_run")),
    )
    op.create_index("ix_train_run_open", "train_run", ["train", "cutoff"], sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN))
    op.create_index("ix_train_run_train", "train_run", ["train", "cutoff"])
    op.create_index("ix_deployment_version", "deployment", ["service", "version", "at", "id"])
