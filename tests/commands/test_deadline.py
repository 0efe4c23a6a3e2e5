"""One time limit over many reads (EVD-31)."""

import asyncio

from commands.core.deadline import Deadline
from guards.unread import Unread


async def test_what_comes_too_late_is_unread_and_the_rest_counts():
    never = asyncio.Event()

    async def late() -> str:
        await never.wait()
        return "too late"

    async def at_once(word: str) -> str:
        return word

    deadline = Deadline(0.01)
    assert await asyncio.gather(deadline.read("the forge", late), deadline.read("the registry", at_once, "here")) == [
        Unread("the forge", "no answer in time"),
        "here",
    ]


async def test_a_read_is_not_begun_when_whoever_waits_is_gone():
    """A coroutine that was made and never awaited would be a warning, and a question that nobody wants the answer of."""
    asked = []

    async def ask(word: str) -> str:
        asked.append(word)
        return word

    waiting = asyncio.gather(*(Deadline().read("it", ask, word) for word in ("one", "two")))
    waiting.cancel()
    try:
        await waiting
    except asyncio.CancelledError:
        assert asked == []
    else:
        raise AssertionError("it was cancelled")
