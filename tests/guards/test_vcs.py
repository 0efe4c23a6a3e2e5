"""Whose work a span of commits is: everybody's whose name stands on it, each once (SOD-02, SOD-12)."""

from dataclasses import replace

from guards.vcs import Contributor
from tests.guards.proofs import DANA, MARA, RAVI, SPAN, commit, pull

PAIR, APP = Contributor(None, "pair@example.com"), Contributor("renovate[bot]", bot=True)


def test_authors_committers_co_authors_and_who_opened_pull_requests_each_once():
    span = replace(
        SPAN,
        commits=(commit(), commit(author=None, committer=APP, co_authors=(PAIR,))),
        pulls=(pull(), pull(author=MARA, committers=(RAVI,))),
    )
    assert span.contributors == (DANA, APP, PAIR, MARA, RAVI)


def test_a_span_without_work_is_nobodys():
    assert replace(SPAN, commits=(), pulls=()).contributors == ()
