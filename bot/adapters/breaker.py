"""Leaves a neighbour alone that does not answer, and lets one call through now and then to see whether it is back (OPS-08, OPS-11).

Invariant: after `failures` calls in a row without an answer one call is let through for each rest; the first answer ends that. Nothing here
raises, waits or sends, and nothing is decided here: what was not asked is unread, or was not sent.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.adapters.clock import MachineClock
from bot.metrics import NEIGHBOUR_FAILURES, NEIGHBOUR_OPEN
from commands.core.ports.clock import Clock

_Origin = tuple[str, str, int | None]

OTHER = "other"
"""What metrics call a neighbour that neither policy nor settings name, like the token service of a registry."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When a neighbour is left alone.

    Args:
        failures: calls in a row without an answer.
        rest: seconds until the first call is let through; each later rest is twice as long, all with up to a quarter more by chance.
        longest: seconds; no rest is longer, the quarter apart.
    """

    failures: int = 5
    rest: float = 5.0
    longest: float = 30.0


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Held:
    """A call that is not to be made now.

    Args:
        why: a clause that names the neighbour, since when it has not answered, and how the last call to it ended.
        wait: seconds until one call is let through again.
    """

    why: str
    wait: float


class Breaker:
    """What is known of one neighbour's answering, in this process.

    Args:
        name: of the neighbour, for people.
        label: of the neighbour, for metrics.
        clock: the present.
        patience: see `Patience`.
        chance: a number of [0, 1), so that several bots do not all ask at the same time.
    """

    def __init__(
        self, name: str, clock: Clock, *, label: str = OTHER, patience: Patience = PATIENCE, chance: Callable[[], float] = random.random
    ) -> None:
        self.name = name
        self._clock, self._label, self._patience, self._chance = clock, label, patience, chance
        self._failures, self._rests = 0, 0
        self._why = ""
        self._since = self._again = clock.now()

    @property
    def open(self) -> bool:
        """Whether the neighbour is left alone."""
        return self._failures >= self._patience.failures

    @property
    def due(self) -> bool:
        """Whether the next call is let through."""
        now = self._clock.now()
        # a clock that was set back must not keep a neighbour away for ever
        return not self.open or now >= self._again or self._again - now > timedelta(seconds=2 * self._patience.longest)

    @property
    def lost(self) -> str | None:
        """Since when the neighbour has not answered, and why; None while it is not left alone. A clause that names it."""
        return f"{self.name} has not answered since {self._since:%Y-%m-%d %H:%M:%S} UTC: {self._why}" if self.open else None

    def held(self) -> Held | None:
        """Ask before each call: None lets it through, and of an open neighbour only this one until the next rest is over."""
        if (why := self.lost) is None:
            return None
        if self.due:
            self._rest()
            return None
        return Held(why, (self._again - self._clock.now()).total_seconds())

    def answered(self) -> None:
        """The neighbour answered, whatever it said."""
        if self._failures:
            self._failures, self._rests = 0, 0
            NEIGHBOUR_OPEN.labels(self._label).set(0)

    def failed(self, why: str) -> None:
        """A call came to no answer, or to one that says that the neighbour does not work.

        Args:
            why: a clause whose subject is "it", without secrets.
        """
        NEIGHBOUR_FAILURES.labels(self._label).inc()
        self._why = why
        if self._failures == 0:
            self._since = self._clock.now()
        self._failures += 1
        # calls that were under way when it opened fail too: only its opening, and what is let through later, begins a rest
        if self._failures == self._patience.failures:
            NEIGHBOUR_OPEN.labels(self._label).set(1)
            self._rest()

    def _rest(self) -> None:
        rest = min(self._patience.rest * 2**self._rests, self._patience.longest)
        self._rests += 1
        self._again = self._clock.now() + timedelta(seconds=rest * (1 + self._chance() / 4))


class Breakers:
    """The breakers of all neighbours that are called over HTTP, by where they are: who shares an address shares a breaker.

    Args:
        clock: the present.
        patience: see `Patience`.
        names: what policy and settings call a neighbour → an address of it.
    """

    def __init__(
        self, clock: Clock | None = None, *, patience: Patience = PATIENCE, names: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._clock, self._patience = clock or MachineClock(), patience
        self._known: dict[_Origin, Breaker] = {}
        self.names = dict(names)

    def of(self, url: str) -> Breaker:
        """The breaker of whoever answers at an address; one that nobody named is called by its host.

        Args:
            url: absolute; what is no address has a breaker of its own, that nothing is ever told.
        """
        origin = _origin(url)
        if origin not in self._known:
            names = [name for name, address in self.names.items() if _origin(address) == origin]
            name = " and ".join(names) or origin[1]
            self._known[origin] = Breaker(name, self._clock, label=names[0] if names else OTHER, patience=self._patience)
        return self._known[origin]


def _origin(url: str) -> _Origin:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
