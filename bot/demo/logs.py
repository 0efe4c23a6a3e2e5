"""Keeps the bot's log out of the story: it goes to a file, and its errors are shown when the story breaks.

Invariant: nothing but the story is written to the terminal; logging is as before when the demo is over.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import structlog

from bot.log import set_up

_SHOWN = 10
"""Errors that are shown, the latest ones."""


@contextmanager
def to(file: Path) -> Iterator[None]:
    """Send the log, and whatever else goes to standard error, to a file while the block lasts."""
    root = logging.getLogger()
    before, handlers, level = structlog.get_config(), list(root.handlers), root.level
    with file.open("w", encoding="utf-8") as opened, redirect_stderr(opened):
        set_up("INFO")
        try:
            yield
        finally:
            structlog.configure(**before)
            root.handlers[:] = handlers
            root.setLevel(level)


def errors(file: Path) -> list[str]:
    """The latest errors in the log, one line each: what happened and why."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("level") in {"error", "critical"}:
            found.append(f"log: {entry.get('event')} {entry.get('why', '')}".strip())
    return found[-_SHOWN:]
