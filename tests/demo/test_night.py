"""`make demo` plays an emergency from its declaration to its last follow-up; a step that did not happen stops it (issue 5, "Done when")."""

import io

import pytest
from rich.console import Console

from bot.demo.company import ZONE
from bot.demo.night import FIX
from bot.demo.night_after import Aftermath
from bot.demo.stage import Stage
from bot.demo.teller import DidNotHappen
from guards.obligation import Owed
from storage import emergencies, obligations

pytestmark = [pytest.mark.demo, pytest.mark.timeout(240)]  # it starts a program and asks git much; machines differ


@pytest.fixture
def story(company):
    return Aftermath(company, Stage(ZONE, Console(file=io.StringIO(), width=200)))


async def test_an_emergency_is_played_from_the_alarm_to_its_last_follow_up(company, story):
    await story.tell()
    told = " ".join(story.stage.console.file.getvalue().split())
    for proved in (
        "carla was told the reason frozen",
        "carla was told the reason open-incident",
        "sami (security) was told at once",
        "the ledger has the refusal: own-request",
        "ines was told the reason not-covered",
        "window, freeze and incident gave way to this record",
        "were judged as on any day",
        f"production/ holds {FIX}",
        "ines was told the reason wrong-state",
        "the ledger has the refusal: still-owed",
        "each reminder is on record, with who was told",
        "the card of the emergency says: 1 overdue",
        "all 7 follow-ups are done, each with what shows it",
        "audit verify: every entry follows from the one before",
    ):
        assert proved in told
    assert "nobody asked for" not in told  # no refusal tells of what nobody read
    assert len(await story.orders()) == 1
    record = await company.house.store.read(lambda tx: emergencies.get(tx, story.emergency))
    assert (record.declarer, {each.by for each in record.approvals}) == ("ines@acme.example", {"rita@acme.example", "olga@acme.example"})


# ---------------------------------------------------------------- when a step does not happen


async def nothing_is_frozen(story) -> None:
    await story.company.say("ines", f"/release freeze lift {story.freeze} a false alarm, nothing is wrong")


async def it_is_over_before(story) -> None:
    await story.company.say("ines", f"/release emergency withdraw {story.emergency} a restart was enough")


async def ci_fails(story) -> None:
    await story.company.ci.misbehave("fail")


async def nothing_is_owed(story) -> None:
    for one in await story.everything():
        await story.company.say("olga", f"/release follow-up done {one.id} as good as done, #12")


async def dev_is_early(story) -> None:
    found = await story.company.house.store.read(lambda tx: obligations.about(tx, story.emergency))
    (action,) = [one for one in found if one.kind is Owed.CORRECTIVE_ACTION]
    await story.company.say("dev", f"/release follow-up done {action.id} done before anybody asked")


@pytest.mark.parametrize(
    ("step", "sabotage", "said"),
    [
        ("the_front_door_is_closed", nothing_is_frozen, "carla was told the reason frozen"),
        ("who_declared_it_does_not_approve_it", it_is_over_before, "own-request"),
        ("it_goes_out", ci_fails, f"production/ holds {FIX}"),
        ("it_goes_out", it_is_over_before, "emergency:used is in the ledger"),
        ("closing_is_refused", nothing_is_owed, "still-owed"),
        ("what_is_late_is_chased", dev_is_early, "dev is reminded"),
    ],
    ids=["the freeze is lifted", "it is withdrawn", "CI fails", "it is withdrawn late", "nothing is owed", "Dev is early"],
)
async def test_it_stops_at_the_step_that_did_not_happen(story, monkeypatch, step, sabotage, said):
    told = getattr(Aftermath, step)

    async def wrong(self) -> None:
        await sabotage(self)
        await told(self)

    monkeypatch.setattr(Aftermath, step, wrong)
    with pytest.raises(DidNotHappen, match=said):
        await story.tell()
