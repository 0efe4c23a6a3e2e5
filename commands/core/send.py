"""Sends what the outbox holds: orders to CI, release notes to the VCS, cards, log lines and answers to Slack.

Invariant: a message that may already have been sent is looked up before it is sent again; an order whose outcome is
unknown is never sent again from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from commands.core import follow, freezing, home, mirror, post_release, stop
from commands.core.change_card import change_card
from commands.core.command import Ask
from commands.core.dispatch import advance
from commands.core.emergency import access
from commands.core.emergency import redraw as emergency
from commands.core.emergency import tell as emergencies
from commands.core.emergency.card import emergency_card
from commands.core.exempt_card import exception_card
from commands.core.feeds import hand_over
from commands.core.gather import Gather
from commands.core.hand_over import HandOver
from commands.core.hotfixes import branch as hotfix_branch
from commands.core.hotfixes import hotfix_work
from commands.core.hotfixes.card import hotfix_card, told
from commands.core.incident_card import incident_card
from commands.core.inside import inside
from commands.core.ports.chat import Chat, Posted, Unposted
from commands.core.ports.ci import CI, Order, Started, TurnedDown, Unknown
from commands.core.ports.clock import Clock
from commands.core.publish import Publish
from commands.core.set_card import set_card
from commands.core.stop import Stop
from commands.core.tell import CARD, incident_channel
from commands.core.text import Card, Code, Moment, Part
from commands.core.trains import branch
from commands.core.trains.integrate import Suite
from commands.core.trains.roll_call_card import roll_call_card
from commands.core.trains.show import pin_later, run_card
from guards.change import Change
from guards.facts import Facts
from guards.lifecycle import State
from guards.manifest import SetStanding
from guards.policy import Policy
from guards.train import Train
from guards.unread import Unread
from storage import cards as places
from storage import changes, claims, exceptions, hotfixes, outbox
from storage.database import Store, Tx

ORDER = TypeAdapter(Order)
STALE = timedelta(seconds=60)
"""An order that was not sent by then is judged again first: the bot was down, and the window may be closed (CMD-12)."""

LAST = 8
"""Attempts after which a message to Slack is given up."""


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
        self._gather = gather
        self._chat = chat
        self._ci = ci
        self._clock = clock
        self._hand_over = hand_over
        self._publish = publish
        self._mirror = mirrored
        self._stop = Stop(policy, store, ci, clock)
        self._suite = Suite(policy, store, ci, clock)
        self._homes = home.Homes(policy, store, gather, chat)

    async def send(self, sending: outbox.Sending) -> None:
        """Send one message and settle its row."""
        payload = sending.message.payload
        match sending.message.kind:
            case "order":
                await self._order(sending, payload)
            case "card":
                await self._card(sending, str(payload["change"]))
            case "set":
                await self._set(sending, str(payload["set"]))
            case "incident":
                await self._incident(sending, str(payload["incident"]))
            case "integration":
                await self._suite.send(sending, payload)
            case "exception":
                await self._exception(sending, str(payload["exception"]), str(payload["channel"]))
            case access.KIND:
                await self._access(sending, payload)
            case emergency.KIND:
                await self._emergency(sending, str(payload["emergency"]), str(payload["channel"]))
            case freezing.KIND:
                await self._freeze(sending, str(payload["freeze"]), str(payload["channel"]))
            case mirror.KIND:
                await self._mirror.send(sending)
            case stop.KIND:
                await self._stop.send(sending)
            case "roll-call":
                await self._roll_call(sending, str(payload["run"]))
            case "train":
                await self._train(sending, str(payload["run"]))
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
                await self._branch(sending, payload, branch.wanted, branch.answered)
            case hotfix_branch.KIND:
                await self._branch(sending, payload, hotfix_branch.wanted, hotfix_branch.answered)
            case hotfix_work.KIND:
                await self._hotfix(sending, str(payload["hotfix"]), str(payload["channel"]))
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

    # ------------------------------------------------------------ CI

    async def _order(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        order = ORDER.validate_python(payload["order"])
        if sending.was_sending:
            # its sender died in the middle: CI may have got it, so it is looked up, never sent from here
            answer: Started | TurnedDown | Unknown = Unknown("the bot was interrupted while it asked")
        elif await self._overtaken(order, datetime.fromisoformat(payload["at"])):
            await self._judge_again(sending, order)
            return
        else:
            answer = await self._ci[payload["ci"]].start(order)
        facts = Facts(at=self._clock.now(), policy=self._policy)
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
        """Whether an order is not what was judged any more: it waited too long, or a freeze began since (FRZ-03)."""
        now = self._clock.now()
        return now - at > STALE or await self._store.read(lambda tx: freezing.began_since(tx, order.change, at, now))

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

    async def _branch(
        self, sending: outbox.Sending, payload: Mapping[str, Any], wanted: Callable[[Tx, str], bool],
        answered: Callable[[Tx, str, Started | TurnedDown | Unknown, Facts, str], None],
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
        answer: Started | TurnedDown | Unknown = Unknown("the bot was interrupted while it asked")
        if not sending.was_sending:
            answer = await self._ci[payload["ci"]].branch(order)
        facts = Facts(at=self._clock.now(), policy=self._policy)

        def work(tx: Tx) -> None:
            if isinstance(answer, TurnedDown) and answer.retry_after is not None and sending.attempts < LAST:
                outbox.retry(tx, sending.id, answer.why, facts.at + timedelta(seconds=answer.retry_after))
                return
            answered(tx, order.key, answer, facts, sending.message.correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)

    async def _access(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """Have break-glass access opened or closed: once, and never again when nobody knows whether CI took the order (EMG-18)."""
        order = access.ORDER.validate_python(payload["order"])
        facts = Facts(at=self._clock.now(), policy=self._policy)
        if not await self._store.read(lambda tx: access.wanted(tx, order, facts.at)):
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the access is over"))
            return
        answer: Started | TurnedDown | Unknown = Unknown("the bot was interrupted while it asked")
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

    # ------------------------------------------------------------ Slack

    async def _card(self, sending: outbox.Sending, change_id: str) -> None:
        """Draw the change as it is now: post its card once, from then on edit it."""
        ask = Ask(change=change_id)
        outside = await self._gather.outside(ask)
        facts, place = await self._store.read(lambda tx: (inside(tx, ask, outside, only_reading=True), places.place(tx, change_id)))
        if not isinstance(facts.change, Change):
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the change is gone"))
            return
        card = change_card(facts.change, facts)
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), card))
            return
        channel = self._policy.services[facts.change.content.service].channel
        await self._post(
            sending, channel, card, subject=change_id, then=lambda tx, p: places.put(tx, places.Place(change_id, p.channel, p.ts))
        )

    async def _set(self, sending: outbox.Sending, id: str) -> None:  # noqa: A002
        """Draw the set promotion as it is now: post its card once, from then on edit it."""
        ask = Ask(set=id)
        outside = await self._gather.outside(ask)
        facts, place = await self._store.read(lambda tx: (inside(tx, ask, outside, only_reading=True), places.place(tx, id)))
        if not isinstance(facts.set, SetStanding) or facts.set.promotion is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the set promotion is gone"))
            return
        card = set_card(facts.set, facts)
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), card))
            return
        channel = facts.set.promotion.channel
        await self._post(sending, channel, card, subject=id, then=lambda tx, p: places.put(tx, places.Place(id, p.channel, p.ts)))

    async def _exception(self, sending: outbox.Sending, id: str, channel: str) -> None:  # noqa: A002
        """Draw the exception as it is now: post its card once, from then on edit it."""
        exemption, place = await self._store.read(lambda tx: (exceptions.get(tx, id), places.place(tx, id)))
        if exemption is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the exception is gone"))
            return
        card = exception_card(exemption, Facts(at=self._clock.now(), policy=self._policy))
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), card))
            return
        await self._post(sending, channel, card, subject=id, then=lambda tx, p: places.put(tx, places.Place(id, p.channel, p.ts)))

    async def _emergency(self, sending: outbox.Sending, id: str, channel: str) -> None:  # noqa: A002
        """Draw the emergency as it is now: post its card once, from then on edit it."""
        ask = Ask(emergency=id)
        outside = await self._gather.outside(ask)
        facts, seen, place = await self._store.read(
            lambda tx: (inside(tx, ask, outside, only_reading=True), emergencies.read(tx, id), places.place(tx, id))
        )
        if seen is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the emergency is gone"))
            return
        card = emergency_card(seen, facts)
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), card))
            return
        await self._post(sending, channel, card, subject=id, then=lambda tx, p: places.put(tx, places.Place(id, p.channel, p.ts)))

    async def _freeze(self, sending: outbox.Sending, id: str, channel: str) -> None:  # noqa: A002
        """Draw the freeze as it is now in one of its channels: post its card there once, from then on edit it."""
        facts, subject = Facts(at=self._clock.now(), policy=self._policy), freezing.subject_of(id, channel)
        found, place = await self._store.read(lambda tx: (freezing.drawn(tx, id, facts), places.place(tx, subject)))
        if found is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the freeze is gone"))
            return
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), found))
            return
        await self._post(
            sending, channel, found, subject=subject, then=lambda tx, p: places.put(tx, places.Place(subject, p.channel, p.ts))
        )  # fmt: skip

    async def _hotfix(self, sending: outbox.Sending, id: str, channel: str) -> None:  # noqa: A002
        """Draw the hotfix as it is now: post its card once, from then on edit it."""
        found, place = await self._store.read(
            lambda tx: (told(tx, one) if (one := hotfixes.get(tx, id)) else None, places.place(tx, id))
        )  # fmt: skip
        if found is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the hotfix is gone"))
            return
        card = hotfix_card(found, Facts(at=self._clock.now(), policy=self._policy))
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), card))
            return
        await self._post(sending, channel, card, subject=id, then=lambda tx, p: places.put(tx, places.Place(id, p.channel, p.ts)))

    async def _incident(self, sending: outbox.Sending, reference: str) -> None:
        """Draw the incident as it is now: post its card once, from then on edit it."""
        facts = Facts(at=self._clock.now(), policy=self._policy)
        found, place = await self._store.read(lambda tx: (incident_card(tx, reference, facts), places.place(tx, reference)))
        if found is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the incident is gone"))
            return
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), found))
            return
        await self._post(
            sending, incident_channel(self._policy), found, subject=reference,
            then=lambda tx, p: places.put(tx, places.Place(reference, p.channel, p.ts)),
        )  # fmt: skip

    async def _roll_call(self, sending: outbox.Sending, run: str) -> None:
        """Draw a run's go/no-go as it is now: post its card once, below the run's own card where that stands, from then on edit it."""
        ask, subject = Ask(run=run, go=True), f"go:{run}"
        outside = await self._gather.outside(ask)
        facts, place, above = await self._store.read(
            lambda tx: (inside(tx, ask, outside, only_reading=True), places.place(tx, subject), places.place(tx, run))
        )
        if not isinstance(facts.train, Train):
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the run is gone"))
            return
        card, thread = roll_call_card(facts), above.ts if above else None
        if place:
            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), card))
            return
        channel = above.channel if above else facts.train.channel
        await self._post(
            sending, channel, card, subject=subject, thread=thread,
            then=lambda tx, p: places.put(tx, places.Place(subject, p.channel, p.ts, thread)),
        )  # fmt: skip

    async def _train(self, sending: outbox.Sending, run: str) -> None:
        """Draw the run of a train as it is now: post and pin its card once, from then on edit it."""
        facts = Facts(at=self._clock.now(), policy=self._policy)
        found, place = await self._store.read(lambda tx: (run_card(tx, run, facts), places.place(tx, run)))
        if found is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "the run is gone"))
            return
        if place:

            def redrawn(tx: Tx, _: Posted) -> None:
                if not found.open:
                    pin_later(tx, run, found.channel, facts, stays=False)

            await self._settle(sending, await self._chat.update(Posted(place.channel, place.ts), found.card), redrawn)
            return

        def posted(tx: Tx, p: Posted) -> None:
            places.put(tx, places.Place(run, p.channel, p.ts))
            pin_later(tx, run, found.channel, facts, stays=True)

        await self._post(sending, found.channel, found.card, subject=run, then=posted)

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
            if isinstance(found, Unread):  # it may stand there: posting now could show it twice
                await self._settle(sending, Unposted(f"could not read {found.what} ({found.why})", maybe=True))
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
                case Unposted() if outcome.final or sending.attempts >= LAST:
                    outbox.dead(tx, sending.id, outcome.why)
                case Unposted():
                    wait = outcome.retry_after if outcome.retry_after is not None else min(2**sending.attempts, 60)
                    outbox.retry(tx, sending.id, outcome.why, now + timedelta(seconds=wait))

        await self._store.write(work)
