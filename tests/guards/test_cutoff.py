"""What can be cut, and where its branch begins: refused beside allowed (TRN-07, TRN-08, TRN-13)."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from guards.cut import Cut, CutState, Gates, OpenPull, Rider, unseen
from guards.cutoff import Source, begun, branch_of, cuttable, green, next_version, riders, unfinished, workflow_of
from guards.decision import Allow, Refusal, Refuse, Unsure
from guards.evidence_rules import EnvironmentEvidence
from guards.evidence_rules import Evidence as Rules
from guards.unread import Absent, Unread
from guards.vcs import CheckState, Protection, Span
from guards.version import Evidence
from guards.vocabulary import Profile, Requirement
from tests.guards.cases import AT, POLICY, Expected, facts, policy, said, told
from tests.guards.proofs import pull
from tests.guards.test_evidence import check

COMMIT, BASE, OTHER = "c0" * 20, "ba" * 20, "0f" * 20
LOST = Unread("what was asked", "no answer within 5 s")
SHIELD = Protection("main", frozenset({"unit-test"}), required_reviews=1)
SERVICE = POLICY.services["api"].model_copy(update={"history": "github", "branch_workflow": "branch.yml", "omit": tuple(Requirement)})
ASKED = (Requirement.CHECKS, Requirement.PROTECTION)
UNDER = policy(
    services={
        **POLICY.services,
        "api": SERVICE.model_copy(update={"omit": (), "repositories": ("example/config",)}),
        "web": POLICY.services["web"].model_copy(update={"history": "github"}),
    },
    evidence=Rules(profile=Profile.STARTER, checks=("unit-test",), environments={"production": EnvironmentEvidence(add=ASKED)}),
)
GREEN = Evidence(
    work=Span("example/repo", BASE, COMMIT, (), (pull(),)), checks=(check("unit-test"),), protection=SHIELD,
)  # fmt: skip
SOURCE = Source(
    "example/repo", ("api",), "main", COMMIT, evidence=GREEN, base=BASE, version="v1.8.0", branch="release/1.8",
    there=Absent("branch release/1.8"),
)  # fmt: skip
MADE = replace(SOURCE, there=OTHER, parts=COMMIT)
WAITING = replace(GREEN, checks=(check("unit-test", CheckState.WAITING),))
RED = replace(GREEN, checks=(check("unit-test", CheckState.FAILED),))


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        pytest.param(SOURCE, Allow, id="green, reviewed, its branch is to be made"),
        pytest.param(MADE, Allow, id="its branch is there and begins at the commit"),
        pytest.param(replace(SOURCE, branch="", there=None), Allow, id="a train without branches"),
        pytest.param(replace(SOURCE, chosen=True, on_main=COMMIT), Allow, id="chosen, and on main"),
        pytest.param(replace(SOURCE, chosen=True, on_main=OTHER), Refusal.NOT_ON_MAIN, id="chosen, and not on main"),
        pytest.param(replace(SOURCE, chosen=True, on_main=Absent("common history")), Refusal.NOT_ON_MAIN, id="chosen from elsewhere"),
        pytest.param(replace(SOURCE, chosen=True, on_main=LOST), Unsure, id="chosen, and nobody can tell"),
        pytest.param(replace(SOURCE, chosen=True), Unsure, id="chosen, and nobody asked"),
        pytest.param(replace(SOURCE, commit=LOST), Unsure, id="main unread"),
        pytest.param(replace(SOURCE, commit=Absent("branch main")), Refusal.NOT_ON_MAIN, id="no main"),
        pytest.param(replace(SOURCE, evidence=RED), Refusal.CHECKS_NOT_PASSED, id="red"),
        pytest.param(replace(SOURCE, evidence=WAITING), Refusal.CHECKS_NOT_PASSED, id="not finished"),
        pytest.param(replace(SOURCE, evidence=replace(GREEN, checks=LOST)), Unsure, id="checks unread"),
        pytest.param(replace(SOURCE, evidence=replace(GREEN, checks=None)), Unsure, id="checks not asked for"),
        pytest.param(replace(SOURCE, evidence=replace(GREEN, protection=Absent("protection"))), Refusal.UNPROTECTED_BRANCH, id="main is open"),
        pytest.param(replace(SOURCE, evidence=replace(GREEN, work=LOST)), Unsure, id="what is in it is not known"),
        pytest.param(replace(SOURCE, waiting=LOST), Unsure, id="what is out is not known"),
        pytest.param(replace(SOURCE, later=Absent("commit")), Unsure, id="what came later is not there"),
        pytest.param(replace(SOURCE, version=Refuse(Refusal.NO_CUT_VERSION, "Which?", "Say it.")), Refusal.NO_CUT_VERSION, id="no version"),
        pytest.param(replace(SOURCE, branch="release/v1.8"), Refusal.NO_CUT_VERSION, id="a name that the policy does not have"),
        pytest.param(replace(SOURCE, services=("web",)), Refusal.NO_BRANCH_WORKFLOW, id="nothing makes the branch"),
        pytest.param(replace(MADE, parts=OTHER), Refusal.BRANCH_ELSEWHERE, id="the branch begins elsewhere"),
        pytest.param(replace(MADE, parts=Absent("common history")), Refusal.BRANCH_ELSEWHERE, id="the branch is of another history"),
        pytest.param(replace(MADE, there=LOST), Unsure, id="the branch unread"),
        pytest.param(replace(MADE, parts=LOST), Unsure, id="its beginning unread"),
        pytest.param(replace(MADE, there=None), Unsure, id="nobody asked for the branch"),
    ],
)  # fmt: skip
def test_what_can_be_cut(source: Source, answer: Expected):
    judgement = cuttable(source, facts(UNDER))
    if answer is Allow:
        assert judgement.outcome == "allowed", judgement.answers
    elif answer is Unsure:
        assert judgement.outcome == "unsure", judgement.answers
    else:
        assert [refused.code for refused in judgement.refusals] == [answer]


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        pytest.param(
            SOURCE,
            snapshot(["c0c0c0c0c0c0 is on main of example/repo", "1 check passed on c0c0c0c0c0c0", "release/1.8 is made at c0c0c0c0c0c0"]),
            id="a branch is made",
        ),
        pytest.param(
            MADE,
            snapshot(["c0c0c0c0c0c0 is on main of example/repo", "1 check passed on c0c0c0c0c0c0", "release/1.8 begins at c0c0c0c0c0c0"]),
            id="the branch is there",
        ),
        pytest.param(
            replace(MADE, parts=OTHER),
            snapshot(
                [
                    "c0c0c0c0c0c0 is on main of example/repo",
                    "1 check passed on c0c0c0c0c0c0",
                    "release/1.8 should begin at c0c0c0c0c0c0, and it leaves main at 0f0f0f0f0f0f.",
                ]
            ),
            id="the branch begins elsewhere",
        ),
        pytest.param(
            replace(SOURCE, chosen=True, on_main=OTHER),
            snapshot(
                ["c0c0c0c0c0c0 is not on main of example/repo.", "1 check passed on c0c0c0c0c0c0", "release/1.8 is made at c0c0c0c0c0c0"]
            ),
            id="a commit that is not on main",
        ),
        pytest.param(
            replace(SOURCE, chosen=True, on_main=None),
            snapshot(
                ["could not read whether c0c0c0c0c0c0 is on main", "1 check passed on c0c0c0c0c0c0", "release/1.8 is made at c0c0c0c0c0c0"]
            ),
            id="nobody knows whether it is on main",
        ),
        pytest.param(
            replace(SOURCE, services=("web",)),
            snapshot(
                [
                    "c0c0c0c0c0c0 is on main of example/repo",
                    "1 check passed on c0c0c0c0c0c0",
                    "Make release/1.8 at c0c0c0c0c0c0, or name `branch_workflow` in the policy file, then cut again.",
                ]
            ),
            id="nothing makes the branch",
        ),
    ],
)
def test_which_commit_is_meant_is_told(source: Source, sentences: list[str]):
    answers = cuttable(source, facts(UNDER)).answers
    assert [sentence for answer in answers for sentence in told(answer.decision) if COMMIT[:9] in sentence] == sentences


def test_another_repository_of_a_service_is_not_asked_for_at_the_cutoff():
    """It carries the version's tag, which is not there yet; its work is judged when the version is promoted."""
    strict = policy(
        services=UNDER.services,
        evidence=UNDER.evidence.model_copy(update={"environments": {"production": EnvironmentEvidence(add=(Requirement.PULL_REQUESTS,))}}),
    )
    assert cuttable(SOURCE, facts(strict)).outcome == "allowed"


CUT = Cut(
    "CUT-2026-1124-001", "weekly-2026-11-24", "example/repo", ("api",), COMMIT, AT, AT, False, "remy@example.com", "Remy", "signalbox", BASE,
    "v1.8.0", "release/1.8", "", CutState.ORDERED, "", (), (), (), COMMIT, Gates.PASSED, "",
)  # fmt: skip


@pytest.mark.parametrize(
    ("there", "parts", "shield", "under", "answer"),
    [
        pytest.param(COMMIT, COMMIT, SHIELD, UNDER, Allow, id="there, begins there, protected"),
        pytest.param(OTHER, COMMIT, SHIELD, UNDER, Allow, id="a fix is on it already"),
        pytest.param(COMMIT, COMMIT, Absent("protection"), POLICY, Allow, id="protection is not asked for"),
        pytest.param(Absent("branch"), None, SHIELD, UNDER, Unsure, id="not there yet"),
        pytest.param(LOST, LOST, SHIELD, UNDER, Unsure, id="unread"),
        pytest.param(COMMIT, COMMIT, LOST, UNDER, Unsure, id="protection unread"),
        pytest.param(COMMIT, OTHER, SHIELD, UNDER, Refusal.BRANCH_ELSEWHERE, id="begins elsewhere"),
        pytest.param(COMMIT, COMMIT, Absent("protection"), UNDER, Refusal.UNPROTECTED_BRANCH, id="open"),
        pytest.param(COMMIT, COMMIT, replace(SHIELD, required_reviews=0), UNDER, Refusal.UNPROTECTED_BRANCH, id="no review is asked for"),
        pytest.param(COMMIT, COMMIT, replace(SHIELD, required_checks=frozenset()), UNDER, Refusal.UNPROTECTED_BRANCH, id="no check is asked for"),
    ],
)  # fmt: skip
def test_when_a_branch_counts(there: Any, parts: Any, shield: Any, under: Any, answer: Expected):
    assert said(begun(CUT, there, parts, shield, facts(under))) == answer


@pytest.mark.parametrize("state", CutState)
def test_a_branch_is_not_seen_when_the_last_look_at_it_failed(state: CutState):
    assert unseen(replace(CUT, state=state, why="GitHub did not answer")) is (state == CutState.CUT)
    assert not unseen(replace(CUT, state=state, why=""))


@pytest.mark.parametrize(
    ("running", "word", "wanted"),
    [
        ({"api": "v1.7.3"}, "", "v1.8.0"),
        ({"api": "v1.7.3"}, "v2.0.0", "v2.0.0"),
        ({"api": "v1.7.3", "web": "v1.7.9"}, "", "v1.8.0"),
        ({"api": None}, "v1.0.0", "v1.0.0"),
        ({"api": "v1.7.3"}, "2.0", None),
        ({"api": "v1.7.3", "web": "v2.0.0"}, "", None),
        ({"api": None}, "", None),
        ({"api": "nightly"}, "", None),
    ],
)
def test_which_release_a_cut_makes(running: dict[str, str | None], word: str, wanted: str | None):
    found = next_version(running, word)
    if wanted is None:
        assert isinstance(found, Refuse)
        assert found.code is Refusal.NO_CUT_VERSION
    else:
        assert found == wanted
        assert branch_of(wanted) == f"release/{wanted[1:-2]}"


@pytest.mark.parametrize(
    ("source", "waits"),
    [
        (replace(SOURCE, evidence=WAITING), True),
        (replace(SOURCE, evidence=replace(GREEN, checks=())), True),
        (replace(SOURCE, evidence=replace(GREEN, checks=LOST)), True),
        (replace(SOURCE, evidence=RED), False),
        (replace(SOURCE, evidence=replace(WAITING, protection=Absent("protection"))), False),
    ],
)
def test_what_time_may_mend(source: Source, waits: bool):
    assert unfinished(source, facts(UNDER)) is waits


def test_all_services_of_a_repository_have_to_be_green():
    assert said(green(("api", "web"), COMMIT, GREEN.checks or (), facts(UNDER))) is Allow
    assert said(green(("api", "web"), COMMIT, RED.checks or (), facts(UNDER))) is Refusal.CHECKS_NOT_PASSED
    assert said(green(("api",), COMMIT, LOST, facts(UNDER))) is Unsure


def test_what_is_in_and_what_is_out():
    late = Span("example/repo", COMMIT, OTHER, (), (replace(pull(), number=8),))
    still = (OpenPull(9, "feat: more", "https://x/9", "", None, frozenset(), ()),)
    inside, outside = riders(replace(SOURCE, later=late, waiting=still))
    assert [rider.number for rider in inside] == [pull().number]
    assert [(rider.number, rider.why) for rider in outside] == [(8, "it was merged after the cutoff"), (9, "it is not merged")]
    assert riders(replace(SOURCE, evidence=replace(GREEN, work=LOST), waiting=LOST)) == ((), ())
    assert inside[0] == Rider(pull().number, pull().title, pull().url, merged=pull().merged)


def test_which_workflow_makes_a_branch():
    assert workflow_of(("web", "api"), UNDER) == ("api", "branch.yml")
    assert workflow_of(("web",), UNDER) is None
