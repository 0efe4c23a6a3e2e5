"""The guided tour: stories of a few steps that a person plays by themselves, and can leave at any of them.

Invariant: a step is over only when what it asks for has happened in the ledger, in Slack or at CI; nothing that a step asks for is played
for the person.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.people import BY_NAME
from bot.demo.steps import Places, Step, Story
from bot.demo.stories import DUTIES, FAULT, PROMOTION
from bot.demo.tour_freeze import FREEZE
from bot.demo.tour_train import TRAIN
from bot.workspace.text import Json


@dataclass(slots=True)
class _Playing:
    story: Story
    places: Places = field(default_factory=dict)
    at: int = -1
    since: int = 0
    """Entries in the ledger when the step began."""
    busy: bool = False
    """Whether others do what comes before the next step."""


class Tour:
    """One tour through one company; every page of it shows the same step.

    Args:
        company: where it is played.
    """

    def __init__(self, company: Company) -> None:
        self._company = company
        self._stories = {each.name: each for each in (PROMOTION, DUTIES, TRAIN, FREEZE, FAULT)}
        self._playing: _Playing | None = None
        self._done: list[str] = []
        self._going = asyncio.Lock()

    async def turn(self, do: str) -> None:
        """Begin a story by its name, go on (`next`), let time pass until what a step waits for (`pass`), or leave (`leave`).

        Raises:
            LookupError: there is no such story, or this step is over only when something has happened.
        """
        if do == "leave":
            self._playing = None
        elif do == "next":
            playing = self._playing
            if playing is None or self._step(playing).until is not None:
                raise LookupError("this step goes on by itself when it has happened")
            await self._move(playing)
        elif do == "pass":
            if self._playing is None or not (place := self._step(self._playing).moment):
                raise LookupError("this step waits for no moment")
            await self._company.pass_time(max(_moment(self._playing.places[place]) - self._company.clock.now(), timedelta(0)))
        elif do in self._stories:
            self._playing = playing = _Playing(self._stories[do])
            self._company.slack.notify(f"the tour begins: {playing.story.title}")
            playing.places = await playing.story.prepare(self._company)
            if self._playing is playing:
                await self._move(playing)
        else:
            raise LookupError(f"there is no story called {do}")
        self._company.slack.notify("the tour goes on")

    async def go_on(self) -> None:
        """Look whether what the step waits for has happened; while it goes on already, nothing is waited for."""
        if self._going.locked():
            return
        async with self._going:
            while (playing := self._playing) is not None and playing.at >= 0:
                until = self._step(playing).until
                if until is None or not await until(self._company, playing.places, playing.since):
                    return
                await self._move(playing)

    async def _move(self, playing: _Playing) -> None:
        following = playing.at + 1
        if following < len(playing.story.steps) and (first := playing.story.steps[following].first):
            playing.busy = True
            self._company.slack.notify("the tour: others are at work")
            await first(self._company, playing.places)
            playing.busy = False
        playing.at = following
        playing.since = len(await self._company.ledger())
        if playing.at >= len(playing.story.steps) and self._playing is playing:
            self._done.append(playing.story.name)
            self._playing = None

    @staticmethod
    def _step(playing: _Playing) -> Step:
        return playing.story.steps[playing.at]

    def shown(self) -> Json:
        """The stories, or the step that is being played."""
        playing = self._playing
        if playing is None:
            stories = [{"name": s.name, "title": s.title, "about": s.about, "done": s.name in self._done} for s in self._stories.values()]
            return {"stories": stories, "step": None}
        if playing.at < 0:
            step: Json = {"tell": "Getting ready: a pull request is written, reviewed and merged, and CI builds a version …"}
        elif playing.busy:
            step = {"tell": "The others do their part: CI builds, people answer …"}
        else:
            now = self._step(playing)
            step = {
                "tell": now.tell.format_map(playing.places),
                "who": now.who,
                "name": BY_NAME[now.who].name if now.who else "",
                "words": now.words.format_map(playing.places),
                "trouble": now.trouble,
                "until": f"{_moment(playing.places[now.moment]).astimezone(ZoneInfo(ZONE)):%a %H:%M}" if now.moment else "",
                "reads": now.until is None,
            }
        return {"stories": [], "step": step | {"title": playing.story.title, "at": playing.at + 1, "of": len(playing.story.steps)}}


def _moment(place: str) -> datetime:
    return datetime.fromisoformat(place)
