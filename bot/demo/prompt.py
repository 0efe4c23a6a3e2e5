"""The prompt after the story: play any of the people, make CI misbehave, look at everything.

Invariant: whatever is typed is carried out as that person in the small Slack, or answered with a sentence; nothing typed ends the demo
but `quit`.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from bot.demo.ci_process import CIError
from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.forms import fill_in
from bot.demo.git import CommandError
from bot.demo.news import News
from bot.demo.people import BY_NAME, MEMBERS, Member
from bot.demo.playground import subject, title
from bot.demo.stage import Stage
from bot.demo.terminal import Ask
from bot.workspace import Button, Exchange
from guards.artifact import VERSION, short
from storage.chain import Sound

FAULTS = {
    "slow": "the next run takes 3 seconds",
    "down": "the next request is answered 503",
    "silent": "the next run is carried out, but CI never calls back",
    "drop_answer": "CI takes the next order, and its answer is lost",
    "fail": "the next run fails",
    "ok": "all is well again",
}

HELP = (
    ("/release …", "type a command in #releases, as the person at the prompt; `/release help` lists them"),
    ("press <button> [CR-…]", "press a button on a card (the newest that has it), e.g. press approve"),
    ("as <person>", "be somebody else; `rita> press approve` does one thing as Rita"),
    ("who", "the people"),
    ("cards, card <CR-…>", "the cards in #releases; one card with its log"),
    ("inbox [person]", "what somebody was told privately"),
    ("folders", "what stands in dev/, staging/ and production/"),
    ("release <version>", "commit, review, tag and build another version; CI deploys it to dev"),
    ("ci slow|down|silent|drop_answer|fail|ok", "what the demo CI does wrong next"),
    ("clock [+30m|+2h|+1d]", "what time it is; move it forward"),
    ("ledger [n], verify", "the latest entries on record; whether the record holds"),
    ("page", "the address of the same in a browser"),
    ("help, quit", ""),
)
_SPAN = re.compile(r"\+([0-9]{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_AS = re.compile(r"([a-z]+)>\s*(.*)")
_CHANGE = re.compile(r"CR-\d{4}-\d{4}-\d+", re.IGNORECASE)
_PATIENCE = 3.0
"""Seconds for CI to finish before the prompt comes back: what is slower is shown after the next line."""


class Prompt:
    """A conversation with the demo.

    Args:
        company: what is played with.
        stage: where it is shown.
        ask: shows a prompt and waits for a line.
        page: the address of the workspace's page.
    """

    def __init__(self, company: Company, stage: Stage, ask: Ask, page: str) -> None:
        self._company, self._stage, self._ask, self._address = company, stage, ask, page
        self._me = BY_NAME["captain"]
        self._news = News(company, stage)
        self._words: dict[str, Callable[[str], Awaitable[None]]] = {
            "/release": self._type, "press": self._press, "as": self._as, "who": self._who, "cards": self._cards, "card": self._card,
            "inbox": self._inbox, "folders": self._folders, "release": self._release, "ci": self._ci, "clock": self._clock,
            "ledger": self._ledger, "verify": self._verify, "page": self._page, "help": self._help,
        }  # fmt: skip

    async def play(self) -> None:
        """Read and carry out lines until `quit` or the end of the input."""
        self._stage.chapter("Now you")
        self._stage.tell(f"Everything stays up, in {self._company.folder}, until you quit. Play any of the people:")
        await self._help("")
        await self._page("")
        self._news.catch_up()
        while True:
            try:
                self._stage.gap()
                line = (await self._ask(f"{self._me.part}> ")).strip()
            except EOFError:
                line = "quit"
            if line.lower() in {"quit", "exit", "q"}:
                self._stage.note("The folder and everything in it are removed.")
                return
            await self._carry_out(line)

    async def _carry_out(self, line: str) -> None:
        before = self._me
        if (one := _AS.fullmatch(line)) and one[1] in BY_NAME:
            self._me, line = BY_NAME[one[1]], one[2]
        try:
            await self._one(line)
            await self._company.house.workers.quiet()
        except (LookupError, ValueError, CIError, CommandError) as problem:
            self._stage.failed(sentence(problem))
        if self._company.at_work():
            try:
                await self._company.until(lambda: not self._company.at_work(), _PATIENCE)
            except TimeoutError:
                self._stage.note("CI has not come back yet. Enter looks again; `clock +1m` lets time pass.")
        self._news.show(self._me)
        if one:
            self._me = before

    async def _one(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if not word:
            return
        run = self._words.get(word.lower())
        if run is None:
            raise LookupError(f"there is no {word!r} here; " + _meant(word, [*self._words, "quit"], "`help` lists what there is"))
        await run(rest.strip())

    # ------------------------------------------------------------ people

    async def _type(self, rest: str) -> None:
        await self._delivered(await self._company.say(self._me.handle, f"/release {rest}".rstrip()))

    async def _press(self, rest: str) -> None:
        named = _CHANGE.search(rest)
        wanted = _CHANGE.sub("", rest).strip().lower()
        if not wanted:
            raise LookupError("say which button: press approve, press reject, press cancel …")
        cards = [self._company.card(named[0].upper())] if named else self._company.cards()[::-1]
        found = next(((card, button) for card in cards for button in card.buttons if button.text.lower().startswith(wanted)), None)
        if found is None:
            there = sorted({button.text for card in cards for button in card.buttons})
            where = named[0].upper() if named else "any card"
            raise LookupError(f"no button {wanted!r} is on {where}; " + _meant(wanted, there, f"there are: {', '.join(there) or 'none'}"))
        card, button = found
        self._stage.note(f"{self._me.name} presses {button.text!r} on {subject(card)}.")
        if not await self._sure(button):
            self._stage.note("Not pressed.")
            return
        await self._delivered(await self._company.press(self._me.handle, button.action_id, card))

    async def _sure(self, button: Button) -> bool:
        if button.confirm is None:
            return True
        answer = await self._line(f"{button.confirm.replace(' / Yes / No', '')} (yes/no) ")
        return answer.lower() in {"y", "yes"}

    async def _delivered(self, exchange: Exchange) -> None:
        if exchange.error:
            self._stage.failed(f"Slack says: the bot did not answer ({exchange.error}).")
        elif self._company.slack.modal(self._company.people[self._me.handle]):
            sent = await fill_in(self._company, self._stage, self._me, self._line)
            if sent:
                await self._delivered(sent)

    async def _line(self, prompt: str) -> str:
        """A line of an answer; the end of the input counts as leaving it."""
        try:
            return (await self._ask(prompt)).strip()
        except EOFError:
            return "."

    async def _as(self, rest: str) -> None:
        self._me = self._person(rest)
        self._stage.note(f"You are {self._me.name}, {self._me.does}.")

    def _person(self, word: str) -> Member:
        member = BY_NAME.get(word.lower())
        if member is None:
            raise LookupError(f"there is nobody called {word!r}; " + _meant(word, BY_NAME, "`who` lists everyone"))
        return member

    async def _who(self, _: str) -> None:
        rows = (("→" if m is self._me else "", m.handle, m.part, m.does) for m in MEMBERS)
        self._stage.table(("", "person", "part", ""), rows)

    # ------------------------------------------------------------ what there is to see

    async def _cards(self, _: str) -> None:
        rows = [(subject(card), title(card), ", ".join(b.text for b in card.buttons)) for card in self._company.cards()]
        self._stage.table(("change", "card", "buttons"), rows)

    async def _card(self, rest: str) -> None:
        if not rest and not self._company.cards():
            raise LookupError("there is no card yet")
        card = self._company.card(rest.upper()) if rest else self._company.cards()[-1]
        self._stage.message(card, "#releases")
        self._stage.log(self._company.thread(card))

    async def _inbox(self, rest: str) -> None:
        member = self._person(rest) if rest else self._me
        messages = self._company.told(member.handle)
        for message in messages[-5:]:
            self._stage.message(message, f"only {member.handle} sees this")
        if not messages:
            self._stage.note(f"{member.name} was told nothing yet.")

    async def _folders(self, _: str) -> None:
        rows = ((f"{s.environment}/", s.version, short(s.digest)) for s in await self._company.ci.standing(SERVICE))
        self._stage.table(("folder", "version", "digest, hashed now"), rows)

    async def _ledger(self, rest: str) -> None:
        count = int(rest) if rest.isascii() and rest.isdigit() else 15
        rows = (await self._company.ledger())[-max(count, 1) :]
        zone = ZoneInfo(ZONE)
        self._stage.table(
            ("#", "when", "what", "who", "about"),
            (
                (str(r.seq), f"{datetime.fromisoformat(r.at).astimezone(zone):%a %H:%M:%S}", r.tag, r.actor_name, r.subject or "")
                for r in rows
            ),
        )

    async def _verify(self, _: str) -> None:
        found = await self._company.verified()
        if isinstance(found, Sound):
            self._stage.proved(f"{found.count} entries, each follows from the one before; the last is {found.head[:16]}…")
        else:
            self._stage.failed(f"Entry {found.seq}: {found.why}.")

    async def _page(self, _: str) -> None:
        self._stage.tell("In a browser on this machine, each tab as another of the people if you like:", self._address)

    async def _help(self, _: str) -> None:
        self._stage.table(("type", "and this happens"), HELP)

    # ------------------------------------------------------------ the world around

    async def _release(self, rest: str) -> None:
        if not VERSION.fullmatch(rest):
            raise ValueError(f"{rest!r} is no version; write one like v1.5.0")
        if await self._company.ci.built(SERVICE, rest):
            raise ValueError(f"{rest} is built already, and a version is never built twice; take a new one")
        content = {"api.py": f'print("this is {rest}")\n'}
        await self._company.development.change(f"API-20: say that it is {rest}", content, author="dev", reviewer="rob")
        built = await self._company.development.release(rest)
        await self._company.deploy_unasked(rest, "dev")
        self._stage.note(f"Dev wrote it, Rob reviewed it; CI signed the tag {rest}, built {short(built.digest)} and deployed it to dev.")

    async def _ci(self, rest: str) -> None:
        if rest not in FAULTS:
            raise LookupError(f"CI knows no {rest!r}; " + _meant(rest, FAULTS, f"say one of {', '.join(FAULTS)}"))
        await self._company.ci.misbehave(rest)
        self._stage.note(f"CI: {FAULTS[rest]}.")

    async def _clock(self, rest: str) -> None:
        if rest:
            span = _SPAN.fullmatch(rest)
            if span is None:
                raise ValueError(f"{rest!r} is no span; write +30m, +2h or +1d")
            await self._company.pass_time(timedelta(**{_UNITS[span[2]]: int(span[1])}))
        self._stage.note(f"It is {self._company.clock.now().astimezone(ZoneInfo(ZONE)):%A %-d %B %Y, %H:%M} in Berlin.")


def _meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """The nearest word that there is, as a question; else what to say instead."""
    near = get_close_matches(word.lower(), {each.lower(): each for each in known}, n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise


def sentence(problem: Exception) -> str:
    """What went wrong, as a sentence."""
    said = str(problem.args[0]) if problem.args else type(problem).__name__
    return said if said.endswith((".", "?", "!")) else f"{said}."
