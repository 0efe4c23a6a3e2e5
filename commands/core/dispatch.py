"""The last judgement: a change goes out, waits, needs people again, or is refused, decided inside the claiming transaction.

Invariant: the only place that takes a claim and orders CI. Claim, state, ledger entry, used exceptions and order are one transaction
(PRM-20, EXC-05).
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from commands.core import bodies, exempt, record
from commands.core.command import Ask
from commands.core.emergency import life as emergency
from commands.core.expire import expires
from commands.core.inside import inside
from commands.core.on_call import tell_on_call
from commands.core.orders import order_of
from commands.core.queue import BY_TIME
from commands.core.requests import at_dispatch
from commands.core.tell import alert_if_moved, card_of, log_of
from commands.core.trains import departure
from guards.approvals import approved, content_now, counted
from guards.artifact import pinned, same_artifact
from guards.assessment import Assessment
from guards.authorization import authorized
from guards.change import Change, Claim
from guards.classify import catalogued
from guards.decided import decided
from guards.decision import Allow, Refusal, Refuse
from guards.facts import Facts
from guards.flight import alone, asked_once
from guards.freeze import not_frozen
from guards.hotfixed import hotfixed
from guards.in_set import in_its_set
from guards.in_slot import in_its_slot
from guards.incidents import no_incident
from guards.judge import Answer, Judgement, judge
from guards.lifecycle import UNDECIDED, State
from guards.migration import weighed
from guards.need import Need, need_of
from guards.opening import Opening, open_now
from guards.order import in_order
from guards.requirements import EVIDENCE
from guards.risk import assess
from guards.set_promotion import in_turn, integrated, manifested, not_ready
from guards.unread import Unread
from guards.vocabulary import Requirement
from guards.window import in_window, too_short
from storage import changes, claims, outbox, sets, timers
from storage.database import Tx

GUARDS = (
    authorized, pinned, in_order, same_artifact, hotfixed, manifested, integrated, catalogued, *EVIDENCE, asked_once, alone, not_frozen,
    no_incident,
    in_window, decided, in_its_slot, approved, in_its_set, in_turn,
)  # fmt: skip
"""What stands between an approved change and CI."""

_PEOPLE = frozenset(
    {Refusal.NOT_APPROVED, Refusal.SOLE_REVIEWER, Refusal.APPROVAL_MOVED, Refusal.NOT_ASSESSED, Refusal.NOT_STANDARD}
)  # fmt: skip
"""What approvers heal, or the requester by amending it."""

HEALS = _PEOPLE | {
    Refusal.OUTSIDE_WINDOW,
    Refusal.FROZEN,
    Refusal.OPEN_INCIDENT,
    Refusal.IN_FLIGHT,
    Refusal.LEAD_TIME,
    Refusal.RECORD_INCOMPLETE,
    Refusal.NO_RELEASE_NOTES,
    Refusal.NOT_DECIDED,
    Refusal.NO_GO,
    Refusal.GO_VOID,
    Refusal.NOT_INTEGRATED,
    Refusal.NOT_ITS_TURN,
    Refusal.SET_NOT_READY,
    Refusal.NOT_PORTED,
    Refusal.NOT_VERIFIED,
    Refusal.NOT_SOAKED,
    Refusal.EVIDENCE_LACKING,
}
"""What people or time heal: the change is kept."""

_REBOUND = {"policy": "The policy file", "base": "What runs there", "record": "The release record"}
"""Parts that move without anybody meaning this change: people look at it again, nobody has to ask again."""

LOOK_AGAIN = timedelta(seconds=30)
"""After this a change whose facts could not be read is judged again."""


def advance(tx: Tx, change: Change, outside: Facts, correlation: str, *, known: bool = False) -> Change:
    """Judge an undecided change again with the facts of this transaction, and act on the answer.

    Args:
        tx: open; the change's row is locked.
        change: in any state; only an undecided one is judged.
        outside: gathered before the transaction.
        correlation: of whatever caused this.
        known: whether `outside` has the database's facts too, as they stand now and until this transaction ends.

    Returns:
        The change as it stands now.
    """
    if change.state not in UNDECIDED:
        return change
    timers.cancel(tx, f"advance:{change.id}")
    ask = Ask(change=change.id)
    facts = outside if known else inside(tx, ask, outside)
    change = _assessed(tx, change, facts)
    request = at_dispatch(change, facts)
    judgement = _with_others(judge(GUARDS, request, facts, HEALS), facts)
    body = record.judgement_body(judgement, request, facts)
    place = {"subject": change.id, "service": request.service, "environment": request.environment}
    short = [r for r in judgement.refusals if r.code in _PEOPLE]
    if judgement.outcome == "waits" and any(r.code in BY_TIME for r in judgement.refusals):
        expires(tx, change, request, facts)  # not before the time that it waits for
    match judgement.outcome:
        case "allowed":
            return _order(tx, change, facts, judgement, correlation)
        case "refused":
            why = next(r.why for r in judgement.refusals if r.code not in HEALS)  # what heals is not why it ends
            change = changes.move(tx, change, State.REFUSED, why=why, finished=facts.at)
            record.write(tx, "dispatch:refused", record.CLOCK, facts, correlation, **place, **body)
            log_of(tx, change, facts, correlation, f"Refused at dispatch: {why}")
            alert_if_moved(tx, judgement, request, facts, correlation)
            departure.ended(tx, change, facts, correlation)
        case "unsure":
            missing = judgement.unsure[0]
            why = f"could not read {missing.missing}" + (f" ({missing.why})" if missing.why else "")
            change = _keep(tx, change, State.AWAITING if change.state is State.AWAITING else State.WAITING, why)
            record.write(tx, "dispatch:unsure", record.CLOCK, facts, correlation, **place, **body)
            timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at + LOOK_AGAIN, {"change": change.id}))
        case "waits" if short:
            change = _needs_people(tx, change, facts, short[0], body, correlation)
            if lapses := _lapses(change, facts):  # the card shows them as long as they count
                timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", min(lapses), {"change": change.id}))
        case "waits":
            if change.state is State.AWAITING:
                change = changes.move(tx, change, State.APPROVED)
                record.write(tx, "change:approved", record.CLOCK, facts, correlation, **place)
            first = judgement.refusals[-1] if judgement.refusals[-1].until is None else judgement.refusals[0]
            if change.state is not State.WAITING or change.why != first.why:
                change = _keep(tx, change, State.WAITING, first.why)
                record.write(tx, "dispatch:waits", record.CLOCK, facts, correlation, **place, **body)
                log_of(tx, change, facts, correlation, f"Waits: {first.why} {first.remedy}".replace("`", ""))
            due = min([*(r.until for r in judgement.refusals if r.until), *_lapses(change, facts)], default=facts.at + LOOK_AGAIN * 10)
            timers.set(
                tx, timers.Timer(f"advance:{change.id}", "advance", max(due, facts.at + timedelta(seconds=1)), {"change": change.id})
            )
    card_of(tx, change, facts, correlation)
    _call_first(tx, change, facts)
    return change


def advance_set(tx: Tx, promotion: str, outside: Mapping[str, Facts], correlation: str) -> None:
    """Judge each entry of a set that people still decide, the first one last: it goes only when the others could.

    Args:
        tx: open.
        promotion: id of the set promotion.
        outside: id of a change → its facts, gathered before the transaction.
        correlation: of whatever caused this.
    """
    for part in reversed(sets.parts(tx, promotion)):
        change = changes.lock(tx, part.id)
        if change and change.id in outside:
            advance(tx, change, replace(outside[change.id], parts=outside), correlation)


def _call_first(tx: Tx, change: Change, facts: Facts) -> None:
    """What became of another entry may be what the first one of the set waits for."""
    promotion = sets.of_change(tx, change)
    parts = sets.parts(tx, promotion.id) if promotion else ()
    if parts and parts[0].id != change.id and parts[0].state is State.WAITING:
        timers.set(tx, timers.Timer(f"advance:{parts[0].id}", "advance", facts.at, {"change": parts[0].id}))


def _with_others(judgement: Judgement, facts: Facts) -> Judgement:
    """The judgement of an entry of a set; the first one goes only when each of the others could, but for its turn (MAN-06)."""
    if judgement.outcome != "allowed":
        return judgement
    others = ((part.change, part) for part in facts.parts.values() if isinstance(part.change, Change))
    held = [no for other, part in others for no in not_ready(other, judge(GUARDS, at_dispatch(other, part), part, HEALS), LOOK_AGAIN)]
    return replace(judgement, answers=(*judgement.answers, *(Answer(in_turn.__name__, no) for no in held)))


def _assessed(tx: Tx, change: Change, facts: Facts) -> Change:
    """The change with its risk as it is now: what stands on its card once nobody reads the work in it any more (RSK-11)."""
    if Requirement.RISK not in facts.policy.required(change.content.service, change.content.environment):
        return change
    found = assess(change, facts)
    return changes.amend(tx, change, assessed=found) if isinstance(found, Assessment) and found != change.assessed else change


def judge_again(tx: Tx, service: str, version: str, facts: Facts, correlation: str) -> None:
    """Have what people can still decide about a version judged again: what they are shown, or what it lacked, was written."""
    for change in changes.undecided(tx, service, limit=200):
        if change.content.version == version:
            card_of(tx, change, facts, correlation)
            timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))


def _lapses(change: Change, facts: Facts) -> list[datetime]:
    """When the approvals that count now end: the change is judged again then, and its card tells."""
    counting = counted(change, facts)
    return [] if isinstance(counting, Unread) else [approval.expires for approval, _ in counting]


def _keep(tx: Tx, change: Change, state: State, why: str) -> Change:
    """Stay in a state, or go there, with a reason that people see."""
    if change.state is State.AWAITING and state is State.WAITING:
        change = changes.move(tx, change, State.APPROVED)
    if change.state is state:
        return changes.amend(tx, change, why=why)
    return changes.move(tx, change, state, why=why)


def _needs_people(tx: Tx, change: Change, facts: Facts, short: Refuse, body: dict[str, Any], correlation: str) -> Change:
    """Back to the approvers; when only the policy or what runs there moved, the change is bound to that of today, and asked about anew."""
    now = content_now(change, facts)
    counting = counted(change, facts)
    need = need_of(change, facts)
    too_few = isinstance(need, Need) and not isinstance(counting, Unread) and len(counting) < need.count
    # that approvals are too few is in their own row of the card; that they are the wrong people's is not
    why = "" if too_few and short.code is Refusal.NOT_APPROVED else short.why
    place = {"subject": change.id, "service": change.content.service, "environment": change.content.environment}
    if not isinstance(now, Unread) and (moved := change.content.moved(now)) and set(moved) <= _REBOUND.keys():
        change = changes.amend(tx, change, content=now)
        why = f"{' and '.join(_REBOUND[part] for part in moved)} moved, so earlier approvals are void."
        record.write(tx, "change:rebound", record.CLOCK, facts, correlation, **place, **bodies.content_body(now))
        log_of(tx, change, facts, correlation, why)
    waited = change.state is State.AWAITING
    if not waited or (why and why != change.why):  # an approval that is not enough is on record with the reason (SOD-03)
        record.write(tx, "change:needs-approval", record.CLOCK, facts, correlation, **place, why=why, **body)
    return changes.amend(tx, change, why=why) if waited else changes.move(tx, change, State.AWAITING, why=why)


def _order(tx: Tx, change: Change, facts: Facts, judgement: Judgement, correlation: str) -> Change:
    """Take the claim, use the exceptions that it took, and write the order for CI; the caller's commit makes all true at once."""
    content = change.content
    ci = facts.policy.services[content.service].ci
    if change.state is State.AWAITING or change.state is State.WAITING:
        change = changes.move(tx, change, State.APPROVED)
    used = dict.fromkeys(a.decision.exception for a in judgement.answers if isinstance(a.decision, Allow) and a.decision.exception)
    key = f"{change.id}.{change.attempt + 1}"
    if not claims.take(tx, content.service, content.environment, Claim(key, change.id, facts.at)):
        return changes.move(tx, change, State.WAITING, why=f"another change works on {content.service} in {content.environment}")
    request = at_dispatch(change, facts)
    change = changes.move(
        tx, change, State.DISPATCHING, attempt=change.attempt + 1, dispatched=facts.at, implementer=f"ci:{ci}", why="",
        migrates=weighed(request, facts).migration,
    )  # fmt: skip
    order = order_of(change, facts.policy)
    outbox.add_first(
        tx,
        outbox.Message(
            "order", {"ci": ci, "order": asdict(order), "at": facts.at.isoformat()}, key=f"order:{key}", correlation=correlation
        ),
        facts.at,
    )
    timers.cancel(tx, f"expire:{change.id}")
    record.write(
        tx, "dispatch:ordered", record.CLOCK, facts, correlation, subject=change.id, service=content.service,
        environment=content.environment, key=key, ci=ci, workflow=order.workflow, **bodies.content_body(content),
        **record.judgement_body(judgement, request, facts),
    )  # fmt: skip
    departure.went_out(tx, change, facts, correlation)
    tell_on_call(tx, change, record.CLOCK, facts, correlation)
    now = open_now(request.service, request.environment or "", facts)
    if isinstance(now, Opening) and (short := too_short(now, request, facts)):
        log_of(tx, change, facts, correlation, f"⚠️ {short}")
    for exception in used:
        exempt.used(tx, exception, change, facts, correlation)
    emergency.used(tx, change, facts, correlation)  # after the exceptions: what they left out is owed too
    card_of(tx, change, facts, correlation)
    return change
