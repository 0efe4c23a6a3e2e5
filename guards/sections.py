"""The parts of the policy file as typed, frozen models (POL-01, RBAC-11).

Invariant: an unknown key is an error, and so is a value of the wrong shape.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from guards.calendar_rules import Estimate, FreezeCalendar, FreezeKind, Window
from guards.emergency_rules import EmergencyRules
from guards.evidence_rules import EVERYTHING, ON_THE_WAY, EnvironmentEvidence, Evidence, Exceptions
from guards.hotfix_rules import HotfixRules
from guards.incident_rules import IncidentRules
from guards.link_rules import RecordLinks
from guards.matrix import RiskRules
from guards.neighbours import GitHubCI, HttpCI, HttpIndex, OciRegistry
from guards.post_release_rules import PostRelease, Task
from guards.section import Section
from guards.stabilization_rules import StabilizationRules
from guards.train_rules import TrainRules
from guards.values import (
    Domain,
    Duration,
    Email,
    GitHubLogin,
    HolidayCode,
    Name,
    Pattern,
    Repository,
    SlackChannel,
    SlackGroup,
    SlackTeam,
    SlackUser,
    Url,
    Workflow,
    Zone,
    address,
)
from guards.vocabulary import Action, Blocked, ChangeType, Profile, Requirement, Role, Weekday


class Environment(Section):
    """One stage on the way to production; the file lists them in promotion order (PRM-01)."""

    name: Name = Field(description="Canonical name, as it stands in records.")
    aliases: tuple[Name, ...] = Field(default=(), description="Other names that people type (NAM-09).")
    production: bool = Field(default=False, description="True where windows, approvals and release versions are required.")


class Person(Section):
    """One person: a corporate identity with the accounts that belong to it (RBAC-01)."""

    id: Email = Field(description="Corporate e-mail address: the identity that records carry.")
    emails: tuple[Email, ...] = Field(default=(), description="Other addresses of the same person, as they stand on commits or in Slack.")
    name: str = Field(min_length=1, max_length=80, description="The name that people read.")
    slack: tuple[SlackUser, ...] = Field(
        default=(),
        description="Slack user ids; two accounts of one person count once (SOD-06). Where some are listed, no other account is this "
        "person. Left out: the account whose address is the person's, if `slack.domains` has its domain.",
    )
    github: GitHubLogin | None = Field(
        default=None, description="GitHub login. Left out: the account that the person links by `/release link github`."
    )


class RoleGrant(Section):
    """Who holds a role, and where."""

    people: tuple[Email, ...] = Field(default=(), description="Ids from `people`.")
    groups: tuple[SlackGroup, ...] = Field(default=(), description="Slack user groups; read when needed, fail closed.")
    services: tuple[Name, ...] | None = Field(default=None, description="Only for these services; left out: for all.")
    environments: tuple[Name, ...] | None = Field(default=None, description="Only in these environments; left out: in all.")

    def covers(self, service: str | None, environment: str | None) -> bool:
        """Whether the grant reaches this place; a grant that is scoped does not reach a place without that scope."""
        return (self.services is None or service in self.services) and (self.environments is None or environment in self.environments)


class DelegationRule(Section):
    """Which roles somebody may hold for another for a while (RBAC-06)."""

    roles: tuple[Role, ...] = Field(min_length=1, description="May be delegated, by who holds them or by a release manager (RBAC-05).")
    maximum: Duration = Field(default=timedelta(days=14), description="Longest delegation.")


class Service(Section):
    """One thing that is released."""

    repository: Repository = Field(description="`owner/name` at the VCS.")
    channel: SlackChannel = Field(description="Where its change cards are posted.")
    owners: tuple[Email, ...] = Field(min_length=1, description="Ids from `people`; they hold service_owner for this service.")
    team: Name | None = Field(default=None, description="Whose it is: a freeze can be declared for all services of a team (FRZ-02).")
    zone: Zone | None = Field(default=None, description="IANA zone of its rules; left out: the policy's zone.")
    holidays: tuple[HolidayCode, ...] | None = Field(
        default=None, description="Public holidays on which its windows stay closed; left out: the policy's."
    )
    estimate: Estimate | None = Field(default=None, description="How long a change of it takes; left out: the policy's.")
    chain: tuple[Name, ...] | None = Field(default=None, description="Its own promotion order; left out: all environments.")
    ci: Name = Field(description="A name from `ci`.")
    artifacts: Name = Field(description="A name from `artifacts`.")
    coordinates: str | None = Field(default=None, max_length=300, description="Where the artifact lives, e.g. registry/org/name.")
    history: Literal["github"] | None = Field(
        default=None,
        description="Where commits, pull requests and reviews since the running version are read; authors and reviewers found there never "
        "approve (SOD-02, SOD-03). Left out: only the artifact source tells them.",
    )
    repositories: tuple[Repository, ...] = Field(
        default=(),
        description="Other repositories whose work is in it: each carries the version's tag; its authors and reviewers count too (SOD-13).",
    )
    branch: str = Field(
        default="main", min_length=1, max_length=100, description="The branch that releases come from; its protection is verified (EVD-15)."
    )
    publish: Literal["github"] | None = Field(
        default=None,
        description="Where release notes are published: `github` writes the GitHub release of the tag, which takes *contents: write*. "
        "Left out: their text is offered as `docs/releases/<version>.md` (REC-04).",
    )
    freeze_status: tuple[str, ...] = Field(
        default=(),
        description="Branches whose open pull requests carry the commit status `signalbox/freeze`, which fails while a freeze holds merges "
        "there; takes `history` and *commit statuses: write*. Have the branch demand it. Left out: people hold merges (FRZ-13).",
    )
    source: Url | None = Field(
        default=None, description="Address of the repository as provenance names it; left out: https://github.com/ and `repository`."
    )
    checks: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Checks that this service's commits must have passed; left out: `evidence.checks` (EVD-25)."
    )
    omit: tuple[Requirement, ...] = Field(
        default=(), description="Evidence that this service cannot give, in any environment; every card and record says so."
    )
    workflows: Mapping[Name, Workflow] = Field(description="Environment → the one CI workflow that deploys there (CMD-02).")
    branch_workflow: Workflow | None = Field(
        default=None,
        description="The one CI workflow that makes the release branch of a train, from the branch's name and the cutoff commit (TRN-08), "
        "and the branch of a hotfix, from its name and the commit that production runs (HOT-01). "
        "Left out: somebody makes it, and the bot verifies it.",
    )
    maintained: tuple[str, ...] = Field(
        default=(),
        description="Release branches that are kept beside the main one, like `release/1.8`: each hotfix is brought there too, as to those "
        "of trains that are made ready (HOT-09).",
    )
    depends_on: tuple[Name, ...] = Field(
        default=(), description="Services that must be there before it: where a train brings several, they go first (MAN-07)."
    )
    access: Mapping[Name, Workflow] = Field(
        default={},
        description="Break-glass access → the one CI workflow that opens and closes it (EMG-18). Signalbox holds no credential. Left out: "
        "there is none.",
    )
    integration: Workflow | None = Field(
        default=None,
        description="The CI workflow in its repository that tests a whole manifest together; of a set, the last service that has one runs "
        "it (MAN-03). A manifest of several services does not reach production without it.",
    )
    refresh: bool = Field(
        default=False, description="Remind its owners on the first of each month, at 10:00, to refresh its dependencies (MAN-12)."
    )
    actions: tuple[Action, ...] | None = Field(default=None, description="Actions switched on for this service; left out: all (CMD-16).")

    @property
    def address(self) -> str:
        """Where people and provenance find the repository, without a trailing slash."""
        return (self.source or f"https://github.com/{self.repository}").rstrip("/")


class ApprovalRule(Section):
    """How many approve a change into an environment, and which roles must be among them (RSK-03, RSK-04)."""

    count: int = Field(default=1, ge=0, le=10, description="Distinct people (SOD-06).")
    roles: tuple[Role, ...] = Field(default=(), description="Each of these must be held by at least one of them (CF-11).")
    lifetime: Duration = Field(default=timedelta(hours=24), description="How long one approval counts.")
    waits: bool = Field(
        default=True,
        description="An approval that is given before the change may go begins to age when it may, if that comes within `limits.request`. "
        "False: when it is given.",
    )
    ends_with_window: bool = Field(default=True, description="Approvals given in a window end with it.")
    authors_known: bool = Field(
        default=False, description="True: a change whose authors or reviewers are not known is not approved (SOD-12)."
    )


class GoRules(Section):
    """The go/no-go of release trains (GNG). Of a service that rides none, the approval of its change is the decision (CF-44)."""

    answer_within: Duration = Field(
        default=timedelta(hours=1), description="So long after a roll call was opened, an area that has not answered is shown as silent."
    )


class Naming(Section):
    """Patterns of branches and tickets (NAM-01, CF-01, CF-02)."""

    ticket: Pattern = Field(default=r"[A-Z]+-[0-9]+", description="A work item.")
    feature_branch: tuple[Pattern, ...] = Field(
        default=(r"^feature\/[A-Z]+-[0-9]+-[a-z0-9-]+$",), description="Feature branches: one of these."
    )
    release_branch: tuple[Pattern, ...] = Field(default=(r"^release\/[0-9]+\.[0-9]+$",), description="Release branches: one of these.")
    hotfix_branch: tuple[Pattern, ...] = Field(
        default=(r"^hotfix\/[0-9]+\.[0-9]+\.[0-9]+-[A-Z]+-[0-9]+$",), description="Hotfix branches: one of these."
    )
    chore_branch: tuple[Pattern, ...] = Field(default=(r"^chore\/[A-Z]+-[0-9]+-[a-z0-9-]+$",), description="Chore branches: one of these.")
    backport_branch: tuple[Pattern, ...] = Field(
        default=(r"^backport\/[A-Z]+-[0-9]+-to-[0-9]+\.[0-9]+$",), description="Backport branches: one of these."
    )


class Slack(Section):
    """What is to be known of the Slack workspace."""

    teams: tuple[SlackTeam, ...] = Field(
        min_length=1, description="Workspaces and organisations whose people are ours; all others are external (RBAC-01)."
    )
    domains: tuple[Domain, ...] = Field(
        default=(),
        description="E-mail domains whose mailboxes are yours: whoever has such an address, confirmed by Slack, is known by it, even when "
        "`people` does not list them or their Slack id; roles then come from Slack groups only (RBAC-01). Left out: only `people` counts.",
    )
    alerts: SlackChannel = Field(description="Where the bot reports what nobody asked for (drift, unknown outcomes, its own faults).")


class ObligationRule(Section):
    """When people are reminded of what they owe (EMG-20, TRN-18)."""

    before: Duration = Field(default=timedelta(hours=4), description="So long before it is due its owner is reminded.")
    again: Duration = Field(
        default=timedelta(hours=24),
        description="Once it is due, so often its owner and the service's owners are reminded, and from the second time on the release "
        "managers too, until it is done.",
    )


class Limits(Section):
    """Times after which the bot stops waiting."""

    run: Duration = Field(default=timedelta(minutes=60), description="A CI run that is not over by then is timed out.")
    look_again: Duration = Field(default=timedelta(seconds=30), description="How often an unfinished run is looked up when CI is silent.")
    absent: Duration = Field(default=timedelta(minutes=10), description="How long an order with unknown outcome is looked for.")
    request: Duration = Field(default=timedelta(days=7), description="A change that is neither approved nor dispatched by then expires.")


def _default_kinds() -> dict[str, FreezeKind]:
    return {
        "holiday": FreezeKind(passes=(ChangeType.EMERGENCY,)),
        "major-event": FreezeKind(passes=(ChangeType.STANDARD, ChangeType.EMERGENCY)),
        "quarter-end": FreezeKind(blocks=(Blocked.MIGRATIONS,), passes=(ChangeType.EMERGENCY,)),
        "incident": FreezeKind(passes=(ChangeType.EMERGENCY,), at_once=True),
        "train": FreezeKind(blocks=(Blocked.MERGES,), passes=(ChangeType.EMERGENCY,)),
    }


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
        return self.services[service].chain or tuple(e.name for e in self.environments)

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
    def _required(self) -> Mapping[tuple[str | None, str | None], frozenset[Requirement]]:
        return {(name, e.name): self._asked_in(e) - frozenset(s.omit) for name, s in self.services.items() for e in self.environments}

    def required(self, service: str | None, environment: str | None) -> frozenset[Requirement]:
        """The evidence that a service's versions need in an environment; everything in a place that is not known."""
        return self._required.get((service, environment), EVERYTHING)

    def _asked_in(self, environment: Environment) -> frozenset[Requirement]:
        own = self.evidence.environments.get(environment.name) or EnvironmentEvidence()
        return (self._begin_with(own.profile or self.evidence.profile, environment) | frozenset(own.add)) - frozenset(own.omit)

    def verifies(self, environment: str) -> bool:
        """Whether a change into an environment is closed only after somebody looked (REC-10)."""
        asked = self.post_release.verification.asked
        return environment in self.production and (self._strict(environment) if asked is None else asked)

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
        own = self.evidence.environments.get(environment) or EnvironmentEvidence()
        return (own.profile or self.evidence.profile) is Profile.STRICT

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

    def checks(self, service: str) -> tuple[str, ...]:
        """The checks that a service's commits must have passed."""
        return self.services[service].checks or self.evidence.checks

    def approval_rule(self, environment: str) -> ApprovalRule:
        """What an approval takes; an environment without a rule of its own needs none."""
        return self.approvals.get(environment) or ApprovalRule(count=0)
