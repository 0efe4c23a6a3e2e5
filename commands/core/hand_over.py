"""Makes an evidence bundle and hands it to whoever asked, in their direct messages (AUD-03, AUD-08).

Invariant: a bundle's hash stands in the ledger before anybody gets it, so none leaves unrecorded; one that could not be handed over
is recorded too, and its asker is told.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from commands.core import record
from commands.core.bundle import Collection, Packed, Packer
from commands.core.cards import note
from commands.core.collect import Collect
from commands.core.ports.chat import Chat, Posted, Unposted
from commands.core.ports.clock import Clock
from commands.core.record import Actor
from commands.core.tell import reply_to
from commands.core.text import Card, Code, Line
from guards.facts import Facts
from guards.policy import Policy
from guards.unread import Unread
from storage import outbox
from storage.database import Store, Tx

ATTEMPTS = 3
"""After this a bundle is given up; each attempt collects anew, so that nothing in it is old."""

READING = 20.0
"""Seconds for all reads outside."""

WHOLE = 40.0
"""Seconds for one attempt: below what a worker gives one message."""

_NAMED = 8
"""Things that are not in a bundle, told by name; the index has them all."""


class HandOver:
    """Makes and hands over bundles.

    Args:
        policy: in force.
        store: the database.
        collect: reads what goes in.
        packer: makes one file of it.
        chat: Slack.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, collect: Collect, packer: Packer, chat: Chat, clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._collect = collect
        self._packer = packer
        self._chat = chat
        self._clock = clock

    async def send(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """One attempt; settles the outbox row."""
        what = f"{payload['service']} {payload['version']}"
        place = await self._chat.tell(str(payload["user"]), _progress(what, 0, 0))
        outcome: Unposted | None
        if isinstance(place, Unposted):
            outcome = place
        else:
            try:
                async with asyncio.timeout(WHOLE):
                    outcome = await self._hand(sending, payload, place)
            except TimeoutError:
                outcome = Unposted(f"it took longer than {WHOLE:g} s")
        await self._settle(sending, payload, place, outcome)

    async def _hand(self, sending: outbox.Sending, payload: Mapping[str, Any], place: Posted) -> Unposted | None:
        service, version = str(payload["service"]), str(payload["version"])
        by = Actor(payload["by"], payload["name"], tuple(payload["roles"]))
        async with _Progress(self._chat, place, f"{service} {version}") as progress:
            collection = await self._collect.read(service, version, by, seconds=READING, told=progress.told)
            packed = await asyncio.to_thread(self._packer.pack, collection)
        facts = Facts(at=self._clock.now(), policy=self._policy)
        await self._store.write(lambda tx: exported(tx, collection, packed, facts, sending.message.correlation))
        refused = await self._chat.upload(place.channel, packed.name, packed.content, title=f"Evidence of {service} {version}")
        if refused is None:
            await self._chat.update(place, _summary(collection, packed))
        return refused

    async def _settle(
        self, sending: outbox.Sending, payload: Mapping[str, Any], place: Posted | Unposted, outcome: Unposted | None
    ) -> None:
        at, correlation = self._clock.now(), sending.message.correlation
        given_up = outcome is not None and (outcome.final or sending.attempts >= ATTEMPTS)
        what = f"{payload['service']} {payload['version']}"

        def work(tx: Tx) -> None:
            if outcome is None:
                outbox.done(tx, sending.id)
            elif given_up:
                facts = Facts(at=at, policy=self._policy)
                by = Actor(payload["by"], payload["name"], tuple(payload["roles"]))
                record.write(
                    tx, "evidence:undelivered", by, facts, correlation, service=payload["service"], version=payload["version"],
                    why=outcome.why,
                )  # fmt: skip
                reply_to(tx, payload["user"], _failed(what, outcome), at, correlation, channel=None, answer_to=None)
                outbox.dead(tx, sending.id, outcome.why)
            else:
                wait = outcome.retry_after if outcome.retry_after is not None else min(2**sending.attempts, 60)
                outbox.retry(tx, sending.id, outcome.why, at + timedelta(seconds=wait))

        await self._store.write(work)
        if outcome is not None and isinstance(place, Posted):
            again = "" if given_up else "; it is tried again"
            await self._chat.update(place, note(f"⏳ Evidence of {what}", (f"It could not be sent ({outcome.why}){again}.",)))


class _Progress:
    """Redraws a card while a bundle is collected: one drawing at a time, and always the newest state."""

    def __init__(self, chat: Chat, place: Posted, what: str) -> None:
        self._chat, self._place, self._what = chat, place, what
        self._state = (0, 0)
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "_Progress":
        self._task = asyncio.create_task(self._draw(), name="evidence-progress")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def told(self, done: int, of: int) -> None:
        """So many steps are done."""
        self._state = (done, of)
        self._bell.set()

    async def _draw(self) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            await self._chat.update(self._place, _progress(self._what, *self._state))


def exported(tx: Tx, collection: Collection, packed: Packed, facts: Facts, correlation: str) -> None:
    """Record that a bundle was made, by its hash."""
    record.write(
        tx, "evidence:exported", collection.by, facts, correlation, service=collection.service,
        version=collection.version, digest=collection.digest, sha256=packed.sha256, size=len(packed.content), signed=packed.signed,
        items=len(collection.items), lacking=[item.title for item in collection.lacking],
    )  # fmt: skip


def _progress(what: str, done: int, of: int) -> Card:
    return note(f"📦 Evidence of {what}", (f"Collecting… {done} of {of}" if of else "Collecting…",))


def _summary(collection: Collection, packed: Packed) -> Card:
    lacking = collection.lacking
    found = len(collection.items) - len(lacking)
    lines: list[Line] = [(f"{found} pieces of evidence and every decision, in ", Code(packed.name), ". Open its index.html.")]
    lines += [(f"Not in it: {item.title}{_why(item.content)}",) for item in lacking[:_NAMED]]
    if len(lacking) > _NAMED:
        lines.append((f"… and {len(lacking) - _NAMED} more; the index says which.",))
    if not packed.signed:
        lines.append(("It is not signed: the bot has no signing key.",))
    lines.append(("SHA-256, as it stands in the ledger: ", Code(packed.sha256)))
    return note(f"📦 Evidence of {collection.service} {collection.version}", *lines)


def _why(content: object) -> str:
    return f" ({content.why})" if isinstance(content, Unread) else " (there is none)"


def _failed(what: str, outcome: Unposted) -> Card:
    again: Line = ("Ask again, or have an operator run ", Code("signalbox evidence export"), ".")
    return note(f"⚠️ Evidence of {what}", (f"It could not be sent: {outcome.why}.",), again)
