"""Break-glass access: in an open emergency, as the policy names it, granted by another (EMG-18, SOD-01)."""

from dataclasses import replace
from typing import Any

import pytest

from guards.access import Grant, GrantState
from guards.accesses import accessible, endable_grant, grants_to_others, pending_grant
from guards.authorization import authorized
from guards.decision import Allow, Refusal, Unsure
from guards.emergency import Emergency, EmergencyState
from guards.facts import Facts
from guards.identity import Stranger
from guards.policy import Policy
from guards.unread import Absent, Unread
from guards.vocabulary import Action, Role
from tests.guards.cases import (
    AT,
    DANA,
    HOUR,
    MARA,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    Expected,
    again,
    emergency,
    facts,
    policy,
    request,
    said,
    told,
)

LOST = Unread("Slack", "no answer within 5 s")
OPEN = policy(
    services={**POLICY.services, "api": POLICY.services["api"].model_copy(update={"access": {"database-read": "break-glass.yml"}})},
    allow={
        **POLICY.allow,
        Action.REQUEST_ACCESS: {"production": (Role.RELEASE_CAPTAIN,)},
        Action.GRANT_ACCESS: {"production": (Role.RELEASE_MANAGER, Role.QA)},
    },
)


def grant(**parts: Any) -> Grant:
    whole = Grant(
        "BGL-2026-1124-001", "EMG-2026-1124-001", REMY.id, REMY.name, AT - HOUR, "api", "production", "database-read", "see the locks", 120
    )
    return replace(whole, **parts)


GRANTED = grant(state=GrantState.GRANTED, approver=MARA.id, approver_name=MARA.name, granted=AT, until=AT + HOUR)


def knowing(
    held: Grant | Absent | None = None, record: Emergency | None = None, under: Policy = OPEN, **parts: Any
) -> Facts:  # fmt: skip
    return facts(under, grant=held, emergency=record or emergency(), **parts)


@pytest.mark.parametrize(
    ("wanted", "known", "expected"),
    [
        pytest.param(grant(), knowing(), Allow, id="in an approved emergency"),
        pytest.param(grant(), knowing(record=emergency(state=EmergencyState.DECLARED)), Allow, id="in a declared one"),
        pytest.param(grant(), knowing(record=emergency(state=EmergencyState.USED, until=AT)), Allow, id="in one that was used"),
        pytest.param(grant(), knowing(record=emergency(until=AT)), Refusal.WRONG_STATE, id="in one that is over"),
        pytest.param(grant(), knowing(record=emergency(state=EmergencyState.CLOSED)), Refusal.WRONG_STATE, id="in one that is closed"),
        pytest.param(grant(), replace(knowing(), emergency=None), Refusal.NO_SUCH_EMERGENCY, id="in none"),
        pytest.param(grant(minutes=240), knowing(), Allow, id="as long as it may"),
        pytest.param(grant(minutes=241), knowing(), Refusal.TOO_LONG, id="longer"),
        pytest.param(grant(reason=" "), knowing(), Refusal.INCOMPLETE, id="for nothing"),
        pytest.param(None, knowing(), Refusal.INCOMPLETE, id="nothing asked for"),
        pytest.param(grant(scope="shell"), knowing(), Refusal.NO_ACCESS_WORKFLOW, id="an access that the policy does not name"),
        pytest.param(grant(service="web"), knowing(), Refusal.NO_ACCESS_WORKFLOW, id="a service that has none"),
        pytest.param(grant(service="gone"), knowing(), Refusal.NO_ACCESS_WORKFLOW, id="a service that is gone"),
    ],
)
def test_it_is_asked_for_in_an_emergency_as_the_policy_names_it(wanted: Grant | None, known: Facts, expected: Expected) -> None:
    assert said(accessible(request(action=Action.REQUEST_ACCESS, grant=wanted), known)) == expected


@pytest.mark.parametrize(
    ("held", "record", "expected"),
    [
        pytest.param(grant(), None, Allow, id="waits"),
        *(pytest.param(grant(state=state), None, Refusal.WRONG_STATE, id=state) for state in GrantState if state != GrantState.REQUESTED),
        pytest.param(grant(), emergency(until=AT), Refusal.WRONG_STATE, id="its emergency is over"),
        pytest.param(grant(), emergency(state=EmergencyState.WITHDRAWN), Refusal.WRONG_STATE, id="its emergency was withdrawn"),
        pytest.param(grant(scope="shell"), None, Refusal.NO_ACCESS_WORKFLOW, id="the policy does not name it any more"),
        pytest.param(Absent("access BGL-9"), None, Refusal.NO_SUCH_GRANT, id="none"),
    ],
)
def test_it_is_granted_while_it_waits(held: Grant | Absent, record: Emergency | None, expected: Expected) -> None:
    assert said(pending_grant(request(), knowing(held, record))) == expected
    if isinstance(held, Absent):
        assert said(authorized(request(action=Action.GRANT_ACCESS), knowing(held))) == Refusal.NO_SUCH_GRANT


@pytest.mark.parametrize(
    ("by", "known", "expected"),
    [
        pytest.param(MARA, knowing(grant()), Allow, id="somebody else"),
        pytest.param(REMY, knowing(grant()), Refusal.OWN_REQUEST, id="who gets it"),
        pytest.param(MARA, knowing(grant(requester=again(MARA.id))), Refusal.OWN_REQUEST, id="who gets it, and may grant"),
        pytest.param(MARA, knowing(grant(requester=DANA.id)), Allow, id="somebody else, who sorts before"),
        pytest.param(DANA, knowing(grant()), Refusal.NOT_PERMITTED, id="by a role that was only delegated"),
        pytest.param(QUINN, knowing(grant()), Allow, id="by a Slack group"),
        pytest.param(QUINN, knowing(grant(), groups={"S0QUALITY": LOST}), Unsure, id="by a group that could not be read"),
        pytest.param(LOST, knowing(grant()), Unsure, id="who asks could not be read"),
        pytest.param(Stranger("U1", "Eve", "a guest"), knowing(grant()), Allow, id="a stranger is turned away before"),
        pytest.param(MARA, knowing(), Refusal.NO_SUCH_GRANT, id="none"),
    ],
)
def test_who_gets_it_never_grants_it(by: Any, known: Facts, expected: Expected) -> None:
    assert said(grants_to_others(request(by=by), known)) == expected


def test_the_others_who_may_grant_it_are_named() -> None:
    refused = grants_to_others(request(by=QUINN), knowing(grant(requester=again(QUINN.id))))
    assert told(refused) == ("Quinn asked for BGL-2026-1124-001, and so never grants it.", "Ask Mara or Ravi.")


def test_what_is_asked_for_is_named_and_so_is_what_the_policy_has() -> None:
    asked = [told(accessible(request(grant=wanted), knowing())) for wanted in (grant(), grant(scope="shell"), grant(service="web"))]
    assert [sentences[0] for sentences in asked] == [
        "database-read of api in production for 120 min",
        "The policy names no access 'shell' to api; it has database-read.",
        "The policy names no access 'database-read' to web; it has none.",
    ]


def test_it_is_not_granted_when_its_emergency_cannot_be_found() -> None:
    assert said(pending_grant(request(), replace(knowing(grant()), emergency=None))) == Refusal.WRONG_STATE


def test_a_policy_that_lets_nobody_else_grant_says_so() -> None:
    alone = policy(**{name: getattr(OPEN, name) for name in ("services",)}, allow={
        **OPEN.allow, Action.GRANT_ACCESS: {"production": (Role.RELEASE_CAPTAIN,)}})  # fmt: skip
    answer = grants_to_others(request(by=REMY), knowing(grant(), under=alone))
    assert "allow.grant-access" in getattr(answer, "remedy", "")


@pytest.mark.parametrize(
    ("by", "held", "expected"),
    [
        pytest.param(REMY, GRANTED, Allow, id="who has it"),
        pytest.param(MARA, GRANTED, Allow, id="who granted it"),
        pytest.param(RAVI, GRANTED, Allow, id="who could grant it"),
        pytest.param(OTTO, GRANTED, Refusal.NOT_PERMITTED, id="somebody else"),
        pytest.param(LOST, GRANTED, Unsure, id="who asks could not be read"),
        *(pytest.param(REMY, grant(state=state), Refusal.WRONG_STATE, id=state) for state in GrantState if state != GrantState.GRANTED),
        pytest.param(REMY, None, Refusal.NO_SUCH_GRANT, id="none"),
    ],
)
def test_it_is_ended_by_those_concerned(by: Any, held: Grant | None, expected: Expected) -> None:
    assert said(endable_grant(request(by=by), knowing(held))) == expected
