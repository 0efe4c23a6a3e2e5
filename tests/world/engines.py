"""One compiler of statements for all databases of a process.

SQLAlchemy compiles a statement once for each engine; the bot has two, and every story a bot. That was a third of what a story took.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from storage.engines import Engines

_COMPILED: dict[tuple[str, str | None], tuple[sa.Dialect, Any]] = {}
"""Database and isolation level → the dialect and the statements that it compiled."""


def compiling_once(open_engines: Callable[[str], Engines]) -> Callable[[str], Engines]:
    """Opens engines that find the statements of all that were opened before; what they execute is the same."""

    def opened(url: str) -> Engines:
        engines = open_engines(url)
        for engine in (engines.write, engines.read):
            kind = (engine.dialect.name, getattr(engine.dialect, "_on_connect_isolation_level", None))
            engine.dialect, engine._compiled_cache = _COMPILED.setdefault(kind, (engine.dialect, engine._compiled_cache))
        return engines

    return opened
