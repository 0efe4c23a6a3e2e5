"""A version reaches each environment of its service in order, skipping none (PRM-01, PRM-24)."""

import pytest
from inline_snapshot import snapshot

from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.order import environment_before, in_order
from guards.unread import Unread
from tests.guards.cases import FACTS, POLICY, REQUEST, Expected, facts, request, said, told

NOT_STAGED = facts(before=None)
UNREAD = facts(before=Unread("what ran in staging", "locked"))
DEV, STAGING = request(environment="dev"), request(environment="staging")
WEB_STAGING, WEB_DEV = request(service="web", environment="staging"), request(service="web", environment="dev")


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(REQUEST, FACTS, Allow, id="it ran in staging"),
        pytest.param(REQUEST, NOT_STAGED, Refusal.ENVIRONMENT_SKIPPED, id="it did not run in staging"),
        pytest.param(REQUEST, UNREAD, Unsure, id="nobody knows whether it ran in staging"),
        pytest.param(STAGING, NOT_STAGED, Refusal.ENVIRONMENT_SKIPPED, id="it did not run in dev"),
        pytest.param(DEV, NOT_STAGED, Allow, id="dev is where it begins"),
        pytest.param(DEV, UNREAD, Allow, id="where it begins nothing comes before"),
        pytest.param(WEB_STAGING, NOT_STAGED, Allow, id="a service with its own chain begins in staging"),
        pytest.param(WEB_DEV, NOT_STAGED, Refusal.ENVIRONMENT_SKIPPED, id="an environment outside its chain"),
        pytest.param(WEB_DEV, FACTS, Refusal.ENVIRONMENT_SKIPPED, id="outside its chain, whatever ran"),
    ],
)
def test_the_way_to_production(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(in_order(asked, known)) == expected


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(REQUEST, FACTS, snapshot(("v1.4.0 ran in staging",)), id="in order"),
        pytest.param(DEV, NOT_STAGED, snapshot(("dev is where api begins",)), id="first"),
        pytest.param(
            REQUEST,
            NOT_STAGED,
            snapshot(
                (
                    "api v1.4.0 has not run in staging; the way is dev → staging → production.",
                    "First `/release promote api v1.4.0 staging`.",
                )
            ),
            id="skipped",
        ),
        pytest.param(
            WEB_DEV,
            NOT_STAGED,
            snapshot(("web is not released to dev; its way is staging → production.", "Choose one of these.")),
            id="outside",
        ),
        pytest.param(REQUEST, UNREAD, snapshot(("could not read what ran in staging", "locked")), id="unread"),
    ],
)
def test_what_people_read(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(in_order(asked, known)) == sentence


def test_which_environment_comes_before() -> None:
    assert [environment_before(POLICY, "api", e) for e in ("dev", "staging", "production")] == [None, "dev", "staging"]
    longer = POLICY.services["api"].model_copy(update={"chain": ("dev", "test", "staging", "production")})
    four = POLICY.model_copy(update={"services": {"api": longer}})
    assert [environment_before(four, "api", e) for e in ("dev", "test", "staging", "production")] == [None, "dev", "test", "staging"]
    assert [environment_before(POLICY, "web", e) for e in ("dev", "staging", "production")] == [None, None, "staging"]
