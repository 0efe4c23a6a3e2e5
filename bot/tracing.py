"""OpenTelemetry: spans are made with the API alone; they go somewhere only when a collector is configured (OPS-05).

Invariant: span attributes carry ids and names from closed lists, never text of a person.
"""

from bot.log import log


def set_up(endpoint: str | None) -> None:
    """Send spans to a collector over OTLP/HTTP.

    Args:
        endpoint: its base address; None leaves spans unrecorded, which costs nothing.
    """
    if endpoint is None:
        return
    try:
        from opentelemetry import trace
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
