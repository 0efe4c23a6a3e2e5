"""Reminders of trains: to whom, when, about what; quiet hours; once for one cause; and louder when nobody acts (TRN-23)."""

import json
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.trains import duties, remind
from commands.core.trains.reminding import Reminding
from commands.core.trains.standing import candidate_of
from guards.checklist import Area
from guards.go import Answer, Say
from guards.policy import Policy
from guards.train import Stage
from guards.version import Artifact
from storage import artifacts, decisions, trains
from tests.commands.test_train import RUN, TEXTS, draft, published, runs_of, utc, words
from tests.world.company import COMMIT, DIGEST, policy_data
from tests.world.world import World


def told(world, who):
    """The titles of what somebody was told privately, oldest first."""
    return [world.shown(message).splitlines()[0] for message in world.slack.private(world.people[who])]


async def reminders(world, subject=RUN):
    rows = [row for row in await world.ledger() if row.subject == subject and row.tag.startswith("train:remind")]
    return [(row.tag.removeprefix("train:"), row.at) for row in rows]


async def rewind(world, stage, run=RUN):
    """Take a run to a stage that later commands lead to."""
    steps = {
        Stage.STABILIZING: [Stage.STABILIZING],
        Stage.GO: [Stage.STABILIZING, Stage.GO],
        Stage.DEPARTED: [Stage.STABILIZING, Stage.GO, Stage.DEPARTING, Stage.DEPARTED],
    }[stage]
    for step in steps:
        was = (await runs_of(world))[run]
        await world.house.store.write(lambda tx: trains.move(tx, was, step))  # noqa: B023


async def alone(world, **changed):
    """A published train whose first run, cut off within the hour, is skipped: what is told is about the second."""
    await published(world, **changed)
    await world.say("carla", "/release train skip weekly-2026-11-24 nothing to release")


async def test_the_captain_is_reminded_of_the_cutoff_and_can_skip_from_there(world):
    await alone(world)
    await world.wait(until=utc(11, 30, 11))
    assert world.told("carla") == snapshot("""\
✂️ The cutoff of weekly-2026-12-01 comes near
Cutoff: tomorrow 12:00 (Tue 12:00 Europe/Berlin)
What is on the branch then rides. Until then the run can be skipped or moved.
[Skip this run]\
""")
    await world.press("carla", "Skip this run", world.slack.private(world.people["carla"])[-1])
    await world.fill("carla", reason="holidays")
    assert (await runs_of(world))[RUN].stage is Stage.SKIPPED
    count = len(told(world, "carla"))
    await world.wait(until=utc(12, 1, 10, 45))
    assert not [title for title in told(world, "carla")[count:] if RUN in title]


async def test_each_offset_reminds_once_and_after_a_night_down_only_the_last(world):
    await alone(world)
    for at in (utc(11, 30, 11), utc(11, 30, 11, 1)):
        await world.wait(until=at)
    assert [tag for tag, _ in await reminders(world)] == ["reminded"]
    await world.wait(until=utc(12, 1, 10, 50))  # four hours, one hour and a quarter of an hour before it are all due
    assert sorted(tag for tag, _ in (await reminders(world))[1:]) == ["reminded", "reminder-dropped", "reminder-dropped"]
    assert (await world.body("train:reminder-dropped"))["why"] == "a later one is due as well"


async def test_a_reminder_that_failed_comes_once_when_the_fault_is_gone(world, monkeypatch):
    """OPS-07, TRN-23: what is tried again after a fault is one timer."""
    await alone(world)
    before = len(told(world, "carla"))
    with monkeypatch.context() as broken:
        broken.setattr(Reminding, "of_run", lambda *words: 1 / 0)
        await world.wait(until=utc(11, 30, 11))
        for seconds in (1, 2, 4):
            await world.wait(seconds=seconds)
        assert "fault:given-up" in await world.news()
    await world.wait(minutes=6)
    assert [tag for tag, _ in await reminders(world)] == ["reminded"]
    assert len([title for title in told(world, "carla")[before:] if RUN in title]) == 1
    assert (await world.news()).count("train:reminded") == 1


@pytest.mark.both
async def test_two_replicas_remind_once(world):
    await alone(world)
    before = len(told(world, "carla"))
    async with world.replica() as other:
        world.clock.at = utc(11, 30, 11)
        for house in (world.house, other):
            await house.workers.tick()
        for house in (other, world.house):
            await house.workers.quiet()
    assert len([title for title in told(world, "carla")[before:] if RUN in title]) == 1


async def test_who_answers_for_an_area_is_told_so_before_the_go_no_go(world):
    await alone(world)
    await rewind(world, Stage.STABILIZING)
    await world.wait(until=utc(12, 2, 9))
    assert world.told("rob") == snapshot("""\
🗳️ The go/no-go of weekly-2026-12-01 comes near
Decision: tomorrow 10:00 (Thu 10:00 Europe/Berlin)
You answer for artifact.\
""")
    assert "You answer for quality." in world.told("olga")
    assert "The version that it makes was not seen yet." in world.told("carla")
    assert "not" not in told(world, "audrey")


async def test_once_the_roll_is_called_only_the_silent_are_reminded_and_the_captain_is_told_who_they_are(world):
    await alone(world)
    await rewind(world, Stage.STABILIZING)
    run = (await runs_of(world))[RUN]

    def called(tx):
        artifacts.first_seen(tx, Artifact("api", "v1.4.0", DIGEST, COMMIT), world.clock.now())
        trains.move(tx, run, Stage.DECIDING, version="v1.4.0")
        now, train = trains.run(tx, RUN), trains.get(tx, "weekly")
        candidate = candidate_of(tx, now, train)
        call = decisions.open_call(tx, RUN, candidate, world.clock.now(), utc(12, 3, 9), "Carla Captain")
        for area in (Area.ARTIFACT, Area.GOVERNANCE, Area.OPERATIONS):
            decisions.answer(tx, call.id, Answer(area, "rob@acme.example", "Rob", Say.GO, "", (), "", world.clock.now()))
        return call

    call = await world.house.store.write(called)
    count = len(told(world, "rob"))
    await world.wait(until=utc(12, 2, 9))
    assert "You have not answered for quality." in world.told("olga")
    assert "[Answer for quality]" in world.told("olga")
    assert "No answer yet from quality (Olga Owner)." in world.told("carla")
    assert len(told(world, "rob")) == count
    answer = Answer(Area.QUALITY, "olga@acme.example", "Olga", Say.GO, "", (), "", world.clock.now())
    await world.house.store.write(lambda tx: decisions.answer(tx, call.id, answer))
    count = len(told(world, "olga"))
    await world.wait(until=utc(12, 3, 8))
    assert len(told(world, "olga")) == count
    assert "Each area has answered: a release manager decides." in world.told("carla")
    assert "Each area has answered: it waits for your decision." in world.told("rita")


async def test_before_the_go_no_go_people_hear_what_fails_and_what_is_to_be_done_next(world):
    """TRN-23, missing checklist items: to the area that owns one, and to the captain with the step that comes next."""
    await alone(world)
    await rewind(world, Stage.STABILIZING)
    run = (await runs_of(world))[RUN]
    built = Artifact("api", "v1.4.0", DIGEST, COMMIT)
    await world.house.store.write(lambda tx: [artifacts.first_seen(tx, built, world.clock.now()), trains.move(tx, run, version="v1.4.0")])
    await world.wait(until=utc(12, 2, 9))
    assert world.told("carla") == snapshot("""\
🗳️ The go/no-go of weekly-2026-12-01 comes near
Decision: tomorrow 10:00 (Thu 10:00 Europe/Berlin)
The roll is not called: no area was asked yet.
digest failed: api: api v1.4.0 has not run in staging; the way is dev → staging → production.
blockers failed: api: api was not cut for weekly-2026-12-01.
[Call the roll] [Show the checklist]\
""")
    assert "blockers failed" in world.told("olga")
    assert "digest" not in world.told("olga")
    await world.press("carla", "Call the roll", world.slack.private(world.people["carla"])[-1])
    assert "decision:opened" in await world.tags()


async def test_a_roll_call_that_ended_in_silence_is_told_once_for_one_cause(world):
    """TRN-23: its deadline and the hour after the go/no-go are one moment, and one message."""
    await alone(world)
    await rewind(world, Stage.STABILIZING)
    run = (await runs_of(world))[RUN]
    built = Artifact("api", "v1.4.0", DIGEST, COMMIT)
    await world.house.store.write(lambda tx: [artifacts.first_seen(tx, built, world.clock.now()), trains.move(tx, run, version="v1.4.0")])
    await world.wait(until=utc(12, 3, 9))
    assert "decision:opened" in await world.news()
    count = len(told(world, "rita"))
    await world.wait(until=utc(12, 3, 10, 1))
    assert "decision:silent" in await world.news()
    assert [title.split(":")[0] for title in told(world, "rita")[count:]] == [f"⏰ {RUN}"]


async def test_at_its_window_whoever_must_act_has_the_button_and_an_hour_later_the_release_managers_know(world):
    """TRN-23: a go that nobody used; what waits for approval is told to those who may approve."""
    await alone(world)
    await rewind(world, Stage.GO)
    run = (await runs_of(world))[RUN]
    await world.house.store.write(lambda tx: trains.move(tx, run, version="v1.4.0"))
    await world.wait(until=run.schedule.opens - timedelta(minutes=30))
    assert world.told("carla") == snapshot("""\
🚪 The window of weekly-2026-12-01 opens soon
Opens: today 10:00 (Thu 10:00 Europe/Berlin)
It has its go and has not departed.
[Ask for it]\
""")
    count = len(told(world, "rita"))
    await world.wait(until=run.schedule.opens + timedelta(hours=1))
    assert told(world, "rita")[count:] == [f"🚪 {RUN} has not departed"]
    assert "[Ask for it]" in world.told("carla")
    assert "[Ask for it]" not in world.told("rita")


async def test_after_a_postponement_its_next_window_is_told_of_as_the_first_one_was(database_url):
    data = policy_data()
    data["allow"] |= {"cut": {"production": ["release_captain"]}}
    async with World(database_url, data) as world:
        await alone(world)
        await rewind(world, Stage.GO)
        await world.wait(until=(await runs_of(world))[RUN].schedule.closes)
        await world.say("carla", f"/release train postpone {RUN} nobody was there")
        moved, count = (await runs_of(world))[RUN].schedule, len(told(world, "carla"))
        await world.wait(until=moved.opens - timedelta(minutes=30))
        assert told(world, "carla")[count:] == [f"🚪 The window of {RUN} opens soon"]
        for moment, said in (
            (moved.opens, "🚪 The window weekdays is open until Mon 7 Dec"),
            (moved.closes, "🏁 The window is over. It has not"),
        ):
            await world.wait(until=moment)
            assert said in thread(world)[-1]
        reached = [json.loads(row.body)["milestone"] for row in await world.ledger() if row.tag == "train:moment" and row.subject == RUN]
        assert reached[-4:] == ["opens", "closes", "opens", "closes"]


def thread(world):
    """What stands in threads of the train's channel."""
    return [m.as_text() for m in world.slack.messages(world.channels["releases"]) if m.thread_ts and m.thread_ts != m.ts]


async def test_in_quiet_hours_a_reminder_waits_for_their_end_in_the_readers_own_zone(world):
    """The go/no-go is on Wednesday at 22:00 in Berlin: a day before it is night there, and afternoon in New York."""
    world.people["rob"].tz = "America/New_York"
    await alone(world, decision="22:00", stabilization="1")
    await rewind(world, Stage.STABILIZING)
    before = {who: len(told(world, who)) for who in ("rob", "olga")}
    await world.wait(until=utc(12, 1, 21))
    assert [len(told(world, who)) - count for who, count in before.items()] == [1, 0]
    await world.wait(until=utc(12, 2, 6, 59))
    assert len(told(world, "olga")) == before["olga"]
    await world.wait(until=utc(12, 2, 7))
    assert len(told(world, "olga")) == before["olga"] + 1
    await world.wait(until=utc(12, 2, 20))  # an hour before it: for Olga it would come at eight next morning, when it is over
    assert [len(told(world, who)) - count for who, count in before.items()] == [2, 1]
    await world.wait(until=utc(12, 3, 8))
    assert not [title for title in told(world, "olga")[before["olga"] + 1 :] if "comes near" in title]


async def test_the_cutoff_rings_at_night_too(world):
    await alone(world, cadence='"0 3 * * TUE"')
    before = len(told(world, "carla"))
    await world.wait(until=utc(12, 1, 1, 45))
    assert any("The cutoff of weekly-2026-12-01 comes near" in title for title in told(world, "carla")[before:])


async def test_silence_is_told_to_the_captain_and_the_release_managers(world):
    await alone(world)
    await world.wait(until=utc(12, 1, 11, 59))
    count = len(told(world, "rita"))
    await world.wait(until=utc(12, 1, 12))
    assert world.told("rita") == snapshot("""\
✂️ weekly-2026-12-01 was not cut
It was due today 12:00 (Tue 12:00 Europe/Berlin).
Carla Captain: It is held: acme/api: could not read the head of main of acme/api: the policy names no history for api. Without a cut it does not run.
[Show]\
""")
    assert told(world, "rita")[count:] == told(world, "carla")[-1:]
    await world.wait(until=utc(12, 1, 18))
    assert len(told(world, "rita")) == count + 1


async def test_afterwards_the_captain_is_asked_how_it_went_and_until_it_is_so_to_close_the_run(world):
    await alone(world)
    await rewind(world, Stage.DEPARTED)
    count = len(told(world, "carla"))
    await world.wait(until=utc(12, 5, 9))  # owed from now on: nobody saw it depart, so it is not owed since then
    assert len(told(world, "carla")) == count
    await world.wait(until=utc(12, 6, 8, 59))
    assert "Write down what went well" in world.told("carla")
    assert len(told(world, "carla")) == count + 1
    await world.wait(until=utc(12, 8, 9))
    closing = next(m for m in world.slack.private(world.people["carla"]) if f"📦 {RUN} is to be closed" in world.shown(m))
    assert "Still owed: OBL-2026-1205-001 Write down what went well" in world.shown(closing)
    assert "[Close the run]" not in world.shown(closing)
    await world.press("carla", "Show what is owed", closing)
    assert world.told("carla").startswith(f"📌 Follow-ups of {RUN}")
    count = {who: len(told(world, who)) for who in ("carla", "rita")}
    await world.wait(until=utc(12, 8, 10))  # nobody acted: the release managers are told too, and again each day
    for day in (9, 10):
        await world.wait(until=utc(12, day, 10, 1))
    for who, before in count.items():
        assert told(world, who)[before:].count(f"📦 {RUN} is not closed") == 3
    await world.say("carla", f"/release train retro {RUN} well=calm improve=tests")
    await world.wait(until=utc(12, 11, 10, 2))
    last = next(m for m in reversed(world.slack.private(world.people["carla"])) if f"📦 {RUN}" in world.shown(m))
    assert "Nothing of it is owed any more." in world.shown(last)
    await world.say("carla", f"/release train close {RUN}")
    count = {who: len(told(world, who)) for who in ("carla", "rita")}
    await world.wait(until=utc(12, 14, 10, 3))
    assert not [title for who, before in count.items() for title in told(world, who)[before:] if f"{RUN} is not closed" in title]


async def test_a_draft_is_not_forgotten(world):
    world.people["rita"].tz = "America/Los_Angeles"
    await draft(world)
    await world.wait(until=utc(11, 25, 10))
    assert world.told("carla") == snapshot("""\
🗓️ The train weekly is not published
What is missing
The train weekly does not say yet: who attends the go/no-go, who answers for the manifest, what is expected of a rollback, how hotfixes and late changes are handled, why these services ride a train, what that does to lead time and failures.
[Describe] [Publish]
or type /release train publish weekly\
""")
    assert told(world, "rita") == []
    await world.wait(until=utc(11, 26, 10))
    assert told(world, "carla")[-2:] == ["🗓️ The train weekly is not published"] * 2
    assert told(world, "rita") == []  # it is night there
    await world.wait(until=utc(11, 26, 16))
    assert told(world, "rita") == ["🗓️ The train weekly is not published"]
    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    await world.say("carla", "/release train publish weekly")
    count = len(told(world, "rita"))
    await world.wait(until=utc(11, 29, 10))
    assert len(told(world, "rita")) == count


async def test_an_amendment_moves_the_reminders(world):
    await alone(world)
    await world.say("carla", f"/release train amend {RUN} to=2026-12-02T12:00")
    await world.wait(until=utc(11, 30, 11))
    assert await reminders(world) == []
    await world.wait(until=utc(12, 1, 11))
    assert [tag for tag, _ in await reminders(world)] == ["reminded"]


async def test_offsets_come_from_the_policy(world):
    data = policy_data(trains={"reminders": {"cutoff": ["2h"], "decision": [], "window": []}, "quiet": None})
    await world.restart(Policy.model_validate(data))
    await alone(world)
    await world.wait(until=utc(12, 1, 8, 59))
    assert await reminders(world) == []
    await world.wait(until=utc(12, 1, 9))
    assert [tag for tag, _ in await reminders(world)] == ["reminded"]


@pytest.mark.parametrize("cause", duties.Cause)
def test_every_cause_has_its_words_and_its_duties(cause):
    assert cause in duties.DUTIES
    assert cause in remind._TITLES
    assert cause in remind._SILENT
