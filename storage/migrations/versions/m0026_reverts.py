"""What a release record says of a version that takes something back; until when a freeze counts unapproved, and which risk passes it."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.add_column("release_record", sa.Column("revert", sa.JSON(), nullable=True))
    op.add_column("freeze", sa.Column("lapses", MOMENT, nullable=True))
    risks = "CONSTRAINT ck_freeze_risk CHECK (passes_risk IN ('low', 'medium', 'high', 'critical'))"
    op.execute(f'ALTER TABLE "freeze" ADD COLUMN passes_risk VARCHAR(24) {risks}')
