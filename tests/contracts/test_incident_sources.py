"""Sources of incidents are believed by their signature alone, and understood in the shapes that they document (SEC-02)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.adapters.incident_sources import IncidentIoSource, PagerDutySource, SignedSource
from commands.core.ports.ci import Forged, Malformed
from commands.core.ports.incidents import HeardOf, Told
from tests.world import incident_sources as sent

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PAGER = PagerDutySource(SecretStr(sent.PAGER_KEY))
IO = IncidentIoSource(SecretStr(sent.IO_KEY), "Affected services")
HTTP = SignedSource("http", SecretStr(sent.HTTP_KEY))


def hear(source, signed, at=AT, **headers):
    given_headers, body = signed
    return source.hear({k.lower(): v for k, v in {**given_headers, **headers}.items()}, body, at)


PAGED = Told(
    "PGR0VU2", "A little bump in the road", ("P1", "high"), ("PF9KMXH", "API Service"), AT, None, AT, None,
    "https://acme.pagerduty.com/incidents/PGR0VU2",
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "told"),
    [
        pytest.param(sent.pagerduty_event(AT), (PAGED,), id="triggered"),
        pytest.param(sent.pagerduty_event(AT, "incident.resolved", status="resolved"), (replace(PAGED, ended=AT),), id="resolved"),
        pytest.param(sent.pagerduty_event(AT, "incident.acknowledged", status="acknowledged"), (PAGED,), id="acknowledged"),
        pytest.param(sent.pagerduty_event(AT, priority=None), (replace(PAGED, severity=("high",)),), id="without a priority"),
        pytest.param(sent.pagerduty_event(AT, urgency=None, priority=None), (replace(PAGED, severity=()),), id="says nothing of how grave"),
        pytest.param(sent.pagerduty_event(AT, service=None), (replace(PAGED, services=()),), id="names no service"),
        pytest.param(sent.pagerduty_event(AT, title=None), (replace(PAGED, title="PGR0VU2"),), id="without a title"),
        pytest.param(sent.pagerduty_event(AT, html_url="javascript:alert(1)"), (replace(PAGED, link=""),), id="a link to nowhere good"),
        pytest.param(
            sent.pagerduty_event(AT, title="a\nb\u202ec" + "x" * 300), (replace(PAGED, title="a b c" + "x" * 195),), id="a strange title"
        ),
        pytest.param(sent.pagerduty_event(AT, "incident.annotated", type="incident_note"), (), id="a note"),
        pytest.param(sent.pagerduty_event(AT, "service.updated", type="service"), (), id="about a service"),
        pytest.param(sent.pagerduty_event(AT, "pagey.ping", type="ping"), (), id="a ping"),
    ],
)
def test_what_pagerduty_says(event, told):
    assert hear(PAGER, sent.pagerduty(event)) == HeardOf("01EVENT", told)


IO_TOLD = Told(
    "INC-123", "Our database is sad", ("Major",), ("API", "Web shop"), AT, None, AT, "carla@acme.example", "https://app.incident.io/incidents/123"
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "told"),
    [
        pytest.param(sent.incident_io_event(sent.incident_io_incident(AT)), (IO_TOLD,), id="created"),
        pytest.param(
            sent.incident_io_event({"incident": sent.incident_io_incident(AT, "closed"), "new_status": {}}, "public_incident.incident_status_updated_v2"),
            (replace(IO_TOLD, ended=AT),), id="its status is closed",
        ),
        *[
            pytest.param(sent.incident_io_event(sent.incident_io_incident(AT, category)), (replace(IO_TOLD, ended=ended),), id=category)
            for category, ended in {
                "triage": None, "paused": None, "what-comes-next": None, "learning": AT, "declined": AT, "canceled": AT, "merged": AT
            }.items()
        ],
        pytest.param(sent.incident_io_event(sent.incident_io_incident(AT, severity=None)), (replace(IO_TOLD, severity=()),), id="no severity"),
        pytest.param(
            sent.incident_io_event(sent.incident_io_incident(AT, custom_field_entries=None, incident_role_assignments=None)),
            (replace(IO_TOLD, services=(), commander=None),), id="nulls",
        ),
        pytest.param(sent.incident_io_event(sent.incident_io_incident(AT, mode="test")), (), id="practice"),
        pytest.param(sent.incident_io_event({"id": "01F"}, "private_incident.incident_created_v2"), (), id="private: the id alone"),
        pytest.param(sent.incident_io_event({"id": "01F"}, "public_incident.follow_up_created_v2"), (), id="a follow-up"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["webhook", "svix"])
def test_what_incident_io_says(event, told, prefix):
    assert hear(IO, sent.incident_io(event, AT, prefix=prefix)) == HeardOf("msg_1", told)


def test_what_the_contract_says():
    one = sent.generic_incident(AT, commander="carla@acme.example", link="https://ops.example/7")
    told = Told("OPS-7", "Latency", ("major",), ("api",), AT, None, AT, "carla@acme.example", "https://ops.example/7")
    assert hear(HTTP, sent.generic({"delivery": "d-1", "incidents": [one]}, AT)) == HeardOf("d-1", (told,))
    assert hear(HTTP, sent.generic({"delivery": "d-2"}, AT)) == HeardOf("d-2", ())


EVENTS = {
    "pagerduty": (PAGER, lambda body, at, **more: sent.pagerduty(body, **more), sent.pagerduty_event(AT), "X-PagerDuty-Signature"),
    "incident.io": (IO, sent.incident_io, sent.incident_io_event(sent.incident_io_incident(AT)), "webhook-signature"),
    "http": (HTTP, sent.generic, {"delivery": "d-1", "incidents": [sent.generic_incident(AT)]}, "Signalbox-Signature"),
}


@pytest.mark.parametrize("kind", EVENTS)
def test_what_is_not_signed_with_the_secret_is_not_believed(kind):
    source, sign, event, header = EVENTS[kind]
    signed = sign(event, AT)
    assert isinstance(hear(source, signed), HeardOf)
    other = "whsec_" + "QUFB" * 10 if kind == "incident.io" else "another-secret-0123456789"
    for wrong in (
        sign(event, AT, key=other),
        (signed[0], signed[1] + b" "),
        ({k: v for k, v in signed[0].items() if k != header}, signed[1]),
        ({**signed[0], header: "v1="}, signed[1]),
        ({**signed[0], header: "v1,"}, signed[1]),
        ({**signed[0], header: "\udcff"}, signed[1]),
        ({}, signed[1]),
        (signed[0], b""),
    ):
        assert isinstance(hear(source, wrong), Forged)


@pytest.mark.parametrize(("kind", "longest"), [("pagerduty", timedelta(hours=24)), ("incident.io", 300 * SECOND), ("http", 300 * SECOND)])
def test_what_is_old_or_ahead_is_not_believed(kind, longest):
    source, sign, event, _ = EVENTS[kind]
    signed = sign(event, AT)
    assert isinstance(hear(source, signed, AT + longest), HeardOf)
    assert isinstance(hear(source, signed, AT + longest + SECOND), Forged)
    assert isinstance(hear(source, signed, AT - 60 * SECOND), HeardOf)
    assert isinstance(hear(source, signed, AT - 61 * SECOND), Forged)


@pytest.mark.parametrize("timestamp", ["", "x", "-1", "9" * 12, "9" * 40, "1.5", "१"])
def test_a_timestamp_that_is_none_is_refused(timestamp):
    signed = sent.incident_io(EVENTS["incident.io"][2], AT)
    assert isinstance(hear(IO, signed, **{"webhook-timestamp": timestamp}), Forged)


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"\xff", b"{}", b'{"event": {}}', b'{"event_type": 1}', b'{"event_type": "public_incident.incident_x"}',
     b'{"event_type": "public_incident.incident_x", "public_incident.incident_x": []}',
     b'{"event_type": "public_incident.incident_x", "public_incident.incident_x": {"incident": 7}}',
     b'{"delivery": "a b"}', b'{"delivery": "d", "incidents": [{}]}',
     b'{"delivery": "d", "incidents": [{"id": "../x", "title": "t", "began": "2026-11-24T10:00:00Z", "at": "2026-11-24T10:00:00Z"}]}',
     b'{"delivery": "d", "incidents": [{"id": "x", "title": "t", "began": "0001-01-01T00:00:00+14:00", "at": "2026-11-24T10:00:00Z"}]}',
     b'{"delivery": "d", "incidents": [{"id": "x", "title": "t", "began": "2026-11-24T10:00:00", "at": "2026-11-24T10:00:00Z"}]}',
     b'{"delivery": "d", "incidents": [{"id": "x", "title": "t", "began": "2026-11-24T10:00:00Z", "at": "2026-11-24T10:02:00Z"}]}',
     b'{"event": {"id": "e", "event_type": "incident.triggered", "occurred_at": "2026-11-24T10:00:00Z", "data": {"type": "incident"}}}'],
)  # fmt: skip
def test_what_is_signed_and_no_such_shape_is_malformed(kind, body):
    source, sign, _, _ = EVENTS[kind]
    heard = hear(source, sign(body, AT))
    assert isinstance(heard, Malformed)
    assert heard.why


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_is_signed_is_answered(body):
    for source, sign, event, _ in EVENTS.values():
        for said in (
            body,
            {**event, "data": body},
            {"event": body},
            {"event_type": "public_incident.incident_x", "public_incident.incident_x": body},
        ):
            assert isinstance(hear(source, sign(said, AT)), HeardOf | Malformed | Forged)


@pytest.mark.parametrize("secret", ["short", "whsec_!!", "whsec_c2hvcnQ="])
def test_a_secret_that_protects_nothing_is_refused(secret):
    with pytest.raises(ValueError, match="secret"):
        IncidentIoSource(SecretStr(secret), None)
    if secret == "short":
        for make in (PagerDutySource, lambda s: SignedSource("http", s)):
            with pytest.raises(ValueError, match="secret"):
                make(SecretStr(secret))


def test_the_worked_example_of_the_page_is_believed_and_understood():
    page = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text(encoding="utf-8")
    body = re.search(r"```json example=incident\n(.+?)\n```", page)[1].encode()
    headers = {"signalbox-timestamp": "1795255200", "signalbox-signature": re.search(r"Signalbox-Signature: (v1=[0-9a-f]{64})", page)[1]}
    heard = SignedSource("ops", SecretStr("example-secret-0123456789")).hear(headers, body, datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert isinstance(heard, HeardOf)
    assert (heard.told[0].known_as, heard.told[0].services) == ("OPS-7", ("api",))
