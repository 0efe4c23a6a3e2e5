"""Reads what the card of a run shows when it is sent, and has it pinned.

Invariant: a card is drawn from what is true when it goes out, not when it was asked for.
"""

from dataclasses import dataclass

from commands.core.text import Card
from commands.core.trains.card import train_card
from commands.core.trains.prospect import so_far
from commands.core.trains.riding import riding
from guards.facts import Facts
from guards.train import OPEN_RUN
from storage import moments, outbox, trains
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class RunCard:
    """A card, and where it goes.

    Args:
        card: of a run.
        channel: the train's.
        open: whether something will still happen to the run; a card that is over is not pinned.
    """

    card: Card
    channel: str
    open: bool


def run_card(tx: Tx, run_id: str, facts: Facts) -> RunCard | None:
    """The card of a run as it is now; None when there is no such run."""
    run = trains.run(tx, run_id)
    train = trains.get(tx, run.train) if run else None
    if run is None or train is None:
        return None
    details = (*riding(tx, run.id), *so_far(tx, run, train.rule.zone))
    return RunCard(train_card(run, train, moments.reached(tx, run.id), details, facts), train.channel, run.stage in OPEN_RUN)


def pin_later(tx: Tx, subject: str, channel: str, facts: Facts, *, stays: bool) -> None:
    """Have a subject's card pinned, or its pin taken away."""
    body = {"subject": subject, "stays": stays}
    outbox.add(tx, outbox.Message("pin", body, key=f"pin:{subject}", lane=channel), facts.at)
