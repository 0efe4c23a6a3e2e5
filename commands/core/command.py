"""What a command is: its words, its guards, and what it does once they allowed it.

Invariant: a `Command` has no defaults for help, action and guards; without guards it cannot be made (SEC-12).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from commands.core.text import Card, Form
from commands.core.words import Arguments
from guards.access import Grant
from guards.assessment import UNSAID, Declared
from guards.attestation import Attestation
from guards.decision import Refusal
from guards.emergency import Emergency, Ending, Spoken
from guards.exemption import Exemption
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.go import Acceptance, Answer
from guards.hotfix import Scope
from guards.identity import Delegation
from guards.incident import Incident, IncidentEdit
from guards.judge import Case, Guard, Judgement
from guards.obligation import Obligation
from guards.policy import Policy
from guards.release import RecordText
from guards.released import Alone
from guards.sections import Person
from guards.train import Train, TrainEdit
from guards.vocabulary import Action, ChangeType, Migration
from storage.database import Tx

A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a command is about, told from its words alone; the road reads the facts of it.

    Args:
        service, environment, version, digest: for a promotion.
        migration, change_type, entry, said: what is declared about a change; None, or nothing said, keeps what it says.
        change: id of a change that exists; service, environment and version are then its own.
        seen: hash of the content on the card that was clicked.
        freeze: id of a freeze that exists.
        declared: a freeze to declare; of a shared calendar, what each of its freezes would be like.
        calendar: name of a shared calendar of freezes that is to be read.
        exception: id of an exception that exists.
        wanted: an exception to ask for.
        emergency: id of an emergency that exists; service, environment and version are then its own.
        urgent: an emergency to declare.
        spoken, ending: as in `Request`.
        grant: id of a break-glass access that exists; the emergency is then its own.
        access: a break-glass access to ask for.
        until: UTC; how long an exception that exists shall count.
        delegation: id of a delegation that exists.
        delegated: a delegation to record.
        obligation: id of a follow-up that exists.
        owed: a follow-up to record.
        linking: corporate id of whose GitHub account it is about.
        login: the GitHub login that the person confirms.
        rationale: the reason given.
        base: the version that the other one is compared with.
        record: what is to be written into the release record.
        notes: what is to be written as release notes.
        train: name of a train; of one to define, the name that it shall have.
        run: id of a run of a train; the train is then its own.
        defined: a train to define.
        edit: what is to be otherwise in a train.
        settled, moved, captain, commits: as in `Request`.
        blocker: id of a blocker that exists; the run is then its own.
        fix: how the id of a commit on the run's release branch begins.
        go: whether the go/no-go of the run is in question: then each version that it would bring is read.
        after: whether what the run left behind is in question.
        answer: what is answered for an area of a roll call.
        acceptance: what a decider says beside a go/no-go.
        entries, breaking: for a manifest to build.
        hotfix: id of a hotfix that exists.
        begun: what a hotfix that is to be begun is for.
        on: the branch that it shall have, or "".
        manifest: the beginning of a manifest's hash.
        set: id of a set promotion that exists.
        bring: the set that the run's newest manifest makes in `environment`, to be asked for.
        back: the set that would go back to what ran well before `set`.
        incident: what somebody calls an incident that exists.
        opened: an incident to open.
        incident_edit: what is to be otherwise in one that exists.
        bound: id of a record that is to belong to it; without an incident, the record that something is to be owed for.
        moment: UTC; when somebody wants to know what ran.
        attested: what is to be said of an item of evidence.
        alone: how and why the service is to be released outside trains.
    """

    service: str | None = None
    environment: str | None = None
    version: str | None = None
    digest: str | None = None
    migration: Migration | None = None
    change_type: ChangeType | None = None
    entry: str | None = None
    said: Declared = UNSAID
    change: str | None = None
    seen: str | None = None
    freeze: str | None = None
    declared: Freeze | None = None
    calendar: str | None = None
    exception: str | None = None
    wanted: Exemption | None = None
    emergency: str | None = None
    urgent: Emergency | None = None
    spoken: Spoken | None = None
    ending: Ending | None = None
    grant: str | None = None
    access: Grant | None = None
    until: datetime | None = None
    delegation: str | None = None
    delegated: Delegation | None = None
    obligation: str | None = None
    owed: Obligation | None = None
    linking: str | None = None
    login: str | None = None
    rationale: str = ""
    base: str | None = None
    record: RecordText | None = None
    notes: str | None = None
    train: str | None = None
    run: str | None = None
    defined: Train | None = None
    edit: TrainEdit | None = None
    settled: bool = False
    moved: datetime | None = None
    captain: str | None = None
    commits: tuple[tuple[str, str], ...] = ()
    blocker: str | None = None
    fix: str | None = None
    go: bool = False
    after: bool = False
    answer: Answer | None = None
    acceptance: Acceptance | None = None
    entries: Mapping[str, str] = field(default_factory=dict)
    breaking: str = ""
    hotfix: str | None = None
    begun: Scope | None = None
    on: str = ""
    manifest: str | None = None
    set: str | None = None
    bring: bool = False
    back: bool = False
    incident: str | None = None
    opened: Incident | None = None
    incident_edit: IncidentEdit | None = None
    bound: str | None = None
    moment: datetime | None = None
    attested: Attestation | None = None
    alone: Alone | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and when and under which policy.

    Args:
        person: of the policy file.
        slack: the Slack account that was used.
        at: UTC.
        policy: in force.
    """

    person: Person
    slack: str
    at: datetime
    policy: Policy


@dataclass(slots=True)
class Work(Generic[A]):
    """What a command's `run` works with, inside its transaction and after its guards allowed it.

    Args:
        tx: the open transaction; everything that `run` does happens in it or not at all.
        args: the command's words.
        request, facts, judgement: what was judged.
        cases: what was judged of each entry of a set; of anything else, the request and the facts themselves.
        asker: who asks.
        correlation: id that ties log, ledger and CI together.
        end: of the ledger, before the database's facts were read; see `audit.unmoved`.
    """

    tx: Tx
    args: A
    request: Request
    facts: Facts
    judgement: Judgement
    asker: Asker
    correlation: str
    end: tuple[int, str]
    cases: tuple[Case, ...] = ()

    @property
    def at(self) -> datetime:
        """The moment of the facts, UTC."""
        return self.facts.at

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.facts.policy


@dataclass(frozen=True, slots=True)
class Reply:
    """What the asker is told privately; None when a card in the channel says it all.

    Args:
        card: the answer.
    """

    card: Card | None


FormBuilder = Callable[[Mapping[str, str], Facts, Person], Form | None]
"""From the words by name, what was read, and the asker; None when there is nothing to ask this person."""


@dataclass(frozen=True, slots=True)
class Command(Generic[A]):
    """One thing that people can type, click or fill in.

    Args:
        name: one word or two, lower case.
        summary: one sentence for help.
        examples: complete commands, without the leading `/release`; the first is the one shown on a mistake.
        action: what the policy allows by role and environment (RBAC-02).
        guards: every guard that judges it; the first is `authorized`. Of a set, each entry is judged by all of them (MAN-06).
        whole: guards that are asked once of a set; without them the command is about no set.
        skips: guards that leave an entry of a set out, instead of refusing the set, as long as another entry is left.
        arguments: its words.
        ask: what it is about.
        run: what it does, inside the transaction.
        heals: refusals that people or time heal: the request is kept and waits (WIN-09).
        queues: refusals that heal for whoever says `queue=yes`.
        form: builds the form that asks for missing words; None when there is none.
        wants_form: tells from the words and the policy that the form is to be shown although no word is missing.
        form_after: refusals that the form mends (a missing rationale); with any other, the refusal is told instead.
    """

    name: str
    summary: str
    examples: tuple[str, ...]
    action: Action
    guards: tuple[Guard, ...]
    arguments: type[A]
    ask: Callable[[A, Asker], Ask]
    run: Callable[[Work[A]], Reply]
    heals: frozenset[Refusal] = frozenset()
    whole: tuple[Guard, ...] = ()
    skips: tuple[Guard, ...] = ()
    queues: frozenset[Refusal] = frozenset()
    form: FormBuilder | None = None
    wants_form: Callable[[A, Policy], bool] | None = None
    form_after: frozenset[Refusal] = frozenset()

    def healing(self, args: A) -> frozenset[Refusal]:
        """What heals for somebody who typed these words."""
        return self.heals | self.queues if getattr(args, "queue", None) else self.heals

    def __post_init__(self) -> None:
        if not self.guards:
            raise ValueError(f"{self.name}: a command without guards does not exist")
        if not self.summary or not self.examples:
            raise ValueError(f"{self.name}: say what it is for, with an example")


AnyCommand = Command[Any]
