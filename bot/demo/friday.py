"""The story of a request on a Friday: it is kept for Monday, judged again then, and goes out; the demo moves the clock.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.moments import following
from bot.demo.playground import title
from bot.demo.stage import Stage
from bot.demo.story_asking import HARMLESS
from bot.demo.versions import Versions
from storage.chain import Sound

MONDAY, FRIDAY, SUNDAY = 0, 4, 6
QUEUED = "v1.5.0"
"""What is asked for on the Friday."""


class Friday(Versions):
    """From a Friday's request to Monday's deployment.

    Args:
        company: where it happens; a version of the service stands everywhere.
        stage: where it is shown.

    Attributes:
        change: id of the request, once somebody asked.
        monday: when the next window opens.
    """

    def __init__(self, company: Company, stage: Stage) -> None:
        super().__init__(company, stage)
        self.change = ""
        self.monday: datetime

    async def tell(self) -> None:
        """Everything, in order.

        Raises:
            DidNotHappen: a step did not do what it should.
        """
        await self.carla_asks_on_a_friday()
        await self.rita_approves_it_for_monday()
        await self.a_freeze_on_sunday_moves_it_on()
        await self.it_goes_out_when_everything_lets_it()

    # ------------------------------------------------------------ the steps

    async def carla_asks_on_a_friday(self) -> None:
        stage = self.stage
        stage.title("Signalbox: a request on a Friday goes out on Monday")
        stage.chapter("Friday 1. Carla asks when nothing may go")
        await self.until(following(self.company.clock.now(), ZONE, FRIDAY, time(11)))
        self.monday = following(self.company.clock.now(), ZONE, MONDAY, time(10))
        await self.ready("API-50: say goodbye as well", QUEUED, 'print("hello, all")\nprint("goodbye")\n')
        stage.tell(
            f"CI built {QUEUED}, and it runs in staging. The window of production is open from Monday to Thursday. Carla asks all the "
            "same: a rule that only time heals turns nobody away. Her request is kept, and she is told from when on it may go."
        )
        await self.say("carla", f"/release promote {SERVICE} {QUEUED} production {HARMLESS}")
        self.change = await self.newest_change()
        said = self.last_told("carla").as_text(ZONE)
        self.proved("(Mon 10:00 Europe/Berlin)" in said, f"{self.change} is kept; she was told: Monday, 10:00")
        self.proved(await self.state(self.change) == "awaiting-approval", "it waits for approval")

    async def rita_approves_it_for_monday(self) -> None:
        stage = self.stage
        stage.chapter("Friday 2. Approved on Friday, kept over the weekend")
        await self.approves("rita", self.change, "Diff read; Monday at ten everybody is there.")
        self.proved(await self.state(self.change) == "waiting-for-window", f"{self.change} is approved and waits for its window")
        self.proved(not await self.company.ci.runs(self.change), "CI was asked for nothing")

    async def a_freeze_on_sunday_moves_it_on(self) -> None:
        stage = self.stage
        stage.chapter("Friday 3. A freeze on Sunday moves it on")
        await self.until(following(self.company.clock.now(), ZONE, SUNDAY, time(18)))
        stage.tell(
            "On Sunday Rita learns that the data centre works on its network until Monday, 10:30. She freezes production until then."
        )
        until = (self.monday + timedelta(minutes=30)).astimezone(ZoneInfo(ZONE))
        await self.told(
            "rita",
            f"/release freeze declare production kind=major-event until={until:%Y-%m-%dT%H:%M} approver=olga@acme.example "
            'reason="work on the network" exit="the data centre says that it is done" plan="what waits goes by itself"',
            show_answer=False,
        )
        await self.later(timedelta(minutes=1))
        found = await self.company.change(self.change)
        self.proved(found is not None and "is frozen" in found.why, f"{self.change} is judged again: {found.why if found else ''}")
        self.proved("(Mon 10:30 Europe/Berlin)" in self.card(self.change).as_text(ZONE), "its card says: next allowed Monday, 10:30")
        await self.until(self.monday)
        self.proved(await self.state(self.change) == "waiting-for-window", "the window is open, and it waits for the end of the freeze")
        self.proved(not await self.company.ci.runs(self.change), "CI was asked for nothing")

    async def it_goes_out_when_everything_lets_it(self) -> None:
        stage = self.stage
        stage.chapter("Friday 4. It is judged once more, and goes out by itself")
        await self.until(self.monday + timedelta(minutes=30))
        await self.until_over(self.change)
        runs = await self.company.ci.runs(self.change)
        self.proved(len(runs) == 1, "CI holds exactly one order for it")
        ordered = json.loads(await self.newest("dispatch:ordered"))
        answers = {each["guard"]: each["why"] for each in ordered["answers"]}
        asked = ("in_window", "not_frozen", "approved", "same_artifact")
        stage.table(("judged at dispatch", ""), ((guard, answers[guard]) for guard in asked if guard in answers))
        window = ordered["seen"]["window"]
        self.proved(
            datetime.fromisoformat(window["start"]) == self.monday and not ordered["seen"]["freezes"],
            "it was judged by Monday's facts: window open, no freeze, approvals that still count",
        )
        self.proved(await self.stands("production") == (QUEUED, runs[0].order.digest), f"production/ holds {QUEUED}, hashed anew")
        self.proved(title(self.card(self.change)).startswith("🟢"), "the card is green")
        self.proved(isinstance(await self.company.verified(), Sound), "audit verify: every entry follows from the one before")
