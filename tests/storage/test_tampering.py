"""Whatever somebody does to the stored ledger who has the keys to the database, `audit verify` finds it and says where (AUD-01).

Each example is undone before the next: it is done and judged in one transaction that is never committed.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import audit, chain, engines
from storage.database import Tx
from tests.storage.cases import AT, ENTRY, HOUR

LENGTH = 6
TRIGGERS = {
    "sqlite": ["ledger_no_update", "ledger_no_delete", "ledger_head_forward"],
    "postgresql": [
        "ledger_no_update ON ledger",
        "ledger_append_only ON ledger",
        "ledger_head_forward ON ledger_head",
    ],
}
TEXTS = [name for name in chain.Row._fields if name != "seq"]
numbers = st.integers(1, LENGTH)
few = settings(max_examples=40, database=None)


class Judged:
    """A stored ledger whose triggers are gone; what is done to it is judged and undone."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        with engine.connect() as connection:
            self.rows = {row.seq: row for row in audit.rows(Tx(connection))}

    def __call__(self, *statements: tuple[str, dict[str, object]], known: dict[int, str] | None = None) -> chain.Sound | chain.Broken:
        with self._engine.connect() as connection:
            transaction = connection.begin()
            tx = Tx(connection)
            for text, values in statements:
                assert tx.run(sa.text(text), values).rowcount
            found = chain.verify(audit.rows(tx), audit.head(tx), known=known or {})
            transaction.rollback()
        return found


@pytest.fixture
def judged(database_url: str) -> Iterator[Judged]:
    engine = engines.single(database_url)
    with engine.begin() as connection:
        tx = Tx(connection)
        for number in range(LENGTH):
            subject = None if number % 2 else f"CR-{number}"
            audit.append(tx, replace(ENTRY, subject=subject, at=AT + number * HOUR, body={"n": number, "said": "“ja” \U0001f682"}))
        tx.finish()
        for name in TRIGGERS[connection.dialect.name]:
            connection.execute(sa.text(f"DROP TRIGGER {name}"))

    made = Judged(engine)
    assert isinstance(made(), chain.Sound)
    yield made
    engine.dispose()


def test_a_changed_byte_anywhere_is_found_and_named(judged):
    @few
    @given(numbers, st.sampled_from(TEXTS), st.data())
    def changed(seq: int, column: str, data: st.DataObject) -> None:
        was = getattr(judged.rows[seq], column)
        if was:
            place = data.draw(st.integers(0, len(was) - 1))
            other = data.draw(st.characters(codec="utf-8", exclude_characters="\0" + was[place]))
            now = was[:place] + other + was[place + 1 :]
        else:
            now = data.draw(st.sampled_from(["", "x"]))
            if now == was:
                return
        found = judged((f"UPDATE ledger SET {column} = :now WHERE seq = :seq", {"now": now, "seq": seq}))
        assert isinstance(found, chain.Broken)
        assert found.seq == seq
        assert str(seq) in found.why

    changed()


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
