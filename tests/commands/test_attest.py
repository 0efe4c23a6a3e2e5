"""Evidence that no system tells is said by people whom the policy names, with a reason, or said not to apply (EVD-02, EVD-30, RBAC-15)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.vcs import CheckState
from guards.version import Artifact
from tests.world.company import COMMIT, DIGEST, TUESDAY
from tests.world.strict import REPOSITORY, prove, strict_policy
from tests.world.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # its SQL is tested in storage

ASK = "/release promote api v1.4.0 production"
ITEMS = {
    "dast": {"about": "a dynamic scan", "checks": ["dast*"], "not_applicable": ["security"]},
    "vault": {"about": "secrets come from a vault", "said_by": ["security", "developer"], "lasts": "90d"},
}
NO_DAST = "/release attest api v1.4.0 dast not-applicable nothing of it is reachable, see PAY-7"
VAULT = "/release attest api v1.4.0 vault holds all 14 secrets are read from the vault, PAY-12"


@pytest.fixture
async def world(database_url):
    """A company that asks for a scan, or why there is none, and for a word about its secrets, and for nothing else; v1.4.0 ran in staging."""
    evidence = {"profile": "starter", "environments": {"production": {"add": ["evidence-items"]}}, "items": ITEMS}
    data = strict_policy()
    data["evidence"] = {**data["evidence"], **evidence}
    async with World(database_url, data) as made:
        await prove(made, written=False)
        await made.on_staging()
        await made.news()
        yield made


async def test_from_the_refusal_to_ci_by_the_words_of_those_who_may_say_it(world):
    await world.say("carla", ASK)
    assert (await world.news(), await world.codes()) == (["promote:refused"], ["evidence-lacking", "not-approved"])
    assert "dast: nothing shows it. vault: nothing shows it." in world.told("carla")

    await world.say("rita", NO_DAST)
    assert await world.news() == ["attest:accepted", "evidence:attested"]
    assert world.told("rita") == snapshot("""\
🧾 ATT-2026-1124-001 is recorded
dast of api v1.4.0: not-applicable\
""")
    assert await world.body("evidence:attested") == snapshot(
        {
            "digest": "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
            "item": "dast",
            "until": None,
            "version": "v1.4.0",
            "why": "nothing of it is reachable, see PAY-7",
            "word": "not-applicable",
        }
    )
    await world.say("rita", VAULT)
    assert world.told("rita") == snapshot("""\
🧾 ATT-2026-1124-002 is recorded
vault of api v1.4.0: holds
It counts for each version until Feb 22, 2027 11:00 (Mon 11:00 Europe/Berlin).\
""")

    await world.say("carla", ASK)
    await world.approve("rita")
    assert world.ci.started[-1].environment == "production"
    answers = {answer["guard"]: answer for answer in (await world.body("dispatch:ordered"))["answers"]}
    assert answers["itemized"]["why"] == snapshot(
        "dast: not applicable, Rita Manager said: nothing of it is reachable, see PAY-7; vault: Rita Manager said: all 14 secrets are read from the vault, PAY-12"
    )


@pytest.mark.parametrize(
    ("who", "words", "code"),
    [
        pytest.param("olga", NO_DAST, "not-permitted", id="who holds no role for it"),
        pytest.param("rita", "/release attest api v1.4.0 dast holds I ran it myself", "not-permitted", id="a scan is shown, not said"),
        pytest.param("dev", VAULT, "own-work", id="who wrote it"),
        pytest.param("rita", "/release attest api v1.4.0 vault holds later", "no-rationale", id="without a reason"),
        pytest.param("rita", "/release attest api v9.9.9 vault holds all are in the vault", "no-artifact", id="of what was never built"),
        pytest.param("rita", "/release attest api latest vault holds all are in the vault", "floating-reference", id="of what moves"),
        pytest.param("nobody", VAULT, "stranger", id="a stranger"),
    ],
)
async def test_who_may_not_say_it_is_told_why_and_nothing_is_written(world, who, words, code):
    await world.say(who, words)
    assert code in await world.codes()
    assert len(await world.news()) == 1
    await world.say("carla", ASK)
    assert "evidence-lacking" in await world.codes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param("api v1.4.0 dst holds yes", "there is no item of evidence 'dst', did you mean 'dast'?", id="no such item"),
        pytest.param(
            "api v1.4.0 dast perhaps yes", "'perhaps' says nothing of it; write holds, not-applicable or fails", id="no such word"
        ),
        pytest.param("api v1.4.0 dast", "word", id="a word is missing"),
    ],
)
async def test_words_that_say_nothing_are_answered_with_how_it_is_written(world, words, sentence):
    await world.say("rita", f"/release attest {words}")
    assert sentence in world.told("rita")
    assert await world.news() == ["words:refused"]


async def test_what_is_approved_waits_for_what_fails_and_goes_when_it_holds_again(world):
    """What was asked for outside its window is judged again with each word."""
    await world.say("rita", NO_DAST)
    await world.say("rita", VAULT)
    await world.wait(until=TUESDAY + timedelta(hours=8))
    await world.say("carla", ASK)
    await world.approve("rita")
    assert (await world.change()).state is State.WAITING
    await world.say("dev", "/release attest api v1.4.0 vault fails one is in the image")  # authors say so of their own work
    await world.wait(until=TUESDAY + timedelta(days=1))
    assert (await world.change()).why == snapshot(
        "Of the evidence that the policy names: vault: it fails, Dev Author said: one is in the image."
    )
    await world.say("rita", VAULT)
    await world.wait(minutes=1)
    assert world.ci.started[-1].environment == "production"


async def test_a_word_about_a_version_is_none_about_the_next_and_one_that_lasts_is(world):
    await world.say("rita", NO_DAST)
    await world.say("rita", VAULT)
    world.artifacts.add(Artifact("api", "v1.5.0", "sha256:" + "15" * 32, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
    await world.on_staging("v1.5.0", "sha256:" + "15" * 32)
    await world.say("carla", "/release promote api v1.5.0 production")
    told = world.told("carla")
    assert ("dast: nothing shows it" in told, "vault: nothing shows it" in told) == (True, False)
    await world.wait(days=90)
    await world.say("carla", "/release promote api v1.5.0 production")
    assert "vault: nothing shows it" in world.told("carla")


async def test_a_scan_that_ran_needs_nobodys_word_and_one_that_failed_is_outvoted_by_none(world):
    await world.say("rita", VAULT)
    checks = world.vcs.checked[REPOSITORY, COMMIT]
    world.vcs.checked[REPOSITORY, COMMIT] = (*checks, replace(checks[0], name="dast-staging", state=CheckState.FAILED))
    await world.say("rita", NO_DAST)
    await world.say("carla", ASK)
    assert "dast: check dast-staging failed" in world.told("carla")
    world.vcs.checked[REPOSITORY, COMMIT] = (*checks, replace(checks[0], name="dast-staging"))
    await world.say("carla", ASK)
    await world.approve("rita")
    assert world.ci.started[-1].digest == DIGEST
