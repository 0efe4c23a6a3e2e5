"""What is not proven, or not assessed."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.UNTRUSTED_TAG: Meaning(
        ("tagged",),
        "The release tag is missing, not annotated, its signature is not valid, or it was not made by CI's release identity.",
        "Have CI's release workflow make a new version. A tag that a person made is never enough.",
    ),
    Refusal.CHECKS_NOT_PASSED: Meaning(
        ("checked",),
        "A check that the policy requires failed, was skipped, is not finished, did not run, or was reported by somebody else, on exactly "
        "the commit of the tag.",
        "Let CI finish. A fix is a new commit and a new version.",
    ),
    Refusal.NO_PULL_REQUEST: Meaning(
        ("pulled",),
        "Commits between what runs there and this version came in without a merged pull request.",
        "Bring them in by a pull request that is reviewed, and have CI build a new version.",
    ),
    Refusal.BAD_BRANCH_NAME: Meaning(
        ("pulled",),
        "A merged pull request came from a branch that no pattern of `naming` fits, and `naming.misnamed` refuses those.",
        "Bring the work in from a branch that is named well, and have CI build a new version; or have the policy file warn only.",
    ),
    Refusal.NO_TICKET: Meaning(
        ("ticketed",),
        "A pull request names no work item.",
        "Name the ticket in its title or text, and ask again; it is read anew each time.",
    ),
    Refusal.NOT_REVIEWED: Meaning(
        (
            "reviewed",
            "hotfixed",
        ),
        "A pull request has too few approvals on its last commit, or somebody asks for changes. Its authors and apps do not count.",
        "Have it reviewed as it is now. An approval of an earlier commit does not count.",
    ),
    Refusal.NO_OWNER_REVIEW: Meaning(
        ("owned",),
        "A changed file has no owner in CODEOWNERS, or none of its owners approved the pull request.",
        "Have an owner approve it, or give the path an owner by a reviewed change.",
    ),
    Refusal.NO_SPECIALIST: Meaning(
        ("specialised",),
        "A pull request touches security, a database schema, infrastructure or an API that others use, and nobody of the role that the "
        "policy asks for approved it, or too few did.",
        "Have them approve the pull request's last commit.",
    ),
    Refusal.UNPROTECTED_BRANCH: Meaning(
        ("protected",),
        "The branch that releases come from does not demand reviews and checks before a merge.",
        "Protect the branch at the VCS.",
    ),
    Refusal.NO_SBOM: Meaning(
        ("listed",),
        "No bill of materials is bound to exactly this digest. One that names another digest does not count.",
        "Have CI make the SBOM from the built artifact and attach it to that digest.",
    ),
    Refusal.NO_PROVENANCE: Meaning(
        ("proven",),
        "No verified statement says that exactly this digest was built from exactly this commit and tag.",
        "Have CI attest how it built the artifact, with the identity or key that the policy pins.",
    ),
    Refusal.NOT_SIGNED: Meaning(
        ("signed",),
        "Nobody whom the policy pins signed exactly this digest.",
        "Have CI sign the artifact's digest.",
    ),
    Refusal.NO_ROLLBACK_TARGET: Meaning(
        ("revertible",),
        "What runs there now can no longer be pulled, so there would be no way back.",
        "Restore it in the registry first.",
    ),
    Refusal.RECORD_INCOMPLETE: Meaning(
        ("recorded",),
        "The version's release record has an empty field. Most are filled from what was read; known issues and the rollback people write.",
        "`/release record` shows all twelve; `/release record complete` asks for what people write.",
    ),
    Refusal.NO_RELEASE_NOTES: Meaning(
        ("noted", "publishable"),
        "The version has no release notes, or they do not say its known issues, or not to which version one would go back.",
        "`/release notes edit` begins with a draft from the pull requests. `later` is not accepted.",
    ),
    Refusal.NO_HISTORY: Meaning(
        (
            "comparable",
            "hotfixed",
            "grounded",
        ),
        "What lies between two versions cannot be told: the policy names no history for the service, or one of the two is no tag.",
        "Name two versions that are tagged, or have `history: github` added to the service by a reviewed change of the policy file.",
    ),
    Refusal.EVIDENCE_LACKING: Meaning(
        ("itemized",),
        "Something that `evidence.items` of the policy names is shown by nothing, or something speaks against it: a check that did not "
        "pass, a signed statement of another result, or somebody who said that it fails.",
        "Have CI report the check for exactly that commit, or have somebody whom the policy names say that it holds or does not apply: "
        "`/release attest`.",
    ),
    Refusal.NO_RISK_LABEL: Meaning(
        ("labelled",),
        "A pull request carries none of the labels that say how risky it is.",
        "Put one on it. Labels are read anew each time.",
    ),
    Refusal.NOT_ASSESSED: Meaning(
        ("assessed",),
        "The seven risk questions are not answered, no migration is declared, or the impact is not told.",
        "Fill in the form that opens with `/release promote`, or for a change that is open with `/release amend <change>`.",
    ),
    Refusal.NOT_STANDARD: Meaning(
        ("catalogued",),
        "The change claims to be a standard one, and does not meet each condition of its entry in the catalogue. The refusal names those.",
        "Ask for a normal change. One that is open is made normal with `/release amend <change> type=normal`.",
    ),
}
