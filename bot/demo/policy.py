"""The policy file of the demo's company, as somebody would write it for their own.

Invariant: it is read by `bot.policy_file` like any other; nothing about it is special but the CI's address and the ids in Slack.
"""

from collections.abc import Mapping
from string import Template

CI_SECRET = "SIGNALBOX_DEMO_CI_SECRET"
ENVIRONMENTS = ("dev", "staging", "production")

_TEXT = Template("""\
# The policy of Acme, the company in the demo. What it does not grant is refused.
version: 1
zone: Europe/Berlin

slack:
  teams: [$team]
  alerts: $alerts

environments:
  - {name: dev}
  - {name: staging, aliases: [stg]}
  - {name: production, aliases: [prod], production: true}

services:
  api:
    repository: acme/api
    channel: $releases
    owners: [olga@acme.example]
    ci: demo
    artifacts: builds
    workflows: {dev: deploy, staging: deploy, production: deploy}

people:
  - {id: carla@acme.example, name: Carla Captain, slack: [$carla]}
  - {id: dev@acme.example, name: Dev Author, slack: [$dev]}
  - {id: rita@acme.example, name: Rita Manager, slack: [$rita]}
  - {id: rob@acme.example, name: Rob Second, slack: [$rob]}
  - {id: olga@acme.example, name: Olga Owner, slack: [$olga]}

roles:
  release_captain: [{people: [carla@acme.example]}]
  developer: [{people: [dev@acme.example, carla@acme.example]}]
  tech_lead: [{people: [dev@acme.example]}]
  release_manager:
    - people: [rita@acme.example]
    - groups: [$managers]        # Rob is in this Slack user group; it is read when it is needed

# Carla and Dev may approve for production too: only never what they asked for or wrote themselves.
allow:
  promote: {dev: [developer], staging: [developer], production: [release_captain]}
  approve: {production: [release_captain, tech_lead, release_manager, service_owner]}
  cancel: {dev: [developer], staging: [developer], production: [release_captain, release_manager]}
  freeze: {production: [release_manager]}
  lift: {production: [release_manager]}
  record: {production: [release_captain]}

windows:
  weekdays:
    days: [Mon, Tue, Wed, Thu]
    start: "10:00"
    end: "16:00"
    owner: rita@acme.example
    support: The release desk watches until 17:00.

approvals:
  production: {count: 1, authors_known: true}

ci:
  demo: {kind: http, url: "$ci", secret: $secret}
evidence: {profile: starter}
artifacts:
  builds: {kind: http, url: "$ci", secret: $secret}
""")


def text(ci: str, ids: Mapping[str, str]) -> str:
    """The file's text.

    Args:
        ci: base URL of the demo CI.
        ids: Slack's ids by name: the team, the two channels, the user group and each person.
    """
    return _TEXT.substitute(ids, ci=ci, secret=CI_SECRET)
