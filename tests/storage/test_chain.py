"""The chain is judged without a database: whatever is done to one entry, verify names the first that is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.chain import (
    GENESIS,
    Broken,
    Row,
    Sound,
    Withheld,
    content_hash,
    digest,
    export_lines,
    parse_extract_line,
    parse_line,
    verify,
)


def ledger(length: int, genesis: str = GENESIS) -> list[Row]:
    rows, prev = [], genesis
    for seq in range(1, length + 1):
        row = Row(seq, f"2026-11-21T10:00:{seq % 60:02}.000000Z", "a:b", "x@y", "X", "r", None, "api", None, "c", "p", '{"n":1}', prev, "")
        row = row._replace(hash=digest(row))
        rows.append(row)
        prev = row.hash
    return rows


LEDGER = ledger(6)
HEAD = (6, LEDGER[-1].hash)
places = st.integers(0, 5)
anything = st.one_of(st.none(), st.text(), st.integers(), st.binary(), st.floats(), st.booleans())


def test_untouched_it_is_sound():
    assert verify(LEDGER, HEAD) == Sound(6, HEAD[1])
    assert verify(iter(LEDGER)) == Sound(6, HEAD[1])


def test_it_can_go_on_from_a_sound_entry():
    assert verify(LEDGER[3:], HEAD, start=(3, LEDGER[2].hash)) == Sound(6, HEAD[1])
    assert verify(LEDGER[3:], HEAD, start=(3, LEDGER[1].hash)) == Broken(4, "entry 4 does not follow entry 3")


@given(places, st.sampled_from(Row._fields), anything)
def test_any_other_value_in_any_column_is_named(place, column, value):
    old = getattr(LEDGER[place], column)
    if type(value) is type(old) and value == old:
        return
    rows = [*LEDGER]
    rows[place] = rows[place]._replace(**{column: value})
    assert isinstance(found := verify(rows, HEAD), Broken)
    assert found.seq == place + 1
    assert str(place + 1) in found.why


@given(places, st.sampled_from([name for name in Row._fields if isinstance(getattr(LEDGER[0], name), str)]), st.data())
def test_any_changed_byte_is_named(place, column, data):
    text = bytearray(getattr(LEDGER[place], column).encode())
    where = data.draw(st.integers(0, len(text) - 1))
    text[where] ^= data.draw(st.integers(1, 127))
    rows = [*LEDGER]
    rows[place] = rows[place]._replace(**{column: text.decode(errors="surrogateescape")})
    assert verify(rows, HEAD).seq == place + 1


@given(places)
def test_a_missing_entry_is_named(place):
    found = verify(LEDGER[:place] + LEDGER[place + 1 :], HEAD)
    assert isinstance(found, Broken)
    assert found.seq == place + 1
    assert "missing" in found.why


@given(places, places)
def test_of_two_swapped_entries_the_first_is_named(one, other):
    rows = [*LEDGER]
    rows[one], rows[other] = rows[other], rows[one]
    assert verify(rows, HEAD) == Sound(*HEAD) if one == other else verify(rows, HEAD).seq == min(one, other) + 1


@given(places, places)
def test_an_entry_put_in_is_named(place, copied):
    rows = [*LEDGER[:place], LEDGER[copied], *LEDGER[place:]]
    # a copy right after itself is wrong itself; any other makes the place where it was put wrong
    assert verify(rows, HEAD).seq == (place + 1 if place != copied else place + 2)


@given(st.integers(0, 5))
def test_a_cut_tail_shows_against_the_head_only(length):
    why = f"entry {length + 1} is missing: the ledger ends at {length} and had 6 entries"
    assert verify(LEDGER[:length], HEAD) == Broken(length + 1, why)
    assert isinstance(verify(LEDGER[:length]), Sound)


def test_more_than_the_head_knows_is_named():
    assert verify(LEDGER, (4, LEDGER[3].hash)).seq == 5


def test_another_last_entry_than_the_head_names_is_named():
    assert verify(LEDGER, (6, "0" * 64)).seq == 6


def test_a_ledger_of_somebody_else_is_named():
    assert verify(ledger(3, genesis="f" * 64)) == Broken(1, "entry 1 does not begin this ledger")


@given(places)
def test_an_entry_that_was_rewritten_with_its_hash_breaks_the_next(place):
    rows = [*LEDGER]
    forged = rows[place]._replace(body='{"n":2}')
    rows[place] = forged._replace(hash=digest(forged))
    found = verify(rows, HEAD)
    assert found.seq == (place + 2 if place < 5 else 6)


@pytest.mark.parametrize("column", [name for name in Row._fields[1:] if isinstance(getattr(LEDGER[2], name), str)])
@pytest.mark.parametrize("value", [b"bytes", 7])
def test_what_is_no_text_is_named(column, value):
    rows = [*LEDGER[:2], LEDGER[2]._replace(**{column: value}), *LEDGER[3:]]
    assert verify(rows, HEAD) == Broken(3, f"entry 3 has no text as its {column}")


def test_an_export_comes_back():
    assert list(map(parse_line, export_lines(LEDGER))) == LEDGER
    assert [parse_line(json.dumps(dict(reversed(json.loads(line).items())))) for line in export_lines(LEDGER)] == LEDGER


@pytest.mark.parametrize(
    "line",
    ["", "no", b"\xff", "1", "[" * 200_000, "[]", "{}", json.dumps({**LEDGER[0]._asdict(), "more": 1}), next(export_lines(LEDGER))[:-1]],
)
def test_a_line_that_is_no_entry_is_refused(line):
    with pytest.raises(ValueError):
        parse_line(line)


# ---------------------------------------------------------------- extracts


def withheld(*numbers: int) -> list[Row | Withheld]:
    return [Withheld(row.seq, content_hash(row)) if row.seq in numbers else row for row in LEDGER]


@given(st.sets(places))
def test_withheld_entries_prove_their_place_and_tell_nothing(hidden):
    numbers = {place + 1 for place in hidden}
    assert verify(withheld(*numbers), HEAD) == Sound(*HEAD)
    assert all(
        set(json.loads(line)) == {"seq", "content"} for line in export_lines(withheld(*numbers)) if json.loads(line)["seq"] in numbers
    )


@given(places, places)
def test_another_content_of_a_withheld_entry_breaks_what_follows(place, hidden):
    rows = withheld(hidden + 1)
    rows[hidden] = Withheld(hidden + 1, "0" * 64)
    assert isinstance(verify(rows, HEAD), Broken)


def test_an_extract_comes_back():
    rows = withheld(2, 5)
    assert list(map(parse_extract_line, export_lines(rows))) == rows


@pytest.mark.parametrize("line", ["", "[]", '{"seq":1,"content":"0"}', '{"seq":1,"content":null}', '{"seq":1}'])
def test_a_line_of_an_extract_that_is_no_entry_is_refused(line):
    with pytest.raises(ValueError):
        parse_extract_line(line)


def test_a_withheld_entry_is_none_in_a_whole_export():
    with pytest.raises(ValueError):
        parse_line(next(export_lines(withheld(1))))
