"""The demo's time: the machine's clock, set ahead by the same span for the bot, the small Slack and the demo CI.

Invariant: it runs on as real clocks do and is only ever moved forward; who shares the span agrees on the age of a signature.
"""

from datetime import datetime, timedelta

from bot.adapters.clock import MachineClock


class StoryClock:
    """Implements the `Clock` port.

    Args:
        ahead: how far ahead of the machine's clock; may be negative at the start.
    """

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self._machine = MachineClock()
        self.ahead = ahead

    @classmethod
    def starting(cls, at: datetime) -> "StoryClock":
        """A clock that shows `at` (aware) now, and runs on from there."""
        clock = cls()
        clock.ahead = at - clock.now()
        return clock

    def now(self) -> datetime:
        """The story's present moment, UTC."""
        return self._machine.now() + self.ahead

    def move(self, by: timedelta) -> None:
        """Go forward.

        Raises:
            ValueError: `by` is negative; the ledger's time never runs backwards.
        """
        if by < timedelta():
            raise ValueError("time only goes forward")
        self.ahead += by
