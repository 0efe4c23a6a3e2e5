"""A PostgreSQL server for one test run, and databases on it for each of its processes.

Invariant: every test gets a database that is as a migration leaves it. Making one takes a hundred times as long as emptying one, so a
database that a test gave back is emptied for the next; one whose schema a test changed is thrown away.
"""

import itertools
from collections.abc import Callable, Sequence

import psycopg
import sqlalchemy as sa
from psycopg.sql import SQL, Composed, Identifier, Literal

from storage import migrations

_MIGRATED = "migrated"
"""What each process copies for itself: PostgreSQL copies nothing that somebody is connected to."""

_WATCH = """
    CREATE SCHEMA watch;
    CREATE TABLE watch.changed (tag text);
    CREATE FUNCTION watch.note() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO watch.changed VALUES (tg_tag); END $$;
    CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION watch.note();
"""
"""Every statement that changes the schema leaves a row, if its transaction is committed."""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class Postgresql:
    """Databases on a server of our own. No other process may be making one at this moment.

    Args:
        uri: of a database, by its name.
        process: how this process of the run is called; so its databases begin.
    """

    def __init__(self, uri: Callable[[str], str], process: str) -> None:
        self.uri = uri
        self.template = f"{process}_template"
        self._names = (f"{process}_{number}" for number in itertools.count(1))
        self._ours: dict[str, psycopg.Connection] = {}
        self._empty: list[str] = []
        if not self._has(_MIGRATED):
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the run
                self.run(f"ALTER SYSTEM SET {setting} = off")
            self.run("SELECT pg_reload_conf()")
            self.run(f"CREATE DATABASE {_MIGRATED}")
            migrations.upgrade(uri(_MIGRATED))
        self._make(self.template, _MIGRATED)
        with psycopg.connect(uri(self.template)) as connection:
            self._as_migrated = _emptying(connection).as_string(connection)

    def run(self, statement: str) -> None:
        """Run one statement outside of every test's database."""
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _has(self, name: str) -> bool:
        with psycopg.connect(self.uri("postgres")) as connection:
            return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def create(self, migrated: bool = True) -> str:
        """The URL of a database that is as the migrations leave one, or that has nothing in it at all."""
        if not migrated:
            return self._new("template0")
        return self._empty.pop() if self._empty else self._watched(self._new(self.template))

    def drop(self, url: str) -> None:
        """Give a database back. Whoever is still connected to it is thrown out."""
        if url in self._ours:
            if self._emptied(url):
                self._empty.append(url)
                return
            self._ours.pop(url).close()
        self.run(f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the server."""
        for connection in self._ours.values():
            connection.close()

    def _new(self, template: str) -> str:
        name = next(self._names)
        self._make(name, template)
        return self.uri(name)

    def _make(self, name: str, template: str) -> None:
        # file_copy takes a checkpoint, which costs nothing here, and a third of the time that writing all pages to the log does
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")

    def _watched(self, url: str) -> str:
        self._ours[url] = psycopg.connect(url, autocommit=True)
        self._ours[url].execute(_WATCH)
        return url

    def _emptied(self, url: str) -> bool:
        ours = self._ours[url]
        ours.execute(_END_OTHERS)
        if ours.execute("SELECT FROM watch.changed LIMIT 1").fetchone() is not None:
            return False
        ours.execute(self._as_migrated)
        return True


def _emptying(connection: psycopg.Connection) -> Composed:
    """What brings back rows and counters of the migrated database to which this is a connection."""
    statements: list[Composed] = []
    tables: Sequence[str] = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    for table in map(Identifier, tables):
        statements.append(SQL("DELETE FROM {}").format(table))
        rows = connection.execute(SQL("SELECT json_agg(t)::text FROM {} AS t").format(table)).fetchone()
        if rows and rows[0]:
            kept = SQL("INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::{0}, {1})")
            statements.append(kept.format(table, Literal(rows[0])))
    counters = "SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences"
    for name, value, used in connection.execute(counters):
        statements.append(SQL("SELECT setval({}, {}, {})").format(Literal(name), Literal(value), Literal(used)))
    # a replica applies what was decided elsewhere: neither the ledger's triggers nor foreign keys are asked
    return SQL("; ").join([SQL("SET LOCAL session_replication_role = replica"), *statements])
