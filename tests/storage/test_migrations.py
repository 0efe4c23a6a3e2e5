"""The migrations make exactly the schema that the models say, on both databases (OPS-10)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import chain, engines, migrations
from storage.tables import metadata
from tests.storage.cases import AT, COMMIT, HOUR


@pytest.fixture
def engine(database_url):
    made = engines.single(database_url)
    yield made
    made.dispose()


def test_the_newest_migration_is_what_the_program_needs():
    assert ScriptDirectory.from_config(migrations.config()).get_heads() == [engines.HEAD]


def test_migrated_schema_and_models_do_not_differ(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def described(connection: sa.Connection) -> dict[str, object]:
    """What alembic does not compare: checks, the conditions of partial indexes, keys."""
    inspector = sa.inspect(connection)
    found = {}
    for name in sorted(metadata.tables):
        found[name] = {
            "checks": sorted((c["name"], c["sqltext"]) for c in inspector.get_check_constraints(name)),
            "indexes": sorted(
                (i["name"], i["column_names"], i["unique"], {k: str(v) for k, v in i["dialect_options"].items()})
                for i in inspector.get_indexes(name)
            ),
            "unique": sorted((u["name"], u["column_names"]) for u in inspector.get_unique_constraints(name)),
            "keys": sorted((f["name"], f["constrained_columns"], f["referred_table"]) for f in inspector.get_foreign_keys(name)),
            "primary": inspector.get_pk_constraint(name)["constrained_columns"],
            # a column that a later migration added stands last: the order is no part of the schema
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)),
        }
    return found


def test_checks_and_partial_indexes_do_not_differ_either(engine, request, tmp_path):
    if engine.dialect.name == "sqlite":
        url = f"sqlite:///{tmp_path}/models.db"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.create(migrated=False)
    models = engines.single(url)
    with models.begin() as connection:
        metadata.create_all(connection)
        wanted = described(connection)
    models.dispose()
    with engine.connect() as connection:
        assert described(connection) == wanted


def test_the_ledger_begins_where_the_chain_does(engine):
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT seq, hash FROM ledger_head")).all() == [(0, chain.GENESIS)]


def test_replicas_that_start_together_migrate_once(postgresql):
    url = postgresql.create(migrated=False)
    with ThreadPoolExecutor(3) as pool:
        assert [f.result() for f in [pool.submit(migrations.upgrade, url) for _ in range(3)]] == [engines.HEAD] * 3
    postgresql.drop(url)


def test_a_table_that_is_made_anew_keeps_its_rows_and_those_that_name_them(request, tmp_path):
    """A CHECK of `obligation` changes while rows of another table name its rows."""
    for url in (f"sqlite:///{tmp_path}/old.db", request.getfixturevalue("postgresql").create(migrated=False)):
        engine = engines.single(url)
        with engine.begin() as connection:
            command.upgrade(migrations.config(connection), "0020")
        meta = sa.MetaData()
        meta.reflect(engine, only=["obligation", "hotfix", "hotfix_port"])
        with engine.begin() as connection:
            for name, row in OLD.items():
                connection.execute(meta.tables[name].insert(), row)
        migrations.upgrade_engine(engine)
        with engine.begin() as connection:
            assert connection.execute(sa.text("SELECT id, kind FROM obligation")).all() == [("OBL-1", "forward-port")]
            assert connection.execute(sa.text("SELECT obligation FROM hotfix_port")).all() == [("OBL-1",)]
            connection.execute(meta.tables["obligation"].insert(), OLD["obligation"] | {"id": "OBL-2", "kind": "verification"})
        for unwanted in ("DELETE FROM obligation WHERE id = 'OBL-1'", "UPDATE obligation SET kind = 'nothing' WHERE id = 'OBL-2'"):
            with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
                connection.execute(sa.text(unwanted))
        engine.dispose()


OLD = {
    "obligation": {
        "id": "OBL-1", "kind": "forward-port", "about": "HOT-1", "text": "bring it to main", "owner": "rob@example.com", "owner_name": "Rob",
        "due": AT + HOUR, "created": AT, "by": "signalbox", "evidence": "",
    },
    "hotfix": {
        "id": "HOT-1", "service": "api", "environment": "production", "repository": "acme/api", "base": "v1.4.0", "base_digest": "x",
        "base_commit": COMMIT, "version": "v1.4.1", "branch": "hotfix/1", "scope": {}, "state": "open", "by": "rob@example.com",
        "by_name": "Rob", "at": AT, "why": "", "commits": [], "warned": False,
    },
    "hotfix_port": {"hotfix": "HOT-1", "branch": "main", "service": "api", "obligation": "OBL-1", "pulls": [], "why": ""},
}  # fmt: skip
"""Rows as an older program wrote them."""
