"""Who may record what is owed and say that it is done, when who is reminded (EMG-20, TRN-17, TRN-18)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.obligation import SEEN_BY_THE_BOT, Obligation, Owed, reminder
from guards.obligations import addressees, dischargeable, evidenced, owed, referenced
from guards.sections import ObligationRule
from guards.unread import Absent, Unread
from guards.vocabulary import Action
from tests.guards.cases import AT, DANA, DAY, HOUR, MARA, OTTO, POLICY, QUINN, RAVI, REMY, again, said

ONE = Obligation("OBL-1", Owed.REVIEW, "EMG-1", "api", "look at it again", DANA.id, DANA.name, AT + DAY, AT, REMY.id)
REQUEST = Request(Action.FOLLOW_UP, DANA, rationale="minutes of the review")
FACTS = Facts(at=AT, policy=POLICY, groups={"S0QUALITY": frozenset({"U0QUINN"})}, obligation=ONE)
BY_BOT = replace(ONE, kind=Owed.FORWARD_PORT)
STRANGER = Stranger("U0WHO", "Who", "Who is a guest here.")
GROUPED = POLICY.model_copy(update={"roles": {**POLICY.roles, "release_manager": POLICY.roles["qa"]}})


@pytest.mark.parametrize(
    ("request_", "facts", "answer"),
    [
        pytest.param(REQUEST, FACTS, Allow, id="its owner"),
        pytest.param(replace(REQUEST, by=REMY), replace(FACTS, obligation=replace(ONE, owner=again(REMY.id))), Allow, id="whoever owns it"),
        pytest.param(replace(REQUEST, by=OTTO), FACTS, Allow, id="who owns the service"),
        pytest.param(replace(REQUEST, by=MARA), FACTS, Allow, id="a release manager"),
        pytest.param(replace(REQUEST, by=REMY), FACTS, Refusal.NOT_PERMITTED, id="somebody else"),
        pytest.param(replace(REQUEST, by=OTTO), replace(FACTS, obligation=replace(ONE, service="web")), Refusal.NOT_PERMITTED, id="who owns another service"),
        pytest.param(replace(REQUEST, by=STRANGER), FACTS, Refusal.NOT_PERMITTED, id="a stranger"),
        pytest.param(replace(REQUEST, by=Unread("your account")), FACTS, Unsure, id="asker unread"),
        pytest.param(replace(REQUEST, by=QUINN), replace(FACTS, policy=GROUPED), Allow, id="a release manager by group"),
        pytest.param(replace(REQUEST, by=QUINN), replace(FACTS, policy=GROUPED, groups={}), Unsure, id="group unread"),
        pytest.param(REQUEST, replace(FACTS, obligation=Absent("follow-up OBL-9")), Refusal.NO_SUCH_OBLIGATION, id="there is none"),
        pytest.param(REQUEST, replace(FACTS, obligation=None), Refusal.NO_SUCH_OBLIGATION, id="none was named"),
        pytest.param(REQUEST, replace(FACTS, obligation=replace(ONE, done=AT, done_by=DANA.id)), Refusal.WRONG_STATE, id="done already"),
        pytest.param(REQUEST, replace(FACTS, obligation=BY_BOT), Refusal.NOT_BY_WORD, id="the bot sees it for itself"),
        pytest.param(replace(REQUEST, rationale=""), replace(FACTS, obligation=BY_BOT), Allow, id="what the bot sees can be handed on"),
    ],
)  # fmt: skip
def test_who_may_say_that_it_is_done(request_, facts, answer):
    assert said(dischargeable(request_, facts)) == answer


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        pytest.param(ONE, Allow, id="complete"),
        pytest.param(None, Refusal.INCOMPLETE, id="nothing described"),
        pytest.param(replace(ONE, due=AT), Refusal.INCOMPLETE, id="due at once"),
        pytest.param(replace(ONE, text=" "), Refusal.INCOMPLETE, id="says nothing"),
    ],
)
def test_what_can_be_owed(wanted, answer):
    assert said(owed(replace(REQUEST, obligation=wanted), FACTS)) == answer


@pytest.mark.parametrize(("shown", "answer"), [("the minutes", Allow), ("  ", Refusal.NO_RATIONALE)])
def test_what_is_done_is_shown(shown, answer):
    assert said(evidenced(replace(REQUEST, rationale=shown), FACTS)) == answer


@pytest.mark.parametrize("kind", [Owed.CHANGE_RECORD, Owed.BACKFILL, Owed.RECONCILIATION])
@pytest.mark.parametrize(
    ("shown", "answer"),
    [
        ("https://itsm.acme.example/CHG0031234", Allow), ("it is CHG0031234", Allow), ("CR-2026-1124-001", Allow), ("merged by #12", Allow),
        ("done", Refusal.NO_RATIONALE), ("I did it at 10", Refusal.NO_RATIONALE), ("https://", Refusal.NO_RATIONALE),
        ("# 12", Refusal.NO_RATIONALE),
    ],
)  # fmt: skip
def test_a_record_and_the_way_back_are_there_to_be_found(kind, shown, answer):
    """EMG-08, EMG-09."""
    assert said(referenced(replace(REQUEST, rationale=shown), FACTS)) == answer
    known = replace(FACTS, obligation=replace(ONE, kind=kind))
    assert said(evidenced(replace(REQUEST, rationale=shown), known)) == answer


def test_reminders_come_before_when_it_is_due_and_again_and_again():
    rule = ObligationRule(before=timedelta(hours=4), again=timedelta(hours=24))
    assert [reminder(ONE, step, rule) - ONE.due for step in range(4)] == [-4 * HOUR, 0 * HOUR, DAY, 2 * DAY]
    short = replace(ONE, due=AT + HOUR)
    assert reminder(short, 0, rule) == AT


def test_the_later_the_more_people_hear_of_it():
    assert [[p.id for p in addressees(ONE, step, FACTS)] for step in range(3)] == [
        [DANA.id], [DANA.id, OTTO.id], [DANA.id, OTTO.id, MARA.id, RAVI.id],
    ]  # fmt: skip
    assert [p.id for p in addressees(replace(ONE, owner=OTTO.id), 1, FACTS)] == [OTTO.id]
    assert [p.id for p in addressees(replace(ONE, owner="gone@example.com", service=None), 2, FACTS)] == [MARA.id, RAVI.id]


def test_it_is_overdue_from_the_minute_at_which_it_was_due():
    assert not ONE.overdue(ONE.due - timedelta(minutes=1))
    assert ONE.overdue(ONE.due)
    assert not replace(ONE, done=AT, done_by=DANA.id).overdue(ONE.due)


def test_what_the_bot_sees_is_named():
    assert set(Owed) > SEEN_BY_THE_BOT
