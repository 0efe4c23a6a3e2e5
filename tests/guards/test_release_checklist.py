"""The release checklist: four parts, each item judged by the bot or said by somebody (REC-12, REC-13)."""

from dataclasses import replace

import pytest

from guards.change import Verdict
from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.go import GoDecision, Outcome, Ride
from guards.lifecycle import State
from guards.obligation import Obligation, Owed
from guards.post_release_rules import PostRelease, Verifying
from guards.readiness import Mark
from guards.release_checklist import Checked, Past, Stage, release_checklist
from guards.unread import Absent, Unread
from guards.verified import Verification
from guards.vocabulary import Migration, Profile, Requirement
from tests.guards.cases import AT, CHANGE, FACTS, HOUR, MARA, OTTO, REMY, REQUEST, approval, policy
from tests.guards.proofs import asking

APPROVAL = approval()
DEPLOYED = replace(CHANGE, state=State.SUCCEEDED, dispatched=AT, finished=AT + HOUR, run="run-7", implementer="ci:actions")
DOCS = Obligation("OBL-1", Owed.DOCUMENTATION, DEPLOYED.id, "api", "write", REMY.id, REMY.name, AT + HOUR, AT, "signalbox")
TOLD = replace(DOCS, id="OBL-2", kind=Owed.NOTIFICATION, done=AT + HOUR, done_by="signalbox", evidence="told in C0")
LOOK = replace(DOCS, id="OBL-3", kind=Owed.VERIFICATION)
SEEN = Verification(DEPLOYED.id, "OBL-3", AT, AT + HOUR, AT, OTTO.id, OTTO.name, frozenset(), "the dashboards")
GO = GoDecision(
    "GNG-1", "weekly-1", None, Outcome.GO, MARA.id, MARA.name, frozenset(), None, (), "", "", "",  # type: ignore[arg-type]
    ({"item": "runbooks", "outcome": "confirmed", "why": "alerts and runbooks are updated", "link": "", "evaluated_by": "Theo"},), (), AT,
)  # fmt: skip
ASKING = policy(post_release=PostRelease(verification=Verifying(asked=True), tasks=("docs",)))
CHECKS = asking(Evidence(environments={"production": EnvironmentEvidence(profile=Profile.STARTER, add=(Requirement.CHECKS,))}))


def item(name, *, facts=FACTS, request=REQUEST, past=None):
    found = {one.name: one for one in release_checklist(request, facts, past or Past())}
    one = found[name]
    return one.mark, one.why, one.by


def test_its_parts_are_in_order_and_no_item_stands_twice():
    found = release_checklist(REQUEST, FACTS, Past())
    stages = [one.stage for one in found]
    assert stages == sorted(stages, key=tuple(Stage).index)
    assert set(stages) == set(Stage)
    assert len({one.name for one in found}) == len(found)
    assert all(isinstance(one, Checked) and one.why for one in found)


SCANS, SAME = "tests and scans", "the very artifact that the environment before ran"
KEPT = {
    "checked": {"guard": "checked", "answer": "allow", "why": "7 checks passed"},
    "in_window": {"guard": "in_window", "answer": "refuse", "why": "closed then"},
    "assessed": {"guard": "assessed", "answer": "unsure", "missing": "the labels"},
    "noted": {"guard": "noted", "answer": "allow", "why": "by exception EXC-1", "exception": "EXC-1"},
    "revertible": {"guard": "revertible", "answer": "allow", "why": "rollback-target: not required by policy"},
    "approved": {"guard": "approved", "answer": "allow", "why": "approved by Mara"},
}


@pytest.mark.parametrize(
    ("name", "mark", "why"),
    [
        (SCANS, Mark.PASSED, "7 checks passed"),
        ("change window", Mark.FAILED, "closed then"),
        ("risk", Mark.UNREAD, "the labels"),
        ("release notes", Mark.EXCEPTED, "by exception EXC-1"),
        ("way back", Mark.NOT_REQUIRED, "not required by policy"),
    ],
)
def test_what_was_judged_at_dispatch_stands_as_it_was(name, mark, why):
    assert item(name, past=Past(change=DEPLOYED, judged=KEPT))[:2] == (mark, why)


@pytest.mark.parametrize(
    ("name", "facts", "mark"),
    [
        pytest.param(SAME, FACTS, Mark.PASSED, id="as in staging"),
        pytest.param(SAME, replace(FACTS, before=None), Mark.FAILED, id="never ran in staging"),
        pytest.param(SAME, replace(FACTS, before=Unread("what ran in staging")), Mark.UNREAD, id="staging unread"),
        pytest.param(SCANS, FACTS, Mark.NOT_REQUIRED, id="not asked for"),
        pytest.param(SCANS, replace(FACTS, policy=CHECKS), Mark.UNREAD, id="asked for and unread"),
        pytest.param(
            SCANS, replace(FACTS, policy=CHECKS, evidence=replace(FACTS.evidence, checks=Absent("checks"))), Mark.FAILED, id="none ran"
        ),
    ],
)
def test_before_that_the_guards_answer_now(name, facts, mark):
    assert item(name, facts=facts)[0] is mark


def test_what_could_not_be_read_is_told_with_its_reason():
    lost = replace(FACTS, before=Unread("what ran in staging", "the registry is away"))
    assert item(SAME, facts=lost)[1] == "what ran in staging (the registry is away); what ran in staging (the registry is away)"
    assert item(SAME, facts=replace(FACTS, before=Unread("what ran in staging")))[1] == "what ran in staging; what ran in staging"


OPEN, NO = Mark.OPEN, Mark.NOT_REQUIRED


@pytest.mark.parametrize(
    ("name", "past", "facts", "expected"),
    [
        pytest.param("migrations", Past(), FACTS, (Mark.CONFIRMED, "no", "signalbox"), id="declared now"),
        pytest.param("migrations", Past(change=CHANGE), FACTS, (Mark.CONFIRMED, CHANGE.content.migration.value, CHANGE.requester_name), id="declared with the change"),
        pytest.param("runbooks and alerts", Past(), FACTS, (NO, "asked for at the go/no-go of a train; there was none", ""), id="no go/no-go"),
        pytest.param("runbooks and alerts", Past(go=GO), FACTS, (Mark.CONFIRMED, "alerts and runbooks are updated", "Theo"), id="confirmed at the go/no-go"),
        pytest.param("runbooks and alerts", Past(go=replace(GO, items=())), FACTS, (NO, "asked for at the go/no-go of a train; there was none", ""), id="a decision without its items"),
        pytest.param("approvals", Past(), FACTS, (OPEN, "nobody asked for it yet", ""), id="no change"),
        pytest.param("approvals", Past(change=CHANGE), FACTS, (OPEN, f"{CHANGE.id} is awaiting-approval", ""), id="not decided"),
        pytest.param("approvals", Past(change=DEPLOYED, judged=KEPT, approvals=(APPROVAL,)), FACTS, (Mark.PASSED, "approved by Mara", APPROVAL.name), id="approved"),
        pytest.param("approvals", Past(change=DEPLOYED, judged=KEPT, approvals=(APPROVAL, approval(OTTO, verdict=Verdict.REJECTED))), FACTS, (Mark.PASSED, "approved by Mara", APPROVAL.name), id="approved by one, rejected by another"),
        pytest.param("approvals", Past(change=DEPLOYED, judged=KEPT), FACTS, (Mark.PASSED, "approved by Mara", "signalbox"), id="none was needed"),
        pytest.param("go/no-go", Past(go=GO), FACTS, (Mark.CONFIRMED, "go in GNG-1", MARA.name), id="a go"),
        pytest.param("go/no-go", Past(go=replace(GO, outcome=Outcome.NO_GO)), FACTS, (Mark.FAILED, "no-go in GNG-1", MARA.name), id="a no-go"),
        pytest.param("go/no-go", Past(), replace(FACTS, rides=Unread("the release trains")), (Mark.UNREAD, "the release trains", "signalbox"), id="trains unread"),
        pytest.param("go/no-go", Past(), replace(FACTS, rides=(Ride("weekly", None),)), (OPEN, "nobody decided; it rides weekly", ""), id="nobody decided"),
        pytest.param("go/no-go", Past(), replace(FACTS, rides=()), (NO, "it rides no train; its approval is the decision", "signalbox"), id="no train"),
        pytest.param("deployed by CI", Past(), FACTS, (OPEN, "not handed to CI yet", ""), id="nothing was handed to CI"),
        pytest.param("deployed by CI", Past(change=DEPLOYED), FACTS, (Mark.PASSED, f"{DEPLOYED.id}, run run-7", "ci:actions"), id="deployed"),
        pytest.param("deployed by CI", Past(change=replace(DEPLOYED, state=State.FAILED)), FACTS, (Mark.FAILED, f"{DEPLOYED.id} is failed", "ci:actions"), id="failed"),
        pytest.param("deployed by CI", Past(change=replace(DEPLOYED, state=State.RUNNING, implementer=None)), FACTS, (OPEN, f"{DEPLOYED.id} is running", "ci"), id="CI works on it"),
        pytest.param("documentation", Past(), replace(FACTS, policy=ASKING), (OPEN, "due once it is in production", ""), id="asked for afterwards"),
        pytest.param("clean-up scheduled", Past(), replace(FACTS, policy=ASKING), (NO, "not required by policy", "signalbox"), id="not asked for"),
        pytest.param("documentation", Past(change=DEPLOYED), replace(FACTS, policy=ASKING), (NO, "nobody asked for it when it was deployed", "signalbox"), id="asked for since"),
        pytest.param("documentation", Past(change=DEPLOYED, owed=(DOCS,)), FACTS, (OPEN, f"{REMY.name} owes it (OBL-1)", ""), id="owed"),
        pytest.param("documentation", Past(change=DEPLOYED, owed=(replace(DOCS, done=AT, done_by=OTTO.id, evidence="chapter 3"),)), FACTS, (Mark.CONFIRMED, "chapter 3", OTTO.name), id="said to be done"),
        pytest.param("documentation", Past(change=DEPLOYED, owed=(replace(DOCS, done=AT, done_by="gone@example.com", evidence="chapter 3"),)), FACTS, (Mark.CONFIRMED, "chapter 3", "gone@example.com"), id="by somebody who left"),
        pytest.param("team told", Past(change=DEPLOYED, owed=(TOLD,)), FACTS, (Mark.PASSED, "told in C0", "signalbox"), id="seen by the bot"),
        pytest.param("verified in production", Past(change=DEPLOYED, owed=(LOOK,), verification=replace(SEEN, at=None, name=None)), FACTS, (OPEN, f"{REMY.name} owes it (OBL-3)", ""), id="nobody looked"),
        pytest.param("verified in production", Past(change=DEPLOYED, owed=(replace(LOOK, done=AT, done_by=OTTO.id, evidence="x"),), verification=SEEN), FACTS, (Mark.CONFIRMED, "the dashboards", OTTO.name), id="somebody looked"),
    ],
)  # fmt: skip
def test_what_people_said_and_what_is_owed(name, past, facts, expected):
    assert item(name, facts=facts, past=past) == expected


def test_a_migration_that_nobody_declared_is_open():
    assert item("migrations", request=replace(REQUEST, migration=None))[0] is Mark.OPEN
    assert item("migrations", request=replace(REQUEST, migration=Migration.EXPAND))[1] == "expand"
