"""How a step of the story is told and proved: what people do, what they see, and where it is looked up that it is so.

Invariant: nothing is taken for true because it was printed; it is read from CI's files, the folders, the ledger, the database or Slack.
"""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.people import BY_NAME
from bot.demo.stage import Stage
from bot.workspace import Exchange, Message
from guards.artifact import short
from storage.chain import Row


class DidNotHappen(Exception):  # noqa: N818 - named for what it tells
    """A step of the story did not do what it should have done; the message is the sentence that is not true."""


class Teller:
    """Tells what happens in a company.

    Args:
        company: where it happens.
        stage: where it is shown.
    """

    def __init__(self, company: Company, stage: Stage) -> None:
        self.company, self.stage = company, stage

    # ------------------------------------------------------------ how a step is told

    async def say(self, who: str, words: str, *, show_answer: bool = True) -> None:
        """Somebody types a command, and sees the bot's private answer."""
        self.stage.types(who, words)
        before = len(self.company.told(who))
        await self.delivered(await self.company.say(who, words))
        answers = self.company.told(who)[before:]
        self.proved_silently(len(answers) == 1, f"{who} got one answer")
        if show_answer:
            self.stage.message(answers[0], f"only {who} sees this")

    async def told(self, who: str, words: str, *, show_answer: bool = True) -> Message:
        """Somebody types a command; the answer that they get, beside whatever else they are told."""
        self.stage.types(who, words)
        before = len(self.company.told(who))
        await self.delivered(await self.company.say(who, words))
        answers = self.company.told(who)[before:]
        self.proved_silently(bool(answers), f"{who} got an answer")
        if show_answer:
            self.stage.message(answers[-1], f"only {who} sees this")
        return answers[-1]

    async def later(self, by: timedelta) -> None:
        """Let time pass."""
        await self.company.pass_time(by)

    async def until(self, moment: datetime) -> None:
        """Let time pass until a moment."""
        self.stage.note(f"The clock moves to {moment.astimezone(ZoneInfo(ZONE)):%A, %H:%M}.")
        await self.later(max(moment - self.company.clock.now(), timedelta(0)))

    async def refused_to_approve(self, who: str, change: str, reason: str) -> None:
        """Somebody presses Approve and is told privately why not; nothing moves."""
        self.stage.types(who, f"press Approve on {change}")
        await self.delivered(await self.company.press(who, "Approve", self.card(change)))
        answer = self.last_told(who)
        self.stage.message(answer, f"only {who} sees this")
        self.proved(reason in answer.as_text(), f"refused: {reason}")
        row = (await self.company.ledger())[-1]
        self.proved(row.tag == "approve:refused" and reason in refusals_in(row), "the attempt is on record, with that reason")
        self.proved(await self.state(change) == "awaiting-approval", "the request still waits")

    async def refused(self, who: str, words: str, *codes: str, word: str = "promote", waits: str = "") -> None:
        """Somebody asks for something and is told privately every reason why not, and what to do; the ledger has the same reasons.

        Args:
            who: handle.
            words: the command.
            codes: of the refusals, all of them.
            word: of the command, as the ledger has it.
            waits: the code of what would still wait once that is mended, or "".
        """
        await self.say(who, words)
        said = self.last_told(who).as_text(ZONE)
        for code in codes:
            self.proved(code in said, f"{who} was told the reason {code}")
        row = (await self.company.ledger())[-1]
        found = refusals_in(row) - {"not-approved"}  # nobody is asked to approve what is refused
        self.proved(
            row.tag == f"{word}:refused" and found == {*codes, *filter(None, (waits,))}, f"the ledger has the refusal: {', '.join(codes)}"
        )

    async def fills_in(self, who: str, words: str, **answers: object) -> None:
        """Somebody types a command that opens a form, fills it in and sends it; what the form was prefilled with stays."""
        self.stage.types(who, words)
        await self.delivered(await self.company.say(who, words))
        form = self.company.slack.modal(self.company.people[who])
        if form is None:
            raise DidNotHappen(f"a form opened before {BY_NAME[who].name}")
        form.fill(answers)
        self.stage.form(form, f"{BY_NAME[who].name}’s form")
        await self.delivered(await self.company.fill(who))

    async def approves(self, who: str, change: str, rationale: str, *, show_form: bool = False) -> Exchange:
        """Somebody presses Approve, fills in the form and sends it."""
        company, stage = self.company, self.stage
        stage.types(who, f"press Approve on {change}")
        await self.delivered(await company.press(who, "Approve", self.card(change)))
        form = company.slack.modal(company.people[who])
        if form is None:
            raise DidNotHappen(f"a form opened before {BY_NAME[who].name}")
        form.fill({"rationale": rationale})
        if show_form:
            stage.form(form, f"{BY_NAME[who].name}’s form")
        sent = await self.delivered(await company.fill(who))
        if not show_form:
            stage.message(self.last_told(who), f"only {who} sees this")
        return sent

    async def delivered(self, exchange: Exchange) -> Exchange:
        """The bot acknowledged within Slack's three seconds."""
        self.proved_silently(exchange.error is None, f"the bot acknowledged in time ({exchange.error})")
        return exchange

    async def until_over(self, change: str) -> None:
        """Wait until the change's card shows an end."""
        try:
            await self.company.until(lambda: not self.company.at_work())
        except TimeoutError as error:
            raise DidNotHappen(f"CI brought {change} to an end") from error

    def proved(self, so: bool, what: str) -> None:
        """Stop the story if something is not so, and say it if it is."""
        self.proved_silently(so, what)
        self.stage.proved(what)

    def proved_silently(self, so: bool, what: str) -> None:
        """Stop the story if something is not so that goes without saying."""
        if not so:
            raise DidNotHappen(what)

    def show_card(self, change: str) -> None:
        """The card of a change, as everyone sees it."""
        self.stage.message(self.card(change), "#releases")

    async def show_folders(self) -> None:
        """What lies in the environments."""
        rows = ((f"{s.environment}/", s.version, short(s.digest)) for s in await self.company.ci.standing(SERVICE))
        self.stage.table(("folder", "version", "digest, hashed now"), rows)

    # ------------------------------------------------------------ where it is looked up

    def time(self) -> datetime:
        """What the clocks show, where the company is."""
        return self.company.clock.now().astimezone(ZoneInfo(ZONE))

    def card(self, change: str) -> Message:
        """The card of a change, as it stands now."""
        try:
            return self.company.card(change)
        except LookupError as error:
            raise DidNotHappen(f"{change} has a card in #releases") from error

    def last_told(self, who: str) -> Message:
        """What somebody was told privately last."""
        told = self.company.told(who)
        if not told:
            raise DidNotHappen(f"{who} got an answer")
        return told[-1]

    async def stands(self, environment: str, service: str = SERVICE) -> tuple[str, str] | None:
        """Version and digest of what lies in an environment's folder."""
        return next(((s.version, s.digest) for s in await self.company.ci.standing(service) if s.environment == environment), None)

    async def tags(self) -> list[str]:
        """What is in the ledger, oldest first."""
        return [row.tag for row in await self.company.ledger()]

    async def newest(self, tag: str) -> str:
        """What the newest entry of the ledger with this tag says."""
        rows = [row.body for row in await self.company.ledger() if row.tag == tag]
        if not rows:
            raise DidNotHappen(f"{tag} is in the ledger")
        return rows[-1]

    async def newest_change(self) -> str:
        """The id of the newest change."""
        found = await self.company.changes()
        if not found:
            raise DidNotHappen("the request became a change")
        return found[0].id

    async def state(self, change: str) -> str:
        """Where a change stands, by the database."""
        found = await self.company.change(change)
        return found.state.value if found else "gone"


def refusals_in(row: Row) -> set[str]:
    """The codes of the refusals that an entry of the ledger carries."""
    return {answer["code"] for answer in json.loads(row.body).get("answers", ()) if answer["answer"] == "refuse"}
