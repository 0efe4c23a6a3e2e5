"""Emergencies: declared completely, approved by two others, for exactly one change, once, and closed at the end (EMG-01 … EMG-07, EMG-25)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from guards.approvals import approved
from guards.authorization import authorized
from guards.business import end_of_business_day
from guards.classified import classified
from guards.decision import Allow, Refusal, Unsure
from guards.emergencies import (
    apart,
    counting,
    covered,
    declarable,
    deploys,
    executable,
    heard,
    known_emergency,
    may_still,
    pinned_by,
    pinned_if_deployed,
    same_version,
    spoke,
    undecided_emergency,
    withdrawable_emergency,
)
from guards.emergency import Classification, Emergency, EmergencyKind, EmergencyState, Ending, Execution, Spoken
from guards.emergency_closing import closable_emergency
from guards.emergency_rules import EmergencyRules
from guards.facts import Facts, Request
from guards.holiday import Holidays
from guards.hotfix import HotfixFacts, HotfixState
from guards.identity import Stranger
from guards.incident import Incident
from guards.incident_rules import IncidentRules, SignedIntake
from guards.lead import held_back_until
from guards.obligation import Obligation, Owed
from guards.override import as_recorded, overriding
from guards.policy import Policy
from guards.unread import Absent, Unread
from guards.vocabulary import Action, ChangeType, Role
from guards.window import in_window
from tests.guards.cases import (
    ARTIFACT,
    AT,
    DANA,
    DAY,
    FACTS,
    HOTFIX,
    HOUR,
    MARA,
    MINUTE,
    OTHER_DIGEST,
    OTTO,
    POLICY,
    QUINN,
    REMY,
    Expected,
    aye,
    change,
    emergency,
    facts,
    policy,
    request,
    said,
    told,
)

URGENT = request(change_type=ChangeType.EMERGENCY)
LOST = Unread("Slack", "no answer within 5 s")


def knowing(record: Emergency | Absent | None, under: Policy = POLICY, **parts: Any) -> Facts:
    return facts(under, emergency=record, **{"change": None, **parts})


WAITING = emergency(state=EmergencyState.DECLARED, approvals=())
USED = emergency(state=EmergencyState.USED, change="CR-2026-1124-009", used=AT - HOUR)


BY_GROUP = policy(emergency=EmergencyRules(among=(Role.QA,)))
"""QA, who are in a Slack group, must be among those who approve."""


# ---------------------------------------------------------------- what it covers


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(request(), knowing(None), Allow, id="a normal change needs none"),
        pytest.param(URGENT, knowing(emergency()), Allow, id="approved by two others"),
        pytest.param(URGENT, knowing(None), Refusal.NO_SUCH_EMERGENCY, id="a word makes no emergency"),
        pytest.param(URGENT, knowing(Absent("emergency EMG-2026-1124-009")), Refusal.NO_SUCH_EMERGENCY, id="none with this id"),
        pytest.param(URGENT, knowing(WAITING), Refusal.NOT_COVERED, id="nobody approved it"),
        pytest.param(URGENT, knowing(emergency(version="v1.4.1")), Refusal.NOT_COVERED, id="another version"),
        pytest.param(URGENT, knowing(emergency(service="web")), Refusal.NOT_COVERED, id="another service"),
        pytest.param(URGENT, knowing(emergency(environment="staging")), Refusal.NOT_COVERED, id="another environment"),
        pytest.param(URGENT, knowing(emergency(until=AT + MINUTE)), Allow, id="in its last minute"),
        pytest.param(URGENT, knowing(emergency(until=AT)), Refusal.WRONG_STATE, id="at the moment in which it ends"),
        pytest.param(URGENT, knowing(emergency(declared=AT + MINUTE)), Refusal.WRONG_STATE, id="the clock went back behind its beginning"),
        pytest.param(URGENT, knowing(emergency(state=EmergencyState.WITHDRAWN)), Refusal.WRONG_STATE, id="withdrawn"),
        pytest.param(URGENT, knowing(emergency(state=EmergencyState.CLOSED)), Refusal.WRONG_STATE, id="closed"),
        pytest.param(URGENT, knowing(USED), Refusal.WRONG_STATE, id="used by another change, and there is none yet"),
        pytest.param(URGENT, knowing(USED, change=change()), Refusal.WRONG_STATE, id="used by another change"),
        pytest.param(URGENT, knowing(replace(USED, change=change().id), change=change()), Allow, id="used by this very change"),
        # whose approvals count
        pytest.param(URGENT, knowing(emergency(approvals=(aye(MARA, Role.RELEASE_MANAGER),))), Refusal.NOT_COVERED, id="approved by one"),
        pytest.param(
            URGENT, knowing(emergency(approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(QUINN, Role.QA)))), Refusal.NOT_COVERED,
            id="its declarer does not count",
        ),
        pytest.param(
            URGENT, knowing(emergency(declarer=REMY.id, approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(DANA)))), Refusal.NOT_COVERED,
            id="an author does not count",
        ),
        pytest.param(
            URGENT, knowing(emergency(declarer=REMY.id, approvals=(aye(OTTO, Role.SERVICE_OWNER), aye(QUINN, Role.QA)))), Allow,
            id="a role by a Slack group",
        ),
        pytest.param(
            URGENT,
            knowing(emergency(declarer=REMY.id, approvals=(aye(OTTO, Role.SERVICE_OWNER), aye(QUINN, Role.QA))), groups={"S0QUALITY": LOST}),
            Unsure, id="a Slack group could not be read",
        ),
        pytest.param(
            URGENT, knowing(emergency(declarer=REMY.id, approvals=(aye(OTTO, Role.SERVICE_OWNER), aye(QUINN, Role.QA))), groups={
                "S0QUALITY": frozenset()}), Refusal.NOT_COVERED, id="somebody who lost the role",
        ),
        pytest.param(
            URGENT, knowing(emergency(), people={**FACTS.people, OTTO.id: Stranger("U0OTTO", "Otto", "deactivated")}),
            Refusal.NOT_COVERED, id="somebody who left",
        ),
        pytest.param(URGENT, knowing(emergency(), people={**FACTS.people, OTTO.id: LOST}), Unsure, id="an account that could not be read"),
        pytest.param(URGENT, knowing(emergency(), people={MARA.id: MARA}), Unsure, id="nobody looked who the approver is"),
        pytest.param(
            URGENT, knowing(emergency(approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(OTTO, Role.SERVICE_OWNER, digest=OTHER_DIGEST)))),
            Refusal.NOT_COVERED, id="an approval of another artifact",
        ),
        pytest.param(
            URGENT, knowing(emergency(approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(OTTO, Role.SERVICE_OWNER, at=AT + MINUTE)))),
            Refusal.NOT_COVERED, id="an approval that is still to come, as the clock jumped",
        ),
        pytest.param(
            URGENT, knowing(emergency(approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(OTTO, Role.SERVICE_OWNER, at=AT)))), Allow,
            id="an approval of this moment",
        ),
        pytest.param(replace(URGENT, by=MARA), knowing(emergency()), Refusal.NOT_COVERED, id="carried out by who approved it (SOD-01)"),
        pytest.param(
            URGENT, knowing(emergency(), change=change(requester=OTTO.id)), Refusal.NOT_COVERED, id="asked for by who approved it (SOD-01)"
        ),
        pytest.param(replace(URGENT, by=LOST), knowing(emergency()), Allow, id="who asks is for the authorization"),
        pytest.param(URGENT, knowing(emergency(), artifact=LOST), Unsure, id="the authors could not be read"),
        pytest.param(
            URGENT, knowing(emergency(), policy(emergency=EmergencyRules(among=(Role.INCIDENT_COMMANDER,)))), Refusal.NOT_COVERED,
            id="none of them holds a role that must be among them",
        ),
        pytest.param(
            URGENT, knowing(emergency(declarer=REMY.id, approvals=(aye(MARA, Role.QA), aye(OTTO, Role.QA))), policy(
                emergency=EmergencyRules(among=(Role.RELEASE_MANAGER,)))), Allow, id="the roles of now count, not those of then",
        ),
        pytest.param(
            URGENT, knowing(emergency(), BY_GROUP, groups={"S0QUALITY": LOST}), Unsure,
            id="whether one of them holds such a role could not be read",
        ),
        pytest.param(URGENT, knowing(emergency(), BY_GROUP), Refusal.NOT_COVERED, id="none of them is in the group of such a role"),
        pytest.param(URGENT, knowing(emergency(), policy(emergency=EmergencyRules(count=3))), Refusal.NOT_COVERED, id="the policy asks for three"),
    ],
)  # fmt: skip
def test_an_emergency_change_is_covered_by_exactly_its_record(asked: Request, known: Facts, expected: Expected) -> None:
    """EMG-05, EMG-06, CF-14."""
    assert said(covered(asked, known)) == expected
    if asked.change_type is ChangeType.EMERGENCY:
        assert said(approved(asked, known)) == expected


def test_who_looks_whether_it_is_covered_reads_why() -> None:
    assert told(covered(URGENT, knowing(emergency()))) == ("EMG-2026-1124-001 covers it, approved by Mara and Otto",)
    assert told(covered(URGENT, knowing(WAITING))) == ("EMG-2026-1124-001 is not approved yet.", "Ask Mara or Ravi or Otto.")
    assert told(covered(URGENT, knowing(USED))) == (
        "EMG-2026-1124-001 was used by CR-2026-1124-009; it covers nothing else (EMG-05).",
        "For another change declare another emergency: `/release emergency declare`.",
    )
    assert told(covered(URGENT, knowing(emergency(until=AT))))[0] == "EMG-2026-1124-001 is expired since Tue 24 Nov 12:00 Europe/Berlin."


NIGHT = AT + 12 * HOUR


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(knowing(emergency(until=NIGHT + HOUR), at=NIGHT), Allow, id="at night, by its record"),
        pytest.param(knowing(None, at=NIGHT), Refusal.OUTSIDE_WINDOW, id="at night, by a word"),
        pytest.param(knowing(emergency(until=NIGHT), at=NIGHT), Refusal.OUTSIDE_WINDOW, id="at night, by one that is over"),
        pytest.param(knowing(emergency()), Allow, id="by day"),
    ],
)
def test_only_its_record_overrides_the_window(known: Facts, expected: Expected) -> None:
    """EMG-07."""
    assert said(in_window(URGENT, known)) == expected


def test_what_was_overridden_is_told() -> None:
    night = knowing(emergency(until=NIGHT + HOUR), at=NIGHT)
    assert told(in_window(URGENT, night)) == ("no window is open; EMG-2026-1124-001 overrides it",)
    assert told(in_window(URGENT, knowing(emergency()))) == ("window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin",)
    unread = replace(knowing(emergency(), policy(holidays=("DE",))), holidays={"DE": LOST})
    assert told(in_window(URGENT, unread)) == ("EMG-2026-1124-001 overrides the windows, whose calendar could not be read",)
    assert said(in_window(request(), unread)) is Unsure


def test_an_emergency_without_its_record_is_a_normal_change() -> None:
    assert as_recorded(URGENT, knowing(None)).change_type is ChangeType.NORMAL
    assert as_recorded(URGENT, knowing(emergency())) is URGENT
    assert as_recorded(request(), knowing(emergency())).change_type is ChangeType.NORMAL
    assert overriding(request(), knowing(emergency())) is None
    assert held_back_until(URGENT, knowing(None)) == AT


# ---------------------------------------------------------------- declaring


INCIDENT = Incident("INC-2026-1124-001", "logins fail", 2, ("api",), AT - HOUR, QUINN.id, QUINN.name, "signalbox", "", AT - HOUR)


NAMELESS = Absent("incident INC-7")
KEEPING = policy(allow={**POLICY.allow, Action.INCIDENT: {"production": (Role.RELEASE_MANAGER,)}})
HEARING = policy(incidents=IncidentRules(intake={"pager": SignedIntake(kind="http", secret="PAGER")}))


def asking(known: bool, under: Policy = POLICY) -> Policy:
    return under.model_copy(update={"emergency": EmergencyRules(open_incident=known)})


DONE = Execution(QUINN.id, QUINN.name, "CHG0031234", AT - MINUTE)


def draft(**parts: Any) -> Request:
    return request(
        action=Action.DECLARE_EMERGENCY, by=QUINN, emergency=emergency(id="", state=EmergencyState.DECLARED, approvals=(), **parts)
    )


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(draft(), FACTS, Allow, id="complete"),
        *(
            pytest.param(draft(**{field: " "}), FACTS, Refusal.INCOMPLETE, id=f"no {field}")
            for field in ("reason", "waiting", "rollback", "follow_ups", "incident")
        ),
        pytest.param(draft(), facts(cited=replace(INCIDENT, closed_at=AT)), Refusal.WRONG_STATE, id="its incident is closed"),
        pytest.param(draft(), facts(cited=NAMELESS), Allow, id="an incident that nobody keeps here"),
        pytest.param(draft(), facts(KEEPING, cited=NAMELESS), Refusal.NO_SUCH_INCIDENT, id="unknown, where somebody opens incidents"),
        pytest.param(draft(), facts(HEARING, cited=NAMELESS), Refusal.NO_SUCH_INCIDENT, id="unknown, where a source tells of them"),
        pytest.param(draft(), facts(KEEPING, cited=INCIDENT), Allow, id="open, where somebody opens incidents"),
        pytest.param(draft(), facts(asking(False, KEEPING), cited=NAMELESS), Allow, id="the policy takes any reference"),
        pytest.param(draft(), facts(asking(True), cited=NAMELESS), Refusal.NO_SUCH_INCIDENT, id="the policy asks for an open one"),
        pytest.param(draft(severity=0), facts(cited=INCIDENT), Allow, id="as grave as its incident"),
        pytest.param(draft(severity=0), facts(cited=Absent("incident INC-7")), Refusal.INCOMPLETE, id="nobody knows how grave it is"),
        pytest.param(draft(until=AT), FACTS, Refusal.INCOMPLETE, id="over at once"),
        pytest.param(draft(), facts(alike="EMG-2026-1124-001"), Refusal.ALREADY_REQUESTED, id="declared already"),
        pytest.param(request(), FACTS, Refusal.INCOMPLETE, id="none described"),
    ],
)
def test_it_is_declared_completely(asked: Request, known: Facts, expected: Expected) -> None:
    """EMG-01, EMG-03, EMG-14."""
    assert said(declarable(asked, known)) == expected


def test_all_that_lacks_is_told_at_once() -> None:
    why = told(declarable(draft(reason="", rollback="", incident=""), FACTS))[0]
    assert why == "The emergency lacks its reason, rollback plan, incident reference."


MADE = HotfixFacts(of_version=HOTFIX)
GIVEN_UP = HotfixFacts(of_version=replace(HOTFIX, state=HotfixState.GIVEN_UP))


@pytest.mark.parametrize(
    ("called", "hotfixes", "expected"),
    [
        pytest.param("emergency", HotfixFacts(), Allow, id="an emergency"),
        pytest.param("emergency", LOST, Allow, id="an emergency, whatever hotfixes there are"),
        pytest.param("hotfix", MADE, Allow, id="a hotfix that was begun"),
        pytest.param("both", MADE, Allow, id="both, and it was begun"),
        pytest.param("hotfix", HotfixFacts(), Refusal.NO_SUCH_HOTFIX, id="a hotfix by its name only"),
        pytest.param("both", HotfixFacts(), Refusal.NO_SUCH_HOTFIX, id="both by its name only"),
        pytest.param("hotfix", GIVEN_UP, Refusal.WRONG_STATE, id="given up"),
        pytest.param("hotfix", LOST, Unsure, id="hotfixes unread"),
    ],
)
def test_what_is_called_a_hotfix_was_begun_as_one(called: str, hotfixes: Any, expected: Expected) -> None:
    """EMG-02, HOT-08: when it is declared, and when it goes."""
    name = Classification(called)
    assert said(classified(draft(classification=name), facts(hotfixes=hotfixes))) == expected
    assert said(covered(URGENT, knowing(emergency(classification=name), hotfixes=hotfixes))) == expected


FLAG = {"kind": EmergencyKind.FLAG, "version": "new-checkout", "action": "off", "digest": None, "commit": None}


def flag(**parts: Any) -> Emergency:
    """Quinn's emergency for a flag, approved by Mara and Otto."""
    made = emergency(**{**FLAG, **parts})
    return replace(made, approvals=tuple(replace(one, digest=made.binds or "") for one in made.approvals))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(draft(**FLAG), Allow, id="complete"),
        pytest.param(draft(**{**FLAG, "action": " "}), Refusal.INCOMPLETE, id="nobody says what is changed"),
        pytest.param(draft(**FLAG, classification=Classification.HOTFIX), Refusal.INCOMPLETE, id="a hotfix is a version"),
    ],
)
def test_what_is_no_deployment_is_declared_completely(asked: Request, expected: Expected) -> None:
    """EMG-22."""
    assert said(declarable(asked, FACTS)) == expected
    assert said(classified(asked, FACTS)) == Allow
    assert said(pinned_if_deployed(asked, FACTS)) == Allow


def test_a_deployment_has_a_fixed_version() -> None:
    assert said(pinned_if_deployed(replace(draft(version="latest"), version="latest"), FACTS)) == Refusal.FLOATING_REFERENCE
    assert said(pinned_if_deployed(request(), FACTS)) == Allow


@pytest.mark.parametrize(
    ("record", "by", "expected"),
    [
        pytest.param(flag(), QUINN, Allow, id="approved by two others"),
        pytest.param(flag(), LOST, Allow, id="who asks is for the authorization"),
        pytest.param(flag(), MARA, Refusal.NOT_COVERED, id="by one who approved it"),
        pytest.param(flag(approvals=()), QUINN, Refusal.NOT_COVERED, id="approvals that are gone"),
        pytest.param(flag(state=EmergencyState.DECLARED), QUINN, Refusal.NOT_COVERED, id="not approved yet"),
        pytest.param(flag(until=AT), QUINN, Refusal.WRONG_STATE, id="over"),
        pytest.param(flag(state=EmergencyState.USED, executed=DONE), QUINN, Refusal.WRONG_STATE, id="used"),
        pytest.param(replace(flag(), action="on"), QUINN, Refusal.NOT_COVERED, id="approved otherwise"),
        pytest.param(emergency(), QUINN, Refusal.WRONG_STATE, id="CI carries a deployment out"),
        pytest.param(Absent("emergency EMG-9"), QUINN, Refusal.NO_SUCH_EMERGENCY, id="none"),
    ],
)
def test_what_ci_does_not_carry_out_is_said_to_be_done_once(record: Any, by: Any, expected: Expected) -> None:
    """EMG-05, EMG-22."""
    assert said(executable(replace(URGENT, by=by, version="new-checkout"), knowing(record, artifact=LOST))) == expected


def test_no_version_goes_by_what_covers_a_flag() -> None:
    """EMG-05: also where the flag is called like a version."""
    like = flag(version="v1.4.0")
    assert said(covered(URGENT, knowing(like))) == Refusal.NOT_COVERED
    assert overriding(URGENT, knowing(like)) is None
    assert said(deploys(URGENT, knowing(like))) == Refusal.WRONG_STATE
    assert said(deploys(URGENT, knowing(emergency()))) == Allow
    assert said(deploys(URGENT, knowing(None))) == Refusal.NO_SUCH_EMERGENCY
    assert told(executable(URGENT, knowing(flag(state=EmergencyState.USED, executed=DONE))))[0] == (
        "EMG-2026-1124-001 was used by Quinn; it covers nothing else (EMG-05)."
    )


def test_a_flag_is_approved_by_who_did_not_declare_it() -> None:
    new = flag(state=EmergencyState.DECLARED, approvals=())
    assert said(apart(request(by=DANA), knowing(new, artifact=LOST))) == Refusal.NOT_PERMITTED  # she wrote no part of a flag
    assert said(apart(request(by=MARA), knowing(new, artifact=LOST))) == Allow
    assert said(apart(request(by=QUINN), knowing(new, artifact=LOST))) == Refusal.OWN_REQUEST
    assert told(same_version(request(), knowing(new, artifact=LOST))) == ("the flag new-checkout of api in production: off",)


def test_nothing_that_is_not_declared_is_misnamed() -> None:
    assert told(classified(request(), FACTS)) == ("nothing is declared",)
    assert told(classified(draft(), FACTS)) == ("it is declared as emergency",)


# ---------------------------------------------------------------- approving


@pytest.mark.parametrize(
    ("by", "known", "expected"),
    [
        pytest.param(MARA, knowing(WAITING), Allow, id="a release manager"),
        pytest.param(OTTO, knowing(WAITING), Allow, id="the owner of the service"),
        pytest.param(QUINN, knowing(WAITING), Refusal.OWN_REQUEST, id="its declarer"),
        pytest.param(DANA, knowing(WAITING), Refusal.OWN_WORK, id="an author of the version"),
        pytest.param(MARA, knowing(emergency(state=EmergencyState.DECLARED)), Refusal.ALREADY_DECIDED, id="twice"),
        pytest.param(
            MARA.model_copy(update={"slack": ("U0MARA2",)}), knowing(emergency()), Refusal.ALREADY_DECIDED, id="by another account"
        ),
        pytest.param(REMY, knowing(WAITING), Refusal.NOT_PERMITTED, id="by a role that was only delegated"),
        pytest.param(
            QUINN, knowing(replace(WAITING, declarer=REMY.id), groups={"S0QUALITY": LOST}), Unsure, id="a group could not be read"
        ),
        pytest.param(MARA, knowing(WAITING, artifact=LOST), Unsure, id="the authors could not be read"),
        pytest.param(MARA, knowing(WAITING, artifact=Absent("v1.4.0 of api")), Refusal.NO_ARTIFACT, id="it is not built yet"),
        pytest.param(LOST, knowing(WAITING), Unsure, id="who asks could not be read"),
        pytest.param(Stranger("U1", "Eve", "a guest"), knowing(WAITING), Allow, id="a stranger is turned away before"),
        pytest.param(MARA, knowing(None), Refusal.NO_SUCH_EMERGENCY, id="none"),
    ],
)
def test_neither_its_declarer_nor_an_author_approves_it(by: Any, known: Facts, expected: Expected) -> None:
    """EMG-06, CF-14, SOD-01, SOD-02."""
    assert said(apart(request(by=by), known)) == expected


@pytest.mark.parametrize(
    ("record", "undecided", "open_"),
    [
        pytest.param(WAITING, Allow, Allow, id="waits"),
        pytest.param(emergency(), Refusal.WRONG_STATE, Allow, id="approved"),
        pytest.param(USED, Refusal.WRONG_STATE, Refusal.WRONG_STATE, id="used"),
        pytest.param(replace(WAITING, until=AT), Refusal.WRONG_STATE, Refusal.WRONG_STATE, id="over, though nobody recorded it"),
        pytest.param(replace(WAITING, until=AT + MINUTE), Allow, Allow, id="in its last minute"),
        pytest.param(emergency(state=EmergencyState.EXPIRED, until=AT - HOUR), Refusal.WRONG_STATE, Refusal.WRONG_STATE, id="expired"),
        pytest.param(Absent("emergency EMG-9"), Refusal.NO_SUCH_EMERGENCY, Refusal.NO_SUCH_EMERGENCY, id="none"),
    ],
)
def test_it_is_decided_while_it_lasts(record: Emergency | Absent, undecided: Expected, open_: Expected) -> None:
    assert said(undecided_emergency(request(), knowing(record))) == undecided
    assert said(withdrawable_emergency(request(), knowing(record))) == open_
    assert said(known_emergency(request(), knowing(record))) == (Refusal.NO_SUCH_EMERGENCY if isinstance(record, Absent) else Allow)
    if isinstance(record, Absent):
        assert said(authorized(request(action=Action.APPROVE_EMERGENCY), knowing(record))) == Refusal.NO_SUCH_EMERGENCY


@pytest.mark.parametrize(
    ("record", "parts", "expected"),
    [
        pytest.param(WAITING, {}, Allow, id="the same artifact"),
        pytest.param(replace(WAITING, digest=None, commit=None), {}, Allow, id="the first one that is seen"),
        pytest.param(replace(WAITING, digest=OTHER_DIGEST), {}, Refusal.POINTER_MOVED, id="another artifact"),
        pytest.param(WAITING, {"artifact": LOST}, Unsure, id="unread"),
        pytest.param(WAITING, {"artifact": Absent("v1.4.0 of api")}, Refusal.NO_ARTIFACT, id="not built"),
        pytest.param(None, {}, Refusal.NO_SUCH_EMERGENCY, id="none"),
    ],
)
def test_approvals_are_about_one_artifact(record: Emergency | None, parts: dict[str, Any], expected: Expected) -> None:
    assert said(same_version(request(), knowing(record, **parts))) == expected


def test_the_artifact_is_taken_up_once() -> None:
    new = replace(WAITING, digest=None, commit=None)
    assert pinned_by(new, FACTS) == (ARTIFACT.digest, ARTIFACT.commit)
    assert pinned_by(new, facts(artifact=LOST)) == (None, None)
    assert pinned_by(replace(WAITING, digest=OTHER_DIGEST), FACTS) == (OTHER_DIGEST, ARTIFACT.commit)


def test_who_may_still_approve_is_shown() -> None:
    assert [p.name for p in may_still(WAITING, FACTS)] == ["Mara", "Ravi", "Otto"]
    assert [p.name for p in may_still(emergency(), FACTS)] == ["Ravi"]
    assert [p.name for p in may_still(replace(WAITING, declarer=DANA.id), facts(artifact=LOST))] == ["Mara", "Ravi", "Quinn", "Otto"]
    assert counting(emergency(), facts(artifact=LOST)) == Unread("the authors of this version", "no answer within 5 s")


# ---------------------------------------------------------------- what was said aloud


def word(by: Any = OTTO, heard_by: Any = QUINN, words: str = "go ahead") -> Spoken:
    return Spoken(by.id, by.name, words, heard_by.id, heard_by.name, AT)


@pytest.mark.parametrize(
    ("spoken", "record", "expected"),
    [
        pytest.param(word(), WAITING, Allow, id="an approver's word"),
        pytest.param(word(words=" "), WAITING, Refusal.INCOMPLETE, id="no words"),
        pytest.param(None, WAITING, Refusal.INCOMPLETE, id="nothing"),
        pytest.param(word(by=QUINN), WAITING, Refusal.OWN_REQUEST, id="one's own word"),
        pytest.param(word(by=REMY), WAITING, Refusal.NOT_PERMITTED, id="somebody who may not approve"),
        pytest.param(word(), replace(WAITING, spoken=(word(),)), Refusal.ALREADY_DECIDED, id="twice"),
        pytest.param(word(), emergency(), Refusal.ALREADY_DECIDED, id="somebody who approved it"),
        pytest.param(word(), None, Refusal.NO_SUCH_EMERGENCY, id="none"),
    ],
)
def test_what_was_said_aloud_is_written_down(spoken: Spoken | None, record: Emergency | None, expected: Expected) -> None:
    """EMG-16."""
    assert said(heard(request(spoken=spoken), knowing(record))) == expected


def test_only_who_said_it_confirms_it() -> None:
    """EMG-16."""
    record = replace(WAITING, spoken=(word(),))
    assert said(spoke(request(by=OTTO), knowing(record))) is Allow
    assert said(spoke(request(by=MARA), knowing(record))) == Refusal.WRONG_STATE
    assert said(spoke(request(by=LOST), knowing(record))) == Refusal.WRONG_STATE
    assert said(spoke(request(by=OTTO), knowing(None))) == Refusal.NO_SUCH_EMERGENCY


# ---------------------------------------------------------------- closing


ENDING = Ending("logins work since 23:40", "the key ran out", "an alert before keys run out")


def owes(**parts: Any) -> Obligation:
    one = Obligation("OBL-2026-1124-001", Owed.REVIEW, USED.id, "api", "review it", OTTO.id, OTTO.name, AT + DAY, AT - HOUR, "signalbox")
    return replace(one, **parts)


@pytest.mark.parametrize(
    ("record", "ending", "owed", "expected"),
    [
        pytest.param(USED, ENDING, (), Allow, id="nothing is owed"),
        pytest.param(USED, ENDING, (owes(done=AT, done_by=OTTO.id),), Allow, id="all is done"),
        pytest.param(USED, ENDING, (owes(),), Refusal.STILL_OWED, id="something is owed"),
        pytest.param(USED, ENDING, (owes(due=AT), owes()), Refusal.STILL_OWED, id="something is overdue"),
        pytest.param(USED, None, (), Refusal.INCOMPLETE, id="nothing is said"),
        *(
            pytest.param(USED, replace(ENDING, **{field: " "}), (), Refusal.INCOMPLETE, id=f"no {field}")
            for field in ("resolution", "happened", "prevention")
        ),
        pytest.param(WAITING, ENDING, (), Refusal.WRONG_STATE, id="it was not used"),
        pytest.param(emergency(state=EmergencyState.CLOSED), ENDING, (), Refusal.WRONG_STATE, id="it is closed"),
        pytest.param(None, ENDING, (), Refusal.NO_SUCH_EMERGENCY, id="none"),
    ],
)
def test_it_is_closed_when_nothing_is_owed(
    record: Emergency | None, ending: Ending | None, owed: tuple[Obligation, ...], expected: Expected
) -> None:  # fmt: skip
    """EMG-25."""
    assert said(closable_emergency(request(ending=ending), knowing(record, owed=owed))) == expected


def test_what_is_overdue_is_told() -> None:
    answer = closable_emergency(request(ending=ENDING), knowing(USED, owed=(owes(due=AT), owes(id="OBL-2026-1124-002"))))
    assert told(answer)[0] == (
        "EMG-2026-1124-001 has 2 open follow-ups, 1 overdue: OBL-2026-1124-001 review it (Otto); OBL-2026-1124-002 review it (Otto)."
    )


@pytest.mark.parametrize(("count", "noun", "last"), [(1, "follow-up", 0), (2, "follow-ups", 1), (5, "follow-ups", 4), (6, "follow-ups", 4)])
def test_five_of_what_is_owed_are_named_and_all_are_counted(count: int, noun: str, last: int) -> None:
    answer = closable_emergency(request(ending=ENDING), knowing(USED, owed=tuple(owes(id=f"OBL-{n}") for n in range(count))))
    named = "; ".join(f"OBL-{n} review it (Otto)" for n in range(last + 1))
    assert told(answer)[0] == f"EMG-2026-1124-001 has {count} open {noun}: {named}."


KNOWN = Incident("INC-2026-1124-001", "logins fail", 1, ("api",), AT, MARA.id, MARA.name, "signalbox", "", AT)


@pytest.mark.parametrize(
    ("cited", "severity", "expected"),
    [
        pytest.param(KNOWN, 4, Refusal.STILL_OWED, id="its incident is open, and will owe a postmortem"),
        pytest.param(replace(KNOWN, closed_at=AT, closed_by=MARA.id), 1, Allow, id="it is closed, and its postmortem is written"),
        pytest.param(replace(KNOWN, severity=4), 4, Allow, id="it is open, and so mild that it owes none"),
        pytest.param(replace(KNOWN, severity=4), 1, Refusal.STILL_OWED, id="it is open and mild, and its emergency is grave"),
        pytest.param(Absent("incident INC-77"), 1, Allow, id="nobody knows it here"),
    ],
)
def test_its_incident_comes_to_its_end_first(cited: Incident | Absent, severity: int, expected: Expected) -> None:
    """EMG-17, EMG-25."""
    assert said(closable_emergency(request(ending=ENDING), knowing(replace(USED, severity=severity), cited=cited))) == expected


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        (USED.declared - MINUTE, False),
        (USED.declared, True),
        (USED.until - MINUTE, True),
        (USED.until, False),
        (USED.until + MINUTE, False),
    ],
)
def test_it_counts_from_its_declaration_to_its_end(at: datetime, counts: bool) -> None:
    assert emergency(declared=USED.declared, until=USED.until).counts(at, None) is counts


@pytest.mark.parametrize("kind", EmergencyKind)
def test_ci_deploys_versions_and_nothing_else(kind: EmergencyKind) -> None:
    assert emergency(kind=kind).deploys is (kind == EmergencyKind.DEPLOYMENT)


# ---------------------------------------------------------------- business days


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CHRISTMAS = Holidays("DE", {utc("2026-12-25").date(): "Christmas"}, utc("2026-01-01").date(), utc("2027-12-31").date())


@pytest.mark.parametrize(
    ("after", "count", "calendar", "expected"),
    [
        pytest.param("2026-11-22T22:30", 1, CHRISTMAS, "2026-11-23T23:00", id="Sunday night: the end of Monday in Berlin"),
        pytest.param("2026-11-22T23:30", 1, CHRISTMAS, "2026-11-24T23:00", id="past midnight there it is Monday already"),
        pytest.param("2026-11-27T12:00", 1, CHRISTMAS, "2026-11-30T23:00", id="Friday: the end of Monday"),
        pytest.param("2026-12-24T12:00", 1, CHRISTMAS, "2026-12-28T23:00", id="before Christmas and a weekend"),
        pytest.param("2026-12-24T12:00", 1, LOST, "2026-12-25T23:00", id="a calendar that could not be read makes it due earlier"),
        pytest.param("2026-12-23T12:00", 3, CHRISTMAS, "2026-12-29T23:00", id="three business days"),
        pytest.param("2026-10-24T12:00", 1, CHRISTMAS, "2026-10-26T23:00", id="over the change of the clocks"),
    ],
)
def test_it_is_due_at_the_end_of_a_business_day(after: str, count: int, calendar: Holidays | Unread, expected: str) -> None:
    """EMG-10."""
    known = replace(facts(policy(holidays=("DE",))), holidays={"DE": calendar})
    assert end_of_business_day(utc(after), count, "api", known) == utc(expected)


def test_a_country_that_always_rests_ends_the_search() -> None:
    always = Holidays(
        "DE", {(utc("2026-11-22") + n * DAY).date(): "rest" for n in range(400)}, utc("2026-01-01").date(), utc("2028-01-01").date()
    )
    known = replace(facts(policy(holidays=("DE",))), holidays={"DE": always})
    assert end_of_business_day(utc("2026-11-22T12:00"), 1, "api", known) == utc("2027-01-21T23:00")
    assert end_of_business_day(utc("2026-11-22T12:00"), 2, "api", known) == utc("2027-03-22T23:00")  # sixty days for each
