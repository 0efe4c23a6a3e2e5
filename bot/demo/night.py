"""The story of a Sunday night: an incident, a freeze, an emergency that two others approve, and what goes out by it, once.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

import json
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.friday import SUNDAY
from bot.demo.moments import following
from bot.demo.playground import title
from bot.demo.stage import Stage
from bot.demo.story_asking import HARMLESS
from bot.demo.versions import Versions
from guards.artifact import short

FIX = "v1.6.0"
"""What goes out in the night."""


class Night(Versions):
    """From the first alarm to the deployment, and an attempt to use the emergency twice.

    Args:
        company: where it happens; a version of the service stands everywhere.
        stage: where it is shown.

    Attributes:
        incident, freeze, emergency, change: ids, once there is one.
    """

    def __init__(self, company: Company, stage: Stage) -> None:
        super().__init__(company, stage)
        self.incident = self.freeze = self.emergency = self.change = ""

    # ------------------------------------------------------------ the steps

    async def otto_is_woken(self) -> None:
        stage = self.stage
        stage.title("Signalbox: an emergency on a Sunday night")
        await self.until(following(self.company.clock.now(), ZONE, SUNDAY, time(23, 10)))
        stage.chapter("Night 1. An incident is opened, and production stands still")
        stage.tell(
            "Logins fail. Otto is on call, and opens an incident; Ines leads it. She freezes production: nobody makes it worse by hand."
        )
        await self.told("otto", f'/release incident open SEV-1 title="logins fail" services={SERVICE} commander=ines@acme.example')
        self.incident = await self.subject("incident:opened")
        tomorrow = (self.company.clock.now() + timedelta(hours=16)).astimezone(ZoneInfo(ZONE))
        await self.told(
            "ines",
            f"/release freeze declare production kind=incident until={tomorrow:%Y-%m-%dT%H:%M} approver=olga@acme.example "
            'reason="logins fail" exit="logins work for half an hour" plan="what waits goes by itself"',
            show_answer=False,
        )
        self.freeze = await self.subject("freeze:declared")
        await self.told("ines", f"/release incident link {self.incident} {self.freeze}", show_answer=False)
        self.proved((await self.tags())[-1] == "incident:linked", f"{self.freeze} is in force, and belongs to {self.incident}")

    async def the_front_door_is_closed(self) -> None:
        self.stage.chapter("Night 2. The front door is closed")
        await self.ready("API-60: renew the key", FIX, 'print("hello, all")\nKEY = "renewed"\n')
        self.stage.tell(
            f"Dev mends it, Rob reviews it, CI builds {FIX}, and it runs in staging. Carla asks for it in production, as on any day. She "
            "is told every reason why not, and until when."
        )
        await self.refused(
            "carla", f"/release promote {SERVICE} {FIX} production {HARMLESS}", "frozen", "open-incident", waits="outside-window"
        )
        self.proved(not await self.orders(), "CI was asked for nothing")

    async def ines_declares_an_emergency(self) -> None:
        stage = self.stage
        stage.chapter("Night 3. Ines declares an emergency")
        stage.tell(
            "There is one way past the calendar, and it is on record: what is wrong, why it cannot wait, how it is rolled back, and what "
            "is to be done afterwards. On-call, security and the release managers are told at once."
        )
        await self.fills_in(
            "ines", f"/release emergency declare {SERVICE} {FIX} production", criterion="production-down", classification="emergency",
            incident=self.incident, reason="logins fail, this renews the key", waiting="nobody can log in until Monday, 10:00",
            rollback=f"promote {await self.running()} again", after="an alert before a key runs out",
        )  # fmt: skip
        self.emergency = await self.subject("emergency:declared")
        stage.message(self.company.about(self.emergency), "#releases")
        for who, part in (("rob", "leads on-call"), ("sami", "security"), ("rita", "a release manager")):
            heard = [message for message in self.company.told(who) if self.emergency in message.as_text()]
            self.proved(bool(heard), f"{who} ({part}) was told at once")

    async def who_declared_it_does_not_approve_it(self) -> None:
        stage = self.stage
        stage.chapter("Night 4. Two others approve it, and Ines is neither")
        stage.tell("Ines may approve emergencies: only not her own.")
        await self.refused("ines", f"/release emergency approve {self.emergency} it is urgent", "own-request", word="emergency-approve")
        await self.approves("rita", self.emergency, "Diff read: it renews the key and nothing else.")
        stage.tell("One of two. Ines tries to have it go.")
        await self.refused(
            "ines", f"/release emergency promote {self.emergency} {HARMLESS}",
            "not-covered", "frozen", "open-incident", "outside-window", word="emergency-promote",
        )  # fmt: skip
        await self.approves("olga", self.emergency, "Staging logs in again; the way back is a minute away.")
        self.proved(
            (await self.tags())[-1] == "emergency:approved", f"{self.emergency} counts: two approved it, neither declared nor wrote it"
        )
        self.proved(not await self.orders(), "CI was asked for nothing yet")

    async def it_goes_out(self) -> None:
        stage = self.stage
        stage.chapter("Night 5. It goes out, past the calendar and nothing else")
        await self.told("ines", f"/release emergency promote {self.emergency} {HARMLESS}", show_answer=False)
        used = json.loads(await self.newest("emergency:used"))
        self.change = used["change"]
        await self.until_over(self.change)
        runs = await self.company.ci.runs(self.change)
        self.proved(len(runs) == 1, "CI holds exactly one order for it")
        ordered = json.loads(await self.newest("dispatch:ordered"))
        asked = ("in_window", "not_frozen", "no_incident", "approved", "same_artifact", "checked", "signed")
        answers = {each["guard"]: each["why"] for each in ordered["answers"]}
        stage.table(("judged at dispatch", ""), ((guard, answers[guard]) for guard in asked))
        gave_way = (
            self.emergency in answers["in_window"] and self.freeze in answers["not_frozen"] and self.emergency in answers["no_incident"]
        )
        self.proved(gave_way, "window, freeze and incident gave way to this record")
        strict = {"in_order", "same_artifact", "tagged", "checked", "reviewed", "signed", "proven", "recorded"}
        self.proved(
            strict <= answers.keys() and not any(self.emergency in answers[guard] for guard in strict),
            "order, digest, tag, checks, reviews, signature, provenance and record were judged as on any day",
        )
        digest = runs[0].order.digest
        self.proved(await self.stands("production") == (FIX, digest), f"production/ holds {FIX} {short(digest)}, hashed anew")
        self.proved(title(self.card(self.change)).startswith("🟢"), "the card is green")
        self.proved(used["overridden"] == ["the change window", f"freeze {self.freeze}"], "what it went past is on record")

    async def it_is_used_up(self) -> None:
        self.stage.chapter("Night 6. It covers one change, once")
        self.stage.tell("Ines tries to have it go once more.")
        await self.refused(
            "ines", f"/release emergency promote {self.emergency} {HARMLESS}",
            "wrong-state", "already-running", "frozen", "open-incident", "outside-window", word="emergency-promote",
        )  # fmt: skip
        self.proved(len(await self.orders()) == 1, "CI was asked once")

    # ------------------------------------------------------------ what recurs

    async def orders(self) -> list[str]:
        """What CI was asked to bring to production of the night's version."""
        return [run.run for run in await self.company.ci.runs() if (run.order.environment, run.order.version) == ("production", FIX)]

    async def subject(self, tag: str) -> str:
        """What the newest entry with this tag is about."""
        found = [row.subject or "" for row in await self.company.ledger() if row.tag == tag]
        self.proved_silently(bool(found and found[-1]), f"{tag} is in the ledger")
        return found[-1]
