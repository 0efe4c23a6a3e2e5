"""A clock that several processes share, and that a test sets ahead for all of them at once."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path

from bot.adapters.clock import MachineClock

_SIZE = 8


class SharedClock:
    """Implements the `Clock` port: the machine's clock, as far ahead as stands in a file.

    Args:
        file: the same for all that share it; made when it is not there.
    """

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(_SIZE))
        with file.open("r+b") as opened:
            self._ahead = mmap.mmap(opened.fileno(), _SIZE)
        self._machine = MachineClock()

    @property
    def ahead(self) -> timedelta:
        """How far."""
        return timedelta(seconds=struct.unpack("d", self._ahead[:])[0])

    @ahead.setter
    def ahead(self, span: timedelta) -> None:
        self._ahead[:] = struct.pack("d", span.total_seconds())

    def now(self) -> datetime:
        """The present moment there, UTC."""
        return self._machine.now() + self.ahead
