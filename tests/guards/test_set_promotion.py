"""What a set must be before it moves, each refusal beside its allowed twin (MAN-02…-08, MAN-10)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from guards.change import Change
from guards.decision import Allow, Refusal, Refuse, Unsure
from guards.judge import Answer, Judgement
from guards.lifecycle import State
from guards.manifest import Entry, Integration, Manifest, SetPromotion, SetStanding, SetState, SuiteState
from guards.set_promotion import (
    in_turn,
    integrated,
    manifested,
    not_ready,
    open_set,
    ready_to_depart,
    set_as_seen,
    suite_free,
    way_back,
)
from guards.train import Schedule, Stage, TrainRun
from guards.unread import Absent
from guards.version import Deployment
from tests.guards.cases import ARTIFACT, AT, OTHER_DIGEST, POLICY, change, content, facts, policy, request, said, told

API = Entry("api", "example/repo", "v1.4.0", ARTIFACT.commit, ARTIFACT.digest, ARTIFACT.digest)
WEB = Entry("web", "example/repo", "v2.0.0", ARTIFACT.commit, OTHER_DIGEST, OTHER_DIGEST)
BUILT = Manifest("weekly-2026-11-24", "weekly", 1, (API, WEB), "mara@example.com", "", "remy@example.com", "Remy", AT)
MANIFEST = replace(BUILT, sealed=BUILT.hash)
EDITED = replace(MANIFEST, entries=(API, replace(WEB, version="v2.0.1")))
RUN = TrainRun(MANIFEST.run, "weekly", 1, Stage.GO, "remy@example.com", "Remy", Schedule(*[AT] * 7))
SUITE = Integration("INT-1", MANIFEST.hash, "web", SuiteState.PASSED, "remy@example.com", "Remy", AT)
SET = SetPromotion("SET-1", MANIFEST.hash, RUN.id, "weekly", "production", "C0", False, SetState.OPEN, "remy@example.com", "Remy", AT)
SUITED = policy(services={n: s.model_copy(update={"integration": "suite.yml"} if n == "web" else {}) for n, s in POLICY.services.items()})

FIRST = replace(change(SUITED), content=content(SUITED, manifest=MANIFEST.hash))
SECOND = Change(
    "CR-2", replace(FIRST.content, service="web", version=WEB.version, digest=WEB.digest), State.WAITING, "remy@example.com", "Remy", AT
)
ASKED = SetStanding(MANIFEST, MANIFEST.hash, integration=SUITE, running={"api": None, "web": None})
UNDER_WAY = replace(ASKED, promotion=SET, changes=(FIRST, SECOND), open=SET.id)


def here(entry: Entry) -> Deployment:
    return Deployment(entry.service, "production", entry.version, entry.digest, entry.commit, AT)


def judged(guard, standing, asked=None, *, run=RUN, under=SUITED, of=None):
    return guard(asked or request(), replace(facts(under), set=standing, run=run, change=of))


@pytest.mark.parametrize(
    ("standing", "of", "answer"),
    [
        pytest.param(None, None, Allow, id="what goes alone"),
        pytest.param(ASKED, None, Allow, id="asked for"),
        pytest.param(UNDER_WAY, FIRST, Allow, id="an entry of it"),
        pytest.param(Absent("set promotion SET-9"), None, Refusal.NO_SUCH_SET, id="no such set"),
        pytest.param(SetStanding(None), None, Refusal.NO_MANIFEST, id="none was built"),
        pytest.param(replace(ASKED, manifest=EDITED), None, Refusal.MANIFEST_MOVED, id="edited after it was built"),
        pytest.param(replace(ASKED, newest="other"), None, Refusal.MANIFEST_MOVED, id="another one follows it"),
        pytest.param(
            replace(UNDER_WAY, newest="other", promotion=replace(SET, back=True)), FIRST, Allow, id="of an earlier run, going back"
        ),
        pytest.param(UNDER_WAY, replace(FIRST, content=content(SUITED)), Refusal.MANIFEST_MOVED, id="the change cites no manifest"),
        pytest.param(
            UNDER_WAY, replace(FIRST, content=replace(FIRST.content, digest=OTHER_DIGEST)), Refusal.MANIFEST_MOVED, id="another digest"
        ),
        pytest.param(
            UNDER_WAY,
            replace(FIRST, content=replace(FIRST.content, service="shop")),
            Refusal.MANIFEST_MOVED,
            id="a service that is not in it",
        ),
    ],
)
def test_a_set_is_what_its_manifest_pins(standing, of, answer):
    run = None if standing is None else RUN
    assert_said(judged(manifested, standing, run=run, of=of), answer)


def assert_said(decision, answer):
    """The answer, or the code of the refusal; a refusal says what to do."""
    if isinstance(answer, Refusal):
        assert isinstance(decision, Refuse)
        assert decision.code is answer
        assert decision.remedy
    else:
        assert said(decision) is answer


def test_a_run_that_there_is_not_has_no_set():
    for guard in (manifested, integrated, ready_to_depart, suite_free):
        assert_said(judged(guard, None, run=Absent("run weekly-2026-11-31")), Refusal.NO_SUCH_TRAIN)
        assert_said(judged(guard, SetStanding(None)), Refusal.NO_MANIFEST)
    assert_said(judged(manifested, SetStanding(None), run=None), Refusal.NO_MANIFEST)
    assert_said(judged(manifested, None), Refusal.NO_SUCH_TRAIN)
    assert_said(judged(suite_free, None, run=None), Refusal.NO_SUCH_TRAIN)
    assert_said(judged(ready_to_depart, None, run=None), Refusal.NO_SUCH_TRAIN)
    assert_said(judged(ready_to_depart, ASKED, run=Absent("run x")), Refusal.NO_SUCH_TRAIN)


SINGLE = replace(BUILT, entries=(API,))


@pytest.mark.parametrize(
    ("standing", "environment", "under", "answer"),
    [
        pytest.param(ASKED, "production", SUITED, Allow, id="passed against exactly this"),
        pytest.param(None, "production", SUITED, Allow, id="what goes alone"),
        pytest.param(replace(ASKED, integration=None), "staging", SUITED, Allow, id="on the way to the tests"),
        pytest.param(replace(ASKED, integration=None), "production", SUITED, Refusal.NOT_INTEGRATED, id="never ran"),
        pytest.param(
            replace(ASKED, integration=replace(SUITE, manifest="x")), "production", SUITED, Refusal.NOT_INTEGRATED, id="another set"
        ),
        pytest.param(
            replace(ASKED, integration=replace(SUITE, state=SuiteState.FAILED)), "production", SUITED, Refusal.NOT_INTEGRATED, id="failed"
        ),
        pytest.param(
            replace(ASKED, integration=replace(SUITE, state=SuiteState.RUNNING)), "production", SUITED, Refusal.NOT_INTEGRATED, id="runs"
        ),
        pytest.param(ASKED, "production", POLICY, Refusal.NOT_INTEGRATED, id="no suite in the policy"),
        pytest.param(replace(ASKED, manifest=SINGLE), "production", POLICY, Allow, id="one service has nothing to be tested with"),
        pytest.param(
            replace(ASKED, manifest=EDITED), "production", SUITED, Refusal.NOT_INTEGRATED, id="what passed is not what it reads now"
        ),
    ],
)
def test_production_takes_a_set_that_was_tested_together(standing, environment, under, answer):
    run = None if standing is None else RUN
    assert_said(judged(integrated, standing, request(environment=environment), run=run, under=under), answer)


def test_the_suite_is_ordered_when_there_is_one_and_none_is_at_work():
    assert_said(judged(suite_free, ASKED), Allow)
    assert_said(judged(suite_free, replace(ASKED, integration=None)), Allow)
    assert_said(judged(suite_free, ASKED, under=POLICY), Refusal.NOT_INTEGRATED)
    for state in (SuiteState.ORDERED, SuiteState.RUNNING):
        assert_said(judged(suite_free, replace(ASKED, integration=replace(SUITE, state=state))), Refusal.IN_FLIGHT)


GONE = replace(FIRST, state=State.SUCCEEDED)


@pytest.mark.parametrize(
    ("standing", "of", "answer"),
    [
        pytest.param(None, FIRST, Allow, id="what goes alone"),
        pytest.param(ASKED, None, Allow, id="only asked for"),
        pytest.param(UNDER_WAY, FIRST, Allow, id="the first one"),
        pytest.param(UNDER_WAY, SECOND, Refusal.NOT_ITS_TURN, id="before the first one ran"),
        pytest.param(replace(UNDER_WAY, changes=(GONE, SECOND), running={"api": here(API)}), SECOND, Allow, id="after the first one ran"),
        pytest.param(
            replace(UNDER_WAY, changes=(GONE, SECOND), running={"api": here(replace(API, version="v1.5.0"))}), SECOND,
            Refusal.NOT_ITS_TURN, id="the first one was replaced meanwhile",
        ),
        pytest.param(replace(UNDER_WAY, changes=(SECOND,), running={"api": here(API)}), SECOND, Allow, id="the first one ran there before"),
        pytest.param(replace(UNDER_WAY, changes=(SECOND,)), SECOND, Refusal.NOT_ITS_TURN, id="what ran there is gone"),
        pytest.param(replace(UNDER_WAY, promotion=replace(SET, state=SetState.STOPPED)), FIRST, Refusal.WRONG_STATE, id="stopped"),
    ],
)  # fmt: skip
def test_no_entry_goes_before_those_ahead_of_it_run(standing, of, answer):
    run = None if standing is None else RUN
    assert_said(judged(in_turn, standing, run=run, of=of), answer)


def test_the_first_one_waits_for_each_that_could_not_go():
    no = Refuse(Refusal.FROZEN, "production is frozen", "Wait.", AT + timedelta(hours=1))
    turn = Refuse(Refusal.NOT_ITS_TURN, "api goes first", "Wait.")
    answers = (Answer("not_frozen", no), Answer("in_turn", turn), Answer("checked", Unsure("the checks")))
    held = not_ready(SECOND, Judgement(answers, AT, frozenset()), timedelta(seconds=30))
    assert [(r.code, r.until) for r in held] == [
        (Refusal.SET_NOT_READY, no.until),
        (Refusal.SET_NOT_READY, AT + timedelta(seconds=30)),
    ]
    assert not_ready(SECOND, Judgement((Answer("in_turn", turn),), AT, frozenset()), timedelta(seconds=30)) == ()


@pytest.mark.parametrize(
    ("standing", "environment", "stage", "answer"),
    [
        pytest.param(ASKED, "production", Stage.GO, Allow, id="with its go"),
        pytest.param(ASKED, "production", Stage.STOPPED, Allow, id="again after it stopped"),
        pytest.param(ASKED, "production", Stage.STABILIZING, Refusal.WRONG_STATE, id="before its go"),
        pytest.param(ASKED, "production", Stage.NO_GO, Refusal.WRONG_STATE, id="with a no-go"),
        pytest.param(ASKED, "staging", Stage.STABILIZING, Allow, id="staging needs no go"),
        pytest.param(ASKED, "staging", Stage.PUBLISHED, Refusal.WRONG_STATE, id="before its cutoff"),
        pytest.param(ASKED, "staging", Stage.SKIPPED, Refusal.WRONG_STATE, id="skipped"),
        pytest.param(replace(ASKED, open="SET-9"), "production", Stage.GO, Refusal.IN_FLIGHT, id="another set is open"),
        pytest.param(
            replace(ASKED, running={"api": here(API), "web": here(WEB)}), "production", Stage.GO, Refusal.ALREADY_RUNNING, id="it runs"
        ),
    ],
)
def test_when_a_run_brings_its_set(standing, environment, stage, answer):
    assert_said(judged(ready_to_depart, standing, request(environment=environment), run=replace(RUN, stage=stage)), answer)


def test_the_way_back_leads_to_what_ran_whole():
    stopped = replace(UNDER_WAY, promotion=replace(SET, state=SetState.STOPPED), open=None, good=MANIFEST)
    assert_said(judged(way_back, stopped), Allow)
    assert_said(judged(way_back, replace(stopped, good=None)), Refusal.NO_MANIFEST)
    assert_said(judged(way_back, replace(stopped, open="SET-9")), Refusal.IN_FLIGHT)
    assert_said(judged(way_back, replace(stopped, running={"api": here(API), "web": here(WEB)})), Refusal.ALREADY_RUNNING)
    assert_said(judged(way_back, ASKED), Refusal.NO_SUCH_SET)
    assert_said(judged(way_back, Absent("set promotion SET-9")), Refusal.NO_SUCH_SET)


def test_people_decide_about_an_open_set_as_they_saw_it():
    for guard in (open_set, set_as_seen):
        assert_said(judged(guard, UNDER_WAY), Allow)
        assert_said(judged(guard, ASKED), Refusal.NO_SUCH_SET)
        assert_said(judged(guard, Absent("set promotion SET-9")), Refusal.NO_SUCH_SET)
    assert_said(judged(open_set, replace(UNDER_WAY, promotion=replace(SET, state=SetState.STOPPED))), Refusal.WRONG_STATE)
    assert_said(judged(open_set, replace(UNDER_WAY, changes=(replace(FIRST, state=State.RUNNING),))), Refusal.WRONG_STATE)
    assert_said(judged(set_as_seen, UNDER_WAY, request(seen=UNDER_WAY.seen)), Allow)
    assert_said(judged(set_as_seen, UNDER_WAY, request(seen="older")), Refusal.STALE_CARD)


def test_a_suite_that_runs_is_waited_for_and_one_that_failed_is_mended():
    remedies = {}
    for state in (SuiteState.ORDERED, SuiteState.RUNNING, SuiteState.FAILED):
        known = replace(ASKED, integration=replace(SUITE, state=state))
        remedies[state] = told(judged(integrated, known, request(environment="production"), under=SUITED))[1].partition(" ")[0]
    assert remedies == {SuiteState.ORDERED: "Wait", SuiteState.RUNNING: "Wait", SuiteState.FAILED: "Mend"}
