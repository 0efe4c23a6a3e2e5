"""What the machinery needs from a source of incidents; `bot/adapters/incident_sources.py` implements it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from commands.core.ports.ci import Forged, Malformed


@dataclass(frozen=True, slots=True)
class Told:
    """What a source says about one incident, in its own words.

    Args:
        known_as: what the source calls it; the same name again is the same incident.
        title: one line.
        severity: its words for how grave it is, the one that counts first; none when it does not say.
        services: its names or ids of what is affected; none when it does not say.
        began: when it began, UTC.
        ended: when it ended, UTC; None while it is open.
        at: when this was so, by the source's clock, UTC; an older word never replaces a newer one.
        commander: e-mail address of who leads it, when it says so.
        link: where it can be seen; "" when it does not say.
    """

    known_as: str
    title: str
    severity: tuple[str, ...]
    services: tuple[str, ...]
    began: datetime
    ended: datetime | None
    at: datetime
    commander: str | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class HeardOf:
    """A delivery whose signature was verified.

    Args:
        delivery: the source's id of it, from what is signed; the same id again is the same delivery.
        told: what it says; empty for a ping, a heartbeat, and what does not matter here.
    """

    delivery: str
    told: tuple[Told, ...]


class IncidentSource(Protocol):
    """A system in which incidents are kept."""

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> HeardOf | Forged | Malformed:
        """What a webhook says.

        Args:
            headers: keys in lower case.
            body: the raw bytes, over which the signature is checked.
            at: now, UTC.
        """
        ...
