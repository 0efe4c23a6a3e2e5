"""The schema's versions, applied with alembic: additive first, the same on both databases (OPS-10).

Invariant: a migration runs whole or not at all, one at a time even when several replicas start together.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from storage.engines import HEAD, answering, single

_LOCK = 0x5349_474E  # any number that is ours, for pg_advisory_xact_lock


def upgrade(url: str) -> str:
    """Bring a database to this program's schema; creates the file of a SQLite database.

    Args:
        url: as in `Store`.

    Returns:
        The revision that it is at now.

    Raises:
        ValueError, Unavailable: as `Store` does.
    """
    engine = single(url)
    try:
        upgrade_engine(engine)
    finally:
        engine.dispose()
    return HEAD


def upgrade_engine(engine: sa.Engine) -> None:
    """The same over an engine that is there: for a database in memory."""
    with answering(), engine.connect() as connection, _tables_may_be_made_anew(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        command.upgrade(config(connection), "head")
        if connection.dialect.name == "sqlite" and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RuntimeError(f"the migration would leave a row of {lost[0]} without the row of {lost[2]} that it names")


@contextmanager
def _tables_may_be_made_anew(connection: sa.Connection) -> Iterator[None]:
    """SQLite changes a CHECK by making the table anew, and would take the old one's end for that of its rows, which others name.

    Within a transaction foreign keys cannot be set aside, so it is done around it; what they hold is checked before the commit.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("PRAGMA foreign_keys = OFF").close()
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON").close()


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration; there is no ini file.

    Args:
        connection: begun; what alembic shall work with.
    """
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made
