"""How risky a change is, what that asks of whom, and what a standard change is (RSK-01 … RSK-11, RSK-14, CF-11, CF-12, CF-34, DBM-01).

Each case changes one thing of a change that touches nothing, was declared, and whose pull request is labelled `risk:low`.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic import ValidationError

from guards.assessment import UNSAID, Assessment, Declared, Demand
from guards.classify import announced, assessed, catalogued, labelled
from guards.decision import Allow, Refusal, Unsure
from guards.evidence_rules import EnvironmentEvidence
from guards.evidence_rules import Evidence as Rules
from guards.facts import Facts, Request
from guards.judge import judge
from guards.matrix import Board, Label, LeadTime, RiskRules, StandardChange, Weight
from guards.need import Need, need_of
from guards.patterns import Patterns
from guards.policy import Policy
from guards.record import edited, own_request
from guards.requirements import EVIDENCE
from guards.risk import assess, found_yes, named, release_type
from guards.unread import Absent, Unread
from guards.vcs import Pull
from guards.vocabulary import ChangeType, Migration, Profile, Question, ReleaseType, Requirement, Risk, Role
from tests.guards.cases import AT, DECLARED, HOUR, MINUTE, POLICY, RUNNING, Expected, change, emergency, policy, request, said, told
from tests.guards.proofs import SPAN, STRICT, commit, proven, pull, worked

LOST = Unread("the work", "no answer within 5 s")
Q = Question


def ruled(**rules: Any) -> Policy:
    """The strict policy with other rules about risk."""
    return policy(**{name: getattr(STRICT, name) for name in Policy.model_fields} | {"risk": RiskRules(**rules)})


PATHS = ruled(paths={"db/migrations/": (Q.DB_SCHEMA,), "*.tf": (Q.INFRASTRUCTURE,)})
LABELS = ruled(labels={"data-migration": Label(level=Risk.MEDIUM, questions=(Q.DB_SCHEMA,), roles=(Role.QA,))})


def under(rules: Policy, *pulls: Pull) -> Facts:
    return replace(worked(*(pulls or (pull(),))), policy=rules)


def declared(**parts: Any) -> Request:
    return request(declared=replace(DECLARED, **parts))


def running(version: str | None) -> Facts:
    return replace(proven(), running=replace(RUNNING, version=version) if version else None)


def found(asked: Request = request(), known: Facts | None = None) -> Assessment:  # noqa: B008 - a frozen request
    answer = assess(asked, known or proven())
    assert isinstance(answer, Assessment)
    return answer


LOW, MEDIUM, HIGH, CRITICAL = Risk


@pytest.mark.parametrize(
    ("asked", "known", "level", "because"),
    [
        pytest.param(request(), proven(), LOW, (), id="nothing raises it"),
        # what the requester says (RSK-02)
        pytest.param(declared(level=MEDIUM), proven(), MEDIUM, ("the requester says medium",), id="declared medium"),
        pytest.param(declared(level=LOW), under(STRICT, pull(labels=frozenset({"risk:high"}))), HIGH, ("#12 is labelled risk:high",), id="derived is higher"),
        pytest.param(declared(level=CRITICAL), proven(), CRITICAL, ("the requester says critical",), id="declared is higher"),
        *(
            pytest.param(declared(answers=frozenset({question})), proven(), level, (f"{question} is answered yes",), id=question)
            for question, level in {
                Q.DB_SCHEMA: HIGH, Q.BREAKING_API: CRITICAL, Q.INFRASTRUCTURE: MEDIUM, Q.THIRD_PARTY: MEDIUM, Q.SECURITY: HIGH,
                Q.PERFORMANCE: MEDIUM, Q.CUSTOMER_VISIBLE: MEDIUM,
            }.items()
        ),
        pytest.param(request(declared=UNSAID), proven(), CRITICAL, ("nobody answered breaking-api",), id="unanswered counts as yes"),
        # migrations (DBM-01, RSK-14)
        pytest.param(request(migration=None), proven(), LOW, (), id="no migration declared: another guard asks"),
        pytest.param(request(migration=Migration.EXPAND), proven(), HIGH, ("it carries an expanding migration (db-schema)",), id="expand"),
        pytest.param(
            request(migration=Migration.CONTRACT), under(ruled(questions={Q.DB_SCHEMA: Weight()})), HIGH, ("it carries a contracting migration",),
            id="contract is high, whatever a schema change is",
        ),
        pytest.param(
            request(migration=Migration.EXPAND), under(ruled(questions={Q.DB_SCHEMA: Weight()})), LOW, (), id="expand is what a schema change is"
        ),
        pytest.param(
            request(migration=Migration.OTHER), under(ruled(questions={Q.DB_SCHEMA: Weight()})), HIGH, ("it carries another kind of migration",),
            id="what nobody knows to be reversible",
        ),
        # what the work tells (RSK-09, RSK-10)
        pytest.param(
            request(), under(STRICT, pull(), pull(number=13, labels=frozenset({"risk:medium", "bug"}))), MEDIUM, ("#13 is labelled risk:medium",),
            id="one of two pull requests",
        ),
        pytest.param(request(), under(STRICT, pull(labels=frozenset({"security"}))), HIGH, ("#12 is labelled security",), id="a label answers"),
        pytest.param(
            request(), under(LABELS, pull(labels=frozenset({"data-migration"}))), HIGH, ("#12 is labelled data-migration (db-schema)",),
            id="the question weighs more than the label",
        ),
        pytest.param(request(), under(PATHS, pull(paths=("db/migrations/7.sql",))), HIGH, ("#12 changes db/migrations/7.sql (db-schema)",), id="a path"),
        pytest.param(request(), under(PATHS, pull(paths=("a.py", "net/a.tf"))), MEDIUM, ("#12 changes net/a.tf (infrastructure)",), id="one of its paths"),
        pytest.param(request(), under(PATHS, pull(paths=("db/README.md",))), LOW, (), id="no such path"),
        pytest.param(
            request(), under(PATHS, pull(paths=None)), HIGH, ("the files of #12 are too many to be listed (db-schema)",), id="paths that nobody lists"
        ),
        pytest.param(request(), under(STRICT, pull(paths=None)), LOW, (), id="paths that nobody asks for"),
        # boxes of the pull request's text (REC-15)
        pytest.param(
            request(), under(STRICT, pull(body="Why\n- [x] Security: new token\n- [ ] Database schema\n")), HIGH,
            ("#12 ticks 'Security: new token' (security)",), id="a ticked box",
        ),
        pytest.param(request(), under(STRICT, pull(body="- [x] No security impact\n- [x] tests")), LOW, (), id="boxes that say nothing"),
        # declarations of its template (REC-15, DBM-01)
        pytest.param(request(), under(STRICT, pull(body="## Risk\nHigh, it moves money")), HIGH, ("#12 says high risk",), id="its author says how risky"),
        pytest.param(request(), under(STRICT, pull(body="Risk: low / medium / high")), LOW, (), id="a template that nobody filled in"),
        pytest.param(
            request(), under(STRICT, pull(body="Database: expand")), HIGH, ("#12 declares an expanding migration (db-schema)",), id="its author says expand"
        ),
        pytest.param(
            request(), under(ruled(questions={Q.DB_SCHEMA: Weight()}), pull(body="Database: contract")), HIGH,
            ("#12 declares a contracting migration",), id="its author says contract",
        ),
        pytest.param(request(), under(STRICT, pull(body="Database: none")), LOW, (), id="its author says that there is none"),
        pytest.param(
            request(), under(STRICT, pull(title="feat(api)!: drop v1")), CRITICAL, ("#12 is marked as breaking (breaking-api)",), id="a breaking title"
        ),
        pytest.param(
            request(), under(STRICT, pull(body="Why\n\nBREAKING CHANGE: v1 is gone")), CRITICAL, ("#12 is marked as breaking (breaking-api)",),
            id="a breaking footer",
        ),
        pytest.param(request(), under(STRICT, pull(title="Wow! It: works", body="no BREAKING CHANGE: here")), LOW, (), id="no such mark"),
        pytest.param(
            request(), worked(pull(), commits=(commit(title="fix!: drop v1"),)), CRITICAL,
            ("commit 9fceb02d0ae5 is marked as breaking (breaking-api)",), id="a breaking commit",
        ),
        # the step (RSK-05)
        pytest.param(request(), running("v0.9.0"), HIGH, ("it is a major release",), id="a major release"),
        pytest.param(request(), running("v1.4.9"), LOW, (), id="a patch"),
        # no history: nobody reads labels
        pytest.param(request(), replace(proven(), policy=POLICY, evidence=replace(proven().evidence, work=None)), LOW, (), id="no history"),
    ],
)  # fmt: skip
def test_the_highest_of_declared_and_derived_counts(asked: Request, known: Facts, level: Risk, because: tuple[str, ...]) -> None:
    answer = found(asked, known)
    assert (answer.level, answer.because) == (level, because)


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(proven(work=LOST), id="unread"),
        pytest.param(proven(work=None), id="not asked for"),
        pytest.param(proven(work=Absent("commit 9fceb02d0ae5")), id="not there"),
        pytest.param(replace(proven(), running=Unread("what runs there")), id="what runs there is unread"),
    ],
)
def test_a_risk_that_cannot_be_derived_is_no_low_one(known: Facts) -> None:
    assert said(assess(request(), known)) is Unsure  # type: ignore[arg-type]


def test_the_work_is_read_once_for_one_reading_of_the_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """All guards, the card and the record ask for the risk; other evidence, or another policy, is judged by itself."""
    read: list[str] = []
    quick = Patterns.first

    def counted(self: Patterns, paths: tuple[str, ...]) -> dict[str, str]:
        read.extend(paths)
        return quick(self, paths)

    monkeypatch.setattr(Patterns, "first", counted)
    known = under(PATHS, pull(paths=("db/migrations/7.sql",)))
    for facts in (known, replace(known, at=AT + HOUR)):
        assert found(known=facts).level is HIGH
        assert found(declared(level=CRITICAL), facts).level is CRITICAL
        assert Q.DB_SCHEMA in found_yes("api", facts)
        assert said(judge(EVIDENCE, request(), facts).answers[0].decision) is Allow
    assert read == ["db/migrations/7.sql"]
    assert found(known=replace(known, policy=STRICT)).level is LOW
    assert found(known=replace(known, evidence=replace(known.evidence, work=replace(SPAN, pulls=(pull(),))))).level is LOW


def test_the_sentence_names_three_reasons_and_counts_the_rest() -> None:
    five = [pull(number=n, labels=frozenset({"risk:high"})) for n in range(1, 6)]
    assert found(known=under(STRICT, *five)).sentence == snapshot(
        "high: #1 is labelled risk:high; #2 is labelled risk:high; #3 is labelled risk:high and 2 more"
    )
    assert found().sentence == snapshot("low: nothing raises it")
    assert found().factors == snapshot(("low: #12 is labelled risk:low", "low: it is a minor release"))


def test_what_the_work_answers_with_yes_comes_with_its_reason() -> None:
    known = under(PATHS, pull(labels=frozenset({"customer-impacting"}), paths=("db/migrations/7.sql",)))
    assert found_yes("api", known) == {
        Q.CUSTOMER_VISIBLE: "#12 is labelled customer-impacting",
        Q.DB_SCHEMA: "#12 changes db/migrations/7.sql",
    }
    assert found_yes("api", proven(work=LOST)) == {}


@pytest.mark.parametrize(
    ("runs", "version", "step"),
    [
        ("v1.3.0", "v2.0.0", ReleaseType.MAJOR), ("v2.0.0", "v1.9.9", ReleaseType.MAJOR), ("v1.3.0", "v1.4.0", ReleaseType.MINOR),
        ("v1.3.0", "v1.3.1", ReleaseType.PATCH), ("v1.3.1", "v1.3.0", ReleaseType.PATCH), ("v1.3.0-rc.1", "v1.3.0", ReleaseType.PATCH),
        (None, "v1.0.0", ReleaseType.MAJOR), (None, "v0.4.0", ReleaseType.MINOR), (None, "v0.0.4", ReleaseType.PATCH),
        ("main", "v1.4.0", ReleaseType.MAJOR), ("v1.3.0", "main", None),
    ],
)  # fmt: skip
def test_the_step_is_the_highest_number_that_differs(runs: str | None, version: str, step: ReleaseType | None) -> None:
    assert release_type(runs, version) is step


# ---------------------------------------------------------------- who must approve


@pytest.mark.parametrize(
    ("pulls", "level"),
    [
        pytest.param((), None, id="no pull request"),
        pytest.param((pull(labels=frozenset({"security"}), body=""),), None, id="a label that names no level"),
        pytest.param((pull(labels=frozenset({"risk:low"}), body=""),), Risk.LOW, id="a label"),
        pytest.param((pull(labels=frozenset(), body="## Risk\nmedium\n"),), Risk.MEDIUM, id="its text"),
        pytest.param((pull(labels=frozenset({"risk:low"}), body="## Risk\nhigh\n"),), Risk.HIGH, id="the higher one counts"),
    ],
)
def test_the_risk_class_that_pull_requests_name(pulls: tuple[Pull, ...], level: Risk | None) -> None:
    assert named(pulls, POLICY.risk) is level


def need(asked: Request, known: Facts) -> Need:
    answer = need_of(asked, known)
    assert isinstance(answer, Need)
    return answer


R = Role


@pytest.mark.parametrize(
    ("asked", "known", "count", "roles", "quorum"),
    [
        pytest.param(request(), running("v1.4.9"), 1, (R.DEVELOPER,), 0, id="low risk: an engineer"),
        pytest.param(request(), proven(), 1, (R.DEVELOPER, R.TECH_LEAD), 0, id="a minor release: a tech lead too"),
        pytest.param(declared(level=MEDIUM), running("v1.4.9"), 1, (R.TECH_LEAD, R.DEVELOPER), 0, id="medium: a tech lead"),
        pytest.param(declared(level=HIGH), running("v1.4.9"), 1, (R.TECH_LEAD, R.PRODUCT, R.DEVELOPER), 0, id="high: product too"),
        pytest.param(declared(level=CRITICAL), running("v1.4.9"), 3, (R.DEVELOPER,), 3, id="critical: the CAB"),
        pytest.param(request(), running("v0.9.0"), 3, (R.TECH_LEAD, R.PRODUCT), 3, id="major: CAB, product and tech lead (CF-12)"),
        pytest.param(
            request(), under(STRICT, pull(labels=frozenset({"hotfix"}))), 1, (R.DEVELOPER, R.ON_CALL, R.TECH_LEAD), 0,
            id="a hotfix: on-call and a tech lead",
        ),
        pytest.param(
            declared(answers=frozenset({Q.SECURITY})), proven(), 2, (R.TECH_LEAD, R.PRODUCT, R.SECURITY), 0, id="security: two, with security (RSK-04)"
        ),
        pytest.param(
            declared(answers=frozenset({Q.BREAKING_API})), under(ruled(levels={CRITICAL: Weight()})), 2, (R.TECH_LEAD,), 0,
            id="breaking: two (RSK-04)",
        ),
        pytest.param(
            request(), under(LABELS, pull(labels=frozenset({"data-migration"}))), 1, (R.TECH_LEAD, R.PRODUCT, R.QA), 0,
            id="a label asks for QA (EVD-26)",
        ),
        pytest.param(request(environment="dev"), proven(), 0, (), 0, id="where no risk is assessed, nothing is added"),
        pytest.param(declared(level=CRITICAL), replace(proven(), policy=POLICY), 1, (), 0, id="nor is it under a policy that does not ask"),
    ],
)  # fmt: skip
def test_approvers_are_the_union_of_all_that_applies(
    asked: Request, known: Facts, count: int, roles: tuple[Role, ...], quorum: int
) -> None:
    """CF-11, RSK-03, RSK-05."""
    answer = need(asked, known)
    assert (answer.count, set(answer.roles), answer.quorum) == (count, set(roles), quorum)
    assert bool(answer.seats) == bool(quorum)


def test_who_asks_for_whom_is_said() -> None:
    assert need(request(), running("v0.9.0")).sentence == snapshot(
        "high risk takes tech_lead, product; a major release takes product, the CAB"
    )
    assert need_of(change(STRICT), proven(work=LOST)) == Unsure("the work", "no answer within 5 s")


def test_what_a_file_leaves_out_of_a_table_keeps_its_default() -> None:
    rules = RiskRules.model_validate({"questions": {"security": {"level": "critical"}}})
    assert rules.questions[Q.SECURITY] == Weight(level=CRITICAL)
    assert rules.questions[Q.BREAKING_API] == RiskRules().questions[Q.BREAKING_API]


def test_three_reasons_are_named_and_more_are_counted() -> None:
    sentences = [Assessment(HIGH, tuple("abcd"[:count])).sentence for count in range(5)]
    assert sentences == ["high: nothing raises it", "high: a", "high: a; b", "high: a; b; c", "high: a; b; c and 1 more"]


def test_a_demand_asks_for_nobody_unless_it_says_so() -> None:
    assert Demand("the policy") == Demand("the policy", count=0, roles=(), cab=False)


# ---------------------------------------------------------------- the guards

DAY_AGO = change(STRICT, requested=AT - timedelta(hours=24))
MEDIUM_RISK = declared(level=MEDIUM)
COPY = StandardChange(summary="Texts", paths=("locales/", "*.md"), labels=("copy", "docs"), services=("api",), environments=("production",))
CATALOGUE = ruled(
    catalogue={"copy": COPY, "any": StandardChange(summary="Anything small"), "more": StandardChange(summary="More", max_risk=HIGH)}
)
STANDARD = request(change_type=ChangeType.STANDARD, entry="copy")
TEXT = pull(labels=frozenset({"docs"}), paths=("locales/de.json", "docs/a.md"))


def since(asked: Any, **parts: Any) -> Facts:
    return replace(proven(), change=replace(DAY_AGO, requested=asked, **parts))


@pytest.mark.parametrize(
    ("guard", "asked", "known", "expected"),
    [
        # each pull request says how risky it is (RSK-09)
        pytest.param(labelled, request(), proven(), Allow, id="labelled"),
        pytest.param(labelled, request(), under(STRICT, pull(labels=frozenset())), Refusal.NO_RISK_LABEL, id="not labelled"),
        pytest.param(labelled, request(), under(STRICT, pull(labels=frozenset({"security"}))), Refusal.NO_RISK_LABEL, id="labelled with something else"),
        pytest.param(labelled, request(), under(STRICT, pull(), pull(number=13, labels=frozenset())), Refusal.NO_RISK_LABEL, id="one of two is not"),
        pytest.param(labelled, request(), worked(), Allow, id="no pull request"),
        pytest.param(labelled, request(environment="dev"), under(STRICT, pull(labels=frozenset())), Allow, id="not asked for there"),
        # the questions are answered (RSK-02, RSK-11, DBM-01)
        pytest.param(assessed, request(), proven(), Allow, id="declared"),
        pytest.param(assessed, declared(answers=None), proven(), Refusal.NOT_ASSESSED, id="no answers"),
        pytest.param(assessed, declared(customers=None), proven(), Refusal.NOT_ASSESSED, id="no word on customers"),
        pytest.param(assessed, declared(downtime=None), proven(), Refusal.NOT_ASSESSED, id="no word on downtime"),
        pytest.param(assessed, declared(data=None), proven(), Refusal.NOT_ASSESSED, id="no word on data"),
        pytest.param(assessed, request(migration=None), proven(), Refusal.NOT_ASSESSED, id="no word on migrations"),
        pytest.param(assessed, declared(level=None), proven(), Allow, id="a level of one's own is not asked for"),
        pytest.param(assessed, request(declared=UNSAID, environment="dev"), proven(), Allow, id="not asked for in dev"),
        # lead time (RSK-01, CF-34)
        pytest.param(announced, request(), proven(), Allow, id="low risk goes at once"),
        pytest.param(announced, MEDIUM_RISK, proven(), Refusal.LEAD_TIME, id="medium, asked for an hour ago"),
        pytest.param(announced, replace(MEDIUM_RISK, declared=replace(DECLARED, level=HIGH)), proven(), Refusal.LEAD_TIME, id="high, asked for an hour ago"),
        pytest.param(announced, MEDIUM_RISK, since(AT - 24 * HOUR), Allow, id="medium, known for a day"),
        pytest.param(announced, MEDIUM_RISK, since(AT - 24 * HOUR + MINUTE), Refusal.LEAD_TIME, id="a minute is lacking"),
        pytest.param(announced, MEDIUM_RISK, since(AT - 48 * HOUR, amended=AT - HOUR), Refusal.LEAD_TIME, id="amended an hour ago"),
        pytest.param(announced, MEDIUM_RISK, since(AT - 48 * HOUR, amended=AT - 24 * HOUR), Allow, id="amended a day ago"),
        pytest.param(announced, MEDIUM_RISK, replace(proven(), change=None), Refusal.LEAD_TIME, id="only now asked for"),
        pytest.param(announced, replace(MEDIUM_RISK, change_type=ChangeType.STANDARD), proven(), Allow, id="a standard change"),
        pytest.param(
            announced, replace(MEDIUM_RISK, change_type=ChangeType.EMERGENCY), replace(proven(), emergency=emergency()), Allow,
            id="an emergency",
        ),
        pytest.param(
            announced, replace(MEDIUM_RISK, change_type=ChangeType.EMERGENCY), proven(), Refusal.LEAD_TIME, id="a word makes no emergency"
        ),
        pytest.param(announced, replace(MEDIUM_RISK, environment="dev"), proven(), Allow, id="lead time is not asked for in dev"),
        pytest.param(announced, MEDIUM_RISK, under(ruled(lead_time=LeadTime(risk=HIGH))), Allow, id="the policy lets medium go"),
        pytest.param(announced, MEDIUM_RISK, under(ruled(lead_time=LeadTime(normal=HOUR))), Allow, id="an hour is enough"),
        # standard changes (RSK-07)
        pytest.param(catalogued, request(), under(CATALOGUE), Allow, id="normal"),
        pytest.param(catalogued, STANDARD, under(CATALOGUE, TEXT), Allow, id="each condition holds"),
        pytest.param(catalogued, replace(STANDARD, entry="nothing"), under(CATALOGUE, TEXT), Refusal.NOT_STANDARD, id="no such entry"),
        pytest.param(catalogued, replace(STANDARD, entry=None), under(CATALOGUE, TEXT), Refusal.NOT_STANDARD, id="no entry"),
        pytest.param(catalogued, STANDARD, under(CATALOGUE, replace(TEXT, paths=("docs/a.md", "a.py"))), Refusal.NOT_STANDARD, id="another file"),
        pytest.param(catalogued, STANDARD, under(CATALOGUE, replace(TEXT, paths=None)), Refusal.NOT_STANDARD, id="files unlisted"),
        pytest.param(catalogued, STANDARD, under(CATALOGUE, replace(TEXT, labels=frozenset({"risk:low"}))), Refusal.NOT_STANDARD, id="no such label"),
        pytest.param(catalogued, STANDARD, under(CATALOGUE, replace(TEXT, labels=frozenset({"copy", "risk:medium"}))), Refusal.NOT_STANDARD, id="too risky"),
        pytest.param(catalogued, replace(STANDARD, service="web"), under(CATALOGUE, TEXT), Refusal.NOT_STANDARD, id="another service"),
        pytest.param(catalogued, replace(STANDARD, environment="staging"), under(CATALOGUE, TEXT), Refusal.NOT_STANDARD, id="another environment"),
        pytest.param(catalogued, replace(STANDARD, entry="any"), under(CATALOGUE), Allow, id="an entry without conditions"),
        pytest.param(catalogued, replace(STANDARD, entry="any", declared=UNSAID), under(CATALOGUE), Refusal.NOT_STANDARD, id="but its questions are answered"),
        pytest.param(
            catalogued, replace(STANDARD, entry="more", declared=replace(DECLARED, level=HIGH)), under(CATALOGUE), Allow, id="an entry that may be risky"
        ),
        pytest.param(
            catalogued, STANDARD, replace(worked(TEXT, commits=(commit(pulls=()),)), policy=CATALOGUE), Refusal.NOT_STANDARD,
            id="a commit that nobody labelled",
        ),
        pytest.param(
            catalogued, replace(STANDARD, entry="any"), replace(worked(TEXT, commits=(commit(pulls=()),)), policy=CATALOGUE), Allow,
            id="where no label is asked for",
        ),
        pytest.param(catalogued, STANDARD, replace(under(CATALOGUE), evidence=proven(work=LOST).evidence), Unsure, id="the work is unread"),
        pytest.param(catalogued, STANDARD, replace(under(CATALOGUE, TEXT), running=Unread("what runs")), Unsure, id="what runs is unread"),
        # only the requester edits (RSK-12)
        pytest.param(own_request, request(), proven(), Allow, id="the requester"),
        pytest.param(own_request, request(by=POLICY.people[1]), proven(), Refusal.NOT_REQUESTER, id="somebody else"),
        pytest.param(own_request, request(by=Unread("your account")), proven(), Refusal.NOT_REQUESTER, id="nobody that is known"),
        pytest.param(own_request, request(), replace(proven(), change=Unread("the change")), Unsure, id="the change is unread"),
        pytest.param(edited, declared(level=LOW), proven(), Allow, id="an edit"),
        pytest.param(edited, request(migration=Migration.EXPAND), proven(), Allow, id="an edit of the migration"),
        pytest.param(edited, request(change_type=ChangeType.STANDARD), proven(), Allow, id="an edit of the type"),
        pytest.param(edited, request(), proven(), Refusal.INCOMPLETE, id="the same again"),
        pytest.param(edited, request(), replace(proven(), change=Absent("change CR-9")), Refusal.NO_SUCH_CHANGE, id="an edit of nothing"),
    ],
)  # fmt: skip
def test_refused_beside_allowed(guard: Any, asked: Request, known: Facts, expected: Expected) -> None:
    assert said(guard(asked, known)) == expected


def test_a_service_without_history_has_no_labels_and_no_paths_to_go_by() -> None:
    blind = replace(proven(), policy=policy(risk=RiskRules(catalogue={"copy": COPY, "any": StandardChange(summary="Any")})))
    assert said(catalogued(STANDARD, blind)) is Unsure
    assert said(catalogued(replace(STANDARD, entry="any"), blind)) is Allow
    told_only = Rules(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.RISK_LABEL,))})
    unchecked = Policy.model_construct(**{name: getattr(POLICY, name) for name in Policy.model_fields} | {"evidence": told_only})
    assert said(labelled(request(), replace(proven(), policy=unchecked))) is Unsure


@pytest.mark.parametrize(
    ("guard", "asked", "known", "sentence"),
    [
        pytest.param(labelled, request(), proven(), snapshot(('1 pull request, each with a risk label', )), id="one pull request"),
        pytest.param(labelled, request(), under(STRICT, pull(), pull(number=13)), snapshot(('2 pull requests, each with a risk label', )), id="two pull requests"),
        pytest.param(labelled, request(), under(STRICT, *(pull(number=n, labels=frozenset()) for n in range(1, 6))), snapshot(('No risk label is on #1, #2, #3, #4, #5.', 'Put one of risk:critical, risk:high, risk:low, risk:medium on it; labels are read anew each time. Or ask for an exception: `/release exception request`.')), id="five without a label"),
        pytest.param(labelled, request(), under(STRICT, *(pull(number=n, labels=frozenset()) for n in range(1, 7))), snapshot(('No risk label is on #1, #2, #3, #4, #5 and 1 more.', 'Put one of risk:critical, risk:high, risk:low, risk:medium on it; labels are read anew each time. Or ask for an exception: `/release exception request`.')), id="six without a label"),
        pytest.param(labelled, request(), under(STRICT, *(pull(number=n, labels=frozenset()) for n in range(1, 8))), snapshot(('No risk label is on #1, #2, #3, #4, #5 and 2 more.', 'Put one of risk:critical, risk:high, risk:low, risk:medium on it; labels are read anew each time. Or ask for an exception: `/release exception request`.')), id="labels"),
        pytest.param(assessed, declared(answers=None, data=None), proven(), snapshot(('It lacks the answers to the risk questions and the data that it touches.', 'Fill in the form: `/release amend CR-2026-1124-001`. Or ask for an exception: `/release exception request`.')), id="lacking, of a change"),
        pytest.param(assessed, declared(answers=None), replace(proven(), change=None), snapshot(('It lacks the answers to the risk questions.', 'Fill in the form: `/release promote`. Or ask for an exception: `/release exception request`.')), id="lacking, of a request"),
        pytest.param(announced, MEDIUM_RISK, proven(), snapshot(('A normal change of medium risk is known for 24 h before it goes out.', 'Wait; it can be approved meanwhile. Or ask for an exception: `/release exception request`.', 'from Wed 2026-11-25 10:00 UTC')), id="lead time"),
        pytest.param(announced, MEDIUM_RISK, since(AT - 24 * HOUR), snapshot(('it is known since 2026-11-23 11:00 UTC', )), id="known"),
        pytest.param(
            catalogued, replace(STANDARD, service="web", environment="staging"),
            under(CATALOGUE, pull(labels=frozenset({"risk:high"}), paths=("a.py",))), snapshot(("It is no copy: that is for api; that is for production; its risk is at most low, this one's is high: #12 is labelled risk:high; #12 is not labelled copy or docs; #12 changes a.py.", 'Ask for a normal change.')), id="no standard change",
        ),
        pytest.param(catalogued, replace(STANDARD, entry="copies"), under(CATALOGUE), snapshot(("The catalogue has no standard change 'copies'; it has copy, any, more.", 'Name one that it has, or ask for a normal change.')), id="no entry"),
        pytest.param(own_request, request(by=POLICY.people[1]), proven(), snapshot(('Remy asked for CR-2026-1124-001; nobody else edits it.', 'Ask Remy, or reject it and say why.')), id="not the requester"),
    ],
)  # fmt: skip
def test_what_people_read(guard: Any, asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(guard(asked, known)) == sentence


# ---------------------------------------------------------------- the policy


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        pytest.param(
            {"roles": POLICY.roles | {Role.TECH_LEAD: STRICT.roles[Role.TECH_LEAD]}},
            "nobody who may approve there holds the role developer, the role product, the role on_call, the role security, "
            "the CAB's seat product, the CAB's seat ops",
            id="roles that nobody holds",
        ),
        pytest.param({"allow": POLICY.allow}, "nobody who may approve there holds the role developer", id="roles that may not approve"),
        pytest.param(
            {"risk": RiskRules(cab=Board(seats={"board": (Role.CTO,)}, quorum=1))}, "holds the CAB's seat board", id="a seat that nobody can take"
        ),
        pytest.param(
            {"risk": RiskRules(levels={HIGH: Weight(roles=(Role.CTO,))})}, "holds the role cto", id="a role in the matrix that nobody holds"
        ),
        pytest.param(
            {"risk": RiskRules(catalogue={"copy": StandardChange(summary="x", services=("apu",))})}, "unknown service 'apu'", id="a service"
        ),
        pytest.param(
            {"risk": RiskRules(catalogue={"copy": StandardChange(summary="x", environments=("prod",))})}, "unknown environment 'prod'",
            id="an environment",
        ),
    ],
)  # fmt: skip
def test_rules_that_nobody_could_follow_are_no_policy(parts: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        policy(**{name: getattr(STRICT, name) for name in Policy.model_fields} | parts)


def test_a_matrix_that_nothing_asks_for_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="no environment asks for `risk-assessment`"):
        policy(risk=RiskRules(levels={LOW: Weight()}))
    assert policy(risk=RiskRules(catalogue={"any": StandardChange(summary="Any")}))


def test_a_matrix_without_the_board_needs_no_board() -> None:
    rules = RiskRules(
        levels={CRITICAL: Weight(roles=(Role.TECH_LEAD,))}, releases={ReleaseType.MAJOR: Weight(roles=(Role.PRODUCT,))},
        cab=Board(seats={"board": (Role.CTO,)}),
    )  # fmt: skip
    assert policy(**{name: getattr(STRICT, name) for name in Policy.model_fields} | {"risk": rules})


@pytest.mark.parametrize(
    ("service", "environment", "asked"),
    [
        ("api", "production", True),
        ("api", "dev", False),
        (None, "production", True),
        ("api", None, True),
        (None, None, True),
        (None, "dev", False),
    ],
)
def test_where_risk_is_assessed(service: str | None, environment: str | None, asked: bool) -> None:
    assert STRICT.assesses(service, environment) is asked
    assert not POLICY.assesses(service, environment)


def test_what_is_said_anew_goes_before_what_was_said() -> None:
    was = Declared(frozenset({Q.SECURITY}), LOW, "a", "b", "c")
    assert Declared(frozenset(), data="d").over(was) == Declared(frozenset(), LOW, "a", "b", "d")
    assert UNSAID.over(was) == was


def test_so_many_reasons_for_a_risk_are_told():
    many = under(STRICT, *(pull(number=number) for number in range(60)))
    assert len(assess(request(), many).factors) == 50
