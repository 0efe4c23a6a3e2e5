"""Hands out the addresses of calendar feeds, and serves what stands behind them (TRN-25).

Invariant: a token is drawn when it is sent to its owner, and only its hash is stored; a feed is read with the eyes of its owner as they
stand now, and whoever is nobody here any more has none.
"""

import asyncio
import hashlib
import re
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.core.command import Ask
from commands.core.feed import Calendar, events
from commands.core.gather import Gather
from commands.core.inside import inside
from commands.core.ports.chat import Chat, Posted, Unposted
from commands.core.requests import request_of
from commands.core.text import Card, Code, Part
from guards.authorization import authorized
from guards.decision import Allow, Unsure
from guards.policy import Policy
from guards.unread import Unread
from guards.vocabulary import Action
from storage import feeds, outbox
from storage.database import Store

KEPT = timedelta(minutes=5)
"""How long what was served once is served again; a feed that was ended is gone at the latest then."""

CACHED = 200
"""Feeds, and addresses that are none, that are remembered."""

LOOKS = 120
"""Feeds that are made in a minute at most, by whomever they are asked for: guessing is slow, and costs the bot little."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Busy:
    """Too many were asked for, or something could not be read: the reader shall come again.

    Args:
        seconds: not before these.
    """

    seconds: int


class Feeds:
    """The feeds.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts.
        calendar: writes the file.
    """

    def __init__(self, policy: Policy, store: Store, gather: Gather, calendar: Calendar) -> None:
        self._policy = policy
        self._store = store
        self._gather = gather
        self._calendar = calendar
        self._kept: OrderedDict[str, tuple[datetime, bytes | None]] = OrderedDict()
        self._looked: deque[datetime] = deque(maxlen=LOOKS)

    async def read(self, token: str) -> bytes | Busy | None:
        """The file behind a token; None for whatever is no token, whyever.

        Raises:
            StorageError: the database does not answer.
        """
        if not _TOKEN.fullmatch(token):
            return None
        hashed, now = _hash(token), self._gather.now()
        kept = self._kept.get(hashed)
        if kept and now - kept[0] < KEPT:
            return kept[1]
        if len(self._looked) == LOOKS and now - self._looked[0] < _MINUTE:
            return Busy(60)
        self._looked.append(now)
        made = await self._made(hashed)
        if isinstance(made, Busy):
            return made
        self._kept[hashed] = (now, made)
        self._kept.move_to_end(hashed)
        while len(self._kept) > CACHED:
            self._kept.popitem(last=False)
        return made

    async def _made(self, hashed: str) -> bytes | Busy | None:
        feed = await self._store.read(lambda tx: feeds.by_hash(tx, hashed))
        if feed is None:
            return None
        by = await self._gather.person(feed.person)
        if isinstance(by, Unread):
            return Busy(60)
        outside = await self._gather.outside(Ask())
        allowed = authorized(request_of(Action.READ, Ask(), by, outside), outside)
        if isinstance(allowed, Unsure):
            return Busy(60)
        if not isinstance(allowed, Allow):
            return None
        found = await self._store.read(lambda tx: events(tx, feed.train, inside(tx, Ask(), outside, only_reading=True)))
        return await asyncio.to_thread(self._calendar.write, f"Releases: {feed.train or 'all trains'}", found, outside.at)


async def hand_over(sending: outbox.Sending, store: Store, chat: Chat, address: str) -> Posted | Unposted:
    """Draw the token of a feed, keep its hash, and tell its owner the address; each attempt draws a new one.

    Args:
        sending: names the feed, its owner's Slack account, and where to answer.
        address: of the bot as calendars reach it, or "" when the policy does not say.
    """
    payload, token = sending.message.payload, secrets.token_urlsafe(32)
    feed = str(payload["feed"])
    if not await store.write(lambda tx: feeds.give(tx, feed, _hash(token))):
        return Unposted("the feed has ended", final=True)
    path = f"/calendar/{token}.ics"
    where = "" if address else " Put the address of the bot before it: the policy does not say it (trains.address)."
    lines = (
        (Code(address + path),),
        (f"Subscribe to it in your calendar, by URL.{where} Whoever has it can read the calendar: keep it to yourself.",),
        ("It is shown only now. To end it: ", Code("/release calendar end")),
    )
    card = Card(f"📅 {payload['title']}", parts=(Part(lines),))
    return await chat.tell(str(payload["user"]), card, channel=payload["channel"], answer_to=None)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
