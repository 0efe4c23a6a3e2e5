"""Structured logs: JSON lines with a correlation id, without secrets and without message text (OPS-03).

Invariant: only the fields named at a call are logged; nothing logs a payload, a header or an exception's arguments.
"""

import logging
import sys
from typing import Any

import structlog

log: Any = structlog.get_logger("signalbox")


def set_up(level: str = "INFO") -> None:
    """Send logs of ours and of the libraries to standard error as JSON lines.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
        )
    )
    # libraries log payloads and addresses below WARNING; ours says what is worth saying
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
