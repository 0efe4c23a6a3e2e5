"""When a run is looked back on, when it is closed, and what it cost in time (TRN-17, TRN-18, MET-08)."""

from dataclasses import replace

import pytest

from guards.decision import Allow, Refusal, Refuse
from guards.obligation import Aftermath, Obligation, Owed
from guards.retrospective import Spans, average, closable, looked_back, not_looked_back, over, spans
from guards.train import Stage, TrainState
from guards.unread import Absent
from tests.guards.cases import AT, DAY, HOUR, REMY, said
from tests.guards.test_cutting import RUN, TRAIN, ask, known

DEPARTED = replace(RUN, stage=Stage.DEPARTED)
OWED = Obligation("OBL-1", Owed.RETROSPECTIVE, RUN.id, None, "look back", REMY.id, REMY.name, AT + DAY, AT, "signalbox")
HELD = replace(OWED, done=AT + HOUR, done_by=REMY.id, evidence="recorded by Remy")
PORT = replace(OWED, id="OBL-2", kind=Owed.RECONCILIATION, text="bring it to main")
NONE = Aftermath()


def left(*owed: Obligation, **parts):
    return known(**({"run": DEPARTED, "after": Aftermath(owed=owed)} | parts))


@pytest.mark.parametrize(
    ("guard", "request_", "read", "answer"),
    [
        pytest.param(over, ask(), left(), Allow, id="departed"),
        pytest.param(over, ask(), left(run=replace(RUN, stage=Stage.STOPPED)), Allow, id="stopped on its way"),
        pytest.param(over, ask(), left(run=replace(RUN, stage=Stage.DEPARTING)), Refusal.WRONG_STATE, id="on its way"),
        pytest.param(over, ask(), left(run=replace(RUN, stage=Stage.CLOSED)), Refusal.WRONG_STATE, id="closed"),
        pytest.param(over, ask(), left(run=Absent("run")), Refusal.NO_SUCH_TRAIN, id="no such run"),
        pytest.param(not_looked_back, ask(), left(), Allow, id="nothing owed"),
        pytest.param(not_looked_back, ask(), known(run=DEPARTED), Allow, id="nothing read"),
        pytest.param(not_looked_back, ask(), left(OWED), Allow, id="owed"),
        pytest.param(not_looked_back, ask(), left(PORT, HELD), Refusal.WRONG_STATE, id="held"),
        pytest.param(looked_back, ask(rationale="good\nbad"), left(), Allow, id="both are said"),
        pytest.param(looked_back, ask(rationale=" "), left(), Refusal.INCOMPLETE, id="nothing is said"),
        pytest.param(closable, ask(), left(HELD), Allow, id="all done"),
        pytest.param(closable, ask(), left(HELD, replace(PORT, done=AT)), Allow, id="all done, follow-ups too"),
        pytest.param(closable, ask(), left(), Refusal.STILL_OWED, id="never looked back"),
        pytest.param(closable, ask(), left(replace(HELD, kind=Owed.REVIEW)), Refusal.STILL_OWED, id="never looked back, but on one change"),
        pytest.param(closable, ask(), left(OWED), Refusal.STILL_OWED, id="retrospective owed"),
        pytest.param(closable, ask(), left(HELD, PORT), Refusal.STILL_OWED, id="follow-up owed"),
        pytest.param(closable, ask(), left(HELD, run=replace(RUN, stage=Stage.GO)), Refusal.WRONG_STATE, id="not departed"),
        pytest.param(closable, ask(), left(HELD, run=Absent("run")), Refusal.NO_SUCH_TRAIN, id="no such run to close"),
        pytest.param(closable, ask(), left(run=None), Allow, id="a train"),
        pytest.param(
            closable, ask(), left(run=None, train=replace(TRAIN, state=TrainState.CLOSED)), Refusal.WRONG_STATE, id="a closed train"
        ),
        pytest.param(
            closable, ask(), left(HELD, train=replace(TRAIN, state=TrainState.CLOSED)), Allow, id="the last run of a closed train"
        ),
    ],
)  # fmt: skip
def test_when_a_run_is_over(guard, request_, read, answer):
    assert said(guard(request_, read)) == answer


def test_everything_that_is_owed_is_named():
    answer = closable(ask(), left(PORT))
    assert isinstance(answer, Refuse)
    assert "Still owed: its retrospective (`/release train retro weekly-2026-11-24`); " in answer.why
    assert "OBL-2 of Remy" in answer.why
    assert "bring it to main" in answer.why


def test_what_a_run_cost_in_time():
    merged = (("acme/api#7", AT - 2 * HOUR),)
    whole = Aftermath(cut=AT, called=AT + HOUR, decided=AT + 3 * HOUR, departed=AT + 8 * HOUR, merged=merged)
    assert spans(whole) == Spans(3 * HOUR, 5 * HOUR, 8 * HOUR, 2 * HOUR, {"acme/api#7": 10 * HOUR})
    assert spans(replace(whole, departed=None)) == Spans(3 * HOUR, None, None, 2 * HOUR)
    assert spans(NONE) == Spans(None, None, None, None)
    assert average((HOUR, None, 3 * HOUR)) == 2 * HOUR
    assert average((None,)) is None
