"""What a version has to prove, requirement by requirement: refused beside allowed, unread beside both (EVD-01 … EVD-16, PRM-05, PRM-15).

Each case changes one thing of a world in which everything is proven.
"""

from dataclasses import fields, replace
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic import ValidationError

from guards.classify import announced, assessed, labelled
from guards.codeowners import CodeOwners
from guards.decision import Allow, Refusal, Unsure
from guards.evidence_rules import EnvironmentEvidence
from guards.evidence_rules import Evidence as Rules
from guards.facts import Facts
from guards.judge import Guard, judge
from guards.proof import listed, revertible, signed
from guards.proof import proven as attested
from guards.provenance import Identity, Invalid
from guards.release_record import recorded
from guards.requirements import EVIDENCE as GUARDS
from guards.requirements import GUARD_OF
from guards.review import owned, pulled, reviewed, ticketed
from guards.sections import RepositoryRules
from guards.source import checked, protected, tagged
from guards.specialists import specialised
from guards.unread import Absent, Unread
from guards.vcs import CheckState, Contributor, Review, ReviewState
from guards.version import Beside, Evidence
from guards.vocabulary import Profile, Requirement
from tests.guards.cases import (
    ARTIFACT,
    AT,
    FACTS,
    HOUR,
    OTHER_COMMIT,
    OTHER_DIGEST,
    POLICY,
    REQUEST,
    Expected,
    again,
    policy,
    request,
    said,
    told,
)
from tests.guards.proofs import (
    DANA,
    EVIDENCE,
    HEAD,
    MARA,
    OWNERS,
    PROOF,
    PROTECTION,
    PROVENANCE,
    SBOM,
    SIGNATURE,
    SPAN,
    STRICT,
    TAG,
    asking,
    check,
    commit,
    proven,
    pull,
    strict,
    worked,
)

LOST = Unread("what was asked for", "no answer within 5 s")
PINNED = replace(ARTIFACT, tag=TAG.object)


def first(artifact: Any, **parts: Any) -> Facts:
    return replace(proven(**parts), registered=artifact)


def attached(**parts: Any) -> Facts:
    return proven(proof=replace(PROOF, **parts))


def review(login: str, state: ReviewState = ReviewState.APPROVED, on: str | None = HEAD, **parts: Any) -> Review:
    return Review(login, state, on, AT - HOUR / 2, **parts)


def together(**parts: Any) -> Facts:
    """A service of two repositories; the arguments replace parts of the other one."""
    under = asking(STRICT.evidence, repositories=("example/config",))
    beside = Beside("example/config", replace(TAG, repository="example/config"), SPAN, OWNERS, OWNERS, EVIDENCE.checks, PROTECTION)
    return proven(under, beside=(replace(beside, **parts),))


def lint_only() -> Facts:
    """The other repository needs no `sast`, which did not run there."""
    rules = {"example/config": RepositoryRules(checks=("lint",))}
    under = asking(STRICT.evidence, repositories=("example/config",), repository_rules=rules)
    return proven(under, beside=(replace(together().evidence.beside[0], checks=(check("lint"),)),))


def refusing_names(branch: str, misnamed: str = "refuse") -> Facts:
    """The pull request comes from this branch."""
    under = STRICT.model_copy(update={"naming": STRICT.naming.model_copy(update={"misnamed": misnamed})})
    return proven(under, work=replace(SPAN, pulls=(pull(branch=branch),)))


def rewritten(before: str) -> Facts:
    """The CODEOWNERS file was another one in what runs."""
    return proven(owners_before=CodeOwners.read("CODEOWNERS", before))


TWO = (review("ravi-r"), review("mara-m"))


@pytest.mark.parametrize(
    ("guard", "known", "expected"),
    [
        # the tag
        pytest.param(tagged, proven(), Allow, id="a signed tag of CI"),
        pytest.param(tagged, first(None), Allow, id="a version that is new"),
        pytest.param(tagged, first(PINNED), Allow, id="the tag that was seen first"),
        pytest.param(tagged, first(replace(PINNED, tag="1" * 40)), Refusal.POINTER_MOVED, id="a tag made again at the same commit"),
        pytest.param(tagged, proven(tag=replace(TAG, commit=OTHER_COMMIT)), Refusal.POINTER_MOVED, id="a tag that was moved"),
        pytest.param(tagged, proven(tag=replace(TAG, commit=again(TAG.commit))), Allow, id="a tag at that commit, read anew"),
        pytest.param(
            tagged, first(None, tag=replace(TAG, commit=OTHER_COMMIT)), Refusal.POINTER_MOVED, id="a tag at another commit than was built"
        ),
        pytest.param(tagged, proven(tag=Absent("tag v1.4.0")), Refusal.UNTRUSTED_TAG, id="no tag"),
        pytest.param(tagged, proven(tag=replace(TAG, annotated=False, tagger=None)), Refusal.UNTRUSTED_TAG, id="a mere pointer"),
        pytest.param(tagged, proven(tag=replace(TAG, verified=False, reason="unknown_key")), Refusal.UNTRUSTED_TAG, id="a bad signature"),
        pytest.param(tagged, proven(tag=replace(TAG, tagger=DANA)), Refusal.UNTRUSTED_TAG, id="a tag that a person signed"),
        pytest.param(tagged, proven(tag=replace(TAG, tagger=Contributor("CI@example.com"))), Allow, id="CI by its login"),
        pytest.param(tagged, proven(tag=replace(TAG, tagger=None)), Refusal.UNTRUSTED_TAG, id="a tag of nobody"),
        pytest.param(tagged, first(LOST), Unsure, id="what was seen first is unread"),
        # checks
        pytest.param(checked, proven(), Allow, id="all checks passed"),
        pytest.param(checked, proven(checks=(check("lint"),)), Refusal.CHECKS_NOT_PASSED, id="one did not run"),
        pytest.param(checked, proven(checks=()), Refusal.CHECKS_NOT_PASSED, id="none ran"),
        *(
            pytest.param(checked, proven(checks=(check("lint"), check("sast", state))), Refusal.CHECKS_NOT_PASSED, id=f"one {state}")
            for state in CheckState
            if state is not CheckState.PASSED
        ),
        pytest.param(
            checked,
            proven(checks=(check("lint"), check("sast"), check("sast", CheckState.FAILED, suite=8))),
            Refusal.CHECKS_NOT_PASSED,
            id="two of one name, one failed",
        ),
        pytest.param(
            checked, proven(checks=(check("lint"), check("sast", by="dana-d"))), Refusal.CHECKS_NOT_PASSED, id="one reported by a person"
        ),
        pytest.param(
            checked,
            proven(checks=(check("lint"), check("sast"), check("sast", CheckState.FAILED, by="dana-d"))),
            Allow,
            id="somebody else's report does not spoil it either",
        ),
        pytest.param(
            checked,
            proven(strict(check_sources=()), checks=(check("lint"), check("sast", by="dana-d"))),
            Allow,
            id="anybody's reports, where the policy takes them",
        ),
        pytest.param(checked, proven(checks=(check("lint"), check("sast", attempts=4))), Allow, id="one passed at the fourth attempt"),
        pytest.param(checked, proven(checks=Absent("commit")), Refusal.CHECKS_NOT_PASSED, id="the commit is gone"),
        # several repositories
        *(pytest.param(guard, together(), Allow, id=f"{guard.__name__}: everything in both") for guard in (tagged, pulled, ticketed, reviewed, owned)),
        *(
            pytest.param(guard, replace(together(), evidence=replace(together().evidence, beside=())), Unsure, id=f"{guard.__name__}: one was not asked for")
            for guard in (pulled, ticketed, reviewed, owned, checked, protected)
        ),
        pytest.param(tagged, together(tag=LOST), Unsure, id="the other's tag is unread"),
        pytest.param(tagged, together(tag=Absent("tag v1.4.0 in example/config")), Refusal.UNTRUSTED_TAG, id="the other has no tag"),
        pytest.param(tagged, together(tag=replace(TAG, tagger=DANA)), Refusal.UNTRUSTED_TAG, id="the other's tag is a person's"),
        pytest.param(pulled, together(work=replace(SPAN, commits=(commit(pulls=()),))), Refusal.NO_PULL_REQUEST, id="no pull request in the other"),
        pytest.param(pulled, together(work=LOST), Unsure, id="the other's work is unread"),
        pytest.param(pulled, together(work=Absent("commit")), Unsure, id="the other has no such commit"),
        pytest.param(ticketed, together(work=replace(SPAN, pulls=(pull(tickets=()),))), Refusal.NO_TICKET, id="no ticket in the other"),
        pytest.param(reviewed, together(work=replace(SPAN, pulls=(pull(reviews=()),))), Refusal.NOT_REVIEWED, id="no review in the other"),
        pytest.param(owned, together(work=replace(SPAN, pulls=(pull(reviews=TWO[1:]),))), Refusal.NO_OWNER_REVIEW, id="no owner in the other"),
        pytest.param(owned, together(owners=Absent("CODEOWNERS")), Refusal.NO_OWNER_REVIEW, id="no CODEOWNERS in the other"),
        pytest.param(owned, together(owners=LOST), Unsure, id="the other's CODEOWNERS is unread"),
        pytest.param(owned, together(work=replace(SPAN, pulls=(pull(paths=("db/1.sql",)),))), Unsure, id="a path of a team in the other"),
        pytest.param(
            owned,
            together(
                work=replace(SPAN, pulls=(pull(paths=("db/1.sql",)),)), protection=replace(PROTECTION, code_owner_reviews=True)
            ),
            Allow,
            id="a path of a team in the other, whose branch demands its review",
        ),
        pytest.param(checked, together(), Allow, id="all checks of both passed"),
        pytest.param(checked, together(checks=()), Refusal.CHECKS_NOT_PASSED, id="no check ran in the other"),
        pytest.param(checked, together(checks=LOST), Unsure, id="the other's checks are unread"),
        pytest.param(checked, together(checks=None), Unsure, id="the other's checks were not asked for"),
        pytest.param(checked, together(tag=LOST), Unsure, id="the other's commit is not known"),
        pytest.param(checked, together(tag=Absent("tag")), Refusal.CHECKS_NOT_PASSED, id="the other has no commit of this version"),
        pytest.param(checked, lint_only(), Allow, id="the other has checks of its own"),
        pytest.param(protected, together(), Allow, id="both branches are protected"),
        pytest.param(protected, together(protection=Absent("protection")), Refusal.UNPROTECTED_BRANCH, id="the other's branch is not"),
        pytest.param(protected, together(protection=LOST), Unsure, id="the other's protection is unread"),
        # pull requests and tickets
        pytest.param(pulled, proven(), Allow, id="a commit by a pull request"),
        pytest.param(pulled, worked(pull(), commits=(commit(), commit(pulls=()))), Refusal.NO_PULL_REQUEST, id="a commit without one"),
        pytest.param(pulled, worked(commits=()), Allow, id="nothing new"),
        pytest.param(pulled, proven(work=Absent("commit 9fceb02d0ae5")), Unsure, id="the commit is not there"),
        # branches
        pytest.param(pulled, worked(pull(branch="patch-1")), Allow, id="an odd branch is named only"),
        *(
            pytest.param(pulled, refusing_names(branch), Allow, id=f"a branch with a name: {branch}")
            for branch in (
                "feature/PAY-12-round-sums", "release/1.4", "hotfix/1.4.1-PAY-12", "chore/PAY-12-tidy", "backport/PAY-12-to-1.4"
            )
        ),
        pytest.param(pulled, refusing_names("patch-1"), Refusal.BAD_BRANCH_NAME, id="an odd branch"),
        pytest.param(pulled, refusing_names("release/1.4\n"), Refusal.BAD_BRANCH_NAME, id="a branch with more behind its name"),
        pytest.param(pulled, refusing_names(""), Unsure, id="a branch that is not told"),
        pytest.param(pulled, refusing_names("patch-1", "ignore"), Allow, id="branches are not looked at"),
        pytest.param(ticketed, proven(), Allow, id="a ticket"),
        pytest.param(ticketed, worked(pull(), pull(number=13, tickets=())), Refusal.NO_TICKET, id="one without a ticket"),
        # reviews
        pytest.param(reviewed, proven(), Allow, id="two approvals"),
        pytest.param(reviewed, worked(pull(reviews=TWO[:1])), Refusal.NOT_REVIEWED, id="one approval"),
        pytest.param(reviewed, worked(pull(reviews=(*TWO[:1], review("mara-m", on="0" * 40)))), Refusal.NOT_REVIEWED, id="one before the last commit"),
        pytest.param(reviewed, worked(pull(reviews=(*TWO[:1], review("mara-m", on=None)))), Refusal.NOT_REVIEWED, id="one on a commit that is gone"),
        pytest.param(reviewed, worked(pull(reviews=(*TWO[:1], review("renovate", bot=True)))), Refusal.NOT_REVIEWED, id="one by an app"),
        pytest.param(reviewed, worked(pull(reviews=(*TWO[:1], review("DANA-d")))), Refusal.NOT_REVIEWED, id="one by the author"),
        pytest.param(reviewed, worked(pull(committers=(DANA, MARA))), Refusal.NOT_REVIEWED, id="one by a co-author"),
        pytest.param(
            reviewed, worked(pull(committers=(DANA, Contributor(None, "mara@example.com")))), Refusal.NOT_REVIEWED, id="one by a writer under an address"
        ),
        pytest.param(
            reviewed, worked(pull(committers=(DANA, Contributor(None, "other@example.com")))), Allow, id="another one wrote under an address"
        ),
        pytest.param(
            reviewed, worked(pull(reviews=(*TWO, review("mara-m", ReviewState.DISMISSED)))), Refusal.NOT_REVIEWED, id="one was dismissed"
        ),
        pytest.param(
            reviewed,
            worked(pull(reviews=(*TWO, review("otto", ReviewState.CHANGES_REQUESTED)))),
            Refusal.NOT_REVIEWED,
            id="somebody asks for changes",
        ),
        pytest.param(
            reviewed, worked(pull(reviews=(*TWO, review("lint", ReviewState.CHANGES_REQUESTED, bot=True)))), Allow, id="an app asks for changes"
        ),
        pytest.param(reviewed, proven(strict(reviews=1), work=replace(SPAN, pulls=(pull(reviews=TWO[:1]),))), Allow, id="one where one is enough"),
        # owners
        pytest.param(owned, proven(), Allow, id="an owner approved"),
        pytest.param(owned, worked(pull(reviews=TWO[1:])), Refusal.NO_OWNER_REVIEW, id="no owner approved"),
        pytest.param(owned, worked(pull(paths=("mine/a.py",))), Allow, id="an owner by e-mail approved"),
        pytest.param(owned, worked(pull(paths=("mine/a.py",), reviews=TWO[:1])), Refusal.NO_OWNER_REVIEW, id="another than that owner"),
        pytest.param(owned, worked(pull(paths=("free/a.py",))), Refusal.NO_OWNER_REVIEW, id="a path of nobody"),
        pytest.param(owned, worked(pull(paths=("db/1.sql",))), Unsure, id="a path of a team"),
        pytest.param(
            owned,
            proven(work=replace(SPAN, pulls=(pull(paths=("db/1.sql",)),)), protection=replace(PROTECTION, code_owner_reviews=True)),
            Allow,
            id="a path of a team, where the branch demands its review",
        ),
        pytest.param(owned, worked(pull(paths=None)), Unsure, id="too many paths"),
        pytest.param(owned, proven(owners=Absent("CODEOWNERS file")), Refusal.NO_OWNER_REVIEW, id="no CODEOWNERS"),
        pytest.param(owned, proven(owners=CodeOwners.read("CODEOWNERS", "# later\n")), Refusal.NO_OWNER_REVIEW, id="an empty CODEOWNERS"),
        # who owned it before counts too
        pytest.param(owned, rewritten("/src/ @olga\n"), Refusal.NO_OWNER_REVIEW, id="the owner in what runs did not approve it"),
        pytest.param(owned, rewritten("/src/ @mara-m\n"), Allow, id="the owners before and now did"),
        pytest.param(owned, rewritten("/other/ @olga\n"), Allow, id="nobody owned it before"),
        pytest.param(owned, rewritten("/src/ @example/dba\n"), Unsure, id="a team owned it before"),
        pytest.param(owned, proven(owners_before=Absent("CODEOWNERS file")), Allow, id="there was no CODEOWNERS before"),
        pytest.param(owned, proven(owners_before=LOST), Unsure, id="the CODEOWNERS before is unread"),
        pytest.param(owned, proven(owners_before=None), Unsure, id="nobody asked for the CODEOWNERS before"),
        pytest.param(owned, proven(owners_before=None, work=replace(SPAN, base=None)), Allow, id="nothing ran before"),
        pytest.param(
            owned, together(owners_before=CodeOwners.read("CODEOWNERS", "* @olga\n")), Refusal.NO_OWNER_REVIEW, id="the owner before in the other"
        ),
        # the branch
        pytest.param(protected, proven(), Allow, id="a protected branch"),
        pytest.param(protected, proven(protection=Absent("protection")), Refusal.UNPROTECTED_BRANCH, id="no protection"),
        pytest.param(protected, proven(protection=replace(PROTECTION, required_reviews=0)), Refusal.UNPROTECTED_BRANCH, id="no reviews demanded"),
        pytest.param(
            protected, proven(protection=replace(PROTECTION, required_checks=frozenset())), Refusal.UNPROTECTED_BRANCH, id="no checks demanded"
        ),
        pytest.param(protected, proven(protection=replace(PROTECTION, enforce_admins=False)), Allow, id="administrators are not bound"),
        # bill of materials
        pytest.param(listed, proven(), Allow, id="a bill of materials"),
        pytest.param(listed, attached(sboms=()), Refusal.NO_SBOM, id="none"),
        pytest.param(listed, attached(sboms=(replace(SBOM, digest=OTHER_DIGEST),)), Refusal.NO_SBOM, id="that of another digest"),
        pytest.param(listed, attached(sboms=(replace(SBOM, named=False),)), Allow, id="bound by its signature"),
        pytest.param(listed, attached(sboms=(replace(SBOM, signer=None),)), Refusal.NO_SBOM, id="bound by its own words alone, unsigned"),
        pytest.param(
            listed,
            proven(strict(signed_sboms=False), proof=replace(PROOF, sboms=(replace(SBOM, signer=None),))),
            Allow,
            id="bound by its own words where that is enough",
        ),
        pytest.param(
            listed,
            proven(strict(signed_sboms=False), proof=replace(PROOF, sboms=(replace(SBOM, signer=None, named=False),))),
            Refusal.NO_SBOM,
            id="bound by nothing where words are enough",
        ),
        pytest.param(listed, attached(sboms=(replace(SBOM, named=False, signer=None),)), Refusal.NO_SBOM, id="bound by nothing"),
        # provenance
        pytest.param(attested, proven(), Allow, id="provenance"),
        pytest.param(attested, attached(provenances=()), Refusal.NO_PROVENANCE, id="no provenance"),
        pytest.param(
            attested, attached(provenances=(replace(PROVENANCE, digest=OTHER_DIGEST),)), Refusal.NO_PROVENANCE, id="provenance of another digest"
        ),
        pytest.param(
            attested, attached(provenances=(replace(PROVENANCE, commit=OTHER_COMMIT),)), Refusal.NO_PROVENANCE, id="from another commit"
        ),
        pytest.param(
            attested, attached(provenances=(replace(PROVENANCE, ref="refs/tags/v1.3.9"),)), Refusal.NO_PROVENANCE, id="from another tag"
        ),
        pytest.param(attested, attached(provenances=(replace(PROVENANCE, ref="refs/heads/main"),)), Allow, id="from the branch, at that commit"),
        pytest.param(attested, attached(provenances=(replace(PROVENANCE, commit=again(PROVENANCE.commit)),)), Allow, id="from that commit, read anew"),
        pytest.param(attested, attached(provenances=(replace(PROVENANCE, ref=None),)), Allow, id="without a ref"),
        # signature
        pytest.param(signed, proven(), Allow, id="a signature"),
        pytest.param(signed, attached(signatures=()), Allow, id="signed provenance is a signature"),
        pytest.param(signed, attached(provenances=()), Allow, id="a signature alone"),
        pytest.param(
            signed,
            attached(provenances=(), signatures=(replace(SIGNATURE, digest=OTHER_DIGEST),)),
            Refusal.NOT_SIGNED,
            id="a signature of another digest",
        ),
        *(pytest.param(guard, proven(proof=Absent("artifact")), Unsure, id=f"{guard.__name__}: the artifact is not there") for guard in (listed, attested, signed)),
        # the way back
        pytest.param(revertible, proven(), Allow, id="it can be pulled"),
        pytest.param(revertible, proven(retrievable=False), Refusal.NO_ROLLBACK_TARGET, id="it is gone"),
        pytest.param(revertible, replace(proven(retrievable=None), running=None), Allow, id="nothing to go back to"),
        pytest.param(revertible, replace(proven(), running=LOST), Unsure, id="what runs is unread"),
    ],
)  # fmt: skip
def test_what_is_proven(guard: Guard, known: Facts, expected: Any) -> None:
    assert said(guard(REQUEST, known)) == expected


NEEDS = {
    tagged: "tag",
    checked: "checks",
    pulled: "work",
    ticketed: "work",
    reviewed: "work",
    owned: "owners",
    specialised: "work",
    protected: "protection",
    listed: "proof",
    attested: "proof",
    signed: "proof",
    revertible: "retrievable",
    labelled: "work",
    assessed: "work",
    announced: "work",
    recorded: "proof",
}
"""Guard → the part of the evidence that it needs; `noted` needs none, see test_notes.py."""


@pytest.mark.parametrize("guard", NEEDS)
@pytest.mark.parametrize("lost", [LOST, None], ids=["unread", "not asked for"])
def test_what_was_not_read_is_never_a_yes(guard: Guard, lost: Unread | None) -> None:
    """A failed read stops the promotion and claims nothing about the version (EVD-31)."""
    assert said(guard(REQUEST, proven(**{NEEDS[guard]: lost}))) is Unsure


@pytest.mark.parametrize("lost", [LOST, None])
def test_owners_are_no_help_while_the_work_is_not_known(lost: Unread | None) -> None:
    assert said(owned(REQUEST, proven(work=lost))) is Unsure


@pytest.mark.parametrize("guard", GUARDS)
def test_nothing_is_proven_of_an_artifact_that_is_not_there(guard: Guard) -> None:
    assert said(guard(REQUEST, replace(proven(), artifact=LOST))) is Unsure
    assert said(guard(REQUEST, replace(proven(), artifact=Absent("artifact of api v1.4.0")))) is Refusal.NO_ARTIFACT


def test_an_artifact_that_is_not_there_is_said_once() -> None:
    gone = replace(proven(), artifact=Absent("artifact of api v1.4.0"))
    assert len(judge(GUARDS, REQUEST, gone).refusals) == 1
    assert len(judge((GUARDS[1], *GUARDS), REQUEST, replace(proven(), artifact=LOST)).unsure) == 1


@pytest.mark.parametrize("guard", GUARDS)
def test_what_the_policy_does_not_ask_for_is_said_and_not_judged(guard: Guard) -> None:
    assert told(guard(REQUEST, FACTS)) == (f"{next(r for r, g in GUARD_OF.items() if g is guard)}: not required by policy",)


def test_each_requirement_has_its_guard_and_each_part_of_the_evidence_is_asked_for() -> None:
    assert list(GUARD_OF) == list(Requirement)
    assert {*NEEDS.values(), "beside", "owners_before"} == {part.name for part in fields(Evidence) if part.init}


def test_an_honest_version_is_let_through() -> None:
    assert judge(GUARDS, REQUEST, proven()).outcome == "allowed"


# ---------------------------------------------------------------- what the policy asks for


IN_BETWEEN = {Requirement.TAG, Requirement.CHECKS, Requirement.SBOM, Requirement.PROVENANCE, Requirement.SIGNATURE}


@pytest.mark.parametrize(
    ("rules", "environment", "expected"),
    [
        (Rules(), "production", set(Requirement)),
        (Rules(), "staging", IN_BETWEEN),
        (Rules(), "dev", set()),
        (Rules(profile=Profile.STARTER), "production", set()),
        (
            Rules(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.TAG,))}),
            "production",
            {Requirement.TAG},
        ),
        (Rules(environments={"staging": EnvironmentEvidence(omit=(Requirement.SBOM,))}), "staging", IN_BETWEEN - {Requirement.SBOM}),
        (Rules(environments={"dev": EnvironmentEvidence(omit=(Requirement.SBOM,))}), "dev", set()),
        (Rules(environments={"production": EnvironmentEvidence(profile=Profile.STARTER)}), "production", set()),
        (Rules(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(profile=Profile.STRICT)}), "production", set(Requirement)),
    ],
)  # fmt: skip
def test_what_an_environment_asks_for(rules: Rules, environment: str, expected: set[Requirement]) -> None:
    assert asking(rules).required("api", environment) == expected


def test_a_service_may_be_unable_to_give_some_and_a_place_that_is_unknown_asks_for_everything() -> None:
    under = asking(STRICT.evidence, omit=(Requirement.SBOM,))
    assert under.required("api", "production") == set(Requirement) - {Requirement.SBOM}
    assert under.required("api", "dev") == set()
    assert under.required("api", "moon") == under.required(None, "production") == set(Requirement)
    assert said(listed(REQUEST, proven(under, proof=None))) is Allow
    assert said(listed(request(environment="moon"), proven(under, proof=None))) is Unsure


def problems(**sections: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        policy(**sections)
    told = caught.value.errors()[0]["ctx"]["error"]
    return [f"{'.'.join(map(str, path))}: {text}" for path, text in told.problems]


def test_a_policy_that_asks_for_what_nothing_can_tell_is_none() -> None:
    one = {"api": POLICY.services["api"]}
    assert problems(evidence=Rules(), services=one) == snapshot(
        [
            "services.api: production asks for signed-tag, checks, pull-requests, tickets, reviews, code-owners, specialist-reviews, branch-protection, sbom, provenance, signature, risk-label, which nothing can tell of this service: give it `history: github` and an OCI registry with `signers` as its `artifacts`, `omit` it for this service, or ask for less in `evidence` (`profile: starter` asks for none)",
            "roles.tech_lead.0.services.0: unknown service 'web' (known: api)",
            "risk: production asks for risk-assessment, and nobody who may approve there holds the role developer, the role product, the role on_call, the role security, the CAB's seat product, the CAB's seat ops: grant it in `roles` and open `allow.approve.production` for it, change `risk`, or ask for less in `evidence`",
        ]
    )
    history = {"api": POLICY.services["api"].model_copy(update={"history": "github"})}
    assert problems(evidence=Rules(), services=history) == snapshot(
        [
            "services.api: production asks for sbom, provenance, signature, which nothing can tell of this service: give it an OCI registry with `signers` as its `artifacts`, `omit` it for this service, or ask for less in `evidence` (`profile: starter` asks for none)",
            "roles.tech_lead.0.services.0: unknown service 'web' (known: api)",
            "risk: production asks for risk-assessment, and nobody who may approve there holds the role developer, the role product, the role on_call, the role security, the CAB's seat product, the CAB's seat ops: grant it in `roles` and open `allow.approve.production` for it, change `risk`, or ask for less in `evidence`",
        ]
    )
    wrong = Rules(
        profile=Profile.STARTER,
        environments={"prod": EnvironmentEvidence(), "dev": EnvironmentEvidence(add=(Requirement.TAG,), omit=(Requirement.TAG,))},
    )
    assert problems(evidence=wrong) == snapshot(
        [
            "evidence.environments.prod: unknown environment 'prod' (known: dev, production, staging)",
            "evidence.environments.dev: signed-tag is both added and omitted",
        ]
    )


# ---------------------------------------------------------------- what people read


@pytest.mark.parametrize(
    ("guard", "known", "expected"),
    [
        pytest.param(tagged, proven(), snapshot(("tag v1.4.0 at 9fceb02d0ae5 is signed by Release CI",)), id="tag"),
        pytest.param(
            tagged,
            first(replace(PINNED, tag="1" * 40)),
            snapshot(
                (
                    "The tag v1.4.0 was made again: when it was first seen it was 111111111111, now it is 7a9000000000.",
                    "A version is a fixed pointer: have CI tag a new version, and find out who moved this one.",
                )
            ),
            id="tag made again",
        ),
        pytest.param(
            tagged,
            proven(tag=replace(TAG, commit=OTHER_COMMIT)),
            snapshot(
                (
                    "The tag v1.4.0 named commit 9fceb02d0ae5 when it was first seen; now it names 000000000000.",
                    "A version is a fixed pointer: have CI tag a new version, and find out who moved this one.",
                )
            ),
            id="tag moved",
        ),
        pytest.param(
            tagged,
            first(None, tag=replace(TAG, commit=OTHER_COMMIT)),
            snapshot(
                (
                    "The tag v1.4.0 names commit 000000000000; the artifact was built from 9fceb02d0ae5.",
                    "Have CI tag and build a new version from one commit.",
                )
            ),
            id="tag beside the artifact",
        ),
        pytest.param(
            tagged,
            proven(tag=replace(TAG, verified=False, reason="unknown_key")),
            snapshot(
                (
                    "The signature of the tag v1.4.0 of example/repo is not valid: unknown key.",
                    "Have CI's release workflow make a new version with a signed, annotated tag. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="bad signature",
        ),
        pytest.param(
            tagged,
            proven(tag=replace(TAG, tagger=DANA)),
            snapshot(
                (
                    "The tag v1.4.0 of example/repo was made by Dana-D; releases are tagged by ci@example.com.",
                    "Have CI's release workflow make a new version with a signed, annotated tag. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="a person's tag",
        ),
        pytest.param(
            checked,
            proven(checks=(check("lint", CheckState.FAILED),)),
            snapshot(
                (
                    "On commit 9fceb02d0ae5: lint failed; sast did not run.",
                    "Let CI finish or mend it; a fix is a new commit and a new version.",
                )
            ),
            id="checks",
        ),
        pytest.param(
            checked,
            proven(checks=(check("lint"), check("sast", by="dana-d"))),
            snapshot(
                (
                    "On commit 9fceb02d0ae5: sast was reported by dana-d, not by github-actions.",
                    "Let CI finish or mend it; a fix is a new commit and a new version.",
                )
            ),
            id="somebody's check",
        ),
        pytest.param(
            checked,
            proven(checks=(check("lint"), check("sast", attempts=4))),
            snapshot(("2 checks passed on 9fceb02d0ae5; only again and again: sast at attempt 4",)),
            id="checked again",
        ),
        pytest.param(
            pulled,
            worked(pull(), commits=tuple(commit(sha=f"{n:040x}", pulls=()) for n in range(7))),
            snapshot(
                (
                    "No merged pull request brought 000000000000 (Round sums), 000000000000 (Round sums), 000000000000 (Round sums), 000000000000 (Round sums), 000000000000 (Round sums) and 2 more.",
                    "Bring it in by a pull request that is reviewed, and have CI build a new version. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="no pull requests",
        ),
        pytest.param(
            ticketed,
            worked(pull(tickets=())),
            snapshot(
                (
                    "No ticket is named by #12.",
                    "Name the ticket in the pull request's title or text; it is read anew each time. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="no ticket",
        ),
        pytest.param(
            reviewed,
            worked(pull(reviews=(*TWO[:1], review("otto", ReviewState.CHANGES_REQUESTED)))),
            snapshot(
                (
                    "#12 has 1 of 2 approvals on the last commit; otto asks for changes in #12.",
                    "Have it reviewed as it is now; an approval of an earlier commit does not count. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="not reviewed",
        ),
        pytest.param(
            owned,
            worked(pull(reviews=TWO[1:], paths=("src/pay.py", "free/x"))),
            snapshot(
                (
                    "no owner of src/pay.py (@ravi-r) approved #12; nobody owns free/x, changed by #12.",
                    "Have an owner of it approve the pull request's last commit. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="not owned",
        ),
        pytest.param(
            owned,
            worked(pull(paths=("db/1.sql",))),
            snapshot(("could not read who is in @example/dba", "the branch does not demand the review of code owners")),
            id="a team",
        ),
        pytest.param(
            protected,
            proven(protection=Absent("protection")),
            snapshot(
                (
                    "The branch main of example/repo does not demand an approving review or a check before a merge.",
                    "Protect the branch: require pull requests with reviews, and status checks. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="unprotected",
        ),
        pytest.param(
            protected,
            proven(protection=replace(PROTECTION, enforce_admins=False)),
            snapshot(("branch main demands approving reviews (1) and checks (1); administrators are not bound",)),
            id="administrators",
        ),
        pytest.param(
            listed,
            attached(
                sboms=(replace(SBOM, named=False, signer=None),), invalid=(Invalid("the attachment sha256:1f", "it names another digest"),)
            ),
            snapshot(
                (
                    "No bill of materials is bound to sha256:1f1f1f1f1f1f…. 1 attached, none of which is signed by somebody whom the policy pins. The attachment sha256:1f does not count: it names another digest.",
                    "Have CI make the SBOM from the built artifact, sign it and attach it to that digest.",
                )
            ),
            id="no sbom",
        ),
        pytest.param(
            listed,
            attached(sboms=(), invalid=tuple(Invalid(f"the attachment sha256:{n}", "it names another digest") for n in range(4))),
            snapshot(
                (
                    "No bill of materials is bound to sha256:1f1f1f1f1f1f…. The attachment sha256:0 does not count: it names another digest. The attachment sha256:1 does not count: it names another digest. The attachment sha256:2 does not count: it names another digest.",
                    "Have CI make the SBOM from the built artifact, sign it and attach it to that digest.",
                )
            ),
            id="of what proves nothing three are named",
        ),
        pytest.param(
            listed,
            attached(sboms=(replace(SBOM, signer=Identity("https://ci.test/release.yml", "https://issuer.test", AT, AT.date())),)),
            snapshot(("CycloneDX 1.6 with 41 components, signed by https://ci.test/release.yml",)),
            id="sbom signed",
        ),
        pytest.param(
            attested,
            attached(provenances=(replace(PROVENANCE, ref="refs/tags/v1.3.9"),)),
            snapshot(
                (
                    "No verified provenance names sha256:1f1f1f1f1f1f… and commit 9fceb02d0ae5. One names commit 9fceb02d0ae5 at refs/tags/v1.3.9.",
                    "Have CI attest how it built the artifact, with the identity or key that the policy pins.",
                )
            ),
            id="no provenance",
        ),
        pytest.param(
            signed,
            attached(signatures=(), provenances=()),
            snapshot(
                (
                    "Nobody whom the policy pins signed sha256:1f1f1f1f1f1f….",
                    "Have CI sign the artifact's digest with the identity or key that the policy pins.",
                )
            ),
            id="unsigned",
        ),
        pytest.param(
            revertible,
            proven(retrievable=False),
            snapshot(
                (
                    "v1.3.0 (sha256:9c9c9c9c9c9c…) runs in production and can no longer be pulled: there is no way back.",
                    "Restore it in the registry first. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="no way back",
        ),
        pytest.param(
            revertible, proven(), snapshot(("back to v1.3.0 (sha256:9c9c9c9c9c9c…), which can still be pulled",)), id="a way back"
        ),
    ],
)
def test_what_people_read(guard: Guard, known: Facts, expected: tuple[str, ...]) -> None:
    assert told(guard(REQUEST, known)) == expected


MINE = pull(paths=("mine/a.py",), reviews=(Review("mara-two", ReviewState.APPROVED, HEAD, AT - HOUR),))
"""Mara owns it by her address, and approved it with an account that she linked."""


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        pytest.param({"mara-two": "mara@example.com"}, Allow, id="linked to the owner"),
        pytest.param({}, Refusal.NO_OWNER_REVIEW, id="linked to nobody"),
        pytest.param({"mara-two": "vera@example.com"}, Refusal.NO_OWNER_REVIEW, id="linked to somebody else"),
        pytest.param(Unread("the linked GitHub accounts"), Unsure, id="the links could not be read"),
    ],
)
def test_an_owner_by_address_may_approve_with_a_linked_account(links: dict[str, str] | Unread, expected: Expected) -> None:
    """SOD-12, EVD-15."""
    assert said(owned(REQUEST, replace(worked(MINE), links=links))) == expected
    others = replace(worked(replace(MINE, paths=("src/pay.py",))), links=Unread("the linked GitHub accounts"))
    assert said(owned(REQUEST, others)) == Refusal.NO_OWNER_REVIEW
