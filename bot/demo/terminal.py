"""Runs the demo beside a terminal: the event loop works in a thread of its own, the main thread waits for what a person types.

Invariant: the bot never stands still while somebody thinks, and Ctrl-C ends the demo in order: what it started is ended with it.
"""

import asyncio
import contextlib
import functools
import importlib
import queue
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
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


def read_line(prompt: str) -> str:
    """A line from the terminal, with line editing where there is one; from a pipe, echoed, so that a transcript can be read."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):  # not on every platform
            importlib.import_module("readline")  # `input` uses it once it is imported
        return input(prompt)
    line = input(prompt)
    print(line)
    return line


def in_background(main: Callable[[Ask], Coroutine[Any, Any, int]], read: Callable[[str], str] = read_line) -> int:
    """Run `main` on a loop in another thread, and read lines for it in this one: only here are Ctrl-C and line editing what people know.

    Args:
        main: gets a function that asks for a line; its result is returned.
        read: shows a prompt and returns a line, as `input` does.

    Returns:
        What `main` returned; 130 when it was interrupted at work. At the prompt, Ctrl-C and SIGTERM are the end of the input.
    """
    return _Background(main, read).run()


class _Background:
    """One run; see `in_background`."""

    def __init__(self, main: Callable[[Ask], Coroutine[Any, Any, int]], read: Callable[[str], str]) -> None:
        self._main, self._read = main, read
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._cancel: Callable[[], object] | None = None
        self._stopped = self._reading = False
        self._result: int | BaseException = 0

    def run(self) -> int:
        worker = threading.Thread(target=self._work, name="demo")
        before = {number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            worker.start()
            while (question := self._questions.get()) is not None:
                question.settle(self._line(question.prompt))
            worker.join()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if isinstance(self._result, asyncio.CancelledError):
            return 130
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result

    def _line(self, prompt: str) -> str | None:
        try:
            self._reading = True
            return self._read(prompt)
        except (EOFError, KeyboardInterrupt):
            return None
        finally:
            self._reading = False

    def _interrupt(self, *_: object) -> None:
        """Leave a prompt by an exception, which `input` understands; work is cancelled on its own loop."""
        if self._reading:
            raise KeyboardInterrupt
        self._stopped = True
        if self._cancel:
            with contextlib.suppress(RuntimeError):  # its loop is closed: it is over already
                self._cancel()

    # ------------------------------------------------------------ in the other thread

    def _work(self) -> None:
        try:
            self._result = asyncio.run(self._run())
        except BaseException as error:  # whatever it is, the main thread raises it again
            self._result = error
        finally:
            self._questions.put(None)

    async def _run(self) -> int:
        task = asyncio.ensure_future(self._main(self._ask))
        self._cancel = functools.partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel)
        if self._stopped:
            task.cancel()
        return await task

    async def _ask(self, prompt: str) -> str:
        question = _Question(prompt)
        self._questions.put(question)
        return await question.answer
