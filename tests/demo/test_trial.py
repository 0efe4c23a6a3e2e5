"""Somebody's own policy, played with invented facts: nothing of it is changed, and nobody outside is asked."""

from pathlib import Path

import pytest

from bot.demo.backstage import Backstage
from bot.demo.invented import FIRST
from bot.demo.playground import title
from bot.demo.trial import MARK, Trial
from bot.policy_file import load
from guards.vocabulary import Action

pytestmark = pytest.mark.timeout(240)
EXAMPLE = Path(__file__).parents[2] / "examples" / "signalbox.yaml"


@pytest.fixture
async def trial(tmp_path):
    async with Trial(tmp_path, load(EXAMPLE)) as trial:
        yield trial


def handle_of(trial, *, action: Action, environment: str) -> str:
    """Somebody of the file who may do this there, by a role that the file gives to people."""
    policy = trial.house.policy
    roles = policy.allow[action][environment]
    able = {each for role in roles for grant in policy.roles.get(role, ()) for each in grant.people}
    return next(handle for handle, person in zip(trial.people, policy.people, strict=True) if person.id in able)


async def test_the_policy_is_as_it_was_loaded_and_its_people_are_there(trial):
    policy = load(EXAMPLE)
    assert trial.house.policy.hash == policy.hash
    assert {person.email for person in trial.people.values()} == {person.id for person in policy.people}
    for person in policy.people:
        if person.slack:
            assert trial.slack.state.people[person.slack[0]].name == person.name
    assert policy.slack.alerts in trial.slack.state.channels
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
    asker = handle_of(trial, action=Action.PROMOTE, environment=last)
    await trial.say(asker, f"/release promote {service} v1.1.0 {last} {words}")
    told = trial.told(asker)[-1].as_text()
    assert {line.removeprefix("reason: ") for line in told.splitlines() if line.startswith("reason: ")} == {
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
