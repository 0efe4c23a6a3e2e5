"""Keeps the App Home of those who look at it true: drawn when it is opened, and again when what it shows has changed.

Invariant: what was shown once is drawn anew from what is true when it goes out, and published only when it looks otherwise; whoever has
not opened it for long is left alone.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from commands.core.cards import refusal_card
from commands.core.command import Ask
from commands.core.gather import Gather
from commands.core.home_card import home_card
from commands.core.inside import inside
from commands.core.ports.chat import Chat, Posted, Unposted
from commands.core.requests import request_of
from commands.core.tell import CARD
from commands.core.text import Card
from guards.authorization import authorized
from guards.facts import Facts
from guards.identity import Stranger
from guards.judge import judge
from guards.policy import Policy
from guards.unread import Unread
from guards.vocabulary import Action
from storage import audit, homes, outbox, timers
from storage.database import Store, Tx

BEAT = "home"
"""The kind of the timer that looks whether anything changed, of its delivery, and of the message that shows somebody their Home."""

PACE = timedelta(seconds=20)
"""Between two looks: what happens within is told at once."""

ANYWAY = timedelta(minutes=10)
"""After this it is drawn again though nothing was recorded: windows open and close by themselves."""

LOOKS = timedelta(days=3)
"""For so long after the last opening it is kept true; whoever opens it again sees it drawn anew (Slack tells of each opening)."""

VIEWERS = 60
"""People whose Home is kept true at once, who looked last first: Slack takes 100 calls of views.publish a minute (Tier 4)."""


def show(tx: Tx, user: str, card: Card | None, facts: Facts, correlation: str) -> None:
    """Have somebody's Home show a card; without one it is drawn when it goes out.

    Args:
        user: Slack user id.
    """
    body = {"user": user, "card": CARD.dump_python(card, mode="json") if card else None}
    outbox.add(tx, outbox.Message(BEAT, body, key=f"{BEAT}:{user}", lane=f"{BEAT}:{user}", correlation=correlation), facts.at)


def opened(tx: Tx, user: str, facts: Facts) -> None:
    """Somebody who is known here opened it: from now on it is kept true."""
    homes.opened(tx, user, facts.at)
    timers.ensure(tx, _next(audit.head(tx)[0], facts.at + ANYWAY, facts))


def beat(tx: Tx, payload: Mapping[str, Any], facts: Facts, correlation: str) -> None:
    """Look whether anything was recorded since the last look, and have each Home drawn anew if so."""
    homes.prune(tx, facts.at - LOOKS)
    viewers = homes.recent(tx, facts.at - LOOKS, VIEWERS)
    head, anyway = audit.head(tx)[0], datetime.fromisoformat(payload["anyway"])
    due = head != int(payload["head"]) or facts.at >= anyway
    for user in viewers if due else ():
        show(tx, user, None, facts, correlation)
    if viewers:
        timers.ensure(tx, _next(head, facts.at + ANYWAY if due else anyway, facts))


def _next(head: int, anyway: datetime, facts: Facts) -> timers.Timer:
    """The next look.

    Args:
        head: number of the newest ledger entry that was looked at.
        anyway: when it is drawn again though nothing was recorded, UTC.
    """
    return timers.Timer(BEAT, BEAT, facts.at + PACE, {"head": head, "anyway": anyway.isoformat()})


class Homes:
    """Shows people their Home.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts.
        chat: Slack.
    """

    def __init__(self, policy: Policy, store: Store, gather: Gather, chat: Chat) -> None:
        self._policy = policy
        self._store = store
        self._gather = gather
        self._chat = chat

    async def show(self, sending: outbox.Sending) -> Posted | Unposted:
        """Publish what the message holds, or what is true now if that looks otherwise than what was shown last."""
        payload = sending.message.payload
        user, given = str(payload["user"]), payload["card"]
        card = CARD.validate_python(given) if given else await self._drawn(user, sending.message.correlation)
        if isinstance(card, Unread):
            return Unposted(f"could not read {card.what}")
        looks = _looks(card)
        if not given and await self._store.read(lambda tx: homes.last(tx, user)) in {looks, None}:
            return Posted(user, "")
        unposted = await self._chat.home(user, card)
        if unposted:
            return unposted
        await self._store.write(lambda tx: homes.shown(tx, user, looks))
        return Posted(user, "")

    async def _drawn(self, user: str, correlation: str) -> Card | Unread:
        by = await self._gather.asker(user)
        if isinstance(by, Unread):
            return by
        if isinstance(by, Stranger):
            facts = Facts(at=self._gather.now(), policy=self._policy)
            request = request_of(Action.READ, Ask(), by, facts)
            return refusal_card(judge((authorized,), request, facts), "your request", request, correlation, self._policy)
        outside = await self._gather.outside(Ask(), by)
        return await self._store.read(lambda tx: home_card(tx, by, inside(tx, Ask(), outside, only_reading=True)))


def _looks(card: Card) -> str:
    """A hash of all that is said; not of when it was drawn."""
    return hashlib.sha256(CARD.dump_json(replace(card, footer=()))).hexdigest()
