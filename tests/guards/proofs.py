"""The strict world: everything is asked for in production, and everything is proven."""

from dataclasses import replace
from typing import Any

from guards.codeowners import CodeOwners
from guards.evidence_rules import Evidence as Rules
from guards.facts import Facts
from guards.neighbours import KeySigner, OciRegistry
from guards.policy import Policy
from guards.provenance import PinnedKey, Proof, Provenance, Sbom, SbomFormat, Signature
from guards.release import RecordText, ReleaseNotes
from guards.sections import RoleGrant
from guards.vcs import Check, CheckState, Commit, Contributor, Protection, Pull, Review, ReviewState, Span, Tag
from guards.version import Evidence
from guards.vocabulary import Action, Role
from tests.guards.cases import ARTIFACT, AT, HOUR, POLICY, RUNNING, facts, policy
from tests.guards.cases import MARA as MARA_PERSON

CI_BOT = Contributor(None, "ci@example.com", "Release CI")
DANA, RAVI, MARA = (Contributor(login) for login in ("Dana-D", "ravi-r", "mara-m"))
KEY = PinnedKey("sha256:" + "7a" * 32)
HEAD = "5e" * 20

REGISTRY = OciRegistry(kind="oci", url="https://registry.example.com", signers=(KeySigner(kind="key", public_key="PEM"),))


ASSESSING = (Role.DEVELOPER, Role.TECH_LEAD, Role.PRODUCT, Role.OPS, Role.SECURITY, Role.ON_CALL)
"""The roles that the risk matrix can ask for; Mara holds them all."""


def asking(rules: Rules, **service: Any) -> Policy:
    """The policy with these rules, whose services can tell everything that rules can ask for."""
    told = {"history": "github", **service}
    services = {name: known.model_copy(update=told) for name, known in POLICY.services.items()}
    roles = POLICY.roles | {role: (RoleGrant(people=(MARA_PERSON.id,)),) for role in ASSESSING}
    allow = POLICY.allow | {Action.APPROVE: {"production": (*POLICY.allow[Action.APPROVE]["production"], *ASSESSING)}}
    return policy(services=services, artifacts={"images": REGISTRY}, evidence=rules, roles=roles, allow=allow)


def strict(**rules: Any) -> Policy:
    """The policy that asks for everything in production, and names no single items."""
    return asking(Rules(taggers=("ci@example.com",), checks=("lint", "sast"), **({"items": {}} | rules)))


def pull(**parts: Any) -> Pull:
    """Dana's pull request, reviewed by Ravi and Mara on its last commit."""
    reviews = tuple(Review(login, ReviewState.APPROVED, HEAD, AT - HOUR) for login in ("ravi-r", "Mara-M"))
    whole = Pull(
        12, "Round sums", "https://git.test/12", "main", ARTIFACT.commit, AT - HOUR, HEAD, DANA, (DANA,), reviews, frozenset({"risk:low"}), "", DANA,
        ("PAY-12",), ("src/pay.py",),
    )  # fmt: skip
    return replace(whole, **parts)


def commit(**parts: Any) -> Commit:
    return replace(Commit(ARTIFACT.commit, "Round sums", "https://git.test/c", DANA, DANA, (), verified=True, pulls=(12,)), **parts)


def check(name: str, state: CheckState = CheckState.PASSED, **parts: Any) -> Check:
    return replace(Check(name, state, f"https://git.test/{name}", AT - HOUR, 1, "github-actions", 7), **parts)


TAG = Tag("example/repo", "v1.4.0", "7a9" + "0" * 37, ARTIFACT.commit, True, True, "valid", CI_BOT, AT - HOUR)
SPAN = Span("example/repo", RUNNING.commit, ARTIFACT.commit, (commit(),), (pull(),))
OWNERS = CodeOwners.read("CODEOWNERS", "* @ravi-r\n/db/ @example/dba\n/mine/ mara@example.com\n/free/\n")
PROTECTION = Protection("main", frozenset({"lint"}), 1, code_owner_reviews=False, dismiss_stale=True, enforce_admins=True)
SBOM = Sbom(SbomFormat.CYCLONEDX, "1.6", ARTIFACT.digest, True, 41, "sha256:" + "b0" * 32, "https://registry.test/sbom", KEY)
PROVENANCE = Provenance(
    "https://slsa.dev/provenance/v1", ARTIFACT.digest, ARTIFACT.commit, "https://github.com/example/repo", "refs/tags/v1.4.0",
    "https://ci.test/builder", "run-9", None, None, 3, KEY, "sha256:" + "c0" * 32, "https://registry.test/provenance",
)  # fmt: skip
SIGNATURE = Signature(ARTIFACT.digest, KEY, "sha256:" + "d0" * 32, "https://registry.test/signature")
PROOF = Proof(ARTIFACT.digest, (SBOM,), (PROVENANCE,), (SIGNATURE,))
EVIDENCE = Evidence(
    tag=TAG,
    work=SPAN,
    checks=(check("lint"), check("sast")),
    owners=OWNERS,
    owners_before=OWNERS,
    protection=PROTECTION,
    proof=PROOF,
    retrievable=True,
)

RECORD = RecordText("none known; watch the error rate", "promote v1.3.0 again", MARA_PERSON.id, MARA_PERSON.name, AT - HOUR)
NOTES = ReleaseNotes(
    "# api v1.4.0\n\n## Known issues\n\nNone known.\n\n## Rollback\n\nBack to v1.3.0.\n", MARA_PERSON.id, MARA_PERSON.name, AT - HOUR
)

STRICT = strict()


def proven(under: Policy = STRICT, **parts: Any) -> Facts:
    """The facts in which every requirement is met, with other parts of the evidence."""
    return replace(facts(under), evidence=replace(EVIDENCE, **parts), record=RECORD, notes=NOTES)


def worked(*pulls: Pull, **parts: Any) -> Facts:
    """The same with these pull requests."""
    return proven(work=replace(SPAN, pulls=pulls, **parts))
