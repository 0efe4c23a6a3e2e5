"""Whose work a span of commits is: everybody's whose name stands on it, each once (SOD-02, SOD-12)."""

from dataclasses import replace

from guards.vcs import Contributor, Review, ReviewState
from guards.version import Merged
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


def test_a_pull_request_of_another_repository_is_named_with_it():
    assert Merged(12, "Round sums", "https://git.test/12", "dana-d").name == "#12"
    assert Merged(12, "Round sums", "https://git.test/12", "dana-d", repository="example/config").name == "example/config#12"


def test_whoever_ever_approved_is_a_reviewer_and_only_a_standing_approval_of_the_last_commit_counts():
    """SOD-03 looks at the one, EVD-14 at the other."""
    at, head = pull().merged, pull().head
    given = (
        Review("stale", ReviewState.APPROVED, "an earlier commit", at),
        Review("dismissed", ReviewState.DISMISSED, head, at),
        Review("changed-mind", ReviewState.APPROVED, head, at),
        Review("changed-mind", ReviewState.CHANGES_REQUESTED, head, at),
        Review("good", ReviewState.APPROVED, head, at),
        Review("never", ReviewState.CHANGES_REQUESTED, head, at),
        Review("commenter", ReviewState.COMMENTED, head, at),
        Review("app[bot]", ReviewState.APPROVED, head, at, bot=True),
        Review(None, ReviewState.APPROVED, head, at),
    )
    assert pull(reviews=given).reviewers == {"stale", "dismissed", "changed-mind", "good"}
    assert pull(reviews=given).approvers == {"good", "app[bot]"}
