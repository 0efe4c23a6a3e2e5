"""The promotion that the benchmark judges, under the starter and the strict profile.

Invariant: it may go as it is, and under the strict profile everything is asked for and proven.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.bench.company import SERVICES, account, built, email, policy_data
from guards.assessment import Declared
from guards.change import Approval, Change, Verdict
from guards.codeowners import CodeOwners
from guards.content import Content
from guards.facts import Facts
from guards.freeze_record import Freeze
from guards.hotfix import HotfixFacts
from guards.lifecycle import State
from guards.policy import Policy
from guards.provenance import PinnedKey, Proof, Provenance, Sbom, SbomFormat, Signature
from guards.release import Promotion, RecordText, ReleaseNotes
from guards.vcs import Check, CheckState, Commit, Contributor, Protection, Pull, Review, ReviewState, Span, Tag
from guards.verified import Verification
from guards.version import Artifact, Deployment, Evidence
from guards.vocabulary import Blocked, ChangeType, Fate, Migration, Profile, Role

AT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Berlin."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

SERVICE, VERSION = SERVICES[0], "v1.4.0"
CHECKS = ("lint", "unit-test", "sast")
ITEM = "coverage"
"""The item of evidence that the policy names beside them."""
ASSESSING = ("developer", "tech_lead", "product", "ops", "security", "on_call")
"""Roles that risk can ask for; who approves holds them all."""

_RECORD = RecordText("none known; watch the error rate", "promote v1.3.0 again", email(0), "Person 0", AT - HOUR)
_HEAD, _KEY = "5e" * 20, PinnedKey("sha256:" + "7a" * 32)


@dataclass(frozen=True, slots=True)
class Case:
    """One change with its facts.

    Args:
        change, facts: what is judged.
    """

    change: Change
    facts: Facts


def policy_of(profile: Profile) -> Policy:
    """The company's policy; under the strict profile everything that can be proven is asked for in production."""
    data = policy_data()
    data["services"] = {name: each | {"integration": "suite.yml"} for name, each in data["services"].items()}
    if profile is Profile.STRICT:
        signed = {"kind": "oci", "url": "https://registry.bench.example", "signers": [{"kind": "key", "public_key": "PEM"}]}
        data["services"] = {name: each | {"history": "github", "coordinates": name} for name, each in data["services"].items()}
        data["roles"] |= {role: [*data["roles"].get(role, ()), {"people": [email(32)]}] for role in ASSESSING}
        data["allow"]["approve"]["production"] += ASSESSING
        data["artifacts"] = {"bench": signed}
        item = {ITEM: {"about": "unit tests cover enough", "checks": [ITEM]}}
        data["evidence"] = {"profile": "strict", "taggers": ["ci@bench.example"], "checks": list(CHECKS), "items": item}
    data["incidents"] = {"blocks": {"production": "SEV-2"}}
    data["windows"] = {"office-hours": data["windows"]["office-hours"], "weekend": data["windows"]["all-day"] | {"days": ["Sat", "Sun"]}}
    return Policy.model_validate(data)


def case(profile: Profile = Profile.STARTER) -> Case:
    """A change of svc-00 to production that may go: approved, in a window, with two freezes at other times, proven where that is asked."""
    known, what, record = policy_of(profile), built(VERSION), _RECORD if profile is Profile.STRICT else None
    content = Content(
        SERVICE, "production", VERSION, what.digest, what.commit, ChangeType.NORMAL, Migration.NONE, known.hash,
        base=built("v1.3.0").commit if record else None, record=record.hash if record else None,
        declared=Declared(frozenset(), customers="none", downtime="none", data="none"),
    )  # fmt: skip
    change = Change("CR-2026-1124-001", content, State.APPROVED, email(0), "Person 0", AT - HOUR)
    artifact = Artifact(SERVICE, VERSION, what.digest, what.commit, frozenset({"person-20"}), frozenset({"person-21", "person-22"}))
    running = Deployment(SERVICE, "production", "v1.3.0", built("v1.3.0").digest, built("v1.3.0").commit, AT - 7 * DAY)
    before = Deployment(SERVICE, "staging", VERSION, what.digest, what.commit, AT - DAY, "CR-2026-1123-001")

    def freeze(number: int, start: datetime, end: datetime) -> Freeze:
        return Freeze(
            f"FRZ-2026-1124-{number:03}", "holiday", (Blocked.DEPLOYMENTS,), (ChangeType.EMERGENCY,), None, ("production",), start, end,
            "quarter end", "the books are closed", "promote what waits", email(32), "Person 32", email(33), Fate.HOLD,
            in_force=AT - 7 * DAY,
        )  # fmt: skip

    facts = Facts(
        at=AT, policy=known, groups={"S0MANAGERS": frozenset({account(33)})},
        people={p.id: p for p in known.people if p.id in (email(0), email(32))}, artifact=artifact, registered=artifact,
        before=before, running=running, change=change, approvals=(approval_of(content),), in_flight=None, duplicate=change.id,
        freezes=(freeze(1, AT + DAY, AT + 3 * DAY), freeze(2, AT + 7 * DAY, AT + 9 * DAY)),
        record=None, notes=None, promotions=(), rides=(), hotfixes=HotfixFacts(), incidents=(), exceptions=(),
    )  # fmt: skip
    return Case(change, _proven(facts, artifact, running, before) if profile is Profile.STRICT else facts)


def approval_of(content: Content) -> Approval:
    return Approval(
        email(32), "Person 32", frozenset({Role.RELEASE_MANAGER, *(Role(each) for each in ASSESSING)}), Verdict.APPROVED,
        "diff read, alerts are quiet", content.hash, AT - HOUR / 2, AT + DAY,
    )  # fmt: skip


def _proven(facts: Facts, artifact: Artifact, running: Deployment, before: Deployment) -> Facts:
    """The facts with everything that the strict profile asks for."""
    author, reviewer, tagger = Contributor("person-20"), Contributor("person-21"), Contributor(None, "ci@bench.example", "Release CI")
    url, service = "https://git.bench.example", facts.policy.services[SERVICE]
    pull = Pull(
        12, "Round sums", f"{url}/12", "main", artifact.commit, AT - DAY, _HEAD, author, (author,),
        tuple(Review(who, ReviewState.APPROVED, _HEAD, AT - DAY) for who in ("person-21", "person-22")), frozenset({"risk:low"}), "",
        author, ("PAY-12",), ("src/pay.py",),
    )  # fmt: skip
    commit = Commit(artifact.commit, "Round sums", f"{url}/c", author, author, (), verified=True, pulls=(12,))
    proof = Proof(
        artifact.digest,
        (Sbom(SbomFormat.CYCLONEDX, "1.6", artifact.digest, True, 41, "sha256:" + "b0" * 32, url, _KEY),),
        (Provenance(
            "https://slsa.dev/provenance/v1", artifact.digest, artifact.commit, service.address, f"refs/tags/{VERSION}", f"{url}/builder",
            "run-9", None, None, 3, _KEY, "sha256:" + "c0" * 32, url,
        ),),
        (Signature(artifact.digest, _KEY, "sha256:" + "d0" * 32, url),),
    )  # fmt: skip
    owners = CodeOwners.read("CODEOWNERS", f"* @{reviewer.login}\n")
    evidence = Evidence(
        tag=Tag(service.repository, VERSION, "7a" * 20, artifact.commit, True, True, "valid", tagger, AT - DAY),
        work=Span(service.repository, running.commit, artifact.commit, (commit,), (pull,)),
        checks=tuple(Check(name, CheckState.PASSED, url, AT - DAY, 1, "github-actions", 7) for name in (*CHECKS, ITEM)),
        owners=owners, owners_before=owners,
        protection=Protection("main", frozenset(CHECKS), 1, True, True, True),
        proof=proof, retrievable=True,
    )  # fmt: skip
    notes = f"# {SERVICE} {VERSION}\n\n## Known issues\n\nNone known.\n\n## Rollback\n\nBack to v1.3.0.\n"
    return replace(
        facts, evidence=evidence, replaced=None,
        looked=Verification(
            "CR-2026-1123-001", "OBL-2026-1123-001", before.at, before.at + 4 * HOUR, before.at + HOUR, email(39), "Person 39",
            frozenset({Role.SERVICE_OWNER}), "smoke tests and the error rate",
        ),
        record=_RECORD, promotions=(Promotion("staging", artifact.digest, artifact.commit, before.at, before.change, ()),),
        notes=ReleaseNotes(notes, email(0), "Person 0", AT - HOUR),
    )  # fmt: skip
