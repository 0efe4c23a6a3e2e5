"""The next allowed time takes lead time into account, and says what it cannot tell (RSK-01, WIN-09, WIN-13)."""

from datetime import datetime
from typing import Any

import pytest

from guards.assessment import Assessment
from guards.classify import announced
from guards.decision import Refuse
from guards.evidence_rules import EnvironmentEvidence, Evidence, Exceptions
from guards.facts import Request
from guards.freeze import not_frozen
from guards.matrix import LeadTime, RiskRules
from guards.policy import Policy
from guards.slot import next_slot, no_slot
from guards.unread import Unread
from guards.vocabulary import ChangeType, Profile, Requirement, Risk
from tests.guards.cases import AT, DAY, HOUR, REQUEST, change, exemption, facts, freeze, request, windowed
from tests.guards.test_window import NIGHT, WORKDAY

LOST = Unread("what runs there", "no answer within 5 s")
STANDARD = request(change_type=ChangeType.STANDARD, entry="copy")


def leading(risk: Risk = Risk.LOW, **more: Any) -> Policy:
    """Open all day on Tuesdays and in two nights; a normal change is known for a day before."""
    asked = Evidence(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.LEAD_TIME,))})
    return windowed(WORKDAY, NIGHT, evidence=asked, risk=RiskRules(lead_time=LeadTime(normal=DAY, risk=risk)), **more)


ASKED_NOW, ASKED_YESTERDAY, ASKED_AND_AMENDED = change(requested=AT), change(requested=AT - DAY), change(amended=AT - HOUR)
THURSDAY_NIGHT = AT + 2 * DAY + 10 * HOUR
"""22:00 in Berlin."""


@pytest.mark.parametrize(
    ("asked", "known", "slot"),
    [
        pytest.param(REQUEST, facts(leading(), change=ASKED_NOW), THURSDAY_NIGHT, id="the first window after the lead time"),
        pytest.param(REQUEST, facts(leading(), change=None), THURSDAY_NIGHT, id="counted from now while there is no change"),
        pytest.param(REQUEST, facts(leading(), change=ASKED_YESTERDAY), AT, id="it was known long enough"),
        pytest.param(REQUEST, facts(leading(), change=ASKED_AND_AMENDED), THURSDAY_NIGHT, id="counted from its last amendment"),
        pytest.param(REQUEST, facts(leading(Risk.CRITICAL), change=ASKED_NOW), AT, id="the risk is below what has to wait"),
        pytest.param(STANDARD, facts(leading(), change=ASKED_NOW), AT, id="a standard change goes at once"),
        pytest.param(REQUEST, facts(windowed(WORKDAY), change=ASKED_NOW, running=LOST), AT, id="no lead time is asked for"),
        pytest.param(REQUEST, facts(leading(), change=ASKED_NOW, running=LOST), LOST, id="the risk cannot be told"),
        pytest.param(
            REQUEST, facts(leading(), change=ASKED_NOW, freezes=(freeze(end=AT + 3 * DAY),)), AT + 7 * DAY - 2 * HOUR, id="and a freeze"
        ),
        pytest.param(
            REQUEST, facts(leading(), change=ASKED_NOW, freezes=(freeze(start=AT, end=AT + DAY),)), THURSDAY_NIGHT, id="a shorter freeze"
        ),
    ],
)
def test_the_slot_comes_after_the_lead_time(asked: Request, known: Any, slot: datetime | Unread) -> None:
    assert next_slot(asked, known) == slot


def test_an_exception_stands_in_for_the_lead_time() -> None:
    under = leading(exceptions=Exceptions(waivable=(Requirement.LEAD_TIME,)))
    assert next_slot(REQUEST, facts(under, change=ASKED_NOW)) == THURSDAY_NIGHT
    waived = (exemption(requirement=Requirement.LEAD_TIME),)
    assert next_slot(REQUEST, facts(under, change=ASKED_NOW, exceptions=waived)) == AT
    lost = Unread("the exceptions", "the database is away")
    assert next_slot(REQUEST, facts(under, change=ASKED_NOW, exceptions=lost)) == lost


def test_a_risk_that_is_known_is_not_told_anew() -> None:
    known = facts(leading(Risk.HIGH), change=ASKED_NOW, running=LOST)
    assert next_slot(REQUEST, known, Assessment(Risk.LOW)) == AT
    assert next_slot(REQUEST, known, Assessment(Risk.HIGH)) == THURSDAY_NIGHT


def test_every_refusal_by_time_offers_the_same_moment() -> None:
    known = facts(leading(), change=ASKED_NOW, freezes=(freeze(end=AT + 3 * HOUR),))
    refusals = [guard(REQUEST, known) for guard in (announced, not_frozen)]
    assert [r.until for r in refusals if isinstance(r, Refuse)] == [THURSDAY_NIGHT, THURSDAY_NIGHT]


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (AT, ""),
        (None, " No time is in sight at which it may go: not within five years, or not as far as its holidays are known."),
        (LOST, " When it may go next cannot be told: could not read what runs there."),
    ],
)
def test_what_is_said_where_there_is_no_slot(slot: datetime | Unread | None, said: str) -> None:
    assert no_slot(slot) == said


def test_a_freeze_behind_which_nothing_opens_says_so() -> None:
    answer = not_frozen(REQUEST, facts(windowed(), freezes=(freeze(),), change=None))
    assert isinstance(answer, Refuse)
    assert "No time is in sight" in answer.remedy
    assert answer.until is None
