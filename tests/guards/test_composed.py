"""What a manifest must be to be built, each refusal beside its allowed twin (MAN-01, MAN-07, MAN-11)."""

from dataclasses import replace
from datetime import time

import pytest

from guards.composed import breaking_said, composed
from guards.decision import Allow, Refusal, Unsure
from guards.manifest import SetStanding
from guards.train import Stage, Train, TrainRule, TrainState
from guards.unread import Absent, Unread
from tests.guards.cases import ARTIFACT, AT, RUNNING, facts, request
from tests.guards.test_set_promotion import MANIFEST, RUN, assert_said

TRAIN = Train(
    "weekly", TrainRule("0 12 * * TUE", (), None, "UTC", 2, time(10), "weekdays"), "C0", ("api", "web"), (), (), {}, "mara@example.com", "",
    "", "", "", True, "", TrainState.PUBLISHED, 1, "remy@example.com", "Remy", AT, AT,
)  # fmt: skip
PINS = {"api": "v1.5.0", "web": "v2.0.0"}


def judged(guard, entries=PINS, breaking="", **changed):
    told = {"run": RUN, "train": TRAIN, "set": SetStanding(MANIFEST)} | changed
    return guard(request(entries=entries, breaking=breaking), replace(facts(), **told))


@pytest.mark.parametrize(
    ("entries", "changed", "answer"),
    [
        pytest.param(PINS, {}, Allow, id="each once"),
        pytest.param(PINS, {"set": SetStanding(None)}, Allow, id="the first one"),
        pytest.param(PINS, {"set": None}, Allow, id="none is known"),
        pytest.param({"api": "v1.5.0"}, {}, Refusal.MANIFEST_INCOMPLETE, id="one is missing"),
        pytest.param({**PINS, "shop": "v1.0.0"}, {}, Refusal.MANIFEST_INCOMPLETE, id="one does not ride"),
        pytest.param({"api": "v1.4.0", "web": "v2.0.0"}, {}, Refusal.ALREADY_REQUESTED, id="nothing new"),
        pytest.param(PINS, {"run": Absent("run x")}, Refusal.NO_SUCH_TRAIN, id="no such run"),
        pytest.param(PINS, {"train": None}, Refusal.NO_SUCH_TRAIN, id="no such train"),
        pytest.param(PINS, {"run": replace(RUN, stage=Stage.DEPARTING)}, Refusal.WRONG_STATE, id="on its way"),
        pytest.param(PINS, {"run": replace(RUN, stage=Stage.DEPARTED)}, Refusal.WRONG_STATE, id="gone"),
        pytest.param(PINS, {"run": replace(RUN, stage=Stage.SKIPPED)}, Refusal.WRONG_STATE, id="skipped"),
        pytest.param(PINS, {"run": replace(RUN, stage=Stage.STOPPED)}, Allow, id="after it stopped"),
        pytest.param(
            {**PINS, "gone": "v1.0.0"}, {"train": replace(TRAIN, services=("api", "web", "gone"))}, Refusal.MANIFEST_INCOMPLETE,
            id="a service that the policy does not know",
        ),
    ],
)  # fmt: skip
def test_what_a_manifest_pins(entries, changed, answer):
    assert_said(judged(composed, entries, **changed), answer)


def test_words_about_a_major_step_are_something_new():
    assert_said(judged(composed, {"api": "v1.4.0", "web": "v2.0.0"}, breaking="move to v2"), Allow)


MAJOR = replace(ARTIFACT, version="v2.0.0")


@pytest.mark.parametrize(
    ("running", "artifact", "breaking", "answer"),
    [
        pytest.param(RUNNING, ARTIFACT, "", Allow, id="a minor step"),
        pytest.param(None, MAJOR, "", Allow, id="the first one of its kind"),
        pytest.param(RUNNING, MAJOR, "", Refusal.INCOMPLETE, id="a major step, unexplained"),
        pytest.param(RUNNING, MAJOR, " ", Refusal.INCOMPLETE, id="explained by a blank"),
        pytest.param(RUNNING, MAJOR, "call /v2 by June; told in #api", Allow, id="explained"),
        pytest.param(MAJOR and replace(RUNNING, version="v2.1.0"), ARTIFACT, "", Allow, id="a step back"),
        pytest.param(RUNNING, Absent("artifact"), "", Allow, id="built turns that away"),
        pytest.param(Unread("what runs there"), MAJOR, "x", Unsure, id="unread what runs"),
        pytest.param(RUNNING, Unread("the artifact"), "x", Unsure, id="unread artifact"),
    ],
)
def test_a_major_step_says_what_it_asks_of_its_users(running, artifact, breaking, answer):
    assert_said(judged(breaking_said, breaking=breaking, parts={"api": replace(facts(), running=running, artifact=artifact)}), answer)
