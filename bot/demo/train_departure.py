"""The second half of the story of a train: it is decided about, changed, decided about anew, departs, and is closed.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

import json
from datetime import timedelta

from bot.demo.playground import title
from bot.demo.story_asking import HARMLESS
from bot.demo.teller import refusals_in
from bot.demo.train import AREAS, BRANCH, NEXT, TRAIN, VERSION, Boarding
from bot.workspace import Message
from guards.artifact import short
from guards.obligation import Owed
from guards.train import Stage, TrainState
from storage import decisions, trains
from storage.chain import Sound

CHEAPER = 'PRICES = {"tea": 2, "cake": 3, "coffee": 2}\n'
PINNED = {"catalog": NEXT, "shop": VERSION}
"""What goes to production."""

CONFIRMED = {"governance": "communications", "operations": "monitoring,runbooks,cover"}
"""Area → what it confirms."""


class Departure(Boarding):
    """From a stable branch to a run that is closed; the arguments are those of `Boarding`."""

    async def tell(self) -> None:
        """Everything, in order.

        Raises:
            DidNotHappen: a step did not do what it should.
        """
        await self.a_train_is_published()
        await self.main_is_red_at_the_cutoff()
        await self.main_is_mended_and_cut()
        await self.a_feature_is_smuggled_in()
        await self.it_is_taken_out_again()
        await self.the_set_is_pinned_and_staged()
        await self.an_owner_is_silent()
        await self.the_manifest_changes_after_the_go()
        await self.it_is_decided_anew()
        await self.the_set_goes_to_production()
        await self.the_run_is_looked_back_on_and_closed()

    # ------------------------------------------------------------ the steps

    async def the_set_is_pinned_and_staged(self) -> None:
        stage = self.stage
        stage.chapter("Train 6. The set is pinned, tested together, and staged")
        stage.tell(
            f"CI tags {BRANCH} of both and builds {VERSION}. Carla writes what only people know, and pins both versions in a manifest; CI "
            "unpacks exactly these two artifacts and runs the shop's integration suite on them."
        )
        for service in self.company.riders:
            await self.version_is_built(service, VERSION)
        manifest = await self.pinned(f"catalog={VERSION} shop={VERSION}")
        stage.message(manifest, "only carla sees this")
        await self.staged()
        self.proved(await self.deployed("staging") == {"catalog": VERSION, "shop": VERSION}, "staging/ holds the set, hashed anew")

    async def an_owner_is_silent(self) -> None:
        stage = self.stage
        stage.chapter("Train 7. Silence is no go")
        decision = (await self.standing()).schedule.decision
        await self.until(decision - timedelta(minutes=59))
        stage.message(self.last_told("olga"), "only olga sees this, an hour before")
        self.proved("quality" in self.last_told("olga").as_text(), "Olga is reminded of what is missing from her")
        await self.until(decision)
        self.proved("decision:opened" in await self.tags(), "the roll is called at its moment")
        for area, who in AREAS.items():
            if area != "quality":
                await self.says_go(area, who)
        await self.told("rita", f'/release go {self.run} residual="small, both can go back"')
        refused = (await self.company.ledger())[-1]
        self.proved(refused.tag == "go:refused" and "not-answered" in refusals_in(refused), "Rita's go is refused: one area is silent")
        await self.until(decision + timedelta(minutes=61))
        stage.message(self.last_told("olga"), "only olga sees this, when the time to answer is over")
        self.proved('"areas":["quality"]' in await self.newest("decision:silent"), "the silence of quality is on record, as silence")
        await self.says_go("quality", AREAS["quality"])
        await self.decided("rita")
        self.proved((await self.standing()).stage is Stage.GO, f"{self.run} has its go")

    async def the_manifest_changes_after_the_go(self) -> None:
        stage, catalog = self.stage, self.company.riders["catalog"]
        stage.chapter("Train 8. The manifest changes after the go")
        stage.tell(
            "Coffee is too dear: a blocker. Dev mends it on main and picks it onto the release branch, as it should be done. CI builds "
            f"catalog {NEXT}, and Carla pins it: that is another candidate than the one that has the go."
        )
        await self.told("carla", f"/release blocker add {self.run} CAT-2 coffee is too dear")
        mended = await catalog.change("CAT-2: coffee costs 2", {"catalog.py": CHEAPER}, author="dev", reviewer="rob")
        await catalog.pick(
            mended,
            "CAT-2: coffee costs 2",
            author="dev",
            reviewer="rob",
            into=BRANCH,
            labels=("release-blocker", "backport", "backport:1.4", "risk:low"),
        )
        await self.later(timedelta(minutes=16))
        self.proved(mended in await self.newest("stabilization:fix"), "the fix is known as picked from main, and nobody is bothered")
        blocker = json.loads(await self.newest("blocker:opened"))["blocker"]
        await self.told("carla", f"/release blocker resolve {blocker} picked onto {BRANCH}", show_answer=False)
        await self.version_is_built("catalog", NEXT)
        await self.pinned(f"catalog={NEXT} shop={VERSION}")
        stage.message(self.log()[-1], "in the thread of the run")
        self.proved((await self.standing()).stage is Stage.DECIDING, "the go is dead: the run waits for a decision again")
        await self.told("carla", f"/release train promote {self.run} production {HARMLESS}")
        refused = (await self.company.ledger())[-1]
        self.proved(refused.tag == "train-promote:refused", "nothing goes to production by the go for the manifest before")

    async def it_is_decided_anew(self) -> None:
        self.stage.chapter("Train 9. It is decided anew")
        await self.staged()
        await self.told("carla", f"/release go call {self.run}", show_answer=False)
        for area, who in AREAS.items():
            await self.says_go(area, who)
        await self.decided("rita")
        made = await self.company.house.store.read(lambda tx: decisions.of_run(tx, self.run))
        self.proved(
            len(made) == 2 and made[0].candidate.hash != made[1].candidate.hash, "two decisions are on record, about two candidates"
        )
        self.proved((await self.standing()).stage is Stage.GO, f"{self.run} has its go")

    async def the_set_goes_to_production(self) -> None:
        stage = self.stage
        stage.chapter("Train 10. One request, one approval: the set goes to production")
        promotion = await self.asked_for("production", HARMLESS)
        stage.message(self.company.about(promotion), "#releases")
        self.proved(
            not [r for r in await self.company.ci.runs() if r.order.environment == "production" and r.order.service in self.company.riders],
            "CI was asked for nothing yet",
        )
        await self.approves("rita", promotion, "The set is what I decided about; staging is green.")
        await self.whole(promotion)
        stage.message(self.company.about(promotion), "#releases")
        runs = [
            r.order for r in await self.company.ci.runs() if r.order.environment == "production" and r.order.service in self.company.riders
        ]
        runs.sort(key=lambda order: order.key)
        stage.table(("what CI was asked", "", ""), ((order.service, order.version, short(order.digest)) for order in runs))
        self.proved([order.service for order in runs] == ["catalog", "shop"], "CI was asked once for each, the catalog first")
        self.proved(await self.deployed("production") == PINNED, "production/ holds the set, hashed anew")
        self.proved((await self.standing()).stage is Stage.DEPARTED, f"{self.run} has departed")

    async def the_run_is_looked_back_on_and_closed(self) -> None:
        stage = self.stage
        stage.chapter("Train 11. The run is looked back on, and closed")
        await self.fills_in(
            "carla",
            f"/release train retro {self.run}",
            well="Silence was seen as silence.",
            improve="A red main a minute before the cutoff.",
        )
        stage.message(self.log()[-1], "in the thread of the run")
        self.proved("train:retrospective" in await self.tags(), "the retrospective is on record, with its facts")
        stage.tell("Carla would close it. But nothing is over by somebody's word: the notes are not published, and the branches are there.")
        await self.told("carla", f"/release train close {self.run}")
        self.proved("still-owed" in refusals_in((await self.company.ledger())[-1]), "refused: still-owed")
        for one in await self.owed():
            if one.kind is Owed.RECONCILIATION:
                await self.told("carla", f"/release follow-up done {one.id} SHOP-4 is on main, for next Wednesday", show_answer=False)
        for service, version in PINNED.items():
            await self.told("carla", f"/release notes publish {service} {version}", show_answer=False)
            await self.company.riders[service].repository.delete(BRANCH)
        await self.later(timedelta(minutes=16))
        stage.table(("owed", "what shows that it is done"), ((one.kind, one.evidence) for one in await self.owed()))
        self.proved(all(one.done for one in await self.owed()), "nothing is owed any more; the bot saw notes and branches for itself")
        await self.told("carla", f"/release train close {self.run} all is in", show_answer=False)
        stage.message(self.run_card(), "#releases")
        self.proved((await self.standing()).stage is Stage.CLOSED, f"{self.run} is closed")
        await self.told("carla", f"/release train close {TRAIN} the story ends here", show_answer=False)
        train = await self.company.house.store.read(lambda tx: trains.get(tx, TRAIN))
        self.proved(
            train is not None and train.state is TrainState.CLOSED, f"the train {TRAIN} runs no more, so that both services are free"
        )
        self.proved(isinstance(await self.company.verified(), Sound), "audit verify: every entry follows from the one before")

    # ------------------------------------------------------------ what recurs

    async def version_is_built(self, service: str, version: str) -> None:
        """CI tags the release branch and builds it, deploys it to dev by itself; Carla writes its record and its notes."""
        await self.company.riders[service].release(version, of=BRANCH)
        await self.company.deploy_unasked(version, "dev", service)
        await self.company.say("carla", f'/release record complete {service} {version} issues="none known" rollback="the last good set"')
        await self.company.say("carla", f"/release notes edit {service} {version}")
        await self.company.fill("carla")
        self.proved((await self.tags())[-1] == "notes:draft", f"{service} {version} is built, with record and notes")

    async def pinned(self, entries: str) -> Message:
        """Carla builds a manifest, and CI tests it together."""
        answer = await self.told("carla", f"/release manifest build {self.run} {entries}", show_answer=False)
        before = (await self.tags()).count("integration:passed")
        await self.company.until(lambda: "passed" in self.last_told("carla").as_text())
        self.proved((await self.tags()).count("integration:passed") >= max(before, 1), f"CI tested {entries} together, and it passed")
        return answer

    async def staged(self) -> None:
        """The newest manifest goes to staging, where nobody has to approve."""
        await self.whole(await self.asked_for("staging"))

    async def asked_for(self, environment: str, declared: str = "") -> str:
        """Carla asks for the set of the run; the id of the set promotion."""
        await self.told("carla", f"/release train promote {self.run} {environment} {declared}".rstrip(), show_answer=False)
        row = (await self.company.ledger())[-1]
        found = [row.subject or "" for row in await self.company.ledger() if row.tag == "set:requested" and row.environment == environment]
        self.proved_silently(bool(found), f"the set was asked for in {environment} ({row.tag})")
        return found[-1]

    async def whole(self, promotion: str) -> None:
        """Wait until every entry of a set is deployed."""
        await self.company.until(lambda: title(self.company.about(promotion)).startswith(("🟢", "🔴", "⛔")))
        self.proved(title(self.company.about(promotion)).startswith("🟢"), f"{promotion}: the whole set is deployed")

    async def says_go(self, area: str, who: str) -> None:
        """Whoever owns an area answers go, and confirms what is theirs."""
        confirm = f" confirm={CONFIRMED[area]}" if area in CONFIRMED else ""
        answer = await self.told(who, f"/release go answer {self.run} {area} go{confirm}", show_answer=False)
        self.stage.note(title(answer))
        self.proved_silently((await self.tags())[-1] == "decision:answered", f"{area} said go")

    async def decided(self, who: str) -> None:
        """A release manager decides, and says why the risk that is left is acceptable."""
        await self.told(who, f'/release go {self.run} residual="small, both can go back in a minute"')

    async def deployed(self, environment: str) -> dict[str, str]:
        """Service → version whose bytes, hashed now, lie in an environment."""
        return {name: found[0] for name in self.company.riders if (found := await self.stands(environment, name))}
