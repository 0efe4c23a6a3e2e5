"""The policy file of the demo's company, as somebody would write it for their own.

Invariant: it is read by `bot.policy_file` like any other; nothing about it is special but the CI's address and the ids in Slack.
"""

from collections.abc import Mapping
from string import Template
from textwrap import indent

CI_SECRET = "SIGNALBOX_DEMO_CI_SECRET"
ENVIRONMENTS = ("dev", "staging", "production")
CHECKS = ("lint", "unit-test", "sast")
"""What CI reports on each commit."""

PROTECTION = {
    "required_status_checks": {"strict": True, "contexts": list(CHECKS)},
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "required_approving_review_count": 1,
    },
    "enforce_admins": {"enabled": True},
}
"""What main demands at the forge, in the words of GitHub's answer."""

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
    artifacts: registry
    coordinates: acme/api
    history: github
    workflows: {dev: deploy, staging: deploy, production: deploy}
  # these two ride a train: the shop needs the catalog, so that one goes first
  catalog:
    repository: acme/catalog
    channel: $releases
    owners: [olga@acme.example]
    ci: demo
    artifacts: registry
    coordinates: acme/catalog
    history: github
    workflows: {dev: deploy, staging: deploy, production: deploy}
    branch_workflow: release-branch
  shop:
    repository: acme/shop
    channel: $releases
    owners: [olga@acme.example]
    ci: demo
    artifacts: registry
    coordinates: acme/shop
    history: github
    workflows: {dev: deploy, staging: deploy, production: deploy}
    branch_workflow: release-branch
    depends_on: [catalog]
    integration: integration     # the suite that tests a train's set together

people:
  - {id: carla@acme.example, name: Carla Captain, github: carla, slack: [$carla]}
  - {id: dev@acme.example, name: Dev Author, github: dev, slack: [$dev]}
  - {id: rita@acme.example, name: Rita Manager, github: rita, slack: [$rita]}
  - {id: rob@acme.example, name: Rob Second, github: rob, slack: [$rob]}
  - {id: olga@acme.example, name: Olga Owner, github: olga, slack: [$olga]}
  - {id: ines@acme.example, name: Ines Incident, github: ines, slack: [$ines]}
  - {id: otto@acme.example, name: Otto Oncall, github: otto, slack: [$otto]}
  - {id: sami@acme.example, name: Sami Security, github: sami, slack: [$sami]}
  - {id: audrey@acme.example, name: Audrey Auditor, slack: [$audrey]}

roles:
  release_captain: [{people: [carla@acme.example]}]
  developer: [{people: [dev@acme.example, carla@acme.example, rita@acme.example]}]
  tech_lead: [{people: [dev@acme.example, rita@acme.example, rob@acme.example]}]
  # one person may hold several roles, and counts once
  product: [{people: [olga@acme.example]}]
  ops: [{people: [rita@acme.example]}]
  security: [{people: [sami@acme.example]}]
  on_call: [{people: [otto@acme.example, rob@acme.example]}]
  on_call_lead: [{people: [rob@acme.example]}]
  on_call_manager: [{people: [olga@acme.example]}]
  incident_commander: [{people: [ines@acme.example]}]
  audit: [{people: [audrey@acme.example]}]
  release_manager:
    - people: [rita@acme.example]
    - groups: [$managers]        # Rob is in this Slack user group; it is read when it is needed

# Carla and Dev may approve for production too: only never what they asked for or wrote themselves.
allow:
  promote: {dev: [developer], staging: [developer], production: [release_captain]}
  approve:
    production: [release_captain, developer, tech_lead, product, ops, security, on_call, release_manager, service_owner]
  cancel: {dev: [developer], staging: [developer], production: [release_captain, release_manager]}
  freeze: {production: [release_manager, incident_commander]}
  lift: {production: [release_manager, incident_commander]}
  record: {production: [release_captain]}
  train: {production: [release_captain]}
  cut: {production: [release_captain]}
  accept-fix: {production: [release_manager]}
  request-exception: {production: [release_captain, developer]}
  approve-exception: {production: [release_manager, service_owner]}
  hotfix: {production: [developer, release_manager]}
  call-decision: {production: [release_captain]}
  decide: {production: [release_manager]}
  incident: {production: [incident_commander, on_call]}
  declare-emergency: {production: [incident_commander, on_call]}
  approve-emergency: {production: [service_owner, release_manager, incident_commander, on_call_lead]}
  request-access: {production: [incident_commander, on_call]}
  grant-access: {production: [on_call_manager]}

windows:
  weekdays:
    days: [Mon, Tue, Wed, Thu]
    start: "10:00"
    end: "16:00"
    owner: rita@acme.example
    support: The release desk watches until 17:00.

# While such an incident is open, only an emergency or the way back gets in.
incidents:
  blocks: {production: SEV-2}

approvals:
  production: {count: 1, authors_known: true}

# The stories end when production runs it: nobody is asked to look afterwards, nothing is owed, and no link leads out of this machine.
post_release:
  verification: {asked: false}
  tasks: []
record_links: {asked: false}

# What has to be proven: in production everything but labels of risk and a day's notice, on the way there where the bits come from.
evidence:
  profile: strict
  environments:
    production: {omit: [risk-label, lead-time, verified-before, soak, evidence-items]}
  reasons:
    risk-label: so few people tell each other
    lead-time: everybody sits in one room
    verified-before: the stories begin when staging was looked at
    soak: nobody waits a quarter of an hour in a story
    evidence-items: the checks below are all that this company has
  taggers: [$tagger]
  checks: [$checks]
  check_sources: [demo-ci]
  reviews: 1

ci:
  demo: {kind: http, url: "$ci", secret: $secret}
artifacts:
  registry:
    kind: oci
    url: "$ci"
    signers:                     # CI's key: nobody else's provenance or signature counts
      - kind: key
        public_key: |
$key
""")


def text(ci: str, key: str, tagger: str, ids: Mapping[str, str]) -> str:
    """The file's text.

    Args:
        ci: base URL of the demo's servers.
        key: the public key that CI signs its builds with, PEM.
        tagger: the address of CI's release identity.
        ids: Slack's ids by name: the team, the two channels, the user group and each person.
    """
    return _TEXT.substitute(ids, ci=ci, secret=CI_SECRET, tagger=tagger, checks=", ".join(CHECKS), key=indent(key.strip(), " " * 10))
