"""A small Slack and the real bot on this machine, with a clock that can be moved: what every demo has, whoever its neighbours are.

Invariant: people reach the bot by signed Slack requests over HTTP; whatever was started is ended with the playground.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

from bot.build import House, build
from bot.demo.clock import StoryClock
from bot.neighbours import Neighbours
from bot.settings import Settings
from bot.workspace import Channel, Exchange, Message, Person, Workspace
from bot.workspace.manifest import App
from commands.core import checkpoints
from commands.core.change_card import STATES
from guards.change import Change
from guards.policy import Policy
from storage import audit, chain, changes, timers

BEGIN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in Berlin: inside the change window."""

AT_WORK = tuple(f"{emoji} " for state, (emoji, _) in STATES.items() if state.value in {"dispatching", "running", "unknown"})
_PATIENCE = 20.0  # seconds for what CI does in a moment; only a broken demo uses them up


class Controls(Protocol):
    """What a demo does at its CI."""

    async def call_back(self, bot: str) -> None:
        """Tell it where the bot is."""
        ...

    async def misbehave(self, mode: str, times: int = 1, *, seconds: float = 3.0) -> None:
        """Have something go wrong; see `ci_faults.Fault`."""
        ...

    async def calls(self) -> list[dict[str, Any]]:
        """What the bot asked of it: `at`, `method`, `path` and `status` of each call, oldest first."""
        ...

    async def set_clock(self) -> None:
        """Have its clock show the story's time."""
        ...


class Playground:
    """Start it with `async with`; a subclass opens it.

    Args:
        folder: empty; everything lies below it.
        app: what the bot may do in Slack.
        team: the workspace's id.

    Attributes:
        clock, slack, people, ci, house, releases: its parts.
        trouble: the name of the fault that somebody switched on, or "".
    """

    ci: Controls

    def __init__(self, folder: Path, app: App, team: str = "T0SIGNAL") -> None:
        self.folder = folder
        self.clock = StoryClock.starting(BEGIN)
        self.slack = Workspace(self.clock.now, app=app, team=team, stamps=lambda: self.clock.now().timestamp())
        self.people: dict[str, Person] = {}
        self.house: House
        self.releases: Channel
        self.trouble = ""
        self._settings: Settings
        self._policy: Policy
        self._neighbours: Neighbours | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        """Start everything, the bot last (`_begin`), and have the stack end it."""
        raise NotImplementedError

    async def _begin(self) -> None:
        self.house = await build(self._settings, self._policy, self.clock, self._neighbours)
        await self.house.start()
        self.slack.aim(f"{self.bot}/slack/events")

    async def _end(self) -> None:
        await self.house.stop()

    async def restart(self) -> None:
        """Cut the bot off in the middle of whatever it does, and start another one on the same database."""
        await self.house.stop(0)
        await self._begin()
        await self.ci.call_back(self.bot)
        self.slack.notify("the demo: the bot was cut off and started again")

    @property
    def bot(self) -> str:
        """The bot's base URL."""
        return f"http://127.0.0.1:{self.house.ports[0]}"

    # ------------------------------------------------------------ what people do

    async def say(self, who: str, text: str) -> Exchange:
        """Somebody types a command in #releases; returns when the bot has nothing left to do for it."""
        return await self._settled(await self.slack.say(self.people[who], self.releases, text))

    async def press(self, who: str, label: str, card: Message) -> Exchange:
        """Somebody presses a button on a card."""
        return await self._settled(await self.slack.press(self.people[who], card, label))

    async def fill(self, who: str, **answers: object) -> Exchange:
        """Somebody fills in the form that is open before them, and sends it."""
        return await self._settled(await self.slack.submit(self.people[who], answers))

    async def again(self, exchange: Exchange) -> Exchange:
        """Slack delivers the same thing once more, as it does when an answer was lost on the way."""
        return await self._settled(await self.slack.redeliver(exchange))

    async def _settled(self, exchange: Exchange) -> Exchange:
        await self.house.workers.quiet()
        return exchange

    async def pass_time(self, by: timedelta) -> None:
        """Move everybody's clock, and have done what is due by then."""
        await self.house.workers.quiet()
        self.clock.move(by)
        await self.ci.set_clock()
        await self.house.workers.quiet()  # what others tell at the new time is known before anything is due
        for _ in range(3):  # what is due now may set another timer for now
            await self.house.workers.tick()
            await self.house.workers.quiet()

    async def next_due(self) -> datetime | None:
        """When something that people may wait for is to be done next, UTC; None when nothing is."""
        return await self.house.store.read(lambda tx: timers.next_due(tx, but=(checkpoints.KIND,)))

    # ------------------------------------------------------------ what there is to see

    def cards(self) -> list[Message]:
        """The cards of changes in #releases, oldest first."""
        return [m for m in self.slack.messages(self.releases) if m.thread_ts in (None, m.ts) and subject(m).startswith("CR-")]

    def card(self, change: str) -> Message:
        """The card of a change.

        Raises:
            LookupError: there is none.
        """
        return self.about(change)

    def about(self, id: str) -> Message:  # noqa: A002
        """The card of a change, a set, or a run of a train in #releases.

        Raises:
            LookupError: there is none.
        """
        for card in self.slack.messages(self.releases):
            if card.thread_ts in (None, card.ts) and subject(card) == id:
                return card
        raise LookupError(f"{id} has no card in #releases")

    def thread(self, card: Message) -> list[Message]:
        """The log below a card, oldest first."""
        return [m for m in self.slack.messages(self.releases) if m.thread_ts == card.ts and m.ts != card.ts]

    def told(self, who: str) -> list[Message]:
        """What somebody was told privately, oldest first."""
        return self.slack.private(self.people[who])

    def at_work(self) -> bool:
        """Whether a card says that CI is at work."""
        return any(title(card).startswith(AT_WORK) for card in self.cards())

    async def until(self, so: Callable[[], object], seconds: float = _PATIENCE) -> None:
        """Wait until something in Slack is so, and the bot has nothing left to do.

        Raises:
            TimeoutError: with everything that happened in Slack.
        """
        await self.slack.until(so, seconds)
        await self.house.workers.quiet()

    async def changes(self) -> list[Change]:
        """All changes, newest first."""
        return await self.house.store.read(lambda tx: changes.recent(tx, None, 100))

    async def change(self, id: str) -> Change | None:  # noqa: A002
        """One change as the database has it."""
        return await self.house.store.read(lambda tx: changes.get(tx, id))

    async def ledger(self) -> list[chain.Row]:
        """Every entry, oldest first."""
        return await self.house.store.read(lambda tx: list(audit.rows(tx)))

    async def traces(self) -> Counter[str]:
        """How much there is of what the bot leaves behind, by where it is."""
        told = len(self.slack.state.messages)
        return Counter({"the ledger": len(await self.ledger()), "Slack": told, "CI's log": len(await self.ci.calls())})

    async def verified(self) -> chain.Sound | chain.Broken:
        """What `signalbox audit verify` finds."""
        return await self.house.store.read(lambda tx: chain.verify(audit.rows(tx), audit.head(tx)))


def subject(message: Message) -> str:
    """What a message of the bot is about: the change's id, for its card."""
    return str(((message.metadata or {}).get("event_payload") or {}).get("subject", ""))


def title(message: Message) -> str:
    """The headline of a card."""
    return message.as_text().partition("\n")[0]
