"""Draws each card as what it is about stands now.

Invariant: a card shows what is true when it is drawn; where it stands already, and how it is sent, its drawer does not know.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from commands.core import calendar_post, freezing
from commands.core.change_card import change_card
from commands.core.command import Ask
from commands.core.emergency import redraw as emergency
from commands.core.emergency import tell as emergencies
from commands.core.emergency.card import emergency_card
from commands.core.exempt_card import exception_card
from commands.core.gather import Gather
from commands.core.hotfixes import hotfix_work
from commands.core.hotfixes.card import hotfix_card, told
from commands.core.incident_card import incident_card
from commands.core.inside import inside
from commands.core.ports.clock import Clock
from commands.core.set_card import set_card
from commands.core.tell import incident_channel
from commands.core.text import Card
from commands.core.trains import checklist
from commands.core.trains.roll_call_card import roll_call_card
from commands.core.trains.show import pin_later, run_card
from guards.change import Change
from guards.facts import Facts
from guards.manifest import SetStanding
from guards.policy import Policy
from guards.train import Train
from storage import cards as places
from storage import exceptions, freezes, hotfixes
from storage.database import Store, Tx


@dataclass(frozen=True, slots=True)
class Drawn:
    """A card, and where it is posted the first time.

    Args:
        subject: what it is found by; one card for each.
        channel: Slack's id.
        card: as it reads now.
        thread: the message below which it stands; None for one by itself.
        kept: what else is written once Slack has it; the argument says whether it was posted anew.
    """

    subject: str
    channel: str
    card: Card
    thread: str | None = None
    kept: Callable[[Tx, bool], None] | None = None


class Draw:
    """Draws cards.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts for the cards.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, gather: Gather, clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._gather = gather
        self._clock = clock
        self.kinds: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[Drawn | None]]] = {
            "card": self._change,
            calendar_post.KIND: self._calendar,
            "set": self._set,
            "exception": self._exception,
            emergency.KIND: self._emergency,
            freezing.KIND: self._freeze,
            hotfix_work.KIND: self._hotfix,
            "incident": self._incident,
            "roll-call": self._roll_call,
            "train": self._train,
        }
        """Kind of message → what draws it from its payload; None for what is gone."""

    def _now(self) -> Facts:
        return Facts(at=self._clock.now(), policy=self._policy)

    async def _seen(self, ask: Ask) -> Facts:
        outside = await self._gather.outside(ask)
        return await self._store.read(lambda tx: inside(tx, ask, outside, only_reading=True))

    async def _calendar(self, payload: Mapping[str, Any]) -> Drawn | None:
        channel = str(payload["channel"])
        if channel != self._policy.slack.calendar:
            return None
        outside = await self._gather.outside(Ask())

        def read(tx: Tx) -> Card:
            return calendar_post.calendar_card(tx, inside(tx, Ask(), outside, only_reading=True))

        card, subject = await self._store.read(read), calendar_post.subject_of(channel)

        def kept(tx: Tx, anew: bool) -> None:
            if anew:
                pin_later(tx, subject, channel, self._now(), stays=True)

        return Drawn(subject, channel, card, kept=kept)

    async def _change(self, payload: Mapping[str, Any]) -> Drawn | None:
        facts = await self._seen(Ask(change=str(payload["change"])))
        change = facts.change
        if not isinstance(change, Change):
            return None
        return Drawn(change.id, self._policy.services[change.content.service].channel, change_card(change, facts))

    async def _set(self, payload: Mapping[str, Any]) -> Drawn | None:
        facts = await self._seen(Ask(set=str(payload["set"])))
        promotion = facts.set.promotion if isinstance(facts.set, SetStanding) else None
        if promotion is None or not isinstance(facts.set, SetStanding):
            return None
        return Drawn(promotion.id, promotion.channel, set_card(facts.set, facts))

    async def _exception(self, payload: Mapping[str, Any]) -> Drawn | None:
        now = self._now()
        exemption, held = await self._store.read(lambda tx: (exceptions.get(tx, str(payload["exception"])), freezes.current(tx, now.at)))
        return Drawn(exemption.id, str(payload["channel"]), exception_card(exemption, replace(now, freezes=held))) if exemption else None

    async def _emergency(self, payload: Mapping[str, Any]) -> Drawn | None:
        id = str(payload["emergency"])  # noqa: A001
        ask = Ask(emergency=id)
        outside = await self._gather.outside(ask)
        facts, seen = await self._store.read(lambda tx: (inside(tx, ask, outside, only_reading=True), emergencies.read(tx, id)))
        return Drawn(id, str(payload["channel"]), emergency_card(seen, facts)) if seen else None

    async def _freeze(self, payload: Mapping[str, Any]) -> Drawn | None:
        """In one of its channels: it has a card in each."""
        id, channel, facts = str(payload["freeze"]), str(payload["channel"]), self._now()  # noqa: A001
        card = await self._store.read(lambda tx: freezing.drawn(tx, id, facts))
        return Drawn(freezing.subject_of(id, channel), channel, card) if card else None

    async def _hotfix(self, payload: Mapping[str, Any]) -> Drawn | None:
        id = str(payload["hotfix"])  # noqa: A001
        found = await self._store.read(lambda tx: told(tx, one) if (one := hotfixes.get(tx, id)) else None)
        return Drawn(id, str(payload["channel"]), hotfix_card(found, self._now())) if found else None

    async def _incident(self, payload: Mapping[str, Any]) -> Drawn | None:
        reference, facts = str(payload["incident"]), self._now()
        card = await self._store.read(lambda tx: incident_card(tx, reference, facts))
        return Drawn(reference, incident_channel(self._policy), card) if card else None

    async def _roll_call(self, payload: Mapping[str, Any]) -> Drawn | None:
        """A run's go/no-go, below the run's own card where that stands."""
        run = str(payload["run"])
        facts = await self._seen(Ask(run=run, go=True))
        above = await self._store.read(lambda tx: places.place(tx, run))
        if not isinstance(facts.train, Train):
            return None
        card, channel = roll_call_card(facts), above.channel if above else facts.train.channel
        return Drawn(f"go:{run}", channel, card, above.ts if above else None, kept=lambda tx, anew: checklist.keep(tx, facts))

    async def _train(self, payload: Mapping[str, Any]) -> Drawn | None:
        """A run of a train; its card is pinned as long as the run is open."""
        run, facts = str(payload["run"]), self._now()
        found = await self._store.read(lambda tx: run_card(tx, run, facts))
        if found is None:
            return None

        def kept(tx: Tx, anew: bool) -> None:
            if anew or not found.open:
                pin_later(tx, run, found.channel, facts, stays=anew)

        return Drawn(run, found.channel, found.card, kept=kept)
