"""The bodies of the incident webhooks as models: PagerDuty's V3, incident.io's, and the contract of docs/incidents.md.

Invariant: what fits a model is safe to show and to store; surplus fields are ignored, and a link that people should not follow is none.
"""

import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import TypeAdapter as Adapter

from bot.adapters.generic_wire import Link
from bot.adapters.moment import Moment
from commands.core.ports.incidents import Told

_LONGEST = 200
_LINK: Adapter[str] = Adapter(Link)


def _line(text: object) -> object:
    """One line, without what cannot be seen, cut when it is long: a title that is too long is no reason to miss an incident."""
    if not isinstance(text, str):
        return "" if text is None else text
    seen = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in text)
    return " ".join(seen.split())[:_LONGEST]


def _followable(url: object) -> object:
    try:
        return _LINK.validate_python(url)
    except ValidationError:
        return ""


def _listed(found: object) -> object:
    return () if found is None else found


Id = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._#-]{0,79}\z")]
"""What people can type to name it; see `commands.core.fields.IncidentWord`."""
Delivery = Annotated[str, StringConstraints(pattern=r"\A[\x21-\x7e]{1,160}\z")]
Line = Annotated[str, BeforeValidator(_line)]
Where = Annotated[str, BeforeValidator(_followable)]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


# ---------------------------------------------------------------- PagerDuty


class _Named(_Wire):
    id: Line = ""
    summary: Line = ""


class PagerDutyIncident(_Wire):
    """`event.data` of an event whose data is an incident."""

    id: Id
    title: Line = ""
    status: Line
    created_at: Moment
    html_url: Where = ""
    service: _Named | None = None
    priority: _Named | None = None
    urgency: Line = ""

    def told(self, at: datetime) -> Told:
        """What it says, as of the moment of its event."""
        severity = (self.priority.summary if self.priority else "", self.urgency)
        services = (self.service.id, self.service.summary) if self.service else ()
        return Told(
            self.id, self.title or self.id, tuple(filter(None, severity)), tuple(filter(None, services)), self.created_at,
            at if self.status == "resolved" else None, at, None, self.html_url,
        )  # fmt: skip


class PagerDutyEvent(_Wire):
    """`event`: its id and its moment are signed; the headers are not."""

    id: Delivery
    event_type: Line
    occurred_at: Moment
    data: dict[str, Any] = Field(default_factory=dict)


class PagerDutyBody(_Wire):
    """A V3 webhook."""

    event: PagerDutyEvent


# ---------------------------------------------------------------- incident.io

_OVER = frozenset({"learning", "closed", "declined", "canceled", "merged"})
"""Categories of a status in which nobody works on the impact any more; one that is not known here counts as open."""


class _Name(_Wire):
    name: Line = ""


class _Status(_Wire):
    category: Line


class _Option(_Wire):
    value: Line = ""


class _Value(_Wire):
    value_catalog_entry: _Name | None = None
    value_option: _Option | None = None
    value_text: Line = ""

    @property
    def word(self) -> str:
        """The value as people read it, whatever kind of field it is of."""
        entry, option = self.value_catalog_entry, self.value_option
        return (entry.name if entry else "") or (option.value if option else "") or self.value_text


class _Entry(_Wire):
    custom_field: _Name
    values: Annotated[tuple[_Value, ...], BeforeValidator(_listed)] = ()


class _Role(_Wire):
    role_type: Line = ""


class _Assignee(_Wire):
    email: Line = ""


class _Assignment(_Wire):
    role: _Role
    assignee: _Assignee | None = None


class IncidentIoIncident(_Wire):
    """An incident as the events carry it."""

    id: Line
    reference: Id
    name: Line = ""
    mode: Line = "standard"
    permalink: Where = ""
    incident_status: _Status
    severity: _Name | None = None
    created_at: Moment
    updated_at: Moment
    custom_field_entries: Annotated[tuple[_Entry, ...], BeforeValidator(_listed)] = ()
    incident_role_assignments: Annotated[tuple[_Assignment, ...], BeforeValidator(_listed)] = ()

    def told(self, field: str | None) -> Told:
        """What it says.

        Args:
            field: name of the custom field that names the services.
        """
        services = [v.word for e in self.custom_field_entries if field and e.custom_field.name == field for v in e.values]
        lead = [a.assignee.email for a in self.incident_role_assignments if a.role.role_type == "lead" and a.assignee]
        return Told(
            self.reference, self.name or self.reference, (self.severity.name,) if self.severity and self.severity.name else (),
            tuple(filter(None, services)), self.created_at, self.updated_at if self.incident_status.category in _OVER else None,
            self.updated_at, next(filter(None, lead), None), self.permalink,
        )  # fmt: skip


class IncidentIoBody(_Wire):
    """The envelope: the event's type is also the key under which the event stands."""

    model_config = ConfigDict(frozen=True, extra="allow")

    event_type: Line


# ---------------------------------------------------------------- docs/incidents.md


class IncidentBody(_Wire):
    """One incident."""

    id: Id
    title: Line
    severity: Line = ""
    services: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    began: Moment
    ended: Moment | None = None
    at: Moment
    commander: Line = ""
    link: Where = ""

    def told(self) -> Told:
        """What it says."""
        return Told(
            self.id, self.title or self.id, (self.severity,) if self.severity else (), tuple(filter(None, self.services)), self.began,
            self.ended, self.at, self.commander or None, self.link,
        )  # fmt: skip


class IncidentsBody(_Wire):
    """What is posted; without incidents it is a heartbeat."""

    delivery: Delivery
    incidents: Annotated[tuple[IncidentBody, ...], Field(max_length=100)] = ()
