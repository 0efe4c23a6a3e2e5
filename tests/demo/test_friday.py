"""`make demo` plays a request on a Friday that goes out on Monday; a step that did not happen stops it (issue 5, "Done when")."""

import io

import pytest
from rich.console import Console

from bot.demo.company import ZONE
from bot.demo.friday import QUEUED, Friday
from bot.demo.stage import Stage
from bot.demo.teller import DidNotHappen

pytestmark = [pytest.mark.demo, pytest.mark.timeout(240)]  # it starts a program and asks git much; machines differ


@pytest.fixture
def story(company):
    return Friday(company, Stage(ZONE, Console(file=io.StringIO(), width=200)))


async def test_a_fridays_request_goes_out_on_monday(company, story):
    await story.tell()
    told = " ".join(story.stage.console.file.getvalue().split())
    for proved in (
        "is kept; she was told: Monday, 10:00",
        "is approved and waits for its window",
        "its card says: next allowed Monday, 10:30",
        "the window is open, and it waits for the end of the freeze",
        "it was judged by Monday's facts",
        f"production/ holds {QUEUED}, hashed anew",
        "audit verify: every entry follows from the one before",
    ):
        assert proved in told
    (run,) = await company.ci.runs(story.change)
    assert (run.order.service, run.order.environment, run.order.version) == ("api", "production", QUEUED)


# ---------------------------------------------------------------- when a step does not happen


async def nobody_may_freeze(company, monkeypatch) -> None:
    monkeypatch.setitem(company.people, "rita", company.people["carla"])


async def ci_fails(company, monkeypatch) -> None:
    await company.ci.misbehave("fail")


async def approval_is_withdrawn(company, monkeypatch) -> None:
    change = (await company.changes())[0].id
    await company.say("rita", f"/release withdraw {change} I looked at the wrong diff")


@pytest.mark.parametrize(
    ("step", "sabotage", "said"),
    [
        ("a_freeze_on_sunday_moves_it_on", nobody_may_freeze, "is judged again"),
        ("it_goes_out_when_everything_lets_it", approval_is_withdrawn, "CI holds exactly one order for it"),
        ("it_goes_out_when_everything_lets_it", ci_fails, f"production/ holds {QUEUED}"),
    ],
    ids=["nobody freezes", "the approval is withdrawn", "CI fails"],
)
async def test_it_stops_at_the_step_that_did_not_happen(company, story, monkeypatch, step, sabotage, said):
    told = getattr(Friday, step)

    async def wrong(self) -> None:
        await sabotage(company, monkeypatch)
        await told(self)

    monkeypatch.setattr(Friday, step, wrong)
    with pytest.raises(DidNotHappen, match=said):
        await story.tell()
