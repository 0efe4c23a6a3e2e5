"""What a version takes back is recognised, and the record says why (HOT-18)."""

from dataclasses import replace

import pytest

from guards.decision import Allow, Refusal
from guards.release import RecordText, RevertText
from guards.release_record import Field, filled_in, record_of, recorded
from guards.reverts import reverts_in
from guards.unread import Unread
from guards.vcs import Span
from tests.guards.cases import AT, REQUEST, request, said
from tests.guards.proofs import RECORD, SPAN, commit, proven, pull

OLD, NEW, BACK = "0d" * 20, "1e" * 20, "ba" * 20
SAID = RevertText("refunds are paid twice", "nobody: the flag was off", "no refund fails for an hour", "the flag refunds-2 is removed")


def back(of=OLD, **parts):
    """A commit that takes another one back, as `git revert` writes it."""
    return commit(**({"sha": BACK, "title": 'Revert "Round sums"', "message": f'Revert "Round sums"\n\nThis reverts commit {of}.'} | parts))


def span(*commits, pulls=()):
    return Span("example/repo", SPAN.base, SPAN.head, commits, pulls)


@pytest.mark.parametrize(
    ("work", "found"),
    [
        pytest.param(span(commit()), (), id="a commit"),
        pytest.param(span(back()), ((OLD,),), id="what ran before"),
        pytest.param(span(back(of=OLD[:10])), ((OLD[:10],),), id="named by its first digits"),
        pytest.param(span(commit(sha=NEW), back(of=NEW)), (), id="what is new in the same version never ran"),
        pytest.param(span(commit(sha=NEW), back(message=f"This reverts commit {NEW}.\nThis reverts commit {OLD}.")), ((NEW, OLD),), id="both"),
        pytest.param(span(back(message="")), ((),), id="squashed: only its title says so"),
        pytest.param(span(back(title="Go back", message=""), pulls=(pull(body="Reverts example/repo#7"),)), ((),), id="only its pull request says so"),
        pytest.param(span(back(title="Go back", message=""), pulls=(pull(body="Reverts the mood"),)), (), id="a pull request that says something else"),
        pytest.param(span(back(title="Go back", message="", pulls=(99,)), pulls=(pull(body="Reverts #7"),)), (), id="another pull request"),
        pytest.param(span(back(title='Revert "x"', message="", parents=2)), (), id="the merge of one; its commit is looked at itself"),
    ],
)  # fmt: skip
def test_what_a_version_takes_back(work, found):
    assert tuple(one.of for one in reverts_in(work)) == found


def test_what_people_read():
    assert [one.sentence for one in reverts_in(span(back(), back(sha=NEW, message="")))] == [
        "babababababa takes back 0d0d0d0d0d0d", '1e1e1e1e1e1e (Revert "Round sums") does not name what it takes back',
    ]  # fmt: skip


KNOWN = proven(work=span(*SPAN.commits, back(), pulls=SPAN.pulls))


@pytest.mark.parametrize(
    ("revert", "answer"),
    [
        pytest.param(SAID, Allow, id="all is said"),
        pytest.param(None, Refusal.RECORD_INCOMPLETE, id="nothing is said"),
        *(pytest.param(replace(SAID, **{name: "later"}), Refusal.RECORD_INCOMPLETE, id=f"{name}: later") for name in SAID.__slots__),
    ],
)
def test_a_version_that_takes_something_back_says_why(revert, answer):
    text = replace(RECORD, revert=revert)
    assert said(recorded(REQUEST, replace(KNOWN, record=text))) == answer
    assert said(filled_in(request(record=text), KNOWN)) == (Allow if answer is Allow else Refusal.INCOMPLETE)
    assert said(recorded(REQUEST, replace(proven(), record=text))) is Allow  # where nothing is taken back nobody asks


def test_the_record_tells_all_of_it():
    field = record_of(REQUEST, replace(KNOWN, record=replace(RECORD, revert=SAID))).fields[Field.REVERTS]
    assert isinstance(field, str)
    assert field.startswith("babababababa takes back 0d0d0d0d0d0d. Why: refunds are paid twice. Impact: nobody")
    lost = Unread("the record")
    assert record_of(REQUEST, replace(KNOWN, record=lost)).fields[Field.REVERTS] == lost
    assert Field.REVERTS not in record_of(REQUEST, proven()).fields
    assert Field.REVERTS not in record_of(REQUEST, proven(work=Unread("the work"))).fields


def test_approvals_bind_to_what_is_said_of_it():
    plain = RecordText("a", "b", "", "", AT)
    assert replace(plain, revert=SAID).hash != plain.hash
    assert replace(plain, revert=SAID).hash != replace(plain, revert=replace(SAID, flags="none")).hash
