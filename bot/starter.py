"""A first policy file from a few answers: for `signalbox init`.

Invariant: what `render` returns loads.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.policy_file import parse
from guards.values import SecretName

ROLES: Final = {
    "release_manager": "approves changes to production, freezes and lifts",
    "release_captain": "asks for changes to production",
    "developer": "asks for changes to staging",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the first policy.

    Args:
        name: as people read it.
        email: the corporate id.
        slack: Slack user id.
        role: one of `ROLES`.
    """

    name: str
    email: str
    slack: str
    role: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What the questions ask; the defaults are the example that `--defaults` writes."""

    team: str = "T0EXAMPLE"
    alerts: str = "C0ALERTS0"
    zone: str = "Europe/Berlin"
    service: str = "my-service"
    repository: str = "example/my-service"
    channel: str = "C0RELEASES"
    ci: str = "github"
    ci_url: str = "https://ci.example.com/signalbox"
    registry: str = "https://registry.example.com"
    people: tuple[Member, ...] = field(
        default=(
            Member("Ada Example", "ada@example.com", "U0ADA0000", "release_manager"),
            Member("Grace Example", "grace@example.com", "U0GRACE00", "release_captain"),
        )
    )


def render(answers: Answers) -> str:
    """The text of the file.

    Raises:
        PolicyFileError: answers that fit together in no policy; `ask` returns none.
    """
    workflows = ("deploy-staging.yml", "deploy-production.yml") if answers.ci == "github" else ("staging", "production")
    text = _TEMPLATE.format(
        zone=answers.zone,
        team=answers.team,
        alerts=answers.alerts,
        service=_quoted(answers.service),
        repository=_quoted(answers.repository),
        channel=answers.channel,
        owner=_quoted(answers.people[0].email),
        coordinates=f"\n    coordinates: {_quoted(answers.repository.lower())}" if answers.ci == "github" else "",
        staging=workflows[0],
        production=workflows[1],
        people="\n".join(_entry(member) for member in answers.people),
        roles="\n".join(_grant(role, answers) for role in ROLES),
        neighbours=(_EVIDENCE + (_GITHUB if answers.ci == "github" else _HTTP)).format(
            ci_url=_quoted(answers.ci_url), registry=_quoted(answers.registry), secret=_SECRET
        ),
    )
    parse(text.encode(), "signalbox.yaml")
    return text


def next_steps(answers: Answers, target: Path) -> str:
    """What to do with the file."""
    credentials = "GITHUB_TOKEN (or a GitHub App) and GITHUB_WEBHOOK_SECRET" if answers.ci == "github" else _SECRET
    return "\n".join(
        [
            f"Wrote {target}. Next:",
            "  1. Read it, change what does not fit, and put it into a repository where changes are reviewed.",
            f"  2. Set SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, {credentials}: docs/settings.md explains each.",
            f"  3. signalbox check --policy {target}",
            f"  4. signalbox serve --policy {target}",
        ]
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _entry(member: Member) -> str:
    return f"  - id: {_quoted(member.email)}\n    name: {_quoted(member.name)}\n    slack: [{member.slack}]"


def _grant(role: str, answers: Answers) -> str:
    held = ", ".join(_quoted(member.email) for member in answers.people if member.role == role)
    return f"  {role}:  # {ROLES[role]}\n    - people: [{held}]"


_SECRET: Final[SecretName] = "CI_SECRET"  # noqa: S105 - the name of the variable, not what it holds

_EVIDENCE: Final = """\
# What must be proven before a version enters an environment. `starter` asks for nothing beyond identity, separation of duties,
# windows, freezes and equal digests; add one requirement after the other, or take `strict`: docs/policy.md says what each takes.
evidence:
  profile: starter
  # environments:
  #   production: {{add: [rollback-target]}}

"""

_GITHUB: Final = """\
ci:
  actions:
    kind: github           # credentials come from the environment: docs/settings.md

artifacts:
  builds:
    kind: oci
    url: {registry}
    # username: signalbox
    # password: REGISTRY_PASSWORD   # the name of an environment variable"""

_HTTP: Final = """\
ci:
  actions:
    kind: http             # the contract is docs/generic-ci.md
    url: {ci_url}
    secret: {secret}      # the name of an environment variable, never the secret itself

artifacts:
  builds:
    kind: http
    url: {ci_url}
    secret: {secret}"""

_TEMPLATE: Final = """\
# The policy of Signalbox: who may move what, where and when. What it does not grant is refused.
# `signalbox check` tells every mistake in it; docs/policy.md explains every key.
version: 1
zone: {zone}

slack:
  teams: [{team}]          # everyone from another workspace is external and gets nothing
  alerts: {alerts}

# In promotion order.
environments:
  - name: staging
    aliases: [stage, stg]
  - name: production
    aliases: [prod]
    production: true       # windows, approvals and release versions are required here

services:
  {service}:
    repository: {repository}
    channel: {channel}
    owners: [{owner}]
    ci: actions
    artifacts: builds{coordinates}
    workflows:             # the one workflow that deploys to each environment
      staging: {staging}
      production: {production}

people:
{people}

# Role → who holds it. `groups` takes ids of Slack user groups beside or instead of `people`.
roles:
{roles}

# Action → environment → roles that may. `everyone` is each person above; a service's owners hold `service_owner`.
allow:
  read:
    staging: [everyone]
    production: [everyone]
  promote:
    staging: [developer, release_captain, release_manager]
    production: [release_captain, release_manager]
  approve:
    production: [release_manager, service_owner]
  cancel:
    staging: [developer, release_captain, release_manager]
    production: [release_captain, release_manager]
  freeze:
    production: [release_manager, service_owner]
  lift:
    production: [release_manager]
  record:
    production: [release_captain, release_manager]
  train:
    production: [release_captain, release_manager]
  request-exception:
    production: [release_captain, release_manager]
  cut:
    production: [release_captain, release_manager]
  accept-fix:
    production: [release_manager]
  approve-exception:
    production: [release_manager, service_owner]
  hotfix:                  # begins one, writes down what was found out, closes it
    production: [developer, release_captain, release_manager]
  call-decision:           # asks every area about what a release train would bring
    production: [release_captain, release_manager]
  decide:                  # go and no-go: release managers alone, or whom they delegate to
    production: [release_manager]
  declare-emergency:       # one version, once, past windows and freezes; two others approve it
    production: [release_captain, release_manager, service_owner]
  approve-emergency:
    production: [release_manager, service_owner]
  incident:                # opens, changes and closes incidents
    production: [release_manager, service_owner]

# Production changes only while a window is open.
windows:
  weekdays:
    days: [Mon, Tue, Wed, Thu]
    start: 10:00
    end: 16:00
    owner: {owner}
closed_weekdays: [Fri, Sat, Sun]

approvals:
  production:
    count: 1               # of people who neither asked for the change nor wrote it
    lifetime: 24h

{neighbours}
"""
