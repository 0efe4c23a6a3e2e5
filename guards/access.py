"""Break-glass access: a time-boxed grant of production access in an emergency, with its own approver (EMG-18, EMG-19).

Invariant: the bot holds no production credential. It asks CI's allow-listed workflow to open the access, and to close it, once each.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class GrantState(StrEnum):
    """Where a grant stands."""

    REQUESTED = "requested"
    GRANTED = "granted"
    ENDED = "ended"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Grant:
    """Access that somebody asked for, with what became of it.

    Args:
        id: `BGL-2026-1121-001`.
        emergency: id of the emergency in which it is needed.
        requester, requester_name: corporate id of who gets it, and the name as it was then.
        requested: UTC.
        service, environment: the place.
        scope: a name from the service's `access`: which access.
        reason: what it is needed for.
        minutes: how long it is to last, from the moment on in which it is granted.
        state: where it stands.
        approver, approver_name: who granted or refused it; None and "" while nobody did.
        rationale: why, in the approver's words.
        granted: UTC.
        until: when it ends by itself, UTC.
        ended: when it was ended, UTC; no earlier than CI was asked to close it.
        ended_by: corporate id, or `signalbox`.
        opening, closing: what CI said to the two orders, as people read it; "" while it said nothing.
    """

    id: str
    emergency: str
    requester: str
    requester_name: str
    requested: datetime
    service: str
    environment: str
    scope: str
    reason: str
    minutes: int
    state: GrantState = GrantState.REQUESTED
    approver: str | None = None
    approver_name: str = ""
    rationale: str = ""
    granted: datetime | None = None
    until: datetime | None = None
    ended: datetime | None = None
    ended_by: str | None = None
    opening: str = ""
    closing: str = ""

    @property
    def what(self) -> str:
        """`database of api in production`."""
        return f"{self.scope} of {self.service} in {self.environment}"
