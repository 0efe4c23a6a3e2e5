"""Gives CI its orders: deployments, branches, break-glass access.

Invariant: an order whose outcome nobody knows is never sent again from here; it is looked up (PRM-20).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from commands.core import follow, freezing
from commands.core.command import Ask
from commands.core.dispatch import advance
from commands.core.emergency import access
from commands.core.gather import Gather
from commands.core.ports.ci import CI, Order, Started, TurnedDown, Unknown
from commands.core.ports.clock import Clock
from commands.core.trains import branch
from guards.facts import Facts
from guards.lifecycle import State
from guards.policy import Policy
from storage import changes, claims, outbox
from storage.database import Store, Tx

ORDER = TypeAdapter(Order)
STALE = timedelta(seconds=60)
"""An order that was not sent by then is judged again first: the bot was down, and the window may be closed (CMD-12)."""

LAST = 8
"""Attempts after which a message is given up, or CI's last word taken for its answer."""

_INTERRUPTED = Unknown("the bot was interrupted while it asked")
Answer = Started | TurnedDown | Unknown


class Ordering:
    """Sends orders.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts for an order that is judged again.
        ci: name in the policy's `ci` → the system that deploys.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, gather: Gather, ci: Mapping[str, CI], clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._gather = gather
        self._ci = ci
        self._clock = clock

    def _now(self) -> Facts:
        return Facts(at=self._clock.now(), policy=self._policy)

    async def deploy(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """Have a change deployed, unless what was judged is not so any more.

        Args:
            sending, payload: its row.
        """
        order = ORDER.validate_python(payload["order"])
        if sending.was_sending:
            # its sender died in the middle: CI may have got it, so it is looked up, never sent from here
            answer: Answer = _INTERRUPTED
        elif await self._overtaken(order, datetime.fromisoformat(payload["at"])):
            await self._judge_again(sending, order)
            return
        else:
            answer = await self._ci[payload["ci"]].start(order)
        facts = self._now()
        if isinstance(answer, TurnedDown) and answer.retry_after is not None and sending.attempts < LAST:
            due = facts.at + timedelta(seconds=answer.retry_after)
            why = answer.why

            def later(tx: Tx) -> None:
                follow.delayed(tx, order, why, facts, sending.message.correlation)
                outbox.retry(tx, sending.id, why, due)

            await self._store.write(later)
            return

        def work(tx: Tx) -> None:
            follow.answered(tx, order, answer, facts, sending.message.correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)

    async def _overtaken(self, order: Order, at: datetime) -> bool:
        """Whether an order is not what was judged any more: it waited too long, or a freeze began since (FRZ-03).

        The clock is looked at last: a bot that was paused until now may have lost the order to another one, which sent it anew.
        """
        now = self._clock.now()
        began = await self._store.read(lambda tx: freezing.began_since(tx, order.change, at, now))
        return began or self._clock.now() - at > STALE

    async def _judge_again(self, sending: outbox.Sending, order: Order) -> None:
        """Take an order back that was never sent, and judge its change anew."""
        outside = await self._gather.outside(Ask(change=order.change))

        def work(tx: Tx) -> None:
            change = changes.lock(tx, order.change)
            if change and change.state is State.DISPATCHING and claims.release(tx, order.key):
                facts = replace(outside, at=self._clock.now())
                advance(tx, changes.move(tx, change, State.APPROVED), facts, sending.message.correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)

    async def branch(
        self, sending: outbox.Sending, payload: Mapping[str, Any], wanted: Callable[[Tx, str], bool],
        answered: Callable[[Tx, str, Answer, Facts, str], None],
    ) -> None:  # fmt: skip
        """Have a branch made: once, and never again when nobody knows whether CI took the order (TRN-08, HOT-01).

        Args:
            sending, payload: its row.
            wanted: whether what the branch is for still wants it.
            answered: takes what CI said.
        """
        order = branch.ORDER.validate_python(payload["order"])
        if not await self._store.read(lambda tx: wanted(tx, order.key)):
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "what it is for was given up"))
            return
        answer: Answer = _INTERRUPTED
        if not sending.was_sending:
            answer = await self._ci[payload["ci"]].branch(order)
        facts = self._now()

        def work(tx: Tx) -> None:
            if isinstance(answer, TurnedDown) and answer.retry_after is not None and sending.attempts < LAST:
                outbox.retry(tx, sending.id, answer.why, facts.at + timedelta(seconds=answer.retry_after))
                return
            answered(tx, order.key, answer, facts, sending.message.correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)

    async def access(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """Have break-glass access opened or closed: once, and never again when nobody knows whether CI took the order (EMG-18)."""
        order = access.ORDER.validate_python(payload["order"])
        facts = self._now()
        if not await self._store.read(lambda tx: access.wanted(tx, order, facts.at)):
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the access is over"))
            return
        answer: Answer = _INTERRUPTED
        if not sending.was_sending:
            answer = await self._ci[payload["ci"]].access(order)
        facts = replace(facts, at=self._clock.now())

        def work(tx: Tx) -> None:
            if isinstance(answer, TurnedDown) and access.again(order, answer, sending.attempts):
                wait = answer.retry_after if answer.retry_after is not None else access.PACE.total_seconds()
                outbox.retry(tx, sending.id, answer.why, facts.at + timedelta(seconds=wait))
                return
            access.answered(tx, order, answer, facts, sending.message.correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)
