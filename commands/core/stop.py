"""Asks CI to end a run, because a freeze stops work that is on its way.

Invariant: asked again, it does no harm, so whatever is uncertain is asked again; where CI cannot, people are told to end it. How the run
ends is told by CI, as ever: nothing here gives its place back.
"""

from collections.abc import Mapping
from datetime import timedelta

from commands.core import record
from commands.core.cards import note
from commands.core.orders import key_of, order_of
from commands.core.ports.ci import CI, Stopping, TurnedDown, Unknown
from commands.core.ports.clock import Clock
from commands.core.tell import alert, log_of
from commands.core.text import Code, Line, Link
from guards.change import Change
from guards.facts import Facts
from guards.freeze_record import Freeze
from guards.lifecycle import CLAIMED
from guards.policy import Policy
from storage import changes, freezes, outbox
from storage.database import Store, Tx

KIND = "stop"
"""Of its messages."""

LAST = 6
"""Attempts after which people are told; with the waits between them, after about a minute."""


def stop_later(tx: Tx, change: Change, freeze: Freeze, facts: Facts, correlation: str) -> None:
    """Have the run of a change ended; of one dispatch it is asked for once."""
    body = {"change": change.id, "key": key_of(change), "freeze": freeze.id}
    key = f"{KIND}:{key_of(change)}"
    outbox.add(tx, outbox.Message(KIND, body, key=key, lane=key, correlation=correlation), facts.at)


class Stop:
    """Sends these requests.

    Args:
        policy: in force.
        store: the database.
        ci: name in the policy's `ci` → the system that deploys.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, ci: Mapping[str, CI], clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._ci = ci
        self._clock = clock

    async def send(self, sending: outbox.Sending) -> None:
        """Ask once and settle the row; a run that is over, or a freeze that was lifted meanwhile, is left alone."""
        payload, now = sending.message.payload, self._clock.now()
        change, freeze = await self._store.read(
            lambda tx: (changes.get(tx, str(payload["change"])), freezes.get(tx, str(payload["freeze"])))
        )  # fmt: skip
        at_work = change is not None and change.state in CLAIMED and key_of(change) == payload["key"]
        if change is None or freeze is None or not at_work or not freeze.active(now):
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "there is nothing left to end"))
            return
        order = order_of(change, self._policy)
        answer = await self._ci[self._policy.services[order.service].ci].cancel(order, change.run)
        facts = Facts(at=self._clock.now(), policy=self._policy)
        uncertain = isinstance(answer, Unknown) or (
            isinstance(answer, TurnedDown) and (change.run is None or answer.retry_after is not None)
        )

        def work(tx: Tx) -> None:
            if uncertain and sending.attempts < LAST and not isinstance(answer, Stopping):
                outbox.retry(tx, sending.id, answer.why, facts.at + timedelta(seconds=2**sending.attempts))
                return
            _settled(tx, change, freeze, answer, facts, sending.message.correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)


def _settled(tx: Tx, change: Change, freeze: Freeze, answer: Stopping | TurnedDown | Unknown, facts: Facts, correlation: str) -> None:
    content = change.content
    body = {"subject": change.id, "service": content.service, "environment": content.environment, "freeze": freeze.id, "run": change.run}
    if isinstance(answer, Stopping):
        record.write(tx, "run:stop-asked", record.CLOCK, facts, correlation, **body)
        log_of(tx, change, facts, correlation, f"{freeze.id} stops work on its way: CI was asked to end the run.")
        return
    record.write(tx, "run:not-stopped", record.CLOCK, facts, correlation, why=answer.why, **body)
    log_of(tx, change, facts, correlation, f"{freeze.id} stops work on its way, and CI did not end the run: {answer.why}")
    where: Line = (Link(change.run_url, change.run or "the run"),) if change.run_url else (Code(change.run or "the run"),)
    what = f" of {content.service} {content.version} to {content.environment} ({change.id}) goes on: {answer.why}"
    alert(
        tx, facts, note(f"🚨 {freeze.id}: end this run by hand", (*where, what), ("End it in CI; its end is recorded then.",)), correlation
    )
