"""The closed lists that policy and guards are written in: roles, actions, types of change, risk, evidence, what a freeze blocks, weekdays.

Invariant: the values are stable; they stand in policy files, in the ledger and in exports.
"""

from datetime import date, timedelta
from enum import StrEnum


class Role(StrEnum):
    """The roles a person can hold (RBAC-04). `everyone` is held by each person who is known here."""

    EVERYONE = "everyone"
    DEVELOPER = "developer"
    REVIEWER = "reviewer"
    RELEASE_MANAGER = "release_manager"
    RELEASE_CAPTAIN = "release_captain"
    SERVICE_OWNER = "service_owner"
    INCIDENT_COMMANDER = "incident_commander"
    ON_CALL = "on_call"
    ON_CALL_LEAD = "on_call_lead"
    ON_CALL_MANAGER = "on_call_manager"
    SECURITY = "security"
    QA = "qa"
    TECH_LEAD = "tech_lead"
    PRODUCT = "product"
    DBA = "dba"
    OPS = "ops"
    ENGINEERING_MANAGER = "engineering_manager"
    VP_ENGINEERING = "vp_engineering"
    CTO = "cto"
    CAB = "cab"
    PLATFORM = "platform"
    AUDIT = "audit"


class Action(StrEnum):
    """What a role can be allowed to do in an environment; each command names the one that it is (RBAC-02)."""

    READ = "read"
    PROMOTE = "promote"
    APPROVE = "approve"
    CANCEL = "cancel"
    FREEZE = "freeze"
    LIFT = "lift"
    RECORD = "record"
    REQUEST_EXCEPTION = "request-exception"
    APPROVE_EXCEPTION = "approve-exception"
    DECLARE_EMERGENCY = "declare-emergency"
    APPROVE_EMERGENCY = "approve-emergency"
    REQUEST_ACCESS = "request-access"
    GRANT_ACCESS = "grant-access"
    END_ACCESS = "end-access"
    EVIDENCE = "evidence"
    LINK = "link"
    DELEGATE = "delegate"
    CUT = "cut"
    ACCEPT_FIX = "accept-fix"
    TRAIN = "train"
    FOLLOW_UP = "follow-up"
    CALL = "call-decision"
    ANSWER = "answer"
    DECIDE = "decide"
    HOTFIX = "hotfix"
    INCIDENT = "incident"
    VERIFY = "verify"
    ATTEST = "attest"


TAKES_NO_ROLE = frozenset({
    Action.READ, Action.LINK, Action.DELEGATE, Action.ANSWER, Action.FOLLOW_UP, Action.END_ACCESS, Action.VERIFY,
    Action.ATTEST,
})  # fmt: skip
"""Open to each person who is known here: what they tell of themselves, and what their own guard decides."""


class ChangeType(StrEnum):
    """The three types of change (RSK-01)."""

    STANDARD = "standard"
    NORMAL = "normal"
    EMERGENCY = "emergency"


class Question(StrEnum):
    """The seven risk questions (RSK-02)."""

    DB_SCHEMA = "db-schema"
    BREAKING_API = "breaking-api"
    INFRASTRUCTURE = "infrastructure"
    THIRD_PARTY = "third-party"
    SECURITY = "security"
    PERFORMANCE = "performance"
    CUSTOMER_VISIBLE = "customer-visible"


class Risk(StrEnum):
    """How much can go wrong, lowest first (RSK-03)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Where it stands, 0 for the lowest: text does not compare like risk."""
        return _RANKS[self]


_RANKS = {risk: rank for rank, risk in enumerate(Risk)}


class ReleaseType(StrEnum):
    """What kind of step a version is from what runs (RSK-05)."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    HOTFIX = "hotfix"


class Migration(StrEnum):
    """What a version does to its database (DBM-01)."""

    NONE = "no"
    EXPAND = "expand"
    CONTRACT = "contract"
    OTHER = "other"


class Blocked(StrEnum):
    """What a freeze of some kind holds back (FRZ-02)."""

    DEPLOYMENTS = "deployments"
    MERGES = "merges"
    MIGRATIONS = "migrations"
    FLAGS = "flags"


class Fate(StrEnum):
    """What becomes of work that is on its way when a freeze begins."""

    FINISH = "finish"
    HOLD = "hold"
    STOP = "stop"


class Requirement(StrEnum):
    """Evidence that a version can be asked for before it enters an environment, in the order in which it is shown.

    docs/policy.md says what each takes.
    """

    TAG = "signed-tag"
    CHECKS = "checks"
    PULL_REQUESTS = "pull-requests"
    TICKETS = "tickets"
    REVIEWS = "reviews"
    CODE_OWNERS = "code-owners"
    SPECIALISTS = "specialist-reviews"
    PROTECTION = "branch-protection"
    SBOM = "sbom"
    PROVENANCE = "provenance"
    SIGNATURE = "signature"
    ROLLBACK = "rollback-target"
    RECORD = "release-record"
    NOTES = "release-notes"
    RISK_LABEL = "risk-label"
    RISK = "risk-assessment"
    LEAD_TIME = "lead-time"
    FORWARD_PORTS = "forward-ports"
    VERIFIED_BEFORE = "verified-before"
    SOAK = "soak"
    ITEMS = "evidence-items"


SECURITY_GATES = frozenset({Requirement.CHECKS, Requirement.SBOM, Requirement.PROVENANCE, Requirement.SIGNATURE, Requirement.ITEMS})
"""What no exception but an emergency's does without (EVD-20)."""


class Profile(StrEnum):
    """A named set of requirements to begin with."""

    STRICT = "strict"
    STARTER = "starter"


class Announce(StrEnum):
    """When the opening and closing of a window are told (WIN-18)."""

    NEVER = "never"
    WAITING = "waiting"
    ALWAYS = "always"


class Weekday(StrEnum):
    """Days as the policy file writes them, in ISO order."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"

    @classmethod
    def of(cls, day: date) -> "Weekday":
        """The weekday of a date."""
        return _WEEK[day.weekday()]


_WEEK = tuple(Weekday)


class Nth(StrEnum):
    """Which of the equal weekdays of a month; the fifth is there in some months only."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    FOURTH = "fourth"
    FIFTH = "fifth"
    LAST = "last"

    def is_met(self, day: date) -> bool:
        """Whether a date is this one of its weekday in its month."""
        if self is Nth.LAST:
            return (day + timedelta(days=7)).month != day.month
        return (day.day - 1) // 7 == _NTH.index(self)


_NTH = tuple(Nth)
