"""The first half of the story: versions are made, asked for and refused, until one that is proven waits for people.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

from datetime import timedelta

from bot.adapters.generic_wire import ArtifactBody
from bot.demo.company import Company
from bot.demo.development import SERVICE
from bot.demo.people import MEMBERS
from bot.demo.stage import Stage
from bot.demo.teller import Teller
from guards.artifact import short

OLD, MOVED, NEW = "v1.3.2", "v1.4.0", "v1.4.1"
"""What runs at first, the version whose tag is moved, and the one that goes to production."""

HARMLESS = "migration=no answers=none customers=none downtime=none data=none"
"""Words that answer every question about a request's risk."""


class Asking(Teller):
    """From the company as it is to a request that waits for approval.

    Args:
        company: where it happens.
        stage: where it is shown.

    Attributes:
        built: the version that goes to production.
        to_production: id of the change that takes it there, once somebody asked.
    """

    def __init__(self, company: Company, stage: Stage) -> None:
        super().__init__(company, stage)
        self.runs: ArtifactBody
        self.built: ArtifactBody
        self.to_staging = self.to_production = self.freeze = ""  # ids

    # ------------------------------------------------------------ the steps

    async def the_company_as_it_is(self) -> None:
        company, stage = self.company, self.stage
        stage.title("Signalbox: how one release goes to production")
        stage.chapter("The company")
        stage.tell(
            f"In this story it is {self.time():%A %-d %B %Y, %H:%M} in Berlin. The change window of {SERVICE} is open: Monday to Thursday, "
            "10:00 to 16:00. Everything here is real and lives in one temporary folder: a git repository with a small GitHub over it, a CI "
            "with its registry, a database, and a small Slack that talks to the bot over HTTP as Slack does.",
        )
        stage.table(("person", "part", ""), ((m.handle, m.part, m.does) for m in MEMBERS))
        self.runs = await company.first_release(OLD)
        stage.tell(f"Until today CI deployed whatever it built: {SERVICE} {OLD} stands everywhere, and CI told the bot so.")
        await self.show_folders()

    async def a_version_is_made(self) -> None:
        company, stage = self.company, self.stage
        stage.chapter("1. A pull request becomes a version")
        work = company.development
        await work.change("API-7: greet everybody", {"api.py": 'print("hello, all")\n'}, author="dev", reviewer="rob")
        built = await work.release(MOVED)
        stage.tell(
            f"Dev opened a pull request, CI checked it, Rob approved and merged it. CI signed the tag {MOVED}, built it once, and pushed "
            "it to the registry with a list of its contents, a statement of where it comes from, and its signature. From now on the thing "
            f"that moves is {short(built.digest)}, whatever anybody calls it. CI deployed it to dev and told the bot."
        )
        await company.deploy_unasked(MOVED, "dev")
        self.proved(await work.repository.verified(MOVED), f"the signature of the tag {MOVED} is good")
        self.proved(await self.stands("dev") == (MOVED, built.digest), f"dev/ holds the bytes of {MOVED}, hashed anew")
        self.proved((await self.tags())[-1:] == ["deployment:observed"], "the bot has it on record")

    async def rita_freezes_production(self) -> None:
        self.stage.chapter("2. Production is frozen")
        self.stage.tell("Checkout answers slowly this morning. Rita, a release manager, stops production until somebody knows why.")
        until = f"{self.time():%Y-%m-%d}T15:00"
        await self.say(
            "rita",
            f"/release freeze declare production kind=incident until={until} approver=olga@acme.example "
            'reason="checkout is slow" exit="p95 below 300 ms for 10 minutes" plan="promotions go on as usual"',
        )
        row = (await self.company.ledger())[-1]
        self.freeze = row.subject or ""
        self.proved(row.tag == "freeze:declared" and self.freeze.startswith("FRZ-"), f"{self.freeze} is in force")

    async def dev_moves_the_tag(self) -> None:
        company = self.company
        self.stage.chapter("3. A promotion is refused, with every reason and what to do about it")
        self.stage.tell(
            f"Dev fixed a typo in a second pull request, which Rob approved too. To save a version he moved the tag {MOVED} to it. Carla, "
            f"who knows nothing of that, wants {MOVED} in production. It never ran in staging, production is frozen, nobody wrote a "
            f"word about it, and she pasted the digest of {OLD}. She is told all of it at once, privately, each reason with its remedy."
        )
        await company.development.change("API-8: fix a typo", {"api.py": 'print("Hello, all")\n'}, author="dev", reviewer="rob")
        await company.development.move_tag(MOVED, "dev")
        await self.refused(
            "carla",
            f"/release promote {SERVICE} {MOVED} production digest={self.runs.digest} {HARMLESS}",
            "environment-skipped", "pointer-moved", "digest-mismatch", "record-incomplete", "no-release-notes", "frozen",
        )  # fmt: skip
        alerts = company.slack.messages(company.alerts)
        self.proved(any(f"{SERVICE} {MOVED}" in alert.as_text() for alert in alerts), "#alerts was told that a fixed pointer moved")
        self.proved(not await company.ci.runs(), "CI was asked for nothing")

    async def a_new_version_has_another_builds_sbom(self) -> None:
        company = self.company
        self.stage.chapter("4. What proves another digest proves nothing")
        self.stage.tell(
            f"As the remedy says, CI tags a new version: {NEW}. But its build attaches a list of contents (SBOM) that was made for {OLD}. "
            "Staging takes no approval in this company's policy, but it takes proof."
        )
        self.built = await company.development.release(NEW, sbom_of=self.runs.digest)
        await company.deploy_unasked(NEW, "dev")
        await self.refused("dev", f"/release promote {SERVICE} {NEW} staging", "no-sbom")
        self.proved(not await company.ci.runs(), "CI was asked for nothing")

    async def staging_first(self) -> None:
        self.stage.chapter("5. Made right: first through staging")
        self.stage.tell(
            "CI makes the list from the artifact itself and attaches it to its digest. Dev asks again, and CI is asked at once."
        )
        await self.company.development.builds.attach_sbom(self.built)
        await self.say("dev", f"/release promote {SERVICE} {NEW} staging", show_answer=False)
        self.to_staging = await self.newest_change()
        await self.until_over(self.to_staging)
        self.show_card(self.to_staging)
        self.proved(await self.stands("staging") == (NEW, self.built.digest), "staging/ holds the same bytes as dev/")
        self.proved(await self.state(self.to_staging) == "succeeded", f"{self.to_staging} succeeded")

    async def rita_lifts_the_freeze(self) -> None:
        self.stage.chapter("6. Made right: the freeze is lifted")
        await self.company.pass_time(timedelta(minutes=20))
        self.stage.tell(
            f"It is {self.time():%H:%M} now. The cause was a cache, and it is warm again. Lifting a freeze early takes a word on how its "
            "exit criteria are met."
        )
        await self.say("rita", f"/release freeze lift {self.freeze} p95 is 210 ms for a quarter of an hour, the cache is warm")
        self.proved((await self.tags())[-1] == "freeze:lifted", "production is open again")

    async def carla_writes_what_only_people_know(self) -> None:
        self.stage.chapter("7. Made right: what only people know is written")
        self.stage.tell(
            "Ten of the twelve fields of a release record the bot reads by itself. Known issues, and how it is rolled back, Carla writes. "
            "The release notes begin as a draft from the pull requests; she looks them over and saves them."
        )
        await self.fills_in(
            "carla", f"/release record complete {SERVICE} {NEW}", issues="None known; watch how fast it answers.",
            rollback=f"Promote {OLD} again; no data has changed.",
        )  # fmt: skip
        await self.fills_in("carla", f"/release notes edit {SERVICE} {NEW}")
        tags = await self.tags()
        self.proved("record:written" in tags, "the release record is complete, and on record")
        self.proved(tags[-1] == "notes:draft", "the release notes are saved")

    async def carla_asks_again(self) -> None:
        self.stage.chapter("8. Carla asks again, for what is proven")
        self.stage.tell(
            "Seven questions about its risk come first. The answers, and what the pull requests tell, say who has to approve. Then nothing "
            "speaks against it but that nobody has: the request is kept, and a card shows it to everyone, with what was read to prove "
            "it."
        )
        await self.fills_in(
            "carla", f"/release promote {SERVICE} {NEW} production", answers=["customer-visible"], customers="They are greeted by name.",
            migration="no",
        )  # fmt: skip
        self.to_production = await self.newest_change()
        self.show_card(self.to_production)
        self.proved(await self.state(self.to_production) == "awaiting-approval", f"{self.to_production} waits for approval")
        risk = "medium: customer-visible is answered yes"
        self.proved(risk in self.card(self.to_production).as_text(), f"its risk is {risk}, so a tech lead has to approve")
        self.proved(not await self.company.ci.runs(self.to_production), "CI was not asked: one message never reaches production")
