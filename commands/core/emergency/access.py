"""Break-glass access: asked for, granted by another, opened and closed by CI's workflow, and followed up (EMG-18, EMG-19, EMG-20).

Invariant: each order has its own key and is sent once; what CI certainly did not take is sent again while it is a closing. Access ends by
itself, and with its emergency; that it is closed is for people to confirm.
"""

from dataclasses import asdict
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from commands.core import bodies, record
from commands.core import obligations as owing
from commands.core.cards import note
from commands.core.emergency import redraw
from commands.core.ports.ci import AccessOrder, AccessStep, Started, TurnedDown, Unknown
from commands.core.record import Actor
from commands.core.tell import alert, reply_to
from commands.core.text import Code, Line, Moment
from guards.access import Grant, GrantState
from guards.business import end_of_business_day
from guards.facts import Facts
from guards.obligation import Obligation, Owed
from storage import accesses, obligations, outbox, timers
from storage.database import Tx

KIND = "access"
"""Of the messages that carry its orders."""

END = "end-access"
"""Kind of its timer."""

ORDER = TypeAdapter(AccessOrder)

PACE = timedelta(seconds=30)
"""Between two attempts to have an access closed that CI certainly did not take."""

_ATTEMPTS = 20


def granted(tx: Tx, grant: Grant, actor: Actor, rationale: str, facts: Facts, correlation: str) -> Grant:
    """Grant it: CI is asked to open it, its end is set, and what has to be done afterwards is owed from now on.

    Args:
        grant: locked, as it was judged.
        actor: who grants it.
    """
    now = accesses.change(
        tx, grant, state=GrantState.GRANTED, approver=actor.id, approver_name=actor.name, rationale=rationale, granted=facts.at,
        until=facts.at + timedelta(minutes=grant.minutes),
    )  # fmt: skip
    assert now.until is not None
    timers.set(tx, timers.Timer(f"{END}:{now.id}", END, now.until, {"grant": now.id}))
    _order(tx, now, AccessStep.OPEN, facts, correlation)
    _write(tx, "access:granted", now, actor, facts, correlation)
    for one in _owed(tx, now, facts):
        owing.owe(tx, one, record.CLOCK, facts, correlation)
    told: tuple[Line, ...] = (
        ("It ends ", Moment(now.until, facts.policy.zone_of(now.service)), ", or earlier: ", Code(f"/release break-glass end {now.id}")),
        ("Rotate the credentials that you used when it has ended.",),
    )
    _tell(tx, now, f"🔓 {now.id}: {now.what} is being opened", told, facts, correlation)
    return now


def refused(tx: Tx, grant: Grant, actor: Actor, rationale: str, facts: Facts, correlation: str) -> Grant:
    """Refuse it: nothing is opened."""
    now = accesses.change(
        tx, grant, state=GrantState.REFUSED, approver=actor.id, approver_name=actor.name, rationale=rationale, ended=facts.at,
        ended_by=actor.id,
    )  # fmt: skip
    _write(tx, "access:refused", now, actor, facts, correlation)
    _tell(tx, now, f"⛔ {now.id} is refused", ((f"{actor.name}: {rationale}",),), facts, correlation)
    return now


def end(tx: Tx, grant: Grant, actor: Actor, facts: Facts, correlation: str) -> Grant:
    """End it: CI is asked to close it."""
    now = accesses.change(tx, grant, state=GrantState.ENDED, ended=facts.at, ended_by=actor.id)
    timers.cancel(tx, f"{END}:{now.id}")
    _order(tx, now, AccessStep.CLOSE, facts, correlation)
    _write(tx, "access:ended", now, actor, facts, correlation)
    _tell(tx, now, f"🔒 {now.id} has ended", (("Rotate the credentials that you used.",),), facts, correlation)
    return now


def over(tx: Tx, id: str, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Its last moment came."""
    grant = accesses.lock(tx, id)
    if grant and grant.state is GrantState.GRANTED and grant.until and facts.at >= grant.until:
        end(tx, grant, record.CLOCK, facts, correlation)


def end_all(tx: Tx, emergency: str, actor: Actor, facts: Facts, correlation: str) -> None:
    """The emergency is over: access in it ends, and what waits is refused (EMG-19).

    Args:
        emergency: its id.
        actor: who ended it.
    """
    for grant in accesses.of_emergency(tx, emergency):
        if grant.state is GrantState.GRANTED:
            end(tx, grant, actor, facts, correlation)
        elif grant.state is GrantState.REQUESTED:
            now = accesses.change(tx, grant, state=GrantState.REFUSED, ended=facts.at, ended_by=actor.id)
            _write(tx, "access:refused", now, actor, facts, correlation)


def wanted(tx: Tx, order: AccessOrder, at: datetime) -> bool:
    """Whether an order is still to be sent: an access that has ended is not opened any more."""
    grant = accesses.get(tx, order.grant)
    if grant is None:
        return False
    return order.step is AccessStep.CLOSE or (grant.state is GrantState.GRANTED and grant.until is not None and at < grant.until)


def again(order: AccessOrder, answer: TurnedDown, attempts: int) -> bool:
    """Whether what CI certainly did not take is asked for again: a rate limit always, a closing for a while."""
    return attempts < _ATTEMPTS and (answer.retry_after is not None or order.step is AccessStep.CLOSE)


def answered(tx: Tx, order: AccessOrder, answer: Started | TurnedDown | Unknown, facts: Facts, correlation: str) -> None:
    """What CI said to an order."""
    grant = accesses.lock(tx, order.grant)
    if grant is None:
        return
    done = "opened" if order.step is AccessStep.OPEN else "closed"
    said = _said(done, answer)
    if order.step is AccessStep.CLOSE:
        now = accesses.change(tx, grant, closing=said)
    else:
        failed = isinstance(answer, TurnedDown) and grant.state is GrantState.GRANTED
        now = accesses.change(tx, grant, opening=said, state=GrantState.FAILED if failed else grant.state)
    _write(tx, f"access:{done}" if isinstance(answer, Started) else f"access:not-{done}", now, record.CLOCK, facts, correlation)
    if isinstance(answer, Started):
        return
    title = f"🔴 {now.id}: {now.what} is {said}"
    what = "Nothing was opened." if now.state is GrantState.FAILED else "Revoke it by hand, and confirm that it is closed."
    alert(tx, facts, note(title[:150], (what,), (f"It is {now.requester_name}'s.",)), correlation)
    _tell(tx, now, title[:150], ((what,),), facts, correlation)
    if now.state is GrantState.FAILED:
        timers.cancel(tx, f"{END}:{now.id}")
        for one in obligations.about(tx, now.emergency):
            if one.done is None and now.id in one.text:  # nothing was opened, so nothing is left to be closed
                owing.discharge(tx, one, said, record.CLOCK, facts, correlation)


def _said(done: str, answer: Started | TurnedDown | Unknown) -> str:
    """What CI said, as people read it."""
    match answer:
        case Started(run=run):
            return f"{done} by run {run}" if run else f"{done} by CI"
        case TurnedDown(why=why):
            return f"not {done}: {why}"
        case Unknown(why=why):
            return f"perhaps {done}, nobody knows: {why}"


def _owed(tx: Tx, grant: Grant, facts: Facts) -> tuple[Obligation, ...]:
    """Rotation, revocation and review, with whose they are (EMG-19, EMG-20)."""
    policy, at = facts.policy, facts.at
    assert grant.until is not None
    assert grant.approver is not None
    due = grant.until + policy.emergency.access.close_within
    owner = policy.by_id[policy.services[grant.service].owners[0]]
    review = max(due, end_of_business_day(at, policy.emergency.review_days, grant.service, facts))
    wanted_ones = (
        (Owed.CREDENTIAL_ROTATION, f"Rotate the credentials that were used by {grant.id} ({grant.what})", grant.requester,
         grant.requester_name, due),
        (Owed.FOLLOW_UP, f"Confirm that the access of {grant.id} is revoked, with the log of what it was used for", grant.approver,
         grant.approver_name, due),
        (Owed.REVIEW, f"Review what was done by {grant.id}: deployment, pull requests, commits, tag, remediation", owner.id, owner.name,
         review),
    )  # fmt: skip
    return tuple(
        Obligation(
            obligations.next_id(tx, at.date()), kind, grant.emergency, grant.service, text, who, name, until, at, record.CLOCK.id
        )
        for kind, text, who, name, until in wanted_ones
    )  # fmt: skip


def _order(tx: Tx, grant: Grant, step: AccessStep, facts: Facts, correlation: str) -> None:
    service = facts.policy.services.get(grant.service)
    workflow = service.access.get(grant.scope) if service else None
    if service is None or workflow is None or grant.until is None:
        why = f"{grant.id}: the policy names no workflow any more that closes {grant.what}"
        alert(tx, facts, note(f"🔴 {why}"[:150], ("Revoke it by hand, and confirm that it is closed.",)), correlation)
        return
    order = AccessOrder(
        f"{grant.id}.{step}", grant.id, step, grant.service, grant.environment, grant.scope, grant.requester, grant.until.isoformat(),
        service.repository, service.branch, workflow,
    )  # fmt: skip
    body = {"ci": service.ci, "order": asdict(order)}
    outbox.add(tx, outbox.Message(KIND, body, key=f"{KIND}:{order.key}", lane=f"{KIND}:{grant.id}", correlation=correlation), facts.at)


def _write(tx: Tx, tag: str, grant: Grant, actor: Actor, facts: Facts, correlation: str) -> None:
    """The ledger entry of a step, and the emergency's card drawn anew."""
    record.write(
        tx, tag, actor, facts, correlation, subject=grant.id, service=grant.service, environment=grant.environment,
        **bodies.grant_body(grant),
    )  # fmt: skip
    redraw.card_of(tx, grant.emergency, grant.service, facts, correlation)


def _tell(tx: Tx, grant: Grant, title: str, lines: tuple[Line, ...], facts: Facts, correlation: str) -> None:
    """Tell who has it."""
    person = facts.policy.by_id.get(grant.requester)
    if person and person.slack:
        reply_to(tx, person.slack[0], note(title, *lines), facts.at, correlation, channel=None, answer_to=None)
