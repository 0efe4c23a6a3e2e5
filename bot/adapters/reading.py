"""Reads that are made of many smaller ones: the first that fails ends them all.

Invariant: `UnreadError` never leaves the method of a port; there it becomes its `Unread` again.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel

from bot.adapters.answers import Answer, parse
from guards.unread import Unread

T = TypeVar("T")
U = TypeVar("U")
M = TypeVar("M", bound=BaseModel)


class UnreadError(Exception):
    """A read that failed, on its way to the port's method; it never leaves that."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.what)
        self.unread = unread


def parsed(model: type[M], what: str, answer: Answer) -> M:
    """`answers.parse`, raising `UnreadError`."""
    value = parse(model, what, answer)
    if isinstance(value, Unread):
        raise UnreadError(value)
    return value


async def together(reads: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """All of them at once, in order; the first that fails ends the others and is raised alone."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read) for read in reads]
    except BaseExceptionGroup as failed:
        raise _first(failed) from None
    return [task.result() for task in tasks]


async def both(one: Coroutine[Any, Any, T], other: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """`together` for two of different kinds."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = (group.create_task(one), group.create_task(other))
    except BaseExceptionGroup as failed:
        raise _first(failed) from None
    return tasks[0].result(), tasks[1].result()


def _first(failed: BaseException) -> BaseException:
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return failed
