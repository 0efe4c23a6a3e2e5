"""What stands beside the demo's page: the clock, the faults, the panel and the tour.

Invariant: it exists in the demo alone; the bot that it plays with is built like any other, and has no other way in than Slack's and CI's.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import override

from bot.demo import completion
from bot.demo.ci_process import CIError
from bot.demo.company import Company
from bot.demo.jumps import Jump, Jumps
from bot.demo.panel import panel
from bot.demo.playground import Playground
from bot.demo.tour import Tour
from bot.workspace import Person
from bot.workspace.page import Beside
from bot.workspace.text import Json
from guards.opening import local
from storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that a person can switch on.

    Args:
        label: on its button.
        told: what is so from then on.
        mode, times: for the demo's CI.
    """

    label: str
    told: str
    mode: str
    times: int = 1


TROUBLES = {
    "slow": Trouble("CI slow", "The next run takes 20 seconds.", "slow"),
    "down": Trouble("CI down", "CI answers 503 until all is well again.", "down", 1000),
    "lost": Trouble("CI's answer lost", "CI takes the next order, and its answer never arrives.", "drop_answer"),
    "silent": Trouble("CI never calls back", "CI carries out the next run and tells nobody.", "silent"),
    "fail": Trouble("Run fails", "The next run fails.", "fail"),
    "registry": Trouble("Registry down", "The registry answers 503 until all is well again.", "registry_down", 1000),
    "well": Trouble("All well", "All is well again.", "ok"),
}


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Clock(_Wanted):
    what: Literal["clock"]
    to: Literal["hour", "morning", "cutoff", "decision", "window", "timer", "change"]


class _Trouble(_Wanted):
    what: Literal["trouble"]
    name: str


class _Again(_Wanted):
    what: Literal["redeliver", "restart"]


class _TourStep(_Wanted):
    what: Literal["tour"]
    do: str = Field(max_length=40)


_WANTED = TypeAdapter[_Clock | _Trouble | _Again | _TourStep](_Clock | _Trouble | _Again | _TourStep)


class Backstage(Beside):
    """The demo's own part of the page.

    Args:
        company: what is played with; only the demo's own company has a tour.
        marked: said on the page all the time, or "".
    """

    def __init__(self, company: Playground, marked: str = "") -> None:
        self._company, self._marked = company, marked
        self._zone = company.house.policy.zone
        self._jumps = Jumps(company)
        self._tour = Tour(company) if isinstance(company, Company) else None
        self._shown: Json | None = None
        self._one_at_a_time = asyncio.Lock()

    @override
    def words(self) -> list[Json]:
        return completion.words(self._company.house.policy)

    @override
    async def look(self, person: Person) -> Json | None:
        with suppress(StorageError, CIError):  # the bot is just being started again, or CI's process is gone: what was last seen stays
            self._shown = await self._look()
        return self._shown

    async def _look(self) -> Json:
        company = self._company
        if self._tour:
            await self._tour.go_on()
        return {
            "marked": self._marked,
            "clock": [self._drawn(to, each) for to, each in (await self._jumps.ahead()).items()],
            "troubles": [{"name": name, "label": each.label, "told": each.told} for name, each in TROUBLES.items()],
            "trouble": TROUBLES[self._company.trouble].told if self._company.trouble else "",
            "tour": self._tour.shown() if self._tour else {"stories": [], "step": None},
            **await panel(company, self._zone),
        }

    @override
    async def act(self, person: Person, wanted: dict[str, Any]) -> str | None:
        try:
            asked = _WANTED.validate_python(wanted)
        except ValidationError as error:
            raise ValueError("there is no such thing to do here") from error
        async with self._one_at_a_time:
            match asked:
                case _Clock(to=to):
                    return await self._move(to)
                case _Trouble(name=name):
                    return await self._trouble_with(name)
                case _TourStep(do=do):
                    if self._tour is None:
                        raise LookupError("the tour is of the demo's own company")
                    await self._tour.turn(do)
                    return None
                case _Again(what="redeliver"):
                    return await self._redeliver(person)
                case _Again():
                    await self._company.restart()
                    return "The bot was cut off in the middle of whatever it did, and started again on the same database."

    async def _move(self, to: str) -> str | None:
        company = self._company
        jump = (await self._jumps.ahead())[to]
        if jump.at is None:
            raise LookupError(jump.why)
        await company.pass_time(max(jump.at - company.clock.now(), timedelta()))
        return f"It is {company.clock.now().astimezone(ZoneInfo(self._zone)):%A %-d %B %Y, %H:%M %Z} now."

    def _drawn(self, to: str, jump: Jump) -> Json:
        """A button of the clock; the moments that go on with the clock itself are not told with it."""
        at = local(jump.at, self._zone, self._company.clock.now()) if jump.at and to not in {"hour", "morning"} else ""
        return {"to": to, "label": jump.label, "at": at, "why": "" if jump.at else jump.why}

    async def _trouble_with(self, name: str) -> str:
        trouble = TROUBLES.get(name)
        if trouble is None:
            raise LookupError(f"there is no trouble called {name}")
        await self._company.ci.misbehave(trouble.mode, trouble.times, seconds=20.0)
        self._company.trouble = name if trouble.mode != "ok" else ""
        self._company.slack.notify(f"the demo: {trouble.told}")
        return trouble.told

    async def _redeliver(self, person: Person) -> str:
        company = self._company
        last = company.slack.last(person)
        if last is None:
            raise LookupError(f"{person.name} has done nothing yet that could be delivered again")
        await company.house.workers.quiet()
        before = await company.traces()
        again = await company.again(last)
        more = [f"{many} more in {where}" for where, many in ((await company.traces()) - before).items()]
        did = f"and then there was {' and '.join(more)}" if more else "and did nothing: no entry in the ledger, no message, no call of CI"
        return f"Slack delivered {person.name}'s last {_NAMES[last.kind]} a second time; the bot answered {again.status}, {did}."


_NAMES = {"slash_commands": "command", "interactive": "click or form", "events_api": "event"}
