"""What stands beside the demo's page: words to complete, the clock, faults, what was judged and asked, and the tour."""

import asyncio
from datetime import timedelta

import pytest

from bot.demo.backstage import TROUBLES, Backstage
from bot.demo.development import SERVICE
from bot.demo.stories import one_that_waits
from bot.demo.story_asking import HARMLESS
from bot.demo.tour import Tour
from commands import COMMANDS

pytestmark = [pytest.mark.demo, pytest.mark.timeout(240)]


@pytest.fixture
def backstage(company):
    return Backstage(company)


async def jumps(backstage):
    """The clock's buttons, by name."""
    return {each["to"]: each for each in (await backstage.look(None))["clock"]}


async def test_the_box_completes_what_the_bot_takes(backstage):
    words = {each["name"]: each for each in backstage.words()}
    assert list(words) == [each.name for each in COMMANDS]
    promote = {each["name"]: each for each in words["promote"]["arguments"]}
    assert (promote["service"]["options"], promote["environment"]["options"]) == (
        ["api", "catalog", "shop"],
        ["dev", "staging", "production"],
    )
    assert (promote["version"]["options"], promote["migration"]["named"], promote["migration"]["options"][0]) == ([], True, "no")
    assert words["freeze lift"]["usage"] == "/release freeze lift <freeze> [<reason …>]"
    assert [each["rest"] for each in words["approve"]["arguments"]][:2] == [False, True]


async def test_the_panel_shows_what_every_guard_said_what_is_on_record_and_what_ci_was_asked(company, backstage):
    carla = company.people["carla"]
    before = await backstage.look(carla)
    assert (before["judged"], before["calls"]) == (None, [])
    await company.say("carla", f"/release promote {SERVICE} v1.3.2 production {HARMLESS}")
    shown = await backstage.look(carla)
    assert shown["judged"]["tag"] == "promote:refused" == shown["ledger"][0]["tag"]
    assert shown["judged"]["what"] == f"{SERVICE} v1.3.2 → production"
    answers = {each["guard"]: each for each in shown["judged"]["answers"]}
    assert answers["authorized"]["answer"] == "allow"
    assert {each["code"] for each in answers.values() if each["answer"] == "refuse"} >= {"record-incomplete"}
    assert [each["seq"] for each in shown["ledger"]] == sorted((each["seq"] for each in shown["ledger"]), reverse=True)


async def test_the_clock_goes_on_and_what_is_due_happens(company, backstage):
    carla = company.people["carla"]
    for to, why in (("cutoff", "no run of a train has a cutoff"), ("decision", "a go/no-go")):
        with pytest.raises(LookupError, match=why):
            await backstage.act(carla, {"what": "clock", "to": to})
        assert (await jumps(backstage))[to]["why"]
    assert (await jumps(backstage))["window"] == {
        "to": "window", "label": "Until the next window opens", "at": "Wed 25 Nov 10:00 Europe/Berlin", "why": "",
    }  # fmt: skip
    assert await backstage.act(carla, {"what": "clock", "to": "hour"}) == "It is Tuesday 24 November 2026, 12:00 CET now."
    assert await backstage.act(carla, {"what": "clock", "to": "morning"}) == "It is Wednesday 25 November 2026, 10:00 CET now."
    await one_that_waits(company)
    assert (await jumps(backstage))["timer"]["at"]
    for _ in range(9):  # other things are due before: what is not approved for a week expires
        told = await backstage.act(carla, {"what": "clock", "to": "timer"})
        if (await company.ledger())[-1].tag == "change:expired":
            break
    assert told.startswith("It is Wednesday 2 December 2026, 10:")
    assert await backstage.act(carla, {"what": "clock", "to": "change"}) == "It is Sunday 28 March 2027, 01:30 CET now."
    assert await backstage.act(carla, {"what": "clock", "to": "hour"}) == "It is Sunday 28 March 2027, 03:30 CEST now."


async def test_the_clock_goes_to_the_next_window_whatever_is_closed_in_between(company, backstage):
    carla = company.people["carla"]
    for day in ("Wednesday 25", "Thursday 26", "Monday 30"):  # production is closed on Fridays and at the weekend
        told = await backstage.act(carla, {"what": "clock", "to": "window"})
        assert told == f"It is {day} November 2026, 10:00 CET now."


async def test_faults_are_switched_on_and_off(company, backstage):
    carla, dev = company.people["carla"], company.people["dev"]
    assert await backstage.act(carla, {"what": "trouble", "name": "registry"}) == TROUBLES["registry"].told
    assert (await backstage.look(dev))["trouble"] == TROUBLES["registry"].told
    await company.say("carla", f"/release promote {SERVICE} v1.3.2 production {HARMLESS}")
    assert "Could not read" in company.told("carla")[-1].as_text()
    await backstage.act(carla, {"what": "trouble", "name": "well"})
    assert (await backstage.look(dev))["trouble"] == ""
    await company.say("carla", f"/release promote {SERVICE} v1.3.2 production {HARMLESS}")
    assert "Could not read" not in company.told("carla")[-1].as_text()
    with pytest.raises(LookupError, match="no trouble called moon"):
        await backstage.act(carla, {"what": "trouble", "name": "moon"})


async def test_what_is_delivered_twice_is_done_once_and_a_bot_that_was_killed_goes_on(company, backstage):
    carla, rita = company.people["carla"], company.people["rita"]
    with pytest.raises(LookupError, match="Rita Manager has done nothing yet"):
        await backstage.act(rita, {"what": "redeliver"})
    await company.say("carla", f"/release promote {SERVICE} v1.3.2 production {HARMLESS}")
    entries = len(await company.ledger())
    told = await backstage.act(carla, {"what": "redeliver"})
    assert told == (
        "Slack delivered Carla Captain's last command a second time; the bot answered 200, and did nothing: no entry in the ledger, no "
        "message, no call of CI."
    )
    assert len(await company.ledger()) == entries

    old = company.house
    assert "started again on the same database" in await backstage.act(carla, {"what": "restart"})
    assert company.house is not old
    await company.say("carla", "/release whoami")
    assert "Carla Captain" in company.told("carla")[-1].as_text()
    await company.deploy_unasked("v1.3.2", "dev")  # CI finds it too
    assert (await company.ledger())[-1].tag == "deployment:observed"


async def test_a_bot_that_did_the_same_twice_would_be_told_of(company, backstage, monkeypatch):
    """The sentence is about what was looked at, not about what ought to be."""
    carla = company.people["carla"]
    await company.say("carla", f"/release promote {SERVICE} v1.3.2 production {HARMLESS}")
    monkeypatch.setattr(company, "again", lambda _: company.say("carla", f"/release promote {SERVICE} v1.3.2 production {HARMLESS}"))
    told = await backstage.act(carla, {"what": "redeliver"})
    assert told.endswith("the bot answered 200, and then there was 1 more in the ledger and 1 more in Slack.")


async def test_while_there_is_no_bot_the_panel_shows_what_it_showed(company, backstage):
    carla = company.people["carla"]
    shown = await backstage.look(carla)
    await company.house.stop(0)
    assert await backstage.look(carla) == shown
    await company.restart()


@pytest.mark.parametrize("wanted", [{}, {"what": "force"}, {"what": "clock", "to": "yesterday"}, {"what": "restart", "now": "yes"}])
async def test_nothing_else_can_be_done_there(company, backstage, wanted):
    with pytest.raises(ValueError, match="no such thing"):
        await backstage.act(company.people["carla"], wanted)


async def test_a_tour_goes_on_when_it_has_happened_and_ends_when_somebody_leaves(company):
    tour = Tour(company)
    assert [each["name"] for each in tour.shown()["stories"]] == ["promotion", "duties", "train", "freeze", "fault"]
    with pytest.raises(LookupError, match="no story called moon"):
        await tour.turn("moon")
    await tour.turn("promotion")
    step = tour.shown()["step"]
    assert (step["at"], step["of"], step["who"], step["words"]) == (
        1,
        7,
        "carla",
        f"/release promote {SERVICE} v1.4.0 production {HARMLESS}",
    )
    with pytest.raises(LookupError, match="goes on by itself"):
        await tour.turn("next")
    await company.say("carla", "/release whoami")
    await tour.go_on()
    assert tour.shown()["step"]["at"] == 1
    await company.say("carla", step["words"])
    await tour.go_on()
    assert tour.shown()["step"]["at"] == 2
    await tour.turn("leave")
    assert tour.shown()["step"] is None
    assert not any(each["done"] for each in tour.shown()["stories"])


async def play(company, tour, steps: int = 100) -> list[str]:
    """Do what each step of a story asks for, so many of them; what was asked."""
    asked: list[str] = []
    while (step := tour.shown()["step"]) and len(asked) < steps:
        if step["until"]:
            asked.append("time")
            await tour.turn("pass")
        elif step["words"]:
            asked.append(step["words"].split()[1])
            await company.say(step["who"], step["words"])
        else:
            asked.append("approve")
            (promotion,) = [
                row.subject for row in await company.ledger() if row.tag == "set:requested" and row.environment == "production"
            ][-1:]
            await company.press(step["who"], "Approve", company.about(promotion))
            await company.fill(step["who"], rationale="staging is green")

        async with asyncio.timeout(20):
            while (now := tour.shown()["step"]) and now["at"] == step["at"]:
                await company.pass_time(timedelta(seconds=1))
                await tour.go_on()
    return asked


async def test_the_story_of_a_train_can_be_left_half_way_and_played_again(company):
    tour = Tour(company)
    await tour.turn("train")
    with pytest.raises(LookupError, match="waits for no moment"):
        await tour.turn("pass")
    backstage = Backstage(company)
    await play(company, tour, 1)
    assert {to: (await jumps(backstage))[to]["at"] for to in ("cutoff", "decision")} == {
        "cutoff": "Tue 24 Nov 12:00 Europe/Berlin",
        "decision": "Tue 24 Nov 13:00 Europe/Berlin",
    }
    await play(company, tour, 1)
    assert (await jumps(backstage))["cutoff"]["at"] == "Wed 25 Nov 12:00 Europe/Berlin"
    judged = (await backstage.look(company.people["carla"]))["judged"]
    assert (judged["tag"], "checks-not-passed" in {each["code"] for each in judged["answers"]}) == ("cut:refused", True)
    await play(company, tour, 3)
    await tour.turn("leave")
    await tour.turn("train")
    asked = await play(company, tour)
    assert asked == ["train", "time", "train", "manifest", "train", "time", "go", "go", "go", "train", "approve", "train"]
    assert [each["done"] for each in tour.shown()["stories"] if each["name"] == "train"] == [True]
    assert {each.version for name in ("catalog", "shop") for each in await company.ci.standing(name)} == {"v1.5.0"}


async def test_what_a_story_left_half_way_let_stand_is_in_nobodys_way(company):
    tour = Tour(company)
    await tour.turn("freeze")
    assert await play(company, tour, 4) == ["time", "incident", "freeze", "promote"]
    held = [answer["code"] for answer in (await Backstage(company).look(company.people["carla"]))["judged"]["answers"]]
    assert {"frozen", "open-incident"} <= {*held}
    await tour.turn("leave")
    await tour.turn("duties")
    step = tour.shown()["step"]
    assert (step["at"], step["of"]) == (1, 5)
    assert any("waits for approval" in card.as_text() for card in company.cards())
    await tour.turn("freeze")
    assert tour.shown()["step"]["until"] == "Sun 23:10"
