"""Nobody moves their own change: the requester and the authors never approve (SOD-01, SOD-02, SOD-12)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.decision import Allow, Refusal, Unsure
from guards.duties import capacity, identify, reviewers, separated
from guards.facts import Facts, Request
from guards.identity import Delegation, Stranger
from guards.sections import ApprovalRule, DelegationRule, Person, Slack
from guards.unread import Absent, Unread
from guards.version import Artifact
from guards.vocabulary import Action, Role
from tests.guards.cases import (
    ARTIFACT,
    CHANGE,
    DANA,
    FACTS,
    MARA,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    Expected,
    built,
    change,
    delegation,
    facts,
    policy,
    request,
    said,
    told,
)
from tests.guards.proofs import STRICT, asking, proven

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
        pytest.param(request(action=Action.ANSWER, by=DANA), FACTS, Allow, id="the author answers a roll call"),
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
        pytest.param(
            approves(MARA),
            proven(asking(STRICT.evidence, repositories=("example/config",))),
            Unsure,
            id="one of two repositories is not known",
        ),
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
                    "nobody here is x-1, x-2; whose login it is types `/release link github`, or the policy file lists it in `people` (`github`, `emails`)",
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
    assert {p.id for h in ("dana@example.com", "Dana@Example.com", "DANA-D") if isinstance(p := identify(h, FACTS), Person)} == {DANA.id}
    assert identify("dana", FACTS) is None


OURS = policy(
    slack=Slack(teams=("T0EXAMPLE",), alerts="C0ALERTS", domains=("example.com",)),
    people=tuple(p.model_copy(update={"emails": ("d.doe@home.example",)}) if p is DANA else p for p in POLICY.people),
)
ELLA = Person(id="ella@example.com", name="Ella", slack=("U0ELLA",))


@pytest.mark.parametrize(
    ("handle", "known", "expected"),
    [
        pytest.param("D.Doe@home.example", facts(OURS), DANA.id, id="a second address"),
        pytest.param(
            "12345+dana-d@users.noreply.github.com", FACTS, DANA.id, id="the address that GitHub writes, with the account's number"
        ),
        pytest.param("dana-d@users.noreply.github.com", FACTS, DANA.id, id="and without"),
        pytest.param("dana-d@users.noreply.example.com", FACTS, None, id="the same at somebody else's domain"),
        pytest.param("ella@example.com", facts(OURS, people={ELLA.id: ELLA}), ELLA.id, id="an address of a domain of ours"),
        pytest.param("Ella@Example.com", facts(OURS, people={ELLA.id: ELLA}), ELLA.id, id="in any case"),
        pytest.param("ella@example.com", facts(people={ELLA.id: ELLA}), None, id="the same where the policy names no domain"),
        pytest.param("ella@elsewhere.example", facts(OURS, people={ELLA.id: ELLA}), None, id="an address of another domain"),
        pytest.param("ella@example.com.evil.example", facts(OURS), None, id="a domain that only begins like ours"),
        pytest.param(
            "ghost@example.com",
            facts(OURS, people={"ghost@example.com": Stranger("", "ghost", "nobody")}),
            None,
            id="nobody has that address",
        ),
        pytest.param("ghost@example.com", facts(OURS), Unread, id="nobody asked Slack whether somebody has it"),
        pytest.param("dana-two", facts(links={"dana-two": DANA.id}), DANA.id, id="a linked account"),
        pytest.param("Dana-Two", facts(links={"dana-two": DANA.id}), DANA.id, id="a linked account in any case"),
        pytest.param("9+dana-two@users.noreply.github.com", facts(links={"dana-two": DANA.id}), DANA.id, id="a linked account's address"),
        pytest.param("dana-d", facts(links={"dana-d": MARA.id}), DANA.id, id="the policy file goes before a link"),
        pytest.param("ella-e", facts(links={"ella-e": ELLA.id}), ELLA.id, id="linked by somebody whom the policy file does not list"),
        pytest.param("dana-two", FACTS, None, id="linked by nobody"),
        pytest.param("dana-two", facts(links=Unread("the links")), Unread, id="the links could not be read"),
        pytest.param("dana-two", facts(links={"dana-two": Unread("the account")}), Unread, id="the account could not be read"),
        pytest.param("dana-d", facts(links=Unread("the links")), DANA.id, id="whom the policy file lists needs no link"),
    ],
)
def test_who_is_behind_a_login_or_an_address(handle: str, known: Facts, expected: object) -> None:
    """SOD-12."""
    found = identify(handle, known)
    assert (found.id if isinstance(found, Person) else found and type(found)) == expected


def test_a_linked_account_cannot_hide_whose_work_it_is() -> None:
    """SOD-02, SOD-06: Mara's second account wrote it."""
    written = built(authors=frozenset({"mara-two"}))
    assert said(separated(approves(MARA), replace(written, links={"mara-two": MARA.id}))) == Refusal.OWN_WORK
    assert said(separated(approves(MARA), replace(written, links={"mara-two": DANA.id}))) == Allow
    assert said(separated(approves(MARA), written)) == Unsure
    assert said(separated(approves(MARA), replace(lax(replace(ARTIFACT, authors=frozenset({"mara-two"}))), links=Unread("x")))) == Unsure


DELEGATING = policy(delegation=DelegationRule(roles=(Role.RELEASE_MANAGER,)))
LENA = Person(id="lena@example.com", name="Lena", slack=("U0LENA",))


def acting(*given: Delegation, **other: object) -> Facts:
    """Lena holds no role but what was delegated to her."""
    return facts(DELEGATING, delegations=given, people={**FACTS.people, LENA.id: LENA}, **other)


FROM_MARA = delegation(to=LENA.id, to_name=LENA.name)
FROM_RAVI = delegation(id="DLG-2026-1124-002", by=RAVI.id, by_name=RAVI.name, to=LENA.id, to_name=LENA.name)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(acting(FROM_MARA), Allow, id="for somebody who has no part in it"),
        pytest.param(acting(FROM_MARA, change=change(DELEGATING, requester=MARA.id)), Refusal.OWN_REQUEST, id="for the requester"),
        pytest.param(acting(FROM_MARA, artifact=replace(ARTIFACT, authors=frozenset({"mara-m"}))), Refusal.OWN_WORK, id="for an author"),
        pytest.param(acting(FROM_MARA, FROM_RAVI, change=change(DELEGATING, requester=MARA.id)), Allow, id="for somebody else as well"),
        pytest.param(acting(FROM_MARA, change=change(DELEGATING, requester=LENA.id)), Refusal.OWN_REQUEST, id="her own request"),
        pytest.param(acting(FROM_MARA, artifact=replace(ARTIFACT, authors=frozenset({"lena@example.com"}))), Unsure, id="unknown authors"),
        pytest.param(replace(acting(FROM_MARA), delegations=Unread("the delegations")), Unsure, id="the delegations could not be read"),
        pytest.param(acting(change=change(DELEGATING, requester=MARA.id)), Allow, id="nothing delegated: another guard says so"),
        pytest.param(
            acting(FROM_MARA, FROM_RAVI, change=change(DELEGATING, requester=MARA.id), artifact=Unread("the registry")),
            Unsure,
            id="for one who asked and for one of whom nobody knows whether they wrote it",
        ),
    ],
)
def test_nobody_approves_their_own_work_through_a_delegate(known: Facts, expected: Expected) -> None:
    """RBAC-06, SOD-01, SOD-02."""
    assert said(separated(approves(LENA), known)) == expected


def test_a_role_by_an_unread_group_may_be_the_right_by_which_a_delegate_decides() -> None:
    """Quinn acts for the requester; whether he may approve as qa too, hangs on a group."""
    given = delegation(to=QUINN.id, to_name=QUINN.name)
    asked = facts(DELEGATING, delegations=(given,), change=change(DELEGATING, requester=MARA.id))
    assert said(separated(approves(QUINN), asked)) == Allow
    assert said(separated(approves(QUINN), replace(asked, groups={"S0QUALITY": frozenset()}))) == Refusal.OWN_REQUEST
    assert said(separated(approves(QUINN), replace(asked, groups={}))) == Unsure


def test_a_delegate_reads_in_whose_place_they_cannot_decide() -> None:
    assert told(separated(approves(LENA), acting(FROM_MARA, change=change(DELEGATING, requester=MARA.id)))) == snapshot(
        (
            "A delegate cannot decide in Mara's place: Mara asked for CR-2026-1124-001; the requester never approves.",
            "Ask somebody else who may approve it.",
        )
    )


def test_what_kept_an_author_from_being_known_is_told() -> None:
    lost = facts(links=Unread("the linked accounts", "locked"), artifact=replace(ARTIFACT, authors=frozenset({"nobody-x"})))
    assert told(separated(approves(MARA), lost)) == (
        "could not read the authors of this version",
        "could not read the linked accounts (locked)",
    )
    silent = replace(lost, links=Unread("the linked accounts"))
    assert told(separated(approves(MARA), silent)) == ("could not read the authors of this version", "could not read the linked accounts")


def test_the_own_right_goes_before_a_delegated_one() -> None:
    """RBAC-06: a decision is shown as a delegate's only when it is one."""
    assert capacity(LENA, CHANGE, acting(FROM_MARA)) == FROM_MARA
    assert capacity(RAVI, CHANGE, facts(DELEGATING, delegations=(delegation(to=RAVI.id),))) is None
    assert capacity(LENA, CHANGE, acting()) is None
    assert capacity(LENA, change(DELEGATING, requester=MARA.id), acting(FROM_MARA, FROM_RAVI)) == FROM_RAVI


def test_a_delegated_role_is_used_where_the_environment_wants_to_see_it() -> None:
    wanted = policy(
        delegation=DelegationRule(roles=(Role.RELEASE_MANAGER,)),
        approvals={"production": ApprovalRule(count=1, roles=(Role.RELEASE_MANAGER,), authors_known=True)},
    )
    given = delegation(to=OTTO.id, to_name=OTTO.name)
    assert capacity(OTTO, CHANGE, facts(wanted, delegations=(given,))) == given
    assert capacity(RAVI, CHANGE, facts(wanted, delegations=(delegation(to=RAVI.id),))) is None  # he has it himself
    assert capacity(OTTO, CHANGE, facts(DELEGATING, delegations=(given,))) is None
    owner_wanted = policy(
        delegation=DelegationRule(roles=(Role.RELEASE_MANAGER,)),
        approvals={"production": ApprovalRule(count=1, roles=(Role.CAB,), authors_known=True)},
    )
    assert capacity(OTTO, CHANGE, facts(owner_wanted, delegations=(given,))) is None
    assert capacity(LENA, CHANGE, replace(acting(FROM_MARA), policy=owner_wanted)) == FROM_MARA


def test_reviewers_must_be_known_where_authors_must() -> None:
    assert reviewers(CHANGE, FACTS) == {RAVI.id}
    assert isinstance(reviewers(CHANGE, built(reviewers=None)), Unread)
    assert isinstance(reviewers(CHANGE, built(reviewers=frozenset({"ravi-r", "nobody-x"}))), Unread)
    assert reviewers(CHANGE, lax(replace(ARTIFACT, reviewers=None))) == frozenset()
    assert reviewers(CHANGE, lax(replace(ARTIFACT, reviewers=frozenset({"ravi-r", "nobody-x"})))) == {RAVI.id}
