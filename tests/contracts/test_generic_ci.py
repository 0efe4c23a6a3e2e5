"""docs/generic-ci.md, its adapter and the demo's CI agree with each other (PRM-20, SEC-02, PRM-19)."""

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.generic_ci import FINAL_AFTER, GenericArtifacts, GenericCI
from bot.adapters.generic_wire import AccessBody, ArtifactBody, BranchBody, Callback, OrderBody, RunBody
from bot.adapters.signing import sign, verify
from bot.adapters.transport import Limits, Transport
from commands.core.ports.ci import (
    AccessOrder,
    AccessStep,
    BranchOrder,
    Deployed,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Run,
    RunLog,
    RunState,
    Started,
    TurnedDown,
    Unknown,
)
from guards.unread import Absent, Unread
from guards.version import Artifact
from tests.world import demo_ci
from tests.world.moments import RealClock, StillClock
from tests.world.neighbours import COMMIT, CONTENT, DIGEST, answer, order, raw_server

CONTRACT = (Path(__file__).parents[2] / "docs" / "generic-ci.md").read_text()
SECRET = SecretStr(demo_ci.SECRET)
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=10, read=20, total=40, wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def process(tmp_path):
    async with demo_ci.demo_ci(tmp_path) as running:
        yield running


def adapter(transport, url="http://127.0.0.1:1", clock=None, **other):
    return GenericCI(transport, name="demo", base=url, secret=SECRET, clock=clock or RealClock(), **other)


async def heard_until(process, ci, state):
    """All reports up to the one with this state."""
    reports = []
    while True:
        headers, body = await process.listener.heard.get()
        heard = ci.hear(headers, body, datetime.now(UTC))
        assert isinstance(heard, Heard)
        reports += heard.reports
        if reports[-1].state is state:
            return reports


# ---------------------------------------------------------------- the document


def examples(kind):
    return re.findall(rf"```json example={kind}\n(.*?)\n```", CONTRACT, re.DOTALL)


@pytest.mark.parametrize(("kind", "model"), [("order", OrderBody), ("run", RunBody), ("artifact", ArtifactBody), ("callback", Callback)])
def test_the_examples_of_the_contract_are_what_the_adapter_understands(kind, model):
    assert examples(kind)
    for text in examples(kind):
        read = model.model_validate_json(text)
        assert set(json.loads(text)) <= set(model.model_fields)
        assert read


def test_the_signature_of_the_contract_can_be_computed_by_hand():
    (secret,) = re.findall(r"secret `([^`]+)`, timestamp", CONTRACT)
    (timestamp,) = re.findall(r"timestamp `(\d+)`", CONTRACT)
    (signature,) = re.findall(r"Signalbox-Signature: (v1=[0-9a-f]{64})", CONTRACT)
    (body,) = examples("order")
    digits = hmac.new(secret.encode(), b"v1:" + timestamp.encode() + b":POST:/runs:" + body.encode(), hashlib.sha256).hexdigest()
    assert signature == f"v1={digits}"
    headers = sign(SecretStr(secret), "POST", "/runs", body.encode(), datetime.fromtimestamp(int(timestamp), UTC))
    assert headers == {"Signalbox-Timestamp": timestamp, "Signalbox-Signature": signature}


# ---------------------------------------------------------------- signatures


def lower(headers):
    return {key.lower(): value for key, value in headers.items()}


@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [(0, True), (300, True), (301, False), (-60, True), (-61, False)],
    ids=["now", "5 min", "older", "ahead", "too far"],
)
def test_a_signature_is_good_for_five_minutes(seconds, accepted):
    headers = lower(sign(SECRET, "POST", "/runs", b"{}", NOW))
    assert (verify([SECRET], headers, "POST", "/runs", b"{}", NOW + timedelta(seconds=seconds)) is None) is accepted


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"path": "/runs/x"},
        {"body": b"{} "},
        {"secrets": [SecretStr("another-secret-of-32-characters!")]},
        {"secrets": []},
        {"headers": {}},
        {"headers": {"signalbox-timestamp": "1e9"}},
        {"headers": {"signalbox-timestamp": "٣"}},
        {"headers": {"signalbox-signature": "v1="}},
        {"headers": {"signalbox-signature": "v2=" + "0" * 64}},
    ],
    ids=str,
)
def test_a_signature_covers_method_path_time_and_body(change):
    good = {
        "secrets": [SECRET],
        "headers": lower(sign(SECRET, "POST", "/runs", b"{}", NOW)),
        "method": "POST",
        "path": "/runs",
        "body": b"{}",
    }
    assert verify(**good, at=NOW) is None
    if change.get("headers"):
        change = {"headers": good["headers"] | change["headers"]}
    assert isinstance(verify(**(good | change), at=NOW), str)


async def test_a_secret_that_protects_nothing_is_refused(transport):
    with pytest.raises(ValueError, match="at least 16"):
        GenericCI(transport, name="demo", base="http://ci", secret=SecretStr(""), clock=StillClock())


# ---------------------------------------------------------------- callbacks


def callback(secret=SECRET, at=NOW, path="/webhooks/ci/demo", **body):
    raw = json.dumps({"delivery": "d-1", "reports": [], **body}).encode()
    return lower(sign(secret, "POST", path, raw, at)), raw


async def test_a_deployment_that_nobody_ordered_is_heard_in_utc(transport):
    report = json.loads(examples("callback")[0])["reports"][1] | {"at": "2026-11-21T11:00:00+01:00"}
    heard = adapter(transport).hear(*callback(reports=[report]), NOW)
    assert heard.reports == (Deployed("api", "production", "v1.4.0", report["digest"], report["commit"], "4712", NOW),)


async def test_a_callback_for_another_ci_or_too_old_is_forged_and_its_twin_is_heard(transport):
    ci = adapter(transport)
    assert isinstance(ci.hear(*callback(), NOW), Heard)
    assert isinstance(ci.hear(*callback(path="/webhooks/ci/other"), NOW), Forged)
    assert isinstance(ci.hear(*callback(at=NOW - timedelta(minutes=6)), NOW), Forged)


async def test_while_the_secret_is_replaced_both_are_heard(transport):
    former = SecretStr("the-former-secret-of-the-test")
    assert isinstance(adapter(transport, former=former).hear(*callback(former), NOW), Heard)
    assert isinstance(adapter(transport).hear(*callback(former), NOW), Forged)


@pytest.mark.parametrize(
    "body",
    [
        {"delivery": ""},
        {"reports": None},
        {"reports": [{"type": "gossip"}]},
        {"reports": [{"type": "run", "key": "k", "run": "1", "state": "exploded"}]},
        {"reports": [{"type": "run", "key": "k", "run": "1", "state": "succeeded"}]},
        {"reports": [{"type": "run", "key": "k/../k", "run": "1", "state": "running"}]},
        {"reports": [{"type": "run", "key": "k", "run": "1", "state": "running", "url": "javascript:alert(1)"}]},
        {"reports": [{"type": "run", "key": "k", "run": "1", "state": "running", "url": "https://user:secret@host/"}]},
        {"reports": [{"type": "run", "key": "k", "run": "1", "state": "running"}] * 101},
        {"reports": [{**json.loads(examples("callback")[0])["reports"][1], "at": "0001-01-01T00:00:00+14:00"}]},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_a_genuine_callback_that_breaks_the_contract_is_malformed(transport, body):
    ci = adapter(transport)
    assert isinstance(ci.hear(*callback(**body), NOW), Malformed)
    assert isinstance(ci.hear(*callback(reports=[{"type": "run", "key": "k", "run": "1", "state": "running"}]), NOW), Heard)


# ---------------------------------------------------------------- looking up


@pytest.mark.parametrize(
    ("age", "run", "sure"),
    [(FINAL_AFTER, None, False), (FINAL_AFTER + timedelta(seconds=1), None, True), (timedelta(days=1), "4711", False)],
    ids=["could still arrive", "too old to arrive", "CI had told its id"],
)
async def test_absence_is_final_when_the_order_could_not_be_taken_any_more(transport, age, run, sure):
    async with raw_server(answer(404, json.dumps({"absent": order().key}).encode())) as url:
        assert await adapter(transport, url, StillClock(NOW)).find(order(), run, NOW - age) == NoRun(sure=sure)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"absent": "another"}', b'{"error": "not found"}'])
async def test_a_404_that_is_not_the_cis_own_word_is_no_absence(transport, body):
    long_ago = NOW - timedelta(days=1)
    async with raw_server(answer(404, body)) as url:
        assert isinstance(await adapter(transport, url, StillClock(NOW)).find(order(), None, long_ago), Unread)
        artifacts = GenericArtifacts(transport, name="demo", base=url, secret=SECRET, clock=StillClock(NOW))
        assert isinstance(await artifacts.find("api", "v1.4.0"), Unread)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (answer(200, b"deployed", "Content-Type: text/plain; charset=utf-8"), RunLog(b"deployed", "text/plain")),
        (answer(200, b"PK", "Content-Type: application/zip"), RunLog(b"PK", "application/zip")),
        (answer(200, b"<script>", "Content-Type: text/html"), RunLog(b"<script>", "text/plain")),  # kept as it came, never shown as a page
        (answer(404, b'{"absent": "CR-2026-1121-001.1"}'), Absent("log of CR-2026-1121-001.1 at demo")),
    ],
)
async def test_a_log_is_copied_as_it_came(transport, reply, expected):
    async with raw_server(reply) as url:
        assert await adapter(transport, url).log(order(), "4711") == expected


@pytest.mark.parametrize("reply", [answer(404, b"<html>"), answer(500), answer(404, b'{"absent": "another"}')])
async def test_a_ci_without_logs_is_not_taken_for_one_without_this_log(transport, reply):
    async with raw_server(reply) as url:
        assert isinstance(await adapter(transport, url).log(order(), "4711"), Unread)


async def test_an_answer_about_something_else_is_unread(transport):
    run = {"key": "another", "run": "4711", "state": "running"}
    artifact = {"service": "web", "version": "v1.4.0", "digest": DIGEST, "commit": COMMIT}
    async with raw_server(answer(200, json.dumps(run | artifact).encode())) as url:
        assert isinstance(await adapter(transport, url).find(order(), None, NOW), Unread)
        assert isinstance(await adapter(transport, url).start(order()), Unknown)
        artifacts = GenericArtifacts(transport, name="demo", base=url, secret=SECRET, clock=StillClock(NOW))
        assert isinstance(await artifacts.find("api", "v1.4.0"), Unread)


def test_only_an_integration_run_names_a_manifest():
    """MAN-03; what a deployment is sent stays as it is documented."""
    assert "manifest" not in OrderBody.of(order()).model_dump(exclude_none=True)
    assert OrderBody.of(order(manifest="[]")).model_dump(exclude_none=True)["manifest"] == "[]"


async def test_an_order_that_is_not_valid_is_never_sent(transport):
    for bad in ({"commit": "main"}, {"digest": "latest"}, {"environment": "prod; rm"}, {"repository": "x"}):
        assert isinstance(await adapter(transport).start(order(**bad)), TurnedDown)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b'{"error": "full", "taken": false}', TurnedDown), (b'{"error": "full"}', Unknown), (b"<html>", Unknown)],
    ids=["CI's own word", "no word", "a proxy"],
)
async def test_a_503_is_a_refusal_only_when_ci_promises_so(transport, body, kind):
    async with raw_server(answer(503, body, "Retry-After: 7")) as url:
        answered = await adapter(transport, url).start(order())
    assert isinstance(answered, kind)
    if kind is TurnedDown:
        assert answered.retry_after == 7


# ---------------------------------------------------------------- the demo's CI


async def test_an_order_is_deployed_for_real_and_reported_from_running_to_succeeded(transport, process):
    ci = adapter(transport, process.url)
    started = await ci.start(order())
    reports = await heard_until(process, ci, RunState.SUCCEEDED)

    assert [report.state for report in reports] == [RunState.RUNNING, RunState.SUCCEEDED]
    assert reports[-1] == Run(order().key, started.run, None, RunState.SUCCEEDED, DIGEST)
    assert process.deployed() == CONTENT
    note = json.loads((process.root / "production" / "api" / "VERSION").read_text())
    assert (note["version"], note["digest"]) == ("v1.4.0", DIGEST)


async def test_what_a_run_wrote_can_be_read(transport, process):
    """(AUD-12)"""
    ci = adapter(transport, process.url)
    assert await ci.log(order(), None) == Absent(f"log of {order().key} at demo")
    assert isinstance(await ci.start(order()), Started)
    await heard_until(process, ci, RunState.SUCCEEDED)
    log = await ci.log(order(), None)
    assert isinstance(log, RunLog)
    assert f"deployed {DIGEST} to production" in log.content.decode()


async def test_the_same_order_again_starts_nothing_and_another_one_with_its_key_is_refused(transport, process):
    ci = adapter(transport, process.url)
    first = await ci.start(order())
    again = await ci.start(order())
    assert isinstance(first, Started)
    assert again == first

    assert isinstance(await ci.start(order(environment="staging")), TurnedDown)
    assert process.deployed("staging") is None


@pytest.mark.parametrize("wrong", [{"service": "web"}, {"environment": "moon"}, {"digest": "sha256:" + "0" * 64}, {"version": "v1.4.1"}])
async def test_what_it_does_not_know_is_refused_in_a_sentence(transport, process, wrong):
    answered = await adapter(transport, process.url).start(order(**wrong))
    assert isinstance(answered, TurnedDown)
    assert answered.why.startswith("demo refused with status 422: ")


async def test_a_killed_ci_knows_its_runs_after_a_restart_and_finishes_them(transport, process):
    await process.control("faults", mode="slow", seconds=600)
    ci = adapter(transport, process.url)
    started = await ci.start(order())
    assert (await heard_until(process, ci, RunState.RUNNING))[-1].run == started.run
    await process.stop(kill=True)
    assert process.deployed() is None

    record = process.root / "runs" / f"{order().key}.json"
    record.write_text(record.read_text().replace('"slow":600.0', '"slow":0.0'))
    await process.start()
    ci = adapter(transport, process.url)
    assert (await heard_until(process, ci, RunState.SUCCEEDED))[-1].run == started.run
    assert (await ci.find(order(), started.run, NOW)).state is RunState.SUCCEEDED
    assert await ci.start(order()) == started


async def test_a_callback_is_repeated_until_the_bot_takes_it(transport, process):
    process.listener.statuses = [500]  # for the first report; the second waits for it
    await adapter(transport, process.url).start(order())
    reports = await heard_until(process, adapter(transport, process.url), RunState.SUCCEEDED)
    assert [report.state for report in reports] == [RunState.RUNNING, RunState.SUCCEEDED]
    assert process.listener.requests == 3


async def test_faults_can_be_switched_on_and_wear_off(transport, process):
    ci, since = adapter(transport, process.url), datetime.now(UTC)

    await process.control("faults", mode="down", times=1)
    down = await ci.start(order("k-down"))
    assert isinstance(down, TurnedDown)
    assert down.retry_after == 2
    assert isinstance(await ci.start(order("k-down")), Started)
    await heard_until(process, ci, RunState.SUCCEEDED)

    await process.control("faults", mode="fail")
    assert isinstance(await ci.start(order("k-fail")), Started)
    assert (await heard_until(process, ci, RunState.FAILED))[-1].key == "k-fail"

    await process.control("faults", mode="drop_answer")
    assert isinstance(await ci.start(order("k-drop")), Unknown)
    assert isinstance(await ci.find(order("k-drop"), None, since), Run)
    await heard_until(process, ci, RunState.SUCCEEDED)

    await process.control("faults", mode="silent")
    assert isinstance(await ci.start(order("k-silent")), Started)
    assert isinstance(await ci.start(order("k-loud")), Started)  # its reports are the next ones that arrive
    assert {report.key for report in await heard_until(process, ci, RunState.SUCCEEDED)} == {"k-loud"}
    assert isinstance(await ci.find(order("k-silent"), None, since), Run)


async def test_it_can_deploy_on_its_own_and_says_so(transport, process):
    assert await process.control("deploy", service="api", environment="staging", version="v1.4.0") == 200
    headers, body = await process.listener.heard.get()
    (report,) = adapter(transport).hear(headers, body, datetime.now(UTC)).reports
    assert isinstance(report, Deployed)
    assert (report.environment, report.digest) == ("staging", DIGEST)
    assert process.deployed("staging") == CONTENT
    assert await process.control("deploy", service="api", environment="moon", version="v1.4.0") == 404


async def test_an_unsigned_request_learns_nothing(process):
    async with aiohttp.ClientSession() as session:
        for method, path in (("POST", "/runs"), ("GET", "/runs/k"), ("GET", "/artifacts/api/v1.4.0")):
            async with session.request(method, process.url + path) as answered:
                assert answered.status == 401
        async with session.get(process.url + "/health") as answered:
            assert answered.status == 200


async def test_artifacts_tell_who_wrote_and_reviewed_and_keep_nobody_apart_from_unknown(transport, process):
    artifacts = GenericArtifacts(transport, name="demo", base=process.url, secret=SECRET, clock=RealClock())
    found = await artifacts.find("api", "v1.4.0")
    assert found == Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"dana@example.com"}), frozenset())

    async def untold(_):
        return web.json_response({"service": "api", "version": "v1.4.0", "digest": DIGEST, "commit": COMMIT})

    app = web.Application()
    app.router.add_get("/base/artifacts/api/v1.4.0", untold)
    async with TestServer(app, host="127.0.0.1") as server:
        base = str(server.make_url("/base/"))
        found = await GenericArtifacts(transport, name="demo", base=base, secret=SECRET, clock=RealClock()).find("api", "v1.4.0")
    assert (found.authors, found.reviewers) == (None, None)


async def test_it_ends_politely(process):
    assert await process.stop() == 0


# ---------------------------------------------------------------- release branches

BRANCH = BranchOrder(
    "CUT-2026-1201-001", "weekly-2026-12-01", "api", "release/1.8", "9fceb02d0ae598e95dc970b74767f19372d61af8", "octo/api", "main",
    "release-branch.yml",
)  # fmt: skip


def test_the_branch_of_the_contract_is_the_one_that_is_sent():
    (text,) = examples("branch")
    assert json.loads(BranchBody.of(BRANCH).model_dump_json()) == json.loads(text)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (201, b'{"key": "CUT-2026-1201-001", "run": "4711"}', Started),
        (200, b'{"key": "CUT-2026-1201-001"}', Started),
        (201, b'{"key": "CUT-2026-1201-002"}', Unknown),
        (201, b"yes", Unknown),
        (404, b"<html>", TurnedDown),
        (422, b'{"error": "no"}', TurnedDown),
        (500, b"oops", Unknown),
    ],
)
async def test_what_the_answers_to_an_order_of_a_branch_mean(status, body, kind):
    transport = Transport(Limits(connect=1, read=0.2, total=1, wait=0.001))
    async with raw_server(answer(status, body)) as url:
        ci = GenericCI(transport, name="demo", base=url, secret=SECRET, clock=StillClock(NOW))
        assert isinstance(await ci.branch(BRANCH), kind)
        assert isinstance(await ci.branch(replace(BRANCH, branch="release 1.8; rm -rf /")), TurnedDown)
    await transport.close()


# ---------------------------------------------------------------- break-glass access

ACCESS = AccessOrder(
    "BGL-2026-1121-001.open", "BGL-2026-1121-001", AccessStep.OPEN, "api", "production", "database-read", "ada@example.com",
    "2026-11-22T01:30:00+00:00", "octo/api", "main", "break-glass.yml",
)  # fmt: skip


def test_the_access_of_the_contract_is_the_one_that_is_sent():
    (text,) = examples("access")
    assert json.loads(AccessBody.of(ACCESS).model_dump_json()) == json.loads(text)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (201, b'{"key": "BGL-2026-1121-001.open", "run": "4711"}', Started),
        (201, b'{"key": "BGL-2026-1121-001.close"}', Unknown),
        (404, b"<html>", TurnedDown),
        (422, b'{"error": "no"}', TurnedDown),
        (500, b"oops", Unknown),
    ],
)
async def test_what_the_answers_to_an_order_of_access_mean(status, body, kind):
    transport = Transport(Limits(connect=1, read=0.2, total=1, wait=0.001))
    async with raw_server(answer(status, body)) as url:
        ci = GenericCI(transport, name="demo", base=url, secret=SECRET, clock=StillClock(NOW))
        assert isinstance(await ci.access(ACCESS), kind)
        assert isinstance(await ci.access(replace(ACCESS, scope="database; rm -rf /")), TurnedDown)
        assert isinstance(await ci.access(replace(ACCESS, person="ada <x@y>")), TurnedDown)
    await transport.close()
