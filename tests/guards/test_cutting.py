"""Who may do what to a run, and when: refused beside allowed (TRN-06, TRN-12, TRN-15, SOD-02)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from guards.assessment import Declared
from guards.authorization import authorized
from guards.cut import Acceptance, Blocker, CutState, Fix, Flaw, Found
from guards.cutting import acceptable, choosable, known_run, later, not_cut_yet, open_blocker, open_run, postponable, risk_said
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.judge import Guard
from guards.policy import Policy
from guards.sections import RoleGrant
from guards.train import Schedule, Stage, Train, TrainRule, TrainRun, TrainState
from guards.unread import Absent, Unread
from guards.vocabulary import Action, Risk, Role
from tests.guards.cases import AT, DANA, DAY, HOUR, MARA, POLICY, REMY, Expected, facts, policy, said, told
from tests.guards.test_cutoff import CUT

WEEKLY = TrainRule("0 12 * * TUE", (), None, "Europe/Berlin", 2, (AT + HOUR).time(), "weekdays")
TRAIN = Train(
    "weekly", WEEKLY, "C0RELEASES", ("api",), (), (REMY.id,), {}, MARA.id, "", "", "", "", True, "", TrainState.PUBLISHED, 1, REMY.id, "Remy", AT, AT
)  # fmt: skip
RUN = TrainRun(
    "weekly-2026-11-24", "weekly", 1, Stage.PUBLISHED, REMY.id, REMY.name, Schedule(AT, AT + HOUR, *(AT + n * DAY for n in range(1, 6)))
)
FIX = Fix(RUN.id, "example/repo", "f1" * 20, "fix: x", "https://x", ("Dana-D",), 12, (), None, (Found(Flaw.NO_SOURCE, "none"),), AT)
BLOCKER = Blocker("BLK-2026-1124-001", RUN.id, "PAY-1", "refunds", MARA.id, MARA.name, AT)
LOST = Unread("Remy's account", "no answer")
OPEN = policy(allow={**POLICY.allow, Action.CUT: {"production": (Role.RELEASE_CAPTAIN, Role.RELEASE_MANAGER)}})
BY_GROUP = policy(roles={**POLICY.roles, Role.RELEASE_MANAGER: (RoleGrant(groups=("S0QUALITY",)),)}, allow=OPEN.allow)
STRANGER = Stranger("U0X", "Xavier", "X is nobody here.")
UNCLASSED = replace(FIX, flaws=(Found(Flaw.NO_RISK, "none"),))


def known(under: Policy = OPEN, **parts: Any) -> Facts:
    """A published run before its cutoff."""
    return facts(under, **({"change": None, "train": TRAIN, "run": RUN} | parts))


def ask(by: Any = REMY, **parts: Any) -> Request:
    return Request(Action.CUT, by, **parts)


@pytest.mark.parametrize(
    ("guard", "request_", "read", "answer"),
    [
        pytest.param(authorized, ask(), known(), Allow, id="a captain may"),
        pytest.param(authorized, ask(DANA), known(), Refusal.NOT_PERMITTED, id="a developer may not"),
        pytest.param(authorized, ask(), known(run=Absent("run x")), Refusal.NO_SUCH_TRAIN, id="no such run, no place"),
        pytest.param(authorized, ask(), known(blocker=Absent("blocker x")), Refusal.NO_SUCH_BLOCKER, id="no such blocker, no place"),
        pytest.param(authorized, ask(), known(train=replace(TRAIN, services=("gone",))), Refusal.NO_POLICY, id="a service that is gone"),
        pytest.param(known_run, ask(), known(), Allow, id="there is a run"),
        pytest.param(known_run, ask(), known(run=None), Refusal.NO_SUCH_TRAIN, id="there is no run"),
        pytest.param(not_cut_yet, ask(), known(), Allow, id="published"),
        pytest.param(not_cut_yet, ask(), known(run=replace(RUN, stage=Stage.HELD)), Allow, id="held"),
        pytest.param(not_cut_yet, ask(), known(run=replace(RUN, stage=Stage.PLANNED)), Refusal.WRONG_STATE, id="not published"),
        pytest.param(not_cut_yet, ask(), known(run=replace(RUN, stage=Stage.STABILIZING)), Refusal.WRONG_STATE, id="cut"),
        pytest.param(not_cut_yet, ask(), known(cuts=(CUT,)), Refusal.BEING_CUT, id="a branch is being made"),
        pytest.param(not_cut_yet, ask(), known(cuts=(replace(CUT, state=CutState.FAILED),)), Allow, id="a branch could not be made"),
        pytest.param(not_cut_yet, ask(), known(run=None), Refusal.NO_SUCH_TRAIN, id="no run to cut"),
        pytest.param(later, ask(moved=AT + 2 * HOUR), known(), Allow, id="two hours more"),
        pytest.param(later, ask(moved=AT + DAY - timedelta(seconds=1)), known(), Allow, id="until before the decision"),
        pytest.param(later, ask(moved=AT + DAY), known(), Refusal.BAD_SCHEDULE, id="at the decision, which then finds nothing cut"),
        pytest.param(postponable, ask(), known(run=replace(RUN, stage=Stage.GO)), Allow, id="postponed with its go"),
        pytest.param(postponable, ask(), known(run=replace(RUN, stage=Stage.STOPPED)), Allow, id="postponed half way"),
        pytest.param(postponable, ask(), known(), Refusal.WRONG_STATE, id="before its cutoff it is amended"),
        pytest.param(postponable, ask(), known(run=replace(RUN, stage=Stage.DEPARTED)), Refusal.WRONG_STATE, id="it is gone"),
        pytest.param(postponable, ask(), known(run=None), Refusal.NO_SUCH_TRAIN, id="no run to postpone"),
        pytest.param(
            postponable, ask(), known(run=replace(RUN, stage=Stage.GO), train=replace(TRAIN, rule=replace(WEEKLY, window="never"))),
            Refusal.NO_TRAIN_WINDOW, id="its window is none any more",
        ),
        pytest.param(later, ask(moved=AT), known(), Refusal.BAD_SCHEDULE, id="now is over"),
        pytest.param(later, ask(), known(), Refusal.BAD_SCHEDULE, id="no moment"),
        pytest.param(later, ask(moved=AT + HOUR), known(run=None), Refusal.NO_SUCH_TRAIN, id="no run to extend"),
        pytest.param(choosable, ask(), known(), Allow, id="no commit"),
        pytest.param(choosable, ask(commits=(("", "a" * 40),)), known(), Allow, id="one repository"),
        pytest.param(choosable, ask(commits=(("api", "a" * 40), ("api", "b" * 40))), known(), Allow, id="named services"),
        pytest.param(choosable, ask(commits=(("web", "a" * 40),)), known(), Refusal.INCOMPLETE, id="it does not ride"),
        pytest.param(choosable, ask(commits=(("", "a" * 40),)), known(train=replace(TRAIN, services=("gone",))), Refusal.INCOMPLETE, id="none is known"),
        pytest.param(open_run, ask(), known(), Allow, id="before the cutoff"),
        pytest.param(open_run, ask(), known(run=replace(RUN, stage=Stage.GO)), Allow, id="before the departure"),
        pytest.param(open_run, ask(), known(run=replace(RUN, stage=Stage.DEPARTED)), Refusal.WRONG_STATE, id="departed"),
        pytest.param(open_run, ask(), known(run=None), Refusal.NO_SUCH_TRAIN, id="no run to hold up"),
        pytest.param(open_blocker, ask(), known(blocker=BLOCKER), Allow, id="open"),
        pytest.param(open_blocker, ask(), known(blocker=replace(BLOCKER, resolved=AT)), Refusal.WRONG_STATE, id="resolved"),
        pytest.param(open_blocker, ask(), known(), Refusal.NO_SUCH_BLOCKER, id="no blocker"),
        pytest.param(acceptable, ask(MARA), known(fix=FIX), Allow, id="somebody else's fix"),
        pytest.param(acceptable, ask(DANA), known(fix=FIX), Refusal.OWN_WORK, id="one's own fix"),
        pytest.param(acceptable, ask(MARA), known(fix=FIX, links=LOST, people={}) , Allow, id="the policy file knows its author"),
        pytest.param(acceptable, ask(MARA), known(fix=replace(FIX, authors=("ghost",)), links=LOST), Unsure, id="its author is unread"),
        pytest.param(acceptable, ask(MARA), known(fix=replace(FIX, flaws=())), Refusal.WRONG_STATE, id="nothing is wrong"),
        pytest.param(acceptable, ask(MARA), known(fix=replace(FIX, accepted=Acceptance("", "", "x", "X", AT))), Refusal.WRONG_STATE, id="accepted"),
        pytest.param(acceptable, ask(MARA), known(fix=Absent("commit")), Refusal.NO_SUCH_FIX, id="no such commit"),
        pytest.param(acceptable, ask(MARA), known(), Refusal.NO_SUCH_FIX, id="no commit was named"),
        pytest.param(risk_said, ask(), known(fix=FIX), Allow, id="nobody has to say the risk"),
        pytest.param(risk_said, ask(), known(fix=UNCLASSED), Refusal.INCOMPLETE, id="no risk class"),
        pytest.param(risk_said, ask(declared=Declared(level=Risk.LOW)), known(fix=UNCLASSED), Allow, id="its risk class is said"),
        pytest.param(risk_said, ask(), known(fix=replace(UNCLASSED, risk=Risk.LOW)), Allow, id="its risk class was said before"),
        pytest.param(risk_said, ask(), known(), Allow, id="no commit, as acceptable says"),
        pytest.param(acceptable, ask(LOST), known(fix=FIX), Unsure, id="who accepts is unread"),
        pytest.param(acceptable, ask(STRANGER), known(fix=FIX), Allow, id="a stranger is turned away before, here too"),
    ],
)  # fmt: skip
def test_who_may_do_what_to_a_run(guard: Guard, request_: Request, read: Facts, answer: Expected):
    assert said(guard(request_, read)) == answer


@pytest.mark.parametrize(
    ("fix", "sentence"),
    [
        pytest.param(FIX, "f1f1f1f1f1f1 is not Mara's own", id="something is wrong"),
        pytest.param(replace(FIX, flaws=()), "f1f1f1f1f1f1 has nothing to accept.", id="nothing is wrong"),
        pytest.param(replace(FIX, accepted=Acceptance("", "", "x", "Xavier", AT)), "f1f1f1f1f1f1 was accepted by Xavier.", id="accepted"),
    ],
)
def test_a_commit_is_named_by_twelve_digits(fix: Fix, sentence: str):
    assert told(acceptable(ask(MARA), known(fix=fix)))[0] == sentence


@pytest.mark.parametrize(("count", "sentence"), [(0, "no commit was named"), (1, "1 commit was named"), (2, "2 commits were named")])
def test_commits_that_were_named_are_counted(count: int, sentence: str):
    assert told(choosable(ask(commits=(("api", "a" * 40),) * count), known())) == (sentence,)
