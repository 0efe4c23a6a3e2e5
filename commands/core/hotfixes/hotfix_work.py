"""One transaction about a hotfix: what it records in the ledger, and what its card and the thread below it tell.

Invariant: whatever moves a hotfix is in the ledger, and its one card is drawn anew.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from commands.core import record
from commands.core.command import Work
from commands.core.record import CLOCK, Actor
from guards.facts import Facts
from guards.hotfix import Hotfix
from storage import hotfixes, outbox, timers
from storage.database import Tx

KIND = "hotfix"
"""Of its timers, and of the messages that draw its card."""

SOON = timedelta(seconds=1)
"""After this a hotfix is looked at next: a timer that is set for the very moment at which it fired last would not come again."""


@dataclass(frozen=True, slots=True)
class HotfixWork:
    """What is done about one hotfix, in one transaction.

    Args:
        tx: open; the row is locked.
        hotfix: as it stands.
        facts: give the moment and the policy.
        by: who does it.
        correlation: of whatever caused it.
    """

    tx: Tx
    hotfix: Hotfix
    facts: Facts
    by: Actor
    correlation: str

    @classmethod
    def begin(cls, tx: Tx, id: str, facts: Facts, correlation: str, by: Actor = CLOCK) -> Self | None:  # noqa: A002
        """Lock a hotfix; None when there is none with this id."""
        found = hotfixes.lock(tx, id)
        return cls(tx, found, facts, by, correlation) if found else None

    def change(self, **changed: Any) -> Self:
        """Change it, and have its card drawn anew.

        Args:
            **changed: fields of `Hotfix`.
        """
        now = hotfixes.change(self.tx, self.hotfix, **changed)
        self.draw()
        return type(self)(self.tx, now, self.facts, self.by, self.correlation)

    def draw(self) -> None:
        """Have its card drawn anew; several requests before it is sent are one."""
        channel = self.facts.policy.services[self.hotfix.service].channel
        body = {"hotfix": self.hotfix.id, "channel": channel}
        message = outbox.Message(KIND, body, key=f"{KIND}:{self.hotfix.id}", lane=channel, correlation=self.correlation)
        outbox.add(self.tx, message, self.facts.at)

    def record(self, tag: str, **body: Any) -> None:
        """Write a ledger entry about it.

        Args:
            tag: `hotfix:<outcome>`.
            **body: JSON values only.
        """
        one = self.hotfix
        place = {"subject": one.id, "service": one.service, "environment": one.environment}
        record.write(self.tx, tag, self.by, self.facts, self.correlation, **place, version=one.version, **body)

    def log(self, text: str) -> None:
        """A line for the thread of its card."""
        self.draw()  # first, so that there is a thread to stand in
        channel = self.facts.policy.services[self.hotfix.service].channel
        body = {"change": self.hotfix.id, "text": text, "at": self.facts.at.isoformat()}
        outbox.add(self.tx, outbox.Message("log", body, lane=channel, correlation=self.correlation), self.facts.at)

    def look(self, after: timedelta = SOON) -> None:
        """Have it looked at after a while."""
        look(self.tx, self.hotfix.id, self.facts, after)


def look(tx: Tx, id: str, facts: Facts, after: timedelta = SOON) -> None:  # noqa: A002
    """Have a hotfix looked at after a while."""
    timers.set(tx, timers.Timer(f"{KIND}:{id}", KIND, facts.at + after, {"hotfix": id}))


def about(work: Work[Any], id: str) -> HotfixWork:  # noqa: A002
    """What a command does about a hotfix that its guards looked at."""
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    found = HotfixWork.begin(work.tx, id, work.facts, work.correlation, actor)
    assert found is not None, "the guards looked at it"
    return found
