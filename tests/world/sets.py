"""A train with three services that depend on each other, for stories about sets."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from commands.core.trains import standing
from guards.go import GoDecision, Outcome
from guards.train import Schedule, Stage, Train, TrainRule, TrainRun, TrainState
from guards.version import Artifact
from guards.vocabulary import Role
from storage import decisions, trains
from tests.world.company import COMMIT, TUESDAY, channel_id, policy_data
from tests.world.trains import was_cut

RUN = "weekly-2026-11-24"
SET = "SET-2026-1124-001"
VERSIONS = {"lib": "v1.2.0", "api": "v1.4.0", "web": "v2.0.0"}
PINS = "api=v1.4.0 web=v2.0.0 lib=v1.2.0"


def digest_of(service: str, version: str) -> str:
    """A digest of its own for each version."""
    return "sha256:" + f"{service}{version}".encode().hex().ljust(64, "0")[:64]


def train_data(**changed: Any) -> dict[str, Any]:
    """The world's policy with `lib`, which `api` needs, which `web` needs; `web` holds the integration suite."""
    data = policy_data()
    service = data["services"]["api"]
    services = {
        "api": {**service, "depends_on": ["lib"]},
        "web": {**service, "repository": "acme/web", "depends_on": ["api"], "integration": "integration.yml"},
        "lib": {**service, "repository": "acme/lib"},
        "shop": {**service, "repository": "acme/shop"},
    }
    allow = {**data["allow"], "train": {"production": ["release_captain"]}, "cut": {"production": ["release_captain"]}}
    return {**data, "services": services, "allow": allow, **changed}


async def board(world, stage: Stage = Stage.GO, versions: dict[str, str] = VERSIONS, run: str = RUN, **train: Any) -> None:
    """Have a weekly train with a run in this stage, which departs from Tuesday on, and its versions built and in dev."""
    rule = TrainRule("0 12 * * TUE", (), None, "Europe/Berlin", 2, time(10), "weekdays")
    weekly = replace(
        Train(
            "weekly", rule, channel_id("releases"), ("api", "lib", "web"), (), ("carla@acme.example",), {}, "rita@acme.example",
            "back to the last good set", "hotfixes ride alone", "", "released together", True, "", TrainState.PUBLISHED, 1,
            "carla@acme.example", "Carla", TUESDAY, TUESDAY,
        ),
        **train,
    )  # fmt: skip
    day = date.fromisoformat(run[-10:])
    later = (day - TUESDAY.date()).days
    ahead = (TUESDAY - timedelta(hours=n) + timedelta(minutes=later) for n in (3, 2, 1))  # one run after the other, and then they wait
    schedule = Schedule(*ahead, TUESDAY, *(TUESDAY + timedelta(days=later, hours=n) for n in (4, 5, 6)))

    rides = TrainRun(run, "weekly", 1, stage, "carla@acme.example", "Carla", schedule)

    def work(tx):
        if trains.get(tx, "weekly") is None:
            trains.add(tx, weekly)
        trains.add_run(tx, rides)

    await world.house.store.write(work)
    for service in weekly.services:
        await was_cut(world, rides, (service,), version=(VERSIONS | versions)[service])
    await in_dev(world, versions)


async def in_dev(world, versions: dict[str, str]) -> None:
    """Have versions built, and brought into dev by CI."""
    for service, version in versions.items():
        digest = digest_of(service, version)
        world.artifacts.add(Artifact(service, version, digest, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
        await world.runs_in("dev", version, service, digest)


async def stage_of(world, run: str = RUN) -> Stage:
    """Where the run stands."""
    found = await world.house.store.read(lambda tx: trains.run(tx, run))
    assert found
    return found.stage


async def to_stage(world, stage: Stage = Stage.GO, run: str = RUN) -> None:
    """Have the go/no-go end with this; a go is for what the run would bring now."""

    def work(tx):
        now = trains.run(tx, run)
        train = trains.get(tx, "weekly")
        assert now
        assert train
        candidate = standing.candidate_of(tx, now, train)
        if stage is Stage.GO and candidate:
            decisions.add(
                tx,
                GoDecision(
                    decisions.next_id(tx, world.clock.now().date()), run, candidate, Outcome.GO, "rita@acme.example", "Rita Manager",
                    frozenset({Role.RELEASE_MANAGER}), None, (), "small", "back to the last good set", "", (), (), world.clock.now(),
                ),
            )  # fmt: skip
        trains.move(tx, now, stage)

    await world.house.store.write(work)
