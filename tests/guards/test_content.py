"""When any part that an approver saw moves, the hash moves, and the sentence names the part (RSK-12, GNG-08)."""

from dataclasses import fields, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from guards.assessment import Declared
from guards.content import Content
from guards.vocabulary import ChangeType, Migration, Question, Risk
from tests.guards.cases import CHANGE, content

PARTS = [field.name for field in fields(Content)]
DECLARED = st.builds(
    Declared,
    st.none() | st.frozensets(st.sampled_from(Question)),
    st.none() | st.sampled_from(Risk),
    *(st.none() | st.text(max_size=9),) * 3,
)
VALUES = {"change_type": st.sampled_from(ChangeType), "migration": st.none() | st.sampled_from(Migration), "declared": DECLARED}


@pytest.mark.parametrize("part", PARTS)
@given(data=st.data())
def test_each_part_moves_the_hash_and_is_named(part: str, data: st.DataObject) -> None:
    seen = CHANGE.content
    value = data.draw(VALUES.get(part, st.text(max_size=12)))
    assume(value != getattr(seen, part))
    now = replace(seen, **{part: value})
    assert now.hash != seen.hash
    assert seen.moved(now) == now.moved(seen) == (part,)


def test_the_same_parts_have_the_same_hash_and_nothing_moved() -> None:
    assert content().hash == CHANGE.content.hash
    assert content().moved(CHANGE.content) == ()


def test_parts_that_moved_are_named_in_the_order_of_the_fields() -> None:
    assert content().moved(content(commit="c", digest="d", policy="p")) == ("digest", "commit", "policy")


@given(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))
def test_text_cannot_slide_from_one_part_into_the_next(a: str, b: str, c: str, d: str) -> None:
    assert (content(digest=a, commit=b).hash == content(digest=c, commit=d).hash) == ((a, b) == (c, d))


def test_the_hash_is_stable_because_it_stands_in_the_ledger() -> None:
    assert replace(CHANGE.content, policy="p").hash == snapshot("c90e4cc66fb2e58bc2cd53d3ca00a75fba2bd0866d4f0d604d02976c60db9cb2")


@pytest.mark.parametrize(("base", "own"), [(None, None), ("c0", "c0"), ("c0 acme/config:a..b", "c0"), (" acme/config:..b", None)])
def test_the_own_part_of_what_the_work_is_counted_from(base: str | None, own: str | None) -> None:
    assert content(base=base).own_base == own
