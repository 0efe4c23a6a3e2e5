"""What people are told of a freeze, and when: before it begins and ends, and while nobody approved it (FRZ-07, FRZ-09).

Invariant: it tells, and changes nothing; what a freeze does is in `freezing`.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from commands.core import record
from commands.core.cards import note
from commands.core.freeze_card import freeze_lines, zone_of
from commands.core.tell import post_to, reply_to
from commands.core.text import Code, Line, Moment
from guards.authorization import who_may
from guards.calendar_rules import FreezeKind
from guards.facts import Facts
from guards.freeze_record import Freeze
from guards.policy import Policy
from guards.sections import Person
from guards.vocabulary import Action
from storage.database import Tx

LATE = timedelta(minutes=10)
"""A reminder that comes later than this is no news any more; that it began or ended is told whenever it is found."""

CHASED = 4
"""Into so many parts the time is divided for which a freeze counts unapproved; after each but the last somebody is reminded."""


class Step(StrEnum):
    """What a freeze's timer is for, in the order in which they come."""

    SOON = "soon"
    BEGINS = "begins"
    UNAPPROVED = "unapproved"
    LAPSES = "lapses"
    ENDS_SOON = "ends-soon"
    ENDS = "ends"


def steps(freeze: Freeze, policy: Policy) -> tuple[tuple[datetime, Step], ...]:
    """When what is to be told of it, in order; a reminder only where it is one: after its declaration, and while it still lies ahead."""
    before = policy.freeze_kinds.get(freeze.kind, FreezeKind()).remind
    found = [(freeze.start, Step.BEGINS), (freeze.end, Step.ENDS), (freeze.start - before, Step.SOON)]
    if freeze.end - before > freeze.start:
        found.append((freeze.end - before, Step.ENDS_SOON))
    if freeze.begins and freeze.lapses and freeze.approved is None:
        quarter = (freeze.lapses - freeze.begins) / CHASED
        found += [(freeze.begins + n * quarter, Step.UNAPPROVED) for n in range(1, CHASED)]
        found = [*((at, step) for at, step in found if at < freeze.end or step is Step.ENDS), (min(freeze.lapses, freeze.end), Step.LAPSES)]
    return tuple(sorted(found, key=lambda one: (one[0], list(Step).index(one[1]))))


def channels(freeze: Freeze, policy: Policy) -> tuple[str, ...]:
    """The channels of the services that it holds: each has its card (FRZ-09)."""
    named = policy.services if freeze.services is None else [s for s in freeze.services if s in policy.services]
    return tuple(dict.fromkeys(policy.services[s].channel for s in named)) or (policy.slack.alerts,)


def remind(tx: Tx, freeze: Freeze, step: Step, facts: Facts, correlation: str) -> None:
    """Before it begins and ends; and once it should have begun, while nobody approved it."""
    lines: tuple[Line, ...] = ()
    if freeze.in_force is None:
        lines = (("⚠️ Nobody approved it: nothing stands still. ", Code(f"/release freeze approve {freeze.id}")),)
    title = f"⏰ {freeze.id} begins soon"
    if step is Step.BEGINS:
        title = f"⚠️ {freeze.id} should begin now"
    if step is Step.ENDS_SOON:
        title = f"⏰ {freeze.id} ends soon"
        lines += (("To have it last longer: ", Code(f"/release freeze extend {freeze.id} until=… <why>")),)
    post(tx, freeze, title, lines, facts, correlation, step)
    record.write(tx, "freeze:reminded", record.CLOCK, facts, correlation, subject=freeze.id, step=step.value)


def chase(tx: Tx, freeze: Freeze, at: datetime, facts: Facts, correlation: str) -> None:
    """While nobody approved what counts already its approver is told, then whoever may lift it, at last its channels too (FRZ-07)."""
    assert freeze.begins is not None
    assert freeze.lapses is not None
    part = round((at - freeze.begins) / ((freeze.lapses - freeze.begins) / CHASED))
    able = lifters(freeze.environments[0], facts) if part > 1 else ()
    people = {person.id: person for person in (facts.policy.by_id.get(freeze.approver), *able) if person and person.slack}
    lapses: Line = ("It holds without an approval until ", Moment(freeze.lapses, zone_of(freeze, facts.policy)), ": ")
    lines = (*freeze_lines(freeze, facts), (*lapses, Code(f"/release freeze approve {freeze.id}")))
    title = f"⏰ {freeze.id} counts, and nobody approved it"
    for person in people.values():
        reply_to(tx, person.slack[0], note(title, *lines), facts.at, correlation, channel=None, answer_to=None)
    if part == CHASED - 1 or not people:
        post(tx, freeze, title, lines[-1:], facts, correlation, Step.UNAPPROVED)
    record.write(tx, "freeze:reminded", record.CLOCK, facts, correlation, subject=freeze.id, step="unapproved", told=list(people))


def lifters(environment: str, facts: Facts) -> tuple[Person, ...]:
    """Who may approve, extend and lift a freeze of an environment."""
    return who_may(Action.LIFT, None, environment, facts)


def post(tx: Tx, freeze: Freeze, title: str, more: tuple[Line, ...], facts: Facts, correlation: str, step: Step) -> None:
    card = note(title, *freeze_lines(freeze, facts), *more)
    for channel in channels(freeze, facts.policy):
        post_to(tx, channel, card, f"{freeze.id}:{step}:{freeze.end.isoformat()}:{channel}", facts, correlation)


def tell_approver(tx: Tx, freeze: Freeze, facts: Facts, correlation: str) -> None:
    """Whoever answers for a freeze that waits is told so."""
    person = facts.policy.by_id.get(freeze.approver)
    if person and person.slack:
        how = ("Whoever may lift it can approve it: ", Code(f"/release freeze approve {freeze.id}"))
        card = note(f"🕐 {freeze.id} waits for approval", *freeze_lines(freeze, facts), how)
        reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
