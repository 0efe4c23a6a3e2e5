"""What becomes of an obligation: it is recorded, its owner is reminded, others too when it is overdue, and it is done (EMG-20, TRN-18).

Invariant: of one obligation one timer is set, and one for each who is left alone for the night, so that nobody is told twice for one cause;
who is told is judged when it is told.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2s

from commands.core import bodies, record
from commands.core.emergency import redraw
from commands.core.record import Actor
from commands.core.tell import alert, incident_log_of, reply_to
from commands.core.text import Button, Card, Code, Line, Moment, Part
from guards.facts import Facts
from guards.obligation import SEEN_BY_THE_BOT, Obligation, Owed, reminder
from guards.obligations import addressees
from guards.quiet import quiet_until
from guards.sections import Person
from storage import emergencies, incidents, obligations, timers
from storage.database import Tx

REMIND = "remind"
"""Kind of its timer."""


def owe(tx: Tx, one: Obligation, actor: Actor, facts: Facts, correlation: str) -> None:
    """Record that somebody owes something from now on.

    Args:
        tx: of what it follows from.
        one: with an id of its own.
        actor: who stands in the ledger for it.
        facts: give the moment and the policy.
    """
    obligations.add(tx, one)
    record.write(tx, "obligation:owed", actor, facts, correlation, subject=one.id, service=one.service, **bodies.obligation_body(one))
    _set_timer(tx, one, 0, facts)
    _shown(tx, one, facts, correlation)


def discharge(tx: Tx, one: Obligation, evidence: str, actor: Actor, facts: Facts, correlation: str) -> Obligation:
    """Record that it is done.

    Args:
        evidence: what shows it.
        actor: who says so, or `record.CLOCK` for what the bot saw.

    Raises:
        LostRace: it is done already.
    """
    done = obligations.discharge(tx, one.id, facts.at, actor.id, evidence)
    timers.cancel(tx, _key(one))
    record.write(tx, "obligation:done", actor, facts, correlation, subject=one.id, service=one.service, **bodies.obligation_body(done))
    _shown(tx, one, facts, correlation)
    for incident in incidents.of_record(tx, one.id):
        incident_log_of(tx, incident, f"{one.id} is done by {actor.name}: {evidence}", facts, correlation)
    return done


def hand_on(tx: Tx, one: Obligation, to: str, name: str, actor: Actor, facts: Facts, correlation: str) -> Obligation:
    """Have somebody else owe it, and tell them.

    Raises:
        LostRace: it is done already.
    """
    now = obligations.hand_on(tx, one.id, to, name)
    record.write(
        tx, "obligation:handed-on", actor, facts, correlation, subject=one.id, service=one.service, was=one.owner,
        **bodies.obligation_body(now),
    )  # fmt: skip
    tell_owner(tx, now, facts, correlation)
    _shown(tx, one, facts, correlation)
    return now


def tell_owner(tx: Tx, one: Obligation, facts: Facts, correlation: str) -> None:
    """Tell whoever owes it that it is theirs."""
    owner = facts.policy.by_id.get(one.owner)
    if owner and owner.slack:
        reply_to(tx, owner.slack[0], _card(one, "📌 This is yours", facts), facts.at, correlation, channel=None, answer_to=None)


def to_tell(tx: Tx, id: str, step: int, facts: Facts) -> tuple[Person, ...]:  # noqa: A002
    """Whoever is to hear of it by now, as far as Slack knows them; nobody once it is done."""
    one = obligations.get(tx, id)
    return () if one is None or one.done is not None else _people(one, _step(one, step, facts), facts)


def _step(one: Obligation, step: int, facts: Facts) -> int:
    """The newest reminder that is due: where the bot was down people are told once, and so many of them as should know by now."""
    while reminder(one, step + 1, facts.policy.obligations) <= facts.at:
        step += 1
    return step


def _people(one: Obligation, step: int, facts: Facts) -> tuple[Person, ...]:
    return tuple(person for person in addressees(one, step, facts) if person.slack)


def reminded(
    tx: Tx, id: str, step: int, zones: Mapping[str, str], only: str | None, facts: Facts, correlation: str  # noqa: A002
) -> None:  # fmt: skip
    """Remind whoever is to hear of it by now, and set the next reminder; where nobody can be told, the alert channel is.

    Args:
        id: the obligation's.
        step: which reminder it is.
        zones: corporate id → IANA zone, of whoever is to be told.
        only: the one person that it is for, who was left alone for the night; None for everybody.
    """
    one = obligations.lock(tx, id)
    if one is None or one.done is not None:
        return
    now = _step(one, step, facts)
    if only and now != step:
        return  # a later reminder reaches them too
    step = now
    people = [person for person in _people(one, step, facts) if only in {None, person.id}]
    asleep = {person.id: until for person in people if (until := _quiet(one, zones.get(person.id, facts.policy.zone), facts))}
    for person_id, until in asleep.items():
        timers.set(tx, timers.Timer(_key(one, person_id), REMIND, until, {"obligation": one.id, "step": step, "person": person_id}))
    people = [person for person in people if person.id not in asleep]
    title = "⏰ Overdue" if one.overdue(facts.at) else "⏰ Soon due"
    for person in people:
        card = _card(one, title if person.id == one.owner else f"{title}: {one.owner_name} owes it", facts)
        reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
    if not people and not asleep and only is None:
        alert(tx, facts, _card(one, f"{title}, and nobody can be told", facts), correlation)
    record.write(
        tx, "obligation:reminded", record.CLOCK, facts, correlation, subject=one.id, service=one.service, step=step,
        told=[person.id for person in people], asleep=sorted(asleep), overdue=one.overdue(facts.at),
    )  # fmt: skip
    if only is None:
        _set_timer(tx, one, step + 1, facts)
    _shown(tx, one, facts, correlation)  # overdue, it is marked there


def _shown(tx: Tx, one: Obligation, facts: Facts, correlation: str) -> None:
    """The card of the emergency shows it, its own and what its incident owes (EMG-17, EMG-21)."""
    if one.about.startswith("EMG-"):
        redraw.card_of(tx, one.about, one.service, facts, correlation)
    for bound in incidents.bound_to(tx, one.about):
        if bound.record.startswith("EMG-") and (urgent := emergencies.get(tx, bound.record)):
            redraw.card_of(tx, urgent.id, urgent.service, facts, correlation)


def line_of(one: Obligation, facts: Facts) -> Line:
    """One obligation for a list or a card: whether it is done, what it is, who owes it until when."""
    zone = facts.policy.zone_of(one.service)
    if one.done:
        return ("✅ ", Code(one.id), f" {one.text} ({one.owner_name}, ", Moment(one.done, zone), f"): {one.evidence}")
    mark = "🔴 overdue " if one.overdue(facts.at) else "⬜ "
    return (mark, Code(one.id), f" {one.text} ({one.owner_name}, until ", Moment(one.due, zone), ")")


def done_button(one: Obligation) -> Button | None:
    """The button that asks what shows that it is done; None for what the bot sees for itself."""
    if one.kind is Owed.RETROSPECTIVE:
        return Button("Look back", "train retro", {"run": one.about}, style="primary")
    if one.kind is Owed.VERIFICATION:
        return Button("Verify", "verify", {"change": one.about}, style="primary")
    return None if one.kind in SEEN_BY_THE_BOT else Button("It is done", "follow-up done", {"obligation": one.id}, style="primary")


def _card(one: Obligation, title: str, facts: Facts) -> Card:
    about: Line = ("It belongs to ", Code(one.about), f" ({one.kind}).")
    button = done_button(one)
    return Card(title, parts=(Part((line_of(one, facts), about)),), buttons=(button,) if button else ())


def _set_timer(tx: Tx, one: Obligation, step: int, facts: Facts) -> None:
    due = reminder(one, step, facts.policy.obligations)
    timers.set(tx, timers.Timer(_key(one), REMIND, due, {"obligation": one.id, "step": step}))


def _quiet(one: Obligation, zone: str, facts: Facts) -> datetime | None:
    """When somebody's quiet hours end, in which it would reach them now; what an emergency left behind comes at any time (TRN-23)."""
    return None if one.about.startswith("EMG-") else quiet_until(facts.at, zone, facts.policy.trains.quiet)


def _key(one: Obligation, person: str = "") -> str:
    who = f":{blake2s(person.encode(), digest_size=6).hexdigest()}" if person else ""
    return f"{REMIND}:{one.id}{who}"
