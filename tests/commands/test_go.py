"""The go/no-go of a release train, from the roll call to CI: who is asked, what is checked, who decides, and what a go is worth (GNG)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from bot.workspace import Message
from commands.core.ports.ci import RunState
from commands.core.trains import roll_call
from commands.core.trains.keys import KIND, key_of
from guards.facts import Facts
from guards.lifecycle import State
from guards.train import Milestone, Stage, TrainState
from guards.unread import Unread
from guards.vcs import CheckState
from guards.version import Artifact
from storage import cards, decisions, timers
from tests.commands.test_home import home, opens
from tests.world.company import COMMIT, DIGEST, TUESDAY, policy_data
from tests.world.strict import REPOSITORY, prove, strict_policy
from tests.world.trains import AREAS, RUN, all_say_go, change_run, rides, run_of
from tests.world.world import World

GO = f'/release go {RUN} residual="small: one endpoint, watched"'
OTHER = "sha256:" + "e5" * 32


@pytest.fixture
async def world(database_url):
    """The api rides the weekly, v1.4.0 ran in staging, the cutoff is over; nobody was asked yet."""
    data = policy_data(delegation={"roles": ["release_manager"], "maximum": "14d"})
    data["allow"]["cut"] = {"production": ["release_captain"]}
    async with World(database_url, data) as made:
        await made.on_staging()
        await rides(made)
        await made.news()
        yield made


async def given(world: World, who: str = "rita") -> None:
    """A go by Rita, after everybody was heard."""
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.say(who, GO)
    assert "decision:go" in await world.news()


def card(world: World) -> Message:
    """The card of the go/no-go, in the thread of the run's own."""
    return next(m for m in world.slack.messages(world.channels["releases"]) if "Candidate" in m.as_text())


def go_card(world: World) -> str:
    return world.shown(card(world))


async def test_from_the_roll_call_to_ci(world):
    """GNG-01, GNG-02, GNG-03, GNG-09, GNG-14: the whole way, as people see it."""
    await world.say("carla", "/release promote api v1.4.0 production")
    assert await world.codes() == ["not-decided", "not-approved"]
    assert "api rides the train weekly, and nobody gave a go for v1.4.0." in world.told("carla")

    await world.say("carla", f"/release go call {RUN}")
    assert (await run_of(world)).stage is Stage.DECIDING
    assert "🚦 Go or no-go for weekly-2026-11-24: you answer for operations" in world.told("audrey")
    assert "You confirm: monitoring and alerts are confirmed, and on-call is notified; " in world.told("audrey")
    await all_say_go(world)
    await world.press("rita", "Go", card(world))
    view = world.form("rita")
    assert view
    assert "Open risks: none that the bot knows of." in view.as_text()
    await world.fill("rita", residual="small: one endpoint, watched", risks="search may be slow\n\nTBD")
    assert (await world.news())[-3:] == ["go:accepted", "decision:go", "decision:recorded"]
    assert (await run_of(world)).stage is Stage.GO

    body = await world.body("decision:go")
    assert body["risks"] == ["search may be slow"]
    assert body["residual"] == "small: one endpoint, watched"
    assert body["rollback"] == "back to the version before"
    assert [a["answer"] for a in body["attendees"]] == ["go"] * 4
    assert {i["item"]: i["evaluated_by"] for i in body["items"]}["cover"] == "Audrey Auditor"
    assert {i["item"]: i["outcome"] for i in body["items"]}["digest"] == "passed"
    assert body["entries"] == [{"service": "api", "version": "v1.4.0", "commit": COMMIT, "digest": DIGEST, "tag": None}]

    await world.say("carla", "/release promote api v1.4.0 production")
    await world.approve("olga")
    assert [order.environment for order in world.ci.started] == ["staging", "production"]
    answers = {a["guard"]: a for a in (await world.body("dispatch:ordered"))["answers"]}
    assert answers["decided"]["why"].startswith("go by Rita Manager (GNG-2026-1124-001) for ")
    assert (await run_of(world)).stage is Stage.DEPARTING
    await world.ci_says(RunState.FAILED)
    assert (await run_of(world)).stage is Stage.STOPPED
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.approve("olga")
    await world.ci_says(RunState.SUCCEEDED)
    assert (await run_of(world)).stage is Stage.DEPARTED  # so that its retrospective and its end are owed
    assert "retrospective" in {o["kind"] for o in [await world.body("obligation:owed")]}
    assert await world.verified()


async def test_the_card_shows_the_checklist_the_answers_and_the_silence(world):
    """GNG-03, GNG-04, GNG-11: at the deadline silence is shown as silence, and it never becomes a go."""
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world, but="quality")
    await world.wait(hours=1)
    assert "decision:silent" in await world.news()
    assert go_card(world) == snapshot("""\
🕐 Go/no-go: weekly-2026-11-24 v1.4.0: silent: quality
State
🕐 silent: quality
Captain
Carla Captain
Decision
today 11:00 (Tue 11:00 Europe/Berlin)
Window
today 11:00 (Tue 11:00 Europe/Berlin) to today 15:00 (Tue 15:00 Europe/Berlin)
Answers until
today 12:00 (Tue 12:00 Europe/Berlin)
Candidate
api v1.4.0 c0ffee000000 sha256:a1a1a1a1a1a1…
content 50f331f799e5
Artifact
🟢 go by Dev Author, today 11:00 (Tue 11:00 Europe/Berlin)
✅ tag passed: api: v1.4.0 is what was pinned
✅ digest passed: api: v1.4.0 is sha256:a1a1a1a1a1a1…, as in staging; api: v1.4.0 ran in staging
⚪ proof not required by policy
Quality
🔇 silent, which is no go: Olga Owner
⚪ checks not required by policy
✅ reviews passed: api: everybody who wrote it is known
✅ blockers passed: api: no blocker is open, 0 fixes since the cutoff are in order; api: what was cut is c0ffee000000
Governance
🟢 go by Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
✅ window passed: api: from Tue 24 Nov 12:00 Europe/Berlin
⚪ rollback not required by policy
⚪ record not required by policy
⚪ notes not required by policy
☑️ communications confirmed, by Carla Captain
Operations
🟢 go by Audrey Auditor, today 11:00 (Tue 11:00 Europe/Berlin)
☑️ monitoring confirmed, by Audrey Auditor
☑️ runbooks confirmed, by Audrey Auditor
☑️ cover confirmed, by Audrey Auditor
[Answer] [Go] [No-go]
weekly-2026-11-24\
""")
    for who in ("carla", "olga", "rita"):
        assert "⏰ weekly-2026-11-24: no answer from quality" in world.told(who)
    await world.say("rita", GO)
    assert await world.codes() == ["not-answered"]
    assert "Silent: quality. Silence never counts as go." in world.told("rita")

    await world.say("olga", f"/release go answer {RUN} quality go")
    assert "(late)" in go_card(world)
    await world.say("rita", GO)
    assert (await run_of(world)).stage is Stage.GO


async def test_an_area_that_says_no_stops_the_go_and_a_condition_becomes_a_risk(world):
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.say("olga", f"/release go answer {RUN} quality no-go the payment test is red")
    await world.say("rita", GO)
    assert await world.codes() == ["not-answered"]
    assert "No-go by quality: the payment test is red (Olga Owner)." in world.told("rita")

    await world.say("olga", f"/release go answer {RUN} quality condition two people watch the payments")
    await world.say("rita", GO)
    assert (await world.body("decision:go"))["risks"] == ["quality: two people watch the payments (condition of Olga Owner)"]


async def test_an_answer_is_given_by_button_and_form(world):
    await world.say("carla", f"/release go call {RUN}")
    await world.press("audrey", "Answer", world.slack.private(world.people["audrey"])[-1])
    view = world.form("audrey")
    assert view
    assert [i.value for i in view.inputs if i.value] == ["operations"]
    await world.fill("audrey", say="condition", confirm=["cover", "runbooks"], rationale="", link="https://wiki.test/cover")
    assert await world.codes() == ["no-rationale"]  # a condition says what
    await world.press("audrey", "Answer", [m for m in world.slack.private(world.people["audrey"]) if "you answer for" in m.as_text()][-1])
    await world.fill("audrey", say="condition", confirm=["cover", "runbooks"], rationale="not before noon", link="https://wiki.test/cover")
    body = await world.body("decision:answered")
    assert (body["answer"], body["confirmed"], body["link"]) == ("condition", ["runbooks", "cover"], "https://wiki.test/cover")


@pytest.mark.parametrize(
    ("who", "words", "code"),
    [
        pytest.param("olga", "operations go", "not-permitted", id="of another area"),
        pytest.param("rob", "quality go", "not-permitted", id="named for nothing"),
        pytest.param("olga", "quality go confirm=checks", "not-tickable", id="what the bot checks"),
        pytest.param("olga", "quality go confirm=cover", "not-tickable", id="what another area owns"),
    ],
)
async def test_who_cannot_answer_so(world, who, words, code):
    """GNG-05, GNG-11."""
    await world.say("carla", f"/release go call {RUN}")
    await world.say(who, f"/release go answer {RUN} {words}")
    assert await world.codes() == [code]
    assert "decision:answered" not in await world.tags()
    await world.say("olga", f"/release go answer {RUN} quality go")
    assert "decision:answered" in await world.tags()


async def test_nobody_says_go_to_what_the_bot_found_failing(world):
    """GNG-05: the digest is not the one that staging ran."""
    await world.say("carla", f"/release go call {RUN}")
    world.artifacts.add(Artifact("api", "v1.4.0", OTHER, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
    await world.say("dev", f"/release go answer {RUN} artifact go")
    assert await world.codes() == ["not-tickable"]
    assert "The bot found failing what artifact says go to: tag: " in world.told("dev")
    await world.say("dev", f"/release go answer {RUN} artifact no-go somebody moved the version")
    assert (await world.body("decision:answered"))["answer"] == "no-go"


async def test_an_open_blocker_stops_the_go_until_it_is_resolved(world):
    """TRN-12, GNG-05, GNG-06: nobody can tick it."""
    await world.say("carla", f"/release blocker add {RUN} PAY-7 refunds are lost")
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world, but="quality")
    await world.say("olga", f"/release go answer {RUN} quality go")
    assert (await world.codes(), "BLK-2026-1124-001 (PAY-7) is open" in world.told("olga")) == (["not-tickable"], True)
    await world.say("carla", "/release blocker resolve BLK-2026-1124-001 mended by #12")
    await world.say("olga", f"/release go answer {RUN} quality go")
    await world.say("rita", GO)
    assert (await run_of(world)).stage is Stage.GO


async def test_what_cannot_be_read_is_neither_a_yes_nor_a_no(world):
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    world.artifacts.away = Unread("the index", "no answer within 5 s")
    await world.say("rita", GO)
    assert "go:unsure" in await world.news()
    assert "⚠️ Cannot verify" in world.told("rita")
    world.artifacts.away = None
    await world.say("rita", GO)
    assert "decision:go" in await world.news()


# ---------------------------------------------------------------- who decides


async def test_a_captain_prepares_and_never_decides(world):
    """RBAC-05: not by role, and not as a release manager who leads the run."""
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.say("carla", GO)
    assert await world.codes() == ["not-permitted"]
    await change_run(world, captain="rita@acme.example", captain_name="Rita Manager")
    await world.say("rita", GO)
    assert await world.codes() == ["not-permitted"]
    assert "Rita Manager is the captain of weekly-2026-11-24, who prepares the decision and never takes it." in world.told("rita")
    await world.say("rob", GO)
    assert (await world.body("decision:go"))["on_behalf"] is None


async def test_an_author_never_decides_about_their_own_work(world):
    """SOD-02, SOD-13: Rob wrote a part of it this time."""
    world.artifacts.add(Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"dev", "rob"}), frozenset()))
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.say("rob", GO)
    assert await world.codes() == ["own-work"]
    await world.say("rita", GO)
    assert "decision:go" in await world.tags()


async def test_a_delegate_decides_for_a_release_manager_but_not_for_an_author(world):
    """RBAC-06: the record says for whom; nobody decides about their own work through a delegate."""
    role = "role=release_manager until=2026-11-26T18:00 reason=leave"
    world.artifacts.add(Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"rob"}), frozenset()))
    await world.say("rob", f"/release delegate to olga@acme.example {role}")
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.say("olga", GO)
    assert await world.codes() == ["own-work"]
    await world.say("rita", f"/release delegate to olga@acme.example {role}")
    await world.say("olga", GO)
    body = await world.body("decision:go")
    assert (body["on_behalf"]["from"], body["on_behalf"]["delegation"]) == ("rita@acme.example", "DLG-2026-1124-002")
    assert "go by Olga Owner for Rita Manager (DLG-2026-1124-002)" in go_card(world)


async def test_a_go_takes_a_word_on_the_risk_that_is_left(world):
    """GNG-09."""
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.say("rita", f"/release go {RUN} residual=later")
    view = world.form("rita")
    assert view
    assert "A go says why the risk that is left is acceptable." in view.as_text()
    await world.say("olga", f"/release go answer {RUN} quality condition watch it")
    await world.fill("rita", residual="none worth a word")
    assert await world.codes() == ["stale-card"]  # an answer came in between, and with it a risk that nobody showed her
    assert "decision:go" not in await world.tags()


# ---------------------------------------------------------------- what a go is worth


async def test_a_no_go_blocks_until_there_is_a_new_decision(world):
    """GNG-07."""
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.press("rita", "No-go", card(world))
    await world.fill("rita", rationale="the vendor is down")
    assert (await run_of(world)).stage is Stage.NO_GO
    await world.say("carla", "/release promote api v1.4.0 production")
    assert await world.codes() == ["no-go", "not-approved"]
    assert "Rita Manager said no-go to api v1.4.0 on weekly (GNG-2026-1124-001): the vendor is down" in world.told("carla")
    await world.say("rita", f"/release no-go {RUN} still down")
    assert await world.codes() == ["wrong-state"]

    await world.say("rita", GO)
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING


async def test_a_go_is_withdrawn_before_dispatch_and_both_stay_on_record(world):
    """GNG-13: what was approved waits for its window, and then for a new decision."""
    await world.wait(until=TUESDAY.replace(hour=17))
    await change_run(
        world,
        schedule=replace((await run_of(world)).schedule, opens=TUESDAY + timedelta(days=1), closes=TUESDAY + timedelta(days=1, hours=2)),
    )
    await given(world)
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.approve("olga")
    assert (await world.change()).state is State.WAITING
    await world.say("rita", f"/release go withdraw {RUN} the vendor reports an outage")
    assert (await run_of(world)).stage is Stage.DECIDING
    await world.wait(until=TUESDAY + timedelta(days=1))
    assert [order.environment for order in world.ci.started] == ["staging"]
    assert "Rita Manager withdrew the go for api v1.4.0" in (await world.change()).why
    found = await world.house.store.read(lambda tx: decisions.of_run(tx, RUN))
    assert [(d.id, d.outcome) for d in found] == [("GNG-2026-1124-001", "go"), ("GNG-2026-1124-002", "withdrawn")]

    await world.say("rita", f"/release go withdraw {RUN} once more")
    assert await world.codes() == ["wrong-state"]
    await world.say("rita", GO)
    await world.wait(seconds=1)
    assert [order.environment for order in world.ci.started] == ["staging", "production"]


async def test_a_go_that_was_used_up_cannot_be_withdrawn(world):
    await given(world)
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.approve("olga")
    await world.say("rita", f"/release go withdraw {RUN} too late")
    assert await world.codes() == ["wrong-state"]
    await world.ci_says(RunState.SUCCEEDED)
    await world.say("rita", f"/release go withdraw {RUN} too late")
    assert await world.codes() == ["wrong-state"]
    assert "weekly-2026-11-24 is departed: no go stands that could be withdrawn." in world.told("rita")
    assert "Go back with a promotion of the version before." in world.told("rita")


async def test_a_go_dies_with_its_candidate(world):
    """GNG-08, MAN-04: another version is another candidate, and nothing was said about it."""
    await given(world)
    world.publish("v1.4.1")
    await world.on_staging("v1.4.1", "sha256:" + "b2" * 32)
    await change_run(world, version="v1.4.1")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "go-void" in await world.codes()
    await world.say("carla", "/release promote api v1.4.1 production")
    assert "not-decided" in await world.codes()
    await world.say("rita", f"/release train readiness {RUN}")
    assert "the go of Rita Manager is void: the candidate changed" in world.told("rita")
    await world.say("carla", f"/release go call {RUN}")
    await world.say("rita", GO)
    assert await world.codes() == ["not-answered", "not-ready"]  # what was answered was about the other one


async def test_a_digest_that_moved_after_the_go_is_never_dispatched(world):
    """GNG-08, judged again inside the claiming transaction."""
    await given(world)
    await world.say("carla", "/release promote api v1.4.0 production")
    world.artifacts.add(Artifact("api", "v1.4.0", OTHER, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
    await world.press("olga", "Approve")
    await world.say("carla", "/release explain promote api v1.4.0 production")
    assert "⛔ decided: api: v1.4.0 at c0ffee000000" in world.told("carla")
    assert [order.environment for order in world.ci.started] == ["staging"]


async def test_who_rides_no_train_goes_by_its_approval(database_url):
    """CF-44: there the approval is the decision; a draft is no train either."""
    async with World(database_url) as world:
        await rides(world, state=TrainState.DRAFT)
        await world.asked()
        await world.approve("rita")
        assert [order.environment for order in world.ci.started] == ["staging", "production"]


async def test_going_back_to_what_ran_in_production_takes_no_new_decision(world):
    await world.runs_in("production", "v1.4.0")
    await world.runs_in("production", "v1.5.0", digest=OTHER)
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING


# ---------------------------------------------------------------- before and around


async def test_a_rehearsal_shows_the_gaps_days_before_and_records_no_decision(world):
    """GNG-15."""
    await world.say("dev", f"/release train readiness {RUN}")
    shown = world.told("dev")
    assert "🔎 Rehearsal: weekly-2026-11-24 v1.4.0: not called yet, 4 gaps" in shown
    assert "🔲 communications open: not confirmed yet: communications are posted" in shown
    assert "✅ digest passed" in shown
    assert "[Go]" not in shown
    assert (await world.news()) == ["train-readiness:accepted"]


@pytest.mark.parametrize(
    ("stage", "version", "code"),
    [
        pytest.param(Stage.PUBLISHED, "v1.4.0", "wrong-state", id="before the cutoff"),
        pytest.param(Stage.DEPARTED, "v1.4.0", "wrong-state", id="over"),
        pytest.param(Stage.STABILIZING, "", "no-candidate", id="nothing pinned"),
        pytest.param(Stage.STABILIZING, "v9.9.9", "no-candidate", id="never seen"),
    ],
)
async def test_when_the_roll_is_not_called(database_url, stage, version, code):
    async with World(database_url) as world:
        await world.on_staging()
        await rides(world, stage, version)
        await world.say("carla", f"/release go call {RUN}")
        assert code in await world.codes()
        await world.say("audrey", f"/release train readiness {RUN}")
        assert "train-readiness:accepted" in await world.tags()


async def test_the_roll_is_called_once_and_by_those_who_may(world):
    await world.say("dev", f"/release go call {RUN}")
    assert await world.codes() == ["not-permitted"]
    await world.say("rita", GO)
    assert "not-called" in await world.codes()
    await world.say("carla", f"/release go call {RUN}")
    await world.say("carla", f"/release go call {RUN}")
    assert await world.codes() == ["already-decided"]


@pytest.mark.parametrize("words", ["go", "no-go", "go call", "go withdraw", "train readiness"])
async def test_a_run_that_is_not_there(world, words):
    await world.say("rita", f"/release {words} weekly-2027-01-05 because")
    if words in {"go", "go call", "train readiness"}:
        await world.say("rita", f"/release {words} weekly-2027-01-05")
    assert await world.codes() == ["no-such-train"]
    assert "There is no run weekly-2027-01-05 of a train." in world.told("rita")


@pytest.mark.parametrize("words", [f"{RUN} everything go", f"{RUN} quality maybe", "tomorrow quality go", f"{RUN} quality go confirm=luck"])
async def test_words_that_make_no_answer(world, words):
    await world.say("olga", f"/release go answer {words}")
    assert (await world.tags())[-1] == "words:refused"


async def test_the_decision_stands_in_the_release_record_and_the_evidence(world):
    """GNG-14."""
    await given(world)
    await world.say("audrey", "/release record api v1.4.0")
    assert "🟢 GNG-2026-1124-001 go by Rita Manager" in world.told("audrey")
    assert "🟢 weekly-2026-11-24: go" in "\n".join(world.shown(card) for card in world.cards())
    assert set(AREAS) == {a["area"] for a in (await world.body("decision:go"))["attendees"]}


# ---------------------------------------------------------------- the clock, and two at once


async def at_the_moment(world: World) -> None:
    """The moment of the decision has come."""
    facts = Facts(at=world.clock.now(), policy=world.policy)
    await world.house.store.write(lambda tx: roll_call.at_decision(tx, RUN, facts, "timer:x"))
    await world.quiet()


async def test_the_clock_calls_the_roll_that_nobody_called(world):
    await at_the_moment(world)
    assert (await run_of(world)).stage is Stage.DECIDING
    assert "you answer for quality" in world.told("olga")
    assert await world.news() == ["decision:opened"]
    await at_the_moment(world)  # a second time, or after the captain, it changes nothing
    await change_run(world, Stage.SKIPPED)
    await at_the_moment(world)
    assert await world.news() == []
    await world.wait(hours=1)  # nobody waits for answers about a run that was skipped
    assert await world.news() == []


async def test_the_timer_of_the_decision_calls_the_roll(world):
    """TRN-04, TRN-23: what the captain did not call, the run's own moment does."""
    key = key_of(RUN, Milestone.DECISION)
    due = timers.Timer(key, KIND, TUESDAY, {"run": RUN, "milestone": Milestone.DECISION.value})
    await world.house.store.write(lambda tx: timers.set(tx, due))
    await world.wait(seconds=1)
    assert (await run_of(world)).stage is Stage.DECIDING
    assert "decision:opened" in await world.news()
    assert "you answer for quality" in world.told("olga")


async def test_the_captain_learns_when_there_is_nothing_to_decide_about(world):
    await change_run(world, version="")
    await at_the_moment(world)
    assert await world.news() == ["decision:no-candidate"]
    assert "⏰ weekly-2026-11-24 has no candidate" in world.told("carla")


async def test_of_two_who_decide_at_once_one_does(world):
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await world.news()
    await asyncio.gather(world.say("rita", GO), world.say("rob", f"/release no-go {RUN} wait for me"))
    found = await world.house.store.read(lambda tx: decisions.of_run(tx, RUN))
    stage = (await run_of(world)).stage
    assert [d.outcome.value for d in found] in (["go", "no-go"], ["no-go", "go"])  # each on what the other had left, none lost
    assert stage.value == found[-1].outcome.value


async def test_a_go_that_is_clicked_twice_is_one_go(world):
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    await asyncio.gather(world.say("rita", GO), world.say("rita", GO))
    assert (await world.tags()).count("decision:go") == 1
    assert "go:refused" in await world.tags()


async def test_an_area_that_says_no_after_the_go_reaches_the_decider(world):
    await given(world)
    await world.say("olga", f"/release go answer {RUN} quality no-go payments fail on staging")
    assert "🔴 weekly-2026-11-24: quality says no-go, and your go stands" in world.told("rita")
    await world.press("rita", "Withdraw the go", world.slack.private(world.people["rita"])[-1])
    await world.fill("rita", rationale="Olga is right")
    assert (await run_of(world)).stage is Stage.DECIDING


# ---------------------------------------------------------------- several services, and the strict profile


async def test_one_version_that_fails_stops_the_whole_candidate(database_url):
    """MAN-06: of two services, one moved; the areas have half an hour."""
    async with World(database_url, policy_data(gng={"answer_within": "30m"})) as world:
        for service in ("api", "web"):
            world.artifacts.add(Artifact(service, "v1.4.0", DIGEST, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
            await world.runs_in("dev", service=service)
            await world.say("dev", f"/release promote {service} v1.4.0 staging")
            await world.ci_says(RunState.SUCCEEDED)
        await rides(world, services=("api", "web"))
        await world.say("carla", f"/release go call {RUN}")
        assert await world.codes() == ["no-candidate"]
        assert f"/release manifest build {RUN}" in world.told("carla")
        await world.say("carla", f"/release manifest build {RUN} api=v1.4.0 web=v1.4.0")
        await world.say("carla", f"/release go call {RUN}")
        assert (await world.body("decision:opened"))["deadline"] == "2026-11-24T10:30:00+00:00"
        await all_say_go(world)
        world.artifacts.add(Artifact("web", "v1.4.0", OTHER, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
        await world.say("rita", GO)
        assert await world.codes() == ["not-ready"]
        assert "web: v1.4.0 at c0ffee000000 (sha256:a1a1a1a1a1a1…) was pinned" in world.told("rita")

        world.artifacts.add(Artifact("web", "v1.4.0", DIGEST, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
        await world.say("rita", GO)
        assert [e["service"] for e in (await world.body("decision:go"))["entries"]] == ["api", "web"]
        assert (await world.tags()).count("decision:recorded") == 2


async def test_the_candidate_is_the_release_branch_as_it_stands_and_nothing_else(database_url):
    """TRN-09, TRN-12, TRN-16: neither what a fix overtook, nor what was merged after the cutoff."""
    async with World(database_url, strict_policy()) as world:
        await prove(world)
        await world.on_staging()
        await rides(world, cut={"branch": "release/1.4", "unbranched": ""})
        branch = world.vcs.moves[REPOSITORY, "release/1.4"] = [(TUESDAY, COMMIT)]
        await world.say("carla", f"/release go call {RUN}")
        await all_say_go(world)

        branch.append((TUESDAY, "f1" * 20))
        await world.say("rita", GO)
        assert await world.codes() == ["not-ready"]
        assert "api: v1.4.0 is c0ffee000000; release/1.4 names f1f1f1f1f1f1." in world.told("rita")
        world.vcs.away = Unread("GitHub", "no answer")
        await world.say("rita", GO)
        assert (await world.news())[-1] == "go:unsure"
        world.vcs.away = None

        branch.pop()
        await world.say("rita", GO)
        assert "decision:go" in await world.news()

        merged = Artifact("api", "v1.5.0", OTHER, "15" * 20, frozenset({"dev"}), frozenset({"rob"}))
        world.artifacts.add(merged)
        await world.runs_in("dev", "v1.5.0", digest=OTHER, commit="15" * 20)
        await change_run(world, version="v1.5.0")
        await world.say("carla", f"/release train readiness {RUN}")
        assert "api: v1.5.0 is 151515151515; release/1.4 names c0ffee000000." in world.told("carla")


async def test_in_the_strict_profile_a_red_check_stops_the_go_until_it_is_green(database_url):
    """GNG-04, GNG-05, GNG-06, with links (GNG-03)."""
    async with World(database_url, strict_policy()) as world:
        await prove(world)
        await world.on_staging()
        await rides(world)
        await world.say("carla", f"/release go call {RUN}")
        green = world.vcs.checked[REPOSITORY, COMMIT]
        world.vcs.checked[REPOSITORY, COMMIT] = tuple(replace(c, state=CheckState.FAILED, url="https://ci.test/7") for c in green)
        await world.say("olga", f"/release go answer {RUN} quality go")
        assert await world.codes() == ["not-tickable"]

        # its captain reads it on the App Home: as of the last look, which comes soon after anything happened, and each hour
        await world.say("dev", f"/release go answer {RUN} artifact go")
        assert "weekly-2026-11-24 checks failed: api: On commit c0ffee000000: lint failed" in await opens(world, "carla")
        assert f"[Checklist of {RUN}]" in home(world, "carla")
        world.vcs.checked[REPOSITORY, COMMIT] = green
        await world.wait(minutes=1)
        assert "checks failed" not in await opens(world, "carla")
        world.vcs.checked[REPOSITORY, COMMIT] = ()
        await world.wait(minutes=30)
        assert "checks failed" not in await opens(world, "carla")
        await world.wait(minutes=30)
        assert "checks failed" in await opens(world, "carla")
        world.vcs.checked[REPOSITORY, COMMIT] = green
        await world.say("carla", f"/release train readiness {RUN}")
        assert "checks failed" not in await opens(world, "carla")
        await all_say_go(world)
        await world.say("rita", GO)
        items = {i["item"]: i for i in (await world.body("decision:go"))["items"]}
        assert {i["outcome"] for i in items.values()} == {"passed", "confirmed"}
        assert items["proof"]["link"] == "https://registry.test/sbom https://registry.test/provenance"
        assert items["rollback"]["why"].startswith("api: back to v1.3.2")
        assert "api v1.4.0: promote v1.3.2 again" in (await world.body("decision:go"))["rollback"]


async def test_the_card_stands_in_the_thread_of_the_runs_own_card_and_is_redrawn_there(world):
    above = world.card()
    await world.house.store.write(lambda tx: cards.put(tx, cards.Place(RUN, above.channel, above.ts)))
    await world.say("carla", f"/release go call {RUN}")
    await all_say_go(world)
    shown = [text for text in world.thread() if "Go/no-go" in text]
    assert len(shown) == 1
    assert "waits for the decision" in shown[0]


async def test_a_roll_call_whose_deadline_met_a_fault_is_looked_at_again(world, monkeypatch):
    """OPS-07: what the clock had to do for a run stays due."""
    await world.say("carla", f"/release go call {RUN}")
    monkeypatch.setattr(roll_call, "silent_card", lambda *_: 1 / 0)
    await world.wait(hours=1)
    for _ in range(12):
        await world.wait(minutes=10)
    assert "fault:given-up" in await world.news()
    monkeypatch.undo()
    await world.wait(minutes=6)
    assert "decision:silent" in await world.news()
