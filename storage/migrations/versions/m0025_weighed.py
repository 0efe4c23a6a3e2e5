"""What a change does to its database, as it was weighed when CI got it; emergencies of changes that CI does not carry out."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite adds a CHECK to a table with a column only
    migrations = "migrates IN ('no', 'expand', 'contract', 'other')"
    op.execute(f"ALTER TABLE change ADD COLUMN migrates VARCHAR(24) CONSTRAINT ck_change_migrates CHECK ({migrations})")
    add = "ALTER TABLE emergency ADD COLUMN"
    kinds = "kind IN ('deployment', 'configuration', 'flag', 'api-deprecation')"
    op.execute(f"{add} kind VARCHAR(24) CONSTRAINT ck_emergency_emergencykind CHECK ({kinds})")
    op.execute(f"{add} action VARCHAR CONSTRAINT ck_emergency_action CHECK ((kind = 'deployment') = (action = ''))")
    op.execute(sa.text("UPDATE emergency SET kind = 'deployment', action = ''"))
    op.execute(f"{add} executed JSON CONSTRAINT ck_emergency_executed CHECK (executed IS NULL OR kind <> 'deployment')")
