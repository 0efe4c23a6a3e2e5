"""The ledger: chained, append-only on both databases, and verify names the first bad entry (AUD-01, AUD-06, AUD-08)."""

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from storage import audit, chain
from storage.errors import Conflict
from tests.storage.cases import AT, ENTRY, HOUR, MINUTE


async def test_entries_are_numbered_without_gaps_and_chain(store):
    for _ in range(3):
        await store.write(lambda tx: audit.append(tx, ENTRY))
    rows = await store.read(lambda tx: list(audit.rows(tx)))
    head = await store.read(audit.head)

    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.prev for row in rows] == [chain.GENESIS, rows[0].hash, rows[1].hash]
    assert chain.verify(rows, head) == chain.Sound(3, rows[2].hash)
    assert (rows[0].at, rows[0].roles, rows[0].actor_name) == ("2026-11-21T10:00:00.000000Z", "developer,release_captain", "Cara Müller")


async def test_an_empty_ledger_is_sound(store):
    assert await store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx))) == chain.Sound(0, chain.GENESIS)


async def test_an_entry_that_is_rolled_back_leaves_no_gap(store):
    def fails(tx):
        audit.append(tx, ENTRY)
        raise KeyError("later")

    with pytest.raises(KeyError):
        await store.write(fails)
    await store.write(lambda tx: audit.append(tx, ENTRY))
    assert (await store.read(audit.head))[0] == 1


async def test_the_entries_of_a_transaction_are_written_at_its_end_or_before_somebody_reads_them(store):
    """They are written together; what is read before is complete all the same (AUD-01)."""

    def work(tx):
        audit.append(tx, ENTRY)
        audit.append(tx, replace(ENTRY, tag="approve:given"))
        assert [row.tag for row in audit.show(tx)] == ["approve:given", "promote:asked"]
        assert audit.head(tx)[0] == 2
        audit.append(tx, ENTRY)

    await store.write(work)
    rows, head = await store.read(lambda tx: (list(audit.rows(tx)), audit.head(tx)))
    assert [row.tag for row in rows] == ["promote:asked", "approve:given", "promote:asked"]
    assert chain.verify(rows, head).count == 3


async def test_a_transaction_knows_whether_anybody_else_wrote_since_it_looked(store):
    end = await store.read(audit.head)

    def deed(tx):
        before = audit.unmoved(tx, end)
        audit.append(tx, ENTRY)
        audit.append(tx, ENTRY)
        return before, audit.unmoved(tx, end)  # its own entries are nobody else's

    assert await store.write(deed) == (True, True)
    assert await store.write(deed) == (False, False)
    rows, head = await store.read(lambda tx: (list(audit.rows(tx)), audit.head(tx)))
    assert chain.verify(rows, head).count == 4


async def test_what_an_entry_says_is_what_it_said_when_it_was_written(store):
    body = {"why": "as it was"}

    def work(tx):
        audit.append(tx, replace(ENTRY, body=body))
        body["why"] = "changed since"

    await store.write(work)
    assert '"as it was"' in (await store.read(audit.show))[0].body
    with pytest.raises(ValueError, match="JSON"):
        await store.write(lambda tx: audit.append(tx, replace(ENTRY, body={"much": float("inf")})))


async def test_concurrent_writers_chain(store):
    await asyncio.gather(*(store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(3)]) for _ in range(20)))
    assert (await store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx)))).count == 60


async def test_rows_are_read_in_pages(store, monkeypatch):
    monkeypatch.setattr(audit, "_PAGE", 2)
    await store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(5)])
    for after, limit, expected in [(0, None, [1, 2, 3, 4, 5]), (3, None, [4, 5]), (0, 3, [1, 2, 3]), (1, 2, [2, 3]), (0, 0, [])]:
        assert [row.seq for row in await store.read(lambda tx, a=after, n=limit: list(audit.rows(tx, a, n)))] == expected


async def test_show_filters(store):
    def fill(tx):
        audit.append(tx, ENTRY)
        audit.append(tx, replace(ENTRY, subject="CR-2", tag="approve:given", at=AT + HOUR))
        audit.append(tx, replace(ENTRY, actor="rob@example.com", tag="promote_x:asked", at=AT + 2 * HOUR))

    await store.write(fill)
    for filters, expected in [
        ({}, [3, 2, 1]),
        ({"limit": 1}, [3]),
        ({"subject": "CR-2"}, [2]),
        ({"actor": "rob@example.com"}, [3]),
        ({"tag_prefix": "promote:"}, [1]),
        ({"tag_prefix": "promote_"}, [3]),  # the underscore is no wildcard
        ({"since": AT + HOUR}, [3, 2]),
        ({"since": AT + HOUR, "subject": "CR-2026-1121-001"}, [3]),
    ]:
        assert [row.seq for row in await store.read(lambda tx, f=filters: audit.show(tx, **f))] == expected, filters


ANYWHERE = (
    "UPDATE ledger SET tag = 'x'",
    "UPDATE ledger SET tag = 'x' WHERE seq = 1",
    "DELETE FROM ledger",
    "DELETE FROM ledger WHERE seq = 2",
    "UPDATE ledger_head SET seq = 1",
    "UPDATE ledger_head SET hash = 'x'",
    "DELETE FROM ledger_head",
    "INSERT INTO ledger_head (id, seq, hash) VALUES (2, 0, 'x')",
)
ONLY = {
    "sqlite": (
        "INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE seq = 1",
        "REPLACE INTO ledger SELECT 9, at, tag, actor, actor_name, roles, subject, service, environment, correlation, policy, body,"
        " prev, hash FROM ledger WHERE seq = 1",
        "INSERT OR REPLACE INTO ledger_head SELECT * FROM ledger_head",
    ),
    "postgresql": ("TRUNCATE ledger", "TRUNCATE ledger_head", "TRUNCATE ledger, ledger_head CASCADE"),
}


async def test_the_database_refuses_to_change_the_past(store, database_url):
    await store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(2)])
    before = await store.read(lambda tx: list(audit.rows(tx)))

    for statement in (*ANYWHERE, *ONLY[database_url.partition(":")[0]]):
        with pytest.raises(Conflict):
            await store.write(lambda tx, s=statement: tx.run(sa.text(s)))
        assert await store.read(lambda tx: list(audit.rows(tx))) == before, statement
    await store.write(lambda tx: audit.append(tx, ENTRY))
    assert (await store.read(audit.head))[0] == 3


async def test_two_entries_cannot_follow_the_same_one(store):
    await store.write(lambda tx: audit.append(tx, ENTRY))
    (row,) = await store.read(lambda tx: list(audit.rows(tx)))
    fork = row._replace(seq=7)
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.run(audit._T.insert(), fork._asdict()))


async def test_what_is_exported_can_be_verified_offline(store):
    await store.write(lambda tx: [audit.append(tx, replace(ENTRY, subject=subject)) for subject in ("CR-1", None)])
    lines = await store.read(lambda tx: list(chain.export_lines(audit.rows(tx))))
    head = await store.read(audit.head)

    assert chain.verify(map(chain.parse_line, lines), head) == chain.Sound(*head)
    assert all("\n" not in line for line in lines)


async def test_a_naive_moment_is_refused(store):
    with pytest.raises(ValueError, match="time zone"):
        await store.write(lambda tx: audit.append(tx, replace(ENTRY, at=AT.replace(tzinfo=None))))
    with pytest.raises(ValueError, match="time zone"):
        await store.read(lambda tx: audit.show(tx, since=AT.replace(tzinfo=None)))


async def test_what_is_no_json_is_not_appended(store):
    for body in ({"n": float("nan")}, {"o": object()}):
        with pytest.raises((ValueError, TypeError)):
            await store.write(lambda tx, b=body: audit.append(tx, replace(ENTRY, body=b)))
    await store.write(lambda tx: audit.append(tx, ENTRY))
    assert (await store.read(audit.head))[0] == 1


@pytest.mark.parametrize("column", [name for name in chain.Row._fields if name != "seq"])
async def test_what_somebody_with_the_keys_to_the_database_changes_is_named(store, database_url, column):
    """The triggers can be dropped by who owns the tables; the chain still shows it."""
    await store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(3)])
    trigger = {"sqlite": ["DROP TRIGGER ledger_no_update"], "postgresql": ["DROP TRIGGER ledger_no_update ON ledger"]}

    def tamper(tx):
        for statement in trigger[database_url.partition(":")[0]]:
            tx.run(sa.text(statement))
        tx.run(sa.text(f"UPDATE ledger SET {column} = '{'0' * 27}' WHERE seq = 2"))

    await store.write(tamper)
    found = await store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx)))
    assert isinstance(found, chain.Broken)
    assert found.seq == 2


async def test_a_span_is_told_with_the_entries_of_some_services_and_of_no_single_one(store):
    """INC-04: both of its moments count; what is about the subjects is told whenever it was written."""
    told = [("INC-1", "api", -HOUR), ("CR-1", "api", -MINUTE), ("CR-1", "api", 0 * HOUR), (None, None, MINUTE), ("CR-2", "web", MINUTE),
            ("CR-1", "api", HOUR), ("CR-1", "api", HOUR + MINUTE), ("INC-1", "api", 2 * HOUR)]  # fmt: skip
    entries = [replace(ENTRY, subject=subject, service=service, at=AT + when) for subject, service, when in told]
    await store.write(lambda tx: [audit.append(tx, entry) for entry in entries])
    assert [row.seq for row in await store.read(lambda tx: list(audit.story(tx, ["INC-1"], ["api"], AT, AT + HOUR)))] == [1, 3, 4, 6, 8]


async def test_the_tagged_entries_of_a_span_are_read_in_order_up_to_its_end(store):
    whens = [HOUR, 2 * HOUR, -MINUTE, 0 * HOUR, MINUTE]
    entries = [*(replace(ENTRY, tag="promote:dispatched", at=AT + when) for when in whens), replace(ENTRY, tag="promote:asked", at=AT)]
    await store.write(lambda tx: [audit.append(tx, entry) for entry in entries])
    assert [row.seq for row in await store.read(lambda tx: list(audit.tagged(tx, ["promote:dispatched"], AT, AT + HOUR)))] == [4, 5]


async def test_the_hash_of_an_entry_is_its_own(store):
    await store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(3)])
    rows = await store.read(lambda tx: list(audit.rows(tx)))
    assert [await store.read(lambda tx, n=n: audit.hash_of(tx, n)) for n in range(5)] == [None, *(row.hash for row in rows), None]


async def test_entries_are_counted_by_subject_and_tag(store):
    entries = [("CR-1", "approve:given"), ("CR-1", "approve:given"), ("CR-1", "approve:refused"), ("CR-0", "approve:given")]
    await store.write(lambda tx: [audit.append(tx, replace(ENTRY, subject=subject, tag=tag)) for subject, tag in entries])

    def counts(tx):
        return audit.count(tx, "CR-1", "approve:given"), audit.count(tx, "CR-2", "approve:given"), audit.refused(tx, ["CR-1", "CR-0"])

    assert await store.read(counts) == (2, 0, {"approve:refused": 1})


# ---------------------------------------------------------------- extracts


async def test_what_an_entry_is_about_is_told_by_its_change_or_by_the_version_that_was_asked_for(store):
    """Refusals have no change, and an entry about another version may name this one as what runs (AUD-01, AUD-03)."""
    asked = {"seen": {"request": {"version": "v1.4.0"}, "running": {"version": "v1.3.2"}}}
    entries = [
        replace(ENTRY, subject="CR-1", body={"key": "CR-1.1"}),
        replace(ENTRY, subject=None, body=asked),
        replace(ENTRY, subject=None, body={"version": "v1.4.0"}),
        replace(ENTRY, subject=None, body={"seen": {"request": {"version": "v1.5.0"}, "running": {"version": "v1.4.0"}}}),
        replace(ENTRY, subject=None, service="web", body=asked),
        replace(ENTRY, subject=None, body={"seen": ["v1.4.0"], "said": {"version": "v1.4.0"}}),
    ]
    await store.write(lambda tx: [audit.append(tx, entry) for entry in entries])
    assert await store.read(lambda tx: audit.about(tx, "api", "v1.4.0", {"CR-1"})) == [1, 2, 3]
    assert await store.read(lambda tx: audit.about(tx, "api", "v1_4_0", set())) == []


async def test_of_an_exception_only_what_other_changes_did_with_it_is_left_out(store):
    bodies = [{"reason": "x"}, {"change": "CR-1"}, {"change": "CR-2"}]
    await store.write(lambda tx: [audit.append(tx, replace(ENTRY, subject="EXC-1", body=body)) for body in bodies])
    assert await store.read(lambda tx: audit.about(tx, "api", "v1.4.0", {"CR-1"}, {"EXC-1"})) == [1, 2]


@pytest.mark.parametrize("shown", [(1,), (2, 4), (5,), ()])
async def test_an_extract_proves_some_entries_against_the_head(store, shown):
    await store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(5)])
    part = await store.read(lambda tx: audit.extract(tx, shown))
    assert chain.verify(part.entries, part.head, part.after) == chain.Sound(*await store.read(audit.head))
    assert [entry.seq for entry in part.entries if isinstance(entry, chain.Row)] == list(shown)
    assert part.after[0] == (min(shown) - 1 if shown else 5)


async def test_fifty_entries_are_shown_where_nobody_says_how_many(store):
    await store.write(lambda tx: [audit.append(tx, ENTRY) for _ in range(52)])
    assert [row.seq for row in await store.read(audit.show)] == list(range(52, 2, -1))


async def test_an_extract_of_an_entry_that_is_not_there_shows_none(store):
    await store.write(lambda tx: audit.append(tx, ENTRY))
    assert await store.read(lambda tx: audit.extract(tx, (2,))) == audit.Extract((0, chain.GENESIS), (), await store.read(audit.head))
