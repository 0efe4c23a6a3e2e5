"""The second half of the story of a Sunday night: what the emergency left behind chases itself closed, while the demo moves the clock.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

import json
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE
from bot.demo.friday import MONDAY
from bot.demo.moments import following
from bot.demo.night import Night
from bot.demo.people import BY_NAME
from bot.demo.playground import title
from bot.demo.teller import DidNotHappen
from bot.workspace import Message
from guards.obligation import Obligation, Owed
from storage import obligations
from storage.chain import Sound

WEDNESDAY = 2
PAPERS = (Owed.CHANGE_RECORD, Owed.BACKFILL, Owed.RECONCILIATION, Owed.FOLLOW_UP)
"""What Ines owes for having declared it."""


class Aftermath(Night):
    """From the deployment to the last follow-up that is closed; the arguments are those of `Night`."""

    async def tell(self) -> None:
        """Everything, from the first alarm on.

        Raises:
            DidNotHappen: a step did not do what it should.
        """
        await self.otto_is_woken()
        await self.the_front_door_is_closed()
        await self.ines_declares_an_emergency()
        await self.who_declared_it_does_not_approve_it()
        await self.it_goes_out()
        await self.it_is_used_up()
        await self.production_is_opened_again()
        await self.closing_is_refused()
        await self.the_papers_are_written()
        await self.what_is_late_is_chased()
        await self.it_is_closed()

    # ------------------------------------------------------------ the steps

    async def production_is_opened_again(self) -> None:
        stage = self.stage
        stage.chapter("Night 7. Logins work again")
        await self.later(timedelta(minutes=35))
        await self.told(
            "ines", f"/release freeze lift {self.freeze} logins work since half an hour, the error rate is below 0.1 %", show_answer=False
        )
        self.proved((await self.tags())[-1] == "freeze:lifted", "the freeze is lifted, with how its exit criteria are met")
        await self.told(
            "ines", f'/release incident close {self.incident} mechanism="{self.change} renewed the key" cause="a key ran out" '
            'verification="logins work since half an hour"', show_answer=False,
        )  # fmt: skip
        self.proved(
            "incident:closed" in (await self.tags())[-4:], f"{self.incident} is closed: how service was restored, and what shows it"
        )

    async def closing_is_refused(self) -> None:
        stage = self.stage
        stage.chapter("Night 8. The emergency is over; what it owes is not")
        owed = await self.everything()
        stage.table(("owed", "what", "by", "until"), ((one.id, one.kind, one.owner_name, self.day(one)) for one in owed))
        self.proved(
            {one.kind for one in owed} == {*PAPERS, Owed.REVIEW, Owed.POSTMORTEM}, "record, way back, review and postmortem are owed"
        )
        stage.tell("Ines would close it, and go to bed.")
        await self.refused("ines", self.closing(), "still-owed", word="emergency-close")

    async def the_papers_are_written(self) -> None:
        stage = self.stage
        stage.chapter("Night 9. Monday: the papers, the review, a corrective action")
        await self.until(following(self.company.clock.now(), ZONE, MONDAY, time(10)))
        for one in await self.everything():
            if one.kind in PAPERS:
                await self.says_done("ines", one, f"see the page of {self.incident}")
        due = following(self.company.clock.now(), ZONE, WEDNESDAY, time(18)).astimezone(ZoneInfo(ZONE))
        stage.tell("Olga owns the service. She reviews what went out, and finds what keeps it from happening again; Dev is to do it.")
        await self.told(
            "olga",
            f'/release follow-up add {self.emergency} what="renew keys by a job, a week ahead" owner=dev@acme.example '
            f"due={due:%Y-%m-%dT%H:%M} service=api kind=corrective-action",
        )
        (review,) = [one for one in await self.everything() if one.kind is Owed.REVIEW]
        await self.says_done("olga", review, "the change was small, tested and the right one")
        stage.tell("The papers are there, and she who declared it would close it. But the corrective action is open.")
        await self.refused("ines", self.closing(), "still-owed", word="emergency-close")

    async def what_is_late_is_chased(self) -> None:
        stage = self.stage
        stage.chapter("Night 10. Whoever is late is reminded, and then others are")
        action = await self.action()
        await self.until(action.due - timedelta(hours=4) + timedelta(minutes=1))
        stage.message(self.reminder("dev", action), "only dev sees this, four hours before")
        self.proved(not self.heard("olga", action), "nobody else hears of it yet")
        await self.until(action.due + timedelta(minutes=1))
        stage.message(self.reminder("olga", action), "only olga sees this, when it is due")
        self.proved(not self.heard("rita", action), "she owns the service; the release managers do not hear of it yet")
        await self.until(action.due + timedelta(hours=24, minutes=1))
        self.proved(bool(self.heard("rita", action)), "a day later Rita hears of it too, a release manager")
        self.proved("1 overdue" in self.emergency_card().as_text(ZONE), "the card of the emergency says: 1 overdue")
        await self.told("audrey", f"/release follow-up list {self.emergency}")
        reminded = [row for row in await self.company.ledger() if row.tag == "obligation:reminded" and row.subject == action.id]
        told = [{*json.loads(row.body)["told"]} for row in reminded]
        dev, olga, rita = (BY_NAME[who].author.email for who in ("dev", "olga", "rita"))
        self.proved(told[0] == {dev} and told[1] == {dev, olga} and rita in told[2], "each reminder is on record, with who was told")

    async def it_is_closed(self) -> None:
        stage = self.stage
        stage.chapter("Night 11. The last follow-up is done, and the emergency is closed")
        await self.says_done("dev", await self.action(), "the job runs since noon, its alert was tried")
        (postmortem,) = [one for one in await self.everything() if one.kind is Owed.POSTMORTEM]
        await self.says_done("ines", postmortem, "the postmortem is on the page of the incident, nobody is blamed")
        await self.fills_in(
            "ines", f"/release emergency close {self.emergency}", resolution="logins work since 23:10, the error rate shows it",
            happened="a key ran out, and nobody was told", prevention="a job renews keys a week ahead",
        )  # fmt: skip
        card = self.emergency_card()
        stage.message(card, "#releases")
        self.proved(title(card).endswith("closed"), f"{self.emergency} is closed")
        closed = json.loads(await self.newest("emergency:closed"))
        owed = await self.everything()
        self.proved(all(one.done for one in owed), f"all {len(owed)} follow-ups are done, each with what shows it")
        self.proved({one["id"] for one in closed["done"]} <= {one.id for one in owed}, "they stand in the ledger with its end")
        stage.tell("Audrey reads what happened; nobody had to write it down.")
        timeline = (await self.told("audrey", f"/release incident timeline {self.incident}", show_answer=False)).as_text(ZONE)
        words = ("incident opened", "freeze declared", "emergency declared", "dispatch ordered", "freeze lifted", "emergency closed")
        at = [timeline.find(each) for each in words]
        self.proved(-1 not in at and at == sorted(at), f"the incident's timeline tells it in order: {', '.join(words)}")
        self.proved(isinstance(await self.company.verified(), Sound), "audit verify: every entry follows from the one before")

    # ------------------------------------------------------------ what recurs

    def closing(self) -> str:
        """The words that would close it."""
        return (
            f'/release emergency close {self.emergency} resolution="logins work" happened="a key ran out" prevention="an alert before that"'
        )

    async def says_done(self, who: str, one: Obligation, shown: str) -> None:
        """Somebody says that a follow-up is done, and what shows it."""
        await self.told(who, f"/release follow-up done {one.id} {shown}", show_answer=False)
        row = (await self.company.ledger())[-1]
        self.proved((row.tag, row.subject) == ("obligation:done", one.id), f"{one.id} ({one.kind}) is done")

    async def everything(self) -> tuple[Obligation, ...]:
        """What is or was owed for the emergency and for its incident."""
        return await self.company.house.store.read(
            lambda tx: (*obligations.about(tx, self.emergency), *obligations.about(tx, self.incident))
        )

    async def action(self) -> Obligation:
        """The corrective action."""
        found = [one for one in await self.everything() if one.kind is Owed.CORRECTIVE_ACTION]
        if not found:
            raise DidNotHappen("a corrective action is owed")
        return found[0]

    def heard(self, who: str, one: Obligation) -> list[Message]:
        """The reminders of a follow-up that somebody got, oldest first."""
        return [m for m in self.company.told(who) if title(m).startswith("⏰") and one.id in m.as_text(ZONE)]

    def reminder(self, who: str, one: Obligation) -> Message:
        """The newest reminder of a follow-up that somebody got."""
        found = self.heard(who, one)
        self.proved(bool(found), f"{who} is reminded of {one.id}")
        return found[-1]

    def emergency_card(self) -> Message:
        """The card of the emergency, as it stands now."""
        return self.card(self.emergency)

    @staticmethod
    def day(one: Obligation) -> str:
        """When something is due, for a table."""
        return f"{one.due.astimezone(ZoneInfo(ZONE)):%a %d %b %H:%M}"
