"""Nobody moves their own change: the requester and the authors never approve (SOD-01, SOD-02, SOD-12)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.decision import Allow, Refusal, Unsure
from guards.duties import identify, reviewers, separated
from guards.facts import Absent, Artifact, Facts, Request, Stranger, Unread
from guards.sections import ApprovalRule, Person
from guards.vocabulary import Action
from tests.guards.cases import ARTIFACT, CHANGE, DANA, FACTS, MARA, POLICY, RAVI, REMY, Expected, built, facts, policy, request, said, told
from tests.guards.proofs import proven

NO_MATTER_WHO_WROTE_IT = policy(approvals={"production": ApprovalRule(count=1)})
UNREAD = Unread("the change", "the database is locked")


def approves(by: Person | Stranger | Unread = MARA) -> Request:
    return request(action=Action.APPROVE, by=by)


def lax(artifact: Artifact | Absent | Unread) -> Facts:
    return facts(NO_MATTER_WHO_WROTE_IT, artifact=artifact)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(approves(MARA), FACTS, Allow, id="the release manager neither asked for it nor wrote it"),
        pytest.param(approves(REMY), FACTS, Refusal.OWN_REQUEST, id="the requester does not approve"),
        pytest.param(request(by=REMY), FACTS, Allow, id="the requester asks"),
        pytest.param(approves(DANA), FACTS, Refusal.OWN_WORK, id="the author does not approve"),
        pytest.param(request(by=DANA), FACTS, Allow, id="the author asks"),
        pytest.param(request(action=Action.CANCEL, by=DANA), FACTS, Allow, id="the author cancels"),
        pytest.param(approves(DANA), built(authors=frozenset({"dana@example.com"})), Refusal.OWN_WORK, id="an author by e-mail"),
        pytest.param(
            approves(DANA), built(authors=frozenset({"DANA@example.com"})), Refusal.OWN_WORK, id="an author by e-mail in any case"
        ),
        pytest.param(approves(DANA), built(authors=frozenset({"mara-m"})), Allow, id="somebody else wrote it"),
        pytest.param(approves(DANA), built(authors=frozenset({"remy-c", "dana-d"})), Refusal.OWN_WORK, id="one of two authors"),
        pytest.param(approves(MARA), built(authors=frozenset()), Allow, id="nobody wrote it"),
        pytest.param(approves(RAVI), FACTS, Allow, id="a reviewer may be one of those who approve"),
        pytest.param(approves(MARA), built(authors=None), Unsure, id="the source does not tell the authors"),
        pytest.param(approves(MARA), lax(replace(ARTIFACT, authors=None)), Allow, id="the same where they need not be known"),
        pytest.param(approves(MARA), built(authors=frozenset({"dana-d", "nobody-x"})), Unsure, id="an author who is nobody here"),
        pytest.param(approves(MARA), lax(replace(ARTIFACT, authors=frozenset({"nobody-x"}))), Allow, id="nobody, where it does not matter"),
        pytest.param(approves(DANA), lax(ARTIFACT), Refusal.OWN_WORK, id="a known author does not approve even where it does not matter"),
        pytest.param(approves(MARA), facts(artifact=Unread("the registry")), Unsure, id="the artifact could not be read"),
        pytest.param(approves(MARA), lax(Unread("the registry")), Unsure, id="unread is not untold: it matters everywhere"),
        pytest.param(approves(MARA), lax(Absent("artifact")), Allow, id="gone, where it does not matter"),
        pytest.param(approves(MARA), facts(artifact=Absent("artifact")), Unsure, id="the artifact is gone"),
        pytest.param(approves(DANA), proven(), Refusal.OWN_WORK, id="an author of the history that was read"),
        pytest.param(approves(MARA), proven(), Allow, id="not an author of the history that was read"),
        pytest.param(approves(MARA), proven(work=Unread("the history")), Unsure, id="the history could not be read"),
        pytest.param(approves(MARA), proven(work=Absent("commit 9fceb02")), Unsure, id="the history has no such commit"),
        pytest.param(approves(MARA), proven(work=None), Unsure, id="nobody asked for the history"),
        pytest.param(approves(REMY), facts(artifact=Unread("the registry")), Refusal.OWN_REQUEST, id="the requester, whoever wrote it"),
        pytest.param(approves(MARA), facts(change=UNREAD), Unsure, id="the change could not be read"),
        pytest.param(request(by=MARA), facts(change=UNREAD), Allow, id="asking takes no change"),
        pytest.param(approves(MARA), facts(change=Absent("change")), Allow, id="no such change: another guard says so"),
        pytest.param(approves(Unread("the directory")), FACTS, Unsure, id="the approver could not be resolved"),
        pytest.param(approves(Stranger("U0GUEST", "Gus", "a guest")), FACTS, Allow, id="a stranger: another guard says so"),
    ],
)
def test_who_may_take_which_part(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(separated(asked, known)) == expected


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(approves(MARA), FACTS, snapshot(("Mara neither asked for this nor wrote it",)), id="allowed"),
        pytest.param(
            approves(REMY),
            FACTS,
            snapshot(("Remy asked for CR-2026-1124-001; the requester never approves.", "Ask somebody else who may approve it.")),
            id="requester",
        ),
        pytest.param(
            approves(DANA),
            FACTS,
            snapshot(("Dana wrote a part of api v1.4.0; authors never approve their own work.", "Ask somebody else who may approve it.")),
            id="author",
        ),
        pytest.param(
            approves(MARA),
            built(authors=None),
            snapshot(("could not read the authors of this version", "the artifact source does not tell them")),
            id="authors untold",
        ),
        pytest.param(
            approves(MARA),
            built(authors=frozenset({"x-2", "dana-d", "x-1"})),
            snapshot(
                (
                    "could not read the authors of this version",
                    "nobody in the policy file is x-1, x-2; add the login or address to a person there",
                )
            ),
            id="authors who are nobody",
        ),
        pytest.param(
            approves(MARA),
            facts(artifact=Unread("the registry", "no answer")),
            snapshot(("could not read the authors of this version", "no answer")),
            id="artifact unread",
        ),
        pytest.param(
            approves(MARA), facts(change=UNREAD), snapshot(("could not read the change", "the database is locked")), id="change unread"
        ),
    ],
)
def test_what_people_read(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(separated(asked, known)) == sentence


def test_people_are_found_by_identity_address_or_login_in_any_case() -> None:
    assert identify("dana@example.com", POLICY) == identify("Dana@Example.com", POLICY) == identify("DANA-D", POLICY) == DANA
    assert identify("dana", POLICY) is None


def test_reviewers_must_be_known_where_authors_must() -> None:
    assert reviewers(CHANGE, FACTS) == {RAVI.id}
    assert isinstance(reviewers(CHANGE, built(reviewers=None)), Unread)
    assert isinstance(reviewers(CHANGE, built(reviewers=frozenset({"ravi-r", "nobody-x"}))), Unread)
    assert reviewers(CHANGE, lax(replace(ARTIFACT, reviewers=None))) == frozenset()
    assert reviewers(CHANGE, lax(replace(ARTIFACT, reviewers=frozenset({"ravi-r", "nobody-x"})))) == {RAVI.id}
