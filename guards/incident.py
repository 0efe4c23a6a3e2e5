"""The noun of an incident: how grave, which services, since when, who leads it (INC-01, INC-02, INC-07).

Invariant: while an incident is open, it is open for each service that it may touch; what nobody said is never "none".
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

HERE = "signalbox"
"""The source of an incident that a person opened with a command."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that goes wrong, or went wrong, in production.

    Args:
        reference: `INC-2026-1121-001`; ours, also when it came from elsewhere.
        title: one line, in people's words.
        severity: 1 is the gravest; what each means stands in the policy.
        services: canonical names; None when nobody knows which, which counts as all of them.
        opened_at: when the impact began, as far as anybody knows, UTC.
        opened_by, opened_by_name: corporate id of who opened it and the name then; of one from elsewhere, the intake's name.
        source: `signalbox`, or the name of the intake in the policy.
        known_as: what the source calls it ("INC-123"); "" when it was opened here. Unique for each source.
        heard_at: moment of the newest word about it, by the clock of its source, UTC; what is older changes nothing.
        closed_at: when the impact ended, UTC; None while it is open.
        closed_by: corporate id, or the intake's name; None while it is open.
        commander, commander_name: corporate id of who leads it, and the name then; None and "" while nobody does.
        link: where the source shows it; "" when it says nothing.
        mechanism, verification, cause: how service was restored, what shows that it is, and why it went wrong, in people's words.
    """

    reference: str
    title: str
    severity: int
    services: tuple[str, ...] | None
    opened_at: datetime
    opened_by: str
    opened_by_name: str
    source: str
    known_as: str
    heard_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
    commander: str | None = None
    commander_name: str = ""
    link: str = ""
    mechanism: str = ""
    verification: str = ""
    cause: str = ""

    def open(self, at: datetime) -> bool:
        """Whether it is open at a moment, half-open like every span: from its beginning until it is closed."""
        return self.opened_at <= at and (self.closed_at is None or at < self.closed_at)

    def touches(self, service: str | None) -> bool:
        """Whether a service may be part of it; None, a request that names no service, may be part of each."""
        return self.services is None or service is None or service in self.services


@dataclass(frozen=True, slots=True)
class IncidentEdit:
    """What is to be otherwise in an incident; None leaves it as it is. Each field is the incident's own."""

    title: str | None = None
    severity: int | None = None
    services: tuple[str, ...] | None = None
    commander: str | None = None
    commander_name: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    mechanism: str | None = None
    verification: str | None = None
    cause: str | None = None

    def over(self, incident: Incident) -> Incident:
        """The incident with what is otherwise."""
        changed: dict[str, Any] = {f.name: said for f in fields(self) if (said := getattr(self, f.name)) is not None}
        return replace(incident, **changed)


@dataclass(frozen=True, slots=True)
class Bound:
    """A record that belongs to an incident (INC-01, AUD-11).

    Args:
        incident: its reference.
        record: id of a change, a run of a train, a freeze, an emergency or an exception.
        at: when somebody said so, UTC.
        by, by_name: who, and the name then.
    """

    incident: str
    record: str
    at: datetime
    by: str
    by_name: str
