"""Release trains from definition to close: said, clicked and filled in; and all that is refused before anything is saved (TRN-01 … TRN-24)."""

import asyncio
import threading
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import pytest
from inline_snapshot import snapshot

from commands.core.trains.plan import plan_ahead
from guards.facts import Facts
from guards.policy import Policy
from guards.train import Milestone, Stage, TrainState
from storage import moments, trains
from tests.world.company import channel_id, policy_data

RELEASES = channel_id("releases")
WORDS = {
    "services": "api", "cadence": '"0 12 * * TUE"', "stabilization": "2", "decision": "10:00", "window": "weekdays", "channel": RELEASES,
    "captains": "carla@acme.example",
}  # fmt: skip
TEXTS = {
    "attendees": '"artifact: rob@acme.example; quality: olga@acme.example"', "manifest": "rita@acme.example", "rollback": '"last good set"',
    "exceptions": '"hotfixes ride alone"', "rationale": '"they share a database"',
    "impact": '"two days more, half the failures"',
}  # fmt: skip
RUN = "weekly-2026-12-01"


def words(given: dict[str, str], **changed: str | None) -> str:
    return " ".join(f"{name}={text}" for name, text in {**given, **changed}.items() if text is not None)


async def draft(world, name="weekly", who="carla", **changed):
    await world.say(who, f"/release train create {name} {words(WORDS, **changed)}")


async def published(world, **changed):
    await draft(world, **changed)
    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    await world.say("carla", "/release train publish weekly")
    await world.wait(until=utc(11, 24, 11, 1))  # the first run is cut off, the schedule of the second is posted
    await world.news()


async def train_of(world, name="weekly"):
    return await world.house.store.read(lambda tx: trains.get(tx, name))


async def runs_of(world, name="weekly"):
    found = await world.house.store.read(lambda tx: trains.runs(tx, name, 50))
    return {run.id: run for run in reversed(found)}


async def reached(world, run=RUN):
    return await world.house.store.read(lambda tx: moments.reached(tx, run))


def utc(*parts: int) -> datetime:
    return datetime(2026, *parts, tzinfo=UTC)


# ---------------------------------------------------------------- defined


async def test_a_train_is_defined_described_and_published_in_words(world):
    await draft(world)
    assert await world.news() == ["train-create:accepted", "train:defined"]
    assert world.told("carla") == snapshot("""\
🗓️ The train weekly is not published
The first runs would be
✂️ today 12:00 (Tue 12:00 Europe/Berlin) 🗳️ Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin) 🚪 Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin)
✂️ Dec 1, 2026 12:00 (Tue 12:00 Europe/Berlin) 🗳️ Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin) 🚪 Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin)
What is missing
The train weekly does not say yet: who attends the go/no-go, who answers for the manifest, what is expected of a rollback, how hotfixes and late changes are handled, why these services ride a train, what that does to lead time and failures.
[Describe] [Publish]
or type /release train publish weekly\
""")

    await world.say("carla", "/release train publish weekly")
    assert (await world.news(), await world.codes()) == (["train-publish:refused"], ["incomplete"])

    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    assert await world.news() == ["train-describe:accepted", "train:amended"]
    await world.say("carla", "/release train publish weekly")
    assert await world.news() == ["train-publish:accepted", "train:published", "cadence:decided", "train:planned", "train:planned"]
    assert list(await runs_of(world)) == ["weekly-2026-11-24", RUN]
    assert world.told("carla") == snapshot("""\
🚆 weekly is published
weekly-2026-11-24: cutoff today 12:00 (Tue 12:00 Europe/Berlin), departs Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin), led by Carla Captain
weekly-2026-12-01: cutoff Dec 1, 2026 12:00 (Tue 12:00 Europe/Berlin), departs Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin), led by Carla Captain\
""")


async def test_a_train_is_defined_in_two_forms(world):
    await world.say("carla", "/release train create")
    await world.fill(
        "carla", train="weekly", services=["api", "web"], cadence="0 12 * * TUE", stabilization="2", decision="10:00", window="weekdays",
        channel=world.channels["releases"],
    )  # fmt: skip
    train = await train_of(world)
    assert (train.services, train.captains, train.channel) == (("api", "web"), ("carla@acme.example",), RELEASES)

    await world.press("carla", "Describe", world.slack.private(world.people["carla"])[-1])
    await world.fill(
        "carla", attendees="artifact: rob@acme.example\nquality: olga@acme.example", manifest="rita@acme.example", rollback="last good set",
        exceptions="hotfixes ride alone", rationale="they share a database", impact="two days more, half the failures",
    )  # fmt: skip
    await world.press("carla", "Publish", world.slack.private(world.people["carla"])[-1])
    train = await train_of(world)
    assert (train.state, train.revision) == (TrainState.PUBLISHED, 3)
    assert train.attendees == {"artifact": ("rob@acme.example",), "quality": ("olga@acme.example",)}
    assert (train.rule.cadence, train.rule.decision.hour) == ("0 12 * * TUE", 10)
    assert await world.verified()


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        pytest.param({"cadence": '"* * * * *"'}, "bad-schedule", "fires every minute", id="every minute"),
        pytest.param({"cadence": '"0 12 31 2 *"'}, "bad-schedule", "no cadence that ever fires", id="never"),
        pytest.param({"cadence": None}, "bad-schedule", "either by a cadence or on single dates", id="no cadence"),
        pytest.param({"cadence": '"30 2 * * SUN"'}, "doubtful-time", "Sun 28 Mar 2027 02:30 Europe/Berlin does not exist", id="doubtful"),
        pytest.param({"stabilization": "0"}, "bad-schedule", "does not come after the cutoff", id="decided before the cutoff"),
        pytest.param({"window": "nights"}, "no-train-window", "The window nights does not open for api", id="closed before the go/no-go"),
        pytest.param({"window": "shop", "services": "api,web"}, "no-train-window", "is not about api in production", id="not its window"),
        pytest.param({"captains": "dev@acme.example"}, "no-captain", "Dev Author does not hold release_captain for api", id="no captain"),
        pytest.param({"channel": channel_id("quiet")}, "not-in-channel", "I am not in #quiet", id="not in the channel"),
        pytest.param({"channel": "C0NOWHERE"}, "not-in-channel", "Slack does not show me the channel C0NOWHERE", id="no such channel"),
    ],
)
async def test_what_could_not_run_is_refused_before_anything_is_saved(world, changed, code, said):
    once = {"days": ["Mon"], "start": "22:00", "end": "23:00", "owner": "rita@acme.example", "valid_to": "2026-11-25"}
    data = policy_data()
    data["windows"] |= {"nights": once, "shop": {**data["windows"]["weekdays"], "services": ["web"]}}
    await world.restart(Policy.model_validate(data))
    world.slack.add_channel("quiet", members=[world.people["carla"]], bot=False)
    await draft(world, **changed)
    assert (await world.news(), await world.codes()) == (["train-create:refused"], [code])
    assert said in world.told("carla")
    assert await train_of(world) is None


async def test_a_form_that_came_to_nothing_can_be_filled_in_again_and_nothing_is_lost(world):
    """Slack's desktop client opens no form in answer to a form, so a button does (slackapi/bolt-js#1072)."""
    await world.say("carla", "/release train create")
    given = {"train": "weekly", "services": ["web"], "cadence": "* * * * *", "decision": "10:00", "window": "weekdays"}
    await world.fill("carla", **given, channel=world.channels["releases"])
    assert await world.codes() == ["bad-schedule"]
    await world.press("carla", "Fill it in again", world.slack.private(world.people["carla"])[-1])
    await world.fill("carla", cadence="0 12 * * TUE", stabilization="zz")
    assert "no number of days" in world.told("carla")
    await world.press("carla", "Fill it in again", world.slack.private(world.people["carla"])[-1])
    await world.fill("carla", stabilization="1")
    train = await train_of(world)
    assert (train.services, train.rule.cadence, train.rule.stabilization) == (("web",), "0 12 * * TUE", 1)

    await world.say("carla", "/release train amend weekly")
    await world.fill("carla", decision="99:00", stabilization="3")
    await world.press("carla", "Fill it in again", world.slack.private(world.people["carla"])[-1])
    await world.fill("carla", decision="11:30")
    assert ((await train_of(world)).rule.decision.minute, (await train_of(world)).rule.stabilization) == (30, 3)


async def test_who_may_not_is_not_asked_again(world):
    await world.say("dev", "/release train create")
    await world.fill("dev", train="weekly", services=["web"], cadence="0 12 * * TUE", channel=world.channels["releases"], window="weekdays")
    assert await world.codes() == ["not-permitted"]
    assert "Fill it in again" not in world.told("dev")


async def test_a_doubtful_time_is_taken_when_it_is_meant(world):
    await draft(world, cadence='"30 2 * * SUN"', doubtful="accept")
    assert await world.news() == ["train-create:accepted", "train:defined"]


async def test_words_that_are_none_say_what_they_should_be(world):
    await draft(world, stabilization="two", decision="25:00", channel="#releases", services="api,shop")
    assert await world.news() == ["words:refused"]
    told = world.told("carla")
    assert all(said in told for said in ("no number of days", "no time of day", "no channel's id", "there is no service 'shop'"))
    await draft(world, name="weekly-2026-12-01")
    assert "name the train" in world.told("carla")


async def test_a_name_is_given_once(world):
    await draft(world)
    await draft(world)
    assert await world.codes() == ["train-exists"]


async def test_who_holds_no_role_for_it_defines_no_train(world):
    await draft(world, who="dev")
    assert (await world.tags())[-1] == "train-create:refused"
    assert await world.codes() == ["not-permitted"]


# ---------------------------------------------------------------- moments


async def test_each_moment_comes_once_and_the_next_runs_are_planned_on(world):
    await published(world)
    assert set(await reached(world)) == {Milestone.PUBLISH}
    assert (await runs_of(world))[RUN].stage is Stage.PUBLISHED

    await world.wait(until=utc(12, 1, 11))
    assert set(await reached(world)) == {Milestone.PUBLISH, Milestone.CUTOFF}
    assert list(await runs_of(world)) == ["weekly-2026-11-24", RUN, "weekly-2026-12-08", "weekly-2026-12-15"]
    [cut] = [row.body for row in await world.ledger() if (row.tag, row.subject) == ("train:moment", RUN) and '"cutoff"' in row.body]
    assert '"late":false' in cut.replace(" ", "")
    assert any("The cutoff is reached." in line for line in world.thread())
    for _ in range(2):
        await world.wait(minutes=1)
    ours = [row for row in await world.ledger() if row.tag == "train:moment" and row.subject == RUN]
    assert len(ours) == 2


async def test_a_moment_that_was_missed_comes_late_and_says_so(world):
    await published(world)
    await world.close()
    world.clock.at = utc(12, 3, 9, 30)
    await world.open()
    await world.wait(seconds=1)
    done = await reached(world)
    assert set(done) == {Milestone.PUBLISH, Milestone.CUTOFF, Milestone.DECISION, Milestone.OPENS}
    assert (done[Milestone.CUTOFF].due, done[Milestone.CUTOFF].at) == (utc(12, 1, 11), utc(12, 3, 9, 30, 1))
    assert any("(late: it was due Tue 1 Dec 12:00 Europe/Berlin)" in line for line in world.thread())
    assert "⚠️ late" in next(world.shown(card) for card in world.cards() if RUN in world.shown(card) and "Cutoff" in world.shown(card))


@pytest.mark.both
async def test_two_replicas_reach_a_moment_once(world):
    await published(world)
    async with world.replica() as other:
        world.clock.at = utc(12, 1, 11)
        for house in (world.house, other):
            await house.workers.tick()
        for house in (other, world.house):
            await house.workers.quiet()
    ours = [row for row in await world.ledger() if row.tag == "train:moment" and row.subject == RUN]
    assert len(ours) == 2  # posted, cut off


@pytest.mark.both
async def test_whoever_plans_the_next_runs_waits_for_who_plans_them_already(world, monkeypatch):
    """TRN-22: two of a train's timers may be carried out at the same time."""
    await published(world)
    world.clock.at = utc(12, 8, 12)
    train, facts = await train_of(world), Facts(at=world.clock.now(), policy=world.policy)
    both, read = threading.Barrier(2), trains.runs

    def reading(tx, *words):
        found = read(tx, *words)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.3)  # the other one has read as well; or waits its turn, as it has to
        return found

    monkeypatch.setattr(trains, "runs", reading)
    work = partial(plan_ahead, train=train, facts=facts, correlation="c-1")
    made = await asyncio.gather(*(world.house.store.write(work) for _ in range(2)))
    assert sorted(len(runs) for runs in made) == [0, 2]
    monkeypatch.undo()
    assert len(await runs_of(world)) == len({run.schedule.cutoff for run in (await runs_of(world)).values()})


async def test_a_moment_that_a_kill_interrupted_comes_once(world, monkeypatch):
    await published(world)
    await world.house.workers.inbox.drain(0)  # whoever fired it dies before it is carried out
    world.clock.at = utc(12, 1, 11)
    await world.house.workers.tick()
    await world.die()
    await world.open()
    await world.wait(seconds=1)
    assert Milestone.CUTOFF in await reached(world)
    assert len([row for row in await world.ledger() if row.tag == "train:moment" and row.subject == RUN]) == 2


async def test_a_run_that_nobody_cut_is_over_with_its_window(world):
    await published(world)
    await world.wait(until=utc(12, 3, 15))
    run = (await runs_of(world))[RUN]
    assert (run.stage, run.why) == (Stage.SKIPPED, "Nobody cut it before its window was over.")


# ---------------------------------------------------------------- the card


async def test_a_run_has_one_pinned_card_with_its_timeline(world):
    await published(world)
    card = next(card for card in world.cards() if world.shown(card).startswith(f"📣 {RUN}"))
    assert world.shown(card) == snapshot("""\
📣 weekly-2026-12-01: before the cutoff
Captain
Carla Captain
Departs
Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin) (weekdays)
Services
api
📣🚆┄┄┄┄┄┄┄✂️┄┄┄┄┄┄┄┄🗳️┄🚪┄┄┄┄┄┄┄┄🏁
🚆 you are here: before the cutoff
✅ 📣 Schedule posted today 12:00 (Tue 12:00 Europe/Berlin)
▫️ ✂️ Cutoff Dec 1, 2026 12:00 (Tue 12:00 Europe/Berlin)
▫️ 🗳️ Go/no-go Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin)
▫️ 🚪 Window opens Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin)
▫️ 🏁 Window closes Dec 3, 2026 16:00 (Thu 16:00 Europe/Berlin)
[Cut now] [Hold] [Extend] [Skip this run] [Another captain]
weekly-2026-12-01 · weekly, revision 3 · details in thread\
""")
    assert card.ts in world.channels["releases"].pins
    await world.wait(until=utc(12, 2, 10))
    assert "🚆 you are here: held at the cutoff" in world.shown(card)  # nothing was cut: no history is named for the api
    assert len([c for c in world.cards() if f"{RUN}:" in world.shown(c).splitlines()[0]]) == 1


async def test_a_run_that_is_over_is_not_pinned(world):
    await published(world)
    card = next(card for card in world.cards() if world.shown(card).startswith(f"📣 {RUN}"))
    await world.say("carla", f"/release train skip {RUN} holidays")
    assert card.ts not in world.channels["releases"].pins
    await world.say("carla", f"/release train resume {RUN}")
    assert card.ts in world.channels["releases"].pins


# ---------------------------------------------------------------- amended


async def test_an_amendment_is_posted_and_plans_anew_what_is_not_cut_off(world):
    await published(world)
    await world.say("carla", '/release train amend weekly cadence="0 15 * * WED" stabilization=1')
    assert (await world.news())[:2] == ["train-amend:accepted", "train:amended"]
    runs = await runs_of(world)
    assert [run.schedule.cutoff for run in runs.values()] == [utc(11, 24, 11), utc(11, 25, 14), utc(12, 2, 14)]
    assert world.shown() == snapshot("""\
✏️ Carla Captain amended the train weekly
cutoff: 0 12 * * TUE Europe/Berlin → 0 15 * * WED Europe/Berlin
go/no-go: 2 days later at 10:00 → 1 day later at 10:00
weekly-2026-12-01: cutoff tomorrow 15:00 (Wed 15:00 Europe/Berlin), departs Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin)
weekly-2026-12-08: cutoff Dec 2, 2026 15:00 (Wed 15:00 Europe/Berlin), departs Dec 3, 2026 10:00 (Thu 10:00 Europe/Berlin)\
""")
    await world.wait(until=utc(11, 25, 13, 59))
    assert Milestone.CUTOFF not in await reached(world)
    await world.wait(until=utc(11, 25, 14))
    assert Milestone.CUTOFF in await reached(world)


async def test_a_moment_that_nobody_can_mean_is_told_and_moves_nothing(world):
    """TRN-21: a cutoff in an hour that does not exist, or comes twice; and days at the end of the calendar."""
    await published(world)
    was = (await runs_of(world))[RUN]
    for to, said in (
        ("2027-03-28T02:30", "does not exist in Europe/Berlin, the clocks skip it"),
        ("2027-10-31T02:30", "comes twice in Europe/Berlin, the clocks repeat it; write it with its offset"),
        ("9999-12-31T23:59", "is too far away; name a moment in the years 2000 to 2199"),
        ("0001-01-01T00:00", "is too far away"),
    ):
        await world.say("carla", f"/release train amend {RUN} to={to}")
        assert await world.news() == ["words:refused"]
        assert said in world.told("carla")
    assert (await runs_of(world))[RUN] == was
    await draft(world, "yearly", cadence=None, dates="9999-12-31", cutoff="12:00")
    assert "'9999-12-31' is too far away" in world.told("carla")
    await world.say("carla", f"/release train amend {RUN} to=2027-10-31T02:30+01:00")
    assert (await runs_of(world))[RUN].schedule.cutoff == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


async def test_after_the_cutoff_the_schedule_of_a_run_stays(world):
    await published(world)
    await world.say("carla", f"/release train amend {RUN} to=2026-12-02T12:00")
    assert (await runs_of(world))[RUN].schedule.cutoff == utc(12, 2, 11)
    await world.wait(until=utc(12, 2, 11))
    await world.news()

    await world.say("carla", f"/release train amend {RUN} to=2026-12-04T12:00")
    assert (await world.news(), await world.codes()) == (["train-amend:refused"], ["cut-off"])
    before = (await runs_of(world))[RUN].schedule
    await world.say("carla", "/release train amend weekly decision=11:00")
    assert (await runs_of(world))[RUN].schedule == before
    assert f"{RUN} keeps its schedule" in world.told("carla")


async def test_what_is_published_is_amended_by_its_captain_only(world):
    await published(world)
    await world.say("rita", "/release train amend weekly decision=11:00")
    assert (await world.news(), await world.codes()) == (["train-amend:refused"], ["not-captain"])
    assert "Ask Carla Captain." in world.told("rita")


async def test_amending_opens_the_form_with_what_stands(world):
    await published(world)
    await world.say("carla", "/release train amend weekly")
    assert world.form("carla").as_text() == snapshot("""\
Amend a train
What is changed here counts for every run of weekly that is not cut off yet.
Services: api
Cadence of the cutoff: 0 12 * * TUE
Or single dates: [plain_text_input]
2026-12-01, 2026-12-15
Time of the cutoff on these dates: [plain_text_input]
12:00
Time zone: Europe/Berlin
Days of stabilization: 2
Time of the go/no-go: 10:00
Departs in: weekdays
Channel: #releases
Captains, in turn: carla@acme.example
When the clocks change: [A time that is skipped or comes twice is meant as it is]
[Not now] [Save]\
""")
    await world.fill("carla", decision="11:00")
    assert (await train_of(world)).rule.decision.hour == 11


# ---------------------------------------------------------------- captains, skipping, closing


async def test_a_captain_who_left_is_replaced_by_the_release_manager(world):
    await draft(world)
    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    world.people["carla"].deleted = True
    await world.restart()
    await world.say("rita", "/release train publish weekly")
    assert await world.codes() == ["no-captain"]
    assert "carla@acme.example cannot lead the train weekly: A deactivated account" in world.told("rita")


async def test_captains_take_turns_and_one_run_can_have_another(world):
    data = policy_data()
    data["roles"]["release_captain"][0]["people"].append("dev@acme.example")
    await world.restart(Policy.model_validate(data))
    await published(world, captains="carla@acme.example,dev@acme.example")
    assert [run.captain_name for run in (await runs_of(world)).values()] == ["Carla Captain", "Dev Author", "Carla Captain"]
    await world.say("rita", f"/release train captain {RUN} carla@acme.example")
    assert (await runs_of(world))[RUN].captain_name == "Carla Captain"
    await world.say("rita", f"/release train captain {RUN} olga@acme.example")
    assert await world.codes() == ["no-captain"]


async def test_a_skipped_run_is_replaced_and_can_be_taken_back(world):
    await published(world)
    await world.say("carla", f"/release train skip {RUN}")
    await world.fill("carla", reason="holidays")
    assert (await runs_of(world))[RUN].stage is Stage.SKIPPED
    assert "weekly-2026-12-08" in await runs_of(world)
    await world.wait(until=utc(12, 1, 10))
    await world.say("carla", f"/release train resume {RUN}")
    await world.wait(until=utc(12, 1, 11))
    assert Milestone.CUTOFF in await reached(world)
    await world.say("carla", f"/release train resume {RUN}")
    assert "wrong-state" in await world.codes()


async def test_closing_a_train_skips_what_is_not_cut_off(world):
    await published(world)
    await world.say("carla", "/release train close weekly each goes out alone now")
    assert {run.stage for run in (await runs_of(world)).values()} == {Stage.SKIPPED}
    assert (await train_of(world)).state is TrainState.CLOSED
    await world.news()
    await world.wait(days=14)
    assert not [tag for tag in await world.news() if tag.startswith("train:")]
    await world.say("carla", "/release train amend weekly decision=11:00")
    assert "wrong-state" in await world.codes()


async def test_the_list_tells_which_service_rides_which_train(world):
    await published(world)
    await world.say("audrey", "/release train list")
    assert world.told("audrey") == snapshot("""\
🚉 Release trains
weekly (published): api, led by carla@acme.example
    📣 weekly-2026-11-24 before the cutoff, window Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin)
    📣 weekly-2026-12-01 before the cutoff, cutoff Dec 1, 2026 12:00 (Tue 12:00 Europe/Berlin)
    🗓️ weekly-2026-12-08 planned, cutoff Dec 8, 2026 12:00 (Tue 12:00 Europe/Berlin)
How each service is released
api: rides weekly
web: ⚠️ nobody has said how
Why: /release train why <service>\
""")
    await world.say("audrey", "/release train show weekly")
    assert "they share a database" in world.told("audrey")
    await world.say("audrey", "/release train show nightly")
    assert await world.codes() == ["no-such-train"]
