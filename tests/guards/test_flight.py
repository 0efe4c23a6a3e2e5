"""At most one change works on a service in an environment, and nobody asks twice for the same (PRM-20, PRM-21)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.change import Claim
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts
from guards.flight import alone, asked_once
from guards.unread import Unread
from tests.guards.cases import AT, CHANGE, FACTS, REQUEST, RUNNING, STAGED, Expected, again, facts, said, told

MINE = Claim("CR-2026-1124-001.1", again(CHANGE.id), AT)
OTHERS = Claim("CR-2026-1123-007.2", "CR-2026-1123-007", AT)
UNREAD = Unread("the database", "locked")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(FACTS, Allow, id="nothing is at work"),
        pytest.param(facts(in_flight=OTHERS), Refusal.IN_FLIGHT, id="another change is at work"),
        pytest.param(facts(in_flight=MINE), Allow, id="this change itself holds the place"),
        pytest.param(facts(in_flight=None, change=None), Allow, id="a new change, nothing at work"),
        pytest.param(facts(in_flight=MINE, change=None), Refusal.IN_FLIGHT, id="a new change while one is at work"),
        pytest.param(facts(in_flight=UNREAD), Unsure, id="nobody knows what is at work"),
        pytest.param(facts(in_flight=OTHERS, change=UNREAD), Unsure, id="nobody knows whose change this is"),
    ],
)
def test_one_at_a_time(known: Facts, expected: Expected) -> None:
    assert said(alone(REQUEST, known)) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(FACTS, Allow, id="asked for once"),
        pytest.param(facts(duplicate=OTHERS.change), Refusal.ALREADY_REQUESTED, id="another change asks for the same"),
        pytest.param(facts(duplicate=again(CHANGE.id)), Allow, id="the one that asks is this change"),
        pytest.param(facts(duplicate=CHANGE.id, change=None), Refusal.ALREADY_REQUESTED, id="asked for anew"),
        pytest.param(facts(running=RUNNING), Allow, id="another version runs"),
        pytest.param(facts(running=replace(RUNNING, version="v1.5.0")), Allow, id="a later version runs"),
        pytest.param(facts(running=None), Allow, id="nothing runs"),
        pytest.param(facts(running=STAGED), Refusal.ALREADY_RUNNING, id="the same version runs"),
        pytest.param(facts(duplicate=UNREAD), Unsure, id="nobody knows who else asks"),
        pytest.param(facts(running=UNREAD), Unsure, id="nobody knows what runs"),
        pytest.param(facts(duplicate=CHANGE.id, change=UNREAD), Unsure, id="nobody knows whose change this is"),
    ],
)
def test_once_is_enough(known: Facts, expected: Expected) -> None:
    assert said(asked_once(REQUEST, known)) == expected


@pytest.mark.parametrize(
    ("known", "of_alone", "of_asked_once"),
    [
        pytest.param(FACTS, snapshot(("nothing else works on api in production",)), snapshot(("v1.4.0 is asked for once",)), id="allowed"),
        pytest.param(
            facts(in_flight=OTHERS, duplicate=OTHERS.change),
            snapshot(("CR-2026-1123-007 is at work on api in production.", "Wait until it is over: `/release status api`.")),
            snapshot(
                (
                    "CR-2026-1123-007 already asks for api v1.4.0 in production.",
                    "Follow that one, or cancel it: `/release cancel CR-2026-1123-007`.",
                )
            ),
            id="another change",
        ),
        pytest.param(
            facts(running=STAGED),
            snapshot(("nothing else works on api in production",)),
            snapshot(("production runs api v1.4.0 since 2026-11-23 11:00 UTC.", "Nothing is left to do.")),
            id="runs already",
        ),
        pytest.param(
            facts(in_flight=UNREAD, duplicate=UNREAD),
            snapshot(("could not read the database", "locked")),
            snapshot(("could not read the database", "locked")),
            id="unread",
        ),
        pytest.param(
            facts(change=UNREAD),
            snapshot(("could not read the database", "locked")),
            snapshot(("could not read the database", "locked")),
            id="change unread",
        ),
        pytest.param(
            facts(running=Unread("what runs", "no answer")),
            snapshot(("nothing else works on api in production",)),
            snapshot(("could not read what runs", "no answer")),
            id="running unread",
        ),
    ],
)
def test_what_people_read(known: Facts, of_alone: tuple[str, ...], of_asked_once: tuple[str, ...]) -> None:
    assert told(alone(REQUEST, known)) == of_alone
    assert told(asked_once(REQUEST, known)) == of_asked_once
