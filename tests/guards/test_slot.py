"""The next allowed time takes lead time into account, and says what it cannot tell (RSK-01, WIN-09, WIN-13)."""

from datetime import date, datetime
from typing import Any

import pytest

from guards.assessment import Assessment
from guards.calendar_rules import Window
from guards.classify import announced
from guards.decision import Refuse
from guards.evidence_rules import EnvironmentEvidence, Evidence, Exceptions
from guards.facts import Request
from guards.freeze import not_frozen
from guards.matrix import LeadTime, RiskRules
from guards.opening import open_at, rules_of
from guards.policy import Policy
from guards.slot import next_slot, no_slot
from guards.unread import Unread
from guards.vocabulary import ChangeType, Profile, Requirement, Risk, Weekday
from tests.guards.cases import AT, DAY, HOUR, MINUTE, REQUEST, change, exemption, facts, freeze, request, window, windowed
from tests.guards.test_window import NEW_YORK, NIGHT, WORKDAY

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
    assert next_slot(REQUEST, facts(under, change=change(requested=AT - 7 * DAY), exceptions=lost)) == AT  # it takes none


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


WEEKEND = window("23:00", "01:00", Weekday.SUN)
CHRISTMAS_EVE = window("10:00", "16:00", dates=(date(2026, 12, 24),))


@pytest.mark.parametrize(
    "windows",
    [
        pytest.param((WORKDAY,), id="by day"),
        pytest.param((NIGHT,), id="over midnight"),
        pytest.param((WEEKEND,), id="from one week into the next"),
        pytest.param((NEW_YORK, WORKDAY), id="in two zones"),
        pytest.param((CHRISTMAS_EVE,), id="on a date"),
    ],
)
@pytest.mark.parametrize("days", [0, 27, 120])  # the second week holds the date, the third the night in which summer begins
def test_behind_freezes_the_slot_is_the_first_open_minute_of_a_gap(windows: tuple[Window, ...], days: int) -> None:
    """A search passes over gaps in which nothing opens, and over no other: each hour of a week is left free by turns."""
    under = windowed(*windows)
    at = AT + days * DAY
    rules = rules_of("api", "production", facts(under, at=at))
    assert not isinstance(rules, Unread)
    closed = next(m for m in (at + n * MINUTE for n in range(9999)) if not open_at(rules, m))
    found = 0
    for hour in range(1, 7 * 24 + 12):
        gap = closed + hour * HOUR + 5 * MINUTE
        held = ((at - DAY, closed), (closed + MINUTE, gap), (gap + HOUR, gap + 9 * DAY))
        known = facts(under, at=at, freezes=tuple(freeze(start=start, end=end) for start, end in held))
        first = next((m for m in (gap + n * MINUTE for n in range(0, 60, 5)) if open_at(rules, m)), None)
        slot = next_slot(REQUEST, known)
        assert slot == first if first else slot is None or slot >= gap + 9 * DAY, gap
        found += first is not None
    assert found or windows == (CHRISTMAS_EVE,)
