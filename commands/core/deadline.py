"""One time limit over many reads: what comes too late is `Unread`, and the rest still counts.

Invariant: no judgement waits longer than this for the outside, however many neighbours hang (EVD-31).
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from guards.facts import Unread

T = TypeVar("T")

SECONDS = 15.0
"""For everything outside that one judgement needs, together; each adapter has its own, shorter limits."""


class Deadline:
    """Begins when it is made; needs a running event loop."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._until = asyncio.get_running_loop().time() + seconds

    async def read(self, answer: Awaitable[T], what: str) -> T | Unread:
        """The answer, or that there was none in time.

        Args:
            answer: a read of a port, which does not raise.
            what: a noun phrase that fits "could not read …".
        """
        try:
            async with asyncio.timeout_at(self._until):
                return await answer
        except TimeoutError:
            return Unread(what, "no answer in time")
