"""The part of the policy file about incidents: what each severity means, what one holds back, and where word of them comes from.

Invariant: what a source says and the file does not name counts as the gravest and as touching every service, unless the file says
otherwise.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from guards.section import Section
from guards.values import Duration, Name, SecretName, SlackChannel

SeverityName = Annotated[str, Field(min_length=1, max_length=20)]


class Severity(Section):
    """One severity of incidents, with its meaning (INC-07)."""

    name: SeverityName = Field(description="As people say it, like `SEV-1`.")
    meaning: str = Field(min_length=1, max_length=300, description="When an incident has it; it stands on the card.")
    postmortem: bool = Field(default=False, description="Whether a postmortem is owed once such an incident is closed (INC-09).")
    security_review: bool = Field(
        default=False, description="Whether security reviews what is changed because of such an incident; it stands on the card (INC-07)."
    )


DEFAULT_SEVERITIES = (
    Severity(
        name="SEV-1",
        meaning="Production is down, data is being lost, or security is breached.",
        postmortem=True,
        security_review=True,
    ),
    Severity(name="SEV-2", meaning="Production is severely degraded for many.", postmortem=True, security_review=True),
    Severity(name="SEV-3", meaning="Production is degraded for some; there is a way around."),
    Severity(name="SEV-4", meaning="An annoyance without loss."),
)


class Intake(Section):
    """What all sources of incidents have in common."""

    secret: SecretName = Field(description="Environment variable that holds the webhook's signing secret; `<NAME>_FILE` works too.")
    severities: Mapping[str, SeverityName] = Field(
        default={}, description="The source's word for a priority or a severity, in any case → a severity from `incidents.severities`."
    )
    severity: SeverityName | None = Field(
        default=None, description="Severity of what the source calls otherwise, or not at all; left out: the gravest."
    )
    services: Mapping[str, tuple[Name, ...]] = Field(
        default={},
        description="The source's name or id of a service, in any case → services of this file; none for what is not released here.",
    )
    others: Literal["all", "none"] = Field(
        default="all", description="Which services an incident touches when it names none of `services`."
    )
    silent_after: Duration | None = Field(
        default=None,
        description="For a source that is heard regularly: longer silence than this is no word that there is no incident, and no change "
        "gets where `blocks` holds. Left out: silence stops nothing, and `/release incident list` tells when it was heard last.",
    )


class PagerDuty(Intake):
    """PagerDuty's V3 webhooks."""

    kind: Literal["pagerduty"] = Field(description="Says which form this is.")


class IncidentIo(Intake):
    """incident.io's webhooks."""

    kind: Literal["incident-io"] = Field(description="Says which form this is.")
    field: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The custom field whose values name the affected services; left out: an incident names none.",
    )


class SignedIntake(Intake):
    """Whatever speaks the contract of docs/incidents.md."""

    kind: Literal["http"] = Field(description="Says which form this is.")


AnyIntake = Annotated[PagerDuty | IncidentIo | SignedIntake, Field(discriminator="kind")]


class IncidentRules(Section):
    """What incidents mean here."""

    severities: tuple[Severity, ...] = Field(
        default=DEFAULT_SEVERITIES, min_length=1, max_length=9, description="The gravest first; left out: SEV-1 to SEV-4 (INC-07)."
    )
    blocks: Mapping[Name, SeverityName] = Field(
        default={},
        description="Environment → the mildest severity whose open incidents let no change of the affected services in. What goes back to "
        "an older version that ran there before passes, and so does an emergency by its record. Left out: incidents hold nothing back.",
    )
    channel: SlackChannel | None = Field(default=None, description="Where their cards are posted; left out: `slack.alerts`.")
    postmortem_within: Duration = Field(default=timedelta(days=5), description="How long after its end a postmortem is due (INC-09).")
    intake: Mapping[Name, AnyIntake] = Field(
        default={}, description="Name → a source of incidents, heard at `/webhooks/incidents/<name>` (docs/incidents.md)."
    )

    def number(self, name: str | None) -> int:
        """The number of a severity by its name, in any case, 1 for the gravest and for whatever has no name here."""
        return self._numbers.get((name or "").lower(), 1)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for number, each in enumerate(self.severities, start=1):
            found.setdefault(each.name.lower(), number)
        return found

    def named(self, number: int) -> Severity:
        """The severity with a number; the mildest where the file has fewer by now."""
        return self.severities[min(number, len(self.severities)) - 1]
