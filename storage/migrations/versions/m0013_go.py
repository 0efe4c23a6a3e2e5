"""Roll calls, their answers, and the decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    area = sa.Enum(
        "artifact", "quality", "governance", "operations", native_enum=False, create_constraint=True, length=24, name="area"
    )  # fmt: skip
    say = sa.Enum("go", "no-go", "condition", native_enum=False, create_constraint=True, length=24, name="say")
    outcome = sa.Enum("go", "no-go", "withdrawn", native_enum=False, create_constraint=True, length=24, name="outcome")
    op.create_table(
        "roll_call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("candidate", sa.String(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.CheckConstraint("opened < deadline", name=op.f("ck_roll_call_times")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_roll_call_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_call")),
        sa.UniqueConstraint("run", "candidate", name=op.f("uq_roll_call_run_candidate")),
    )
    op.create_table(
        "roll_call_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("roll_call", sa.String(), nullable=False),
        sa.Column("area", area, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("say", say, nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("confirmed", sa.JSON(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["roll_call"], ["roll_call.id"], name=op.f("fk_roll_call_answer_roll_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_call_answer")),
    )
    op.create_index("ix_roll_call_answer_roll_call", "roll_call_answer", ["roll_call", "id"])
    op.create_table(
        "go_decision",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("candidate", sa.String(), nullable=False),
        sa.Column("outcome", outcome, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("on_behalf", sa.JSON(), nullable=True),
        sa.Column("risks", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("residual", "rollback", "notes")),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("items", "attendees")),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("outcome <> 'go' OR residual <> ''", name=op.f("ck_go_decision_residual")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_go_decision_run")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_go_decision")),
        sa.UniqueConstraint("id", name=op.f("uq_go_decision_id")),
    )
    op.create_index("ix_go_decision_run", "go_decision", ["run", "number"])
    op.create_table(
        "go_decision_entry",
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["decision"], ["go_decision.id"], name=op.f("fk_go_decision_entry_decision")),
        sa.PrimaryKeyConstraint("decision", "service", name=op.f("pk_go_decision_entry")),
    )
    op.create_index("ix_go_decision_entry_version", "go_decision_entry", ["service", "version"])
