"""Who may say that a service is released on its own, and what has to be said (TRN-20)."""

from dataclasses import replace

import pytest

from guards.cadence import cadence_said, rides_nothing
from guards.decision import Allow, Refusal
from guards.released import Alone
from guards.vocabulary import Action
from tests.guards.cases import AT, FACTS, REMY, again, request, said
from tests.guards.test_trains import TRAIN

API = Alone("api", "daily", "weekdays", "its owner", "the version before", "it changes daily", REMY.id, "Remy", AT)
ASK = replace(request(action=Action.TRAIN), alone=API)
KNOWN = replace(FACTS, riding=(), alone=None)


@pytest.mark.parametrize(
    ("guard", "asked", "facts", "answer"),
    [
        pytest.param(rides_nothing, ASK, KNOWN, Allow, id="it rides none"),
        pytest.param(rides_nothing, ASK, replace(KNOWN, riding=(TRAIN,)), Refusal.WRONG_STATE, id="it rides one"),
        pytest.param(cadence_said, ASK, KNOWN, Allow, id="all is said"),
        pytest.param(cadence_said, replace(ASK, alone=None), KNOWN, Refusal.INCOMPLETE, id="nothing is said"),
        pytest.param(cadence_said, replace(ASK, alone=replace(API, windows=" ")), KNOWN, Refusal.INCOMPLETE, id="one criterion lacks"),
        pytest.param(cadence_said, ASK, replace(KNOWN, alone=replace(API, by="mara@example.com")), Refusal.INCOMPLETE, id="said before"),
        pytest.param(cadence_said, ASK, replace(KNOWN, alone=replace(API, rollback="forward")), Allow, id="another way back"),
        pytest.param(cadence_said, ASK, replace(KNOWN, alone=replace(API, rationale="habit")), Allow, id="another reason"),
        pytest.param(
            cadence_said,
            ASK,
            replace(KNOWN, alone=replace(API, rationale="weekly it was too much")),
            Allow,
            id="another reason, that sorts behind it",
        ),
        pytest.param(
            cadence_said,
            ASK,
            replace(KNOWN, alone=replace(API, rationale=again(API.rationale), windows=again(API.windows))),
            Refusal.INCOMPLETE,
            id="said before, read anew",
        ),
    ],
)
def test_how_a_service_is_said_to_be_released(guard, asked, facts, answer):
    assert said(guard(asked, facts)) == answer


def test_the_first_train_to_take_it_out_of_is_named():
    answer = rides_nothing(ASK, replace(KNOWN, riding=(TRAIN, replace(TRAIN, id="TRN-LAST"))))
    assert f"`/release train amend {TRAIN.id} services=…`" in answer.remedy


def test_the_criteria_that_lack_are_named():
    answer = cadence_said(replace(ASK, alone=replace(API, windows="", approvers="")), KNOWN)
    assert answer.why == "It is not said yet: which windows it goes out in, who approves it."
