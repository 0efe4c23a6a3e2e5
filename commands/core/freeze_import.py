"""Has the freezes of a shared calendar say what stands there (FRZ-08): what is new, moved, gone; and what a person has to do.

Invariant: no calendar ends a freeze that is in force, or makes it shorter: that takes somebody who may lift it (FRZ-11). What cannot be
read changes nothing; it is told once, and once what was read last is too old, nothing goes out where its freezes hold (WIN-13).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.freeze_card import zone_of
from commands.core.freezing import changed, declared, set_timer
from commands.core.record import Actor
from commands.core.tell import alert
from commands.core.text import Card, Code, Line, Moment
from guards.decision import Refuse
from guards.facts import Facts, Request
from guards.freeze import complete_freeze
from guards.freeze_record import CalendarEvent, Freeze
from guards.freezing import freeze_of
from guards.policy import Policy
from guards.unread import Unread
from guards.vocabulary import Action
from storage import alerts, freeze_calendars, freezes, timers
from storage.database import Tx

KIND = "freeze-calendar"
"""Of the timers that have calendars read."""

_NAMED = 15
"""Freezes that a preview names of each sort."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What reading a calendar would change.

    Args:
        new: freezes that are not there yet, without ids.
        moved: was and is to be.
        gone: not in the calendar any more, and not begun.
        kept: as they are.
        by_hand: sentences about what a person has to do, and by what each is told once.
    """

    new: tuple[Freeze, ...] = ()
    moved: tuple[tuple[Freeze, Freeze], ...] = ()
    gone: tuple[Freeze, ...] = ()
    kept: tuple[Freeze, ...] = ()
    by_hand: tuple[tuple[str, str], ...] = ()


def plan(name: str, events: tuple[CalendarEvent, ...], known: tuple[Freeze, ...], facts: Facts) -> Plan:
    """Compare what stands in a calendar with the freezes that come from it.

    Args:
        name: of the calendar in the policy.
        events: of it.
        known: `freezes.of_calendar`.
        facts: give the moment and the policy.
    """
    calendar = f"calendar:{name}"
    live = {f.uid: f for f in known if f.lifted is None}
    lifted = {(f.uid, f.start) for f in known if f.lifted and f.lifted_by != calendar}  # by people: it stays lifted
    new: list[Freeze] = []
    moved: list[tuple[Freeze, Freeze]] = []
    kept: list[Freeze] = []
    by_hand: list[tuple[str, str]] = []
    wanted = {event.uid: freeze_of(name, event, facts) for event in events}
    for uid, freeze in wanted.items():
        was = live.get(uid)
        if was is None and (uid, freeze.start) in lifted:
            continue
        if wrong := _unfit(freeze, facts):
            by_hand.append((f"{name} {uid} {freeze.start.isoformat()} {freeze.end.isoformat()}", f"{freeze.reason[:80]}: {wrong}"))
            if was:
                kept.append(was)
        elif was is None:
            new.append(freeze)
        else:
            now = replace(was, start=freeze.start, end=freeze.end, reason=freeze.reason)
            if was.active(facts.at) and (now.start > facts.at or now.end < was.end):
                said = f"{was.id} is in force, and the calendar lets it end at another time; extend or lift it by hand."
                by_hand.append((f"{was.id} {now.start.isoformat()} {now.end.isoformat()}", said))
                kept.append(was)
            elif now == was:
                kept.append(was)
            else:
                moved.append((was, now))
    gone = [f for uid, f in live.items() if uid not in wanted]
    held = tuple(f for f in gone if f.active(facts.at))
    by_hand += [(f"{f.id} gone", f"{f.id} is in force, and not in the calendar any more; lift it by hand.") for f in held]
    return Plan(tuple(new), tuple(moved), tuple(f for f in gone if f not in held), (*kept, *held), tuple(by_hand))


def _unfit(freeze: Freeze, facts: Facts) -> str:
    answer = complete_freeze(Request(Action.FREEZE, Unread("who asks"), freeze=freeze), facts)
    return answer.why if isinstance(answer, Refuse) else ""


def begin(tx: Tx, policy: Policy, at: datetime) -> None:
    """Have each calendar of the policy read from a moment on."""
    for name in policy.freeze_calendars:
        timers.set(tx, timers.Timer(f"{KIND}:{name}", KIND, at, {"calendar": name}))


def took(tx: Tx, name: str, found: tuple[CalendarEvent, ...] | Unread, facts: Facts, correlation: str) -> None:
    """Keep what reading a calendar found, and have it read again.

    Args:
        name: in the policy; one that is not there any more is read no more.
        found: what the port said.
        facts: give the moment and the policy.
    """
    known = facts.policy.freeze_calendars.get(name)
    if known is None:
        return
    timers.set(tx, timers.Timer(f"{KIND}:{name}", KIND, facts.at + known.every, {"calendar": name}))
    was = freeze_calendars.lock(tx, name) or freeze_calendars.Reading(name)
    if isinstance(found, Unread):
        why = found.why or "no reason was told"
        freeze_calendars.put(tx, name, was.read, was.failed or facts.at, why)
        if was.failed is None:
            record.write(tx, "freeze-calendar:unread", record.CLOCK, facts, correlation, subject=name, why=why)
            alert(tx, facts, _broken(name, why, was.read, facts), correlation)
        return
    freeze_calendars.put(tx, name, facts.at)
    if was.failed is not None:
        record.write(tx, "freeze-calendar:read-again", record.CLOCK, facts, correlation, subject=name)
        alert(tx, facts, note(f"🧊 The freeze calendar {name} can be read again"), correlation)
    apply(tx, name, plan(name, found, freezes.of_calendar(tx, name, facts.at), facts), facts, correlation)


def apply(tx: Tx, name: str, what: Plan, facts: Facts, correlation: str) -> None:
    """Carry a plan out: each freeze with its ledger entry, its timer and its cards."""
    actor = Actor(f"calendar:{name}", f"calendar {name}")
    for freeze in what.new:
        declared(tx, replace(freeze, id=freezes.next_id(tx, facts.at.date())), actor, facts, correlation)
    for was, freeze in what.moved:
        freezes.follow(tx, freeze)
        body = bodies.freeze_body(freeze) | {"was": [was.start.isoformat(), was.end.isoformat(), was.reason]}
        record.write(tx, "freeze:moved", actor, facts, correlation, subject=freeze.id, **body)
        set_timer(tx, freeze, facts.at, facts)
        changed(tx, freeze, facts, correlation)
    for freeze in what.gone:
        ended = freezes.lift(tx, freeze.id, facts.at, actor.id)
        body = bodies.freeze_body(ended) | {"reason": "not in the calendar any more"}
        record.write(tx, "freeze:lifted", actor, facts, correlation, subject=freeze.id, **body)
        set_timer(tx, ended, facts.at, facts)
        changed(tx, ended, facts, correlation)
    for key, said in what.by_hand:
        if alerts.first(tx, f"calendar {key}", facts.at):
            record.write(tx, "freeze-calendar:by-hand", record.CLOCK, facts, correlation, subject=name, said=said)
            alert(tx, facts, note(f"⚠️ The freeze calendar {name}", (said,)), f"{correlation}:{key}")


def plan_lines(what: Plan, facts: Facts) -> tuple[Line, ...]:
    """What a plan changes, in lines."""
    sorts = (
        ("➕ new: ", what.new),
        ("↔️ moved: ", tuple(now for _, now in what.moved)),
        ("➖ gone: ", what.gone),
        ("✔️ as it is: ", what.kept),
    )
    lines: list[Line] = []
    for mark, found in sorts:
        lines += [_line(mark, freeze, facts) for freeze in found[:_NAMED]]
        if len(found) > _NAMED:
            lines.append((f"{mark}{len(found) - _NAMED} more",))
    return (*lines, *((f"⚠️ {said}",) for _, said in what.by_hand))


def _line(mark: str, freeze: Freeze, facts: Facts) -> Line:
    zone = zone_of(freeze, facts.policy)
    named: Line = (Code(freeze.id), " ") if freeze.id else ()
    return (mark, *named, f"{freeze.reason[:80]}, ", Moment(freeze.start, zone), " until ", Moment(freeze.end, zone))


def _broken(name: str, why: str, read: datetime | None, facts: Facts) -> Card:
    known = facts.policy.freeze_calendars[name]
    until: Line = ("It was never read: nothing goes out where its freezes hold, until it is.",)
    if read is not None:
        until = ("What was read last counts until ", Moment(read + known.good_for, facts.policy.zone), ". Then nothing goes out there.")
    return note(f"🚨 The freeze calendar {name} cannot be read", (f"Why: {why}.",), until)
