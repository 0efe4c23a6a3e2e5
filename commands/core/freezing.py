"""What becomes of a freeze: it is announced, reminded of, begins, ends; and what that does to changes (FRZ-03, FRZ-09, FRZ-11).

Invariant: of one freeze one timer is set. Whether it holds is told by the clock alone, whether or not that timer ran.
"""

from datetime import datetime

from commands.core import bodies, calendar_post, mirror, record
from commands.core.freeze_card import FATES, freeze_card
from commands.core.freeze_telling import LATE, Step, channels, chase, post, remind, steps
from commands.core.record import Actor
from commands.core.stop import stop_later
from commands.core.tell import card_of, exception_card_of, log_of
from commands.core.text import Card, Code, Line
from guards.change import Change
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.freezing import holds
from guards.unread import Unread
from guards.vocabulary import Action, Blocked, Fate
from storage import changes, exceptions, freezes, outbox, timers
from storage.database import Tx

KIND = "freeze"
"""Of its timer, and of the message that draws its card."""


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
        **bodies.freeze_body(freeze),
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
    calendar_post.due(tx, facts, correlation)
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
        tx, "freeze:approved", actor, facts, correlation, subject=freeze.id, by=freeze.approved_by, **bodies.freeze_body(freeze)
    )  # fmt: skip
    if freeze.active(facts.at) and (freeze.in_force == facts.at or (freeze.lapses and freeze.lapses <= facts.at)):
        _begun(tx, freeze, facts, correlation)
    set_timer(tx, freeze, facts.at, facts)  # nobody is reminded of its approval any more
    changed(tx, freeze, facts, correlation)


def extended(tx: Tx, freeze: Freeze, was: Freeze, reason: str, actor: Actor, facts: Facts, correlation: str) -> None:
    """Record that it lasts longer; `freeze` is as it is now."""
    body = bodies.freeze_body(freeze) | {"was": was.end.isoformat(), "reason": reason}
    record.write(tx, "freeze:extended", actor, facts, correlation, subject=freeze.id, **body)
    set_timer(tx, freeze, facts.at, facts)
    changed(tx, freeze, facts, correlation)


def lifted(tx: Tx, freeze: Freeze, reason: str, actor: Actor, facts: Facts, correlation: str) -> None:
    """Record that it ended early, and how its exit criteria are met; `freeze` is as it is now."""
    body = bodies.freeze_body(freeze) | {"reason": reason}
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
            post(tx, freeze, f"🧊 {freeze.id} begins", (), facts, correlation, step)
            if facts.at < freeze.end:
                _begun(tx, freeze, facts, correlation)
            changed(tx, freeze, facts, correlation)
        case Step.UNAPPROVED if facts.at - at <= LATE:
            chase(tx, freeze, at, facts, correlation)
        case Step.LAPSES if freeze.until < freeze.end:
            record.write(tx, "freeze:lapsed", record.CLOCK, facts, correlation, subject=freeze.id, at=at.isoformat())
            how: Line = ("Nobody approved it in time, so nothing stands still: ", Code(f"/release freeze approve {freeze.id}"))
            post(tx, freeze, f"⚠️ {freeze.id} lapsed", (how,), facts, correlation, step)
            changed(tx, freeze, facts, correlation)
        case Step.ENDS if freeze.lapsed(at):
            changed(tx, freeze, facts, correlation)  # what it held went on when it lapsed
        case Step.ENDS:
            tag = "freeze:ended" if freeze.in_force else "freeze:lapsed"
            record.write(tx, tag, record.CLOCK, facts, correlation, subject=freeze.id, at=at.isoformat())
            judged, waited = "Changes that waited for it are judged again now.", "Nobody approved it: nothing stood still."
            last: Line = (judged if freeze.in_force else waited,)
            post(tx, freeze, f"🌤️ {freeze.id} is over", (last,), facts, correlation, step)
            changed(tx, freeze, facts, correlation)
        case Step.SOON | Step.BEGINS | Step.ENDS_SOON if facts.at - at <= LATE:
            remind(tx, freeze, step, facts, correlation)


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
