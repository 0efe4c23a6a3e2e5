"""What people and apps do at the demo's forge, over HTTP.

Invariant: nothing is done to the forge's memory but by the forge itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.demo.forge_store import PullRequest

Ask = Callable[..., Awaitable[bytes]]


class ForgeClient:
    """One repository at the forge of a running demo.

    Args:
        name: `owner/name`.
        ask: posts to one of the demo's routes; the answer's body.
    """

    def __init__(self, ask: Ask, name: str) -> None:
        self._ask, self._name = ask, name

    async def register(self, login: str, email: str, key: str | None = None) -> None:
        """Give somebody an account, with the public key that they sign with."""
        await self._do("accounts", login=login, email=email, key=key)

    async def protect(self, branch: str, classic: dict[str, Any]) -> None:
        """Protect a branch, or all of a pattern like `release/*`, in the words of GitHub's own answer."""
        await self._do("protection", branch=branch, classic=classic)

    async def open_pull(
        self, branch: str, title: str, *, author: str, body: str = "", labels: tuple[str, ...] = (), into: str = "main"
    ) -> int:  # fmt: skip
        """Open a pull request; its number."""
        made = await self._do("pulls", branch=branch, title=title, author=author, body=body, labels=labels, into=into)
        return PullRequest.model_validate_json(made).number

    async def review(self, pull: int, by: str, state: str = "APPROVED") -> None:
        """Review the last commit of a pull request."""
        await self._do("reviews", pull=pull, by=by, state=state)

    async def merge(self, pull: int, by: str) -> str:
        """Squash a pull request into the branch that it is for; the commit that this is at now."""
        merged = PullRequest.model_validate_json(await self._do("merges", pull=pull, by=by))
        return merged.merge_commit or ""

    async def check(self, commit: str, name: str, conclusion: str | None = "success") -> None:
        """Report a check of a commit; None while it runs."""
        await self._do("checks", commit=commit, name=name, conclusion=conclusion)

    async def _do(self, what: str, **body: object) -> bytes:
        return await self._ask(f"forge/{self._name}/{what}", **body)
