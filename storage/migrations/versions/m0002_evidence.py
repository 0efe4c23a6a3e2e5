"""What evidence is bound to: the commit that ran in the target, and the tag object that was seen first."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change", sa.Column("base", sa.String(), nullable=True))
    op.drop_column("change", "evidence")
    op.add_column("artifact", sa.Column("tag", sa.String(), nullable=True))
