"""An index of the few changes that people can still decide: without it a service's whole history was read for them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNDECIDED = sa.text("state IN ('awaiting-approval', 'approved', 'waiting-for-window')")


def upgrade() -> None:
    op.create_index("ix_change_undecided", "change", ["service", "requested"], sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED)
