"""After the departure: a retrospective with the run's facts, follow-ups, and the run is closed (TRN-17, TRN-18, MET-08)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from guards.cut import Blocker, CutState, LateChange, Rider
from guards.obligation import Owed
from guards.policy import Policy
from guards.train import Stage
from storage import cuts, decisions, obligations
from tests.commands.test_sets import asked, staged, went_well
from tests.guards.test_cutoff import CUT
from tests.world.company import TUESDAY
from tests.world.sets import RUN, board, stage_of, to_stage, train_data
from tests.world.world import World

OWED = "OBL-2026-1124-001"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The company, with a weekly train of three services in its stabilization."""
    async with World(database_url, train_data()) as made:
        await board(made, Stage.STABILIZING)
        await made.news()
        yield made


async def departed(world) -> None:
    """The whole set is in production."""
    await asked(world)
    await world.approve("rita")
    await went_well(world)
    assert await stage_of(world) is Stage.DEPARTED
    await world.news()


async def owed(world):
    return await world.house.store.read(lambda tx: obligations.about(tx, RUN))


def titles(world, who):
    return [world.shown(message).splitlines()[0] for message in world.slack.private(world.people[who])]


async def test_the_captain_owes_a_retrospective_once_the_run_departed_and_is_reminded_until_it_is_held(world):
    await departed(world)
    assert [(one.id, one.kind, one.owner, one.done) for one in await owed(world)] == snapshot(
        [("OBL-2026-1124-001", Owed.RETROSPECTIVE, "carla@acme.example", None)]
    )
    await world.wait(until=datetime(2026, 11, 25, 10, 1, tzinfo=UTC))
    assert world.told("carla") == snapshot("""\
⏰ Overdue
🔴 overdue OBL-2026-1124-001 Write down what went well, what is to improve, and who follows up on what. (Carla, until today 11:00 (Wed 11:00 Europe/Berlin))
It belongs to weekly-2026-11-24 (retrospective).
[Look back]\
""")
    await world.press("carla", "Look back", world.slack.private(world.people["carla"])[-1])
    assert world.form("carla")
    await world.fill("carla", well="no blocker at all", improve="the roll call took two days")
    count = len(titles(world, "carla"))
    await world.wait(until=datetime(2026, 12, 20, tzinfo=UTC))
    assert not [title for title in titles(world, "carla")[count:] if "Overdue" in title or "Soon" in title]


async def test_a_retrospective_is_recorded_with_the_facts_of_the_run_and_posted_in_its_thread(world):
    rode = tuple(Rider(number, "feat: x", "https://x", merged=TUESDAY - timedelta(days=number)) for number in (3, 5, 9))
    cut = replace(CUT, run=RUN, taken=TUESDAY - timedelta(days=2, minutes=30), state=CutState.CUT, included=rode)
    blocker = Blocker("BLK-2026-1124-001", RUN, "PAY-1", "refunds fail", "olga@acme.example", "Olga", TUESDAY)
    late = LateChange(RUN, "acme/api", 44, "feat: x", "https://x", "", TUESDAY)

    def stabilized(tx):
        cuts.add(tx, cut)
        cuts.add_blocker(tx, blocker)
        cuts.rides_later(tx, late)

    await world.house.store.write(stabilized)
    await staged(world)

    def call(tx):
        (go,) = decisions.of_run(tx, RUN)
        decisions.open_call(tx, RUN, go.candidate, TUESDAY - timedelta(hours=20), TUESDAY, "Carla Captain")

    await world.house.store.write(call)
    await world.wait(hours=1)
    await world.say("carla", f"/release manifest build {RUN} api=v1.4.0")
    assert await world.codes() == ["manifest-incomplete"]
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    await world.approve("rita")
    await went_well(world)
    await world.news()
    await world.say("carla", f'/release train retro {RUN} well="no blocker at all"')
    form = world.form("carla")
    assert form
    assert "It was whole in production" in str(form)
    assert await world.news() == []
    await world.fill("carla", improve="the *roll call* took <!channel> two days")
    assert await world.news() == snapshot(["train-retro:accepted", "train:retrospective", "obligation:done"])
    body = await world.body("train:retrospective")
    assert body == snapshot(
        {
            "blockers": 1,
            "changes": {"example/repo#3": 262800, "example/repo#5": 435600, "example/repo#9": 781200},
            "fixes": 0,
            "improve": "the *roll call* took <!channel> two days",
            "late": 1,
            "lead": 178200,
            "refusals": {"manifest-build:refused": 1},
            "roll_call": 72000,
            "stabilization": 174600,
            "train": "weekly",
            "waiting": 3600,
            "well": "no blocker at all",
        }
    )
    assert world.thread()[-1] == snapshot("""\
🔎 weekly-2026-11-24: the retrospective of Carla Captain
Went well: no blocker at all
To improve: the *roll call* took <!channel> two days
It was whole in production today 11:00 (Tue 12:00 Europe/Berlin).
From the cutoff until it was there: 2 d 1 h 30 min, which the train added to the lead time of what was merged last.
Of that stabilization until the go: 2 d 30 min; from the go until it was there: 1 h.
The roll call waited 20 h for its decision.
From its merge until it was there: 3 pull requests, half of them within 5 d 1 h; example/repo#9 took longest, 9 d 1 h.
Fixes since the cutoff: 0; late changes: 1; blockers: 1.
Refused on the way: manifest build 1.
[Record a follow-up]
today 11:00 (Tue 12:00 Europe/Berlin) · weekly-2026-11-24\
""")
    assert (await owed(world))[0].evidence == "recorded by Carla Captain"
    await world.say("dev", "/release train show weekly")  # MET-08: over the runs of a train, not only of each
    told = world.told("dev").replace("`", "")
    assert told[told.index("What its last") : told.index("[Amend]")] == snapshot("""\
What its last runs cost
On average of 1: stabilization 2 d 30 min, from the cutoff to production 2 d 1 h 30 min.
weekly-2026-11-24 stabilization 2 d 30 min, from the cutoff to production 2 d 1 h 30 min; 0 fixes, 1 late, 1 blockers, 1 refusals
""")
    await world.news()
    await world.say("carla", f"/release train retro {RUN} well=again improve=again")
    assert (await world.news(), await world.codes()) == (["train-retro:refused"], ["wrong-state"])
    assert await world.verified()


async def test_who_does_not_lead_the_train_records_none_and_nobody_does_before_it_departed(world):
    await world.say("carla", f"/release train retro {RUN} well=yes improve=no")
    assert await world.codes() == ["wrong-state"]
    await departed(world)
    await world.say("dev", f"/release train retro {RUN} well=yes improve=no")
    assert await world.news() == ["train-retro:refused"]
    await world.say("carla", "/release train retro weekly-2026-12-24 well=yes improve=no")
    assert "no-such-train" in await world.codes()
    await world.say("carla", "/release train retro weekly well=yes improve=no")
    assert "is no run" in world.told("carla")
    assert (await owed(world))[0].done is None


async def test_a_run_is_closed_when_nothing_of_it_is_owed_any_more(world):
    await departed(world)
    await world.say("carla", f"/release train close {RUN}")
    assert (await world.news(), await world.codes()) == (["train-close:refused"], ["still-owed"])
    assert OWED in world.told("carla")
    await world.say("carla", f"/release follow-up done {OWED} we spoke about it")
    assert (await world.news(), await world.codes()) == (["follow-up-done:refused"], ["not-by-word"])
    await world.say("carla", f"/release train retro {RUN} well=calm improve=tests")
    await world.say("carla", f"/release follow-up add {RUN} what=tests owner=carla@acme.example due=2026-11-27T18:00")
    await world.say("carla", f"/release train close {RUN}")
    assert "OBL-2026-1124-002 of Carla Captain: tests" in world.told("carla")
    assert await stage_of(world) is Stage.DEPARTED
    await world.say("carla", "/release follow-up done OBL-2026-1124-002 they are in")
    await world.news()
    card = next(m for m in world.cards() if world.shown(m).startswith(f"🏁 {RUN}"))
    assert card.ts in world.channels["releases"].pins
    await world.say("carla", f"/release train close {RUN} all is in")
    assert await world.news() == snapshot(["train-close:accepted", "train:run-closed"])
    assert await stage_of(world) is Stage.CLOSED
    assert world.shown(next(m for m in world.cards() if m.ts == card.ts)).startswith(f"📦 {RUN}: closed")
    assert card.ts not in world.channels["releases"].pins
    await world.say("carla", f"/release train close {RUN}")
    assert await world.codes() == ["wrong-state"]


async def test_whoever_leads_the_run_in_place_of_another_owes_its_retrospective(world):
    data = train_data()
    data["roles"] |= {"release_captain": [{"people": ["carla@acme.example", "rita@acme.example"]}]}
    await world.restart(Policy.model_validate(data))
    await departed(world)
    await world.say("carla", f"/release train captain {RUN} rita@acme.example")
    assert "obligation:handed-on" in await world.news()
    assert [(one.owner, one.done) for one in await owed(world)] == [("rita@acme.example", None)]
    assert "This is yours" in world.told("rita")


async def test_a_run_that_stopped_on_its_way_is_looked_back_on_too(world):
    await to_stage(world, Stage.GO)
    await to_stage(world, Stage.DEPARTING)
    await to_stage(world, Stage.STOPPED)
    await world.say("carla", f"/release train retro {RUN} well=nothing improve=everything")
    (one,) = await owed(world)
    assert one.done
    assert (await world.body("train:retrospective"))["lead"] is None
    assert "It was never whole in production." in world.thread()[-1]
    await world.say("carla", f"/release train close {RUN}")
    assert await stage_of(world) is Stage.CLOSED
