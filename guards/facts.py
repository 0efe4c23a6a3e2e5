"""What guards judge: a `Request`, and the `Facts` that were read for it.

Invariant: a fact that could not be read is `Unread`, never empty and never a default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guards.access import Grant
from guards.assessment import UNSAID, Declared
from guards.attestation import Attestation
from guards.change import Approval, Change, Claim
from guards.cover_record import Cover
from guards.cut import Blocker, Cut, Fix, Stabilization
from guards.emergency import Emergency, Ending, Spoken
from guards.exemption import Exemption
from guards.freeze_record import CalendarEvent, Freeze
from guards.go import Acceptance, Answer, Candidate, GoDecision, Pinned, Ride, RollCall
from guards.holiday import Holidays
from guards.hotfix import Ground, Hotfix, HotfixFacts, Scope
from guards.hotfix_evidence import Piece
from guards.identity import Delegation, Link, Linking, Stranger
from guards.incident import Incident
from guards.manifest import SetStanding
from guards.memo import Memo
from guards.obligation import Aftermath, Obligation
from guards.policy import Policy
from guards.release import Promotion, RecordText, ReleaseNotes
from guards.released import Alone
from guards.sections import Person
from guards.train import Room, Train, TrainRun
from guards.unread import Absent, Unread
from guards.verified import Verification
from guards.version import Artifact, Deployment, Evidence
from guards.vocabulary import Action, ChangeType, Migration


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for. Guards read it together with `Facts`.

    Args:
        action: what the command is, for authorization.
        by: who asks, resolved to a person of the policy file, or why not.
        service, environment, version: canonical names; None where the command has none.
        digest: the digest that the person named, if any.
        change_type: an emergency only by its own record, never by a word (EMG-05).
        entry: for a standard change, its name in the policy's catalogue.
        migration: what it does to its database; None when nobody said.
        declared: what the asker says about its risk.
        seen: hash of the content that was on the card that was clicked, if any.
        rationale: the reason that the person gave.
        freeze: the freeze to declare, for the freeze commands.
        exception: the exception to ask for.
        emergency: the emergency to declare.
        spoken: an approval of an emergency that somebody said aloud.
        ending: what is said when an emergency is closed.
        grant: the break-glass access to ask for.
        until: UTC; how long the exception or the freeze in question shall count.
        delegation: the delegation to record.
        obligation: the follow-up to record.
        login: the GitHub login that the person confirms.
        record: what is to be written into the release record; a field left open is "".
        notes: what is to be written as release notes or as an erratum, if anything.
        entries: service → version of a manifest that is to be built.
        breaking: what its major steps ask of their users (MAN-11).
        back: whether a set is to go back to what ran well before (MAN-10).
        definition: the train as it would be defined.
        settled: the asker took note of local times that do not exist or exist twice (TRN-21).
        moved: when the run's cutoff is to be instead, UTC.
        captain: corporate id of who is to lead the run.
        commits: service, or "" where there is one repository, and the commit to cut.
        answer: what the asker answers for an area of a roll call.
        acceptance: what a decider says beside a go/no-go.
        hotfix: what a hotfix that is to be begun is for.
        incident: the incident to open, or as it would stand when it is changed or closed.
        moment: UTC; when somebody wants to know what ran.
        attestation: what is to be said of an item of evidence.
        alone: how and why the service is to be released outside trains.
    """

    action: Action
    by: Person | Stranger | Unread
    service: str | None = None
    environment: str | None = None
    version: str | None = None
    digest: str | None = None
    change_type: ChangeType = ChangeType.NORMAL
    entry: str | None = None
    migration: Migration | None = None
    declared: Declared = UNSAID
    seen: str | None = None
    rationale: str = ""
    freeze: Freeze | None = None
    exception: Exemption | None = None
    emergency: Emergency | None = None
    spoken: Spoken | None = None
    ending: Ending | None = None
    grant: Grant | None = None
    until: datetime | None = None
    delegation: Delegation | None = None
    obligation: Obligation | None = None
    login: str | None = None
    record: RecordText | None = None
    notes: str | None = None
    entries: Mapping[str, str] = field(default_factory=dict)
    breaking: str = ""
    back: bool = False
    definition: Train | None = None
    settled: bool = False
    moved: datetime | None = None
    captain: str | None = None
    commits: tuple[tuple[str, str], ...] = ()
    answer: Answer | None = None
    acceptance: Acceptance | None = None
    hotfix: Scope | None = None
    incident: Incident | None = None
    moment: datetime | None = None
    attestation: Attestation | None = None
    alone: Alone | None = None


_NOT_ASKED = "nobody asked for it"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read for one judgement, stamped with one moment and frozen; what nobody read is `Unread`.

    Args:
        at: UTC; the only "now" that a guard knows.
        policy: the policy that the bot runs with.
        groups: Slack user group → its members' Slack ids.
        people: corporate id → the person as they stand now: the requester, each approver, whoever delegated, and authors
            who are known by their address only (RBAC-09).
        artifact: what the registry says that the version names now.
        evidence: what was read to prove it.
        registered: what the version named when it was first seen; None when it is new (PRM-04).
        before: the newest success of this version in the environment before; None when there is none (PRM-01).
        looked: the verification of this very artifact there; None where nobody was asked for one (PRM-08).
        replaced: the first success of another version there since; None while it runs there (PRM-09).
        attestations: what people said of items of evidence of the version (EVD-02).
        running: what runs in the target now.
        change: the change in question; Absent when the id names none, None while there is none yet.
        approvals: decisions about the change.
        verification: of the change, where one is asked for.
        in_flight: the claim that holds the place, if any.
        duplicate: id of an open change that asks for the same.
        freezes: all that have not ended.
        shared: name of a shared calendar of freezes → when it was read last, UTC, or why that is not good enough (WIN-13).
        calendar: what stands in the shared calendar in question.
        holidays: code of a calendar in the policy → its days.
        freeze: the freeze in question.
        exceptions: those that are approved, and reach the place; of a change that was handed to CI, those that it went out by.
        exception: the exception in question, for decisions about it.
        emergency: the emergency in question; of a change, that by which it goes. Absent when the id names none.
        grant: the break-glass access in question; the emergency is then its own.
        alike: id of an emergency that covers what is to be declared, and was not used yet.
        cited: the incident that an emergency cites; Absent when its reference names none that is known here.
        delegations: all that have not ended (RBAC-06).
        delegation: the delegation in question, for ending.
        obligation: the follow-up in question.
        owed: what is or was owed for the emergency or the hotfix in question.
        accounts: GitHub login, lower case → the account's number, for logins that only a link can give to somebody.
        links: GitHub login, lower case → corporate id, by what people linked; the policy file goes before it.
        link: the account that the asker linked.
        linking: the asker's attempt to link one.
        record: what people wrote into the version's release record, its newest revision; None when nobody did.
        notes: the version's release notes; None when nobody wrote any.
        promotions: where the version ran, oldest first (PRM-12).
        train, run: the train in question, and its run; Absent when the name or id names none.
        ridden: the runs of the train that are open, the next cutoff first.
        riding: the published trains that the service rides, where it is said that it rides none (TRN-20).
        alone: how it is released outside trains, as somebody said; None while nobody did.
        channel: the train's channel, as Slack tells it.
        after: what the run left behind, when it is looked back on or closed.
        cuts: the newest cut of each repository of the run.
        blocker: the blocker in question, for resolving it.
        fix: the commit of a release branch in question, for accepting it.
        go: what the go/no-go of the run is judged on.
        rides: the published trains that the service rides, with what they say about the version (GNG-02).
        set: the manifest in question, and its way into an environment; of a change, that of which it is an entry, None for one that goes
            alone. Absent when the name names none.
        hotfixes: what the hotfixes of the service say about the version (HOT-09).
        hotfix: the hotfix in question.
        cover: that the support cover of its window is confirmed; None while nobody did (WIN-15).
        pieces: the eight items of its record (HOT-12).
        ground: what production runs and where a hotfix would begin, when one is to be begun (HOT-01).
        incidents: all that nobody closed.
        heard: name of a source of incidents → when it was heard last, UTC; none for one that never was.
        incident: the incident in question; Absent when the reference names none.
        bound: what the record is that is to belong to it, or that something is to be owed for, as a noun; Absent when the id names none.
        parts: entry of a set → its facts, in the order in which they go out, where several are judged together (MAN-06).
        memo: what guards concluded from exactly these facts.
    """

    at: datetime
    policy: Policy
    groups: Mapping[str, frozenset[str] | Unread] = field(default_factory=dict)
    people: Mapping[str, Person | Stranger | Unread] = field(default_factory=dict)
    artifact: Artifact | Absent | Unread = Unread("the artifact", _NOT_ASKED)
    evidence: Evidence = field(default_factory=Evidence)
    registered: Artifact | Unread | None = Unread("what the version named first", _NOT_ASKED)
    before: Deployment | Unread | None = Unread("what ran in the environment before", _NOT_ASKED)
    looked: Verification | Unread | None = Unread("the verification in the environment before", _NOT_ASKED)
    replaced: Deployment | Unread | None = Unread("what runs in the environment before", _NOT_ASKED)
    attestations: tuple[Attestation, ...] | Unread = Unread("what people said of the evidence", _NOT_ASKED)
    running: Deployment | Unread | None = Unread("what runs there", _NOT_ASKED)
    change: Change | Absent | Unread | None = None
    approvals: tuple[Approval, ...] | Unread = Unread("the approvals", _NOT_ASKED)
    verification: Verification | Unread | None = Unread("the verification", _NOT_ASKED)
    in_flight: Claim | Unread | None = Unread("what is in flight", _NOT_ASKED)
    duplicate: str | Unread | None = Unread("the open changes", _NOT_ASKED)
    freezes: tuple[Freeze, ...] | Unread = Unread("the freeze calendar", _NOT_ASKED)
    shared: Mapping[str, datetime | Unread] = field(default_factory=dict)
    calendar: tuple[CalendarEvent, ...] | Unread = Unread("the shared calendar", _NOT_ASKED)
    holidays: Mapping[str, Holidays | Unread] = field(default_factory=dict)
    freeze: Freeze | Absent | None = None
    exceptions: tuple[Exemption, ...] | Unread = Unread("the exceptions", _NOT_ASKED)
    exception: Exemption | Absent | None = None
    emergency: Emergency | Absent | None = None
    grant: Grant | Absent | None = None
    alike: str | None = None
    cited: Incident | Absent | None = None
    delegations: tuple[Delegation, ...] | Unread = Unread("the delegations", _NOT_ASKED)
    delegation: Delegation | Absent | None = None
    obligation: Obligation | Absent | None = None
    owed: tuple[Obligation, ...] = ()
    accounts: Mapping[str, int | Absent | Unread] = field(default_factory=dict)
    links: Mapping[str, str | Unread] | Unread = Unread("the linked GitHub accounts", _NOT_ASKED)
    link: Link | None = None
    linking: Linking | None = None
    record: RecordText | Unread | None = Unread("the release record", _NOT_ASKED)
    notes: ReleaseNotes | Unread | None = Unread("the release notes", _NOT_ASKED)
    promotions: tuple[Promotion, ...] | Unread = Unread("the promotion log", _NOT_ASKED)
    train: Train | Absent | None = None
    run: TrainRun | Absent | None = None
    cuts: tuple[Cut, ...] = ()
    blocker: Blocker | Absent | None = None
    fix: Fix | Absent | None = None
    go: "GoFacts | None" = None
    rides: tuple[Ride, ...] | Unread = Unread("the release trains", _NOT_ASKED)
    set: SetStanding | Absent | None = None
    parts: Mapping[str, "Facts"] = field(default_factory=dict)
    ridden: tuple[TrainRun, ...] = ()
    riding: tuple[Train, ...] = ()
    alone: Alone | None = None
    channel: Room | Absent | Unread = Unread("the train's channel", _NOT_ASKED)
    after: Aftermath | None = None
    hotfixes: HotfixFacts | Unread = Unread("the hotfixes", _NOT_ASKED)
    hotfix: Hotfix | Absent | None = None
    cover: Cover | None = None
    pieces: tuple[Piece, ...] | Unread = Unread("the record of the hotfix", _NOT_ASKED)
    ground: Ground | None = None
    incidents: tuple[Incident, ...] | Unread = Unread("the open incidents", _NOT_ASKED)
    heard: Mapping[str, datetime] = field(default_factory=dict)
    incident: Incident | Absent | None = None
    bound: str | Absent | None = None
    memo: Memo = field(default_factory=Memo, init=False, repr=False, compare=False)

    def person(self, corporate: str, name: str) -> Person | Stranger | Unread:
        """Somebody as they stand now, by corporate id; `name` is told where nobody read them."""
        return self.people.get(corporate) or Unread(f"the account of {name}")


@dataclass(frozen=True, slots=True)
class GoFacts:
    """What the go/no-go of one run is judged on.

    Args:
        candidate: what the run would bring to production now; None while nothing is pinned.
        call: the roll call about exactly this candidate; None when nobody was asked.
        decisions: all about the run, oldest first.
        entries: service and version → the facts about it, bound for production; what was not gathered is missing.
        stabilization: what happened since the cutoff; None while nobody looked.
        heads: repository → what the run's release branch names there now.
    """

    candidate: Candidate | None
    call: RollCall | None
    decisions: tuple[GoDecision, ...]
    entries: Mapping[tuple[str, str], Facts]
    stabilization: Stabilization | None = None
    heads: Mapping[str, str | Absent | Unread] = field(default_factory=dict)

    def of(self, entry: Pinned) -> Facts | None:
        """The facts about an entry of the candidate, if they were gathered."""
        return self.entries.get((entry.service, entry.version))
