"""What a requester declares about a change, what its risk was, and what its migration is: not only whether there is one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    # the new column takes the name of the old one, and SQLite adds a CHECK to a table with its column only
    op.execute("ALTER TABLE change RENAME COLUMN migration TO has_migration")
    op.execute(
        "ALTER TABLE change ADD COLUMN migration VARCHAR(24) "
        "CONSTRAINT ck_change_migration CHECK (migration IN ('no', 'expand', 'contract', 'other'))"
    )
    op.execute("UPDATE change SET migration = CASE WHEN has_migration THEN 'other' ELSE 'no' END WHERE has_migration IS NOT NULL")
    op.drop_column("change", "has_migration")
    op.add_column("change", sa.Column("entry", sa.String(), nullable=True))
    op.add_column("change", sa.Column("declared", sa.JSON(), nullable=True))
    op.add_column("change", sa.Column("amended", MOMENT, nullable=True))
    op.add_column("change", sa.Column("assessed", sa.JSON(), nullable=True))
