"""Leading a train by forms and buttons: what is not said is asked for, filled with what stands (CMD-07)."""

from inline_snapshot import snapshot

from commands.core.home import PACE
from guards.train import Stage, TrainState
from storage import trains
from tests.commands.test_home import home, opens
from tests.commands.test_train import RUN, TEXTS, draft, published, runs_of, train_of, words
from tests.world.company import policy_data
from tests.world.world import World


async def test_a_draft_is_published_from_the_home_and_by_a_form(world):
    await draft(world)
    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    shown = await opens(world, "carla")
    assert "[Describe weekly] [Publish weekly]" in shown
    await world.say("carla", "/release train publish")
    assert world.form("carla").as_text("Europe/Berlin") == snapshot("""\
Publish a train
Its next runs are planned, and each posts its schedule in time.
Train: [plain_text_input]
Its name, as in /release train list.
[Not now] [Publish]\
""")
    await world.fill("carla", train="weekly")
    assert (await train_of(world)).state is TrainState.PUBLISHED
    await world.wait(seconds=PACE.total_seconds())
    assert "[Publish weekly]" not in home(world, "carla")


async def test_who_leads_is_asked_for_with_who_does_now(database_url):
    data = policy_data()
    data["roles"]["release_captain"][0]["people"].append("dev@acme.example")
    async with World(database_url, data) as world:
        await led(world)


async def led(world):
    await published(world)
    await world.say("carla", "/release train captain weekly")
    assert world.form("carla").as_text("Europe/Berlin") == snapshot("""\
Captain
It is about weekly.
Who leads it?: carla@acme.example
[Not now] [Save]\
""")
    await world.fill("carla", people="carla@acme.example, dev@acme.example")
    assert (await train_of(world)).captains == ("carla@acme.example", "dev@acme.example")

    await world.press("carla", "Another captain", next(card for card in world.cards() if RUN in world.shown(card).splitlines()[0]))
    assert world.form("carla").as_text("Europe/Berlin") == snapshot("""\
Captain
It is about weekly-2026-12-01.
Who leads it?: carla@acme.example
[Not now] [Save]\
""")
    await world.fill("carla", people="dev@acme.example")
    assert (await runs_of(world))[RUN].captain == "dev@acme.example"


async def test_a_held_run_goes_on_from_its_card_and_from_the_home(world):
    await published(world)
    run = (await runs_of(world))[RUN]
    await world.house.store.write(lambda tx: trains.move(tx, run, Stage.HELD, why="main is red"))
    assert f"[Let {RUN} go on]" in await opens(world, "carla")
    await world.say("carla", "/release train resume")
    assert world.form("carla").as_text("Europe/Berlin") == snapshot("""\
Let a run go on
A run that was held over its cutoff is cut at once.
Run: [plain_text_input]
As on its card: weekly-2026-12-01.
[Not now] [Go on]\
""")
    await world.fill("carla", run=RUN)
    assert (await runs_of(world))[RUN].stage is Stage.PUBLISHED
    card = next(card for card in world.cards() if RUN in world.shown(card).splitlines()[0])
    assert "[Go on]" not in world.shown(card)


async def test_before_a_train_is_closed_it_is_said_what_becomes_of_its_runs(world):
    await published(world)
    await world.say("carla", "/release train close weekly")
    assert world.form("carla").as_text("Europe/Berlin") == snapshot("""\
Close
weekly-2026-11-24 is skipped
weekly-2026-12-01 is skipped
weekly-2026-12-08 is skipped
Why?: [plain_text_input]
It stands in the channel.
[Not now] [Close]\
""")
    assert (await train_of(world)).state is TrainState.PUBLISHED
    await world.fill("carla", reason="each goes out alone now")
    assert (await train_of(world)).state is TrainState.CLOSED


async def test_a_run_that_is_skipped_is_taken_back_from_its_card(world):
    await published(world)
    await world.say("carla", f"/release train skip {RUN} holidays")
    card = next(card for card in world.cards() if RUN in world.shown(card).splitlines()[0])
    await world.press("carla", "Take that back", card)
    assert (await runs_of(world))[RUN].stage is Stage.PUBLISHED
