"""Where a fix is, and where it is not: by git's records, by the same change, and by the pull request that says so (HOT-09, HOT-10)."""

from dataclasses import replace

import pytest

from guards.decision import Allow, Refusal, Refuse, Unsure
from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.forward_port import WHOLE, Lacking, Landed, candidates, forward_ported, landed, standing, to_compare
from guards.hotfix import HotfixFacts, HotfixState, How, Port
from guards.release import Promotion
from guards.unread import Absent, Unread
from guards.vcs import Commit, Contributor, Pull, Span
from guards.vocabulary import Profile, Requirement
from tests.guards.cases import ARTIFACT, AT, HOTFIX, OTHER_COMMIT, exemption, facts, policy, request, said

FIX, MORE, MAIN, PORT, LATER = "f1" * 20, "f2" * 20, "ad" * 20, "70" * 20, "1a" * 20
ONE = replace(HOTFIX, version="v1.3.1", state=HotfixState.SHIPPED, shipped=AT)
LOST = Unread("it", "no answer")


def commit(sha, *pulls, title="fix: PAY-12 refunds", says="", parents=1):
    return Commit(sha, title, f"https://x/{sha}", Contributor("dana-d"), None, (), True, pulls, f"{title}\n\n{says}", parents)


def picked(*sources):
    return "\n".join(f"(cherry picked from commit {sha})" for sha in sources)


def pull(number=41, into="main", title="fix: PAY-12 refunds", body="Forward-port of v1.3.1.", merged=PORT, tickets=("PAY-12",)):
    return Pull(
        number, title, f"https://x/{number}", into, merged, AT, merged, Contributor("dana-d"), (), (), frozenset(), body, None, tickets, ()
    )  # fmt: skip


def span(*commits, pulls=()):
    return Span("example/repo", OTHER_COMMIT, commits[-1].sha if commits else MAIN, commits, tuple(pulls))


OWN = span(commit(FIX, 12), pulls=(pull(12, ONE.branch),))
TWO = span(commit(FIX, 12), commit(MORE, 13, title="fix: PAY-12 more"), commit("77" * 20, 13, title="Merge", parents=2))


def found(target, patches=None, own=OWN, branch="main"):
    return landed(ONE, branch, own, target, patches or {})


PICK = commit(PORT, 41, says=picked(FIX))


@pytest.mark.parametrize(
    ("target", "how"),
    [
        pytest.param(span(PICK, pulls=(pull(),)), How.PICKED, id="picked with its source"),
        pytest.param(span(commit(FIX, 12, 41), commit(MAIN, 41, title="Merge", parents=2), pulls=(pull(12, ONE.branch), pull())), How.MERGED, id="merged"),
        pytest.param(span(commit(PORT, 41, says=f"* fix\n\n  {picked(FIX)}"), pulls=(pull(),)), How.PICKED, id="squashed, with the words of what went in"),
    ],
)  # fmt: skip
def test_a_fix_is_found_by_what_git_records(target, how):
    answer = found(target)
    assert isinstance(answer, Landed)
    assert (answer.how, answer.pulls) == (how, (41,))
    assert to_compare(ONE, OWN, target) == ()


def test_a_fix_that_was_picked_from_main_is_there_already():
    own = span(commit(FIX, 12, says=picked(LATER)))
    assert found(span(commit(LATER, 7), pulls=(pull(7, body="", tickets=()),)), own=own) == Landed(LATER, How.WAS_THERE, (7,))


def test_a_squash_of_one_commit_is_found_by_making_the_same_change():
    target = span(commit(PORT, 41, title="fix: PAY-12 refunds (#41)"), pulls=(pull(),))
    assert to_compare(ONE, OWN, target) == (FIX, PORT)
    assert found(target, {FIX: "same", PORT: "same"}) == Landed(PORT, How.SAME_CHANGE, (41,))


def test_a_squash_of_several_makes_the_change_of_all_of_them():
    target = span(commit(PORT, 41, title="everything about refunds"), pulls=(pull(),))
    own = {FIX: "one", MORE: "two", PORT: "both"}
    assert found(target, {**own, WHOLE: "both"}, TWO) == Landed(PORT, How.SAME_CHANGE, (41,))
    assert isinstance(found(target, {**own, WHOLE: "something else"}, TWO), Lacking)


def test_of_several_commits_each_has_to_be_there():
    one = span(PICK, pulls=(pull(),))
    assert isinstance(found(one, {MORE: "two", PORT: "one"}, TWO), Lacking)
    both = span(PICK, commit(LATER, 42, says=picked(MORE)), pulls=(pull(), pull(42)))
    assert found(both, own=TWO) == Landed(LATER, How.PICKED, (41, 42))


def test_a_conflict_that_was_resolved_by_hand_counts_by_its_recorded_source_only():
    by_hand = {FIX: "the fix", PORT: "adapted"}
    assert isinstance(found(span(commit(PORT, 41), pulls=(pull(),)), by_hand), Lacking)
    assert isinstance(found(span(PICK, pulls=(pull(),)), by_hand), Landed)


@pytest.mark.parametrize(
    ("pulls", "numbers", "says"),
    [
        ((), (), "no merged pull request into main"),
        ((pull(41, "release/1.3"),), (41,), "no merged pull request into main"),
        ((pull(body=""),), (41,), "does not name both PAY-12 and v1.3.1"),
        ((pull(body="of v1.3.10"),), (41,), "does not name both PAY-12 and v1.3.1"),
        ((pull(title="fix: refunds", tickets=()),), (41,), "does not name both PAY-12 and v1.3.1"),
        ((pull(title="fix: refunds, for PAY-123", tickets=()),), (41,), "does not name both PAY-12 and v1.3.1"),
    ],
)
def test_the_pull_request_says_what_it_brings(pulls, numbers, says):
    """HOT-10."""
    answer = found(span(commit(PORT, *numbers, says=picked(FIX)), pulls=pulls))
    assert isinstance(answer, Lacking)
    assert says in answer.why
    named = found(span(commit(PORT, 41, says=picked(FIX)), pulls=(pull(title="PAY-12: refunds", tickets=()),)))
    assert isinstance(named, Landed)


def test_what_was_taken_back_is_not_there_and_what_was_brought_again_is():
    back = commit(LATER, 43, title="Revert", says=f"This reverts commit {PORT}.")
    assert isinstance(found(span(PICK, back, pulls=(pull(), pull(43, merged=LATER)))), Lacking)
    forth = commit("2b" * 20, 44, title="Reapply", says=f"This reverts commit {LATER}.")
    assert isinstance(found(span(PICK, back, forth, pulls=(pull(), pull(43, merged=LATER)))), Landed)


def test_taking_back_a_merge_takes_back_what_it_brought():
    merge = commit(MAIN, 41, title="Merge pull request #41", parents=2)
    back = commit(LATER, 43, title="Revert", says=f"This reverts commit {MAIN}, reversing\nchanges made to {OTHER_COMMIT}.")
    whole = (pull(12, ONE.branch, merged=FIX), pull(merged=MAIN))
    assert isinstance(found(span(commit(FIX, 12, 41), merge, pulls=whole)), Landed)
    target = span(commit(FIX, 12, 41), merge, back, pulls=whole)
    assert set(standing(target)) == {LATER}
    assert isinstance(found(target), Lacking)


def test_what_could_not_be_compared_is_not_known():
    target = span(commit(PORT, 41), pulls=(pull(),))
    assert found(target, {FIX: LOST, PORT: "one"}) == LOST
    assert found(target, {FIX: "one", PORT: LOST}) == LOST
    assert isinstance(found(target, {FIX: "one", PORT: Absent("commit")}), Lacking)
    assert isinstance(found(span(), {FIX: LOST}), Lacking), "with nothing that could be it, nothing had to be compared"


def test_a_fix_without_commits_is_not_known():
    assert isinstance(found(span(PICK), own=span()), Unread)


def test_which_commits_are_compared():
    target = span(
        commit("01" * 20, title="fix: PAY-12 refunds (#9)"), commit("02" * 20, title="other", says="for PAY-12"),
        commit("03" * 20, 41, title="another"), commit("04" * 20, title="PAY-123"), commit("05" * 20, title="Merge", parents=2, says="PAY-12"),
        commit("06" * 20, title="The beginning", parents=0, says="PAY-12"), pulls=(pull(),),
    )  # fmt: skip
    assert candidates(ONE, OWN, target) == ("01" * 20, "02" * 20, "03" * 20)
    many = [commit(f"{n:040}", title="fix: PAY-12 refunds") for n in range(31)]
    assert candidates(ONE, OWN, span(*many)) == tuple(one.sha for one in many[:30])


# ---------------------------------------------------------------- the guard

ASKING = policy(
    evidence=Evidence(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.FORWARD_PORTS,))})
)
OWED = Port(ONE.id, "api", "main", "OBL-1", why="main has neither")
OTHERS = replace(OWED, service="web")


def asked(under=ASKING, **known):
    return facts(under, hotfixes=HotfixFacts(**{"ports": (OWED,), **known}))


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        pytest.param(asked(), Refusal.NOT_PORTED, id="main lacks a fix"),
        pytest.param(asked(ports=()), Allow, id="nothing is lacking"),
        pytest.param(asked(ports=(OTHERS,)), Allow, id="another service's"),
        pytest.param(asked(ports=(replace(OWED, service="account"),)), Allow, id="that of a service that sorts before"),
        pytest.param(asked(policy()), Allow, id="not asked for"),
        pytest.param(asked(of_version=HOTFIX), Allow, id="the next hotfix, made of what runs"),
        pytest.param(replace(asked(), hotfixes=LOST), Unsure, id="unread"),
        pytest.param(replace(asked(), promotions=LOST), Unsure, id="the promotion log is unread"),
        pytest.param(replace(asked(), promotions=(Promotion("production", ARTIFACT.digest, ARTIFACT.commit, AT, None, ()),)), Allow, id="going back"),
        pytest.param(replace(asked(), exceptions=(exemption(requirement=Requirement.FORWARD_PORTS),)), Allow, id="by exception"),
    ],
)  # fmt: skip
def test_no_version_departs_without_a_fix_that_production_has(known, answer):
    assert said(forward_ported(request(), known)) == answer


def test_the_refusal_says_where_the_fix_is_lacking():
    answer = forward_ported(request(), asked(ports=(OWED, replace(OWED, branch="release/1.4", why=""))))
    assert isinstance(answer, Refuse)
    assert f"main lacks {ONE.id} (main has neither); release/1.4 lacks {ONE.id}" in answer.why
