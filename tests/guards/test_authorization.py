"""Only people whom the policy names, in a role that it allows here (RBAC-01, RBAC-02, CMD-09, CMD-16, AUD-08)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.authorization import authorized, by_group, held_roles, names, who_may
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.sections import Person, RoleGrant, Slack
from guards.unread import Absent, Unread
from guards.vocabulary import Action, Role
from tests.guards.cases import (
    DANA,
    FACTS,
    MARA,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    REQUEST,
    THEO,
    Expected,
    facts,
    freeze,
    policy,
    request,
    said,
    told,
)

GUEST = Stranger("U0GUEST", "Gus", "Gus is a guest of this workspace.")
QUALITY_UNREAD = facts(groups={"S0QUALITY": Unread("Slack group S0QUALITY", "no answer within 5 s")})
CAPTAINS_BY_GROUP_TOO = policy(roles=POLICY.roles | {Role.RELEASE_CAPTAIN: (RoleGrant(people=(REMY.id,)), RoleGrant(groups=("S0LOST",)))})
ONLY_CAPTAINS_READ = facts(policy(allow={Action.READ: {"production": (Role.RELEASE_CAPTAIN,)}}))


def freezes(**scope: object) -> Request:
    return request(action=Action.FREEZE, by=MARA, service=None, environment=None, freeze=freeze(**scope))


def lifts(**scope: object) -> Facts:
    return facts(freeze=freeze(**scope))


APPROVE = request(action=Action.APPROVE, by=MARA)
LIFT = request(action=Action.LIFT, by=MARA, service=None, environment=None)
EVIDENCE = request(action=Action.EVIDENCE, by=OTTO, environment=None)
AUDITED = facts(
    policy(
        roles=POLICY.roles | {Role.AUDIT: (RoleGrant(people=(OTTO.id,)),)},
        allow=POLICY.allow | {Action.EVIDENCE: {"production": (Role.RELEASE_MANAGER,)}},
    )
)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(REQUEST, FACTS, Allow, id="the release captain promotes to production"),
        pytest.param(request(by=DANA), FACTS, Refusal.NOT_PERMITTED, id="a developer does not promote to production"),
        pytest.param(request(by=DANA, environment="staging"), FACTS, Allow, id="a developer promotes to staging"),
        pytest.param(request(by=OTTO, environment="staging"), FACTS, Refusal.NOT_PERMITTED, id="staging is for the roles it names"),
        pytest.param(request(by=OTTO, environment="dev"), FACTS, Allow, id="dev is open to everyone of the policy file (RBAC-13)"),
        pytest.param(request(by=GUEST, environment="dev"), FACTS, Refusal.STRANGER, id="a guest is nobody, even in dev"),
        pytest.param(request(by=Unread("the directory")), FACTS, Unsure, id="an asker who could not be resolved"),
        pytest.param(request(action=Action.READ, by=OTTO), FACTS, Allow, id="everybody reads"),
        pytest.param(request(action=Action.READ, by=OTTO), ONLY_CAPTAINS_READ, Allow, id="reading takes no role"),
        pytest.param(request(action=Action.READ, by=GUEST), FACTS, Refusal.STRANGER, id="a guest does not even read"),
        pytest.param(request(by=QUINN), FACTS, Allow, id="a role by Slack group"),
        pytest.param(request(by=QUINN), facts(groups={"S0QUALITY": frozenset()}), Refusal.NOT_PERMITTED, id="no longer in the group"),
        pytest.param(request(by=QUINN), QUALITY_UNREAD, Unsure, id="the group could not be read"),
        pytest.param(request(by=QUINN), facts(groups={}), Unsure, id="nobody read the group"),
        pytest.param(REQUEST, QUALITY_UNREAD, Allow, id="the unread group does not matter to who holds another allowed role"),
        pytest.param(REQUEST, facts(CAPTAINS_BY_GROUP_TOO), Allow, id="the unread group does not matter to who holds the role by name"),
        pytest.param(
            request(by=MARA, environment="staging"), QUALITY_UNREAD, Refusal.NOT_PERMITTED, id="the unread role is not allowed here"
        ),
        pytest.param(
            request(action=Action.LIFT, environment="staging"), FACTS, Refusal.NO_POLICY, id="an action the policy does not open there"
        ),
        pytest.param(request(action=Action.CANCEL, environment="staging"), FACTS, Refusal.NO_POLICY, id="an action open to no role"),
        pytest.param(request(action=Action.CANCEL), FACTS, Allow, id="the same action where it is open"),
        pytest.param(request(environment=None), FACTS, Refusal.NO_POLICY, id="no environment"),
        pytest.param(request(service="ghost"), FACTS, Refusal.NO_POLICY, id="a service that the policy does not know"),
        pytest.param(request(service="web"), FACTS, Refusal.NO_POLICY, id="an action switched off for the service (CMD-16)"),
        pytest.param(request(service="web", action=Action.CANCEL), FACTS, Allow, id="an action left on for the service"),
        pytest.param(request(service="web", action=Action.APPROVE, by=THEO), FACTS, Allow, id="a role scoped to this service"),
        pytest.param(request(action=Action.APPROVE, by=THEO), FACTS, Refusal.NOT_PERMITTED, id="a role scoped to another service"),
        pytest.param(request(action=Action.APPROVE, by=OTTO), FACTS, Allow, id="the owner of the service"),
        pytest.param(
            request(action=Action.APPROVE, by=OTTO, service="web"), FACTS, Refusal.NOT_PERMITTED, id="the owner of another service"
        ),
        pytest.param(freezes(environments=("staging", "production")), FACTS, Allow, id="a freeze of two environments, held in both"),
        pytest.param(freezes(environments=("staging", "dev")), FACTS, Refusal.NO_POLICY, id="a freeze that reaches into a third"),
        pytest.param(freezes(environments=("dev", "staging")), FACTS, Refusal.NO_POLICY, id="and in the other order"),
        pytest.param(freezes(environments=()), FACTS, Refusal.NO_POLICY, id="a freeze of nothing"),
        pytest.param(freezes(services=("api", "web")), FACTS, Refusal.NO_POLICY, id="a freeze of a service where freezing is off"),
        pytest.param(freezes(services=("api",)), FACTS, Allow, id="a freeze of a service where it is on"),
        pytest.param(LIFT, lifts(), Allow, id="lifting is judged where the freeze holds"),
        pytest.param(LIFT, lifts(environments=("staging",)), Refusal.NO_POLICY, id="lifting where it is not open"),
        pytest.param(LIFT, facts(freeze=Absent("freeze FRZ-9")), Refusal.NO_SUCH_FREEZE, id="lifting what there is not"),
        pytest.param(APPROVE, facts(), Allow, id="deciding about a change"),
        pytest.param(APPROVE, facts(change=Absent("change CR-9")), Refusal.NO_SUCH_CHANGE, id="deciding about what there is not"),
        pytest.param(APPROVE, facts(change=Unread("the change")), Unsure, id="deciding about what could not be read"),
        pytest.param(APPROVE, facts(run=Absent("run weekly-1")), Refusal.NO_SUCH_TRAIN, id="a run that there is not"),
        pytest.param(APPROVE, facts(set=Absent("set promotion SET-9")), Refusal.NO_SUCH_SET, id="a set that there is not"),
        pytest.param(request(by=GUEST), facts(change=Absent("change CR-9")), Refusal.STRANGER, id="a stranger is not told even that"),
        pytest.param(request(action=Action.READ), facts(change=Absent("change CR-9")), Allow, id="reading says so by itself"),
        pytest.param(EVIDENCE, FACTS, Refusal.NOT_PERMITTED, id="evidence is not for everybody"),
        pytest.param(EVIDENCE, AUDITED, Allow, id="an auditor has it without a line in the policy (AUD-08)"),
        pytest.param(replace(EVIDENCE, service="web"), AUDITED, Allow, id="it cannot be switched off for a service (AUD-03)"),
        pytest.param(replace(EVIDENCE, service="ghost"), AUDITED, Refusal.NO_POLICY, id="there is none of an unknown service"),
        pytest.param(replace(EVIDENCE, by=MARA), AUDITED, Allow, id="whom the policy adds has it too"),
        pytest.param(replace(EVIDENCE, by=DANA), AUDITED, Refusal.NOT_PERMITTED, id="and nobody else"),
    ],
)
def test_who_may(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(authorized(asked, known)) == expected


def test_a_role_scoped_to_one_service_does_not_freeze_all() -> None:
    web = policy(
        services=POLICY.services | {"web": POLICY.services["web"].model_copy(update={"actions": None})},
        allow=POLICY.allow | {Action.FREEZE: {"production": (Role.TECH_LEAD,)}},
    )
    asked = request(action=Action.FREEZE, by=THEO, service="web", environment="production")
    assert said(authorized(request(freeze=freeze(services=("web",)), action=Action.FREEZE, by=THEO), facts(web))) == Allow
    assert said(authorized(asked, facts(web))) == Allow
    assert said(authorized(request(freeze=freeze(), action=Action.FREEZE, by=THEO, service="web"), facts(web))) == Refusal.NOT_PERMITTED


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(REQUEST, FACTS, snapshot(("Remy is release_captain for api in production",)), id="allowed"),
        pytest.param(request(action=Action.READ), FACTS, snapshot(("Remy may read",)), id="read"),
        pytest.param(
            request(by=GUEST),
            FACTS,
            snapshot(("Gus is a guest of this workspace.", "Ask the owner of the policy file to add you, then try again.")),
            id="stranger",
        ),
        pytest.param(
            request(by=DANA),
            FACTS,
            snapshot(("Dana holds no role for api in production; `promote` takes release_captain or qa.", "Ask Remy or Quinn.")),
            id="no role",
        ),
        pytest.param(
            request(by=MARA),
            FACTS,
            snapshot(("Mara holds release_manager for api in production; `promote` takes release_captain or qa.", "Ask Remy or Quinn.")),
            id="another role",
        ),
        pytest.param(request(by=QUINN), QUALITY_UNREAD, snapshot(("could not read the Slack groups that hold qa", "")), id="group unread"),
        pytest.param(
            request(by=Unread("the directory", "no answer")),
            FACTS,
            snapshot(("could not read the directory", "no answer")),
            id="directory unread",
        ),
        pytest.param(
            request(service="web"),
            FACTS,
            snapshot(
                (
                    "The policy does not open `promote` for web in production.",
                    "It can be opened by a reviewed change of the policy file only.",
                )
            ),
            id="switched off",
        ),
        pytest.param(
            request(service=None, environment=None),
            FACTS,
            snapshot(
                ("The policy does not open `promote` for no environment.", "It can be opened by a reviewed change of the policy file only.")
            ),
            id="nowhere",
        ),
        pytest.param(
            request(by=OTTO),
            facts(policy(allow={Action.PROMOTE: {"production": (Role.CAB,)}})),
            snapshot(
                (
                    "Otto holds service_owner for api in production; `promote` takes cab.",
                    "Nobody holds such a role: change the policy file.",
                )
            ),
            id="nobody holds the role",
        ),
    ],
)
def test_what_people_read(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(authorized(asked, known)) == sentence


def test_who_may_lists_people_in_the_order_of_the_file_and_counts_the_unread_as_no() -> None:
    assert who_may(Action.APPROVE, "api", "production", FACTS) == (MARA, RAVI, QUINN, OTTO)
    assert who_may(Action.APPROVE, "api", "production", QUALITY_UNREAD) == (MARA, RAVI, OTTO)
    assert who_may(Action.APPROVE, "web", "production", FACTS) == (MARA, RAVI, QUINN, THEO)
    assert who_may(Action.APPROVE, "api", "dev", FACTS) == ()


BY_ADDRESS = policy(slack=Slack(teams=("T0EXAMPLE",), alerts="C0ALERTS", domains=("example.com",)))
ELLA = Person(id="ella@example.com", name="Ella", slack=("U0ELLA",))


def test_who_may_lists_those_known_by_their_address_when_they_were_read() -> None:
    """RBAC-01: by a Slack group, as whom the file does not list."""
    read = facts(BY_ADDRESS, people={**FACTS.people, ELLA.id: ELLA}, groups={"S0QUALITY": frozenset({"U0ELLA"})})
    assert who_may(Action.APPROVE, "api", "production", read) == (MARA, RAVI, OTTO, ELLA)
    assert who_may(Action.APPROVE, "api", "production", replace(read, groups={"S0QUALITY": frozenset()})) == (MARA, RAVI, OTTO)


def test_a_group_may_hold_people_whom_the_file_does_not_list() -> None:
    """Only where people are known by their address; then the remedy says so."""
    assert by_group(Action.APPROVE, "api", "production", facts(BY_ADDRESS)) == "a member of the Slack groups of qa"
    assert by_group(Action.APPROVE, "api", "production", FACTS) == ""
    assert by_group(Action.CANCEL, "api", "production", facts(BY_ADDRESS)) == ""
    only_by_group = policy(slack=BY_ADDRESS.slack, allow=POLICY.allow | {Action.CANCEL: {"production": (Role.QA,)}})
    asked = request(by=REMY, action=Action.CANCEL)
    assert told(authorized(asked, facts(only_by_group, groups={"S0QUALITY": frozenset()})))[1] == "Ask a member of the Slack groups of qa."


@pytest.mark.parametrize("action", [Action.LINK, Action.DELEGATE])
def test_what_takes_no_role_is_open_to_everybody_who_is_known(action: Action) -> None:
    assert said(authorized(request(action=action, by=OTTO), FACTS)) == Allow
    assert said(authorized(request(action=action, by=GUEST), FACTS)) == Refusal.STRANGER


def test_a_second_slack_account_of_one_person_is_in_the_group_too() -> None:
    by_group = policy(roles={Role.CAB: (RoleGrant(groups=("S0CAB",)),)})
    assert Role.CAB in held_roles(MARA, "api", "production", facts(by_group, groups={"S0CAB": frozenset({"U0MARA2"})}))[0]
    assert Role.CAB not in held_roles(MARA, "api", "production", facts(by_group, groups={"S0CAB": frozenset({"U0RAVI"})}))[0]


def test_a_grant_for_another_place_takes_nothing_from_the_next_grant() -> None:
    grants = (RoleGrant(people=(THEO.id,), services=("web",)), RoleGrant(people=(THEO.id,), services=("api",)))
    assert Role.CAB in held_roles(THEO, "api", "production", facts(policy(roles={Role.CAB: grants})))[0]


def test_roles_that_could_not_be_told_leave_out_those_that_are_held_anyway() -> None:
    held, untold = held_roles(REMY, "api", "production", facts(CAPTAINS_BY_GROUP_TOO, groups={}))
    assert held == {Role.EVERYONE, Role.RELEASE_CAPTAIN}
    assert untold == {Role.QA}


def test_at_most_four_people_are_named() -> None:
    assert names([REMY, MARA]) == "Remy or Mara"
    assert names([REMY, MARA, RAVI, OTTO]) == "Remy or Mara or Ravi or Otto"
    assert names([REMY, MARA, RAVI, OTTO, DANA]) == "Remy or Mara or Ravi or Otto (1 more)"
    assert names([REMY, MARA, RAVI, OTTO, DANA, THEO]) == "Remy or Mara or Ravi or Otto (2 more)"
