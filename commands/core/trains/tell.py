"""Queues what the channel of a train is told: the card of a run, notes in its thread, announcements (CMD-18, TRN-24).

Invariant: a run has one card, redrawn in place; the lane of the channel keeps the order.
"""

from commands.core.tell import CARD
from commands.core.text import Card
from commands.core.trains import checklist
from guards.facts import Facts
from guards.train import Train, TrainRun
from storage import outbox, trains
from storage.database import Tx


def train_card_of(tx: Tx, run: TrainRun, train: Train, facts: Facts, correlation: str) -> None:
    """Have the run's card drawn anew, and its checklist looked at; several requests before that are one."""
    message = outbox.Message("train", {"run": run.id}, key=f"train:{run.id}", lane=train.channel, correlation=correlation)
    outbox.add(tx, message, facts.at)
    if now := trains.run(tx, run.id):
        checklist.soon(tx, now, facts)


def roll_call_card_of(tx: Tx, run: TrainRun, train: Train, facts: Facts, correlation: str) -> None:
    """Have the card of the run's go/no-go drawn anew, in the thread of the run's own, which shows the stage."""
    train_card_of(tx, run, train, facts, correlation)
    message = outbox.Message("roll-call", {"run": run.id}, key=f"roll-call:{run.id}", lane=train.channel, correlation=correlation)
    outbox.add(tx, message, facts.at)


def train_note(tx: Tx, run: TrainRun, train: Train, facts: Facts, correlation: str, text: str) -> None:
    """A line for the thread of the run's card."""
    body = {"change": run.id, "text": text, "at": facts.at.isoformat()}
    outbox.add(tx, outbox.Message("log", body, lane=train.channel, correlation=correlation), facts.at)


def announce(tx: Tx, train: Train, card: Card, facts: Facts, correlation: str) -> None:
    """A message of its own in the train's channel."""
    body = {"channel": train.channel, "subject": f"train:{train.id}:{correlation}", "card": CARD.dump_python(card, mode="json")}
    outbox.add(tx, outbox.Message("alert", body, lane=train.channel, correlation=correlation), facts.at)
