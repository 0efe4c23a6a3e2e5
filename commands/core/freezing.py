"""What becomes of a freeze: it is announced, reminded of, begins, ends; and what that does to changes (FRZ-03, FRZ-09, FRZ-11).

Invariant: of one freeze one timer is set. Whether it holds is told by the clock alone, whether or not that timer ran.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from commands.core import mirror, record
from commands.core.cards import note
from commands.core.freeze_card import FATES, freeze_card, freeze_lines, zone_of
from commands.core.record import Actor
from commands.core.stop import stop_later
from commands.core.tell import card_of, exception_card_of, log_of, post_to, reply_to
from commands.core.text import Card, Code, Line, Moment
from guards.authorization import who_may
from guards.calendar_rules import FreezeKind
from guards.change import Change
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.freezing import holds
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action, Blocked, Fate
from storage import changes, exceptions, freezes, outbox, timers
from storage.database import Tx

KIND = "freeze"
"""Of its timer, and of the message that draws its card."""

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


def subject_of(freeze: str, channel: str) -> str:
    """By which its card in a channel is found again."""
    return f"{freeze}@{channel}"


def declared(tx: Tx, freeze: Freeze, actor: Actor, facts: Facts, correlation: str) -> None:
    """Keep a new freeze, show it, and have what it is about judged again.

    Args:
        freeze: with an id of its own.
        actor: who stands in the ledger for it.
    """
    freezes.add(tx, freeze)
    service = freeze.services[0] if freeze.services and len(freeze.services) == 1 else None
    environment = freeze.environments[0] if len(freeze.environments) == 1 else None
    record.write(
        tx, "freeze:declared", actor, facts, correlation, subject=freeze.id, service=service, environment=environment,
        **record.freeze_body(freeze),
    )  # fmt: skip
    set_timer(tx, freeze, facts.at, facts)
    if freeze.active(facts.at):
        _begun(tx, freeze, facts, correlation)
    changed(tx, freeze, facts, correlation)


def changed(tx: Tx, freeze: Freeze, facts: Facts, correlation: str) -> None:
    """Draw its cards anew, and those of undecided changes in its scope; what waited for it, or goes now, is judged again."""
    for channel in channels(freeze, facts.policy):
        body = {"freeze": freeze.id, "channel": channel}
        key = f"{KIND}:{subject_of(freeze.id, channel)}"
        outbox.add(tx, outbox.Message(KIND, body, key=key, lane=channel, correlation=correlation), facts.at)
    if Blocked.MERGES in freeze.blocks:
        for service in facts.policy.services if freeze.services is None else freeze.services:
            mirror.due(tx, service, facts, correlation)
        for exemption in exceptions.current(tx, facts.at):
            exception_card_of(tx, exemption, facts, correlation)  # whether main can be released hangs on it (FRZ-14)
    for change in changes.undecided(tx, None, limit=200):
        if freeze.reaches(change.content.service, change.content.environment):
            card_of(tx, change, facts, correlation)
            timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))


def approved(tx: Tx, freeze: Freeze, actor: Actor, facts: Facts, correlation: str) -> None:
    """Record that somebody approved it; `freeze` is as it is now."""
    record.write(
        tx, "freeze:approved", actor, facts, correlation, subject=freeze.id, by=freeze.approved_by, **record.freeze_body(freeze)
    )  # fmt: skip
    if freeze.active(facts.at) and (freeze.in_force == facts.at or (freeze.lapses and freeze.lapses <= facts.at)):
        _begun(tx, freeze, facts, correlation)
    set_timer(tx, freeze, facts.at, facts)  # nobody is reminded of its approval any more
    changed(tx, freeze, facts, correlation)


def extended(tx: Tx, freeze: Freeze, was: Freeze, reason: str, actor: Actor, facts: Facts, correlation: str) -> None:
    """Record that it lasts longer; `freeze` is as it is now."""
    body = record.freeze_body(freeze) | {"was": was.end.isoformat(), "reason": reason}
    record.write(tx, "freeze:extended", actor, facts, correlation, subject=freeze.id, **body)
    set_timer(tx, freeze, facts.at, facts)
    changed(tx, freeze, facts, correlation)


def lifted(tx: Tx, freeze: Freeze, reason: str, actor: Actor, facts: Facts, correlation: str) -> None:
    """Record that it ended early, and how its exit criteria are met; `freeze` is as it is now."""
    body = record.freeze_body(freeze) | {"reason": reason}
    record.write(tx, "freeze:lifted", actor, facts, correlation, subject=freeze.id, **body)
    set_timer(tx, freeze, facts.at, facts)
    changed(tx, freeze, facts, correlation)


def set_timer(tx: Tx, freeze: Freeze, since: datetime, facts: Facts) -> None:
    """Have the next thing told that comes after a moment; nothing once it is over."""
    due = next((at for at, _ in steps(freeze, facts.policy) if at > since), None)
    if due is None or freeze.lifted:
        timers.cancel(tx, f"{KIND}:{freeze.id}")
    else:
        payload = {"freeze": freeze.id, "since": since.isoformat()}
        timers.set(tx, timers.Timer(f"{KIND}:{freeze.id}", KIND, due, payload))


def fired(tx: Tx, id: str, since: datetime, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Tell what came since a moment: that it begins or ends, and reminders that are not late.

    Args:
        id: the freeze's.
        since: when it was looked last, UTC.
        facts: give the moment and the policy.
    """
    freeze = freezes.get(tx, id)
    if freeze is None or freeze.lifted:
        return
    for at, step in steps(freeze, facts.policy):
        if since < at <= facts.at:
            _told(tx, freeze, step, at, facts, correlation)
    set_timer(tx, freeze, facts.at, facts)


def _told(tx: Tx, freeze: Freeze, step: Step, at: datetime, facts: Facts, correlation: str) -> None:
    match step:
        case Step.BEGINS if freeze.in_force is not None:
            record.write(tx, "freeze:began", record.CLOCK, facts, correlation, subject=freeze.id, at=at.isoformat())
            _post(tx, freeze, f"🧊 {freeze.id} begins", (), facts, correlation, step)
            if facts.at < freeze.end:
                _begun(tx, freeze, facts, correlation)
            changed(tx, freeze, facts, correlation)
        case Step.UNAPPROVED if facts.at - at <= LATE:
            _chase(tx, freeze, at, facts, correlation)
        case Step.LAPSES if freeze.until < freeze.end:
            record.write(tx, "freeze:lapsed", record.CLOCK, facts, correlation, subject=freeze.id, at=at.isoformat())
            how: Line = ("Nobody approved it in time, so nothing stands still: ", Code(f"/release freeze approve {freeze.id}"))
            _post(tx, freeze, f"⚠️ {freeze.id} lapsed", (how,), facts, correlation, step)
            changed(tx, freeze, facts, correlation)
        case Step.ENDS if freeze.lapsed(at):
            changed(tx, freeze, facts, correlation)  # what it held went on when it lapsed
        case Step.ENDS:
            tag = "freeze:ended" if freeze.in_force else "freeze:lapsed"
            record.write(tx, tag, record.CLOCK, facts, correlation, subject=freeze.id, at=at.isoformat())
            judged, waited = "Changes that waited for it are judged again now.", "Nobody approved it: nothing stood still."
            last: Line = (judged if freeze.in_force else waited,)
            _post(tx, freeze, f"🌤️ {freeze.id} is over", (last,), facts, correlation, step)
            changed(tx, freeze, facts, correlation)
        case Step.SOON | Step.BEGINS | Step.ENDS_SOON if facts.at - at <= LATE:
            _remind(tx, freeze, step, facts, correlation)


def _remind(tx: Tx, freeze: Freeze, step: Step, facts: Facts, correlation: str) -> None:
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
    _post(tx, freeze, title, lines, facts, correlation, step)
    record.write(tx, "freeze:reminded", record.CLOCK, facts, correlation, subject=freeze.id, step=step.value)


def _chase(tx: Tx, freeze: Freeze, at: datetime, facts: Facts, correlation: str) -> None:
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
        _post(tx, freeze, title, lines[-1:], facts, correlation, Step.UNAPPROVED)
    record.write(tx, "freeze:reminded", record.CLOCK, facts, correlation, subject=freeze.id, step="unapproved", told=list(people))


def lifters(environment: str, facts: Facts) -> tuple[Person, ...]:
    """Who may approve, extend and lift a freeze of an environment."""
    return who_may(Action.LIFT, None, environment, facts)


def _post(tx: Tx, freeze: Freeze, title: str, more: tuple[Line, ...], facts: Facts, correlation: str, step: Step) -> None:
    card = note(title, *freeze_lines(freeze, facts), *more)
    for channel in channels(freeze, facts.policy):
        post_to(tx, channel, card, f"{freeze.id}:{step}:{freeze.end.isoformat()}:{channel}", facts, correlation)


def began_since(tx: Tx, change_id: str, since: datetime, at: datetime) -> bool:
    """Whether a freeze that holds the change counts now, and began at a moment or after it; both UTC."""
    change = changes.get(tx, change_id)
    if change is None:
        return False
    asked = _as_asked(change)
    risk = change.assessed.level if change.assessed else None
    return any(holds(f, asked, risk) and f.active(at) and f.begins is not None and f.begins >= since for f in freezes.current(tx, at))


def working(tx: Tx, freeze: Freeze) -> tuple[Change, ...]:
    """The changes that CI is at, and that it would hold if they were asked for now."""
    return tuple(c for c in changes.claimed(tx) if holds(freeze, _as_asked(c), c.assessed.level if c.assessed else None))


def _as_asked(change: Change) -> Request:
    """What a freeze looks at in a change that is with CI: the migration as it was weighed then, not as its requester put it."""
    content, nobody = change.content, Unread("who asks")
    return Request(
        Action.PROMOTE, nobody, content.service, content.environment, change_type=content.change_type, migration=change.migrates
    )  # fmt: skip


def _begun(tx: Tx, freeze: Freeze, facts: Facts, correlation: str) -> None:
    """It counts from now on: what is on its way meets the fate that was chosen, in the ledger and in the thread of its card."""
    for change in working(tx, freeze):
        record.write(
            tx, "freeze:met", record.CLOCK, facts, correlation, subject=change.id, service=change.content.service,
            environment=change.content.environment, freeze=freeze.id, fate=freeze.fate.value, key=change.run,
        )  # fmt: skip
        if freeze.fate is Fate.STOP:
            stop_later(tx, change, freeze, facts, correlation)
        log_of(tx, change, facts, correlation, f"{freeze.id} began while CI is at work: {FATES[freeze.fate]}.")
        card_of(tx, change, facts, correlation)


def drawn(tx: Tx, id: str, facts: Facts) -> Card | None:  # noqa: A002
    """Its card as it is now; None when there is no such freeze."""
    freeze = freezes.get(tx, id)
    return None if freeze is None else freeze_card(freeze, working(tx, freeze), facts)


def tell_approver(tx: Tx, freeze: Freeze, facts: Facts, correlation: str) -> None:
    """Whoever answers for a freeze that waits is told so."""
    person = facts.policy.by_id.get(freeze.approver)
    if person and person.slack:
        how = ("Whoever may lift it can approve it: ", Code(f"/release freeze approve {freeze.id}"))
        card = note(f"🕐 {freeze.id} waits for approval", *freeze_lines(freeze, facts), how)
        reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
