"""Sends what the outbox holds: orders to CI, release notes to the VCS, cards, log lines and answers to Slack.

Invariant: a message that may already have been sent is looked up before it is sent again; an order whose outcome is
unknown is never sent again from here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from commands.core import home, mirror, post_release, stop
from commands.core.draw import Draw, Drawn
from commands.core.emergency import access
from commands.core.feeds import hand_over
from commands.core.gather import Gather
from commands.core.hand_over import HandOver
from commands.core.hotfixes import branch as hotfix_branch
from commands.core.ordering import LAST, Ordering
from commands.core.ports.chat import Chat, Posted, Unposted
from commands.core.ports.ci import CI
from commands.core.ports.clock import Clock
from commands.core.publish import Publish
from commands.core.stop import Stop
from commands.core.tell import CARD
from commands.core.text import Card, Code, Moment, Part
from commands.core.trains import branch
from commands.core.trains.integrate import Suite
from guards.facts import Facts
from guards.policy import Policy
from storage import cards as places
from storage import outbox
from storage.database import Store, Tx


class Send:
    """Sends messages.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts for the cards.
        chat: Slack.
        ci: name in the policy's `ci` → the system that deploys.
        clock: the present.
        hand_over: makes and sends evidence bundles.
        publish: sends release notes.
        mirrored: shows merge freezes in version control.
    """

    def __init__(
        self,
        policy: Policy,
        store: Store,
        gather: Gather,
        chat: Chat,
        ci: Mapping[str, CI],
        clock: Clock,
        hand_over: HandOver,
        publish: Publish,
        mirrored: mirror.Mirror,
    ) -> None:
        self._policy = policy
        self._store = store
        self._chat = chat
        self._clock = clock
        self._hand_over = hand_over
        self._publish = publish
        self._mirror = mirrored
        self._draw = Draw(policy, store, gather, clock)
        self._ordering = Ordering(policy, store, gather, ci, clock)
        self._stop = Stop(policy, store, ci, clock)
        self._suite = Suite(policy, store, ci, clock)
        self._homes = home.Homes(policy, store, gather, chat)

    async def send(self, sending: outbox.Sending) -> None:
        """Send one message and settle its row."""
        payload = sending.message.payload
        match sending.message.kind:
            case kind if draw := self._draw.kinds.get(kind):
                await self._card(sending, await draw(payload))
            case "order":
                await self._ordering.deploy(sending, payload)
            case "integration":
                await self._suite.send(sending, payload)
            case access.KIND:
                await self._ordering.access(sending, payload)
            case mirror.KIND:
                await self._mirror.send(sending)
            case stop.KIND:
                await self._stop.send(sending)
            case "pin":
                await self._pin(sending, str(payload["subject"]), stays=bool(payload["stays"]))
            case home.BEAT:
                await self._settle(sending, await self._homes.show(sending))
            case "log":
                await self._log(sending, payload)
            case "alert":
                await self._post(sending, str(payload["channel"]), CARD.validate_python(payload["card"]), subject=str(payload["subject"]))
            case "reply":
                card = CARD.validate_python(payload["card"])
                told = await self._chat.tell(payload["user"], card, channel=payload["channel"], answer_to=payload["answer_to"])
                await self._settle(sending, told)
            case branch.KIND:
                await self._ordering.branch(sending, payload, branch.wanted, branch.answered)
            case hotfix_branch.KIND:
                await self._ordering.branch(sending, payload, hotfix_branch.wanted, hotfix_branch.answered)
            case "thread":
                await self._thread(sending, payload)
            case "evidence":
                await self._hand_over.send(sending, payload)
            case "calendar":
                await self._settle(sending, await hand_over(sending, self._store, self._chat, self._policy.trains.address or ""))
            case post_release.KIND:
                await self._announce(sending, payload)
            case "notes":
                await self._publish.send(sending)
            case other:
                raise ValueError(f"nobody sends messages of kind {other!r}")

    # ------------------------------------------------------------ Slack

    async def _card(self, sending: outbox.Sending, drawn: Drawn | None) -> None:
        """Post a card once, from then on edit it."""
        if drawn is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "what it shows is gone"))
            return
        place = await self._store.read(lambda tx: places.place(tx, drawn.subject))

        def kept(tx: Tx, posted: Posted) -> None:
            if place is None:
                places.put(tx, places.Place(drawn.subject, posted.channel, posted.ts, drawn.thread))
            if drawn.kept:
                drawn.kept(tx, place is None)

        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), drawn.card), kept)
        else:
            await self._post(sending, drawn.channel, drawn.card, subject=drawn.subject, thread=drawn.thread, then=kept)

    async def _pin(self, sending: outbox.Sending, subject: str, *, stays: bool) -> None:
        place = await self._store.read(lambda tx: places.place(tx, subject))
        if place is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "there is no card to pin"))
            return
        posted = Posted(place.channel, place.ts)
        await self._settle(sending, await self._chat.pin(posted, stays=stays) or posted)

    async def _announce(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """Tell of a release: what is owed for it is done once Slack took the message (REC-12)."""
        obligation, facts = str(payload["obligation"]), Facts(at=self._clock.now(), policy=self._policy)
        await self._post(
            sending, str(payload["channel"]), CARD.validate_python(payload["card"]), subject=f"announcement:{payload['change']}",
            then=lambda tx, p: post_release.announced(tx, obligation, p, facts, sending.message.correlation),
        )  # fmt: skip

    async def _log(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        change_id = str(payload["change"])
        place = await self._store.read(lambda tx: places.place(tx, change_id))
        if place is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "there is no card to write below"))
            return
        at = datetime.fromisoformat(payload["at"])
        card = Card("", parts=(Part(((str(payload["text"]),),)),), footer=(Moment(at, self._policy.zone), " · ", Code(change_id)))
        await self._post(sending, place.channel, card, subject=f"log:{sending.id}", thread=place.ts)

    async def _thread(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """Something about a run, in the thread of its card; by itself in the train's channel while there is none."""
        place = await self._store.read(lambda tx: places.place(tx, str(payload["run"])))
        channel, thread = (place.channel, place.ts) if place else (str(payload["channel"]), None)
        await self._post(sending, channel, CARD.validate_python(payload["card"]), subject=str(payload["subject"]), thread=thread)

    async def _post(
        self, sending: outbox.Sending, channel: str, card: Card, *, subject: str, thread: str | None = None,
        then: Callable[[Tx, Posted], None] | None = None,
    ) -> None:  # fmt: skip
        """Post once: when an earlier attempt may have got through, look for it first (OPS-07).

        Args:
            sending: its row.
            channel, card, subject, thread: what goes where.
            then: remembers where a card stands; only what is redrawn later has it.
        """
        if sending.was_sending or sending.attempts > 1:
            found = await self._chat.find(channel, subject=subject, thread=thread)
            if isinstance(found, Posted):
                # what stands there was drawn then; a card shows what is true now
                await self._settle(sending, await self._chat.update(found, card) if then else found, then)
                return
            if isinstance(found, Unposted):  # it may stand there: posting now could show it twice
                await self._settle(sending, found)
                return
        await self._settle(sending, await self._chat.post(channel, card, subject=subject, thread=thread), then)

    async def _settle(self, sending: outbox.Sending, outcome: Posted | Unposted, then: Callable[[Tx, Posted], None] | None = None) -> None:
        now = self._clock.now()

        def work(tx: Tx) -> None:
            match outcome:
                case Posted():
                    if then:
                        then(tx, outcome)
                    outbox.done(tx, sending.id)
                case Unposted() if outcome.final or (sending.attempts >= LAST and not outcome.away):
                    outbox.dead(tx, sending.id, outcome.why)
                case Unposted():
                    wait = outcome.retry_after if outcome.retry_after is not None else min(2**sending.attempts, 60)
                    outbox.retry(tx, sending.id, outcome.why, now + timedelta(seconds=wait))

        await self._store.write(work)
