"""The tour's story of a release train: two services, one decision, one request; the clock is moved by whoever plays.

Invariant: each playing has a train and versions of its own; a train of an earlier one is closed before, so that it stands in nobody's way.
"""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.moments import morning
from bot.demo.steps import Places, Step, Story, Until
from bot.demo.stories import into_the_window, tag, tidied_up
from bot.demo.story_asking import HARMLESS
from bot.demo.train import BEFORE, MENDED, RED
from guards.train import TrainState
from storage import trains

CONFIRMED = {"governance": "communications", "operations": "monitoring,runbooks,cover"}
_LATEST = time(11, 45)
OTHERS = {"artifact": "dev", "governance": "carla", "operations": "rob"}
"""The areas that answer by themselves; quality is silent."""

# ------------------------------------------------------------ what it needs


async def a_train_that_nobody_published(company: Company) -> Places:
    """Two services with a change each, of which one is red; a train that is defined and described."""
    await company.begin_riders(BEFORE)
    for train in await company.house.store.read(trains.all_of):
        if train.state is not TrainState.CLOSED:
            await company.say("carla", f"/release train close {train.id} another one takes its place")
    await tidied_up(company)
    await into_the_window(company)
    if company.clock.now().astimezone(ZoneInfo(ZONE)).time() >= _LATEST:  # so that the cutoff is on the same day
        await company.pass_time(morning(company.clock.now(), ZONE) - company.clock.now())
        await into_the_window(company)
    minor = 4
    while any([await company.ci.built(name, f"v1.{minor}.0") or await work.repository.has(f"release/1.{minor}")
               for name, work in company.riders.items()]):  # fmt: skip
        minor += 1
    version, known = f"v1.{minor}.0", {train.id for train in await company.house.store.read(trains.all_of)}
    name = next(each for each in ("daily", *(f"daily-{n}" for n in range(2, 1000))) if each not in known)
    shop, catalog = company.riders["shop"], company.riders["catalog"]
    prices = f'PRICES = {{"tea": 2, "cake": 3, "coffee": {minor}}}\n'
    await catalog.change(f"CAT-{minor}: coffee for {version}", {"catalog.py": prices}, author="dev", reviewer="rob")
    content = {"shop.py": MENDED, "README.md": f"# shop {version}\n"}
    green = await shop.change(f"SHOP-{minor}: say that it is {version}", content, author="dev", reviewer="rob")
    await shop.change(f"SHOP-{minor}0: add the tax", {"shop.py": RED}, author="dev", reviewer="rob", red="unit-test")
    areas = "; ".join(f"{area}: {who}@acme.example" for area, who in (OTHERS | {"quality": "olga"}).items())
    await company.say(
        "carla",
        f'/release train create {name} services=catalog,shop cadence="0 12 * * MON-THU" stabilization=0 decision=13:00 window=weekdays '
        f"channel={company.releases.id} captains=carla@acme.example",
    )
    await company.say(
        "carla",
        f'/release train describe {name} attendees="{areas}" manifest=carla@acme.example rollback="the last good set" '
        'exceptions="hotfixes ride alone" rationale="the shop needs the catalog that it was tested with" '
        'impact="a change waits two days, and fewer fail"',
    )
    return {"train": name, "version": version, "green": green, "short": green[:12], "branch": f"release/1.{minor}"}


async def versions_are_built(company: Company, places: Places) -> None:
    """CI tags and builds both, and Carla writes what only she knows."""
    for name, work in company.riders.items():
        await work.release(places["version"], of=places["branch"])
        await company.deploy_unasked(places["version"], "dev", name)
        words = f'complete {name} {places["version"]} issues="none known" rollback="the last good set"'
        await company.say("carla", f"/release record {words}")
        await company.say("carla", f"/release notes edit {name} {places['version']}")
        await company.fill("carla")


async def all_but_olga_answer(company: Company, places: Places) -> None:
    """Three areas say go, and confirm what is theirs."""
    for area, who in OTHERS.items():
        confirm = f" confirm={CONFIRMED[area]}" if area in CONFIRMED else ""
        await company.say(who, f"/release go answer {places['run']} {area} go{confirm}")


# ------------------------------------------------------------ what has happened


def planned() -> Until:
    """The train is published; its first run, and the moments of that, stand for places from then on."""

    async def is_planned(company: Company, places: Places, _: int) -> bool:
        runs = await company.house.store.read(lambda tx: trains.open_runs(tx, places["train"]))
        if runs:
            first = min(runs, key=lambda run: run.schedule.cutoff)
            places |= {"run": first.id, "cutoff": _iso(first.schedule.cutoff), "decision": _iso(first.schedule.decision)}
        return bool(runs)

    return is_planned


def _iso(moment: datetime) -> str:
    return (moment + timedelta(seconds=2)).isoformat()  # what comes at the moment has come by then


def all_stand(environment: str) -> Until:
    """Both services run the story's version there, and the set's end is on record."""

    async def so(company: Company, places: Places, since: int) -> bool:
        there = [each.version for name in company.riders for each in await company.ci.standing(name) if each.environment == environment]
        ended = [row for row in (await company.ledger())[since:] if row.tag == "set:succeeded" and row.environment == environment]
        return bool(ended) and {*there} == {places["version"]}

    return so


def passed() -> Until:
    """The integration suite passed against the manifest that was built last."""

    async def so(company: Company, _: Places, since: int) -> bool:
        rows = (await company.ledger())[since:]
        built = [json.loads(row.body)["manifest"] for row in rows if row.tag == "manifest:built"]
        return bool(built) and any(json.loads(row.body)["manifest"] == built[-1] for row in rows if row.tag == "integration:passed")

    return so


# ------------------------------------------------------------ the story

TRAIN = Story(
    "train",
    "A release train",
    "Two services ride together: a cutoff with a red main, a roll call with somebody silent, one request, one approval.",
    a_train_that_nobody_published,
    (
        Step(
            "The shop needs the catalog, so both go out together. Carla has defined a train: its cutoff is at 12:00, people decide at "
            "13:00, and it departs at once. Publish it; the schedule of its first run is then pinned in #releases.",
            "carla", "/release train publish {train}", until=planned(),
        ),
        Step(
            "Dev merged a change into main of the shop, and its unit test is red. Let the cutoff come, and read the thread of the run.",
            moment="cutoff", until=tag("cut:refused"),
        ),
        Step(
            "Nothing was cut, the green catalog neither. {short} is the last green commit, as the thread says. Carla leads the train: have "
            "it cut there. CI makes the branches, and the bot looks whether they are where they belong.",
            "carla", "/release train cut {run} commit=shop@{green} version={version} the red change rides the next train",
            until=tag("cut:done"),
        ),
        Step(
            "CI tagged {branch} of both and built {version}. Pin exactly these two; CI unpacks them and tests them together.",
            "carla", "/release manifest build {run} catalog={version} shop={version}", first=versions_are_built, until=passed(),
        ),
        Step(
            "The set goes to staging, the catalog first. Nobody has to approve there.",
            "carla", "/release train promote {run} staging", until=all_stand("staging"),
        ),
        Step(
            "It is to be decided at 13:00. Let it become that late: the bot calls the roll.",
            moment="decision", until=tag("decision:opened"),
        ),
        Step(
            "Dev, Carla and Rob said go, Olga is silent. Try to give the go as Rita all the same.",
            "rita", '/release go {run} residual="small, both can go back"', first=all_but_olga_answer,
            until=tag("go:refused", says="not-answered"),
        ),
        Step(
            "Silence is no go. Answer for Olga.",
            "olga", "/release go answer {run} quality go", until=tag("decision:answered", by="olga"),
        ),
        Step(
            "Now Rita may decide, and says why the risk that is left is acceptable. Her go counts for exactly this set.",
            "rita", '/release go {run} residual="small, both can go back"', until=tag("decision:go"),
        ),
        Step(
            "One request brings the whole set to production.",
            "carla", f"/release train promote {{run}} production {HARMLESS}", until=tag("set:requested"),
        ),
        Step(
            "One card, one approval: press Approve as Rita. The catalog goes first, and the shop only when the catalog runs there.",
            "rita", until=all_stand("production"),
        ),
        Step(
            "{version} of both runs in production. Carla looks back; the numbers are there already. What else she owes (notes, branches) "
            "the bot sees for itself, and it reminds her until it is so.",
            "carla", '/release train retro {run} well="silence was seen as silence" improve="a green main before noon"',
            until=tag("train:retrospective"),
        ),
    ),
)  # fmt: skip
