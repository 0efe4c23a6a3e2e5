"""What becomes of an emergency: it is approved by enough people, used by one change, ended; and what follows from each (EMG-05, EMG-06).

Invariant: every step is one transaction with its ledger entry and its card; an emergency is used in the transaction that orders CI.
"""

from commands.core import bodies
from commands.core import record as ledger
from commands.core.cards import note
from commands.core.emergency import access, afterwards
from commands.core.emergency.code import USED, code_body
from commands.core.emergency.redraw import card_of
from commands.core.record import Actor
from commands.core.requests import at_dispatch
from commands.core.tell import post_to
from commands.core.text import Code
from guards.change import Change
from guards.emergencies import lacks
from guards.emergency import UNUSED, Emergency, EmergencyApproval, EmergencyState, Execution
from guards.facts import Facts, Request
from guards.gone_past import gone_past, gone_past_by_hand
from storage import changes, emergencies, timers
from storage.database import Tx

EXPIRE = "expire-emergency"
"""Kind of its timer."""


def set_timer(tx: Tx, record: Emergency) -> None:
    """Have its end recorded."""
    timers.set(tx, timers.Timer(f"{EXPIRE}:{record.id}", EXPIRE, record.until, {"emergency": record.id}))


def approve(tx: Tx, record: Emergency, approval: EmergencyApproval, actor: Actor, facts: Facts, correlation: str) -> Emergency:
    """Record an approval; with enough of them that count it covers its change from now on.

    Args:
        record: locked, as it was judged, with its artifact.
        approval: of the person who was allowed to give it.
        actor: who stands in the ledger.
        facts: as they were judged.
    """
    emergencies.approve(tx, record.id, approval)
    now = emergencies.get(tx, record.id)
    assert now is not None
    ledger.write(
        tx, "emergency:approval", actor, facts, correlation, subject=now.id, service=now.service, environment=now.environment,
        rationale=approval.reason, digest=approval.digest, spoken=approval.spoken,
    )  # fmt: skip
    # as they were given: whether each counts still is judged when it goes, with everybody looked up (RBAC-09)
    if lacks(now, now.approvals, facts) is None:
        now = emergencies.move(tx, now, EmergencyState.APPROVED)
        ledger.write(
            tx, "emergency:approved", actor, facts, correlation, subject=now.id, service=now.service, environment=now.environment,
            **bodies.emergency_body(now),
        )  # fmt: skip
    card_of(tx, now.id, now.service, facts, correlation)
    return now


def used(tx: Tx, change: Change, facts: Facts, correlation: str) -> None:
    """A change goes out by it: recorded once, with all that is owed from now on, in the transaction of its dispatch (EMG-05).

    Raises:
        LostRace: it does not count any more, or another change used it; the change is judged again.
    """
    id_ = change.content.emergency
    if id_ is None or not emergencies.use(tx, id_, change.id, facts.at):
        return  # no emergency, or by an earlier attempt of the same change
    now = emergencies.get(tx, id_)
    assert now is not None
    timers.cancel(tx, f"{EXPIRE}:{id_}")
    past = gone_past(at_dispatch(change, facts), facts)
    ledger.write(
        tx, USED, ledger.CLOCK, facts, correlation, subject=id_, service=now.service, environment=now.environment,
        change=change.id, digest=change.content.digest, commit=change.content.commit, overridden=past, code=code_body(now.service, facts),
    )  # fmt: skip
    afterwards.begin(tx, now, change, past, facts, correlation)
    card_of(tx, now.id, now.service, facts, correlation)


def executed(tx: Tx, record: Emergency, done: Execution, request: Request, actor: Actor, facts: Facts, correlation: str) -> Emergency:
    """Somebody made the change which it covers and CI does not carry out: recorded once, with all that is owed from now on (EMG-22).

    Args:
        record: locked, as it was judged.
        done: who says so, and where it is found.
        request, actor: whose.
    """
    now = emergencies.execute(tx, record, done)
    timers.cancel(tx, f"{EXPIRE}:{now.id}")
    past = gone_past_by_hand(now, request, facts)
    ledger.write(
        tx, USED, actor, facts, correlation, subject=now.id, service=now.service, environment=now.environment, overridden=past,
        window=ledger.window_body(request, facts), **bodies.emergency_body(now),
    )  # fmt: skip
    afterwards.begin(tx, now, None, past, facts, correlation)
    card_of(tx, now.id, now.service, facts, correlation)
    return now


def end(tx: Tx, record: Emergency, to: EmergencyState, actor: Actor, facts: Facts, correlation: str) -> Emergency:
    """Have it be over unused: withdrawn, or expired. What waits for it is judged again."""
    now = emergencies.end(tx, record, to, facts.at, actor.id)
    timers.cancel(tx, f"{EXPIRE}:{record.id}")
    ledger.write(
        tx, f"emergency:{to.value}", actor, facts, correlation, subject=now.id, service=now.service, environment=now.environment,
        **bodies.emergency_body(now),
    )  # fmt: skip
    access.end_all(tx, now.id, actor, facts, correlation)
    for change in changes.undecided(tx, now.service, limit=200):
        if change.content.emergency == now.id:
            timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))
    card_of(tx, now.id, now.service, facts, correlation)
    return now


def expired(tx: Tx, id: str, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Record its end; it covered nothing from that very moment on, whether or not this ran."""
    record = emergencies.lock(tx, id)
    if record is None or record.state not in UNUSED or facts.at < record.until:
        return
    end(tx, record, EmergencyState.EXPIRED, ledger.CLOCK, facts, correlation)
    service = facts.policy.services.get(record.service)
    if service:
        again = note(
            f"⚪ {record.id} expired unused", ("For what is still to be done, declare it anew: ", Code("/release emergency declare"))
        )
        post_to(tx, service.channel, again, f"expired:{record.id}", facts, correlation)
