"""A stored ledger whose triggers are gone, as whoever owns the database can have it; what is done to it is judged and undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import audit, chain, engines
from storage.database import Tx
from tests.storage.cases import AT, ENTRY, HOUR

LENGTH = 6
TRIGGERS = {
    "sqlite": ["ledger_no_update", "ledger_no_delete", "ledger_head_forward"],
    "postgresql": ["ledger_no_update ON ledger", "ledger_append_only ON ledger", "ledger_head_forward ON ledger_head"],
}
TEXTS = [name for name in chain.Row._fields if name != "seq"]
numbers = st.integers(1, LENGTH)


class Judged:
    """The ledger; called with statements, it says what `verify` finds after them.

    Args:
        engine: of a database with `LENGTH` entries.
    """

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


@contextmanager
def tampered(url: str) -> Iterator[Judged]:
    """Write the ledger, and drop what protects it."""
    engine = engines.single(url)
    with engine.begin() as connection:
        tx = Tx(connection)
        for number in range(LENGTH):
            subject = None if number % 2 else f"CR-{number}"
            audit.append(tx, replace(ENTRY, subject=subject, at=AT + number * HOUR, body={"n": number, "said": "“ja” \U0001f682"}))
        tx.finish()
        for name in TRIGGERS[connection.dialect.name]:
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
    judged = Judged(engine)
    assert isinstance(judged(), chain.Sound)
    yield judged
    engine.dispose()


def change_bytes(judged: Judged, times: int) -> None:
    """Change a character anywhere, so often; each is found, and named."""

    @settings(max_examples=times, database=None)
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
