"""What a release record says of a version that takes something back."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("release_record", sa.Column("revert", sa.JSON(), nullable=True))
