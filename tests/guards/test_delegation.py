"""A role is held for somebody else in its time and place, while that person still holds it, and is not passed on (RBAC-05, RBAC-06, RBAC-09)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.approvals import approved, counted
from guards.authorization import authorized, held_roles
from guards.change import Approval
from guards.decision import Allow, Refusal, Unsure
from guards.delegation import delegable, endable, lapsed
from guards.facts import Facts, Request
from guards.identity import Delegation, Stranger
from guards.policy import Policy
from guards.record import undecided_by_asker
from guards.sections import ApprovalRule, DelegationRule, Person, RoleGrant
from guards.unread import Absent, Unread
from guards.vocabulary import Action, Role
from tests.guards.cases import (
    ARTIFACT,
    AT,
    DANA,
    DAY,
    HOUR,
    MARA,
    MINUTE,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    Expected,
    again,
    approval,
    change,
    delegation,
    facts,
    on_behalf,
    policy,
    request,
    said,
    told,
)

MANAGER = Role.RELEASE_MANAGER
RULE = DelegationRule(roles=(MANAGER, Role.QA), maximum=7 * DAY)
OPEN = policy(delegation=RULE)
LENA = Person(id="lena@example.com", name="Lena", slack=("U0LENA",))
FROM_MARA = delegation(to=LENA.id, to_name=LENA.name)
GONE = Stranger("U0MARA", "Mara", "A deactivated account cannot use releases here.")


def known(*given: Delegation, under: Policy = OPEN, **other: object) -> Facts:
    """Lena holds no role but what was delegated to her, and approved the change under it."""
    people = {**{p.id: p for p in POLICY.people}, LENA.id: LENA}
    approved = replace(approval(LENA, under), on_behalf=on_behalf(FROM_MARA))
    return replace(facts(under, delegations=given or (FROM_MARA,), people=people, approvals=(approved,)), **other)  # type: ignore[arg-type]


def without_mara(*groups: str) -> Policy:
    """The policy in which Mara is a release manager by these groups only, if at all."""
    grants = (RoleGrant(people=(RAVI.id,), groups=groups),)
    return policy(delegation=RULE, roles=POLICY.roles | {MANAGER: grants})


def people(**changed: object) -> dict[str, object]:
    return {**{p.id: p for p in POLICY.people}, LENA.id: LENA} | changed


HELD, UNTOLD, NOTHING = "held", "untold", "nothing"


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(known(), HELD, id="in its time and place"),
        pytest.param(known(at=FROM_MARA.start), HELD, id="from its first moment"),
        pytest.param(known(at=FROM_MARA.start - MINUTE), NOTHING, id="not before"),
        pytest.param(known(at=FROM_MARA.end - MINUTE), HELD, id="to the last minute"),
        pytest.param(known(at=FROM_MARA.end), NOTHING, id="not at its end"),
        pytest.param(known(replace(FROM_MARA, ended=AT)), NOTHING, id="not after it was ended"),
        pytest.param(known(replace(FROM_MARA, ended=AT + MINUTE)), HELD, id="until it was ended"),
        pytest.param(known(replace(FROM_MARA, to=OTTO.id)), NOTHING, id="another's delegation"),
        pytest.param(known(replace(FROM_MARA, service="api")), HELD, id="for this service"),
        pytest.param(known(replace(FROM_MARA, service="web")), NOTHING, id="for another service"),
        pytest.param(known(replace(FROM_MARA, environment="production")), HELD, id="for this environment"),
        pytest.param(known(replace(FROM_MARA, environment="staging")), NOTHING, id="for another environment"),
        pytest.param(known(under=POLICY), NOTHING, id="where the policy lets nobody delegate"),
        pytest.param(known(under=policy(delegation=DelegationRule(roles=(Role.QA,)))), NOTHING, id="a role that may not be delegated"),
        pytest.param(known(under=without_mara()), NOTHING, id="whose giver lost the role"),
        pytest.param(
            known(under=without_mara("S0MGRS"), groups={"S0MGRS": frozenset({"U0MARA2"})}), HELD, id="whose giver has it by a group"
        ),
        pytest.param(known(under=without_mara("S0MGRS"), groups={}), UNTOLD, id="whose giver may have it by a group that was not read"),
        pytest.param(known(people=people(**{MARA.id: GONE})), NOTHING, id="whose giver left"),
        pytest.param(known(people=people(**{MARA.id: Unread("the account")})), UNTOLD, id="whose giver could not be read"),
        pytest.param(known(people={}), UNTOLD, id="whose giver nobody read"),
        pytest.param(known(delegations=Unread("the delegations")), UNTOLD, id="nobody knows the delegations"),
        pytest.param(
            known(replace(FROM_MARA, by=DANA.id), FROM_MARA, replace(FROM_MARA, by=DANA.id)),
            HELD,
            id="one of several, the others by nobody who could",
        ),
        pytest.param(
            known(replace(FROM_MARA, id="DLG-2", by=LENA.id, to=OTTO.id), FROM_MARA),
            HELD,
            id="passed on by the delegate: no matter to hers",
        ),
    ],
)
def test_when_a_delegated_role_is_held(read: Facts, expected: str) -> None:
    """RBAC-06, RBAC-09."""
    held, untold = held_roles(LENA, "api", "production", read)
    assert (HELD if MANAGER in held else UNTOLD if MANAGER in untold else NOTHING) == expected
    asked = request(by=LENA, action=Action.APPROVE)
    assert said(authorized(asked, read)) == {HELD: Allow, UNTOLD: Unsure, NOTHING: Refusal.NOT_PERMITTED}[expected]


def test_a_release_manager_delegates_a_role_that_others_hold() -> None:
    """RBAC-05: and who holds no such role gives none, whatever was recorded."""
    qa = replace(FROM_MARA, role=Role.QA)
    assert Role.QA in held_roles(LENA, "api", "production", known(qa))[0]
    assert Role.QA not in held_roles(LENA, "api", "production", known(replace(qa, by=REMY.id)))[0]


def test_a_delegated_role_is_not_passed_on() -> None:
    passed = replace(FROM_MARA, id="DLG-2026-1124-002", by=LENA.id, by_name="Lena", to=OTTO.id)
    assert MANAGER not in held_roles(OTTO, "api", "production", known(FROM_MARA, passed))[0]


def test_a_delegation_for_one_service_reaches_no_place_without_one() -> None:
    assert MANAGER not in held_roles(LENA, None, "production", known(replace(FROM_MARA, service="api")))[0]
    assert MANAGER in held_roles(LENA, None, "production", known())[0]


def test_what_the_record_says_of_a_delegate() -> None:
    """RBAC-06."""
    assert told(authorized(request(by=LENA, action=Action.APPROVE), known())) == snapshot(
        ("Lena is release_manager for Mara by DLG-2026-1124-001 for api in production",)
    )
    owner = known(replace(FROM_MARA, to=OTTO.id))
    assert told(authorized(request(by=OTTO, action=Action.APPROVE), owner)) == snapshot(
        ("Otto is service_owner, release_manager for Mara by DLG-2026-1124-001 for api in production",)
    )


# ---------------------------------------------------------------- giving

WANTED = replace(FROM_MARA, id="", start=AT, end=AT + DAY)


def gives(by: Person | Stranger | Unread = MARA, **parts: object) -> Request:
    giver = by if isinstance(by, Person) else MARA
    return Request(action=Action.DELEGATE, by=by, delegation=replace(WANTED, by=giver.id, by_name=giver.name, **parts))


FEW = without_mara("S0MGRS")


@pytest.mark.parametrize(
    ("asked", "read", "expected"),
    [
        pytest.param(gives(), known(), Allow, id="the holder of the role"),
        pytest.param(gives(role=Role.QA), known(), Allow, id="a release manager, another role"),
        pytest.param(gives(QUINN, role=Role.QA), known(), Allow, id="the holder by a Slack group"),
        pytest.param(gives(QUINN, role=Role.QA), known(groups={}), Unsure, id="a holder by a group that was not read"),
        pytest.param(gives(QUINN), known(), Refusal.NOT_PERMITTED, id="who holds another role"),
        pytest.param(gives(LENA, to=OTTO.id), known(), Refusal.NOT_PERMITTED, id="a delegate"),
        pytest.param(gives(Stranger("U0", "Gus", "a guest")), known(), Refusal.NOT_PERMITTED, id="a stranger"),
        pytest.param(gives(Unread("the directory")), known(), Unsure, id="an asker who could not be read"),
        pytest.param(gives(), known(under=POLICY), Refusal.NO_POLICY, id="where nobody may delegate"),
        pytest.param(gives(role=Role.CAB), known(), Refusal.NO_POLICY, id="a role that may not be delegated"),
        pytest.param(gives(end=AT + 7 * DAY), known(), Allow, id="as long as one may last"),
        pytest.param(gives(end=AT + 7 * DAY + MINUTE), known(), Refusal.TOO_LONG, id="longer"),
        pytest.param(gives(end=AT), known(), Refusal.INCOMPLETE, id="over before it begins"),
        pytest.param(gives(start=AT - DAY, end=AT), known(), Refusal.INCOMPLETE, id="over by now"),
        pytest.param(gives(start=AT - DAY, end=AT - HOUR), known(), Refusal.INCOMPLETE, id="over for an hour"),
        pytest.param(gives(start=AT + DAY, end=AT + HOUR), known(), Refusal.INCOMPLETE, id="it ends before it begins, and later than now"),
        pytest.param(gives(start=AT + HOUR, end=AT + DAY), known(), Allow, id="later"),
        pytest.param(gives(to=MARA.id), known(), Refusal.INCOMPLETE, id="to oneself"),
        pytest.param(gives(), known(people=people(**{LENA.id: GONE})), Refusal.NO_SUCH_PERSON, id="to somebody who left"),
        pytest.param(gives(), known(people=people(**{LENA.id: Unread("x")})), Unsure, id="to somebody who could not be read"),
        pytest.param(gives(to="who@example.com"), known(), Unsure, id="to somebody whom nobody read"),
        pytest.param(gives(), known(under=FEW, groups={"S0MGRS": frozenset({"U0MARA"})}), Allow, id="a release manager by group"),
        pytest.param(gives(), known(under=FEW, groups={"S0MGRS": frozenset()}), Refusal.NOT_PERMITTED, id="no longer in the group"),
        pytest.param(Request(action=Action.DELEGATE, by=MARA), known(), Refusal.INCOMPLETE, id="nothing was described"),
    ],
)
def test_who_may_delegate_what(asked: Request, read: Facts, expected: Expected) -> None:
    """RBAC-05, RBAC-06."""
    assert said(delegable(asked, read)) == expected


def test_a_role_for_one_service_is_not_delegated_for_all() -> None:
    scoped = policy(delegation=RULE, roles=POLICY.roles | {MANAGER: (RoleGrant(people=(MARA.id,), services=("api",)),)})
    assert said(delegable(gives(service="api"), known(under=scoped))) == Allow
    assert said(delegable(gives(service="web"), known(under=scoped))) == Refusal.NOT_PERMITTED
    assert said(delegable(gives(), known(under=scoped))) == Refusal.NOT_PERMITTED


@pytest.mark.parametrize(
    ("asked", "read", "sentence"),
    [
        pytest.param(gives(), known(), snapshot(("Mara may delegate release_manager to Lena",)), id="allowed"),
        pytest.param(
            gives(QUINN),
            known(),
            snapshot(
                (
                    "Quinn does not hold release_manager for all services in all environments in their own right; a role that was delegated is not passed on.",
                    "Ask somebody who holds it, or a release_manager, to delegate it.",
                )
            ),
            id="not a holder",
        ),
        pytest.param(
            gives(),
            known(under=POLICY),
            snapshot(
                (
                    "The policy lets nobody delegate release_manager.",
                    "It can be opened by a reviewed change of the policy file only (`delegation`).",
                )
            ),
            id="nobody may",
        ),
        pytest.param(
            gives(end=AT + 30 * DAY),
            known(),
            snapshot(
                ("The delegation lasts 30.0 days; one may last 7 days.", "Give an earlier end, and delegate anew when it comes near.")
            ),
            id="too long",
        ),
        pytest.param(
            gives(),
            known(under=policy(delegation=DelegationRule(roles=(MANAGER,), maximum=DAY / 2))),
            snapshot(
                ("The delegation lasts 1.0 days; one may last 0.5 days.", "Give an earlier end, and delegate anew when it comes near.")
            ),
            id="longer than half a day",
        ),
        pytest.param(
            gives(end=AT),
            known(),
            snapshot(("The delegation ends before it begins to count.", "Give an end that is later than its start and than now.")),
            id="over",
        ),
        pytest.param(
            gives(to=MARA.id),
            known(),
            snapshot(("A delegation goes to somebody else.", "Name the person who shall act for you.")),
            id="to oneself",
        ),
        pytest.param(
            gives(),
            known(people=people(**{LENA.id: GONE})),
            snapshot(
                (
                    "lena@example.com cannot act here: A deactivated account cannot use releases here.",
                    "Name somebody of the policy file with a working account.",
                )
            ),
            id="to somebody who left",
        ),
        pytest.param(
            gives(QUINN, role=Role.QA), known(groups={}), snapshot(("could not read the Slack groups that hold qa", "")), id="unread"
        ),
    ],
)
def test_what_people_read(asked: Request, read: Facts, sentence: tuple[str, ...]) -> None:
    assert told(delegable(asked, read)) == sentence


# ---------------------------------------------------------------- ending

ENDS = Request(action=Action.DELEGATE, by=MARA)


@pytest.mark.parametrize(
    ("by", "read", "expected"),
    [
        pytest.param(MARA, known(delegation=FROM_MARA), Allow, id="who gave it"),
        pytest.param(LENA, known(delegation=FROM_MARA), Allow, id="who has it"),
        pytest.param(RAVI, known(delegation=FROM_MARA), Allow, id="a release manager"),
        pytest.param(OTTO, known(delegation=FROM_MARA), Refusal.NOT_PERMITTED, id="somebody else"),
        pytest.param(MARA, known(delegation=replace(FROM_MARA, ended=AT)), Refusal.NO_SUCH_DELEGATION, id="ended before"),
        pytest.param(MARA, known(delegation=replace(FROM_MARA, end=AT)), Refusal.NO_SUCH_DELEGATION, id="over"),
        pytest.param(MARA, known(delegation=replace(FROM_MARA, start=AT + HOUR)), Allow, id="before it began"),
        pytest.param(MARA, known(delegation=Absent("delegation DLG-9")), Refusal.NO_SUCH_DELEGATION, id="no such delegation"),
        pytest.param(MARA, known(), Refusal.NO_SUCH_DELEGATION, id="none was named"),
        pytest.param(Unread("the directory"), known(delegation=FROM_MARA), Unsure, id="an asker who could not be read"),
        pytest.param(Stranger("U0", "Gus", "a guest"), known(delegation=FROM_MARA), Refusal.NOT_PERMITTED, id="a stranger"),
        pytest.param(OTTO, known(under=FEW, delegation=FROM_MARA, groups={}), Unsure, id="perhaps a release manager"),
    ],
)
def test_who_may_end_it(by: Person | Stranger | Unread, read: Facts, expected: Expected) -> None:
    assert said(endable(replace(ENDS, by=by), read)) == expected


def test_what_people_read_when_they_cannot_end_it() -> None:
    assert told(endable(replace(ENDS, by=OTTO), known(delegation=FROM_MARA))) == snapshot(
        ("Otto neither gave DLG-2026-1124-001 nor holds a role by it.", "Ask Mara, Lena or a release_manager.")
    )
    assert told(endable(ENDS, known(delegation=Absent("delegation DLG-2026-1124-009")))) == snapshot(
        ("There is no delegation DLG-2026-1124-009.", "`/release delegate list` shows those that there are.")
    )
    assert told(endable(ENDS, known(delegation=replace(FROM_MARA, ended=AT)))) == snapshot(
        ("DLG-2026-1124-001 is over.", "`/release delegate list` shows those that there are.")
    )


# ---------------------------------------------------------------- what was approved under it


def test_a_delegated_role_that_does_not_approve_approves_nothing() -> None:
    board = OPEN.model_copy(
        update={
            "roles": OPEN.roles | {Role.CAB: (RoleGrant(people=(MARA.id,)),)},
            "delegation": DelegationRule(roles=(Role.RELEASE_MANAGER, Role.CAB)),
        }
    )
    for role, expected in ((Role.RELEASE_MANAGER, Allow), (Role.CAB, Refusal.NOT_APPROVED)):
        under = replace(FROM_MARA, role=role)
        approvals = (replace(approval(LENA, board), on_behalf=on_behalf(under)),)
        assert said(approved(request(), known(under, under=board, approvals=approvals))) == expected


def given(by: Person = LENA, under: Delegation | None = FROM_MARA) -> Approval:
    return replace(approval(by, OPEN), on_behalf=on_behalf(under) if under else None)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(known(), Allow, id="while it counts"),
        pytest.param(known(replace(FROM_MARA, ended=AT)), Refusal.NOT_APPROVED, id="ended before dispatch"),
        pytest.param(known(at=FROM_MARA.end), Refusal.NOT_APPROVED, id="lapsed before dispatch"),
        pytest.param(known(under=without_mara()), Refusal.NOT_APPROVED, id="the policy took the role from its giver"),
        pytest.param(known(people=people(**{MARA.id: GONE})), Refusal.NOT_APPROVED, id="its giver left"),
        pytest.param(known(people=people(**{MARA.id: Unread("x")})), Unsure, id="its giver could not be read"),
        *(
            pytest.param(
                known(FROM_MARA, replace(FROM_MARA, id=other, by=RAVI.id), people=people(**{MARA.id: Unread("x")})),
                Unsure,
                id=f"its giver could not be read, and {other} stands",
            )
            for other in ("DLG-2026-1124-000", "DLG-2026-1124-009")
        ),
        pytest.param(known(delegations=Unread("the delegations")), Unsure, id="the delegations could not be read"),
        pytest.param(known(change=change(OPEN, requester=MARA.id)), Refusal.NOT_APPROVED, id="its giver asked for the change"),
        pytest.param(
            known(artifact=replace(ARTIFACT, authors=frozenset({"mara-m"}))), Refusal.NOT_APPROVED, id="its giver wrote the change"
        ),
        pytest.param(known(artifact=replace(ARTIFACT, authors=frozenset({"x-1"}))), Unsure, id="nobody knows who wrote it"),
        pytest.param(
            known(replace(FROM_MARA, id="DLG-2026-1124-009", by=RAVI.id)),
            Refusal.NOT_APPROVED,
            id="another delegation does not stand in for it",
        ),
        pytest.param(known(replace(FROM_MARA, id="DLG-2026-1124-000", by=RAVI.id)), Refusal.NOT_APPROVED, id="nor does an earlier one"),
        pytest.param(known(approvals=(given(under=None),)), Refusal.NOT_APPROVED, id="given in her own right, which she has not"),
        pytest.param(known(approvals=(given(RAVI, None),)), Refusal.SOLE_REVIEWER, id="in the own right of a release manager who reviewed"),
    ],
)
def test_an_approval_counts_as_long_as_its_delegation_does(read: Facts, expected: Expected) -> None:
    """RBAC-06, RBAC-09."""
    assert said(approved(request(), read)) == expected


def test_an_approval_in_the_own_right_does_not_hang_on_an_unread_delegation() -> None:
    read = known(approvals=(given(MARA, None),), delegations=Unread("the delegations"))
    assert said(approved(request(), read)) == Allow


def test_a_wanted_role_may_be_a_delegated_one() -> None:
    """CF-11: Otto owns the service and acts as release manager."""
    wanted = policy(delegation=RULE, approvals={"production": ApprovalRule(count=1, roles=(MANAGER,), authors_known=True)})
    mine = replace(FROM_MARA, to=OTTO.id)
    under = known(mine, under=wanted, approvals=(replace(approval(OTTO, wanted), on_behalf=on_behalf(mine)),))
    own = replace(under, approvals=(approval(OTTO, wanted),))
    assert said(approved(request(), under)) == Allow
    assert said(approved(request(), own)) == Refusal.NOT_APPROVED


def test_a_delegation_does_not_make_two_people_of_one() -> None:
    """SOD-06: Mara's own approval and that of her delegate are two people's; the delegate's two are one's."""
    twice = known(approvals=(given(), replace(given(), on_behalf=on_behalf(FROM_MARA))))
    both = replace(twice, approvals=(given(), given(MARA, None)))
    assert [len(found) for read in (twice, both) if not isinstance(found := counted(change(OPEN), read), Unread)] == [1, 2]


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(known(), Refusal.ALREADY_DECIDED, id="it counts"),
        pytest.param(known(replace(FROM_MARA, ended=AT)), Allow, id="its delegation was ended"),
        pytest.param(known(delegations=Unread("the delegations")), Unsure, id="nobody knows"),
    ],
)
def test_who_approved_under_a_delegation_that_is_over_may_approve_anew(read: Facts, expected: Expected) -> None:
    asked = request(by=LENA, action=Action.APPROVE)
    assert said(undecided_by_asker(asked, replace(read, approvals=(given(),)))) == expected


@pytest.mark.parametrize("other", ["DLG-2026-1124-000", "DLG-2026-1124-009"])
def test_what_was_given_lapses_with_its_delegation_whatever_others_there_are(other: str) -> None:
    assert lapsed(given(), known(replace(FROM_MARA, id=again(FROM_MARA.id)))) is False
    assert lapsed(given(), known(replace(FROM_MARA, id=other))) is True


def test_what_was_given_in_the_own_right_never_lapses() -> None:
    assert lapsed(approval(), known(delegations=Unread("x"))) is False
