"""Signs the ledger when it grew, and posts what was signed where the policy says (AUD-08).

Invariant: without a key nothing is signed. A checkpoint and its message are one transaction, and each size is signed once, however many
replicas look. It is no entry of the ledger: that entry would ask for the next checkpoint.
"""

from datetime import datetime, timedelta

from commands.core import record
from commands.core.cards import note
from commands.core.ports.clock import Clock
from commands.core.ports.signer import Signer
from commands.core.tell import alert, post_to
from commands.core.text import Card, Code, Moment, Part
from guards.facts import Facts
from guards.policy import Policy
from storage import alerts, audit, checkpoints, inbox, timers
from storage.checkpoints import Checkpoint
from storage.database import Store, Tx

KIND = "checkpoint"
"""Of the timer that has the ledger looked at, and of its delivery."""

LOOK = timedelta(minutes=5)


def begin(tx: Tx, at: datetime) -> None:
    """Look at the ledger from now on, unless somebody does."""
    timers.ensure(tx, timers.Timer(KIND, KIND, at, {}))


class Sign:
    """Carries out the look.

    Args:
        policy: in force.
        store: the database.
        signer: the bot's key; None when it has none: then it never looks again, until a start with one.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, signer: Signer | None, clock: Clock) -> None:
        self._policy, self._store, self._signer, self._clock = policy, store, signer, clock

    async def carry(self, taken: inbox.Taken) -> None:
        """Sign the ledger if it is time, and set the timer for the next look."""
        signer = self._signer

        def work(tx: Tx) -> None:
            facts = Facts(at=self._clock.now(), policy=self._policy)
            if signer:
                _look(tx, signer, facts, taken.delivery.correlation)
                timers.set(tx, timers.Timer(KIND, KIND, facts.at + LOOK, {}))
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


def _look(tx: Tx, signer: Signer, facts: Facts, correlation: str) -> None:
    rules, last = facts.policy.ledger.checkpoints, checkpoints.newest(tx)
    if last and audit.hash_of(tx, last.size) != last.head:
        _differs(tx, last, facts, correlation)
        return
    grown = audit.head(tx)[0] - (last.size if last else 0)
    if grown and (last is None or grown >= rules.entries or facts.at - last.at >= rules.every):
        made = checkpoints.sign(tx, signer.key, signer.sign, facts.at)
        if made and rules.channel:
            post_to(tx, rules.channel, checkpoint_card(made, facts), f"{KIND}:{made.size}", facts, correlation)


def _differs(tx: Tx, last: Checkpoint, facts: Facts, correlation: str) -> None:
    """The ledger is not what was signed: that is told once, and no signature covers it up."""
    if alerts.first(tx, f"ledger differs from checkpoint {last.size} {last.head}", facts.at):
        why = f"Entry {last.size:,} is not the one that was signed, or is missing: somebody changed the database."
        remedy = (
            "→ Stop promotions, keep the database as it is, and run ",
            Code("signalbox audit verify"),
            ". Nothing is signed until then.",
        )
        alert(tx, facts, note("🚨 The ledger is not what was signed", (why,), remedy), correlation)
        record.write(tx, "ledger:differs", record.CLOCK, facts, correlation, size=last.size, head=last.head)


def checkpoint_card(one: Checkpoint, facts: Facts) -> Card:
    """What a channel keeps: the very line that `signalbox audit verify --checkpoints` reads."""
    return Card(
        "🔏 The ledger was signed",
        facts=(("Entries", (f"{one.size:,}",)), ("At", (Moment(one.at, facts.policy.zone),)), ("Key", (Code(one.key[:23] + "…"),))),
        parts=(Part(((checkpoints.line_of(one),),), literal=True),),
        footer=("Keep this line: against it a cut end and a rewritten past of the ledger show.",),
    )
