"""What is past its time leaves the ledger, and the ledger says so; nothing else does (AUD-02, AUD-07, AUD-13)."""

import asyncio
from datetime import timedelta

import pytest

from bot import purge
from bot.settings import Settings
from commands.core import retention
from commands.core.ports.ci import RunState
from guards.ledger_rules import SEVEN_YEARS
from storage import obligations, outbox, run_logs
from storage import retention as storage_retention
from storage.chain import TOMBSTONE
from tests.world.company import policy_data
from tests.world.world import World

TYPO = "/release promot api, my phone is +49 170 1234567"


def kept(**rules):
    return policy_data(ledger={"retention": rules})


@pytest.fixture
async def world(database_url):
    """A company that removes by itself; somebody mistyped a command, and asked for something."""
    async with World(database_url, kept(words="90d", by_itself=True)) as made:
        await made.say("carla", TYPO)
        await made.say("carla", "/release whoami")
        yield made


async def standing(world):
    """The tags of the entries, a dot for each tombstone."""
    return ["." if row.tag == TOMBSTONE else row.tag for row in await world.ledger()]


async def words(world):
    return "\n".join("\t".join(map(str, row)) for row in await world.ledger())


@pytest.mark.both
async def test_what_somebody_typed_goes_after_its_own_time_and_the_ledger_says_who_removed_it(world):
    before = await standing(world)
    await world.wait(days=89)
    assert (await standing(world))[: len(before)] == before
    assert "+49 170 1234567" in await words(world)

    await world.wait(days=2)
    assert (await standing(world))[: len(before)] == ["." if tag == "words:refused" else tag for tag in before]
    assert "+49 170 1234567" not in await words(world)
    assert await world.verified()
    told = await world.body("ledger:purged")
    number = before.index("words:refused") + 1
    assert told["removed"] == [[number, number]]
    assert told["counts"] == {"words": 1}
    assert told["rules"] == {"records": "2557d", "words": "90d", "logs": "2557d"}
    entry = [row for row in await world.ledger() if row.tag == "ledger:purged"][-1]
    assert (entry.actor, entry.policy) == ("signalbox", world.policy.hash)


async def about(world, change):
    """The tags of the entries about a change that still stand."""
    return [row.tag for row in await world.ledger() if row.subject == change]


async def done(world, version="v1.5.0"):
    """The change succeeded, and later another version took its place."""
    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(days=1)
    await world.runs_in("production", version)


async def test_a_record_stays_seven_years_and_what_still_runs_longer(world):
    first = await world.running()
    await world.ci_says(RunState.SUCCEEDED)
    whole = await about(world, first)
    assert {"dispatch:ordered", "run:succeeded"} <= set(whole)
    written = world.clock.now()
    await world.wait(until=written + SEVEN_YEARS - timedelta(days=2))
    assert set(whole) <= set(await about(world, first))
    await world.wait(days=5)
    assert set(whole) <= set(await about(world, first))  # it is what runs in production
    assert (await world.body("ledger:purged"))["kept"]["of something that is not over"] >= len(whole)
    assert "." in await standing(world)  # while what was asked for staging is gone

    await world.runs_in("production", "v1.5.0")
    await world.wait(days=2)
    assert not set(whole) & set(await about(world, first))
    assert await world.verified()


async def test_what_is_owed_for_a_record_keeps_its_entries(database_url):
    data = kept(by_itself=True) | {"post_release": {"tasks": ["docs"]}}
    async with World(database_url, data) as world:
        change = await world.running()
        await done(world)
        await world.wait(until=world.clock.now() + SEVEN_YEARS + timedelta(days=2))
        assert "dispatch:ordered" in await about(world, change)
        (owed,) = await world.house.store.read(lambda tx: obligations.about(tx, change))
        await world.house.store.write(lambda tx: obligations.discharge(tx, owed.id, world.clock.now(), "olga@acme.example", "written"))
        await world.wait(days=2)
        assert "dispatch:ordered" not in await about(world, change)
        assert await world.verified()


async def test_nothing_goes_by_itself_unless_the_policy_says_so(world):
    await world.restart(type(world.policy).model_validate(kept(words="90d")))
    await world.wait(days=400)
    assert "." not in await standing(world)
    await world.restart(type(world.policy).model_validate(kept(words="90d", by_itself=True)))
    await world.wait(seconds=1)
    assert "." in await standing(world)


async def test_what_is_on_legal_hold_stays_until_the_hold_is_taken_out(world):
    holds = {"matter-7": {"reason": "a question of the regulator", "services": ["web"]}}
    await world.restart(type(world.policy).model_validate(kept(words="90d", by_itself=True, holds=holds)))
    await world.wait(days=100)
    assert "." not in await standing(world)  # a word that was no command is about no service in particular
    assert "ledger:purged" not in await standing(world)
    await world.restart(type(world.policy).model_validate(kept(words="90d", by_itself=True)))
    await world.wait(days=1)
    assert "." in await standing(world)


async def test_the_copy_of_a_log_goes_after_its_own_time_and_its_hash_stays(database_url):
    async with World(database_url, kept(logs="400d", by_itself=True)) as world:
        change = await world.running()
        await world.ci_says(RunState.SUCCEEDED)
        await world.wait(minutes=2)

        async def log():
            (found,) = await world.house.store.read(lambda tx: run_logs.of(tx, change))
            return found

        was = await log()
        await world.wait(days=401)
        assert await log() == was  # what runs keeps its log
        await world.runs_in("production", "v1.5.0")
        await world.wait(days=2)
        now = await log()
        assert (now.packed, now.why, now.hash) == (None, "it was removed after its retention period", was.hash)
        assert (await world.body("ledger:purged"))["logs"] == [was.key]


async def test_a_message_that_never_arrived_goes_as_words_do(world):
    def give_up(tx):
        number = outbox.add(tx, outbox.Message("reply", {"text": "for one person"}), world.clock.now())
        outbox.take(tx, world.clock.now(), 9, timedelta(seconds=60), "a test")
        outbox.dead(tx, number, "the account is gone")

    async def dead():
        return await world.house.store.read(lambda tx: len(storage_retention.unsent(tx, world.clock.now())))

    await world.house.store.write(give_up)
    await world.wait(days=89)
    assert await dead() == 1
    await world.wait(days=2)
    assert await dead() == 0
    assert (await world.body("ledger:purged"))["messages"] == 1


# ---------------------------------------------------------------- by hand


@pytest.fixture
def by_hand(world, monkeypatch, database_url):
    """What an operator types on the host, later."""
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(purge.MachineClock, "now", lambda self: world.clock.now())
    settings = Settings.model_validate({"SIGNALBOX_DATABASE_URL": database_url})

    async def run(policy, **how):
        return await asyncio.to_thread(purge.run, settings, policy, **how)

    return run


async def test_an_operator_is_told_first_and_then_has_it_removed(world, by_hand, capsys, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)  # in as many transactions as there are entries
    policy = type(world.policy).model_validate(kept(words="90d"))
    world.clock.at += timedelta(days=91)
    before = await world.ledger()
    assert await by_hand(policy, carry_out=False) == 0
    assert await world.ledger() == before
    told = capsys.readouterr().out
    assert "Would remove 1 entries of the class words." in told
    assert "say --carry-out" in told

    assert await by_hand(policy, carry_out=True) == 0
    assert "Removed 1 entries of the class words." in capsys.readouterr().out
    entry = (await world.ledger())[-1]
    assert (entry.tag, entry.actor.partition(":")[0]) == ("ledger:purged", "host")
    assert await world.verified()

    left = await world.ledger()
    assert await by_hand(policy, carry_out=True) == 0
    assert await world.ledger() == left  # nothing to remove is nothing to record


async def test_a_database_that_does_not_answer_is_told(world, monkeypatch, capsys):
    settings = Settings.model_validate({"SIGNALBOX_DATABASE_URL": "sqlite:////nowhere/x.db"})
    assert await asyncio.to_thread(purge.run, settings, world.policy, carry_out=True) == 2
    assert "does not exist" in capsys.readouterr().err
