"""One transaction about a run of a train: what it records in the ledger, and what it tells in the thread of the run's card.

Invariant: while the run has no card, what is told stands in the train's channel by itself; nothing is lost for the want of a card.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

from commands.core import record
from commands.core.command import Work
from commands.core.record import CLOCK, Actor
from commands.core.tell import CARD
from commands.core.text import Button, Card, Code, Line, Moment, Part
from commands.core.trains.tell import train_card_of
from guards.facts import Facts
from guards.train import Train, TrainRun
from storage import cuts, exceptions, outbox, trains
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class RunWork:
    """What is done about one run, in one transaction.

    Args:
        tx: open; the run's row is locked.
        run, train: as they stand.
        facts: of this transaction, with run, train, cuts and exceptions.
        by: who does it.
        correlation: of whatever caused it.
    """

    tx: Tx
    run: TrainRun
    train: Train
    facts: Facts
    by: Actor
    correlation: str

    @classmethod
    def begin(cls, tx: Tx, run_id: str, facts: Facts, correlation: str, by: Actor = CLOCK) -> Self | None:
        """Lock a run, and read what is known of it; None when there is none."""
        run = trains.lock_run(tx, run_id)
        train = trains.get(tx, run.train) if run else None
        if run is None or train is None:
            return None
        known = replace(facts, run=run, train=train, cuts=cuts.of_run(tx, run_id), exceptions=exceptions.current(tx, facts.at))
        return cls(tx, run, train, known, by, correlation)

    def record(self, tag: str, body: dict[str, Any], service: str | None = None) -> None:
        """Write a ledger entry about the run.

        Args:
            tag: `<what>:<outcome>`.
            body: JSON values only.
            service: whose place it is, when it is one service's.
        """
        record.write(self.tx, tag, self.by, self.facts, self.correlation, subject=self.run.id, service=service, **body)

    def draw(self) -> None:
        """Have the run's card drawn as the run stands now."""
        train_card_of(self.tx, self.run, self.train, self.facts, self.correlation)

    def tell(self, title: str, *lines: Line, buttons: tuple[Button, ...] = (), part: str = "") -> None:
        """Have something said in the thread of the run's card.

        Args:
            title: plain text with one emoji first.
            lines: what follows.
            buttons: what the captain can do.
            part: tells messages of one cause apart.
        """
        footer: Line = (Moment(self.facts.at, self.train.rule.zone), " · ", Code(self.run.id))
        card = Card(title[:150], parts=(Part(lines),) if lines else (), buttons=buttons, footer=footer)
        subject = f"run:{self.run.id}:{self.correlation}:{part}"[:200]
        body = {"run": self.run.id, "channel": self.train.channel, "subject": subject, "card": CARD.dump_python(card, mode="json")}
        self.draw()  # first, so that there is a thread to stand in
        outbox.add(self.tx, outbox.Message("thread", body, lane=self.train.channel, correlation=self.correlation), self.facts.at)


def about(work: Work[Any], run_id: str) -> RunWork:
    """What a command does about a run that its guards looked at."""
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    found = RunWork.begin(work.tx, run_id, work.facts, work.correlation, actor)
    assert found is not None, "the guards looked at it"
    return found
