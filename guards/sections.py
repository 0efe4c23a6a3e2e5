"""The parts of the policy file as typed, frozen models (POL-01, RBAC-11).

Invariant: an unknown key is an error, and so is a value of the wrong shape.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Literal

from pydantic import Field

from guards.calendar_rules import Estimate
from guards.section import Section
from guards.values import (
    Domain,
    Duration,
    Email,
    GitHubLogin,
    HolidayCode,
    Name,
    Repository,
    SlackChannel,
    SlackGroup,
    SlackTeam,
    SlackUser,
    Url,
    Workflow,
    Zone,
)
from guards.vocabulary import Action, Requirement, Role


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

    @cached_property
    def holders(self) -> frozenset[str]:
        """The same ids, to look somebody up among many."""
        return frozenset(self.people)

    def covers(self, service: str | None, environment: str | None) -> bool:
        """Whether the grant reaches this place; a grant that is scoped does not reach a place without that scope."""
        return (self.services is None or service in self.services) and (self.environments is None or environment in self.environments)


class DelegationRule(Section):
    """Which roles somebody may hold for another for a while (RBAC-06)."""

    roles: tuple[Role, ...] = Field(min_length=1, description="May be delegated, by who holds them or by a release manager (RBAC-05).")
    maximum: Duration = Field(default=timedelta(days=14), description="Longest delegation.")


class RepositoryRules(Section):
    """What is another one in another repository of a service (EVD-01, EVD-15, SOD-13)."""

    branch: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The branch that releases come from there; left out: the service's `branch`.",
    )
    checks: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Checks that its commits must have passed; left out: those of the service."
    )


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
        description="Other repositories whose work is in it: each carries the version's tag; its authors and reviewers count too (SOD-13), "
        "and so do the checks of its tagged commit and the protection of its branch.",
    )
    repository_rules: Mapping[Repository, RepositoryRules] = Field(
        default={}, description="Repository of `repositories` → how it differs from the service's own."
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

    def branch_of(self, repository: str) -> str:
        """The branch that releases come from in one of its repositories."""
        rules = self.repository_rules.get(repository)
        return (rules and rules.branch) or self.branch

    def address_of(self, repository: str) -> str:
        """Where people find one of its repositories, without a trailing slash."""
        own = self.address.removesuffix(self.repository)
        return self.address if repository == self.repository else f"{own if own != self.address else 'https://github.com/'}{repository}"

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
    references: bool | None = Field(
        default=None,
        description="Whether an approval refers to a pull request, a work item, an incident or a change request: those of the version are "
        "taken over, else the reason names one. Left out: where the environment's profile is `strict` (PRM-10).",
    )
    authors_known: bool = Field(
        default=False, description="True: a change whose authors or reviewers are not known is not approved (SOD-12)."
    )


class GoRules(Section):
    """The go/no-go of release trains (GNG). Of a service that rides none, the approval of its change is the decision (CF-44)."""

    answer_within: Duration = Field(
        default=timedelta(hours=1), description="So long after a roll call was opened, an area that has not answered is shown as silent."
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
    calendar: SlackChannel | None = Field(
        default=None,
        description="A channel in which one pinned message shows what the next two weeks bring; left out: none (WIN-16).",
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
