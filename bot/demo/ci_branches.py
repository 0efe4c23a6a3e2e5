"""How the demo's CI makes release branches, as docs/generic-ci.md asks for it.

Invariant: one key makes one branch, and a branch that is there is left alone; the order is on disk before anybody hears that it was taken.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web
from pydantic import ValidationError

from bot.adapters.generic_wire import BranchBody, TakenBody
from bot.demo.answering import answer, refused
from bot.demo.clock import StoryClock
from bot.demo.files import write
from bot.demo.git import CommandError, Git
from bot.demo.people import RELEASE_CI

_NONE = "0" * 40


class Branches:
    """The route of the contract.

    Args:
        root: where orders are remembered.
        repositories: `owner/name` → folder.
        clock: tells when a branch was made.
    """

    def __init__(self, root: Path, repositories: Mapping[str, Path], clock: StoryClock) -> None:
        self._root, self._repositories, self._clock = root, repositories, clock
        self._one_at_a_time = asyncio.Lock()

    async def take(self, request: web.Request) -> web.Response:
        """Make the branch that an order names."""
        try:
            order = BranchBody.model_validate_json(await request.read())
        except ValidationError as error:
            return refused(422, f"The order is not valid: {'.'.join(str(p) for p in error.errors()[0]['loc'])}.")
        if request.headers.get("Idempotency-Key") != order.key:
            return refused(422, "Idempotency-Key and the key in the body differ.")
        folder = self._repositories.get(order.repository)
        if folder is None:
            return refused(404, f"There is no repository {order.repository} here.")
        async with self._one_at_a_time:
            path = self._root / f"{order.key}.json"
            if known := await asyncio.to_thread(_read, path):
                return answer(200, TakenBody(key=order.key)) if known == order else refused(409, "Another order has this key.")
            git = Git(folder, {})
            if await git.tells("cat-file", "-e", f"{order.commit}^{{commit}}") is None:
                return refused(422, f"There is no commit {order.commit[:12]} in {order.repository}.")
            words = ("update-ref", f"refs/heads/{order.branch}", order.commit, _NONE)
            try:
                await git(*words, who=RELEASE_CI, at=self._clock.now())
            except CommandError:
                if await git.tells("rev-parse", "--verify", f"refs/heads/{order.branch}") is None:
                    return refused(422, f"{order.branch} cannot be made in {order.repository}.")
            await asyncio.to_thread(write, path, order.model_dump_json().encode())
        return answer(201, TakenBody(key=order.key))


def _read(path: Path) -> BranchBody | None:
    return BranchBody.model_validate_json(path.read_bytes()) if path.exists() else None
