"""The part of the policy file about emergencies: how many approve one, how long it counts, what is owed afterwards (EMG, CF-14).

Invariant: never fewer than two people.
"""

from datetime import timedelta

from pydantic import Field

from guards.section import Section
from guards.values import Duration
from guards.vocabulary import Role, Weekday


class AccessRules(Section):
    """Break-glass access: who grants it stands in `allow.grant-access` (EMG-18)."""

    maximum: Duration = Field(default=timedelta(hours=4), description="Longest grant; it ends by itself (EMG-18).")
    close_within: Duration = Field(
        default=timedelta(hours=4),
        description="So long after its end the credentials have to be rotated and the revocation confirmed (EMG-19).",
    )


class EmergencyRules(Section):
    """What an emergency change takes, and what follows from it; who may stands in `allow` (RBAC-07)."""

    count: int = Field(
        default=2,
        ge=2,
        le=10,
        description="Distinct people who approve it, neither its declarer nor an author of the version (EMG-06, CF-14).",
    )
    among: tuple[Role, ...] = Field(
        default=(Role.SERVICE_OWNER, Role.RELEASE_MANAGER, Role.INCIDENT_COMMANDER),
        min_length=1,
        description="One of these must be held by at least one of them (CF-14).",
    )
    open_incident: bool | None = Field(
        default=None,
        description="Whether it takes an incident that is open here; left out: where `allow.incident` says who opens one, or a source is "
        "heard. `false`: any reference does (EMG-14). One that is known here and closed never does.",
    )
    lifetime: Duration = Field(default=timedelta(hours=4), description="So long after it was declared it covers its change (EMG-05).")
    tell: tuple[Role, ...] = Field(
        default=(Role.ON_CALL_LEAD, Role.SECURITY, Role.RELEASE_MANAGER),
        description="Who is told at once, by a message to each and in the alert channel (EMG-15).",
    )
    record_within: Duration = Field(
        default=timedelta(hours=24), description="So long after it went out the formal change record is owed (EMG-09)."
    )
    backfill_within: Duration = Field(
        default=timedelta(hours=24), description="So long after it went out the return to the normal flow is owed (EMG-08)."
    )
    review_days: int = Field(
        default=1, ge=1, le=30, description="By the end of this business day after it went out it is reviewed; 1 is the next one (EMG-10)."
    )
    weekend: tuple[Weekday, ...] = Field(
        default=(Weekday.SAT, Weekday.SUN),
        max_length=6,
        description="Days that are no business days, beside the service's public holidays.",
    )
    access: AccessRules = Field(default=AccessRules(), description="Break-glass access.")
