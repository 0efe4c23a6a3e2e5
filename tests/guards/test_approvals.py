"""Enough of the right people approved exactly this, and it still counts (RSK-04, CF-11, RSK-12, RSK-13, RBAC-09, SOD-03, SOD-06)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.approvals import approved, content_now, counted, may_still_approve
from guards.change import Verdict
from guards.content import Content
from guards.decision import Allow, Refusal, Unsure
from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.matrix import Board, RiskRules, Weight
from guards.policy import Policy
from guards.sections import ApprovalRule, Person, RoleGrant
from guards.unread import Absent, Unread
from guards.version import Beside
from guards.vocabulary import Action, Profile, Question, ReleaseType, Requirement, Risk, Role
from tests.guards.cases import (
    ARTIFACT,
    AT,
    CHANGE,
    DECLARED,
    FACTS,
    MARA,
    MINUTE,
    OTHER_COMMIT,
    OTHER_DIGEST,
    OTTO,
    POLICY,
    QUINN,
    RAVI,
    REMY,
    REQUEST,
    RUNNING,
    THEO,
    Expected,
    approval,
    built,
    change,
    content,
    facts,
    policy,
    request,
    said,
    told,
    two_of,
)
from tests.guards.proofs import OWNERS, SPAN, STRICT, TAG, asking, proven

TWO = two_of()
MANAGER_AND_QA = two_of(Role.RELEASE_MANAGER, Role.QA)
MANAGER_ALONE = two_of(Role.RELEASE_MANAGER, count=1)
QUALITY_UNREAD = {"S0QUALITY": Unread("Slack group S0QUALITY", "no answer within 5 s")}
LAX = policy(approvals={"production": ApprovalRule(count=1)})


def by(*people: Person, under: Policy = POLICY, **more: object) -> Facts:
    """Approved by these people, each once."""
    return facts(under, **({"approvals": tuple(approval(person, under) for person in people)} | more))


def only(under: Policy = POLICY, **parts: object) -> Facts:
    """Approved by Mara alone, in some other way."""
    return facts(under, approvals=(approval(MARA, under, **parts),))


def people(**now: object) -> dict[str, object]:
    """How people stand now."""
    return FACTS.people | {f"{name}@example.com": standing for name, standing in now.items()}


def rejected(**parts: object) -> Facts:
    no = approval(OTTO, verdict=Verdict.REJECTED, rationale="the error rate is up")
    return facts(approvals=(approval(), replace(no, **parts)))


MARA_MANAGES_NO_MORE = policy(roles=POLICY.roles | {Role.RELEASE_MANAGER: (RoleGrant(people=(RAVI.id,)),)})
MARA_LEFT = Stranger("U0MARA", "Mara", "Mara's account is deactivated.")
REGISTRY = Unread("the artifact registry", "no answer within 5 s")
MANAGERS_BY_GROUP = policy(
    roles=POLICY.roles | {Role.RELEASE_MANAGER: (RoleGrant(groups=("S0MANAGERS",)),), Role.CAB: (RoleGrant(people=(MARA.id,)),)},
    allow=POLICY.allow | {Action.APPROVE: {"production": (Role.RELEASE_MANAGER, Role.CAB)}},
    approvals={"production": ApprovalRule(count=1, roles=(Role.RELEASE_MANAGER,), authors_known=True)},
)
MANAGERS_READ = {"S0MANAGERS": frozenset({"U0MARA"})}
MANAGERS_UNREAD = {"S0MANAGERS": Unread("Slack group S0MANAGERS")}
MARA_TOO = MARA.model_copy(update={"id": "mara.two@example.com"})
TWICE = by(MARA, MARA_TOO, under=TWO, people=FACTS.people | {MARA_TOO.id: MARA})
QA_ON_STAGING = policy(approvals=POLICY.approvals | {"staging": ApprovalRule(count=0, roles=(Role.QA,))})
QA_AND_CAB = two_of(Role.QA, Role.CAB)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        # how many, and who is distinct
        pytest.param(REQUEST, FACTS, Allow, id="one of one"),
        pytest.param(REQUEST, by(), Refusal.NOT_APPROVED, id="none of one"),
        pytest.param(REQUEST, by(MARA, QUINN, under=TWO), Allow, id="two of two"),
        pytest.param(REQUEST, by(MARA, under=TWO), Refusal.NOT_APPROVED, id="one of two"),
        pytest.param(REQUEST, by(MARA, QUINN, OTTO, under=TWO), Allow, id="three of two"),
        pytest.param(REQUEST, by(MARA, MARA, under=TWO), Refusal.NOT_APPROVED, id="one person twice"),
        pytest.param(REQUEST, TWICE, Refusal.NOT_APPROVED, id="two entries of one person"),
        pytest.param(REQUEST, facts(change=None), Refusal.NOT_APPROVED, id="nobody can have approved what was not asked for yet"),
        pytest.param(REQUEST, facts(change=Absent("change CR-9")), Refusal.NOT_APPROVED, id="there is no such change"),
        pytest.param(REQUEST, facts(change=Unread("the change")), Unsure, id="the change could not be read"),
        pytest.param(REQUEST, facts(approvals=Unread("the approvals")), Unsure, id="the approvals could not be read"),
        # environments that take none
        pytest.param(request(environment="staging"), facts(change=None), Allow, id="staging takes no approval"),
        pytest.param(request(environment="staging"), FACTS, Allow, id="the rule is that of the change, approved for production"),
        pytest.param(request(environment="staging"), by(), Refusal.NOT_APPROVED, id="the rule is that of the change, whatever is asked"),
        pytest.param(REQUEST, by(change=change(content=replace(CHANGE.content, environment="staging"))), Allow, id="a change to staging"),
        pytest.param(
            request(environment="staging"), facts(QA_ON_STAGING, change=None), Refusal.NOT_APPROVED, id="a role alone asks for one"
        ),
        # how long
        pytest.param(REQUEST, only(expires=AT), Refusal.NOT_APPROVED, id="expired at this moment"),
        pytest.param(REQUEST, only(expires=AT - MINUTE), Refusal.NOT_APPROVED, id="expired a minute ago"),
        pytest.param(REQUEST, only(expires=AT + MINUTE), Allow, id="expires in a minute"),
        pytest.param(REQUEST, only(at=AT), Allow, id="given at this moment"),
        pytest.param(REQUEST, only(at=AT + MINUTE), Refusal.NOT_APPROVED, id="given after this moment"),
        pytest.param(REQUEST, only(withdrawn=AT - MINUTE), Refusal.NOT_APPROVED, id="withdrawn"),
        # what the approver saw
        pytest.param(REQUEST, only(content="another"), Refusal.NOT_APPROVED, id="given to other content"),
        pytest.param(REQUEST, built(digest=OTHER_DIGEST), Refusal.APPROVAL_MOVED, id="the digest moved"),
        pytest.param(
            REQUEST,
            replace(built(digest=OTHER_DIGEST), approvals=(approval(content="zzz"),)),
            Refusal.NOT_APPROVED,
            id="it moved, and nobody saw it",
        ),
        pytest.param(
            REQUEST,
            replace(built(digest=OTHER_DIGEST), approvals=(approval(content="000"),)),
            Refusal.NOT_APPROVED,
            id="it moved, and nobody saw it: a content that sorts before",
        ),
        pytest.param(REQUEST, built(commit=OTHER_COMMIT), Refusal.APPROVAL_MOVED, id="the commit moved"),
        pytest.param(REQUEST, facts(policy=TWO), Refusal.APPROVAL_MOVED, id="the policy moved"),
        pytest.param(
            REQUEST, by(artifact=replace(ARTIFACT, digest=OTHER_DIGEST)), Refusal.NOT_APPROVED, id="moved, but nobody had approved"
        ),
        pytest.param(REQUEST, replace(only(withdrawn=AT), policy=TWO), Refusal.NOT_APPROVED, id="moved, but the approval was withdrawn"),
        pytest.param(
            REQUEST, replace(only(content="another"), policy=TWO), Refusal.NOT_APPROVED, id="moved, but something else was approved"
        ),
        pytest.param(REQUEST, facts(artifact=REGISTRY), Unsure, id="the artifact could not be read"),
        pytest.param(REQUEST, facts(artifact=Absent("artifact of api v1.4.0")), Unsure, id="the artifact is gone"),
        # rejections
        pytest.param(REQUEST, rejected(), Refusal.REJECTED, id="one rejects though enough approve (RSK-13)"),
        pytest.param(REQUEST, rejected(withdrawn=AT), Allow, id="the rejection was withdrawn"),
        pytest.param(REQUEST, rejected(expires=AT), Refusal.REJECTED, id="a rejection does not run out"),
        pytest.param(REQUEST, replace(rejected(), artifact=REGISTRY), Refusal.REJECTED, id="a rejection stands whatever else is unread"),
        pytest.param(REQUEST, only(verdict=Verdict.REJECTED), Refusal.REJECTED, id="a rejection alone"),
        # who the approver is now
        pytest.param(REQUEST, facts(people=people(mara=MARA_LEFT)), Refusal.NOT_APPROVED, id="the approver left"),
        pytest.param(REQUEST, facts(people=people(mara=Unread("Mara's account"))), Unsure, id="the approver's account could not be read"),
        pytest.param(REQUEST, facts(people={}), Unsure, id="nobody read the approver's account"),
        pytest.param(REQUEST, facts(MARA_MANAGES_NO_MORE), Refusal.NOT_APPROVED, id="the approver lost the role"),
        pytest.param(REQUEST, by(QUINN), Allow, id="an approver by Slack group"),
        pytest.param(REQUEST, by(QUINN, groups={"S0QUALITY": frozenset()}), Refusal.NOT_APPROVED, id="no longer in the group"),
        pytest.param(REQUEST, by(QUINN, groups=QUALITY_UNREAD), Unsure, id="the group could not be read"),
        pytest.param(REQUEST, facts(groups=QUALITY_UNREAD), Allow, id="the unread group does not matter to who holds another role"),
        pytest.param(REQUEST, by(OTTO), Allow, id="the owner of the service"),
        pytest.param(REQUEST, by(THEO), Refusal.NOT_APPROVED, id="a role of another service"),
        pytest.param(REQUEST, by(REMY), Refusal.NOT_APPROVED, id="the requester does not count"),
        pytest.param(REQUEST, by(REMY, MARA), Allow, id="the requester takes nothing from the other"),
        pytest.param(REQUEST, by(MARA, OTTO, people=people(mara=MARA_LEFT)), Allow, id="who left takes nothing from the other"),
        pytest.param(
            REQUEST, facts(approvals=(approval(OTTO, expires=AT), approval())), Allow, id="what expired takes nothing from the other"
        ),
        # authors and reviewers
        pytest.param(REQUEST, built(authors=frozenset({"mara-m"})), Refusal.NOT_APPROVED, id="the author does not count"),
        pytest.param(REQUEST, built(authors=None), Unsure, id="authors untold"),
        pytest.param(REQUEST, built(LAX, authors=None), Allow, id="authors untold where they need not be known"),
        pytest.param(REQUEST, by(RAVI), Refusal.SOLE_REVIEWER, id="the code reviewer alone"),
        pytest.param(REQUEST, by(RAVI, MARA), Allow, id="a second approver who is no reviewer heals it"),
        pytest.param(
            REQUEST,
            by(RAVI, MARA, artifact=replace(ARTIFACT, reviewers=frozenset({"ravi-r", "mara-m"}))),
            Refusal.SOLE_REVIEWER,
            id="two code reviewers",
        ),
        pytest.param(REQUEST, by(RAVI, under=LAX), Refusal.SOLE_REVIEWER, id="the reviewer alone where authors need not be known"),
        pytest.param(REQUEST, built(reviewers=None), Unsure, id="reviewers untold"),
        pytest.param(REQUEST, built(LAX, reviewers=None), Allow, id="reviewers untold where they need not be known"),
        pytest.param(REQUEST, built(reviewers=frozenset()), Allow, id="nobody reviewed it"),
        # required roles
        pytest.param(REQUEST, by(MARA, QUINN, under=MANAGER_AND_QA), Allow, id="each required role is there"),
        pytest.param(REQUEST, by(MARA, OTTO, under=MANAGER_AND_QA), Refusal.NOT_APPROVED, id="one required role is missing"),
        pytest.param(REQUEST, by(OTTO, under=MANAGER_ALONE), Refusal.NOT_APPROVED, id="enough people, but not the role"),
        pytest.param(REQUEST, by(MARA, under=MANAGER_ALONE), Allow, id="one person with the role"),
        pytest.param(REQUEST, by(MARA, under=MANAGERS_BY_GROUP, groups=MANAGERS_READ), Allow, id="the required role by Slack group"),
        pytest.param(
            REQUEST, by(MARA, under=MANAGERS_BY_GROUP, groups={"S0MANAGERS": frozenset()}), Refusal.NOT_APPROVED, id="not in that group"
        ),
        pytest.param(REQUEST, by(MARA, under=MANAGERS_BY_GROUP, groups=MANAGERS_UNREAD), Unsure, id="that group could not be read"),
        pytest.param(REQUEST, by(MARA, QUINN, under=QA_AND_CAB), Refusal.NOT_APPROVED, id="a role that nobody holds"),
        pytest.param(
            REQUEST, by(MARA, OTTO, under=QA_AND_CAB, groups=QUALITY_UNREAD), Refusal.NOT_APPROVED, id="one lacking for certain, one unread"
        ),
        pytest.param(REQUEST, by(QUINN, MARA, under=two_of(Role.RELEASE_MANAGER, count=1)), Allow, id="any of those who approved fills it"),
    ],
)
def test_what_is_enough(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(approved(asked, known)) == expected


def test_one_person_may_fill_two_roles_but_counts_once() -> None:
    both = policy(
        roles=POLICY.roles | {Role.CAB: (RoleGrant(people=(MARA.id,)),)},
        approvals={"production": ApprovalRule(count=2, roles=(Role.RELEASE_MANAGER, Role.CAB), authors_known=True)},
    )
    assert said(approved(REQUEST, by(MARA, under=both))) == Refusal.NOT_APPROVED
    assert said(approved(REQUEST, by(MARA, OTTO, under=both))) == Allow


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        pytest.param(RoleGrant(people=(THEO.id,), services=("api",)), Allow, id="held for this service"),
        pytest.param(RoleGrant(people=(THEO.id,), services=("web",)), Refusal.NOT_APPROVED, id="held for another service"),
        pytest.param(RoleGrant(people=(THEO.id,), environments=("production",)), Allow, id="held in this environment"),
        pytest.param(RoleGrant(people=(THEO.id,), environments=("staging",)), Refusal.NOT_APPROVED, id="held in another environment"),
    ],
)
def test_a_required_role_counts_where_it_is_held(scope: RoleGrant, expected: Expected) -> None:
    scoped = policy(
        roles=POLICY.roles | {Role.CAB: (scope,), Role.TECH_LEAD: (RoleGrant(people=(THEO.id,)),)},
        approvals={"production": ApprovalRule(count=1, roles=(Role.CAB,), authors_known=True)},
    )
    assert said(approved(REQUEST, by(THEO, under=scoped))) == expected


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        pytest.param(FACTS, snapshot(("approved by Mara",)), id="allowed"),
        pytest.param(by(MARA, QUINN, under=TWO), snapshot(("approved by Mara and Quinn",)), id="two"),
        pytest.param(
            by(), snapshot(("CR-2026-1124-001 has 0 of 1 approvals.", "Ask Mara or Ravi or Quinn or Otto to approve.")), id="none"
        ),
        pytest.param(
            by(MARA, under=TWO),
            snapshot(("CR-2026-1124-001 has 1 of 2 approvals.", "Ask Ravi or Quinn or Otto to approve.")),
            id="one of two",
        ),
        pytest.param(
            facts(change=None),
            snapshot(("api v1.4.0 in production has 0 of 1 approvals.", "Ask Mara or Ravi or Quinn or Otto to approve.")),
            id="not asked for yet",
        ),
        pytest.param(
            by(REMY, under=policy(allow=POLICY.allow | {Action.APPROVE: {"production": (Role.RELEASE_CAPTAIN,)}})),
            snapshot(("CR-2026-1124-001 has 0 of 1 approvals.", "Nobody else may approve this: ask the owner of the policy file.")),
            id="nobody else may",
        ),
        pytest.param(
            built(digest=OTHER_DIGEST, commit=OTHER_COMMIT),
            snapshot(
                (
                    "The digest and commit moved after it was approved, so the approvals are void.",
                    "Cancel CR-2026-1124-001 and ask again, so that people approve what will go out.",
                )
            ),
            id="artifact moved",
        ),
        pytest.param(
            facts(policy=TWO),
            snapshot(
                (
                    "The policy moved after it was approved, so the approvals are void.",
                    "Cancel CR-2026-1124-001 and ask again, so that people approve what will go out.",
                )
            ),
            id="policy moved",
        ),
        pytest.param(
            rejected(),
            snapshot(("Otto rejected CR-2026-1124-001: the error rate is up", "Settle it with Otto, then ask for a new change.")),
            id="rejected",
        ),
        pytest.param(
            by(RAVI),
            snapshot(
                (
                    "Ravi already approved the code; a code reviewer never lets it into production alone.",
                    "Ask Mara or Quinn or Otto to approve.",
                )
            ),
            id="sole reviewer",
        ),
        pytest.param(
            by(MARA, OTTO, under=MANAGER_AND_QA),
            snapshot(("Nobody who approved is qa; production takes release_manager, qa.", "Ask Quinn to approve as qa.")),
            id="role lacking",
        ),
        pytest.param(
            by(MARA, OTTO, under=QA_AND_CAB),
            snapshot(
                (
                    "Nobody who approved is qa or cab; production takes qa, cab.",
                    "Ask Quinn to approve as qa; nobody may approve as cab: ask the owner of the policy file.",
                )
            ),
            id="roles lacking",
        ),
        pytest.param(
            by(MARA, under=MANAGERS_BY_GROUP, groups=MANAGERS_UNREAD),
            snapshot(("could not read the Slack groups that hold release_manager", "")),
            id="required role unread",
        ),
        pytest.param(by(QUINN, groups=QUALITY_UNREAD), snapshot(("could not read the Slack groups that hold qa", "")), id="group unread"),
        pytest.param(facts(people={}), snapshot(("could not read the account of Mara", "")), id="account unread"),
        pytest.param(
            facts(artifact=REGISTRY), snapshot(("could not read the artifact registry", "no answer within 5 s")), id="registry unread"
        ),
        pytest.param(
            facts(artifact=Absent("artifact of api v1.4.0")),
            snapshot(("could not read artifact of api v1.4.0", "it is gone")),
            id="artifact gone",
        ),
        pytest.param(
            built(reviewers=None),
            snapshot(("could not read the reviewers of this version", "the artifact source does not tell them")),
            id="reviewers untold",
        ),
        pytest.param(facts(change=Unread("the change", "locked")), snapshot(("could not read the change", "locked")), id="change unread"),
        pytest.param(
            facts(approvals=Unread("the approvals", "locked")), snapshot(("could not read the approvals", "locked")), id="approvals unread"
        ),
    ],
)
def test_what_people_read(known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(approved(REQUEST, known)) == sentence


def test_who_asks_is_not_asked_to_approve() -> None:
    assert told(approved(request(by=MARA.model_copy()), facts(change=None))) == snapshot(
        ("api v1.4.0 in production has 0 of 1 approvals.", "Ask Ravi or Quinn or Otto to approve.")
    )


def test_the_sentence_for_an_environment_without_approvals() -> None:
    assert told(approved(request(environment="dev"), facts(change=None))) == snapshot(("the policy asks for no approval in dev",))


def test_the_approvals_that_count_come_with_the_people_as_they_stand_now() -> None:
    renamed = MARA.model_copy(update={"name": "Mara Married"})
    assert counted(CHANGE, facts(people=people(mara=renamed))) == ((approval(), renamed),)


def test_a_rejection_counts_as_no_approval() -> None:
    assert counted(CHANGE, rejected()) == ((approval(), MARA),)


@pytest.mark.parametrize(
    ("known", "who"),
    [
        pytest.param(by(), (MARA, RAVI, QUINN, OTTO), id="nobody approved yet"),
        pytest.param(by(MARA), (RAVI, QUINN, OTTO), id="Mara did"),
        pytest.param(built(authors=frozenset({"mara-m"})), (RAVI, QUINN, OTTO), id="Mara wrote it"),
        pytest.param(by(change=change(requester=QUINN.id)), (MARA, RAVI, OTTO), id="Quinn asked for it"),
        pytest.param(built(authors=None), (), id="nobody knows who wrote it"),
        pytest.param(by(MARA, people={}), (MARA, RAVI, QUINN, OTTO), id="who did is unread"),
        pytest.param(facts(approvals=Unread("the approvals")), (MARA, RAVI, QUINN, OTTO), id="the approvals are unread"),
        pytest.param(facts(artifact=REGISTRY), (), id="the artifact is unread"),
    ],
)
def test_who_may_still_approve(known: Facts, who: tuple[Person, ...]) -> None:
    subject = known.change
    assert not isinstance(subject, Absent | Unread | None)
    assert may_still_approve(subject, known) == who


def test_the_content_that_counts_has_the_digest_commit_and_policy_of_now_and_the_rest_of_the_change() -> None:
    assert content_now(CHANGE, FACTS) == CHANGE.content
    moved = content_now(CHANGE, facts(TWO, artifact=replace(ARTIFACT, digest=OTHER_DIGEST, commit=OTHER_COMMIT, version="v9.9.9")))
    assert moved == replace(CHANGE.content, digest=OTHER_DIGEST, commit=OTHER_COMMIT, policy=TWO.hash)


def test_where_a_history_is_read_the_content_has_the_commit_that_its_changes_are_counted_from() -> None:
    known = proven()
    now = content_now(CHANGE, known)
    assert isinstance(now, Content)
    assert now == replace(CHANGE.content, base=RUNNING.commit, policy=STRICT.hash, record=now.record)
    assert content_now(CHANGE, replace(known, running=None)) == replace(now, base=None)
    assert content_now(CHANGE, replace(known, running=Unread("what runs there"))) == Unread("what runs there")


def test_for_several_repositories_the_content_has_where_each_begins_and_ends() -> None:
    under = asking(STRICT.evidence, repositories=("example/config",))
    known = proven(under, beside=(Beside("example/config", TAG, SPAN, OWNERS, OWNERS),))
    now = content_now(CHANGE, known)
    assert isinstance(now, Content)
    assert now.base == f"{RUNNING.commit} example/config:{SPAN.base}..{SPAN.head}"
    assert content_now(CHANGE, proven(under)) == Unread("the work in api that is in example/config", "nobody asked for it")


# ---------------------------------------------------------------- the union of CF-11 and the board of RSK-08

TINA, PAUL, OPA = (Person(id=f"{name.lower()}@example.com", name=name, slack=(f"U0{name.upper()}",)) for name in ("Tina", "Paul", "Opa"))
SEATED = {Role.TECH_LEAD: TINA, Role.PRODUCT: PAUL}
OPS_UNREAD = {"S0OPS": Unread("Slack group S0OPS")}


def assessed(level: Risk, *approvers: Person, quorum: int = 3, **more: object) -> Facts:
    """A patch of this risk under rules that ask for it: Tina is tech lead, Paul is product, Opa is of ops by a Slack group."""
    roles = {role: (RoleGrant(people=(person.id,)),) for role, person in SEATED.items()}
    rules = RiskRules(
        releases={step: Weight() for step in ReleaseType},
        levels={Risk.LOW: Weight(count=1), Risk.CRITICAL: Weight(count=1, cab=True)},
        questions={question: Weight() for question in Question},
        cab=Board(quorum=quorum),
    )
    under = policy(
        people=(*POLICY.people, TINA, PAUL, OPA),
        roles=POLICY.roles | roles | {Role.OPS: (RoleGrant(groups=("S0OPS",)),), Role.ON_CALL: (RoleGrant(people=(OPA.id,)),)},
        allow=POLICY.allow | {Action.APPROVE: {"production": (Role.RELEASE_MANAGER, *SEATED, Role.OPS, Role.ON_CALL)}},
        approvals={"production": ApprovalRule(count=1, roles=(Role.RELEASE_MANAGER,))},
        evidence=Evidence(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.RISK,))}),
        risk=rules,
    )
    subject = change(under, content=content(under, declared=replace(DECLARED, level=level)))
    known = facts(under, change=subject, groups={"S0OPS": frozenset(OPA.slack), "S0QUALITY": frozenset()})
    given = tuple(approval(person, under, content=subject.content.hash) for person in approvers)
    return replace(known, **({"approvals": given} | more))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(assessed(Risk.LOW, MARA), Allow, id="low: what the environment takes"),
        pytest.param(assessed(Risk.LOW, TINA), Refusal.NOT_APPROVED, id="low: never without what the environment takes"),
        pytest.param(assessed(Risk.MEDIUM, MARA, TINA), Allow, id="medium: a tech lead too"),
        pytest.param(assessed(Risk.MEDIUM, MARA), Refusal.NOT_APPROVED, id="medium: the manager alone"),
        pytest.param(assessed(Risk.HIGH, MARA, TINA, PAUL), Allow, id="high: tech lead and product"),
        pytest.param(assessed(Risk.HIGH, MARA, TINA), Refusal.NOT_APPROVED, id="high: nobody of product"),
        pytest.param(assessed(Risk.HIGH, TINA, PAUL), Refusal.NOT_APPROVED, id="high: nobody of the environment's"),
        pytest.param(assessed(Risk.CRITICAL, MARA, TINA, PAUL, OPA), Allow, id="critical: each seat"),
        pytest.param(assessed(Risk.CRITICAL, MARA, TINA, PAUL), Refusal.NOT_APPROVED, id="critical: a seat is empty"),
        pytest.param(
            assessed(Risk.CRITICAL, MARA, RAVI, PAUL, groups=OPS_UNREAD), Refusal.NOT_APPROVED, id="critical: a seat is surely empty"
        ),
        pytest.param(assessed(Risk.CRITICAL, MARA, TINA, PAUL, OPA, groups=OPS_UNREAD), Unsure, id="critical: perhaps Opa is of ops"),
        pytest.param(
            assessed(Risk.CRITICAL, MARA, TINA, PAUL, OPA, quorum=4), Refusal.NOT_APPROVED, id="critical: each seat, but no quorum"
        ),
        pytest.param(assessed(Risk.CRITICAL, MARA, TINA, PAUL, OPA, quorum=2), Allow, id="critical: more than the quorum"),
        pytest.param(assessed(Risk.CRITICAL, running=Unread("what runs there")), Unsure, id="the risk is not known"),
        pytest.param(assessed(Risk.CRITICAL, approvals=Unread("the approvals")), Unsure, id="the approvals are not known"),
    ],
)
def test_the_union_of_environment_and_risk(known: Facts, expected: Expected) -> None:
    assert said(approved(REQUEST, known)) == expected


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        pytest.param(
            assessed(Risk.HIGH, MARA),
            snapshot(
                (
                    "Nobody who approved is tech_lead or product; production takes release_manager; high risk takes tech_lead, product.",
                    "Ask Tina to approve as tech_lead; ask Paul to approve as product.",
                )
            ),
            id="roles",
        ),
        pytest.param(
            assessed(Risk.CRITICAL, MARA),
            snapshot(
                (
                    "CR-2026-1124-001 has 1 of 3 approvals: production takes release_manager; critical risk takes the CAB.",
                    "Ask Tina to approve as engineering; ask Paul to approve as product; ask Opa to approve as ops.",
                )
            ),
            id="too few for the board",
        ),
        pytest.param(
            assessed(Risk.CRITICAL, MARA, RAVI, TINA),
            snapshot(
                (
                    "Nobody who approved sits on the CAB for product or ops; production takes release_manager; critical risk takes the CAB.",
                    "Ask Paul to approve as product; ask Opa to approve as ops.",
                )
            ),
            id="empty seats",
        ),
        pytest.param(
            assessed(Risk.CRITICAL, MARA, TINA, PAUL, OPA, quorum=4),
            snapshot(
                (
                    "3 of 4 members of the CAB approved; production takes release_manager; critical risk takes the CAB.",
                    "Nobody may approve as a member of the CAB: ask the owner of the policy file.",
                )
            ),
            id="no quorum",
        ),
        pytest.param(
            assessed(Risk.CRITICAL, MARA, TINA, PAUL, OPA, groups=OPS_UNREAD),
            snapshot(("could not read the Slack groups that hold ops", "")),
            id="a seat unread",
        ),
    ],
)
def test_the_lacking_are_named_with_who_could_fill_them(known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(approved(REQUEST, known)) == sentence
