"""Answers are used again for a short while, and failures never."""

import asyncio

import pytest

from bot.adapters.recent import Recent
from guards.unread import Unread


class Question:
    """Counts how often it is asked."""

    def __init__(self, *answers):
        self.answers, self.asked, self.go = list(answers), 0, asyncio.Event()
        self.go.set()

    async def __call__(self):
        self.asked += 1
        await self.go.wait()
        return self.answers.pop(0)


async def test_an_answer_is_as_old_as_its_question_and_is_kept_until_it_is_too_old():
    now = 0.0
    recent = Recent(60, room=9, clock=lambda: now)
    ask = Question("first", "second")
    assert await recent.get("k", ask) == "first"
    now = 59.9
    assert await recent.get("k", ask) == "first"
    now = 60.0
    assert await recent.get("k", ask) == "second"
    assert ask.asked == 2


async def test_a_failure_is_asked_again_and_covers_nothing():
    recent, ask = Recent(60, room=9), Question(Unread("it"), "there")
    assert await recent.get("k", ask) == Unread("it")
    assert await recent.get("k", ask) == "there"


async def test_the_oldest_answer_goes_first():
    recent = Recent(60, room=2)
    for key in "abc":
        await recent.get(key, Question(key))
    ask = Question("again")
    assert [await recent.get(key, ask) for key in "cb"] == ["c", "b"]
    assert await recent.get("a", ask) == "again"


async def test_closing_ends_the_reads_under_way():
    recent, ask = Recent(60, room=2), Question("never")
    ask.go.clear()
    waiting = asyncio.create_task(recent.get("k", ask))
    await asyncio.sleep(0)
    await recent.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await recent.close()
