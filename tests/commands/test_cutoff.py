"""The cutoff of a train: at its moment or when the captain says so, all repositories or none, on what was read only (TRN-05 … TRN-08, TRN-22)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.trains.cut import Order, order
from commands.core.trains.keys import KIND, key_of
from commands.core.trains.plan import set_timers
from guards.cut import CutState, OpenPull
from guards.facts import Facts
from guards.train import Milestone, Schedule, Stage, TrainRun
from guards.unread import Unread
from guards.vcs import Check, CheckState, Commit, Contributor, Protection, Pull, Span
from storage import cuts, timers, trains
from tests.storage.test_trains import TRAIN
from tests.world.company import TUESDAY, channel_id, policy_data
from tests.world.world import World

BASE, HEAD, RED, LATER = ("ba" * 20, "ad" * 20, "de" * 20, "1a" * 20)
DUE = TUESDAY + timedelta(hours=1)
RUN = "weekly-2026-11-24"
SHIELD = Protection("release/1.8", frozenset({"unit-test"}), required_reviews=1)


def pull(number, commit, title="feat: limit", labels=(), base="main"):
    return Pull(
        number, title, f"https://github.com/acme/api/pull/{number}", base, commit, TUESDAY, commit, Contributor("dev"), (), (),
        frozenset(labels), "", Contributor("rob"), ("PAY-1",), (),
    )  # fmt: skip


def span(repository, base, head, *pulls):
    commits = tuple(
        Commit(p.merged_commit, p.title, f"https://x/{p.merged_commit}", p.author, None, (), True, (p.number,), p.title) for p in pulls
    )
    return Span(repository, base, head, commits, pulls)


def checks(state=CheckState.PASSED, name="unit-test"):
    return (Check(name, state, None, TUESDAY, 1, "github-actions"),)


def policy(*, workflow="branch.yml", **changed):
    """A company whose production asks for green checks and a protected branch, with a train for some services."""
    data = policy_data(
        evidence={"profile": "starter", "checks": ["unit-test"], "environments": {"production": {"add": ["checks", "branch-protection"]}}}
    )
    for name in ("api", "web"):
        data["services"][name] = {**data["services"][name], "history": "github", **({"branch_workflow": workflow} if workflow else {})}
    data["allow"] = {
        **data["allow"],
        "cut": {"production": ["release_captain", "release_manager"]},
        "accept-fix": {"production": ["release_manager"]},
        "incident": {"production": ["release_manager"]},
    }
    return {**data, **changed}


class Story:
    """A world with a published run of a train, and what version control knows."""

    def __init__(self, world, services):
        self.world, self.services = world, services

    async def begin(self, stage=Stage.PUBLISHED, **changed):
        world = self.world
        rule = replace(TRAIN.rule, zone="Europe/Berlin")
        train = replace(
            TRAIN, rule=rule, channel=channel_id("releases"), services=self.services, captains=("carla@acme.example",), **changed
        )
        schedule = Schedule(TUESDAY, DUE, *(DUE + timedelta(days=n) for n in (2, 3, 4, 5, 6)))
        run = TrainRun(RUN, "weekly", 1, stage, "carla@acme.example", "Carla Captain", schedule)
        await world.house.store.write(lambda tx: [trains.add(tx, train), trains.add_run(tx, run)])
        for service in self.services:
            repository = f"acme/{service}"
            world.vcs.moves[repository, "main"] = [(TUESDAY - timedelta(days=1), HEAD)]
            world.vcs.spans[repository, BASE, HEAD] = span(repository, BASE, HEAD, pull(7, HEAD))
            world.vcs.checked[repository, HEAD] = checks()
            world.vcs.protected[repository, "main"] = replace(SHIELD, branch="main")
            world.vcs.waiting[repository, "main"] = (OpenPull(9, "feat: later", "https://x/9", "", "dev", frozenset(), ()),)
            await world.runs_in("production", "v1.7.3", service=service, commit=BASE)
        await world.news()
        return self

    async def at_the_moment(self, due=DUE):
        """What a train's cutoff does when its moment comes."""
        await self.world.house.store.write(lambda tx: order(tx, Order(RUN, due.isoformat()), due))

    async def say(self, who, text):
        """A command about the run, and what it has done a moment later."""
        await self.world.wait(seconds=1)
        await self.world.say(who, f"/release {text}")
        await self.world.wait(seconds=1)

    def branch_is_made(self, *, at=HEAD, service="api"):
        """CI's workflow has done its work."""
        self.world.vcs.moves[f"acme/{service}", "release/1.8"] = [(self.world.clock.now(), at)]
        self.world.vcs.protected[f"acme/{service}", "release/1.8"] = SHIELD

    def log(self):
        """What was told in the thread of the run's card, oldest first."""
        return [m for m in self.world.slack.messages(self.world.channels["releases"]) if m.thread_ts and m.thread_ts != m.ts]

    def told(self):
        """What was told there last, without marks of code."""
        return self.world.shown(self.log()[-1]).replace("`", "")

    def card(self):
        """The run's card as it reads now."""
        return next(text for card in self.world.cards() if RUN in (text := self.world.shown(card)).splitlines()[0])

    async def run(self):
        return await self.world.house.store.read(lambda tx: trains.run(tx, RUN))

    async def cuts(self):
        return await self.world.house.store.read(lambda tx: cuts.of_run(tx, RUN))


@pytest.fixture
async def story(database_url):
    async with World(database_url, policy()) as world:
        yield await Story(world, ("api",)).begin()


@pytest.fixture
async def two(database_url):
    async with World(database_url, policy()) as world:
        yield await Story(world, ("api", "web")).begin()


async def test_the_card_says_what_rides_what_does_not_and_what_holds_it_up(story):
    """TRN-12, TRN-13."""
    world = story.world
    await story.at_the_moment()
    await world.wait(until=DUE)
    await world.say("carla", f"/release blocker add {RUN} PAY-1 refunds are paid twice")
    card = next(card for card in world.cards() if RUN in world.shown(card).splitlines()[0])
    assert world.shown(card).partition("Window closes")[2].partition("[")[0].splitlines()[1:] == snapshot(
        [
            "Does not ride",
            "shop",
            "🛑 What holds it up",
            "BLK-2026-1124-001 PAY-1: refunds are paid twice",
            "🎫 In: 1",
            "#7 (https://github.com/acme/api/pull/7) feat: limit (acme/api)",
            "🚏 Not in: 1",
            "#9 (https://x/9) feat: later (acme/api): it is not merged",
        ]
    )

    await world.say("carla", "/release blocker resolve BLK-2026-1124-001 mended by #12")
    assert "What holds it up" not in world.shown(card)


async def test_at_its_moment_a_green_main_is_cut_and_its_branch_made_once(story):
    world = story.world
    await story.at_the_moment()
    await world.wait(until=DUE - timedelta(seconds=1))
    assert await story.cuts() == ()
    await world.wait(until=DUE)

    (cut,) = await story.cuts()
    assert (cut.commit, cut.base, cut.version, cut.branch, cut.state) == (HEAD, BASE, "v1.8.0", "release/1.8", CutState.ORDERED)
    assert (cut.due, cut.taken, cut.late, cut.captain, cut.by) == (DUE, DUE, False, "carla@acme.example", "signalbox")
    assert ([r.number for r in cut.included], [(r.number, r.why) for r in cut.excluded]) == ([7], [(9, "it is not merged")])
    (asked,) = world.ci.branches
    assert (asked.key, asked.branch, asked.commit, asked.repository, asked.main, asked.workflow) == (
        cut.id, "release/1.8", HEAD, "acme/api", "main", "branch.yml",
    )  # fmt: skip
    assert await world.news() == ["cut:recorded", "cut:accepted", "cut:branch-ordered", "cut:branch-started"]
    assert (await story.run()).stage is Stage.PUBLISHED

    story.branch_is_made()
    await world.wait(seconds=30)
    assert (await story.run()).stage is Stage.STABILIZING
    assert (await story.run()).version == "v1.8.0"
    assert [cut.state for cut in await story.cuts()] == [CutState.CUT]
    assert await world.news() == ["cut:branch-verified", "cut:done"]
    assert len(world.ci.branches) == 1
    assert any("stabilization begins" in line.as_text() for line in story.log())


async def test_a_red_main_is_not_cut_and_the_last_green_commit_is_named(story):
    world = story.world
    world.vcs.moves["acme/api", "main"].append((TUESDAY, RED))
    world.vcs.parents |= {RED: LATER, LATER: HEAD}
    world.vcs.spans["acme/api", BASE, RED] = span("acme/api", BASE, RED, pull(7, HEAD), pull(8, RED))
    world.vcs.checked |= {("acme/api", RED): checks(CheckState.FAILED), ("acme/api", LATER): checks(CheckState.FAILED)}
    await story.at_the_moment()
    await world.wait(until=DUE)

    assert (await story.run()).stage is Stage.HELD
    assert await story.cuts() == ()
    assert world.ci.branches == []
    assert await world.news() == ["cut:refused"]
    shown = story.told()
    assert "unit-test failed" in shown
    assert f"The last green commit before it is {HEAD[:12]}" in shown

    world.vcs.spans["acme/api", HEAD, RED] = span("acme/api", HEAD, RED, pull(8, RED))
    await story.say("carla", f"train cut {RUN} commit={HEAD} main is red, this one is green")
    (cut,) = await story.cuts()
    assert (cut.commit, cut.by, cut.late) == (HEAD, "carla@acme.example", False)
    assert [(r.number, r.why) for r in cut.excluded] == [(8, "it was merged after the cutoff"), (9, "it is not merged")]


async def test_a_run_that_was_held_over_its_cutoff_is_cut_when_it_is_resumed(story):
    world = story.world
    world.vcs.checked["acme/api", HEAD] = checks(CheckState.FAILED)
    await story.at_the_moment()
    await world.wait(until=DUE)
    assert (await story.run()).stage is Stage.HELD
    await story.say("rob", f"train resume {RUN}")
    assert (await story.run()).stage is Stage.HELD  # he does not lead it
    await story.say("carla", f"train resume {RUN}")
    assert (await story.run()).stage is Stage.HELD  # it is red still
    assert "unit-test failed" in story.told()

    world.vcs.checked["acme/api", HEAD] = checks()
    await story.say("carla", f"train resume {RUN}")
    assert "Its cutoff is over, so it is cut now." in world.told("carla")
    (cut,) = await story.cuts()
    assert (cut.commit, cut.by, cut.late) == (HEAD, "carla@acme.example", False)
    assert len(world.ci.branches) == 1
    await story.say("carla", f"train resume {RUN}")
    assert await world.codes() == ["wrong-state", "cut-off"]
    assert len(world.ci.branches) == 1


async def test_a_missed_cutoff_cuts_what_main_named_then_and_is_marked_late(story):
    world = story.world
    await story.at_the_moment()
    await world.close()
    world.clock.at = DUE + timedelta(hours=3)
    world.vcs.moves["acme/api", "main"].append((DUE + timedelta(hours=1), LATER))
    world.vcs.parents[LATER] = HEAD
    world.vcs.spans["acme/api", HEAD, LATER] = span("acme/api", HEAD, LATER, pull(8, LATER))
    await world.open()
    await world.wait(seconds=1)
    (cut,) = await story.cuts()
    assert (cut.commit, cut.due, cut.late) == (HEAD, DUE, True)
    assert cut.taken == world.clock.now()
    assert [r.number for r in cut.excluded] == [8, 9]
    assert any("recorded (late)" in message.as_text() for message in story.log())


@pytest.mark.parametrize(("past", "commit"), [(None, HEAD), (Unread("the record of its moves", "there is none"), LATER)])
async def test_what_is_merged_a_minute_after_the_cutoff_does_not_ride_where_that_can_be_told(story, past, commit):
    """TRN-06: on time, and yet what main named at the moment; a VCS that has no record of that is asked what it names now."""
    world = story.world
    world.vcs.past = past
    world.vcs.moves["acme/api", "main"].append((DUE + timedelta(seconds=80), LATER))
    world.vcs.checked["acme/api", LATER] = checks()
    world.vcs.spans["acme/api", BASE, LATER] = span("acme/api", BASE, LATER, pull(7, HEAD), pull(8, LATER))
    world.vcs.spans["acme/api", HEAD, LATER] = span("acme/api", HEAD, LATER, pull(8, LATER))
    await story.at_the_moment()
    await world.wait(until=DUE + timedelta(seconds=100))
    (cut,) = await story.cuts()
    assert (cut.commit, cut.late) == (commit, False)


async def test_what_cannot_be_read_is_not_cut_but_tried_again_with_the_same_commit_and_then_held(story):
    world = story.world
    world.vcs.checked["acme/api", HEAD] = Unread("the checks", "no answer")
    await story.at_the_moment()
    await world.wait(until=DUE)
    assert (await story.run()).stage is Stage.PUBLISHED
    assert await world.news() == ["cut:waits"]
    world.vcs.moves["acme/api", "main"].append((DUE + timedelta(minutes=1), LATER))  # what comes later does not ride
    await world.wait(minutes=2)
    assert await world.news() == []

    await world.wait(minutes=28)
    assert (await story.run()).stage is Stage.HELD
    assert await world.news() == ["cut:unsure"]
    assert "could not read the checks" in story.told()
    assert world.ci.branches == []


async def test_checks_that_run_are_waited_for(story):
    world = story.world
    world.vcs.checked["acme/api", HEAD] = checks(CheckState.WAITING)
    await story.at_the_moment()
    await world.wait(until=DUE)
    assert await world.news() == ["cut:waits"]
    world.vcs.checked["acme/api", HEAD] = checks()
    await world.wait(minutes=2)
    assert [cut.commit for cut in await story.cuts()] == [HEAD]


async def test_of_two_repositories_both_are_cut_or_none(two):
    world = two.world
    world.vcs.checked["acme/web", HEAD] = checks(CheckState.FAILED)
    await two.at_the_moment()
    await world.wait(until=DUE)
    assert await two.cuts() == ()
    assert world.ci.branches == []
    assert "acme/api could be cut, and is not" in two.told()

    world.vcs.checked["acme/web", HEAD] = checks()
    await two.say("carla", f"train cut {RUN} web is mended")
    assert sorted(order.repository for order in world.ci.branches) == ["acme/api", "acme/web"]
    two.branch_is_made()
    await world.wait(seconds=30)
    assert (await two.run()).stage is Stage.HELD, "one of them is not there yet"
    two.branch_is_made(service="web")
    await world.wait(seconds=30)
    assert (await two.run()).stage is Stage.STABILIZING


async def test_when_one_branch_cannot_be_made_nothing_counts_and_the_state_of_each_is_told(two):
    world = two.world
    world.ci.refuses = {"acme/api"}
    await two.at_the_moment()
    await world.wait(until=DUE)
    two.branch_is_made(service="web")
    await world.wait(seconds=30)
    assert (await two.run()).stage is Stage.HELD
    assert {cut.repository: cut.state for cut in await two.cuts()} == {"acme/api": CutState.FAILED, "acme/web": CutState.CUT}
    shown = two.told()
    assert "CI turned the order of release/1.8 down: The fake CI refused." in shown
    assert "✅ acme/web" in shown
    world.ci.refuses = set()
    await two.say("carla", f"train cut {RUN} now it may")
    assert [order.repository for order in world.ci.branches] == ["acme/web", "acme/api"], "what is cut stays as it is"
    two.branch_is_made()
    await world.wait(seconds=30)
    assert (await two.run()).stage is Stage.STABILIZING


async def test_an_order_with_unknown_outcome_is_not_sent_again_and_the_branch_decides(story):
    world = story.world
    world.ci.lose_answer()
    await story.at_the_moment()
    await world.wait(until=DUE)
    assert (await world.news())[-1] == "cut:branch-unknown"
    story.branch_is_made()
    await world.wait(seconds=30)
    assert (await story.run()).stage is Stage.STABILIZING
    assert len(world.ci.branches) == 1


async def test_a_branch_that_never_comes_fails_the_cut(story):
    world = story.world
    world.ci.lose_order()
    await story.at_the_moment()
    await world.wait(until=DUE)
    for _ in range(21):
        await world.wait(seconds=30)
    assert [cut.state for cut in await story.cuts()] == [CutState.FAILED]
    assert (await story.run()).stage is Stage.HELD
    assert world.ci.branches == []
    assert "could not be verified" in story.told()


@pytest.mark.parametrize("killed", ["before the order", "while it is sent"])
async def test_a_branch_is_ordered_once_over_a_restart(story, killed):
    world = story.world
    if killed == "before the order":
        await story.at_the_moment()
        await world.close()
        world.clock.at = DUE
        await world.open()
        await world.wait(seconds=1)
    else:
        await story.at_the_moment()
        await world.wait(until=DUE)
        await world.restart()
        await world.wait(seconds=1)
    assert len(world.ci.branches) == 1
    assert len(await story.cuts()) == 1


@pytest.mark.both
async def test_two_bots_cut_once(story):
    world = story.world
    await story.at_the_moment()
    async with world.replica() as other:
        world.clock.at = DUE
        await world.house.workers.tick()
        await other.workers.tick()
        await world.quiet()
        await other.workers.quiet()
    assert len(await story.cuts()) == 1
    assert len(world.ci.branches) == 1


async def test_a_branch_that_begins_elsewhere_or_is_not_protected_does_not_count(story):
    world = story.world
    await story.at_the_moment()
    await world.wait(until=DUE)
    story.branch_is_made()
    world.vcs.protected["acme/api", "release/1.8"] = Protection("release/1.8")
    await world.wait(seconds=30)
    assert (await story.run()).stage is Stage.HELD
    assert "does not demand an approving review" in story.told()
    assert "cut:branch-refused" in await world.news()

    world.vcs.protected["acme/api", "release/1.8"] = SHIELD
    world.vcs.moves["acme/api", "release/1.8"].append((world.clock.now(), LATER))
    world.vcs.parents[HEAD] = BASE
    world.vcs.parents[LATER] = BASE
    await story.say("carla", f"train cut {RUN} it is protected now")
    assert "should begin at" in story.told()
    assert len(world.ci.branches) == 1, "a branch that is there is not ordered"

    world.vcs.moves["acme/api", "release/1.8"].append((world.clock.now(), HEAD))
    await story.say("carla", f"train cut {RUN} it begins where it should")
    assert (await story.run()).stage is Stage.STABILIZING


async def test_without_a_workflow_somebody_makes_the_branch_and_the_bot_verifies_it(database_url):
    async with World(database_url, policy(workflow=None)) as world:
        story = await Story(world, ("api",)).begin()
        await story.at_the_moment()
        await world.wait(until=DUE)
        assert "the policy names no workflow that makes it" in story.told()
        story.branch_is_made()
        await story.say("carla", f"train cut {RUN} the branch is there")
        assert (await story.run()).stage is Stage.STABILIZING
        assert world.ci.branches == []


async def test_a_train_without_a_branch_is_cut_on_main_with_the_reason(database_url):
    async with World(database_url, policy(workflow=None)) as world:
        story = await Story(world, ("api",)).begin(branch=False, unbranched="texts only, the gates pass on main")
        await story.at_the_moment()
        await world.wait(until=DUE)
        assert (await story.run()).stage is Stage.STABILIZING
        (cut,) = await story.cuts()
        assert (cut.branch, cut.unbranched, cut.state) == ("", "texts only, the gates pass on main", CutState.CUT)
        assert (await world.body("cut:recorded"))["unbranched"] == cut.unbranched


# ---------------------------------------------------------------- the captain's words


async def test_the_captain_holds_and_nothing_is_cut_until_the_captain_says_so(story):
    world = story.world
    await story.at_the_moment()
    await world.say("carla", f"/release train hold {RUN} a fix is in review")
    assert (await story.run()).stage is Stage.HELD
    await world.wait(until=DUE)
    assert await story.cuts() == ()
    assert await world.news() == ["train-hold:accepted", "cut:held"]

    await world.press("carla", "Extend", next(m for m in story.log()[::-1] if "is held" in m.as_text()))
    await world.fill("carla", until=datetime(2026, 11, 24, 16, tzinfo=UTC), reason="the fix is almost in")
    run = await story.run()
    assert (run.stage, run.schedule.cutoff) == (Stage.PUBLISHED, datetime(2026, 11, 24, 16, tzinfo=UTC))
    await world.wait(until=run.schedule.cutoff)
    assert [cut.due for cut in await story.cuts()] == [run.schedule.cutoff]


async def test_a_cutoff_that_was_reached_in_vain_and_extended_comes_again(story):
    """TRN-24: it is told, and cut, as the first time."""
    world, run = story.world, await story.run()
    facts = Facts(at=world.clock.now(), policy=world.policy)
    await world.house.store.write(lambda tx: set_timers(tx, run, facts))
    world.vcs.checked["acme/api", HEAD] = checks(CheckState.FAILED)
    await world.wait(until=DUE)
    assert (await story.run()).stage is Stage.HELD

    await world.say("carla", f"/release train extend {RUN} until=2026-11-24T14:00 the test is being mended")
    world.vcs.checked["acme/api", HEAD] = checks()
    await world.wait(until=DUE + timedelta(hours=2))
    assert [cut.due for cut in await story.cuts()] == [DUE + timedelta(hours=2)]
    assert sum("✂️ The cutoff is reached." in m.as_text() for m in story.log()) == 2


async def test_a_decision_that_came_before_the_cut_calls_the_roll_once_it_is_cut(story):
    """TRN-22: held over its go/no-go, as after a long outage; until it is cut, nothing says that it stabilizes."""
    world, decision = story.world, DUE + timedelta(days=2)
    await world.say("carla", f"/release train hold {RUN} a fix is in review")
    due = timers.Timer(key_of(RUN, Milestone.DECISION), KIND, decision, {"run": RUN, "milestone": Milestone.DECISION.value})
    await world.house.store.write(lambda tx: timers.set(tx, due))
    await world.wait(until=decision)
    assert (await story.run()).stage is Stage.HELD
    assert "it is not cut: the roll is called once it is" in "\n".join(world.thread())
    assert "🚆 you are here: held at the cutoff" in story.card()
    assert "┄✂️┄" not in story.card()
    assert "🚆✂️┄" in story.card()

    await story.say("carla", f"train resume {RUN}")
    story.branch_is_made()
    await world.news()
    await world.wait(seconds=30)
    assert (await story.run()).stage is Stage.DECIDING
    assert [tag for tag in await world.news() if tag.startswith(("cut:done", "decision"))] == ["cut:done", "decision:no-candidate"]
    assert f"⏰ {RUN} has no candidate" in world.told("carla")


async def test_a_held_run_stays_held_when_its_moment_is_delivered_all_the_same(story):
    world = story.world
    await world.say("carla", f"/release train hold {RUN} not today")
    await story.at_the_moment()
    await world.wait(until=DUE)
    assert await story.cuts() == ()
    assert (await world.news())[-1] == "cut:passed"


async def test_who_does_not_lead_the_run_does_not_cut_it(story):
    world = story.world
    for who, code in (("dev", "not-permitted"), ("olga", "not-permitted")):
        await world.say(who, f"/release train cut {RUN} I want it")
        assert await world.codes() == [code]
    await world.say("rita", f"/release train hold {RUN} Carla is ill")
    assert (await story.run()).stage is Stage.HELD


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"train cut {RUN}", None),
        (f"train hold {RUN}", None),
        ("train cut weekly-2027-01-01 now", "no-such-train"),
        (f"train cut {RUN} commit=web@{HEAD} now", "incomplete"),
        (f"train extend {RUN} until=2026-11-24T09:00 too late", "bad-schedule"),
        (f"train extend {RUN} until=2026-12-24T09:00 much later", "bad-schedule"),
    ],
)  # fmt: skip
async def test_bad_input_changes_nothing(story, text, code):
    world = story.world
    await world.say("carla", f"/release {text}")
    assert (await story.run()).stage is Stage.PUBLISHED
    if code is None:
        assert world.form("carla")
    else:
        assert await world.codes() == [code]
        assert len(await world.news()) == 1
    assert await story.cuts() == ()


@pytest.mark.parametrize("words", ["train cut Weekly!", f"train cut {RUN} commit=9fceb02 short", f"train cut {RUN} commit=main now"])
async def test_words_that_name_nothing_are_answered(story, words):
    await story.world.say("carla", f"/release {words}")
    assert await story.world.news() == ["words:refused"]


async def test_a_commit_that_is_not_on_main_is_not_cut(story):
    await story.say("carla", f"train cut {RUN} commit={LATER} this one")
    assert f"{LATER[:12]} is not on main of acme/api" in story.told()
    assert (await story.run()).stage is Stage.HELD


async def test_a_version_can_be_said_and_a_wrong_one_is_refused(story):
    world = story.world
    await story.say("carla", f"train cut {RUN} version=v2.0 a big one")
    assert "v2.0 is no version of a release" in story.told()
    await story.say("carla", f"train cut {RUN} version=v2.0.0 a big one")
    assert [order.branch for order in world.ci.branches] == ["release/2.0"]
    await story.say("carla", f"train cut {RUN} again")
    assert await world.codes() == ["being-cut"]


async def test_without_a_running_version_somebody_has_to_say_it(database_url):
    async with World(database_url, policy()) as world:
        story = Story(world, ("api",))
        world.runs_in = lambda *_, **__: world.news()  # nothing runs in production
        await story.begin()
        world.vcs.spans["acme/api", None, HEAD] = span("acme/api", None, HEAD, pull(7, HEAD))
        await story.at_the_moment()
        await world.wait(until=DUE)
        assert "does not follow from what production runs: api nothing" in story.told()
