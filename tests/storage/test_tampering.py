"""Whatever somebody does to the stored ledger who has the keys to the database, `audit verify` finds it and says where (AUD-01).

Each example is undone before the next: it is done and judged in one transaction that is never committed. `make torture` has many more.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import chain
from tests.storage.tampered import LENGTH, TEXTS, Judged, change_bytes, numbers, tampered

few = settings(max_examples=40, database=None)


@pytest.fixture
def judged(database_url: str) -> Iterator[Judged]:
    with tampered(database_url) as made:
        yield made


def test_a_changed_byte_anywhere_is_found_and_named(judged):
    change_bytes(judged, 40)


@pytest.mark.parametrize("column", TEXTS)
def test_a_changed_byte_of_each_column_is_named(judged, column):
    found = judged((f"UPDATE ledger SET {column} = 'x' || COALESCE({column}, '') WHERE seq = 3", {}))
    assert isinstance(found, chain.Broken)
    assert found.seq == 3


def test_a_number_that_was_changed_is_named(judged):
    @few
    @given(numbers, st.integers(LENGTH + 1, 2**31) | st.integers(-5, 0))
    def renumbered(seq: int, other: int) -> None:
        found = judged(("UPDATE ledger SET seq = :other WHERE seq = :seq", {"other": other, "seq": seq}))
        assert isinstance(found, chain.Broken)
        assert found.seq == (seq if other > 0 else 1)

    renumbered()


@pytest.mark.parametrize("seq", [0, -1, LENGTH + 1])
def test_an_entry_that_was_put_in_is_named(judged, seq):
    """Whatever `audit show` would show, `audit verify` reads."""
    copied = ", ".join(name for name in TEXTS if name != "prev")
    put = f"INSERT INTO ledger (seq, prev, {copied}) SELECT {seq}, 'x', {copied} FROM ledger WHERE seq = 1"
    found = judged((put, {}))
    assert isinstance(found, chain.Broken)
    assert found.seq == max(seq, 1)


@pytest.mark.parametrize("seq", range(1, LENGTH + 1))
def test_an_entry_that_was_dropped_is_named(judged, seq):
    found = judged(("DELETE FROM ledger WHERE seq = :seq", {"seq": seq}))
    assert isinstance(found, chain.Broken)
    assert (found.seq, "missing" in found.why) == (seq, True)


def test_two_that_were_swapped_are_named(judged):
    @few
    @given(st.sets(numbers, min_size=2, max_size=2))
    def swapped(two: set[int]) -> None:
        one, other = sorted(two)
        move = "UPDATE ledger SET seq = :to WHERE seq = :seq"
        found = judged((move, {"seq": one, "to": 99}), (move, {"seq": other, "to": one}), (move, {"seq": 99, "to": other}))
        assert isinstance(found, chain.Broken)
        assert found.seq == one

    swapped()


@pytest.mark.parametrize("left", range(LENGTH))
def test_a_tail_that_was_cut_is_named(judged, left):
    found = judged(("DELETE FROM ledger WHERE seq > :left", {"left": left}))
    assert isinstance(found, chain.Broken)
    assert found.seq == left + 1


def test_a_tail_that_was_cut_together_with_its_head_shows_against_a_checkpoint_alone(judged):
    hashes = {seq: row.hash for seq, row in judged.rows.items()}
    cut = (("DELETE FROM ledger WHERE seq > 4", {}), ("UPDATE ledger_head SET seq = 4, hash = :hash", {"hash": hashes[4]}))
    assert judged(*cut) == chain.Sound(4, hashes[4])
    assert judged(*cut, known={2: hashes[2], 4: hashes[4]}) == chain.Sound(4, hashes[4])
    found = judged(*cut, known={2: hashes[2], 5: hashes[5]})
    assert isinstance(found, chain.Broken)
    assert (found.seq, "checkpoint" in found.why) == (5, True)


def test_a_past_that_was_written_anew_shows_against_a_checkpoint_alone(judged):
    """All hashes fit: only somebody else who kept one sees that this is another history."""
    hashes = {seq: row.hash for seq, row in judged.rows.items()}
    statements, prev = [], hashes[2]
    for seq in range(3, LENGTH + 1):
        row = judged.rows[seq]._replace(prev=prev, **({"actor": "nobody@example.com"} if seq == 3 else {}))
        prev = chain.digest(row)
        given = {"seq": seq, "actor": row.actor, "prev": row.prev, "hash": prev}
        statements.append(("UPDATE ledger SET actor = :actor, prev = :prev, hash = :hash WHERE seq = :seq", given))
    statements.append(("UPDATE ledger_head SET hash = :hash", {"hash": prev}))
    assert judged(*statements) == chain.Sound(LENGTH, prev)
    assert judged(*statements, known={2: hashes[2]}) == chain.Sound(LENGTH, prev)
    found = judged(*statements, known={2: hashes[2], 5: hashes[5]})
    assert isinstance(found, chain.Broken)
    assert (found.seq, "written anew" in found.why) == (5, True)
