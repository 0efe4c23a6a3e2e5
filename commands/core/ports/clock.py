"""The present moment, from outside."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of the present moment; tests and the demo move it."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...
