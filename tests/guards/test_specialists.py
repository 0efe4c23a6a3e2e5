"""Those who know about it looked at it: security, databases, operations, and two for what breaks others (RSK-06)."""

from dataclasses import replace

import pytest

from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts
from guards.hotfix import HotfixFacts
from guards.matrix import Reviewers, RiskRules
from guards.policy import Policy
from guards.sections import RoleGrant
from guards.specialists import specialised
from guards.unread import Absent, Unread
from guards.vcs import Pull, Review, ReviewState
from guards.vocabulary import Question, Requirement, Role
from tests.guards.cases import AT, FACTS, HOTFIX, HOUR, REQUEST, Expected, said, told
from tests.guards.cases import MARA as MARA_PERSON
from tests.guards.proofs import DANA, HEAD, MARA, SPAN, STRICT, commit, proven, pull, worked

LOST = Unread("the work", "no answer within 5 s")


def ruled(*grants: RoleGrant, **rules: object) -> Policy:
    """The strict policy whose DBAs are these, Mara if nothing is said."""
    roles = STRICT.roles | {Role.DBA: grants or (RoleGrant(people=(MARA_PERSON.id,)),)}
    sections = {name: getattr(STRICT, name) for name in Policy.model_fields}
    return Policy(**sections | {"roles": roles, "risk": RiskRules(**rules)})


def under(rules: Policy, *pulls: Pull) -> Facts:
    return replace(proven(rules, work=replace(SPAN, pulls=pulls)), policy=rules)


def touching(*labels: str, by: tuple[str, ...] = ("ravi-r", "mara-m"), **parts: object) -> Pull:
    reviews = tuple(Review(login, ReviewState.APPROVED, HEAD, AT - HOUR) for login in by)
    return replace(pull(), labels=frozenset(labels), reviews=reviews, **parts)


def severe(severity: str, *, by: tuple[str, ...] = ("ravi-r",)) -> Facts:
    """The version is a hotfix of something so bad."""
    one = replace(HOTFIX, version=REQUEST.version, scope=replace(HOTFIX.scope, severity=severity))
    return replace(under(ruled(), touching(by=by)), hotfixes=HotfixFacts(of_version=one))


BY_GROUP = ruled(RoleGrant(groups=("S0QUALITY",)))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(under(ruled(), touching()), Allow, id="nothing special"),
        pytest.param(
            worked(touching(by=()), commits=(commit(title="fix!: drop v1"),)),
            Allow,
            id="a commit that breaks others has no reviews of its own",
        ),
        pytest.param(under(ruled(), touching("data-migration")), Allow, id="a DBA approved"),
        pytest.param(under(ruled(), touching("data-migration", by=("ravi-r",))), Refusal.NO_SPECIALIST, id="no DBA approved"),
        pytest.param(under(ruled(), touching("security", by=("ravi-r",))), Refusal.NO_SPECIALIST, id="nobody of security approved"),
        pytest.param(under(ruled(), touching("security")), Allow, id="security approved"),
        pytest.param(severe("SEV-3"), Allow, id="a hotfix of something small"),
        pytest.param(severe("SEV-2"), Refusal.NO_SPECIALIST, id="a hotfix of something severe, and nobody of security approved"),
        pytest.param(severe("SEV-9"), Refusal.NO_SPECIALIST, id="a hotfix of a severity that the policy does not name"),
        pytest.param(severe("SEV-1", by=("mara-m",)), Allow, id="security approved the severe one"),
        pytest.param(replace(under(ruled(), touching()), hotfixes=LOST), Unsure, id="whether it is a hotfix is unread"),
        pytest.param(under(ruled(), touching("breaking", by=("ravi-r",))), Refusal.NO_SPECIALIST, id="one approved what breaks others"),
        pytest.param(under(ruled(), touching("breaking")), Allow, id="two approved what breaks others"),
        pytest.param(
            under(ruled(), touching("data-migration", committers=(DANA, MARA))), Refusal.NO_SPECIALIST, id="the DBA wrote a part of it"
        ),
        pytest.param(
            under(ruled(), touching("data-migration", by=("ravi-r", "nobody-x"))), Refusal.NO_SPECIALIST, id="somebody unknown is no DBA"
        ),
        pytest.param(
            under(ruled(), touching(body="- [x] Database schema: adds a column", by=("ravi-r",))), Refusal.NO_SPECIALIST, id="a ticked box"
        ),
        pytest.param(under(ruled(), touching(body="- [ ] Database schema", by=("ravi-r",))), Allow, id="a box that is not ticked"),
        pytest.param(
            under(ruled(reviewers={Question.DB_SCHEMA: Reviewers()}), touching("data-migration", by=())),
            Allow,
            id="the policy asks for none",
        ),
        pytest.param(under(BY_GROUP, touching("data-migration")), Refusal.NO_SPECIALIST, id="not in the group of DBAs"),
        pytest.param(
            replace(under(BY_GROUP, touching("data-migration")), groups={"S0QUALITY": Unread("Slack group S0QUALITY")}),
            Unsure,
            id="the group of DBAs is unread",
        ),
        pytest.param(
            replace(under(ruled(), touching("data-migration", by=("ravi-r", "stranger"))), links=LOST),
            Unsure,
            id="who that is could not be read",
        ),
        pytest.param(proven(ruled(), work=LOST), Unsure, id="the work is unread"),
        pytest.param(proven(ruled(), work=Absent("commit")), Unsure, id="the work is not there"),
    ],
)
def test_who_has_to_have_looked(known: Facts, expected: Expected) -> None:
    assert said(specialised(REQUEST, known)) == expected


def test_what_people_read() -> None:
    short = touching("data-migration", "breaking", by=("ravi-r",))
    assert told(specialised(REQUEST, under(ruled(), short))) == (
        "#12 (breaking-api) lacks 1 of 2 approvals; #12 (db-schema) lacks an approval of dba.",
        "Have them approve the pull request's last commit. Or ask for an exception: `/release exception request`.",
    )
    many = under(ruled(), *(replace(short, number=n) for n in range(1, 5)))
    assert told(specialised(REQUEST, many))[0].endswith("#3 (breaking-api) lacks 1 of 2 approvals and 3 more.")
    assert told(specialised(REQUEST, under(ruled(), touching()))) == ("no pull request takes a specialist",)
    assert told(specialised(REQUEST, under(ruled(), touching("breaking")))) == (
        "pull requests that take specialists: 1, each approved by them",
    )
    assert told(specialised(REQUEST, FACTS)) == (f"{Requirement.SPECIALISTS}: not required by policy",)
