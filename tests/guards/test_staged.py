"""A version goes on when somebody looked at it in the environment before, and when it ran there long enough (PRM-08, PRM-09)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot

from guards.decision import Allow, Refusal, Unsure
from guards.evidence_rules import EnvironmentEvidence, Evidence
from guards.facts import Facts, Request
from guards.slot import next_slot
from guards.soak import soaks_until
from guards.staged import soaked, verified_before
from guards.unread import Absent, Unread
from guards.version import Deployment
from guards.vocabulary import ChangeType, Profile, Requirement
from tests.guards.cases import (
    ARTIFACT,
    AT,
    DAY,
    HOUR,
    LOOKED,
    MINUTE,
    OTHER_COMMIT,
    OTHER_DIGEST,
    PROMOTED,
    REQUEST,
    STAGED,
    Expected,
    emergency,
    exemption,
    facts,
    policy,
    request,
    said,
    told,
)

ADD = EnvironmentEvidence(add=(Requirement.VERIFIED_BEFORE, Requirement.SOAK))
ASKING = policy(evidence=Evidence(profile=Profile.STARTER, environments=dict.fromkeys(("dev", "production"), ADD)))
LOST = Unread("what ran in staging", "locked")
UNSEEN = replace(LOOKED, at=None, by=None, name=None, looked_at="")
THERE = replace(PROMOTED, environment="production")
OTHER = Deployment("api", "staging", "v1.5.0", OTHER_DIGEST, OTHER_COMMIT, AT - DAY + 14 * MINUTE)
DEV, URGENT = request(environment="dev"), request(change_type=ChangeType.EMERGENCY)
FIVE_MINUTES_AGO = replace(STAGED, at=AT - 5 * MINUTE)


def asked(**parts: Any) -> Facts:
    return facts(ASKING, **parts)


def excepted(requirement: Requirement, **parts: Any) -> Facts:
    return asked(exceptions=(exemption(requirement=requirement),), **parts)


@pytest.mark.parametrize(
    ("request_", "known", "expected"),
    [
        pytest.param(REQUEST, asked(), Allow, id="somebody looked"),
        pytest.param(REQUEST, facts(looked=None), Allow, id="not asked for"),
        pytest.param(REQUEST, asked(looked=UNSEEN), Refusal.NOT_VERIFIED, id="only deployed"),
        pytest.param(REQUEST, asked(looked=None), Refusal.NOT_VERIFIED, id="nobody was asked to look"),
        pytest.param(REQUEST, asked(looked=LOST), Unsure, id="nobody knows whether somebody looked"),
        pytest.param(REQUEST, asked(before=None), Refusal.ENVIRONMENT_SKIPPED, id="it did not run there"),
        pytest.param(REQUEST, asked(before=LOST), Unsure, id="nobody knows whether it ran there"),
        pytest.param(DEV, asked(looked=None, before=None), Allow, id="where the way begins"),
        pytest.param(REQUEST, asked(looked=None, promotions=(THERE,)), Allow, id="it ran in the target before"),
        pytest.param(REQUEST, asked(looked=None, promotions=(replace(THERE, digest=OTHER_DIGEST),)), Refusal.NOT_VERIFIED, id="other bits did"),
        pytest.param(REQUEST, asked(promotions=LOST), Unsure, id="nobody knows whether it ran in the target"),
        pytest.param(REQUEST, excepted(Requirement.VERIFIED_BEFORE, looked=UNSEEN), Allow, id="by exception"),
        pytest.param(REQUEST, excepted(Requirement.SOAK, looked=UNSEEN), Refusal.NOT_VERIFIED, id="an exception from the soak"),
        pytest.param(URGENT, asked(looked=UNSEEN, emergency=emergency()), Refusal.NOT_VERIFIED, id="an emergency is looked at too"),
    ],
)  # fmt: skip
def test_somebody_looked_in_the_environment_before(request_: Request, known: Facts, expected: Expected) -> None:
    assert said(verified_before(request_, known)) == expected


@pytest.mark.parametrize(
    ("request_", "known", "expected"),
    [
        pytest.param(REQUEST, asked(before=replace(STAGED, at=AT - 15 * MINUTE)), Allow, id="to the minute"),
        pytest.param(REQUEST, asked(before=replace(STAGED, at=AT - 14 * MINUTE)), Refusal.NOT_SOAKED, id="a minute is lacking"),
        pytest.param(REQUEST, facts(before=FIVE_MINUTES_AGO), Allow, id="not asked for"),
        pytest.param(REQUEST, asked(replaced=OTHER), Refusal.ENVIRONMENT_SKIPPED, id="replaced a minute too early"),
        pytest.param(REQUEST, asked(replaced=replace(OTHER, at=OTHER.at + MINUTE)), Allow, id="replaced afterwards"),
        pytest.param(REQUEST, asked(replaced=LOST), Unsure, id="nobody knows what took its place"),
        pytest.param(REQUEST, asked(before=None), Refusal.ENVIRONMENT_SKIPPED, id="it did not run there"),
        pytest.param(REQUEST, asked(before=LOST), Unsure, id="nobody knows whether it ran there"),
        pytest.param(DEV, asked(before=None), Allow, id="where the way begins"),
        pytest.param(REQUEST, asked(before=FIVE_MINUTES_AGO, promotions=(THERE,)), Allow, id="it ran in the target before"),
        pytest.param(REQUEST, asked(promotions=LOST), Unsure, id="nobody knows whether it ran in the target"),
        pytest.param(REQUEST, excepted(Requirement.SOAK, before=FIVE_MINUTES_AGO), Allow, id="by exception"),
        pytest.param(URGENT, asked(before=FIVE_MINUTES_AGO, emergency=emergency()), Allow, id="an emergency by its record"),
        pytest.param(URGENT, asked(before=FIVE_MINUTES_AGO), Refusal.NOT_SOAKED, id="a word makes no emergency"),
    ],
)
def test_it_ran_long_enough_in_the_environment_before(request_: Request, known: Facts, expected: Expected) -> None:
    assert said(soaked(request_, known)) == expected


@pytest.mark.parametrize(
    ("known", "slot"),
    [
        pytest.param(asked(before=FIVE_MINUTES_AGO), AT + 10 * MINUTE, id="when the soak is over"),
        pytest.param(asked(), AT, id="it is over"),
        pytest.param(facts(before=FIVE_MINUTES_AGO), AT, id="not asked for"),
        pytest.param(asked(before=replace(STAGED, at=AT), at=AT + 4 * HOUR - 5 * MINUTE), AT + 4 * HOUR - 5 * MINUTE, id="it was over today"),
        pytest.param(asked(before=None), AT, id="no time brings it there"),
        pytest.param(asked(replaced=OTHER), AT, id="no time heals it"),
        pytest.param(asked(before=FIVE_MINUTES_AGO, promotions=(THERE,)), AT, id="it ran in the target before"),
        pytest.param(asked(artifact=Absent("api v1.4.0")), AT, id="it was never built"),
        pytest.param(excepted(Requirement.SOAK, before=FIVE_MINUTES_AGO), AT, id="by exception"),
        pytest.param(asked(before=LOST), LOST, id="unread"),
        pytest.param(asked(replaced=LOST), LOST, id="what took its place is unread"),
        pytest.param(asked(promotions=LOST), LOST, id="where it ran is unread"),
        pytest.param(asked(before=FIVE_MINUTES_AGO, exceptions=LOST), LOST, id="the exceptions are unread"),
    ],
)  # fmt: skip
def test_the_next_allowed_time_comes_after_the_soak(known: Facts, slot: Any) -> None:
    assert next_slot(REQUEST, known) == slot


def test_it_waits_for_the_window_after_a_soak_that_ends_when_none_is_open() -> None:
    at = AT + 4 * HOUR - 5 * MINUTE
    answer = told(soaked(REQUEST, asked(before=replace(STAGED, at=at), at=at)))
    assert answer == snapshot(
        (
            "v1.4.0 came to staging on Tue 24 Nov 15:55 Europe/Berlin; a version runs 15 min there before it goes on.",
            "Wait, and watch its error rate; it can be approved meanwhile. Or ask for an exception: `/release exception request`.",
            "from Wed 2026-11-25 09:00 UTC",
        )
    )


@pytest.mark.parametrize(
    ("guard", "known", "sentence"),
    [
        pytest.param(verified_before, asked(), snapshot(("Otto verified v1.4.0 in staging: smoke tests and the error rate",)), id="looked"),
        pytest.param(
            verified_before,
            asked(looked=UNSEEN),
            snapshot(
                (
                    "Nobody verified v1.4.0 in staging yet; that it was deployed there proves nothing.",
                    "Look at it there, and say at what: `/release verify CR-2026-1123-001`. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="not looked",
        ),
        pytest.param(
            verified_before,
            asked(looked=None),
            snapshot(
                (
                    "Nobody verified v1.4.0 in staging: CI brought it there without a change of ours.",
                    "Have a new version promoted there by the bot. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="CI alone",
        ),
        pytest.param(
            verified_before,
            asked(looked=None, before=replace(STAGED, change="CR-1")),
            snapshot(
                (
                    "Nobody verified v1.4.0 in staging: nobody was asked to after CR-1.",
                    "Have a new version promoted there by the bot. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="not asked",
        ),
        pytest.param(
            verified_before, asked(promotions=(THERE,)), snapshot(("sha256:1f1f1f1f1f1f… ran in production before",)), id="ran there"
        ),
        pytest.param(soaked, asked(), snapshot(("v1.4.0 came to staging on Mon 23 Nov 12:00 Europe/Berlin, 15 min or more",)), id="soaked"),
        pytest.param(
            soaked,
            asked(replaced=OTHER),
            snapshot(
                (
                    "v1.5.0 took the place of v1.4.0 in staging before it had run there for 15 min.",
                    "First `/release promote api v1.4.0 staging`. Or ask for an exception: `/release exception request`.",
                )
            ),
            id="replaced",
        ),
        pytest.param(soaked, facts(), snapshot(("soak: not required by policy",)), id="not required"),
    ],
)
def test_what_people_read(guard: Any, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(guard(REQUEST, known)) == sentence


def test_the_time_is_the_policys() -> None:
    under = policy(evidence=ASKING.evidence.model_copy(update={"soak": timedelta(hours=2)}))
    known = facts(under, before=replace(STAGED, at=AT - HOUR))
    assert said(soaked(REQUEST, known)) == Refusal.NOT_SOAKED
    assert next_slot(REQUEST, known) == AT + HOUR
    assert ARTIFACT.version in told(soaked(REQUEST, known))[0]


def test_what_soaked_long_enough_asks_for_no_exception() -> None:
    lost = Unread("the exceptions", "locked")
    assert soaks_until(REQUEST, asked(exceptions=lost)) == AT
    assert soaks_until(REQUEST, asked(exceptions=lost, before=FIVE_MINUTES_AGO)) == lost
