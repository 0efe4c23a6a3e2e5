"""/release cancel <change> [reason …]: take a request back, or close one that CI lost."""

from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.decide import about
from commands.core.follow import close_by_hand
from commands.core.tell import card_of, log_of
from commands.core.trains import departure
from commands.core.words import Arguments, ChangeOrSet, Rest
from guards.authorization import authorized
from guards.change import Change
from guards.facts import Facts, Request
from guards.lifecycle import CLAIMED, State
from guards.record import cancellable
from guards.set_promotion import open_set
from guards.vocabulary import Action
from storage import changes, timers


class Cancel(Arguments):
    """A change, or a set promotion with all its entries, and why it is no longer wanted."""

    change: ChangeOrSet
    reason: Annotated[str, Rest()] = ""


def ask(args: Cancel, asker: Asker) -> Ask:
    """A cancellation is about one change, or about each entry of a set that has not gone out."""
    return about(args.change, None, args.reason)


def cancel(work: Work[Cancel]) -> Reply:
    """Before CI works on it, the request ends; after that only a lost one is closed, which frees its place."""
    ended = [_end(work, request, facts) for request, facts in work.cases]
    departure.ended(work.tx, ended[0], work.facts, work.correlation)
    if isinstance(work.facts.change, Change) and work.facts.change.state in CLAIMED:
        return Reply(note(f"⚪ {work.args.change} is closed", ("Its place is free again. If CI still reports an end, it is recorded.",)))
    return Reply(note(f"⚪ {work.args.change} is cancelled"))


def _end(work: Work[Cancel], request: Request, facts: Facts) -> Change:
    change = facts.change
    assert isinstance(change, Change)
    person = work.asker.person
    why = f"{person.name} cancelled it" + (f": {work.args.reason}" if work.args.reason else ".")
    actor = record.actor_of(person, work.asker.slack, request, facts)
    record.write(
        work.tx, "change:cancelled-by", actor, facts, work.correlation, subject=change.id, service=change.content.service,
        environment=change.content.environment, state=change.state.value, reason=work.args.reason,
    )  # fmt: skip
    if change.state in CLAIMED:
        return close_by_hand(work.tx, change, facts, work.correlation, why)
    change = changes.move(work.tx, change, State.CANCELLED, why=why, finished=work.at)
    for timer in ("advance", "expire"):
        timers.cancel(work.tx, f"{timer}:{change.id}")
    log_of(work.tx, change, facts, work.correlation, why)
    card_of(work.tx, change, facts, work.correlation)
    return change


command = Command(
    name="cancel",
    summary="Take a request back before CI works on it, or close one that CI lost.",
    examples=("cancel CR-2026-1121-001 superseded by v1.4.1",),
    action=Action.CANCEL,
    guards=(authorized, cancellable),
    arguments=Cancel,
    ask=ask,
    run=cancel,
    whole=(open_set,),
)
