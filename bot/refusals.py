"""What each refusal means and what to do about it: the text of docs/refusals.md.

Invariant: complete; a test holds it to `Refusal` and to the guards that give each code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from guards.decision import Refusal


@dataclass(frozen=True, slots=True)
class Meaning:
    """One refusal in words.

    Args:
        guards: names of the guards that give it.
        means: what was found.
        next: what to do.
    """

    guards: tuple[str, ...]
    means: str
    next: str


_R = Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    _R.STRANGER: Meaning(
        ("authorized",),
        "Your Slack account belongs to nobody in the policy file, or it is a guest's, a bot's, deactivated, or from another workspace. "
        "Or the policy file gives the account to somebody, and its address to somebody else.",
        "Ask the owner of the policy file to add you to `people`, and try again.",
    ),
    _R.NOT_PERMITTED: Meaning(
        (
            "may_attest",
            "authorized",
            "independent",
            "apart",
            "heard",
            "grants_to_others",
            "endable_grant",
            "delegable",
            "endable",
            "owns_area",
            "impartial",
            "looks_after",
        ),
        "None of the roles that you hold there may do this, the train names others for the area, you lead the run in question, or others "
        "verify the change. "
        "The refusal names your roles, and those that it takes.",
        "Ask one of the people that it names to do it.",
    ),
    _R.NO_POLICY: Meaning(
        ("authorized", "delegable"),
        "The policy file opens this action for nobody in this place: what it does not grant is refused.",
        "Have the policy file changed by a reviewed change. There is no way around it in chat.",
    ),
    _R.OWN_REQUEST: Meaning(
        ("separated", "independent", "apart", "heard", "grants_to_others"),
        "You asked for this change or exception, declared this emergency, or answer for the exception, or act here only for somebody who "
        "did, so you cannot approve it. Nor does anybody write down their own word.",
        "Ask somebody else who may approve; the card of a change names them.",
    ),
    _R.OWN_WORK: Meaning(
        ("unauthored", "separated", "independent", "apart", "impartial"),
        "You wrote a part of this version, or act here only for somebody who did, so you let neither it nor an exception or emergency for "
        "it into production, and decide about no run that brings it.",
        "Ask somebody who did not work on it.",
    ),
    _R.SOLE_REVIEWER: Meaning(
        ("approved",),
        "Everybody who approved also reviewed the code. A reviewer never lets it out alone.",
        "Ask one more person, who did not review the code. The request is kept.",
    ),
    _R.NOT_APPROVED: Meaning(
        ("approved",),
        "Approvals are missing, or nobody who approved holds a role that must be among them.",
        "Ask one of the people that the card names. The request is kept, and goes out when the last approval is there.",
    ),
    _R.APPROVAL_MOVED: Meaning(
        ("approved",),
        "A part of what was approved is not what it was: the digest, the commit, the release record, the policy file. "
        "The approvals are void.",
        "Look at what moved. Cancel the change and ask again, so that people approve what will go out.",
    ),
    _R.NO_RATIONALE: Meaning(
        (
            "reason_said",
            "referring",
            "reasoned",
            "evidenced",
            "referenced",
            "worded_answer",
            "closable_hotfix",
            "looked_at",
        ),
        "A decision came without a reason, an answer to a roll call without its condition, or a verification does not say what was looked "
        "at.",
        "Say in a sentence what you looked at. It stands in the record with your name.",
    ),
    _R.REJECTED: Meaning(
        ("approved",),
        "Somebody rejected the change. One rejection stops it, however many approve.",
        "Settle it with that person, then ask for a new change.",
    ),
    _R.OUTSIDE_WINDOW: Meaning(
        ("in_window", "in_its_slot"),
        "No change window of this service is open there now, or another one than that of the run by which it has its go.",
        "Wait: the refusal and the card say when the next one opens. An approved change then goes out by itself, judged once more.",
    ),
    _R.FROZEN: Meaning(
        ("not_frozen", "takes_merges"),
        "A freeze holds this place, or the branch. The refusal names who declared it, why, and until when.",
        "Wait until it lifts, or ask whoever may lift it (`/release freeze list`). Where nothing but time speaks against it, "
        "a button queues it for the next allowed time; it is judged once more then.",
    ),
    _R.OPEN_INCIDENT: Meaning(
        ("no_incident",),
        "An incident is open that touches this service, and the policy lets nothing in meanwhile (`incidents.blocks`).",
        "Wait until it is closed: an approved change is judged again then. What goes back to an older version that ran there before "
        "passes, and so does an emergency by its record.",
    ),
    _R.LEAD_TIME: Meaning(
        ("announced",),
        "A normal change of this risk has to be known for some time before it goes out, and it is not yet.",
        "Wait: the refusal says until when. It can be approved meanwhile, and goes out by itself.",
    ),
    _R.NO_ARTIFACT: Meaning(
        ("same_artifact", "built", "same_version", "apart"),
        "Nothing was published under this version.",
        "Check the version. If it is right, have CI build and publish it once.",
    ),
    _R.DIGEST_MISMATCH: Meaning(
        ("same_artifact",),
        "The version's digest is not the one that you named, or not the one that ran in the environment before.",
        "Do not go on. Find out which artifact is meant, and have CI build a new version.",
    ),
    _R.POINTER_MOVED: Meaning(
        (
            "same_artifact",
            "same_version",
            "tagged",
            "grounded",
        ),
        "The version named another digest, commit or tag when it was first seen, or its tag names another commit than the artifact was "
        "built from. A version is a fixed pointer. It is also told in the alerts channel.",
        "Find out who moved it, and have CI build a new version.",
    ),
    _R.FLOATING_REFERENCE: Meaning(
        ("pinned",),
        "`latest`, a branch or another name that can move was given instead of a version.",
        "Name a release, like `v1.4.0`.",
    ),
    _R.PRE_RELEASE: Meaning(
        ("pinned",),
        "A pre-release (`-alpha`, `-beta`, `-rc`) or a build with metadata was asked for in production.",
        "Have CI tag a release `vMAJOR.MINOR.PATCH`, and promote that.",
    ),
    _R.ENVIRONMENT_BUILD: Meaning(
        ("pinned",),
        "The version is named for one environment, like `v1.4.0-staging`. What staging proved would then be no proof for production.",
        "Have CI build one version, and keep what differs between environments in configuration.",
    ),
    _R.ENVIRONMENT_SKIPPED: Meaning(
        ("in_order", "verified_before", "soaked"),
        "The version has not run in the environment before this one, or too short a time until another version took its place there, or "
        "this one is not on the service's way.",
        "Promote it to the environment before first; the refusal has the command.",
    ),
    _R.NOT_VERIFIED: Meaning(
        ("verified_before",),
        "The version was deployed to the environment before, but nobody said what they looked at there.",
        "Look at it there: smoke and end-to-end tests, monitoring. Then `/release verify <change>` with what you saw.",
    ),
    _R.NOT_SOAKED: Meaning(
        ("soaked",),
        "The version has not run long enough in the environment before (`evidence.soak`).",
        "Wait: the refusal says until when. It can be approved meanwhile, and goes out by itself. An emergency by its record passes.",
    ),
    _R.ALREADY_RUNNING: Meaning(
        ("asked_once", "ready_to_depart", "way_back"),
        "This version, or everything that the manifest pins, runs there already.",
        "Nothing is left to do.",
    ),
    _R.UNTRUSTED_TAG: Meaning(
        ("tagged",),
        "The release tag is missing, not annotated, its signature is not valid, or it was not made by CI's release identity.",
        "Have CI's release workflow make a new version. A tag that a person made is never enough.",
    ),
    _R.CHECKS_NOT_PASSED: Meaning(
        ("checked",),
        "A check that the policy requires failed, was skipped, is not finished, did not run, or was reported by somebody else, on exactly "
        "the commit of the tag.",
        "Let CI finish. A fix is a new commit and a new version.",
    ),
    _R.NO_PULL_REQUEST: Meaning(
        ("pulled",),
        "Commits between what runs there and this version came in without a merged pull request.",
        "Bring them in by a pull request that is reviewed, and have CI build a new version.",
    ),
    _R.BAD_BRANCH_NAME: Meaning(
        ("pulled",),
        "A merged pull request came from a branch that no pattern of `naming` fits, and `naming.misnamed` refuses those.",
        "Bring the work in from a branch that is named well, and have CI build a new version; or have the policy file warn only.",
    ),
    _R.NO_TICKET: Meaning(
        ("ticketed",),
        "A pull request names no work item.",
        "Name the ticket in its title or text, and ask again; it is read anew each time.",
    ),
    _R.NOT_REVIEWED: Meaning(
        (
            "reviewed",
            "hotfixed",
        ),
        "A pull request has too few approvals on its last commit, or somebody asks for changes. Its authors and apps do not count.",
        "Have it reviewed as it is now. An approval of an earlier commit does not count.",
    ),
    _R.NO_OWNER_REVIEW: Meaning(
        ("owned",),
        "A changed file has no owner in CODEOWNERS, or none of its owners approved the pull request.",
        "Have an owner approve it, or give the path an owner by a reviewed change.",
    ),
    _R.NO_SPECIALIST: Meaning(
        ("specialised",),
        "A pull request touches security, a database schema, infrastructure or an API that others use, and nobody of the role that the "
        "policy asks for approved it, or too few did.",
        "Have them approve the pull request's last commit.",
    ),
    _R.UNPROTECTED_BRANCH: Meaning(
        ("protected",),
        "The branch that releases come from does not demand reviews and checks before a merge.",
        "Protect the branch at the VCS.",
    ),
    _R.NO_SBOM: Meaning(
        ("listed",),
        "No bill of materials is bound to exactly this digest. One that names another digest does not count.",
        "Have CI make the SBOM from the built artifact and attach it to that digest.",
    ),
    _R.NO_PROVENANCE: Meaning(
        ("proven",),
        "No verified statement says that exactly this digest was built from exactly this commit and tag.",
        "Have CI attest how it built the artifact, with the identity or key that the policy pins.",
    ),
    _R.NOT_SIGNED: Meaning(
        ("signed",),
        "Nobody whom the policy pins signed exactly this digest.",
        "Have CI sign the artifact's digest.",
    ),
    _R.NO_ROLLBACK_TARGET: Meaning(
        ("revertible",),
        "What runs there now can no longer be pulled, so there would be no way back.",
        "Restore it in the registry first.",
    ),
    _R.RECORD_INCOMPLETE: Meaning(
        ("recorded",),
        "The version's release record has an empty field. Most are filled from what was read; known issues and the rollback people write.",
        "`/release record` shows all twelve; `/release record complete` asks for what people write.",
    ),
    _R.NO_RELEASE_NOTES: Meaning(
        ("noted", "publishable"),
        "The version has no release notes, or they do not say its known issues, or not to which version one would go back.",
        "`/release notes edit` begins with a draft from the pull requests. `later` is not accepted.",
    ),
    _R.NO_HISTORY: Meaning(
        (
            "comparable",
            "hotfixed",
            "grounded",
        ),
        "What lies between two versions cannot be told: the policy names no history for the service, or one of the two is no tag.",
        "Name two versions that are tagged, or have `history: github` added to the service by a reviewed change of the policy file.",
    ),
    _R.EVIDENCE_LACKING: Meaning(
        ("itemized",),
        "Something that `evidence.items` of the policy names is shown by nothing, or something speaks against it: a check that did not "
        "pass, a signed statement of another result, or somebody who said that it fails.",
        "Have CI report the check for exactly that commit, or have somebody whom the policy names say that it holds or does not apply: "
        "`/release attest`.",
    ),
    _R.NO_RISK_LABEL: Meaning(
        ("labelled",),
        "A pull request carries none of the labels that say how risky it is.",
        "Put one on it. Labels are read anew each time.",
    ),
    _R.NOT_ASSESSED: Meaning(
        ("assessed",),
        "The seven risk questions are not answered, no migration is declared, or the impact is not told.",
        "Fill in the form that opens with `/release promote`, or for a change that is open with `/release amend <change>`.",
    ),
    _R.NOT_STANDARD: Meaning(
        ("catalogued",),
        "The change claims to be a standard one, and does not meet each condition of its entry in the catalogue. The refusal names those.",
        "Ask for a normal change. One that is open is made normal with `/release amend <change> type=normal`.",
    ),
    _R.IN_FLIGHT: Meaning(
        ("alone", "ready_to_depart", "way_back", "suite_free"),
        "Another change is at work on this service in this environment; or another set of the train is open there; or the integration "
        "suite is at work on the manifest.",
        "Wait until it is over (`/release status <service>`). If CI lost it, somebody who looked closes it by hand.",
    ),
    _R.ALREADY_REQUESTED: Meaning(
        ("asked_once", "composed"),
        "There is an open change for the same version and place; or the run's newest manifest says the same.",
        "Follow that one, or cancel it.",
    ),
    _R.NO_SUCH_CHANGE: Meaning(
        ("authorized", "undecided", "cancellable", "as_seen", "undecided_by_asker", "verifiable", "looks_after"),
        "There is no change with this id.",
        "Look the id up on the card, or in `/release status`.",
    ),
    _R.WRONG_STATE: Meaning(
        (
            "dischargeable",
            "verifiable",
            "undecided",
            "cancellable",
            "undecided_exception",
            "complete_exception",
            "declarable",
            "classified",
            "deploys",
            "executable",
            "undecided_emergency",
            "withdrawable_emergency",
            "closable_emergency",
            "spoke",
            "accessible",
            "pending_grant",
            "endable_grant",
            "approved",
            "revocable",
            "reconsiderable",
            "unclosed",
            "unpublished",
            "skippable",
            "resumable",
            "on_track",
            "open_to_go",
            "open_to_no_go",
            "withdrawable",
            "open_set",
            "ready_to_depart",
            "in_turn",
            "composed",
            "hotfixed",
            "shipped",
            "closable_hotfix",
        ),
        "The change, exception, emergency, set, train or run stands where this is not possible: CI works on it, it is over, or for a run "
        "its cutoff or its go is still to come. Or the exception is not permanent, and so is not reconsidered.",
        "Read its card. What CI works on is cancelled in CI.",
    ),
    _R.STALE_CARD: Meaning(
        ("as_seen", "set_as_seen", "unedited", "unmoved", "as_shown"),
        "The button was on an older card, or somebody wrote into the record or the notes, or answered the roll call, since the form was "
        "opened.",
        "Look at what is there now, and decide or write on that.",
    ),
    _R.ALREADY_DECIDED: Meaning(
        ("undecided_by_asker", "decided_by_asker", "independent", "apart", "heard", "uncalled", "approvable", "verifiable"),
        "You approved this already, the freeze is approved already, somebody verified it already, there is no approval of yours to "
        "withdraw, or the roll was called about this candidate already.",
        "Nothing is left to do. One person counts once.",
    ),
    _R.NOT_REQUESTER: Meaning(
        ("own_request",),
        "Only the person who asked for a change edits it.",
        "Ask that person, or reject the change and say why.",
    ),
    _R.NO_CANDIDATE: Meaning(
        ("has_candidate",),
        "It is not pinned yet what the run would bring, so there is nothing to decide about.",
        "Bring a version of each of its services to staging, and name the release.",
    ),
    _R.NOT_CALLED: Meaning(
        ("called", "answered"),
        "Nobody was asked about what the run would bring now; what was answered about another candidate does not count for this one.",
        "The captain calls the roll: `/release go call <run>`.",
    ),
    _R.NOT_TICKABLE: Meaning(
        ("tickable",),
        "Somebody would confirm what the bot checks itself, what another area owns, or say go to what the bot found failing.",
        "Have it mended or excepted; people confirm only what no machine can check.",
    ),
    _R.NOT_READY: Meaning(
        ("ready",),
        "An item of the go/no-go checklist is failing, or not confirmed, and no exception stands in for it.",
        "`/release train readiness <run>` shows each; mend it, have it confirmed by its area, or ask for an exception.",
    ),
    _R.NOT_ANSWERED: Meaning(
        ("answered",),
        "An area has not answered, or said no-go. Silence never counts as go.",
        "Its owners answer with `/release go answer`; the card names them.",
    ),
    _R.NOT_DECIDED: Meaning(
        ("decided",),
        "The service rides a release train, and no go stands for this version: it was not given yet, or withdrawn.",
        "Wait for the go/no-go of the run, or bring it about; the change goes on by itself when the go is given.",
    ),
    _R.NO_GO: Meaning(
        ("decided",),
        "The newest decision about what holds this version is a no-go.",
        "It takes a new decision, or another version.",
    ),
    _R.GO_VOID: Meaning(
        ("decided",),
        "A go was given, and then the candidate, a tag, a commit or a digest changed: the go was for something else.",
        "Find out what changed, call the roll about the new candidate, and decide anew.",
    ),
    _R.NO_SUCH_SET: Meaning(
        ("authorized", "open_set", "set_as_seen", "way_back"),
        "No set promotion has this id, or no manifest this hash.",
        "Look it up on the card, or with `/release manifest show <run>`.",
    ),
    _R.NO_MANIFEST: Meaning(
        ("manifested", "integrated", "suite_free", "in_turn", "ready_to_depart", "way_back"),
        "The run has no manifest, so nothing says which versions it brings; or no set ever went out whole, to go back to.",
        "Build one with `/release manifest build <run>`; without a set to go back to, promote the versions that ran before.",
    ),
    _R.MANIFEST_INCOMPLETE: Meaning(
        ("composed",),
        "The entries are not the services of the train, each once, or they have no order.",
        "Name a version for each service that the refusal lists, and none for another.",
    ),
    _R.MANIFEST_MOVED: Meaning(
        ("manifested",),
        "The run has a newer manifest, the manifest reads otherwise than when it was built, or the change is not what it pins. What was "
        "approved of it is void.",
        "Look at the newest manifest and ask for that. If the refusal says that it was edited, find out by whom.",
    ),
    _R.NOT_INTEGRATED: Meaning(
        ("integrated", "suite_free"),
        "The integration suite has not passed against exactly this manifest, or the policy file names none.",
        "Wait for its end, or have it run with `/release manifest integrate <run>`. A failed one takes a new manifest.",
    ),
    _R.NOT_ITS_TURN: Meaning(
        ("in_turn",),
        "What goes before this entry of the set does not run there yet, or not any more.",
        "Wait: it goes out by itself when its turn comes. If something else was deployed in between, cancel the set and ask again.",
    ),
    _R.SET_NOT_READY: Meaning(
        ("in_turn",),
        "Another entry of the set could not go out now, so the first one does not begin.",
        "Do what the sentence says for that entry. The set begins by itself when all of them could go.",
    ),
    _R.INCOMPLETE: Meaning(
        (
            "complete_freeze",
            "liftable",
            "extendable",
            "complete_exception",
            "declarable",
            "accessible",
            "heard",
            "closable_emergency",
            "reconsiderable",
            "delegable",
            "owed",
            "filled_in",
            "worded",
            "edited",
            "described",
            "still_described",
            "altered",
            "skippable",
            "accepted",
            "breaking_said",
            "confirmed",
            "scoped",
            "grounded",
        ),
        "A freeze, exception, delegation, follow-up or train lacks a field, ends before it begins, or cannot be as described; lifting a "
        "freeze came without a word on the exit criteria, or extending it without a later end or a reason; a record or notes were sent "
        "with nothing written; or an amendment says nothing "
        "that the change does not say already; or a go came without a word on the risk that is left. Or a manifest has a major step in it, "
        "and nothing says what that asks of its users.",
        "Type the command without its words and fill in the form, or say how the exit criteria are met.",
    ),
    _R.TOO_LONG: Meaning(
        ("complete_freeze", "extendable", "complete_exception", "reconsiderable", "delegable", "worded", "accessible"),
        "The freeze, access, exception or delegation lasts longer than the policy lets one last, or an exception past an audit or a "
        "deprecation; or a text is longer than a form can show again.",
        "Give an earlier end, and renew it when that comes near; or say it shorter.",
    ),
    _R.NO_SUCH_FREEZE: Meaning(
        ("authorized", "liftable", "approvable", "extendable"),
        "There is no freeze with this id, or it is over.",
        "`/release freeze list` shows those that there are.",
    ),
    _R.NO_SUCH_EXCEPTION: Meaning(
        ("authorized", "known_exception", "undecided_exception", "revocable", "reconsiderable", "waivable", "independent"),
        "There is no exception with this id.",
        "`/release exception list` shows those that wait or count.",
    ),
    _R.NO_SUCH_EMERGENCY: Meaning(
        (
            "authorized",
            "known_emergency",
            "undecided_emergency",
            "withdrawable_emergency",
            "apart",
            "same_version",
            "heard",
            "spoke",
            "accessible",
            "closable_emergency",
            "approved",
        ),
        "There is no emergency with this id.",
        "`/release emergency list` shows those that are open.",
    ),
    _R.NOT_COVERED: Meaning(
        ("approved", "executable"),
        "The emergency is not approved yet, or approvals of it do not count any more, or it covers another version or place. It covers "
        "exactly one version in one place, or one other change there, and lets nothing else past windows and freezes.",
        "Have those approve it who still may, or declare one for what is to go out.",
    ),
    _R.NO_SUCH_GRANT: Meaning(
        ("authorized", "pending_grant", "grants_to_others", "endable_grant"),
        "There is no break-glass access with this id.",
        "`/release break-glass list` shows those that there are.",
    ),
    _R.NO_ACCESS_WORKFLOW: Meaning(
        ("accessible", "pending_grant"),
        "The policy names no workflow that opens this access: the bot opens nothing by itself.",
        "Name an access that the service has, or have `access` of the service changed by a reviewed change.",
    ),
    _R.NOT_WAIVABLE: Meaning(
        ("waivable",),
        "The policy lets no exception stand in for this requirement; or, as it is a security gate, only one for an emergency; or, as it is "
        "the signed tag, only one that ends, where signed provenance names the commit instead.",
        "Meet the requirement. What can be waived is `exceptions.waivable` in the policy file.",
    ),
    _R.NO_SUCH_TRAIN: Meaning(
        (
            "authorized",
            "known_run",
            "on_track",
            "known_train",
            "composed",
            "suite_free",
            "ready_to_depart",
            "timely",
            "described",
            "still_described",
            "altered",
            "unclosed",
            "unpublished",
            "before_cutoff",
            "skippable",
            "resumable",
            "captained",
            "able_captains",
            "by_captain",
            "accountable",
        ),
        "There is no train with this name, or no run with this id.",
        "`/release train list` shows those that there are.",
    ),
    _R.TRAIN_EXISTS: Meaning(
        ("untaken",),
        "A train has this name already, or had it: names are never given twice, as the records of a closed train stay.",
        "Choose another name, or amend the train that there is.",
    ),
    _R.NO_CAPTAIN: Meaning(
        ("captained", "able_captains"),
        "The train has no release captain, or one who left or does not hold `release_captain` for each of its services.",
        "Name somebody who does: `/release train captain`.",
    ),
    _R.NOT_CAPTAIN: Meaning(
        ("by_captain", "accountable"),
        "What is published is changed by one of the train's captains; a release manager can name another captain, and close it.",
        "Ask one of the people that the refusal names.",
    ),
    _R.BAD_SCHEDULE: Meaning(
        ("timely", "before_cutoff", "later"),
        "The cadence cannot be read, never fires, or fires more than once on a day; or the moments that it tells are over or out of order.",
        "Give another cadence, dates or times; the refusal names the values.",
    ),
    _R.DOUBTFUL_TIME: Meaning(
        ("timely",),
        "At a clock change a local time of the train does not exist or comes twice. It would count with the offset before the change, and "
        "of two the first.",
        "Choose another time, or say that it is meant: `doubtful=accept`.",
    ),
    _R.NO_TRAIN_WINDOW: Meaning(
        ("timely",),
        "The window that the train names is not defined, is not about one of its services, or does not open for all of them together after "
        "the go/no-go.",
        "Name another window, or have the go/no-go earlier.",
    ),
    _R.NOT_IN_CHANNEL: Meaning(
        ("reachable",),
        "The bot cannot write in the train's channel: it is not in it, or the channel is archived or does not exist.",
        "Invite it there with `/invite @signalbox`, or name another channel.",
    ),
    _R.CUT_OFF: Meaning(
        ("before_cutoff",),
        "The run is cut off: what rides is decided, and its schedule stays.",
        "Amend the train; the runs after it follow.",
    ),
    _R.NO_SUCH_PERSON: Meaning(
        ("delegable",),
        "The person who was named has no working account, or may not use releases here.",
        "Name somebody else, or have the policy file changed.",
    ),
    _R.NOT_ON_MAIN: Meaning(
        ("cuttable",),
        "The commit to cut is not on the branch that releases come from, or that branch is not there.",
        "Name a commit that is on it; what is to ride has to be merged first.",
    ),
    _R.NO_CUT_VERSION: Meaning(
        (
            "cuttable",
            "grounded",
        ),
        "Which version the run makes does not follow from what production runs, or the policy has no such name for a release branch.",
        "Say the version: `/release train cut <run> version=v1.8.0`.",
    ),
    _R.NO_BRANCH_WORKFLOW: Meaning(
        (
            "cuttable",
            "grounded",
        ),
        "The release branch is not there, and the policy file names no workflow that makes it.",
        "Make the branch at the commit that is named, or have `branch_workflow` added to the service, and cut again.",
    ),
    _R.BRANCH_ELSEWHERE: Meaning(
        ("begun", "cuttable"),
        "The release branch is there, but it does not begin at the commit of the cutoff.",
        "Cut the commit at which it begins, say another version, or remove the branch.",
    ),
    _R.BEING_CUT: Meaning(
        ("not_cut_yet",),
        "The run is being cut: its branches were ordered, and are not verified yet.",
        "Wait; the thread of the run tells how it ends.",
    ),
    _R.NOT_STABLE: Meaning(
        ("stabilized",),
        "A release blocker of the run is open, a commit on its release branch has a flaw that nobody accepted, or its checks have "
        "not passed again.",
        "`/release blocker list <run>` shows all of it: resolve the blockers, take the commit back or have it accepted, wait for checks.",
    ),
    _R.OF_A_SET: Meaning(
        ("in_its_set",),
        "The go for the version is one for a manifest: it goes to production as an entry of that set, in its order, after the integration "
        "suite.",
        "Ask for the whole set: `/release train promote <run> <environment>`. What ran there before can be gone back to alone.",
    ),
    _R.NOT_OF_THE_CUT: Meaning(
        ("of_the_cut",),
        "The candidate is not what was cut and stabilized for the run: its commit is not the newest one of the release branch, or its "
        "service was not cut at all.",
        "Have CI tag the newest commit of the release branch, and make that version the candidate; what else was merged rides the next "
        "train.",
    ),
    _R.NO_SUCH_BLOCKER: Meaning(
        ("authorized", "open_blocker"),
        "There is no blocker with this id.",
        "`/release blocker list <run>` shows those that there are.",
    ),
    _R.NO_SUCH_FIX: Meaning(
        ("acceptable",),
        "No judged commit of this run begins like this, or more than one does.",
        "The thread of the run names the commits that were flagged.",
    ),
    _R.NO_SUCH_OBLIGATION: Meaning(
        ("dischargeable",),
        "There is no follow-up with this id.",
        "`/release follow-up list` shows those that are open.",
    ),
    _R.NO_SUCH_INCIDENT: Meaning(
        ("known_incident", "still_open", "otherwise", "restored", "declarable"),
        "There is no incident with this reference, and none that its source calls so.",
        "`/release incident list` shows those that there are.",
    ),
    _R.NO_SUCH_RECORD: Meaning(
        ("known_record",),
        "Nothing with this id is on record.",
        "Copy the id from its card.",
    ),
    _R.NOT_BY_WORD: Meaning(
        ("dischargeable",),
        "The bot looks for itself whether this is done: nobody's word ends it.",
        "Do it; the bot finds it and says so.",
    ),
    _R.STILL_OWED: Meaning(
        (
            "closable",
            "closable_emergency",
            "closable_hotfix",
        ),
        "Something of the run is still owed: its retrospective, a follow-up, a commit that main lacks. Or of the hotfix: the fix on a "
        "branch, what was found out, its branch removed.",
        "Have each of them done; `/release follow-up list <run>`, or `/release hotfix show <hotfix>`, shows them.",
    ),
    _R.NO_SUCH_HOTFIX: Meaning(
        ("known_hotfix", "shipped", "closable_hotfix", "classified"),
        "There is no hotfix with this id, or none that makes the version of an emergency that is declared as a hotfix.",
        "`/release hotfix list` shows those that there are; `/release hotfix start` begins one.",
    ),
    _R.HOTFIX_UNDER_WAY: Meaning(
        ("alone_under_way",),
        "Another hotfix of the service is begun and does not run yet. Of two that are built from the same base, one would take the other "
        "out.",
        "Bring the fix into the branch of the other one, wait until it runs, or give it up: `/release hotfix close <hotfix> <reason>`.",
    ),
    _R.NOT_FROM_PRODUCTION: Meaning(
        ("grounded", "confirmed", "hotfixed"),
        "A hotfix is made from exactly what production runs. Production runs something else than was confirmed or than the hotfix was "
        "begun from, nothing is on record that runs there, or the branch does not descend from it, or holds more of main.",
        "Look at what runs now. A branch that begins elsewhere is removed and made anew; a hotfix that was overtaken is given up.",
    ),
    _R.NOT_THE_FIX: Meaning(
        ("hotfixed",),
        "The version brings something that no pull request into the hotfix branch brought, brings nothing, or brings the work of a hotfix "
        "under another version than the hotfix has.",
        "Take off what does not belong there, have the fix come in by a reviewed pull request, and have CI build the hotfix's own version.",
    ),
    _R.REUSED: Meaning(
        ("hotfixed",),
        "The hotfix has the digest of another version: nothing was built anew.",
        "Have CI build the hotfix from its branch.",
    ),
    _R.NOT_PORTED: Meaning(
        ("forward_ported",),
        "Production has a fix that main or a release branch lacks: the next version would bring back what was mended.",
        "Bring the fix to each branch that is named, by a pull request that names its ticket and its version, or ask for an exception.",
    ),
    _R.NO_SUCH_DELEGATION: Meaning(
        ("endable",),
        "There is no delegation with this id, or it is over.",
        "`/release delegate list` shows those that there are.",
    ),
    _R.NO_SUCH_LINK: Meaning(
        ("confirmable", "linking_begun", "linked"),
        "No GitHub account is linked to you, or none waits for your word: it was not begun, it ran out, or GitHub named another account.",
        "Type `/release link github` to begin.",
    ),
    _R.LOGIN_TAKEN: Meaning(
        ("confirmable",),
        "The GitHub account belongs to somebody else, by the policy file or because they linked it. One account belongs to one person.",
        "If that is wrong, have `people[].github` in the policy file say whose it is; nothing else can change it.",
    ),
}
