"""What has its go by a run departs in that run's window, refused beside allowed (TRN-01, TRN-30, WIN-11)."""

from dataclasses import replace
from typing import Any

import pytest

from guards.decision import Allow, Refusal, Refuse, Unsure
from guards.go import GoDecision, Outcome, Ride
from guards.hotfix import HotfixFacts
from guards.in_slot import in_its_slot
from guards.slot import next_slot
from guards.train import Schedule, Stage
from guards.unread import Unread
from guards.vocabulary import ChangeType
from tests.guards.cases import AT, DAY, HOUR, Expected, emergency, request, said
from tests.guards.test_go import BEFORE, CANDIDATE, GO, RUN, entry
from tests.guards.test_hotfix import HOTFIX

NOW = Schedule(AT - 5 * DAY, AT - 2 * DAY, AT - DAY, AT - HOUR, AT + HOUR, AT + DAY, AT + 2 * DAY)
EARLY, OVER = replace(NOW, opens=AT + HOUR, closes=AT + 2 * HOUR), replace(NOW, opens=AT - 2 * HOUR, closes=AT)
BEGINS = replace(NOW, opens=AT)


def gone(*schedules: Schedule, stage: Stage = Stage.GO, go: GoDecision = GO, now: str | None = CANDIDATE.hash, **parts: Any) -> Any:
    """A go for each of these runs."""
    runs = {f"weekly-{n}": replace(RUN, id=f"weekly-{n}", stage=stage, schedule=each) for n, each in enumerate(schedules)}
    decisions = tuple((replace(go, run=name), now) for name in runs)
    return entry(rides=(Ride("weekly", None, decisions, runs),), **{"promotions": (), **parts})


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        pytest.param(request(), gone(NOW), Allow, id="its window is open"),
        pytest.param(request(), gone(BEGINS), Allow, id="from the stated minute"),
        pytest.param(request(), gone(EARLY), Refusal.OUTSIDE_WINDOW, id="days before it"),
        pytest.param(request(), gone(OVER), Refusal.OUTSIDE_WINDOW, id="it was over at the stated minute"),
        pytest.param(request(), gone(OVER, NOW), Allow, id="of two runs one has its window"),
        pytest.param(request(), gone(OVER, EARLY), Refusal.OUTSIDE_WINDOW, id="of two runs none has"),
        pytest.param(request(environment="staging"), gone(EARLY), Allow, id="not production"),
        pytest.param(request(), gone(OVER, stage=Stage.DEPARTING), Allow, id="what is on its way is finished"),
        pytest.param(request(), gone(OVER, stage=Stage.STOPPED), Allow, id="what stopped half way is finished"),
        pytest.param(request(), gone(EARLY, go=replace(GO, outcome=Outcome.NO_GO)), Allow, id="no go: `decided` says so"),
        pytest.param(request(), gone(EARLY, now="other"), Allow, id="a void go: `decided` says so"),
        pytest.param(request(), entry(rides=(Ride("weekly", None, ((GO, CANDIDATE.hash),)),)), Allow, id="the run is not known any more"),
        pytest.param(request(), entry(rides=()), Allow, id="no train"),
        pytest.param(request(), entry(rides=Unread("the trains")), Unsure, id="the trains unread"),
        pytest.param(request(), gone(EARLY, **BEFORE), Allow, id="going back"),
        pytest.param(request(), gone(EARLY, promotions=Unread("the log")), Unsure, id="whether it ran there is unread"),
        pytest.param(request(), gone(EARLY, hotfixes=HotfixFacts(of_version=HOTFIX)), Allow, id="a hotfix that rides alone"),
        pytest.param(request(), gone(EARLY, hotfixes=Unread("the hotfixes")), Unsure, id="whether it is a hotfix is unread"),
        pytest.param(request(change_type=ChangeType.EMERGENCY), replace(gone(EARLY), emergency=emergency()), Allow, id="an emergency"),
        pytest.param(request(change_type=ChangeType.EMERGENCY), gone(EARLY), Refusal.OUTSIDE_WINDOW, id="a word makes no emergency"),
    ],
)  # fmt: skip
def test_a_run_departs_in_its_own_window(asked: Any, given: Any, expected: Expected):
    assert said(in_its_slot(asked, given)) == expected


def test_it_waits_until_the_window_opens_and_after_it_says_how_to_get_the_next():
    early, late = in_its_slot(request(), gone(EARLY)), in_its_slot(request(), gone(OVER))
    assert isinstance(early, Refuse)
    assert early.until == EARLY.opens
    assert isinstance(late, Refuse)
    assert late.until is None
    assert late.remedy == "Give it the next one: `/release train postpone weekly-0 <reason>`."


def test_the_next_allowed_time_is_not_before_the_window_of_the_run():
    assert next_slot(request(), gone(EARLY)) == EARLY.opens
    assert next_slot(request(), gone(OVER)) == AT
    assert next_slot(request(environment="staging"), gone(EARLY)) == AT
