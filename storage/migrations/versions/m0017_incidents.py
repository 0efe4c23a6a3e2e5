"""Incidents, what belongs to them, and when each source of them was last heard."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "incident",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("opened_by", "opened_by_name", "source", "known_as")),
        sa.Column("heard_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("commander", sa.String(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("commander_name", "link", "mechanism", "verification", "cause")),
        sa.CheckConstraint("severity >= 1", name=op.f("ck_incident_severity")),
        sa.CheckConstraint("closed_at IS NULL OR opened_at <= closed_at", name=op.f("ck_incident_times")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_incident_closed")),
        sa.CheckConstraint("(source = 'signalbox') = (known_as = '')", name=op.f("ck_incident_source")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_incident")),
    )
    still_open = sa.text("closed_at IS NULL")
    told = sa.text("known_as <> ''")
    op.create_index("ix_incident_open", "incident", ["opened_at"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_index("ix_incident_closed_at", "incident", ["closed_at"])
    op.create_index("ix_incident_known_as", "incident", ["known_as"], sqlite_where=told, postgresql_where=told)
    op.create_index("uq_incident_known_as", "incident", ["source", "known_as"], unique=True, sqlite_where=told, postgresql_where=told)
    op.create_table(
        "incident_record",
        sa.Column("incident", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["incident"], ["incident.reference"], name=op.f("fk_incident_record_incident")),
        sa.PrimaryKeyConstraint("incident", "record", name=op.f("pk_incident_record")),
    )
    op.create_index("ix_incident_record_record", "incident_record", ["record"])
    op.create_table(
        "incident_intake",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("heard", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_incident_intake")),
    )
