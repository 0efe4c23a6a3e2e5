"""Faults that a test or the demo switches on: what goes wrong between the bot and Slack, one call at a time.

Invariant: a fault is used up by the calls it was made for; what is not switched on works.
"""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fail:
    """Slack answers `ok: false` with this error and does nothing."""

    error: str


@dataclass(frozen=True, slots=True)
class Status:
    """Slack answers with an HTTP status and does nothing."""

    status: int
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """Slack does the work and the connection drops before the answer: the caller cannot know."""


@dataclass(slots=True)
class Hang:
    """Slack takes the call and does nothing until released; then the call goes on as if nothing had been.

    Args:
        reached: set once a call waits here, so that a test need not guess when.
        released: set by `release`.
    """

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let the waiting call, and any later one made for this fault, go on."""
        self.released.set()


Fault = Fail | Status | LoseAnswer | Hang


class Faults:
    """The faults in force, by Web API method. The method `response_url` stands for posts to a response URL."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._hangs: list[Hang] = []

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """The next `times` calls of this method are answered `{"ok": false, "error": error}`."""
        self._add(method, Fail(error), times)

    def status(self, method: str, status: int, *, retry_after: int | None = None, times: int = 1) -> None:
        """The next `times` calls are answered with this HTTP status.

        Args:
            method: Web API method.
            status: 429, 500, 503 …
            retry_after: seconds, sent as `Retry-After`; Slack always sends it with 429.
            times: how many calls.
        """
        self._add(method, Status(status, 1 if status == 429 and retry_after is None else retry_after), times)

    def hang(self, method: str, times: int = 1) -> Hang:
        """The next `times` calls wait until the returned hang is released (or the workspace stops)."""
        hang = Hang()
        self._hangs.append(hang)
        self._add(method, hang, times)
        return hang

    def lose_answer(self, method: str, times: int = 1) -> None:
        """The next `times` calls are carried out, and then the connection drops without an answer."""
        self._add(method, LoseAnswer(), times)

    def take(self, method: str) -> Fault | None:
        """The fault for the call that just came in, which is thereby used up."""
        return self._queues[method].popleft() if self._queues[method] else None

    def clear(self) -> None:
        """Switch every fault off and release whatever hangs."""
        self._queues.clear()
        for hang in self._hangs:
            hang.release()
        self._hangs.clear()

    def _add(self, method: str, fault: Fault, times: int) -> None:
        self._queues[method].extend([fault] * times)
