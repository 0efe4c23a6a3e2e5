"""Structured logs: JSON lines with a correlation id, without secrets and without message text (OPS-03).

Invariant: only the fields named at a call are logged; nothing logs a payload, a header or a local variable. Of an exception its
type and its frames are logged, and its words only when they are ours.
"""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

import structlog

OURS = ("bot.", "commands.", "guards.", "storage.")
_ROOT = Path(__file__).parents[1]
_FRAMES = 12

LIBRARIES = ("aiohttp", "alembic", "apscheduler", "asyncio", "httpcore", "httpx", "opentelemetry", "slack_bolt", "slack_sdk", "sqlalchemy")
"""They log payloads and addresses below WARNING."""

Event = MutableMapping[str, Any]


def quiet(name: str, level: int = logging.WARNING) -> logging.Logger:
    """A logger to hand to a library that would else make one as talkative as the root logger.

    Args:
        name: of the library.
        level: the lowest that it may log.
    """
    logger = logging.getLogger(f"signalbox.{name}")
    logger.setLevel(level)
    return logger


def faults(_: Any, __: str, event: Event) -> Event:
    """A processor: an exception becomes its type and its frames; locals and other people's words stay out."""
    given = event.pop("exc_info", None)
    record = event.get("_record")
    if given is None and isinstance(record, logging.LogRecord):
        given = record.exc_info
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = list(_chain(error))
    return event


def _chain(error: BaseException | None) -> Any:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = type(error)
        told: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        if kind.__module__.startswith(OURS):
            told["said"] = str(error)[:300]
        told["frames"] = _frames(error.__traceback__)
        yield told
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in extract_tb(trace)[-_FRAMES:]]


def _short(filename: str) -> str:
    """A path that names no folder of this machine."""
    path = Path(filename)
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else "/".join(path.parts[-2:])


class _StandardError:
    """Writes to whatever standard error is now: it may be replaced after this module was imported."""

    def msg(self, message: str) -> None:
        print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is the logger

    debug = info = warning = error = critical = exception = log = msg


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    faults,
]


def _configure(level: int) -> None:
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )


def set_up(level: str = "INFO") -> None:
    """Send logs of ours and of the libraries to standard error as JSON lines.

    Args:
        level: DEBUG, INFO, WARNING or ERROR; for ours, the libraries never go below WARNING.
    """
    _configure(logging.getLevelNamesMapping()[level])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


# before `set_up`, too: structlog's own default would print every local variable beside a traceback
_configure(logging.INFO)
log: Any = structlog.get_logger("signalbox")
