"""`signalbox demo`: the story of one release, told on the terminal while it really happens; then a prompt to play on.

Invariant: each ✔ was looked up where it happened (in CI's own files, the folders, the ledger, the cards in Slack), never in
what was printed; when one is not so, the story stops there and says what did not happen.
"""

import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from bot.demo import logs, prompt
from bot.demo.ci_process import CIError
from bot.demo.company import SERVICE, ZONE, Company, title
from bot.demo.git import CommandError
from bot.demo.people import BY_NAME, MEMBERS
from bot.demo.stage import Stage
from bot.demo.teller import DidNotHappen, Teller
from bot.demo.terminal import Ask, in_background
from commands.core.ports import RunState
from guards.artifact import short
from storage.chain import Sound
from storage.errors import StorageError

OLD, NEW = "v1.3.2", "v1.4.0"


class Story(Teller):
    """One release of one service, step by step.

    Args:
        company: where it happens.
        stage: where it is shown.
    """

    def __init__(self, company: Company, stage: Stage) -> None:
        super().__init__(company, stage)
        self.wanted = self.wrong = ""  # the digests of the new version and of the old one
        self.to_staging = self.to_production = self.freeze = ""  # ids

    async def tell(self) -> None:
        """Everything, in order.

        Raises:
            DidNotHappen: a step did not do what it should.
        """
        await self.the_company_as_it_is()
        await self.ci_builds_and_deploys_to_dev()
        await self.rita_freezes_production()
        await self.carla_asks_for_too_much()
        await self.staging_first()
        await self.rita_lifts_the_freeze()
        await self.carla_asks_again()
        await self.carla_may_not_approve_her_own_request()
        await self.dev_may_not_approve_his_own_work()
        await self.rita_approves()
        await self.ci_deploys_once()
        await self.everything_is_on_record()

    # ------------------------------------------------------------ the steps

    async def the_company_as_it_is(self) -> None:
        company, stage = self.company, self.stage
        stage.title("Signalbox: how one release goes to production")
        stage.chapter("The company")
        stage.tell(
            f"In this story it is {self.time():%A %-d %B %Y, %H:%M} in Berlin. The change window of {SERVICE} is open: Monday to Thursday, "
            "10:00 to 16:00. Everything here is real and lives in one temporary folder: a git repository, a CI that is a process of its "
            "own, a database, and a small Slack that talks to the bot over HTTP as Slack does.",
        )
        stage.table(("person", "part", ""), ((m.handle, m.part, m.does) for m in MEMBERS))
        built = await company.release(OLD)
        self.wrong = built.digest
        for environment in ("dev", "staging", "production"):
            await company.ci.deploy(SERVICE, OLD, environment)
        await company.ci.call_back(company.bot)
        stage.tell(f"Until today the company deployed by hand: {SERVICE} {OLD} stands everywhere, and the bot knows nothing of it.")
        await self.show_folders()

    async def ci_builds_and_deploys_to_dev(self) -> None:
        company, stage = self.company, self.stage
        stage.chapter("1. CI builds a version and deploys it to dev by itself")
        author, reviewer = BY_NAME["dev"], BY_NAME["rob"]
        pull = await company.propose("greet-everybody", author.handle, {"api.py": 'print("hello, all of you")\n'}, "Greet everybody")
        await company.merge(pull, reviewer.handle)
        built = await company.release(NEW)
        self.wanted = built.digest
        stage.tell(
            f"{author.name} committed, {reviewer.name} reviewed, CI signed the tag {NEW} and built it once: from now "
            f"on the thing that moves is {short(built.digest)}, whatever anybody calls it. CI deployed it to dev and told the bot."
        )
        await company.deploy_unasked(NEW, "dev")
        self.proved(await company.repository.verified(NEW), f"the signature of the tag {NEW} is good")
        self.proved(await self.stands("dev") == (NEW, self.wanted), f"dev/ holds the bytes of {NEW}, hashed anew")
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

    async def carla_asks_for_too_much(self) -> None:
        self.stage.chapter("3. A promotion is refused, with every reason and what to do about it")
        self.stage.tell(
            f"Carla wants {NEW} in production. It never ran in staging, production is frozen, and she pasted the digest of {OLD}. "
            "She is told all of it at once, privately, each reason with its remedy."
        )
        await self.say("carla", f"/release promote {SERVICE} {NEW} production digest={self.wrong}")
        said = self.last_told("carla").as_text(ZONE)
        for reason in ("environment-skipped", "frozen", "digest-mismatch"):
            self.proved(reason in said, f"she was told the reason {reason}")
        self.proved((await self.tags())[-1] == "promote:refused", "the refusal is on record")
        self.proved(not await self.company.ci.runs(), "CI was asked for nothing")

    async def staging_first(self) -> None:
        self.stage.chapter("4. Made right: first through staging")
        self.stage.tell("Staging takes no approval in this company's policy, so a developer's word is enough. CI is asked at once.")
        await self.say("dev", f"/release promote {SERVICE} {NEW} staging", show_answer=False)
        self.to_staging = await self.newest_change()
        await self.until_over(self.to_staging)
        self.show_card(self.to_staging)
        self.proved(await self.stands("staging") == (NEW, self.wanted), "staging/ holds the same bytes as dev/")
        self.proved(await self.state(self.to_staging) == "succeeded", f"{self.to_staging} succeeded")

    async def rita_lifts_the_freeze(self) -> None:
        self.stage.chapter("5. Made right: the freeze is lifted")
        await self.company.pass_time(timedelta(minutes=20))
        self.stage.tell(
            f"It is {self.time():%H:%M} now. The cause was a cache, and it is warm again. Lifting a freeze early takes a word on how its "
            "exit criteria are met."
        )
        await self.say("rita", f"/release freeze lift {self.freeze} p95 is 210 ms for a quarter of an hour, the cache is warm")
        self.proved((await self.tags())[-1] == "freeze:lifted", "production is open again")

    async def carla_asks_again(self) -> None:
        self.stage.chapter("6. Carla asks again")
        self.stage.tell("Nothing speaks against it now but that nobody has approved: the request is kept, and a card shows it to everyone.")
        await self.say("carla", f"/release promote {SERVICE} {NEW} production migration=no", show_answer=False)
        self.to_production = await self.newest_change()
        self.show_card(self.to_production)
        self.proved(await self.state(self.to_production) == "awaiting-approval", f"{self.to_production} waits for approval")
        self.proved(not await self.company.ci.runs(self.to_production), "CI was not asked: one message never reaches production")

    async def carla_may_not_approve_her_own_request(self) -> None:
        self.stage.chapter("7. Nobody approves their own request")
        self.stage.tell("Carla may approve for production, but not what she asked for herself.")
        await self.refused_to_approve("carla", self.to_production, "own-request")

    async def dev_may_not_approve_his_own_work(self) -> None:
        self.stage.chapter("8. Nobody approves their own work")
        self.stage.tell("Dev did not ask for it, and he may approve for production too. But he wrote a part of this version.")
        await self.refused_to_approve("dev", self.to_production, "own-work")

    async def rita_approves(self) -> None:
        company, stage = self.company, self.stage
        stage.chapter("9. Somebody else looks at it, and approves")
        stage.tell("Rita presses Approve. A form shows once more what she decides on, and asks why it may go.")
        card = self.card(self.to_production)
        stage.types("rita", f"press Approve on {self.to_production}")
        await self.delivered(await company.press("rita", "Approve", card))
        form = company.slack.modal(company.people["rita"])
        if form is None:
            raise DidNotHappen("a form opened before Rita")
        form.fill({"rationale": "Read the diff and the staging run; v1.3.2 can be put back in a minute."})
        stage.form(form, "Rita’s form")
        sent = await self.delivered(await company.fill("rita"))
        stage.tell(
            "Slack delivers again what it believes was not heard. Here it delivers Rita's form a second time; nothing may happen twice."
        )
        await self.delivered(await company.again(sent))
        await self.until_over(self.to_production)
        approvals = [row for row in await company.ledger() if row.tag == "change:approval"]
        self.proved([row.actor for row in approvals] == ["rita@acme.example"], "one approval is on record, Rita's")

    async def ci_deploys_once(self) -> None:
        stage = self.stage
        stage.chapter("10. CI was asked once, and deployed")
        runs = await self.company.ci.runs(self.to_production)
        self.proved(len(runs) == 1, "CI holds exactly one order for it")
        order = runs[0].order
        asked = {"key": order.key, "workflow": order.workflow, "version": order.version, "commit": order.commit, "digest": order.digest}
        stage.table(("what CI was asked", ""), asked.items())
        self.proved((order.environment, order.digest) == ("production", self.wanted), "it was the digest that was approved")
        self.proved(runs[0].state is RunState.SUCCEEDED, f"the run {runs[0].run} succeeded")
        await self.show_folders()
        self.proved(
            await self.stands("production") == (NEW, self.wanted), "production/ holds the same bytes as staging/ and dev/, hashed anew"
        )
        self.show_card(self.to_production)
        self.proved(title(self.card(self.to_production)).startswith("🟢"), "the card is green")
        log = self.company.thread(self.card(self.to_production))
        stage.tell("Below the card, its thread holds the log:")
        stage.log(log)
        self.proved(any("Rita Manager approved" in line.as_text() for line in log), "the log says who approved, and why")

    async def everything_is_on_record(self) -> None:
        stage = self.stage
        stage.chapter("11. Everything is on record")
        rows = await self.company.ledger()
        stage.table(
            ("#", "what", "who", "about"), ((str(row.seq), row.tag, row.actor_name, row.subject or row.environment or "") for row in rows)
        )
        happened = [row.tag for row in rows if row.subject == self.to_production]
        wanted = ["change:requested", "approve:refused", "change:approval", "dispatch:ordered", "run:succeeded", "change:succeeded"]
        missing = [tag for tag in wanted if tag not in happened]
        self.proved_silently(not missing, f"{', '.join(missing)} are in the ledger")
        self.proved(not missing, "request, refusals, approval, order and result are in the ledger")
        self.proved(happened.count("dispatch:ordered") == 1, "one order, in the ledger too")
        found = await self.company.verified()
        if not isinstance(found, Sound):
            raise DidNotHappen(f"the ledger is whole ({found.why})")
        stage.proved(f"audit verify: {found.count} entries, each follows from the one before")


def run(*, once: bool) -> int:
    """Set the company up, tell the story, and (unless `once`) leave a prompt to play on.

    Args:
        once: end after the story.

    Returns:
        0 when all of the story happened, 1 when something did not, 130 when it was interrupted.
    """
    stage = Stage(ZONE)
    with tempfile.TemporaryDirectory(prefix="signalbox-demo-", ignore_cleanup_errors=True) as name, logs.to(Path(name) / "bot.log"):
        return in_background(lambda ask: _play(Path(name), stage, None if once else ask))


async def _play(folder: Path, stage: Stage, ask: Ask | None) -> int:
    try:
        async with Company(folder) as company:
            await Story(company, stage).tell()
            stage.tell("All of it happened: what is marked ✔ was looked up where it happened.")
            if ask:
                await prompt.Prompt(company, stage, ask).play()
            return 0
    except asyncio.CancelledError:
        stage.note("Interrupted; everything that was started is ended.")
        raise
    except DidNotHappen as broken:
        stage.failed(f"The story stops here, because this is not so: {broken}.")
    except (CIError, CommandError, StorageError) as broken:
        stage.failed(f"The demo cannot go on: {broken}.")
    for line in logs.errors(folder / "bot.log"):
        stage.note(line)
    return 1
