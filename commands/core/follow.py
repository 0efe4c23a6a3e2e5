"""Follows an order to its end: what CI answered, what it reports, and what is found when it is looked up (PRM-19).

Invariant: an unknown outcome is looked up by key and never sent again unless CI is sure that it never got it. A claim is
released only by an end that CI told, or by a person who looked.
"""

import json
from dataclasses import replace
from datetime import timedelta

from commands.core import bodies, keep_log, post_release, record
from commands.core.dispatch import advance
from commands.core.hotfixes import owing
from commands.core.observe import served_by
from commands.core.orders import key_of
from commands.core.ports.ci import NoRun, Order, Run, RunState, Started, TurnedDown, Unknown
from commands.core.record import CLOCK, Actor
from commands.core.tell import alert, card_of, log_of
from commands.core.text import Card, Part
from commands.core.trains import departure
from guards.artifact import short
from guards.change import Change
from guards.facts import Facts
from guards.lifecycle import CLAIMED, MOVES, State
from guards.unread import Unread
from guards.version import Deployment
from storage import audit, changes, claims, deployments, timers
from storage.chain import Row
from storage.database import Tx

_STATES = {
    RunState.QUEUED: State.RUNNING,
    RunState.RUNNING: State.RUNNING,
    RunState.SUCCEEDED: State.SUCCEEDED,
    RunState.FAILED: State.FAILED,
    RunState.CANCELLED: State.CANCELLED,
    RunState.TIMED_OUT: State.TIMED_OUT,
}

_ENDS = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})


def _place(change: Change) -> dict[str, str]:
    return {"subject": change.id, "service": change.content.service, "environment": change.content.environment}


def look_again(tx: Tx, change: Change, facts: Facts) -> None:
    """Have an unfinished run looked up after a while, in case CI stays silent."""
    timers.set(tx, timers.Timer(f"follow:{change.id}", "follow", facts.at + facts.policy.limits.look_again, {"change": change.id}))


def answered(tx: Tx, order: Order, answer: Started | TurnedDown | Unknown, facts: Facts, correlation: str) -> None:
    """What CI said to the order.

    Args:
        tx: open.
        order: as it was sent.
        answer: CI's.
        facts: gives the moment and the policy.
        correlation: of the order.
    """
    change = changes.lock(tx, order.change)
    if change is None or key_of(change) != order.key or change.state not in CLAIMED:
        return  # its end was reported before CI's own answer came back
    match answer:
        case Started(run=run, url=url):
            if change.state is State.DISPATCHING:
                change = changes.move(tx, change, State.RUNNING, run=run or change.run, run_url=url or change.run_url)
                log_of(tx, change, facts, correlation, f"CI took the order{f' as run {run}' if run else ''}.")
            record.write(tx, "dispatch:started", CLOCK, facts, correlation, **_place(change), key=order.key, run=run, url=url)
            look_again(tx, change, facts)
        case TurnedDown(why=why):
            record.write(tx, "dispatch:turned-down", CLOCK, facts, correlation, **_place(change), key=order.key, why=why)
            _end(tx, change, State.FAILED, facts, correlation, f"CI turned the order down: {why}")
            return
        case Unknown(why=why):
            if change.state is State.DISPATCHING:
                change = changes.move(tx, change, State.UNKNOWN, why=f"nobody knows yet whether CI took the order: {why}")
                log_of(tx, change, facts, correlation, f"Nobody knows yet whether CI took the order ({why}); it is being looked up.")
            record.write(tx, "dispatch:unknown", CLOCK, facts, correlation, **_place(change), key=order.key, why=why)
            timers.set(tx, timers.Timer(f"follow:{change.id}", "follow", facts.at, {"change": change.id}))
    limit = (change.dispatched or facts.at) + facts.policy.limits.run
    timers.set(tx, timers.Timer(f"timeout:{change.id}", "timeout", limit, {"change": change.id}))
    card_of(tx, change, facts, correlation)


def delayed(tx: Tx, order: Order, why: str, facts: Facts, correlation: str) -> None:
    """CI asked to be left alone for a while: the order keeps its place and is sent later, and the card says so."""
    change = changes.lock(tx, order.change)
    if change and key_of(change) == order.key and change.state is State.DISPATCHING:
        card_of(tx, changes.amend(tx, change, why=f"CI did not take the order yet: {why}"), facts, correlation)


def reported(tx: Tx, run: Run, by: Actor, facts: Facts, correlation: str) -> Change | None:
    """What CI reported of a run, or what was found when it was looked up.

    Args:
        tx: open.
        run: as CI shows it.
        by: the CI.
        facts: gives the moment and the policy.
        correlation: of the report.

    Returns:
        The change, or None when the run belongs to none of ours.
    """
    change = changes.by_key(tx, run.key) if run.key else changes.by_run(tx, run.run, served_by(by, facts))
    change = changes.lock(tx, change.id) if change else None
    if change is None or (run.key and run.key != key_of(change)) or (run.commit and run.commit != change.content.commit):
        return None  # a title can be written by anybody, the commit that it runs at cannot
    if by != CLOCK and change.content.service not in served_by(by, facts):
        return None  # a CI speaks for the services that the policy gives it, whatever key it names
    state = _STATES[run.state]
    if change.state is state is State.RUNNING and change.run != run.run:
        change = changes.amend(tx, change, run=run.run, run_url=run.url)
        card_of(tx, change, facts, correlation)
    if state not in MOVES[change.state]:
        if not MOVES[change.state] and state in _ENDS and state is not change.state:
            _too_late(tx, change, run, by, facts, correlation)
        return change
    record.write(
        tx, f"run:{run.state.value}", by, facts, correlation, **_place(change),
        key=key_of(change), run=run.run, url=run.url, digest=run.digest,
    )  # fmt: skip
    change = changes.amend(tx, change, run=run.run, run_url=run.url or change.run_url)
    if state is State.RUNNING:
        change = changes.move(tx, change, state, why="")
        look_again(tx, change, facts)
        card_of(tx, change, facts, correlation)
        return change
    if state is State.SUCCEEDED and run.digest and run.digest != change.content.digest:
        said = f"CI says that it deployed {short(run.digest)}, approved was {short(change.content.digest)}."
        alert(tx, facts, Card(f"🚨 {change.id}: another artifact was deployed", parts=(Part(((said,),)),)), correlation)
        return _end(tx, change, State.FAILED, facts, correlation, said)
    if state is State.SUCCEEDED:
        content = change.content
        runs = Deployment(content.service, content.environment, content.version, content.digest, content.commit, facts.at, change.id)
        deployments.add(tx, runs)
        ended = _end(tx, change, state, facts, correlation, "")
        owing.ran(tx, runs, facts, correlation)
        return ended
    return _end(tx, change, state, facts, correlation, f"CI ended the run: {run.state.value}.")


def _too_late(tx: Tx, change: Change, run: Run, by: Actor, facts: Facts, correlation: str) -> None:
    """CI tells another end than the one that was recorded: it stands in the ledger, once, and what it deployed is not hidden."""
    told = {(row.tag, body.get("state"), body["digest"]) for row in _runs(tx, change) if (body := json.loads(row.body))}
    if told & {(f"run:{run.state.value}", None, run.digest), ("run:late", run.state.value, run.digest)}:
        return  # said before: by a webhook and by a look-up, or twice
    body = {"key": key_of(change), "run": run.run, "state": run.state.value, "digest": run.digest}
    record.write(tx, "run:late", by, facts, correlation, **_place(change), **body)
    content = change.content
    if run.state is RunState.SUCCEEDED and not any(state == "succeeded" for _, state, _ in told):
        digest = run.digest or content.digest
        runs = Deployment(content.service, content.environment, content.version, digest, content.commit, facts.at, change.id)
        deployments.add(tx, runs)
        owing.ran(tx, runs, facts, correlation)
    said = f"{change.id} was closed as {change.state}; now CI says {run.state}."
    alert(tx, facts, Card(f"🚨 {change.id}: CI tells another end", parts=(Part(((said,),)),)), correlation)
    log_of(tx, change, facts, correlation, said)


def _runs(tx: Tx, change: Change) -> list[Row]:
    """What CI said about the change, as the ledger has it."""
    return audit.show(tx, subject=change.id, tag_prefix="run:")


def _end(tx: Tx, change: Change, state: State, facts: Facts, correlation: str, why: str) -> Change:
    """Close a change: free its place, stop its timers, and let whoever waits for the place try again."""
    content = change.content
    change = changes.move(tx, change, state, why=why, finished=facts.at)
    claims.release(tx, key_of(change))
    for timer in ("follow", "timeout"):
        timers.cancel(tx, f"{timer}:{change.id}")
    record.write(tx, f"change:{state.value}", CLOCK, facts, correlation, **_place(change), why=why, **bodies.content_body(content))
    keep_log.set_timer(tx, change, facts)
    took = f" after {_span(facts.at - change.dispatched)}" if change.dispatched else ""
    log_of(tx, change, facts, correlation, f"{state.value.capitalize()}{took}. {why}".strip())
    if state is State.SUCCEEDED:
        post_release.begin(tx, change, facts, correlation)
    card_of(tx, change, facts, correlation)
    departure.ended(tx, change, facts, correlation)
    for other in changes.waiting(tx, content.service, content.environment):
        timers.set(tx, timers.Timer(f"advance:{other.id}", "advance", facts.at, {"change": other.id}))
    return change


def close_by_hand(tx: Tx, change: Change, facts: Facts, correlation: str, why: str) -> Change:
    """A person looked, and says that CI is not at work on it any more: the place is free again."""
    return _end(tx, change, State.CANCELLED, facts, correlation, why)


def looked_up(tx: Tx, change_id: str, found: Run | NoRun | Unread, facts: Facts, correlation: str) -> None:
    """What the look-up of an unfinished change found.

    Args:
        tx: open.
        change_id: whose run.
        found: what CI answered.
        facts: the outside facts of the change, for the case that it has to be judged again.
        correlation: of the look-up.
    """
    change = changes.lock(tx, change_id)
    if change is None or change.state not in CLAIMED:
        return
    if isinstance(found, Run):
        reported(tx, replace(found, key=key_of(change)), CLOCK, facts, correlation)
        now = changes.get(tx, change_id)
        if now and now.state in CLAIMED:
            look_again(tx, now, facts)
        return
    if change.state in {State.RUNNING, State.TIMED_OUT}:
        look_again(tx, change, facts)  # it was seen before, so it exists; CI's word or a person's ends this
        return
    if isinstance(found, NoRun) and found.sure:
        claims.release(tx, key_of(change))
        record.write(tx, "dispatch:not-taken", CLOCK, facts, correlation, **_place(change), key=key_of(change))
        log_of(tx, change, facts, correlation, "CI never got the order; it is judged again and sent anew.")
        advance(tx, changes.move(tx, change, State.APPROVED, why=""), facts, correlation)
        return
    waited = facts.at - (change.dispatched or facts.at)
    if isinstance(found, NoRun) and waited >= facts.policy.limits.absent:
        _end(
            tx,
            change,
            State.FAILED,
            facts,
            correlation,
            f"CI shows no run for {key_of(change)} after {_span(waited)}. Look there, then ask again.",
        )
        return
    if isinstance(found, Unread):
        changes.amend(tx, change, why=f"could not read {found.what}" + (f" ({found.why})" if found.why else ""))
        card_of(tx, change, facts, correlation)
    look_again(tx, change, facts)


def timed_out(tx: Tx, change_id: str, facts: Facts, correlation: str) -> None:
    """CI took longer than the policy waits: the change keeps its place until CI or a person ends it."""
    change = changes.lock(tx, change_id)
    if change is None or change.state not in CLAIMED or change.state is State.TIMED_OUT:
        return
    why = f"CI was not done after {_span(facts.policy.limits.run)}."
    change = changes.move(tx, change, State.TIMED_OUT, why=why)
    record.write(tx, "change:timed-out", CLOCK, facts, correlation, **_place(change), why=why)
    log_of(tx, change, facts, correlation, f"{why} When CI reports an end, it is recorded; if the run is dead, cancel the change.")
    card_of(tx, change, facts, correlation)


def _span(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
