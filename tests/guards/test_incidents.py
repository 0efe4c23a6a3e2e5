"""What an open incident holds, and what an incident takes (INC-01, INC-02, INC-07)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from guards.authorization import authorized
from guards.decision import Allow, Refusal, Refuse, Unsure
from guards.facts import Request
from guards.incident import HERE, Incident, IncidentEdit
from guards.incident_rules import IncidentRules, Severity, SignedIntake
from guards.incidents import complete_incident, has_been, known_incident, known_record, no_incident, otherwise, restored, still_open
from guards.sections import RoleGrant
from guards.unread import Absent, Unread
from guards.vocabulary import Action, ChangeType, Role
from tests.guards.cases import AT, MARA, OTTO, POLICY, REMY, RUNNING, emergency, facts, policy, request, said

HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
HELD = policy(incidents=IncidentRules(blocks={"production": "SEV-2"}))
ONE = Incident("INC-2026-1124-001", "checkout fails", 2, ("api",), AT - HOUR, MARA.id, MARA.name, HERE, "", AT - HOUR)
NEWER = replace(RUNNING, version="v1.5.0")
BACK = tuple(replace(one, environment="production") for one in facts().promotions)
"""The version ran in production before."""

FIRST_TIME = facts(HELD, incidents=(ONE,), promotions=())
"""The version never ran in production."""


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        pytest.param(FIRST_TIME, Refuse, id="open, of the severity that holds"),
        pytest.param(replace(FIRST_TIME, incidents=()), Allow, id="no incident"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, severity=1),)), Refuse, id="graver"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, severity=3),)), Allow, id="milder"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, services=("web",)),)), Allow, id="of another service"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, services=("web", "api")),)), Refuse, id="of this service too"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, services=()),)), Allow, id="of no service that is released here"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, services=None),)), Refuse, id="nobody knows of which services"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, opened_at=AT),)), Refuse, id="begins at this moment"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, opened_at=AT + MOMENT),)), Allow, id="begins a moment later"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, closed_at=AT),)), Allow, id="closed at this moment"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, closed_at=AT - MOMENT),)), Allow, id="closed a moment before"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, closed_at=AT + MOMENT),)), Refuse, id="closed a moment later"),
        pytest.param(replace(FIRST_TIME, incidents=(replace(ONE, severity=3), ONE)), Refuse, id="one of two"),
        pytest.param(replace(FIRST_TIME, incidents=Unread("the incidents")), Unsure, id="incidents unread"),
        pytest.param(replace(FIRST_TIME, incidents=Unread("the incidents"), policy=POLICY), Allow, id="incidents hold nothing here"),
        pytest.param(replace(FIRST_TIME, promotions=BACK, running=NEWER), Allow, id="goes back to what ran there before"),
        pytest.param(replace(FIRST_TIME, promotions=BACK), Refuse, id="ran there before, and what runs is older"),
        pytest.param(replace(FIRST_TIME, promotions=BACK, running=replace(RUNNING, version="v1.4.0")), Refuse, id="it runs there"),
        pytest.param(replace(FIRST_TIME, promotions=BACK, running=replace(RUNNING, version="v1.10.0")), Allow, id="numbers, not letters"),
        pytest.param(replace(FIRST_TIME, promotions=BACK, running=None), Refuse, id="nothing is known to run there"),
        pytest.param(replace(FIRST_TIME, promotions=BACK, running=Unread("what runs")), Unsure, id="nobody knows what runs there"),
        pytest.param(replace(FIRST_TIME, promotions=facts().promotions, running=NEWER), Refuse, id="ran elsewhere only"),
        pytest.param(replace(FIRST_TIME, promotions=Unread("the promotion log")), Unsure, id="nobody knows whether it ran there"),
    ],
)
def test_what_an_incident_holds(known, answer):
    found = no_incident(request(), known)
    assert isinstance(found, answer)
    if isinstance(found, Refuse):
        assert found.code is Refusal.OPEN_INCIDENT


def test_an_emergency_passes_by_its_record_and_nothing_else_by_its_type():
    assert isinstance(no_incident(request(change_type=ChangeType.EMERGENCY), replace(FIRST_TIME, emergency=emergency())), Allow)
    assert isinstance(no_incident(request(change_type=ChangeType.EMERGENCY), FIRST_TIME), Refuse)  # a word makes no emergency
    assert isinstance(no_incident(request(change_type=ChangeType.STANDARD), FIRST_TIME), Refuse)
    silent = replace(FIRST_TIME, incidents=Unread("the incidents"))
    assert isinstance(no_incident(request(change_type=ChangeType.EMERGENCY), replace(silent, emergency=emergency())), Allow)
    back = replace(FIRST_TIME, promotions=BACK, running=NEWER)
    assert isinstance(no_incident(request(version="v1.4.0-rc.1"), back), Refuse)  # no release is no way back


def test_the_refusal_names_the_gravest_and_whom_to_ask():
    lead = replace(ONE, commander=MARA.id, commander_name=MARA.name)
    answer = no_incident(request(), replace(FIRST_TIME, incidents=(lead, replace(ONE, reference="INC-2026-1124-002", services=None))))
    assert isinstance(answer, Refuse)
    assert answer.why.startswith("INC-2026-1124-001 (SEV-2, api) and 1 more is open: checkout fails.")
    assert MARA.name in answer.remedy
    unknown = no_incident(request(), replace(FIRST_TIME, incidents=(replace(ONE, services=None),)))
    assert isinstance(unknown, Refuse)
    assert "every service" in unknown.why


LISTENING = policy(
    incidents=IncidentRules(
        blocks={"production": "SEV-2"},
        intake={
            "pager": SignedIntake(kind="http", secret="PAGER_SECRET", silent_after=HOUR),
            "other": SignedIntake(kind="http", secret="OTHER_SECRET"),
        },
    )
)


@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        pytest.param({"pager": AT - HOUR}, Allow, id="heard just in time"),
        pytest.param({"pager": AT - HOUR - MOMENT}, Unsure, id="silent for too long"),
        pytest.param({"other": AT}, Unsure, id="never heard"),
        pytest.param({"pager": AT, "other": AT - 1000 * HOUR}, Allow, id="the silence of the other is not counted"),
    ],
)
def test_silence_is_not_peace(heard, answer):
    known = facts(LISTENING, incidents=(), promotions=(), heard=heard)
    assert isinstance(no_incident(request(), known), answer)
    assert isinstance(no_incident(request(environment="staging"), known), Allow)
    assert isinstance(no_incident(request(), replace(known, promotions=BACK, running=NEWER)), Allow)  # the way back stays open


COMMANDED = policy(
    roles=POLICY.roles
    | {Role.INCIDENT_COMMANDER: (RoleGrant(people=(MARA.id,)),), Role.ON_CALL: (RoleGrant(people=(OTTO.id,), services=("api",)),)},
    allow=POLICY.allow | {Action.INCIDENT: {"production": (Role.INCIDENT_COMMANDER, Role.ON_CALL)}},
)


@pytest.mark.parametrize(
    ("by", "services", "answer"),
    [
        pytest.param(MARA, None, Allow, id="a commander for all services"),
        pytest.param(OTTO, ("api",), Allow, id="on-call for their own service"),
        pytest.param(OTTO, ("api", "web"), Refuse, id="on-call for another service too"),
        pytest.param(OTTO, None, Refuse, id="on-call for all services"),
        pytest.param(REMY, ("api",), Refuse, id="somebody without a role for it"),
        pytest.param(MARA, ("gone",), Allow, id="a service that the policy lost meanwhile"),
    ],
)
def test_who_may_open_and_close_one(by, services, answer):
    one = replace(ONE, services=services)
    asked = Request(Action.INCIDENT, by)
    assert isinstance(authorized(replace(asked, incident=one), facts(COMMANDED, change=None)), answer)
    assert isinstance(authorized(asked, facts(COMMANDED, change=None, incident=one)), answer)


def test_of_an_incident_that_is_none_only_that_is_told():
    lost = facts(COMMANDED, change=None, incident=Absent("incident INC-9"))
    assert said(authorized(Request(Action.INCIDENT, REMY), lost)) is Refusal.NO_SUCH_INCIDENT


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        pytest.param(ONE, Allow, id="complete"),
        pytest.param(None, Refuse, id="nothing"),
        pytest.param(replace(ONE, title=" "), Refuse, id="it does not say what fails"),
        pytest.param(replace(ONE, opened_at=AT), Allow, id="begins now"),
        pytest.param(replace(ONE, opened_at=AT + MOMENT), Refuse, id="would begin later"),
    ],
)
def test_what_an_incident_takes(wanted, answer):
    assert isinstance(complete_incident(request(incident=wanted), facts()), answer)


@pytest.mark.parametrize(
    ("guard", "incident", "answer"),
    [
        pytest.param(known_incident, ONE, Allow, id="known"),
        pytest.param(known_incident, Absent("incident INC-9"), Refuse, id="unknown"),
        pytest.param(known_incident, None, Refuse, id="none was named"),
        pytest.param(still_open, ONE, Allow, id="open"),
        pytest.param(still_open, replace(ONE, closed_at=AT, closed_by=MARA.id), Refuse, id="closed"),
        pytest.param(still_open, Absent("incident INC-9"), Refuse, id="unknown to close"),
        pytest.param(restored, Absent("incident INC-9"), Refuse, id="unknown to be restored"),
    ],
)
def test_which_incident_is_meant(guard, incident, answer):
    assert isinstance(guard(request(), facts(incident=incident)), answer)


@pytest.mark.parametrize(
    ("bound", "answer"),
    [
        pytest.param("a change", Allow, id="on record"),
        pytest.param(Absent("change CR-9"), Refuse, id="not on record"),
        pytest.param(None, Refuse, id="none was named"),
    ],
)
def test_what_can_belong_to_it(bound, answer):
    assert isinstance(known_record(request(), facts(bound=bound)), answer)


SAID = IncidentEdit(closed_at=AT, closed_by=MARA.id, mechanism="went back", verification="errors are gone")


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        pytest.param(SAID, Allow, id="says how, and what shows it"),
        pytest.param(None, Refuse, id="says nothing"),
        pytest.param(replace(SAID, mechanism=" "), Refuse, id="not how"),
        pytest.param(replace(SAID, verification=""), Refuse, id="not what shows it"),
        pytest.param(replace(SAID, closed_at=ONE.opened_at), Allow, id="ends as it begins"),
        pytest.param(replace(SAID, closed_at=ONE.opened_at - MOMENT), Refuse, id="ends before it begins"),
        pytest.param(replace(SAID, closed_at=AT + MOMENT), Refuse, id="would end later"),
        pytest.param(replace(SAID, closed_at=None), Allow, id="no end is in question"),
    ],
)
def test_what_closing_takes(edit, answer):
    asked = request(incident=edit.over(ONE) if edit else None)
    assert isinstance(restored(asked, facts(incident=ONE)), answer)


@pytest.mark.parametrize(
    ("edit", "answer"),
    [
        pytest.param(IncidentEdit(severity=1), Allow, id="graver"),
        pytest.param(IncidentEdit(), Refuse, id="nothing"),
        pytest.param(IncidentEdit(severity=2), Refuse, id="as it is"),
        pytest.param(IncidentEdit(title=" "), Refuse, id="without a title"),
        pytest.param(None, Refuse, id="nothing was said"),
    ],
)
def test_what_changing_takes(edit, answer):
    asked = request(incident=edit.over(ONE) if edit else None)
    assert isinstance(otherwise(asked, facts(incident=ONE)), answer)
    assert isinstance(otherwise(asked, facts(incident=Absent("incident INC-9"))), Refuse)


def test_only_a_moment_that_has_been_can_be_asked_about():
    assert isinstance(has_been(request(moment=None), facts()), Allow)
    assert isinstance(has_been(request(moment=AT), facts()), Allow)
    assert isinstance(has_been(request(moment=AT + MOMENT), facts()), Refuse)


def test_a_request_that_names_no_service_may_be_part_of_each():
    assert ONE.touches(None)
    assert not replace(ONE, services=("web",)).touches("api")


def test_severities_are_known_by_name_and_what_is_not_named_is_the_gravest():
    rules = IncidentRules()
    assert [rules.number(name) for name in ("SEV-1", "sev-3", "P1", None)] == [1, 3, 1, 1]
    assert [rules.named(number).name for number in (1, 4, 9)] == ["SEV-1", "SEV-4", "SEV-4"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"blocks": {"moon": "SEV-1"}}, "unknown environment 'moon'", id="an environment that is none"),
        pytest.param({"blocks": {"production": "SEV-0"}}, "unknown severity 'SEV-0'", id="a severity that is none"),
        pytest.param(
            {"severities": (Severity(name="A", meaning="m"), Severity(name="a", meaning="m"))},
            "name each severity once",
            id="one name for two",
        ),
        pytest.param({"intake": {"pager": {"severities": {"P1": "SEV-0"}}}}, "unknown severity 'SEV-0'", id="an intake's severity"),
        pytest.param({"intake": {"pager": {"severity": "SEV-0"}}}, "unknown severity 'SEV-0'", id="an intake's severity for the rest"),
        pytest.param({"intake": {HERE: {}}}, "give it another name", id="an intake by our own name"),
        pytest.param({"intake": {"pager": {"services": {"API": ("ape",)}}}}, "unknown service 'ape'", id="an intake's service"),
    ],
)
def test_a_contradiction_in_the_policy_is_found(wrong, told):
    intake = {name: SignedIntake(kind="http", secret="PAGER_SECRET", **more) for name, more in wrong.get("intake", {}).items()}
    with pytest.raises(ValidationError, match=told):
        policy(incidents=IncidentRules(**{**wrong, "intake": intake}))


def test_its_correct_twin_loads():
    full = SignedIntake(
        kind="http", secret="PAGER_SECRET", severities={"P1": "SEV-1"}, severity="SEV-4", services={"API": ("api",), "X": ()}
    )
    assert policy(incidents=IncidentRules(blocks={"production": "SEV-1"}, intake={"pager": full})).incidents.intake["pager"] == full
