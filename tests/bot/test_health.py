"""Health and metrics: each on its own port, naming what does not answer (OPS-01, OPS-02, OPS-04)."""

import asyncio
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from prometheus_client.parser import text_string_to_metric_families

from bot.health import Health, program_version
from guards.unread import Unread
from storage.errors import Unavailable
from tests.world.moments import StillClock

PUBLIC, INTERNAL = 0, 1


@dataclass
class Got:
    status: int
    json: Any
    text: str
    kind: str


async def get(world, path: str, port: int = PUBLIC) -> Got:
    url = f"http://127.0.0.1:{world.house.ports[port]}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        json = await answer.json() if answer.content_type == "application/json" else None
        return Got(answer.status, json, await answer.text(), answer.headers["Content-Type"])


@pytest.mark.parametrize("port", [PUBLIC, INTERNAL])
async def test_the_three_probes_answer_on_both_ports(world, port):
    assert (await get(world, "/health/live", port)).json == {"status": "live"}
    assert (await get(world, "/health/startup", port)).json == {"status": "started"}
    assert (await get(world, "/health/ready", port)).json == {"status": "ready", "failing": {}}


@pytest.mark.parametrize("path", ["/health", "/metrics"])
async def test_details_and_metrics_are_for_the_internal_port_only(world, path):
    assert (await get(world, path, INTERNAL)).status == 200
    assert (await get(world, path, PUBLIC)).status == 404


@pytest.mark.parametrize("path", ["/slack/events", "/webhooks/github", "/webhooks/ci/fake"])
async def test_nobody_is_heard_on_the_internal_port(world, path):
    url = f"http://127.0.0.1:{world.house.ports[INTERNAL]}{path}"
    async with aiohttp.ClientSession() as session, session.post(url) as answer:
        assert answer.status == 404


async def test_readiness_names_each_neighbour_that_does_not_answer(world, monkeypatch):
    world.slack.faults.fail("auth.test", "token_revoked")
    world.ci.away = Unread("the fake CI", "it refused the connection")

    async def gone(_):
        raise Unavailable("the database does not answer: OperationalError")

    monkeypatch.setattr(world.house.store, "read", gone)
    ready = await get(world, "/health/ready")
    assert ready.status == 503
    assert ready.json["status"] == "not ready"
    failing = ready.json["failing"]
    assert failing["slack"] == "Slack says token_revoked"
    assert failing["ci fake"] == "it refused the connection"
    assert failing["database"] == "the database does not answer: OperationalError"
    assert (await get(world, "/health/live")).status == 200  # it lives: restarting it would mend nothing


async def test_readiness_is_asked_for_at_most_every_five_seconds(world):
    def asked() -> int:
        return sum(call.method == "auth.test" for call in world.slack.calls)

    await asyncio.gather(*(get(world, "/health/ready") for _ in range(8)))
    await get(world, "/health", INTERNAL)
    assert asked() == 1
    world.slack.faults.fail("auth.test", "token_revoked")
    await world.wait(seconds=4.9)
    assert (await get(world, "/health/ready")).status == 200
    await world.wait(seconds=0.1)
    assert (await get(world, "/health/ready")).status == 503
    await world.wait(seconds=5)
    assert (await get(world, "/health/ready")).status == 200


async def test_a_bot_that_stops_is_not_ready(world):
    world.house.health.stopping = True
    ready = await get(world, "/health/ready")
    assert (ready.status, ready.json["status"]) == (503, "stopping")
    assert (await get(world, "/health/live")).status == 200


async def test_the_details_say_what_runs_and_what_waits(world):
    details = (await get(world, "/health", INTERNAL)).json
    assert re.fullmatch(r"\d+\.\d+.*", details["version"])
    assert details["policy"] == world.policy.hash
    assert details["uptime_seconds"] == 0
    assert details["timestamp"] == "2026-11-24T10:00:00+00:00"
    assert details["neighbours"] == dict.fromkeys(details["neighbours"], "fine") != {}
    assert details["backlog"] == {"inbox": 0, "outbox": 0}


async def test_the_details_name_the_commit_that_the_settings_name(world):
    """OPS-02. A bot that nobody told says so, and makes nothing up."""
    assert (await get(world, "/health", INTERNAL)).json["git_sha"] == "unknown"
    await world.close()
    world.git_sha = "5f2a9c0d1e" * 4
    await world.open()
    assert (await get(world, "/health", INTERNAL)).json["git_sha"] == "5f2a9c0d1e" * 4


async def test_without_a_database_the_details_still_answer(world, monkeypatch):
    async def gone(_):
        raise Unavailable("gone")

    monkeypatch.setattr(world.house.store, "read", gone)
    details = await get(world, "/health", INTERNAL)
    assert (details.status, details.json["backlog"]) == (200, {})
    assert (await get(world, "/metrics", INTERNAL)).status == 200


# ---------------------------------------------------------------- alone


def alone(probes, **more) -> Health:
    async def backlog():
        return {"inbox": 3}

    return Health(probes, StillClock(), more.pop("backlog", backlog), "policy", git_sha=None)


REQUEST = make_mocked_request("GET", "/")


async def test_before_everything_was_started_nothing_is_ready():
    health = alone({})
    assert (await health.startup(REQUEST)).status == 503
    assert (await health.ready(REQUEST)).status == 503
    health.started = True
    assert (await health.startup(REQUEST)).status == 200
    assert (await health.ready(REQUEST)).status == 200


async def test_without_an_installed_package_the_version_is_not_made_up(monkeypatch):
    def not_installed(_):
        raise PackageNotFoundError

    monkeypatch.setattr("bot.health.version", not_installed)
    monkeypatch.setattr("bot.health.program_version", program_version.__wrapped__)  # that of the program itself is asked for once
    answer = await alone({}).details(REQUEST)
    assert answer.text
    assert '"version": "unknown"' in answer.text


async def test_a_probe_that_hangs_or_breaks_is_named_beside_those_that_answer(monkeypatch):
    async def hangs():
        await asyncio.Event().wait()

    async def breaks():
        raise RuntimeError("zebra-crossing")

    async def fine():
        return None

    monkeypatch.setattr("bot.health.LIMIT", 0.05)
    health = alone({"one": hangs, "two": breaks, "three": fine})
    health.started = True
    answer = await health.ready(REQUEST)
    assert answer.status == 503
    assert answer.text
    assert '"one": "no answer within 0.05 s"' in answer.text
    assert '"two": "cannot be asked (RuntimeError)"' in answer.text
    assert "three" not in answer.text
    assert "zebra" not in answer.text


# ---------------------------------------------------------------- metrics

CLOSED = {
    "kind": {"asked", "reported", "timer", "incidents"}
    | {"order", "card", "log", "alert", "reply", "set", "integration", "exception", "roll-call", "train", "pin", "home"}
    | {"release-branch", "thread", "evidence", "calendar", "notes", "emergency", "access", "freeze", "incident", "merge-status", "stop"}
    | {"hotfix", "hotfix-branch", "posted-calendar"},
    "what": {"new", "again", "refused"},
    "outcome": {"done", "failed"},
    "table": {"inbox", "outbox"},
    "route": {"slack", "webhook", "http"},
    "why": {"malformed", "forged", "unknown", "crowded", "slow"},
    "neighbour": {"slack", "other", "github", "demo"},  # and what the policy file names, by its kind:
}
NAMED = re.compile(r"(ci|artifacts|freeze calendar) [a-z0-9-]+")


async def test_metrics_are_prometheus_text_with_labels_from_closed_lists(world, send):
    await world.on_staging()
    await world.say("nobody", "/release promote zebra-crossing v1 production")
    await send("x=1", signature="v0=00")
    await send("a=b")
    await world.wait(hours=1)
    answer = await get(world, "/metrics", INTERNAL)
    assert answer.kind.startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {"signalbox_deliveries", "signalbox_ack_seconds", "signalbox_carry_seconds", "signalbox_send_seconds", "signalbox_backlog",
            "signalbox_forged"} <= families.keys()  # fmt: skip
    for family in families.values():
        for sample in family.samples:
            for label, value in sample.labels.items():
                named = label == "neighbour" and NAMED.fullmatch(value)
                assert label == "le" or named or value in CLOSED[label], (sample.name, label, value)
    assert "zebra" not in answer.text


async def test_what_waits_is_measured_whenever_it_is_asked_for(world):
    hang = world.slack.faults.hang("users.info")
    await world.slack.say(world.people["carla"], world.channels["releases"], "/release whoami")
    await hang.reached.wait()
    assert 'signalbox_backlog{table="inbox"} 1.0' in (await get(world, "/metrics", INTERNAL)).text
    hang.release()
    await world.quiet()
    assert 'signalbox_backlog{table="inbox"} 0.0' in (await get(world, "/metrics", INTERNAL)).text
