"""Who confirms the support cover of a window, and of which opening (WIN-15)."""

from dataclasses import replace

import pytest

from guards.cover import confirmable, covered_opening
from guards.decision import Allow, Refusal, Unsure
from guards.opening import Opening
from guards.unread import Unread
from guards.vocabulary import Action, Role, Weekday
from tests.guards.cases import AT, DANA, FACTS, MARA, OTTO, POLICY, THEO, facts, policy, request, said, utc, window, windowed

SAY = replace(request(by=OTTO, action=Action.ANSWER), rationale="Otto, by phone")
LOST = Unread("the directory")


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(SAY, FACTS, Allow, id="its service owner"),
        pytest.param(replace(SAY, by=MARA), FACTS, Allow, id="a release manager"),
        pytest.param(replace(SAY, by=DANA), FACTS, Refusal.NOT_PERMITTED, id="a developer"),
        pytest.param(replace(SAY, by=THEO), facts(windowed(window("10:00", "16:00", Weekday.TUE).model_copy(update={"owner": THEO.id}))), Allow, id="the window's owner"),
        pytest.param(replace(SAY, by=DANA), facts(policy(roles={**POLICY.roles, Role.ON_CALL: POLICY.roles[Role.QA]}), groups={"S0QUALITY": LOST}), Unsure, id="a group that is unread"),
        pytest.param(replace(SAY, by=LOST), FACTS, Unsure, id="who asks is unread"),
        pytest.param(replace(SAY, rationale="later"), FACTS, Refusal.INCOMPLETE, id="nobody is named"),
        pytest.param(SAY, facts(at=utc("2026-11-24 20:00")), Allow, id="before it opens"),
        pytest.param(SAY, facts(policy(windows={})), Refusal.WRONG_STATE, id="no window in sight"),
        pytest.param(replace(SAY, environment="staging"), FACTS, Refusal.WRONG_STATE, id="a place that is always open"),
        pytest.param(SAY, facts(policy(holidays=("DE",)), holidays={"DE": LOST}), Unsure, id="holidays unread"),
    ],
)  # fmt: skip
def test_who_confirms_the_cover_of_a_window(asked, known, expected):
    assert said(confirmable(asked, known)) == expected


def test_it_is_about_the_opening_that_is_open_else_the_next():
    now, then = (covered_opening("api", "production", facts(at=at)) for at in (AT, utc("2026-11-24 20:00")))
    assert isinstance(now, Opening)
    assert isinstance(then, Opening)
    assert now.start <= AT < now.end
    assert then.start == utc("2026-11-25 09:00")
