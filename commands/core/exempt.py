"""What becomes of an exception: it is used by a change, reviewed, ended; and who is told.

Invariant: when an exception ends, every undecided change in its scope is judged again, so that none goes out by it (EXC-05).
"""

from datetime import datetime, timedelta

from commands.core import bodies, record
from commands.core.exempt_card import holds_on, review_card
from commands.core.tell import alert, card_of, exception_card_of, reply_to
from guards.change import Change
from guards.exemption import Exemption, ExemptionState
from guards.facts import Facts
from guards.roles import own_roles
from guards.sections import Person
from guards.vocabulary import Role
from storage import changes, exceptions, timers
from storage.database import Tx

REVIEW, EXPIRE = "review-exception", "expire-exception"
"""Kinds of its timers."""

_OPEN = frozenset({ExemptionState.REQUESTED, ExemptionState.APPROVED})

_REVIEW = timedelta(days=3)
"""So long before its end an exception is reviewed when nobody said when; a short one at half of its time."""


def review_before(at: datetime, until: datetime) -> datetime:
    """When an exception that counts from `at` until then is reviewed, unless somebody says when; all UTC."""
    return until - min(_REVIEW, max(until - at, timedelta(0)) / 2)


def roles_of(person: Person, exemption: Exemption, facts: Facts) -> frozenset[Role]:
    """The roles in which somebody decides about it: those held in its whole scope, in one's own right."""
    places = ((service, environment) for service in exemption.services for environment in exemption.environments)
    return frozenset.intersection(*(own_roles(person, *place, facts)[0] for place in places))


def set_timers(tx: Tx, exemption: Exemption) -> None:
    """Have its owner reminded, and its end recorded."""
    for kind, due in ((REVIEW, exemption.review), (EXPIRE, exemption.until)):
        timers.set(tx, timers.Timer(f"{kind}:{exemption.id}", kind, due, {"exception": exemption.id}))


def used(tx: Tx, id: str, change: Change, facts: Facts, correlation: str) -> None:  # noqa: A002
    """A change goes out by it: recorded once for each change, in the transaction of its dispatch (EXC-07).

    Raises:
        LostRace: it does not count any more, or another change used it up; the change is judged again.
    """
    if not exceptions.use(tx, id, change.id, facts.at):
        return  # by an earlier attempt of the same change
    content = change.content
    record.write(
        tx, "exception:used", record.CLOCK, facts, correlation, subject=id, service=content.service, environment=content.environment,
        change=change.id, version=content.version, digest=content.digest,
    )  # fmt: skip
    exemption = exceptions.get(tx, id)
    assert exemption is not None
    exception_card_of(tx, exemption, facts, correlation)
    if exemption.once:
        judge_again(tx, exemption, facts, correlation, but=change.id)


def judge_again(tx: Tx, exemption: Exemption, facts: Facts, correlation: str, but: str | None = None) -> None:
    """Undecided changes in its scope show what is true now, and stop when they went by it.

    Args:
        exemption: whose scope.
        but: id of a change to leave alone.
    """
    for change in changes.undecided(tx, None, limit=200):
        if change.id != but and exemption.reaches(change.content.service, change.content.environment):
            card_of(tx, change, facts, correlation)
            timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))


def reviewed(tx: Tx, id: str, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Remind the owner that its end comes near; where nobody can be told, the alert channel is (EXC-05)."""
    exemption = exceptions.lock(tx, id)
    if exemption is None or exemption.state not in _OPEN or facts.at >= exemption.until:
        return
    card = review_card(exemption, facts)
    owner = facts.policy.by_id.get(exemption.owner)
    if owner and owner.slack:
        reply_to(tx, owner.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
    if holds_on(exemption) or not (owner and owner.slack):  # an owner never reconsiders their own
        alert(tx, facts, card, correlation)
    record.write(tx, "exception:reminded", record.CLOCK, facts, correlation, subject=exemption.id, owner=exemption.owner)


def expired(tx: Tx, id: str, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Record its end; it counted no more from that very moment on, whether or not this ran."""
    exemption = exceptions.lock(tx, id)
    if exemption is None or exemption.state not in _OPEN or facts.at < exemption.until:
        return
    exemption = exceptions.move(tx, exemption, ExemptionState.EXPIRED)
    record.write(tx, "exception:expired", record.CLOCK, facts, correlation, subject=exemption.id, **bodies.exception_body(exemption))
    exception_card_of(tx, exemption, facts, correlation)
    judge_again(tx, exemption, facts, correlation)
