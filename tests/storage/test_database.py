"""Transactions as functions: whole or not at all, whatever is cancelled, raced or killed."""

import asyncio
import contextlib
import contextvars
import re
import sqlite3
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from storage import changes, database, engines, migrations
from storage.database import Store
from storage.errors import Closed, CommitUnknown, Conflict, StorageError, Unavailable, WrongSchema
from tests.storage.cases import CHANGE, change

COUNT = sa.text("SELECT count(*) FROM change")


async def count(store):
    return await store.read(lambda tx: tx.run(COUNT).scalar_one())


async def test_what_was_written_is_read_and_what_failed_is_not(store):
    await store.write(lambda tx: changes.add(tx, CHANGE))

    def fails(tx):
        changes.add(tx, change(2))
        raise KeyError("after the row was written")

    with pytest.raises(KeyError):
        await store.write(fails)
    assert await count(store) == 1


async def test_a_reader_cannot_write(store):
    with pytest.raises(StorageError):
        await store.read(lambda tx: changes.add(tx, CHANGE))
    assert await count(store) == 0
    await store.write(lambda tx: changes.add(tx, CHANGE))


async def test_what_wrote_nothing_is_not_committed(store):
    """A commit waits for the disk, on PostgreSQL also for locks of rows."""
    ends = []
    sa.event.listen(store._engines.write, "commit", lambda _: ends.append("commit"))
    sa.event.listen(store._engines.write, "rollback", lambda _: ends.append("rollback"))
    await store.write(lambda tx: changes.add(tx, CHANGE))
    assert await store.write(lambda tx: changes.lock(tx, CHANGE.id)) == CHANGE
    assert ends == ["commit", "rollback"]
    assert await store.write(lambda tx: changes.lock(tx, CHANGE.id)) == CHANGE  # the lock is gone


async def test_a_reader_sees_one_moment(store):
    loop = asyncio.get_running_loop()

    def twice(tx):
        before = tx.run(COUNT).scalar_one()
        asyncio.run_coroutine_threadsafe(store.write(lambda tx: changes.add(tx, CHANGE)), loop).result(20)
        return before, tx.run(COUNT).scalar_one()

    assert await store.read(twice) == (0, 0)
    assert await count(store) == 1


async def test_a_caller_that_is_cancelled_leaves_a_whole_transaction(store):
    begun, go_on = threading.Event(), threading.Event()

    def slow(tx):
        changes.add(tx, CHANGE)
        begun.set()
        assert go_on.wait(20)
        changes.add(tx, change(2))

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await store.write(lambda tx: tx.run(COUNT))  # SQLite: the writer is free again
    await store.close()  # PostgreSQL: what was begun is finished


async def test_what_was_cancelled_while_it_ran_is_in_the_rows(database_url):
    store = Store(database_url)
    await test_a_caller_that_is_cancelled_leaves_a_whole_transaction(store)
    again = Store(database_url)
    assert await count(again) == 2
    await again.close()


async def test_a_call_that_never_began_does_nothing(database_url):
    store = Store(database_url)
    begun, go_on = threading.Event(), threading.Event()
    writers = store._engines.writers

    def block(tx):
        begun.set()
        assert go_on.wait(20)

    blocked = [asyncio.create_task(store.write(block)) for _ in range(writers)]
    await asyncio.to_thread(begun.wait, 20)
    waiting = asyncio.create_task(store.write(lambda tx: changes.add(tx, CHANGE)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    await asyncio.gather(*blocked)
    assert await count(store) == 0
    await store.close()


async def test_who_is_ahead_is_written_before_all_that_wait(database_url):
    store = Store(database_url)
    begun, go_on = threading.Semaphore(0), threading.Event()
    done: list[str] = []

    def block(tx):
        begun.release()
        assert go_on.wait(20)

    writers = store._engines.writers
    blocked = [asyncio.create_task(store.write(block)) for _ in range(writers)]
    for _ in range(writers):
        await asyncio.to_thread(begun.acquire, timeout=20)
    # as many as there are threads go first: on several threads their own order is open
    others = [asyncio.create_task(store.write(lambda tx: done.append("waited"))) for _ in range(writers)]
    await asyncio.sleep(0)
    ahead = [asyncio.create_task(store.write(lambda tx: done.append("ahead"), ahead=True)) for _ in range(writers)]
    left = [asyncio.create_task(store.write(lambda tx: done.append("left"), ahead=True)) for _ in range(writers)]
    await asyncio.sleep(0)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)  # they have left before there is room
    go_on.set()
    await asyncio.gather(*blocked, *others, *ahead)
    assert sorted(done) == ["ahead"] * writers + ["waited"] * writers  # who left is not written
    if writers == 1:
        assert done == ["ahead", "waited"]
    await store.close()


async def test_closing_finishes_what_was_begun_and_takes_no_more(database_url):
    store = Store(database_url)
    writes = [asyncio.create_task(store.write(lambda tx, n=n: changes.add(tx, change(n)))) for n in range(5)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)
    with pytest.raises(Closed):
        await count(store)
    assert await store.alive() == "the store is closed"
    await store.close()

    again = Store(database_url)
    assert await count(again) == 5
    await again.close()


async def test_context_goes_along(store):
    correlation = contextvars.ContextVar("correlation", default="none")
    correlation.set("c-7")
    assert await store.write(lambda tx: correlation.get()) == "c-7"


async def test_a_conflict_names_the_constraint_and_no_value(store):
    secret = replace(CHANGE, why="people's words")
    await store.write(lambda tx: changes.add(tx, secret))
    with pytest.raises(Conflict, match="change") as caught:
        await store.write(lambda tx: changes.add(tx, secret))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert CHANGE.id not in str(caught.value)
    assert "words" not in str(caught.value)


async def test_alive(store, monkeypatch):
    assert await store.alive() is None
    hold = threading.Event()
    monkeypatch.setattr(Store, "read", lambda self, work: asyncio.to_thread(hold.wait, 20))
    assert await store.alive(limit=0.01) == "the database did not answer within 0.01 s"
    hold.set()


async def test_foreign_keys_are_held(store):
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.run(sa.text("INSERT INTO claim VALUES ('api', 'production', 'k', 'CR-0', '2026-11-21')")))


async def test_a_statement_that_failed_cannot_be_swallowed(store):
    """PostgreSQL answers the commit of such a transaction with a roll-back and no error."""
    await store.write(lambda tx: changes.add(tx, CHANGE))

    def swallows(tx):
        changes.add(tx, change(2))
        with contextlib.suppress(Exception):
            changes.add(tx, CHANGE)

    with pytest.raises(Conflict):
        await store.write(swallows)
    assert await count(store) == 1


# ---------------------------------------------------------------- again


class Failing(Exception):
    """What a driver raises, with the state that PostgreSQL gave."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_transaction_that_collided_is_run_again(store, state):
    runs = []

    def collides_twice(tx):
        runs.append(1)
        changes.add(tx, CHANGE)
        if len(runs) < 3:
            raise sa.exc.OperationalError("s", {}, Failing(state))

    await store.write(collides_twice)
    assert len(runs) == 3
    assert await count(store) == 1


async def test_it_is_not_run_again_for_ever(store, monkeypatch):
    monkeypatch.setattr(database.time, "sleep", lambda _: None)
    runs = []

    def collides(tx):
        runs.append(1)
        raise sa.exc.OperationalError("s", {}, Failing("40001"))

    with pytest.raises(Unavailable, match="the database refused: Failing"):
        await store.write(collides)
    assert len(runs) == database.ATTEMPTS


async def test_what_will_not_pass_is_not_run_again(store):
    runs = []

    def refused(tx):
        runs.append(1)
        raise sa.exc.OperationalError("s", {}, Failing("53100"))  # disk full

    with pytest.raises(Unavailable):
        await store.write(refused)
    assert len(runs) == 1


@pytest.fixture
async def pg(postgresql):
    url = postgresql.create()
    store = Store(url)
    yield store
    await store.close()
    postgresql.drop(url)


async def test_two_that_wait_for_each_other_both_get_through(pg):
    """A real deadlock: PostgreSQL ends one of the two, and it is run again."""
    one, other = change(1), change(2)
    await pg.write(lambda tx: [changes.add(tx, c) for c in (one, other)])
    barrier = threading.Barrier(2)
    runs = []

    def cross(tx, first, second):
        runs.append(1)
        changes.lock(tx, first.id)
        if len(runs) <= 2:
            barrier.wait(20)
        changes.lock(tx, second.id)
        return True

    got = await asyncio.gather(pg.write(lambda tx: cross(tx, one, other)), pg.write(lambda tx: cross(tx, other, one)))
    assert got == [True, True]
    assert len(runs) >= 3  # the one that is run again may meet the other once more


def kill(tx, postgresql, url):
    pid = tx.run(sa.text("SELECT pg_backend_pid()")).scalar_one()
    postgresql.run(f"SELECT pg_terminate_backend({pid}, 5000)")


async def test_a_connection_lost_before_the_commit_is_no_loss(pg, postgresql):
    runs = []

    def work(tx):
        runs.append(1)
        changes.add(tx, CHANGE)
        if len(runs) == 1:
            kill(tx, postgresql, None)
            tx.run(COUNT)

    await pg.write(work)
    assert len(runs) == 2
    assert await count(pg) == 1


async def test_a_connection_lost_in_the_commit_is_an_unknown_outcome(pg, postgresql):
    runs = []

    def work(tx):
        runs.append(1)
        changes.add(tx, CHANGE)
        kill(tx, postgresql, None)

    with pytest.raises(CommitUnknown):
        await pg.write(work)
    assert len(runs) == 1
    assert await pg.alive() is None


async def test_text_that_the_database_cannot_hold_is_refused_without_showing_it(pg):
    with pytest.raises(Conflict, match="does not fit") as caught:
        await pg.write(lambda tx: changes.add(tx, replace(CHANGE, why="nul \0 here")))
    assert "here" not in str(caught.value)


async def test_another_program_that_holds_the_file_makes_it_unavailable(sqlite_template, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_MS", 20)
    path = tmp_path / "busy.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await store.write(lambda tx: changes.add(tx, CHANGE))
    assert await count(store) == 0  # readers do not wait for writers
    other.execute("ROLLBACK")
    other.close()
    await store.write(lambda tx: changes.add(tx, CHANGE))
    await store.close()


# ---------------------------------------------------------------- where


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("sqlite:///a.db", "sqlite"),
        ("sqlite:////var/lib/a.db", "sqlite"),
        ("sqlite://", "sqlite"),
        ("sqlite:///:memory:", "sqlite"),
        ("postgresql://u:p@h/n", "postgresql+psycopg"),
        ("postgres://u:p@h/n", "postgresql+psycopg"),
        ("postgresql+psycopg://u:p@h/n", "postgresql+psycopg"),
    ],
)
def test_urls_that_are_known(url, kind):
    assert engines.parse(url).drivername == kind


@pytest.mark.parametrize(
    "url", ["", "signalbox.db", "mysql://u:hunter2@h/n", "postgresql+asyncpg://u:hunter2@h/n", "postgresql://u:hunter2@h:port/n"]
)
def test_urls_that_are_not_are_refused_without_their_password(url):
    with pytest.raises(ValueError, match=re.escape("sqlite:///")) as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(Unavailable, match="does not exist"):
        Store(f"sqlite:///{tmp_path}/no/such.db")


def test_a_server_that_does_not_answer(tmp_path):
    with pytest.raises(Unavailable, match="does not answer"):
        Store(f"postgresql://u@/n?host={tmp_path}")


async def test_opening_does_not_hold_up_the_loop(database_url):
    store = await Store.open(database_url)
    assert await count(store) == 0
    await store.close()


async def test_memory_is_migrated_at_once_and_each_store_has_its_own():
    one, other = Store("sqlite://"), Store("sqlite://")
    await one.write(lambda tx: changes.add(tx, CHANGE))
    assert (await count(one), await count(other)) == (1, 0)
    assert await one.alive() is None
    await one.close()
    await other.close()


async def test_sqlite_is_set_up_to_lose_nothing(sqlite_template, tmp_path):
    path = tmp_path / "signalbox.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}")

    def pragmas(tx):
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        return [tx.run(sa.text(f"PRAGMA {name}")).scalar_one() for name in names]

    assert await store.write(pragmas) == ["wal", 2, 1, 5000, 0]
    assert await store.read(pragmas) == ["wal", 2, 1, 5000, 1]
    await store.close()


# ---------------------------------------------------------------- schema


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.create(migrated=False)
        yield url
        server.drop(url)


async def test_a_database_that_is_not_at_this_schema_is_refused_until_it_is_upgraded(empty_url):
    with pytest.raises(WrongSchema, match="signalbox db upgrade"):
        Store(empty_url)
    assert engines.current(empty_url) is None
    assert migrations.upgrade(empty_url) == engines.HEAD == engines.current(empty_url)
    assert migrations.upgrade(empty_url) == engines.HEAD

    store = Store(empty_url)
    await store.write(lambda tx: changes.add(tx, CHANGE))
    await store.write(lambda tx: tx.run(sa.text("UPDATE alembic_version SET version_num = '0000'")))
    await store.close()
    with pytest.raises(WrongSchema, match=r"at schema 0000.*signalbox db upgrade"):
        Store(empty_url)


async def test_a_database_of_a_newer_program_is_refused(database_url):
    store = Store(database_url)
    await store.write(lambda tx: tx.run(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    await store.close()
    with pytest.raises(WrongSchema, match="newer program"):
        Store(database_url)
