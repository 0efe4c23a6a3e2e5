"""What the App Home says of incidents: whoever leads one, or may act, sees it as something that waits; all see that it is open (INC-03)."""

from collections.abc import Iterator

from commands.core.incident_card import incident_line
from commands.core.text import Button, Line
from guards.authorization import authorized
from guards.decision import Allow
from guards.facts import Facts, Request
from guards.incident import Incident
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action
from storage.database import Tx

_MOST = 8


def led(tx: Tx, person: Person, facts: Facts) -> Iterator[tuple[Line, tuple[Button, ...]]]:
    """The open incidents that this person leads, and those that nobody leads and they may act on."""
    for one in () if isinstance(facts.incidents, Unread) else facts.incidents:
        if one.commander == person.id or (one.commander is None and _may(person, one, facts)):
            known = {"incident": one.reference}
            ran = Button(f"What ran: {one.reference}", "incident context", known)
            yield incident_line(one, facts.policy), (ran, Button(f"Close {one.reference}", "incident close", known))


def _may(person: Person, one: Incident, facts: Facts) -> bool:
    return isinstance(authorized(Request(Action.INCIDENT, person, incident=one), facts), Allow)


def open_lines(facts: Facts) -> tuple[Line, ...]:
    """What is open, for everybody; nothing while nothing is."""
    if isinstance(facts.incidents, Unread):
        return (("⚠️ could not be read",),)
    more: list[Line] = [(f"and {len(facts.incidents) - _MOST} more",)] if len(facts.incidents) > _MOST else []
    return (*(incident_line(one, facts.policy) for one in facts.incidents[:_MOST]), *more)
