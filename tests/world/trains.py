"""Trains for stories that begin after the cutoff: a published train with one run that makes v1.4.0 of the api."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from guards.cut import Cut, CutState, Gates
from guards.train import Schedule, Stage, Train, TrainRule, TrainRun, TrainState
from storage import cuts, trains
from tests.world.company import COMMIT, TUESDAY, channel_id
from tests.world.world import World

RUN = "weekly-2026-11-24"
AREAS = {"artifact": "dev", "quality": "olga", "governance": "carla", "operations": "audrey"}
"""Who answers for what."""
CLOSES = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
SCHEDULE = Schedule(
    TUESDAY - timedelta(days=5), TUESDAY - timedelta(days=2), TUESDAY, TUESDAY, CLOSES, CLOSES + timedelta(days=2),
    CLOSES + timedelta(days=5),
)  # fmt: skip
"""It departs in what is left of the window after its go/no-go."""
WEEKLY = Train(
    "weekly", TrainRule("0 11 * * SUN", (), None, "Europe/Berlin", 2, time(11), "weekdays"), channel_id("releases"), ("api",), (),
    ("carla@acme.example",), {area: (f"{who}@acme.example",) for area, who in AREAS.items()}, "rita@acme.example",
    "back to the version before", "hotfixes ride alone", "", "releases together", True, "", TrainState.PUBLISHED, 1,
    "carla@acme.example", "Carla Captain", TUESDAY - timedelta(days=9), TUESDAY - timedelta(days=8),
    "two days more, half the failures",
)  # fmt: skip


ASKED = frozenset({Stage.STABILIZING, Stage.DECIDING, Stage.GO, Stage.NO_GO})
"""Stages in which a go/no-go looks at what was cut."""


async def rides(
    world: World, stage: Stage = Stage.STABILIZING, version: str = "v1.4.0", cut: Mapping[str, Any] = MappingProxyType({}), **train: Any
) -> None:
    """Have the api ride the weekly, whose run stands here; `cut` changes what was cut for it, `train` the definition."""
    run = TrainRun(RUN, "weekly", 1, stage, "carla@acme.example", "Carla Captain", SCHEDULE, version)
    await world.house.store.write(lambda tx: [trains.add(tx, replace(WEEKLY, **train)), trains.add_run(tx, run)])
    if stage in ASKED:
        await was_cut(world, run, replace(WEEKLY, **train).services, **cut)


async def was_cut(world: World, run: TrainRun, services: tuple[str, ...], **changed: Any) -> Cut:
    """Have the run cut at the commit that the company's versions are built from; without a branch, unless `changed` names one."""
    taken = run.schedule.cutoff
    cut = Cut(
        f"CUT-{run.id[-10:]}-{'-'.join(services)}", run.id, world.policy.services[services[0]].repository, services, COMMIT, taken, taken, late=False,
        captain=run.captain, captain_name=run.captain_name, by="signalbox", base=None, version=run.version or "v1.4.0", branch="",
        unbranched="trivial changes", state=CutState.CUT, why="", checks=(), included=(), excluded=(), head=COMMIT, gates=Gates.PASSED,
        gates_why="all passed",
    )  # fmt: skip
    cut = replace(cut, **changed)
    await world.house.store.write(lambda tx: cuts.add(tx, cut))
    return cut


async def run_of(world: World) -> TrainRun:
    """The run as it stands."""
    found = await world.house.store.read(lambda tx: trains.run(tx, RUN))
    assert found
    return found


async def change_run(world: World, stage: Stage | None = None, **changed: Any) -> None:
    """What another part of the bot did to the run."""
    now = await run_of(world)
    await world.house.store.write(lambda tx: trains.move(tx, now, stage, **changed))


async def all_say_go(world: World, *, but: str = "") -> None:
    """Every area answers go and confirms what is its own."""
    confirm = {"governance": "communications", "operations": "monitoring,runbooks,cover"}
    for area, who in AREAS.items():
        if area != but:
            extra = f" confirm={confirm[area]}" if area in confirm else ""
            await world.say(who, f"/release go answer {RUN} {area} go{extra}")
