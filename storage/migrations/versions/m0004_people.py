"""Delegations, linked GitHub accounts, and under which delegation an approval was given."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
IN_FORCE: dict[str, Any] = {"sqlite_where": sa.text("unlinked IS NULL"), "postgresql_where": sa.text("unlinked IS NULL")}


def upgrade() -> None:
    op.add_column("approval", sa.Column("on_behalf", sa.JSON(), nullable=True))
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("to_name", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("environment", sa.String(), nullable=True),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.CheckConstraint('start < "end"', name=op.f("ck_delegation_times")),
        sa.CheckConstraint('"by" <> "to"', name=op.f("ck_delegation_people")),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name=op.f("ck_delegation_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index("ix_delegation_end", "delegation", ["end"])
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("linked", MOMENT, nullable=False),
        sa.Column("confirmed", MOMENT, nullable=False),
        sa.Column("unlinked", MOMENT, nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_link_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index("ix_link_number", "link", ["number"])
    op.create_index("uq_link_account", "link", ["number"], unique=True, **IN_FORCE)
    op.create_index("uq_link_person", "link", ["person"], unique=True, **IN_FORCE)
    op.create_table(
        "linking",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slack", sa.String(), nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("device", sa.String(), nullable=True),
        sa.Column("interval", sa.Float(), nullable=False),
        sa.Column("login", sa.String(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("linked", MOMENT, nullable=True),
        sa.CheckConstraint("(login IS NULL) = (number IS NULL)", name=op.f("ck_linking_account")),
        sa.CheckConstraint("(login IS NULL) = (linked IS NULL)", name=op.f("ck_linking_linked")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_linking")),
    )
