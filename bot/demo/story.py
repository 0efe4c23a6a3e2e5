"""`signalbox demo`: a company to play with, or its stories, told while they happen.

They are those of a release (here), of a train (`train_departure.py`), of a request on a Friday (`friday.py`) and of an emergency on a
Sunday night (`night_after.py`).

Invariant: each ✔ was looked up where it happened (in CI's own files, the folders, the ledger, the cards in Slack), never in
what was printed; when one is not so, the story stops there and says what did not happen.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bot.demo import logs, prompt
from bot.demo.backstage import Backstage
from bot.demo.ci_process import CIError
from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.friday import Friday
from bot.demo.git import CommandError
from bot.demo.night_after import Aftermath
from bot.demo.playground import title
from bot.demo.stage import Stage
from bot.demo.story_asking import NEW, OLD, Asking
from bot.demo.teller import DidNotHappen, refusals_in
from bot.demo.terminal import Ask, in_background
from bot.demo.train_departure import Departure
from bot.workspace.page import Page
from commands.core.ports.ci import RunState
from storage.chain import Sound
from storage.errors import StorageError

_PATIENCE = 30.0  # seconds for a program that takes less than one


class Story(Asking):
    """One release of one service, step by step.

    Args:
        company: where it happens.
        stage: where it is shown.
    """

    async def tell(self) -> None:
        """Everything, in order.

        Raises:
            DidNotHappen: a step did not do what it should.
        """
        await self.the_company_as_it_is()
        await self.a_version_is_made()
        await self.rita_freezes_production()
        await self.dev_moves_the_tag()
        await self.a_new_version_has_another_builds_sbom()
        await self.staging_first()
        await self.rita_lifts_the_freeze()
        await self.carla_writes_what_only_people_know()
        await self.carla_asks_again()
        await self.carla_may_not_approve_her_own_request()
        await self.dev_may_not_approve_his_own_work()
        await self.rob_reviewed_it_and_does_not_decide_alone()
        await self.rita_approves()
        await self.ci_deploys_once()
        await self.everything_is_on_record()
        await self.audrey_takes_the_evidence_along()

    # ------------------------------------------------------------ the steps

    async def carla_may_not_approve_her_own_request(self) -> None:
        self.stage.chapter("9. Nobody approves their own request")
        self.stage.tell("Carla may approve for production, but not what she asked for herself.")
        await self.refused_to_approve("carla", self.to_production, "own-request")

    async def dev_may_not_approve_his_own_work(self) -> None:
        self.stage.chapter("10. Nobody approves their own work")
        self.stage.tell("Dev did not ask for it, and he may approve for production too. But he wrote a part of this version.")
        await self.refused_to_approve("dev", self.to_production, "own-work")

    async def rob_reviewed_it_and_does_not_decide_alone(self) -> None:
        self.stage.chapter("11. Who reviewed the code does not decide alone")
        self.stage.tell("Rob may approve, and his approval counts. But he approved the code already, so a second pair of eyes has to look.")
        await self.approves("rob", self.to_production, "The diff is as I reviewed it, and staging is green.")
        row = (await self.company.ledger())[-1]
        self.proved(refusals_in(row) == {"sole-reviewer"}, "that it is not enough is on record: sole-reviewer")
        self.proved(await self.state(self.to_production) == "awaiting-approval", "the request still waits")
        self.proved(not await self.company.ci.runs(self.to_production), "CI was not asked")

    async def rita_approves(self) -> None:
        self.stage.chapter("12. Somebody else looks at it, and approves")
        self.stage.tell("Rita presses Approve. A form shows once more what she decides on, and asks why it may go.")
        sent = await self.approves(
            "rita", self.to_production, f"Read the diff and the staging run; {OLD} can be put back in a minute.", show_form=True
        )
        self.stage.tell(
            "Slack delivers again what it believes was not heard. Here it delivers Rita's form a second time; nothing may happen twice."
        )
        await self.delivered(await self.company.again(sent))
        await self.until_over(self.to_production)
        approvals = [row.actor for row in await self.company.ledger() if row.tag == "change:approval"]
        self.proved(approvals == ["rob@acme.example", "rita@acme.example"], "two approvals are on record, Rob's and Rita's")

    async def ci_deploys_once(self) -> None:
        stage = self.stage
        stage.chapter("13. CI was asked once, and deployed")
        runs = await self.company.ci.runs(self.to_production)
        self.proved(len(runs) == 1, "CI holds exactly one order for it")
        order = runs[0].order
        asked = {"key": order.key, "workflow": order.workflow, "version": order.version, "commit": order.commit, "digest": order.digest}
        stage.table(("what CI was asked", ""), asked.items())
        self.proved((order.environment, order.digest) == ("production", self.built.digest), "it was the digest that was approved")
        self.proved(runs[0].state is RunState.SUCCEEDED, f"the run {runs[0].run} succeeded")
        await self.show_folders()
        self.proved(
            await self.stands("production") == (NEW, self.built.digest),
            "production/ holds the same bytes as staging/ and dev/, hashed anew",
        )
        self.show_card(self.to_production)
        self.proved(title(self.card(self.to_production)).startswith("🟢"), "the card is green")
        log = self.company.thread(self.card(self.to_production))
        stage.tell("Below the card, its thread holds the log:")
        stage.log(log)
        self.proved(any("Rita Manager approved" in line.as_text() for line in log), "the log says who approved, and why")

    async def everything_is_on_record(self) -> None:
        stage = self.stage
        stage.chapter("14. Everything is on record")
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

    async def audrey_takes_the_evidence_along(self) -> None:
        """The bundle that Slack has is verified by a process that gets nothing but the file and the public key."""
        company, stage = self.company, self.stage
        stage.chapter("15. The evidence goes along, and verifies anywhere")
        stage.tell(
            "Audrey audits. She asks for everything about this version; the bot collects it and sends her one file. On a machine of her "
            "own, without the bot, its database or a network, she verifies it with the company's public key."
        )
        words = f"/release evidence {SERVICE} {NEW}"
        stage.types("audrey", words)
        await self.delivered(await company.say("audrey", words))
        files = [message for message in company.told("audrey") if message.files]
        self.proved_silently(len(files) == 1, "audrey has one file")
        stage.message(files[0], "only audrey sees this")
        content = company.slack.file(files[0])
        with tempfile.TemporaryDirectory(prefix="signalbox-auditor-") as name:
            bundle, key = Path(name) / "evidence.zip", Path(name) / "acme.pem"
            await asyncio.to_thread(bundle.write_bytes, content)
            await asyncio.to_thread(key.write_text, company.public_key)
            code, said = await _alone("evidence", "verify", bundle.name, "--key", key.name, folder=Path(name))
            stage.note(said)
            self.proved(code == 0, "signalbox evidence verify, in a process of its own: all of it is proven")
            broken = bytearray(content)
            broken[len(broken) // 2] ^= 1
            await asyncio.to_thread(bundle.write_bytes, bytes(broken))
            code, said = await _alone("evidence", "verify", bundle.name, "--key", key.name, folder=Path(name))
            self.proved(code == 1, f"with one bit changed it does not verify: {said.splitlines()[0]}")
        self.proved("evidence:exported" in await self.tags(), "that she took it is on record")


async def _alone(*words: str, folder: Path) -> tuple[int, str]:
    """Run the console script with nothing of this process's environment; its exit code, and what it said."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(_PATIENCE):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode().strip()


def run(*, once: bool, story: bool = False) -> int:
    """Set the company up, tell the story if it is wanted, and (unless `once`) stay up with a page and a prompt.

    Args:
        once: tell the story, and end.
        story: tell it before all else.

    Returns:
        0 when all of it happened, 1 when something did not, 130 when it was interrupted.
    """
    stage = Stage(ZONE)
    with tempfile.TemporaryDirectory(prefix="signalbox-demo-", ignore_cleanup_errors=True) as name, logs.to(Path(name) / "bot.log"):
        return in_background(lambda ask: _play(Path(name), stage, None if once else ask, story=once or story))


async def _play(folder: Path, stage: Stage, ask: Ask | None, *, story: bool) -> int:
    try:
        async with Company(folder) as company:
            if story:
                await Story(company, stage).tell()
                await Departure(company, stage).tell()
                await Friday(company, stage).tell()
                await Aftermath(company, stage).tell()
                stage.tell("All of it happened: what is marked ✔ was looked up where it happened.")
            else:
                stage.title("Signalbox: a company to play with")
                await company.first_release(OLD)
            if ask:
                async with Page(company.slack, Backstage(company)) as page:
                    await prompt.Prompt(company, stage, ask, page.address).play()
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
