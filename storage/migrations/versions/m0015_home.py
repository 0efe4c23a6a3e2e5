"""Who looks at the App Home."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    op.create_table(
        "home",
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("opened", MOMENT, nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_home")),
    )
    op.create_index("ix_home_opened", "home", ["opened"])
