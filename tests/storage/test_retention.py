"""A tombstone keeps an entry's place in the chain, and nothing but a recorded purge puts one there (AUD-02)."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from guards.run_log import KeptLog
from storage import audit, chain, changes, retention, run_logs
from storage.errors import Conflict
from storage.retention import Place
from tests.storage.cases import AT, CHANGE, ENTRY, HOUR, MINUTE
from tests.storage.test_outbox import Box
from tests.world.examples import examples

PURGED = replace(ENTRY, tag=chain.PURGED, body={"removed": [[2, 3]]})


@pytest.fixture
async def rows(store):
    await store.write(lambda tx: [audit.append(tx, replace(ENTRY, at=AT + n * HOUR)) for n in range(5)])
    return await store.read(lambda tx: list(audit.rows(tx)))


def bury(tx, rows, entry=PURGED):
    retention.bury(tx, rows)
    if entry:
        audit.append(tx, entry)


async def judged(store):
    return await store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx)))


async def test_the_chain_goes_on_through_what_was_removed(store, rows):
    await store.write(lambda tx: bury(tx, rows[1:3]))
    assert await judged(store) == chain.Sound(*await store.read(audit.head))
    left = await store.read(lambda tx: list(audit.rows(tx)))
    assert [row.tag for row in left] == ["promote:asked", chain.TOMBSTONE, chain.TOMBSTONE, "promote:asked", "promote:asked", chain.PURGED]
    assert left[1] == chain.tombstone(rows[1])
    said = [value for row in left[1:3] for value in row[1:-3] if value]
    assert said == [chain.TOMBSTONE] * 2  # no name, no word, no moment

    lines = list(chain.export_lines(left))
    assert chain.verify(map(chain.parse_line, lines)) == await judged(store)


async def test_what_was_removed_is_found_by_nothing(store, rows):
    await store.write(lambda tx: bury(tx, rows[1:3]))

    def found(tx):
        return (
            [row.seq for row in audit.show(tx, subject=ENTRY.subject)],
            [row.seq for row in audit.show(tx, since=AT.replace(year=1970))],
            audit.about(tx, "api", "v1.4.0", {ENTRY.subject}),
            [row.seq for row in retention.old(tx, AT + 9 * HOUR, AT, Place(), 10)],
        )

    assert await store.read(found) == ([6, 5, 4, 1], [5, 4, 6, 1], [1, 4, 5, 6], [1, 6, 4, 5])
    part = await store.read(lambda tx: audit.extract(tx, [1, 4]))
    assert chain.verify(part.entries, part.head, part.after) == chain.Sound(*part.head)


async def test_a_tombstone_that_nobody_answers_for_is_named(store, rows):
    await store.write(lambda tx: bury(tx, rows[1:2], entry=None))
    assert await judged(store) == chain.Broken(2, "entry 2 was removed, and no entry says who did it and by which rule")
    await store.write(lambda tx: audit.append(tx, PURGED))
    assert isinstance(await judged(store), chain.Sound)
    await store.write(lambda tx: bury(tx, [rows[3]], entry=None))
    assert (await judged(store)).seq == 4


async def test_no_purge_answers_for_what_comes_after_it(store, rows):
    """Or one entry could allow all that somebody does later."""
    early = replace(PURGED, body={"removed": [[1, 99], ["a", 2], [3], "x", [6, 6]]})
    await store.write(lambda tx: bury(tx, rows[:1], early))
    assert (await judged(store)).seq == 1


@pytest.mark.parametrize("column", [name for name in chain.Row._fields if name not in {"seq", "tag"}])
async def test_whatever_is_written_into_a_tombstone_is_named(store, database_url, rows, column):
    await store.write(lambda tx: bury(tx, rows[1:3]))
    trigger = "ledger_no_update" + (" ON ledger" if database_url.startswith("postgresql") else "")

    def tamper(tx):
        tx.run(sa.text(f"DROP TRIGGER {trigger}"))
        tx.run(sa.text(f"UPDATE ledger SET {column} = 'x' || COALESCE({column}, '') WHERE seq = 2"))

    await store.write(tamper)
    assert (await judged(store)).seq == 2


REFUSED = [
    "tag = 'ledger:tombstone'",
    "body = ''",
    "at = '', tag = 'ledger:tombstone', actor = '', actor_name = '', roles = '', correlation = '', policy = ''",
]
GRAVE = (
    "at = '', tag = 'ledger:tombstone', actor = '', actor_name = '', roles = '', correlation = '', policy = '', subject = NULL,"
    " service = NULL, environment = NULL, body = '" + "0" * 64 + "'"
)


async def test_the_database_lets_nothing_but_a_whole_tombstone_through(store, rows):
    await store.write(lambda tx: bury(tx, rows[1:3]))
    whole = [f"{GRAVE}, {more}" for more in ("seq = 99", "prev = 'x'", "hash = 'x'")]
    for what in (*REFUSED, *whole, GRAVE.replace("service = NULL", "service = 'api'"), GRAVE.replace("0" * 64, "0" * 63)):
        with pytest.raises(Conflict):
            await store.write(lambda tx, what=what: tx.run(sa.text(f"UPDATE ledger SET {what} WHERE seq = 1")))
    for seq in (2, 6):  # what is one stays as it is, and so does what answers for it
        with pytest.raises(Conflict):
            await store.write(lambda tx, seq=seq: tx.run(sa.text(f"UPDATE ledger SET {GRAVE} WHERE seq = {seq}")))
    assert isinstance(await judged(store), chain.Sound)


async def test_what_is_old_is_read_in_batches_the_oldest_first(store, rows):
    def read(tx):
        first = retention.old(tx, AT + 3 * HOUR, AT, Place(), 2)
        last = first[-1]
        return [row.seq for row in first], [row.seq for row in retention.old(tx, AT + 3 * HOUR, AT, Place(last.at, last.seq), 9)]

    assert await store.read(read) == ([1, 2], [3, 4])


async def test_each_class_is_read_up_to_its_own_moment(store, rows):
    await store.write(
        lambda tx: [audit.append(tx, replace(ENTRY, tag=tag, at=AT + HOUR)) for tag in ("words:refused", "stranger:refused", "wordsy:x")]
    )

    def read(tx):
        sooner = retention.old(tx, AT, AT + HOUR, Place(), 9)
        later = retention.old(tx, AT + HOUR, AT, Place(), 9)
        return [row.seq for row in sooner], [row.seq for row in later]

    assert await store.read(read) == ([1, 6, 7], [1, 2, 6, 7, 8])

    def between(tx):
        return [row.seq for row in retention.old(tx, AT - HOUR, AT + 2 * HOUR, Place(), 9)]

    await store.write(lambda tx: [audit.append(tx, replace(ENTRY, tag="words:refused", at=AT + n * HOUR)) for n in (-1, 2, 3)])
    assert await store.read(between) == [9, 6, 7, 10]


async def test_a_message_that_was_given_up_is_forgotten_by_its_age(store):
    box = Box(store)
    old, due, young, waiting = [await box.add(name, at) for name, at in (("a", AT - HOUR), ("b", AT), ("c", AT + MINUTE), ("d", AT - HOUR))]
    await box.take(AT + MINUTE)
    for one in (old, due, young):
        await box.dead(one)
    assert await store.read(lambda tx: retention.unsent(tx, AT)) == [retention.Unsent(old, AT - HOUR), retention.Unsent(due, AT)]
    assert await store.write(lambda tx: retention.forget(tx, [old, waiting])) == 1
    assert [one.id for one in await store.read(lambda tx: retention.unsent(tx, AT + HOUR))] == [due, young]


async def test_what_somebody_else_removed_meanwhile_is_not_removed_again(store, rows):
    await store.write(lambda tx: bury(tx, rows[1:3]))
    assert [row.seq for row in await store.read(lambda tx: retention.standing(tx, [1, 2, 3, 4]))] == [1, 4]


async def test_a_copy_of_a_log_is_removed_by_its_age_and_that_there_was_one_stays(store):
    logs = [
        KeptLog(key, CHANGE.id, None, AT + when, "text/plain", "sha256:1f", 3, b"log")
        for key, when in (("b", -HOUR), ("a", 0 * HOUR), ("c", MINUTE))
    ]
    none = KeptLog("d", CHANGE.id, None, AT - HOUR, why="CI kept none")
    await store.write(lambda tx: [changes.add(tx, CHANGE), *(run_logs.keep(tx, log) for log in (*logs, none))])
    assert await store.read(lambda tx: [(log.key, log.at, log.service) for log in retention.old_logs(tx, AT)]) == [
        ("b", AT - HOUR, "api"), ("a", AT, "api"),
    ]  # fmt: skip
    assert await store.write(lambda tx: retention.empty(tx, ["b", "a", "d", "x"], "it was old")) == ["a", "b"]
    left = {log.key: log for log in await store.read(lambda tx: run_logs.of(tx, CHANGE.id))}
    assert left == {
        "a": replace(logs[1], packed=None, why="it was old"),
        "b": replace(logs[0], packed=None, why="it was old"),
        "c": logs[2],
        "d": none,
    }


LEDGER = [chain.Row(1, "x", "a:b", "", "", "", None, None, None, "", "", "{}", chain.GENESIS, "")]
for _number in range(2, 9):
    LEDGER[-1] = LEDGER[-1]._replace(hash=chain.digest(LEDGER[-1]))
    LEDGER.append(LEDGER[0]._replace(seq=_number, prev=LEDGER[-1].hash))
LEDGER[-1] = LEDGER[-1]._replace(hash=chain.digest(LEDGER[-1]))


@given(st.sets(st.integers(1, 8)), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4))
@settings(max_examples=examples(100), database=None)
def test_each_tombstone_is_answered_for_or_named(removed, spans):
    """Against the plain reading of what a purge says."""
    purge = LEDGER[0]._replace(seq=9, tag=chain.PURGED, body=chain._encode({"removed": spans}), prev=LEDGER[-1].hash)
    rows = [chain.tombstone(row) if row.seq in removed else row for row in LEDGER] + [purge._replace(hash=chain.digest(purge))]
    open_ones = [n for n in sorted(removed) if not any(0 < first <= n <= last < 9 for first, last in spans)]
    found = chain.verify(rows)
    assert (found.seq if isinstance(found, chain.Broken) else None) == (open_ones[0] if open_ones else None)
