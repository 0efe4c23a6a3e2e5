"""Remember, then acknowledge: repetitions do nothing, and whoever was not taken in is told so (OPS-07, OPS-12)."""

import asyncio
import logging

import pytest
import sqlalchemy as sa

from bot.slack.intake import BUSY, PERHAPS
from storage.errors import CommitUnknown, Full, Unavailable
from tests.bot.conftest import tags
from tests.world.world import World


async def remembered(world) -> int:
    return await world.house.store.read(lambda tx: tx.run(sa.text("SELECT count(*) FROM inbox")).scalar_one())


def lose(world, monkeypatch, error: Exception) -> None:
    """Nothing can be written any more."""

    async def write(_, **__):
        raise error

    monkeypatch.setattr(world.house.store, "write", write)


async def to_approve(world) -> None:
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")


async def test_a_command_that_comes_again_is_acknowledged_the_same_and_does_nothing(world):
    first = await world.say("carla", "/release promote api v9 staging")
    before = await remembered(world), await tags(world)
    again = await world.slack.redeliver(first)
    await world.quiet()
    assert (again.status, again.body, again.error) == (first.status, first.body, None)
    assert (await remembered(world), await tags(world)) == before


async def test_a_click_and_a_form_that_come_again_do_nothing(world):
    await to_approve(world)
    click = await world.press("rita", "Approve")
    form = await world.fill("rita", rationale="read and tested")
    before = await remembered(world), await tags(world), len(world.ci.started)
    for exchange in (click, form):
        again = await world.slack.redeliver(exchange)
        assert (again.status, again.body) == (exchange.status, exchange.body)
    await world.quiet()
    assert (await remembered(world), await tags(world), len(world.ci.started)) == before


async def test_two_typed_commands_are_two_though_they_say_the_same(world):
    before = await remembered(world)
    await world.say("carla", "/release whoami")
    await world.say("carla", "/release whoami")
    assert await remembered(world) == before + 2


@pytest.mark.parametrize("error", [Unavailable("gone"), Full("2000 wait"), RuntimeError("a fault of ours")])
async def test_a_command_that_cannot_be_remembered_is_answered_so_and_starts_nothing(world, monkeypatch, error):
    await world.runs_in("dev")
    with monkeypatch.context() as broken:
        lose(world, broken, error)
        answer = await world.slack.say(world.people["dev"], world.channels["releases"], "/release promote api v1.4.0 staging")
    assert (answer.status, answer.body) == (200, BUSY)
    assert world.told("dev") == BUSY
    await world.quiet()
    assert world.ci.asked == []

    await world.say("dev", "/release promote api v1.4.0 staging")  # a minute later
    assert len(world.ci.started) == 1


async def test_a_commit_that_nobody_knows_the_end_of_is_not_called_nothing(world, monkeypatch):
    with monkeypatch.context() as broken:
        lose(world, broken, CommitUnknown("broke"))
        await world.slack.say(world.people["dev"], world.channels["releases"], "/release whoami")
    assert world.told("dev") == PERHAPS.replace("`", "")


async def test_a_form_that_cannot_be_remembered_stays_open_with_what_was_typed(world, monkeypatch):
    await to_approve(world)
    await world.press("rita", "Approve")
    with monkeypatch.context() as broken:
        lose(world, broken, Unavailable("gone"))
        await world.slack.submit(world.people["rita"], {"rationale": "read and tested"})
    form = world.slack.modal(world.people["rita"])
    assert form
    assert form.errors == {"rationale": BUSY}
    assert form.values["rationale"] == "read and tested"
    assert len(world.ci.started) == 1  # staging

    await world.fill("rita")  # the same form, sent again as it stands
    assert world.slack.modal(world.people["rita"]) is None
    assert len(world.ci.started) == 2


async def test_a_click_that_cannot_be_remembered_fails_where_slack_shows_it(world, monkeypatch):
    await to_approve(world)
    with monkeypatch.context() as broken:
        lose(world, broken, Unavailable("gone"))
        answer = await world.slack.press(world.people["rita"], world.card(), "Approve")
    assert (answer.status, answer.error) == (503, "dispatch_failed")
    assert "didn't work" in world.told("rita")

    await world.press("rita", "Approve")
    assert world.slack.modal(world.people["rita"])


async def test_the_acknowledgement_waits_for_nobody(world):
    """Slack's own answers hang, and so does everything that is carried out; the acknowledgement does not."""
    hang = world.slack.faults.hang("users.info")
    answer = await world.slack.say(world.people["carla"], world.channels["releases"], "/release promote api v1.4.0 staging")
    assert (answer.status, answer.body, answer.error) == (200, "", None)
    await hang.reached.wait()
    assert await tags(world) == []
    hang.release()
    await world.quiet()
    assert await tags(world) == ["promote:refused"]


async def test_what_is_typed_arrives_as_it_was_typed(world):
    await world.say("carla", "/release <b>&amp; now")
    entry = (await world.ledger())[-1]
    assert '"typed":"<b>&amp; now"' in entry.body


async def test_over_a_websocket_it_is_the_same(sqlite_url, monkeypatch):
    async with World(sqlite_url, socket_mode=True) as world:
        first = await world.say("carla", "/release whoami")
        assert "Carla" in world.told("carla")
        before = await remembered(world)
        assert (await world.slack.redeliver(first)).error is None
        assert await remembered(world) == before
        with monkeypatch.context() as broken:
            lose(world, broken, Unavailable("gone"))
            await world.slack.say(world.people["carla"], world.channels["releases"], "/release whoami")
        assert world.told("carla") == BUSY


async def test_bolt_has_nothing_to_warn_of(sqlite_url, monkeypatch, caplog):
    """It would: the environment of a real bot has the token that we hand over ourselves."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-signalbox-of-the-environment")
    with caplog.at_level(logging.DEBUG):
        async with World(sqlite_url) as world:
            await world.say("carla", "/release whoami")
    assert [r for r in caplog.records if "bolt" in r.name.lower() or "Intake" in r.name] == []


async def test_a_burst_is_remembered_whole(world):
    people = [world.people[name] for name in ("carla", "dev", "rita", "rob", "olga")]
    answers = await asyncio.gather(*(world.slack.say(p, world.channels["releases"], "/release whoami") for p in people * 8))
    assert {a.body for a in answers} == {""}
    assert await remembered(world) == 40
    await world.quiet()
