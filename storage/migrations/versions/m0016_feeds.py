"""Calendar feeds that people subscribe to."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("train", sa.String(), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("ended", MOMENT, nullable=True),
        sa.Column("hash", sa.String(), nullable=True),
        sa.CheckConstraint("hash IS NULL OR length(hash) = 64", name=op.f("ck_feed_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
    )
    op.create_index("uq_feed_hash", "feed", ["hash"], unique=True)
    here = sa.text("ended IS NULL")
    op.create_index("ix_feed_person", "feed", ["person"], sqlite_where=here, postgresql_where=here)
