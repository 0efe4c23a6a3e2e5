"""What an emergency went past is what would have held the same change, and nothing else (EMG-07, EMG-21, FRZ-10)."""

from dataclasses import replace

import pytest

from guards.emergency import EmergencyKind
from guards.facts import Facts, Request
from guards.go import Ride
from guards.gone_past import gone_past, gone_past_by_hand
from guards.incident import Incident
from guards.incident_rules import IncidentRules
from guards.unread import Unread
from guards.vocabulary import Blocked, ChangeType, Migration, Risk
from tests.guards.cases import AT, DECLARED, FREEZE, HOUR, MARA, emergency, facts, policy, request
from tests.guards.proofs import proven
from tests.guards.test_staged import FIVE_MINUTES_AGO, asked

URGENT = request(change_type=ChangeType.EMERGENCY)
LOST = Unread("Slack", "no answer within 5 s")
NIGHT = AT + 12 * HOUR
HELD = policy(incidents=IncidentRules(blocks={"production": "SEV-2"}))
GRAVE = Incident("INC-2026-1124-001", "checkout fails", 2, ("api",), AT - HOUR, MARA.id, MARA.name, "signalbox", "", AT - HOUR)
MIGRATIONS = replace(FREEZE, blocks=(Blocked.MIGRATIONS,))
RISKY = replace(URGENT, declared=replace(DECLARED, level=Risk.MEDIUM))
PROVEN = replace(proven(), emergency=emergency())


@pytest.mark.parametrize(
    ("wanted", "known", "past"),
    [
        pytest.param(URGENT, facts(), (), id="nothing would have held it"),
        pytest.param(URGENT, facts(at=NIGHT), ("the change window",), id="at night"),
        pytest.param(replace(URGENT, environment="dev"), facts(at=NIGHT), (), id="where there are no windows"),
        pytest.param(
            URGENT, facts(policy(holidays=("DE",)), holidays={"DE": LOST}), ("the change window, which could not be read",),
            id="holidays unread",
        ),
        # freezes
        pytest.param(URGENT, facts(freezes=(FREEZE,)), ("freeze FRZ-2026-1124-001",), id="a freeze"),
        pytest.param(URGENT, facts(freezes=(replace(FREEZE, start=AT + HOUR / 2),)), (), id="a freeze that is to come"),
        pytest.param(URGENT, facts(freezes=(replace(FREEZE, blocks=(Blocked.MERGES,)),)), (), id="a freeze of merges"),
        pytest.param(URGENT, facts(freezes=(MIGRATIONS,)), (), id="a freeze of migrations, and there is none in it"),
        pytest.param(
            replace(URGENT, migration=Migration.EXPAND), facts(freezes=(MIGRATIONS,)), ("freeze FRZ-2026-1124-001",),
            id="a freeze of migrations, and there is one in it",
        ),
        pytest.param(URGENT, facts(freezes=(replace(FREEZE, passes=(ChangeType.NORMAL,)),)), (), id="a freeze that passes any change"),
        pytest.param(URGENT, facts(freezes=LOST), ("Slack, which could not be read",), id="freezes unread"),
        # incidents
        pytest.param(URGENT, facts(HELD, incidents=(GRAVE,), promotions=()), ("incident INC-2026-1124-001",), id="an incident"),
        pytest.param(URGENT, facts(HELD, incidents=(replace(GRAVE, severity=3),), promotions=()), (), id="a mild incident"),
        pytest.param(URGENT, facts(incidents=(GRAVE,)), (), id="an incident where they hold nothing"),
        pytest.param(URGENT, facts(HELD, incidents=LOST, promotions=()), ("Slack, which could not be read",), id="incidents unread"),
        # lead time
        pytest.param(RISKY, PROVEN, ("the lead time",), id="known for an hour only"),
        pytest.param(URGENT, PROVEN, (), id="of a risk that goes at once"),
        pytest.param(
            RISKY, replace(PROVEN, evidence=replace(PROVEN.evidence, work=LOST)), ("the lead time, which could not be read",), id="risk unread"
        ),
        # soak
        pytest.param(URGENT, asked(before=FIVE_MINUTES_AGO), ("the soak",), id="in staging for five minutes"),
        pytest.param(URGENT, asked(), (), id="in staging for a day"),
        pytest.param(URGENT, asked(replaced=LOST), ("the soak, which could not be read",), id="what took its place unread"),
        # go/no-go
        pytest.param(URGENT, facts(rides=(Ride("weekly", None),)), ("the go/no-go",), id="nobody gave a go"),
        pytest.param(URGENT, facts(rides=LOST), ("the go/no-go, which could not be read",), id="rides unread"),
        # together
        pytest.param(
            URGENT, facts(at=NIGHT, freezes=(replace(FREEZE, end=NIGHT + HOUR),), rides=(Ride("weekly", None),)),
            ("the change window", "freeze FRZ-2026-1124-001", "the go/no-go"), id="several",
        ),
    ],
)  # fmt: skip
def test_what_would_have_held_it_is_named(wanted: Request, known: Facts, past: tuple[str, ...]) -> None:
    record = emergency(until=NIGHT + HOUR)
    assert gone_past(wanted, replace(known, emergency=record)) == past


FLAGS = replace(FREEZE, blocks=(Blocked.FLAGS,))


@pytest.mark.parametrize(
    ("kind", "known", "past"),
    [
        pytest.param("flag", facts(), (), id="by day"),
        pytest.param("flag", facts(at=NIGHT), ("the change window",), id="a flag at night"),
        pytest.param("configuration", facts(at=NIGHT), ("the change window",), id="a setting at night"),
        pytest.param("api-deprecation", facts(at=NIGHT, freezes=LOST), (), id="how long an API lives hangs on no window"),
        pytest.param("flag", facts(freezes=(FLAGS,)), ("freeze FRZ-2026-1124-001",), id="a freeze of flags"),
        pytest.param("configuration", facts(freezes=(FLAGS,)), (), id="a freeze of flags, and it is a setting"),
        pytest.param("configuration", facts(freezes=(FREEZE,)), ("freeze FRZ-2026-1124-001",), id="a freeze, and it is a setting"),
        pytest.param("flag", facts(freezes=(FREEZE,)), (), id="a freeze of deployments, and it is a flag"),
        pytest.param("flag", facts(freezes=(replace(FLAGS, services=("web",)),)), (), id="elsewhere"),
        pytest.param("flag", facts(freezes=(replace(FLAGS, in_force=None),)), (), id="nobody approved the freeze"),
        pytest.param("flag", facts(freezes=(replace(FLAGS, end=AT),)), (), id="the freeze is over"),
        pytest.param("flag", facts(freezes=(replace(FLAGS, passes=(ChangeType.NORMAL,)),)), (), id="it passes"),
        pytest.param("flag", facts(freezes=LOST), ("Slack, which could not be read",), id="freezes unread"),
        pytest.param("flag", facts(HELD, incidents=(GRAVE,), promotions=()), ("incident INC-2026-1124-001",), id="an incident"),
    ],
)
def test_what_would_have_held_a_change_by_hand_is_named(kind: str, known: Facts, past: tuple[str, ...]) -> None:
    """EMG-22, WIN-05, WIN-06."""
    record = emergency(kind=EmergencyKind(kind), action="off", until=NIGHT + HOUR)
    assert gone_past_by_hand(record, URGENT, replace(known, emergency=record)) == past
