"""Runs the demo beside a terminal: the event loop works in a thread of its own, the main thread waits for what a person types.

Invariant: the bot never stands still while somebody thinks, and Ctrl-C ends the demo in order: what it started is ended with it.
"""

import asyncio
import queue
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import contextmanager
from typing import Any

Ask = Callable[[str], Awaitable[str]]
"""Shows a prompt and waits for a line; raises EOFError when there is none any more."""


class _Question:
    """A line that is waited for.

    Args:
        prompt: what to show.
    """

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()

    def settle(self, line: str | None) -> None:
        """Give the line, or None for the end, from another thread."""
        self._loop.call_soon_threadsafe(self._settle, line)

    def _settle(self, line: str | None) -> None:
        if self.answer.done():
            return
        if line is None:
            self.answer.set_exception(EOFError())
        else:
            self.answer.set_result(line)


def in_background(main: Callable[[Ask], Coroutine[Any, Any, int]], read: Callable[[str], str] = input) -> int:
    """Run `main` on a loop in another thread, and read lines for it in this one: only here are Ctrl-C and line editing what people know.

    Args:
        main: gets a function that asks for a line; its result is returned.
        read: shows a prompt and returns a line, as `input` does.

    Returns:
        What `main` returned; 130 when it was interrupted.
    """
    questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
    results: list[int | BaseException] = []
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[int]]] = []

    async def ask(prompt: str) -> str:
        question = _Question(prompt)
        questions.put(question)
        return await question.answer

    async def work() -> int:
        task = asyncio.ensure_future(main(ask))
        running.append((asyncio.get_running_loop(), task))
        return await task

    def thread() -> None:
        try:
            results.append(asyncio.run(work()))
        except BaseException as error:  # whatever it is, the main thread raises it again
            results.append(error)
        finally:
            questions.put(None)

    worker = threading.Thread(target=thread, name="demo")
    worker.start()
    with _terminated_as_interrupted():
        while worker.is_alive():
            try:
                _serve(questions, read)
                break
            except KeyboardInterrupt:
                for loop, task in running:
                    loop.call_soon_threadsafe(task.cancel)
    worker.join()
    result = results[0]
    if isinstance(result, asyncio.CancelledError):
        return 130
    if isinstance(result, BaseException):
        raise result
    return result


def _serve(questions: "queue.SimpleQueue[_Question | None]", read: Callable[[str], str]) -> None:
    """Answer questions until there are no more."""
    while (question := questions.get()) is not None:
        try:
            question.settle(read(question.prompt))
        except (EOFError, KeyboardInterrupt):  # at the prompt both mean: that was all
            question.settle(None)


@contextmanager
def _terminated_as_interrupted() -> Any:
    """SIGTERM ends the demo as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
