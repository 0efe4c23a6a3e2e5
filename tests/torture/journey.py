"""A day that walks every part of the road: refused, approved, deployed, looked up, cut by a timer, and an emergency at night.

Invariant: each step goes on when the database says that the one before it happened; what the day must leave behind is told by `proved`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from commands.core.trains.cut import Order, order
from guards.change import Change
from guards.cut import CutState
from guards.lifecycle import State
from guards.train import Schedule, Stage, TrainRun
from storage import audit, changes, cuts, deployments, emergencies, trains
from storage.database import Tx
from tests.torture.boundaries import Boundary
from tests.torture.proofs import everything_is_proved, rests
from tests.torture.town import Town
from tests.world.company import COMMIT, TUESDAY
from tests.world.emergencies import WORDS, urgent_policy
from tests.world.github_vcs import git
from tests.world.trains import RUN, WEEKLY

CUTOFF = TUESDAY + timedelta(hours=1)
NIGHT = TUESDAY + timedelta(hours=11)
FIRST, SECOND = "v1.4.0", "v1.4.1"


def policy() -> dict[str, Any]:
    """The world's policy with its neighbours at the CI of the town; the web rides a train."""
    neighbour = {"kind": "http", "url": "CI", "secret": "CI_SECRET"}
    data = urgent_policy(ci={"demo": neighbour}, artifacts={"index": neighbour})
    for name, service in data["services"].items():
        data["services"][name] = {**service, "ci": "demo"}
    data["services"]["web"] |= {"history": "github"}
    data["allow"] |= {"cut": {"production": ["release_captain", "release_manager"]}}
    return data


class Journey:
    """The day.

    Args:
        town: where.
        morning: it ends when the first version is in production.
    """

    def __init__(self, town: Town, *, morning: bool = False) -> None:
        self.town, self.morning = town, morning

    async def made(self) -> None:
        """All of it."""
        await self.begun()
        await self.refused()
        await self.promoted()
        await self.approved()
        if not self.morning:
            await self.cut()
            await self.in_an_emergency()
        await self.settled()
        await self.proved()

    async def begun(self) -> None:
        """What was there before: a train with a run whose cutoff is due in an hour, and versions in the first environment."""
        town = self.town
        town.github.name = "acme/web"
        base = town.github.commit("the base", git("dev"))
        head = town.github.commit("what rides", git("dev"))
        town.github.pull(7, "dev", [head], head)
        await town.build("web", "v1.7.3", base)
        for version in (FIRST, SECOND):
            await town.build("api", version, COMMIT)
        train = replace(WEEKLY, services=("web",), branch=False, unbranched="trivial changes")
        moments = (timedelta(), *(timedelta(days=days) for days in (2, 3, 4, 5, 6)))
        schedule = Schedule(TUESDAY, *(CUTOFF + moment for moment in moments))
        run = TrainRun(RUN, "weekly", 1, Stage.PUBLISHED, "carla@acme.example", "Carla Captain", schedule)
        await town.store.write(
            lambda tx: [trains.add(tx, train), trains.add_run(tx, run), order(tx, Order(RUN, CUTOFF.isoformat()), CUTOFF)]
        )
        for service, version, environment in (("web", "v1.7.3", "production"), ("api", FIRST, "dev"), ("api", SECOND, "dev")):
            await town.deploy(service, version, environment)
            await town.until(f"{version} runs in {environment}", runs(service, environment, version))

    async def refused(self) -> None:
        """It was in no staging yet."""
        await self.town.say("dev", f"/release promote api {FIRST} production")
        await self.town.until("the promotion is refused", tag("promote:refused"))

    async def promoted(self) -> None:
        """Both versions into staging. Of the second CI says nothing: it is looked up."""
        await self.town.say("dev", f"/release promote api {FIRST} staging")
        await self.town.until(f"{FIRST} is in staging", ended("staging", FIRST))
        await self.town.ask_ci("faults", mode="silent", times=1)
        await self.town.say("dev", f"/release promote api {SECOND} staging")
        await self.town.until(f"{SECOND} is in staging", ended("staging", SECOND))

    async def approved(self) -> None:
        """Its author may not approve it, Rita does."""
        await self.town.say("carla", f"/release promote api {FIRST} production")
        change = (await self.town.until("it waits for approval", standing("production", FIRST, State.AWAITING))).id
        await self.town.say("dev", f"/release approve {change} I know it works")
        await self.town.until("its author is refused", tag("approve:refused"))
        await self.town.say("rita", f"/release approve {change} tests and diff read")
        await self.town.until(f"{FIRST} is in production", ended("production", FIRST))

    async def cut(self) -> None:
        """The clock cuts the train."""
        await self.town.at(CUTOFF)
        await self.town.until("the train is cut", lambda tx: any(cut.state is CutState.CUT for cut in cuts.of_run(tx, RUN)))

    async def in_an_emergency(self) -> None:
        """No window is open. CI takes the order, and its answer is lost."""
        town = self.town
        await town.at(NIGHT)
        words = " ".join(f'{name}="{value}"' for name, value in WORDS.items())
        await town.say("carla", f"/release emergency declare api {SECOND} production {words}")
        found = (await town.until("an emergency is declared", emergencies.still_open))[0].id
        for who in ("rita", "olga"):
            await town.say(who, f"/release emergency approve {found} diff read, tests green")
        await town.until("two approved it", lambda tx: audit.count(tx, found, "emergency:approved"))
        await town.ask_ci("faults", mode="drop_answer", times=1)
        await town.say("carla", f"/release emergency promote {found}")
        await town.until(f"{SECOND} is in production", ended("production", SECOND))

    async def settled(self) -> None:
        """Until nothing is at work any more."""
        await self.town.until("nothing is at work", rests(self.town))

    # ------------------------------------------------------------ what must be so

    async def proved(self) -> None:
        """The promises."""
        town = self.town
        found = await everything_is_proved(town)
        places = sorted((c.content.environment, c.content.version, c.state) for c in found)
        in_production = [FIRST] if self.morning else [FIRST, SECOND]
        wanted = [("production", each) for each in in_production] + [("staging", FIRST), ("staging", SECOND)]
        assert places == [(*place, State.SUCCEEDED) for place in wanted], places
        taken = await town.store.read(lambda tx: [cut.state for cut in cuts.of_run(tx, RUN)])
        assert taken == ([] if self.morning else [CutState.CUT]), taken


def runs(service: str, environment: str, version: str) -> Callable[[Tx], bool]:
    """Whether a deployment of it is on record."""
    return lambda tx: deployments.proof(tx, service, environment, version) is not None


def standing(environment: str, version: str, state: State) -> Callable[[Tx], Change | None]:
    """The change of the api there that stands so."""

    def find(tx: Tx) -> Change | None:
        return next(
            (
                c
                for c in changes.recent(tx, "api", 100)
                if (c.content.environment, c.content.version, c.state) == (environment, version, state)
            ),
            None,
        )

    return find


def ended(environment: str, version: str) -> Callable[[Tx], Change | None]:
    """The change of the api that brought it there."""
    return standing(environment, version, State.SUCCEEDED)


def tag(name: str) -> Callable[[Tx], bool]:
    """Whether the ledger has such an entry."""
    return lambda tx: any(row.tag == name for row in audit.rows(tx))


async def a_day(folder: Path, database_url: str, *ends: Boundary, morning: bool = False) -> Town:
    """One round: the day, or its morning, with bots that are killed at these boundaries, one after the other."""
    async with Town(folder, database_url, policy(), TUESDAY, ends) as town:
        day = Journey(town, morning=morning)
        try:
            await day.made()
            while not await town.stopped():
                await day.settled()
                await day.proved()
        finally:
            (folder / "transcript").write_text(town.slack.transcript())
    return town
