"""Logs and traces: one id from Slack to CI, and never a secret or a person's words (OPS-03, OPS-05, SEC-09)."""

import json
import logging
import sys

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot import log as logs
from bot import tracing
from commands.core.ports.ci import RunState
from storage.errors import Unavailable
from tests.world.world import World


@pytest.fixture
def set_up():
    """Logging as `signalbox serve` sets it up, most talkative; afterwards as pytest had it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.LIBRARIES}

    yield lambda: logs.set_up("DEBUG")
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logs._configure(logging.INFO)


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


class Everything(logging.Handler):
    """Keeps whatever any library says at any level that it thinks is enabled."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.name} {record.getMessage()} {record.exc_text or ''} {record.exc_info or ''}")


TYPED = "zebra-crossing"
REASON = "giraffe on the track"


@pytest.mark.parametrize("socket_mode", [False, True])
async def test_no_log_line_holds_a_secret_or_what_people_wrote(sqlite_url, set_up, capsys, monkeypatch, socket_mode):
    set_up()
    root, everything = logging.getLogger(), Everything()
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)  # even if somebody turns everything up
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-signalbox-of-the-environment")
    async with World(sqlite_url, socket_mode=socket_mode) as world:
        await world.on_staging()
        await world.say("carla", "/release promote api v1.4.0 production")
        await world.approve("rita", REASON)
        await world.ci_says(RunState.SUCCEEDED)
        await world.say("nobody", f"/release {TYPED}")
        await world.say("carla", f"/release promote {TYPED} {TYPED} production")
        with monkeypatch.context() as broken:
            broken.setattr(world.house.road, "carry", _breaks)
            await world.say("carla", f"/release {TYPED}")
        for fault in ("fail", "status"):
            getattr(world.slack.faults, fault)("chat.postEphemeral", "fatal_error" if fault == "fail" else 500)
        await world.say("carla", "/release whoami")
        secrets = {world.slack.bot_token, world.slack.signing_secret, world.slack.app_token or "xapp", "of-the-environment", "ticket="}
    told = capsys.readouterr().err + "\n".join(line for line in everything.said if not line.startswith("asyncio Using selector"))
    for word in {TYPED, REASON, "giraffe", *secrets}:
        assert word not in told
    assert '"event": "delivery failed"' in told  # it did log


async def _breaks(taken) -> None:
    words = taken.delivery.payload["text"]
    raise RuntimeError(f"cannot read {words}")


async def test_one_id_leads_from_slack_to_ci_and_into_the_ledger(sqlite_url, set_up, capsys):
    set_up()
    async with World(sqlite_url) as world:
        await world.runs_in("dev")
        capsys.readouterr()
        await world.say("dev", "/release promote api v1.4.0 staging")
        said = lines(capsys.readouterr().err)
        entries = await world.ledger()
    ids = {entry.correlation for entry in entries if entry.tag.startswith(("promote", "dispatch"))}
    assert len(ids) == 1
    (one,) = ids
    assert {(line["event"], line.get("kind")) for line in said if line.get("correlation") == one} >= {
        ("carried", "asked"), ("sent", "order"), ("sent", "card"), ("sent", "reply"),
    }  # fmt: skip


def test_a_fault_is_logged_with_its_frames_and_without_locals_or_words(set_up, capsys):
    set_up()

    def inner(password: str) -> None:
        raise ValueError(f"wrong {password}")

    def outer() -> None:
        try:
            inner("hunter2")
        except ValueError as error:
            raise Unavailable("the database does not answer") from error

    for report in (logs.log.exception, logging.getLogger("slack_sdk.socket").exception):
        try:
            outer()
        except Unavailable:
            report("it broke")
        (line,) = lines(capsys.readouterr().err)
        assert "hunter2" not in json.dumps(line)
        assert line["event"] == "it broke"
        ours, theirs = line["exception"]
        assert (ours["type"], ours["said"]) == ("storage.errors.Unavailable", "the database does not answer")
        assert theirs["type"] == "builtins.ValueError"
        assert "said" not in theirs
        assert theirs["frames"][-1].startswith("tests/bot/test_log.py:")
        assert theirs["frames"][-1].endswith(" inner")


def test_before_anything_was_set_up_a_fault_shows_no_locals_either(capsys):
    try:
        int("hunter2")
    except ValueError:
        logs.log.exception("it broke")
    told = capsys.readouterr().err
    assert "hunter2" not in told
    assert lines(told)[0]["exception"][0]["type"] == "builtins.ValueError"


def test_an_exception_that_causes_itself_ends(capsys):
    error = ValueError()
    error.__cause__ = error
    logs.log.error("it broke", exc_info=error)
    assert len(lines(capsys.readouterr().err)[0]["exception"]) == 1


def test_ours_follows_the_level_and_the_libraries_stay_at_warning(set_up, capsys):
    set_up()
    logs.log.debug("ours")
    logging.getLogger("slack_sdk.web.async_client").info("params: everything")
    logging.getLogger("httpx").debug("GET https://ci.example/?token=1")
    logging.getLogger("aiohttp.server").warning("heard")
    assert [(line["event"], line["level"]) for line in lines(capsys.readouterr().err)] == [("ours", "debug"), ("heard", "warning")]


def test_a_path_names_no_folder_of_the_machine():
    assert logs._short(logs.__file__) == "bot/log.py"
    assert logs._short(json.__file__) == "json/__init__.py"
    assert sys.prefix not in logs._short(structlog.__file__)


# ---------------------------------------------------------------- traces


@pytest.fixture
def spans(monkeypatch):
    """Records spans as the SDK would export them."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "TRACER", provider.get_tracer("signalbox"))
    yield exporter
    provider.shutdown()


def tree(exporter: InMemorySpanExporter, correlation: str) -> dict[str, list[str]]:
    """The parts that carry an id, each with its steps in the order in which they ended."""
    mine = [s for s in exporter.get_finished_spans() if s.attributes["signalbox.correlation"] == correlation]
    roots = [s for s in mine if s.parent is None]
    return {
        f"{root.name} {root.attributes['signalbox.kind']}": [
            s.name for s in mine if s.parent and s.context.trace_id == root.context.trace_id
        ]
        for root in roots
    }


async def test_a_command_is_traced_from_slack_to_ci(world, spans):
    await world.runs_in("dev")
    await world.say("dev", "/release promote api v1.4.0 staging")
    correlation = next(entry.correlation for entry in await world.ledger() if entry.tag == "dispatch:ordered")
    parts = tree(spans, correlation)
    assert parts["deliver command"] == ["commit"]
    assert parts["carry asked"] == ["identify", "gather", "commit"]
    assert parts["send order"] == ["ci.start", "commit"]
    assert parts["send card"][-1] == "commit"
    start = next(s for s in spans.get_finished_spans() if s.name == "ci.start")
    assert start.attributes == {
        "signalbox.ci": "fake", "signalbox.key": world.ci.started[-1].key, "signalbox.correlation": correlation,
    }  # fmt: skip


async def test_ci_and_the_clock_are_traced_too(world, spans):
    await world.runs_in("dev")
    await world.say("dev", "/release promote api v1.4.0 staging")
    world.ci.move(world.ci.started[-1].key, RunState.SUCCEEDED)
    await world.wait(hours=1)
    names = {(s.name, s.attributes.get("signalbox.kind")) for s in spans.get_finished_spans()}
    assert {("deliver", "reported"), ("carry", "reported"), ("carry", "timer"), ("ci.find", None)} <= names


async def test_looking_for_work_makes_no_traces(world, spans):
    await world.wait(seconds=1)  # what is due at the start is done
    spans.clear()
    await world.house.workers.tick()
    await world.quiet()
    assert spans.get_finished_spans() == ()


async def test_a_failure_marks_its_span_without_words(world, spans, monkeypatch):
    monkeypatch.setattr(world.house.road, "carry", _breaks)
    await world.say("carla", f"/release {TYPED}")
    (span,) = (s for s in spans.get_finished_spans() if s.name == "carry")
    assert (span.status.is_ok, span.status.description) == (False, "RuntimeError")
    assert TYPED not in span.to_json()
    assert span.events == ()


def test_a_fault_that_leaves_a_step_marks_it_by_its_type(spans):
    with pytest.raises(ValueError, match="zebra"), tracing.span("carry", "c-1"), tracing.step("commit"):
        raise ValueError("zebra-crossing")
    assert [(s.name, s.status.description, s.events) for s in spans.get_finished_spans()] == [
        ("commit", "ValueError", ()),
        ("carry", "ValueError", ()),
    ]


@pytest.mark.parametrize("collector", [True, False])
def test_a_correlation_id_stands_in_the_logs_of_its_part_only(collector, request):
    if collector:
        request.getfixturevalue("spans")
    with structlog.contextvars.bound_contextvars(correlation="outer"):
        with tracing.span("carry", "inner") as made:
            assert structlog.contextvars.get_contextvars() == {"correlation": "inner"}
            assert made.is_recording() is collector
        assert structlog.contextvars.get_contextvars() == {"correlation": "outer"}


async def test_spans_hold_no_words_of_people(world, spans):
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.approve("rita", REASON)
    await world.say("nobody", f"/release {TYPED}")
    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert told
    assert TYPED not in told
    assert REASON not in told


def test_without_a_collector_nothing_is_set_up(monkeypatch):
    monkeypatch.setattr("opentelemetry.trace.set_tracer_provider", lambda _: pytest.fail("a provider was set"))
    tracing.set_up(None)


def test_a_collector_without_the_extra_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)
    tracing.set_up("http://127.0.0.1:4318")
    assert "signalbox[otel]" in capsys.readouterr().err
