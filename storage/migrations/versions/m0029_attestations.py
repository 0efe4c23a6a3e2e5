"""What people said of items of evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
WORDS = ("holds", "not-applicable", "fails")


def upgrade() -> None:
    op.create_table(
        "attestation",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "service", "version", "digest", "item")),
        sa.Column("word", sa.Enum(*WORDS, native_enum=False, create_constraint=True, length=24, name="word"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("why", "by", "name")),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name=op.f("ck_attestation_digest")),
        sa.CheckConstraint("until IS NULL OR at < until", name=op.f("ck_attestation_times")),
        sa.CheckConstraint("why <> ''", name=op.f("ck_attestation_why")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
    )
    op.create_index("ix_attestation_version", "attestation", ["service", "version"])
    op.create_index("ix_attestation_lasting", "attestation", ["service", "until"])
