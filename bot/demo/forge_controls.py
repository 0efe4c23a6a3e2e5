"""What the demo does at its forge: open, review and merge pull requests, report checks, protect a branch, as people and apps do there.

The routes are below `/demo/forge/<owner>/<name>/`, which the models call `…/`.

Invariant: these routes are unsigned, so they exist on the loopback interface only; everything they do is remembered before they answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from bot.demo.answering import answer, read, refused
from bot.demo.clock import StoryClock
from bot.demo.forge_store import FORGE, Account, CheckRun, ForgeStore, Protection, PullRequest, Review
from bot.demo.git import Author, CommandError, Git, make_key, signing_with

_ITSELF = Author("GitHub", FORGE)


class Opened(BaseModel):
    """A pull request to open (`POST …/pulls`); its branch exists."""

    title: str
    author: str
    branch: str
    into: str = "main"
    body: str = ""
    labels: list[str] = []


class Reviewed(BaseModel):
    """A review of the branch's last commit (`POST …/reviews`)."""

    pull: int
    by: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"] = "APPROVED"


class MergedBy(BaseModel):
    """A pull request to merge (`POST …/merges`)."""

    pull: int
    by: str


class Checked(BaseModel):
    """A check that ran (`POST …/checks`); without a conclusion it still runs."""

    commit: str
    name: str
    conclusion: str | None = "success"


class Protected(Protection):
    """What protects a branch from now on (`POST …/protection`)."""

    branch: str


class ForgeControls:
    """The routes of the demo.

    Args:
        store: the forge's memory.
        name: `owner/name` of the repository.
        folder: of the repository.
        clock: the forge's own.
    """

    def __init__(self, store: ForgeStore, name: str, folder: Path, clock: StoryClock) -> None:
        self._store, self._name, self._clock = store, name, clock
        self._git = Git(folder, signing_with(store.key))
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Make the forge's own key; call it once before anything is served."""
        if not self._store.key.exists():
            await make_key(self._store.key, FORGE)
        self._store.keep()

    def routes(self) -> list[web.RouteDef]:
        """To be added to the application."""
        doings = {
            "accounts": self._register, "pulls": self._open_pull, "reviews": self._review, "merges": self._merge, "checks": self._check,
            "protection": self._protect,
        }  # fmt: skip
        return [web.post(f"/demo/forge/{self._name}/{what}", self._kept(doing)) for what, doing in doings.items()]

    def _kept(self, doing: Callable[[web.Request], Awaitable[BaseModel]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            async with self._one_at_a_time:
                try:
                    done = await doing(request)
                except (LookupError, CommandError) as problem:
                    return refused(409, str(problem.args[0]))
                await asyncio.to_thread(self._store.keep)
            return answer(200, done)

        return handle

    # ------------------------------------------------------------ people and branches

    async def _register(self, request: web.Request) -> Account:
        account = await read(Account, request)
        self._store.memory.accounts.append(account)
        return account

    async def _protect(self, request: web.Request) -> Protected:
        wanted = await read(Protected, request)
        self._store.memory.protection[wanted.branch] = Protection(classic=wanted.classic, rules=wanted.rules)
        return wanted

    # ------------------------------------------------------------ pull requests

    async def _open_pull(self, request: web.Request) -> PullRequest:
        wanted = await read(Opened, request)
        head = await self._git("rev-parse", "--verify", f"refs/heads/{wanted.branch}^{{commit}}")
        base = await self._git("merge-base", wanted.into, head)
        pull = PullRequest(number=len(self._store.memory.pulls) + 1, base=base, head=head, **wanted.model_dump())
        self._store.memory.pulls.append(pull)
        return pull

    async def _review(self, request: web.Request) -> PullRequest:
        wanted = await read(Reviewed, request)
        pull = await self._pushed(wanted.pull)
        pull.reviews.append(Review(by=wanted.by, state=wanted.state, commit=pull.head, at=self._clock.now()))
        return pull

    async def _merge(self, request: web.Request) -> PullRequest:
        """Squash, as GitHub does it: by the author, committed and signed by the forge itself."""
        wanted = await read(MergedBy, request)
        pull = await self._pushed(wanted.pull)
        if await self._git("rev-parse", pull.into) != pull.base:
            raise LookupError(f"#{pull.number} does not begin at what {pull.into} is now")
        body = (await self._git("log", "-1", "--format=%b", pull.head)).strip()  # where it was picked from, if it was
        title = "\n\n".join(filter(None, (f"{pull.title} (#{pull.number})", body)))
        first, *_ = (await self._git("log", "--reverse", "--format=%an%x00%ae", f"{pull.base}..{pull.head}")).splitlines()
        author, now = Author(*first.split("\0")), self._clock.now()
        words = ("commit-tree", f"{pull.head}^{{tree}}", "-p", pull.base, "-S", "-m", title)
        made = await self._git(*words, who=author, committer=_ITSELF, at=now)
        await self._git("update-ref", f"refs/heads/{pull.into}", made, pull.base, who=_ITSELF, at=now)
        pull.merged, pull.merged_by, pull.merge_commit = now, wanted.by, made
        return pull

    async def _pushed(self, number: int) -> PullRequest:
        """An open pull request, with what was pushed to its branch since."""
        pull = self._store.memory.pull(number)
        if pull is None or pull.merged:
            raise LookupError(f"there is no open pull request #{number}")
        pull.head = await self._git("rev-parse", "--verify", f"refs/heads/{pull.branch}^{{commit}}")
        return pull

    # ------------------------------------------------------------ checks

    async def _check(self, request: web.Request) -> CheckRun:
        wanted, runs = await read(Checked, request), self._store.memory.runs
        runs.append(CheckRun(id=100 + len(runs), at=self._clock.now(), **wanted.model_dump()))
        return runs[-1]
