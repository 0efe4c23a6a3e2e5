"""When windows open and close, cards of changes that wait there are drawn anew, and channels hear of it where the policy asks (WIN-18).

Invariant: one timer looks for the next edge of any window; what is told too late is left out, so that nobody reads yesterday's news. A card
never goes on saying that its window is closed, or open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.core import record
from commands.core.cards import note
from commands.core.change_card import STATES
from commands.core.tell import card_of, post_to
from commands.core.text import Code, Line, Moment
from guards.change import Change
from guards.facts import Facts, Request
from guards.freezing import holds
from guards.opening import Opening, openings, rules_of
from guards.policy import Policy
from guards.unread import Unread
from guards.vocabulary import Action, Announce
from storage import changes, timers
from storage.database import Tx

KIND = "windows"
LATE = timedelta(minutes=10)
"""After this the opening or closing of a window is no news any more: the bot was down, or its clock jumped."""

_AHEAD = timedelta(days=7)
"""How far ahead the next edge is looked for; where there is none, it is looked for again then."""

_NAMED = 10
"""Changes that are named in one message."""

_DRAWN = 200
"""Changes of a service whose cards are drawn anew at once."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A window that opens or closes for a service.

    Args:
        opening: of the window.
        opens: whether it is its start; else its end.
        service, environment: where.
    """

    opening: Opening
    opens: bool
    service: str
    environment: str

    @property
    def at(self) -> datetime:
        """UTC."""
        return self.opening.start if self.opens else self.opening.end


def begin(tx: Tx, policy: Policy, at: datetime) -> None:
    """Look for the next edge from a moment on; where there is no window, for none."""
    if policy.windows:
        timers.set(tx, timers.Timer(KIND, KIND, at, {"since": at.isoformat()}))
    else:
        timers.cancel(tx, KIND)


def announce(tx: Tx, since: datetime, facts: Facts, correlation: str) -> None:
    """Draw and tell what opened and closed since a moment, and set the timer for what comes next.

    Args:
        tx: open.
        since: when it was looked last, UTC.
        facts: windows, holidays and freezes, now.
        correlation: of the timer's delivery.
    """
    known = list(_edges(facts, max(since, facts.at - _AHEAD), facts.at + _AHEAD))
    come, told = [edge for edge in known if edge.at <= facts.at], dict[tuple[str, Opening, bool, str], list[Edge]]()
    for edge in come:
        if edge.at > facts.at - LATE and facts.policy.windows[edge.opening.window].announce is not Announce.NEVER:
            channel = facts.policy.services[edge.service].channel
            told.setdefault((channel, edge.opening, edge.opens, edge.environment), []).append(edge)
    for service, environment in dict.fromkeys((edge.service, edge.environment) for edge in come):
        for change in changes.undecided(tx, service, limit=_DRAWN):
            if change.content.environment == environment:
                card_of(tx, change, facts, correlation)
    for (channel, *_), edges in told.items():
        _tell(tx, channel, edges, facts, correlation)
    due = min((edge.at for edge in known if edge.at > facts.at), default=facts.at + _AHEAD)
    timers.set(tx, timers.Timer(KIND, KIND, due, {"since": facts.at.isoformat()}))


def _edges(facts: Facts, begin: datetime, end: datetime) -> Iterator[Edge]:
    """What opens or closes after a moment, up to another; a place whose calendar cannot be read tells nothing."""
    policy = facts.policy
    for service in policy.services:
        for environment in policy.chain(service):
            rules = rules_of(service, environment, facts)
            for opening in () if isinstance(rules, Unread) else openings(rules, begin, end):
                edges = (Edge(opening, opens, service, environment) for opens in (True, False))
                yield from (edge for edge in edges if edge.at > begin)


def _tell(tx: Tx, channel: str, edges: list[Edge], facts: Facts, correlation: str) -> None:
    first, services = edges[0], [edge.service for edge in edges]
    name, place = first.opening.window, f"{', '.join(services)} in {first.environment}"
    window = facts.policy.windows[name]
    waiting = [
        change
        for service in services
        for change in changes.undecided(tx, service, limit=_NAMED)
        if change.content.environment == first.environment
    ]
    if window.announce is Announce.WAITING and not waiting:
        return
    zone = first.opening.zone
    lines: list[Line] = [(f"{place}, until ", Moment(first.opening.end, zone))] if first.opens else [(f"{place}",)]
    if first.opens and window.support:
        lines.append((f"Support: {window.support}",))
    lines += [*_frozen(services, first, facts)] if first.opens else []
    lines += [_line(change) for change in waiting[:_NAMED]]
    title = f"🪟 Window {name} is {'open' if first.opens else 'closed'}"
    post_to(tx, channel, note(title, *lines), f"window:{name}:{first.at.isoformat()}:{first.opens}:{channel}", facts, correlation)
    record.write(
        tx, "window:opened" if first.opens else "window:closed", record.CLOCK, facts, correlation, subject=name,
        environment=first.environment, services=services, at=first.at.isoformat(), waiting=[change.id for change in waiting],
    )  # fmt: skip


def _frozen(services: Iterable[str], edge: Edge, facts: Facts) -> Iterator[Line]:
    """Freezes that hold although the window is open."""
    requests = [Request(Action.PROMOTE, Unread("who asks"), service, edge.environment) for service in services]
    for freeze in () if isinstance(facts.freezes, Unread) else facts.freezes:
        if freeze.active(facts.at) and any(holds(freeze, request) for request in requests):
            yield ("🧊 ", Code(freeze.id), " holds it until ", Moment(freeze.until, edge.opening.zone))


def _line(change: Change) -> Line:
    emoji, words = STATES[change.state]
    return (f"{emoji} ", Code(change.id), f" {change.content.service} {change.content.version}: {words}")
