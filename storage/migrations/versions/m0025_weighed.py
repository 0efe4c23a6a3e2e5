"""What a change does to its database, as it was weighed when CI got it."""

from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # as a column's own CHECK, which SQLite adds without making the table anew
    known = "migrates IN ('no', 'expand', 'contract', 'other')"
    op.execute(f"ALTER TABLE change ADD COLUMN migrates VARCHAR(24) CONSTRAINT ck_change_migrates CHECK ({known})")
