"""No read that failed ever counts as a yes, and none as a no (promise 2; EVD-31, WIN-13, SOD-12).

A guard that allows while something is unread must allow whatever the read could have told: then the fact does not matter to it.
A guard that refuses while something is unread must refuse whatever it could have told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cache
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guards.approvals import approved
from guards.artifact import pinned, same_artifact
from guards.authorization import authorized
from guards.change import Claim, Verdict
from guards.decided import decided
from guards.decision import Allow, Refusal, Refuse
from guards.delegation import delegable, endable
from guards.duties import separated
from guards.emergencies import apart, covered, same_version
from guards.emergency import Emergency, EmergencyState
from guards.facts import Facts, Request
from guards.flight import alone, asked_once
from guards.forward_port import forward_ported
from guards.freeze import approvable, calendar_read, complete_freeze, extendable, liftable, not_frozen
from guards.freeze_record import CalendarEvent
from guards.go import Candidate, GoDecision, Outcome, Pinned, Ride
from guards.hotfix import HotfixFacts
from guards.hotfix_evidence import Evidenced, Piece
from guards.hotfixed import hotfixed
from guards.identity import Stranger
from guards.incident import HERE, Incident
from guards.incident_rules import IncidentRules
from guards.incidents import no_incident
from guards.judge import Guard, judge
from guards.lifecycle import State
from guards.links import confirmable, linked, linking_begun
from guards.order import in_order
from guards.record import as_seen, cancellable, decided_by_asker, reasoned, undecided, undecided_by_asker
from guards.sections import ApprovalRule, DelegationRule
from guards.staged import soaked, verified_before
from guards.timetable import reachable
from guards.train import Room, Stage
from guards.unread import Absent, Unread
from guards.verification import looks_after, verifiable
from guards.verified import Verification
from guards.vocabulary import Action, ChangeType, Role
from guards.window import in_window
from tests.guards.cases import (
    ARTIFACT,
    AT,
    CHANGE,
    COMPANY_CALENDAR,
    DANA,
    FACTS,
    HOTFIX,
    HOUR,
    LOOKED,
    MARA,
    OTHER_DIGEST,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    REQUEST,
    RUNNING,
    STAGED,
    WORKING,
    approval,
    aye,
    change,
    delegation,
    emergency,
    exemption,
    facts,
    freeze,
    on_behalf,
    policy,
    request,
    said,
    two_of,
)
from tests.guards.proofs import NOTES, RECORD
from tests.guards.test_go import RUN
from tests.guards.test_in_set import SET
from tests.guards.test_in_slot import EARLY
from tests.guards.test_staged import ASKING as STAGING_COUNTS
from tests.world.examples import examples

PROMOTION = (
    authorized,
    separated,
    pinned,
    same_artifact,
    in_order,
    not_frozen,
    no_incident,
    in_window,
    alone,
    asked_once,
    hotfixed,
    decided,
    approved,
)
DECISION = (undecided, cancellable, as_seen, reasoned, undecided_by_asker, decided_by_asker)
GUARDS: tuple[Guard, ...] = (
    *PROMOTION,
    *DECISION,
    complete_freeze,
    liftable,
    approvable,
    extendable,
    calendar_read,
    delegable,
    endable,
    confirmable,
    linking_begun,
    linked,
    reachable,
    forward_ported,
    verifiable,
    looks_after,
    verified_before,
    soaked,
)
HEALS = frozenset({Refusal.FROZEN, Refusal.OUTSIDE_WINDOW, Refusal.NOT_APPROVED})

POLICIES = (
    POLICY,
    policy(approvals={"production": ApprovalRule(count=1)}),
    policy(approvals={"production": ApprovalRule(count=1), "staging": ApprovalRule(count=1)}),
    two_of(Role.RELEASE_MANAGER, Role.QA),
    two_of(Role.QA, count=1),
    policy(holidays=("DE",)),
    policy(delegation=DelegationRule(roles=(Role.RELEASE_MANAGER,))),
    policy(freeze_calendars={"company": COMPANY_CALENDAR}),
    policy(incidents=IncidentRules(blocks={"production": "SEV-2"})),
    STAGING_COUNTS,
)


@cache
def domain(number: int) -> Mapping[str, tuple[Any, ...]]:
    """For each fact some values that a read that works can tell, under one of the policies."""
    under = POLICIES[number]
    left = Stranger("U0MARA", "Mara", "Mara's account is deactivated.")
    mara, quinn, ravi, remy = (approval(person, under) for person in (MARA, QUINN, RAVI, REMY))
    return {
        "groups:S0QUALITY": (frozenset({"U0QUINN"}), frozenset()),
        f"people:{MARA.id}": (MARA, left),
        f"people:{QUINN.id}": (QUINN, left),
        "artifact": (
            ARTIFACT,
            replace(ARTIFACT, authors=frozenset({"dana-d", "second-account"})),
            replace(ARTIFACT, digest=OTHER_DIGEST),
            replace(ARTIFACT, authors=frozenset({"mara-m"})),
            replace(ARTIFACT, authors=None),
            replace(ARTIFACT, reviewers=frozenset({"mara-m", "ravi-r"})),
            Absent("artifact of api v1.4.0"),
        ),
        "registered": (None, ARTIFACT, replace(ARTIFACT, digest=OTHER_DIGEST)),
        "before": (None, STAGED, replace(STAGED, digest=OTHER_DIGEST)),
        "looked": (None, LOOKED, replace(LOOKED, at=None, by=None, name=None, looked_at="")),
        "replaced": (None, replace(STAGED, version="v1.5.0", at=STAGED.at + timedelta(minutes=1))),
        "attestations": ((),),
        "running": (None, RUNNING, replace(RUNNING, version="v1.4.0")),
        "change": (None, change(under), change(under, requester=MARA.id), change(under, state=State.RUNNING), Absent("change CR-9")),
        "approvals": (
            (),
            (mara,),
            (mara, quinn),
            (ravi,),
            (remy,),
            (mara, replace(quinn, verdict=Verdict.REJECTED)),
            (replace(mara, withdrawn=AT),),
            (replace(approval(DANA, under), on_behalf=on_behalf()),),
        ),
        "delegations": ((), (delegation(),), (delegation(ended=AT),), (delegation(), delegation(id="DLG-2026-1124-002", by=RAVI.id))),
        "links": ({}, {"second-account": MARA.id}, {"second-account": OTTO.id}),
        "accounts:second-account": (7, Absent("GitHub account second-account")),
        "in_flight": (None, Claim(f"{CHANGE.id}.1", CHANGE.id, AT), Claim("CR-2.1", "CR-2", AT)),
        "duplicate": (None, CHANGE.id, "CR-2"),
        "freezes": ((), (freeze(),), (freeze(end=AT),)),
        "shared:company": (AT,),
        "calendar": ((), (CalendarEvent("sale", AT, AT + HOUR, "Black Friday"),)),
        "holidays:DE": (WORKING, replace(WORKING, days={AT.date(): "a holiday"}), replace(WORKING, last=AT.date())),
        "record": (None, RECORD, replace(RECORD, issues="one")),
        "notes": (None, NOTES, replace(NOTES, text="later")),
        "promotions": ((), FACTS.promotions),
        "rides": (
            (),
            (Ride("weekly", None),),
            (Ride("weekly", None, ((GO, GO.candidate.hash),)),),
            (Ride("weekly", None, ((GO, GO.candidate.hash),), {GO.run: replace(RUN, stage=Stage.GO, schedule=EARLY)}),),
            (Ride("weekly", None, ((SET, SET.candidate.hash),)),),
        ),
        "incidents": ((), (INCIDENT,), (replace(INCIDENT, services=None),), (replace(INCIDENT, severity=4),)),
        "exceptions": ((), (exemption(),)),
        "hotfixes": (
            HotfixFacts(),
            HotfixFacts(of_version=HOTFIX),
            HotfixFacts(of_version=HOTFIX, twin="v1.2.0"),
            HotfixFacts(live=(HOTFIX,)),
        ),
        "pieces": ((), (Piece(Evidenced.TAG, (), "the tag"),)),
        "verification": (None, VERIFICATION, replace(VERIFICATION, at=AT, by=OTTO.id, name=OTTO.name, looked_at="the dashboards")),
        "channel": (Room("C1", "releases", member=True), Room("C1", "releases", member=False), Absent("the channel C1")),
    }


VERIFICATION = Verification(CHANGE.id, "OBL-1", AT, AT + HOUR)
INCIDENT = Incident("INC-1", "it fails", 1, ("api",), AT, MARA.id, MARA.name, HERE, "", AT)
PINNED = Pinned("api", "v1.4.0", ARTIFACT.commit, ARTIFACT.digest)
GO = GoDecision(
    "GNG-2026-1124-001", "weekly-2026-11-24", Candidate((PINNED,), "h"), Outcome.GO, MARA.id, MARA.name, frozenset({Role.RELEASE_MANAGER}),
    None, (), "small", "", "", (), (), AT,
)  # fmt: skip
UNREADABLE = sorted(domain(0))
NEVER_READ = object()
LOST = Unread("what was asked for", "no answer within 5 s")


NEEDED_SOMETIMES = {
    "groups:S0QUALITY",
    f"people:{QUINN.id}",
    "delegations",
    "links",
    "accounts:second-account",
    "exceptions",
    "holidays:DE",
    "shared:company",
    "calendar",  # only its import asks for it
    "notes",
    "promotions",
    "incidents",
    "attestations",  # see test_itemized.py
    "looked",  # see test_staged.py
    "replaced",
    "pieces",  # only the end of a hotfix asks for them
    "verification",  # only /release verify asks for it
    "channel",  # only trains ask for it
}
"""What a promotion asks for only where a policy, a role, an author or missing evidence hangs on it: see test_release.py and test_notes.py."""


def know(facts: Facts, name: str, told: object) -> Facts:
    """The facts with another one; of `people` and `groups` only one entry."""
    fact, _, key = name.partition(":")
    if not key:
        return replace(facts, **{fact: told})
    rest = {k: v for k, v in getattr(facts, fact).items() if k != key}
    return replace(facts, **{fact: rest if told is NEVER_READ else rest | {key: told}})


def failures(name: str) -> tuple[object, ...]:
    """The ways in which a read of this fact can fail."""
    return (LOST, NEVER_READ) if ":" in name else (LOST,)


REQUESTS = st.builds(
    lambda by, action, environment, seen, rationale: request(by=by, action=action, environment=environment, seen=seen, rationale=rationale),
    st.sampled_from([REMY, MARA, QUINN, DANA, OTTO]),
    st.sampled_from([Action.PROMOTE, Action.APPROVE]),
    st.sampled_from(["production", "staging", "dev"]),
    st.sampled_from([None, CHANGE.content.hash]),
    st.sampled_from(["", "smoke tests are green"]),
)


@dataclass(frozen=True, repr=False)
class Dark:
    """A world with one or two reads that failed, and each world that it could have been."""

    facts: Facts
    could_be: list[Facts]
    story: str

    def __repr__(self) -> str:
        return self.story


@st.composite
def darkness(draw: st.DrawFn) -> Dark:
    """Mostly a world in which everything allows, with a few facts changed."""
    number = draw(st.integers(0, len(POLICIES) - 1))
    values = domain(number)
    some = st.lists(st.sampled_from(UNREADABLE), max_size=4, unique=True)
    known, story = facts(POLICIES[number]), [f"policy {number}"]
    for name in draw(some):
        known = know(known, name, told := draw(st.sampled_from(values[name])))
        story.append(f"{name} is {told}")
    could_be, dark = [known], known
    for name in draw(some.filter(lambda names: 1 <= len(names) <= 2)):
        could_be = [know(each, name, told) for each in could_be for told in values[name]]
        dark = know(dark, name, draw(st.sampled_from(failures(name))))
        story.append(f"{name} is unread")
    return Dark(dark, could_be, "; ".join(story))


def hold(guards: Iterable[Guard], asked: Request, dark: Dark) -> None:
    """Each guard answers in the dark only what it would answer in any light."""
    for guard in guards:
        answer = guard(asked, dark.facts)
        if isinstance(answer, Allow):
            assert {said(guard(asked, known)) for known in dark.could_be} == {Allow}, guard
        if isinstance(answer, Refuse):
            assert Allow not in {said(guard(asked, known)) for known in dark.could_be}, guard


@settings(max_examples=examples(400))
@given(asked=REQUESTS, dark=darkness())
def test_a_guard_answers_in_the_dark_only_what_it_would_answer_in_any_light(asked: Request, dark: Dark) -> None:
    hold(GUARDS, asked, dark)


URGENT: tuple[Guard, ...] = (apart, same_version, covered, approved, in_window, not_frozen, decided)
RECORDS = (
    emergency(),
    emergency(declarer=REMY.id, approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(QUINN, Role.QA))),
    emergency(state=EmergencyState.DECLARED, approvals=()),
    emergency(approvals=(aye(QUINN, Role.QA), aye(OTTO, Role.SERVICE_OWNER), aye(MARA, Role.RELEASE_MANAGER)), declarer=REMY.id),
)


@settings(max_examples=examples(200))
@given(asked=REQUESTS, dark=darkness(), record=st.sampled_from(RECORDS), late=st.booleans())
def test_an_emergency_in_the_dark_goes_only_where_it_would_in_any_light(asked: Request, dark: Dark, record: Emergency, late: bool) -> None:
    asked = replace(asked, change_type=ChangeType.EMERGENCY)
    more = {"emergency": replace(record, until=AT + timedelta(days=1)), "at": AT + timedelta(hours=12 * late)}
    urgent = replace(dark, facts=replace(dark.facts, **more), could_be=[replace(known, **more) for known in dark.could_be])
    hold(URGENT, asked, urgent)


@settings(max_examples=examples(400))
@given(asked=REQUESTS, dark=darkness())
def test_a_promotion_in_the_dark_is_allowed_only_when_it_would_be_in_any_light(asked: Request, dark: Dark) -> None:
    if judge(PROMOTION, asked, dark.facts, HEALS).outcome == "allowed":
        assert {judge(PROMOTION, asked, known, HEALS).outcome for known in dark.could_be} == {"allowed"}


@pytest.mark.parametrize("name", [name for name in UNREADABLE if name not in NEEDED_SOMETIMES])
def test_every_fact_that_a_promotion_needs_stops_it_when_it_is_unread(name: str) -> None:
    assert judge(PROMOTION, REQUEST, FACTS, HEALS).outcome == "allowed"
    for lost in failures(name):
        assert judge(PROMOTION, REQUEST, know(FACTS, name, lost), HEALS).outcome == "unsure"


def test_an_unread_group_stops_those_whose_role_hangs_on_it() -> None:
    lost = {"S0QUALITY": Unread("Slack group S0QUALITY")}
    assert judge(PROMOTION, request(by=QUINN), FACTS, HEALS).outcome == "allowed"
    assert judge(PROMOTION, request(by=QUINN), facts(groups=lost), HEALS).outcome == "unsure"
    assert judge(PROMOTION, REQUEST, facts(approvals=(approval(QUINN),)), HEALS).outcome == "allowed"
    assert judge(PROMOTION, REQUEST, facts(approvals=(approval(QUINN),), groups=lost), HEALS).outcome == "unsure"


def test_unread_holidays_stop_where_a_window_closes_on_them() -> None:
    """WIN-13."""
    known = facts(policy(holidays=("DE",)))
    assert judge(PROMOTION, REQUEST, known, HEALS).outcome == "allowed"
    for lost in failures("holidays:DE"):
        assert judge(PROMOTION, REQUEST, know(known, "holidays:DE", lost), HEALS).outcome == "unsure"


def test_a_shared_calendar_of_freezes_that_is_unread_stops_what_it_could_hold() -> None:
    """WIN-13."""
    known = facts(policy(freeze_calendars={"company": COMPANY_CALENDAR}))
    assert judge(PROMOTION, REQUEST, known, HEALS).outcome == "allowed"
    for lost in failures("shared:company"):
        assert judge(PROMOTION, REQUEST, know(known, "shared:company", lost), HEALS).outcome == "unsure"


def test_facts_that_nobody_read_allow_nothing() -> None:
    nothing = Facts(at=AT, policy=POLICY, change=CHANGE)
    assert judge(PROMOTION, REQUEST, nothing, HEALS).outcome == "unsure"
    assert {guard.__name__ for guard in PROMOTION if isinstance(guard(REQUEST, nothing), Allow)} == {
        "authorized",  # by name, not by group
        "separated",  # asking is free
        "pinned",  # by the version alone
        "in_window",  # by policy and moment alone
        "no_incident",  # a policy in which incidents hold nothing
    }


def _can_be_unread(annotation: object) -> bool:
    parts: Iterable[object] = get_args(annotation)
    return annotation is Unread or any(_can_be_unread(part) for part in parts)


def test_no_fact_that_can_be_unread_is_left_out_here() -> None:
    hints = get_type_hints(Facts)
    assert sorted(fact.name for fact in fields(Facts) if _can_be_unread(hints[fact.name])) == sorted(
        {name.partition(":")[0] for name in UNREADABLE}
    )
