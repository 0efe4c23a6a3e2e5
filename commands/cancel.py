"""/release cancel <change> [reason …]: take a request back, or close one that CI lost."""

from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.follow import close_by_hand
from commands.core.tell import card_of, log_of
from commands.core.words import Arguments, ChangeId, Rest
from guards.authorization import authorized
from guards.change import Change
from guards.lifecycle import CLAIMED, State
from guards.record import cancellable
from guards.vocabulary import Action
from storage import changes, timers


class Cancel(Arguments):
    """A change and why it is no longer wanted."""

    change: ChangeId
    reason: Annotated[str, Rest()] = ""


def ask(args: Cancel, asker: Asker) -> Ask:
    """A cancellation is about one change."""
    return Ask(change=args.change, rationale=args.reason)


def cancel(work: Work[Cancel]) -> Reply:
    """Before CI works on it, the request ends; after that only a lost one is closed, which frees its place."""
    change = work.facts.change
    assert isinstance(change, Change)
    person = work.asker.person
    why = f"{person.name} cancelled it" + (f": {work.args.reason}" if work.args.reason else ".")
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "change:cancelled-by", actor, work.facts, work.correlation, subject=change.id, service=change.content.service,
        environment=change.content.environment, state=change.state.value, reason=work.args.reason,
    )  # fmt: skip
    if change.state in CLAIMED:
        close_by_hand(work.tx, change, work.facts, work.correlation, why)
        return Reply(note(f"⚪ {change.id} is closed", ("Its place is free again. If CI still reports an end, it is recorded.",)))
    change = changes.move(work.tx, change, State.CANCELLED, why=why, finished=work.at)
    for timer in ("advance", "expire"):
        timers.cancel(work.tx, f"{timer}:{change.id}")
    log_of(work.tx, change, work.facts, work.correlation, why)
    card_of(work.tx, change, work.facts, work.correlation)
    return Reply(note(f"⚪ {change.id} is cancelled"))


command = Command(
    name="cancel",
    summary="Take a request back before CI works on it, or close one that CI lost.",
    examples=("cancel CR-2026-1121-001 superseded by v1.4.1",),
    action=Action.CANCEL,
    guards=(authorized, cancellable),
    arguments=Cancel,
    ask=ask,
    run=cancel,
)
