"""Who closes a change after its success, and with which words (REC-10); what the policy asks for afterwards (REC-12)."""

from dataclasses import replace

import pytest

from guards.decision import Allow, Refusal, Unsure
from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.lifecycle import State
from guards.post_release_rules import PostRelease, Task, Verifying
from guards.unread import Absent, Unread
from guards.verification import looked_at, looks_after, verifiable
from guards.verified import Verification
from guards.vocabulary import Action, Profile, Role
from tests.guards.cases import AT, CHANGE, DANA, HOUR, MARA, OTTO, POLICY, QUINN, REMY, THEO, policy, said

DEPLOYED = replace(CHANGE, state=State.SUCCEEDED, requester=REMY.id, requester_name=REMY.name)
ASKED = Verification(DEPLOYED.id, "OBL-1", AT, AT + 4 * HOUR)
VERIFIED = replace(ASKED, at=AT + HOUR, by=OTTO.id, name=OTTO.name, looked_at="the dashboards")
REQUEST = Request(Action.VERIFY, REMY, "api", "production", "v1.4.0", rationale="p95 and the error rate")
FACTS = Facts(at=AT + HOUR, policy=POLICY, groups={"S0QUALITY": frozenset({"U0QUINN"})}, change=DEPLOYED, verification=ASKED)
STRANGER = Stranger("U0WHO", "Who", "Who is a guest here.")


def verified_by(**rule):
    return policy(post_release=PostRelease(verification=Verifying(**rule)))


BY_QUALITY = verified_by(requester=False, roles=(Role.QA,))


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        pytest.param(FACTS, Allow, id="deployed, and nobody looked"),
        pytest.param(replace(FACTS, change=Unread("the change")), Unsure, id="change unread"),
        pytest.param(replace(FACTS, change=Absent("change CR-9")), Refusal.NO_SUCH_CHANGE, id="there is none"),
        pytest.param(replace(FACTS, change=None), Refusal.NO_SUCH_CHANGE, id="none was named"),
        pytest.param(replace(FACTS, change=replace(DEPLOYED, state=State.RUNNING)), Refusal.WRONG_STATE, id="CI works on it"),
        pytest.param(replace(FACTS, change=replace(DEPLOYED, state=State.FAILED)), Refusal.WRONG_STATE, id="it failed"),
        pytest.param(replace(FACTS, verification=Unread("the verification")), Unsure, id="verification unread"),
        pytest.param(replace(FACTS, verification=None), Refusal.WRONG_STATE, id="nobody was asked"),
        pytest.param(replace(FACTS, verification=VERIFIED), Refusal.ALREADY_DECIDED, id="somebody looked"),
    ],
)
def test_what_can_be_verified(facts, answer):
    assert said(verifiable(REQUEST, facts)) == answer


@pytest.mark.parametrize(
    ("request_", "facts", "answer"),
    [
        pytest.param(REQUEST, FACTS, Allow, id="who asked for it"),
        pytest.param(replace(REQUEST, by=OTTO), FACTS, Allow, id="who owns the service"),
        pytest.param(replace(REQUEST, by=MARA), FACTS, Refusal.NOT_PERMITTED, id="a release manager"),
        pytest.param(replace(REQUEST, by=DANA), FACTS, Refusal.NOT_PERMITTED, id="its author"),
        pytest.param(replace(REQUEST, by=THEO), FACTS, Refusal.NOT_PERMITTED, id="who owns another service"),
        pytest.param(replace(REQUEST, by=STRANGER), FACTS, Refusal.NOT_PERMITTED, id="a stranger"),
        pytest.param(replace(REQUEST, by=Unread("your account")), FACTS, Unsure, id="asker unread"),
        pytest.param(REQUEST, replace(FACTS, policy=BY_QUALITY), Refusal.NOT_PERMITTED, id="who asked, where others look"),
        pytest.param(replace(REQUEST, by=QUINN), replace(FACTS, policy=BY_QUALITY), Allow, id="quality, by group"),
        pytest.param(replace(REQUEST, by=QUINN), replace(FACTS, policy=BY_QUALITY, groups={}), Unsure, id="group unread"),
        pytest.param(REQUEST, replace(FACTS, policy=verified_by(roles=(Role.QA,)), groups={}), Allow, id="who asked needs no group"),
        pytest.param(REQUEST, replace(FACTS, change=Absent("change CR-9")), Refusal.NO_SUCH_CHANGE, id="there is none"),
        pytest.param(REQUEST, replace(FACTS, change=Unread("the change")), Unsure, id="change unread"),
    ],
)  # fmt: skip
def test_who_verifies(request_, facts, answer):
    assert said(looks_after(request_, facts)) == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("p95 and the error rate", Allow),
        *((words, Refusal.NO_RATIONALE) for words in ("", " ", "later", "TBD", "ok", " OK ", "LGTM", "all good")),
    ],
)
def test_what_was_looked_at_is_said(words, answer):
    assert said(looked_at(replace(REQUEST, rationale=words), FACTS)) == answer


STARTER, STRICT = Evidence(profile=Profile.STARTER), Evidence()
MIXED = Evidence(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(profile=Profile.STRICT)})


@pytest.mark.parametrize(
    ("evidence", "rule", "verifies", "before", "tasks"),
    [
        pytest.param(STRICT, PostRelease(), True, True, tuple(Task), id="the strict profile asks for everything"),
        pytest.param(STARTER, PostRelease(), False, False, (), id="the starter profile for nothing"),
        pytest.param(MIXED, PostRelease(), True, True, tuple(Task), id="the profile of the environment counts"),
        pytest.param(
            STRICT, PostRelease(verification=Verifying(asked=False), tasks=()), False, True, (), id="both can be left out, not what goes on"
        ),
        pytest.param(
            STARTER,
            PostRelease(verification=Verifying(asked=True), tasks=(Task.DOCS,)),
            True,
            False,
            (Task.DOCS,),
            id="both can be asked for",
        ),
    ],
)
def test_what_a_success_asks_for(evidence, rule, verifies, before, tasks):
    """In production; and in staging, where production takes only what somebody looked at there (PRM-08)."""
    made = POLICY.model_copy(update={"evidence": evidence, "post_release": rule})
    assert (made.verifies("api", "production"), made.tasks("production")) == (verifies, tasks)
    assert (made.verifies("api", "staging"), made.tasks("staging")) == (before, ())
