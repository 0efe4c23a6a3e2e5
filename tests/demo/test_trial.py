"""Somebody's own policy, played with invented facts: nothing of it is changed, and nobody outside is asked."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.demo.backstage import Backstage
from bot.demo.invented import FIRST
from bot.demo.playground import title
from bot.demo.trial import MARK, Trial
from bot.policy_file import load
from bot.strict_yaml import Document
from guards.policy import Policy
from guards.sections import Service
from guards.vocabulary import Action

pytestmark = [pytest.mark.demo, pytest.mark.timeout(240)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "signalbox.yaml"


EVERYTHING = {
    "holidays": ["DE-BE"],
    "freeze_calendars": {
        "company": {
            "url": "https://calendar.example.com/freezes.ics", "kind": "holiday", "environments": ["production"],
            "approver": "grace@example.com", "exit": "The holiday is over.", "plan": "Trains go on.",
        }
    },
    "exceptions": {"waivable": ["checks"]},
    "gng": {"answer_within": "2h"},
    "stabilization": {"look_again": "10m"},
    "hotfix": {"look_again": "10m"},
    "record_links": {"asked": True},
    "ledger": {"checkpoints": {"every": "12h"}},
    "obligations": {"before": "2h"},
    "strategy": {"link": "https://wiki.example.com/release-strategy"},
}  # fmt: skip
"""Every section that the example leaves out."""

OF_A_SERVICE = {
    "team": "billing", "holidays": ["DE-BY"], "estimate": {"deployment": "10m"}, "repositories": ["example/billing-schema"],
    "repository_rules": {"example/billing-schema": {"branch": "trunk"}},
    "zone": "Europe/Berlin", "chain": ["development", "staging", "production"], "branch": "main", "freeze_status": ["main"],
    "source": "https://github.com/example/billing-api", "checks": ["lint"], "omit": [], "branch_workflow": "branch.yml",
    "maintained": ["release/1.8"], "depends_on": ["ledger-api"], "integration": "suite.yml", "refresh": True,
}  # fmt: skip
"""Every key of a service that the example's first one leaves out."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The example with every section in it, sources of incidents that may not fall silent, and two CIs at GitHub."""
    found = Document(EXAMPLE.read_bytes()).data | EVERYTHING
    first = found["services"]["billing-api"]
    second = {key: first[key] for key in ("repository", "channel", "owners", "artifacts", "coordinates", "history", "workflows")}
    found["services"]["ledger-api"] = second | {"ci": "other-actions"}
    first |= {key: each for key, each in OF_A_SERVICE.items() if key not in first}
    first |= {"actions": list(found["allow"])}
    found["ci"]["other-actions"] = {"kind": "github"}
    found["incidents"] |= {
        "channel": "C0INCIDENT",
        "intake": {
            "pager": {"kind": "pagerduty", "secret": "PAGERDUTY_WEBHOOK_SECRET"},
            "other": {"kind": "http", "secret": "INCIDENT_SECRET", "silent_after": "15m"},
        },
    }
    found["post_release"] |= {"announce": "C0ANNOUNCE"}
    path = tmp_path_factory.mktemp("policy") / "signalbox.yaml"
    path.write_text(json.dumps(found))
    return path


@pytest.fixture
async def trial(tmp_path, file, monkeypatch):
    """On a machine whose own bot has settings that would be wrong here."""
    monkeypatch.setenv("SIGNALBOX_LOG_LEVEL", "verbose")
    monkeypatch.setenv("SIGNALBOX_SIGNING_KEY", "no key")
    monkeypatch.setenv("GITHUB_CLIENT_ID", "Iv1.0123456789abcdef")
    async with Trial(tmp_path, load(file)) as trial:
        yield trial


def handle_of(trial, *, action: Action, environment: str) -> str:
    """Somebody of the file who may do this there, by a role that the file gives to people."""
    policy = trial.house.policy
    roles = policy.allow[action][environment]
    able = {each for role in roles for grant in policy.roles.get(role, ()) for each in grant.people}
    return next(handle for handle, person in zip(trial.people, policy.people, strict=True) if person.id in able)


def test_every_section_of_a_policy_is_played(file):
    found = json.loads(file.read_text())
    assert set(found) == set(Policy.model_fields)
    assert set(found["services"]["billing-api"]) == set(Service.model_fields)
    assert set(found["incidents"]) >= {"channel", "intake"}


async def test_the_policy_is_as_it_was_loaded_and_its_people_are_there(trial, file):
    policy = load(file)
    assert trial.house.policy.hash == policy.hash
    assert trial.house.settings.github_client_id is None
    assert trial.house.settings.signing_key is None
    assert {person.email for person in trial.people.values()} == {person.id for person in policy.people}
    for person in policy.people:
        if person.slack:
            assert trial.slack.state.people[person.slack[0]].name == person.name
    assert {policy.slack.alerts, "C0INCIDENT", "C0ANNOUNCE"} <= set(trial.slack.state.channels)
    assert set(policy.services) == {row.service for row in await trial.ledger() if row.tag == "deployment:observed"}
    assert (await Backstage(trial, MARK).look(next(iter(trial.people.values()))))["marked"] == MARK


async def test_a_version_that_nobody_built_goes_the_way_of_the_policy_up_to_what_people_have_to_do(trial):
    policy = trial.house.policy
    service = next(iter(policy.services))
    *before, last = policy.chain(service)
    words = "migration=no answers=none customers=none downtime=none data=none"
    for environment in before:
        asker = handle_of(trial, action=Action.PROMOTE, environment=environment)
        await trial.say(asker, f"/release promote {service} v1.1.0 {environment} {words}")
        await trial.until(lambda where=environment: any(f"→ {where}: deployed" in title(card) for card in trial.cards()))
    await trial.pass_time(timedelta(minutes=30))  # longer than a source of incidents may be silent
    asker = handle_of(trial, action=Action.PROMOTE, environment=last)
    await trial.say(asker, f"/release promote {service} v1.1.0 {last} {words}")
    told = trial.told(asker)[-1].as_text()
    assert "Could not read" not in told
    assert {line.removeprefix("reason: ") for line in told.splitlines() if line.startswith("reason: ")} == {
        "not-verified",
        "evidence-lacking",  # what the keepers of secrets, credentials and environments say
        "record-incomplete",
        "no-release-notes",
    }
    assert [call["path"] for call in await trial.ci.calls() if call["method"] == "POST"] == ["/runs"] * len(before)


async def test_a_registry_that_is_down_is_never_a_yes(trial):
    policy = trial.house.policy
    service = next(iter(policy.services))
    environment = policy.chain(service)[1]
    asker = handle_of(trial, action=Action.PROMOTE, environment=environment)
    await trial.ci.misbehave("registry_down", 100)
    await trial.say(asker, f"/release promote {service} {FIRST} {environment}")
    assert "Could not read" in trial.told(asker)[-1].as_text()
    assert not await trial.ci.calls()
