"""What is past its time may go, and nothing else does (AUD-02, AUD-13)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from guards.ledger_rules import SEVEN_YEARS, LegalHold, RetentionRules
from guards.policy import Policy
from guards.retention import Keeps, Kind, Old, kept_by, kind_of, period_of
from tests.world.company import policy_data

AT = datetime(2033, 11, 22, 10, tzinfo=UTC)
OLD = Old(Kind.RECORDS, AT - SEVEN_YEARS, "api", "CR-1", "promote:accepted")
RULES = RetentionRules(words=timedelta(days=90), logs=timedelta(days=400))
MATTER = {"reason": "matter 7"}


def held(**hold: object) -> RetentionRules:
    return RULES.model_copy(update={"holds": {"matter": LegalHold(reason="matter 7", **hold)}})


@pytest.mark.parametrize(
    ("one", "rules", "unfinished", "kept"),
    [
        pytest.param(OLD, RULES, (), None, id="seven years old to the day"),
        pytest.param(replace(OLD, at=OLD.at + timedelta(microseconds=1)), RULES, (), Keeps.PERIOD, id="a moment younger"),
        pytest.param(replace(OLD, kind=Kind.WORDS, at=AT - timedelta(days=90)), RULES, (), None, id="words have a period of their own"),
        pytest.param(replace(OLD, kind=Kind.WORDS, at=AT - timedelta(days=89)), RULES, (), Keeps.PERIOD, id="words inside it"),
        pytest.param(replace(OLD, kind=Kind.LOGS, at=AT - timedelta(days=400)), RULES, (), None, id="logs have one, too"),
        pytest.param(replace(OLD, kind=Kind.LOGS, at=AT - timedelta(days=399)), RULES, (), Keeps.PERIOD, id="logs inside it"),
        pytest.param(OLD, RULES, ("CR-1",), Keeps.OPEN, id="something is owed for it"),
        pytest.param(OLD, RULES, ("CR-2",), None, id="something is owed for another"),
        pytest.param(replace(OLD, subject=None), RULES, ("CR-1",), None, id="about nothing"),
        pytest.param(OLD, held(), (), Keeps.HOLD, id="everything is held"),
        pytest.param(OLD, held(services=("api",)), (), Keeps.HOLD, id="its service is held"),
        pytest.param(OLD, held(services=("web",)), (), None, id="another service is held"),
        pytest.param(replace(OLD, service=None), held(services=("web",)), (), Keeps.HOLD, id="about no service, it may be about that one"),
        pytest.param(OLD, held(records=("CR-1",)), (), Keeps.HOLD, id="it is held by its record"),
        pytest.param(OLD, held(records=("CR-2",)), (), None, id="another record is held"),
        pytest.param(replace(OLD, subject=None), held(records=("CR-2",)), (), None, id="about nothing, and a record is held"),
        pytest.param(OLD, held(services=("web",), records=("CR-1",)), (), Keeps.HOLD, id="a hold names both, and it is one of them"),
        pytest.param(replace(OLD, tag="ledger:purged"), RULES, (), Keeps.ITSELF, id="what answers for tombstones stays for ever"),
    ],
)
def test_what_keeps_it(one, rules, unfinished, kept):
    assert kept_by(one, rules, frozenset(unfinished), AT) == kept


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("words:refused", Kind.WORDS),
        ("stranger:refused", Kind.WORDS),
        ("promote:refused", Kind.RECORDS),
        ("approve:accepted", Kind.RECORDS),
        ("wordsmith:accepted", Kind.RECORDS),
    ],
)
def test_the_class_of_an_entry(tag, kind):
    assert kind_of(tag) is kind


def test_what_the_file_leaves_out_is_kept_for_seven_years():
    assert {period_of(kind, RetentionRules()) for kind in Kind} == {SEVEN_YEARS}
    assert not RetentionRules().by_itself


@pytest.mark.parametrize(("key", "least"), [("records", "365d"), ("words", "30d"), ("logs", "30d")])
def test_a_slip_of_the_pen_does_not_empty_the_ledger(key, least):
    assert RetentionRules.model_validate({key: least})
    for text in ("7d", "29d", "364d")[: 3 if key == "records" else 2]:
        with pytest.raises(ValidationError):
            RetentionRules.model_validate({key: text})


def test_a_hold_that_names_a_service_wrongly_would_hold_nothing():
    def policy(service):
        return policy_data(ledger={"retention": {"holds": {"matter-7": {**MATTER, "services": [service]}}}})

    assert Policy.model_validate(policy("api")).ledger.retention.holds["matter-7"].services == ("api",)
    with pytest.raises(ValidationError, match=r"holds\.matter-7\.services\.0: unknown service 'apy', did you mean 'api'"):
        Policy.model_validate(policy("apy"))
