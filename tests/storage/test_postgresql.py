"""The databases that tests get: as the migrations leave them, whatever the test before did with its own."""

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from storage import approvals, audit, changes
from storage.database import Store
from tests.storage.cases import APPROVAL, CHANGE, ENTRY

SCHEMA = "DROP TRIGGER ledger_append_only ON ledger"


def contents(url):
    """All rows and where every counter stands."""
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        rows = {name: connection.execute(SQL("SELECT * FROM {}").format(Identifier(name))).fetchall() for name in tables}
        return rows, connection.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1").fetchall()


async def used(url):
    store = Store(url)
    await store.write(lambda tx: (changes.add(tx, CHANGE), approvals.add(tx, CHANGE.id, APPROVAL), audit.append(tx, ENTRY)))
    await store.close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


async def test_one_that_was_used_is_emptied_for_the_next_test(postgresql):
    as_migrated = contents(postgresql.uri(postgresql.template))
    url = postgresql.create()
    await used(url)
    assert contents(url) != as_migrated

    left = psycopg.connect(url)  # a test may be over before what it began
    left.execute("DELETE FROM approval")
    postgresql.drop(url)
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()

    assert postgresql.create() == url
    assert contents(url) == as_migrated
    await used(url)
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
        connection.execute("DELETE FROM ledger")
    postgresql.drop(url)


@pytest.mark.parametrize(("committed", "again"), [(True, False), (False, True)])
def test_one_whose_schema_was_changed_is_never_seen_again(postgresql, committed, again):
    url = postgresql.create()
    connection = psycopg.connect(url)
    connection.execute(SCHEMA)
    connection.commit() if committed else connection.rollback()
    connection.close()
    postgresql.drop(url)

    following = [postgresql.create(), postgresql.create()]
    assert (url in following) is again
    for one in following:
        with psycopg.connect(one) as connection:
            assert connection.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'ledger_append_only'").fetchone() == (1,)
        postgresql.drop(one)
