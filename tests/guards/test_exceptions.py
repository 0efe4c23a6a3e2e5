"""What an exception stands in for, and what it takes to get one: refused beside allowed (EXC-01 … EXC-06, EXC-12, EVD-18 … EVD-20, SOD-09)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from guards.authorization import authorized
from guards.decision import Allow, Refusal, Unsure
from guards.emergency import Emergency, EmergencyState
from guards.evidence_rules import EnvironmentEvidence, Evidence, Exceptions
from guards.exceptions import complete_exception, enough, known_exception, reconsiderable, revocable, undecided_exception, waivable
from guards.exemption import STANDS_FOR, Exemption, ExemptionDecision, ExemptionKind, ExemptionState, ExemptionUse, Reconsideration
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.independence import independent
from guards.judge import Guard
from guards.policy import Policy
from guards.proof import listed
from guards.requirements import GUARD_OF, REQUIREMENT_OF
from guards.review import ticketed
from guards.sections import DelegationRule
from guards.source import tagged
from guards.unread import Absent, Unread
from guards.vocabulary import SECURITY_GATES, Action, ChangeType, Requirement, Role
from tests.guards.cases import (
    ARTIFACT,
    AT,
    CHANGE,
    DANA,
    DAY,
    EXEMPTED,
    HOUR,
    MARA,
    MINUTE,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    REQUEST,
    Expected,
    again,
    delegation,
    emergency,
    exemption,
    facts,
    policy,
    request,
    said,
    told,
)  # fmt: skip
from tests.guards.proofs import PROOF, SPAN, TAG, proven, pull, strict

LOST = Unread("the exceptions", "no answer within 5 s")
USE = ExemptionUse("CR-2026-1124-009", AT - HOUR)


def untold(*held: Exemption, under: Policy | None = None, **parts: Any) -> Facts:
    """A version whose pull request names no ticket, with these exceptions."""
    return replace(proven(under or strict(), work=replace(SPAN, pulls=(pull(tickets=()),))), exceptions=held, **parts)


def unlisted(*held: Exemption, waived: tuple[Requirement, ...] = tuple(Requirement)) -> Facts:
    """A version without a bill of materials, under a policy that lets this be waived, with these exceptions."""
    under = policy(
        **{name: getattr(strict(), name) for name in ("services", "artifacts", "evidence", "roles", "allow")},
        exceptions=Exceptions(waivable=waived),
    )
    return replace(proven(under, proof=replace(PROOF, sboms=())), exceptions=held)


LASTING: dict[str, Any] = {
    "kind": ExemptionKind.PERMANENT,
    "infeasible": "no other tracker",
    "reconsider": "a new tracker",
    "remediation": "",
}
TODAY = AT.date()
MIDNIGHT = datetime(AT.year, AT.month, AT.day, tzinfo=ZoneInfo(POLICY.zone))


def ruled(**rules: Any) -> Policy:
    """The strict policy with other rules about exceptions."""
    return strict().model_copy(update={"exceptions": Exceptions(**rules)})


def unproven() -> Policy:
    """The strict policy without provenance."""
    parts = {name: getattr(strict(), name) for name in ("services", "artifacts", "roles", "allow")}
    return policy(**parts, evidence=Evidence(environments={"production": EnvironmentEvidence(omit=(Requirement.PROVENANCE,))}))


SBOM = exemption(requirement=Requirement.SBOM, kind=ExemptionKind.EMERGENCY, version="v1.4.0", emergency="EMG-2026-1124-001")


@pytest.mark.parametrize(
    ("guard", "known", "expected"),
    [
        pytest.param(ticketed, untold(), Refusal.NO_TICKET, id="no exception"),
        pytest.param(ticketed, untold(exemption()), Allow, id="one that covers it"),
        pytest.param(ticketed, untold(exemption(version="v1.4.0")), Allow, id="for this version"),
        pytest.param(ticketed, untold(exemption(version="v1.4.1")), Refusal.NO_TICKET, id="for another version"),
        pytest.param(ticketed, untold(exemption(services=("web",))), Refusal.NO_TICKET, id="for another service"),
        pytest.param(ticketed, untold(exemption(services=("web", "api"))), Allow, id="for several services"),
        pytest.param(ticketed, untold(exemption(environments=("staging",))), Refusal.NO_TICKET, id="for another environment"),
        pytest.param(ticketed, untold(exemption(requirement=Requirement.REVIEWS)), Refusal.NO_TICKET, id="for another requirement"),
        pytest.param(ticketed, untold(exemption(until=AT + MINUTE)), Allow, id="in its last minute"),
        pytest.param(ticketed, untold(exemption(until=AT)), Refusal.NO_TICKET, id="at the minute in which it expires"),
        *(
            pytest.param(ticketed, untold(exemption(state=state)), Refusal.NO_TICKET, id=f"{state}")
            for state in ExemptionState
            if state is not ExemptionState.APPROVED
        ),
        pytest.param(ticketed, untold(exemption(once=True)), Allow, id="a single use that is left"),
        pytest.param(ticketed, untold(exemption(uses=(USE,))), Allow, id="used by another change, and not used up"),
        pytest.param(ticketed, untold(exemption(once=True, uses=(USE,))), Refusal.NO_TICKET, id="used up by another change"),
        pytest.param(ticketed, untold(exemption(once=True, uses=(replace(USE, change=CHANGE.id),))), Allow, id="used by this change before"),
        pytest.param(
            ticketed, untold(exemption(once=True, uses=(replace(USE, change=CHANGE.id),)), change=None), Refusal.NO_TICKET,
            id="used up, and there is no change yet",
        ),
        pytest.param(
            ticketed, untold(exemption(), under=strict().model_copy(update={"exceptions": Exceptions(waivable=())})), Refusal.NO_TICKET,
            id="the policy does not let it be waived any more",
        ),
        pytest.param(ticketed, replace(untold(), exceptions=LOST), Unsure, id="exceptions unread"),
        pytest.param(ticketed, replace(proven(), exceptions=LOST), Allow, id="exceptions unread, and none is needed"),
        pytest.param(ticketed, replace(proven(work=LOST), exceptions=(exemption(),)), Unsure, id="what is unread is not waived"),
        pytest.param(listed, unlisted(SBOM), Refusal.NO_SBOM, id="a security gate, of a change that goes by no emergency"),
        pytest.param(listed, unlisted(replace(SBOM, kind=ExemptionKind.TEMPORARY)), Refusal.NO_SBOM, id="a security gate without one"),
        pytest.param(listed, unlisted(SBOM, waived=(Requirement.TICKETS,)), Refusal.NO_SBOM, id="a security gate that the policy keeps"),
        pytest.param(
            listed, replace(unlisted(waived=(Requirement.TICKETS,)), exceptions=LOST), Refusal.NO_SBOM,
            id="what cannot be waived is refused whatever is unread",
        ),
        pytest.param(
            tagged, replace(proven(tag=replace(TAG, annotated=False)), exceptions=(exemption(requirement=Requirement.TAG),)), Allow,
            id="a tag that is not signed",
        ),
        pytest.param(
            tagged,
            replace(proven(tag=replace(TAG, annotated=False)), exceptions=(exemption(requirement=Requirement.TAG, **LASTING),)),
            Refusal.UNTRUSTED_TAG, id="a tag that is not signed, for good",
        ),
        pytest.param(
            tagged,
            replace(proven(unproven(), tag=replace(TAG, annotated=False)), exceptions=(exemption(requirement=Requirement.TAG),)),
            Refusal.UNTRUSTED_TAG, id="a tag that is not signed, and nothing else names the commit",
        ),
        pytest.param(ticketed, untold(exemption(), under=ruled(deprecated={Requirement.TICKETS: TODAY})), Refusal.NO_TICKET,
                     id="on the day on which what it rests on ends"),
        pytest.param(ticketed, untold(exemption(), under=ruled(deprecated={Requirement.TICKETS: TODAY + DAY})), Allow,
                     id="on the day before"),
        pytest.param(ticketed, untold(exemption(), under=ruled(deprecated={Requirement.TAG: TODAY})), Allow, id="when something else ends"),
        pytest.param(ticketed, untold(exemption(**LASTING), under=ruled(audits=(TODAY,))), Refusal.NO_TICKET,
                     id="a permanent one, at an audit for which nobody reconsidered it"),
        pytest.param(ticketed, untold(exemption(**LASTING, confirmed=MIDNIGHT), under=ruled(audits=(TODAY,))), Allow,
                     id="a permanent one that was reconsidered for the audit"),
        pytest.param(ticketed, untold(exemption(**LASTING), under=ruled(audits=(TODAY - 3 * DAY, TODAY + DAY))), Allow,
                     id="a permanent one between two audits"),
        pytest.param(ticketed, untold(exemption(), under=ruled(audits=(TODAY,))), Allow, id="a temporary one at an audit"),
        pytest.param(ticketed, untold(exemption(), under=ruled(deprecated={Requirement.TICKETS: TODAY}), at=MIDNIGHT), Refusal.NO_TICKET,
                     id="at the minute at which what it rests on ends"),
        pytest.param(ticketed, untold(exemption(), under=ruled(deprecated={Requirement.TICKETS: TODAY}), at=MIDNIGHT - MINUTE), Allow,
                     id="a minute before"),
        pytest.param(
            tagged, replace(proven(tag=replace(TAG, commit="0" * 40)), exceptions=(exemption(requirement=Requirement.TAG),)),
            Refusal.POINTER_MOVED, id="a tag that was moved is never waived",
        ),
    ],
)  # fmt: skip
def test_an_exception_stands_in_for_exactly_what_it_names(guard: Guard, known: Facts, expected: Expected) -> None:
    assert said(guard(REQUEST, known)) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(emergency(), Allow, id="by its emergency"),
        pytest.param(emergency(id="EMG-2026-1124-002"), Refusal.NO_SBOM, id="by another emergency"),
        pytest.param(emergency(id="EMG-2026-1123-001"), Refusal.NO_SBOM, id="by an earlier one"),
        pytest.param(emergency(id=again("EMG-2026-1124-001")), Allow, id="by its own, read anew"),
        pytest.param(emergency(until=AT), Refusal.NO_SBOM, id="by one that is over"),
        pytest.param(emergency(state=EmergencyState.DECLARED), Refusal.NO_SBOM, id="by one that nobody approved"),
        pytest.param(emergency(version="v1.4.1"), Refusal.NO_SBOM, id="by one for another version"),
        pytest.param(None, Refusal.NO_SBOM, id="by none"),
    ],
)
def test_an_exception_for_an_emergency_counts_by_that_emergency_alone(record: Emergency | None, expected: Expected) -> None:
    """EVD-20, EMG-13."""
    asked = request(change_type=ChangeType.EMERGENCY)
    assert said(listed(asked, replace(unlisted(SBOM), emergency=record))) == expected


def test_an_exception_for_an_emergency_is_not_reconsidered_for_an_audit() -> None:
    known = replace(unlisted(SBOM), policy=ruled(waivable=tuple(Requirement), audits=(TODAY,)), emergency=emergency())
    assert said(listed(request(change_type=ChangeType.EMERGENCY), known)) == Allow


@pytest.mark.parametrize(
    ("record", "parts", "expected"),
    [
        pytest.param(emergency(), {}, Allow, id="for exactly what it covers"),
        pytest.param(emergency(state=EmergencyState.DECLARED), {}, Allow, id="while it waits for approvals"),
        pytest.param(None, {}, Refusal.INCOMPLETE, id="no emergency"),
        pytest.param(Absent("emergency EMG-2026-1124-009"), {}, Refusal.INCOMPLETE, id="none with this id"),
        pytest.param(emergency(until=AT), {}, Refusal.WRONG_STATE, id="one that is over"),
        pytest.param(emergency(state=EmergencyState.USED, change="CR-2026-1124-009"), {}, Refusal.WRONG_STATE, id="one that was used"),
        pytest.param(emergency(), {"services": ("api", "web"), "version": None}, Refusal.INCOMPLETE, id="for more than it covers"),
        pytest.param(emergency(), {"environments": ("staging",)}, Refusal.INCOMPLETE, id="for another place"),
        pytest.param(emergency(), {"version": "v1.4.1"}, Refusal.INCOMPLETE, id="for another version"),
        pytest.param(emergency(), {"version": "v1.3.9"}, Refusal.INCOMPLETE, id="for a version that sorts before"),
        pytest.param(emergency(), {"kind": ExemptionKind.TEMPORARY}, Refusal.INCOMPLETE, id="one that is temporary belongs to none"),
    ],
)
def test_an_exception_for_an_emergency_names_it(record: Emergency | Absent | None, parts: dict[str, Any], expected: Expected) -> None:
    """EVD-20."""
    assert said(complete_exception(wanted(**EMERGENCY | parts), facts(emergency=record))) == expected


def test_the_answer_names_the_exception_and_what_it_stands_in_for() -> None:
    """EVD-19: the card shows it; one that is used up by this is taken last."""
    single = exemption(id="EXC-2026-1121-002", once=True)
    answer = ticketed(REQUEST, untold(single, exemption()))
    assert isinstance(answer, Allow)
    assert answer.exception == "EXC-2026-1121-001"
    assert answer.why == (
        "by exception EXC-2026-1121-001 until Wed 25 Nov 12:00 Europe/Berlin, approved by Mara: No ticket is named by #12."
    )
    alone = ticketed(REQUEST, untold(single))
    assert isinstance(alone, Allow)
    assert alone.exception == single.id
    assert "Or ask for an exception: `/release exception request`." in told(ticketed(REQUEST, untold()))[1]
    assert "exception" not in told(listed(REQUEST, unlisted(waived=())))[1]
    assert ticketed(REQUEST, proven()) == replace(ticketed(REQUEST, proven()), exception=None)


def test_every_requirement_has_its_rule_and_its_guard() -> None:
    assert set(STANDS_FOR) == set(Requirement) == set(REQUIREMENT_OF.values())
    assert {REQUIREMENT_OF[guard.__name__] for guard in GUARD_OF.values()} == set(Requirement)
    assert SECURITY_GATES.isdisjoint(Exceptions().waivable)
    assert SECURITY_GATES | set(Exceptions().waivable) == set(Requirement)


# ---------------------------------------------------------------- asking for one


def wanted(**parts: Any) -> Request:
    asked: dict[str, Any] = {"id": "", "state": ExemptionState.REQUESTED, "decisions": ()}
    return request(action=Action.REQUEST_EXCEPTION, exception=exemption(**asked | parts))


PERMANENT = LASTING
EMERGENCY: dict[str, Any] = {"kind": ExemptionKind.EMERGENCY, "version": "v1.4.0", "emergency": "EMG-2026-1124-001"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(wanted(), Allow, id="complete"),
        pytest.param(request(), Refusal.INCOMPLETE, id="none"),
        *(
            pytest.param(wanted(**{name: " "}), Refusal.INCOMPLETE, id=f"without {name}")
            for name in ("risk", "controls", "containment", "evidence", "remediation", "owner")
        ),
        pytest.param(wanted(services=()), Refusal.INCOMPLETE, id="without services"),
        pytest.param(wanted(environments=()), Refusal.INCOMPLETE, id="without environments"),
        pytest.param(wanted(**PERMANENT), Allow, id="a permanent one"),
        pytest.param(wanted(**PERMANENT | {"infeasible": ""}), Refusal.INCOMPLETE, id="a permanent one without why"),
        pytest.param(wanted(**PERMANENT | {"reconsider": ""}), Refusal.INCOMPLETE, id="a permanent one without criteria"),
        pytest.param(wanted(version="v1.4.0"), Allow, id="one version"),
        pytest.param(wanted(version="v1.4.0", services=("api", "web")), Refusal.INCOMPLETE, id="one version of several services"),
        pytest.param(wanted(services=("api", "web")), Allow, id="all versions of several services"),
        pytest.param(wanted(**EMERGENCY), Allow, id="an emergency"),
        pytest.param(wanted(**EMERGENCY | {"version": None}), Refusal.INCOMPLETE, id="an emergency for all versions"),
        pytest.param(wanted(**EMERGENCY, until=AT + DAY + MINUTE), Refusal.TOO_LONG, id="too long an emergency"),
        pytest.param(wanted(until=AT + 30 * DAY), Allow, id="as long as it may"),
        pytest.param(wanted(until=AT + 30 * DAY + MINUTE), Refusal.TOO_LONG, id="too long"),
        pytest.param(wanted(**PERMANENT, until=AT + 365 * DAY), Allow, id="a permanent one as long as it may"),
        pytest.param(wanted(**PERMANENT, until=AT + 366 * DAY), Refusal.TOO_LONG, id="reconsidered too late"),
        pytest.param(wanted(review=AT), Refusal.INCOMPLETE, id="reviewed now"),
        pytest.param(wanted(review=AT + DAY), Allow, id="reviewed at its end"),
        pytest.param(wanted(review=AT + DAY + MINUTE), Refusal.INCOMPLETE, id="reviewed after its end"),
    ],
)
def test_it_is_complete_or_refused(asked: Request, expected: Expected) -> None:
    assert said(complete_exception(asked, facts(emergency=emergency()))) == expected


@pytest.mark.parametrize(
    ("asked", "rules", "expected"),
    [
        pytest.param(
            wanted(until=AT + 2 * DAY), {"deprecated": {Requirement.TICKETS: TODAY + 2 * DAY}}, Refusal.TOO_LONG, id="past a deprecation"
        ),
        pytest.param(wanted(), {"deprecated": {Requirement.TICKETS: TODAY + 2 * DAY}}, Allow, id="up to a deprecation"),
        pytest.param(
            wanted(**PERMANENT, until=AT + 9 * DAY), {"audits": (TODAY + 9 * DAY, TODAY + DAY)}, Refusal.TOO_LONG, id="past an audit"
        ),
        pytest.param(wanted(**PERMANENT, until=MIDNIGHT + DAY), {"audits": (TODAY + DAY,)}, Allow, id="up to an audit"),
        pytest.param(wanted(until=AT + 9 * DAY), {"audits": (TODAY + DAY,)}, Allow, id="a temporary one past an audit"),
    ],
)
def test_it_outlasts_no_audit_and_no_deprecation(asked: Request, rules: dict[str, Any], expected: Expected) -> None:
    """EXC-10."""
    assert said(complete_exception(asked, facts(policy(exceptions=Exceptions(**rules))))) == expected


WORD = Reconsideration(MARA.id, MARA.name, frozenset({Role.RELEASE_MANAGER}), "still so", AT - HOUR, AT + DAY, AT + 9 * DAY)


def lasting(**parts: Any) -> Facts:
    return facts(exception=exemption(**LASTING | parts))


@pytest.mark.parametrize(
    ("until", "known", "expected"),
    [
        pytest.param(AT + 9 * DAY, lasting(), Allow, id="a permanent one that counts"),
        pytest.param(AT + 9 * DAY, lasting(kind=ExemptionKind.TEMPORARY), Refusal.WRONG_STATE, id="one that ends"),
        pytest.param(AT + 9 * DAY, lasting(state=ExemptionState.REQUESTED), Refusal.WRONG_STATE, id="nobody approved it yet"),
        pytest.param(AT + 9 * DAY, lasting(until=AT), Refusal.WRONG_STATE, id="its day has passed"),
        pytest.param(None, lasting(), Refusal.INCOMPLETE, id="without a day"),
        pytest.param(AT + DAY, lasting(), Refusal.INCOMPLETE, id="until when it counts already"),
        pytest.param(AT + 365 * DAY, lasting(), Allow, id="as long as it may"),
        pytest.param(AT + 365 * DAY + MINUTE, lasting(), Refusal.TOO_LONG, id="too long"),
        pytest.param(
            AT + 9 * DAY, replace(lasting(), policy=policy(exceptions=Exceptions(audits=(TODAY + 5 * DAY,)))), Refusal.TOO_LONG,
            id="past the next audit",
        ),
        pytest.param(
            AT + 9 * DAY, replace(lasting(), policy=policy(exceptions=Exceptions(audits=(TODAY + DAY,)))), Allow,
            id="past the audit for which it is reconsidered",
        ),
        pytest.param(AT + 9 * DAY, facts(), Refusal.NO_SUCH_EXCEPTION, id="none"),
    ],
)  # fmt: skip
def test_a_permanent_one_is_reconsidered_while_it_counts(until: datetime | None, known: Facts, expected: Expected) -> None:
    """EXC-04, EXC-10."""
    assert said(reconsiderable(request(by=RAVI, until=until), known)) == expected


def test_moments_are_told_in_the_zone_of_the_first_service() -> None:
    both = {"services": ("web", "api")}
    counts = reconsiderable(request(by=RAVI, until=AT + DAY), lasting(**both))
    ends = complete_exception(
        wanted(**both, until=AT + 2 * DAY), facts(policy(exceptions=Exceptions(deprecated={Requirement.TICKETS: TODAY + DAY})))
    )
    assert told(counts)[0] == "EXC-2026-1121-001 counts until Wed 25 Nov 06:00 America/New_York already."
    assert "until Tue 24 Nov 18:00 America/New_York and no longer" in told(ends)[0]


@pytest.mark.parametrize(("at", "counts"), [(-MINUTE, True), (0 * MINUTE, False), (MINUTE, False)])
def test_it_counts_until_its_end_by_the_minute(at: timedelta, counts: bool) -> None:
    one = exemption()
    assert one.counts(one.until + at, None) is counts


def test_all_that_is_missing_is_told_at_once() -> None:
    why = told(complete_exception(wanted(risk="", evidence="", remediation=""), facts()))[0]
    assert why == "The exception lacks its risk assessment, evidence links, remediation plan."


ALL = policy(exceptions=Exceptions(waivable=tuple(Requirement)))
NONE = policy(exceptions=Exceptions(waivable=()))


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(wanted(), facts(), Allow, id="waivable"),
        pytest.param(wanted(), facts(NONE), Refusal.NOT_WAIVABLE, id="nothing is waivable"),
        pytest.param(wanted(**EMERGENCY, requirement=Requirement.SBOM), facts(), Refusal.NOT_WAIVABLE, id="a security gate by default"),
        pytest.param(wanted(requirement=Requirement.SBOM), facts(ALL), Refusal.NOT_WAIVABLE, id="a security gate without an emergency"),
        pytest.param(wanted(**EMERGENCY, requirement=Requirement.SBOM), facts(ALL), Allow, id="a security gate in an emergency"),
        pytest.param(request(), facts(exception=exemption()), Allow, id="the one in question"),
        pytest.param(request(), facts(NONE, exception=exemption()), Refusal.NOT_WAIVABLE, id="the policy changed since"),
        pytest.param(request(), facts(exception=Absent("exception EXC-9")), Refusal.NO_SUCH_EXCEPTION, id="no such exception"),
        pytest.param(request(), facts(), Refusal.NO_SUCH_EXCEPTION, id="none"),
        pytest.param(wanted(requirement=Requirement.TAG), facts(strict()), Allow, id="the signed tag"),
        pytest.param(wanted(**PERMANENT, requirement=Requirement.TAG), facts(strict()), Refusal.NOT_WAIVABLE, id="the signed tag for good"),
        pytest.param(wanted(requirement=Requirement.TAG), facts(unproven()), Refusal.NOT_WAIVABLE, id="the signed tag without provenance"),
    ],
)
def test_only_what_the_policy_names_is_waived(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(waivable(asked, known)) == expected


# ---------------------------------------------------------------- deciding about one


def waiting(**parts: Any) -> Facts:
    held = exemption(**{"state": ExemptionState.REQUESTED, "decisions": ()} | parts)
    return facts(exception=held)


@pytest.mark.parametrize(
    ("guard", "known", "expected"),
    [
        pytest.param(known_exception, waiting(), Allow, id="it exists"),
        pytest.param(known_exception, facts(exception=Absent("exception EXC-9")), Refusal.NO_SUCH_EXCEPTION, id="it does not"),
        pytest.param(undecided_exception, waiting(), Allow, id="it waits"),
        pytest.param(undecided_exception, waiting(state=ExemptionState.REJECTED), Refusal.WRONG_STATE, id="decided"),
        pytest.param(undecided_exception, waiting(until=AT), Refusal.WRONG_STATE, id="it ended while it waited"),
        pytest.param(undecided_exception, facts(), Refusal.NO_SUCH_EXCEPTION, id="nothing to decide"),
        pytest.param(revocable, facts(exception=exemption()), Allow, id="it counts"),
        pytest.param(revocable, waiting(), Refusal.WRONG_STATE, id="it does not count yet"),
        pytest.param(revocable, facts(exception=exemption(until=AT)), Refusal.WRONG_STATE, id="it is over"),
        pytest.param(revocable, facts(), Refusal.NO_SUCH_EXCEPTION, id="nothing to revoke"),
    ],
)
def test_it_is_decided_once_and_revoked_while_it_counts(guard: Guard, known: Facts, expected: Expected) -> None:
    assert said(guard(request(by=MARA), known)) == expected


def test_what_is_over_says_so() -> None:
    assert told(undecided_exception(REQUEST, waiting(until=AT)))[0] == "EXC-2026-1121-001 is expired."
    assert told(undecided_exception(REQUEST, waiting(until=AT - MINUTE)))[0] == "EXC-2026-1121-001 is expired."
    assert told(revocable(REQUEST, facts(exception=exemption(state=ExemptionState.REVOKED))))[0] == "EXC-2026-1121-001 is revoked."


ONE_VERSION = {"version": "v1.4.0"}


DELEGATING = policy(delegation=DelegationRule(roles=(Role.RELEASE_MANAGER,)))


def by_mara(**parts: Any) -> Facts:
    """Mara wrote the version."""
    return replace(waiting(**parts), artifact=replace(ARTIFACT, authors=frozenset({"mara-m"})))


def grouped(members: frozenset[str] | Unread) -> Facts:
    """Quality approves exceptions, and is a Slack group."""
    allow = {**POLICY.allow, Action.APPROVE_EXCEPTION: {"production": (Role.QA,)}}
    return replace(waiting(), policy=policy(allow=allow), groups={"S0QUALITY": members})


BLIND = replace(waiting(**ONE_VERSION), artifact=Unread("the artifact", "no answer within 5 s"))


@pytest.mark.parametrize(
    ("by", "known", "expected"),
    [
        pytest.param(MARA, waiting(), Allow, id="somebody else"),
        pytest.param(REMY, waiting(), Refusal.OWN_REQUEST, id="who asked for it"),
        pytest.param(OTTO, waiting(), Refusal.OWN_REQUEST, id="who answers for it"),
        pytest.param(MARA, waiting(decisions=(EXEMPTED,)), Refusal.ALREADY_DECIDED, id="who approved it"),
        pytest.param(RAVI, waiting(decisions=(EXEMPTED,)), Allow, id="a second one"),
        pytest.param(MARA, lasting(), Allow, id="who approved it, when it is reconsidered"),
        pytest.param(MARA, lasting(reconsidered=(WORD,)), Refusal.ALREADY_DECIDED, id="who said already that it still holds"),
        pytest.param(MARA, lasting(reconsidered=(replace(WORD, was=AT - DAY),)), Allow, id="who said so the time before"),
        pytest.param(MARA, lasting(reconsidered=(replace(WORD, was=AT + 5 * DAY),)), Allow, id="who said so of a later end"),
        pytest.param(REMY, lasting(), Refusal.OWN_REQUEST, id="who asked for it, when it is reconsidered"),
        pytest.param(MARA, by_mara(), Allow, id="an author, for all versions"),
        pytest.param(MARA, by_mara(**ONE_VERSION), Refusal.OWN_WORK, id="an author of the version"),
        pytest.param(DANA, replace(waiting(), policy=DELEGATING, delegations=(delegation(),)), Refusal.NOT_PERMITTED, id="a delegate"),
        pytest.param(MARA, waiting(services=("api", "web")), Allow, id="in the whole scope"),
        pytest.param(OTTO, waiting(owner=DANA.id, services=("api", "web")), Refusal.NOT_PERMITTED, id="in a part of the scope"),
        pytest.param(QUINN, grouped(Unread("Slack group S0QUALITY")), Unsure, id="the group of the role unread"),
        pytest.param(QUINN, grouped(frozenset({"U0QUINN"})), Allow, id="in the group of the role"),
        pytest.param(MARA, waiting(**ONE_VERSION), Allow, id="no author of the version"),
        pytest.param(MARA, BLIND, Unsure, id="authors unread"),
        pytest.param(Unread("your Slack account"), waiting(), Unsure, id="the asker unread"),
        pytest.param(Stranger("U1", "X", "a guest"), waiting(), Allow, id="a stranger is turned away elsewhere"),
        pytest.param(MARA, facts(), Refusal.NO_SUCH_EXCEPTION, id="no such exception"),
    ],
)
def test_who_wants_or_made_it_never_approves_it(by: Any, known: Facts, expected: Expected) -> None:
    assert said(independent(request(by=by, action=Action.APPROVE_EXCEPTION), known)) == expected


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(wanted(), facts(), Allow, id="in its place"),
        pytest.param(wanted(environments=("staging", "production")), facts(), Refusal.NO_POLICY, id="also where nobody may"),
        pytest.param(wanted(environments=()), facts(), Refusal.NO_POLICY, id="nowhere"),
        pytest.param(request(by=MARA, action=Action.APPROVE_EXCEPTION), waiting(), Allow, id="deciding"),
        pytest.param(request(by=REMY, action=Action.APPROVE_EXCEPTION), waiting(), Refusal.NOT_PERMITTED, id="deciding without the role"),
        pytest.param(
            request(by=OTTO, action=Action.APPROVE_EXCEPTION), waiting(services=("api", "web")), Refusal.NO_POLICY,
            id="also for a service that does not open it",
        ),
        pytest.param(
            request(by=MARA, action=Action.APPROVE_EXCEPTION), facts(exception=Absent("exception EXC-9")), Refusal.NO_SUCH_EXCEPTION,
            id="of none",
        ),
    ],
)  # fmt: skip
def test_it_takes_the_right_in_the_whole_scope(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(authorized(asked, replace(known, change=None))) == expected


SECOND = replace(EXEMPTED, by=RAVI.id, name=RAVI.name, roles=frozenset({Role.SECURITY}))


@pytest.mark.parametrize(
    ("rules", "given", "expected"),
    [
        pytest.param({}, (), False, id="nobody"),
        pytest.param({}, (EXEMPTED,), True, id="one of one"),
        pytest.param({"count": 2}, (EXEMPTED, replace(EXEMPTED, reason="again")), False, id="one person twice"),
        pytest.param({"count": 2}, (EXEMPTED, SECOND), True, id="two people"),
        pytest.param({"roles": (Role.SECURITY,)}, (EXEMPTED,), False, id="not the role that it takes"),
        pytest.param({"roles": (Role.SECURITY,)}, (EXEMPTED, SECOND), True, id="the role among them"),
    ],
)
def test_when_enough_people_approved(rules: dict[str, Any], given: tuple[ExemptionDecision, ...], expected: bool) -> None:
    assert enough(given, policy(exceptions=Exceptions(**rules))) is expected
