"""Which links stand in a text (REC-19)."""

import pytest

from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.link_rules import RecordLinks
from guards.record_links import LONGEST, MOST, links_in
from guards.vocabulary import Profile
from tests.guards.cases import POLICY

A = "https://wiki.example.com/a"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        pytest.param(("nothing here", ""), (), id="none"),
        pytest.param((f"see {A}.", f"and {A}, again"), (A,), id="each once"),
        pytest.param((f"(as in {A}), or [{A}_(b)]",), (A, f"{A}_(b)"), id="brackets"),
        pytest.param((f"{A}/the_(hash)",), (f"{A}/the_(hash)",), id="brackets of its own"),
        pytest.param((f"[notes]({A}) and <{A}/b>",), (A, f"{A}/b"), id="Markdown"),
        pytest.param((f"{A}?q=1&r=2#part!",), (f"{A}?q=1&r=2#part",), id="query and fragment"),
        pytest.param(("HTTP://EXAMPLE.COM/X",), ("HTTP://EXAMPLE.COM/X",), id="capitals"),
        pytest.param(("ftp://example.com mailto:a@b.c www.example.com",), (), id="other kinds"),
        pytest.param(("https://...",), (), id="only punctuation behind it"),
        pytest.param((A + "x" * LONGEST,), (), id="too long"),
    ],
)
def test_what_is_a_link(texts, found):
    assert links_in(texts) == found


def test_so_many_of_one_record_are_looked_at():
    assert len(links_in(f"{A}/{number}" for number in range(80))) == MOST


@pytest.mark.parametrize(
    ("profile", "own", "asked", "looks"),
    [
        pytest.param(Profile.STRICT, None, None, True, id="the strict profile looks"),
        pytest.param(Profile.STARTER, None, None, False, id="the starter profile does not"),
        pytest.param(Profile.STARTER, Profile.STRICT, None, True, id="the profile of production counts"),
        pytest.param(Profile.STRICT, None, False, False, id="it can be left out"),
        pytest.param(Profile.STARTER, None, True, True, id="it can be asked for"),
    ],
)
def test_who_has_links_looked_at(profile, own, asked, looks):
    evidence = Evidence(profile=profile, environments={"production": EnvironmentEvidence(profile=own)} if own else {})
    made = POLICY.model_copy(update={"evidence": evidence, "record_links": RecordLinks(asked=asked)})
    made.__dict__.pop("looks_at_links", None)
    assert made.looks_at_links is looks
