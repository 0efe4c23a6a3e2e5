"""The company under the strict profile, with everything proven: what a story then spoils is what refuses."""

from typing import Any

from guards.codeowners import CodeOwners
from guards.provenance import PinnedKey, Proof, Provenance, Sbom, SbomFormat, Signature
from guards.vcs import Check, CheckState, Commit, Contributor, Protection, Pull, Review, ReviewState, Span, Tag
from tests.world.company import COMMIT, DIGEST, TUESDAY, policy_data
from tests.world.world import World

REPOSITORY, CHECKS = "acme/api", ("lint", "unit-test")
OLD_DIGEST, OLD_COMMIT = "sha256:" + "0d" * 32, "01d" + "0" * 37
HEAD = "5e" * 20
DEV, ROB, OLGA = (Contributor(login) for login in ("dev", "rob", "olga"))
KEY = PinnedKey("sha256:" + "7a" * 32)
TAG = Tag(REPOSITORY, "v1.4.0", "7a9" + "0" * 37, COMMIT, True, True, "valid", Contributor(None, "ci@acme.example", "Release CI"), TUESDAY)


DECLARED = 'migration=no answers=none customers="a new button" downtime=none data=none'
"""What a requester says of a change that touches nothing."""


def strict_policy(**rules: Any) -> dict[str, Any]:
    """A policy that asks in production for everything but a look and a while in staging and named items, and on the way there for what the strict
    profile asks; `environments={}` asks for everything.
    """
    data = policy_data()
    del data["services"]["web"]
    data["services"]["api"] |= {"history": "github", "artifacts": "registry", "coordinates": "acme/api"}
    signer = {"kind": "key", "public_key": "-----BEGIN PUBLIC KEY-----"}
    data["artifacts"]["registry"] = {"kind": "oci", "url": "http://127.0.0.1:1", "signers": [signer]}
    assessing = ("developer", "tech_lead", "product", "ops", "security", "on_call")
    for role in assessing:
        data["roles"].setdefault(role, []).append({"people": ["rita@acme.example"]})
    data["allow"]["approve"]["production"] += assessing
    apart = {"production": {"omit": ["verified-before", "soak", "evidence-items"]}}
    data["evidence"] = {"taggers": ["ci@acme.example"], "checks": list(CHECKS), "environments": apart, **rules}
    return data


def pull(number: int, author: Contributor | None, *approvers: str, paths: tuple[str, ...] | None = ("api.py",)) -> Pull:
    """A pull request that was approved on its last commit."""
    reviews = tuple(Review(login, ReviewState.APPROVED, HEAD, TUESDAY) for login in approvers)
    return Pull(
        number, f"Work {number}", f"https://git.test/acme/api/pull/{number}", "main", COMMIT, TUESDAY, HEAD, author,
        (author,) if author else (), reviews, frozenset({"risk:low"}), "", author, (f"PAY-{number}",), paths,
    )  # fmt: skip


def commit(number: int, author: Contributor | None, *pulls: int) -> Commit:
    return Commit(f"{number:040x}", f"Commit {number}", f"https://git.test/c/{number}", author, author, (), verified=True, pulls=pulls)


def proof(digest: str, built_from: str = COMMIT) -> Proof:
    """An SBOM, provenance and a signature for a digest."""
    where = "https://registry.test/"
    return Proof(
        digest,
        (Sbom(SbomFormat.CYCLONEDX, "1.6", digest, True, 41, "sha256:" + "b0" * 32, where + "sbom", KEY),),
        (
            Provenance(
                "https://slsa.dev/provenance/v1", digest, built_from, "https://github.com/acme/api", None, "https://ci.test/builder",
                "run-9", None, None, 3, KEY, "sha256:" + "c0" * 32, where + "provenance",
            ),
        ),
        (Signature(digest, KEY, "sha256:" + "d0" * 32, where + "signature"),),
    )  # fmt: skip


NOTES = """# api v1.4.0

## Known issues

None known.

## Rollback

Back to v1.3.2."""


async def prove(world: World, *, written: bool = True) -> None:
    """Have everything proven of v1.4.0, with v1.3.2 in production; its record and its notes are written unless said otherwise."""
    vcs, history = world.vcs, (commit(1, DEV, 12),)
    vcs.tags[REPOSITORY, "v1.4.0"] = TAG
    for base in (None, OLD_COMMIT):
        vcs.spans[REPOSITORY, base, COMMIT] = Span(REPOSITORY, base, COMMIT, history, (pull(12, DEV, "rob", "olga"),))
    vcs.checked[REPOSITORY, COMMIT] = tuple(Check(name, CheckState.PASSED, None, TUESDAY, 1, "github-actions", 1) for name in CHECKS)
    vcs.owned[REPOSITORY, COMMIT] = CodeOwners.read("CODEOWNERS", "* @rob\n")
    vcs.protected[REPOSITORY, "main"] = Protection("main", frozenset(CHECKS), 2, dismiss_stale=True, enforce_admins=True)
    world.proofs.add("api", proof(DIGEST))
    world.proofs.add("api", proof(OLD_DIGEST, OLD_COMMIT))
    await world.runs_in("production", "v1.3.2", digest=OLD_DIGEST, commit=OLD_COMMIT)
    if not written:
        return
    await world.say("rita", '/release record complete api v1.4.0 issues="none known" rollback="promote v1.3.2 again"')
    await world.say("rita", f'/release notes edit api v1.4.0 text="{NOTES}"')
