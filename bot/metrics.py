"""What is counted and timed, for Prometheus (OPS-04).

Invariant: labels are from closed lists, never a person, a service's version or an id.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

RECEIVED = Counter("signalbox_deliveries_total", "Deliveries from Slack and CI", ("kind", "what"), registry=REGISTRY)
ACK = Histogram("signalbox_ack_seconds", "From request to acknowledgement", buckets=_FAST, registry=REGISTRY)
CARRIED = Histogram("signalbox_carry_seconds", "Carrying out one delivery", ("kind", "outcome"), buckets=(*_FAST, 5, 10), registry=REGISTRY)
SENT = Histogram("signalbox_send_seconds", "Sending one message", ("kind", "outcome"), buckets=(*_FAST, 5, 10), registry=REGISTRY)
BACKLOG = Gauge("signalbox_backlog", "Rows that wait", ("table",), registry=REGISTRY)
REFUSED = Counter("signalbox_forged_total", "Requests turned away at the door", ("route", "why"), registry=REGISTRY)
NEIGHBOUR_FAILURES = Counter(
    "signalbox_neighbour_failures_total", "Calls of a neighbour that came to no answer", ("neighbour",), registry=REGISTRY
)
NEIGHBOUR_OPEN = Gauge(
    "signalbox_neighbour_open", "1 while a neighbour does not answer and is left alone", ("neighbour",), registry=REGISTRY
)
