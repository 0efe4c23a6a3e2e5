"""The policy file as a whole: its sections together, and what is looked up over several of them (POL-01).

Invariant: it is what the file says and nothing more; whether its parts agree is told by `consistency`.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field

from guards.calendar_rules import Estimate, FreezeCalendar, FreezeKind, ReleaseStrategy, Window
from guards.emergency_rules import EmergencyRules
from guards.evidence_rules import EVERYTHING, ON_THE_WAY, EnvironmentEvidence, Evidence, Exceptions
from guards.hotfix_rules import HotfixRules
from guards.incident_rules import IncidentRules
from guards.item_rules import EvidenceItem
from guards.ledger_rules import LedgerRules
from guards.link_rules import RecordLinks
from guards.matrix import RiskRules
from guards.naming import Naming
from guards.neighbours import GitHubCI, HttpCI, HttpIndex, OciRegistry
from guards.post_release_rules import PostRelease, Task
from guards.section import Section
from guards.sections import (
    ApprovalRule,
    DelegationRule,
    Environment,
    GoRules,
    Limits,
    ObligationRule,
    Person,
    RoleGrant,
    Service,
    Slack,
)
from guards.stabilization_rules import StabilizationRules
from guards.train_rules import TrainRules
from guards.values import (
    HolidayCode,
    Name,
    Zone,
    address,
)
from guards.vocabulary import Action, Blocked, ChangeType, Profile, Requirement, Role, Weekday


def _default_kinds() -> dict[str, FreezeKind]:
    return {
        "holiday": FreezeKind(passes=(ChangeType.EMERGENCY,)),
        "major-event": FreezeKind(passes=(ChangeType.STANDARD, ChangeType.EMERGENCY)),
        "quarter-end": FreezeKind(blocks=(Blocked.MIGRATIONS,), passes=(ChangeType.EMERGENCY,)),
        "incident": FreezeKind(passes=(ChangeType.EMERGENCY,), at_once=True),
        "train": FreezeKind(blocks=(Blocked.MERGES,), passes=(ChangeType.EMERGENCY,)),
    }


T = TypeVar("T")
Granted = tuple[Role, frozenset[str], tuple[str, ...]]
"""A role with the ids of the people and the Slack groups that hold it."""


class Parts(Section):
    """What the file holds, and the look-ups that rules need; `Policy` is a set of parts that fit together."""

    version: Literal[1] = Field(description="Version of this file format.")
    zone: Zone = Field(default="UTC", description="IANA zone where no nearer one is given.")
    slack: Slack = Field(description="The workspace.")
    environments: tuple[Environment, ...] = Field(min_length=1, description="In promotion order.")
    services: Mapping[Name, Service] = Field(min_length=1, description="Name → what is released.")
    people: tuple[Person, ...] = Field(
        min_length=1, description="Everyone who may ask for anything; `slack.domains` lets others in by their address (RBAC-01)."
    )
    roles: Mapping[Role, tuple[RoleGrant, ...]] = Field(description="Role → who holds it where.")
    allow: Mapping[Action, Mapping[Name, tuple[Role, ...]]] = Field(description="Action → environment → roles that may (RBAC-02).")
    windows: Mapping[Name, Window] = Field(default={}, description="Name → when production may change (WIN-04).")
    closed_weekdays: tuple[Weekday, ...] = Field(default=(Weekday.FRI,), description="No window is open on these (WIN-03).")
    holidays: tuple[HolidayCode, ...] = Field(
        default=(),
        description="Public holidays on which no window is open: of a country (`DE`), one of its subdivisions (`DE-BY`, ISO 3166-2) or an "
        "exchange (`XNYS`, ISO 10383). They roll forward by themselves; while they cannot be told, nothing goes out (WIN-13).",
    )
    estimate: Estimate | None = Field(default=None, description="How long a change takes; left out: nobody is warned (WIN-10).")
    freeze_kinds: Mapping[Name, FreezeKind] = Field(
        default=_default_kinds(),
        description="Name → what it holds back (FRZ-04); left out: holiday, major-event, quarter-end, incident and train.",
    )
    strategy: ReleaseStrategy = Field(
        default=ReleaseStrategy(), description="The release-strategy record: what it says of freezes (FRZ-15); `freeze list` shows it."
    )
    freeze_calendars: Mapping[Name, FreezeCalendar] = Field(
        default={}, description="Name → a shared calendar of freezes; left out: freezes are declared by people only (FRZ-08)."
    )
    delegation: DelegationRule | None = Field(default=None, description="Who may act for whom; left out: nobody delegates (RBAC-06).")
    approvals: Mapping[Name, ApprovalRule] = Field(description="Environment → what an approval takes there.")
    evidence: Evidence = Field(default=Evidence(), description="What must be proven about a version; left out: the strict profile.")
    risk: RiskRules = Field(
        default=RiskRules(),
        description="What a change's risk follows from, and who must approve it, wherever `risk-assessment` is asked for.",
    )
    exceptions: Exceptions = Field(default=Exceptions(), description="What exceptions from the evidence can be made.")
    emergency: EmergencyRules = Field(
        default=EmergencyRules(), description="What an emergency change takes, and what is owed after it (EMG)."
    )
    gng: GoRules = Field(default=GoRules(), description="How the go/no-go of a release train is taken.")
    naming: Naming = Field(default=Naming(), description="Patterns of branches and tickets.")
    ci: Mapping[Name, Annotated[GitHubCI | HttpCI, Field(discriminator="kind")]] = Field(min_length=1, description="Name → what deploys.")
    artifacts: Mapping[Name, Annotated[OciRegistry | HttpIndex, Field(discriminator="kind")]] = Field(
        min_length=1, description="Name → what knows the built versions."
    )
    stabilization: StabilizationRules = Field(
        default=StabilizationRules(), description="What may get onto the release branch of a train after its cutoff (TRN-09)."
    )
    hotfix: HotfixRules = Field(default=HotfixRules(), description="How hotfixes are made, and what is owed for them (HOT).")
    trains: TrainRules = Field(default=TrainRules(), description="How release trains are planned and reminded of (TRN-23).")
    incidents: IncidentRules = Field(default=IncidentRules(), description="What incidents mean, hold back, and come from (INC-01, INC-07).")
    post_release: PostRelease = Field(
        default=PostRelease(), description="What a success in production asks for: that somebody looks, and what is left to do."
    )
    record_links: RecordLinks = Field(default=RecordLinks(), description="Links in records are looked at, so that they stay valid.")
    obligations: ObligationRule = Field(default=ObligationRule(), description="When people are reminded of what they owe.")
    ledger: LedgerRules = Field(default=LedgerRules(), description="When the ledger is signed, and how long it is kept (AUD-02).")
    limits: Limits = Field(default=Limits(), description="How long the bot waits for what.")

    @cached_property
    def environment_names(self) -> Mapping[str, str]:
        """Each name that a person may type → the canonical one."""
        return {typed: e.name for e in self.environments for typed in (e.name, *e.aliases)}

    @cached_property
    def production(self) -> frozenset[str]:
        """Canonical names of the production environments."""
        return frozenset(e.name for e in self.environments if e.production)

    @cached_property
    def by_slack(self) -> Mapping[str, Person]:
        """Slack user id → person."""
        return {account: p for p in self.people for account in p.slack}

    @cached_property
    def by_id(self) -> Mapping[str, Person]:
        """Corporate id → person."""
        return {p.id: p for p in self.people}

    @cached_property
    def by_email(self) -> Mapping[str, Person]:
        """Each address of a person, lower case → person."""
        return {known: p for p in self.people for known in (p.id, *p.emails)}

    def of_ours(self, email: str | None) -> str | None:
        """The address in lower case when it is one of a domain in `slack.domains`, else None."""
        known = address(email or "")
        return known if known and known.rpartition("@")[2] in self.slack.domains else None

    @cached_property
    def by_login(self) -> Mapping[str, Person]:
        """GitHub login (lower case) → person."""
        return {p.github.lower(): p for p in self.people if p.github}

    def chain(self, service: str) -> tuple[str, ...]:
        """The promotion order of a service, canonical names."""
        return self.services[service].chain or self._whole_chain

    @cached_property
    def _whole_chain(self) -> tuple[str, ...]:
        return tuple(e.name for e in self.environments)

    @cached_property
    def teams(self) -> Mapping[str, tuple[str, ...]]:
        """Team → its services, in the file's order."""
        named = dict.fromkeys(s.team for s in self.services.values() if s.team)
        return {team: tuple(name for name, s in self.services.items() if s.team == team) for team in named}

    def bound_for(self, service: str) -> str:
        """The environment that a service's versions are made for: the first production one of its chain, else the last (REC-01)."""
        chain = self.chain(service)
        return next((e for e in chain if e in self.production), chain[-1])

    def zone_of(self, service: str | None) -> str:
        """The IANA zone in which a service's rules hold."""
        known = self.services.get(service) if service else None
        return (known and known.zone) or self.zone

    def holidays_of(self, service: str | None) -> tuple[str, ...]:
        """The calendars on whose days a service's windows stay closed."""
        known = self.services.get(service) if service else None
        return self.holidays if known is None or known.holidays is None else known.holidays

    @cached_property
    def calendars(self) -> tuple[str, ...]:
        """Every holiday calendar that some part names, each once."""
        named = (self.holidays, *(s.holidays or () for s in self.services.values()), *(w.holidays or () for w in self.windows.values()))
        return tuple(dict.fromkeys(code for codes in named for code in codes))

    def estimate_of(self, service: str | None) -> Estimate | None:
        """How long a change of a service takes, where the file says it."""
        known = self.services.get(service) if service else None
        return (known and known.estimate) or self.estimate

    @cached_property
    def _of_places(self) -> dict[tuple[Hashable, str | None, str | None], Any]:
        return {}

    def of_place(self, tell: Callable[[Self, str | None, str | None], T], service: str | None, environment: str | None) -> T:
        """What the file alone tells about a place, found out once for each of its places."""
        found, what = self._of_places, (tell, service, environment)
        if what in found:
            known: T = found[what]
            return known
        told = tell(self, service, environment)
        if (not service or service in self.services) and (not environment or environment in self.environment_names):
            found[what] = told  # anything can be typed: only what the file names is kept
        return told

    def granted(self, service: str | None, environment: str | None) -> tuple[Granted, ...]:
        """The grants that reach a place."""
        reaching = ((role, one) for role, grants in self.roles.items() for one in grants if one.covers(service, environment))
        return tuple((role, one.holders, one.groups) for role, one in reaching)

    @cached_property
    def _required(self) -> Mapping[tuple[str | None, str | None], frozenset[Requirement]]:
        return {(name, e.name): self._asked_in(e) - frozenset(s.omit) for name, s in self.services.items() for e in self.environments}

    def required(self, service: str | None, environment: str | None) -> frozenset[Requirement]:
        """The evidence that a service's versions need in an environment; everything in a place that is not known."""
        return self._required.get((service, environment), EVERYTHING)

    def _asked_in(self, environment: Environment) -> frozenset[Requirement]:
        own = self.evidence.environments.get(environment.name) or EnvironmentEvidence()
        return (self._begin_with(own.profile or self.evidence.profile, environment) | frozenset(own.add)) - frozenset(own.omit)

    def items(self, service: str | None, environment: str | None) -> Mapping[str, EvidenceItem]:
        """The items of evidence that a service's versions need in an environment, by name (EVD-02)."""
        return {name: item for name, item in self.evidence.items.items() if item.reaches(service, environment)}

    def signed_sboms(self, environment: str | None) -> bool:
        """Whether a bill of materials has to be signed in an environment; everywhere in one that is not known."""
        asked = self.evidence.signed_sboms
        return (environment is None or self._strict(environment)) if asked is None else asked

    def asks_for_references(self, environment: str) -> bool:
        """Whether an approval has to refer to something there (PRM-10)."""
        asked = self.approval_rule(environment).references
        return self._strict(environment) if asked is None else asked

    def verifies(self, service: str, environment: str) -> bool:
        """Whether a change into an environment is closed only after somebody looked (REC-10), or goes on only then (PRM-08)."""
        asked = self.post_release.verification.asked
        if environment in self.production and (self._strict(environment) if asked is None else asked):
            return True
        chain = self.chain(service)
        after = next((later for here, later in pairwise(chain) if here == environment), None)
        return after is not None and Requirement.VERIFIED_BEFORE in self.required(service, after)

    def tasks(self, environment: str) -> tuple[Task, ...]:
        """What is owed after a success in an environment (REC-12)."""
        if environment not in self.production:
            return ()
        named = self.post_release.tasks
        return tuple(Task) if named is None and self._strict(environment) else named or ()

    @cached_property
    def looks_at_links(self) -> bool:
        """Whether links in records are looked at (REC-19)."""
        asked = self.record_links.asked
        return any(self._strict(name) for name in self.production) if asked is None else asked

    def _strict(self, environment: str) -> bool:
        own = self.evidence.environments.get(environment)
        return ((own and own.profile) or self.evidence.profile) is Profile.STRICT

    def _begin_with(self, profile: Profile, environment: Environment) -> frozenset[Requirement]:
        if profile is Profile.STARTER:
            return frozenset()
        if environment.production:
            return EVERYTHING
        return frozenset() if environment == self.environments[0] else ON_THE_WAY

    def assesses(self, service: str | None, environment: str | None) -> bool:
        """Whether changes are asked for their risk there; where a place is not said, whether they are in any."""
        places = [(s, e) for s, e in self._required if service in {None, s} and environment in {None, e}]
        return any(Requirement.RISK in self._required[place] for place in places)

    def checks(self, service: str, repository: str | None = None) -> tuple[str, ...]:
        """The checks that a service's commits must have passed; those of another of its repositories where one is named."""
        known = self.services[service]
        rules = known.repository_rules.get(repository or "")
        return (rules and rules.checks) or known.checks or self.evidence.checks

    def approval_rule(self, environment: str) -> ApprovalRule:
        """What an approval takes; an environment without a rule of its own needs none."""
        return self.approvals.get(environment) or ApprovalRule(count=0)
