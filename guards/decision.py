"""The three answers a guard can give: Allow, Refuse, Unsure.

Invariant: none of them is ever truth-tested. `Unsure` stops the action like a refusal does, but it says what
could not be read instead of claiming that the person may not. mypy's `truthy-bool` rejects `if decision:`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refusal(StrEnum):
    """Why something was refused: a closed list, each with a heading in docs/refusals.md.

    The values are stable: they stand in the ledger, on cards and in exports.
    """

    # who
    STRANGER = "stranger"
    NOT_PERMITTED = "not-permitted"
    NO_POLICY = "no-policy"
    # separation of duties
    OWN_REQUEST = "own-request"
    OWN_WORK = "own-work"
    SOLE_REVIEWER = "sole-reviewer"
    # approvals
    NOT_APPROVED = "not-approved"
    APPROVAL_MOVED = "approval-moved"
    NO_RATIONALE = "no-rationale"
    REJECTED = "rejected"
    # time
    OUTSIDE_WINDOW = "outside-window"
    FROZEN = "frozen"
    LEAD_TIME = "lead-time"
    # the artifact and its way
    NO_ARTIFACT = "no-artifact"
    DIGEST_MISMATCH = "digest-mismatch"
    POINTER_MOVED = "pointer-moved"
    FLOATING_REFERENCE = "floating-reference"
    PRE_RELEASE = "pre-release"
    ENVIRONMENT_BUILD = "environment-build"
    ENVIRONMENT_SKIPPED = "environment-skipped"
    NOT_VERIFIED = "not-verified"
    NOT_SOAKED = "not-soaked"
    ALREADY_RUNNING = "already-running"
    # what proves it
    UNTRUSTED_TAG = "untrusted-tag"
    CHECKS_NOT_PASSED = "checks-not-passed"
    NO_PULL_REQUEST = "no-pull-request"
    BAD_BRANCH_NAME = "bad-branch-name"
    NO_TICKET = "no-ticket"
    NOT_REVIEWED = "not-reviewed"
    NO_OWNER_REVIEW = "no-owner-review"
    NO_SPECIALIST = "no-specialist"
    UNPROTECTED_BRANCH = "unprotected-branch"
    NO_SBOM = "no-sbom"
    NO_PROVENANCE = "no-provenance"
    NOT_SIGNED = "not-signed"
    NO_ROLLBACK_TARGET = "no-rollback-target"
    RECORD_INCOMPLETE = "record-incomplete"
    NO_RELEASE_NOTES = "no-release-notes"
    NO_HISTORY = "no-history"
    EVIDENCE_LACKING = "evidence-lacking"
    # its risk
    NO_RISK_LABEL = "no-risk-label"
    NOT_ASSESSED = "not-assessed"
    NOT_STANDARD = "not-standard"
    # the change itself
    IN_FLIGHT = "in-flight"
    ALREADY_REQUESTED = "already-requested"
    NO_SUCH_CHANGE = "no-such-change"
    WRONG_STATE = "wrong-state"
    STALE_CARD = "stale-card"
    ALREADY_DECIDED = "already-decided"
    NOT_REQUESTER = "not-requester"
    # go/no-go
    NO_CANDIDATE = "no-candidate"
    NOT_CALLED = "not-called"
    NOT_TICKABLE = "not-tickable"
    NOT_READY = "not-ready"
    NOT_ANSWERED = "not-answered"
    NOT_DECIDED = "not-decided"
    NO_GO = "no-go"
    GO_VOID = "go-void"
    # trains and sets
    NO_SUCH_SET = "no-such-set"
    NO_MANIFEST = "no-manifest"
    MANIFEST_INCOMPLETE = "manifest-incomplete"
    MANIFEST_MOVED = "manifest-moved"
    NOT_INTEGRATED = "not-integrated"
    NOT_ITS_TURN = "not-its-turn"
    SET_NOT_READY = "set-not-ready"
    # records
    INCOMPLETE = "incomplete"
    TOO_LONG = "too-long"
    NO_SUCH_FREEZE = "no-such-freeze"
    NO_SUCH_EXCEPTION = "no-such-exception"
    NO_SUCH_EMERGENCY = "no-such-emergency"
    NOT_COVERED = "not-covered"
    NO_SUCH_GRANT = "no-such-grant"
    NO_ACCESS_WORKFLOW = "no-access-workflow"
    NOT_WAIVABLE = "not-waivable"
    # trains
    NO_SUCH_TRAIN = "no-such-train"
    TRAIN_EXISTS = "train-exists"
    NO_CAPTAIN = "no-captain"
    NOT_CAPTAIN = "not-captain"
    BAD_SCHEDULE = "bad-schedule"
    DOUBTFUL_TIME = "doubtful-time"
    NO_TRAIN_WINDOW = "no-train-window"
    NOT_IN_CHANNEL = "not-in-channel"
    CUT_OFF = "cut-off"
    NOT_ON_MAIN = "not-on-main"
    NO_CUT_VERSION = "no-cut-version"
    NO_BRANCH_WORKFLOW = "no-branch-workflow"
    BRANCH_ELSEWHERE = "branch-elsewhere"
    BEING_CUT = "being-cut"
    NOT_STABLE = "not-stable"
    OF_A_SET = "of-a-set"
    NOT_OF_THE_CUT = "not-of-the-cut"
    NO_SUCH_BLOCKER = "no-such-blocker"
    NO_SUCH_FIX = "no-such-fix"
    NO_SUCH_OBLIGATION = "no-such-obligation"
    OPEN_INCIDENT = "open-incident"
    NO_SUCH_INCIDENT = "no-such-incident"
    NO_SUCH_RECORD = "no-such-record"
    NOT_BY_WORD = "not-by-word"
    STILL_OWED = "still-owed"
    # hotfixes
    NO_SUCH_HOTFIX = "no-such-hotfix"
    HOTFIX_UNDER_WAY = "hotfix-under-way"
    NOT_FROM_PRODUCTION = "not-from-production"
    NOT_THE_FIX = "not-the-fix"
    REUSED = "reused"
    NOT_PORTED = "not-ported"
    # people
    NO_SUCH_PERSON = "no-such-person"
    NO_SUCH_DELEGATION = "no-such-delegation"
    NO_SUCH_LINK = "no-such-link"
    LOGIN_TAKEN = "login-taken"


@dataclass(frozen=True, slots=True)
class Allow:
    """The guard found nothing against it.

    Args:
        why: what was seen, as a sentence for the record.
        exception: id of the exception that it took, if it took one (EVD-19).
    """

    why: str
    exception: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """The guard says no, and what to do next.

    Args:
        code: the stable reason.
        why: a sentence with the values that were seen and wanted.
        remedy: a command to type, a person to ask, or a time to wait for.
        until: the UTC moment from which time alone heals it, if it does.
    """

    code: Refusal
    why: str
    remedy: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """A fact could not be read, so the action stops (EVD-31, WIN-13).

    Args:
        missing: what could not be read, as a noun phrase ("the freeze table").
        why: what happened when it was read, if known.
    """

    missing: str
    why: str = ""


Decision = Allow | Refuse | Unsure
