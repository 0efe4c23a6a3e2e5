"""The story of a release train, from its publishing to a release branch that is stable, in compressed time: the demo moves the clock.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

from datetime import timedelta

from bot.demo.company import RIDERS, Company
from bot.demo.stage import Stage as Shown
from bot.demo.teller import DidNotHappen, Teller
from bot.workspace import Message
from guards.obligation import Obligation
from guards.train import Stage, TrainRun
from storage import obligations, trains

TRAIN = "weekly"
BEFORE, VERSION, NEXT = "v1.3.0", "v1.4.0", "v1.4.1"
"""What runs at first, what the train makes, and what a blocker's fix makes of it."""

BRANCH = "release/1.4"
AREAS = {"artifact": "dev", "quality": "olga", "governance": "carla", "operations": "rob"}
"""Area of the go/no-go → who answers for it."""

FIRST_SHOP = RIDERS["shop"]["shop.py"]
RED = "def total(prices, bought):\n    return sum(prices[each] for each in bought) + tax\n"
MENDED = "def total(prices, bought):\n    return sum(prices[each] for each in bought if each)\n"
FEATURE = MENDED + "\n\ndef vouchers():\n    return []\n"


class Boarding(Teller):
    """From a train without passengers to a branch that is stable.

    Args:
        company: where it happens.
        stage: where it is shown.

    Attributes:
        run: id of the run of the train that is told.
    """

    def __init__(self, company: Company, stage: Shown) -> None:
        super().__init__(company, stage)
        self.run = self.smuggled = ""

    # ------------------------------------------------------------ the steps

    async def a_train_is_published(self) -> None:
        company, stage = self.company, self.stage
        stage.title("Signalbox: how a release train goes to production")
        await company.begin_riders(BEFORE)
        stage.chapter("Train 1. A train is published")
        stage.tell(
            f"Two services go out together: the shop needs the catalog, so that one goes first. {BEFORE} of both runs everywhere. Carla "
            "defines a train: each Wednesday at 12:00 is its cutoff, a day later at 10:00 people decide, and then it departs."
        )
        areas = "; ".join(f"{area}: {who}@acme.example" for area, who in AREAS.items())
        for words in (
            f'create {TRAIN} services=catalog,shop cadence="0 12 * * WED" stabilization=1 decision=10:00 window=weekdays '
            f"channel={company.releases.id} captains=carla@acme.example",
            f'describe {TRAIN} attendees="{areas}" manifest=carla@acme.example rollback="the last good set" '
            'exceptions="hotfixes ride alone" rationale="the shop needs the catalog that it was tested with" '
            'impact="a change waits a day longer, and fewer fail"',
            f"publish {TRAIN}",
        ):
            await self.told("carla", f"/release train {words}")
        found = await company.house.store.read(lambda tx: trains.open_runs(tx, TRAIN))
        self.proved_silently(bool(found), "a run of the train is planned")
        self.run = found[0].id
        await self.later(timedelta(minutes=1))
        card = self.run_card()
        stage.message(card, "#releases")
        self.proved(card.ts in company.releases.pins, f"the schedule of {self.run} is pinned in #releases")
        self.proved((await self.standing()).stage is Stage.PUBLISHED, f"{self.run} waits for its cutoff")

    async def main_is_red_at_the_cutoff(self) -> None:
        stage, shop = self.stage, self.company.riders["shop"]
        stage.chapter("Train 2. Main is red at the cutoff")
        await self.company.riders["catalog"].change(
            "CAT-1: sell coffee too", {"catalog.py": 'PRICES = {"tea": 2, "cake": 3, "coffee": 3}\n'}, author="dev", reviewer="rob"
        )
        green = await shop.change("SHOP-1: say what is for sale", {"README.md": "# shop\n\nTea.\n"}, author="dev", reviewer="rob")
        await shop.change("SHOP-2: add the tax", {"shop.py": RED}, author="dev", reviewer="rob", red="unit-test")
        cutoff = (await self.standing()).schedule.cutoff
        stage.tell("The catalog is ready. Of the shop a change was merged whose unit test is red. Then it is Wednesday, 12:00.")
        await self.until(cutoff)
        said = self.log()[-1]
        stage.message(said, "in the thread of the run")
        self.proved((await self.standing()).stage is Stage.HELD, f"{self.run} is held: nothing of it was cut, the green catalog neither")
        self.proved(green[:12] in said.as_text(), f"the last green commit is named: {green[:12]}")
        self.proved((await self.tags())[-1] == "cut:refused", "the refusal is on record")
        self.proved(await self.branches() == [], "there is no release branch")

    async def main_is_mended_and_cut(self) -> None:
        stage, shop = self.stage, self.company.riders["shop"]
        stage.chapter("Train 3. Main is mended, and the train is cut")
        head = await shop.change("SHOP-3: take the tax out again", {"shop.py": MENDED}, author="dev", reviewer="rob")
        stage.tell(
            "Dev mends it. Carla has the run cut; CI makes the release branches, and the bot looks whether they are where they belong."
        )
        await self.told("carla", f"/release train cut {self.run} the tax is out again, main is green")
        await self.later(timedelta(minutes=1))
        stage.message(self.log()[-1], "in the thread of the run")
        self.proved((await self.standing()).stage is Stage.STABILIZING, f"{self.run} is cut")
        self.proved(await self.branches() == ["catalog", "shop"], f"{BRANCH} is in both repositories")
        self.proved(await shop.repository.commit_of(BRANCH) == head, f"that of the shop begins at {head[:12]}")
        calls = [call["path"] for call in await self.company.ci.calls() if call["method"] == "POST" and call["path"] == "/branches"]
        self.proved(len(calls) == 2, "CI was asked for each branch once")
        self.proved((await self.standing()).version == VERSION, f"the run makes {VERSION}")

    async def a_feature_is_smuggled_in(self) -> None:
        stage, shop = self.stage, self.company.riders["shop"]
        stage.chapter("Train 4. A feature is smuggled into the stabilization")
        stage.tell(f"Only fixes of blockers get onto {BRANCH} now. Dev has vouchers ready, and opens a pull request into it.")
        pull = await shop.propose("feat: SHOP-4 vouchers", {"shop.py": FEATURE}, author="dev", into=BRANCH)
        await self.later(timedelta(minutes=16))
        stage.message(self.log()[-1], "in the thread of the run")
        self.proved(f'"pull":{pull},' in await self.newest("stabilization:moved"), f"pull request #{pull} was moved to the next train")
        stage.tell("He merges it all the same.")
        self.smuggled = await shop.merge(pull, "rob")
        await self.later(timedelta(minutes=16))
        stage.log(self.log()[-2:])
        self.proved(
            self.smuggled in await self.newest("stabilization:flagged"), f"{self.smuggled[:12]} is flagged: it does not belong there"
        )
        self.proved(self.smuggled[:12] in self.run_card().as_text(), "the run's card shows it as what holds the train up")

    async def it_is_taken_out_again(self) -> None:
        stage, shop = self.stage, self.company.riders["shop"]
        stage.chapter("Train 5. The feature rides the next train")
        stage.tell("Dev takes it out again, and brings it to main, for next Wednesday. Rita, who wrote none of it, accepts what is left.")
        undone = await shop.revert(self.smuggled, "SHOP-4: vouchers ride the next train", author="dev", reviewer="rob", into=BRANCH)
        await shop.change("feat: SHOP-4 vouchers", {"shop.py": FEATURE}, author="dev", reviewer="rob")
        await self.later(timedelta(minutes=16))
        for commit in (self.smuggled, undone):
            words = f'{commit[:12]} plan="main has the vouchers" risk=low one undoes the other'
            await self.told("rita", f"/release fix accept {self.run} {words}")
        accepted = (await self.tags()).count("stabilization:accepted")
        self.proved(accepted == 2, "both commits are accepted by somebody who wrote neither")
        now, cut = [await shop.repository.tree_of(name) for name in (BRANCH, f"{BRANCH}~2")]
        self.proved(now == cut, f"{BRANCH} holds the same files as at the cutoff")

    # ------------------------------------------------------------ where it is looked up

    async def standing(self) -> TrainRun:
        """The run, as the database has it."""
        found = await self.company.house.store.read(lambda tx: trains.run(tx, self.run))
        if found is None:
            raise DidNotHappen(f"{self.run} is in the database")
        return found

    async def owed(self) -> tuple[Obligation, ...]:
        """What is or was owed for the run."""
        return await self.company.house.store.read(lambda tx: obligations.about(tx, self.run))

    def run_card(self) -> Message:
        """The card of the run."""
        try:
            return self.company.about(self.run)
        except LookupError as error:
            raise DidNotHappen(f"{self.run} has a card in #releases") from error

    def log(self) -> list[Message]:
        """What was told in the thread of the run's card, oldest first."""
        found = self.company.thread(self.run_card())
        if not found:
            raise DidNotHappen(f"something was told in the thread of {self.run}")
        return found

    async def branches(self) -> list[str]:
        """The services whose repository has the release branch."""
        return [name for name, work in self.company.riders.items() if await work.repository.has(BRANCH)]
