"""What the App Home shows of emergencies: those that wait for somebody, access to grant, and everybody's open ones with what is overdue."""

from collections.abc import Iterator
from dataclasses import replace

from commands.core.emergency.card import emergency_lines
from commands.core.text import Button, Code, Line
from guards.access import GrantState
from guards.accesses import grants_to_others
from guards.authorization import authorized
from guards.decision import Allow, Refuse
from guards.emergencies import apart
from guards.emergency import EmergencyState
from guards.facts import Facts, Request
from guards.obligation import Obligation
from guards.sections import Person
from guards.vocabulary import Action
from storage import accesses, emergencies, obligations
from storage.database import Tx

Waiting = tuple[Line, tuple[Button, ...]]
"""Something that waits for a person, and the buttons that do it."""

_MOST = 5


def to_approve(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """Emergencies that wait for approval, that this person may approve and has not; authors are told apart when they press."""
    for record in emergencies.still_open(tx):
        asks = Request(Action.APPROVE_EMERGENCY, person, record.service, record.environment, record.version)
        here = replace(facts, emergency=record)
        if record.state is not EmergencyState.DECLARED or record.over(facts.at) or not isinstance(authorized(asks, here), Allow):
            continue
        if not isinstance(apart(asks, here), Refuse):
            button = Button(f"Approve {record.id}", "emergency approve", {"emergency": record.id}, "primary")
            yield emergency_lines(record, facts)[0], (button,)


def to_grant(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """Break-glass access that waits, that this person may grant."""
    for grant in accesses.still_open(tx):
        asks, here = Request(Action.GRANT_ACCESS, person, grant.service, grant.environment), replace(facts, grant=grant)
        if grant.state is not GrantState.REQUESTED or not isinstance(authorized(asks, here), Allow):
            continue
        if isinstance(grants_to_others(asks, here), Allow):
            line: Line = ("🔐 ", Code(grant.id), f" {grant.what} for {grant.requester_name}: {grant.reason}")
            yield line, (Button(f"Grant {grant.id}", "break-glass grant", {"grant": grant.id}, "primary"),)


def open_lines(tx: Tx, facts: Facts) -> Iterator[Line]:
    """Those that are not closed yet, the newest first, with what is owed and overdue of each (EMG-21)."""
    found = emergencies.still_open(tx)
    for record in found[:_MOST]:
        yield emergency_lines(record, facts)[0]
        yield from owing_lines(obligations.about(tx, record.id), facts)
    if len(found) > _MOST:
        yield (f"and {len(found) - _MOST} older ones",)


def owing_lines(owing: tuple[Obligation, ...], facts: Facts) -> Iterator[Line]:
    """How much of it is open, how much overdue; nothing when all is done."""
    left = [one for one in owing if one.done is None]
    late = sum(one.overdue(facts.at) for one in left)
    if left:
        yield (f"    {len(left)} open" + (f", 🔴 {late} overdue" if late else ""),)
