"""Answers that are used again for a short while.

Invariant: an answer is as old as its question and is used for at most `keep` seconds; a failure is never kept and covers nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

from guards.unread import Unread

T = TypeVar("T")


class Recent(Generic[T]):
    """Keeps answers by key; questions that are asked at the same time share one read.

    Args:
        keep: seconds for which an answer is used again.
        room: answers that are kept; the oldest goes first.
        clock: seconds that only grow.
    """

    def __init__(self, keep: float, *, room: int, clock: Callable[[], float] = monotonic) -> None:
        self._keep, self._room, self._clock = keep, room, clock
        self._answers: dict[Hashable, tuple[float, T]] = {}
        self._asking: dict[Hashable, asyncio.Task[T | Unread]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[T | Unread]]) -> T | Unread:
        """The answer to `read`, now or from before.

        Args:
            key: what is asked.
            read: never raises.
        """
        found = self._answers.get(key)
        if found and self._clock() - found[0] < self._keep:
            return found[1]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key, read))
        return await asyncio.shield(task)  # one asker's cancellation must not fail the others

    async def close(self) -> None:
        """End the reads under way; whoever still waits for one is cancelled."""
        asking = tuple(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, key: Hashable, read: Callable[[], Awaitable[T | Unread]]) -> T | Unread:
        asked = self._clock()
        try:
            answer = await read()
            if not isinstance(answer, Unread):
                self._answers.pop(key, None)
                self._answers[key] = (asked, answer)
                while len(self._answers) > self._room:
                    del self._answers[next(iter(self._answers))]
            return answer
        finally:
            del self._asking[key]
