"""Manifests, integration runs, set promotions."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
UNDER_WAY = "state IN ('ordered', 'running')"


def upgrade() -> None:
    op.add_column("change", sa.Column("manifest", sa.String(), nullable=True))
    op.create_table(
        "manifest",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("sealed", "run", "train")),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("owner", "breaking", "by", "by_name")),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_manifest_number")),
        sa.ForeignKeyConstraint(["run"], ["train_run.id"], name=op.f("fk_manifest_run")),
        sa.PrimaryKeyConstraint("sealed", name=op.f("pk_manifest")),
        sa.UniqueConstraint("run", "number", name=op.f("uq_manifest_run_number")),
    )
    _integration()
    _sets()
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def _integration() -> None:
    state = sa.Enum("ordered", "running", "passed", "failed", native_enum=False, create_constraint=True, length=24, name="suitestate")
    op.create_table(
        "integration",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "manifest", "service")),
        sa.Column("state", state, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("by", "by_name")),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("finished", MOMENT, nullable=True),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("run", "url")),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.sealed"], name=op.f("fk_integration_manifest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration")),
    )
    _index("uq_integration_open", "integration", ["manifest"], UNDER_WAY, unique=True)
    op.create_index("ix_integration_manifest", "integration", ["manifest", "at"])
    _index("ix_integration_run", "integration", ["run"], "run IS NOT NULL")


def _sets() -> None:
    state = sa.Enum("open", "succeeded", "stopped", native_enum=False, create_constraint=True, length=24, name="setstate")
    op.create_table(
        "set_promotion",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "manifest", "run", "train", "environment", "channel")),
        sa.Column("back", sa.Boolean(), nullable=False),
        sa.Column("state", state, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("requester", "requester_name")),
        sa.Column("requested", MOMENT, nullable=False),
        sa.Column("finished", MOMENT, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.sealed"], name=op.f("fk_set_promotion_manifest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_promotion")),
    )
    _index("uq_set_promotion_open", "set_promotion", ["train", "environment"], "state = 'open'", unique=True)
    op.create_index("ix_set_promotion_place", "set_promotion", ["train", "environment", "state", "finished"])
    op.create_index("ix_set_promotion_manifest", "set_promotion", ["manifest", "requested"])
    op.create_table(
        "set_entry",
        sa.Column("promotion", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["promotion"], ["set_promotion.id"], name=op.f("fk_set_entry_promotion")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_set_entry_change")),
        sa.PrimaryKeyConstraint("promotion", "position", name=op.f("pk_set_entry")),
        sa.UniqueConstraint("change", name=op.f("uq_set_entry_change")),
    )


def _index(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


_SQLITE = (
    "CREATE TRIGGER manifest_no_update BEFORE UPDATE ON manifest BEGIN SELECT RAISE(ABORT, 'a manifest is never edited'); END",
    "CREATE TRIGGER manifest_no_delete BEFORE DELETE ON manifest BEGIN SELECT RAISE(ABORT, 'a manifest is never deleted'); END",
    # INSERT OR REPLACE removes the old row without asking the trigger above
    """CREATE TRIGGER manifest_no_replace BEFORE INSERT ON manifest
       WHEN EXISTS (SELECT 1 FROM manifest WHERE sealed = NEW.sealed OR (run = NEW.run AND number = NEW.number))
       BEGIN SELECT RAISE(ABORT, 'a manifest is never replaced'); END""",
)

_POSTGRESQL = (
    """CREATE TRIGGER manifest_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON manifest
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)
