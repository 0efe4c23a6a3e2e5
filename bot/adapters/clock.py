"""The present moment: the only place that reads the machine's clock.

Invariant: everything else asks a `Clock`, so that tests and the demo can move time.
"""

from datetime import UTC, datetime


class MachineClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """The present moment, aware."""
        return datetime.now(UTC)
