"""OpenTelemetry: spans are made with the API alone; they go somewhere only when a collector is configured (OPS-05).

Invariant: span attributes carry ids and names from closed lists, never text of a person; each span carries the correlation id,
which ties what Slack delivered to what was carried out and sent later.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import structlog
from opentelemetry import trace
from typing_extensions import override

from bot.log import log
from commands.core.command import Ask
from commands.core.deadline import SECONDS
from commands.core.gather import Gather
from commands.core.ports.ci import (
    CI,
    AccessOrder,
    BranchOrder,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Order,
    Run,
    RunLog,
    Started,
    Stopping,
    TurnedDown,
    Unknown,
)
from guards.facts import Facts
from guards.identity import Stranger
from guards.sections import Person
from guards.unread import Absent, Unread
from storage.database import Store, Tx

TRACER: trace.Tracer = trace.get_tracer("signalbox")

T = TypeVar("T")


@contextmanager
def span(name: str, correlation: str, **attributes: str) -> Iterator[trace.Span]:
    """One road's part, with its correlation id on the span and on every log line below it.

    Args:
        name: from a closed list.
        correlation: ties the parts together.
        attributes: ids and names from closed lists, each put below `signalbox.`.
    """
    named = {f"signalbox.{key}": value for key, value in attributes.items()}
    named["signalbox.correlation"] = correlation
    before = structlog.contextvars.bind_contextvars(correlation=correlation)
    try:
        made = TRACER.start_span(name, attributes=named)
        if not made.get_span_context().is_valid:  # without a collector there is nothing to carry along and nothing to end
            yield made
            return
        with trace.use_span(made, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield made
            except Exception as error:
                failed(made, error)
                raise
    finally:
        structlog.contextvars.reset_contextvars(**before)


@contextmanager
def step(name: str, **attributes: str) -> Iterator[None]:
    """A step inside a part; outside of one nothing is traced, for looking for work is no work."""
    if not trace.get_current_span().is_recording():
        yield
        return
    with span(name, str(structlog.contextvars.get_contextvars().get("correlation", "")), **attributes):
        yield


def failed(at: trace.Span, error: Exception) -> None:
    """Mark a span as failed; by the error's type alone, for its words may be a person's."""
    at.set_status(trace.StatusCode.ERROR, type(error).__name__)


class TracedStore(Store):
    """Memory whose transactions are steps of a trace: judging, recording and ordering happen inside them."""

    @override
    async def write(self, work: Callable[[Tx], T], *, ahead: bool = False) -> T:
        with step("commit"):
            return await super().write(work, ahead=ahead)


class TracedGather(Gather):
    """Reading facts, as steps of a trace."""

    @override
    async def asker(self, user: str) -> Person | Stranger | Unread:
        with step("identify"):
            return await super().asker(user)

    @override
    async def outside(self, ask: Ask, by: Person | None = None, seconds: float = SECONDS) -> Facts:
        with step("gather"):
            return await super().outside(ask, by, seconds)


class TracedCI:
    """A CI whose calls are steps of a trace; implements the `CI` port."""

    def __init__(self, name: str, ci: CI) -> None:
        self._name = name
        self._ci = ci

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        """See the port."""
        with step("ci.start", ci=self._name, key=order.key):
            return await self._ci.start(order)

    async def branch(self, order: BranchOrder) -> Started | TurnedDown | Unknown:
        """See the port."""
        with step("ci.branch", ci=self._name, key=order.key):
            return await self._ci.branch(order)

    async def access(self, order: AccessOrder) -> Started | TurnedDown | Unknown:
        """See the port."""
        with step("ci.access", ci=self._name, key=order.key):
            return await self._ci.access(order)

    async def cancel(self, order: Order, run: str | None) -> Stopping | TurnedDown | Unknown:
        """See the port."""
        with step("ci.cancel", ci=self._name, key=order.key):
            return await self._ci.cancel(order, run)

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun | Unread:
        """See the port."""
        with step("ci.find", ci=self._name, key=order.key):
            return await self._ci.find(order, run, since)

    async def log(self, order: Order, run: str | None) -> RunLog | Absent | Unread:
        """See the port."""
        with step("ci.log", ci=self._name, key=order.key):
            return await self._ci.log(order, run)

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard | Forged | Malformed:
        """See the port."""
        return self._ci.hear(headers, body, at)

    async def alive(self) -> Unread | None:
        """See the port."""
        return await self._ci.alive()


def set_up(endpoint: str | None) -> None:
    """Send spans to a collector over OTLP/HTTP.

    Args:
        endpoint: its base address; None leaves spans unrecorded, which costs nothing.
    """
    if endpoint is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("tracing is configured but not installed; install signalbox[otel]")
        return
    provider = TracerProvider(resource=Resource.create({"service.name": "signalbox"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
