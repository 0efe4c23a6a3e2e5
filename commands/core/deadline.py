"""One time limit over many reads: what comes too late is `Unread`, and the rest still counts.

Invariant: no judgement waits longer than this for the outside, however many neighbours hang (EVD-31).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from guards.unread import Unread

T = TypeVar("T")
P = ParamSpec("P")

SECONDS = 15.0
"""For everything outside that one judgement needs, together; each adapter has its own, shorter limits."""


class Deadline:
    """Begins when it is made; needs a running event loop."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._until = asyncio.get_running_loop().time() + seconds

    async def read(self, what: str, ask: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T | Unread:
        """The answer, or that there was none in time.

        Args:
            what: a noun phrase that fits "could not read …".
            ask: a read of a port, which does not raise; it is not called when whoever waits is gone before.
            args, kwargs: for it.
        """
        try:
            async with asyncio.timeout_at(self._until):
                return await ask(*args, **kwargs)
        except TimeoutError:
            return Unread(what, "no answer in time")
