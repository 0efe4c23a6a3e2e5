"""Hotfixes, and the branches that have to have them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
STATES = ("ordered", "open", "shipped", "closed", "failed", "given-up")
HOW = ("merged", "was-there", "picked", "same-change", "excepted")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=24, name=name)


def _partial(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    here = sa.text(condition)
    op.create_index(name, "hotfix", columns, unique=unique, sqlite_where=here, postgresql_where=here)


def upgrade() -> None:
    op.create_table(
        "hotfix",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("id", "service", "environment", "repository", "base", "base_digest", "base_commit", "version", "branch")
        ),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("state", _enum("hotfixstate", *STATES), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("commits", sa.JSON(), nullable=False),
        sa.Column("change", sa.String(), nullable=True),
        sa.Column("shipped", MOMENT, nullable=True),
        sa.Column("afterwards", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(base_commit) = 40", name=op.f("ck_hotfix_base")),
        sa.CheckConstraint("(state IN ('shipped', 'closed')) <= (shipped IS NOT NULL)", name=op.f("ck_hotfix_shipped")),
        sa.CheckConstraint("(ended IS NULL) = (state IN ('ordered', 'open', 'shipped'))", name=op.f("ck_hotfix_ended")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_hotfix_change")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotfix")),
    )
    _partial("uq_hotfix_under_way", ["service", "environment"], "state IN ('ordered', 'open')", unique=True)
    _partial("uq_hotfix_version", ["service", "version"], "state NOT IN ('failed', 'given-up')", unique=True)
    _partial("ix_hotfix_live", ["service", "at"], "state IN ('ordered', 'open', 'shipped')")
    op.create_index("ix_hotfix_recent", "hotfix", ["at", "id"])
    op.create_table(
        "hotfix_port",
        sa.Column("hotfix", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=True),
        sa.Column("how", _enum("how", *HOW), nullable=True),
        sa.Column("pulls", sa.JSON(), nullable=False),
        sa.Column("done", MOMENT, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("(done IS NULL) = (how IS NULL)", name=op.f("ck_hotfix_port_done")),
        sa.ForeignKeyConstraint(["hotfix"], ["hotfix.id"], name=op.f("fk_hotfix_port_hotfix")),
        sa.ForeignKeyConstraint(["obligation"], ["obligation.id"], name=op.f("fk_hotfix_port_obligation")),
        sa.PrimaryKeyConstraint("hotfix", "branch", name=op.f("pk_hotfix_port")),
    )
    owed = sa.text("done IS NULL")
    op.create_index("ix_hotfix_port_owed", "hotfix_port", ["service"], sqlite_where=owed, postgresql_where=owed)
    # a digest is looked for under other versions (HOT-03)
    op.create_index("ix_artifact_digest", "artifact", ["service", "digest"])
