"""What people write about a release: its record and its notes, and the record that a change was approved with."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("change", sa.Column("record", sa.String(), nullable=True))
    op.create_table(
        "release_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("issues", sa.String(), nullable=False),
        sa.Column("rollback", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_record")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_release_record_newest", "release_record", ["service", "version", "id"])
    kind = sa.Enum("draft", "published", "erratum", native_enum=False, create_constraint=True, length=24, name="noteskind")
    op.create_table(
        "release_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.CheckConstraint("url IS NULL OR kind = 'published'", name=op.f("ck_release_notes_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_release_notes_of", "release_notes", ["service", "version", "id"])
    op.create_index(
        "uq_release_notes_published", "release_notes", ["service", "version"], unique=True,
        sqlite_where=sa.text("kind = 'published'"), postgresql_where=sa.text("kind = 'published'"),
    )  # fmt: skip
