"""Connections: what a database URL means, and how each kind of database is set up.

Invariant: a connection that is handed out enforces foreign keys, has time limits, and syncs to disk on commit.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from storage.errors import Unavailable, WrongSchema

HEAD = "0031"
"""The newest migration; a test holds it equal to `migrations/versions`."""

BUSY_MS = 5_000  # how long a writer waits for another process's transaction
READERS = 4
CONNECTIONS = 8  # PostgreSQL, for writing; half as many for reading
_SESSION = "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"


@dataclass(frozen=True, slots=True)
class Engines:
    """Two ways into one database.

    Args:
        write, read: engines; the same one for a database in memory.
        writers, readers: how many threads each is good for; no readers of their own: 0.
        in_memory: it is new and empty, and has to be migrated before use.
    """

    write: sa.Engine
    read: sa.Engine
    writers: int
    readers: int
    in_memory: bool = False

    def dispose(self) -> None:
        """Close all connections."""
        self.read.dispose()
        self.write.dispose()


def open_engines(url: str) -> Engines:
    """Connect, and refuse a database that is not at this program's schema (a new one in memory apart).

    Args:
        url: as in `Store`.

    Raises:
        ValueError, WrongSchema, Unavailable: see `Store`.
    """
    parsed = parse(url)
    if parsed.get_backend_name() == "postgresql":
        engines = _postgresql(parsed)
    elif parsed.database:
        engines = _sqlite_file(parsed)
    else:
        return _sqlite_memory(parsed)
    try:
        _at_head(engines.read)
    except BaseException:
        engines.dispose()
        raise
    return engines


def parse(url: str) -> sa.URL:
    """What a URL means, with our driver put in.

    Args:
        url: as in `Store`.

    Raises:
        ValueError: a sentence, without the URL itself: it may hold a password.
    """
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("the database URL cannot be read; write sqlite:///signalbox.db or postgresql://user:password@host/name") from None
    kind = parsed.drivername
    if kind in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite":
        if parsed.database in {None, "", ":memory:"}:
            return parsed.set(database=None)
        return parsed
    raise ValueError(f"no database of kind {kind!r} is supported; use sqlite:/// or postgresql://")


def _postgresql(url: sa.URL) -> Engines:
    arguments: dict[str, Any] = {} if "options" in url.query else {"options": _SESSION}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = 5

    def engine(size: int, level: Any, **execution: Any) -> sa.Engine:
        made = sa.create_engine(
            url,
            connect_args=arguments,
            pool_size=size,
            max_overflow=0,
            pool_timeout=10,
            pool_recycle=1800,
            isolation_level=level,
            hide_parameters=True,
        )
        return made.execution_options(**execution) if execution else made

    return Engines(
        engine(CONNECTIONS, "READ COMMITTED"),
        engine(CONNECTIONS // 2, "REPEATABLE READ", postgresql_readonly=True),
        CONNECTIONS,
        CONNECTIONS // 2,
    )


def _sqlite_file(url: sa.URL) -> Engines:
    _folder(url)

    def engine(size: int, begin: str, query_only: bool) -> sa.Engine:
        made = sa.create_engine(url, poolclass=QueuePool, pool_size=size, max_overflow=0, hide_parameters=True)
        _set_up(made, begin, query_only)
        return made

    return Engines(engine(1, "BEGIN IMMEDIATE", query_only=False), engine(READERS, "BEGIN", query_only=True), 1, READERS)


def _sqlite_memory(url: sa.URL) -> Engines:
    """One connection and one thread for all: a database in memory belongs to its connection. For tests and the demo."""
    made = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True)
    _set_up(made, "BEGIN IMMEDIATE", query_only=False)
    return Engines(made, made, 1, 0, in_memory=True)


def single(url: str) -> sa.Engine:
    """One engine with one connection, for migrations; creates a SQLite file that is not there yet."""
    parsed = parse(url)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed, pool_size=1, max_overflow=0, connect_args={"connect_timeout": 5}, hide_parameters=True)
    _folder(parsed)
    made = sa.create_engine(parsed, poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True)
    _set_up(made, "BEGIN IMMEDIATE", query_only=False)
    return made


def _folder(url: sa.URL) -> None:
    """SQLite makes the file, but not the folder, and its own words do not say which."""
    folder = Path(url.database or "").parent
    if not folder.is_dir():
        raise Unavailable(f"the database's folder {folder} does not exist")


def _set_up(engine: sa.Engine, begin: str, query_only: bool) -> None:
    """Take transactions out of the driver's hands: it would begin them late and in the wrong mode."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",  # in WAL, NORMAL may lose the last commits when the power fails
            "foreign_keys = ON",
            f"query_only = {'ON' if query_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)


@contextmanager
def answering() -> Iterator[None]:
    """Say in our words that a database does not answer."""
    try:
        yield
    except DBAPIError as error:
        raise Unavailable(f"the database does not answer: {type(error.orig).__name__}") from error


def revision(connection: sa.Connection) -> str | None:
    """The migration that a database is at, None when it was never migrated."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def current(url: str) -> str | None:
    """The revision that a database is at, None when it was never migrated.

    Raises:
        ValueError, Unavailable: as `Store` does.
    """
    engine = single(url)
    try:
        with answering(), engine.connect() as connection, connection.begin():
            return revision(connection)
    finally:
        engine.dispose()


def _at_head(engine: sa.Engine) -> None:
    with answering(), engine.connect() as connection, connection.begin():
        found = revision(connection)
    if found is None:
        raise WrongSchema("the database has no tables yet: run `signalbox db upgrade` first")
    if found < HEAD:
        raise WrongSchema(f"the database is at schema {found}, this program needs {HEAD}: run `signalbox db upgrade` first")
    if found > HEAD:
        raise WrongSchema(
            f"the database is at schema {found}, this program knows {HEAD} only: run the newer program (a schema never goes back)"
        )
